//! The list, and what is done with one number.

use actix_web::http::StatusCode;
use actix_web::web::{Bytes, Data};
use actix_web::{HttpRequest, HttpResponse};
use schemars::JsonSchema;
use serde::Deserialize;

use super::query::ListQuery;
use super::wire::{Deleted, Done, Full, ListBody, Shown, number_id};
use crate::app::{AppState, Work};
use crate::dialect::cursor::Cursors;
use crate::dialect::failure::Failure;
use crate::dialect::ids::prefixed;
use crate::dialect::keys::Pass;
use crate::dialect::{keys, requests};
use crate::inventory::accounts::{Whereabouts, whereabouts};
use crate::inventory::assignments::Changes;
use crate::inventory::numbers;
use crate::model::{Error, Noun, Number, NumberId, Permission};
use crate::store::Scope;

/// What is to change in a number; what is absent stays.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "ButterNumberUpdate")]
pub struct UpdateBody {
    supports_inbound: Option<bool>,
    supports_outbound: Option<bool>,
}

/// `GET /api/phone-numbers`
pub async fn list(state: Data<AppState>, request: HttpRequest) -> Result<HttpResponse, Failure> {
    let (pass, asked) = (Pass::of(&request)?, ListQuery::parse(request.query_string()));
    let listed = state.run(Work::Brief, move |store| {
        store.read(|snapshot| {
            let scope = pass.caller(snapshot, Permission::NumbersRead)?.scope;
            let asked = asked?;
            let agency = scope.agency();
            let words = [&b"butter"[..], agency.0.as_bytes(), asked.status.as_bytes()];
            let cursors = Cursors::of(&snapshot.cursor_key()?, &words);
            let after = asked.cursor.as_deref().map(|cursor| cursors.place("cursor", cursor)).transpose()?;
            let stretch = numbers::walk(snapshot, &scope, &asked.filter, after, asked.page_size)?;
            let next = stretch.next.map(|place| cursors.behind(place));
            Ok::<_, Failure>((stretch, next))
        })
    });
    let (stretch, next) = listed.await?;
    Ok(requests::json(StatusCode::OK, &ListBody::new(&stretch, next))?)
}

/// `GET /api/phone-numbers/{phone_number_id}`
pub async fn show(state: Data<AppState>, request: HttpRequest) -> Result<HttpResponse, Failure> {
    let scope = keys::caller(&state, &request, Permission::NumbersRead).await?.scope;
    let id = named(&request)?;
    let (number, at) = shown(&state, scope, id).await?;
    Ok(requests::json(StatusCode::OK, &Shown::new(Full::new(&number, at.account, at.trunk.as_ref())))?)
}

/// `PUT` and `PATCH /api/phone-numbers/{phone_number_id}`
pub async fn update(state: Data<AppState>, request: HttpRequest, body: Bytes) -> Result<HttpResponse, Failure> {
    let caller = keys::caller(&state, &request, Permission::NumbersUpdate).await?;
    let id = named(&request)?;
    let given: UpdateBody = keys::read_changes(&request, &body)?;
    let (scope, by) = (caller.scope, requests::by(&state, &caller, &request));
    let changes = Changes { inbound: given.supports_inbound, outbound: given.supports_outbound, ..Changes::default() };
    let work =
        requests::at_the_desk(&state, Work::Long, move |desk| desk.change_number(&caller, &by, id, &changes).map(drop));
    work.await.map_err(Failure::from)?;
    let (number, at) = shown(&state, scope, id).await?;
    let full = Full::new(&number, at.account, at.trunk.as_ref());
    Ok(requests::json(StatusCode::OK, &Done::new("Phone number updated successfully", full))?)
}

/// `DELETE /api/phone-numbers/{phone_number_id}`
pub async fn delete(state: Data<AppState>, request: HttpRequest) -> Result<HttpResponse, Failure> {
    let caller = keys::caller(&state, &request, Permission::NumbersDelete).await?;
    let id = named(&request)?;
    let by = requests::by(&state, &caller, &request);
    let gone = requests::at_the_desk(&state, Work::Long, move |desk| desk.let_go(&caller, &by, id));
    gone.await.map_err(Failure::from)?;
    let deleted = Deleted { phone_number_id: number_id(id) };
    Ok(requests::json(StatusCode::OK, &Done::new("Phone number deleted successfully", deleted))?)
}

/// The number that a path names. One that no number can have answers as a missing one does.
pub fn named(request: &HttpRequest) -> Result<NumberId, Failure> {
    let id = prefixed("phon_", &keys::segment(request, "phone_number_id"));
    Ok(id.map(NumberId).ok_or(Error::NotFound(Noun::Number))?)
}

async fn shown(state: &AppState, scope: Scope, id: NumberId) -> Result<(Number, Whereabouts), Failure> {
    let read = move |store: &crate::store::Store| {
        store.read(|snapshot| {
            let number = snapshot.number(&scope, id)?;
            let at = whereabouts(snapshot, &scope, &number)?;
            Ok::<_, Failure>((number, at))
        })
    };
    state.run(Work::Brief, read).await
}
