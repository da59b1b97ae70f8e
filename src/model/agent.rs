//! The agent: who answers a number's calls. The row of `agent_mappings`.

use super::{AgentId, Timestamp};

/// An agent, as lists show it beside a number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agent {
    /// Its id here.
    pub id: AgentId,
    /// Its id at the voice engine (Ultravox); unique within the agency.
    pub engine_id: String,
    /// Its name at the voice engine.
    pub name: Option<String>,
    /// The voice it speaks with, e.g. `en-US-Standard`.
    pub voice: Option<String>,
    /// The language it expects, as a BCP 47 tag, e.g. `en`.
    pub language: String,
    /// Whether its calls are recorded.
    pub records_calls: bool,
}

/// What else is kept of an agent. No list shows it; it is brought along and given back.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AgentSettings {
    /// The client it works for, in the words of where it came from.
    pub client_id: Option<String>,
    /// The campaign it works for, likewise.
    pub campaign_id: Option<String>,
    /// Whether it takes or places calls where nothing else says.
    pub default_direction: Option<String>,
    /// What it is told to be.
    pub system_prompt: Option<String>,
    /// How freely it speaks; the engine's own scale.
    pub temperature: Option<f64>,
    /// What it says first.
    pub first_speaker_text: Option<String>,
    /// After how many seconds its calls end.
    pub max_duration_seconds: Option<i64>,
    /// What it can use, as JSON.
    pub tools: Option<String>,
}

/// All that is kept of an agent.
#[derive(Clone, Debug)]
pub struct AgentRecord {
    /// The agent, as lists show it.
    pub agent: Agent,
    /// What else is kept of it.
    pub settings: AgentSettings,
    /// When it was created.
    pub created_at: Timestamp,
}
