//! The JSON of numbers and of their list, name for name as the product writes it.

use schemars::JsonSchema;
use serde::Serialize;
use uuid::Uuid;

use crate::dialect::{text, text_or_null};
use crate::inventory::numbers::Listing;
use crate::model::{Agent, Counts, Money, Number, Status, Timestamp, Window};

/// The answer to a list.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "SupabaseNumberList")]
pub struct ListBody<'a> {
    phone_numbers: Vec<PhoneNumber<'a>>,
    available_agents: Vec<AvailableAgent<'a>>,
    summary: Summary,
    pagination: Pagination,
}

/// A number, as lists show it.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "SupabaseNumber")]
pub struct PhoneNumber<'a> {
    id: Uuid,
    phone_number: &'a str,
    phone_number_id: Option<&'a str>,
    friendly_name: Option<&'a str>,
    number_type: Option<&'a str>,
    country_code: Option<&'a str>,
    voice_enabled: bool,
    sms_enabled: bool,
    mms_enabled: bool,
    direction: &'static str,
    #[serde(serialize_with = "text_or_null")]
    #[schemars(with = "Option<String>", regex(pattern = r"^-?\d+\.\d{2,4}$"))]
    monthly_cost: Option<Money>,
    currency: &'a str,
    status: &'static str,
    is_active: bool,
    #[serde(serialize_with = "text_or_null")]
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    purchased_at: Option<Timestamp>,
    #[serde(serialize_with = "text_or_null")]
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    released_at: Option<Timestamp>,
    #[serde(serialize_with = "text")]
    #[schemars(with = "String", extend("format" = "date-time"))]
    created_at: Timestamp,
    #[serde(serialize_with = "text")]
    #[schemars(with = "String", extend("format" = "date-time"))]
    updated_at: Timestamp,
    agent_mapping_id: Option<Uuid>,
    agent_mappings: Option<AgentMapping<'a>>,
    /// Why its calls do not yet go where its agent's route says.
    #[serde(skip_serializing_if = "Option::is_none")]
    routing: Option<&'a str>,
}

/// One number, as it is shown for assignment.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "SupabaseAssignableNumber")]
pub struct AssignableNumber<'a> {
    id: Uuid,
    phone_number: &'a str,
    friendly_name: Option<&'a str>,
    status: &'static str,
    agent_mapping_id: Option<Uuid>,
    agent_mappings: Option<AgentMapping<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    routing: Option<&'a str>,
}

/// The answer with one number.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "SupabaseNumberShown")]
pub struct NumberBody<'a> {
    pub phone_number: AssignableNumber<'a>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "SupabaseNumberAgent")]
struct AgentMapping<'a> {
    id: Uuid,
    ultravox_agent_id: &'a str,
    ultravox_agent_name: Option<&'a str>,
    voice: Option<&'a str>,
    language_hint: &'a str,
    recording_enabled: bool,
}

/// An agent, as it is offered for assignment.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "SupabaseAgent")]
pub struct AvailableAgent<'a> {
    id: Uuid,
    ultravox_agent_id: &'a str,
    ultravox_agent_name: Option<&'a str>,
    voice: Option<&'a str>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "SupabaseSummary")]
struct Summary {
    total: u64,
    active: u64,
    pending: u64,
    suspended: u64,
    released: u64,
    assigned: u64,
    unassigned: u64,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "SupabasePagination")]
struct Pagination {
    total: u64,
    limit: u32,
    offset: u64,
    has_more: bool,
}

impl<'a> ListBody<'a> {
    /// Writes a listing as the product does.
    pub fn new(listing: &'a Listing, window: Window) -> Self {
        let slice = &listing.slice;
        let shown = window.offset.saturating_add(slice.items.len() as u64);
        Self {
            phone_numbers: slice.items.iter().map(|number| PhoneNumber::from(&**number)).collect(),
            available_agents: listing.agents.iter().flatten().map(AvailableAgent::from).collect(),
            summary: Summary::from(&listing.counts),
            pagination: Pagination {
                total: slice.total,
                limit: window.limit,
                offset: window.offset,
                has_more: shown < slice.total,
            },
        }
    }
}

impl<'a> From<&'a Number> for PhoneNumber<'a> {
    fn from(number: &'a Number) -> Self {
        Self {
            id: number.id.0,
            phone_number: number.phone_number.as_str(),
            phone_number_id: number.carrier_number_id.as_deref(),
            friendly_name: number.friendly_name.as_deref(),
            number_type: number.number_type.as_deref(),
            country_code: number.country_code.as_deref(),
            voice_enabled: number.voice_enabled,
            sms_enabled: number.sms_enabled,
            mms_enabled: number.mms_enabled,
            direction: direction(number),
            monthly_cost: number.monthly_cost,
            currency: &number.currency,
            status: number.status.name(),
            is_active: number.is_active,
            purchased_at: number.purchased_at,
            released_at: number.released_at,
            created_at: number.created_at,
            updated_at: number.updated_at,
            agent_mapping_id: number.agent.as_ref().map(|agent| agent.id.0),
            agent_mappings: number.agent.as_deref().map(AgentMapping::from),
            routing: number.routing.as_deref(),
        }
    }
}

impl<'a> From<&'a Number> for AssignableNumber<'a> {
    fn from(number: &'a Number) -> Self {
        Self {
            id: number.id.0,
            phone_number: number.phone_number.as_str(),
            friendly_name: number.friendly_name.as_deref(),
            status: number.status.name(),
            agent_mapping_id: number.agent.as_ref().map(|agent| agent.id.0),
            agent_mappings: number.agent.as_deref().map(AgentMapping::from),
            routing: number.routing.as_deref(),
        }
    }
}

/// The product has one word for the two flags; a number that does neither shows as the column's default.
pub fn direction(number: &Number) -> &'static str {
    match (number.inbound, number.outbound) {
        (true, true) => "both",
        (false, true) => "outbound",
        (_, false) => "inbound",
    }
}

impl<'a> From<&'a Agent> for AgentMapping<'a> {
    fn from(agent: &'a Agent) -> Self {
        Self {
            id: agent.id.0,
            ultravox_agent_id: &agent.engine_id,
            ultravox_agent_name: agent.name.as_deref(),
            voice: agent.voice.as_deref(),
            language_hint: &agent.language,
            recording_enabled: agent.records_calls,
        }
    }
}

impl<'a> From<&'a Agent> for AvailableAgent<'a> {
    fn from(agent: &'a Agent) -> Self {
        Self {
            id: agent.id.0,
            ultravox_agent_id: &agent.engine_id,
            ultravox_agent_name: agent.name.as_deref(),
            voice: agent.voice.as_deref(),
        }
    }
}

impl From<&Counts> for Summary {
    /// Assigned and unassigned are counted over the active numbers: so the product's own example adds up.
    fn from(counts: &Counts) -> Self {
        Self {
            total: counts.total(),
            active: counts.with_status(Status::Active),
            pending: counts.with_status(Status::Pending),
            suspended: counts.with_status(Status::Suspended),
            released: counts.with_status(Status::Released),
            assigned: counts.of(Status::Active, true),
            unassigned: counts.of(Status::Active, false),
        }
    }
}
