//! Who asks: whoever has the account's API key, as a bearer token.
//!
//! <https://developers.telnyx.com/api-reference/phone-number-configurations/delete-a-phone-number>: a bearer authentication header
//! of the form `Bearer` and the token; a key that is wrong or missing is 401 with code 10009 there and in every operation.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::web::Data;
use actix_web::{FromRequest, HttpRequest};

use super::error::{Failure, Kind};

/// The key of the simulator's account, which is no secret.
#[derive(Clone, Debug)]
pub struct ApiKey(pub String);

impl ApiKey {
    /// What is taken where nobody says another.
    pub const DEFAULT: &str = "KEY00000000000000000000000000000000_simulated";
}

/// Somebody who has the key.
#[derive(Debug)]
pub struct Caller;

impl FromRequest for Caller {
    type Error = Failure;
    type Future = Ready<Result<Self, Failure>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let header = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let (scheme, token) = header.and_then(|value| value.split_once(' ')).unwrap_or_default();
        let key = request.app_data::<Data<ApiKey>>();
        let is_known = scheme.eq_ignore_ascii_case("bearer") && key.is_some_and(|key| key.0 == token.trim());
        ready(if is_known { Ok(Self) } else { Err(Failure::new(Kind::Unauthenticated)) })
    }
}
