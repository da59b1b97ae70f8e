//! Measurements in Prometheus' text format: by route, dialect and status, never by agency.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::OnceLock;
use std::time::Duration;

use ::metrics::{Histogram, Unit, describe_counter, describe_histogram, gauge, histogram};
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpResponse, http::header};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

use crate::dialect;

const DURATION: &str = "linekeeper_http_request_duration_seconds";
/// From a tenth of a millisecond, a cached page, to ten seconds, a search on a slow disk.
const BUCKETS: [f64; 12] = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.1, 0.5, 2.0, 10.0];

/// The methods that are measured by their name.
const KNOWN_METHODS: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

static RECORDER: OnceLock<PrometheusHandle> = OnceLock::new();

/// Begins to measure. What is measured before is lost; a second call changes nothing.
pub fn record_metrics() {
    let builder = PrometheusBuilder::new().set_buckets_for_metric(Matcher::Full(DURATION.to_owned()), &BUCKETS);
    match builder.map(PrometheusBuilder::install_recorder) {
        Ok(Ok(handle)) => {
            describe_histogram!(DURATION, Unit::Seconds, "Time from the request's head to the answer's");
            describe_counter!("linekeeper_store_transactions_total", "Transactions begun on the store, by kind");
            describe_counter!(
                "linekeeper_webhook_deliveries_total",
                "Attempts to tell a webhook of an event, by outcome"
            );
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

/// A series of measurements: a method and a status of some route.
type Series = (&'static str, StatusCode, Histogram);

thread_local! {
    /// The series that this thread has measured, by route: finding one here is cheaper than in the recorder.
    static MEASURED: RefCell<HashMap<String, Vec<Series>>> = RefCell::default();
}

/// Measures one answer.
pub fn answered(route: &str, method: &Method, status: StatusCode, elapsed: Duration) {
    // A caller can make up methods; it cannot make up time series.
    let method = KNOWN_METHODS.into_iter().find(|known| *known == method.as_str()).unwrap_or("other");
    MEASURED.with_borrow_mut(|measured| {
        if !measured.contains_key(route) {
            measured.insert(route.to_owned(), Vec::new());
        }
        let Some(of_route) = measured.get_mut(route) else { return };
        let known = of_route.iter().find(|(its_method, its_status, _)| *its_method == method && *its_status == status);
        if let Some((_, _, histogram)) = known {
            histogram.record(elapsed);
        } else {
            let histogram = histogram(route, method, status);
            histogram.record(elapsed);
            of_route.push((method, status, histogram));
        }
    });
}

fn histogram(route: &str, method: &'static str, status: StatusCode) -> Histogram {
    let labels = [
        ("route", route.to_owned()),
        ("dialect", dialect::of_route(route).map_or("none", |dialect| dialect.name).to_owned()),
        ("method", method.to_owned()),
        ("status", status.as_str().to_owned()),
    ];
    histogram!(DURATION, &labels)
}

/// `GET /metrics`
pub async fn scrape() -> HttpResponse {
    let text = RECORDER.get().map(PrometheusHandle::render).unwrap_or_default();
    HttpResponse::Ok()
        .content_type("text/plain; version=0.0.4; charset=utf-8")
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .body(text)
}
