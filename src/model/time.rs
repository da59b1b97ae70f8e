//! Points in time, kept in microseconds.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// Microseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// So long after this; the last there is, where that is later.
    #[must_use]
    pub fn later(self, by: Duration) -> Self {
        Self(self.0.saturating_add(micros(by)))
    }

    /// So long before this; the first there is, where that is earlier.
    #[must_use]
    pub fn earlier(self, by: Duration) -> Self {
        Self(self.0.saturating_sub(micros(by)))
    }
}

fn micros(of: Duration) -> i64 {
    i64::try_from(of.as_micros()).unwrap_or(i64::MAX)
}

impl fmt::Display for Timestamp {
    /// RFC 3339 in UTC: `2025-01-15T12:00:00Z`, with six digits of fraction only where it is not zero.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f, if self.0.rem_euclid(1_000_000) == 0 { 0 } else { 6 })
    }
}

/// A point in time as JavaScript writes it: always with three digits of fraction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Millis(pub Timestamp);

impl fmt::Display for Millis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.write(f, 3)
    }
}

impl Timestamp {
    /// RFC 3339 in UTC, with so many digits of fraction, the others cut off. Written out here because a page of a list formats
    /// two hundred of them.
    fn write(self, f: &mut fmt::Formatter<'_>, digits: usize) -> fmt::Result {
        let (seconds, micros) = (self.0.div_euclid(1_000_000), self.0.rem_euclid(1_000_000));
        let (days, second_of_day) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
        let (year, month, day) = civil_from_days(days);
        let (hour, minute, second) = (second_of_day / 3_600, second_of_day / 60 % 60, second_of_day % 60);
        if !(0..=9999).contains(&year) {
            return write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{micros:06}Z");
        }
        let mut text = *b"0000-00-00T00:00:00.000000Z";
        let mut put = |at: usize, value| [text[at], text[at + 1]] = two_digits(value);
        put(0, year / 100);
        put(2, year % 100);
        put(5, month);
        put(8, day);
        put(11, hour);
        put(14, minute);
        put(17, second);
        put(20, micros / 10_000);
        put(22, micros / 100 % 100);
        put(24, micros % 100);
        let length = if digits == 0 { 19 } else { 20 + digits };
        text[length] = b'Z';
        f.write_str(std::str::from_utf8(&text[..=length]).unwrap_or_default())
    }
}

/// The two digits of a number below a hundred.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is below a hundred")]
fn two_digits(value: i64) -> [u8; 2] {
    let value = value as u8;
    [b'0' + value / 10, b'0' + value % 10]
}

impl FromStr for Timestamp {
    type Err = NotATime;

    /// Takes a date, `T` or a space, a time to the second or finer, and an offset from UTC: `Z`, `+00`, `+0530` or
    /// `+05:30`. What is finer than a microsecond is cut off.
    fn from_str(text: &str) -> Result<Self, NotATime> {
        let read = || {
            let (date, rest) = (text.get(..10)?, text.get(10..)?);
            let (time, rest) = (rest.strip_prefix(['T', ' '])?.get(..8)?, rest.get(9..)?);
            let (fraction, offset) = match rest.strip_prefix('.') {
                Some(rest) => rest.split_at(rest.find(|c: char| !c.is_ascii_digit())?),
                None => ("0", rest),
            };
            let [year, month, day] = fields(date, '-')?;
            let [hour, minute, second] = fields(time, ':')?;
            let days = days_from_civil(year, month, day);
            if civil_from_days(days) != (year, month, day) || hour > 23 || minute > 59 || second > 59 {
                return None;
            }
            let micros: i64 = format!("{fraction:0<6}").get(..6)?.parse().ok()?;
            let seconds = days * 86_400 + hour * 3_600 + minute * 60 + second - offset_seconds(offset)?;
            (!fraction.is_empty()).then(|| Self(seconds * 1_000_000 + micros))
        };
        read().ok_or(NotATime)
    }
}

/// The text is no point in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is no time with an offset, like 2025-01-15 12:00:00+00")]
pub struct NotATime;

/// Three fields of digits, the first of four and the others of two.
fn fields(text: &str, between: char) -> Option<[i64; 3]> {
    let mut parts = text.split(between);
    let mut next = || parts.next().filter(|part| part.bytes().all(|byte| byte.is_ascii_digit()))?.parse().ok();
    let fields = [next()?, next()?, next()?];
    parts.next().is_none().then_some(fields)
}

fn offset_seconds(text: &str) -> Option<i64> {
    if text == "Z" {
        return Some(0);
    }
    let sign = if text.starts_with('-') { -1 } else { 1 };
    let digits = text.strip_prefix(['+', '-'])?;
    let (hours, minutes) = match digits.len() {
        2 => (digits, "00"),
        4 => (digits.get(..2)?, digits.get(2..)?),
        5 if digits.as_bytes()[2] == b':' => (digits.get(..2)?, digits.get(3..)?),
        _ => return None,
    };
    if !hours.bytes().chain(minutes.bytes()).all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let (hours, minutes): (i64, i64) = (hours.parse().ok()?, minutes.parse().ok()?);
    (hours < 24 && minutes < 60).then(|| sign * (hours * 3_600 + minutes * 60))
}

/// The day of a date, counted from 1970-01-01: Howard Hinnant's `days_from_civil`.
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// The proleptic Gregorian date of a day counted from 1970-01-01: Howard Hinnant's
/// `civil_from_days` (<https://howardhinnant.github.io/date_algorithms.html>).
fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::{Millis, Timestamp};

    #[test]
    fn no_time_is_beyond_the_first_and_the_last() {
        let (now, second) = (Timestamp(1_736_942_400_000_000), Duration::from_secs(1));
        assert_eq!((now.later(second).0 - now.0, now.0 - now.earlier(second).0), (1_000_000, 1_000_000));
        assert_eq!(
            (now.later(Duration::MAX), Timestamp(-2).earlier(Duration::MAX)),
            (Timestamp(i64::MAX), Timestamp(i64::MIN))
        );
    }

    #[test]
    fn whole_seconds_have_no_fraction() {
        assert_eq!(Timestamp(1_736_942_400_000_000).to_string(), "2025-01-15T12:00:00Z");
        assert_eq!(Timestamp(1_736_942_400_000_001).to_string(), "2025-01-15T12:00:00.000001Z");
        assert_eq!(Timestamp(-1).to_string(), "1969-12-31T23:59:59.999999Z");
        assert_eq!(Millis(Timestamp(1_736_942_400_000_000)).to_string(), "2025-01-15T12:00:00.000Z");
        assert_eq!(Millis(Timestamp(1_736_942_400_123_999)).to_string(), "2025-01-15T12:00:00.123Z");
    }

    proptest! {
        #[test]
        fn timestamps_read_as_jiff_writes_them(micros in -62_135_596_800_000_000_i64..253_402_207_200_000_000) {
            let theirs = jiff::Timestamp::from_microsecond(micros).unwrap();
            let precision = if micros.rem_euclid(1_000_000) == 0 { 0 } else { 6 };
            let text = format!("{theirs:.precision$}");
            prop_assert_eq!(Timestamp(micros).to_string(), &*text);
            prop_assert_eq!(text.parse(), Ok(Timestamp(micros)));
        }

        #[test]
        fn what_is_no_time_to_jiff_is_none_here(text in "[0-9]{4}-[0-9]{2}-[0-3][0-9][ T][0-2][0-9]:[0-6][0-9]:[0-6][0-9](\\.[0-9]{0,9})?(Z|[+-]([01][0-9]|2[0-3]|[3-9][0-9])(:?[0-9]{2})?)?") {
            // A seventh digit is cut off, before 1970 too, where jiff's own microseconds are rounded up.
            let theirs = text.parse::<jiff::Timestamp>().ok().map(|at| at.as_nanosecond().div_euclid(1_000));
            // jiff takes a leap second for the second before it, and offsets of 24 and 25 hours; PostgreSQL writes neither.
            if text.get(17..19).is_none_or(|second| second != "60") && text.as_bytes()[0] != b'0' {
                let ours = text.parse::<Timestamp>().ok().map(|at| i128::from(at.0));
                prop_assert_eq!(ours, theirs, "{}", text);
            }
        }
    }
}
