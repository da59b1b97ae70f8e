//! Carrying orders out, and settling those whose end is not known: ask first, then repeat.

use std::time::Duration;

use super::accounts::remove_trunk;
use super::desk::{Desk, call_for_an_operator};
use super::routes::{no_way, resume_route, route_of, wanted_route};
use super::troubles::why;
use crate::carrier::{Port, Refusal, Rented, Traced, Traits, Trouble, fitting};
use crate::model::{Actor, By, Deed, Number, Order, OrderId, OrderState, Reason, Result, Route, Status};
use crate::store::{Change, Scope};

/// How often a carrier is asked about an order before a person is: with the waits between, about six hours.
const MAX_TRIES: u32 = 40;
/// How often a purchase is sent before a person is asked, and a release before its refusal is believed.
const MAX_SENDS: u32 = 3;
/// How often an order is sent again without waiting.
const PROMPT_TRIES: u32 = 3;
/// The longest wait between two tries.
const LONGEST_WAIT: Duration = Duration::from_mins(10);
/// What a carrier did.
enum Done {
    /// It rents us the number.
    Rented(Rented),
    /// It has taken the number back.
    Released,
    /// It was told where the number's calls go, and says that they go here.
    Routed(Route),
}

impl Desk {
    /// Sends an order to its carrier, if it is claimed and due, and writes down what came of it. Gives whether the carrier
    /// has done something that could not be written down: the order is then found as being sent, and asked about.
    pub(super) fn carry_out(&self, scope: &Scope, id: OrderId, by: &By) -> Result<bool> {
        let now = || By { at: Some(self.clock.now()), ..by.clone() };
        let begun = self.store.write_by(&now(), |change| self.begin(change, scope, id))?;
        let Some((order, number, route)) = begun else { return Ok(false) };
        let done = self.send(scope, &order, &number, &route);
        let is_done = done.is_ok();
        let written = self.store.write_by(&now(), |change| {
            // It may have been withdrawn meanwhile.
            let order = change.order(scope, id)?;
            if order.state == OrderState::Sending {
                self.settle(change, scope, order, done, by.actor == Actor::Worker)
            } else {
                Ok(())
            }
        });
        if let Err(error) = &written {
            log::error!(order:% = id; "what a carrier answered could not be written down: {error}");
        }
        Ok(written.is_err() && is_done)
    }

    /// Writes down that an order is being sent. None: there is nothing to send now.
    fn begin(&self, change: &Change, scope: &Scope, id: OrderId) -> Result<Option<(Order, Number, Route)>> {
        let (mut order, now) = (change.order(scope, id)?, self.clock.now());
        if order.state != OrderState::Claimed || order.due_at.is_none_or(|due| due > now) {
            return Ok(None);
        }
        let number = change.number(scope, order.number)?;
        let route = route_of(change, scope, &number)?;
        order.state = OrderState::Sending;
        order.sends += 1;
        order.absent_since = None;
        self.write(change, scope, order.clone())?;
        Ok(Some((order, number, route)))
    }

    fn send(&self, scope: &Scope, order: &Order, number: &Number, route: &Route) -> Result<Done, Trouble> {
        let port = match self.account_of(scope, order.carrier, order.account.as_deref())? {
            Some(account) => account.port,
            // No carrier has been told of a route, and none has to be.
            None if order.deed == Deed::Route && route.is_empty() => return Ok(Done::Routed(Route::default())),
            None => return Err(Trouble::Refused { reason: Refusal::NotOwned, said: Reason::NoAccount.to_string() }),
        };
        let rented = rented(number);
        match order.deed {
            Deed::Purchase => port.acquire(&number.phone_number, order.id, route, &order.papers).map(Done::Rented),
            Deed::Release => match by_its_id(&*port, &rented, |rented| port.release(rented)) {
                // It is gone already.
                Ok(()) | Err(Trouble::Refused { reason: Refusal::NotOwned, .. }) => Ok(Done::Released),
                Err(trouble) => Err(trouble),
            },
            Deed::Route => by_its_id(&*port, &rented, |rented| port.configure(rented, route)).map(Done::Routed),
        }
    }

    /// Writes down what came of sending an order. `insists`: nobody is waiting to be told that nothing was done.
    fn settle(
        &self,
        change: &Change,
        scope: &Scope,
        order: Order,
        done: Result<Done, Trouble>,
        insists: bool,
    ) -> Result<()> {
        match (order.deed, done) {
            (_, Ok(Done::Rented(rented))) => self.confirm_purchase(change, scope, order, &rented),
            (_, Ok(Done::Released)) => self.confirm_release(change, scope, order),
            (_, Ok(Done::Routed(route))) => self.compare_route(change, scope, order, &route),
            (_, Err(trouble @ (Trouble::Unknown(_) | Trouble::Waiting { .. }))) => {
                let (reason, said) = why(trouble);
                self.put_off(change, scope, order, reason, said)
            }
            (Deed::Purchase, Err(trouble)) => {
                let (reason, said) = why(trouble);
                if order.sends > 1 {
                    // The one before may have come through after all.
                    self.put_off(change, scope, order, reason, said)
                } else {
                    self.fail_purchase(change, scope, order, reason, said)
                }
            }
            (Deed::Release, Err(trouble)) if (2..=MAX_SENDS).contains(&order.sends) => {
                // The one before may come through yet.
                let (reason, said) = why(trouble);
                self.put_off(change, scope, order, reason, said)
            }
            (Deed::Release, Err(trouble @ (Trouble::Busy | Trouble::Unreached(_)))) if insists => {
                let (reason, said) = why(trouble);
                self.put_off(change, scope, order, reason, said)
            }
            // Somebody was told that it would be done: if it will not, an operator must hear of it.
            (Deed::Release, Err(trouble)) if insists && !self.terms.release_hold.is_zero() => {
                let (reason, detail) = why(trouble);
                self.give_up(change, scope, Order { reason: Some(reason), detail, ..order })
            }
            (Deed::Release, Err(trouble)) => {
                let (reason, said) = why(trouble);
                let number = order.number;
                if insists {
                    log::error!(order:% = order.id, number:% = number; "a number was not given back: {reason}");
                }
                self.fail(change, scope, order, reason, said)?;
                resume_route(change, scope, &self.ids, number, self.clock.now())
            }
            (Deed::Route, Err(trouble @ Trouble::Refused { .. })) => {
                let (reason, said) = why(trouble);
                self.explain_route(change, scope, &order, &said.clone().unwrap_or_else(|| reason.to_string()))?;
                self.fail(change, scope, order, reason, said)
            }
            (Deed::Route, Err(trouble)) => {
                let (reason, said) = why(trouble);
                self.explain_route(change, scope, &order, &reason.to_string())?;
                self.put_off(change, scope, order, reason, said)
            }
        }
    }

    /// Asks the carrier about an order whose end is not known.
    pub(super) fn ask(&self, scope: &Scope, order: &Order, by: &By) -> Result<()> {
        let there = match (self.account_of(scope, order.carrier, order.account.as_deref()), order.deed) {
            (Ok(Some(account)), Deed::Purchase) => account.port.trace(&order.phone_number, order.id),
            (Ok(Some(account)), Deed::Release | Deed::Route) => {
                account.port.owned(Some(&order.phone_number)).map(Traced::of)
            }
            (Ok(None), _) => Err(Trouble::Unreached(Reason::NoAccount.to_string())),
            (Err(trouble), _) => Err(trouble),
        };
        self.store.write_by(by, |change| {
            let order = change.order(scope, order.id)?;
            if !matches!(order.state, OrderState::Sending | OrderState::Unknown) {
                return Ok(());
            }
            match (order.deed, there) {
                (_, Err(trouble)) => {
                    let (reason, said) = why(trouble);
                    self.put_off(change, scope, order, reason, said)
                }
                (Deed::Purchase, Ok(Traced::Rented(rented))) => self.confirm_purchase(change, scope, order, &rented),
                (Deed::Purchase, Ok(Traced::Nothing)) => self.absent(change, scope, order),
                (_, Ok(Traced::Pending)) => {
                    self.put_off(change, scope, order, Reason::Unanswered, Some("it is still at it".to_owned()))
                }
                (_, Ok(Traced::Waiting { paper, said })) => {
                    // Papers take days, and it says itself that it is not done: nobody has to find out.
                    let order = Order { tries: order.tries.min(MAX_TRIES - 1), ..order };
                    self.put_off(change, scope, order, Reason::RegulatoryRequired(paper), Some(said))
                }
                (Deed::Purchase, Ok(Traced::Refused { reason, said })) => {
                    let (reason, said) = why(Trouble::Refused { reason, said });
                    if order.sends > 1 {
                        // Another may be on its way yet.
                        self.absent(change, scope, Order { reason: Some(reason), detail: said, ..order })
                    } else {
                        self.fail_purchase(change, scope, order, reason, said)
                    }
                }
                (Deed::Release, Ok(Traced::Nothing)) => self.confirm_release(change, scope, order),
                (Deed::Route, Ok(Traced::Rented(rented))) => self.compare_route(change, scope, order, &rented.route),
                (Deed::Release | Deed::Route, _) => self.again(change, scope, order),
            }
        })
    }

    /// A purchase that the carrier knows nothing of: the first time proves nothing, since it may still be on its way.
    fn absent(&self, change: &Change, scope: &Scope, mut order: Order) -> Result<()> {
        let (now, proof) = (self.clock.now(), self.terms.absence_proof);
        match order.absent_since {
            None => {
                order.state = OrderState::Unknown;
                order.absent_since = Some(now);
                order.due_at = Some(now.later(proof));
                self.write(change, scope, order)
            }
            Some(since) if now < since.later(proof) => {
                order.due_at = Some(since.later(proof));
                self.write(change, scope, order)
            }
            Some(_) => match order.reason {
                // It was not refused: it never arrived.
                None | Some(Reason::Unanswered | Reason::Unreached | Reason::CarrierBusy) => {
                    self.again(change, scope, order)
                }
                Some(reason) => {
                    let said = order.detail.take();
                    self.fail_purchase(change, scope, order, reason, said)
                }
            },
        }
    }

    /// Has an order sent again: it is known not to have been done.
    fn again(&self, change: &Change, scope: &Scope, mut order: Order) -> Result<()> {
        if order.deed == Deed::Purchase && order.sends >= MAX_SENDS || order.tries >= MAX_TRIES {
            return self.give_up(change, scope, order);
        }
        // At once the first few times: what it was compared with may just have changed.
        let wait = if order.tries < PROMPT_TRIES { Duration::ZERO } else { self.wait(&order) };
        order.state = OrderState::Claimed;
        order.tries += 1;
        order.due_at = Some(self.after(wait));
        self.write(change, scope, order)
    }

    /// How long an order waits for its next try: twice as long each time.
    fn wait(&self, order: &Order) -> Duration {
        self.terms.retry_delay.saturating_mul(1 << order.tries.min(16)).min(LONGEST_WAIT)
    }

    /// Has an order looked at again after a while.
    fn put_off(
        &self,
        change: &Change,
        scope: &Scope,
        mut order: Order,
        reason: Reason,
        said: Option<String>,
    ) -> Result<()> {
        (order.reason, order.detail) = (Some(reason), said);
        if order.tries >= MAX_TRIES {
            return self.give_up(change, scope, order);
        }
        order.due_at = Some(self.after(self.wait(&order)));
        order.state = OrderState::Unknown;
        order.tries += 1;
        self.write(change, scope, order)
    }

    fn give_up(&self, change: &Change, scope: &Scope, mut order: Order) -> Result<()> {
        call_for_an_operator(&order);
        order.state = OrderState::NeedsOperator;
        order.due_at = None;
        self.write(change, scope, order)
    }

    pub(super) fn confirm_purchase(&self, change: &Change, scope: &Scope, order: Order, rented: &Rented) -> Result<()> {
        let (mut number, now) = (change.number(scope, order.number)?, self.clock.now());
        number.status = Status::Active;
        number.is_active = true;
        number.carrier_number_id = Some(rented.carrier_number_id.as_str().into());
        number.purchased_at = Some(now);
        number.updated_at = now;
        let basket = order.basket;
        self.confirm(change, scope, order)?;
        if route_of(change, scope, &number)? != rented.route {
            self.open_route(change, scope, &mut number, basket)?;
        }
        change.change_number(scope, &number)
    }

    /// Refused, or known never to have been done: the number was never the agency's.
    pub(super) fn fail_purchase(
        &self,
        change: &Change,
        scope: &Scope,
        order: Order,
        reason: Reason,
        said: Option<String>,
    ) -> Result<()> {
        change.remove_pending(scope, &change.number(scope, order.number)?)?;
        self.fail(change, scope, order, reason, said)
    }

    fn confirm_release(&self, change: &Change, scope: &Scope, order: Order) -> Result<()> {
        let (mut number, now) = (change.number(scope, order.number)?, self.clock.now());
        number.release(now);
        change.change_number(scope, &number)?;
        remove_trunk(change, scope, &number)?;
        self.confirm(change, scope, order)
    }

    /// What the carrier says of a number's route decides: the agent, or its route, may have changed meanwhile.
    fn compare_route(&self, change: &Change, scope: &Scope, order: Order, there: &Route) -> Result<()> {
        let mut number = change.number(scope, order.number)?;
        let wanted = wanted_route(change, scope, &number)?;
        if fitting(number.carrier, &wanted) != *there {
            self.explain_route(change, scope, &order, "The carrier does not send its calls there yet")?;
            return self.again(change, scope, order);
        }
        number.routing = no_way(number.carrier, &wanted);
        number.updated_at = self.clock.now();
        change.change_number(scope, &number)?;
        self.confirm(change, scope, order)
    }

    /// Says at the number why its calls do not go where they should.
    fn explain_route(&self, change: &Change, scope: &Scope, order: &Order, why: &str) -> Result<()> {
        let mut number = change.number(scope, order.number)?;
        number.routing = Some(why.into());
        number.updated_at = self.clock.now();
        change.change_number(scope, &number)
    }

    fn confirm(&self, change: &Change, scope: &Scope, mut order: Order) -> Result<()> {
        order.state = OrderState::Confirmed;
        (order.due_at, order.reason, order.detail) = (None, None, None);
        self.write(change, scope, order)
    }

    pub(super) fn fail(
        &self,
        change: &Change,
        scope: &Scope,
        mut order: Order,
        reason: Reason,
        said: Option<String>,
    ) -> Result<()> {
        order.state = OrderState::Failed;
        (order.due_at, order.reason, order.detail) = (None, Some(reason), said);
        self.write(change, scope, order)
    }

    fn write(&self, change: &Change, scope: &Scope, mut order: Order) -> Result<()> {
        order.updated_at = self.clock.now();
        change.change_order(scope, &order)
    }
}

/// A number as its carrier knows it.
fn rented(number: &Number) -> Rented {
    Rented {
        phone_number: number.phone_number.clone(),
        carrier_number_id: number.carrier_number_id.as_deref().unwrap_or_default().to_owned(),
        route: Route::default(),
        traits: Traits::default(),
    }
}

/// Does something with a number by the id that the carrier has it under, should that be another than we know.
fn by_its_id<T>(port: &dyn Port, rented: &Rented, deed: impl Fn(&Rented) -> Result<T, Trouble>) -> Result<T, Trouble> {
    match deed(rented) {
        Err(trouble @ Trouble::Refused { reason: Refusal::NotOwned, .. }) => {
            match port.owned(Some(&rented.phone_number))?.first() {
                Some(there) if there.carrier_number_id != rented.carrier_number_id => deed(there),
                Some(_) => Err(Trouble::Unknown("it says that it has no such number, and lists it".to_owned())),
                None => Err(trouble),
            }
        }
        done => done,
    }
}
