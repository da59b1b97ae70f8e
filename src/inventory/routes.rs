//! Where numbers' calls are to go, and having their carriers told.

use crate::carrier::fitting;
use crate::clock::Ids;
use crate::model::{
    BasketId, Carrier, Deed, Number, NumberId, Order, OrderId, OrderState, Result, Route, Text, Timestamp,
};
use crate::store::{Change, Scope, Snapshot};

/// What the number says while its carrier has not yet been asked.
const NOT_YET: &str = "The carrier has not been told yet";

/// What a number says whose carrier can make nothing of its agent's route.
pub(super) const NO_WAY: &str = "The agent's route has nothing that this number's carrier knows";

/// What a number says that is sent where its agent's route says, if that is nowhere for this carrier.
pub(super) fn no_way(carrier: Carrier, wanted: &Route) -> Option<Text> {
    (fitting(carrier, wanted).is_empty() && !wanted.is_empty()).then(|| NO_WAY.into())
}

/// Where a number's calls are to go, as its carrier knows it: the part of its agent's route that fits.
pub(super) fn route_of(snapshot: &Snapshot, scope: &Scope, number: &Number) -> Result<Route> {
    Ok(fitting(number.carrier, &wanted_route(snapshot, scope, number)?))
}

/// Where a number's calls are to go: its agent's route.
pub(super) fn wanted_route(snapshot: &Snapshot, scope: &Scope, number: &Number) -> Result<Route> {
    match &number.agent {
        Some(agent) => snapshot.agent_route(scope, agent.id),
        None => Ok(Route::default()),
    }
}

/// Goes on with a route that had to wait for the end of a release, where the number stays.
pub(super) fn resume_route(change: &Change, scope: &Scope, ids: &Ids, id: NumberId, now: Timestamp) -> Result<()> {
    let mut number = change.number(scope, id)?;
    if number.routing.is_none() {
        return Ok(());
    }
    order_route(change, scope, &mut number, OrderId(ids.next()), BasketId(ids.next()), now)?;
    number.updated_at = now;
    change.change_number(scope, &number)
}

/// Has a number's calls sent where its agent's route says now. A number that is being bought gets its route when it is;
/// one that is being given back, only where it stays.
pub(super) fn reroute(change: &Change, scope: &Scope, ids: &Ids, id: NumberId, now: Timestamp) -> Result<()> {
    let mut number = change.number(scope, id)?;
    match change.open_order(scope, id)?.map(|open| open.deed) {
        Some(Deed::Purchase) => return Ok(()),
        Some(Deed::Release) => number.routing = Some(NOT_YET.into()),
        _ => drop(order_route(change, scope, &mut number, OrderId(ids.next()), BasketId(ids.next()), now)?),
    }
    number.updated_at = now;
    change.change_number(scope, &number)
}

/// Orders that a number's calls be sent where its agent's route says when the order is carried out, and says at the
/// number that they are not yet. An order that is under way will do.
pub(super) fn order_route(
    change: &Change,
    scope: &Scope,
    number: &mut Number,
    id: OrderId,
    basket: BasketId,
    now: Timestamp,
) -> Result<(OrderId, BasketId)> {
    number.routing = Some(NOT_YET.into());
    if let Some(mut open) = change.open_order(scope, number.id)? {
        if open.state != OrderState::Sending {
            (open.state, open.tries, open.due_at, open.updated_at) = (OrderState::Claimed, 0, Some(now), now);
            change.change_order(scope, &open)?;
        }
        return Ok((open.id, open.basket));
    }
    change.add_order(scope, &Order::new(id, basket, Deed::Route, number, now))?;
    Ok((id, basket))
}
