//! How a failure looks to an AgentPhone client.

use std::iter;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, RETRY_AFTER};
use schemars::JsonSchema;
use serde::Serialize;

use crate::dialect::IDEMPOTENCY_KEY;
use crate::dialect::failure::Failure;
use crate::dialect::query::Malformed;
use crate::dialect::requests::BODY;
use crate::model::{Error, Noun, Reason, Timestamp};

/// The envelope.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "AgentphoneError")]
pub struct ErrorBody<'a> {
    detail: Detail<'a>,
    error: ErrorDetail<'a>,
}

#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
#[schemars(rename = "AgentphoneErrorText")]
enum Detail<'a> {
    Text(&'a str),
    List([Flaw<'a>; 1]),
}

/// One thing that is wrong with a request, as FastAPI says it.
#[derive(Clone, Serialize, JsonSchema)]
#[schemars(rename = "AgentphoneFlaw")]
struct Flaw<'a> {
    loc: Vec<&'a str>,
    msg: &'a str,
    #[serde(rename = "type")]
    kind: &'static str,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "AgentphoneErrorDetail")]
struct ErrorDetail<'a> {
    message: &'a str,
    code: &'static str,
    #[serde(rename = "type")]
    kind: &'static str,
    details: Vec<Flaw<'a>>,
}

/// What a value that a verb refused is called here.
fn wire_name(field: &'static str) -> &'static str {
    match field {
        "expires_at" => "expiresAt",
        "external_id" => "externalId",
        "to" => "to_number",
        "media" => "media_urls",
        field => field,
    }
}

/// A failure in the product's envelope.
pub fn answer(failure: &Failure, _: Timestamp) -> HttpResponse {
    let failure = &failure.in_words_of(wire_name);
    let (status, code) = code(failure);
    let message = match failure {
        Failure::Elsewhere => "There is no such sub-account".to_owned(),
        failure => failure.says(),
    };
    let place = match failure {
        Failure::Malformed(Malformed { name, .. }) if name == IDEMPOTENCY_KEY => Some(("header", IDEMPOTENCY_KEY)),
        Failure::Malformed(Malformed { name, .. }) => Some(("query", name.as_str())),
        Failure::Body(Malformed { name, .. }) => Some(("body", name.as_str())),
        Failure::Verb(error) if matches!(**error, Error::KeyReused) => Some(("header", IDEMPOTENCY_KEY)),
        _ => None,
    };
    let flaw = place.map(|(place, name)| {
        // A whole body has no name.
        let name = (name != BODY).then_some(name);
        Flaw { loc: iter::once(place).chain(name).collect(), msg: &message, kind: "value_error" }
    });
    let mut response = HttpResponse::build(status);
    match failure {
        Failure::Method(allow) => {
            response.insert_header((ALLOW, &**allow));
        }
        Failure::Limited(limited) => {
            response.insert_header((RETRY_AFTER, limited.retry_after_seconds()));
        }
        _ => {}
    }
    response.json(ErrorBody {
        detail: flaw.clone().map_or(Detail::Text(&message), |flaw| Detail::List([flaw])),
        error: ErrorDetail { message: &message, code, kind: kind(status), details: flaw.into_iter().collect() },
    })
}

fn code(failure: &Failure) -> (StatusCode, &'static str) {
    let invalid = (StatusCode::UNPROCESSABLE_ENTITY, "VALIDATION_ERROR");
    let code = match failure {
        Failure::NoKey => "AUTHENTICATION_ERROR",
        Failure::Elsewhere => return (StatusCode::NOT_FOUND, "SUB_ACCOUNT_NOT_FOUND"),
        Failure::NoRoute => "NOT_FOUND",
        Failure::Method(_) => "METHOD_NOT_ALLOWED",
        Failure::Malformed(_) | Failure::Body(_) => return invalid,
        Failure::NotJson => "UNSUPPORTED_MEDIA_TYPE",
        Failure::Unread(_) => match failure.status() {
            StatusCode::UNSUPPORTED_MEDIA_TYPE => "UNSUPPORTED_MEDIA_TYPE",
            StatusCode::PAYLOAD_TOO_LARGE => "PAYLOAD_TOO_LARGE",
            _ => "REQUEST_TIMEOUT",
        },
        Failure::Limited(_) => "RATE_LIMIT_EXCEEDED",
        Failure::Own(status, _) => match *status {
            StatusCode::PAYMENT_REQUIRED => "INSUFFICIENT_BALANCE",
            StatusCode::BAD_REQUEST => "BAD_REQUEST",
            StatusCode::CONFLICT => "CONFLICT",
            _ => "CARRIER_ERROR",
        },
        Failure::Verb(error) => match &**error {
            Error::BadKey => "AUTHENTICATION_ERROR",
            Error::NoAgency | Error::Forbidden => "PERMISSION_DENIED",
            Error::NotFound(Noun::Number) => "PHONE_NUMBER_NOT_FOUND",
            Error::NotFound(Noun::Agent) => "AGENT_NOT_FOUND",
            Error::NotFound(_) => "NOT_FOUND",
            Error::Invalid { .. } => return invalid,
            Error::Exists(_) | Error::Conflict(_) => "CONFLICT",
            Error::InFlight | Error::KeyReused => "IDEMPOTENCY_ERROR",
            Error::NoCarrier => return (StatusCode::SERVICE_UNAVAILABLE, "CARRIER_ERROR"),
            Error::Carrier(_) => "CARRIER_ERROR",
            Error::Busy => "SERVICE_UNAVAILABLE",
            Error::Internal(_) => "INTERNAL_ERROR",
        },
    };
    (failure.status(), code)
}

fn kind(status: StatusCode) -> &'static str {
    match status.as_u16() {
        401 => "authentication_error",
        402 => "billing_error",
        403 => "permission_error",
        404 => "not_found_error",
        409 => "conflict_error",
        429 => "rate_limit_error",
        502 => "carrier_error",
        500.. => "api_error",
        _ => "invalid_request_error",
    }
}

/// What the product says where a purchase comes to nothing for this reason. `in_area`: a place was asked for.
pub fn not_bought(reason: Reason, in_area: bool) -> Failure {
    let status = match reason {
        Reason::OverBudget => StatusCode::PAYMENT_REQUIRED,
        Reason::OverLimit => StatusCode::CONFLICT,
        Reason::NotAvailable | Reason::AlreadyOwned if in_area => StatusCode::CONFLICT,
        Reason::NotAvailable | Reason::AlreadyOwned => StatusCode::SERVICE_UNAVAILABLE,
        _ => return Error::Carrier(reason).into(),
    };
    let says = match reason {
        Reason::NotAvailable | Reason::AlreadyOwned if in_area => "No number is available in this area code".to_owned(),
        Reason::NotAvailable | Reason::AlreadyOwned => "No number is available in this country now".to_owned(),
        reason => reason.to_string(),
    };
    Failure::Own(status, says)
}
