//! `linekeeper import csv`

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::import::progress;
use super::{Failure, open, output};
use crate::clock::{Clock, Ids};
use crate::config::Config;
use crate::files::{Sheet, Terms, carrier};
use crate::inventory::import::{Report, Tally};
use crate::inventory::{access, accounts, arrivals};
use crate::model::{AccountId, AgencyId, By, Carrier, Error, Noun};
use crate::store::Snapshot;

/// The largest file that is taken, in bytes: it is read before the database is locked.
const LARGEST: u64 = 512 << 20;

/// Which file, and what to do with it.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The file: its first line names the columns, of which only `phone_number` must be there; - is standard input
    file: PathBuf,
    /// Whose numbers they become
    #[arg(long, value_name = "ID")]
    agency: AgencyId,
    /// Only say what would be done
    #[arg(long)]
    dry_run: bool,
    /// Take the other rows where some are refused
    #[arg(long)]
    skip_refused: bool,
    /// Whose numbers they are where the file does not say: simulator, sip, twilio, telnyx
    #[arg(long, value_parser = carrier, default_value = "telnyx", conflicts_with = "account")]
    carrier: Carrier,
    /// The account, and with it the carrier, that they are at where the file does not say
    #[arg(long, value_name = "ID")]
    account: Option<AccountId>,
}

impl Args {
    pub fn run(self, config: &Config) -> Result<(), Failure> {
        let store = open(config)?;
        let called = if self.is_standard_input() { "standard input".into() } else { self.file.display().to_string() };
        let trouble = |trouble: String| Failure::Failed(format!("{called} {trouble}"));
        let sheet = Sheet::open(self.read().map_err(trouble)?).map_err(trouble)?;
        let bar = progress(sheet.lines());
        let report = store.write_if(&By::OPERATOR, |change| {
            change.make_room()?;
            let scope = access::operator(change, self.agency)?;
            let terms = self.terms(change)?;
            let mut moved = || bar.inc(1);
            let report = arrivals::take_in(change, &scope, &Ids::Fresh, &called, &sheet, &terms, &mut moved)?;
            let stands = !self.dry_run && (self.skip_refused || report.refused.is_empty());
            Ok((report, stands))
        });
        bar.finish_and_clear();
        self.conclude(&sheet, &report?)
    }

    fn is_standard_input(&self) -> bool {
        self.file == Path::new("-")
    }

    fn read(&self) -> Result<Vec<u8>, String> {
        let mut bytes = Vec::new();
        let read = if self.is_standard_input() {
            io::stdin().lock().take(LARGEST + 1).read_to_end(&mut bytes)
        } else {
            File::open(&self.file).and_then(|file| file.take(LARGEST + 1).read_to_end(&mut bytes))
        };
        match read {
            Err(error) => Err(format!("cannot be read: {error}")),
            Ok(_) if bytes.len() as u64 > LARGEST => Err("is larger than 512 MiB: split it".to_owned()),
            Ok(_) => Ok(bytes),
        }
    }

    /// What holds for rows that do not say.
    fn terms(&self, snapshot: &Snapshot) -> Result<Terms, Error> {
        let now = Clock::System.now();
        let Some(wanted) = self.account else { return Ok(Terms { carrier: self.carrier, account: None, now }) };
        let reachable = accounts::list(snapshot, self.agency)?.into_iter().map(|reachable| reachable.account);
        let account =
            reachable.into_iter().find(|account| account.id == wanted).ok_or(Error::NotFound(Noun::Account))?;
        Ok(Terms { carrier: account.carrier, account: Some(account.name), now })
    }

    fn conclude(&self, sheet: &Sheet, report: &Report) -> Result<(), Failure> {
        sheet.unknown_columns.iter().for_each(output::line);
        report.differing.iter().chain(&report.refused).for_each(output::line);
        let (Tally { new, here }, refused) = (report.numbers, report.refused.len());
        output::line(format_args!("numbers: {new} new, {here} already here"));
        if refused > 0 && !self.skip_refused {
            return Err(Failure::Failed(format!(
                "nothing was imported: {refused} rows were refused, each for the reason above; mend them and try again, or \
                 leave them out with --skip-refused"
            )));
        }
        if refused > 0 {
            output::line(format_args!("{refused} rows were refused and left out"));
        }
        output::line(match new {
            _ if self.dry_run => "dry run: nothing was written",
            0 => "nothing is new",
            _ => "imported",
        });
        Ok(())
    }
}
