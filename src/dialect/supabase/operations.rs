//! The functions, described.

use schemars::SchemaGenerator;
use serde_json::{Value, json};

use super::error::{FunctionBody, GatewayBody};
use super::query;
use super::wire::ListBody;
use crate::dialect::operation::{Answer, Operation};

/// How a caller says who it is.
pub fn way_in() -> Value {
    json!({
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "A Supabase user's access token: HS256 by the project's secret, or ES256 or RS256 by its key set.",
    })
}

/// `phone-numbers-list`
pub fn list(schemas: &mut SchemaGenerator) -> Operation {
    let mut answers = vec![
        Answer::json::<ListBody<'_>>(200, "A page of the agency's numbers, newest first", schemas)
            .with_header("etag", "Names this answer at this state of the agency's data"),
        Answer::empty(304, "The answer that If-None-Match names still holds")
            .with_header("etag", "Names this answer at this state of the agency's data"),
        Answer::json::<FunctionBody<'_>>(400, "A parameter is malformed", schemas),
    ];
    answers.extend(of_every_function(schemas));
    Operation {
        id: "supabasePhoneNumbersList",
        summary: "List the phone numbers of the caller's agency",
        signed_in: true,
        parameters: query::parameters(),
        answers,
    }
}

fn of_every_function(schemas: &mut SchemaGenerator) -> Vec<Answer> {
    vec![
        Answer::json::<GatewayBody<'_>>(401, "The token is missing, malformed, forged or stale", schemas)
            .with_header("sb-error-code", "The body's code"),
        Answer::json::<FunctionBody<'_>>(403, "The user does not belong to an agency", schemas),
        Answer::json::<FunctionBody<'_>>(408, "The request's body did not arrive within ten seconds", schemas),
        Answer::json::<FunctionBody<'_>>(413, "The request's body is larger than 64 KiB", schemas),
        Answer::json::<FunctionBody<'_>>(500, "It failed; the log says why", schemas),
        Answer::json::<FunctionBody<'_>>(503, "The database is busy", schemas),
    ]
}
