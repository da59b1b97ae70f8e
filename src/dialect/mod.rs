//! The dialects: the phone-number APIs of other products, each in a folder of its own over the one inventory.

pub mod agentphone;
pub mod agora;
pub mod answers;
mod body;
pub mod butter;
pub mod cursor;
mod endpoint;
pub mod failure;
mod idempotency;
pub mod ids;
pub mod instaview;
mod json;
pub mod keys;
pub mod limits;
pub mod operation;
pub mod query;
pub mod requests;
pub mod supabase;

use actix_web::web::ServiceConfig;
use serde_json::Value;

use crate::app::AppState;

pub use body::{Unread, read_body};
pub use endpoint::{Endpoint, resources};
pub use idempotency::{IDEMPOTENCY_KEY, REPLAYED, repeat};
pub use json::{text, text_or_null, to_vec};

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
    /// What its paths begin with: whole segments.
    pub prefixes: &'static [&'static str],
    /// Everything it answers.
    pub endpoints: &'static [Endpoint],
    /// How its callers say who they are, as an OpenAPI security scheme.
    pub way_in: fn() -> Value,
    /// Adds it to a server.
    pub mount: fn(&AppState, &mut ServiceConfig),
}

/// Every dialect that Linekeeper speaks.
pub const ALL: &[Dialect] =
    &[supabase::DIALECT, butter::DIALECT, agora::DIALECT, instaview::DIALECT, agentphone::DIALECT];

/// The dialect that a route belongs to.
#[must_use]
pub fn of_route(pattern: &str) -> Option<&'static Dialect> {
    ALL.iter().find(|dialect| dialect.holds(pattern))
}

/// The dialects of these names; all where none is named.
#[must_use]
pub fn chosen(names: &[String]) -> Vec<Dialect> {
    let is_chosen = |dialect: &&Dialect| names.is_empty() || names.iter().any(|name| name == dialect.name);
    ALL.iter().filter(is_chosen).copied().collect()
}

/// The first of these names that is no dialect's.
#[must_use]
pub fn unknown(names: &[String]) -> Option<&str> {
    names.iter().map(String::as_str).find(|name| ALL.iter().all(|dialect| dialect.name != *name))
}

impl Dialect {
    /// Whether a path is one of its own.
    #[must_use]
    pub fn holds(&self, path: &str) -> bool {
        let is_below =
            |prefix: &&str| path.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        self.prefixes.iter().any(is_below)
    }
}
