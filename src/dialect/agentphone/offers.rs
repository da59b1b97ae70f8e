//! What could be bought, and what numbers' digits tell.

use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};

use super::query;
use super::wire::{AvailableNumber, LookedUp, Whole};
use crate::app::{AppState, Work};
use crate::dialect::failure::Failure;
use crate::dialect::{keys, requests};
use crate::model::Permission;

/// `GET /v1/numbers/available`
pub async fn available(state: Data<AppState>, request: HttpRequest) -> Result<HttpResponse, Failure> {
    let caller = keys::caller(&state, &request, Permission::NumbersRead).await?;
    let wanted = query::available(request.query_string())?;
    let offers = requests::at_the_desk(&state, Work::Carrier, move |desk| desk.offers(&caller, &wanted));
    let offers = offers.await.map_err(Failure::from)?;
    Ok(requests::json(StatusCode::OK, &Whole { data: offers.iter().map(AvailableNumber::from).collect() })?)
}

/// `GET /v1/numbers/lookup`
pub async fn lookup(state: Data<AppState>, request: HttpRequest) -> Result<HttpResponse, Failure> {
    keys::caller(&state, &request, Permission::NumbersRead).await?;
    let numbers = query::lookup(request.query_string())?;
    Ok(requests::json(StatusCode::OK, &Whole { data: numbers.iter().map(LookedUp::from).collect() })?)
}
