//! What a simulated carrier answers that has no shape of its own: a path for each of the port's methods.

use actix_web::error::{InternalError, JsonPayloadError};
use actix_web::http::{StatusCode, header};
use actix_web::web::{self, Data, Json};
use actix_web::{Error, HttpRequest, HttpResponse};
use serde::Serialize;

use super::control::undescribed;
use super::faults;
use crate::carrier::simulator::wire::{Acquire, Configure, Done, Offered, Owned, Refused, Search, WhatIsOwned};
use crate::carrier::simulator::{Office, Request, Simulator, Terms};
use crate::carrier::{Refusal, Trouble};
use crate::dialect::Endpoint;

/// What is asked of it as of a carrier.
pub const ENDPOINTS: &[Endpoint] = &[
    Endpoint::post("/search", || web::to(search), undescribed),
    Endpoint::post("/acquire", || web::to(acquire), undescribed),
    Endpoint::post("/configure", || web::to(configure), undescribed),
    Endpoint::post("/owned", || web::to(owned), undescribed),
    Endpoint::post("/release", || web::to(release), undescribed),
];

async fn search(http: HttpRequest, simulator: Data<Simulator>, Json(Search(wanted)): Json<Search>) -> HttpResponse {
    let deed = move |office: &Office, _| Ok(office.search(&wanted).into_iter().map(Offered).collect::<Vec<_>>());
    answer(&http, simulator, Request::Search, deed).await
}

async fn acquire(http: HttpRequest, simulator: Data<Simulator>, Json(asked): Json<Acquire>) -> HttpResponse {
    let terms = Terms { reference: Some(asked.reference), route: asked.route, ..Terms::default() };
    let deed = move |office: &Office, injected| office.acquire(&asked.phone_number, &terms, injected).map(Owned);
    answer(&http, simulator, Request::Acquire, deed).await
}

async fn configure(http: HttpRequest, simulator: Data<Simulator>, Json(asked): Json<Configure>) -> HttpResponse {
    let terms = Terms { route: asked.route, ..Terms::default() };
    let deed = move |office: &Office, injected| office.configure(&asked.rented.0, &terms, injected).map(|()| Done {});
    answer(&http, simulator, Request::Configure, deed).await
}

async fn owned(http: HttpRequest, simulator: Data<Simulator>, Json(asked): Json<WhatIsOwned>) -> HttpResponse {
    let deed = move |office: &Office, _| {
        Ok(office.owned(asked.phone_number.as_ref()).into_iter().map(Owned).collect::<Vec<_>>())
    };
    answer(&http, simulator, Request::Owned, deed).await
}

async fn release(http: HttpRequest, simulator: Data<Simulator>, Json(Owned(rented)): Json<Owned>) -> HttpResponse {
    let deed = move |office: &Office, injected| office.release(&rented, injected).map(|()| Done {});
    answer(&http, simulator, Request::Release, deed).await
}

/// Answers with a document or in its own words why not.
async fn answer<T: Serialize + Send + 'static>(
    http: &HttpRequest,
    simulator: Data<Simulator>,
    asked: Request,
    deed: impl Fn(&Office, bool) -> Result<T, Trouble> + Send + 'static,
) -> HttpResponse {
    let done = faults::answer(http, simulator, asked, deed);
    done.await.map_or_else(not_done, |document| HttpResponse::Ok().json(document))
}

fn not_done(trouble: Trouble) -> HttpResponse {
    match trouble {
        Trouble::Refused { reason, said } => {
            let status = match reason {
                Refusal::NotAvailable => StatusCode::CONFLICT,
                Refusal::Invalid => StatusCode::UNPROCESSABLE_ENTITY,
                Refusal::NotOwned => StatusCode::NOT_FOUND,
                _ => StatusCode::FORBIDDEN,
            };
            refused(status, reason, said)
        }
        Trouble::Busy => HttpResponse::TooManyRequests().finish(),
        Trouble::Unreached(_) | Trouble::Unknown(_) | Trouble::Waiting { .. } => failed(),
    }
}

fn failed() -> HttpResponse {
    HttpResponse::InternalServerError().finish()
}

fn refused(status: StatusCode, reason: Refusal, said: String) -> HttpResponse {
    HttpResponse::build(status).json(Refused { reason, said })
}

/// Answers a body that is not what its path takes.
pub fn not_understood(error: JsonPayloadError, _: &HttpRequest) -> Error {
    let answer = refused(StatusCode::BAD_REQUEST, Refusal::Other, error.to_string());
    InternalError::from_response(error, answer).into()
}

/// Answers a method that a path does not have.
pub fn not_allowed(allow: &str) -> HttpResponse {
    let mut answer = refused(StatusCode::METHOD_NOT_ALLOWED, Refusal::Other, format!("this path takes {allow}"));
    if let Ok(allow) = allow.parse() {
        answer.headers_mut().insert(header::ALLOW, allow);
    }
    answer
}

/// Answers a path that there is not.
pub fn not_found() -> HttpResponse {
    refused(StatusCode::NOT_FOUND, Refusal::Other, "there is no such path".to_owned())
}
