//! The function `phone-numbers-release`.

use actix_web::http::StatusCode;
use actix_web::web::{Bytes, Data};
use actix_web::{HttpRequest, HttpResponse};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::auth::{Subject, caller};
use super::error::Failure;
use crate::app::{AppState, Work};
use crate::dialect::requests::{Kept, asked, at_the_desk, read, written};
use crate::inventory::releases::{Outcome, Release};
use crate::model::{Carrier, NumberId, Permission, Reason};

/// How many numbers can be given back at once.
const MAX_NUMBERS: usize = 200;

/// What is to be given back.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "SupabaseRelease")]
pub struct ReleaseBody {
    #[schemars(length(min = 1, max = 200))]
    phone_number_ids: Vec<Uuid>,
    #[serde(default)]
    #[schemars(!default, required, extend("const" = true))]
    confirm: bool,
}

/// What came of it.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "SupabaseReleaseResult")]
pub struct ReleasedBody<'a> {
    success: bool,
    released: Vec<ReleasedNumber<'a>>,
    failed: Vec<FailedRelease<'a>>,
    summary: Summary,
    message: String,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "SupabaseReleasedNumber")]
struct ReleasedNumber<'a> {
    id: Uuid,
    phone_number: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "SupabaseFailedRelease")]
struct FailedRelease<'a> {
    id: Uuid,
    phone_number: Option<&'a str>,
    error: String,
    /// The carrier has taken the number back, and here it could not be written down.
    #[serde(skip_serializing_if = "Option::is_none")]
    telnyx_released: Option<bool>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "SupabaseReleaseSummary")]
struct Summary {
    total_requested: usize,
    released_count: usize,
    failed_count: usize,
}

/// `POST /functions/v1/phone-numbers-release`
pub async fn release(
    state: Data<AppState>,
    subject: Subject,
    request: HttpRequest,
    body: Bytes,
) -> Result<HttpResponse, Failure> {
    let caller = caller(&state, subject, Permission::NumbersDelete).await?;
    let given: ReleaseBody = read(&request, &body)?;
    let numbers = given.numbers()?;
    let asked = asked(&state, caller, &request, &body)?;
    let kept = at_the_desk(&state, Work::Carrier, move |desk| {
        let placed = desk.release(&asked, &numbers)?;
        Kept::of(desk, &asked, placed, |releases| written(ReleasedBody::new(releases)))
    });
    Ok(kept.await.map_err(Failure::Verb)?.response())
}

impl ReleaseBody {
    fn numbers(&self) -> Result<Vec<NumberId>, Failure> {
        if !(1..=MAX_NUMBERS).contains(&self.phone_number_ids.len()) {
            return Err(Failure::Parameter("phone_number_ids must have 1 to 200 entries".to_owned()));
        }
        if !self.confirm {
            return Err(Failure::Parameter("confirm must be true: a released number is gone".to_owned()));
        }
        let mut numbers: Vec<NumberId> = Vec::with_capacity(self.phone_number_ids.len());
        for id in self.phone_number_ids.iter().copied().map(NumberId) {
            if !numbers.contains(&id) {
                numbers.push(id);
            }
        }
        Ok(numbers)
    }
}

impl<'a> ReleasedBody<'a> {
    fn new(releases: &'a [Release]) -> (StatusCode, Self) {
        let (mut gone, mut failed) = (Vec::new(), Vec::new());
        for Release { id, phone_number, carrier, outcome } in releases {
            let (id, phone_number) = (id.0, phone_number.as_ref().map(|number| number.as_str()));
            let note = match outcome {
                Outcome::Released => None,
                Outcome::AlreadyReleased => Some("Already released".to_owned()),
                Outcome::Held(until) => Some(format!("Held until {until}; it can be kept until then")),
                Outcome::Not(reason, _) => {
                    let done = *reason == Reason::Unrecorded && *carrier == Some(Carrier::Telnyx);
                    let telnyx_released = done.then_some(true);
                    failed.push(FailedRelease { id, phone_number, error: reason.to_string(), telnyx_released });
                    continue;
                }
            };
            gone.push(ReleasedNumber { id, phone_number, note });
        }
        let message = if failed.is_empty() {
            format!("Successfully released {} phone number(s)", gone.len())
        } else {
            format!("Released {} number(s), {} failed", gone.len(), failed.len())
        };
        let status = if failed.is_empty() { StatusCode::OK } else { StatusCode::MULTI_STATUS };
        let summary =
            Summary { total_requested: releases.len(), released_count: gone.len(), failed_count: failed.len() };
        (status, Self { success: failed.is_empty(), released: gone, failed, summary, message })
    }
}
