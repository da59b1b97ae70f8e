//! What the ledger keeps of a number beside its route: the names of the notes, and what they say of where it stands.

use crate::carrier::simulator::{Held, Notes, Terms};
use crate::model::Timestamp;

/// The number order that it came with.
pub const NUMBER_ORDER_ID: &str = "number_order_id";
/// What the customer calls it; when it was bought, what the customer called the order.
pub const CUSTOMER_REFERENCE: &str = "customer_reference";
/// ISO 3166-1 alpha-2.
pub const COUNTRY: &str = "country_iso_alpha2";
/// Its kind.
pub const TYPE: &str = "phone_number_type";
/// When it was ordered.
pub const PURCHASED_AT: &str = "purchased_at";
/// When it was changed.
pub const UPDATED_AT: &str = "updated_at";
/// When its order succeeds, where it did not at once.
pub const READY_AT: &str = "ready_at";
/// When its order fails; of numbers only that never become the account's.
pub const FAILS_AT: &str = "fails_at";
/// There where a regulator's requirements are not met.
pub const UNMET: &str = "requirements_unmet";
/// The tags, as JSON.
pub const TAGS: &str = "tags";
/// The voice settings that were changed, as JSON.
pub const VOICE: &str = "voice";
/// The billing group.
pub const BILLING_GROUP: &str = "billing_group_id";
/// What whoever ports it away must know.
pub const EXTERNAL_PIN: &str = "external_pin";
/// There where it must not be deleted.
pub const LOCK: &str = "deletion_lock_enabled";
/// There where no campaign is registered for its messages.
pub const UNREGISTERED: &str = "campaign_unregistered";

/// The messaging profile of a number.
pub fn messaging_profile(held: &Held) -> Option<&str> {
    held.rented.route.messaging_profile_id.as_deref()
}

/// Gives a number a messaging profile, or none where it is empty.
pub fn set_messaging_profile(terms: &mut Terms, id: &str) {
    terms.route.messaging_profile_id = (!id.is_empty()).then(|| id.to_owned());
}

/// Where a number stands, and its part of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It can be used.
    Active,
    /// Its order is not done.
    Pending,
    /// Its order is not done before somebody says what a regulator wants to know.
    Unmet,
    /// It never became the account's.
    Failed,
}

impl Standing {
    /// Where it stands now.
    pub fn of(notes: &Notes, now: Timestamp) -> Self {
        let is_after = |name| time(notes, name).is_some_and(|at| now < at);
        if notes.contains_key(FAILS_AT) {
            return if is_after(FAILS_AT) { Self::Pending } else { Self::Failed };
        }
        if notes.contains_key(UNMET) {
            Self::Unmet
        } else if is_after(READY_AT) {
            Self::Pending
        } else {
            Self::Active
        }
    }

    /// The status of the number: npm telnyx 7, resources/phone-numbers/phone-numbers.d.ts.
    pub fn of_number(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Pending => "purchase-pending",
            Self::Unmet => "requirement-info-pending",
            Self::Failed => "purchase-failed",
        }
    }

    /// The status of the number in its order: npm telnyx 7, resources/number-orders.d.ts.
    pub fn of_order(self) -> &'static str {
        match self {
            Self::Active => "success",
            Self::Pending | Self::Unmet => "pending",
            Self::Failed => "failure",
        }
    }
}

/// A time that is noted.
pub fn time(notes: &Notes, name: &str) -> Option<Timestamp> {
    notes.get(name)?.parse().ok()
}

/// When it was bought; numbers that the ledger has from elsewhere have no such note.
pub fn purchased_at(notes: &Notes) -> Timestamp {
    time(notes, PURCHASED_AT).unwrap_or(Timestamp(0))
}
