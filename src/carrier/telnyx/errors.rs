//! What Telnyx means where it does not do as it was asked.
//!
//! The codes are those of <https://developers.telnyx.com/development/api-fundamentals/api-errors>; what the numbers API
//! does with them is not written anywhere, and was taken from what others have seen it answer.

use serde_json::Value;

use crate::carrier::http::Answer;
use crate::carrier::{Refusal, Trouble};
use crate::model::{Paper, Secret};

/// No numbers found for the given filters: an empty stock is an error there, with status 400.
pub(super) const NONE_FOUND: &str = "10031";
/// The longest answer in which errors are looked for.
const MAX_ERROR_BYTES: usize = 64 << 10;
/// How many of its errors are repeated.
const MAX_FAULTS: usize = 3;
/// The longest text of its own that is passed on.
const MAX_SAID: usize = 300;

/// What a request is about: the same error means one thing of a number that we have, and another of one that we want.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum About {
    /// The account.
    Account,
    /// What is for sale.
    Stock,
    /// Renting a number.
    Order,
    /// A number that the account should have.
    Number,
}

/// One of the errors of an answer: `{code, title, detail, source}`.
#[derive(Clone, Debug, Default)]
pub(super) struct Fault {
    code: String,
    /// Its title and its detail.
    text: String,
    /// The part of the request that it is about, as a JSON pointer or a parameter's name.
    source: String,
}

impl Fault {
    /// As much of one as can be read.
    fn read(value: &Value) -> Self {
        let text = |field: &str| match value.get(field) {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Number(number)) => number.to_string(),
            _ => String::new(),
        };
        let source = ["pointer", "parameter"].iter().find_map(|part| value.get("source")?.get(part)?.as_str());
        let said = [text("title"), text("detail")];
        let said: Vec<&str> = said.iter().map(String::as_str).filter(|text| !text.is_empty()).collect();
        Self { code: text("code"), text: said.join(": "), source: source.map_or_else(|| text("source"), str::to_owned) }
    }

    /// The one table of codes. None: it does not say why.
    fn reason(&self, about: About) -> Option<Refusal> {
        let said = self.text.to_lowercase();
        let says = |words: &[&str]| words.iter().any(|word| said.contains(word));
        let names = |part: &str| self.source.contains(part);
        match (&*self.code, about) {
            // Authentication failed.
            ("10009", _) => Some(Refusal::Credentials),
            // Invalid phone number; phone number must be in +E.164 format.
            ("10002" | "10016", About::Order | About::Number) => Some(Refusal::Invalid),
            // There is no list of what papers are refused with, but the part that was missing is named.
            (_, About::Order) if names("requirement_group") || says(&["requirement group", "requirement_group"]) => {
                Some(Refusal::Missing(Paper::RequirementGroup))
            }
            (_, About::Order) if names("bundle_id") => Some(Refusal::Missing(Paper::Bundle)),
            // Something else that the request names does not exist: a connection, a profile.
            (_, _) if names("connection_id") || names("messaging_profile_id") => Some(Refusal::Other),
            // Inactive phone number; resource not found; no numbers found. None has a code for a number that was just sold.
            ("10001" | "10005" | NONE_FOUND, About::Order) => Some(Refusal::NotAvailable),
            (_, About::Order) if says(&["not available", "no longer available"]) => Some(Refusal::NotAvailable),
            // Resource not found; invalid ID.
            ("10005" | "10006", About::Number) => Some(Refusal::NotOwned),
            _ => None,
        }
    }
}

/// The errors of an answer, as far as they can be read.
pub(super) fn faults(body: &[u8]) -> Vec<Fault> {
    let body: Option<Value> = (body.len() <= MAX_ERROR_BYTES).then(|| serde_json::from_slice(body).ok()).flatten();
    let errors = body.as_ref().and_then(|body| body.get("errors")?.as_array());
    errors.into_iter().flatten().take(MAX_FAULTS).map(Fault::read).collect()
}

/// The number was not among those that a search has shown a short while ago
/// (<https://developers.telnyx.com/docs/numbers/phone-numbers/number-orders>).
pub(super) const NOT_SEARCHED: &str = "85000";

/// The first code of an answer that is an error.
pub(super) fn first_code(body: &[u8]) -> Option<String> {
    faults(body).into_iter().next().map(|fault| fault.code).filter(|code| !code.is_empty())
}

/// Whether an answer is an error of this code.
pub(super) fn is_fault(answer: &Answer, code: &str) -> bool {
    (400..=499).contains(&answer.status) && faults(&answer.body).iter().any(|fault| fault.code == code)
}

/// Why, by the first of these errors that says so.
pub(super) fn reason(faults: &[Fault], about: About) -> Option<Refusal> {
    faults.iter().find_map(|fault| fault.reason(about))
}

/// What an answer means that is not a good one.
pub(super) fn trouble(answer: &Answer, about: About, api_key: &Secret) -> Trouble {
    let (status, faults) = (answer.status, faults(&answer.body));
    let said = said(status, &faults, api_key);
    // Unexpected error; request timeout: it may have been done, whatever the status says.
    let failed = faults.iter().any(|fault| matches!(&*fault.code, "10007" | "10008"));
    match status {
        // By the status, not by 10011: the logs answer that to a malformed question too.
        429 => Trouble::Busy,
        401 => Trouble::Refused { reason: Refusal::Credentials, said },
        400..=499 if status != 408 && !failed => {
            let by_status = match (status, about) {
                (404, About::Number) => Refusal::NotOwned,
                (404, About::Order) => Refusal::NotAvailable,
                _ => Refusal::Other,
            };
            Trouble::Refused { reason: reason(&faults, about).unwrap_or(by_status), said }
        }
        _ => Trouble::Unknown(said),
    }
}

/// What an answer says, in its own words.
fn said(status: u16, faults: &[Fault], api_key: &Secret) -> String {
    let one = |Fault { code, text, source }: &Fault| {
        let source = if source.is_empty() { String::new() } else { format!(" ({source})") };
        format!("{code} {text}{source}").trim().to_owned()
    };
    let own: Vec<String> = faults.iter().map(one).filter(|said| !said.is_empty()).collect();
    let own = if own.is_empty() { String::new() } else { format!(": {}", own.join("; ")) };
    fit(&format!("it answered {status}{own}"), api_key)
}

/// A text from outside as it may be kept and shown: short, on one line, and without our key, should it be echoed.
pub(super) fn fit(text: &str, api_key: &Secret) -> String {
    let key = api_key.expose();
    let text = if key.is_empty() { text.to_owned() } else { text.replace(key, "[redacted]") };
    let mut plain: String = text.chars().take(MAX_SAID).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if text.chars().nth(MAX_SAID).is_some() {
        plain.push('…');
    }
    plain
}
