//! How a failure looks to an Agora client.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, RETRY_AFTER, WWW_AUTHENTICATE};
use schemars::JsonSchema;
use serde::Serialize;

use crate::dialect::failure::Failure;
use crate::dialect::query::Malformed;
use crate::model::{Error, Timestamp};

/// The parameter whose malformed values have a code of their own.
pub const PHONE_NUMBER: &str = "phone_number";

/// The envelope: the reference page's two names and the current pages' two.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "AgoraError")]
pub struct ErrorBody<'a> {
    error_type: &'static str,
    description: &'a str,
    reason: &'static str,
    detail: &'a str,
}

/// What a value that a verb refused is called here.
fn wire_name(field: &'static str) -> &'static str {
    match field {
        "username" => "user",
        "the secret" => "password",
        field => field,
    }
}

/// A failure in the product's envelope.
pub fn answer(failure: &Failure, _: Timestamp) -> HttpResponse {
    let failure = &failure.in_words_of(wire_name);
    let (status, reason) = code(failure);
    let detail = &*failure.says();
    let mut response = HttpResponse::build(status);
    match failure {
        Failure::Method(allow) => {
            response.insert_header((ALLOW, &**allow));
        }
        Failure::Limited(limited) => {
            response.insert_header((RETRY_AFTER, limited.retry_after_seconds()));
        }
        _ if status == StatusCode::UNAUTHORIZED => {
            response.insert_header((WWW_AUTHENTICATE, "Basic realm=\"Linekeeper\""));
        }
        _ => {}
    }
    response.json(ErrorBody { error_type: reason, description: detail, reason, detail })
}

fn code(failure: &Failure) -> (StatusCode, &'static str) {
    let unprocessable = (StatusCode::UNPROCESSABLE_ENTITY, "unprocessable_content");
    let code = match failure {
        Failure::NoKey => "unauthorized",
        Failure::Elsewhere => "forbidden",
        Failure::NoRoute => "not_found",
        Failure::Method(_) => "method_not_allowed",
        Failure::Body(Malformed { name, .. }) if name == PHONE_NUMBER => {
            return (StatusCode::BAD_REQUEST, "invalid_phone_format");
        }
        Failure::Malformed(_) | Failure::Body(_) => return unprocessable,
        Failure::NotJson => "unsupported_media_type",
        Failure::Unread(_) => match failure.status() {
            StatusCode::UNSUPPORTED_MEDIA_TYPE => "unsupported_media_type",
            StatusCode::PAYLOAD_TOO_LARGE => "payload_too_large",
            _ => "request_timeout",
        },
        Failure::Limited(_) => "too_many_requests",
        Failure::Own(..) => "conflict",
        Failure::Verb(error) => match &**error {
            Error::BadKey => "unauthorized",
            Error::NoAgency | Error::Forbidden => "forbidden",
            Error::NotFound(_) => "not_found",
            Error::Invalid { .. } | Error::NoCarrier | Error::KeyReused => return unprocessable,
            Error::Exists(_) => "phone_number_exists",
            Error::Conflict(_) | Error::InFlight => "conflict",
            Error::Carrier(_) => "bad_gateway",
            Error::Busy => "service_unavailable",
            Error::Internal(_) => "internal_server_error",
        },
    };
    (failure.status(), code)
}
