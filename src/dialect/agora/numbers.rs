//! What is done with one number.

use std::iter;

use actix_web::http::StatusCode;
use actix_web::web::{Bytes, Data};
use actix_web::{HttpRequest, HttpResponse};
use schemars::JsonSchema;
use serde::Deserialize;

use super::query::{named, pipeline};
use super::wire::PhoneNumber;
use crate::app::{AppState, Work};
use crate::dialect::failure::Failure;
use crate::dialect::query::Malformed;
use crate::dialect::requests::{Object, given};
use crate::dialect::{keys, requests};
use crate::inventory::accounts;
use crate::inventory::assignments::Changes;
use crate::model::{AgentId, E164, Error, Noun, Number, Permission, Result as Done};
use crate::store::{Scope, Snapshot};

/// What is to change in a number: absent leaves, `null` clears.
#[allow(clippy::option_option, reason = "absent, null and a value are three things")]
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "AgoraNumberUpdate")]
pub struct UpdateBody {
    #[serde(default, deserialize_with = "given")]
    #[schemars(!default, with = "Option<PipelineConfig>")]
    inbound_config: Option<Option<Object<PipelineConfig>>>,
    #[serde(default, deserialize_with = "given")]
    #[schemars(!default, with = "Option<PipelineConfig>")]
    outbound_config: Option<Option<Object<PipelineConfig>>>,
}

#[allow(clippy::option_option, reason = "absent, null and a value are three things")]
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "AgoraPipelineConfig")]
struct PipelineConfig {
    #[serde(default, deserialize_with = "given")]
    #[schemars(!default, with = "Option<uuid::Uuid>")]
    pipeline_id: Option<Option<String>>,
}

/// `GET .../phone-numbers/{phone_number}`
pub async fn show(state: Data<AppState>, request: HttpRequest) -> Result<HttpResponse, Failure> {
    let scope = keys::caller(&state, &request, Permission::NumbersRead).await?.scope;
    let number = named(&request)?;
    shown(&state, scope, number, StatusCode::OK).await
}

/// `PATCH .../phone-numbers/{phone_number}`
pub async fn update(state: Data<AppState>, request: HttpRequest, body: Bytes) -> Result<HttpResponse, Failure> {
    let caller = keys::caller(&state, &request, Permission::NumbersUpdate).await?;
    let number = named(&request)?;
    let changes = Changes { agent: keys::read_changes::<UpdateBody>(&request, &body)?.agent()?, ..Changes::default() };
    let (scope, by, which) = (caller.scope, requests::by(&state, &caller, &request), number.clone());
    let work = requests::at_the_desk(&state, Work::Carrier, move |desk| {
        let id = desk.store().read(|snapshot| live(snapshot, &caller.scope, &which))?.id;
        desk.change_number(&caller, &by, id, &changes).map(drop)
    });
    work.await.map_err(missing_pipeline)?;
    shown(&state, scope, number, StatusCode::OK).await
}

/// `DELETE .../phone-numbers/{phone_number}`
pub async fn delete(state: Data<AppState>, request: HttpRequest) -> Result<HttpResponse, Failure> {
    let caller = keys::caller(&state, &request, Permission::NumbersDelete).await?;
    let number = named(&request)?;
    let by = requests::by(&state, &caller, &request);
    let gone = requests::at_the_desk(&state, Work::Long, move |desk| {
        let id = desk.store().read(|snapshot| live(snapshot, &caller.scope, &number))?.id;
        desk.let_go(&caller, &by, id).map(drop)
    });
    gone.await.map_err(Failure::from)?;
    Ok(HttpResponse::NoContent().finish())
}

/// A number as it is now.
pub async fn shown(state: &AppState, scope: Scope, number: E164, status: StatusCode) -> Result<HttpResponse, Failure> {
    let found = state.run(Work::Brief, move |store| {
        store.read(|snapshot| {
            let number = live(snapshot, &scope, &number)?;
            let trunks = accounts::trunks(snapshot, &scope, iter::once(&number))?;
            Ok::<_, Failure>((number, trunks))
        })
    });
    let (number, trunks) = found.await?;
    Ok(requests::json(status, &PhoneNumber::new(&number, &trunks))?)
}

fn live(snapshot: &Snapshot, scope: &Scope, number: &E164) -> Done<Number> {
    snapshot.live_number(scope, number)?.ok_or(Error::NotFound(Noun::Number))
}

/// A pipeline that is not there is a value that cannot be taken: it is the number that the path names.
fn missing_pipeline(error: Error) -> Failure {
    match error {
        Error::NotFound(Noun::Agent) => {
            Failure::Body(Malformed::new("pipeline_id", "names no pipeline of this account"))
        }
        error => error.into(),
    }
}

impl UpdateBody {
    /// The agent that is to answer; `Some(None)` takes it away.
    #[allow(clippy::option_option, reason = "absent, null and a value are three things")]
    fn agent(&self) -> Result<Option<Option<AgentId>>, Failure> {
        let read = |config: &Option<Option<Object<PipelineConfig>>>| match config {
            None | Some(Some(Object(PipelineConfig { pipeline_id: None }))) => Ok(None),
            Some(None) => Ok(Some(None)),
            Some(Some(Object(PipelineConfig { pipeline_id: Some(id) }))) => {
                id.as_deref().map(pipeline).transpose().map(Some).map_err(Failure::Body)
            }
        };
        match (read(&self.inbound_config)?, read(&self.outbound_config)?) {
            (Some(Some(one)), Some(Some(other))) if one != other => Err(Failure::Body(Malformed::new(
                "pipeline_id",
                "must be the same for inbound and outbound calls: a number has one pipeline",
            ))),
            // Whoever clears one and names the other wants the one that is named.
            (Some(Some(agent)), _) | (_, Some(Some(agent))) => Ok(Some(Some(agent))),
            (Some(None), _) | (_, Some(None)) => Ok(Some(None)),
            (None, None) => Ok(None),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::UpdateBody;

    #[allow(clippy::option_option, reason = "absent, null and a value are three things")]
    fn agent(body: &str) -> Option<Option<String>> {
        let body: UpdateBody = serde_json::from_str(body).unwrap();
        body.agent().ok().flatten().map(|agent| agent.map(|agent| agent.to_string()))
    }

    #[test]
    fn absent_leaves_null_clears_and_a_pipeline_is_taken() {
        let (one, other) = ("0192a000-0000-7000-8000-000000000001", "0192a000-0000-7000-8000-000000000002");
        let config = |id: &str| format!(r#"{{"pipeline_id":"{id}"}}"#);
        assert_eq!(agent("{}"), None);
        assert_eq!(agent(r#"{"inbound_config":{}}"#), None);
        assert_eq!(agent(r#"{"inbound_config":null}"#), Some(None));
        assert_eq!(agent(r#"{"outbound_config":{"pipeline_id":null}}"#), Some(None));
        assert_eq!(agent(&format!(r#"{{"inbound_config":{}}}"#, config(one))), Some(Some(one.to_owned())));
        let both = |first: &str, second: &str| format!(r#"{{"inbound_config":{first},"outbound_config":{second}}}"#);
        assert_eq!(agent(&both(&config(one), &config(one))), Some(Some(one.to_owned())));
        assert_eq!(agent(&both("null", &config(one))), Some(Some(one.to_owned())));
        assert_eq!(agent(&both("null", "null")), Some(None));
        let differing: UpdateBody = serde_json::from_str(&both(&config(one), &config(other))).unwrap();
        assert!(differing.agent().is_err());
        let none: UpdateBody =
            serde_json::from_str(&format!(r#"{{"inbound_config":{}}}"#, config("pipeline_1"))).unwrap();
        assert!(none.agent().is_err());
    }
}
