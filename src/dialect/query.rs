//! Query strings, read strictly: a malformed value of a known parameter is refused by name, never replaced by a default.

use std::fmt;
use std::str::FromStr;

use percent_encoding::percent_decode;

use crate::model::Timestamp;

/// What is wrong with a value that somebody gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Malformed {
    /// Its name; none of what has none.
    pub name: String,
    /// What it must be.
    pub what: String,
}

impl Malformed {
    /// Says what a value must be.
    pub fn new(name: &str, what: impl Into<String>) -> Self {
        Self { name: name.to_owned(), what: what.into() }
    }
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.name, self.what)
    }
}

/// The parameters that are known, as given.
#[derive(Debug)]
pub struct Given(Vec<(&'static str, String)>);

impl Given {
    /// Reads a query string. Parameters that are not known are ignored; those of `may_be_empty` are taken as they are.
    ///
    /// # Errors
    /// Where one is given twice, or is empty, or is not UTF-8.
    pub fn read(query: &str, known: &[&'static str], may_be_empty: &[&str]) -> Result<Self, Malformed> {
        let mut given = Vec::new();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let (name, value) = (decode(name)?, decode(value)?);
            let Some(known) = known.iter().find(|known| **known == name) else { continue };
            if given.iter().any(|(earlier, _)| earlier == known) {
                return Err(Malformed::new(known, "must be given once"));
            }
            if value.is_empty() && !may_be_empty.contains(known) {
                return Err(Malformed::new(known, "must not be empty"));
            }
            given.push((*known, value));
        }
        Ok(Self(given))
    }

    /// A parameter as it was given.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(given, _)| *given == name).map(|(_, value)| value.as_str())
    }

    /// `true`, or `false` and absent.
    ///
    /// # Errors
    /// Where it is neither.
    pub fn switch(&self, name: &str) -> Result<bool, Malformed> {
        match self.text(name) {
            Some("true") => Ok(true),
            None | Some("false") => Ok(false),
            Some(_) => Err(Malformed::new(name, "must be true or false")),
        }
    }

    /// An id.
    ///
    /// # Errors
    /// Where it is none.
    pub fn id<T: FromStr>(&self, name: &str) -> Result<Option<T>, Malformed> {
        self.text(name).map(|text| text.parse().map_err(|_| Malformed::new(name, "must be a UUID"))).transpose()
    }

    /// Decimal digits that fit a signed 64-bit integer.
    ///
    /// # Errors
    /// Where it is something else.
    pub fn whole(&self, name: &str) -> Result<Option<u64>, Malformed> {
        let read = |text: &str| {
            let digits = text.bytes().all(|byte| byte.is_ascii_digit());
            let number = text.parse::<i64>().ok().filter(|_| digits);
            number.and_then(|n| u64::try_from(n).ok()).ok_or_else(|| Malformed::new(name, "must be a whole number"))
        };
        self.text(name).map(read).transpose()
    }

    /// A whole number from `least` to `most`.
    ///
    /// # Errors
    /// Where it is something else.
    pub fn within(&self, name: &str, default: u32, least: u32, most: u32) -> Result<u32, Malformed> {
        let Some(number) = self.whole(name)? else { return Ok(default) };
        match u32::try_from(number) {
            Ok(number) if (least..=most).contains(&number) => Ok(number),
            _ => Err(Malformed::new(name, format!("must be a whole number from {least} to {most}"))),
        }
    }

    /// A time (RFC 3339).
    ///
    /// # Errors
    /// Where it is none.
    pub fn time(&self, name: &str) -> Result<Option<Timestamp>, Malformed> {
        let read = |text: &str| {
            // A `+` of an offset that was not escaped has become a space.
            let text = text.replace(' ', "+");
            text.parse().map_err(|_| Malformed::new(name, "must be a time like 2025-01-15T12:00:00Z"))
        };
        self.text(name).map(read).transpose()
    }
}

/// Decodes a name or a value of `application/x-www-form-urlencoded`.
fn decode(text: &str) -> Result<String, Malformed> {
    let spaced = text.replace('+', " ");
    match percent_decode(spaced.as_bytes()).decode_utf8() {
        Ok(text) if !text.contains('\0') => Ok(text.into_owned()),
        _ => Err(Malformed::new("The query", "must be UTF-8 without NUL")),
    }
}
