//! What every simulated carrier answers beside its own paths: what it did, and what it is to do wrong.

use actix_web::web::{self, Data, Json};
use actix_web::{Error, HttpResponse};
use schemars::SchemaGenerator;

use crate::carrier::simulator::Simulator;
use crate::carrier::simulator::wire::{Done, FaultOrder};
use crate::dialect::Endpoint;
use crate::dialect::operation::Operation;

/// Everything that it can be told, and asked, as no carrier can.
pub const ENDPOINTS: &[Endpoint] = &[
    Endpoint::post("/faults", || web::to(faults), undescribed),
    Endpoint::get("/ledger", || web::to(ledger), undescribed),
];

/// No simulator is part of the API that is described.
pub fn undescribed(_: &mut SchemaGenerator) -> Operation {
    Operation {
        id: "simulate",
        summary: "",
        signed_in: false,
        parameters: Vec::new(),
        body: None,
        may_be_bodiless: false,
        answers: Vec::new(),
    }
}

async fn faults(simulator: Data<Simulator>, Json(order): Json<FaultOrder>) -> HttpResponse {
    simulator.order_fault(order.deed, order.fault, order.times);
    HttpResponse::Ok().json(Done {})
}

async fn ledger(simulator: Data<Simulator>) -> Result<HttpResponse, Error> {
    Ok(HttpResponse::Ok().json(web::block(move || simulator.entries()).await??))
}
