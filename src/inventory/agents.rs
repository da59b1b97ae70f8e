//! What an operator does with agents.

use super::routes::reroute;
use super::{access, name};
use crate::clock::{Clock, Ids};
use crate::model::{AgencyId, Agent, AgentId, AgentSettings, NewAgent, Result, Route};
use crate::store::{Change, Snapshot};

/// What is given of an agent; `None` leaves it, or takes its default when the agent is new.
#[derive(Clone, Debug, Default)]
pub struct Given {
    /// Its id at the voice engine.
    pub engine_id: Option<String>,
    /// Its name.
    pub name: Option<String>,
    /// Its voice.
    pub voice: Option<String>,
    /// The language it expects.
    pub language: Option<String>,
    /// Whether its calls are recorded.
    pub records_calls: Option<bool>,
    /// Where the calls and messages of its numbers go.
    pub route: Option<Route>,
}

/// Adds an agent to an agency. Without an id at the voice engine it keeps its own.
///
/// # Errors
/// Where the agency is not there, a name cannot be taken, or the agency has an agent with this id at the voice engine.
pub fn create(change: &Change, clock: &Clock, ids: &Ids, agency: AgencyId, given: Given) -> Result<Agent> {
    let scope = access::operator(change, agency)?;
    let id = AgentId(ids.next());
    let mut agent =
        Agent { id, engine_id: id.to_string(), name: None, voice: None, language: "en".into(), records_calls: true };
    let route = apply(&mut agent, given)?;
    change.add_agent(
        &scope,
        &NewAgent { agent: agent.clone(), settings: AgentSettings::default(), created_at: clock.now() },
    )?;
    if let Some(route) = route {
        change.set_agent_route(&scope, id, &route)?;
    }
    Ok(agent)
}

/// Changes an agent of an agency. Where its route changes, carriers are to be told of all its numbers: a server that runs
/// on the store does.
///
/// # Errors
/// As [`create`], and where the agency has no such agent.
pub fn update(change: &Change, clock: &Clock, ids: &Ids, agency: AgencyId, id: AgentId, given: Given) -> Result<Agent> {
    let (scope, now) = (access::operator(change, agency)?, clock.now());
    let mut agent = change.agent(&scope, id)?;
    let route = apply(&mut agent, given)?;
    change.change_agent(&scope, &agent, now)?;
    if let Some(route) = route
        && change.agent_route(&scope, id)? != route
    {
        change.set_agent_route(&scope, id, &route)?;
        for number in change.numbers_answered_by(&scope, id)? {
            reroute(change, &scope, ids, number, now)?;
        }
    }
    Ok(agent)
}

/// The agents of an agency.
///
/// # Errors
/// Where the agency is not there.
pub fn list(snapshot: &Snapshot, agency: AgencyId) -> Result<Vec<Agent>> {
    snapshot.agents(&access::operator(snapshot, agency)?)
}

/// Changes what is given, and gives the route, which is not the agent's own.
fn apply(agent: &mut Agent, given: Given) -> Result<Option<Route>> {
    if let Some(engine_id) = given.engine_id {
        agent.engine_id = name("ultravox-id", &engine_id)?;
    }
    if let Some(called) = given.name {
        agent.name = Some(name("name", &called)?);
    }
    if let Some(voice) = given.voice {
        agent.voice = Some(name("voice", &voice)?);
    }
    if let Some(language) = given.language {
        agent.language = name("language", &language)?;
    }
    agent.records_calls = given.records_calls.unwrap_or(agent.records_calls);
    Ok(given.route)
}
