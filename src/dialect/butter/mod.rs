#![doc = include_str!("README.md")]

mod assignments;
mod auth;
mod error;
mod imports;
mod numbers;
mod operations;
mod query;
mod wire;

use actix_web::web::{self, ServiceConfig};

use super::{Dialect, Endpoint, keys};
use crate::app::AppState;

const PREFIXES: &[&str] = &["/api/phone-numbers", "/api/agents"];

/// The dialect, as `const ALL` lists it.
pub const DIALECT: Dialect = Dialect {
    name: "butter",
    summary: "An organization's numbers and who answers them, as Butter AI has them.",
    prefixes: PREFIXES,
    endpoints: ENDPOINTS,
    way_in: operations::way_in,
    mount,
};

const NUMBERS: &str = "/api/phone-numbers";
const NUMBER: &str = "/api/phone-numbers/{phone_number_id}";

const ENDPOINTS: &[Endpoint] = &[
    Endpoint::get(NUMBERS, || web::to(numbers::list), operations::list),
    Endpoint::post(NUMBERS, || web::to(imports::import), operations::import),
    Endpoint::get(NUMBER, || web::to(numbers::show), operations::show),
    Endpoint::put(NUMBER, || web::to(numbers::update), operations::replace),
    Endpoint::patch(NUMBER, || web::to(numbers::update), operations::update),
    Endpoint::delete(NUMBER, || web::to(numbers::delete), operations::delete),
    Endpoint::post("/api/agents/{agent_id}/assign-phone-number", || web::to(assignments::assign), operations::assign),
    Endpoint::post(
        "/api/agents/{agent_id}/unassign-phone-number/{phone_number_id}",
        || web::to(assignments::unassign),
        operations::unassign,
    ),
];

fn mount(state: &AppState, config: &mut ServiceConfig) {
    keys::mount(&auth::DOOR, PREFIXES, ENDPOINTS, state, config);
}
