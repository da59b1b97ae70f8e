//! What an operator does with agencies.

use super::{access, name};
use crate::clock::{Clock, Ids};
use crate::model::{Agency, AgencyId, Result};
use crate::store::{Change, Scope};

/// Adds an agency, under a parent if one is given.
///
/// # Errors
/// Where the name cannot be taken or the parent is not there.
pub fn create(
    change: &Change,
    clock: &Clock,
    ids: &Ids,
    called: &str,
    parent: Option<AgencyId>,
) -> Result<(Agency, Scope)> {
    let parent_scope = parent.map(|id| access::operator(change, id)).transpose()?;
    let agency = Agency { id: AgencyId(ids.next()), parent, name: name("name", called)?, created_at: clock.now() };
    let scope = change.add_agency(&agency, parent_scope.as_ref())?;
    Ok((agency, scope))
}

/// Renames an agency, or puts it under another parent (`Some(None)`: under none).
///
/// # Errors
/// Where the agency or the parent is not there, the name cannot be taken, or the agency would be its own ancestor.
pub fn update(change: &Change, id: AgencyId, called: Option<&str>, parent: Option<Option<AgencyId>>) -> Result<()> {
    let scope = access::operator(change, id)?;
    if let Some(called) = called {
        change.rename_agency(&scope, &name("name", called)?)?;
    }
    if let Some(parent) = parent {
        parent.map(|id| access::operator(change, id)).transpose()?;
        change.move_agency(&scope, parent)?;
    }
    Ok(())
}
