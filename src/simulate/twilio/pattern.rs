//! Patterns of digits, with letters as on a telephone's keys, and with what may stand for any digit.

use super::error::Error;
use crate::model::E164;

/// What stands for other digits.
const WILD: [char; 2] = ['*', '%'];

/// `Contains` of a search, by the rules of Twilio's OpenAPI.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contains {
    /// The digits that have to be there, one behind the other.
    pub digits: String,
    /// How many digits come before them, and behind them, at least.
    before: usize,
    behind: usize,
    /// They are the number's first, with the country's code, or its last.
    pub first: bool,
    pub last: bool,
}

impl Contains {
    /// Reads a pattern.
    ///
    /// # Errors
    /// "Invalid Pattern", as users have quoted Twilio (stevegraham/twilio-rb#8), without its code: 20422 stands for it.
    pub fn read(pattern: &str) -> Result<Self, Error> {
        read(pattern).ok_or_else(|| Error::refused(20422, format!("Invalid Pattern: {pattern}")))
    }

    /// Whether a number has it.
    pub fn is_in(&self, number: &E164) -> bool {
        let number = number.as_str().trim_start_matches('+');
        let length = self.digits.len();
        (0..=number.len().saturating_sub(length)).any(|at| {
            number[at..].starts_with(&self.digits)
                && at >= self.before
                && number.len() - at - length >= self.behind
                && (!self.first || at == 0)
                && (!self.last || at + length == number.len())
        })
    }

    /// Whether other digits than its own decide.
    pub fn is_placed(&self) -> bool {
        self.before > 0 || self.behind > 0
    }
}

fn read(pattern: &str) -> Option<Contains> {
    if !(2..=16).contains(&pattern.chars().count()) {
        return None;
    }
    let (rest, first) = pattern.strip_prefix('+').map_or((pattern, false), |rest| (rest, true));
    let (rest, last) = rest.strip_suffix('$').map_or((rest, false), |rest| (rest, true));
    let core = rest.trim_start_matches(WILD);
    let (before, core) = rest.split_at(rest.len() - core.len());
    let (digits, behind) = core.split_at(core.trim_end_matches(WILD).len());
    let digits = digits.chars().map(key).collect::<Option<String>>()?;
    // Wildcards need two digits beside them, and signs with a meaning cannot be neighbours.
    let needed = if before.is_empty() && behind.is_empty() { 1 } else { 2 };
    if digits.len() < needed || first && !before.is_empty() || last && !behind.is_empty() {
        return None;
    }
    Some(Contains { digits, before: wild(before)?, behind: wild(behind)?, first, last })
}

/// How many digits wildcards stand for at least: `*` for one each, `%` for any number.
fn wild(signs: &str) -> Option<usize> {
    match signs {
        "%" => Some(0),
        stars => stars.bytes().all(|sign| sign == b'*').then_some(stars.len()),
    }
}

/// The digit that a letter is on.
fn key(sign: char) -> Option<char> {
    Some(match sign.to_ascii_lowercase() {
        digit @ '0'..='9' => digit,
        'a'..='c' => '2',
        'd'..='f' => '3',
        'g'..='i' => '4',
        'j'..='l' => '5',
        'm'..='o' => '6',
        'p'..='s' => '7',
        't'..='v' => '8',
        'w'..='z' => '9',
        _ => return None,
    })
}

/// `PhoneNumber` of a list: "You can specify partial numbers and use '*' as a wildcard for any digit" (Twilio's OpenAPI).
pub fn partly(number: &E164, pattern: &str) -> bool {
    let (number, pattern) = (number.as_str().as_bytes(), pattern.as_bytes());
    let same =
        |part: &[u8]| part.iter().zip(pattern).all(|(sign, wanted)| sign == wanted || *wanted == b'*' && *sign != b'+');
    pattern.is_empty() || number.windows(pattern.len()).any(same)
}
