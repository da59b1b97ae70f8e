//! `/messages`: npm telnyx 7, resources/messages/messages.d.ts.

use actix_web::web::{Data, Json, Path};
use actix_web::{HttpRequest, HttpResponse};
use serde_json::{Value, json};

use super::answer::answer;
use super::auth::Caller;
use super::error::{Failure, Kind};
use super::messaging::{FAULT, Messaging, Standing, WEBHOOK, tell};
use super::sending::{FAILOVER, PROFILE, SUBJECT, Sending};
use crate::carrier::Trouble;
use crate::carrier::simulator::{Request, Simulator};
use crate::clock::Clock;
use crate::model::Timestamp;
use crate::simulate::messages::{Direction, Message};
use crate::simulate::segments::segments;

/// Whose everything is.
const ORGANIZATION: &str = "fa4e0000-0000-4000-8000-000000000001";

/// Sends one: it is on the disk before it is answered.
pub async fn send(
    http: HttpRequest,
    _: Caller,
    simulator: Data<Simulator>,
    messaging: Data<Messaging>,
    Json(sending): Json<Sending>,
) -> Result<HttpResponse, Failure> {
    answer(&http, simulator, Request::Send, move |office, injected| {
        let message = Message { injected, ..sending.compose(&messaging, office)? };
        let message = messaging.messages.keep(message).map_err(|error| unwritten(&error))?;
        tell(&messaging, &message);
        let standing = Standing { status: "queued", sent: None, completed: None };
        Ok(json!({"data": payload(&message, standing)}))
    })
    .await
}

/// One that was sent, or that arrived.
pub async fn retrieve(
    http: HttpRequest,
    _: Caller,
    simulator: Data<Simulator>,
    messaging: Data<Messaging>,
    id: Path<String>,
) -> Result<HttpResponse, Failure> {
    answer(&http, simulator, Request::Owned, move |_, _| {
        let message = messaging.messages.find(&id).ok_or_else(|| Failure::new(Kind::NotFound))?;
        Ok(json!({"data": payload(&message, messaging.standing(&message, Clock::System.now()))}))
    })
    .await
}

/// `GET /messages`, which Telnyx has not: everything that was accepted to be sent, in its order. Nobody needs a key.
pub async fn accepted(messaging: Data<Messaging>) -> HttpResponse {
    HttpResponse::Ok().json(messaging.messages.sent())
}

/// What a message is while it could not be written down: whoever asked for it cannot know.
pub fn unwritten(error: &std::io::Error) -> Failure {
    Trouble::Unknown(error.to_string()).into()
}

/// The document of a message, and what is told of it: OutboundMessagePayload and MessagingInboundMessagePayload. Only what
/// goes out is valid for a while; that it is an hour is as in the documentation's examples.
pub fn payload(message: &Message, standing: Standing) -> Value {
    let Standing { status, sent, completed } = standing;
    let is_inbound = message.direction == Direction::Inbound;
    let (encoding, parts) = segments(&message.text);
    let errors = message.note(FAULT).filter(|_| status == "delivery_failed").map(error).into_iter();
    let said = |at: Option<Timestamp>| at.filter(|_| !is_inbound).map(|at| at.to_string());
    let cost = (is_inbound || sent.is_some()).then(|| json!({"amount": "0.0040", "currency": "USD"}));
    let carriers = if is_inbound { ("", "TELNYX LLC") } else { ("TELNYX LLC", "") };
    let mut document = json!({
        "record_type": "message",
        "id": message.id,
        "direction": message.direction,
        "type": if message.media.is_empty() { "SMS" } else { "MMS" },
        "organization_id": ORGANIZATION,
        "messaging_profile_id": message.note(PROFILE),
        "from": {"phone_number": message.from, "carrier": carriers.0, "line_type": ""},
        "to": [{"phone_number": message.to, "carrier": carriers.1, "line_type": "", "status": status}],
        "cc": [],
        "text": message.text,
        "num_chars": message.text.chars().count(),
        "subject": message.note(SUBJECT),
        "media": message.media.iter().map(|url| media(url, is_inbound)).collect::<Vec<_>>(),
        "webhook_url": message.note(WEBHOOK),
        "webhook_failover_url": message.note(FAILOVER),
        "encoding": encoding,
        "parts": parts,
        "tags": [],
        "cost": cost,
        "tcr_campaign_id": null,
        "tcr_campaign_billable": false,
        "tcr_campaign_registered": null,
        "received_at": message.at.to_string(),
        "sent_at": said(sent),
        "completed_at": said(completed),
        "valid_until": said(Some(Timestamp(message.at.0.saturating_add(3_600_000_000)))),
        "errors": errors.collect::<Vec<_>>(),
    });
    if let Some(stops) = message.stops() {
        document["autoresponse_type"] = json!(if stops { "STOP" } else { "START" });
    }
    document
}

/// What is seen in it. Nothing is fetched here: how large it is, nobody knows.
fn media(url: &str, is_inbound: bool) -> Value {
    let hash = if is_inbound { "hash_sha256" } else { "sha256" };
    json!({"url": url, "content_type": null, "size": null, hash: null})
}

/// 40010 is "Unregistered 10DLC message" in <https://support.telnyx.com/en/articles/6505121-telnyx-messaging-error-codes>.
fn error(code: &str) -> Value {
    let detail = "The message was sent from a number that is in no registered 10DLC campaign.";
    json!({"code": code, "title": "Unregistered 10DLC message", "detail": detail})
}
