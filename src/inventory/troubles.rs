//! Carriers' troubles, in the model's words.

use super::without_numbers;
use crate::carrier::{Refusal, Trouble};
use crate::model::{Error, Reason};

/// A carrier's trouble, in the model's words and its own.
pub(super) fn why(trouble: Trouble) -> (Reason, Option<String>) {
    match trouble {
        Trouble::Refused { reason: Refusal::NotAvailable, said } => (Reason::NotAvailable, Some(said)),
        Trouble::Refused { reason: Refusal::Invalid, said } => (Reason::InvalidNumber, Some(said)),
        Trouble::Refused { reason: Refusal::NotOwned, said } => (Reason::NoAccount, Some(said)),
        Trouble::Refused { reason: Refusal::AlreadyOwned, said } => (Reason::AlreadyOwned, Some(said)),
        Trouble::Refused { reason: Refusal::Missing(paper), said } | Trouble::Waiting { paper, said } => {
            (Reason::RegulatoryRequired(paper), Some(said))
        }
        Trouble::Refused { reason: Refusal::EmergencyAddress, said } => (Reason::EmergencyAddress, Some(said)),
        Trouble::Refused { reason: Refusal::DeletionLock, said } => (Reason::DeletionLock, Some(said)),
        Trouble::Refused { reason: Refusal::Credentials, said } => (Reason::BadCredentials, Some(said)),
        Trouble::Refused { reason: Refusal::Other, said } => (Reason::Refused, Some(said)),
        Trouble::Busy => (Reason::CarrierBusy, None),
        Trouble::Unreached(said) => (Reason::Unreached, Some(said)),
        Trouble::Unknown(said) => (Reason::Unanswered, Some(said)),
    }
}

impl From<Trouble> for Error {
    /// Of a question, whose answer may be lost, but which nobody will settle. What the carrier said is the operator's to
    /// read.
    fn from(trouble: Trouble) -> Self {
        log::warn!("a question to a carrier was not answered: {}", without_numbers(&trouble.to_string()));
        let reason = why(trouble).0;
        Self::Carrier(if reason == Reason::Unanswered { Reason::Unreached } else { reason })
    }
}
