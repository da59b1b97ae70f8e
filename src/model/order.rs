//! The order: one thing asked of a carrier for one number, done exactly once.

use std::fmt;

use super::{BasketId, Carrier, E164, Number, NumberId, OrderId, Paper, Papers, Text, Timestamp};

/// What a carrier is asked to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Deed {
    /// Rent us a number.
    Purchase,
    /// Take a number back.
    Release,
    /// Send a number's calls and messages where its agent's route says.
    Route,
}

impl Deed {
    /// Every deed, in the order in which the database numbers them.
    pub const ALL: [Self; 3] = [Self::Purchase, Self::Release, Self::Route];
}

impl fmt::Display for Deed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Purchase => "purchase",
            Self::Release => "release",
            Self::Route => "route",
        })
    }
}

/// Where an order stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OrderState {
    /// The number is ours to order; the carrier knows nothing yet.
    Claimed,
    /// The carrier is being asked to do it.
    Sending,
    /// The carrier has done it.
    Confirmed,
    /// The carrier has not done it, and will not.
    Failed,
    /// The carrier may have done it: it will be asked.
    Unknown,
    /// Only a person can tell how it ended.
    NeedsOperator,
}

impl OrderState {
    /// Every state, in the order in which the database numbers them.
    pub const ALL: [Self; 6] =
        [Self::Claimed, Self::Sending, Self::Confirmed, Self::Failed, Self::Unknown, Self::NeedsOperator];

    /// Whether nothing more will come of it.
    #[must_use]
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Confirmed | Self::Failed)
    }
}

impl fmt::Display for OrderState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Claimed => "claimed",
            Self::Sending => "sending",
            Self::Confirmed => "confirmed",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
            Self::NeedsOperator => "needs_operator",
        })
    }
}

/// Why an order failed, or is not done yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reason {
    /// The carrier does not sell the number, or somebody here has it or is about to: which, is nobody's business.
    NotAvailable,
    /// The carrier knows no such number.
    InvalidNumber,
    /// It would cost more than the agency may spend a month.
    OverBudget,
    /// The agency may not have more numbers.
    OverLimit,
    /// The account has the number, and nobody here: buying it would take it over from whoever uses it.
    AlreadyOwned,
    /// The country wants to see this paper first.
    RegulatoryRequired(Paper),
    /// Emergency services know the number: that has to be taken back first.
    EmergencyAddress,
    /// The number is locked against being given back: it has to be unlocked first.
    DeletionLock,
    /// The carrier does not accept the account's credentials, or they cannot be opened here.
    BadCredentials,
    /// The carrier refused for another reason.
    Refused,
    /// The carrier has too much to do, and did nothing.
    CarrierBusy,
    /// The carrier could not be reached, and did nothing.
    Unreached,
    /// The carrier did not say what it did.
    Unanswered,
    /// There is no account at the number's carrier to act with.
    NoAccount,
    /// The agency has no such number.
    NoSuchNumber,
    /// Another order for this number is under way.
    UnderWay,
    /// It was taken back before the carrier knew of it.
    Withdrawn,
    /// The carrier did it, and here it could not be written down.
    Unrecorded,
}

impl Reason {
    /// Every reason.
    pub const ALL: [Self; 20] = [
        Self::NotAvailable,
        Self::InvalidNumber,
        Self::OverBudget,
        Self::OverLimit,
        Self::AlreadyOwned,
        Self::RegulatoryRequired(Paper::Address),
        Self::RegulatoryRequired(Paper::Bundle),
        Self::RegulatoryRequired(Paper::RequirementGroup),
        Self::EmergencyAddress,
        Self::DeletionLock,
        Self::BadCredentials,
        Self::Refused,
        Self::CarrierBusy,
        Self::Unreached,
        Self::Unanswered,
        Self::NoAccount,
        Self::NoSuchNumber,
        Self::UnderWay,
        Self::Withdrawn,
        Self::Unrecorded,
    ];

    /// Its name, as the store keeps it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NotAvailable => "not_available",
            Self::InvalidNumber => "invalid_number",
            Self::OverBudget => "over_budget",
            Self::OverLimit => "over_limit",
            Self::AlreadyOwned => "already_owned",
            Self::RegulatoryRequired(Paper::Address) => "address_required",
            Self::RegulatoryRequired(Paper::Bundle) => "bundle_required",
            Self::RegulatoryRequired(Paper::RequirementGroup) => "requirement_group_required",
            Self::EmergencyAddress => "emergency_address",
            Self::DeletionLock => "deletion_lock",
            Self::BadCredentials => "bad_credentials",
            Self::Refused => "refused",
            Self::CarrierBusy => "carrier_busy",
            Self::Unreached => "unreached",
            Self::Unanswered => "unanswered",
            Self::NoAccount => "no_account",
            Self::NoSuchNumber => "no_such_number",
            Self::UnderWay => "under_way",
            Self::Withdrawn => "withdrawn",
            Self::Unrecorded => "unrecorded",
        }
    }
}

impl fmt::Display for Reason {
    /// As a sentence that may be shown to the agency.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotAvailable => "Phone number is not available or already taken",
            Self::InvalidNumber => "The carrier knows no such phone number",
            Self::OverBudget => "The agency's monthly budget does not allow it",
            Self::OverLimit => "The agency has as many phone numbers as it may have",
            Self::AlreadyOwned => {
                "The carrier account has this phone number already: adopt it with a sync instead of buying it"
            }
            Self::RegulatoryRequired(Paper::Address) => {
                "This country requires an address that the carrier accepts: give its address_id"
            }
            Self::RegulatoryRequired(Paper::Bundle) => {
                "This country requires a regulatory bundle that the carrier accepts: give its bundle_id"
            }
            Self::RegulatoryRequired(Paper::RequirementGroup) => {
                "This country requires a requirement group that the carrier accepts: give its requirement_group_id"
            }
            Self::EmergencyAddress => "It has an emergency address at the carrier, which must be removed first",
            Self::DeletionLock => "It has a deletion lock at the carrier, which must be taken off first",
            Self::BadCredentials => "The carrier does not accept the account's credentials",
            Self::Refused => "The carrier refused",
            Self::CarrierBusy => "The carrier is busy and did nothing; try again later",
            Self::Unreached => "The carrier could not be reached and did nothing; try again later",
            Self::Unanswered => "The carrier has not confirmed it yet; this is being settled",
            Self::NoAccount => "There is no account at this number's carrier to act with",
            Self::NoSuchNumber => "Phone number not found",
            Self::UnderWay => "Another order for this phone number is under way",
            Self::Withdrawn => "It was taken back",
            Self::Unrecorded => "The carrier did it, and it could not be recorded yet; this is being settled",
        })
    }
}

/// One thing asked of a carrier, for one number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// Its id, and what the carrier is given to know it by.
    pub id: OrderId,
    /// What was asked for at once with it.
    pub basket: BasketId,
    /// Its place in the basket.
    pub place: u32,
    /// What is asked for.
    pub deed: Deed,
    /// The number's row here. There is none any more where a purchase failed.
    pub number: NumberId,
    /// The number itself.
    pub phone_number: E164,
    /// The carrier that is asked.
    pub carrier: Carrier,
    /// With which account.
    pub account: Option<Text>,
    /// The papers that it is rented with; of a purchase only.
    pub papers: Papers,
    /// The agency's own word for it.
    pub customer_reference: Option<String>,
    /// Where it stands.
    pub state: OrderState,
    /// How often it was sent to the carrier.
    pub sends: u32,
    /// How often the carrier was asked about it since then, or could not be.
    pub tries: u32,
    /// Since when the carrier has said that it knows nothing of it.
    pub absent_since: Option<Timestamp>,
    /// When it is to be looked at again.
    pub due_at: Option<Timestamp>,
    /// Why it failed or is not done yet.
    pub reason: Option<Reason>,
    /// What the carrier said to that.
    pub detail: Option<String>,
    /// When it was placed.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

impl Order {
    /// An order that is claimed and due at once: for this number, by itself in this basket.
    #[must_use]
    pub fn new(id: OrderId, basket: BasketId, deed: Deed, number: &Number, now: Timestamp) -> Self {
        Self {
            id,
            basket,
            place: 0,
            deed,
            number: number.id,
            phone_number: number.phone_number.clone(),
            carrier: number.carrier,
            account: number.carrier_account.clone(),
            papers: Papers::default(),
            customer_reference: None,
            state: OrderState::Claimed,
            sends: 0,
            tries: 0,
            absent_since: None,
            due_at: Some(now),
            reason: None,
            detail: None,
            created_at: now,
            updated_at: now,
        }
    }
}
