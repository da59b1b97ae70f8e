//! What stands before every function: CORS, the preflight, the token check, and the bound on bodies.

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{Error, HttpMessage, HttpResponse};

use super::auth::Verifier;
use super::error::Failure;
use crate::app::AppState;

/// The longest body that is looked at.
const MAX_BODY_BYTES: u64 = 64 * 1024;

/// The headers on every answer. The product allows any origin: its functions are called from browsers, with a bearer
/// token and never with cookies.
const HEADERS: [(HeaderName, &str); 5] = [
    (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
    (
        header::ACCESS_CONTROL_ALLOW_HEADERS,
        "authorization, x-client-info, apikey, content-type, x-retry-count, traceparent, tracestate, baggage",
    ),
    (header::ACCESS_CONTROL_ALLOW_METHODS, "GET, POST, PUT, PATCH, DELETE, OPTIONS"),
    (header::ACCESS_CONTROL_EXPOSE_HEADERS, "sb-error-code"),
    (header::CACHE_CONTROL, "no-store"),
];

/// Lets a request with a good token through to its function.
pub async fn guard(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let mut response = if request.method() == Method::OPTIONS {
        let ok = HttpResponse::build(StatusCode::OK).content_type("text/plain").body("ok");
        request.into_response(ok)
    } else {
        match admit(&request) {
            Ok(()) => next.call(request).await?.map_into_boxed_body(),
            Err(failure) => request.into_response(failure.response()),
        }
    };
    for (name, value) in HEADERS {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    Ok(response)
}

fn admit(request: &ServiceRequest) -> Result<(), Failure> {
    let (Some(verifier), Some(state)) = (request.app_data::<Data<Verifier>>(), request.app_data::<Data<AppState>>())
    else {
        return Err(Failure::misassembled());
    };
    let mut credentials = request.headers().get_all(header::AUTHORIZATION);
    let subject = verifier.verify(credentials.next(), credentials.next().is_some(), state.clock().now())?;
    let length =
        request.headers().get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    if length.is_some_and(|bytes| bytes > MAX_BODY_BYTES) {
        return Err(Failure::TooLarge);
    }
    request.extensions_mut().insert(subject);
    Ok(())
}
