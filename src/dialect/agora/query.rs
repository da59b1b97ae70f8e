//! What paths and bodies name.

use actix_web::HttpRequest;

use crate::dialect::failure::Failure;
use crate::dialect::keys::segment;
use crate::dialect::query::Malformed;
use crate::model::{AgentId, E164, Error, Noun};

/// The number that a path names. What can be none answers as a missing one does.
pub fn named(request: &HttpRequest) -> Result<E164, Failure> {
    Ok(segment(request, "phone_number").parse().map_err(|_| Error::NotFound(Noun::Number))?)
}

/// The agent that a pipeline's id names.
pub fn pipeline(id: &str) -> Result<AgentId, Malformed> {
    id.parse().map_err(|_| Malformed::new("pipeline_id", "must be the id of an agent"))
}
