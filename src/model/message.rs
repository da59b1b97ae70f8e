//! Messages: what a number was sent, and what was sent from it.

use super::{AccountId, Carrier, MessageId, NumberId, Text, Timestamp};

/// A message to or from a number of an agency. It stays when the number is released.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Its id here.
    pub id: MessageId,
    /// The agency's number that it came to or went from.
    pub number: NumberId,
    /// Which way.
    pub direction: Direction,
    /// How far it is.
    pub state: MessageState,
    /// Who sent it: a number, but also a short code or a word.
    pub from: String,
    /// Who it was for.
    pub to: String,
    /// What it says.
    pub body: String,
    /// Where what is attached can be fetched.
    pub media: Vec<String>,
    /// Who carries it.
    pub carrier: Carrier,
    /// With which account.
    pub account: Option<Text>,
    /// Its id at the carrier; none while that has not been told.
    pub carrier_message_id: Option<String>,
    /// Why it did not arrive, in the carrier's code.
    pub error_code: Option<String>,
    /// And in words.
    pub error: Option<String>,
    /// When it came here or was sent: no two of a number have the same.
    pub at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// Which way a message goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// To a number of ours.
    Inbound,
    /// From a number of ours.
    Outbound,
}

impl Direction {
    /// Both, in the order in which the database numbers them.
    pub const ALL: [Self; 2] = [Self::Inbound, Self::Outbound];

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Inbound => "inbound",
            Self::Outbound => "outbound",
        }
    }
}

/// How far a message is. A later state is never followed by an earlier one, in whatever order the carrier tells them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MessageState {
    /// The carrier is being asked to send it.
    Sending,
    /// The carrier did not say whether it will send it. It is not sent again by itself.
    Unknown,
    /// The carrier will send it.
    Queued,
    /// It is on its way.
    Sent,
    /// It has arrived, here or there.
    Delivered,
    /// It was on its way and did not arrive.
    Undelivered,
    /// It was not sent.
    Failed,
}

impl MessageState {
    /// Every state, in the order in which the database numbers them.
    pub const ALL: [Self; 7] =
        [Self::Sending, Self::Unknown, Self::Queued, Self::Sent, Self::Delivered, Self::Undelivered, Self::Failed];

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sending => "sending",
            Self::Unknown => "unknown",
            Self::Queued => "queued",
            Self::Sent => "sent",
            Self::Delivered => "delivered",
            Self::Undelivered => "undelivered",
            Self::Failed => "failed",
        }
    }

    /// Whether nothing more will be heard of it.
    #[must_use]
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Delivered | Self::Undelivered | Self::Failed)
    }
}

/// What a carrier tells of its own accord.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// Somebody has sent one of its numbers a message.
    Came(Incoming),
    /// How far a message is that was sent from one.
    Stands(Standing),
    /// Something else, which is none of our business.
    Other,
}

/// A message that came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Incoming {
    /// Its id at the carrier.
    pub carrier_message_id: String,
    /// Who sent it, in whatever form.
    pub from: String,
    /// Which number it is for, likewise.
    pub to: String,
    /// What it says.
    pub body: String,
    /// Where what is attached can be fetched.
    pub media: Vec<String>,
}

/// How far a message is, by its carrier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Its id at the carrier.
    pub carrier_message_id: String,
    /// How far.
    pub state: MessageState,
    /// Why it did not arrive, in the carrier's code.
    pub error_code: Option<String>,
    /// And in words.
    pub error: Option<String>,
}

/// A message that came for a number that nobody here has: kept for the operator, and shown to no agency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stray {
    /// The account that it came with.
    pub account: AccountId,
    /// The message.
    pub incoming: Incoming,
    /// When it came.
    pub at: Timestamp,
}
