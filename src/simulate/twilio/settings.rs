//! Settings: what somebody sends with a number, and what becomes of it
//! (<https://www.twilio.com/docs/phone-numbers/api/incomingphonenumber-resource>). What is not sent stays as it is; what is
//! sent empty is taken away.

use super::account::Account;
use super::error::Error;
use super::parameters::Parameters;
use super::sid::is_sid;
use crate::carrier::simulator::{Held, Notes, Terms};
use crate::model::Route;

/// The longest name (Twilio's OpenAPI).
const LONGEST_NAME: usize = 64;

/// What a parameter has to look like.
#[derive(Clone, Copy)]
enum Shape {
    Name,
    Url,
    Method,
    Flag,
    /// One of a few words.
    Mode,
    /// An application's SID.
    Application,
    /// A SID of this kind.
    Sid(&'static str),
    /// The SID of an address that the account has.
    Address,
}

/// What is kept as a note: its parameter, the note's name, its shape. Of the trade's words, because the ledger is read by
/// people who know other carriers.
const NOTES: [(&str, &str, Shape); 14] = [
    ("FriendlyName", "friendly_name", Shape::Name),
    ("VoiceMethod", "voice_method", Shape::Method),
    ("VoiceFallbackUrl", "voice_fallback_url", Shape::Url),
    ("VoiceFallbackMethod", "voice_fallback_method", Shape::Method),
    ("VoiceCallerIdLookup", "voice_caller_id_lookup", Shape::Flag),
    ("VoiceReceiveMode", "voice_receive_mode", Shape::Mode),
    ("SmsMethod", "sms_method", Shape::Method),
    ("SmsFallbackUrl", "sms_fallback_url", Shape::Url),
    ("SmsFallbackMethod", "sms_fallback_method", Shape::Method),
    ("SmsApplicationSid", "sms_application_id", Shape::Application),
    ("StatusCallback", "status_url", Shape::Url),
    ("StatusCallbackMethod", "status_method", Shape::Method),
    ("AddressSid", "address_id", Shape::Address),
    ("BundleSid", "bundle_id", Shape::Sid("BU")),
];
/// The note that an emergency address is kept as.
pub const EMERGENCY: &str = "emergency_address_id";

/// What a number has after somebody has sent these parameters with it; `held` is what it had before.
///
/// # Errors
/// What is not as it has to be, with the code for it.
pub fn settings(account: &Account, held: Option<&Held>, asked: &Parameters) -> Result<Terms, Error> {
    let mut notes = Notes::default();
    for (parameter, note, shape) in NOTES {
        if let Some(text) = asked.sent(parameter) {
            check(account, parameter, text, shape)?;
            notes.insert(note.to_owned(), text.to_owned());
        }
    }
    let route = route(account, held.map(|held| held.rented.route.clone()).unwrap_or_default(), asked)?;
    Ok(Terms { reference: None, route, notes })
}

/// The same of a number that the account has: only then can it get an emergency address. It is left out of a purchase
/// (<https://github.com/twilio/twilio-node/issues/706>).
///
/// # Errors
/// As of [`settings`].
pub fn update(account: &Account, held: &Held, asked: &Parameters) -> Result<Terms, Error> {
    let mut terms = settings(account, Some(held), asked)?;
    if let Some(address) = asked.sent("EmergencyAddressSid") {
        if asked.sent("EmergencyStatus").is_some() {
            // As users have quoted it; the code is the documented one for a status that cannot be changed.
            let said = "Cannot modify both emergency address SID and emergency status in the same request";
            return Err(Error::refused(22222, said));
        }
        check(account, "EmergencyAddressSid", address, Shape::Address)?;
        terms.notes.insert(EMERGENCY.to_owned(), address.to_owned());
    }
    Ok(terms)
}

/// Where calls and messages go. A trunk and an application take each other's place, and the addresses stay beside them,
/// though nobody asks them then (Twilio's OpenAPI, `TrunkSid` and `VoiceUrl`).
fn route(account: &Account, mut route: Route, asked: &Parameters) -> Result<Route, Error> {
    let sent = |parameter, shape| {
        let text = asked.sent(parameter);
        text.map(|text| {
            check(account, parameter, text, shape).map(|()| Some(text.to_owned()).filter(|t| !t.is_empty()))
        })
        .transpose()
    };
    if let Some(url) = sent("VoiceUrl", Shape::Url)? {
        route.voice_url = url;
    }
    if let Some(url) = sent("SmsUrl", Shape::Url)? {
        route.sms_url = url;
    }
    if let Some(application) = sent("VoiceApplicationSid", Shape::Application)? {
        if application.is_some() {
            route.trunk_id = None;
        }
        route.application_id = application;
    }
    if let Some(trunk) = sent("TrunkSid", Shape::Sid("TK"))? {
        if trunk.is_some() {
            route.application_id = None;
        }
        route.trunk_id = trunk;
    }
    Ok(route)
}

/// Refuses what a parameter cannot be; empty it may always be.
fn check(account: &Account, parameter: &str, text: &str, shape: Shape) -> Result<(), Error> {
    let good = match shape {
        Shape::Name => text.chars().count() <= LONGEST_NAME,
        Shape::Url => text.starts_with("http://") || text.starts_with("https://"),
        Shape::Method => matches!(text, "GET" | "POST"),
        Shape::Flag => matches!(text, "true" | "false"),
        Shape::Mode => matches!(text, "voice" | "fax"),
        Shape::Application => is_sid(text, "AP"),
        Shape::Sid(prefix) => is_sid(text, prefix),
        Shape::Address => account.addresses.find(text).is_some(),
    };
    if good || text.is_empty() {
        return Ok(());
    }
    let (code, said) = match shape {
        Shape::Name => (20002, format!("{parameter} must be {LONGEST_NAME} characters or less")),
        Shape::Url => (21402, format!("{parameter} is not a valid URL: {text}")),
        Shape::Method => (21403, format!("{parameter} is not a valid HTTP method: {text}")),
        Shape::Application => (21420, format!("{parameter} is not accessible: {text}")),
        // The documented "Invalid SID" and "Invalid Parameter"; what Twilio says of these is not documented.
        Shape::Sid(_) => (20423, format!("{parameter} is not a valid SID: {text}")),
        Shape::Flag | Shape::Mode => (20422, format!("{parameter} is not valid: {text}")),
        // As users have quoted it.
        Shape::Address => {
            (21613, format!("Could not find Address {text} for account {} to satisfy requirement", account.sid))
        }
    };
    Err(Error::refused(code, said))
}
