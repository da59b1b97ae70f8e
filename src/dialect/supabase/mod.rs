#![doc = include_str!("README.md")]

mod auth;
mod error;
mod gateway;
mod numbers;
mod query;
mod wire;

use actix_web::middleware::from_fn;
use actix_web::web::{self, Data, ServiceConfig};

use super::{Dialect, Endpoint, resources};
use crate::app::AppState;
use auth::Verifier;
use error::Failure;

/// What the functions' paths begin with.
const PREFIX: &str = "/functions/v1";

/// The dialect, as `const ALL` lists it.
pub const DIALECT: Dialect = Dialect { name: "supabase", prefix: PREFIX, endpoints: ENDPOINTS, mount };

const ENDPOINTS: &[Endpoint] = &[Endpoint::get("/functions/v1/phone-numbers-list", || web::to(numbers::list))];

fn mount(state: &AppState, config: &mut ServiceConfig) {
    config.service(
        web::scope(PREFIX)
            .app_data(Data::new(Verifier::new(state.config())))
            .wrap(from_fn(gateway::guard))
            .configure(|config| resources(config, ENDPOINTS, PREFIX, |allow| Failure::method(allow).response()))
            .default_service(web::to(|| async { Failure::NoFunction.response() })),
    );
}

pub use auth::sign;
