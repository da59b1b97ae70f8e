//! What a simulated carrier answers: a path for each of the port's methods, and two to control it.

use std::time::Duration;

use actix_web::error::{InternalError, JsonPayloadError};
use actix_web::http::{StatusCode, header};
use actix_web::web::{self, Data, Json};
use actix_web::{Error, HttpRequest, HttpResponse, rt};
use schemars::SchemaGenerator;
use serde::Serialize;

use super::connection;
use crate::carrier::simulator::wire::{
    Acquire, Configure, Done, FaultOrder, Offered, Owned, Refused, Search, WhatIsOwned,
};
use crate::carrier::simulator::{Fault, Office, Outcome, Request, Simulator, Terms};
use crate::carrier::{Refusal, Trouble};
use crate::dialect::Endpoint;
use crate::dialect::operation::Operation;

/// Everything that can be asked.
pub const ENDPOINTS: &[Endpoint] = &[
    Endpoint::post("/search", || web::to(search), undescribed),
    Endpoint::post("/acquire", || web::to(acquire), undescribed),
    Endpoint::post("/configure", || web::to(configure), undescribed),
    Endpoint::post("/owned", || web::to(owned), undescribed),
    Endpoint::post("/release", || web::to(release), undescribed),
    Endpoint::post("/faults", || web::to(faults), undescribed),
    Endpoint::get("/ledger", || web::to(ledger), undescribed),
];

/// How long a request is neither done nor answered; no client waits as long.
const SILENCE: Duration = Duration::from_mins(1);

/// The simulator is no part of the API that is described.
fn undescribed(_: &mut SchemaGenerator) -> Operation {
    Operation { id: "simulate", summary: "", signed_in: false, parameters: Vec::new(), body: None, answers: Vec::new() }
}

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

async fn faults(simulator: Data<Simulator>, Json(order): Json<FaultOrder>) -> HttpResponse {
    simulator.order_fault(order.deed, order.fault, order.times);
    HttpResponse::Ok().json(Done {})
}

async fn ledger(simulator: Data<Simulator>) -> Result<HttpResponse, Error> {
    Ok(HttpResponse::Ok().json(web::block(move || simulator.entries()).await??))
}

/// Does what was asked, with the fault that is its turn, and answers or does not.
async fn answer<T: Serialize>(
    http: &HttpRequest,
    simulator: Data<Simulator>,
    asked: Request,
    deed: impl Fn(&Office, bool) -> Result<T, Trouble> + Send + 'static,
) -> HttpResponse {
    let fault = simulator.next_fault(asked);
    // A task of its own is done even if the client has gone: so is a carrier's.
    let done = rt::spawn(async move {
        if let Some(Fault::Slow { delay }) = fault {
            rt::time::sleep(delay).await;
        }
        let json = move |injected| deed(simulator.office(), injected).map(|done| serde_json::to_vec(&done));
        web::block(move || Fault::of(fault, json)).await
    });
    match done.await {
        Ok(Ok(Outcome::Answer(Ok(Ok(json))))) => HttpResponse::Ok().content_type("application/json").body(json),
        Ok(Ok(Outcome::Answer(Err(trouble)))) => not_done(trouble),
        Ok(Ok(Outcome::Closed)) => {
            connection::close(http);
            failed()
        }
        Ok(Ok(Outcome::Silence)) => {
            rt::time::sleep(SILENCE).await;
            connection::close(http);
            failed()
        }
        _ => failed(),
    }
}

fn not_done(trouble: Trouble) -> HttpResponse {
    match trouble {
        Trouble::Refused { reason, said } => {
            let status = match reason {
                Refusal::NotAvailable => StatusCode::CONFLICT,
                Refusal::Invalid => StatusCode::UNPROCESSABLE_ENTITY,
                Refusal::NotOwned => StatusCode::NOT_FOUND,
                Refusal::Other => StatusCode::FORBIDDEN,
            };
            refused(status, reason, said)
        }
        Trouble::Busy => HttpResponse::TooManyRequests().finish(),
        Trouble::Unreached(_) | Trouble::Unknown(_) => failed(),
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
