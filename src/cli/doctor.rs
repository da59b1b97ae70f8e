//! `linekeeper doctor`

use super::{Failure, output};
use crate::config::Config;
use crate::store::{DataDir, Diagnosis, Store};

/// Examine the database: SQLite's integrity check, foreign keys, and a recount of every counter.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: linekeeper doctor && echo sound")]
pub struct Args;

impl Args {
    #[allow(clippy::unused_self, reason = "every command runs the same way")]
    pub fn run(self, config: &Config) -> Result<(), Failure> {
        let diagnosis = match Store::open(&DataDir::new(config.data_dir.clone()), 1) {
            Err(error) if error.is_damage() => Diagnosis { findings: vec![error.to_string()], ..Diagnosis::default() },
            opened => opened?.read(|snapshot| snapshot.examine())?,
        };
        for (noun, rows) in ["agencies", "users", "agents", "numbers"].iter().zip(diagnosis.rows) {
            output::row([noun, &rows]);
        }
        for finding in &diagnosis.findings {
            output::line(finding);
        }
        if diagnosis.findings.is_empty() {
            output::line("sound");
            return Ok(());
        }
        let path = config.data_dir.display();
        Err(Failure::Unsound(format!(
            "the database in {path} is not sound: stop the server, keep a copy of the directory, and restore a backup"
        )))
    }
}
