//! The shapes of Twilio's JSON, as far as they are read: by its OpenAPI, and no stricter than must be.

use std::collections::HashMap;

use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::carrier::{Rented, Traits};
use crate::model::{Features, NumberType, Route, countries_of, number_type_of};

/// A refusal. What is none is one without a code.
#[derive(Debug, Default, Deserialize)]
pub struct Complaint {
    #[serde(default, deserialize_with = "number_or_text")]
    pub code: Option<u64>,
    #[serde(default, deserialize_with = "text_or_nothing")]
    pub message: String,
}

/// An account.
#[derive(Debug, Deserialize)]
pub struct AccountStatus {
    pub status: String,
}

/// A page of a list, whatever it is of.
#[derive(Debug, Deserialize)]
pub struct Page<T> {
    #[serde(alias = "incoming_phone_numbers", alias = "available_phone_numbers", alias = "calls", alias = "messages")]
    pub rows: Vec<T>,
    pub next_page_uri: Option<String>,
}

/// What a number can do: `voice` or `Voice` or `VOICE`, and whether.
#[derive(Debug, Default, Deserialize)]
pub struct Capabilities(HashMap<String, Value>);

impl From<Capabilities> for Features {
    fn from(Capabilities(named): Capabilities) -> Self {
        let can =
            |name: &str| named.iter().any(|(key, can)| key.eq_ignore_ascii_case(name) && *can == Value::Bool(true));
        // Whether it reaches emergency services is not among them.
        Self { voice: can("voice"), sms: can("sms"), mms: can("mms"), fax: can("fax"), emergency: false }
    }
}

/// A number that the account has.
#[derive(Debug, Deserialize)]
pub struct Number {
    pub sid: String,
    phone_number: Option<String>,
    friendly_name: Option<String>,
    #[serde(rename = "type", default)]
    number_type: Value,
    capabilities: Option<Capabilities>,
    voice_url: Option<String>,
    sms_url: Option<String>,
    sms_application_sid: Option<String>,
    voice_application_sid: Option<String>,
    trunk_sid: Option<String>,
}

impl Number {
    /// What must be sent so that its calls and messages go where the route says: empty where a part is taken back. An
    /// application has the messages before `SmsUrl` does, and is taken back.
    pub fn changes<'r>(&self, route: &'r Route) -> Vec<(&'static str, &'r str)> {
        let parts = [
            ("VoiceUrl", &self.voice_url, &route.voice_url),
            ("SmsUrl", &self.sms_url, &route.sms_url),
            ("VoiceApplicationSid", &self.voice_application_sid, &route.application_id),
            ("TrunkSid", &self.trunk_sid, &route.trunk_id),
            ("SmsApplicationSid", &self.sms_application_sid, &None),
        ];
        let differs = |(name, there, wanted): (&'static str, &Option<String>, &'r Option<String>)| {
            let wanted = wanted.as_deref().unwrap_or_default();
            (there.as_deref().unwrap_or_default() != wanted).then_some((name, wanted))
        };
        parts.into_iter().filter_map(differs).collect()
    }

    /// The number as everybody here knows it; none where it is not in E.164 form.
    pub fn rented(self) -> Option<Rented> {
        let phone_number = self.phone_number?.parse().ok()?;
        // What is not set is an empty text, or null.
        let set = |text: Option<String>| text.filter(|text| !text.is_empty());
        // Of the countries that share a code, Twilio sells numbers in the first; but those that are free to call
        // in North America are sold in two.
        let country = match (countries_of(&phone_number), number_type_of(&phone_number)) {
            ([one], _) | ([one, ..], None) => Some((*one).to_owned()),
            _ => None,
        };
        let number_type = self.number_type.as_str().and_then(number_type_named);
        Some(Rented {
            carrier_number_id: self.sid,
            route: Route {
                voice_url: set(self.voice_url),
                // An application has its messages, where there is one.
                sms_url: set(self.sms_url).filter(|_| set(self.sms_application_sid).is_none()),
                application_id: set(self.voice_application_sid),
                trunk_id: set(self.trunk_sid),
                ..Route::default()
            },
            traits: Traits {
                friendly_name: set(self.friendly_name),
                number_type: number_type.or_else(|| number_type_of(&phone_number)),
                country,
                features: self.capabilities.map(Features::from),
            },
            phone_number,
        })
    }
}

/// A number that is for sale.
#[derive(Debug, Deserialize)]
pub struct Available {
    pub phone_number: Option<String>,
    pub locality: Option<String>,
    pub region: Option<String>,
    pub iso_country: Option<String>,
    pub capabilities: Option<Capabilities>,
}

/// What the numbers of a country cost.
#[derive(Debug, Deserialize)]
pub struct CountryPrices {
    #[serde(default)]
    pub phone_number_prices: Option<Vec<TypePrice>>,
    pub price_unit: Option<String>,
}

/// What its numbers of a kind cost a month.
#[derive(Debug, Deserialize)]
pub struct TypePrice {
    pub number_type: Option<String>,
    pub current_price: Option<Value>,
}

/// A call or a message. Its ends are numbers, but also names, SIP addresses and short codes.
#[derive(Debug, Deserialize)]
pub struct Record {
    pub from: Option<String>,
    pub to: Option<String>,
    start_time: Option<String>,
    date_sent: Option<String>,
    date_created: Option<String>,
}

impl Record {
    /// When it began, or else was sent, or else, where it has not been yet, was asked for.
    pub fn at(&self) -> Option<&str> {
        self.start_time.as_deref().or(self.date_sent.as_deref()).or(self.date_created.as_deref())
    }
}

/// The kind that Twilio calls so: `local`, `toll free` (in prices), `tollfree`, `mobile`, `national`.
pub fn number_type_named(name: &str) -> Option<NumberType> {
    let letters = name.chars().filter(|sign| sign.is_alphabetic()).flat_map(char::to_lowercase).collect::<String>();
    match &*letters {
        "local" => Some(NumberType::Local),
        "tollfree" => Some(NumberType::TollFree),
        "mobile" => Some(NumberType::Mobile),
        "national" => Some(NumberType::National),
        _ => None,
    }
}

fn number_or_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::Number(number) => number.as_u64(),
        Value::String(text) => text.parse().ok(),
        _ => None,
    })
}

fn text_or_nothing<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::String(text) => text,
        _ => String::new(),
    })
}
