//! A CSV file of numbers, as people and spreadsheets write them: columns in any order, three separators, quotation marks.

use std::cmp::Ordering;

use csv::{Reader, ReaderBuilder, StringRecord};

use super::cells::unmarked;
use super::columns::{COLUMNS, PHONE_NUMBER, PHONE_NUMBER_PLACE};
use super::draft::{Draft, Refusal, Terms};
use super::values;

/// What lies between the fields of a row, the likeliest first.
const SEPARATORS: [u8; 3] = [b',', b';', b'\t'];
/// The longest cell that is taken, in bytes. What is longer is many rows that a stray quotation mark has made one.
const LONGEST_CELL: usize = 1 << 20;
/// How much of a foreign text is shown, in characters.
const SHOWN: usize = 60;

/// A file whose header has been read.
#[derive(Debug)]
pub struct Sheet {
    text: String,
    separator: u8,
    /// How many columns it has.
    width: usize,
    /// Where each of [`COLUMNS`] is, where the file has it.
    places: Vec<Option<usize>>,
    /// The columns that are not ours, a sentence each: they are not kept.
    pub unknown_columns: Vec<String>,
}

impl Sheet {
    /// Reads a file's header.
    ///
    /// # Errors
    /// A sentence that goes behind the file's name, where it is no text, or its header names no phone numbers or a
    /// column twice.
    pub fn open(bytes: Vec<u8>) -> Result<Self, String> {
        if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
            return Err("is UTF-16: save it as `CSV UTF-8`".to_owned());
        }
        if let Some(at) = memchr::memchr(0, &bytes) {
            let line = 1 + line_ends(&bytes[..at]);
            return Err(format!("holds a NUL byte in line {line}: it is no CSV file"));
        }
        let mut text = String::from_utf8(bytes).map_err(|error| {
            let line = 1 + line_ends(&error.as_bytes()[..error.utf8_error().valid_up_to()]);
            format!("is not UTF-8 from line {line} on: save it as `CSV UTF-8`")
        })?;
        // A spreadsheet marks UTF-8 with it.
        if text.starts_with('\u{feff}') {
            text.drain(..'\u{feff}'.len_utf8());
        }
        if text.trim().is_empty() {
            return Err(format!("is empty: its first line names the columns, `{PHONE_NUMBER}` and others"));
        }
        let separated = SEPARATORS.map(|separator| (separator, header(&text, separator)));
        let found = separated.iter().find(|(_, names)| names.iter().any(|name| name == PHONE_NUMBER));
        let Some((separator, names)) = found else {
            let line = shown(text.trim_start().lines().next().unwrap_or_default());
            return Err(format!("has no column `{PHONE_NUMBER}`: its first line names the columns, and is `{line}`"));
        };
        let (separator, width) = (*separator, names.len());
        let (mut places, mut unknown_columns) = (vec![None; COLUMNS.len()], Vec::new());
        for (at, name) in names.iter().enumerate() {
            match COLUMNS.iter().position(|column| column.name == name) {
                Some(column) if places[column].is_some() => return Err(format!("has two columns `{name}`")),
                Some(column) => places[column] = Some(at),
                None if name.is_empty() => {
                    unknown_columns.push(format!("column {} has no name and is not kept", at + 1));
                }
                None => unknown_columns.push(format!("column `{}` is not kept", shown(name))),
            }
        }
        Ok(Self { text, separator, width, places, unknown_columns })
    }

    /// How many lines there are below the header: as many as rows, or more where fields hold line ends.
    #[must_use]
    pub fn lines(&self) -> usize {
        memchr::memchr_iter(b'\n', self.text.as_bytes()).count().saturating_sub(1)
    }

    /// Reads row by row, and gives each with the line that it begins on, counted from 1. Rows without anything are
    /// passed over.
    ///
    /// # Errors
    /// What `each` returns.
    pub fn rows<E>(
        &self,
        terms: &Terms,
        mut each: impl FnMut(u64, Result<Draft, Refusal>) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut reader = reader(&self.text, self.separator, true);
        let mut record = StringRecord::new();
        let (mut line, mut counted) = (1, 0);
        loop {
            let more = match reader.read_record(&mut record) {
                Ok(more) => more,
                Err(error) => return each(line, Err(("(the row)", format!("is no CSV: {error}")))),
            };
            if !more {
                return Ok(());
            }
            if record.iter().all(|cell| cell.trim().is_empty()) {
                continue;
            }
            // The crate's own count lags behind where lines end in CR LF.
            let begins = self.beginning(record.position().map_or(0, |position| position.byte()));
            line += line_ends(&self.text.as_bytes()[counted..begins]);
            counted = begins;
            let ends = usize::try_from(reader.position().byte()).unwrap_or(usize::MAX).min(self.text.len());
            let misquoted = misquoted(&self.text.as_bytes()[begins..ends.max(begins)], self.separator);
            let read = match (misquoted, record.len().cmp(&self.width)) {
                (Some(fault), _) => Err(("(the row)", fault.to_owned())),
                _ if record.iter().any(|cell| cell.len() > LONGEST_CELL) => {
                    Err(("(the row)", "has a cell of more than 1 MiB: is a quotation mark missing?".to_owned()))
                }
                (None, Ordering::Equal) => self.draft(&record, terms),
                _ => Err(("(the row)", format!("has {} fields where the header has {}", record.len(), self.width))),
            };
            each(line, read)?;
        }
    }

    fn draft(&self, record: &StringRecord, terms: &Terms) -> Result<Draft, Refusal> {
        let cell = |place: usize| self.places[place].and_then(|at| record.get(at)).unwrap_or_default();
        let phone_number = match cell(PHONE_NUMBER_PLACE) {
            "" => return Err((PHONE_NUMBER, "is missing".to_owned())),
            cell => values::phone_number(&unmarked(cell)).map_err(|reason| (PHONE_NUMBER, reason))?,
        };
        let mut draft = Draft::new(phone_number, terms);
        for (place, column) in COLUMNS.iter().enumerate().filter(|(place, _)| self.places[*place].is_some()) {
            match (cell(place), column.reading) {
                ("", _) if !column.may_be_none => continue,
                ("", _) | (_, None) => {}
                (cell, Some(read)) => {
                    read(&mut draft, &unmarked(cell)).map_err(|reason| (column.name, reason))?;
                }
            }
            draft.note(place);
        }
        Ok(draft.conclude(terms))
    }

    /// Where a row's own bytes begin, past the line ends that are still before it.
    fn beginning(&self, position: u64) -> usize {
        let bytes = self.text.as_bytes();
        let position = usize::try_from(position).unwrap_or(usize::MAX).min(bytes.len());
        position + bytes[position..].iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count()
    }
}

fn reader(text: &str, separator: u8, has_headers: bool) -> Reader<&[u8]> {
    ReaderBuilder::new().flexible(true).delimiter(separator).has_headers(has_headers).from_reader(text.as_bytes())
}

/// The names of the columns, if this is the separator; people capitalise them, and put spaces where we have none.
fn header(text: &str, separator: u8) -> Vec<String> {
    let mut record = StringRecord::new();
    let read = reader(text, separator, false).read_record(&mut record);
    let names = record.iter().take_while(|_| read.is_ok());
    names.map(|name| unmarked(name).trim().to_lowercase().replace([' ', '-'], "_")).collect()
}

/// How many lines end in a text: with LF, CR LF, or, as once on Macs, CR.
fn line_ends(text: &[u8]) -> u64 {
    let ends = memchr::memchr2_iter(b'\n', b'\r', text);
    ends.filter(|at| text[*at] == b'\n' || text.get(at + 1) != Some(&b'\n')).count() as u64
}

/// What is wrong with a row's quotation marks: a stray one has made one cell of what may be many rows.
fn misquoted(row: &[u8], separator: u8) -> Option<&'static str> {
    enum At {
        Beginning,
        Plain,
        Quoted,
        Closed,
    }
    let mut at = At::Beginning;
    for byte in row {
        at = match (at, *byte) {
            // Of two that stand for one, the second opens it again.
            (At::Quoted, b'"') | (At::Closed, b' ') => At::Closed,
            (At::Beginning | At::Closed, b'"') | (At::Quoted, _) => At::Quoted,
            (_, byte) if byte == separator || matches!(byte, b'\r' | b'\n') => At::Beginning,
            (At::Closed, _) => return Some("has text behind a quotation mark that closes a cell: is one missing?"),
            (At::Beginning | At::Plain, _) => At::Plain,
        };
    }
    matches!(at, At::Quoted).then_some("opens a quotation mark that is never closed")
}

/// As much of a foreign text as fits a line, and nothing that a terminal would obey.
fn shown(text: &str) -> String {
    let cut: String = text.chars().take(SHOWN).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if text.chars().nth(SHOWN).is_some() { cut + "…" } else { cut }
}
