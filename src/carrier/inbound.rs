//! Calls that carriers make to us, and whether it is they who make them.

use super::{telnyx, twilio};
use crate::carrier::{Carriers, Unopened};
use crate::model::{Carrier, CarrierAccount, Notice, Timestamp};
use crate::store::Reachable;

/// A call to one of our addresses.
pub struct Call<'c> {
    /// The address as the carrier was given it: under the configured one, never under the one that the request bears.
    pub url: String,
    /// A header by its name in lower case.
    pub header: &'c dyn Fn(&str) -> Option<String>,
    /// The body, byte for byte.
    pub body: &'c [u8],
    /// When it came.
    pub now: Timestamp,
}

/// Why a call is not listened to.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unheard {
    /// Its signature is missing, or of another.
    #[error("the signature is missing or wrong")]
    Forged,
    /// Its signature is too old, or of the future.
    #[error("the signature is not of now")]
    Stale,
    /// It is signed, and makes no sense.
    #[error("the body cannot be understood")]
    NotUnderstood,
    /// There is nothing to check its signature with.
    #[error("{0}")]
    Unopened(#[from] Unopened),
}

impl Call<'_> {
    /// A header by its name in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<String> {
        (self.header)(name)
    }

    /// Whether the body is a form.
    #[must_use]
    pub fn is_form(&self) -> bool {
        let kind = self.header("content-type").unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().trim();
        kind.eq_ignore_ascii_case("application/x-www-form-urlencoded")
    }
}

impl Carriers {
    /// Hears a call to an account's address, if it is its carrier's.
    ///
    /// # Errors
    /// [`Unheard`]
    pub fn hear(&self, known: &Reachable, call: &Call) -> Result<Notice, Unheard> {
        let account = &known.account;
        match account.carrier {
            Carrier::Twilio => twilio::inbound::hear(call, &self.secret(known)?),
            Carrier::Telnyx => telnyx::inbound::hear(call, &key_of(account)?),
            Carrier::Simulator | Carrier::Sip => Err(Unopened::NoCredentials.into()),
        }
    }
}

fn key_of(account: &CarrierAccount) -> Result<[u8; 32], Unheard> {
    let key = account.webhook_key.as_deref().ok_or(Unopened::NoCredentials)?;
    telnyx::inbound::public_key(key).map_err(|_| Unopened::NoCredentials.into())
}
