//! The order desk: it has carriers do what agencies order, each thing exactly once, whatever fails in between.
//!
//! An order is durable before its carrier is called, and that it is being sent is durable too: whoever finds it after a
//! crash, or after an answer that was lost, asks the carrier before anything is repeated. No transaction and no
//! connection is open while a carrier is asked.

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::access::Caller;
use crate::carrier::Carriers;
use crate::clock::{Clock, Ids};
use crate::config::Orders;
use crate::model::{Actor, BasketId, By, Deed, Error, Order, OrderId, Result, Timestamp};
use crate::store::{Change, Earlier, Scope, Store};

/// How long an answer is kept for repeats of its request.
const REPEATS_KEPT: Duration = Duration::from_hours(30 * 24);
/// How long a request waits for its orders. What has not been begun by then is settled without it.
pub(super) const PATIENCE: Duration = Duration::from_secs(20);

/// The desk. There is one for a data directory.
#[derive(Debug)]
pub struct Desk {
    pub(super) store: Store,
    pub(super) carriers: Carriers,
    pub(super) clock: Clock,
    pub(super) ids: Ids,
    pub(super) terms: Orders,
    /// Where carriers reach us, if they do.
    pub(super) public_url: Option<String>,
    at_hand: Mutex<HashSet<BasketId>>,
}

/// Who asks for something that costs or destroys.
#[derive(Clone, Debug)]
pub struct Asked {
    /// On whose behalf.
    pub caller: Caller,
    /// Because of which request, and when.
    pub by: By,
    /// By what a repeat of this request is known.
    pub repeat: Option<Repeat>,
}

/// By what a repeat of a request is known: the same key of the same caller.
#[derive(Clone, Debug)]
pub struct Repeat {
    /// The caller's own word.
    pub key: String,
    /// SHA-256 of the endpoint and the body: with another, the key was another request's.
    pub request: [u8; 32],
}

/// What came of a request.
#[derive(Debug)]
pub enum Placed<'d, T> {
    /// It was done. The basket stays in hand until the answer is kept, so that a repeat is not answered beside it.
    Now(T, AtHand<'d>),
    /// It had been answered before, with this status and body.
    Before(u16, Vec<u8>),
}

/// A basket that was worked on.
pub(super) struct Basket {
    pub id: BasketId,
    /// What its carrier has done, and could not be written down.
    pub unrecorded: Vec<OrderId>,
}

/// A basket that nobody else works on, until this is dropped.
#[derive(Debug)]
pub struct AtHand<'d> {
    desk: &'d Desk,
    basket: BasketId,
}

impl Drop for AtHand<'_> {
    fn drop(&mut self) {
        self.desk.at_hand().remove(&self.basket);
    }
}

impl Desk {
    /// Opens a desk.
    #[must_use]
    pub fn new(store: Store, carriers: Carriers, clock: Clock, ids: Ids, terms: Orders) -> Self {
        Self { store, carriers, clock, ids, terms, public_url: None, at_hand: Mutex::default() }
    }

    /// The same desk, which carriers reach under this address.
    #[must_use]
    pub fn reached_at(mut self, public_url: Option<&str>) -> Self {
        self.public_url = public_url.map(str::to_owned);
        self
    }

    /// The store that it keeps its orders in.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// The time of day.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// The source of fresh ids.
    #[must_use]
    pub fn ids(&self) -> &Ids {
        &self.ids
    }

    fn at_hand(&self) -> MutexGuard<'_, HashSet<BasketId>> {
        self.at_hand.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a basket in hand, where nobody has.
    pub(super) fn take(&self, basket: BasketId) -> Option<AtHand<'_>> {
        // Not made where somebody has it: its end would let go of theirs.
        let is_free = self.at_hand().insert(basket);
        is_free.then(|| AtHand { desk: self, basket })
    }

    /// Orders what `fill` puts into a basket, once for all repeats of a request, and has it done.
    pub(super) fn place(
        &self,
        asked: &Asked,
        fill: impl FnOnce(&Change, BasketId) -> Result<()>,
    ) -> Result<Placed<'_, Basket>> {
        let began = Instant::now();
        let hand = match self.earlier(asked)? {
            Some(Earlier { answer: Some((status, body)), .. }) => return Ok(Placed::Before(status, body)),
            Some(unanswered) => {
                let hand = self.take(unanswered.basket).ok_or(Error::InFlight)?;
                // Nobody has it in hand: it has been answered since it was looked for, or whoever was to is gone.
                if let Some(Earlier { answer: Some((status, body)), .. }) = self.earlier(asked)? {
                    return Ok(Placed::Before(status, body));
                }
                hand
            }
            None => {
                let hand = self.take(BasketId(self.ids.next())).ok_or(Error::InFlight)?;
                self.store.write_by(&asked.by, |change| {
                    self.remember(change, asked, hand.basket)?;
                    fill(change, hand.basket)
                })?;
                hand
            }
        };
        let unrecorded = self.empty(&asked.caller.scope, &hand, &asked.by, began)?;
        Ok(Placed::Now(Basket { id: hand.basket, unrecorded }, hand))
    }

    /// Has what is in a basket done, in its order, as long as the one who asked waits. Orders may bring further ones.
    fn empty(&self, scope: &Scope, hand: &AtHand<'_>, by: &By, began: Instant) -> Result<Vec<OrderId>> {
        let mut unrecorded = Vec::new();
        for deed in [Deed::Purchase, Deed::Release, Deed::Route] {
            let orders = self.store.read(|snapshot| snapshot.basket(scope, hand.basket))?;
            for order in orders.iter().filter(|order| order.deed == deed && !order.state.is_final()) {
                if began.elapsed() > PATIENCE {
                    return Ok(unrecorded);
                }
                if self.carry_out(scope, order.id, by)? {
                    unrecorded.push(order.id);
                }
            }
        }
        Ok(unrecorded)
    }

    /// The earlier request of the same key.
    pub(super) fn earlier(&self, asked: &Asked) -> Result<Option<Earlier>> {
        let Some(repeat) = &asked.repeat else { return Ok(None) };
        let since = self.clock.now().earlier(REPEATS_KEPT);
        let Caller { scope, actor, .. } = &asked.caller;
        match self.store.read(|snapshot| snapshot.earlier(scope, *actor, &repeat.key, since))? {
            Some(earlier) if earlier.request != repeat.request => Err(Error::KeyReused),
            earlier => Ok(earlier),
        }
    }

    /// Whether a request has been placed before.
    pub(super) fn was_asked(&self, asked: &Asked) -> Result<bool> {
        Ok(self.earlier(asked)?.is_some())
    }

    pub(super) fn remember(&self, change: &Change, asked: &Asked, basket: BasketId) -> Result<()> {
        let Some(Repeat { key, request }) = &asked.repeat else { return Ok(()) };
        let (Caller { scope, actor, .. }, now) = (&asked.caller, self.clock.now());
        // Another request with this key may have come since it was looked for.
        match change.earlier(scope, *actor, key, now.earlier(REPEATS_KEPT))? {
            Some(earlier) if earlier.request != *request => Err(Error::KeyReused),
            Some(_) => Err(Error::InFlight),
            None => change.remember(scope, *actor, key, &Earlier { request: *request, basket, answer: None }, now),
        }
    }

    /// Keeps the answer to a request for its repeats.
    ///
    /// # Errors
    /// [`Error::Internal`] where the store fails: a repeat is then answered anew, of what was done.
    pub fn answered(&self, asked: &Asked, status: u16, body: &[u8]) -> Result<()> {
        let Some(repeat) = &asked.repeat else { return Ok(()) };
        let Caller { scope, actor, .. } = &asked.caller;
        self.store.write_by(&asked.by, |change| change.remember_answer(scope, *actor, &repeat.key, status, body))
    }

    /// Forgets answers that are older than repeats are answered.
    ///
    /// # Errors
    /// [`Error::Internal`] where the store fails.
    pub fn forget_old_answers(&self) -> Result<()> {
        let now = self.clock.now();
        let by = By { actor: Actor::Worker, request_id: None, at: Some(now) };
        self.store.write_by(&by, |change| change.forget_requests(now.earlier(REPEATS_KEPT)))
    }

    /// A new order, of nothing yet.
    pub(super) fn order_id(&self) -> OrderId {
        OrderId(self.ids.next())
    }

    /// Later than now.
    pub(super) fn after(&self, wait: Duration) -> Timestamp {
        self.clock.now().later(wait)
    }
}

/// Says loudly that only a person can tell how an order ended.
pub(super) fn call_for_an_operator(order: &Order) {
    log::error!(
        order:% = order.id, deed:% = order.deed;
        "an order needs an operator: `linekeeper order list` shows it, and what the carrier said"
    );
}
