#![doc = include_str!("README.md")]

mod auth;
mod error;
mod numbers;
mod operations;
mod query;
mod wire;

use actix_web::web::{self, ServiceConfig};

use super::{Dialect, Endpoint, keys};
use crate::app::AppState;

const PREFIXES: &[&str] = &["/phone-numbers"];

/// The dialect, as `const ALL` lists it.
pub const DIALECT: Dialect = Dialect {
    name: "instaview",
    summary: "A company's active numbers, as InstaView lists them.",
    prefixes: PREFIXES,
    endpoints: ENDPOINTS,
    way_in: operations::way_in,
    mount,
};

const ENDPOINTS: &[Endpoint] = &[Endpoint::get("/phone-numbers", || web::to(numbers::list), operations::list)];

fn mount(state: &AppState, config: &mut ServiceConfig) {
    keys::mount(&auth::DOOR, PREFIXES, ENDPOINTS, state, config);
}
