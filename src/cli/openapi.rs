//! `linekeeper openapi`

use super::{Failure, output};
use crate::{dialect, http};

/// Print the OpenAPI description of everything that the server answers.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: linekeeper openapi > openapi.json")]
pub struct Args;

impl Args {
    #[allow(clippy::unused_self, clippy::unnecessary_wraps, reason = "every command runs the same way")]
    pub fn run(self) -> Result<(), Failure> {
        output::line(http::openapi(dialect::ALL).trim_end());
        Ok(())
    }
}
