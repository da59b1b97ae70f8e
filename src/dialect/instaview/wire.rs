//! The JSON of numbers and of their list, name for name as the product writes it.

use std::fmt;

use schemars::JsonSchema;
use serde::{Serialize, Serializer};
use uuid::Uuid;

use super::query::ListQuery;
use crate::dialect::text;
use crate::model::{AgencyId, Carrier, Millis, Number, NumberType, Timestamp, number_type_of};

/// A page of the list.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "InstaviewNumberList")]
pub struct ListBody<'a> {
    data: Vec<PhoneNumber<'a>>,
    total: u64,
    page: u32,
    limit: u32,
    total_pages: u64,
}

/// The same in the live envelope.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "InstaviewNestedNumberList")]
pub struct NestedBody<'a> {
    success: bool,
    data: ListBody<'a>,
    error: (),
    timestamp: Now,
}

/// Either, as the settings say.
#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
#[schemars(rename = "InstaviewNumbers")]
pub enum Listed<'a> {
    /// As in the example and the schema.
    Flat(ListBody<'a>),
    /// As in the prose.
    Nested(NestedBody<'a>),
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "InstaviewNumber")]
struct PhoneNumber<'a> {
    id: Uuid,
    number: &'a str,
    company_id: Uuid,
    capabilities: &'static str,
    custom: bool,
    provider: &'static str,
    status: &'static str,
    number_type: &'static str,
    created_at: Now,
    updated_at: Now,
    location: Option<&'a str>,
}

/// A time, in milliseconds.
#[derive(Clone, Copy, JsonSchema)]
#[schemars(with = "String", extend("format" = "date-time"))]
pub struct Now(pub Timestamp);

impl fmt::Display for Now {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Millis(self.0).fmt(f)
    }
}

impl Serialize for Now {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        text(self, serializer)
    }
}

impl<'a> ListBody<'a> {
    /// Writes a page.
    pub fn new(company: AgencyId, numbers: impl Iterator<Item = &'a Number>, total: u64, asked: ListQuery) -> Self {
        Self {
            data: numbers.map(|number| PhoneNumber::new(company, number)).collect(),
            total,
            page: asked.page,
            limit: asked.limit,
            total_pages: total.div_ceil(asked.limit.into()),
        }
    }

    /// In the envelope that is wanted.
    pub fn wrapped(self, nested: bool, now: Timestamp) -> Listed<'a> {
        if nested {
            Listed::Nested(NestedBody { success: true, data: self, error: (), timestamp: Now(now) })
        } else {
            Listed::Flat(self)
        }
    }
}

impl<'a> PhoneNumber<'a> {
    fn new(company: AgencyId, number: &'a Number) -> Self {
        Self {
            id: number.id.0,
            number: number.phone_number.as_str(),
            company_id: company.0,
            capabilities: match (number.inbound, number.outbound) {
                (true, true) => "INBOUND_OUTBOUND",
                (false, true) => "OUTBOUND",
                (_, false) => "INBOUND",
            },
            custom: number.carrier == Carrier::Sip,
            provider: match number.carrier {
                Carrier::Simulator => "SIMULATOR",
                Carrier::Sip => "SIP",
                Carrier::Twilio => "TWILIO",
                Carrier::Telnyx => "TELNYX",
            },
            status: if number.agent.is_some() { "ASSIGNED" } else { "AVAILABLE" },
            number_type: number_type(number),
            created_at: Now(number.created_at),
            updated_at: Now(number.updated_at),
            location: number.location.as_deref(),
        }
    }
}

/// What is said of its kind, or what its digits say.
fn number_type(number: &Number) -> &'static str {
    let said = number.number_type.as_deref();
    let said = NumberType::ALL.into_iter().find(|kind| Some(kind.name()) == said);
    match said.or_else(|| number_type_of(&number.phone_number)) {
        Some(NumberType::Mobile) => "MOBILE",
        Some(NumberType::TollFree) => "TOLL_FREE",
        Some(NumberType::National) => "NATIONAL",
        Some(NumberType::Local) | None => "LOCAL",
    }
}
