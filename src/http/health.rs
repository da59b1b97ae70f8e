//! Whether the server lives, and whether it can serve.

use std::fmt;

use actix_web::http::StatusCode;
use actix_web::http::header::CACHE_CONTROL;
use actix_web::web::Data;
use actix_web::{HttpResponse, ResponseError};

use super::failure;
use super::operations::{Health, Readiness};
use crate::app::{AppState, Work};
use crate::model::Error;

/// Why the server cannot serve. The reason is for the log.
#[derive(Debug)]
pub struct Unready(Error);

impl fmt::Display for Unready {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not ready: {}", self.0)
    }
}

impl From<Error> for Unready {
    fn from(reason: Error) -> Self {
        Self(reason)
    }
}

impl ResponseError for Unready {
    fn status_code(&self) -> StatusCode {
        StatusCode::SERVICE_UNAVAILABLE
    }

    fn error_response(&self) -> HttpResponse {
        let mut answer = HttpResponse::ServiceUnavailable();
        answer.insert_header((CACHE_CONTROL, "no-store"));
        failure(answer, "not ready: the log says why")
    }
}

/// `GET /healthz`: the process answers.
pub async fn live() -> HttpResponse {
    HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).json(Health { status: "ok" })
}

/// `GET /readyz`: the store reads and writes and has the schema this program needs.
pub async fn ready(state: Data<AppState>) -> Result<HttpResponse, Unready> {
    state.run(Work::Probe, |store| store.check().map_err(Unready)).await?;
    let said = Readiness { status: "ready", writable: true, migrations: "current" };
    Ok(HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).json(said))
}
