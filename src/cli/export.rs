//! `linekeeper export`

use std::fs::{self, File};
use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};

use super::{Failure, open, output};
use crate::config::Config;
use crate::files::{Format, Writing, status};
use crate::inventory::access;
use crate::model::{AgencyId, AgentId, Error, MAX_SEARCH_CHARS, NumberFilter, Search, Status};
use crate::store::Store;

/// Write an agency's numbers to a file, oldest first: those that a list with the same filter shows. `linekeeper import csv`
/// reads it back.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example: linekeeper export --agency 0192... --format csv --include-released --output numbers.csv"
)]
pub struct Args {
    /// Whose numbers
    #[arg(long, value_name = "ID")]
    agency: AgencyId,
    /// As what: a table for spreadsheets and for the import, or an array of objects
    #[arg(long, value_name = "csv|json")]
    format: Format,
    /// The file, which is replaced when the new one is whole [default: standard output]
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    filter: Filter,
}

/// Which numbers.
#[derive(Debug, clap::Args)]
struct Filter {
    /// Only those of this status: pending, active, suspended, released
    #[arg(long, value_parser = status)]
    status: Option<Status>,
    /// Released ones too, where no status is asked for
    #[arg(long)]
    include_released: bool,
    /// Only those that an agent answers
    #[arg(long)]
    assigned: bool,
    /// Only those that no agent answers
    #[arg(long)]
    unassigned: bool,
    /// Only this agent's
    #[arg(long, value_name = "ID")]
    agent: Option<AgentId>,
    /// Only those with this in the phone number or the friendly name
    #[arg(long, value_name = "TEXT", value_parser = term)]
    search: Option<String>,
}

/// What lists search for.
fn term(text: &str) -> Result<String, String> {
    let fits = text.chars().count() <= MAX_SEARCH_CHARS;
    if fits { Ok(text.to_owned()) } else { Err(format!("has more than {MAX_SEARCH_CHARS} characters")) }
}

impl From<Filter> for NumberFilter {
    fn from(filter: Filter) -> Self {
        Self {
            status: filter.status,
            include_released: filter.include_released,
            assigned: filter.assigned,
            unassigned: filter.unassigned,
            agent: filter.agent,
            search: filter.search.as_deref().and_then(Search::new),
        }
    }
}

/// Why an export ended.
enum Stopped {
    Failed(Error),
    Unwritten(io::Error),
}

impl From<Error> for Stopped {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

impl From<io::Error> for Stopped {
    fn from(error: io::Error) -> Self {
        Self::Unwritten(error)
    }
}

impl Args {
    pub fn run(self, config: &Config) -> Result<(), Failure> {
        let store = open(config)?;
        let (agency, format, filter) = (self.agency, self.format, self.filter.into());
        let (wrote, to) = match &self.output {
            None => (to_reader(&store, agency, &filter, format), "standard output".to_owned()),
            Some(path) => (to_file(&store, agency, &filter, format, path), path.display().to_string()),
        };
        match wrote {
            Ok(numbers) if self.output.is_some() => output::line(format_args!("numbers: {numbers} exported")),
            Ok(_) => {}
            Err(Stopped::Failed(error)) => return Err(error.into()),
            Err(Stopped::Unwritten(error)) => {
                return Err(Failure::Failed(format!("{to} could not be written: {error}")));
            }
        }
        Ok(())
    }
}

/// Writes the numbers of one moment.
fn write<W: Write>(
    store: &Store,
    agency: AgencyId,
    filter: &NumberFilter,
    format: Format,
    out: W,
) -> Result<(W, u64), Stopped> {
    store.read(|snapshot| {
        let scope = access::operator(snapshot, agency)?;
        let mut writing = Writing::begin(format, out)?;
        snapshot.each_number(&scope, filter, |number| Ok::<_, Stopped>(writing.add(number)?))?;
        Ok(writing.finish()?)
    })
}

/// A reader that has gone away is no trouble.
fn to_reader(store: &Store, agency: AgencyId, filter: &NumberFilter, format: Format) -> Result<u64, Stopped> {
    match write(store, agency, filter, format, BufWriter::new(io::stdout().lock())) {
        Ok((_, numbers)) => Ok(numbers),
        Err(Stopped::Unwritten(error)) if error.kind() == ErrorKind::BrokenPipe => Ok(0),
        Err(stopped) => Err(stopped),
    }
}

/// Writes beside the file, for the owner's eyes only, and then puts it in its place: whoever looks finds the old one or the
/// whole new one.
fn to_file(
    store: &Store,
    agency: AgencyId,
    filter: &NumberFilter,
    format: Format,
    path: &Path,
) -> Result<u64, Stopped> {
    let target = place(path)?;
    let directory = target.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let beside = tempfile::Builder::new().prefix(".linekeeper-export-").tempfile_in(directory)?;
    let (out, numbers) = write(store, agency, filter, format, BufWriter::new(beside))?;
    let beside = out.into_inner().map_err(|error| error.into_error())?;
    beside.as_file().sync_all()?;
    beside.persist(&target).map_err(|error| error.error)?;
    // The directory holds the new name.
    File::open(directory)?.sync_all()?;
    Ok(numbers)
}

/// Where the file is or will be. A device or a pipe would be replaced by a file.
fn place(path: &Path) -> io::Result<PathBuf> {
    match fs::metadata(path) {
        Ok(found) if found.is_file() => fs::canonicalize(path),
        Ok(_) => Err(io::Error::other("it is there and is no file")),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(path.to_owned()),
        Err(error) => Err(error),
    }
}
