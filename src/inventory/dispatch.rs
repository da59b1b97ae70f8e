//! The dispatch: it has webhooks told of events, each at least once, whatever fails in between.
//!
//! Events are durable with the change that they are of, and a delivery's row is written before the place that its webhook
//! has reached moves past the event. What came of an attempt is written after it: whoever dies in between sends it again,
//! with the same id. A webhook is told of one thing at a time, first attempts in the order of events; one that does not take
//! things is left alone for a while, so that it holds up nobody but itself.

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use metrics::counter;

use super::accounts::no_key;
use super::schedule::{MAX_RETRY_AFTER, next_attempt};
use super::webhooks::secrets;
use crate::clock::{Clock, Ids};
use crate::delivery::{Attempt, Courier, Message, payload};
use crate::model::{
    Actor, Ailing, By, Delivery, DeliveryId, DeliveryState, Disabled, Error, Event, MessageId, Noun, Result, Timestamp,
    Webhook, WebhookId,
};
use crate::store::keyring::Keyring;
use crate::store::{Change, Listening, Scope, Store};

/// How many webhooks are told of something at once.
const TURNS: usize = 64;
/// How many of them at once are given to webhooks that are well, and how many to such as were slow or took nothing when
/// they were told last, or are slow now: neither kind takes the other's.
const TURNS_OF_A_KIND: usize = 16;
/// How long a turn lasts before others are looked at.
const TURN: Duration = Duration::from_secs(10);
/// Who takes longer than this is slow.
const SLOW: Duration = Duration::from_secs(2);
/// The longest that a webhook is left alone after it has taken nothing, if it does not want to be for longer.
const MAX_REST: Duration = Duration::from_mins(5);
/// How many deliveries of a webhook wait at most: further events wait where they are.
const BACKLOG: u32 = 1_000;
/// How many events are looked at in one change, and how many such changes are made in a row for one webhook.
const PAGE: u32 = 500;
const PAGES: usize = 20;
/// How long a webhook may take nothing before it is disabled.
const DISABLED_AFTER: Duration = Duration::from_hours(5 * 24);
/// How long deliveries are remembered, and how old an event may be that a webhook is told of.
const KEPT: Duration = Duration::from_hours(30 * 24);

/// The dispatch. There is one for a data directory.
pub struct Dispatch {
    store: Store,
    keyring: Keyring,
    courier: Courier,
    clock: Clock,
    ids: Ids,
    retry_delay: Duration,
    board: Mutex<HashMap<WebhookId, Standing>>,
    is_closed: AtomicBool,
}

/// How it stands with a webhook, beside what the store knows.
#[derive(Clone, Copy, Debug, Default)]
struct Standing {
    in_hand_since: Option<Instant>,
    /// It was slow when it was told last, or did not take it.
    is_ailing: bool,
    /// Until when it is left alone after a fault of ours.
    rests_until: Option<Timestamp>,
}

impl Standing {
    fn is_in_hand(&self) -> bool {
        self.in_hand_since.is_some()
    }

    /// Whether it is not to be given the turn of one that is well.
    fn is_ailing_or_slow(&self) -> bool {
        self.is_ailing || self.in_hand_since.is_some_and(|since| since.elapsed() > SLOW)
    }
}

/// A webhook's turn to be told of what is due. Nobody else tells it, until this is dropped.
pub struct Turn {
    dispatch: Arc<Dispatch>,
    scope: Scope,
    webhook: WebhookId,
}

impl fmt::Debug for Dispatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dispatch").field("board", &self.board).finish_non_exhaustive()
    }
}

impl Dispatch {
    /// Opens the dispatch.
    #[must_use]
    pub fn new(store: Store, keyring: Keyring, courier: Courier, (clock, ids): (Clock, Ids), retry: Duration) -> Self {
        let (board, is_closed) = (Mutex::default(), AtomicBool::new(false));
        Self { store, keyring, courier, clock, ids, retry_delay: retry, board, is_closed }
    }

    /// Looks for new events, and for webhooks that are to be told of something now.
    ///
    /// # Errors
    /// [`Error::Internal`] where the store fails.
    pub fn turns(self: &Arc<Self>) -> Result<Vec<Turn>> {
        let mut listening = self.store.read(|snapshot| snapshot.listening())?;
        self.board().retain(|id, standing| standing.is_in_hand() || listening.iter().any(|one| one.webhook == *id));
        for one in listening.iter_mut().filter(|one| one.has_news) {
            match self.take_on(&one.scope, one.webhook) {
                Ok(true) => one.due_at = one.due_at.or(Some(self.clock.now())),
                // It has been removed meanwhile.
                Ok(false) | Err(Error::NotFound(_)) => {}
                Err(error) => log::error!(webhook:% = one.webhook; "new events could not be taken on: {error}"),
            }
        }
        let now = self.clock.now();
        listening.retain(|one| one.due_at.is_some_and(|at| at <= now));
        listening.sort_by_key(|one| one.due_at);
        Ok(listening.into_iter().filter_map(|one| self.turn(&one, now)).collect())
    }

    /// Ends turns as soon as what is under way is done.
    pub fn close(&self) {
        self.is_closed.store(true, Ordering::Relaxed);
    }

    /// Whether nothing is under way.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        !self.board().values().any(|standing| standing.is_in_hand())
    }

    /// Forgets deliveries that are old, and secrets that do not sign any more.
    ///
    /// # Errors
    /// [`Error::Internal`] where the store fails.
    pub fn forget_old(&self) -> Result<()> {
        let now = self.clock.now();
        self.write(|change| {
            change.forget_deliveries(now.earlier(KEPT))?;
            change.forget_secrets_before(now)
        })
    }

    fn board(&self) -> MutexGuard<'_, HashMap<WebhookId, Standing>> {
        self.board.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write<T>(&self, deed: impl FnOnce(&Change) -> Result<T>) -> Result<T> {
        self.store.write_by(&By { actor: Actor::Worker, request_id: None, at: Some(self.clock.now()) }, deed)
    }

    /// Makes deliveries of the events that a webhook wants. Gives whether there are any.
    fn take_on(&self, scope: &Scope, id: WebhookId) -> Result<bool> {
        for _ in 0..PAGES {
            let (seen, wanted) = self.write(|change| {
                let webhook = change.webhook(scope, id)?;
                if webhook.disabled.is_some() || change.waiting_deliveries(scope, id, BACKLOG)? >= BACKLOG {
                    return Ok((0, false));
                }
                let (events, now) = (change.events(Some(scope), webhook.reached, PAGE)?, self.clock.now());
                let is_told = |event: &&Event| webhook.wanted.want(event) && event.at > now.earlier(KEPT);
                let mut any = false;
                for event in events.iter().filter(is_told) {
                    change.add_delivery(scope, id, DeliveryId(self.ids.next()), event.seq, now)?;
                    any = true;
                }
                if let Some(last) = events.last() {
                    change.note_reached(scope, id, last.seq)?;
                }
                Ok((events.len(), any))
            })?;
            if wanted || seen < PAGE as usize {
                return Ok(wanted);
            }
        }
        Ok(false)
    }

    /// The turn of a webhook, if nobody has it in hand, it is not left alone, and there is room.
    fn turn(self: &Arc<Self>, one: &Listening, now: Timestamp) -> Option<Turn> {
        let mut board = self.board();
        let mut standing = board.get(&one.webhook).copied().unwrap_or_default();
        standing.is_ailing |= one.rests_until.is_some();
        let taken = || board.values().filter(|other| other.is_in_hand());
        let of_its_kind = taken().filter(|other| other.is_ailing_or_slow() == standing.is_ailing).count();
        let has_room = taken().count() < TURNS && of_its_kind < TURNS_OF_A_KIND;
        let rests = standing.rests_until.max(one.rests_until).is_some_and(|until| until > now);
        if standing.is_in_hand() || rests || !has_room {
            return None;
        }
        standing.in_hand_since = Some(Instant::now());
        board.insert(one.webhook, standing);
        Some(Turn { dispatch: Arc::clone(self), scope: one.scope, webhook: one.webhook })
    }
}

impl Turn {
    /// Tells the webhook of what is due, until nothing is, or it has not taken something.
    ///
    /// # Errors
    /// [`Error::Internal`] where the store fails. What was sent and could not be written down is sent again.
    pub fn run(self) -> Result<()> {
        let (dispatch, began) = (&self.dispatch, Instant::now());
        while began.elapsed() < TURN && !dispatch.is_closed.load(Ordering::Relaxed) {
            let now = dispatch.clock.now();
            let due = dispatch.store.read(|snapshot| {
                let webhook = snapshot.webhook(&self.scope, self.webhook)?;
                let Some(delivery) = snapshot.due_delivery(&self.scope, self.webhook, now)? else { return Ok(None) };
                let event = snapshot.events(Some(&self.scope), delivery.seq - 1, 1)?.pop();
                Ok(event.filter(|_| webhook.disabled.is_none()).map(|event| (webhook, delivery, event)))
            });
            let (webhook, delivery, event) = match due {
                Ok(Some(due)) => due,
                Ok(None) | Err(Error::NotFound(Noun::Webhook)) => return Ok(()),
                Err(error) => return Err(error),
            };
            let asked = Instant::now();
            let attempt = match self.tell(&webhook, &delivery, &event, now) {
                Ok(attempt) => attempt,
                Err(error) => {
                    self.leave_alone(now);
                    return Err(error);
                }
            };
            let is_delivered = attempt.is_delivered();
            let is_ailing = !is_delivered || asked.elapsed() > SLOW;
            let recorded = self.record(delivery, &attempt);
            self.dispatch.board().entry(self.webhook).and_modify(|standing| standing.is_ailing = is_ailing);
            match recorded {
                Ok(()) | Err(Error::NotFound(Noun::Webhook)) => {}
                Err(error) => {
                    self.leave_alone(now);
                    return Err(error);
                }
            }
            if !is_delivered {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Leaves the webhook alone for a while after a fault of ours: it would be told the same at once, again and again.
    fn leave_alone(&self, now: Timestamp) {
        let until = now.later(MAX_REST);
        self.dispatch.board().entry(self.webhook).and_modify(|standing| standing.rests_until = Some(until));
    }

    /// Sends a message once. Without the secrets nothing is sent: it is no attempt, and waits until they can be read.
    fn tell(&self, webhook: &Webhook, delivery: &Delivery, event: &Event, now: Timestamp) -> Result<Attempt> {
        let secrets = secrets(&self.dispatch.keyring, self.scope.agency(), webhook, now).map_err(no_key)?;
        let said = match (&*event.noun, &*event.deed) {
            ("message", "added") => {
                let id = MessageId(event.subject);
                match self.dispatch.store.read(|snapshot| snapshot.message(&self.scope, id)) {
                    Err(Error::NotFound(_)) => None,
                    message => Some(message?),
                }
            }
            _ => None,
        };
        let body = payload::of(event, said.as_ref());
        let message = Message { id: delivery.id, at: now, body: &body, secrets: &secrets };
        Ok(self.dispatch.courier.carry(&webhook.url, &message))
    }

    /// Writes down what came of an attempt.
    fn record(&self, mut delivery: Delivery, attempt: &Attempt) -> Result<()> {
        let (dispatch, now) = (&self.dispatch, self.dispatch.clock.now());
        let first_at = delivery.first_at.unwrap_or(now);
        delivery.attempts = delivery.attempts.saturating_add(1);
        (delivery.first_at, delivery.last_at) = (Some(first_at), Some(now));
        (delivery.last_status, delivery.said) = (attempt.status, attempt.said.clone());
        let next = if attempt.is_delivered() || attempt.is_gone() {
            None
        } else {
            let chance = getrandom::u32().unwrap_or(u32::MAX / 2);
            let steps = (dispatch.retry_delay, attempt.retry_after);
            next_attempt(delivery.attempts, first_at, now, steps, chance)
        };
        delivery.next_at = next;
        delivery.state = match next {
            Some(_) => DeliveryState::Waiting,
            None if attempt.is_delivered() => DeliveryState::Delivered,
            None => DeliveryState::Failed,
        };
        delivery.delivered_at = attempt.is_delivered().then_some(now);
        let disabled = dispatch.write(|change| {
            let webhook = change.webhook(&self.scope, self.webhook)?;
            change.change_delivery(&self.scope, &delivery)?;
            let ailing = (!attempt.is_delivered()).then(|| self.ailing(webhook.ailing, attempt, now));
            if ailing != webhook.ailing {
                change.note_ailing(&self.scope, self.webhook, ailing.as_ref())?;
            }
            let why = match ailing {
                _ if webhook.disabled.is_some() => None,
                Some(_) if attempt.is_gone() => Some(Disabled::Gone),
                Some(ailing) if ailing.since.later(DISABLED_AFTER) <= now => Some(Disabled::Failing),
                _ => None,
            };
            if why.is_some() {
                change.set_webhook_state(&self.scope, self.webhook, why)?;
            }
            Ok(why)
        })?;
        self.say(&delivery, disabled);
        Ok(())
    }

    /// How it stands with the webhook after it has not taken something.
    fn ailing(&self, before: Option<Ailing>, attempt: &Attempt, now: Timestamp) -> Ailing {
        let failures = before.map_or(0, |before| before.failures);
        let doubled = self.dispatch.retry_delay.saturating_mul(1 << failures.min(16)).min(MAX_REST);
        let wanted = attempt.retry_after.unwrap_or_default().min(MAX_RETRY_AFTER);
        Ailing {
            since: before.map_or(now, |before| before.since),
            failures: failures.saturating_add(1),
            rests_until: now.later(doubled.max(wanted)),
        }
    }

    /// Counts an attempt that is written down, and says where nothing comes of it any more. What the receiver said may hold
    /// anything, so it is in the database only.
    fn say(&self, delivery: &Delivery, disabled: Option<Disabled>) {
        let outcome = match delivery.state {
            DeliveryState::Waiting => "retried",
            DeliveryState::Delivered => "delivered",
            DeliveryState::Failed => "failed",
        };
        counter!("linekeeper_webhook_deliveries_total", "outcome" => outcome).increment(1);
        if delivery.state == DeliveryState::Failed {
            let status = delivery.last_status.map_or("none".to_owned(), |status| status.to_string());
            log::warn!(
                webhook:% = self.webhook, delivery:% = delivery.id, attempts = delivery.attempts, status:% = status;
                "a delivery was given up: `linekeeper webhook resend` sends it again"
            );
        }
        if let Some(why) = disabled {
            log::warn!(
                webhook:% = self.webhook, why = why.name();
                "a webhook was disabled: `linekeeper webhook enable` enables it"
            );
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if let Some(standing) = self.dispatch.board().get_mut(&self.webhook) {
            standing.in_hand_since = None;
        }
    }
}
