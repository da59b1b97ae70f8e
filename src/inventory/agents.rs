//! What an operator does with agents.

use std::sync::Arc;

use super::routes::reroute;
use super::{access, name};
use crate::clock::{Clock, Ids};
use crate::model::{
    AgencyId, Agent, AgentId, AgentRecord, AgentSettings, Number, NumberFilter, Result, Route, Slice, Timestamp, Window,
};
use crate::store::{Change, Scope, Snapshot};

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
    add(change, clock, ids, &access::operator(change, agency)?, given)
}

/// Adds an agent to the caller's agency.
///
/// # Errors
/// As [`create`].
pub fn add(change: &Change, clock: &Clock, ids: &Ids, scope: &Scope, given: Given) -> Result<Agent> {
    let id = AgentId(ids.next());
    let mut agent =
        Agent { id, engine_id: id.to_string(), name: None, voice: None, language: "en".into(), records_calls: true };
    let route = apply(&mut agent, given)?;
    change.add_agent(
        scope,
        &AgentRecord { agent: agent.clone(), settings: AgentSettings::default(), created_at: clock.now() },
    )?;
    if let Some(route) = route {
        change.set_agent_route(scope, id, &route)?;
    }
    Ok(agent)
}

/// Changes an agent of an agency. Where its route changes, carriers are to be told of all its numbers: a server that runs
/// on the store does.
///
/// # Errors
/// As [`create`], and where the agency has no such agent.
pub fn update(change: &Change, clock: &Clock, ids: &Ids, agency: AgencyId, id: AgentId, given: Given) -> Result<Agent> {
    alter(change, clock, ids, &access::operator(change, agency)?, id, given)
}

/// Changes an agent of the caller's agency.
///
/// # Errors
/// As [`update`].
pub fn alter(change: &Change, clock: &Clock, ids: &Ids, scope: &Scope, id: AgentId, given: Given) -> Result<Agent> {
    let now = clock.now();
    let mut agent = change.agent(scope, id)?;
    let route = apply(&mut agent, given)?;
    change.change_agent(scope, &agent, now)?;
    if let Some(route) = route
        && change.agent_route(scope, id)? != route
    {
        change.set_agent_route(scope, id, &route)?;
        for number in change.numbers_answered_by(scope, id)? {
            reroute(change, scope, ids, number, now)?;
        }
    }
    Ok(agent)
}

/// Removes an agent of the caller's agency, and takes its numbers from it. Where it had a route, carriers are to be told.
///
/// # Errors
/// [`Error::NotFound`](crate::model::Error::NotFound) where the agency has no such agent.
pub fn remove(change: &Change, clock: &Clock, ids: &Ids, scope: &Scope, id: AgentId) -> Result<Agent> {
    let (agent, now) = (change.agent(scope, id)?, clock.now());
    let routed =
        if change.agent_route(scope, id)?.is_empty() { Vec::new() } else { change.numbers_answered_by(scope, id)? };
    change.remove_agent(scope, id, now)?;
    for number in routed {
        reroute(change, scope, ids, number, now)?;
    }
    Ok(agent)
}

/// An agent with its numbers.
#[derive(Clone, Debug)]
pub struct Profile {
    /// The agent.
    pub agent: Agent,
    /// When it was created.
    pub created_at: Timestamp,
    /// The numbers that it answers and that are not released, newest first: as many as are shown.
    pub numbers: Vec<Arc<Number>>,
}

/// How many numbers an agent shows.
const MAX_NUMBERS: u32 = 1000;

/// One agent of the caller's agency, with its numbers.
///
/// # Errors
/// [`Error::NotFound`](crate::model::Error::NotFound) where the agency has no such agent.
pub fn profile(snapshot: &Snapshot, scope: &Scope, id: AgentId) -> Result<Profile> {
    let (agent, created_at) = (snapshot.agent(scope, id)?, snapshot.agent_since(scope, id)?);
    let filter = NumberFilter { agent: Some(id), ..NumberFilter::default() };
    let counts = snapshot.number_counts(scope)?;
    let numbers = snapshot.numbers(scope, &filter, Window::at(0, MAX_NUMBERS), &counts)?.items;
    Ok(Profile { agent, created_at, numbers })
}

/// The agents of the caller's agency with their numbers, newest first, through a window.
///
/// # Errors
/// [`Error::Internal`](crate::model::Error::Internal) where the store fails.
pub fn profiles(snapshot: &Snapshot, scope: &Scope, window: Window) -> Result<Slice<Profile>> {
    let Slice { items, total } = snapshot.newest_agents(scope, window)?;
    let items = items.into_iter().map(|id| profile(snapshot, scope, id)).collect::<Result<_>>()?;
    Ok(Slice { items, total })
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
