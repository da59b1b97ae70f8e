//! `/phone_numbers`: what the account has.
//!
//! npm telnyx 7, resources/phone-numbers/phone-numbers.d.ts.

use actix_web::web::{Data, Json, Path};
use actix_web::{HttpRequest, HttpResponse};
use serde_json::{Map, Value, json};

use super::answer::answer;
use super::auth::Caller;
use super::books::{Books, Open};
use super::error::{Failure, Kind};
use super::notes::{self, Standing};
use super::query::Query;
use super::wire;
use crate::carrier::simulator::{Held, Office, Request, Simulator, Terms};
use crate::clock::Clock;
use crate::model::Timestamp;

/// The largest page.
const LARGEST_PAGE: u32 = 250;

/// What the account has and what it is about to have, the newest first: "If not given, results are sorted by created_at in
/// descending order."
pub async fn list(
    http: HttpRequest,
    _: Caller,
    simulator: Data<Simulator>,
    books: Data<Books>,
) -> Result<HttpResponse, Failure> {
    let query = Query::of(&http);
    answer(&http, simulator, Request::Owned, move |office, _| {
        let now = Clock::System.now();
        let digits = digits(&query)?;
        let mut all = all(office, &books.open());
        all.retain(|held| has_digits(held, digits) && is_wanted(held, &query, now));
        sort(&mut all, query.get("sort").unwrap_or("-created_at"))?;
        query.page(all.iter().map(|held| wire::phone_number(held, now)).collect(), LARGEST_PAGE)
    })
    .await
}

/// A number by its id.
pub async fn retrieve(
    http: HttpRequest,
    _: Caller,
    simulator: Data<Simulator>,
    books: Data<Books>,
    id: Path<String>,
) -> Result<HttpResponse, Failure> {
    answer(&http, simulator, Request::Owned, move |office, _| {
        let found = all(office, &books.open()).into_iter().find(|held| wire::id(held) == *id);
        let held = found.ok_or_else(|| Failure::new(Kind::NotFound))?;
        Ok(json!({"data": wire::phone_number(&held, Clock::System.now())}))
    })
    .await
}

/// Changes a number: PhoneNumberUpdateParams. What is not among those is passed over, a messaging profile too.
pub async fn update(
    http: HttpRequest,
    _: Caller,
    simulator: Data<Simulator>,
    books: Data<Books>,
    id: Path<String>,
    Json(body): Json<Map<String, Value>>,
) -> Result<HttpResponse, Failure> {
    answer(&http, simulator, Request::Configure, move |office, injected| {
        let held = change(office, &books, &id, injected, |_, terms| {
            if let Some(connection) = text(&body, "connection_id")? {
                terms.route.connection_id = Some(connection).filter(|id| !id.is_empty());
            }
            for name in [notes::CUSTOMER_REFERENCE, notes::EXTERNAL_PIN, notes::BILLING_GROUP] {
                terms.notes.extend(text(&body, name)?.map(|text| (name.to_owned(), text)));
            }
            set_tags(&body, terms)
        })?;
        Ok(json!({"data": wire::phone_number(&held, Clock::System.now())}))
    })
    .await
}

/// Gives a number back: "The response contains the phone number's final deleted representation." That a locked one is not
/// deleted is in the types; the operation lists 422 among its answers
/// (<https://developers.telnyx.com/api-reference/phone-number-configurations/delete-a-phone-number>), but with which code a lock
/// is told is a guess.
pub async fn delete(
    http: HttpRequest,
    _: Caller,
    simulator: Data<Simulator>,
    books: Data<Books>,
    id: Path<String>,
) -> Result<HttpResponse, Failure> {
    answer(&http, simulator, Request::Release, move |office, injected| {
        let (now, mut books) = (Clock::System.now(), books.open());
        let held = find(office, &id)?;
        if held.notes.contains_key(notes::LOCK) {
            let said = "The phone number cannot be deleted because its deletion lock is enabled.";
            return Err(Failure::saying(Kind::Unprocessable, said).at("/deletion_lock_enabled"));
        }
        office.release(&held.rented, injected)?;
        books.end(&held.rented.carrier_number_id, now);
        let mut document = wire::phone_number(&held, now);
        document["status"] = json!("deleted");
        document["updated_at"] = json!(now.to_string());
        Ok(json!({"data": document}))
    })
    .await
}

/// Every number, with those whose orders fail: for a while they look as if they became the account's.
fn all(office: &Office, books: &Open) -> Vec<Held> {
    let mut all = office.held(None);
    let is_had = |failing: &&Held| !office.held(Some(&failing.rented.phone_number)).is_empty();
    all.extend(books.failing().filter(|failing| !is_had(failing)).cloned());
    all
}

/// A number that the account really has.
pub fn find(office: &Office, id: &str) -> Result<Held, Failure> {
    office.held(None).into_iter().find(|held| wire::id(held) == id).ok_or_else(|| Failure::new(Kind::NotFound))
}

/// Changes a number in the ledger, with nobody else changing it meanwhile, and gives what it is then.
pub fn change(
    office: &Office,
    books: &Books,
    id: &str,
    injected: bool,
    set: impl Fn(&Held, &mut Terms) -> Result<(), Failure>,
) -> Result<Held, Failure> {
    let _open = books.open();
    let held = find(office, id)?;
    let mut terms = Terms { route: held.rented.route.clone(), ..Terms::default() };
    set(&held, &mut terms)?;
    terms.notes.insert(notes::UPDATED_AT.to_owned(), Clock::System.now().to_string());
    office.configure(&held.rented, &terms, injected)?;
    find(office, id)
}

/// A text in a body: none where it is not there, an empty one where it is null.
pub fn text(body: &Map<String, Value>, name: &str) -> Result<Option<String>, Failure> {
    match body.get(name) {
        None => Ok(None),
        Some(Value::Null) => Ok(Some(String::new())),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(Failure::saying(Kind::BadRequest, "must be a string").at(format_args!("/{name}"))),
    }
}

/// Takes tags over from a body that has some.
pub fn set_tags(body: &Map<String, Value>, terms: &mut Terms) -> Result<(), Failure> {
    let Some(tags) = body.get("tags") else { return Ok(()) };
    let wrong = |_| Failure::saying(Kind::BadRequest, "must be strings").at("/tags");
    let tags: Vec<String> = serde_json::from_value(tags.clone()).map_err(wrong)?;
    let text = if tags.is_empty() { String::new() } else { json!(tags).to_string() };
    terms.notes.insert(notes::TAGS.to_owned(), text);
    Ok(())
}

fn is_wanted(held: &Held, query: &Query, now: Timestamp) -> bool {
    let note = |name: &str| held.notes.get(name).map(String::as_str);
    let noted = |filter: &str, name: &str| match query.filter(filter) {
        None => true,
        Some("null") => note(name).is_none(),
        Some(wanted) => note(name) == Some(wanted),
    };
    let connection = held.rented.route.connection_id.as_deref();
    let (countries, tags) = (query.filters("country_iso_alpha2"), wire::tags(held));
    query.filter("status").is_none_or(|wanted| wanted == Standing::of(&held.notes, now).of_number())
        && query.filter("connection_id").is_none_or(|wanted| connection == Some(wanted))
        && query.filter("tag").is_none_or(|wanted| tags.iter().any(|tag| tag == wanted))
        && (query.filter("without_tags") != Some("true") || tags.is_empty())
        && (countries.is_empty() || note(notes::COUNTRY).is_some_and(|country| countries.contains(&country)))
        && noted("customer_reference", notes::CUSTOMER_REFERENCE)
        && noted("billing_group_id", notes::BILLING_GROUP)
        && noted("number_type][eq", notes::TYPE)
}

/// "Requires at least three digits. Non-numerical characters will result in no values being returned." Hence part of a number
/// is enough; a `+` before it is taken, and a space, which is what an unescaped `+` becomes.
fn digits(query: &Query) -> Result<Option<&str>, Failure> {
    let wanted = query.filter("phone_number").map(|wanted| wanted.trim_start_matches(['+', ' ']));
    match wanted {
        Some(wanted) if wanted.len() < 3 => {
            let said = "must have at least three digits";
            Err(Failure::saying(Kind::BadRequest, said).of("filter[phone_number]"))
        }
        _ => Ok(wanted),
    }
}

fn has_digits(held: &Held, wanted: Option<&str>) -> bool {
    wanted.is_none_or(|wanted| held.rented.phone_number.as_str()[1..].contains(wanted))
}

/// By `created_at` where nobody says: one number after another, though many were bought at once.
fn sort(all: &mut [Held], by: &str) -> Result<(), Failure> {
    let (name, falls) = by.strip_prefix('-').map_or((by, false), |name| (name, true));
    match name {
        "created_at" | "purchased_at" => {
            all.sort_by_cached_key(|held| (notes::purchased_at(&held.notes), held.rented.phone_number.clone()));
        }
        "phone_number" => all.sort_by_cached_key(|held| held.rented.phone_number.clone()),
        "connection_name" | "usage_payment_method" => {}
        _ => return Err(Failure::new(Kind::BadRequest).of("sort")),
    }
    if falls {
        all.reverse();
    }
    Ok(())
}
