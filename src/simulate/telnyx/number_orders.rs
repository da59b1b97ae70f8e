//! `/number_orders`: how numbers are bought. Nothing notices that an order was sent before.
//!
//! npm telnyx 7, resources/number-orders.d.ts, and <https://developers.telnyx.com/docs/numbers/phone-numbers/number-orders>.

use std::collections::BTreeMap;

use actix_web::web::{Data, Json, Path};
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;

use super::answer::answer;
use super::auth::Caller;
use super::books::{Books, End, Open, Order};
use super::error::{Failure, Kind};
use super::notes::{self, Standing};
use super::query::Query;
use super::{filters, wire};
use crate::carrier::simulator::{Held, Office, Request, Simulator, Terms};
use crate::carrier::{Rented, Traits};
use crate::clock::{Clock, Ids};
use crate::model::{E164, Offer, Route, Timestamp, Wanted};

/// The largest page, as of numbers.
const LARGEST_PAGE: u32 = 250;

/// What is ordered: NumberOrderCreateParams. What it does not name is passed over, as `bundle_id` is.
#[derive(Clone, Debug, Deserialize)]
pub struct Wish {
    #[serde(default)]
    phone_numbers: Vec<Line>,
    customer_reference: Option<String>,
    connection_id: Option<String>,
    messaging_profile_id: Option<String>,
    billing_group_id: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
struct Line {
    phone_number: String,
    requirement_group_id: Option<String>,
}

/// Takes an order, all of it or nothing. It is answered with 200, whether it is done or pending.
pub async fn create(
    http: HttpRequest,
    _: Caller,
    simulator: Data<Simulator>,
    books: Data<Books>,
    Json(wish): Json<Wish>,
) -> Result<HttpResponse, Failure> {
    answer(&http, simulator, Request::Acquire, move |office, injected| {
        let order = take(office, &mut books.open(), &wish, injected)?;
        Ok(json!({"data": wire::number_order(&order, true, Clock::System.now())}))
    })
    .await
}

/// The orders, the newest first.
pub async fn list(
    http: HttpRequest,
    _: Caller,
    simulator: Data<Simulator>,
    books: Data<Books>,
) -> Result<HttpResponse, Failure> {
    let query = Query::of(&http);
    answer(&http, simulator, Request::Owned, move |_, _| {
        let now = Clock::System.now();
        let (after, before) = (day(&query, "created_at][gt")?, day(&query, "created_at][lt")?);
        let is_wanted = |order: &Order| {
            let held = order.first();
            let made = held.map_or(Timestamp(0), |held| notes::purchased_at(&held.notes));
            let reference = held.and_then(|held| held.notes.get(notes::CUSTOMER_REFERENCE));
            let standing = order.standing(now);
            let same = |name: &str, value: &str| query.filter(name).is_none_or(|wanted| wanted == value);
            query
                .filter("customer_reference")
                .is_none_or(|wanted| reference.is_some_and(|reference| reference == wanted))
                && same("status", standing.of_order())
                && same("requirements_met", if order.meets_requirements() { "true" } else { "false" })
                && same("phone_numbers_count", &order.numbers.len().to_string())
                && after.is_none_or(|after| made > after)
                && before.is_none_or(|before| made < before)
        };
        let books = books.open();
        let orders = books.orders.values().rev().filter(|order| is_wanted(order));
        query.page(orders.map(|order| wire::number_order(order, false, now)).collect(), LARGEST_PAGE)
    })
    .await
}

/// An order by its id.
pub async fn retrieve(
    http: HttpRequest,
    _: Caller,
    simulator: Data<Simulator>,
    books: Data<Books>,
    id: Path<String>,
) -> Result<HttpResponse, Failure> {
    answer(&http, simulator, Request::Owned, move |_, _| {
        let id = id.parse::<Uuid>().map_err(|_| Failure::new(Kind::NotFound))?;
        let books = books.open();
        let order = books.orders.get(&id).ok_or_else(|| Failure::new(Kind::NotFound))?;
        Ok(json!({"data": wire::number_order(order, true, Clock::System.now())}))
    })
    .await
}

fn day(query: &Query, name: &str) -> Result<Option<Timestamp>, Failure> {
    let parameter = || Failure::saying(Kind::BadRequest, "is no date").of(&format!("filter[{name}]"));
    query.filter(name).map(|text| filters::time(text).ok_or_else(parameter)).transpose()
}

fn take(office: &Office, books: &mut Open, wish: &Wish, injected: bool) -> Result<Order, Failure> {
    let now = Clock::System.now();
    if wish.phone_numbers.is_empty() {
        return Err(Failure::new(Kind::Missing).at("/phone_numbers"));
    }
    let mut offers = BTreeMap::new();
    for (at, line) in wish.phone_numbers.iter().enumerate() {
        let offer =
            offer(office, books, line, now).map_err(|failure| failure.at(format_args!("/phone_numbers/{at}")))?;
        offers.insert(offer.phone_number.clone(), (offer, line));
    }
    if offers.len() < wish.phone_numbers.len() {
        return Err(Failure::saying(Kind::BadRequest, "a number is there twice").at("/phone_numbers"));
    }
    let (id, plan) = (Ids::Fresh.next(), books.next_plan());
    let mut order = Order { id, numbers: Vec::new() };
    for (number, (offer, line)) in offers {
        let mut terms = terms(wish, &offer, line, id, now);
        if let Some(plan) = plan {
            let name = if plan.then == End::Success { notes::READY_AT } else { notes::FAILS_AT };
            terms.notes.insert(name.to_owned(), plan.at(now).to_string());
        }
        let rented = match plan {
            Some(plan) if plan.then == End::Failure => Rented {
                carrier_number_id: Order::failing_id(id, order.numbers.len()),
                phone_number: number,
                route: terms.route.clone(),
                traits: Traits::default(),
            },
            _ => office.acquire(&number, &terms, injected)?,
        };
        order.numbers.push(Held { rented, notes: terms.notes });
    }
    books.orders.insert(id, order.clone());
    Ok(order)
}

/// What is offered, and was found, and nobody has.
fn offer(office: &Office, books: &Open, line: &Line, now: Timestamp) -> Result<Offer, Failure> {
    let number: E164 = line.phone_number.parse().map_err(|_| Failure::new(Kind::NotE164))?;
    if line.requirement_group_id.as_deref().is_some_and(|id| id.parse::<Uuid>().is_err()) {
        return Err(Failure::saying(Kind::BadRequest, "requirement_group_id is no id"));
    }
    let is_pending =
        |held: &Held| held.rented.phone_number == number && Standing::of(&held.notes, now) == Standing::Pending;
    let unavailable = || Failure::saying(Kind::Unavailable, format_args!("{number} is not available"));
    if !office.held(Some(&number)).is_empty() || books.failing().any(is_pending) {
        return Err(unavailable());
    }
    let wanted = Wanted { exactly: Some(number.clone()), limit: 1, ..Wanted::default() };
    let offer = office.search(&wanted).pop().ok_or_else(unavailable)?;
    if !books.searched.contains(&number) {
        return Err(Failure::saying(Kind::Unsearched, format_args!("{number} was not returned in a recent search")));
    }
    Ok(offer)
}

/// What the ledger is told. "The order will remain in a pending status until those additional requirements are fulfilled"
/// (<https://developers.telnyx.com/docs/numbers/phone-numbers/action-ordering-requirement>); where an order is refused without a
/// requirement group instead (<https://developers.telnyx.com/docs/numbers/phone-numbers/requirement-groups>: CH, DK, IT, NO, PT,
/// SE), the simulator sells nothing. That any group will do, and is approved at once, is made up.
fn terms(wish: &Wish, offer: &Offer, line: &Line, order: Uuid, now: Timestamp) -> Terms {
    let is_unmet = wire::needs_requirements(&offer.country) && line.requirement_group_id.is_none();
    let noted = [
        (notes::NUMBER_ORDER_ID, Some(order.to_string())),
        (notes::PURCHASED_AT, Some(now.to_string())),
        (notes::COUNTRY, Some(offer.country.clone())),
        (notes::TYPE, Some(offer.number_type.name().to_owned())),
        (notes::CUSTOMER_REFERENCE, wish.customer_reference.clone()),
        (notes::BILLING_GROUP, wish.billing_group_id.clone()),
        (notes::UNMET, is_unmet.then(|| "true".to_owned())),
    ];
    let noted =
        noted.into_iter().filter_map(|(name, text)| Some((name.to_owned(), text.filter(|text| !text.is_empty())?)));
    let mut terms = Terms {
        reference: wish.customer_reference.as_deref().and_then(|reference| reference.parse().ok()),
        route: Route { connection_id: wish.connection_id.clone().filter(|id| !id.is_empty()), ..Route::default() },
        notes: noted.collect(),
    };
    if let Some(profile) = wish.messaging_profile_id.as_deref().filter(|id| !id.is_empty()) {
        notes::set_messaging_profile(&mut terms, profile);
    }
    terms
}
