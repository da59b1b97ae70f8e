//! Agents, and the numbers that they answer.

use actix_web::http::StatusCode;
use actix_web::web::{Bytes, Data};
use actix_web::{HttpRequest, HttpResponse};
use schemars::JsonSchema;
use serde::Deserialize;

use super::query::{agent_id, number, number_id, page};
use super::wire::{self, AgentBody, AgentNumber, Attached, DeletedAgent, Done, NUMBER_ID, Page};
use crate::app::{AppState, Work};
use crate::dialect::failure::Failure;
use crate::dialect::requests::NAME;
use crate::dialect::{keys, requests};
use crate::inventory::agents::{self, Given};
use crate::inventory::assignments::{Changes, Provided};
use crate::model::Permission;

/// A new agent.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "AgentphoneNewAgent")]
pub struct CreateBody {
    #[schemars(length(min = 1, max = 200), regex(pattern = NAME))]
    name: String,
    #[schemars(length(min = 1, max = 200), regex(pattern = NAME))]
    voice: Option<String>,
    #[schemars(length(min = 1, max = 200), regex(pattern = NAME))]
    language: Option<String>,
}

/// What is to change in an agent; what is absent stays.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "AgentphoneAgentUpdate")]
pub struct UpdateBody {
    #[schemars(length(min = 1, max = 200), regex(pattern = NAME))]
    name: Option<String>,
    #[schemars(length(min = 1, max = 200), regex(pattern = NAME))]
    voice: Option<String>,
    #[schemars(length(min = 1, max = 200), regex(pattern = NAME))]
    language: Option<String>,
}

/// The number that an agent is to answer.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "AgentphoneAttachment")]
pub struct AttachBody {
    #[schemars(regex(pattern = NUMBER_ID))]
    number_id: String,
}

/// `GET /v1/agents`
pub async fn list(state: Data<AppState>, request: HttpRequest) -> Result<HttpResponse, Failure> {
    let scope = keys::caller(&state, &request, Permission::AgentsRead).await?.scope;
    let window = page(request.query_string())?;
    let listed = state.run(Work::Long, move |store| {
        store.read(|snapshot| Ok::<_, Failure>(agents::profiles(snapshot, &scope, window)?))
    });
    let slice = listed.await?;
    let agents = slice.items.iter().map(AgentBody::from).collect();
    Ok(requests::json(StatusCode::OK, &Page::new(agents, window.offset, slice.total))?)
}

/// `POST /v1/agents`
pub async fn create(state: Data<AppState>, request: HttpRequest, body: Bytes) -> Result<HttpResponse, Failure> {
    let caller = keys::caller(&state, &request, Permission::AgentsWrite).await?;
    let CreateBody { name, voice, language } = keys::read(&request, &body)?;
    let given = Given { name: Some(name), voice, language, ..Given::default() };
    let by = requests::by(&state, &caller, &request);
    let created = requests::at_the_desk(&state, Work::Long, move |desk| {
        desk.store().write_by(&by, |change| {
            let agent = agents::add(change, desk.clock(), desk.ids(), &caller.scope, given)?;
            Ok::<_, Failure>(agents::profile(change, &caller.scope, agent.id)?)
        })
    });
    Ok(requests::json(StatusCode::OK, &AgentBody::from(&created.await?))?)
}

/// `GET /v1/agents/{agent_id}`
pub async fn show(state: Data<AppState>, request: HttpRequest) -> Result<HttpResponse, Failure> {
    let scope = keys::caller(&state, &request, Permission::AgentsRead).await?.scope;
    let id = agent_id(&request)?;
    let found = state
        .run(Work::Brief, move |store| store.read(|snapshot| Ok::<_, Failure>(agents::profile(snapshot, &scope, id)?)));
    Ok(requests::json(StatusCode::OK, &AgentBody::from(&found.await?))?)
}

/// `PATCH /v1/agents/{agent_id}`
pub async fn update(state: Data<AppState>, request: HttpRequest, body: Bytes) -> Result<HttpResponse, Failure> {
    let caller = keys::caller(&state, &request, Permission::AgentsWrite).await?;
    let id = agent_id(&request)?;
    let UpdateBody { name, voice, language } = keys::read_changes(&request, &body)?;
    let given = Given { name, voice, language, ..Given::default() };
    let by = requests::by(&state, &caller, &request);
    let changed = requests::at_the_desk(&state, Work::Long, move |desk| {
        desk.store().write_by(&by, |change| {
            agents::alter(change, desk.clock(), desk.ids(), &caller.scope, id, given)?;
            Ok::<_, Failure>(agents::profile(change, &caller.scope, id)?)
        })
    });
    Ok(requests::json(StatusCode::OK, &AgentBody::from(&changed.await?))?)
}

/// `DELETE /v1/agents/{agent_id}`
pub async fn delete(state: Data<AppState>, request: HttpRequest) -> Result<HttpResponse, Failure> {
    let caller = keys::caller(&state, &request, Permission::AgentsWrite).await?;
    let id = agent_id(&request)?;
    let by = requests::by(&state, &caller, &request);
    let removed = requests::at_the_desk(&state, Work::Long, move |desk| {
        desk.store().write_by(&by, |change| agents::remove(change, desk.clock(), desk.ids(), &caller.scope, id))
    });
    let agent = removed.await.map_err(Failure::from)?;
    let name = agent.name.as_deref().unwrap_or_default();
    Ok(requests::json(StatusCode::OK, &DeletedAgent { success: true, id: wire::agent_id(id), name })?)
}

/// `POST /v1/agents/{agent_id}/numbers`
pub async fn attach(state: Data<AppState>, request: HttpRequest, body: Bytes) -> Result<HttpResponse, Failure> {
    let caller = keys::caller(&state, &request, Permission::NumbersUpdate).await?;
    let agent = agent_id(&request)?;
    let given: AttachBody = keys::read(&request, &body)?;
    let id = number(&given.number_id)?;
    let changes = Changes { agent: Some(Some(agent)), provided: Provided::Free, ..Changes::default() };
    let by = requests::by(&state, &caller, &request);
    let attached =
        requests::at_the_desk(&state, Work::Carrier, move |desk| desk.change_number(&caller, &by, id, &changes));
    let number = attached.await.map_err(Failure::from)?;
    let attached = Attached { agent_id: wire::agent_id(agent), number: AgentNumber::from(&number) };
    Ok(requests::json(StatusCode::OK, &attached)?)
}

/// `DELETE /v1/agents/{agent_id}/numbers/{number_id}`
pub async fn detach(state: Data<AppState>, request: HttpRequest) -> Result<HttpResponse, Failure> {
    let caller = keys::caller(&state, &request, Permission::NumbersUpdate).await?;
    let (agent, id) = (agent_id(&request)?, number_id(&request)?);
    let changes = Changes { agent: Some(None), provided: Provided::AnsweredBy(agent), ..Changes::default() };
    let by = requests::by(&state, &caller, &request);
    let detached =
        requests::at_the_desk(&state, Work::Carrier, move |desk| desk.change_number(&caller, &by, id, &changes));
    detached.await.map_err(Failure::from)?;
    Ok(requests::json(StatusCode::OK, &Done { success: true })?)
}
