//! `linekeeper version`

use super::{Failure, output};
use crate::store::engine;

/// Print the version of Linekeeper and of the SQLite inside it.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: linekeeper version")]
pub struct Args;

impl Args {
    #[allow(clippy::unused_self, clippy::unnecessary_wraps, reason = "every command runs the same way")]
    pub fn run(self) -> Result<(), Failure> {
        output::line(format_args!("linekeeper {} ({})", env!("CARGO_PKG_VERSION"), engine()));
        Ok(())
    }
}
