//! The rim's own endpoints, described.

use schemars::{JsonSchema, SchemaGenerator};
use serde::Serialize;
use serde_json::json;

use crate::dialect::operation::{Answer, Operation, Parameter};

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

pub fn heard(schemas: &mut SchemaGenerator) -> Operation {
    let named = |name, description, schema| Parameter { place: "path", required: true, name, description, schema };
    Operation {
        id: "hearCarrier",
        summary: "Where a carrier tells of messages; it signs what it tells",
        signed_in: false,
        parameters: vec![
            named("carrier", "Who calls", json!({ "enum": ["twilio", "telnyx"] })),
            named("account", "The account's id here", json!({ "type": "string", "format": "uuid" })),
            Parameter {
                place: "query",
                required: false,
                name: "message",
                description: "The message of ours that is told of",
                schema: json!({ "type": "string" }),
            },
        ],
        body: None,
        may_be_bodiless: false,
        answers: vec![
            Answer::text(200, "It was taken, now or before", "*/*"),
            Answer::json::<RimError>(400, "It is signed and cannot be understood", schemas),
            Answer::json::<RimError>(403, "It is not signed for this account, or is too old", schemas),
            Answer::json::<RimError>(503, "It could not be written down: tell it again", schemas),
        ],
    }
}

fn open(id: &'static str, summary: &'static str, answer: Answer) -> Operation {
    Operation {
        id,
        summary,
        signed_in: false,
        parameters: Vec::new(),
        body: None,
        may_be_bodiless: false,
        answers: vec![answer],
    }
}
