//! The rim's own endpoints, described.

use schemars::{JsonSchema, SchemaGenerator};
use serde::Serialize;

use crate::dialect::operation::{Answer, Operation};

/// What the rim says of a failure.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ServerError")]
pub struct RimError<'a> {
    pub error: &'a str,
}

/// The process answers.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Health")]
pub struct Health {
    pub status: &'static str,
}

/// The store can serve.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Readiness")]
pub struct Readiness {
    pub status: &'static str,
    pub writable: bool,
    pub migrations: &'static str,
}

pub fn index(_: &mut SchemaGenerator) -> Operation {
    open("showFirstPage", "A page that says how to begin", Answer::text(200, "The page", "text/html"))
}

pub fn style(_: &mut SchemaGenerator) -> Operation {
    open("showStyle", "The first page's style sheet", Answer::text(200, "The style sheet", "text/css"))
}

pub fn live(schemas: &mut SchemaGenerator) -> Operation {
    open("checkHealth", "Whether the process answers", Answer::json::<Health>(200, "It does", schemas))
}

pub fn ready(schemas: &mut SchemaGenerator) -> Operation {
    let answer = Answer::json::<Readiness>(200, "It reads and writes, and its schema is current", schemas);
    let mut operation = open("checkReadiness", "Whether the server can serve", answer);
    operation.answers.push(Answer::json::<RimError<'_>>(503, "It cannot; the log says why", schemas));
    operation
}

pub fn metrics(_: &mut SchemaGenerator) -> Operation {
    open("scrapeMetrics", "Measurements, as Prometheus reads them", Answer::text(200, "The measurements", "text/plain"))
}

pub fn openapi(schemas: &mut SchemaGenerator) -> Operation {
    let answer = Answer::json::<serde_json::Map<String, serde_json::Value>>(200, "This description", schemas);
    open("showOpenapi", "What this server answers, as OpenAPI 3.1", answer)
}

fn open(id: &'static str, summary: &'static str, answer: Answer) -> Operation {
    Operation { id, summary, signed_in: false, parameters: Vec::new(), body: None, answers: vec![answer] }
}
