//! `linekeeper migrate`

use super::serve::open_to_others;
use super::{Failure, output};
use crate::config::Config;
use crate::store::{DataDir, migrate, migration_status};

/// Create the data directory or bring its database to this program's schema; `serve` does it too.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: linekeeper migrate --status")]
pub struct Args {
    /// Only say which migrations are applied
    #[arg(long)]
    status: bool,
}

impl Args {
    pub fn run(self, config: &Config) -> Result<(), Failure> {
        let data_dir = DataDir::new(config.data_dir.clone());
        if self.status {
            for (title, applied) in migration_status(&data_dir)? {
                output::row([&title, if applied { &"applied" } else { &"pending" }]);
            }
            return Ok(());
        }
        let migrated = migrate(&data_dir, None)?;
        if data_dir.is_open_to_others()? {
            output::remark(open_to_others(&data_dir));
        }
        if let Some(snapshot) = migrated.snapshot {
            output::remark(format_args!("the database as it was before is {}", snapshot.display()));
        }
        if migrated.applied.is_empty() {
            output::remark("the schema is current");
        }
        for title in migrated.applied {
            output::row([&title, &"applied now"]);
        }
        Ok(())
    }
}
