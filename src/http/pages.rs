//! The first page, and the answers to what is not there.

use actix_web::http::header::{ALLOW, CACHE_CONTROL, CONTENT_SECURITY_POLICY, ContentType, X_CONTENT_TYPE_OPTIONS};
use actix_web::{HttpResponse, web::Data};

use super::failure;
use super::reachable;
use crate::app::AppState;

const INDEX: &str = include_str!("../../static/index.html");
const STYLE: &str = include_str!("../../static/style.css");
/// The page runs nothing and fetches its style sheet only.
const POLICY: &str =
    "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// `GET /`: what this is, and how to talk to it.
pub async fn index(state: Data<AppState>) -> HttpResponse {
    let page = INDEX
        .replace("{{version}}", env!("CARGO_PKG_VERSION"))
        .replace("{{base_url}}", &format!("http://{}", reachable(state.config().listen)));
    HttpResponse::Ok()
        .content_type(ContentType::html())
        .insert_header((CONTENT_SECURITY_POLICY, POLICY))
        .insert_header((X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((CACHE_CONTROL, "no-cache"))
        .body(page)
}

/// `GET /style.css`
pub async fn style() -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/css; charset=utf-8")
        .insert_header((X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((CACHE_CONTROL, "no-cache"))
        .body(STYLE)
}

/// A path that no dialect has and that is not the rim's own.
pub fn not_found() -> HttpResponse {
    failure(HttpResponse::NotFound(), "there is nothing here")
}

/// A method that one of the rim's own paths does not have.
pub fn not_allowed(allow: &str) -> HttpResponse {
    let mut answer = HttpResponse::MethodNotAllowed();
    answer.insert_header((ALLOW, allow));
    failure(answer, "method not allowed")
}
