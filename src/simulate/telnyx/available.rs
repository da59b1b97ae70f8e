//! `GET /available_phone_numbers`: the stock, searched by Telnyx' filters.
//!
//! npm telnyx 7, resources/available-phone-numbers.d.ts, and <https://developers.telnyx.com/docs/numbers/phone-numbers/number-search>.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use serde_json::{Value, json};

use super::answer::answer;
use super::auth::Caller;
use super::books::Books;
use super::error::{Failure, Kind};
use super::query::Query;
use super::wire;
use crate::carrier::simulator::{Office, Request, Simulator};
use crate::model::{Features, NumberType, Offer, Wanted};

/// How many are found where nobody says. A guess: no page of the documentation has it.
const LIMIT: u32 = 100;

/// And at the most, likewise.
const MOST: u32 = 1_000;

/// What Telnyx calls features and types but the simulator has none of.
const WITHOUT: [&str; 4] = ["hd_voice", "international_sms", "local_calling", "shared_cost"];

/// What there is to buy.
pub async fn list(
    http: HttpRequest,
    _: Caller,
    simulator: Data<Simulator>,
    books: Data<Books>,
) -> Result<HttpResponse, Failure> {
    let query = Query::of(&http);
    answer(&http, simulator, Request::Search, move |office, _| {
        let offers = search(office, &query)?;
        books.open().searched.extend(offers.iter().map(|offer| offer.phone_number.clone()));
        Ok(document(&offers))
    })
    .await
}

fn document(offers: &[Offer]) -> Value {
    let best_effort = offers.iter().filter(|offer| offer.best_effort).count();
    let meta = json!({"total_results": offers.len(), "best_effort_results": best_effort});
    // npm telnyx 7, resources/available-phone-numbers.d.ts, has it under both names.
    json!({"data": offers.iter().map(wire::offer).collect::<Vec<_>>(), "meta": meta, "metadata": meta})
}

fn search(office: &Office, query: &Query) -> Result<Vec<Offer>, Failure> {
    let Some(wanted) = wanted(query)? else { return Ok(Vec::new()) };
    let quickship = query.flag("quickship")?;
    // What the office does not know of is picked out of more.
    let picks = quickship || wanted.area_code.is_some() && (wanted.contains.is_some() || wanted.ends_with.is_some());
    let limit = if picks { wanted.limit.saturating_mul(20) } else { wanted.limit };
    let mut offers = office.search(&Wanted { limit, ..wanted.clone() });
    if offers.is_empty() && office.search(&anything(&wanted.country)).is_empty() {
        // "The search targets a region where Telnyx has no coverage, resulting in a 4xx response", says
        // <https://developers.telnyx.com/docs/numbers/phone-numbers/advanced-orders>, but not with which code.
        return Err(
            Failure::saying(Kind::BadRequest, "there is no coverage in this country").of("filter[country_code]")
        );
    }
    offers.retain(|offer| has_pattern_behind_code(offer, query) && (!quickship || works_at_once(offer)));
    offers.truncate(wanted.limit as usize);
    Ok(offers)
}

/// The filters; none where nothing can be found with them.
fn wanted(query: &Query) -> Result<Option<Wanted>, Failure> {
    // "Country code is always required in search requests", and the documentation's own examples write `us`, too.
    let missing = || Failure::new(Kind::Missing).of("filter[country_code]");
    let country = query.filter("country_code").ok_or_else(missing)?.to_ascii_uppercase();
    let Some(features) = features(query)? else { return Ok(None) };
    let number_type = match query.filter("phone_number_type") {
        None => None,
        Some(name) if WITHOUT.contains(&name) => return Ok(None),
        Some(name) => match NumberType::ALL.into_iter().find(|number_type| number_type.name() == name) {
            Some(number_type) => Some(number_type),
            None => return Err(Failure::new(Kind::BadRequest).of("filter[phone_number_type]")),
        },
    };
    let text = |name| query.filter(name).map(str::to_owned);
    let code = text("national_destination_code");
    // "Filter numbers starting with a pattern (excludes NDC if used with `national_destination_code` filter)."
    let starts_with = text("phone_number][starts_with").map(|first| code.clone().unwrap_or_default() + &first);
    Ok(Some(Wanted {
        number_type,
        area_code: code,
        city: text("locality"),
        state: text("administrative_area"),
        contains: text("phone_number][contains"),
        starts_with,
        ends_with: text("phone_number][ends_with"),
        features,
        // "Only available in USA/CANADA."
        best_effort: query.flag("best_effort")? && ["US", "CA"].contains(&country.as_str()),
        limit: query.number("filter[limit]")?.unwrap_or(LIMIT).min(MOST),
        ..anything(&country)
    }))
}

fn anything(country: &str) -> Wanted {
    Wanted { country: country.to_owned(), limit: 1, ..Wanted::default() }
}

fn features(query: &Query) -> Result<Option<Features>, Failure> {
    let mut features = Features::default();
    for name in query.filters("features") {
        match name {
            "voice" => features.voice = true,
            "sms" => features.sms = true,
            "mms" => features.mms = true,
            "fax" => features.fax = true,
            "emergency" => features.emergency = true,
            _ if WITHOUT.contains(&name) => return Ok(None),
            _ => return Err(Failure::new(Kind::BadRequest).of("filter[features]")),
        }
    }
    Ok(Some(features))
}

/// With an area code, a pattern is looked for behind it only.
fn has_pattern_behind_code(offer: &Offer, query: &Query) -> bool {
    let Some(code) = query.filter("national_destination_code") else { return true };
    let digits = offer.phone_number.as_str();
    let behind = digits.find(code).map_or("", |at| &digits[at + code.len()..]);
    query.filter("phone_number][contains").is_none_or(|some| behind.contains(some))
        && query.filter("phone_number][ends_with").is_none_or(|last| behind.ends_with(last))
        || offer.best_effort
}

/// "Only applicable for +1 toll_free numbers."
fn works_at_once(offer: &Offer) -> bool {
    let asks = offer.number_type == NumberType::TollFree && ["US", "CA"].contains(&offer.country.as_str());
    offer.quickship || !asks
}
