//! Why a call failed, in no dialect's words: each key dialect's `error.rs` gives it its own envelope.

use std::fmt;
use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, ResponseError};

use super::Unread;
use super::limits::Limited;
use super::query::Malformed;
use super::requests::NoBody;
use crate::model::{Error, Timestamp};

/// Why a call failed.
#[derive(Clone, Debug)]
pub enum Failure {
    /// 401: there is no credential that this dialect takes, or there are two.
    NoKey,
    /// 403: the key does not act for the agency that is named.
    Elsewhere,
    /// 404: nothing lies at this path.
    NoRoute,
    /// 405, with what the path allows.
    Method(String),
    /// A value of the query, of a header or of the path is not what it must be.
    Malformed(Malformed),
    /// The body is not.
    Body(Malformed),
    /// 415: the body is said to be something else than JSON.
    NotJson,
    /// 413, or 408
    Unread(Unread),
    /// 429
    Limited(Limited),
    /// What a product has a status of its own for, and what it says.
    Own(StatusCode, String),
    /// What a verb says.
    Verb(Arc<Error>),
}

impl Failure {
    /// What is wrong, in a sentence for the caller. Of a fault of ours it says no more than that.
    #[must_use]
    pub fn says(&self) -> String {
        match self {
            Self::NoKey => "One API key is required, in the way that this API takes it".to_owned(),
            Self::Elsewhere => "This API key does not act for the organization that was named".to_owned(),
            Self::NoRoute => "There is nothing at this path".to_owned(),
            Self::Method(allow) => format!("Only {allow} is allowed here"),
            Self::Malformed(malformed) | Self::Body(malformed) => malformed.to_string(),
            Self::NotJson => "Request body must be application/json".to_owned(),
            Self::Unread(Unread::Encoded) => "Request body must not be compressed".to_owned(),
            Self::Unread(Unread::TooLarge) => "Request body is larger than 64 KiB".to_owned(),
            Self::Unread(Unread::Unfinished) => "Request body did not arrive in time".to_owned(),
            Self::Own(_, says) => says.clone(),
            Self::Limited(_) => "Too many requests with this API key".to_owned(),
            Self::Verb(error) => match &**error {
                Error::Internal(_) => "Internal server error".to_owned(),
                error => capitalised(&error.to_string()),
            },
        }
    }

    /// The status that most APIs have for it. A dialect whose product has another says so in its `error.rs`.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        match self {
            Self::NoKey => StatusCode::UNAUTHORIZED,
            Self::Elsewhere => StatusCode::FORBIDDEN,
            Self::NoRoute => StatusCode::NOT_FOUND,
            Self::Method(_) => StatusCode::METHOD_NOT_ALLOWED,
            Self::Malformed(_) | Self::Body(_) => StatusCode::BAD_REQUEST,
            Self::NotJson | Self::Unread(Unread::Encoded) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Unread(Unread::TooLarge) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Unread(Unread::Unfinished) => StatusCode::REQUEST_TIMEOUT,
            Self::Limited(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::Own(status, _) => *status,
            Self::Verb(error) => match &**error {
                Error::BadKey => StatusCode::UNAUTHORIZED,
                Error::NoAgency | Error::Forbidden => StatusCode::FORBIDDEN,
                Error::NotFound(_) => StatusCode::NOT_FOUND,
                Error::Invalid { .. } | Error::NoCarrier => StatusCode::BAD_REQUEST,
                Error::Exists(_) | Error::Conflict(_) | Error::InFlight => StatusCode::CONFLICT,
                Error::Carrier(_) => StatusCode::BAD_GATEWAY,
                Error::KeyReused => StatusCode::UNPROCESSABLE_ENTITY,
                Error::Busy => StatusCode::SERVICE_UNAVAILABLE,
                Error::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
            },
        }
    }
}

impl Failure {
    /// The same, where a verb refused a value: by the name that the value has on the wire.
    #[must_use]
    pub fn in_words_of(&self, wire_name: fn(&'static str) -> &'static str) -> Self {
        match self {
            Self::Verb(error) => match &**error {
                Error::Invalid { field, reason } => {
                    Self::Body(Malformed::new(wire_name(field), format!("is not acceptable: {reason}")))
                }
                _ => self.clone(),
            },
            failure => failure.clone(),
        }
    }
}

/// A sentence begins with a capital.
pub(super) fn capitalised(text: &str) -> String {
    let mut rest = text.chars();
    rest.next().map_or_else(String::new, |first| first.to_uppercase().chain(rest).collect())
}

impl fmt::Display for Failure {
    /// For the log: what the answer does not say.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Verb(error) => write!(f, "{error}"),
            failure => f.write_str(&failure.says()),
        }
    }
}

impl std::error::Error for Failure {}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Verb(Arc::new(error))
    }
}

impl From<Malformed> for Failure {
    fn from(malformed: Malformed) -> Self {
        Self::Malformed(malformed)
    }
}

impl From<NoBody> for Failure {
    fn from(no_body: NoBody) -> Self {
        match no_body {
            NoBody::Unread(unread) => Self::Unread(unread),
            NoBody::Malformed(malformed) => Self::Body(malformed),
        }
    }
}

impl ResponseError for Failure {
    fn status_code(&self) -> StatusCode {
        self.status()
    }

    /// The door gives it the dialect's envelope; without it, it has none.
    fn error_response(&self) -> HttpResponse {
        HttpResponse::new(self.status())
    }
}

/// A failure in a dialect's envelope.
#[derive(Debug)]
pub(super) struct Worn {
    pub failure: Failure,
    pub answer: fn(&Failure, Timestamp) -> HttpResponse,
    pub now: Timestamp,
}

impl fmt::Display for Worn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.failure.fmt(f)
    }
}

impl ResponseError for Worn {
    fn status_code(&self) -> StatusCode {
        self.error_response().status()
    }

    fn error_response(&self) -> HttpResponse {
        (self.answer)(&self.failure, self.now)
    }
}
