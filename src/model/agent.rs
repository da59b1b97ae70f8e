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

/// An agent that is about to be created.
#[derive(Clone, Debug)]
pub struct NewAgent {
    /// The agent as it will be.
    pub agent: Agent,
    /// When it is created.
    pub created_at: Timestamp,
}
