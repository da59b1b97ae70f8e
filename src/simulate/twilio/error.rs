//! How a refusal looks: Twilio's envelope of a code, a message, where to read more, and the status.
//!
//! The envelope is of <https://www.twilio.com/docs/usage/twilios-response>, the codes are of
//! <https://www.twilio.com/docs/api/errors>. Where Twilio's messages are not documented, they are as users have quoted them.

use std::fmt;

use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, WWW_AUTHENTICATE};
use actix_web::{HttpRequest, HttpResponse, ResponseError};
use serde::Serialize;

use crate::carrier::{Refusal, Trouble};

/// Why something was not done.
#[derive(Clone, Debug)]
pub struct Error {
    status: StatusCode,
    code: u32,
    message: String,
}

#[derive(Serialize)]
struct Envelope<'a> {
    code: u32,
    message: &'a str,
    more_info: String,
    status: u16,
}

impl Error {
    /// 400, with one of Twilio's codes.
    pub fn refused(code: u32, message: impl Into<String>) -> Self {
        Self { status: StatusCode::BAD_REQUEST, code, message: message.into() }
    }

    /// 409, with one of Twilio's codes.
    pub fn conflict(code: u32, message: impl Into<String>) -> Self {
        Self { status: StatusCode::CONFLICT, ..Self::refused(code, message) }
    }

    /// 401: nobody has signed in, or nobody that Twilio knows.
    pub fn unauthorized(message: &str) -> Self {
        Self { status: StatusCode::UNAUTHORIZED, code: 20003, message: message.to_owned() }
    }

    /// 404: the account has no such thing.
    pub fn not_found(path: &str) -> Self {
        let message = format!("The requested resource {path} was not found");
        Self { status: StatusCode::NOT_FOUND, code: 20404, message }
    }
}

impl From<Trouble> for Error {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Refused { reason: Refusal::NotAvailable, said } => Self::refused(21422, said),
            Trouble::Refused { reason: Refusal::Invalid, said } => Self::refused(21421, said),
            Trouble::Refused { reason: Refusal::NotOwned, said } => {
                Self { status: StatusCode::NOT_FOUND, code: 20404, message: said }
            }
            // Something that is refused to order has no reason of Twilio's: "Invalid Parameter" stands for all.
            Trouble::Refused { said, .. } => Self::refused(20422, said),
            Trouble::Busy => {
                Self { status: StatusCode::TOO_MANY_REQUESTS, code: 20429, message: "Too Many Requests".to_owned() }
            }
            Trouble::Unreached(_) | Trouble::Unknown(_) | Trouble::Waiting { .. } => Self {
                status: StatusCode::INTERNAL_SERVER_ERROR,
                code: 20500,
                message: "An internal server error has occurred".to_owned(),
            },
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl ResponseError for Error {
    fn status_code(&self) -> StatusCode {
        self.status
    }

    fn error_response(&self) -> HttpResponse {
        let mut answer = HttpResponse::build(self.status);
        if self.status == StatusCode::UNAUTHORIZED {
            answer.insert_header((WWW_AUTHENTICATE, "Basic realm=\"Twilio API\""));
        }
        let more_info = format!("https://www.twilio.com/docs/errors/{}", self.code);
        let (code, message, status) = (self.code, self.message.as_str(), self.status.as_u16());
        answer.json(Envelope { code, message, more_info, status })
    }
}

/// Answers a method that a path does not have.
pub fn not_allowed(allow: &str) -> HttpResponse {
    let message = "Method not allowed".to_owned();
    let mut answer = Error { status: StatusCode::METHOD_NOT_ALLOWED, code: 20004, message }.error_response();
    if let Ok(allow) = allow.parse() {
        answer.headers_mut().insert(ALLOW, allow);
    }
    answer
}

/// Answers a path that there is not.
pub async fn no_such_path(request: HttpRequest) -> HttpResponse {
    Error::not_found(request.path()).error_response()
}
