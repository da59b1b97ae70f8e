//! `linekeeper completions`

use std::io::Write;

use clap_complete::Shell;

use super::Failure;

/// Print a completion script for a shell.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: linekeeper completions bash > /etc/bash_completion.d/linekeeper")]
pub struct Args {
    /// Which shell
    shell: Shell,
}

impl Args {
    pub fn run(self, command: &mut clap::Command) -> Result<(), Failure> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, command, "linekeeper", &mut script);
        Ok(std::io::stdout().write_all(&script)?)
    }
}
