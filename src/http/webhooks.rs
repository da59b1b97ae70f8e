//! Where carriers tell things of their own accord: messages that came, and how far others are.

use std::fmt;

use actix_web::http::StatusCode;
use actix_web::web::{Bytes, Data, Path};
use actix_web::{HttpRequest, HttpResponse, ResponseError};
use percent_encoding::percent_decode_str;

use super::failure;
use crate::app::{AppState, Work};
use crate::carrier::inbound::{Call, Unheard};
use crate::inventory::messages::NotTaken;
use crate::model::{AccountId, Carrier, Error, MessageId};

/// A call that was not taken. Which of the reasons it was, a forger is not told.
#[derive(Debug)]
pub struct Refused(NotTaken);

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a carrier's call was not taken: {}", self.0)
    }
}

impl From<NotTaken> for Refused {
    fn from(why: NotTaken) -> Self {
        Self(why)
    }
}

impl From<Error> for Refused {
    fn from(why: Error) -> Self {
        Self(NotTaken::Failed(why))
    }
}

impl ResponseError for Refused {
    fn status_code(&self) -> StatusCode {
        match &self.0 {
            NotTaken::Unheard(Unheard::NotUnderstood) => StatusCode::BAD_REQUEST,
            NotTaken::Unheard(_) => StatusCode::FORBIDDEN,
            // So that it is told again.
            NotTaken::Failed(_) => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    fn error_response(&self) -> HttpResponse {
        let said = match self.status_code() {
            StatusCode::BAD_REQUEST => "the body cannot be understood",
            StatusCode::FORBIDDEN => "not a call of this account's carrier",
            _ => "try again later",
        };
        failure(HttpResponse::build(self.status_code()), said)
    }
}

/// `POST /webhooks/{carrier}/{account}`
pub async fn heard(
    state: Data<AppState>,
    request: HttpRequest,
    path: Path<(String, String)>,
    body: Bytes,
) -> Result<HttpResponse, Refused> {
    let (carrier, account) = path.into_inner();
    let carrier = Carrier::ALL.into_iter().find(|known| known.name() == carrier);
    let (Some(carrier), Ok(account)) = (carrier, account.parse::<AccountId>()) else {
        return Err(Refused(Unheard::Forged.into()));
    };
    // What is signed is the address that was configured, not the one that this request came to.
    let Some(public_url) = state.config().public_url.clone() else {
        log::warn!("a carrier called, and `public_url` is not set: its signature cannot be checked");
        return Err(Refused(Unheard::Forged.into()));
    };
    let (query, about) = (request.query_string(), message(request.query_string()));
    let query = if query.is_empty() { String::new() } else { format!("?{query}") };
    let url = format!("{public_url}{}{query}", request.path());
    let headers: Vec<(String, String)> = request
        .headers()
        .iter()
        .filter_map(|(name, value)| Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned())))
        .collect();
    let desk = state.desk().clone();
    let taken = move |_: &_| {
        let header = |name: &str| headers.iter().find(|(own, _)| own == name).map(|(_, value)| value.clone());
        let call = Call { url, header: &header, body: &body, now: desk.clock().now() };
        desk.hear(carrier, account, &call, about).map_err(Refused)
    };
    Ok(match state.run(Work::Long, taken).await? {
        // An empty answer in TwiML: nothing is to be said back.
        Carrier::Twilio => HttpResponse::Ok().content_type("text/xml").body("<Response/>"),
        _ => HttpResponse::Ok().content_type("application/json").body("{}"),
    })
}

/// The message of ours that the address names.
fn message(query: &str) -> Option<MessageId> {
    let named = query.split('&').find_map(|pair| pair.strip_prefix("message="))?;
    percent_decode_str(named).decode_utf8().ok()?.parse().ok()
}
