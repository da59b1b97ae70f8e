//! Buying a number, and giving it back.

use actix_web::http::StatusCode;
use actix_web::web::{Bytes, Data};
use actix_web::{HttpRequest, HttpResponse};
use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::error::not_bought;
use super::numbers::time;
use super::query::{agent, number_id, wanted};
use super::wire::{AGENT_ID, PhoneNumber, Released};
use crate::app::{AppState, Work};
use crate::dialect::failure::Failure;
use crate::dialect::query::Malformed;
use crate::dialect::requests::{Kept, NAME, written};
use crate::dialect::{keys, requests};
use crate::inventory::purchases::Whichever;
use crate::inventory::releases::{Outcome, Release};
use crate::model::{Error, Noun, Permission, Reason};

/// What is to be bought.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "AgentphonePurchase")]
pub struct CreateBody {
    #[schemars(regex(pattern = "^[A-Za-z]{2}$"))]
    country: Option<String>,
    #[schemars(regex(pattern = AGENT_ID))]
    agent_id: Option<String>,
    #[schemars(regex(pattern = "^[0-9]{3}$"))]
    area_code: Option<String>,
    #[serde(rename = "type")]
    #[schemars(regex(pattern = "^sms$"))]
    kind: Option<String>,
    /// Of iMessage, which is not carried here.
    #[schemars(skip)]
    imessage_type: Option<IgnoredAny>,
    #[schemars(length(min = 1, max = 200), regex(pattern = NAME))]
    external_id: Option<String>,
    #[schemars(extend("format" = "date-time"))]
    expires_at: Option<String>,
}

/// `POST /v1/numbers`
pub async fn create(state: Data<AppState>, request: HttpRequest, body: Bytes) -> Result<HttpResponse, Failure> {
    let caller = keys::caller(&state, &request, Permission::NumbersCreate).await?;
    let given: CreateBody = keys::read(&request, &body)?;
    let sought = given.sought()?;
    let in_area = sought.wanted.area_code.is_some();
    let asked = requests::asked(&state, caller, &request, &body)?;
    keys::spend(&request)?;
    let kept = requests::at_the_desk(&state, Work::Carrier, move |desk| {
        let placed = desk.purchase_whichever(&asked, &sought).map_err(|error| match error {
            Error::Carrier(reason) => not_bought(reason, in_area),
            error => error.into(),
        })?;
        Kept::of(desk, &asked, placed, |purchase| {
            let lost = || Error::internal("a basket with nothing in it");
            let purchase = purchase.as_ref().ok_or_else(lost)?;
            match &purchase.number {
                Some(number) => Ok(written((StatusCode::OK, PhoneNumber::from(number)))?),
                None => Err(not_bought(purchase.order.reason.unwrap_or(Reason::NotAvailable), in_area)),
            }
        })
    });
    Ok(kept.await?.response())
}

impl CreateBody {
    fn sought(self) -> Result<Whichever, Failure> {
        if self.kind.is_some_and(|kind| kind != "sms") {
            return Err(Failure::Body(Malformed::new("type", "can only be sms")));
        }
        if self.imessage_type.is_some() {
            return Err(Failure::Body(Malformed::new("imessageType", "is of iMessage, which is not carried here")));
        }
        Ok(Whichever {
            wanted: wanted(self.country.as_deref(), self.area_code.as_deref()).map_err(Failure::Body)?,
            agent: self.agent_id.as_deref().map(agent).transpose()?,
            external_id: self.external_id,
            expires_at: self.expires_at.as_deref().map(time).transpose()?,
        })
    }
}

/// `DELETE /v1/numbers/{number_id}`
pub async fn release(state: Data<AppState>, request: HttpRequest) -> Result<HttpResponse, Failure> {
    let caller = keys::caller(&state, &request, Permission::NumbersDelete).await?;
    let id = number_id(&request)?;
    let asked = requests::asked(&state, caller, &request, &[])?;
    let kept = requests::at_the_desk(&state, Work::Carrier, move |desk| {
        let placed = desk.release(&asked, &[id])?;
        Kept::of(desk, &asked, placed, |releases| {
            let lost = || Error::internal("a release of nothing");
            Ok::<_, Failure>(written((StatusCode::OK, released(releases.first().ok_or_else(lost)?)?))?)
        })
    });
    Ok(kept.await?.response())
}

fn released(release: &Release) -> Result<Released<'_>, Failure> {
    let phone_number = release.phone_number.as_ref().map(|number| number.as_str()).unwrap_or_default();
    let (status, releases_at) = match &release.outcome {
        Outcome::Released => ("released", None),
        Outcome::Held(until) => ("active", Some(*until)),
        Outcome::AlreadyReleased => {
            return Err(Failure::Own(StatusCode::BAD_REQUEST, "This phone number is released already".to_owned()));
        }
        Outcome::Not(Reason::NoSuchNumber, _) => return Err(Error::NotFound(Noun::Number).into()),
        Outcome::Not(reason @ (Reason::UnderWay | Reason::NoAccount), _) => {
            return Err(Failure::Own(StatusCode::CONFLICT, reason.to_string()));
        }
        Outcome::Not(reason, _) => return Err(Error::Carrier(*reason).into()),
    };
    Ok(Released { success: true, phone_number, status, releases_at })
}
