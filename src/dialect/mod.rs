//! The dialects: the phone-number APIs of other products, each in a folder of its own over the one inventory.

pub mod answers;
mod body;
mod endpoint;
mod idempotency;
mod json;
pub mod operation;
pub mod supabase;

use actix_web::web::ServiceConfig;
use serde_json::Value;

use crate::app::AppState;

pub use body::{Unread, read_body};
pub use endpoint::{Endpoint, resources};
pub use idempotency::{REPLAYED, repeat};
pub use json::to_vec;

/// The id of a request, which its answer, its log line and the events it leads to bear.
#[derive(Clone, Debug)]
pub struct RequestId(pub String);

/// One product's API.
#[derive(Clone, Copy, Debug)]
pub struct Dialect {
    /// Its name: the folder's, and the label in metrics.
    pub name: &'static str,
    /// What it is, in a line.
    pub summary: &'static str,
    /// What its paths begin with.
    pub prefix: &'static str,
    /// Everything it answers.
    pub endpoints: &'static [Endpoint],
    /// How its callers say who they are, as an OpenAPI security scheme.
    pub way_in: fn() -> Value,
    /// Adds it to a server.
    pub mount: fn(&AppState, &mut ServiceConfig),
}

/// Every dialect that Linekeeper speaks.
pub const ALL: &[Dialect] = &[supabase::DIALECT];

/// The dialect that a route belongs to.
#[must_use]
pub fn of_route(pattern: &str) -> Option<&'static Dialect> {
    ALL.iter().find(|dialect| pattern.starts_with(dialect.prefix))
}
