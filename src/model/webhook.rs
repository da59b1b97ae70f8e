//! The webhook: where an agency hears of its events, which of them, and what became of telling it.

use std::fmt;
use std::str::FromStr;

use super::{DeliveryId, Event, Sealed, Timestamp, WebhookId};

/// Where an agency wants to hear of its events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Webhook {
    /// Its id.
    pub id: WebhookId,
    /// Where they are sent.
    pub url: String,
    /// Which.
    pub wanted: EventTypes,
    /// What the agency calls it.
    pub description: Option<String>,
    /// What deliveries are signed with, so that only this installation can read it.
    pub secret: Sealed,
    /// When that was made.
    pub secret_at: Timestamp,
    /// What they were signed with before, and until when that signs, too.
    pub before: Option<(Sealed, Timestamp)>,
    /// Why it hears of nothing; none: it is enabled.
    pub disabled: Option<Disabled>,
    /// The last event that was looked at.
    pub reached: i64,
    /// How long it has taken nothing; none: it has taken what it was told last.
    pub ailing: Option<Ailing>,
    /// When it was added.
    pub created_at: Timestamp,
}

/// How it stands with a webhook that did not take what it was told last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ailing {
    /// Since when it has taken nothing.
    pub since: Timestamp,
    /// How often in a row.
    pub failures: u32,
    /// Until when it is left alone.
    pub rests_until: Timestamp,
}

/// Why a webhook is disabled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disabled {
    /// Somebody wanted it.
    Operator,
    /// It answered that it is gone (410).
    Gone,
    /// It has taken nothing for days.
    Failing,
}

impl Disabled {
    /// All, in the order in which the database numbers them.
    pub const ALL: [Self; 3] = [Self::Operator, Self::Gone, Self::Failing];

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Operator => "operator",
            Self::Gone => "gone",
            Self::Failing => "failing",
        }
    }
}

/// Telling a webhook of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// The same in every attempt: what the receiver knows a repeat by.
    pub id: DeliveryId,
    /// The event.
    pub seq: i64,
    /// What kind of event it is, where that is read with it: `number.changed`.
    pub event_type: String,
    /// Where it stands.
    pub state: DeliveryState,
    /// How often it was sent.
    pub attempts: u32,
    /// When first.
    pub first_at: Option<Timestamp>,
    /// When it is sent next, where it waits.
    pub next_at: Option<Timestamp>,
    /// When it was sent last.
    pub last_at: Option<Timestamp>,
    /// What the receiver answered then, if it did.
    pub last_status: Option<u16>,
    /// What was said then, cut short.
    pub said: Option<String>,
    /// When it was taken.
    pub delivered_at: Option<Timestamp>,
}

/// Where a delivery stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeliveryState {
    /// It is sent, or sent again, when its time comes.
    Waiting,
    /// The receiver has taken it.
    Delivered,
    /// It was given up.
    Failed,
}

impl DeliveryState {
    /// All, in the order in which the database numbers them.
    pub const ALL: [Self; 3] = [Self::Waiting, Self::Delivered, Self::Failed];

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
        }
    }
}

/// The kinds of things whose events are told. Webhooks are not among them: one that heard of what is done to it could
/// go on for ever.
const NOUNS: [&str; 8] = ["number", "order", "message", "agent", "user", "key", "agency", "carrier_account"];
/// What happens to them.
const DEEDS: [&str; 3] = ["added", "changed", "removed"];

/// Which events are wanted: all, or those of some types, as they are written: `number.changed,order.*`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventTypes(Option<String>);

impl EventTypes {
    /// As they are written; none: all.
    #[must_use]
    pub fn written(&self) -> Option<&str> {
        self.0.as_deref()
    }

    /// What was written before by [`EventTypes::written`].
    #[must_use]
    pub fn read(written: Option<String>) -> Self {
        Self(written)
    }

    /// Whether an event is among them.
    #[must_use]
    pub fn want(&self, event: &Event) -> bool {
        let is_wanted = |one: &str| {
            one.split_once('.').is_some_and(|(noun, deed)| noun == event.noun && (deed == "*" || deed == event.deed))
        };
        NOUNS.contains(&&*event.noun) && self.0.as_ref().is_none_or(|types| types.split(',').any(is_wanted))
    }
}

impl FromStr for EventTypes {
    type Err = NoEventType;

    fn from_str(text: &str) -> Result<Self, NoEventType> {
        let types: Vec<&str> = text.split(',').map(str::trim).collect();
        for one in types.iter().filter(|one| **one != "*") {
            let known = one
                .split_once('.')
                .is_some_and(|(noun, deed)| NOUNS.contains(&noun) && (deed == "*" || DEEDS.contains(&deed)));
            if !known {
                return Err(NoEventType);
            }
        }
        Ok(Self((!types.contains(&"*")).then(|| types.join(","))))
    }
}

impl fmt::Display for EventTypes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.written().unwrap_or("*"))
    }
}

/// The text names no types of events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "it is *, or types between commas: number, order, agent, user, key, agency or carrier_account, a dot, and added, \
     changed, removed or *"
)]
pub struct NoEventType;

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::{EventTypes, NOUNS};
    use crate::model::{Event, Timestamp};

    fn wants(types: &str, noun: &str, deed: &str) -> bool {
        let event = Event {
            seq: 1,
            agency: None,
            at: Timestamp(0),
            actor: "operator".into(),
            request_id: None,
            noun: noun.into(),
            subject: Uuid::nil(),
            deed: deed.into(),
            before: None,
            after: None,
        };
        types.parse::<EventTypes>().unwrap().want(&event)
    }

    #[test]
    fn types_want_what_they_name() {
        for noun in NOUNS {
            assert!(wants("*", noun, "added") && wants(&format!("{noun}.*"), noun, "removed"), "{noun}");
        }
        assert!(wants("key.added, number.changed", "number", "changed") && wants("key.added,*", "user", "added"));
        assert!(!wants("number.changed", "number", "added") && !wants("number.*", "order", "added"));
        assert!(!wants("*", "webhook", "changed"), "no webhook hears of webhooks");
        for wrong in ["", ",", "number", "number.", ".added", "number.sold", "webhook.*", "*.added", "Number.added"] {
            assert!(wrong.parse::<EventTypes>().is_err(), "{wrong}");
        }
        assert_eq!("order.*, number.added".parse::<EventTypes>().unwrap().to_string(), "order.*,number.added");
    }
}
