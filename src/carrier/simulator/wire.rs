//! How the simulator's nouns are written as JSON, in its ledger and over HTTP.

use serde::{Deserialize, Serialize};

use super::faults::{Fault, Request};
use crate::carrier::{self, Refusal, Trouble};
use crate::model;

/// Where calls and messages go; what is not set is not written.
#[derive(Serialize, Deserialize)]
#[serde(remote = "model::Route", deny_unknown_fields)]
pub struct Route {
    #[serde(skip_serializing_if = "Option::is_none")]
    voice_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sms_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    application_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    trunk_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    connection_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    messaging_profile_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sip_uri: Option<String>,
}

/// `POST /search`; what is missing does not matter.
#[derive(Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Search(#[serde(with = "Wanted")] pub model::Wanted);

/// What is wanted.
#[derive(Serialize, Deserialize)]
#[serde(remote = "model::Wanted", deny_unknown_fields)]
struct Wanted {
    country: String,
    #[serde(default, with = "if_any")]
    number_type: Option<model::NumberType>,
    #[serde(default, with = "if_any")]
    exactly: Option<model::E164>,
    area_code: Option<String>,
    city: Option<String>,
    state: Option<String>,
    contains: Option<String>,
    starts_with: Option<String>,
    ends_with: Option<String>,
    #[serde(default, with = "Features")]
    features: model::Features,
    #[serde(default)]
    quickship: bool,
    #[serde(default)]
    best_effort: bool,
    limit: u32,
}

/// What a number can do.
#[derive(Serialize, Deserialize)]
#[serde(remote = "model::Features", deny_unknown_fields)]
struct Features {
    #[serde(default)]
    voice: bool,
    #[serde(default)]
    sms: bool,
    #[serde(default)]
    mms: bool,
    #[serde(default)]
    fax: bool,
    #[serde(default)]
    emergency: bool,
}

/// One of the offers that `/search` answers with.
#[derive(Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Offered(#[serde(with = "Offer")] pub model::Offer);

/// An offer; money is in ten-thousandths of its currency's unit.
#[derive(Serialize, Deserialize)]
#[serde(remote = "model::Offer")]
struct Offer {
    #[serde(with = "text")]
    phone_number: model::E164,
    #[serde(with = "text")]
    number_type: model::NumberType,
    country: String,
    city: Option<String>,
    state: Option<String>,
    #[serde(with = "Features")]
    features: model::Features,
    #[serde(with = "Money")]
    monthly_cost: model::Money,
    #[serde(with = "Money")]
    upfront_cost: model::Money,
    currency: String,
    quickship: bool,
    best_effort: bool,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "model::Money")]
struct Money(i64);

/// When something was accepted, in microseconds since 1970.
#[derive(Serialize, Deserialize)]
#[serde(remote = "model::Timestamp")]
pub struct Timestamp(i64);

/// `POST /acquire`, which answers with an [`Owned`].
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Acquire {
    /// The number.
    #[serde(with = "text")]
    pub phone_number: model::E164,
    /// The order.
    #[serde(with = "text")]
    pub reference: model::OrderId,
    /// Where its calls and messages shall go.
    #[serde(with = "Route")]
    pub route: model::Route,
}

/// `POST /configure`
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Configure {
    /// The number, as it was rented.
    pub rented: Owned,
    /// Where its calls and messages shall go.
    #[serde(with = "Route")]
    pub route: model::Route,
}

/// `POST /owned`, which answers with a list of [`Owned`].
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WhatIsOwned {
    /// Only this number.
    #[serde(default, with = "if_any")]
    pub phone_number: Option<model::E164>,
}

/// A number that the account has: an answer, and `POST /release`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Owned(#[serde(with = "Rented")] pub carrier::Rented);

#[derive(Serialize, Deserialize)]
#[serde(remote = "carrier::Rented", deny_unknown_fields)]
struct Rented {
    #[serde(with = "text")]
    phone_number: model::E164,
    carrier_number_id: String,
    #[serde(with = "Route")]
    route: model::Route,
    #[serde(skip)]
    traits: carrier::Traits,
}

/// What `/configure`, `/release` and `/faults` answer with when they have done it: nothing more.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Done {}

/// Why something was not done, with a status of 400 to 499.
#[derive(Debug, Serialize, Deserialize)]
pub struct Refused {
    /// In a word.
    #[serde(with = "Reason")]
    pub reason: Refusal,
    /// In a sentence.
    pub said: String,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Refusal", rename_all = "snake_case")]
enum Reason {
    NotAvailable,
    Invalid,
    NotOwned,
    AlreadyOwned,
    #[serde(with = "text")]
    Missing(model::Paper),
    EmergencyAddress,
    DeletionLock,
    Credentials,
    Other,
}

impl From<Refused> for Trouble {
    fn from(refused: Refused) -> Self {
        Self::Refused { reason: refused.reason, said: refused.said }
    }
}

/// `POST /faults`: `{"deed": "acquire", "fault": "slow", "delay_ms": 500, "times": 2}`
#[derive(Debug, Serialize, Deserialize)]
pub struct FaultOrder {
    /// Of which requests.
    pub deed: Request,
    /// What shall go wrong.
    #[serde(flatten)]
    pub fault: Fault,
    /// How often.
    pub times: u32,
}

/// What is written as it is shown.
pub(super) mod text {
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    /// What can be shown and read again.
    pub trait Shown: Sized {
        fn shown(&self) -> String;
        fn read(text: &str) -> Option<Self>;
    }

    impl Shown for crate::model::E164 {
        fn shown(&self) -> String {
            self.to_string()
        }

        fn read(text: &str) -> Option<Self> {
            text.parse().ok()
        }
    }

    impl Shown for crate::model::OrderId {
        fn shown(&self) -> String {
            self.to_string()
        }

        fn read(text: &str) -> Option<Self> {
            text.parse().ok()
        }
    }

    impl Shown for crate::model::Paper {
        fn shown(&self) -> String {
            self.name().to_owned()
        }

        fn read(text: &str) -> Option<Self> {
            Self::ALL.into_iter().find(|paper| paper.name() == text)
        }
    }

    impl Shown for crate::model::NumberType {
        fn shown(&self) -> String {
            self.name().to_owned()
        }

        fn read(text: &str) -> Option<Self> {
            Self::ALL.into_iter().find(|number_type| number_type.name() == text)
        }
    }

    pub fn serialize<T: Shown, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&value.shown())
    }

    pub fn deserialize<'de, T: Shown, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
        read(&String::deserialize(deserializer)?)
    }

    pub fn read<T: Shown, E: Error>(text: &str) -> Result<T, E> {
        T::read(text).ok_or_else(|| E::custom(format_args!("{text:?} cannot be read")))
    }
}

/// The same, where there may be none.
pub(super) mod if_any {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use super::text::{self, Shown};

    #[allow(clippy::ref_option, reason = "as serde calls it")]
    pub fn serialize<T: Shown, S: Serializer>(value: &Option<T>, serializer: S) -> Result<S::Ok, S::Error> {
        value.as_ref().map(Shown::shown).serialize(serializer)
    }

    pub fn deserialize<'de, T: Shown, D: Deserializer<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
        Option::<String>::deserialize(deserializer)?.map(|text| text::read(&text)).transpose()
    }
}
