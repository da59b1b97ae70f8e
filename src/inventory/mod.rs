//! The verbs: what can be done with agencies, users, keys, agents and numbers, whoever asks and in whatever dialect.
//!
//! A verb takes the caller's [`Scope`](crate::store::Scope) and works inside the snapshot or change it is given, so
//! that one request is one transaction however many verbs it needs.

pub mod access;
pub mod accounts;
pub mod agencies;
pub mod agents;
pub mod assignments;
pub mod desk;
pub mod dispatch;
mod findings;
pub mod import;
pub mod keys;
pub mod numbers;
pub mod orders;
pub mod purchases;
pub mod releases;
mod routes;
mod schedule;
mod settle;
pub mod sync;
pub mod users;
mod uses;
pub mod webhooks;

use crate::model::{Error, Result};

/// The longest name that is taken, in characters.
const MAX_NAME_CHARS: usize = 200;

/// Takes a name that a person gave.
fn name(field: &'static str, text: &str) -> Result<String> {
    let trimmed = text.trim();
    let reason = match trimmed.chars().count() {
        0 => "it is empty",
        count if count > MAX_NAME_CHARS => "it is longer than 200 characters",
        _ if trimmed.chars().any(char::is_control) => "it contains control characters",
        _ => return Ok(trimmed.to_owned()),
    };
    Err(Error::Invalid { field, reason: reason.into() })
}
