//! Who answers a number, and what else an agency says of one: assigning is done when the carrier sends its calls there.

use std::sync::Arc;

use super::access::Caller;
use super::desk::Desk;
use super::name;
use super::routes::{NO_WAY, no_way, order_route, route_of, wanted_route};
use crate::carrier::fitting;
use crate::model::{
    AgentId, BasketId, By, Deed, Error, Number, NumberId, Order, OrderId, Reason, Result, Status, Text, Timestamp,
};
use crate::store::{Change, Scope};

/// What must be true of who answers a number before that changes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Provided {
    /// Whoever does.
    #[default]
    Anyhow,
    /// Nobody does, or the agent that is to.
    Free,
    /// Nobody does.
    Unanswered,
    /// This agent does.
    AnsweredBy(AgentId),
}

/// What a number is told that another agent answers.
const TAKEN: &str = "this phone number is assigned to an agent already";
/// What an agent is told that does not answer a number.
pub const NOT_ITS_OWN: &str = "this phone number is not assigned to this agent";

/// What is to change in a number; `None` leaves it.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    /// Its agent; `Some(None)` takes it away.
    pub agent: Option<Option<AgentId>>,
    /// If this is so.
    pub provided: Provided,
    /// Its name; `Some(None)` takes it away.
    pub friendly_name: Option<Option<String>>,
    /// Whether it takes calls.
    pub inbound: Option<bool>,
    /// Whether it places them.
    pub outbound: Option<bool>,
    /// In service or not.
    pub is_active: Option<bool>,
    /// What the agency's own systems call it; `Some(None)` takes it away.
    pub external_id: Option<Option<String>>,
    /// When it is to be given back by itself; `Some(None)`: not.
    pub expires_at: Option<Option<Timestamp>>,
}

impl Desk {
    /// Changes a number, and has its carrier send its calls where they go now.
    ///
    /// # Errors
    /// [`Error::NotFound`] where the number or the agent is not the agency's; [`Error::Conflict`] where the number is
    /// released, or about to be, or not yet the agency's, or not what was provided; [`Error::Invalid`] where a value cannot
    /// be taken.
    pub fn change_number(&self, caller: &Caller, by: &By, id: NumberId, changes: &Changes) -> Result<Number> {
        let scope = &caller.scope;
        let route = self.store.write_by(by, |change| {
            let mut number = changeable(change, scope, id)?;
            let now = self.clock.now();
            apply(change, scope, &mut number, changes, now)?;
            number.updated_at = now;
            let route = self.reroute(change, scope, &mut number, changes)?;
            change.change_number(scope, &number)?;
            Ok::<_, Error>(route)
        })?;
        if let Some((order, basket)) = route
            && let Some(_hand) = self.take(basket)
        {
            self.carry_out(scope, order, by)?;
        }
        self.store.read(|snapshot| snapshot.number(scope, id))
    }

    /// Orders that a number's calls be sent elsewhere, where its agent changes and one of the two has a route.
    fn reroute(
        &self,
        change: &Change,
        scope: &Scope,
        number: &mut Number,
        changes: &Changes,
    ) -> Result<Option<(OrderId, BasketId)>> {
        if changes.agent.is_none() || number.status == Status::Pending {
            return Ok(None);
        }
        let wanted = wanted_route(change, scope, number)?;
        if !self.reaches(change, scope, number.carrier, number.carrier_account.as_ref())? {
            number.routing = (!wanted.is_empty()).then(|| Reason::NoAccount.to_string().into());
            return Ok(None);
        }
        let before = change.number(scope, number.id)?;
        let is_known = before.routing.as_deref().is_none_or(|why| why == NO_WAY);
        if is_known && route_of(change, scope, &before)? == fitting(number.carrier, &wanted) {
            number.routing = no_way(number.carrier, &wanted);
            return Ok(None);
        }
        self.open_route(change, scope, number, BasketId(self.ids.next())).map(Some)
    }

    /// Has the carrier told where a number's calls go, and says at the number that it has not been.
    pub(super) fn open_route(
        &self,
        change: &Change,
        scope: &Scope,
        number: &mut Number,
        basket: BasketId,
    ) -> Result<(OrderId, BasketId)> {
        order_route(change, scope, number, self.order_id(), basket, self.clock.now())
    }
}

fn changeable(change: &Change, scope: &Scope, id: NumberId) -> Result<Number> {
    let number = change.number(scope, id)?;
    if number.status == Status::Released {
        return Err(Error::Conflict("this phone number is released"));
    }
    match change.open_order(scope, id)? {
        Some(Order { deed: Deed::Release, .. }) => Err(Error::Conflict("this phone number is being released")),
        _ => Ok(number),
    }
}

fn apply(change: &Change, scope: &Scope, number: &mut Number, changes: &Changes, now: Timestamp) -> Result<()> {
    if let Some(agent) = changes.agent {
        provided(change, scope, number, agent, changes.provided)?;
        number.agent = agent.map(|agent| change.agent(scope, agent)).transpose()?.map(Arc::new);
    }
    if let Some(called) = &changes.friendly_name {
        number.friendly_name = match called {
            Some(called) => Some(name("friendly_name", called)?.into()),
            None => None,
        };
    }
    number.inbound = changes.inbound.unwrap_or(number.inbound);
    number.outbound = changes.outbound.unwrap_or(number.outbound);
    if let Some(called) = &changes.external_id {
        number.external_id = called.as_deref().map(external_id).transpose()?;
    }
    if let Some(expires_at) = changes.expires_at {
        number.expires_at = expires_at.map(|at| in_future(at, now)).transpose()?;
    }
    match changes.is_active {
        None => {}
        Some(_) if number.status == Status::Pending => {
            return Err(Error::Conflict("this phone number is not yet the agency's"));
        }
        Some(is_active) => {
            number.is_active = is_active;
            number.status = if is_active { Status::Active } else { Status::Suspended };
        }
    }
    Ok(())
}

fn provided(change: &Change, scope: &Scope, number: &Number, to: Option<AgentId>, provided: Provided) -> Result<()> {
    let held = number.agent.as_ref().map(|agent| agent.id);
    let (is_so, agent, otherwise) = match provided {
        Provided::Anyhow => return Ok(()),
        Provided::Free => (held.is_none() || held == to, to, TAKEN),
        Provided::Unanswered => (held.is_none(), to, TAKEN),
        Provided::AnsweredBy(agent) => (held == Some(agent), Some(agent), NOT_ITS_OWN),
    };
    // Of an agent that is not there, that is said first: also by whoever names another agency's.
    agent.map(|agent| change.agent(scope, agent)).transpose()?;
    if is_so { Ok(()) } else { Err(Error::Conflict(otherwise)) }
}

/// What other systems call a number, as it can be kept.
pub(super) fn external_id(text: &str) -> Result<Text> {
    Ok(name("external_id", text)?.into())
}

/// A time at which something is to be done.
pub(super) fn in_future(at: Timestamp, now: Timestamp) -> Result<Timestamp> {
    if at > now {
        Ok(at)
    } else {
        Err(Error::Invalid { field: "expires_at", reason: "it is not in the future".into() })
    }
}
