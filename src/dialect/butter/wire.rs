//! The JSON of numbers, name for name as the product writes it.

use schemars::JsonSchema;
use serde::Serialize;
use uuid::Uuid;

use crate::dialect::ids::Prefixed;
use crate::dialect::text;
use crate::inventory::numbers::Stretch;
use crate::model::{AccountId, AgentId, Number, NumberId, Timestamp, Trunk};

/// What an id of a number looks like.
pub const NUMBER_ID: &str = "^phon_[0-9a-f]{32}$";
/// And one of an agent.
pub const AGENT_ID: &str = "^agent_[0-9a-f]{32}$";

/// A number's id, as it is written.
pub fn number_id(id: NumberId) -> Prefixed {
    Prefixed("phon_", id.0)
}

/// An agent's id, as it is written.
pub fn agent_id(id: AgentId) -> Prefixed {
    Prefixed("agent_", id.0)
}

/// A page of the list.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ButterNumberList")]
pub struct ListBody<'a> {
    success: bool,
    data: Vec<Summary<'a>>,
    pagination: Pagination,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ButterPagination")]
struct Pagination {
    next_cursor: Option<String>,
    has_more: bool,
    page_size: usize,
    total_count: u64,
}

/// A number, as lists show it.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ButterNumberSummary")]
pub struct Summary<'a> {
    #[schemars(with = "String", regex(pattern = NUMBER_ID))]
    phone_number_id: Prefixed,
    phone_number: &'a str,
    provider: &'static str,
    status: &'static str,
    supports_inbound: bool,
    supports_outbound: bool,
    #[schemars(with = "Option<String>", regex(pattern = AGENT_ID))]
    assigned_agent_id: Option<Prefixed>,
    #[serde(serialize_with = "text")]
    #[schemars(with = "String", extend("format" = "date-time"))]
    created_at: Timestamp,
}

/// One number, with all that is known of it.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ButterNumber")]
pub struct Full<'a> {
    #[serde(flatten)]
    summary: Summary<'a>,
    /// The carrier account that it is rented with.
    integration_id: Option<Uuid>,
    sip_trunk_name: Option<&'a str>,
    sip_username: Option<&'a str>,
    sip_server_address: Option<&'a str>,
    inbound_room_name: Option<&'a str>,
    media_encryption: Option<&'a str>,
    #[serde(serialize_with = "text")]
    #[schemars(with = "String", extend("format" = "date-time"))]
    updated_at: Timestamp,
}

/// A number after it was imported.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ButterImportedNumber")]
pub struct Imported<'a> {
    #[schemars(with = "String", regex(pattern = NUMBER_ID))]
    phone_number_id: Prefixed,
    phone_number: &'a str,
    provider: &'static str,
    status: &'static str,
    supports_inbound: bool,
    supports_outbound: bool,
    integration_id: Option<Uuid>,
    #[serde(serialize_with = "text")]
    #[schemars(with = "String", extend("format" = "date-time"))]
    created_at: Timestamp,
    #[serde(serialize_with = "text")]
    #[schemars(with = "String", extend("format" = "date-time"))]
    updated_at: Timestamp,
}

/// Which number was deleted.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ButterDeletedNumber")]
pub struct Deleted {
    #[schemars(with = "String", regex(pattern = NUMBER_ID))]
    pub phone_number_id: Prefixed,
}

/// An agent and the numbers that it answers.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ButterAssignment")]
pub struct Assignment {
    #[schemars(with = "String", regex(pattern = AGENT_ID))]
    pub agent_id: Prefixed,
    pub agent_name: Option<String>,
    #[schemars(with = "Vec<String>")]
    pub assigned_phone_number_ids: Vec<Prefixed>,
    #[serde(serialize_with = "text")]
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub updated_at: Timestamp,
}

/// An answer with one thing.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Butter{T}Shown")]
pub struct Shown<T> {
    success: bool,
    data: T,
}

/// An answer to something that was done.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Butter{T}Done")]
pub struct Done<T> {
    success: bool,
    message: &'static str,
    data: T,
}

impl<T> Shown<T> {
    /// Shows it.
    pub fn new(data: T) -> Self {
        Self { success: true, data }
    }
}

impl<T> Done<T> {
    /// Says what was done, and shows what it is now.
    pub fn new(message: &'static str, data: T) -> Self {
        Self { success: true, message, data }
    }
}

impl<'a> ListBody<'a> {
    /// Writes a stretch of the list.
    pub fn new(stretch: &'a Stretch, next_cursor: Option<String>) -> Self {
        Self {
            success: true,
            data: stretch.items.iter().map(|number| Summary::from(&**number)).collect(),
            pagination: Pagination {
                has_more: next_cursor.is_some(),
                next_cursor,
                page_size: stretch.items.len(),
                total_count: stretch.total,
            },
        }
    }
}

impl<'a> From<&'a Number> for Summary<'a> {
    fn from(number: &'a Number) -> Self {
        Self {
            phone_number_id: number_id(number.id),
            phone_number: number.phone_number.as_str(),
            provider: number.carrier.name(),
            status: if number.agent.is_some() { "assigned" } else { "free" },
            supports_inbound: number.inbound,
            supports_outbound: number.outbound,
            assigned_agent_id: number.agent.as_ref().map(|agent| agent_id(agent.id)),
            created_at: number.created_at,
        }
    }
}

impl<'a> Full<'a> {
    /// A number, the account that it is rented with, and its trunk.
    pub fn new(number: &'a Number, account: Option<AccountId>, trunk: Option<&'a (Option<String>, Trunk)>) -> Self {
        let (label, trunk) = trunk.map(|(label, trunk)| (label.as_deref(), trunk)).unzip();
        Self {
            summary: number.into(),
            integration_id: account.map(|account| account.0),
            sip_trunk_name: label.flatten(),
            sip_username: trunk.and_then(|trunk| trunk.username.as_deref()),
            sip_server_address: trunk.and_then(|trunk| trunk.address.as_deref()),
            inbound_room_name: trunk.and_then(|trunk| trunk.room_name.as_deref()),
            media_encryption: trunk.and_then(|trunk| trunk.media_encryption.as_deref()),
            updated_at: number.updated_at,
        }
    }
}

impl<'a> Imported<'a> {
    /// A number, and the account that it is rented with.
    pub fn new(number: &'a Number, account: Option<AccountId>) -> Self {
        Self {
            phone_number_id: number_id(number.id),
            phone_number: number.phone_number.as_str(),
            provider: number.carrier.name(),
            status: "free",
            supports_inbound: number.inbound,
            supports_outbound: number.outbound,
            integration_id: account.map(|account| account.0),
            created_at: number.created_at,
            updated_at: number.updated_at,
        }
    }
}
