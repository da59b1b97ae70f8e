//! The JSON of numbers, agents and messages, name for name as the product writes it.

use schemars::JsonSchema;
use serde::Serialize;

use crate::dialect::ids::Prefixed;
use crate::dialect::{text, text_or_null};
use crate::inventory::agents::Profile;
use crate::model::{AgentId, Message, Number, NumberId, Offer, Timestamp, countries_of, national_part, number_type_of};

/// What an id of a number looks like.
pub const NUMBER_ID: &str = "^num_[0-9a-f]{32}$";
/// And one of an agent.
pub const AGENT_ID: &str = "^agt_[0-9a-f]{32}$";
/// What a country is called that nobody knows (ISO 3166-1, user-assigned).
const NO_COUNTRY: &str = "ZZ";

/// A number's id, as it is written.
pub fn number_id(id: NumberId) -> Prefixed {
    Prefixed("num_", id.0)
}

/// An agent's id, as it is written.
pub fn agent_id(id: AgentId) -> Prefixed {
    Prefixed("agt_", id.0)
}

/// A page of something.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Agentphone{T}List")]
pub struct Page<T> {
    data: Vec<T>,
    has_more: bool,
    total: u64,
}

impl<T> Page<T> {
    /// Writes a page behind `offset` rows.
    pub fn new(data: Vec<T>, offset: u64, total: u64) -> Self {
        Self { has_more: offset.saturating_add(data.len() as u64) < total, data, total }
    }
}

/// All there is of something.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Agentphone{T}All")]
pub struct Whole<T> {
    pub data: Vec<T>,
}

/// A number.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "AgentphoneNumber")]
pub struct PhoneNumber<'a> {
    #[schemars(with = "String", regex(pattern = NUMBER_ID))]
    id: Prefixed,
    phone_number: &'a str,
    country: &'a str,
    status: &'static str,
    #[serde(rename = "type")]
    kind: &'static str,
    #[schemars(with = "Option<String>", regex(pattern = AGENT_ID))]
    agent_id: Option<Prefixed>,
    #[serde(serialize_with = "text")]
    #[schemars(with = "String", extend("format" = "date-time"))]
    created_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    external_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "text_or_null")]
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    expires_at: Option<Timestamp>,
}

/// A number, as its agent shows it.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "AgentphoneAgentNumber")]
pub struct AgentNumber<'a> {
    #[schemars(with = "String", regex(pattern = NUMBER_ID))]
    id: Prefixed,
    phone_number: &'a str,
    status: &'static str,
    #[serde(rename = "type")]
    kind: &'static str,
}

/// A number that was attached.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "AgentphoneAttached")]
pub struct Attached<'a> {
    #[schemars(with = "String", regex(pattern = AGENT_ID))]
    pub agent_id: Prefixed,
    pub number: AgentNumber<'a>,
}

/// It was done.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "AgentphoneDone")]
pub struct Done {
    pub success: bool,
}

/// A number that was given back, or will be.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "AgentphoneReleased")]
pub struct Released<'a> {
    pub success: bool,
    pub phone_number: &'a str,
    pub status: &'static str,
    /// Until when it can be kept.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "text_or_null")]
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    pub releases_at: Option<Timestamp>,
}

/// A number that could be bought.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "AgentphoneAvailableNumber")]
pub struct AvailableNumber<'a> {
    phone_number: &'a str,
    city: Option<&'a str>,
    state: Option<&'a str>,
    rate_center: Option<&'a str>,
    area_code: Option<&'a str>,
}

/// What a number's digits tell.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "AgentphoneLookedUp")]
pub struct LookedUp<'a> {
    phone_number: &'a str,
    line_type: Option<&'static str>,
    country: Option<&'static str>,
}

/// An agent.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "AgentphoneAgent")]
pub struct AgentBody<'a> {
    #[schemars(with = "String", regex(pattern = AGENT_ID))]
    id: Prefixed,
    name: &'a str,
    description: Option<&'a str>,
    voice_mode: &'static str,
    voice: &'a str,
    language: &'a str,
    #[serde(serialize_with = "text")]
    #[schemars(with = "String", extend("format" = "date-time"))]
    created_at: Timestamp,
    numbers: Vec<AgentNumber<'a>>,
}

/// An agent that was deleted.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "AgentphoneDeletedAgent")]
pub struct DeletedAgent<'a> {
    pub success: bool,
    #[schemars(with = "String", regex(pattern = AGENT_ID))]
    pub id: Prefixed,
    pub name: &'a str,
}

/// The messages of a number.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "AgentphoneMessageList")]
pub struct Messages<'a> {
    pub data: Vec<MessageBody<'a>>,
    pub has_more: bool,
}

/// A message to or from a number.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "AgentphoneMessage")]
pub struct MessageBody<'a> {
    #[schemars(with = "String")]
    id: Prefixed,
    /// What the clients read.
    #[serde(rename = "from_")]
    from_: &'a str,
    /// What the MCP server reads.
    from: &'a str,
    to: &'a str,
    body: &'a str,
    direction: &'static str,
    channel: &'static str,
    status: &'static str,
    media_urls: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    failure_reason: Option<&'a str>,
    #[serde(serialize_with = "text")]
    #[schemars(with = "String", extend("format" = "date-time"))]
    received_at: Timestamp,
}

/// A message that was sent.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "AgentphoneSentMessage")]
pub struct SentMessage<'a> {
    #[schemars(with = "String")]
    id: Prefixed,
    status: &'static str,
    channel: &'static str,
    from_number: &'a str,
    to_number: &'a str,
    conversation_id: Option<&'a str>,
    media_urls: &'a [String],
    #[serde(rename = "failureReason", skip_serializing_if = "Option::is_none")]
    failure_reason: Option<&'a str>,
}

impl<'a> From<&'a Number> for PhoneNumber<'a> {
    fn from(number: &'a Number) -> Self {
        let by_digits = || countries_of(&number.phone_number).first().copied();
        Self {
            id: number_id(number.id),
            phone_number: number.phone_number.as_str(),
            country: number.country_code.as_deref().or_else(by_digits).unwrap_or(NO_COUNTRY),
            status: number.status.name(),
            kind: "sms",
            agent_id: number.agent.as_ref().map(|agent| agent_id(agent.id)),
            created_at: number.created_at,
            external_id: number.external_id.as_deref(),
            expires_at: number.expires_at,
        }
    }
}

impl<'a> From<&'a Number> for AgentNumber<'a> {
    fn from(number: &'a Number) -> Self {
        Self {
            id: number_id(number.id),
            phone_number: number.phone_number.as_str(),
            status: number.status.name(),
            kind: "sms",
        }
    }
}

impl<'a> From<&'a Offer> for AvailableNumber<'a> {
    fn from(offer: &'a Offer) -> Self {
        let is_nanp = matches!(&*offer.country, "US" | "CA");
        Self {
            phone_number: offer.phone_number.as_str(),
            city: offer.city.as_deref(),
            state: offer.state.as_deref(),
            rate_center: None,
            area_code: national_part(&offer.phone_number).get(..3).filter(|_| is_nanp),
        }
    }
}

impl<'a> From<&'a crate::model::E164> for LookedUp<'a> {
    fn from(number: &'a crate::model::E164) -> Self {
        Self {
            phone_number: number.as_str(),
            line_type: number_type_of(number).map(crate::model::NumberType::name),
            country: countries_of(number).first().copied(),
        }
    }
}

impl<'a> From<&'a Profile> for AgentBody<'a> {
    fn from(profile: &'a Profile) -> Self {
        let agent = &profile.agent;
        Self {
            id: agent_id(agent.id),
            name: agent.name.as_deref().unwrap_or_default(),
            description: None,
            voice_mode: "webhook",
            voice: agent.voice.as_deref().unwrap_or_default(),
            language: &agent.language,
            created_at: profile.created_at,
            numbers: profile.numbers.iter().map(|number| AgentNumber::from(&**number)).collect(),
        }
    }
}

impl<'a> From<&'a Message> for MessageBody<'a> {
    fn from(message: &'a Message) -> Self {
        Self {
            id: Prefixed("msg_", message.id.0),
            from_: &message.from,
            from: &message.from,
            to: &message.to,
            body: &message.body,
            direction: message.direction.name(),
            channel: "sms",
            status: message.state.name(),
            media_urls: &message.media,
            failure_reason: message.error.as_deref(),
            received_at: message.at,
        }
    }
}

impl<'a> From<&'a Message> for SentMessage<'a> {
    fn from(message: &'a Message) -> Self {
        Self {
            id: Prefixed("msg_", message.id.0),
            status: message.state.name(),
            channel: "sms",
            from_number: &message.from,
            to_number: &message.to,
            conversation_id: None,
            media_urls: &message.media,
            failure_reason: message.error.as_deref(),
        }
    }
}
