//! What is known beside the numbers that the account has: its orders, what was searched, and which orders are to pend.
//!
//! Orders come back with the ledger, from the notes at each number's acquisition. Three things are forgotten with the process:
//! orders that fail later, what was searched, and what was told about the next orders.

use std::collections::{BTreeMap, HashSet, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::Deserialize;
use uuid::Uuid;

use super::notes::{self, Standing};
use crate::carrier::simulator::{Deed, Entry, Held};
use crate::carrier::{Rented, Traits};
use crate::model::{E164, Timestamp};

/// The books, which one deed after the other has open.
#[derive(Debug)]
pub struct Books(Mutex<Open>);

/// What is in them.
#[derive(Debug, Default)]
pub struct Open {
    /// The orders by their ids, which are in the order of their making.
    pub orders: BTreeMap<Uuid, Order>,
    /// The numbers that were found.
    pub searched: HashSet<E164>,
    plans: VecDeque<(Plan, u32)>,
}

/// A number order.
#[derive(Clone, Debug)]
pub struct Order {
    /// Its id.
    pub id: Uuid,
    /// Its numbers as they were when it was taken, at least one.
    pub numbers: Vec<Held>,
}

/// What becomes of an order that is not done at once.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct Plan {
    /// After how long.
    pub seconds: f64,
    /// What then.
    #[serde(default)]
    pub then: End,
}

/// How an order ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum End {
    /// The numbers are the account's.
    #[default]
    Success,
    /// They never become it.
    Failure,
}

impl Plan {
    /// When that is, of an order that is taken now.
    #[allow(clippy::cast_possible_truncation, reason = "it is cut off at the latest time that there is")]
    pub fn at(self, now: Timestamp) -> Timestamp {
        Timestamp(now.0.saturating_add((self.seconds * 1e6) as i64))
    }
}

impl Books {
    /// What a ledger says.
    pub fn of(entries: Vec<Entry>) -> Self {
        let mut open = Open::default();
        for entry in entries {
            match entry.deed {
                Deed::Acquire => open.enter(entry),
                Deed::Release => open.end(&entry.carrier_number_id, entry.at),
                Deed::Configure | Deed::PortIn => {}
            }
        }
        Self(Mutex::new(open))
    }

    /// Opens them; whoever changes what was read before does both before closing them.
    pub fn open(&self) -> MutexGuard<'_, Open> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Open {
    fn enter(&mut self, entry: Entry) {
        let Entry { phone_number, carrier_number_id, route, notes, .. } = entry;
        if let Some(id) = notes.get(notes::NUMBER_ORDER_ID).and_then(|id| id.parse().ok()) {
            let order = self.orders.entry(id).or_insert(Order { id, numbers: Vec::new() });
            order.numbers.push(Held {
                rented: Rented { phone_number, carrier_number_id, route, traits: Traits::default() },
                notes,
            });
        }
    }

    /// A number that is given up before its order is done is not ordered any longer: its part of the order fails.
    pub fn end(&mut self, carrier_number_id: &str, now: Timestamp) {
        let numbers = self.orders.values_mut().flat_map(|order| &mut order.numbers);
        for held in numbers.filter(|held| held.rented.carrier_number_id == carrier_number_id) {
            if matches!(Standing::of(&held.notes, now), Standing::Pending | Standing::Unmet) {
                held.notes.insert(notes::FAILS_AT.to_owned(), now.to_string());
            }
        }
    }

    /// Tells what becomes of the next so many orders, after those that were told of before.
    pub fn plan(&mut self, plan: Plan, times: u32) {
        if times > 0 {
            self.plans.push_back((plan, times));
        }
    }

    /// What is to become of the order that is being taken.
    pub fn next_plan(&mut self) -> Option<Plan> {
        let (plan, times) = self.plans.front_mut()?;
        let plan = *plan;
        *times -= 1;
        if *times == 0 {
            self.plans.pop_front();
        }
        Some(plan)
    }

    /// The numbers that never become the account's, though it may look so for a while.
    pub fn failing(&self) -> impl Iterator<Item = &Held> {
        let numbers = self.orders.values().flat_map(|order| &order.numbers);
        numbers.filter(|held| held.notes.contains_key(notes::FAILS_AT) && !is_of_ledger(held))
    }
}

impl Order {
    /// The number whose notes and route say what the whole order was given.
    pub fn first(&self) -> Option<&Held> {
        self.numbers.first()
    }

    /// How it stands: no part of it is done before all are.
    pub fn standing(&self, now: Timestamp) -> Standing {
        let standings = self.numbers.iter().map(|held| Standing::of(&held.notes, now)).collect::<Vec<_>>();
        let worst = [Standing::Unmet, Standing::Pending, Standing::Failed];
        worst.into_iter().find(|standing| standings.contains(standing)).unwrap_or(Standing::Active)
    }

    /// Whether a regulator knows what it wants to know of each number.
    pub fn meets_requirements(&self) -> bool {
        self.numbers.iter().all(|held| !held.notes.contains_key(notes::UNMET))
    }

    /// What a number of an order that fails has for an id.
    pub fn failing_id(id: Uuid, at: usize) -> String {
        format!("{id}/{at}")
    }
}

/// Whether it was ever the account's.
fn is_of_ledger(held: &Held) -> bool {
    !held.rented.carrier_number_id.contains('/')
}
