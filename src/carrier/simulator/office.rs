//! The simulator's back office: it does what it is asked, every time that it is asked, and writes it down first.

use std::collections::BTreeMap;
use std::io;
use std::ops::Bound;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock};

use super::ledger::{Deed, Entry, Ledger, Notes};
use super::stock::{INVALID, NEVER, Stock};
use crate::carrier::{Refusal, Rented, Traits, Trouble};
use crate::clock::Clock;
use crate::model::{E164, Offer, OrderId, Route, Wanted};

/// What the one account of a simulator has, and what else there is to buy.
#[derive(Debug)]
pub struct Office {
    stock: Stock,
    /// Held while a deed is done, so that one is done after the other; readers do not wait for the disk.
    ledger: Mutex<Ledger>,
    owned: RwLock<BTreeMap<E164, Lease>>,
}

/// What is known of a number that the account has.
#[derive(Debug, Default)]
struct Lease {
    carrier_number_id: String,
    route: Route,
    notes: Notes,
}

/// What is asked for with a number, or changed in it.
#[derive(Clone, Debug, Default)]
pub struct Terms {
    /// For which order; of an acquire only, and not every carrier is told.
    pub reference: Option<OrderId>,
    /// Where its calls and messages shall go.
    pub route: Route,
    /// The notes to set; one with nothing in it is taken away, one that is not among them stays.
    pub notes: Notes,
}

/// A number that the account has, with the notes that are kept of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// The number.
    pub rented: Rented,
    /// What else is kept of it.
    pub notes: Notes,
}

impl Held {
    fn of((number, lease): (&E164, &Lease)) -> Self {
        let rented = Rented {
            phone_number: number.clone(),
            carrier_number_id: lease.carrier_number_id.clone(),
            route: lease.route.clone(),
            traits: Traits::default(),
        };
        Self { rented, notes: lease.notes.clone() }
    }
}

impl Office {
    /// The office whose ledger is in this directory, and what a seed has in stock.
    ///
    /// # Errors
    /// As of [`Ledger::open`]; [`io::ErrorKind::InvalidData`] also where an entry does not follow from those before it.
    pub fn open(directory: &Path, seed: u64) -> io::Result<Self> {
        let (ledger, entries) = Ledger::open(directory)?;
        let mut owned = BTreeMap::new();
        for entry in entries {
            let seq = entry.seq;
            let damaged = || format!("the ledger is damaged: line {seq}: the account does not have this number");
            enter(&mut owned, entry).ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, damaged()))?;
        }
        Ok(Self { stock: Stock::new(seed), ledger: Mutex::new(ledger), owned: RwLock::new(owned) })
    }

    /// What there is to buy.
    pub fn search(&self, wanted: &Wanted) -> Vec<Offer> {
        let owned = self.owned.read().unwrap_or_else(PoisonError::into_inner);
        self.stock.search(wanted, |number| owned.contains_key(number))
    }

    /// Sells a number that is in stock, or is the account's already: then it only gets the route and the notes.
    ///
    /// # Errors
    /// As of [`crate::carrier::Port::acquire`].
    pub fn acquire(&self, number: &E164, terms: &Terms, injected: bool) -> Result<Rented, Trouble> {
        match number.as_str() {
            INVALID => return Err(refused(Refusal::Invalid, format!("{number} is not a phone number"))),
            NEVER => return Err(not_available(number)),
            _ => {}
        }
        let mut ledger = self.ledger();
        let owned = self.id_of(number);
        if owned.is_none() && !self.stock.has(number) {
            return Err(not_available(number));
        }
        let rented = Rented {
            phone_number: number.clone(),
            carrier_number_id: owned.unwrap_or_else(|| new_id(ledger.next())),
            route: terms.route.clone(),
            traits: Traits::default(),
        };
        let Terms { reference, notes, .. } = terms.clone();
        let entry = Entry { reference, notes, injected, ..entry(ledger.next(), Deed::Acquire, &rented) };
        self.enter(&mut ledger, vec![entry]).map_err(unwritten)?;
        Ok(rented)
    }

    /// Gives a number a route and notes.
    ///
    /// # Errors
    /// As of [`crate::carrier::Port::configure`].
    pub fn configure(&self, rented: &Rented, terms: &Terms, injected: bool) -> Result<(), Trouble> {
        self.change(Deed::Configure, rented, terms, injected)
    }

    /// Takes a number back.
    ///
    /// # Errors
    /// As of [`crate::carrier::Port::release`].
    pub fn release(&self, rented: &Rented, injected: bool) -> Result<(), Trouble> {
        self.change(Deed::Release, rented, &Terms::default(), injected)
    }

    /// What the account has.
    pub fn owned(&self, number: Option<&E164>) -> Vec<Rented> {
        self.held(number).into_iter().map(|held| held.rented).collect()
    }

    /// What the account has, with the notes.
    pub fn held(&self, number: Option<&E164>) -> Vec<Held> {
        let owned = self.owned.read().unwrap_or_else(PoisonError::into_inner);
        match number {
            Some(number) => owned.get_key_value(number).map(Held::of).into_iter().collect(),
            None => owned.iter().map(Held::of).collect(),
        }
    }

    /// The first so many that the account has behind a number, in the order of the numbers: for who answers page by page.
    pub fn held_behind(&self, number: Option<&E164>, most: usize) -> Vec<Held> {
        let owned = self.owned.read().unwrap_or_else(PoisonError::into_inner);
        let first = number.map_or(Bound::Unbounded, Bound::Excluded);
        owned.range::<E164, _>((first, Bound::Unbounded)).take(most).map(Held::of).collect()
    }

    /// Takes over numbers that exist elsewhere, in stock or not, with the ids and the routes that they have.
    ///
    /// # Errors
    /// What the file system says.
    pub fn port_in(&self, numbers: &[Rented]) -> io::Result<()> {
        let mut ledger = self.ledger();
        let entries = numbers.iter().zip(ledger.next()..).map(|(rented, seq)| entry(seq, Deed::PortIn, rented));
        let entries = entries.collect();
        self.enter(&mut ledger, entries)
    }

    fn change(&self, deed: Deed, rented: &Rented, terms: &Terms, injected: bool) -> Result<(), Trouble> {
        let mut ledger = self.ledger();
        if self.id_of(&rented.phone_number).as_ref() != Some(&rented.carrier_number_id) {
            let said = format!("the account has no {} with this id", rented.phone_number);
            return Err(refused(Refusal::NotOwned, said));
        }
        let Terms { route, notes, .. } = terms.clone();
        let entry = Entry { route, notes, injected, ..entry(ledger.next(), deed, rented) };
        self.enter(&mut ledger, vec![entry]).map_err(unwritten)
    }

    fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn id_of(&self, number: &E164) -> Option<String> {
        let owned = self.owned.read().unwrap_or_else(PoisonError::into_inner);
        owned.get(number).map(|lease| lease.carrier_number_id.clone())
    }

    /// Writes deeds down, and only then lets them be seen.
    fn enter(&self, ledger: &mut Ledger, entries: Vec<Entry>) -> io::Result<()> {
        ledger.append(&entries)?;
        let mut owned = self.owned.write().unwrap_or_else(PoisonError::into_inner);
        for entry in entries {
            enter(&mut owned, entry);
        }
        Ok(())
    }
}

/// What the account has after a deed; none where it could not have been done.
fn enter(owned: &mut BTreeMap<E164, Lease>, entry: Entry) -> Option<()> {
    let Entry { phone_number, carrier_number_id, route, notes, .. } = entry;
    match entry.deed {
        Deed::Acquire | Deed::PortIn => {
            let lease = owned.entry(phone_number).or_default();
            (lease.carrier_number_id, lease.route) = (carrier_number_id, route);
            note(&mut lease.notes, notes);
        }
        Deed::Configure => {
            let lease = owned.get_mut(&phone_number)?;
            lease.route = route;
            note(&mut lease.notes, notes);
        }
        Deed::Release => drop(owned.remove(&phone_number)?),
    }
    Some(())
}

fn note(kept: &mut Notes, set: Notes) {
    kept.extend(set);
    kept.retain(|_, text| !text.is_empty());
}

fn entry(seq: u64, deed: Deed, rented: &Rented) -> Entry {
    Entry {
        seq,
        at: Clock::System.now(),
        deed,
        phone_number: rented.phone_number.clone(),
        carrier_number_id: rented.carrier_number_id.clone(),
        reference: None,
        route: rented.route.clone(),
        notes: Notes::default(),
        injected: false,
    }
}

/// No other entry's place makes the same.
fn new_id(seq: u64) -> String {
    format!("sim-{seq}")
}

#[allow(clippy::needless_pass_by_value, reason = "as map_err gives it")]
fn unwritten(error: io::Error) -> Trouble {
    Trouble::Unknown(format!("the simulator's ledger could not be written: {error}"))
}

fn not_available(number: &E164) -> Trouble {
    refused(Refusal::NotAvailable, format!("{number} is not available"))
}

fn refused(reason: Refusal, said: String) -> Trouble {
    Trouble::Refused { reason, said }
}
