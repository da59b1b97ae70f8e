//! The function `phone-numbers-list`.

use actix_web::http::header::ContentType;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};

use super::auth::Subject;
use super::error::Failure;
use super::query::ListQuery;
use super::wire::ListBody;
use crate::app::{AppState, Work};
use crate::dialect::{Unread, to_vec};
use crate::inventory::{access, numbers};
use crate::model::Error;

/// A page with fewer rows brings the agents along unasked.
const ROWS_THAT_CROWD_OUT_AGENTS: usize = 20;

/// `GET /functions/v1/phone-numbers-list`
pub async fn list(state: Data<AppState>, subject: Subject, request: HttpRequest) -> Result<HttpResponse, Failure> {
    let query = match Unread::of(&request) {
        Some(unread) => Err(Failure::Body(unread)),
        None => ListQuery::parse(request.query_string()),
    };
    let work = if query.as_ref().is_ok_and(ListQuery::is_long) { Work::Long } else { Work::Brief };
    let body: Result<Vec<u8>, Failure> = state
        .run(work, move |store| {
            let (listing, window) = store.read(|snapshot| {
                // The role is asked before the parameters: an outsider learns nothing of them.
                let caller = access::caller(snapshot, subject.0.ok_or(Error::NoAgency)?)?;
                let ListQuery { filter, window, include_agents } = query?;
                let wants_agents = |rows| include_agents || rows < ROWS_THAT_CROWD_OUT_AGENTS;
                let listing = numbers::list(snapshot, &caller.scope, &filter, window, wants_agents);
                Ok::<_, Failure>((listing.map_err(Failure::Fetch)?, window))
            })?;
            to_vec(&ListBody::new(&listing, window)).map_err(|error| Error::internal(error).into())
        })
        .await;
    Ok(HttpResponse::Ok().content_type(ContentType::json()).body(body?))
}
