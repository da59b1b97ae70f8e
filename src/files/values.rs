//! The values of a file's cells, as people, spreadsheets and our own export write them. Each reader refuses with what it
//! takes.

use std::str::FromStr;

use crate::model::{Carrier, E164, Money, NotATime, NotMoney, Status, Timestamp};

/// What a reader gives: the value, or what it should have been.
type Read<T> = Result<T, String>;

/// A UUID.
pub fn id<T: FromStr>(text: &str) -> Read<T> {
    text.trim().parse().map_err(|_| "is no UUID".to_owned())
}

/// Yes or no, in the words and cases in which spreadsheets give it back.
pub fn flag(text: &str) -> Read<bool> {
    match &*text.trim().to_ascii_lowercase() {
        "true" | "t" | "yes" | "1" => Ok(true),
        "false" | "f" | "no" | "0" => Ok(false),
        _ => Err("is neither true nor false".to_owned()),
    }
}

/// A status by its name.
///
/// # Errors
/// The names that there are.
pub fn status(text: &str) -> Read<Status> {
    let found = Status::ALL.into_iter().find(|status| status.name() == text.trim());
    found.ok_or_else(|| format!("is one of {}", Status::ALL.map(Status::name).join(", ")))
}

/// A carrier by its name.
///
/// # Errors
/// The names that there are.
pub fn carrier(text: &str) -> Read<Carrier> {
    let found = Carrier::ALL.into_iter().find(|carrier| carrier.name() == text.trim());
    found.ok_or_else(|| format!("is one of {}", Carrier::ALL.map(Carrier::name).join(", ")))
}

/// A phone number as people write it, if it can only be the one in E.164 that it becomes: what a spreadsheet or a program
/// made of one, what is dialled within a country, and what may be of another country, is refused.
pub fn phone_number(text: &str) -> Read<E164> {
    // An apostrophe is how spreadsheets are told that digits are text.
    let text = text.trim();
    let text = text.strip_prefix('\'').unwrap_or(text);
    let exponent = text.split_once(['e', 'E']).map(|(_, exponent)| exponent.trim_start_matches(['+', '-']));
    if text.starts_with(|c: char| c == '+' || c.is_ascii_digit()) && exponent.is_some_and(is_all_digits) {
        return Err(
            "is what a spreadsheet makes of a phone number, and most of its digits are gone: format the column as \
                    text, enter the numbers again, and save again"
                .to_owned(),
        );
    }
    if text.rsplit_once('.').is_some_and(|(_, end)| matches!(end, "0" | "00")) {
        return Err(
            "is a phone number that a program has taken for an amount: the digits behind the point are not its own; \
                    write it as text"
                .to_owned(),
        );
    }
    if text.replace(' ', "").contains("(0)") {
        return Err("holds a 0 that is dialled within its country only: leave it out".to_owned());
    }
    let dialled: String = text.chars().filter(|c| !is_between_digits(*c)).collect();
    if let Ok(number) = dialled.parse() {
        return Ok(number);
    }
    if !is_all_digits(&dialled) {
        return Err("is no phone number: it is written as + and seven to fifteen digits, like +19705551234".to_owned());
    }
    if dialled.starts_with("00") {
        return Err("begins with 00, which is not dialled everywhere: write + instead".to_owned());
    }
    if dialled.starts_with('0') {
        return Err("has no country code: write it like +493055501234".to_owned());
    }
    if is_north_american(&dialled) {
        return Err(format!(
            "may be a number of North America without its country code, or one of another country: write +1{dialled} or \
             +{dialled}"
        ));
    }
    format!("+{dialled}").parse().map_err(|error| format!("{error}"))
}

/// What people put between the digits of a phone number: spaces, dots, dashes and parentheses.
fn is_between_digits(c: char) -> bool {
    c.is_whitespace() || matches!(c, '.' | '-' | '(' | ')' | '\u{2010}'..='\u{2015}' | '\u{2212}')
}

fn is_all_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether ten digits are a number of the North American plan as it is written there: neither the area nor the exchange
/// begins with 0 or 1.
fn is_north_american(digits: &str) -> bool {
    matches!(digits.as_bytes(), [b'2'..=b'9', _, _, b'2'..=b'9', ..]) && digits.len() == 10
}

/// An amount of any size that the inventory can hold, where people may write six digits before the point.
pub fn money(text: &str) -> Read<Money> {
    let text = text.trim();
    text.parse().or_else(|error: NotMoney| large(text).ok_or_else(|| error.to_string()))
}

fn large(text: &str) -> Option<Money> {
    let (units, fraction) = text.split_once('.')?;
    let digits = units.strip_prefix('-').unwrap_or(units);
    if !is_all_digits(digits) || !is_all_digits(fraction) || fraction.len() > 4 {
        return None;
    }
    format!("{units}{fraction:0<4}").parse().ok().map(Money)
}

/// A point in time with an offset, of any year that the inventory can hold.
pub fn time(text: &str) -> Read<Timestamp> {
    let text = text.trim();
    text.parse().or_else(|error: NotATime| distant(text).ok_or_else(|| error.to_string()))
}

/// A time before the year 0 or after 9999: the calendar repeats every 400 years.
fn distant(text: &str) -> Option<Timestamp> {
    const YEARS: i64 = 400;
    const MICROS: i128 = 146_097 * 86_400 * 1_000_000;
    let (year, rest) = text.split_at_checked(text.rfind('T')?.checked_sub(6)?)?;
    let year: i64 = year.parse().ok()?;
    let near = year.checked_rem_euclid(YEARS)? + 2_000;
    let Timestamp(micros) = format!("{near}{rest}").parse().ok()?;
    let cycles = i128::from(year.checked_sub(near)? / YEARS);
    i64::try_from(i128::from(micros) + cycles * MICROS).ok().map(Timestamp)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{flag, money, phone_number, time};
    use crate::model::{Money, Timestamp};

    #[test]
    fn phone_numbers_are_read_as_people_write_them() {
        for text in [
            "+19705551234",
            "19705551234",
            " +1 (970) 555-1234 ",
            "1.970.555.1234",
            "+1\u{a0}970\u{2011}555\u{2013}1234",
            "'19705551234",
            "'+19705551234",
        ] {
            assert_eq!(phone_number(text).as_ref().map(|number| number.as_str()), Ok("+19705551234"), "{text}");
        }
        assert_eq!(phone_number("493055501234").unwrap().as_str(), "+493055501234");
        assert_eq!(phone_number("+9705551234").unwrap().as_str(), "+9705551234", "with its + it is of where it says");
    }

    #[test]
    fn what_may_be_another_number_is_refused_with_what_to_do() {
        for (text, reason) in [
            ("1.97E+10", "format the column as text"),
            ("1,97E+10", "format the column as text"),
            ("+1.97e10", "format the column as text"),
            ("1E+11", "format the column as text"),
            ("19705551234.0", "digits behind the point"),
            ("0019705551234", "begins with 00"),
            ("00 49 30 55501234", "begins with 00"),
            ("03055501234", "no country code"),
            ("+49 (0)30 55501234", "holds a 0"),
            ("+49 ( 0 ) 30 55501234", "holds a 0"),
            ("(970) 555-1234", "write +19705551234 or +9705551234"),
            ("19,705,551,234", "is no phone number"),
            ("+1970555123x", "is no phone number"),
            ("++19705551234", "is no phone number"),
            ("+1970555１２３４", "is no phone number"),
            ("tel:+19705551234", "is no phone number"),
            ("+19705551234 ext 5", "is no phone number"),
            ("+", "is no phone number"),
            ("", "is no phone number"),
            ("123456", "seven to fifteen"),
            ("1234567890123456", "seven to fifteen"),
        ] {
            let refused = phone_number(text).unwrap_err();
            assert!(refused.contains(reason), "{text}: {refused}");
        }
    }

    #[test]
    fn booleans_are_read_as_spreadsheets_write_them() {
        for (text, value) in [("true", Ok(true)), ("FALSE", Ok(false)), (" t", Ok(true)), ("no", Ok(false))] {
            assert_eq!(flag(text), value, "{text}");
        }
        assert!(flag("maybe").is_err() && flag("").is_err());
    }

    proptest! {
        #[test]
        fn every_amount_and_every_time_reads_as_it_is_written(value in prop_oneof![any::<i64>(), -99_999_999..99_999_999_i64, Just(i64::MIN), Just(i64::MAX), Just(-62_167_219_200_000_001), Just(253_402_300_800_000_000)]) {
            prop_assert_eq!(money(&Money(value).to_string()), Ok(Money(value)));
            prop_assert_eq!(time(&Timestamp(value).to_string()), Ok(Timestamp(value)));
        }

        #[test]
        fn nothing_makes_a_reader_panic(text in "\\PC{0,24}") {
            let _ = (phone_number(&text), money(&text), time(&text));
        }
    }
}
