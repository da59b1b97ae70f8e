//! Telnyx' errors: `{"errors": [{"code", "title", "detail", "source", "meta"}]}`, codes as texts.
//!
//! Codes and titles: <https://developers.telnyx.com/development/api-fundamentals/api-errors>, which has no statuses. Those of 10002,
//! 10004, 10005, 10009, 10011, 10015, 10016 and 10027 are from Telnyx' "Twilio → Telnyx Error Code Mapping" (GitHub
//! team-telnyx/ai, the skill telnyx-twilio-migration), which says of 10015 that some operations have 422 instead.

use std::fmt;

use actix_web::error::JsonPayloadError;
use actix_web::http::{StatusCode, header};
use actix_web::{Error, HttpRequest, HttpResponse, ResponseError};
use serde_json::json;

use super::unsendable::Unsendable;
use crate::carrier::{Refusal, Trouble};

/// Why something was not answered.
#[derive(Clone, Debug)]
pub struct Failure {
    kind: Kind,
    detail: String,
    source: Option<(&'static str, String)>,
}

/// Which of Telnyx' errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// It is no number.
    InvalidNumber,
    /// Something is not there that must be.
    Missing,
    /// There is no such thing.
    NotFound,
    /// It failed.
    Unexpected,
    /// The key is wrong, or there is none.
    Unauthenticated,
    /// Too much is asked.
    TooMany,
    /// It is not JSON.
    MediaType,
    /// It is not what is taken there.
    BadRequest,
    /// It does not begin with a `+`, or is otherwise not E.164.
    NotE164,
    /// It is understood and not done.
    Unprocessable,
    /// It was not searched before. <https://developers.telnyx.com/docs/numbers/phone-numbers/number-search>: "To order a phone
    /// number, it must have been returned in a recent search request". No source for its status.
    Unsearched,
    /// It is not sold, or is sold already. That the status is 409 is known from a client that expects just this code with just
    /// this status for a number that was bought before; Telnyx' documentation has none.
    Unavailable,
    /// It is a message that is not sent.
    Unsendable(Unsendable),
}

impl Kind {
    fn row(self) -> (StatusCode, &'static str, &'static str, &'static str) {
        let (status, code, title, detail) = match self {
            Self::InvalidNumber => (400, "10002", "Invalid phone number", "The phone number is invalid."),
            Self::Missing => (400, "10004", "Missing required parameter", "A required parameter was missing."),
            Self::NotFound => (404, "10005", "Resource not found", "The requested resource or URL could not be found."),
            Self::Unexpected => (500, "10007", "Unexpected error", "An unexpected error occured."),
            Self::Unauthenticated => {
                let detail = "The required authentication headers were either invalid or not included in the request.";
                (401, "10009", "Authentication failed", detail)
            }
            Self::TooMany => {
                (429, "10011", "Too many requests", "You have exceeded the maximum number of allowed requests.")
            }
            Self::MediaType => {
                let detail = "The request failed because the server does not support the media type.";
                (415, "10014", "Unsupported Media Type", detail)
            }
            Self::BadRequest => (400, "10015", "Bad Request", "The request failed because it was not well-formed."),
            Self::NotE164 => {
                let title = "Phone number must be in +E.164 format";
                (422, "10016", title, "The specified phone number parameter must be in +E.164 format.")
            }
            Self::Unprocessable => (422, "10027", "Unprocessable Entity", "The request could not be processed."),
            Self::Unsearched => {
                let title = "Must search phone number via search API first";
                (422, "85000", title, "The phone number was not returned in a recent search.")
            }
            Self::Unsendable(why) => {
                let (code, title, detail) = why.row();
                (400, code, title, detail)
            }
            Self::Unavailable => (409, "85001", "Phone numbers not available", "The phone number is not available."),
        };
        (StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), code, title, detail)
    }
}

impl Failure {
    /// In Telnyx' own words.
    pub fn new(kind: Kind) -> Self {
        Self { kind, detail: kind.row().3.to_owned(), source: None }
    }

    /// With more to say.
    pub fn saying(kind: Kind, detail: impl fmt::Display) -> Self {
        Self { detail: detail.to_string(), ..Self::new(kind) }
    }

    /// Because of what is there in the body, as a JSON pointer.
    pub fn at(self, pointer: impl fmt::Display) -> Self {
        Self { source: Some(("pointer", pointer.to_string())), ..self }
    }

    /// Because of this parameter of the query.
    pub fn of(self, parameter: &str) -> Self {
        Self { source: Some(("parameter", parameter.to_owned())), ..self }
    }
}

impl From<Trouble> for Failure {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Refused { reason, said } => {
                let kind = match reason {
                    Refusal::NotAvailable => Kind::Unavailable,
                    Refusal::Invalid => Kind::InvalidNumber,
                    Refusal::NotOwned => Kind::NotFound,
                    _ => Kind::Unprocessable,
                };
                Self::saying(kind, said)
            }
            Trouble::Busy => Self::new(Kind::TooMany),
            Trouble::Unreached(_) | Trouble::Unknown(_) | Trouble::Waiting { .. } => Self::new(Kind::Unexpected),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.detail)
    }
}

impl ResponseError for Failure {
    fn status_code(&self) -> StatusCode {
        self.kind.row().0
    }

    fn error_response(&self) -> HttpResponse {
        let (status, code, title, _) = self.kind.row();
        let meta = json!({"url": format!("https://developers.telnyx.com/docs/overview/errors/{code}")});
        let mut error = json!({"code": code, "title": title, "detail": self.detail, "meta": meta});
        if let Some((kind, place)) = &self.source {
            error["source"] = json!({*kind: place});
        }
        HttpResponse::build(status).json(json!({"errors": [error]}))
    }
}

/// Answers a body that is not what its path takes.
pub fn not_understood(error: JsonPayloadError, _: &HttpRequest) -> Error {
    match error {
        JsonPayloadError::ContentType => Failure::new(Kind::MediaType).into(),
        other => Failure::saying(Kind::BadRequest, other).into(),
    }
}

/// Answers a method that a path does not have. A guess: the path is there, but not the resource that was asked for.
pub fn not_allowed(allow: &str) -> HttpResponse {
    let mut answer = not_found();
    *answer.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
    if let Ok(allow) = allow.parse() {
        answer.headers_mut().insert(header::ALLOW, allow);
    }
    answer
}

/// Answers a path that there is not.
pub fn not_found() -> HttpResponse {
    Failure::new(Kind::NotFound).error_response()
}
