#![doc = include_str!("README.md")]

mod auth;
mod error;
mod imports;
mod numbers;
mod operations;
mod query;
mod streaming;
mod wire;

use actix_web::web::{self, ServiceConfig};

use super::{Dialect, Endpoint, keys};
use crate::app::AppState;

const PREFIXES: &[&str] = &["/api/conversational-ai-agent/v2/phone-numbers"];

/// The dialect, as `const ALL` lists it.
pub const DIALECT: Dialect = Dialect {
    name: "agora",
    summary: "An account's imported numbers, as Agora's conversational AI has them.",
    prefixes: PREFIXES,
    endpoints: ENDPOINTS,
    way_in: operations::way_in,
    mount,
};

const NUMBERS: &str = "/api/conversational-ai-agent/v2/phone-numbers";
const NUMBER: &str = "/api/conversational-ai-agent/v2/phone-numbers/{phone_number}";

const ENDPOINTS: &[Endpoint] = &[
    Endpoint::get(NUMBERS, || web::to(streaming::list), operations::list),
    Endpoint::post(NUMBERS, || web::to(imports::import), operations::import),
    Endpoint::get(NUMBER, || web::to(numbers::show), operations::show),
    Endpoint::patch(NUMBER, || web::to(numbers::update), operations::update),
    Endpoint::delete(NUMBER, || web::to(numbers::delete), operations::delete),
];

fn mount(state: &AppState, config: &mut ServiceConfig) {
    keys::mount(&auth::DOOR, PREFIXES, ENDPOINTS, state, config);
}
