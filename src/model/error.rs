//! What can go wrong, in the trade's words: no HTTP, no SQL. Each dialect gives these its own envelope.

use std::fmt;

use super::Reason;

/// The result of a verb.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A thing that can be missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Noun {
    /// An agency.
    Agency,
    /// A user.
    User,
    /// An agent.
    Agent,
    /// An API key.
    Key,
    /// An account at a carrier.
    Account,
    /// A phone number.
    Number,
    /// An order.
    Order,
    /// A message.
    Message,
    /// A webhook.
    Webhook,
    /// A delivery to a webhook.
    Delivery,
}

impl fmt::Display for Noun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Agency => "agency",
            Self::User => "user",
            Self::Agent => "agent",
            Self::Key => "key",
            Self::Account => "carrier account",
            Self::Number => "phone number",
            Self::Order => "order",
            Self::Message => "message",
            Self::Webhook => "webhook",
            Self::Delivery => "delivery",
        })
    }
}

/// Why a verb refused or failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The caller is not a user, or a user without an agency.
    #[error("the caller does not belong to an agency")]
    NoAgency,
    /// A caller who is known, and may not do this.
    #[error("the caller's role or key does not allow this")]
    Forbidden,
    /// Which of these it is, is nobody's business.
    #[error("the API key is unknown, expired or revoked")]
    BadKey,
    /// There is no such thing here; one that belongs to another agency answers the same.
    #[error("there is no such {0}")]
    NotFound(Noun),
    /// A value that cannot be taken, and why.
    #[error("{field} is not acceptable: {reason}")]
    Invalid {
        /// The value's name.
        field: &'static str,
        /// What it should have been.
        reason: String,
    },
    /// Something unique is there already.
    #[error("there is already {0}")]
    Exists(&'static str),
    /// It does not fit what is there, and why.
    #[error("{0}")]
    Conflict(&'static str),
    /// There is no carrier to do it with.
    #[error("no carrier is configured for this agency")]
    NoCarrier,
    /// The carrier did not do it.
    #[error("{0}")]
    Carrier(Reason),
    /// The idempotency key was another request's.
    #[error("this Idempotency-Key was used for another request")]
    KeyReused,
    /// A request with this idempotency key is being answered.
    #[error("a request with this Idempotency-Key is being answered: try again later")]
    InFlight,
    /// Another process has been writing for too long.
    #[error("another process is writing to the database: try again when it is done")]
    Busy,
    /// A fault of ours or of the machine. Its source is for the log, never for a caller.
    #[error("internal error: {0}")]
    Internal(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl Error {
    /// Wraps a fault whose details are for the log only.
    pub fn internal(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Internal(source.into())
    }
}
