//! What becomes of a message: its statuses, one after the other, and whom Twilio tells
//! (<https://www.twilio.com/docs/messaging/guides/outbound-message-status-in-status-callbacks>).

use std::sync::Arc;

use actix_web::web::Data;
use reqwest::Method;

use super::account::Account;
use super::signature::Form;
use crate::clock::Clock;
use crate::model::Timestamp;
use crate::simulate::messages::{Direction, Message};
use crate::simulate::webhook::{aside, wait_until};

/// The note of whom to tell of its status.
pub const CALLBACK: &str = "callback_url";
/// The note of the messaging service that it was given to.
pub const SERVICE: &str = "service_id";
/// The note of why it does not arrive: one of Twilio's codes.
pub const FAULT: &str = "error_code";

/// Where a message stands.
#[derive(Clone, Copy, Debug)]
pub struct Standing {
    /// One of Twilio's words for it.
    pub status: &'static str,
    /// When it was sent; an inbound one, when it arrived.
    pub sent: Option<Timestamp>,
    /// When it became so.
    pub since: Timestamp,
}

/// What becomes of it: the first is what it is answered with, and of that alone nobody is told.
fn course(message: &Message) -> &'static [&'static str] {
    let fails = message.note(FAULT).is_some();
    match (message.direction, message.note(SERVICE), fails) {
        (Direction::Inbound, ..) => &["received"],
        (_, None, false) => &["queued", "sent", "delivered"],
        (_, None, true) => &["queued", "sent", "undelivered"],
        (_, Some(_), false) => &["accepted", "queued", "sent", "delivered"],
        (_, Some(_), true) => &["accepted", "queued", "sent", "undelivered"],
    }
}

impl Account {
    /// Where a message stands when it has just been accepted.
    pub fn first(&self, message: &Message) -> Standing {
        self.step(message, 0)
    }

    /// Where it stands now.
    pub fn now(&self, message: &Message) -> Standing {
        let (now, last) = (Clock::System.now(), course(message).len() - 1);
        let is_past = |step: &usize| self.time(message, *step) <= now;
        self.step(message, (1..=last).take_while(is_past).last().unwrap_or(0))
    }

    /// Whether nothing more becomes of it.
    pub fn is_settled(&self, message: &Message) -> bool {
        course(message).last() == Some(&self.now(message).status)
    }

    fn step(&self, message: &Message, step: usize) -> Standing {
        let sent = course(message).iter().position(|status| matches!(*status, "sent" | "received"));
        let sent = sent.filter(|sent| *sent <= step).map(|sent| self.time(message, sent));
        Standing { status: course(message)[step], sent, since: self.time(message, step) }
    }

    fn time(&self, message: &Message, step: usize) -> Timestamp {
        message.at.later(self.message_delay.saturating_mul(u32::try_from(step).unwrap_or(u32::MAX)))
    }
}

/// Tells whoever is to be told of each status when it comes to that. Where no connection is made, that is tried once more
/// (<https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides>: `rc` is 1 unless it is set). Those that are
/// still to come are lost when the simulator ends.
pub fn tell(account: &Data<Account>, message: &Message) {
    let Some(url) = message.note(CALLBACK) else { return };
    let (account, url, message) = (Arc::clone(account), url.to_owned(), message.clone());
    aside(move || {
        for step in 1..course(&message).len() {
            let Standing { status, since, .. } = account.step(&message, step);
            wait_until(since);
            account.form(Method::POST, &url, &callback(&account, &message, status)).send(2);
        }
    });
}

/// What is told: "a subset of the standard request properties, and additionally MessageStatus and ErrorCode"
/// (<https://www.twilio.com/docs/messaging/guides/track-outbound-message-status>).
fn callback(account: &Account, message: &Message, status: &str) -> Form {
    let mut form = vec![
        ("ApiVersion", "2010-04-01"),
        ("AccountSid", &account.sid),
        ("MessageSid", &message.id),
        ("MessageStatus", status),
        ("SmsSid", &message.id),
        ("SmsStatus", status),
        ("From", &message.from),
        ("To", &message.to),
    ];
    form.extend(message.note(SERVICE).map(|service| ("MessagingServiceSid", service)));
    form.extend(message.note(FAULT).filter(|_| status == "undelivered").map(|code| ("ErrorCode", code)));
    form.into_iter().map(|(name, text)| (name.to_owned(), text.to_owned())).collect()
}
