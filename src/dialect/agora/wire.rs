//! The JSON of numbers, name for name as the product writes it.

use std::collections::HashMap;

use schemars::JsonSchema;
use serde::Serialize;
use uuid::Uuid;

use crate::model::{Agent, Carrier, Number, Text, Trunk};

/// A number.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "AgoraNumber")]
pub struct PhoneNumber<'a> {
    provider: &'static str,
    #[schemars(regex(pattern = r"^\+[1-9][0-9]{6,14}$"))]
    phone_number: &'a str,
    label: &'a str,
    inbound: bool,
    outbound: bool,
    associated_pipeline: Option<Pipeline<'a>>,
    inbound_config: Option<InboundConfig<'a>>,
    outbound_config: Option<OutboundConfig<'a>>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "AgoraPipeline")]
struct Pipeline<'a> {
    pipeline_id: Uuid,
    pipeline_name: &'a str,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "AgoraInbound")]
struct InboundConfig<'a> {
    allowed_addresses: Vec<&'a str>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "AgoraOutbound")]
struct OutboundConfig<'a> {
    address: &'a str,
    transport: Option<&'static str>,
    prefix: Option<&'a str>,
    user: Option<&'a str>,
}

/// The trunks that numbers are on, by their names.
pub type Trunks = HashMap<Text, Trunk>;

impl<'a> PhoneNumber<'a> {
    /// Writes a number, which may be on one of these trunks.
    pub fn new(number: &'a Number, trunks: &'a Trunks) -> Self {
        let trunk = number.carrier_account.as_ref().and_then(|name| trunks.get(name));
        Self {
            provider: if number.carrier == Carrier::Twilio { "twilio" } else { "byo" },
            phone_number: number.phone_number.as_str(),
            label: number.friendly_name.as_deref().unwrap_or_default(),
            inbound: number.inbound,
            outbound: number.outbound,
            associated_pipeline: number.agent.as_deref().map(Pipeline::from),
            inbound_config: trunk.and_then(InboundConfig::of),
            outbound_config: trunk.and_then(OutboundConfig::of),
        }
    }
}

impl<'a> From<&'a Agent> for Pipeline<'a> {
    fn from(agent: &'a Agent) -> Self {
        Self { pipeline_id: agent.id.0, pipeline_name: agent.name.as_deref().unwrap_or_default() }
    }
}

impl<'a> InboundConfig<'a> {
    fn of(trunk: &'a Trunk) -> Option<Self> {
        let allowed = trunk.allowed_addresses.as_deref()?;
        Some(Self { allowed_addresses: allowed.split(',').map(str::trim).collect() })
    }
}

impl<'a> OutboundConfig<'a> {
    fn of(trunk: &'a Trunk) -> Option<Self> {
        Some(Self {
            address: trunk.address.as_deref()?,
            transport: trunk.transport.map(crate::model::Transport::name),
            prefix: trunk.prefix.as_deref(),
            user: trunk.username.as_deref(),
        })
    }
}
