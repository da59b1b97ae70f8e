//! Carriers: the one port through which numbers are rented, and who is behind it.
//!
//! None of this is called inside a transaction or while a database connection is held: a carrier may take its time.

mod accounts;
pub mod http;
pub mod inbound;
pub mod messages;
mod regions;
pub mod simulator;
mod sip;
pub mod telnyx;
pub mod twilio;

use std::fmt::Debug;

use messages::{Outgoing, Posted};

pub use accounts::{Account, Carriers, Unopened};

use crate::model::{
    Carrier, E164, Features, Money, NumberType, Offer, OrderId, Paper, Papers, Route, Timestamp, Wanted,
};

/// A carrier, as we use it: with one account of ours.
///
/// No method keeps anything between calls, and each may be called from several threads at once. Each request that one
/// makes has a deadline; only what asks about every number makes more than a few.
pub trait Port: Debug + Send + Sync {
    /// What it would sell now. Asking changes nothing and may be repeated.
    ///
    /// # Errors
    /// [`Trouble`]; of whatever kind, nothing was done.
    fn search(&self, wanted: &Wanted) -> Result<Vec<Offer>, Trouble>;

    /// Rents a number, with a route and papers where they are given. Of the route, what [`fitting`] leaves is taken; what
    /// this cannot set at once is told by the answer's route, and for [`Port::configure`] to do.
    ///
    /// **Never repeat it unasked.** Carriers do not recognise a repeat: some charge twice, some take it for a change of
    /// a number that is owned already, whoever it was rented for. After [`Trouble::Unknown`] and [`Trouble::Waiting`], ask
    /// [`Port::trace`].
    ///
    /// # Errors
    /// [`Trouble`]; its kind says whether it may have been done. [`Refusal::AlreadyOwned`] where a carrier would have taken
    /// it for a change.
    fn acquire(&self, number: &E164, reference: OrderId, route: &Route, papers: &Papers) -> Result<Rented, Trouble>;

    /// What became of an [`Port::acquire`] with this reference whose answer was lost. Asking changes nothing and may be
    /// repeated.
    ///
    /// # Errors
    /// [`Trouble`]; nothing is known then, whatever its kind.
    fn trace(&self, number: &E164, reference: OrderId) -> Result<Traced, Trouble> {
        let _ = reference;
        Ok(Traced::of(self.owned(Some(number))?))
    }

    /// Sends a number's calls and messages where the route says, and reads back where they go then; an empty one takes
    /// that back. Of the route, what [`fitting`] leaves is taken. A repeat does no harm.
    ///
    /// # Errors
    /// [`Trouble`]; [`Refusal::NotOwned`] where the account does not have the number.
    fn configure(&self, rented: &Rented, route: &Route) -> Result<Route, Trouble>;

    /// The numbers that the account has: all, or just this one. Asking changes nothing and may be repeated. A listing
    /// that could not be read to its end is an error, never a shorter listing. Where numbers are brought along, nobody
    /// has a listing, and it is empty.
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

    /// Sends a message.
    ///
    /// **Never repeat it:** no carrier knows a repeat from another message. After [`Trouble::Unknown`], what the carrier tells
    /// of its own accord may settle it, and nothing else will.
    ///
    /// # Errors
    /// [`Trouble`]; its kind says whether it may have been sent. What the carrier refuses is no trouble.
    fn send_message(&self, message: &Outgoing) -> Result<Posted, Trouble> {
        let _ = message;
        let said = "this carrier carries no messages".to_owned();
        Ok(Posted::Refused { code: None, said })
    }

    /// Whether the account can be used: one request that changes nothing and costs nothing.
    ///
    /// # Errors
    /// [`Trouble`]; [`Refusal::Credentials`] where it does not let us in.
    fn check(&self) -> Result<(), Trouble> {
        Ok(())
    }

    /// What each of these numbers costs a month, in their order; none where the carrier does not tell.
    ///
    /// # Errors
    /// [`Trouble`].
    fn monthly_costs(&self, rented: &[Rented]) -> Result<Vec<Option<Price>>, Trouble> {
        Ok(vec![None; rented.len()])
    }

    /// The calls and messages since then, by the carrier's logs, in any order; of each, both ends, ours or not. A log that
    /// could not be read to its end is an error. None: it keeps no logs.
    ///
    /// # Errors
    /// [`Trouble`].
    fn used_since(&self, since: Timestamp) -> Result<Option<Vec<Use>>, Trouble> {
        let _ = since;
        Ok(None)
    }
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
    /// What else the carrier says of it.
    pub traits: Traits,
}

/// What a carrier says of a number that an account has, as far as it does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Traits {
    /// What it is called there.
    pub friendly_name: Option<String>,
    /// Of which kind it is.
    pub number_type: Option<NumberType>,
    /// ISO 3166-1 alpha-2.
    pub country: Option<String>,
    /// What it can do.
    pub features: Option<Features>,
}

/// What became of a purchase whose answer was lost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Traced {
    /// The account has the number.
    Rented(Box<Rented>),
    /// The carrier is still at it.
    Pending,
    /// It has taken it, and does not do it before it has this paper.
    Waiting {
        /// Which.
        paper: Paper,
        /// In its own words.
        said: String,
    },
    /// The carrier has taken it, and will not do it.
    Refused {
        /// Why.
        reason: Refusal,
        /// In its own words.
        said: String,
    },
    /// It knows nothing of it, or not yet.
    Nothing,
}

impl Traced {
    /// What a listing of this one number says.
    #[must_use]
    pub fn of(listed: Vec<Rented>) -> Self {
        listed.into_iter().next().map_or(Self::Nothing, |rented| Self::Rented(Box::new(rented)))
    }
}

/// What something costs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Price {
    /// So much.
    pub amount: Money,
    /// ISO 4217.
    pub currency: String,
}

/// A call or a message, as it concerns one number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Use {
    /// Which.
    pub phone_number: E164,
    /// When it began or was sent.
    pub at: Timestamp,
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
    /// It has taken the order, and does not carry it out before it has this paper: it may yet be done.
    #[error("the carrier waits for papers: {said}")]
    Waiting {
        /// Which.
        paper: Paper,
        /// In its own words.
        said: String,
    },
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
    /// The account has this number already, and renting it would have changed it.
    AlreadyOwned,
    /// This paper is missing, or is not the right one.
    Missing(Paper),
    /// Emergency services know the number, and must forget it first.
    EmergencyAddress,
    /// The number is locked against being given back, and must be unlocked first.
    DeletionLock,
    /// It does not let us in.
    Credentials,
    /// Anything else.
    Other,
}

/// What the trouble means that comes after a deed was done, or a part of it: that nothing was done is not true then.
fn half_done(trouble: Trouble) -> Trouble {
    match trouble {
        // Whatever was told, it was told to a number that is gone by now.
        Trouble::Refused { reason: Refusal::NotOwned, .. } | Trouble::Unknown(_) => trouble,
        trouble => Trouble::Unknown(format!("it was told, and then: {trouble}")),
    }
}

/// Where a number's calls and messages go now that its carrier has been told, by the carrier's listing.
fn read_back(port: &impl Port, rented: &Rented) -> Result<Route, Trouble> {
    let there = port.owned(Some(&rented.phone_number)).map_err(half_done)?.into_iter().next();
    let not_listed = || Trouble::Refused { reason: Refusal::NotOwned, said: "it does not list the number".to_owned() };
    there.map(|there| there.route).ok_or_else(not_listed)
}

/// The part of a route that a carrier knows.
#[must_use]
pub fn fitting(carrier: Carrier, route: &Route) -> Route {
    let Route { voice_url, sms_url, application_id, trunk_id, connection_id, messaging_profile_id, sip_uri } =
        route.clone();
    match carrier {
        Carrier::Simulator => route.clone(),
        Carrier::Sip => Route { sip_uri, ..Route::default() },
        Carrier::Twilio => {
            // Each of the two takes the other's place there; a trunk takes calls before anything else does.
            let application_id = application_id.filter(|_| trunk_id.is_none());
            Route { voice_url, sms_url, application_id, trunk_id, ..Route::default() }
        }
        Carrier::Telnyx => Route { connection_id, messaging_profile_id, ..Route::default() },
    }
}
