//! Who is asking: HTTP Basic with the account's SID and its auth token (<https://www.twilio.com/docs/usage/requests-to-twilio>).

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::header::AUTHORIZATION;
use actix_web::web::Data;
use actix_web::{FromRequest, HttpRequest};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::account::Account;
use super::error::Error;
use super::sid::is_sid;

/// Somebody who has signed in, and asks for the account's own things.
#[derive(Debug)]
pub struct SignedIn(pub Data<Account>);

impl FromRequest for SignedIn {
    type Error = Error;
    type Future = Ready<Result<Self, Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(signed_in(request))
    }
}

fn signed_in(request: &HttpRequest) -> Result<SignedIn, Error> {
    let Some(account) = request.app_data::<Data<Account>>() else {
        return Err(Error::not_found(request.path()));
    };
    let Some(header) = request.headers().get(AUTHORIZATION) else {
        return Err(Error::unauthorized("Authentication Error - No credentials provided"));
    };
    let known = format!("{}:{}", account.sid, account.auth_token.expose());
    let read = header.to_str().ok().and_then(|text| text.split_once(' '));
    let given = read.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("basic"));
    let given = given.and_then(|(_, credentials)| STANDARD.decode(credentials.trim()).ok());
    if given.as_deref() != Some(known.as_bytes()) {
        return Err(Error::unauthorized("Authenticate"));
    }
    match request.match_info().get("account") {
        None => Ok(SignedIn(Data::clone(account))),
        Some(sid) if sid == account.sid => Ok(SignedIn(Data::clone(account))),
        // No page of Twilio's says what becomes of another account's SID. What users quote: its things are refused as if nobody
        // had signed in (twilio/twilio-java#13), the account itself, and what cannot be an account, is not found.
        Some(sid)
            if is_sid(sid, "AC") && request.match_pattern().is_some_and(|path| !path.ends_with("{account}.json")) =>
        {
            Err(Error::unauthorized("Authenticate"))
        }
        Some(_) => Err(Error::not_found(request.path())),
    }
}
