//! Carriers: the one port through which numbers are rented, and who is behind it.
//!
//! None of this is called inside a transaction or while a database connection is held: a carrier may take its time.

pub mod simulator;

use std::fmt::Debug;
use std::sync::Arc;

use crate::model::{Carrier, E164, Offer, OrderId, Route, Wanted};

/// A carrier, as we use it: with one account of ours.
///
/// No method keeps anything between calls, and each may be called from several threads at once. Each returns within its
/// own deadline, which is well under a minute.
pub trait Port: Debug + Send + Sync {
    /// What it would sell now. Asking changes nothing and may be repeated.
    ///
    /// # Errors
    /// [`Trouble`]; of whatever kind, nothing was done.
    fn search(&self, wanted: &Wanted) -> Result<Vec<Offer>, Trouble>;

    /// Rents a number, with a route where one is given.
    ///
    /// **Never repeat it unasked.** Carriers do not recognise a repeat: some charge twice, some take it for a change of
    /// a number that is owned already, whoever it was rented for. After [`Trouble::Unknown`], ask [`Port::owned`].
    ///
    /// # Errors
    /// [`Trouble`]; its kind says whether it may have been done.
    fn acquire(&self, number: &E164, reference: OrderId, route: &Route) -> Result<Rented, Trouble>;

    /// Sends a number's calls and messages where the route says; an empty one takes that back. A repeat does no harm, and
    /// whether it is so is only known by reading it back from [`Port::owned`].
    ///
    /// # Errors
    /// [`Trouble`]; [`Refusal::NotOwned`] where the account does not have the number.
    fn configure(&self, rented: &Rented, route: &Route) -> Result<(), Trouble>;

    /// The numbers that the account has: all, or just this one. Asking changes nothing and may be repeated. A listing
    /// that could not be read to its end is an error, never a shorter listing.
    ///
    /// That a number is not in it proves nothing about a request whose answer was lost a moment ago: it may still be on
    /// its way. Ask twice, well apart.
    ///
    /// # Errors
    /// [`Trouble`]; nothing was done.
    fn owned(&self, number: Option<&E164>) -> Result<Vec<Rented>, Trouble>;

    /// Gives a number back. A repeat does no harm while nobody rents it anew: the account then has no such number, which
    /// is [`Refusal::NotOwned`], and as good as done.
    ///
    /// # Errors
    /// [`Trouble`]; its kind says whether it may have been done.
    fn release(&self, rented: &Rented) -> Result<(), Trouble>;
}

/// A number that an account at a carrier has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rented {
    /// The number itself.
    pub phone_number: E164,
    /// Its id at the carrier.
    pub carrier_number_id: String,
    /// Where its calls and messages go now.
    pub route: Route,
}

/// Why a carrier did not do something, or is not known to have done it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// It said no: nothing was done.
    #[error("the carrier refused: {said}")]
    Refused {
        /// Why.
        reason: Refusal,
        /// In its own words.
        said: String,
    },
    /// It has too much to do (429): nothing was done.
    #[error("the carrier is busy")]
    Busy,
    /// It was not reached, no part of the request was sent: nothing was done.
    #[error("the carrier could not be reached: {0}")]
    Unreached(String),
    /// It did not answer, or said that it failed: the deed may have been done, may yet be done, or may never be.
    #[error("the carrier did not say what it did: {0}")]
    Unknown(String),
}

/// Why a carrier says no.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// It does not sell this number, or no longer.
    NotAvailable,
    /// There is no such number.
    Invalid,
    /// The account does not have this number.
    NotOwned,
    /// Anything else.
    Other,
}

/// The carriers that can be reached, by their accounts.
#[derive(Clone, Debug, Default)]
pub struct Carriers {
    simulator: Option<Arc<dyn Port>>,
}

/// An account at a carrier: what a number is rented with.
#[derive(Clone, Debug)]
pub struct Account {
    /// At which carrier.
    pub carrier: Carrier,
    /// Its name there.
    pub name: &'static str,
    /// The way there.
    pub port: Arc<dyn Port>,
}

impl Carriers {
    /// The same carriers and a simulator, whose one account all agencies share.
    #[must_use]
    pub fn with_simulator(mut self, simulator: Arc<dyn Port>) -> Self {
        self.simulator = Some(simulator);
        self
    }

    /// The account that agencies buy with, if there is one.
    #[must_use]
    pub fn for_purchases(&self) -> Option<Account> {
        let port = self.simulator.clone()?;
        Some(Account { carrier: Carrier::Simulator, name: simulator::ACCOUNT, port })
    }

    /// The account that a number was rented with, if it can be reached.
    #[must_use]
    pub fn of(&self, carrier: Carrier, account: Option<&str>) -> Option<Account> {
        self.for_purchases().filter(|known| known.carrier == carrier && account == Some(known.name))
    }
}
