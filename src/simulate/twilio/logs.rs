//! What numbers were used for: calls (<https://www.twilio.com/docs/voice/api/call-resource>), and messages beside those that
//! were really sent here. Nobody ever calls here: somebody says what happened, with `POST /uses`, and it is forgotten when
//! the simulator ends.

use std::sync::{PoisonError, RwLock};

use actix_web::web::{Data, Json};
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;
use serde_json::{Value, json};

use super::account::Account;
use super::auth::SignedIn;
use super::error::Error;
use super::page::Page;
use super::parameters::Parameters;
use super::sid::sid;
use super::wire::rfc2822;
use crate::carrier::simulator::{Office, Simulator};
use crate::model::Timestamp;

/// A day in microseconds.
const DAY: i64 = 86_400_000_000;

/// Everything that numbers were used for, in the order in which it was said.
#[derive(Debug, Default)]
pub struct Uses(RwLock<Vec<Use>>);

/// Something that a number was used for.
#[derive(Clone, Debug)]
struct Use {
    sid: String,
    kind: Kind,
    from: String,
    to: String,
    at: Timestamp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Call,
    Message,
}

/// `POST /uses`: one of them, or several.
#[derive(Deserialize)]
#[serde(untagged)]
pub enum Told {
    One(ToldUse),
    Many(Vec<ToldUse>),
}

/// `{"kind": "call", "from": "+15005550006", "to": "+19705551234", "at": "2026-01-15T12:00:00Z"}`
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ToldUse {
    kind: Kind,
    from: String,
    to: String,
    at: At,
}

/// Microseconds since 1970, or RFC 3339.
#[derive(Deserialize)]
#[serde(untagged)]
enum At {
    Microseconds(i64),
    Text(String),
}

/// What happened, for lists to show. Nobody has to sign in: no carrier could be told.
pub async fn told(account: Data<Account>, Json(told): Json<Told>) -> Result<HttpResponse, Error> {
    let told = match told {
        Told::One(told) => vec![told],
        Told::Many(told) => told,
    };
    let mut uses = account.uses.0.write().unwrap_or_else(PoisonError::into_inner);
    let first = uses.len();
    for ToldUse { kind, from, to, at } in told {
        let at = match at {
            At::Microseconds(at) => Ok(Timestamp(at)),
            At::Text(text) => text.parse::<Timestamp>().map_err(|error| Error::refused(20422, format!("at {error}"))),
        };
        let prefix = if kind == Kind::Call { "CA" } else { "SM" };
        let (sid, at) = (sid(prefix, &uses.len().to_string()), at.inspect_err(|_| uses.truncate(first))?);
        uses.push(Use { sid, kind, from, to, at });
    }
    Ok(HttpResponse::Ok().json(json!({})))
}

/// The newest first.
pub async fn calls(
    request: HttpRequest,
    SignedIn(account): SignedIn,
    simulator: Data<Simulator>,
) -> Result<HttpResponse, Error> {
    let asked = Parameters::of_query(&request)?;
    let page = Page::of(&request, &asked)?;
    let days = Days::read(&asked, "StartTime")?;
    let mut rows = account.uses.of(Kind::Call);
    rows.retain(|one| {
        let is = |name, number: &str| asked.text(name).is_none_or(|wanted| wanted == number);
        is("From", &one.from) && is("To", &one.to) && days.include(one.at)
    });
    rows.sort_by_key(|one| std::cmp::Reverse(one.at));
    let rows = page.cut(rows.into_iter().map(|one| (one.sid.clone(), one)).collect())?;
    let rows = rows.into_iter().map(|(sid, one)| (sid, call(&account, simulator.office(), &one))).collect();
    Ok(HttpResponse::Ok().json(page.answer("calls", rows)))
}

impl Uses {
    /// The messages, with when each was sent, as their list shows them.
    pub fn messages(&self, account: &Account, office: &Office) -> Vec<(Timestamp, Value)> {
        self.of(Kind::Message).iter().map(|one| (one.at, message(account, office, one))).collect()
    }

    fn of(&self, kind: Kind) -> Vec<Use> {
        let all = self.0.read().unwrap_or_else(PoisonError::into_inner);
        all.iter().filter(|one| one.kind == kind).cloned().collect()
    }
}

/// When something has to have happened: from, and before.
pub struct Days(Timestamp, Timestamp);

impl Days {
    /// `StartTime`, `StartTime>` and `StartTime<`, whose `=` belongs to the query: `StartTime>=2026-01-15`. Each is a day in
    /// GMT or, as the clients write it, an instant. Calls are "on or after" the one and "before" the other, messages "on and
    /// before" it (Twilio's documents and OpenAPI).
    pub fn read(asked: &Parameters, name: &str) -> Result<Self, Error> {
        let read = |sign: &str| {
            let name = format!("{name}{sign}");
            asked.text(&name).map(|text| instants(text).ok_or_else(|| invalid(&name, text))).transpose()
        };
        let (on, from, before) = (read("")?, read(">")?, read("<")?);
        let first = [on, from].into_iter().flatten().map(|(first, _)| first).max();
        let before = before.map(|(first, end)| if name == "StartTime" { first } else { end });
        let end = on.map(|(_, end)| end).into_iter().chain(before).min();
        Ok(Self(first.unwrap_or(Timestamp(i64::MIN)), end.unwrap_or(Timestamp(i64::MAX))))
    }

    /// Whether it was then.
    pub fn include(&self, at: Timestamp) -> bool {
        self.0 <= at && at < self.1
    }
}

fn invalid(name: &str, text: &str) -> Error {
    Error::refused(20422, format!("{name} is not a valid date: {text}"))
}

/// When a day or an instant begins, and when it has ended; an instant is a second long, which is how exact the lists are.
fn instants(text: &str) -> Option<(Timestamp, Timestamp)> {
    let (first, length) = match text.parse::<Timestamp>() {
        Ok(at) => (at, 1_000_000),
        Err(_) => (format!("{text}T00:00:00Z").parse::<Timestamp>().ok()?, DAY),
    };
    Some((first, Timestamp(first.0 + length)))
}

fn call(account: &Account, office: &Office, one: &Use) -> Value {
    let at = rfc2822(one.at);
    json!({
        "sid": one.sid,
        "date_created": at,
        "date_updated": at,
        "parent_call_sid": null,
        "account_sid": account.sid,
        "to": one.to,
        "to_formatted": one.to,
        "from": one.from,
        "from_formatted": one.from,
        "phone_number_sid": null,
        "status": "completed",
        "start_time": at,
        "end_time": rfc2822(Timestamp(one.at.0 + 60_000_000)),
        "duration": "60",
        "price": "-0.00850",
        "price_unit": "USD",
        "direction": if is_ours(office, &one.to) { "inbound" } else { "outbound-api" },
        "answered_by": null,
        "api_version": "2010-04-01",
        "forwarded_from": null,
        "group_sid": null,
        "caller_name": null,
        "queue_time": "0",
        "trunk_sid": null,
        "uri": account.uri("Calls", &one.sid),
        "subresource_uris": {},
    })
}

fn message(account: &Account, office: &Office, one: &Use) -> Value {
    let at = rfc2822(one.at);
    let inbound = is_ours(office, &one.to);
    json!({
        "body": "",
        "num_segments": "1",
        "direction": if inbound { "inbound" } else { "outbound-api" },
        "from": one.from,
        "to": one.to,
        "date_updated": at,
        "price": "-0.00750",
        "error_message": null,
        "uri": account.uri("Messages", &one.sid),
        "account_sid": account.sid,
        "num_media": "0",
        "status": if inbound { "received" } else { "delivered" },
        "messaging_service_sid": null,
        "sid": one.sid,
        "date_sent": at,
        "date_created": at,
        "error_code": null,
        "price_unit": "USD",
        "api_version": "2010-04-01",
        "subresource_uris": {},
    })
}

fn is_ours(office: &Office, number: &str) -> bool {
    number.parse().is_ok_and(|number| !office.owned(Some(&number)).is_empty())
}
