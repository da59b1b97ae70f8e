//! The list, one number, and what its owner says of it.

use actix_web::http::StatusCode;
use actix_web::web::{Bytes, Data};
use actix_web::{HttpRequest, HttpResponse};
use schemars::JsonSchema;
use serde::Deserialize;

use super::query::{number_id, page};
use super::wire::{Page, PhoneNumber};
use crate::app::{AppState, Work};
use crate::dialect::failure::Failure;
use crate::dialect::keys::Pass;
use crate::dialect::query::Malformed;
use crate::dialect::requests::{NAME, given};
use crate::dialect::{keys, requests};
use crate::inventory::assignments::Changes;
use crate::inventory::numbers;
use crate::model::{NumberFilter, Permission, Timestamp};

/// What is to change in a number: absent leaves, `null` takes away.
#[allow(clippy::option_option, reason = "absent, null and a value are three things")]
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "AgentphoneNumberUpdate")]
pub struct UpdateBody {
    #[serde(default, deserialize_with = "given")]
    #[schemars(!default, with = "Option<String>", length(min = 1, max = 200), regex(pattern = NAME))]
    external_id: Option<Option<String>>,
    #[serde(default, deserialize_with = "given")]
    #[schemars(!default, with = "Option<String>", extend("format" = "date-time"))]
    expires_at: Option<Option<String>>,
}

/// `GET /v1/numbers`
pub async fn list(state: Data<AppState>, request: HttpRequest) -> Result<HttpResponse, Failure> {
    let (pass, window) = (Pass::of(&request)?, page(request.query_string()));
    let is_deep = window.as_ref().is_ok_and(|window| window.is_deep());
    let listing = state.run(if is_deep { Work::Long } else { Work::Brief }, move |store| {
        store.read(|snapshot| {
            let scope = pass.caller(snapshot, Permission::NumbersRead)?.scope;
            let window = window?;
            let slice = numbers::list(snapshot, &scope, &NumberFilter::default(), window, |_| false)?.slice;
            Ok::<_, Failure>((window, slice))
        })
    });
    let (window, slice) = listing.await?;
    let numbers = slice.items.iter().map(|number| PhoneNumber::from(&**number)).collect();
    Ok(requests::json(StatusCode::OK, &Page::new(numbers, window.offset, slice.total))?)
}

/// `GET /v1/numbers/{number_id}`
pub async fn show(state: Data<AppState>, request: HttpRequest) -> Result<HttpResponse, Failure> {
    let scope = keys::caller(&state, &request, Permission::NumbersRead).await?.scope;
    let id = number_id(&request)?;
    let number = state.run(Work::Brief, move |store| store.read(|snapshot| snapshot.number(&scope, id)));
    Ok(requests::json(StatusCode::OK, &PhoneNumber::from(&number.await?))?)
}

/// `PATCH /v1/numbers/{number_id}`
pub async fn update(state: Data<AppState>, request: HttpRequest, body: Bytes) -> Result<HttpResponse, Failure> {
    let caller = keys::caller(&state, &request, Permission::NumbersUpdate).await?;
    let id = number_id(&request)?;
    let given: UpdateBody = keys::read_changes(&request, &body)?;
    let expires_at = match given.expires_at {
        None => None,
        Some(None) => Some(None),
        Some(Some(at)) => Some(Some(time(&at)?)),
    };
    let changes = Changes { external_id: given.external_id, expires_at, ..Changes::default() };
    let by = requests::by(&state, &caller, &request);
    let work = requests::at_the_desk(&state, Work::Long, move |desk| desk.change_number(&caller, &by, id, &changes));
    let number = work.await.map_err(Failure::from)?;
    Ok(requests::json(StatusCode::OK, &PhoneNumber::from(&number))?)
}

/// A time in a body.
pub fn time(text: &str) -> Result<Timestamp, Failure> {
    let malformed = |_| Failure::Body(Malformed::new("expiresAt", "must be a time like 2025-01-15T12:00:00Z"));
    text.parse().map_err(malformed)
}
