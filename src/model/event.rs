//! What happened: a change to one thing, kept for ever.

use uuid::Uuid;

use super::{AgencyId, Timestamp};

/// A change of an agency, user, agent, number, key or order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Its place among all events: later ones have higher numbers, and none is used twice.
    pub seq: i64,
    /// Whose it is; none for a user without an agency.
    pub agency: Option<AgencyId>,
    /// When it happened.
    pub at: Timestamp,
    /// Who did it: an [`Actor`](super::Actor) as it is written, or `outside`: another program.
    pub actor: String,
    /// Because of which request.
    pub request_id: Option<String>,
    /// What kind of thing changed: `number`, `order`, and so on.
    pub noun: String,
    /// Which.
    pub subject: Uuid,
    /// `added`, `changed` or `removed`.
    pub deed: String,
    /// What was there, as a JSON object: of a change, only what changed.
    pub before: Option<String>,
    /// What is there now, likewise.
    pub after: Option<String>,
}
