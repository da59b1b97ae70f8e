//! `GET /balance`: what is on the account, which is how a key can be tried out without doing anything.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use serde_json::json;

use super::answer::answer;
use super::auth::Caller;
use super::error::Failure;
use crate::carrier::simulator::{Request, Simulator};

/// Always the same: nothing is charged here. npm telnyx 7, resources/balance.d.ts: amounts are texts.
pub async fn retrieve(http: HttpRequest, _: Caller, simulator: Data<Simulator>) -> Result<HttpResponse, Failure> {
    let balance = json!({
        "record_type": "balance",
        "balance": "300.00",
        "credit_limit": "100.00",
        "available_credit": "400.00",
        "pending": "0.00",
        "currency": "USD",
    });
    answer(&http, simulator, Request::Owned, move |_, _| Ok(json!({"data": balance}))).await
}
