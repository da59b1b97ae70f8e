//! What is done with numbers.

use std::cmp::Ordering;
use std::sync::Arc;

use crate::model::{Agent, Counts, Number, NumberFilter, Place, Result, Slice, Window, fold_case};
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

/// A stretch of a walk through an agency's numbers.
#[derive(Clone, Debug)]
pub struct Stretch {
    /// The numbers, newest first.
    pub items: Vec<Arc<Number>>,
    /// How many there are in all.
    pub total: u64,
    /// Behind which the walk goes on; none at its end.
    pub next: Option<Place>,
}

/// The numbers behind a place, newest first. A walk from stretch to stretch meets each number once, whatever is added, changed
/// or released meanwhile, and each stretch costs what the first does.
///
/// # Errors
/// [`Error::Internal`](crate::model::Error::Internal) where the store fails.
pub fn walk(
    snapshot: &Snapshot,
    scope: &Scope,
    filter: &NumberFilter,
    after: Option<Place>,
    limit: u32,
) -> Result<Stretch> {
    let window = Window::behind(after, limit.saturating_add(1));
    let Slice { mut items, total } = snapshot.numbers(scope, filter, window, &snapshot.number_counts(scope)?)?;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let has_more = items.len() > limit;
    items.truncate(limit);
    let next = items.last().filter(|_| has_more).map(|last| (last.created_at, last.id));
    Ok(Stretch { items, total, next })
}

/// Agents are shown by name as people read it, nameless ones last. The sort is stable over the ids they come in.
fn by_name(agent: &Agent) -> (Ordering, String) {
    match &agent.name {
        Some(name) => (Ordering::Less, fold_case(name)),
        None => (Ordering::Greater, String::new()),
    }
}
