//! Messages from elsewhere: `POST /inbound` has one arrive at a number of the account's, and Telnyx tell the number's messaging
//! profile (<https://developers.telnyx.com/api-reference/callbacks/inbound-message>).

use actix_web::HttpResponse;
use actix_web::web::{self, Data, Json};
use serde::Deserialize;
use serde_json::json;

use super::error::{Failure, Kind};
use super::messages::{payload, unwritten};
use super::messaging::{Event, Messaging};
use super::notes;
use super::sending::PROFILE;
use crate::carrier::simulator::Simulator;
use crate::clock::{Clock, Ids};
use crate::model::E164;
use crate::simulate::messages::{Direction, Message};
use crate::simulate::webhook::Delivery;

/// What somebody writes who wants no more messages from a profile, and who wants them again
/// (<https://support.telnyx.com/en/articles/1270091-sms-opt-out-keywords-and-stop-words>).
const STOPS: [&str; 7] = ["stop", "stopall", "stop all", "unsubscribe", "cancel", "end", "quit"];
const STARTS: [&str; 2] = ["start", "unstop"];

/// `{"from": "+19705551234", "to": "+13035550100", "text": "Hi", "media": ["https://…/a.png"], "times": 2, "url": "http://…"}`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Inbound {
    from: String,
    to: String,
    #[serde(default)]
    text: String,
    #[serde(default)]
    media: Vec<String>,
    /// How often somebody is told of this one message.
    #[serde(default = "once")]
    times: u32,
    /// Who is, whatever the number's profile has.
    url: Option<String>,
}

fn once() -> u32 {
    1
}

/// Has a message arrive. Nobody needs a key: no carrier could be told.
pub async fn arrive(
    messaging: Data<Messaging>,
    simulator: Data<Simulator>,
    Json(told): Json<Inbound>,
) -> Result<HttpResponse, actix_web::Error> {
    let done = web::block(move || {
        let number = told.to.parse::<E164>().ok();
        let held = number.and_then(|number| simulator.office().held(Some(&number)).pop());
        let held = held.ok_or_else(|| Failure::new(Kind::NotFound))?;
        let profile = notes::messaging_profile(&held);
        let message = messaging.messages.keep(received(&told, profile)).map_err(|error| unwritten(&error))?;
        let document = payload(&message, messaging.standing(&message, Clock::System.now()));
        let event = Event::new("message.received", document);
        // A number without a profile has nobody to tell.
        let url = told.url.as_deref().or(profile.and(messaging.profile_url()));
        let deliveries = url.iter().flat_map(|url| (1..=told.times).map(|time| messaging.deliver(&event, url, time)));
        Ok::<_, Failure>((event.id(), message.id, deliveries.collect::<Vec<_>>()))
    });
    let (id, message, deliveries) = done.await??;
    let Delivery { status, body, .. } = deliveries.first().cloned().unwrap_or_default();
    let answer = json!({"id": id, "message_id": message, "status": status, "body": body, "deliveries": deliveries});
    Ok(HttpResponse::Ok().json(answer))
}

fn received(told: &Inbound, profile: Option<&str>) -> Message {
    let mut message = Message::new(Ids::Fresh.next().to_string(), Direction::Inbound, &told.from, &told.to);
    message.text.clone_from(&told.text);
    message.media.clone_from(&told.media);
    message.notes.extend(profile.map(|profile| (PROFILE.to_owned(), profile.to_owned())));
    message.choose(&STOPS, &STARTS);
    message
}
