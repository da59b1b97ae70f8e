//! The carriers that can be reached, by the accounts that agencies have at them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::http::NoServer;
use super::sip::Sip;
use super::telnyx::Telnyx;
use super::twilio::Twilio;
use super::{Port, Refusal, Trouble, simulator};
use crate::model::{AccountId, Carrier, CarrierAccount, Secret, Text, Timestamp};
use crate::store::Reachable;
use crate::store::keyring::{KeyTrouble, Keyring, Place};

/// An account at a carrier: what a number is rented with.
#[derive(Clone, Debug)]
pub struct Account {
    /// At which carrier.
    pub carrier: Carrier,
    /// Its name there.
    pub name: Option<Text>,
    /// Its id here; none of what everybody shares.
    pub id: Option<AccountId>,
    /// The way there.
    pub port: Arc<dyn Port>,
}

/// The ways to the carriers. Those that have been opened stay so until their credentials change. Without a key, no account
/// leads anywhere.
#[derive(Clone, Debug, Default)]
pub struct Carriers {
    simulator: Option<Arc<dyn Port>>,
    keyring: Keyring,
    deadline: Duration,
    opened: Arc<Mutex<HashMap<AccountId, Opened>>>,
}

#[derive(Debug)]
struct Opened {
    credentials_at: Option<Timestamp>,
    port: Arc<dyn Port>,
}

/// Why there is no way to an account.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unopened {
    /// Its credentials cannot be read.
    #[error("{0}")]
    Key(#[from] KeyTrouble),
    /// Its address is none.
    #[error("{0}")]
    Server(#[from] NoServer),
    /// It was added without credentials.
    #[error("the account has no credentials")]
    NoCredentials,
}

impl From<Unopened> for Trouble {
    /// Nothing was done.
    fn from(why: Unopened) -> Self {
        Self::Refused { reason: Refusal::Credentials, said: why.to_string() }
    }
}

impl Carriers {
    /// The carriers, as far as accounts lead to them. A request has until the deadline.
    #[must_use]
    pub fn new(keyring: Keyring, deadline: Duration) -> Self {
        Self { simulator: None, keyring, deadline, opened: Arc::default() }
    }

    /// The same carriers and a simulator, whose one account all agencies share.
    #[must_use]
    pub fn with_simulator(mut self, simulator: Arc<dyn Port>) -> Self {
        self.simulator = Some(simulator);
        self
    }

    /// What credentials are encrypted with.
    #[must_use]
    pub fn keyring(&self) -> &Keyring {
        &self.keyring
    }

    /// The account that everybody shares, if there is a simulator.
    #[must_use]
    pub fn simulated(&self) -> Option<Account> {
        let port = self.simulator.clone()?;
        Some(Account { carrier: Carrier::Simulator, name: Some(simulator::ACCOUNT.into()), id: None, port })
    }

    /// The account of a number that was brought along, on whichever trunk.
    #[must_use]
    pub fn brought_along(name: Option<&str>) -> Account {
        Account { carrier: Carrier::Sip, name: name.map(Text::from), id: None, port: Arc::new(Sip) }
    }

    /// The way to an account. Nobody is asked yet.
    ///
    /// # Errors
    /// [`Unopened`]
    pub fn open(&self, known: &Reachable) -> Result<Account, Unopened> {
        let account = &known.account;
        let opened =
            |port| Account { carrier: account.carrier, name: Some(account.name.clone()), id: Some(account.id), port };
        if account.carrier == Carrier::Sip {
            return Ok(Self::brought_along(Some(&account.name)));
        }
        let credentials_at = account.credentials_at;
        if let Some(there) = self.opened().get(&account.id).filter(|there| there.credentials_at == credentials_at) {
            return Ok(opened(Arc::clone(&there.port)));
        }
        // Nobody waits for it: what two have opened at once is the same.
        let port = self.port(account, self.secret(known)?)?;
        self.opened().insert(account.id, Opened { credentials_at, port: Arc::clone(&port) });
        Ok(opened(port))
    }

    fn opened(&self) -> MutexGuard<'_, HashMap<AccountId, Opened>> {
        self.opened.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What an account's carrier lets us in with.
    pub(super) fn secret(&self, Reachable { owner, account }: &Reachable) -> Result<Secret, Unopened> {
        let sealed = account.credentials.as_ref().ok_or(Unopened::NoCredentials)?;
        Ok(self.keyring.open(Place::of_credentials(*owner, account.id), sealed)?)
    }

    fn port(&self, account: &CarrierAccount, secret: Secret) -> Result<Arc<dyn Port>, Unopened> {
        let url = account.url.as_deref();
        Ok(match account.carrier {
            Carrier::Twilio => Arc::new(Twilio::new(&account.name, secret, url, self.deadline)?),
            Carrier::Telnyx => Arc::new(Telnyx::new(secret, url, self.deadline)?),
            Carrier::Sip => Arc::new(Sip),
            Carrier::Simulator => self.simulator.clone().ok_or(Unopened::NoCredentials)?,
        })
    }
}
