//! Messages from elsewhere: `POST /inbound` has one arrive at a number of the account's, and Twilio tell the number's `SmsUrl`
//! (<https://www.twilio.com/docs/messaging/guides/webhook-request>). What is answered there is shown, and not done.

use actix_web::HttpResponse;
use actix_web::web::{self, Data, Json};
use reqwest::Method;
use serde::Deserialize;
use serde_json::json;

use super::account::Account;
use super::error::Error;
use super::messages::unwritten;
use super::sid::sid;
use super::signature::Form;
use super::wire::COUNTRY;
use crate::carrier::simulator::{Held, Simulator};
use crate::clock::Ids;
use crate::model::E164;
use crate::simulate::messages::{Direction, Message};
use crate::simulate::segments::segments;
use crate::simulate::webhook::{Delivery, Webhook};

/// What somebody writes who wants no more messages from a number, and who wants them again
/// (<https://help.twilio.com/articles/223134027>).
const STOPS: [&str; 8] = ["stop", "stopall", "unsubscribe", "cancel", "end", "quit", "optout", "revoke"];
const STARTS: [&str; 3] = ["start", "yes", "unstop"];

/// `{"from": "+19705551234", "to": "+15005550006", "text": "Hi", "media": ["https://…/a.png"], "times": 2, "json": false}`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Inbound {
    from: String,
    to: String,
    #[serde(default)]
    text: String,
    #[serde(default)]
    media: Vec<String>,
    /// How often the number's address is told of this one message.
    #[serde(default = "once")]
    times: u32,
    /// Whether as JSON.
    #[serde(default)]
    json: bool,
}

fn once() -> u32 {
    1
}

/// Has a message arrive. Nobody has to sign in: no carrier could be told.
pub async fn arrive(
    account: Data<Account>,
    simulator: Data<Simulator>,
    Json(told): Json<Inbound>,
) -> Result<HttpResponse, actix_web::Error> {
    let done = web::block(move || {
        let number = told.to.parse::<E164>().ok();
        let held = number.and_then(|number| simulator.office().held(Some(&number)).pop());
        let held = held.ok_or_else(|| Error::not_found("/inbound"))?;
        let message = account.messages.keep(received(&told)).map_err(|error| unwritten(&error))?;
        let webhook = webhook(&account, &held, &message, told.json);
        // A connection that is not made is tried once more, as of what is sent.
        let deliveries = webhook.iter().flat_map(|webhook| (0..told.times).map(|_| webhook.send(2)));
        Ok::<_, Error>((message.id, deliveries.collect::<Vec<_>>()))
    });
    let (sid, deliveries) = done.await??;
    let Delivery { status, body, .. } = deliveries.first().cloned().unwrap_or_default();
    Ok(HttpResponse::Ok().json(json!({"sid": sid, "status": status, "body": body, "deliveries": deliveries})))
}

fn received(told: &Inbound) -> Message {
    let prefix = if told.media.is_empty() { "SM" } else { "MM" };
    let sid = sid(prefix, &Ids::Fresh.next().to_string());
    let mut message = Message::new(sid, Direction::Inbound, &told.from, &told.to);
    message.text.clone_from(&told.text);
    message.media.clone_from(&told.media);
    message.choose(&STOPS, &STARTS);
    message
}

/// What is sent to the address that a number has for messages, if it has one.
fn webhook(account: &Account, held: &Held, message: &Message, as_json: bool) -> Option<Webhook> {
    let url = held.rented.route.sms_url.as_deref()?;
    let form = form(account, held, message);
    if as_json {
        return Some(account.json(url, &form));
    }
    let is_get = held.notes.get("sms_method").is_some_and(|method| method == "GET");
    Some(account.form(if is_get { Method::GET } else { Method::POST }, url, &form))
}

/// What is said of it. Where a number is from Twilio says as far as it knows; of numbers from elsewhere nothing is known here.
fn form(account: &Account, held: &Held, message: &Message) -> Form {
    let country = held.notes.get(COUNTRY).map_or("US", String::as_str);
    let segments = segments(&message.text).1.to_string();
    let count = message.media.len().to_string();
    let fields = [
        ("ToCountry", country),
        ("ToState", ""),
        ("ToCity", ""),
        ("ToZip", ""),
        ("FromCountry", if message.from.starts_with("+1") { "US" } else { "" }),
        ("FromState", ""),
        ("FromCity", ""),
        ("FromZip", ""),
        ("SmsMessageSid", &message.id),
        ("SmsSid", &message.id),
        ("MessageSid", &message.id),
        ("SmsStatus", "received"),
        ("Body", &message.text),
        ("To", &message.to),
        ("From", &message.from),
        ("NumSegments", &segments),
        ("NumMedia", &count),
        ("AccountSid", &account.sid),
        ("ApiVersion", "2010-04-01"),
    ];
    let mut form = fields.map(|(name, text)| (name.to_owned(), text.to_owned())).to_vec();
    for (at, url) in message.media.iter().enumerate() {
        form.push((format!("MediaUrl{at}"), url.clone()));
        form.push((format!("MediaContentType{at}"), content_type(url).to_owned()));
    }
    form
}

/// What an address ends with says what is there.
fn content_type(url: &str) -> &'static str {
    match url.rsplit('.').next() {
        Some("png") => "image/png",
        Some("gif") => "image/gif",
        Some("pdf") => "application/pdf",
        Some("mp4") => "video/mp4",
        Some("vcf") => "text/vcard",
        _ => "image/jpeg",
    }
}
