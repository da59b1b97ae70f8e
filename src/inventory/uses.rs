//! When numbers were last used, by the carriers' logs: so that idle means idle.

use std::collections::HashMap;

use crate::carrier::Use;
use crate::model::{AgencyId, E164, Number, Result, Status, Timestamp};
use crate::store::{Change, Scope, Snapshot};

/// How long a number must have been without a call or a message to be idle: 30 days. The first time, the logs are read so
/// far back.
pub(super) const IDLE: i64 = 30 * 24 * 60 * 60 * 1_000_000;

/// When each number was last used.
pub(super) fn last(uses: &[Use]) -> HashMap<&E164, Timestamp> {
    let mut last = HashMap::new();
    for one in uses {
        let at = last.entry(&one.phone_number).or_insert(one.at);
        *at = (*at).max(one.at);
    }
    last
}

pub(super) fn note_uses(change: &Change, held: &[(Scope, Number)], last: &HashMap<&E164, Timestamp>) -> Result<()> {
    for (scope, number) in held {
        if let Some(at) = last.get(&number.phone_number) {
            change.note_use(scope, number.id, *at)?;
        }
    }
    Ok(())
}

pub(super) fn idle(
    snapshot: &Snapshot,
    held: &[(Scope, Number)],
    told: &HashMap<&E164, Timestamp>,
    now: Timestamp,
) -> Result<Vec<(AgencyId, E164, Option<Timestamp>)>> {
    let mut idle = Vec::new();
    // A number that was bought last week has not been idle for a month.
    let is_new = |number: &Number| number.purchased_at.is_some_and(|at| at.0 >= now.0 - IDLE);
    for (scope, number) in held.iter().filter(|(_, number)| number.status != Status::Pending && !is_new(number)) {
        let last = snapshot.last_used(scope, number.id)?.max(told.get(&number.phone_number).copied());
        if last.is_none_or(|last| last.0 < now.0 - IDLE) {
            idle.push((scope.agency(), number.phone_number.clone(), last));
        }
    }
    Ok(idle)
}
