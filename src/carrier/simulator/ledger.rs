//! The ledger: every deed that the simulator accepted, one JSON line each, in the order of their acceptance.

use std::collections::BTreeMap;
use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::wire;
use crate::model::{E164, OrderId, Route, Timestamp};

/// Its name in the simulator's directory.
pub const LEDGER_FILE: &str = "ledger.jsonl";

/// What can be in a ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Deed {
    /// A number was rented, perhaps again.
    Acquire,
    /// A number was given a route.
    Configure,
    /// A number was given back.
    Release,
    /// A number that existed elsewhere was taken over.
    PortIn,
}

/// What else a carrier keeps of a number, by names of its own: who answers in the simulator's name knows what they mean.
pub type Notes = BTreeMap<String, String>;

/// A line of a ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Its place: 1, 2, 3, and so on.
    pub seq: u64,
    /// When it was accepted.
    #[serde(with = "wire::Timestamp")]
    pub at: Timestamp,
    /// What was done.
    pub deed: Deed,
    /// With which number.
    #[serde(with = "wire::text")]
    pub phone_number: E164,
    /// The number's id; a number that is rented anew after its release has another.
    pub carrier_number_id: String,
    /// For which order; of an acquire only.
    #[serde(with = "wire::if_any")]
    pub reference: Option<OrderId>,
    /// Where its calls and messages go from then on.
    #[serde(with = "wire::Route")]
    pub route: Route,
    /// The notes that were set with it; one that was set to nothing was taken away.
    #[serde(default, skip_serializing_if = "Notes::is_empty")]
    pub notes: Notes,
    /// Nobody asked for it: a fault did it a second time.
    pub injected: bool,
}

/// A ledger that is open for writing, by nobody else.
#[derive(Debug)]
pub struct Ledger {
    file: File,
    /// How much of the file is whole lines that are on the disk.
    length: u64,
    last: u64,
    /// Whether more than that is in the file, after a write that failed and could not be undone.
    torn: bool,
}

impl Ledger {
    /// What a ledger file holds. What a writer has not finished is left out.
    ///
    /// # Errors
    /// What the file system says; [`io::ErrorKind::InvalidData`], with the number of the line, where one is not an entry
    /// or not the next.
    pub fn read(path: &Path) -> io::Result<Vec<Entry>> {
        Ok(entries(&fs::read(path)?)?.0)
    }

    /// Opens the ledger of a directory, both of which are made where they are missing, and cuts off what a writer that
    /// was killed has not finished.
    ///
    /// # Errors
    /// As of [`Ledger::read`]; [`io::ErrorKind::ResourceBusy`] where somebody else has it open.
    pub fn open(directory: &Path) -> io::Result<(Self, Vec<Entry>)> {
        DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
        let path = directory.join(LEDGER_FILE);
        let mut file = OpenOptions::new().read(true).append(true).create(true).mode(0o600).open(&path)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::Error(error)) => return Err(error),
            Err(TryLockError::WouldBlock) => {
                let said = format!("another simulator is using {}", path.display());
                return Err(io::Error::new(io::ErrorKind::ResourceBusy, said));
            }
        }
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        let (entries, length) = entries(&bytes)
            .map_err(|error| io::Error::new(error.kind(), format!("{} is damaged: {error}", path.display())))?;
        file.set_len(length)?;
        file.sync_all()?;
        // The file's name must survive a power cut, too.
        File::open(directory)?.sync_all()?;
        Ok((Self { file, length, last: entries.last().map_or(0, |entry| entry.seq), torn: false }, entries))
    }

    /// The place of the next entry.
    #[must_use]
    pub fn next(&self) -> u64 {
        self.last + 1
    }

    /// Writes entries whose places are the next ones; they are on the disk when it returns.
    ///
    /// # Errors
    /// What the file system says. Nothing is written then, as far as anybody reads it.
    pub fn append(&mut self, entries: &[Entry]) -> io::Result<()> {
        let mut lines = Vec::with_capacity(entries.len() * 256);
        for entry in entries {
            serde_json::to_writer(&mut lines, entry)?;
            lines.push(b'\n');
        }
        if self.torn {
            self.file.set_len(self.length)?;
            self.torn = false;
        }
        if let Err(error) = self.file.write_all(&lines).and_then(|()| self.file.sync_data()) {
            self.torn = self.file.set_len(self.length).is_err();
            return Err(error);
        }
        self.length += lines.len() as u64;
        self.last += entries.len() as u64;
        Ok(())
    }
}

impl Drop for Ledger {
    /// Lets go of the file in so many words: closing it would not while a process that is just being started by this one
    /// still has it open, too.
    fn drop(&mut self) {
        let _ = self.file.unlock();
    }
}

/// The entries that bytes hold, and how many of the bytes are whole lines.
fn entries(bytes: &[u8]) -> io::Result<(Vec<Entry>, u64)> {
    let whole = memchr::memrchr(b'\n', bytes).map_or(0, |last| last + 1);
    let mut entries = Vec::new();
    for (line, number) in bytes[..whole].split_inclusive(|byte| *byte == b'\n').zip(1_u64..) {
        let damaged = |said: String| io::Error::new(io::ErrorKind::InvalidData, format!("line {number}: {said}"));
        let entry: Entry = serde_json::from_slice(line).map_err(|error| damaged(error.to_string()))?;
        if entry.seq != number {
            return Err(damaged(format!("its seq is {}", entry.seq)));
        }
        entries.push(entry);
    }
    Ok((entries, whole as u64))
}
