//! How a failure looks to a Butter client: FastAPI's `{"detail": ...}`.

use actix_web::HttpResponse;
use actix_web::http::header::{ALLOW, RETRY_AFTER};
use schemars::JsonSchema;
use serde::Serialize;

use crate::dialect::failure::Failure;
use crate::model::{Error, Timestamp};

/// The envelope.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ButterError")]
pub struct ErrorBody<'a> {
    detail: &'a str,
}

/// What a value that a verb refused is called here.
fn wire_name(field: &'static str) -> &'static str {
    match field {
        "label" => "sip_trunk_name",
        "address" => "sip_server_address",
        "username" => "sip_username",
        "password" | "the secret" => "sip_password",
        "room_name" => "inbound_room_name",
        field => field,
    }
}

/// A failure in the product's envelope.
pub fn answer(failure: &Failure, _: Timestamp) -> HttpResponse {
    let failure = &failure.in_words_of(wire_name);
    let mut response = HttpResponse::build(failure.status());
    let detail = match failure {
        Failure::NoKey => "Invalid or missing API key".to_owned(),
        Failure::Elsewhere => "You do not have access to this organization".to_owned(),
        Failure::Method(allow) => {
            response.insert_header((ALLOW, &**allow));
            "Method Not Allowed".to_owned()
        }
        Failure::Limited(limited) => {
            response.insert_header((RETRY_AFTER, limited.retry_after_seconds()));
            failure.says()
        }
        Failure::NoRoute => "Not Found".to_owned(),
        Failure::Malformed(_) | Failure::Body(_) | Failure::NotJson | Failure::Unread(_) | Failure::Own(..) => {
            failure.says()
        }
        Failure::Verb(error) => match &**error {
            Error::BadKey => "Invalid or missing API key".to_owned(),
            Error::Forbidden | Error::NoAgency => "You do not have permission to perform this action".to_owned(),
            Error::NotFound(_)
            | Error::Invalid { .. }
            | Error::Exists(_)
            | Error::Conflict(_)
            | Error::NoCarrier
            | Error::Carrier(_)
            | Error::KeyReused
            | Error::InFlight
            | Error::Busy
            | Error::Internal(_) => failure.says(),
        },
    };
    response.json(ErrorBody { detail: &detail })
}
