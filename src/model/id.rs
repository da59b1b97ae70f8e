//! Ids: one type per noun, so that an agent's id cannot be passed where a number's is meant.

use std::fmt;
use std::str::FromStr;

use uuid::Uuid;

macro_rules! id_types {
    ($($(#[$doc:meta])* $name:ident)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.hyphenated().fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            /// Takes the hyphenated form only: the other spellings that the `uuid` crate knows
            /// (braces, `urn:uuid:`, bare hex) are not ids to any client of ours.
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                uuid::fmt::Hyphenated::from_str(text).map(|id| Self(id.into_uuid()))
            }
        }
    )*};
}

id_types! {
    /// An agency, the tenant.
    AgencyId
    /// A person who signs in.
    UserId
    /// An agent: the row of `agent_mappings` that numbers are assigned to.
    AgentId
    /// A phone number in the inventory. A number bought again after its release has a new id.
    NumberId
    /// An API key.
    KeyId
    /// An account at a carrier.
    AccountId
    /// A message to or from a number.
    MessageId
    /// An order at a carrier.
    OrderId
    /// What was ordered at once.
    BasketId
    /// A webhook.
    WebhookId
    /// Telling a webhook of an event.
    DeliveryId
}

#[cfg(test)]
mod tests {
    use super::NumberId;

    #[test]
    fn only_the_hyphenated_form_is_an_id() {
        let id = "123e4567-e89b-12d3-a456-426614174000";
        assert_eq!(id.parse::<NumberId>().unwrap().to_string(), id);
        for other in ["123e4567e89b12d3a456426614174000", "{123e4567-e89b-12d3-a456-426614174000}", "", "uuid"] {
            assert!(other.parse::<NumberId>().is_err(), "{other}");
        }
    }
}
