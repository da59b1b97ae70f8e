//! Messages: those that a simulated carrier has accepted, and those that arrived at its numbers. They are kept beside the
//! ledger, so that a test can see after any fault, and any end of the process, whether something was sent twice.

use std::collections::HashSet;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};

use crate::carrier::simulator::Notes;
use crate::carrier::simulator::wire;
use crate::clock::Clock;
use crate::model::Timestamp;

/// The note in which a message from somebody who wants no more of them, or wants them again, says so.
const CHOICE: &str = "choice";
const STOP: &str = "stop";
const START: &str = "start";

/// A message, as it is kept and as `GET /messages` shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Its place: 1, 2, 3, and so on.
    pub seq: u64,
    /// When it was accepted, or arrived.
    #[serde(with = "wire::Timestamp")]
    pub at: Timestamp,
    /// What the carrier calls it.
    pub id: String,
    /// Where it goes.
    pub direction: Direction,
    /// Who sends it; where it arrived, that need not be a number.
    pub from: String,
    /// Who gets it.
    pub to: String,
    /// What it says.
    pub text: String,
    /// The addresses of what is sent with it.
    pub media: Vec<String>,
    /// What else the carrier keeps of it, by names of its own.
    #[serde(default, skip_serializing_if = "Notes::is_empty")]
    pub notes: Notes,
    /// Nobody asked for it: a fault sent it a second time.
    pub injected: bool,
}

/// Which way a message goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// To one of the account's numbers.
    Inbound,
    /// From one of them.
    Outbound,
}

/// A line of the file.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Line {
    Message(Message),
    Deleted(String),
}

/// All of them, in the order of their acceptance.
#[derive(Debug)]
pub struct Messages(Mutex<Kept>);

#[derive(Debug)]
struct Kept {
    file: File,
    all: Vec<Message>,
    deleted: HashSet<String>,
}

impl Message {
    /// One that is accepted, or arrives, now. What it says, and its place, are still to be given.
    pub fn new(id: String, direction: Direction, from: &str, to: &str) -> Self {
        let (from, to) = (from.to_owned(), to.to_owned());
        let (text, media, notes) = (String::new(), Vec::new(), Notes::new());
        Self { seq: 0, at: Clock::System.now(), id, direction, from, to, text, media, notes, injected: false }
    }

    /// Notes what its sender chooses with it, where the text is one of these words alone, in small letters.
    pub fn choose(&mut self, stops: &[&str], starts: &[&str]) {
        let word = self.text.trim().to_lowercase();
        for (words, choice) in [(stops, STOP), (starts, START)] {
            if words.contains(&word.as_str()) {
                self.notes.insert(CHOICE.to_owned(), choice.to_owned());
            }
        }
    }

    /// Whether its sender wants no more messages (true), or wants them again (false).
    pub fn stops(&self) -> Option<bool> {
        self.notes.get(CHOICE).map(|choice| choice == STOP)
    }

    /// A note of it.
    pub fn note(&self, name: &str) -> Option<&str> {
        self.notes.get(name).map(String::as_str)
    }
}

impl Messages {
    /// Those of a file in a directory. What a writer that was killed has not finished is cut off.
    ///
    /// # Errors
    /// What the file system says; [`io::ErrorKind::InvalidData`] where a line is none of this file's.
    pub fn open(directory: &Path, file: &str) -> io::Result<Self> {
        let path = directory.join(file);
        let mut file = OpenOptions::new().read(true).append(true).create(true).mode(0o600).open(path)?;
        let mut text = String::new();
        file.read_to_string(&mut text)?;
        let whole = text.rfind('\n').map_or(0, |last| last + 1);
        file.set_len(whole as u64)?;
        let mut kept = Kept { file, all: Vec::new(), deleted: HashSet::new() };
        for line in text[..whole].lines() {
            kept.enter(serde_json::from_str(line)?);
        }
        Ok(Self(Mutex::new(kept)))
    }

    /// Keeps one, which is given its place; it is on the disk when this returns.
    ///
    /// # Errors
    /// What the file system says.
    pub fn keep(&self, message: Message) -> io::Result<Message> {
        let mut kept = self.kept();
        let message = Message { seq: kept.all.len() as u64 + 1, ..message };
        kept.write(Line::Message(message.clone()))?;
        Ok(message)
    }

    /// Has one no longer be shown by the carrier. That it was accepted is not undone.
    ///
    /// # Errors
    /// What the file system says.
    pub fn delete(&self, id: &str) -> io::Result<()> {
        self.kept().write(Line::Deleted(id.to_owned()))
    }

    /// Those that are not deleted.
    pub fn shown(&self) -> Vec<Message> {
        let kept = self.kept();
        kept.all.iter().filter(|message| !kept.deleted.contains(&message.id)).cloned().collect()
    }

    /// The one that a carrier calls so, unless it is deleted.
    pub fn find(&self, id: &str) -> Option<Message> {
        let kept = self.kept();
        kept.all.iter().find(|message| message.id == id && !kept.deleted.contains(id)).cloned()
    }

    /// Every one that was accepted to be sent, deleted or not: what a test counts.
    pub fn sent(&self) -> Vec<Message> {
        let kept = self.kept();
        kept.all.iter().filter(|message| message.direction == Direction::Outbound).cloned().collect()
    }

    /// Whether the last of these messages that chose anything wants no more.
    pub fn are_stopped(&self, of: impl Fn(&Message) -> bool) -> bool {
        let kept = self.kept();
        let mut choices = kept.all.iter().rev().filter(|message| of(message)).filter_map(Message::stops);
        choices.next().unwrap_or(false)
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn write(&mut self, line: Line) -> io::Result<()> {
        let mut text = serde_json::to_vec(&line)?;
        text.push(b'\n');
        self.file.write_all(&text)?;
        self.file.sync_data()?;
        self.enter(line);
        Ok(())
    }

    fn enter(&mut self, line: Line) {
        match line {
            Line::Message(message) => self.all.push(message),
            Line::Deleted(id) => drop(self.deleted.insert(id)),
        }
    }
}
