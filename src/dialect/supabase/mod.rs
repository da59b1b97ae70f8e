#![doc = include_str!("README.md")]

mod assignments;
mod auth;
mod error;
mod gateway;
mod jwks;
mod numbers;
mod offers;
mod operations;
mod passes;
mod purchases;
mod query;
mod releases;
mod tables;
mod values;
mod wire;

use actix_web::middleware::from_fn;
use actix_web::web::{self, ServiceConfig};

use super::{Dialect, Endpoint, resources};
use crate::app::AppState;
use auth::Verifier;
use error::Failure;

/// What the functions' paths begin with.
const PREFIX: &str = "/functions/v1";

/// The dialect, as `const ALL` lists it.
pub const DIALECT: Dialect = Dialect {
    name: "supabase",
    summary: "The functions of an agency on Supabase.",
    prefixes: &[PREFIX],
    endpoints: ENDPOINTS,
    way_in: operations::way_in,
    mount,
};

const ENDPOINTS: &[Endpoint] = &[
    Endpoint::get("/functions/v1/phone-numbers-list", || web::to(numbers::list), operations::list),
    Endpoint::get("/functions/v1/phone-numbers-search", || web::to(offers::search), operations::search),
    Endpoint::post("/functions/v1/phone-numbers-purchase", || web::to(purchases::purchase), operations::purchase),
    Endpoint::get("/functions/v1/phone-numbers-assign", || web::to(assignments::show), operations::show),
    Endpoint::post("/functions/v1/phone-numbers-assign", || web::to(assignments::assign), operations::assign),
    Endpoint::patch("/functions/v1/phone-numbers-assign", || web::to(assignments::update), operations::update),
    Endpoint::delete("/functions/v1/phone-numbers-assign", || web::to(assignments::unassign), operations::unassign),
    Endpoint::post("/functions/v1/phone-numbers-release", || web::to(releases::release), operations::release),
];

fn mount(state: &AppState, config: &mut ServiceConfig) {
    behind_gateway(state, config, ENDPOINTS);
}

/// Adds functions behind the gateway's token check.
pub fn behind_gateway(state: &AppState, config: &mut ServiceConfig, functions: &'static [Endpoint]) {
    let (verifier, state) = (state.shared(|| Verifier::new(state.config())), state.clone());
    config.service(
        web::scope(PREFIX)
            .wrap(from_fn(move |request, next| gateway::guard(verifier.clone(), state.clock().now(), request, next)))
            .configure(|config| resources(config, functions, PREFIX, |allow| Failure::method(allow).response()))
            .default_service(web::to(|| async { Failure::NoFunction.response() })),
    );
}

pub use auth::sign;
pub use tables::Export;
