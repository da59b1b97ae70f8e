//! What may be sent: npm telnyx 7, resources/messages/messages.d.ts, MessageSendParams.

use serde::Deserialize;

use super::error::{Failure, Kind};
use super::messaging::{FAULT, Messaging, WEBHOOK};
use super::notes::{self, Standing};
use super::unsendable::Unsendable;
use crate::carrier::simulator::{Held, Office};
use crate::clock::{Clock, Ids};
use crate::model::E164;
use crate::simulate::messages::{Direction, Message};
use crate::simulate::segments::segments;

/// The notes of what a message was given beside these: whose it is, and what it is called.
pub const PROFILE: &str = "messaging_profile_id";
pub const FAILOVER: &str = "webhook_failover_url";
pub const SUBJECT: &str = "subject";

/// The most parts, and the most media
/// (<https://support.telnyx.com/en/articles/1130611-understand-telnyx-sms-mdr-report-log>, and of media the code 40317).
const MOST_PARTS: usize = 10;
const MOST_MEDIA: usize = 10;

/// What is to be sent. What it does not name is passed over, as `send_at` is.
#[derive(Clone, Debug, Deserialize)]
pub struct Sending {
    from: Option<String>,
    to: Option<Recipient>,
    text: Option<String>,
    media_urls: Option<Vec<String>>,
    messaging_profile_id: Option<String>,
    webhook_url: Option<String>,
    webhook_failover_url: Option<String>,
    subject: Option<String>,
}

/// "Either an array of length one, or a single string must be provided" (<https://developers.telnyx.com/api/errors/40310>).
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
enum Recipient {
    One(String),
    Some(Vec<String>),
}

impl Sending {
    /// The message, if it may be sent.
    ///
    /// # Errors
    /// Why it may not.
    pub fn compose(&self, messaging: &Messaging, office: &Office) -> Result<Message, Failure> {
        let to = match &self.to {
            None => return Err(Failure::new(Kind::Missing).at("/to")),
            Some(Recipient::One(to)) => to,
            Some(Recipient::Some(all)) => match &all[..] {
                [to] => to,
                _ => return Err(unsendable(Unsendable::Recipient, "/to")),
            },
        };
        if to.parse::<E164>().is_err() && !is_short(to) {
            return Err(unsendable(Unsendable::Recipient, "/to"));
        }
        let (text, media) = self.content()?;
        let (from, profile) = self.sender(office)?;
        // "It applies to the messaging profile": who stopped one of its numbers gets nothing from any of them
        // (<https://support.telnyx.com/en/articles/1270091-sms-opt-out-keywords-and-stop-words>).
        let is_said = |message: &Message| message.from == *to && message.note(PROFILE) == Some(&*profile);
        if messaging.messages.are_stopped(is_said) {
            return Err(unsendable(Unsendable::Stopped, "/to"));
        }
        let number = from.rented.phone_number.as_str();
        let mut message = Message::new(Ids::Fresh.next().to_string(), Direction::Outbound, number, to);
        (message.text, message.media) = (text, media);
        let fault = from.notes.contains_key(notes::UNREGISTERED).then(|| "40010".to_owned());
        let notes = [
            (PROFILE, Some(profile)),
            (WEBHOOK, self.webhook_url.clone()),
            (FAILOVER, self.webhook_failover_url.clone()),
            (SUBJECT, self.subject.clone()),
            (FAULT, fault),
        ];
        message.notes.extend(notes.into_iter().filter_map(|(name, text)| Some((name.to_owned(), text?))));
        Ok(message)
    }

    fn content(&self) -> Result<(String, Vec<String>), Failure> {
        let text = self.text.clone().unwrap_or_default();
        let media = self.media_urls.clone().unwrap_or_default();
        if text.is_empty() && media.is_empty() {
            return Err(unsendable(Unsendable::Nothing, "/text"));
        }
        if segments(&text).1 > MOST_PARTS {
            return Err(unsendable(Unsendable::TooLarge, "/text"));
        }
        if media.len() > MOST_MEDIA {
            return Err(unsendable(Unsendable::Media, "/media_urls"));
        }
        Ok((text, media))
    }

    /// Who sends it, and in which profile: the number that is named, or one of the profile's. That a number without a profile,
    /// or of another, is an invalid sender is known from Telnyx' own kit for developers (GitHub team-telnyx/ai).
    fn sender(&self, office: &Office) -> Result<(Held, String), Failure> {
        let wanted = self.messaging_profile_id.as_deref().filter(|id| !id.is_empty());
        let Some(from) = self.from.as_deref().filter(|from| !from.is_empty()) else {
            let profile = wanted.ok_or_else(|| Failure::new(Kind::Missing).at("/from"))?;
            let mut all = office.held(None).into_iter();
            let first = all.find(|held| notes::messaging_profile(held) == Some(profile));
            let none = || unsendable(Unsendable::NoSender, "/messaging_profile_id");
            return Ok((first.ok_or_else(none)?, profile.to_owned()));
        };
        let invalid = || unsendable(Unsendable::Sender, "/from");
        let held = from.parse().ok().and_then(|number| office.held(Some(&number)).pop()).ok_or_else(invalid)?;
        if Standing::of(&held.notes, Clock::System.now()) != Standing::Active {
            return Err(unsendable(Unsendable::Purchasing, "/from"));
        }
        let profile = notes::messaging_profile(&held).filter(|own| wanted.is_none_or(|wanted| wanted == *own));
        let profile = profile.ok_or_else(invalid)?.to_owned();
        Ok((held, profile))
    }
}

/// A short code.
fn is_short(to: &str) -> bool {
    (5..=6).contains(&to.len()) && to.bytes().all(|byte| byte.is_ascii_digit())
}

fn unsendable(why: Unsendable, pointer: &str) -> Failure {
    Failure::new(Kind::Unsendable(why)).at(pointer)
}
