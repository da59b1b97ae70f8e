//! What is done with numbers.

use std::cmp::Ordering;
use std::sync::Arc;

use crate::model::{Agent, Counts, Number, NumberFilter, Result, Slice, Window, fold_case};
use crate::store::{Scope, Snapshot};

/// A list of numbers, and what an agency wants to see beside it; all of one moment.
#[derive(Clone, Debug)]
pub struct Listing {
    /// The numbers through the window.
    pub slice: Slice<Arc<Number>>,
    /// All the agency's numbers, counted.
    pub counts: Counts,
    /// The agency's agents, where they were wanted.
    pub agents: Option<Vec<Agent>>,
}

/// Lists an agency's numbers, newest first. `wants_agents` decides by the rows on the page whether the agents come too.
///
/// # Errors
/// [`Error::Internal`](crate::model::Error::Internal) where the store fails.
pub fn list(
    snapshot: &Snapshot,
    scope: &Scope,
    filter: &NumberFilter,
    window: Window,
    wants_agents: impl FnOnce(usize) -> bool,
) -> Result<Listing> {
    let counts = snapshot.number_counts(scope)?;
    let slice = snapshot.numbers(scope, filter, window, &counts)?;
    let agents = if wants_agents(slice.items.len()) {
        let mut agents = snapshot.agents(scope)?;
        agents.sort_by_cached_key(by_name);
        Some(agents)
    } else {
        None
    };
    Ok(Listing { slice, counts, agents })
}

/// Agents are shown by name as people read it, nameless ones last. The sort is stable over the ids they come in.
fn by_name(agent: &Agent) -> (Ordering, String) {
    match &agent.name {
        Some(name) => (Ordering::Less, fold_case(name)),
        None => (Ordering::Greater, String::new()),
    }
}
