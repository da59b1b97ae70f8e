//! What may be sent (<https://www.twilio.com/docs/messaging/api/message-resource#create-a-message-resource>), and the numbers
//! that always end in the same way (<https://www.twilio.com/docs/iam/test-credentials#test-sms-messages>).
//!
//! The codes are those of <https://www.twilio.com/docs/api/errors>; the messages are as users have quoted them.

use actix_web::HttpResponse;
use actix_web::web::{self, Data, Json};
use serde::Deserialize;
use serde_json::json;

use super::account::Account;
use super::error::Error;
use super::parameters::Parameters;
use super::sid::{is_sid, sid};
use super::status::{CALLBACK, FAULT, SERVICE};
use super::wire::has_feature;
use crate::carrier::simulator::{Office, Simulator, Terms};
use crate::clock::Ids;
use crate::model::E164;
use crate::simulate::messages::{Direction, Message};

/// The longest text (<https://www.twilio.com/docs/api/errors/21617>), and the most media (the OpenAPI, `MediaUrl`).
const LONGEST: usize = 1600;
const MOST_MEDIA: usize = 10;
/// The sender that is always good, whoever has it.
const GOOD_SENDER: &str = "+15005550006";
/// The note of a number whose messages no campaign is registered for.
const UNREGISTERED: &str = "campaign_unregistered";

/// `POST /campaigns`: `{"phone_number": "+19705551234", "registered": false}`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Campaign {
    phone_number: String,
    registered: bool,
}

/// Takes a number out of its campaign, or puts it back: then what it sends is accepted and does not arrive. Every number has
/// one unless somebody says so.
pub async fn campaigns(
    account: Data<Account>,
    simulator: Data<Simulator>,
    Json(campaign): Json<Campaign>,
) -> Result<HttpResponse, actix_web::Error> {
    let done = web::block(move || {
        let _changing = account.changing();
        let number = campaign.phone_number.parse::<E164>().ok();
        let held = number.and_then(|number| simulator.office().held(Some(&number)).pop());
        let held = held.ok_or_else(|| Error::not_found("/campaigns"))?;
        let text = if campaign.registered { "" } else { "true" };
        let notes = [(UNREGISTERED.to_owned(), text.to_owned())].into();
        let terms = Terms { route: held.rented.route.clone(), notes, ..Terms::default() };
        Ok::<_, Error>(simulator.office().configure(&held.rented, &terms, false)?)
    });
    done.await??;
    Ok(HttpResponse::Ok().json(json!({})))
}

/// The message that is asked for, if it may be sent.
///
/// # Errors
/// Why it may not.
pub fn compose(account: &Account, office: &Office, asked: &Parameters) -> Result<Message, Error> {
    let to = asked.text("To").ok_or_else(|| Error::refused(21604, "A 'To' phone number is required."))?;
    let service = asked.text("MessagingServiceSid");
    if service.is_some_and(|service| !is_sid(service, "MG")) {
        return Err(Error::refused(21701, "The Messaging Service does not exist"));
    }
    let media = asked.every("MediaUrl").iter().filter(|url| !url.is_empty()).cloned().collect::<Vec<_>>();
    let text = asked.text("Body").unwrap_or_default();
    check_content(text, &media)?;
    let callback = asked.text("StatusCallback");
    if let Some(url) = callback.filter(|url| !is_url(url)) {
        return Err(Error::refused(21609, format!("The 'StatusCallback' URL {url} is not a valid URL.")));
    }
    check_recipient(to)?;
    let from = match asked.text("From") {
        Some(from) => check_sender(office, from)?,
        None if service.is_some() => pooled(office)?,
        None => return Err(Error::refused(21603, "A 'From' phone number is required.")),
    };
    if from == to {
        return Err(Error::refused(21266, "'To' and 'From' number cannot be the same"));
    }
    // The last that somebody told a number holds for that number alone.
    if account.messages.are_stopped(|message| message.from == to && message.to == from) {
        return Err(unsubscribed());
    }
    let prefix = if media.is_empty() { "SM" } else { "MM" };
    let mut message = Message::new(sid(prefix, &Ids::Fresh.next().to_string()), Direction::Outbound, &from, to);
    text.clone_into(&mut message.text);
    message.media = media;
    message.notes.extend(callback.map(|url| (CALLBACK.to_owned(), url.to_owned())));
    message.notes.extend(service.map(|service| (SERVICE.to_owned(), service.to_owned())));
    if is_unregistered(office, &from) {
        message.notes.insert(FAULT.to_owned(), "30034".to_owned());
    }
    Ok(message)
}

/// What Twilio calls an error that a message ends with.
pub fn says(code: u32) -> &'static str {
    match code {
        30034 => "Message from an Unregistered Number",
        _ => "Unknown error",
    }
}

fn check_content(text: &str, media: &[String]) -> Result<(), Error> {
    if text.is_empty() && media.is_empty() {
        return Err(Error::refused(21602, "Message body is required."));
    }
    if text.chars().count() > LONGEST {
        return Err(Error::refused(21617, "The concatenated message body exceeds the 1600 character limit."));
    }
    if media.len() > MOST_MEDIA {
        return Err(Error::refused(21623, "Number of media files exceeds allowed limit"));
    }
    match media.iter().find(|url| !is_url(url)) {
        Some(url) => Err(Error::refused(21620, format!("Invalid media URL(s): {url}"))),
        None => Ok(()),
    }
}

fn check_recipient(to: &str) -> Result<(), Error> {
    let invalid = || Error::refused(21211, format!("The 'To' number {to} is not a valid phone number."));
    match to {
        "+15005550001" => Err(invalid()),
        "+15005550002" => Err(Error::refused(
            21612,
            format!("The 'To' phone number: {to}, is not currently reachable using the 'From' phone number"),
        )),
        "+15005550003" => Err(Error::refused(
            21408,
            format!(
                "Permission to send an SMS has not been enabled for the region indicated by the 'To' number: {to}."
            ),
        )),
        "+15005550004" => Err(unsubscribed()),
        "+15005550009" => Err(Error::refused(21614, format!("'To' number is not a valid mobile number: {to}"))),
        _ => to.parse::<E164>().map(drop).map_err(|_| invalid()),
    }
}

/// A number of the account's with SMS. Since 2024 Twilio tells senders without SMS apart, as 21661
/// (<https://www.twilio.com/docs/api/errors/21661>); all others it has are 21606 in the page of the test credentials.
fn check_sender(office: &Office, from: &str) -> Result<String, Error> {
    let said = |said: &str| format!("The 'From' phone number provided ({from}) {said}");
    let invalid = || {
        let said =
            format!("The 'From' number {from} is not a valid phone number, shortcode, or alphanumeric sender ID.");
        Error::refused(21212, said)
    };
    let not_owned = || {
        Error::refused(21606, said("is not a valid message-capable Twilio phone number for this destination/account"))
    };
    match from {
        GOOD_SENDER => return Ok(from.to_owned()),
        "+15005550001" => return Err(invalid()),
        "+15005550007" => return Err(not_owned()),
        "+15005550008" => {
            return Err(Error::refused(21611, said("has exceeded the maximum number of queued messages")));
        }
        _ => {}
    }
    let number = from.parse::<E164>().map_err(|_| if is_word(from) { not_owned() } else { invalid() })?;
    let held = office.held(Some(&number)).pop().ok_or_else(not_owned)?;
    if has_feature(&held.notes, "sms") {
        return Ok(from.to_owned());
    }
    Err(Error::refused(21661, said("is not SMS-capable")))
}

/// A short code, or a word to send in the name of: eleven letters at most. The account has none of either.
fn is_word(from: &str) -> bool {
    (1..=11).contains(&from.len())
        && from.bytes().all(|byte| byte.is_ascii_alphanumeric() || b" +-_&".contains(&byte))
        && !from.starts_with('+')
}

/// The sender that a messaging service picks: here, every number of the account's is in its pool.
fn pooled(office: &Office) -> Result<String, Error> {
    let able = office.held(None).into_iter().find(|held| has_feature(&held.notes, "sms"));
    let empty = || Error::refused(21704, "The Messaging Service contains no phone numbers");
    able.map(|held| held.rented.phone_number.to_string()).ok_or_else(empty)
}

fn is_unregistered(office: &Office, from: &str) -> bool {
    let held = from.parse().ok().and_then(|number| office.held(Some(&number)).pop());
    held.is_some_and(|held| held.notes.contains_key(UNREGISTERED))
}

fn unsubscribed() -> Error {
    Error::refused(21610, "Attempt to send to unsubscribed recipient")
}

fn is_url(text: &str) -> bool {
    reqwest::Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
}
