//! Whether the server lives, and whether it can serve.

use actix_web::web::Data;
use actix_web::{HttpResponse, http::header};
use serde_json::json;

use super::failure;
use crate::app::{AppState, Work};
use crate::model::Error;
use crate::store::Health;

/// `GET /healthz`: the process answers.
pub async fn live() -> HttpResponse {
    HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "no-store")).json(json!({ "status": "ok" }))
}

/// `GET /readyz`: the store reads and writes and has the schema this program needs. The reason why not is for the log.
pub async fn ready(state: Data<AppState>) -> HttpResponse {
    match state.run(Work::Long, |store| Ok::<_, Error>(store.health())).await {
        Ok(Health::Ready) => HttpResponse::Ok()
            .insert_header((header::CACHE_CONTROL, "no-store"))
            .json(json!({ "status": "ready", "writable": true, "migrations": "current" })),
        Ok(Health::Unready(reason)) => unready(&reason),
        Err(error) => unready(&error.to_string()),
    }
}

fn unready(reason: &str) -> HttpResponse {
    log::error!("not ready: {reason}");
    let mut answer = HttpResponse::ServiceUnavailable();
    answer.insert_header((header::CACHE_CONTROL, "no-store"));
    failure(answer, "not ready: the data directory cannot be read or written, see the log")
}
