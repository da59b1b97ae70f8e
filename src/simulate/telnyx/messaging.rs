//! Messaging: what becomes of messages, and whom Telnyx tells
//! (<https://developers.telnyx.com/docs/messaging/messages/receiving-webhooks>).

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use actix_web::web::Data;
use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use super::messages::payload;
use crate::clock::{Clock, Ids};
use crate::model::Timestamp;
use crate::simulate::messages::{Direction, Message, Messages};
use crate::simulate::webhook::{Delivery, Webhook, aside, wait_until};

/// The file of the messages in the simulator's directory: a JSON line each.
const FILE: &str = "telnyx-messages.jsonl";
/// The note of whom to tell of a message, where it is not whom its profile has.
pub const WEBHOOK: &str = "webhook_url";
/// The note of why it does not arrive: one of Telnyx' codes.
pub const FAULT: &str = "error_code";
/// How often somebody is told who cannot be reached: "up to 3 attempts per URL".
const ATTEMPTS: u32 = 3;
/// How long somebody has to answer. Telnyx waits two seconds; a machine that tests run on may be slow.
const DEADLINE: Duration = Duration::from_secs(10);

/// The account's messages, and what is known of every messaging profile: here, all are alike.
#[derive(Debug)]
pub struct Messaging {
    /// What was sent, and what arrived.
    pub messages: Messages,
    key: Ed25519KeyPair,
    webhook_url: Option<String>,
    delay: Duration,
}

/// Where a message stands.
#[derive(Clone, Copy, Debug)]
pub struct Standing {
    /// The status of `to`.
    pub status: &'static str,
    /// When it was sent.
    pub sent: Option<Timestamp>,
    /// When nothing more became of it.
    pub completed: Option<Timestamp>,
}

/// Something to tell of.
pub struct Event {
    id: Uuid,
    name: &'static str,
    at: Timestamp,
    payload: Value,
}

impl Event {
    /// One that happens now.
    pub fn new(name: &'static str, payload: Value) -> Self {
        Self { id: Ids::Fresh.next(), name, at: Clock::System.now(), payload }
    }

    /// Its id, which is the same however often somebody is told.
    pub fn id(&self) -> Uuid {
        self.id
    }
}

impl Messaging {
    /// The messages that are in this directory. The key that webhooks are signed with is made of a text; profiles have their
    /// webhooks sent to this address.
    ///
    /// # Errors
    /// What the file system says.
    pub fn open(directory: &Path, key: &str, webhook_url: Option<String>, delay: Duration) -> io::Result<Self> {
        let seed = digest(&SHA256, format!("simulated Telnyx {key}").as_bytes());
        let key = Ed25519KeyPair::from_seed_unchecked(seed.as_ref()).map_err(io::Error::other)?;
        Ok(Self { messages: Messages::open(directory, FILE)?, key, webhook_url, delay })
    }

    /// The public half of the key, as Telnyx' portal shows it: base64 of 32 bytes.
    #[must_use]
    pub fn public_key(&self) -> String {
        STANDARD.encode(self.key.public_key())
    }

    /// Whom a messaging profile has told.
    pub fn profile_url(&self) -> Option<&str> {
        self.webhook_url.as_deref()
    }

    /// Where a message stands at a time.
    pub fn standing(&self, message: &Message, now: Timestamp) -> Standing {
        let reached = |step| Some(self.time(message, step)).filter(|at| *at <= now);
        let (sent, completed) = (reached(1), reached(2));
        let status = match (message.direction, sent, completed) {
            (Direction::Inbound, ..) => "webhook_delivered",
            (_, _, Some(_)) if message.note(FAULT).is_some() => "delivery_failed",
            (_, _, Some(_)) => "delivered",
            (_, Some(_), None) => "sent",
            (_, None, None) => "queued",
        };
        Standing { status, sent, completed }
    }

    fn time(&self, message: &Message, step: u32) -> Timestamp {
        message.at.later(self.delay.saturating_mul(step))
    }

    /// Tells somebody of an event, again where no connection is made; gives what came back of which attempt it was.
    pub fn deliver(&self, event: &Event, url: &str, first: u32) -> Delivery {
        let mut last = Delivery::default();
        for attempt in first..first + ATTEMPTS {
            last = self.webhook(event, url, attempt).send(1);
            if last.status.is_some() {
                break;
            }
        }
        last
    }

    /// Signed over the time, a bar and the body (npm telnyx 7, lib/webhooks.js).
    fn webhook(&self, event: &Event, url: &str, attempt: u32) -> Webhook {
        let body = json!({
            "data": {
                "record_type": "event",
                "id": event.id,
                "event_type": event.name,
                "occurred_at": event.at.to_string(),
                "payload": event.payload,
            },
            "meta": {"attempt": attempt, "delivered_to": url},
        });
        let body = body.to_string();
        let timestamp = (Clock::System.now().0 / 1_000_000).to_string();
        let signature = STANDARD.encode(self.key.sign(format!("{timestamp}|{body}").as_bytes()));
        let headers = vec![
            ("telnyx-timestamp", timestamp),
            ("telnyx-signature-ed25519", signature),
            ("content-type", "application/json".to_owned()),
        ];
        Webhook { method: Method::POST, url: url.to_owned(), headers, body, deadline: DEADLINE }
    }
}

/// Tells whoever the message names, or else its profile, when it was sent and when nothing more becomes of it. What is still to
/// come is lost when the simulator ends.
pub fn tell(messaging: &Data<Messaging>, message: &Message) {
    let Some(url) = message.note(WEBHOOK).or(messaging.profile_url()) else { return };
    let (messaging, url, message) = (Arc::clone(messaging), url.to_owned(), message.clone());
    aside(move || {
        for (step, name) in [(1, "message.sent"), (2, "message.finalized")] {
            let time = messaging.time(&message, step);
            wait_until(time);
            let event = Event::new(name, payload(&message, messaging.standing(&message, time)));
            messaging.deliver(&event, &url, 1);
        }
    });
}
