//! How a failure looks to a Supabase client: the gateway's body for tokens, `{"error": ...}` for functions.

use std::fmt;

use actix_web::http::StatusCode;
use actix_web::http::header::ALLOW;
use actix_web::{HttpResponse, ResponseError};
use schemars::JsonSchema;
use serde::Serialize;

use crate::dialect::Unread;
use crate::dialect::failure::capitalised;
use crate::dialect::query::Malformed;
use crate::dialect::requests::NoBody;
use crate::model::Error;

/// Why the gateway let nobody through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unauthorized {
    /// There is no `Authorization`.
    NoHeader,
    /// It is no bearer token, or not one that can be decoded.
    Format,
    /// An HS256 token that is forged, stale or not for us.
    Legacy,
    /// The same of an ES256 or RS256 token.
    Asymmetric,
    /// A token of another algorithm, `none` included.
    Algorithm(String),
}

/// Why a call failed.
#[derive(Debug)]
pub enum Failure {
    /// 401
    Unauthorized(Unauthorized),
    /// 404: there is no such function.
    NoFunction,
    /// 405, with what the function allows.
    Method(String),
    /// 400, with what is wrong.
    Parameter(String),
    /// 413, or 408
    Body(Unread),
    /// The list's own query failed: the one fault that the product names apart.
    Fetch(Error),
    /// What a verb says.
    Verb(Error),
}

/// What the gateway says of a request that it does not let through.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "SupabaseGatewayError")]
pub struct GatewayBody<'a> {
    code: &'a str,
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    msg: Option<&'a str>,
}

/// What a function says of a failure.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "SupabaseError")]
pub struct FunctionBody<'a> {
    error: &'a str,
}

impl Failure {
    /// 405
    pub fn method(allow: &str) -> Self {
        Self::Method(allow.to_owned())
    }

    /// The failure as an answer.
    pub fn response(&self) -> HttpResponse {
        let (status, error) = match self {
            Self::Unauthorized(reason) => return reason.response(),
            Self::NoFunction => {
                let message = "Requested function was not found";
                return HttpResponse::NotFound().json(GatewayBody { code: "NOT_FOUND", message, msg: None });
            }
            Self::Method(allow) => {
                let error = "Method not allowed";
                return HttpResponse::MethodNotAllowed().insert_header((ALLOW, &**allow)).json(FunctionBody { error });
            }
            Self::Parameter(what) => (StatusCode::BAD_REQUEST, &**what),
            Self::Body(Unread::Encoded) => (StatusCode::UNSUPPORTED_MEDIA_TYPE, "Request body must not be compressed"),
            Self::Body(Unread::TooLarge) => (StatusCode::PAYLOAD_TOO_LARGE, "Request body is larger than 64 KiB"),
            Self::Body(Unread::Unfinished) => (StatusCode::REQUEST_TIMEOUT, "Request body did not arrive in time"),
            Self::Fetch(Error::Internal(_)) => (StatusCode::INTERNAL_SERVER_ERROR, "Failed to fetch phone numbers"),
            Self::Fetch(error) | Self::Verb(error) => return verb_response(error),
        };
        HttpResponse::build(status).json(FunctionBody { error })
    }
}

fn verb_response(error: &Error) -> HttpResponse {
    let (status, text) = match error {
        Error::NoAgency => (StatusCode::FORBIDDEN, "User does not belong to an agency".to_owned()),
        Error::Forbidden => (StatusCode::FORBIDDEN, "Insufficient permissions".to_owned()),
        Error::BadKey => (StatusCode::UNAUTHORIZED, error.to_string()),
        Error::NotFound(noun) => (StatusCode::NOT_FOUND, format!("No such {noun}")),
        Error::Invalid { .. } => (StatusCode::BAD_REQUEST, error.to_string()),
        Error::Exists(_) | Error::InFlight => (StatusCode::CONFLICT, error.to_string()),
        Error::Conflict(what) => (StatusCode::CONFLICT, capitalised(what)),
        Error::NoCarrier => (StatusCode::BAD_REQUEST, "No carrier is configured for this agency".to_owned()),
        Error::Carrier(reason) => (StatusCode::BAD_GATEWAY, reason.to_string()),
        Error::KeyReused => (StatusCode::UNPROCESSABLE_ENTITY, error.to_string()),
        Error::Busy => (StatusCode::SERVICE_UNAVAILABLE, error.to_string()),
        Error::Internal(_) => (StatusCode::INTERNAL_SERVER_ERROR, "Internal server error".to_owned()),
    };
    HttpResponse::build(status).json(FunctionBody { error: &text })
}

impl Unauthorized {
    fn code(&self) -> &'static str {
        match self {
            Self::NoHeader => "UNAUTHORIZED_NO_AUTH_HEADER",
            Self::Format => "UNAUTHORIZED_INVALID_JWT_FORMAT",
            Self::Legacy => "UNAUTHORIZED_LEGACY_JWT",
            Self::Asymmetric => "UNAUTHORIZED_ASYMMETRIC_JWT",
            Self::Algorithm(_) => "UNAUTHORIZED_UNSUPPORTED_TOKEN_ALGORITHM",
        }
    }

    fn response(&self) -> HttpResponse {
        let message = match self {
            Self::NoHeader => "Missing authorization header".to_owned(),
            Self::Format => "Invalid JWT format".to_owned(),
            Self::Legacy | Self::Asymmetric => "Invalid JWT".to_owned(),
            Self::Algorithm(named) => format!("Unsupported JWT algorithm {named}"),
        };
        HttpResponse::Unauthorized().insert_header(("sb-error-code", self.code())).json(GatewayBody {
            code: self.code(),
            message: &message,
            msg: Some(&message),
        })
    }
}

impl ResponseError for Failure {
    fn status_code(&self) -> StatusCode {
        self.response().status()
    }

    fn error_response(&self) -> HttpResponse {
        self.response()
    }
}

impl fmt::Display for Failure {
    /// For the log: what the answer does not say.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unauthorized(reason) => f.write_str(reason.code()),
            Self::NoFunction => f.write_str("there is no such function"),
            Self::Method(allow) => write!(f, "only {allow} is allowed"),
            Self::Parameter(what) => f.write_str(what),
            Self::Body(unread) => write!(f, "the body could not be read: {unread:?}"),
            Self::Fetch(error) => write!(f, "the list failed: {error}"),
            Self::Verb(error) => write!(f, "{error}"),
        }
    }
}

impl From<Unauthorized> for Failure {
    fn from(reason: Unauthorized) -> Self {
        Self::Unauthorized(reason)
    }
}

impl From<Malformed> for Failure {
    fn from(malformed: Malformed) -> Self {
        Self::Parameter(malformed.to_string())
    }
}

impl From<NoBody> for Failure {
    fn from(no_body: NoBody) -> Self {
        match no_body {
            NoBody::Unread(unread) => Self::Body(unread),
            NoBody::Malformed(malformed) => malformed.into(),
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Verb(error)
    }
}

#[cfg(test)]
mod tests {
    use actix_web::body::MessageBody;

    use super::Failure;
    use crate::model::Error;

    #[test]
    fn callers_who_may_not_and_keys_that_are_no_good_are_told_so() {
        for (error, status, text) in [
            (Error::Forbidden, 403, r#"{"error":"Insufficient permissions"}"#),
            (Error::BadKey, 401, r#"{"error":"the API key is unknown, expired or revoked"}"#),
        ] {
            let answer = Failure::Verb(error).response();
            assert_eq!(answer.status(), status);
            assert_eq!(answer.into_body().try_into_bytes().unwrap(), text);
        }
    }
}
