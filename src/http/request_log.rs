//! One line and one measurement a request. Neither holds a path as it was sent, a token, or a phone number.

use std::str::FromStr;
use std::time::Instant;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{ACCEPT_ENCODING, AcceptEncoding, Encoding, Header, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{Error, HttpMessage};

use super::metrics;
use crate::app::AppState;
use crate::dialect::RequestId;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// The longest id that a caller may give its request: a UUID's length.
const MAX_ID_BYTES: usize = 36;
/// The fewest digits of an E.164 number.
const MIN_PHONE_DIGITS: usize = 7;

/// Gives the request its id, lets it be answered, and writes down how that went.
pub async fn record<B: MessageBody>(mut request: ServiceRequest, next: Next<B>) -> Result<ServiceResponse<B>, Error> {
    let began = Instant::now();
    forget_impossible_encodings(&mut request);
    let given = request.headers().get(&REQUEST_ID).and_then(|value| value.to_str().ok()).filter(|id| is_an_id(id));
    let id = match (given, request.app_data::<Data<AppState>>()) {
        (Some(given), _) => given.to_owned(),
        (None, Some(state)) => state.ids().next().to_string(),
        (None, None) => String::new(),
    };
    let method = request.method().clone();
    // What changes something leaves events, which bear it; some dialects answer with it.
    request.extensions_mut().insert(RequestId(id.clone()));
    let mut response = next.call(request).await?;

    let elapsed = began.elapsed();
    let status = response.status();
    let route = response.request().match_pattern();
    let route = route.as_deref().unwrap_or("unmatched");
    metrics::answered(route, &method, status, elapsed);
    let micros = u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX);
    if status.is_server_error() {
        let cause = response.response().error().map(ToString::to_string).unwrap_or_default();
        log::error!(request_id = id, method = method.as_str(), route, status = status.as_u16(), micros; "{cause}");
    } else {
        log::info!(request_id = id, method = method.as_str(), route, status = status.as_u16(), micros; "answered");
    }
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    Ok(response)
}

/// Ids come from outside and go into the log: nothing to forge lines with, nothing as long as a secret, and no run of
/// digits that could be somebody's number; but a UUID is one, whatever its digits.
fn is_an_id(text: &str) -> bool {
    let plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
    let dialable = text.split(|c: char| !c.is_ascii_digit()).any(|run| run.len() >= MIN_PHONE_DIGITS);
    let uuid = uuid::fmt::Hyphenated::from_str(text).is_ok();
    uuid || (1..=MAX_ID_BYTES).contains(&text.len()) && plain && !dialable
}

/// An `Accept-Encoding` that nothing can satisfy would be answered 406 before the gateway saw the request. RFC 9110
/// (12.5.3) lets it be answered without any coding instead.
fn forget_impossible_encodings(request: &mut ServiceRequest) {
    if !request.headers().contains_key(ACCEPT_ENCODING) {
        return;
    }
    let acceptable = AcceptEncoding::parse(request).is_ok_and(|accepted| {
        accepted.negotiate([Encoding::brotli(), Encoding::gzip(), Encoding::identity()].iter()).is_some()
    });
    if !acceptable {
        request.headers_mut().remove(ACCEPT_ENCODING);
    }
}
