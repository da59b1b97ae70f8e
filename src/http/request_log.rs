//! One line and one measurement a request. Neither holds a path as it was sent, a token, or a phone number.

use std::time::Instant;

use actix_web::Error;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::web::Data;

use super::metrics;
use crate::app::AppState;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// The longest id that a caller may give its request.
const MAX_ID_BYTES: usize = 64;

/// Gives the request its id, lets it be answered, and writes down how that went.
pub async fn record<B: MessageBody>(request: ServiceRequest, next: Next<B>) -> Result<ServiceResponse<B>, Error> {
    let began = Instant::now();
    let given = request.headers().get(&REQUEST_ID).and_then(|value| value.to_str().ok()).filter(|id| is_an_id(id));
    let id = match (given, request.app_data::<Data<AppState>>()) {
        (Some(given), _) => given.to_owned(),
        (None, Some(state)) => state.ids().next().to_string(),
        (None, None) => String::new(),
    };
    let method = request.method().clone();
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

/// Ids come from outside and go into the log: no punctuation to forge lines with, not long enough for a token, and no
/// bare number that could be a phone's.
fn is_an_id(text: &str) -> bool {
    (1..=MAX_ID_BYTES).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
        && text.bytes().any(|byte| byte.is_ascii_alphabetic())
}
