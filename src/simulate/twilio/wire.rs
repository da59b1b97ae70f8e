//! The JSON of numbers, as Twilio's OpenAPI describes it: those that the account has, and those that it could buy.

use serde::Serialize;

use super::account::{Account, number_sid};
use super::regulation::Regulation;
use super::settings::EMERGENCY;
use crate::carrier::simulator::{Held, Notes};
use crate::model::{E164, Features, NumberType, Offer, Timestamp};

/// The notes that are made when a number is bought, and when it is changed: the office remembers neither.
pub const COUNTRY: &str = "country";
pub const KIND: &str = "number_type";
pub const FEATURES: &str = "features";
pub const BOUGHT: &str = "bought_at";
pub const CHANGED: &str = "changed_at";

/// What a number can do, in the small letters of `IncomingPhoneNumbers`.
#[derive(Serialize)]
struct Capabilities {
    voice: bool,
    sms: bool,
    mms: bool,
    fax: bool,
}

/// The same in the letters of `AvailablePhoneNumbers`, which Twilio's answers have and its OpenAPI does not.
#[derive(Serialize)]
struct OfferedCapabilities {
    voice: bool,
    #[serde(rename = "SMS")]
    sms: bool,
    #[serde(rename = "MMS")]
    mms: bool,
    fax: bool,
}

/// A number that could be bought (`available_phone_number_local` and its like). There is no price in it.
#[derive(Serialize)]
pub struct AvailableNumber {
    friendly_name: String,
    phone_number: String,
    lata: Option<String>,
    locality: Option<String>,
    rate_center: Option<String>,
    latitude: Option<String>,
    longitude: Option<String>,
    region: Option<String>,
    postal_code: Option<String>,
    iso_country: String,
    address_requirements: &'static str,
    beta: bool,
    capabilities: OfferedCapabilities,
}

/// A number that the account has (`api.v2010.account.incoming_phone_number`).
#[derive(Serialize)]
pub struct IncomingNumber {
    account_sid: String,
    address_sid: Option<String>,
    address_requirements: &'static str,
    api_version: &'static str,
    beta: bool,
    capabilities: Capabilities,
    date_created: Option<String>,
    date_updated: Option<String>,
    friendly_name: String,
    identity_sid: Option<String>,
    phone_number: String,
    origin: &'static str,
    sid: String,
    sms_application_sid: String,
    sms_fallback_method: String,
    sms_fallback_url: String,
    sms_method: String,
    sms_url: String,
    status_callback: String,
    status_callback_method: String,
    trunk_sid: Option<String>,
    uri: String,
    voice_receive_mode: String,
    voice_application_sid: String,
    voice_caller_id_lookup: bool,
    voice_fallback_method: String,
    voice_fallback_url: String,
    voice_method: String,
    voice_url: String,
    emergency_status: &'static str,
    emergency_address_sid: Option<String>,
    emergency_address_status: &'static str,
    bundle_sid: Option<String>,
    status: &'static str,
    r#type: Option<String>,
}

impl From<Offer> for AvailableNumber {
    fn from(offer: Offer) -> Self {
        let Features { voice, sms, mms, fax, .. } = offer.features;
        Self {
            friendly_name: friendly(&offer.phone_number),
            phone_number: offer.phone_number.to_string(),
            lata: None,
            locality: offer.city,
            rate_center: None,
            latitude: None,
            longitude: None,
            region: offer.state,
            postal_code: None,
            address_requirements: Regulation::of(&offer.country, offer.number_type).address,
            iso_country: offer.country,
            beta: false,
            capabilities: OfferedCapabilities { voice, sms, mms, fax },
        }
    }
}

impl IncomingNumber {
    /// How the account's answers show one of its numbers. What is not set is empty rather than null, but for a trunk.
    pub fn new(account: &Account, held: Held) -> Self {
        let Held { rented, notes } = held;
        let sid = number_sid(&rented);
        let note = |name: &str| notes.get(name).cloned();
        let text = |name: &str| note(name).unwrap_or_default();
        let method = |name: &str| note(name).unwrap_or_else(|| "POST".to_owned());
        let kind = kind(&notes);
        let regulation = kind.map(|kind| Regulation::of(&text(COUNTRY), kind));
        let emergency = note(EMERGENCY);
        Self {
            account_sid: account.sid.clone(),
            address_sid: note("address_id"),
            address_requirements: regulation.map_or("none", |regulation| regulation.address),
            api_version: "2010-04-01",
            beta: false,
            capabilities: capabilities(&notes),
            date_created: date(&notes, BOUGHT),
            date_updated: date(&notes, CHANGED),
            friendly_name: name(&rented.phone_number, &notes),
            identity_sid: None,
            phone_number: rented.phone_number.to_string(),
            origin: "twilio",
            uri: account.uri("IncomingPhoneNumbers", &sid),
            sid,
            sms_application_sid: text("sms_application_id"),
            sms_fallback_method: method("sms_fallback_method"),
            sms_fallback_url: text("sms_fallback_url"),
            sms_method: method("sms_method"),
            sms_url: rented.route.sms_url.unwrap_or_default(),
            status_callback: text("status_url"),
            status_callback_method: method("status_method"),
            trunk_sid: rented.route.trunk_id,
            voice_receive_mode: note("voice_receive_mode").unwrap_or_else(|| "voice".to_owned()),
            voice_application_sid: rented.route.application_id.unwrap_or_default(),
            voice_caller_id_lookup: notes.get("voice_caller_id_lookup").is_some_and(|flag| flag == "true"),
            voice_fallback_method: method("voice_fallback_method"),
            voice_fallback_url: text("voice_fallback_url"),
            voice_method: method("voice_method"),
            voice_url: rented.route.voice_url.unwrap_or_default(),
            // Always so, since October 2021 (<https://www.twilio.com/changelog/changes-to-the-emergency-calling-api>).
            emergency_status: "Active",
            emergency_address_status: if emergency.is_some() { "registered" } else { "unregistered" },
            emergency_address_sid: emergency,
            bundle_sid: note("bundle_id"),
            // Undocumented; on a purchase it shows that the account had the number already (danielberkompas/ex_twilio#116).
            status: "in-use",
            r#type: kind.map(|kind| kind.name().replace('_', "-")),
        }
    }
}

/// What a number is called: as it was named, or as it is written where it is from.
pub fn name(number: &E164, notes: &Notes) -> String {
    notes.get("friendly_name").cloned().unwrap_or_else(|| friendly(number))
}

/// The notes of a number that is being bought.
pub fn bought(offer: &Offer, now: Timestamp) -> Notes {
    let features = offer.features.named().into_iter().filter(|(_, has)| *has).map(|(name, _)| name).collect::<Vec<_>>();
    let notes = [
        (COUNTRY, offer.country.clone()),
        (KIND, offer.number_type.name().to_owned()),
        (FEATURES, features.join(" ")),
        (BOUGHT, now.to_string()),
    ];
    notes.into_iter().map(|(name, text)| (name.to_owned(), text)).collect()
}

/// A time as Twilio writes it: RFC 2822, in GMT.
pub fn rfc2822(time: Timestamp) -> String {
    const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let text = time.to_string();
    let (Some(year), Some(day), Some(clock)) = (text.get(..4), text.get(8..10), text.get(11..19)) else {
        return text;
    };
    let month = text.get(5..7).and_then(|month| month.parse::<usize>().ok()).and_then(|month| MONTHS.get(month - 1));
    // The epoch was a Thursday.
    let weekday = usize::try_from(time.0.div_euclid(86_400_000_000).rem_euclid(7)).ok().and_then(|day| DAYS.get(day));
    format!("{}, {day} {} {year} {clock} +0000", weekday.unwrap_or(&"Thu"), month.unwrap_or(&"Jan"))
}

fn kind(notes: &Notes) -> Option<NumberType> {
    let name = notes.get(KIND)?;
    NumberType::ALL.into_iter().find(|kind| kind.name() == name)
}

/// Whether a number can do something. Of one that was not bought here, nothing is known: then it can do what most can.
pub fn has_feature(notes: &Notes, name: &str) -> bool {
    notes.get(FEATURES).map_or("voice sms", String::as_str).split(' ').any(|feature| feature == name)
}

fn capabilities(notes: &Notes) -> Capabilities {
    let has = |name| has_feature(notes, name);
    Capabilities { voice: has("voice"), sms: has("sms"), mms: has("mms"), fax: has("fax") }
}

fn date(notes: &Notes, name: &str) -> Option<String> {
    Some(rfc2822(notes.get(name)?.parse().ok()?))
}

/// `(970) 555-1234` in North America, elsewhere the number itself.
fn friendly(number: &E164) -> String {
    let text = number.as_str();
    match text.strip_prefix("+1").filter(|national| national.len() == 10) {
        Some(national) => format!("({}) {}-{}", &national[..3], &national[3..6], &national[6..]),
        None => text.to_owned(),
    }
}
