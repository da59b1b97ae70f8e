#![doc = include_str!("README.md")]

mod agents;
mod auth;
mod error;
mod messages;
mod numbers;
mod offers;
mod operations;
mod purchases;
mod query;
mod wire;

use actix_web::web::{self, ServiceConfig};

use super::{Dialect, Endpoint, keys};
use crate::app::AppState;

const PREFIXES: &[&str] = &["/v1"];

/// The dialect, as `const ALL` lists it.
pub const DIALECT: Dialect = Dialect {
    name: "agentphone",
    summary: "A project's numbers, agents and messages, as AgentPhone has them.",
    prefixes: PREFIXES,
    endpoints: ENDPOINTS,
    way_in: operations::way_in,
    mount,
};

const NUMBER: &str = "/v1/numbers/{number_id}";
const AGENT: &str = "/v1/agents/{agent_id}";

/// Words come before ids: the first path that fits is taken.
const ENDPOINTS: &[Endpoint] = &[
    Endpoint::get("/v1/numbers", || web::to(numbers::list), operations::list),
    Endpoint::post("/v1/numbers", || web::to(purchases::create), operations::create),
    Endpoint::get("/v1/numbers/available", || web::to(offers::available), operations::available),
    Endpoint::get("/v1/numbers/lookup", || web::to(offers::lookup), operations::lookup),
    Endpoint::get(NUMBER, || web::to(numbers::show), operations::show),
    Endpoint::patch(NUMBER, || web::to(numbers::update), operations::update),
    Endpoint::delete(NUMBER, || web::to(purchases::release), operations::release),
    Endpoint::get("/v1/numbers/{number_id}/messages", || web::to(messages::list), operations::messages),
    Endpoint::post("/v1/messages", || web::to(messages::send), operations::send),
    Endpoint::get("/v1/agents", || web::to(agents::list), operations::agents),
    Endpoint::post("/v1/agents", || web::to(agents::create), operations::create_agent),
    Endpoint::get(AGENT, || web::to(agents::show), operations::agent),
    Endpoint::patch(AGENT, || web::to(agents::update), operations::update_agent),
    Endpoint::delete(AGENT, || web::to(agents::delete), operations::delete_agent),
    Endpoint::post("/v1/agents/{agent_id}/numbers", || web::to(agents::attach), operations::attach),
    Endpoint::delete("/v1/agents/{agent_id}/numbers/{number_id}", || web::to(agents::detach), operations::detach),
];

fn mount(state: &AppState, config: &mut ServiceConfig) {
    keys::mount(&auth::DOOR, PREFIXES, ENDPOINTS, state, config);
}
