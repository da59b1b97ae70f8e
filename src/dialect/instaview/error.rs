//! How a failure looks to an InstaView client.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, RETRY_AFTER};
use schemars::JsonSchema;
use serde::Serialize;

use super::wire::Now;
use crate::dialect::failure::Failure;
use crate::dialect::limits::Limited;
use crate::model::{Error, Timestamp};

/// The envelope.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "InstaviewError")]
pub struct ErrorBody<'a> {
    success: bool,
    data: (),
    error: ErrorDetail<'a>,
    timestamp: Now,
    #[serde(rename = "statusCode")]
    status_code: u16,
    message: &'a str,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "InstaviewErrorDetail")]
struct ErrorDetail<'a> {
    code: &'static str,
    message: &'a str,
    details: Option<Details<'a>>,
}

#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
#[schemars(rename = "InstaviewErrorDetails")]
enum Details<'a> {
    Parameter {
        parameter: &'a str,
    },
    #[serde(rename_all = "camelCase")]
    Limit {
        retry_after: u64,
        limit: u32,
        remaining: u32,
        reset: i64,
    },
}

/// A failure in the product's envelope.
pub fn answer(failure: &Failure, now: Timestamp) -> HttpResponse {
    let (status, code) = (failure.status(), code(failure));
    let details = match failure {
        Failure::Malformed(malformed) | Failure::Body(malformed) => {
            Some(Details::Parameter { parameter: &malformed.name })
        }
        Failure::Limited(limited) => Some(limit(*limited, now)),
        _ => None,
    };
    let message = &*failure.says();
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
        success: false,
        data: (),
        error: ErrorDetail { code, message, details },
        timestamp: Now(now),
        status_code: status.as_u16(),
        message,
    })
}

fn limit(limited: Limited, now: Timestamp) -> Details<'static> {
    let reset = now.later(limited.left.reset).0.div_euclid(1_000_000);
    let retry_after = limited.retry_after_seconds();
    Details::Limit { retry_after, limit: limited.left.limit, remaining: limited.left.remaining, reset }
}

fn code(failure: &Failure) -> &'static str {
    match failure {
        Failure::NoKey => "INVALID_API_KEY",
        Failure::Elsewhere => "INSUFFICIENT_PERMISSIONS",
        Failure::NoRoute => "RESOURCE_NOT_FOUND",
        Failure::Method(_) => "METHOD_NOT_ALLOWED",
        Failure::Malformed(_) | Failure::Body(_) | Failure::Own(..) => "VALIDATION_ERROR",
        Failure::NotJson => "UNSUPPORTED_MEDIA_TYPE",
        Failure::Unread(_) => match failure.status() {
            StatusCode::UNSUPPORTED_MEDIA_TYPE => "UNSUPPORTED_MEDIA_TYPE",
            StatusCode::PAYLOAD_TOO_LARGE => "PAYLOAD_TOO_LARGE",
            _ => "REQUEST_TIMEOUT",
        },
        Failure::Limited(_) => "RATE_LIMIT_EXCEEDED",
        Failure::Verb(error) => match &**error {
            Error::BadKey => "INVALID_API_KEY",
            Error::NoAgency | Error::Forbidden => "INSUFFICIENT_PERMISSIONS",
            Error::NotFound(_) => "RESOURCE_NOT_FOUND",
            Error::Invalid { .. } | Error::KeyReused | Error::NoCarrier => "VALIDATION_ERROR",
            Error::Exists(_) | Error::Conflict(_) | Error::InFlight => "CONFLICT",
            Error::Carrier(_) => "BAD_GATEWAY",
            Error::Busy => "SERVICE_UNAVAILABLE",
            Error::Internal(_) => "INTERNAL_SERVER_ERROR",
        },
    }
}
