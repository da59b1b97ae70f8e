//! The rim: the server around the dialects, with its own few pages, the request log and the metrics.

mod health;
mod metrics;
mod openapi;
mod operations;
mod pages;
mod request_log;
mod server;
mod webhooks;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::middleware::{Compress, from_fn};
use actix_web::web::{self, Data};
use actix_web::{App, Error, HttpResponse};

use crate::app::AppState;
use crate::dialect::{self, Dialect, Endpoint, resources};

pub use metrics::record_metrics;
pub use openapi::openapi;
pub use server::{Server, ServerError, Signals, reachable};

/// What the rim itself answers; nobody has to sign in for it, so it shows nothing of any agency.
pub const ENDPOINTS: &[Endpoint] = &[
    Endpoint::get("/", || web::to(pages::index), operations::index),
    Endpoint::get("/style.css", || web::to(pages::style), operations::style),
    Endpoint::get("/healthz", || web::to(health::live), operations::live),
    Endpoint::get("/readyz", || web::to(health::ready), operations::ready),
    Endpoint::get("/metrics", || web::to(metrics::scrape), operations::metrics),
    Endpoint::get("/openapi.json", || web::to(openapi::show), operations::openapi),
    Endpoint::post("/webhooks/{carrier}/{account}", || web::to(webhooks::heard), operations::heard),
];

/// Puts the server's parts together. The request log is around everything that answers, so that it sees what is sent;
/// only the reading of bodies is around it, because the answer must take an unread one along.
pub fn app(
    state: &AppState,
    dialects: &[Dialect],
) -> App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<impl MessageBody + use<>>,
        Error = Error,
        InitError = (),
    > + use<>,
> {
    App::new()
        .app_data(Data::new(state.clone()))
        .configure(|config| dialects.iter().for_each(|dialect| (dialect.mount)(state, config)))
        .configure(|config| resources(config, ENDPOINTS, "", pages::not_allowed))
        .default_service(web::to(|| async { pages::not_found() }))
        .wrap(Compress::default())
        .wrap(from_fn(request_log::record))
        .wrap(from_fn(dialect::read_body))
}

/// A failure of the rim's own pages.
fn failure(mut answer: actix_web::HttpResponseBuilder, error: &str) -> HttpResponse {
    answer.json(operations::RimError { error })
}
