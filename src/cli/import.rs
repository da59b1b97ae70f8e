//! `linekeeper import csv|supabase|twilio|telnyx|sip`

use std::path::{Path, PathBuf};

use indicatif::{ProgressBar, ProgressStyle};

use super::serve::carriers;
use super::sync::{operator, show};
use super::{Failure, import_csv, open, output};
use crate::clock::{Clock, Ids};
use crate::config::Config;
use crate::dialect::supabase::Export;
use crate::inventory::accounts;
use crate::inventory::desk::Desk;
use crate::inventory::import::{Report, Tally, take_in};
use crate::inventory::sync::{Brought, Mode};
use crate::model::{AccountId, AgencyId, By, Carrier, E164};
use crate::store::{DataDir, Store, migrate};

/// Bring an inventory along.
#[derive(Debug, clap::Subcommand)]
#[command(after_help = "Example: linekeeper import supabase ./export --dry-run")]
pub enum Command {
    /// Take in the numbers of a CSV file: one that `linekeeper export` has written, or any list of phone numbers with a
    /// header. All or nothing; what is here already is left as it is.
    #[command(after_help = "Example: linekeeper import csv numbers.csv --agency 0192... --dry-run")]
    Csv(import_csv::Args),
    /// Take in the tables of a Supabase project: agencies.csv, users.csv, agent_mappings.csv and
    /// agency_phone_numbers.csv, all or nothing. What is here already is left as it is.
    #[command(after_help = "Example: linekeeper import supabase ./export --dry-run")]
    Supabase {
        /// The directory that holds the four files
        directory: PathBuf,
        /// Only say what would be done
        #[arg(long)]
        dry_run: bool,
    },
    /// Take in the numbers of an account at Twilio: what `linekeeper sync --adopt` does, for this one.
    #[command(after_help = "Example: linekeeper import twilio --agency 0192... --account 0192...")]
    Twilio(FromAccount),
    /// Take in the numbers of an account at Telnyx: what `linekeeper sync --adopt` does, for this one.
    #[command(after_help = "Example: linekeeper import telnyx --agency 0192... --account 0192...")]
    Telnyx(FromAccount),
    /// Take in numbers that an agency has on a SIP trunk of its own.
    #[command(
        after_help = "Example: linekeeper import sip --agency 0192... --account 0192... +493055501234 +493055501235"
    )]
    Sip {
        #[command(flatten)]
        account: FromAccount,
        /// The numbers, in E.164
        #[arg(required = true, value_name = "NUMBER")]
        numbers: Vec<E164>,
    },
}

/// The account whose numbers are taken in.
#[derive(Debug, clap::Args)]
pub struct FromAccount {
    /// Whose it is: the numbers become its
    #[arg(long, value_name = "ID")]
    agency: AgencyId,
    /// Which account
    #[arg(long, value_name = "ID")]
    account: AccountId,
    /// Only say what would be done
    #[arg(long)]
    dry_run: bool,
}

impl Command {
    pub fn run(self, config: &Config) -> Result<(), Failure> {
        match self {
            Self::Csv(args) => args.run(config),
            Self::Supabase { directory, dry_run } => supabase(config, &directory, dry_run),
            Self::Twilio(account) => account.take_in(config, Carrier::Twilio),
            Self::Telnyx(account) => account.take_in(config, Carrier::Telnyx),
            Self::Sip { account, numbers } => account.bring(config, &numbers),
        }
    }
}

impl FromAccount {
    fn desk(&self, config: &Config, carrier: Carrier) -> Result<Desk, Failure> {
        let (store, carriers) = (open(config)?, carriers(config)?);
        let account = store.read(|snapshot| accounts::own(snapshot, self.agency, self.account))?;
        if account.carrier != carrier {
            return Err(Failure::Failed(format!("this account is one of {}", account.carrier.name())));
        }
        Ok(Desk::new(store, carriers, Clock::System, Ids::Fresh, config.orders))
    }

    /// The numbers that the carrier lists.
    fn take_in(&self, config: &Config, carrier: Carrier) -> Result<(), Failure> {
        let mode = if self.dry_run { Mode::Look } else { Mode::Adopt };
        let found = self.desk(config, carrier)?.sync(self.agency, self.account, &operator(), mode)?;
        show(&found.map_err(|trouble| Failure::Failed(format!("{trouble}; nothing was changed")))?, mode);
        Ok(())
    }

    /// Numbers that nobody lists.
    fn bring(&self, config: &Config, numbers: &[E164]) -> Result<(), Failure> {
        let desk = self.desk(config, Carrier::Sip)?;
        let Brought { new, here } = desk.bring(self.agency, self.account, numbers, &operator(), !self.dry_run)?;
        output::line(format_args!("numbers: {new} new, {here} already here"));
        Ok(())
    }
}

/// Takes in the tables of a Supabase project.
fn supabase(config: &Config, directory: &Path, dry_run: bool) -> Result<(), Failure> {
    let now = Clock::System.now();
    let export = Export::read(directory, now).map_err(Failure::Failed)?;
    // To try on a directory that is not there yet, another one will do.
    let real = DataDir::new(config.data_dir.clone());
    let scratch = if dry_run && !real.database().exists() { Some(tempfile::tempdir()?) } else { None };
    let data_dir = scratch.as_ref().map_or(real, |scratch| DataDir::new(scratch.path().to_owned()));
    migrate(&data_dir, None)?;
    let store = Store::open(&data_dir, 1)?;

    let cargo = &export.cargo;
    let rows = cargo.agencies.len() + cargo.users.len() + cargo.agents.len() + cargo.numbers.len();
    let bar = progress(rows);
    let report = store.write_if(&By::OPERATOR, |change| {
        change.make_room()?;
        let report = take_in(change, cargo, now, &mut || bar.inc(1))?;
        let stands = !dry_run && export.refused.is_empty() && report.refused.is_empty();
        Ok((report, stands))
    });
    bar.finish_and_clear();
    conclude(&export, &report?, dry_run)
}

/// Shown on a terminal only.
pub fn progress(rows: usize) -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:40} {human_pos}/{human_len} {eta}");
    ProgressBar::new(rows as u64).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

fn conclude(export: &Export, report: &Report, dry_run: bool) -> Result<(), Failure> {
    export.unknown_columns.iter().for_each(output::line);
    report.differing.iter().for_each(output::line);
    let refused = || export.refused.iter().chain(&report.refused);
    refused().for_each(output::line);
    let tallies = [
        ("agencies", report.agencies),
        ("users", report.users),
        ("agents", report.agents),
        ("numbers", report.numbers),
    ];
    for (noun, Tally { new, here }) in tallies {
        output::line(format_args!("{noun}: {new} new, {here} already here"));
    }
    match refused().count() {
        0 if dry_run => output::line("dry run: nothing was written"),
        0 if tallies.iter().all(|(_, tally)| tally.new == 0) => output::line("nothing is new"),
        0 => output::line("imported"),
        rows => {
            return Err(Failure::Failed(format!(
                "nothing was imported: {rows} rows were refused, each for the reason above; mend them and try again"
            )));
        }
    }
    Ok(())
}
