//! The messages of the account: to send, list, fetch and delete
//! (<https://www.twilio.com/docs/messaging/api/message-resource>; the fields are the OpenAPI's, `api.v2010.account.message`).

use std::cmp::Reverse;

use actix_web::web::{self, Bytes, Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use serde_json::{Value, json};

use super::account::Account;
use super::ask;
use super::auth::SignedIn;
use super::error::Error;
use super::logs::Days;
use super::page::Page;
use super::parameters::Parameters;
use super::sending::{compose, says};
use super::status::{FAULT, SERVICE, Standing, tell};
use super::wire::rfc2822;
use crate::carrier::Trouble;
use crate::carrier::simulator::{Office, Request, Simulator};
use crate::model::Timestamp;
use crate::simulate::messages::{Direction, Message};
use crate::simulate::segments::segments;

/// Sends one: it is on the disk before it is answered.
pub async fn send(
    request: HttpRequest,
    SignedIn(account): SignedIn,
    simulator: Data<Simulator>,
    body: Bytes,
) -> Result<HttpResponse, Error> {
    let asked = Parameters::of_form(&body)?;
    let sender = Data::clone(&account);
    let deed = move |office: &Office, injected| {
        let message = Message { injected, ..compose(&sender, office, &asked)? };
        let message = sender.messages.keep(message).map_err(|error| unwritten(&error))?;
        tell(&sender, &message);
        Ok(message)
    };
    let message = ask(&request, simulator, Request::Send, deed).await?;
    Ok(HttpResponse::Created().json(shown(&account, &message, account.first(&message))))
}

/// The newest first, with those that somebody told of.
pub async fn list(
    request: HttpRequest,
    SignedIn(account): SignedIn,
    simulator: Data<Simulator>,
) -> Result<HttpResponse, Error> {
    let asked = Parameters::of_query(&request)?;
    let page = Page::of(&request, &asked)?;
    let days = Days::read(&asked, "DateSent")?;
    let has_days = ["DateSent", "DateSent>", "DateSent<"].iter().any(|name| asked.text(name).is_some());
    let mut rows = all(&account, simulator.office());
    rows.retain(|(_, sent, row)| {
        let is = |name: &str, field: &str| asked.text(name).is_none_or(|wanted| row[field] == wanted);
        let was_then = sent.map_or(!has_days, |sent| days.include(sent));
        is("From", "from") && is("To", "to") && was_then
    });
    let rows = rows.into_iter().map(|(_, _, row)| (row["sid"].as_str().unwrap_or_default().to_owned(), row));
    let rows = page.cut(rows.collect())?;
    Ok(HttpResponse::Ok().json(page.answer("messages", rows)))
}

pub async fn fetch(
    request: HttpRequest,
    SignedIn(account): SignedIn,
    simulator: Data<Simulator>,
    path: Path<(String, String)>,
) -> Result<HttpResponse, Error> {
    let found = account.messages.find(&path.1).map(|message| shown(&account, &message, account.now(&message)));
    let told = || account.uses.messages(&account, simulator.office()).into_iter().map(|(_, row)| row);
    let found = found.or_else(|| told().find(|row| row["sid"] == *path.1));
    found.map(|row| HttpResponse::Ok().json(row)).ok_or_else(|| Error::not_found(request.path()))
}

/// Deletes one of which nothing more becomes. With which status another is refused is a guess.
pub async fn delete(
    request: HttpRequest,
    SignedIn(account): SignedIn,
    path: Path<(String, String)>,
) -> Result<HttpResponse, Error> {
    let message = account.messages.find(&path.1).ok_or_else(|| Error::not_found(request.path()))?;
    if !account.is_settled(&message) {
        return Err(Error::conflict(20009, "Cannot delete this resource before it is complete"));
    }
    let done = web::block(move || account.messages.delete(&message.id)).await;
    done.map_err(|error| Error::from(Trouble::Unknown(error.to_string())))?.map_err(|error| unwritten(&error))?;
    Ok(HttpResponse::NoContent().finish())
}

/// `GET /messages`, which Twilio has not: everything that was accepted to be sent, in its order. Nobody has to sign in.
pub async fn accepted(account: Data<Account>) -> HttpResponse {
    HttpResponse::Ok().json(account.messages.sent())
}

/// What a message is while it could not be written down: whoever asked for it cannot know.
pub fn unwritten(error: &std::io::Error) -> Error {
    Trouble::Unknown(error.to_string()).into()
}

fn all(account: &Account, office: &Office) -> Vec<(Timestamp, Option<Timestamp>, Value)> {
    let told = account.uses.messages(account, office).into_iter().map(|(at, row)| (at, Some(at), row));
    let kept = account.messages.shown().into_iter().map(|message| {
        let standing = account.now(&message);
        (message.at, standing.sent, shown(account, &message, standing))
    });
    let mut all = told.chain(kept).collect::<Vec<_>>();
    all.sort_by_key(|(at, ..)| Reverse(*at));
    all
}

fn shown(account: &Account, message: &Message, standing: Standing) -> Value {
    let Standing { status, sent, since } = standing;
    let code = message.note(FAULT).filter(|_| status == "undelivered").and_then(|code| code.parse::<u32>().ok());
    let uri = account.uri("Messages", &message.id);
    json!({
        "body": message.text,
        "num_segments": segments(&message.text).1.to_string(),
        "direction": if message.direction == Direction::Inbound { "inbound" } else { "outbound-api" },
        // Which number of a service's sends it is not known at once.
        "from": Some(&message.from).filter(|_| status != "accepted"),
        "to": message.to,
        "date_updated": rfc2822(since),
        "price": sent.map(|_| "-0.00790"),
        "error_message": code.map(says),
        "account_sid": account.sid,
        "num_media": message.media.len().to_string(),
        "status": status,
        "messaging_service_sid": message.note(SERVICE),
        "sid": message.id,
        "date_sent": sent.map(rfc2822),
        "date_created": rfc2822(message.at),
        "error_code": code,
        "price_unit": "USD",
        "api_version": "2010-04-01",
        "subresource_uris": {"media": uri.replace(".json", "/Media.json")},
        "uri": uri,
    })
}
