//! The account at a carrier: what an agency rents its numbers with, or brings them along on.

use super::{AccountId, Carrier, Text, Timestamp};

/// An account that an agency has at a carrier. Its descendants use it where they have none of their own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CarrierAccount {
    /// Its id here.
    pub id: AccountId,
    /// At which carrier.
    pub carrier: Carrier,
    /// What it is known by, the same to everybody who uses it: numbers keep it as `carrier_account`.
    pub name: Text,
    /// What the agency calls it.
    pub label: Option<String>,
    /// Where the carrier is reached, if not where it is for everybody.
    pub url: Option<String>,
    /// What lets us in, so that only this installation can read it.
    pub credentials: Option<Sealed>,
    /// When that was given.
    pub credentials_at: Option<Timestamp>,
    /// What the carrier signs its calls to us with can be checked with this, where it is not the credentials (Telnyx' public
    /// key, base64).
    pub webhook_key: Option<String>,
    /// The trunk, of numbers that were brought along.
    pub trunk: Option<Trunk>,
    /// Up to when the carrier's logs of calls and messages have been read.
    pub logs_read_until: Option<Timestamp>,
    /// When it was added.
    pub created_at: Timestamp,
}

/// A secret that was encrypted for one place in the database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed(pub Vec<u8>);

/// Where an agency's own SIP numbers take and place calls.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trunk {
    /// Who may send calls: IP addresses and networks (`203.0.113.0/24`), between commas.
    pub allowed_addresses: Option<String>,
    /// Where calls are sent: host, or host and port.
    pub address: Option<String>,
    /// How.
    pub transport: Option<Transport>,
    /// What is dialled before a number.
    pub prefix: Option<String>,
    /// Who we say we are.
    pub username: Option<String>,
    /// Whether media are encrypted: `disable`, `allow` or `require`.
    pub media_encryption: Option<String>,
    /// The room that callers come to.
    pub room_name: Option<String>,
}

/// How SIP is carried (RFC 3261, 18; RFC 5630).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Transport {
    /// UDP.
    Udp,
    /// TCP.
    Tcp,
    /// TLS over TCP.
    Tls,
}

impl Transport {
    /// Every transport, in the order in which the database numbers them.
    pub const ALL: [Self; 3] = [Self::Udp, Self::Tcp, Self::Tls];

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Udp => "udp",
            Self::Tcp => "tcp",
            Self::Tls => "tls",
        }
    }
}
