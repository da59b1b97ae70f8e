//! What does not agree between the inventory and an account at a carrier, and having numbers say so.

use std::collections::{HashMap, HashSet};

use super::routes::{no_way, wanted_route};
use crate::carrier::{Rented, Trouble, Use, fitting};
use crate::model::{Carrier, E164, Number, NumberId, Reason, Result, Route, Status, Text, Timestamp};
use crate::store::{Change, Scope, Snapshot};

/// What a number says that its account does not have.
const GONE: &str = "The carrier's account does not have this number any more";
/// What a number says whose calls somebody else has sent elsewhere.
const ELSEWHERE: &str = "Its calls go elsewhere: somebody has changed it at the carrier";

/// What was read at the carrier.
pub(super) struct There {
    pub(super) listed: HashMap<E164, Rented>,
    /// What was here before the carrier was asked, and when it had been changed last: what has been changed since then is
    /// not what the carrier was asked about.
    pub(super) before: HashMap<NumberId, Timestamp>,
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
    /// What they are to say from now on.
    pub(super) mended: Vec<(Scope, Number, Option<Text>)>,
    pub(super) unknown: Vec<Rented>,
    /// Those of the unknown that more than one agency says are its own.
    pub(super) contested: HashSet<E164>,
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
        let is_as_it_was = there.before.get(&number.id) == Some(&number.updated_at);
        if !is_as_it_was || number.status == Status::Pending || snapshot.open_order(scope, number.id)?.is_some() {
            continue;
        }
        let Some(rented) = there.listed.get(&number.phone_number) else {
            found.missing.push((*scope, number.clone()));
            continue;
        };
        let wanted = wanted_route(snapshot, scope, number)?;
        let fit = fitting(carrier, &wanted);
        if !fit.is_empty() && fit != fitting(carrier, &rented.route) {
            found.overwritten.push((*scope, number.clone(), rented.route.clone()));
        } else if number.routing.as_deref().is_some_and(|note| !fit.is_empty() || is_found_here(note)) {
            found.mended.push((*scope, number.clone(), no_way(carrier, &wanted)));
        }
        if number.carrier_number_id.as_deref() != Some(&rented.carrier_number_id) {
            found.renumbered.push((*scope, number.clone(), rented.clone()));
        }
    }
    let mut loose: HashMap<E164, Vec<(Scope, Number)>> = HashMap::new();
    for (scope, number) in snapshot.without_account(scope, carrier)? {
        loose.entry(number.phone_number.clone()).or_default().push((scope, number));
    }
    // Bought and given back meanwhile: it is nobody's here by now, and was somebody's when the carrier was asked.
    let moved = snapshot.ordered_since(carrier, account, there.at)?;
    known.extend(&moved);
    let mut unknown: Vec<_> = there.listed.values().filter(|rented| !known.contains(&rented.phone_number)).collect();
    unknown.sort_by(|one, other| one.phone_number.as_str().cmp(other.phone_number.as_str()));
    for rented in unknown {
        match loose.remove(&rented.phone_number).as_deref() {
            Some([(scope, number)]) => {
                if snapshot.open_order(scope, number.id)?.is_none() {
                    found.linked.push((*scope, number.clone(), rented.clone()));
                }
            }
            claims => {
                // Where two agencies say that it is theirs, a person must tell whose it is.
                if claims.is_some() {
                    found.contested.insert(rented.phone_number.clone());
                }
                found.unknown.push(rented.clone());
            }
        }
    }
    Ok(found)
}

/// Whether a comparison has noted this, rather than who could not have a route set.
fn is_found_here(note: &str) -> bool {
    note == GONE || note == ELSEWHERE
}

/// Has numbers say what is wrong with them, or that nothing is any more.
pub(super) fn record(change: &Change, account: &Text, found: &Findings, now: Timestamp) -> Result<()> {
    let note = |scope: &Scope, number: &Number, routing: Option<Text>| {
        if number.routing == routing {
            return Ok(());
        }
        change.change_number(scope, &Number { routing, updated_at: now, ..number.clone() })
    };
    for (scope, number) in &found.missing {
        note(scope, number, Some(GONE.into()))?;
    }
    for (scope, number, _) in &found.overwritten {
        // Why its carrier would not send them where they should go says more, and nobody else has done it.
        let no_account = Reason::NoAccount.to_string();
        if number.routing.as_deref().is_none_or(|why| is_found_here(why) || why == no_account) {
            note(scope, number, Some(ELSEWHERE.into()))?;
        }
    }
    for (scope, number, says) in &found.mended {
        note(scope, number, says.clone())?;
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
