//! `linekeeper config check|print`

use super::{Failure, output};
use crate::config::Config;

/// Check or show the settings.
#[derive(Debug, clap::Subcommand)]
#[command(after_help = "Example: linekeeper config print")]
pub enum Command {
    /// Say whether the settings are good.
    #[command(after_help = "Example: linekeeper config check --config /etc/linekeeper.toml")]
    Check,
    /// Print every setting and where it came from; secrets are redacted.
    #[command(after_help = "Example: linekeeper config print")]
    Print,
}

impl Command {
    #[allow(clippy::unnecessary_wraps, reason = "every command runs the same way")]
    pub fn run(self, config: &Config) -> Result<(), Failure> {
        match self {
            // Loading has checked every one of them.
            Self::Check if config.jwt_secret.is_some() || config.jwks_url.is_some() => {
                output::line("the settings are good");
            }
            Self::Check => output::line("the settings are good, but `serve` needs a jwt_secret or a jwks_url"),
            Self::Print => output::line(config.print()),
        }
        Ok(())
    }
}
