//! Numbers on their way into a file, one by one.

use std::io::{self, Write};
use std::str::FromStr;

use super::cells::marked;
use super::columns::{COLUMNS, Cell};
use crate::model::Number;

/// What files are written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Comma-separated values (RFC 4180, lines end in LF), safe to open in a spreadsheet.
    Csv,
    /// An array of objects.
    Json,
}

impl FromStr for Format {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "csv" => Ok(Self::Csv),
            "json" => Ok(Self::Json),
            _ => Err("is one of csv, json"),
        }
    }
}

/// A file that is being written.
pub struct Writing<W: Write> {
    kind: Kind<W>,
    numbers: u64,
}

enum Kind<W: Write> {
    Csv(Box<csv::Writer<W>>),
    Json(W),
}

impl<W: Write> Writing<W> {
    /// Begins a file.
    ///
    /// # Errors
    /// What `out` says.
    pub fn begin(format: Format, mut out: W) -> io::Result<Self> {
        let kind = match format {
            Format::Csv => {
                let mut out = csv::Writer::from_writer(out);
                out.write_record(COLUMNS.iter().map(|column| column.name)).map_err(unwritten)?;
                Kind::Csv(Box::new(out))
            }
            Format::Json => {
                out.write_all(b"[")?;
                Kind::Json(out)
            }
        };
        Ok(Self { kind, numbers: 0 })
    }

    /// Writes one number.
    ///
    /// # Errors
    /// What `out` says.
    pub fn add(&mut self, number: &Number) -> io::Result<()> {
        match &mut self.kind {
            Kind::Csv(out) => {
                row(out, number).map_err(unwritten)?;
            }
            Kind::Json(out) => {
                out.write_all(if self.numbers == 0 { b"\n" } else { b",\n" })?;
                object(out, number)?;
            }
        }
        self.numbers += 1;
        Ok(())
    }

    /// Ends the file, and gives what it was written to and how many numbers it holds.
    ///
    /// # Errors
    /// What `out` says.
    pub fn finish(self) -> io::Result<(W, u64)> {
        let mut out = match self.kind {
            Kind::Csv(out) => out.into_inner().map_err(|error| error.into_error())?,
            Kind::Json(mut out) => {
                out.write_all(if self.numbers == 0 { b"]\n" } else { b"\n]\n" })?;
                out
            }
        };
        out.flush()?;
        Ok((out, self.numbers))
    }
}

fn row<W: Write>(out: &mut csv::Writer<W>, number: &Number) -> csv::Result<()> {
    for column in &COLUMNS {
        match (column.cell)(number) {
            Cell::Nothing => out.write_field("")?,
            Cell::Words(words) => out.write_field(&*marked(&words))?,
            Cell::Flag(flag) => out.write_field(flag.to_string())?,
            Cell::Amount(amount) => out.write_field(&*marked(&amount.to_string()))?,
        }
    }
    out.write_record(None::<&[u8]>)
}

/// What the file said: the crate's own conversion does not tell a reader that has gone away from a full disk.
fn unwritten(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}

fn object(out: &mut impl Write, number: &Number) -> io::Result<()> {
    for (place, column) in COLUMNS.iter().enumerate() {
        write!(out, "{}\"{}\":", if place == 0 { '{' } else { ',' }, column.name)?;
        match (column.cell)(number) {
            Cell::Nothing => out.write_all(b"null")?,
            Cell::Words(words) => serde_json::to_writer(&mut *out, &*words)?,
            Cell::Flag(flag) => write!(out, "{flag}")?,
            // To its last digit, which a floating point number would not be.
            Cell::Amount(amount) => write!(out, "{amount}")?,
        }
    }
    out.write_all(b"}")
}
