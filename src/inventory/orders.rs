//! What an operator does with orders: those whose end only a person can tell, and releases that are held.

use super::access;
use super::routes::resume_route;
use crate::clock::{Clock, Ids};
use crate::model::{AgencyId, Deed, Error, Order, OrderId, OrderState, Reason, Result};
use crate::store::{Change, Scope, Snapshot};

/// The orders of an agency that are under way, oldest first.
///
/// # Errors
/// Where the agency is not there.
pub fn open(snapshot: &Snapshot, agency: AgencyId) -> Result<Vec<Order>> {
    snapshot.open_orders(&access::operator(snapshot, agency)?)
}

/// Has an order that was given up looked at again.
///
/// # Errors
/// Where the agency has no such order, or it was not given up.
pub fn retry(change: &Change, clock: &Clock, agency: AgencyId, id: OrderId) -> Result<()> {
    let (scope, mut order) = given_up(change, agency, id)?;
    (order.state, order.sends, order.tries, order.absent_since) = (OrderState::Unknown, 1, 0, None);
    (order.due_at, order.updated_at) = (Some(clock.now()), clock.now());
    change.change_order(&scope, &order)
}

/// Takes an operator's word that the carrier has not done what was ordered, and never will.
///
/// # Errors
/// As [`retry`].
pub fn fail(change: &Change, clock: &Clock, ids: &Ids, agency: AgencyId, id: OrderId) -> Result<()> {
    let (scope, order) = given_up(change, agency, id)?;
    let (deed, number) = (order.deed, order.number);
    if deed == Deed::Purchase {
        change.remove_pending(&scope, &change.number(&scope, number)?)?;
    }
    end(change, &scope, clock, order)?;
    match deed {
        Deed::Release => resume_route(change, &scope, ids, number, clock.now()),
        Deed::Purchase | Deed::Route => Ok(()),
    }
}

/// Keeps a number whose release is held: the carrier has not heard of it.
///
/// # Errors
/// Where the agency has no such order, it is no release, or the carrier may have heard of it.
pub fn keep(change: &Change, clock: &Clock, ids: &Ids, agency: AgencyId, id: OrderId) -> Result<()> {
    let scope = access::operator(change, agency)?;
    let order = change.order(&scope, id)?;
    if order.deed != Deed::Release || order.state != OrderState::Claimed || order.sends > 0 {
        return Err(Error::Conflict("only a release that the carrier has not heard of can be taken back"));
    }
    let number = order.number;
    end(change, &scope, clock, order)?;
    resume_route(change, &scope, ids, number, clock.now())
}

fn given_up(change: &Change, agency: AgencyId, id: OrderId) -> Result<(Scope, Order)> {
    let scope = access::operator(change, agency)?;
    let order = change.order(&scope, id)?;
    if order.state == OrderState::NeedsOperator {
        Ok((scope, order))
    } else {
        Err(Error::Conflict("only an order that needs an operator can be settled by one"))
    }
}

fn end(change: &Change, scope: &Scope, clock: &Clock, mut order: Order) -> Result<()> {
    (order.state, order.due_at, order.updated_at) = (OrderState::Failed, None, clock.now());
    order.reason = Some(Reason::Withdrawn);
    change.change_order(scope, &order)
}
