//! The phone number in the inventory.

use std::sync::Arc;

use super::{Agent, E164, Money, NumberId, Text, Timestamp};

/// Where a number stands in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Status {
    /// Ordered, not yet the agency's.
    Pending,
    /// In service.
    Active,
    /// Kept but out of service (`inactive` in the seed's database).
    Suspended,
    /// Given back to the carrier; kept for its history.
    Released,
}

impl Status {
    /// Every status, in the order in which the database numbers them.
    pub const ALL: [Self; 4] = [Self::Pending, Self::Active, Self::Suspended, Self::Released];

    /// Its name, the same in the store's documents and in every dialect that has it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Active => "active",
            Self::Suspended => "suspended",
            Self::Released => "released",
        }
    }
}

/// Who the number is rented from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Carrier {
    /// The built-in carrier, which needs no account.
    Simulator,
    /// A number the agency brings along on a SIP trunk of its own.
    Sip,
    /// Twilio.
    Twilio,
    /// Telnyx.
    Telnyx,
}

impl Carrier {
    /// Every carrier, in the order in which the database numbers them.
    pub const ALL: [Self; 4] = [Self::Simulator, Self::Sip, Self::Twilio, Self::Telnyx];

    /// Its name, the same in the store's documents and wherever it is shown.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Simulator => "simulator",
            Self::Sip => "sip",
            Self::Twilio => "twilio",
            Self::Telnyx => "telnyx",
        }
    }
}

/// A phone number of an agency, with the agent that answers it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Number {
    /// Its id here.
    pub id: NumberId,
    /// The number itself.
    pub phone_number: E164,
    /// Its id at the carrier.
    pub carrier_number_id: Option<Text>,
    /// What the agency calls it.
    pub friendly_name: Option<Text>,
    /// `local`, `toll_free`, `mobile` or `national`; other words come with imported rows.
    pub number_type: Option<Text>,
    /// ISO 3166-1 alpha-2.
    pub country_code: Option<Text>,
    /// Carries calls.
    pub voice_enabled: bool,
    /// Carries text messages.
    pub sms_enabled: bool,
    /// Carries picture messages.
    pub mms_enabled: bool,
    /// Takes calls.
    pub inbound: bool,
    /// Places calls.
    pub outbound: bool,
    /// What it costs a month, in `currency`.
    pub monthly_cost: Option<Money>,
    /// What it cost to get, in `currency`.
    pub setup_cost: Option<Money>,
    /// ISO 4217.
    pub currency: Text,
    /// Where it stands in its life.
    pub status: Status,
    /// The seed's switch beside the status.
    pub is_active: bool,
    /// Who it is rented from.
    pub carrier: Carrier,
    /// The account at the carrier; none for numbers that came by an import.
    pub carrier_account: Option<Text>,
    /// Where it is, in words, e.g. `Denver, US`.
    pub location: Option<Text>,
    /// Why the carrier does not yet send its calls where its agent's route says; none where it does or nothing is to do.
    pub routing: Option<Text>,
    /// When the carrier confirmed it.
    pub purchased_at: Option<Timestamp>,
    /// When it was given back.
    pub released_at: Option<Timestamp>,
    /// When it entered the inventory: lists are ordered by it, newest first.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// What the agency's own systems call it.
    pub external_id: Option<Text>,
    /// When it is to be given back by itself.
    pub expires_at: Option<Timestamp>,
    /// The agent that answers it.
    pub agent: Option<Arc<Agent>>,
}

impl Number {
    /// An active number of which nothing is known that need not be.
    #[must_use]
    pub fn bare(id: NumberId, phone_number: E164, carrier: Carrier, now: Timestamp) -> Self {
        Self {
            id,
            phone_number,
            carrier_number_id: None,
            friendly_name: None,
            number_type: None,
            country_code: None,
            voice_enabled: true,
            sms_enabled: false,
            mms_enabled: false,
            inbound: true,
            outbound: false,
            monthly_cost: None,
            setup_cost: None,
            currency: "USD".into(),
            status: Status::Active,
            is_active: true,
            carrier,
            carrier_account: None,
            location: None,
            routing: None,
            purchased_at: None,
            released_at: None,
            created_at: now,
            updated_at: now,
            external_id: None,
            expires_at: None,
            agent: None,
        }
    }

    /// It is nobody's any more from then on.
    pub fn release(&mut self, at: Timestamp) {
        (self.status, self.is_active) = (Status::Released, false);
        (self.agent, self.routing) = (None, None);
        (self.released_at, self.updated_at) = (Some(at), at);
    }
}
