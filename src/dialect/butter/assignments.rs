//! Who answers a number.

use actix_web::http::StatusCode;
use actix_web::web::{Bytes, Data};
use actix_web::{HttpRequest, HttpResponse};
use schemars::JsonSchema;
use serde::Deserialize;

use super::numbers::named;
use super::wire::{Assignment, Done, NUMBER_ID, agent_id, number_id};
use crate::app::{AppState, Work};
use crate::dialect::failure::Failure;
use crate::dialect::ids::prefixed;
use crate::dialect::{keys, requests};
use crate::inventory::access::Caller;
use crate::inventory::assignments::{Changes, NOT_ITS_OWN, Provided};
use crate::model::{AgentId, Error, Noun, NumberId, Permission};

/// The number that an agent is to answer.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "ButterAssignmentRequest")]
pub struct AssignBody {
    #[schemars(regex(pattern = NUMBER_ID))]
    phone_number_id: String,
}

/// `POST /api/agents/{agent_id}/assign-phone-number`
pub async fn assign(state: Data<AppState>, request: HttpRequest, body: Bytes) -> Result<HttpResponse, Failure> {
    let caller = keys::caller(&state, &request, Permission::NumbersUpdate).await?;
    let agent = agent(&request)?;
    let given: AssignBody = keys::read(&request, &body)?;
    let id = prefixed("phon_", &given.phone_number_id).map(NumberId).ok_or(Error::NotFound(Noun::Number))?;
    let changes = Changes { agent: Some(Some(agent)), provided: Provided::Unanswered, ..Changes::default() };
    let assignment = changed(&state, &request, caller, id, agent, changes).await?;
    Ok(requests::json(StatusCode::OK, &Done::new("Phone number assigned successfully", assignment))?)
}

/// `POST /api/agents/{agent_id}/unassign-phone-number/{phone_number_id}`
pub async fn unassign(state: Data<AppState>, request: HttpRequest) -> Result<HttpResponse, Failure> {
    let caller = keys::caller(&state, &request, Permission::NumbersUpdate).await?;
    let (agent, id) = (agent(&request)?, named(&request)?);
    let changes = Changes { agent: Some(None), provided: Provided::AnsweredBy(agent), ..Changes::default() };
    let assignment = changed(&state, &request, caller, id, agent, changes).await?;
    Ok(requests::json(StatusCode::OK, &Done::new("Phone number unassigned successfully", assignment))?)
}

fn agent(request: &HttpRequest) -> Result<AgentId, Failure> {
    let id = prefixed("agent_", &keys::segment(request, "agent_id"));
    Ok(id.map(AgentId).ok_or(Error::NotFound(Noun::Agent))?)
}

async fn changed(
    state: &AppState,
    request: &HttpRequest,
    caller: Caller,
    id: NumberId,
    agent: AgentId,
    changes: Changes,
) -> Result<Assignment, Failure> {
    let by = requests::by(state, &caller, request);
    requests::at_the_desk(state, Work::Carrier, move |desk| {
        let number = desk.change_number(&caller, &by, id, &changes).map_err(|error| match error {
            // The product's own status for it.
            Error::Conflict(NOT_ITS_OWN) => {
                Failure::Own(StatusCode::BAD_REQUEST, "This phone number is not assigned to this agent".to_owned())
            }
            error => error.into(),
        })?;
        let (agent, numbers) = desk.store().read(|snapshot| {
            Ok::<_, Error>((snapshot.agent(&caller.scope, agent)?, snapshot.numbers_answered_by(&caller.scope, agent)?))
        })?;
        Ok(Assignment {
            agent_id: agent_id(agent.id),
            agent_name: agent.name,
            assigned_phone_number_ids: numbers.into_iter().map(number_id).collect(),
            updated_at: number.updated_at,
        })
    })
    .await
}
