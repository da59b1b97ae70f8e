//! What does not agree between the inventory and an account at a carrier, and having numbers say so.

use std::collections::{HashMap, HashSet};

use super::routes::route_of;
use crate::carrier::{Rented, Trouble, Use, fitting};
use crate::model::{Carrier, E164, Number, NumberId, Result, Route, Status, Text, Timestamp};
use crate::store::{Change, Scope, Snapshot};

/// What a number says that its account does not have.
const GONE: &str = "The carrier's account does not have this number any more";
/// What a number says whose calls somebody else has sent elsewhere.
const ELSEWHERE: &str = "Its calls go elsewhere: somebody has changed it at the carrier";

/// What was read at the carrier.
pub(super) struct There {
    pub(super) listed: HashMap<E164, Rented>,
    /// What was here before the carrier was asked: neither sold nor bought meanwhile.
    pub(super) before: HashSet<NumberId>,
    pub(super) known_before: HashSet<E164>,
    pub(super) uses: Result<Option<Vec<Use>>, Trouble>,
    pub(super) at: Timestamp,
}

/// What does not agree, by what is to be done about it.
#[derive(Default)]
pub(super) struct Findings {
    pub(super) missing: Vec<(Scope, Number)>,
    pub(super) overwritten: Vec<(Scope, Number, Route)>,
    pub(super) linked: Vec<(Scope, Number, Rented)>,
    pub(super) renumbered: Vec<(Scope, Number, Rented)>,
    pub(super) mended: Vec<(Scope, Number)>,
    pub(super) unknown: Vec<Rented>,
    pub(super) held: Vec<(Scope, Number)>,
}

/// What does not agree now. A number that an order is under way for is not looked at.
pub(super) fn find(
    snapshot: &Snapshot,
    scope: &Scope,
    carrier: Carrier,
    account: &str,
    there: &There,
) -> Result<Findings> {
    let mut found = Findings { held: snapshot.held_at(carrier, account)?, ..Findings::default() };
    let mut known: HashSet<&E164> = there.known_before.iter().collect();
    known.extend(found.held.iter().map(|(_, number)| &number.phone_number));
    for (scope, number) in &found.held {
        if number.status == Status::Pending || snapshot.open_order(scope, number.id)?.is_some() {
            continue;
        }
        let Some(rented) = there.listed.get(&number.phone_number) else {
            if there.before.contains(&number.id) {
                found.missing.push((*scope, number.clone()));
            }
            continue;
        };
        let wanted = route_of(snapshot, scope, number)?;
        if !wanted.is_empty() && wanted != fitting(carrier, &rented.route) {
            found.overwritten.push((*scope, number.clone(), rented.route.clone()));
        } else if number.routing.as_deref().is_some_and(|note| note == GONE || note == ELSEWHERE) {
            found.mended.push((*scope, number.clone()));
        }
        if number.carrier_number_id.as_deref() != Some(&rented.carrier_number_id) {
            found.renumbered.push((*scope, number.clone(), rented.clone()));
        }
    }
    let mut loose: HashMap<E164, Vec<(Scope, Number)>> = HashMap::new();
    for (scope, number) in snapshot.without_account(scope, carrier)? {
        loose.entry(number.phone_number.clone()).or_default().push((scope, number));
    }
    let mut unknown: Vec<_> = there.listed.values().filter(|rented| !known.contains(&rented.phone_number)).collect();
    unknown.sort_by(|one, other| one.phone_number.as_str().cmp(other.phone_number.as_str()));
    for rented in unknown {
        match loose.remove(&rented.phone_number).as_deref() {
            // Where two agencies say that it is theirs, a person must tell whose it is.
            Some([(scope, number)]) => found.linked.push((*scope, number.clone(), rented.clone())),
            _ => found.unknown.push(rented.clone()),
        }
    }
    Ok(found)
}

/// Has numbers say what is wrong with them, or that nothing is any more.
pub(super) fn record(change: &Change, account: &Text, found: &Findings, now: Timestamp) -> Result<()> {
    let note = |scope: &Scope, number: &Number, routing: Option<&str>| {
        if number.routing.as_deref() == routing {
            return Ok(());
        }
        let routing = routing.map(Text::from);
        change.change_number(scope, &Number { routing, updated_at: now, ..number.clone() })
    };
    for (scope, number) in &found.missing {
        note(scope, number, Some(GONE))?;
    }
    for (scope, number, _) in &found.overwritten {
        note(scope, number, Some(ELSEWHERE))?;
    }
    for (scope, number) in &found.mended {
        note(scope, number, None)?;
    }
    for (scope, number, rented) in found.linked.iter().chain(&found.renumbered) {
        // What else was noted of it stands in the row by now.
        let number = change.number(scope, number.id)?;
        let carrier_number_id = Some(rented.carrier_number_id.as_str().into());
        let carrier_account = Some(account.clone());
        change.change_number(scope, &Number { carrier_number_id, carrier_account, updated_at: now, ..number })?;
    }
    Ok(())
}
