//! The verbs: what can be done with agencies, users, keys, agents and numbers, whoever asks and in whatever dialect.
//!
//! A verb takes the caller's [`Scope`](crate::store::Scope) and works inside the snapshot or change it is given, so
//! that one request is one transaction however many verbs it needs.

pub mod access;
pub mod accounts;
pub mod agencies;
pub mod agents;
pub mod arrivals;
pub mod assignments;
pub mod brought;
pub mod desk;
pub mod dispatch;
mod due;
mod expiry;
mod findings;
pub mod import;
pub mod keys;
pub mod messages;
pub mod numbers;
pub mod orders;
pub mod purchases;
pub mod releases;
mod routes;
mod schedule;
mod settle;
pub mod sync;
mod troubles;
pub mod users;
mod uses;
pub mod webhooks;

use crate::model::{Error, Result};

/// The longest name that is taken, in characters.
const MAX_NAME_CHARS: usize = 200;

/// The fewest digits that may be a phone number.
const MIN_NUMBER_DIGITS: usize = 7;

/// What a carrier said, as the log may have it: without phone numbers, which it may name.
fn without_numbers(said: &str) -> String {
    let mut shown = String::with_capacity(said.len());
    let mut rest = said;
    while let Some(start) = rest.find(|sign: char| sign.is_ascii_digit()) {
        let (before, digits) = rest.split_at(start);
        let (digits, after) = digits.split_at(digits.find(|sign: char| !sign.is_ascii_digit()).unwrap_or(digits.len()));
        shown.push_str(before);
        shown.push_str(if digits.len() < MIN_NUMBER_DIGITS { digits } else { "[digits]" });
        rest = after;
    }
    shown.push_str(rest);
    shown
}

/// Takes a name that a person gave.
fn name(field: &'static str, text: &str) -> Result<String> {
    let trimmed = text.trim();
    let reason = match trimmed.chars().count() {
        0 => "it is empty",
        count if count > MAX_NAME_CHARS => "it is longer than 200 characters",
        _ if trimmed.chars().any(char::is_control) => "it contains control characters",
        _ => return Ok(trimmed.to_owned()),
    };
    Err(Error::Invalid { field, reason: reason.into() })
}

#[cfg(test)]
mod tests {
    use super::without_numbers;

    #[test]
    fn the_log_has_no_phone_number_that_a_carrier_names() {
        for (said, shown) in [
            ("", ""),
            ("it answered 404 (20404)", "it answered 404 (20404)"),
            ("+19705551234 is not available", "+[digits] is not available"),
            ("%2B19705551234é, +4930123456", "%2B[digits]é, +[digits]"),
            ("é4930123", "é[digits]"),
        ] {
            assert_eq!(without_numbers(said), shown, "{said}");
        }
    }
}
