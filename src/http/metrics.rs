//! Measurements in Prometheus' text format: by route, dialect and status, never by agency.

use std::sync::OnceLock;
use std::time::Duration;

use ::metrics::{Unit, describe_counter, describe_histogram, gauge, histogram};
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpResponse, http::header};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

use crate::dialect;

const DURATION: &str = "linekeeper_http_request_duration_seconds";
/// From a tenth of a millisecond, a cached page, to ten seconds, a search on a slow disk.
const BUCKETS: [f64; 12] = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.1, 0.5, 2.0, 10.0];

static RECORDER: OnceLock<PrometheusHandle> = OnceLock::new();

/// Begins to measure. What is measured before is lost; a second call changes nothing.
pub fn record_metrics() {
    let builder = PrometheusBuilder::new().set_buckets_for_metric(Matcher::Full(DURATION.to_owned()), &BUCKETS);
    match builder.map(PrometheusBuilder::install_recorder) {
        Ok(Ok(handle)) => {
            describe_histogram!(DURATION, Unit::Seconds, "Time from the request's head to the answer's");
            describe_counter!("linekeeper_store_transactions_total", "Transactions begun on the store, by kind");
            gauge!("linekeeper_build_info", "version" => env!("CARGO_PKG_VERSION")).set(1.0);
            let _ = RECORDER.set(handle);
        }
        Ok(Err(error)) => log::debug!("metrics are recorded already: {error}"),
        Err(error) => log::error!("metrics are off: {error}"),
    }
}

/// Keeps measurements small where nobody scrapes them: the recorder keeps each one until then, or until this.
pub fn upkeep() {
    if let Some(handle) = RECORDER.get() {
        handle.run_upkeep();
    }
}

/// Measures one answer.
pub fn answered(route: &str, method: &Method, status: StatusCode, elapsed: Duration) {
    let dialect = dialect::of_route(route).map_or("none", |dialect| dialect.name);
    let method = match *method {
        Method::GET | Method::HEAD | Method::POST | Method::PUT | Method::PATCH | Method::DELETE | Method::OPTIONS => {
            method.as_str().to_owned()
        }
        // A caller can make up methods; it cannot make up time series.
        _ => "other".to_owned(),
    };
    let labels = [
        ("route", route.to_owned()),
        ("dialect", dialect.to_owned()),
        ("method", method),
        ("status", status.as_str().to_owned()),
    ];
    histogram!(DURATION, &labels).record(elapsed);
}

/// `GET /metrics`
pub async fn scrape() -> HttpResponse {
    let text = RECORDER.get().map(PrometheusHandle::render).unwrap_or_default();
    HttpResponse::Ok()
        .content_type("text/plain; version=0.0.4; charset=utf-8")
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .body(text)
}
