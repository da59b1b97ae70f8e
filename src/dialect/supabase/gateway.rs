//! What stands before every function: CORS, the preflight and the token check.

use std::sync::Arc;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, HttpResponse};

use super::auth::Verifier;
use super::error::Failure;
use crate::model::Timestamp;

/// The headers on every answer. The product allows any origin: its functions are called from browsers, with a bearer
/// token and never with cookies. (Static, because a value is looked at byte by byte when it is made.)
static HEADERS: [(HeaderName, HeaderValue); 4] = [
    (header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*")),
    (
        header::ACCESS_CONTROL_ALLOW_HEADERS,
        HeaderValue::from_static(
            "authorization, x-client-info, apikey, content-type, x-retry-count, traceparent, tracestate, baggage",
        ),
    ),
    (header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, POST, PUT, PATCH, DELETE, OPTIONS")),
    (header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("sb-error-code")),
];

/// Other dialects' credentials come in this.
static API_KEY: HeaderName = HeaderName::from_static("x-api-key");
/// What an answer says of itself where its function says nothing: none is to be kept.
static NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

/// Lets a request with a good token through to its function.
pub async fn guard(
    verifier: Arc<Verifier>,
    now: Timestamp,
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let mut response = if request.method() == Method::OPTIONS {
        let ok = HttpResponse::build(StatusCode::OK).content_type("text/plain").body("ok");
        request.into_response(ok)
    } else {
        let mut credentials = request.headers().get_all(header::AUTHORIZATION);
        let token = credentials.next();
        // Two credentials at once are refused, the second in whatever scheme of ours.
        let more = credentials.next().is_some() || token.is_some() && request.headers().contains_key(&API_KEY);
        match verifier.verify(token, more, now).await {
            Ok(subject) => {
                request.extensions_mut().insert(subject);
                next.call(request).await?.map_into_boxed_body()
            }
            Err(reason) => request.into_response(Failure::from(reason).response()),
        }
    };
    let headers = response.headers_mut();
    for (name, value) in &HEADERS {
        headers.insert(name.clone(), value.clone());
    }
    // A function may say of its own answer that it can be kept.
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, NO_STORE.clone());
    }
    Ok(response)
}
