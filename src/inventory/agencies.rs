//! What an operator does with agencies.

use super::{access, name};
use crate::clock::{Clock, Ids};
use crate::model::{Agency, AgencyId, Money, Result, Text};
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

/// What is to change in an agency; `None` leaves it, and `Some(None)` takes it away.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    /// Its name.
    pub name: Option<String>,
    /// The agency it is a child of.
    pub parent: Option<Option<AgencyId>>,
    /// How many numbers it may have.
    pub max_numbers: Option<Option<u64>>,
    /// What they may cost a month, in which currency.
    pub monthly_budget: Option<Option<(Money, Text)>>,
}

/// Changes an agency.
///
/// # Errors
/// Where the agency or the parent is not there, the name cannot be taken, or the agency would be its own ancestor.
pub fn update(change: &Change, id: AgencyId, changes: Changes) -> Result<()> {
    let scope = access::operator(change, id)?;
    if let Some(called) = changes.name {
        change.rename_agency(&scope, &name("name", &called)?)?;
    }
    if let Some(parent) = changes.parent {
        parent.map(|id| access::operator(change, id)).transpose()?;
        change.move_agency(&scope, parent)?;
    }
    let mut allowance = change.allowance(&scope)?;
    allowance.numbers = changes.max_numbers.unwrap_or(allowance.numbers);
    allowance.monthly = changes.monthly_budget.unwrap_or(allowance.monthly);
    change.allow(&scope, &allowance)
}
