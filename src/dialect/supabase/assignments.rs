//! The function `phone-numbers-assign`: who answers a number, and what else an agency says of one.

use std::iter;

use actix_web::http::StatusCode;
use actix_web::web::{Bytes, Data};
use actix_web::{HttpRequest, HttpResponse};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

use super::auth::{Subject, caller};
use super::error::Failure;
use super::query;
use super::wire::{AssignableNumber, AvailableAgent, NumberBody, PhoneNumber};
use crate::app::{AppState, Work};
use crate::dialect::Unread;
use crate::dialect::operation::{Parameter, in_query};
use crate::dialect::query::Malformed;
use crate::dialect::requests::{NAME, at_the_desk, by, given, json, read};
use crate::inventory::assignments::Changes;
use crate::inventory::numbers;
use crate::model::{AgentId, NumberFilter, NumberId, Permission, Window};

/// Numbers that a list without pages shows at most.
const MAX_NUMBERS: u32 = 1000;
const PARAMETERS: [&str; 4] = ["id", "status", "assigned", "unassigned"];

/// The parameters of GET, described: those beside `id` are the list's.
pub fn parameters() -> Vec<Parameter> {
    let lists = query::parameters().into_iter().filter(|parameter| PARAMETERS.contains(&parameter.name));
    iter::once(one()).chain(lists).collect()
}

/// The parameter that names one number.
pub fn one() -> Parameter {
    in_query("id", "This number", json!({ "type": "string", "format": "uuid" }))
}

/// The numbers that could be assigned, and to whom.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "SupabaseAssignable")]
pub struct AssignableBody<'a> {
    phone_numbers: Vec<PhoneNumber<'a>>,
    available_agents: Vec<AvailableAgent<'a>>,
}

/// A number whose agent is to be this one.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "SupabaseAssignment")]
pub struct AssignmentBody {
    #[serde(alias = "id")]
    phone_number_id: Uuid,
    agent_mapping_id: Uuid,
    direction: Option<Direction>,
}

/// What is to change in a number. What is absent stays; `null` takes the agent or the name away.
#[allow(clippy::option_option, reason = "absent, null and a value are three things")]
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "SupabaseNumberUpdate")]
pub struct UpdateBody {
    #[serde(alias = "id")]
    phone_number_id: Uuid,
    #[serde(default, deserialize_with = "given")]
    #[schemars(!default, with = "Option<String>", length(min = 1, max = 200), regex(pattern = NAME))]
    friendly_name: Option<Option<String>>,
    #[serde(default, deserialize_with = "given")]
    #[schemars(!default, with = "Option<Uuid>")]
    agent_mapping_id: Option<Option<Uuid>>,
    direction: Option<Direction>,
    is_active: Option<bool>,
}

#[derive(Deserialize)]
struct NumberNamed {
    #[serde(alias = "id")]
    phone_number_id: Uuid,
}

#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "SupabaseDirection")]
enum Direction {
    Inbound,
    Outbound,
    Both,
}

/// A number after it was changed.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "SupabaseChangedNumber")]
pub struct ChangedBody<'a> {
    success: bool,
    phone_number: PhoneNumber<'a>,
    message: &'static str,
}

/// `GET /functions/v1/phone-numbers-assign`
pub async fn show(state: Data<AppState>, subject: Subject, request: HttpRequest) -> Result<HttpResponse, Failure> {
    let caller = caller(&state, subject, Permission::NumbersRead).await?;
    if let Some(unread) = Unread::of(&request) {
        return Err(Failure::Body(unread));
    }
    let given = query::read(request.query_string(), &PARAMETERS)?;
    let id: Option<NumberId> = given.id("id")?;
    let filter = NumberFilter {
        status: query::status(&given)?,
        assigned: given.switch("assigned")?,
        unassigned: given.switch("unassigned")?,
        ..NumberFilter::default()
    };
    let scope = caller.scope;
    if let Some(id) = id {
        let number = state.run(Work::Brief, move |store| store.read(|snapshot| snapshot.number(&scope, id))).await;
        return Ok(json(
            StatusCode::OK,
            &NumberBody { phone_number: AssignableNumber::from(&number.map_err(Failure::Verb)?) },
        )?);
    }
    let window = Window::at(0, MAX_NUMBERS);
    let listing = state
        .run(Work::Long, move |store| {
            store.read(|snapshot| numbers::list(snapshot, &scope, &filter, window, |_| true)).map_err(Failure::Fetch)
        })
        .await?;
    let body = AssignableBody {
        phone_numbers: listing.slice.items.iter().map(|number| PhoneNumber::from(&**number)).collect(),
        available_agents: listing.agents.iter().flatten().map(AvailableAgent::from).collect(),
    };
    Ok(json(StatusCode::OK, &body)?)
}

/// `POST /functions/v1/phone-numbers-assign`
pub async fn assign(
    state: Data<AppState>,
    subject: Subject,
    request: HttpRequest,
    body: Bytes,
) -> Result<HttpResponse, Failure> {
    let reading = |body: &[u8]| {
        let given: AssignmentBody = read(&request, body)?;
        let (inbound, outbound) = given.direction.map(Direction::flags).unzip();
        let changes =
            Changes { agent: Some(Some(AgentId(given.agent_mapping_id))), inbound, outbound, ..Changes::default() };
        Ok((NumberId(given.phone_number_id), changes))
    };
    change(&state, subject, &request, "Phone number assigned successfully", || reading(&body)).await
}

/// `PATCH /functions/v1/phone-numbers-assign`
pub async fn update(
    state: Data<AppState>,
    subject: Subject,
    request: HttpRequest,
    body: Bytes,
) -> Result<HttpResponse, Failure> {
    let reading = |body: &[u8]| {
        let given: UpdateBody = read(&request, body)?;
        let (inbound, outbound) = given.direction.map(Direction::flags).unzip();
        let changes = Changes {
            agent: given.agent_mapping_id.map(|agent| agent.map(AgentId)),
            friendly_name: given.friendly_name,
            inbound,
            outbound,
            is_active: given.is_active,
            ..Changes::default()
        };
        Ok((NumberId(given.phone_number_id), changes))
    };
    change(&state, subject, &request, "Phone number updated successfully", || reading(&body)).await
}

/// `DELETE /functions/v1/phone-numbers-assign`
pub async fn unassign(
    state: Data<AppState>,
    subject: Subject,
    request: HttpRequest,
    body: Bytes,
) -> Result<HttpResponse, Failure> {
    let reading = || {
        let named = query::read(request.query_string(), &["id"])?.id("id")?;
        let id = match named {
            Some(id) => id,
            None if body.is_empty() => return Err(Malformed::new("id", "is required").into()),
            None => NumberId(read::<NumberNamed>(&request, &body)?.phone_number_id),
        };
        Ok((id, Changes { agent: Some(None), ..Changes::default() }))
    };
    change(&state, subject, &request, "Phone number unassigned successfully", reading).await
}

async fn change(
    state: &Data<AppState>,
    subject: Subject,
    request: &HttpRequest,
    message: &'static str,
    reading: impl FnOnce() -> Result<(NumberId, Changes), Failure>,
) -> Result<HttpResponse, Failure> {
    let caller = caller(state, subject, Permission::NumbersUpdate).await?;
    if let Some(unread) = Unread::of(request) {
        return Err(Failure::Body(unread));
    }
    let (id, changes) = reading()?;
    let by = by(state, &caller, request);
    // Only an agent's route has a carrier asked.
    let work = if changes.agent.is_some() { Work::Carrier } else { Work::Long };
    let number = at_the_desk(state, work, move |desk| desk.change_number(&caller, &by, id, &changes));
    let number = number.await.map_err(Failure::Verb)?;
    Ok(json(StatusCode::OK, &ChangedBody { success: true, phone_number: PhoneNumber::from(&number), message })?)
}

impl Direction {
    /// Whether calls are taken, and whether they are placed.
    const fn flags(self) -> (bool, bool) {
        match self {
            Self::Inbound => (true, false),
            Self::Outbound => (false, true),
            Self::Both => (true, true),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{PARAMETERS, UpdateBody, parameters};

    #[test]
    fn the_parameters_that_are_described_are_those_that_are_read() {
        assert_eq!(parameters().iter().map(|parameter| parameter.name).collect::<Vec<_>>(), PARAMETERS);
    }

    #[test]
    fn absent_leaves_and_null_takes_away() {
        let id = "\"phone_number_id\":\"123e4567-e89b-12d3-a456-426614174000\"";
        let read = |rest: &str| serde_json::from_str::<UpdateBody>(&format!("{{{id}{rest}}}")).unwrap();
        assert!(read("").agent_mapping_id.is_none() && read("").friendly_name.is_none());
        assert_eq!(read(",\"agent_mapping_id\":null").agent_mapping_id, Some(None));
        assert_eq!(read(",\"friendly_name\":null").friendly_name, Some(None));
        assert_eq!(read(",\"friendly_name\":\"A\"").friendly_name, Some(Some("A".to_owned())));
    }
}
