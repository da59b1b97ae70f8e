//! The function `phone-numbers-list`.

use std::sync::Arc;

use actix_web::http::header::{CACHE_CONTROL, ContentType, HeaderName};
use actix_web::web::{Bytes, Data};
use actix_web::{HttpRequest, HttpResponse};

use super::auth::Subject;
use super::error::Failure;
use super::query::ListQuery;
use super::wire::ListBody;
use crate::app::{AppState, Work};
use crate::dialect::answers::{Answers, Held, Question, tag_line};
use crate::dialect::{Unread, to_vec};
use crate::inventory::access::{self, Caller};
use crate::inventory::numbers;
use crate::model::Error;
use crate::store::{Snapshot, Store};

/// A page with fewer rows brings the agents along unasked.
const ROWS_THAT_CROWD_OUT_AGENTS: usize = 20;
/// A client may keep the answer, for its own user, and asks each time whether it still holds.
const KEEP_AND_ASK: (HeaderName, &str) = (CACHE_CONTROL, "private, no-cache");

/// `GET /functions/v1/phone-numbers-list`
pub async fn list(state: Data<AppState>, subject: Subject, request: HttpRequest) -> Result<HttpResponse, Failure> {
    let query = match Unread::of(&request) {
        Some(unread) => Err(Failure::Body(unread)),
        None => ListQuery::parse(request.query_string()),
    };
    // The role is asked before the parameters: an outsider learns nothing of them.
    let query = match query {
        Ok(query) => query,
        Err(refused) => {
            let known = state.run(Work::Brief, move |store| store.read(|snapshot| caller(snapshot, subject))).await;
            return Err(known.err().unwrap_or(refused));
        }
    };
    let answers = state.shared(|| Answers::new(state.config().answer_cache_bytes));
    let (text, held) = (request.query_string().to_owned(), Held::of(&request));
    let asked = Arc::new(Asked { subject, query, text, held, answers });
    // An answer that is kept is given at once, also where to find it anew would take long.
    let (first, is_long) = (asked.clone(), asked.query.is_long());
    let mut answer = state.run(Work::Brief, move |store| first.answer(store, !is_long)).await?;
    if matches!(answer, (_, Found::Nothing)) {
        answer = state.run(Work::Long, move |store| asked.answer(store, true)).await?;
    }
    let (question, found) = answer;
    let (mut response, body) = match found {
        Found::Body(body) => (HttpResponse::Ok(), body),
        Found::Unchanged => (HttpResponse::NotModified(), Bytes::new()),
        Found::Nothing => return Err(Error::internal("a list that may be long found nothing").into()),
    };
    response.insert_header(tag_line(&question.tag())).insert_header(KEEP_AND_ASK);
    Ok(if body.is_empty() { response.finish() } else { response.content_type(ContentType::json()).body(body) })
}

fn caller(snapshot: &Snapshot, subject: Subject) -> Result<Caller, Failure> {
    Ok(access::caller(snapshot, subject.0.ok_or(Error::NoAgency)?)?)
}

/// A list that somebody asked for.
struct Asked {
    subject: Subject,
    query: ListQuery,
    text: String,
    held: Held,
    answers: Arc<Answers>,
}

impl Asked {
    /// The answer, and to which question it is; all of one moment. Where it is not kept, it is looked up only if it
    /// `may` be.
    fn answer(&self, store: &Store, may: bool) -> Result<(Question, Found), Failure> {
        let ListQuery { filter, window, include_agents } = &self.query;
        let (question, listing) = match store.read(|snapshot| {
            let scope = caller(snapshot, self.subject)?.scope;
            let question = Question {
                function: "supabase/phone-numbers-list",
                agency: scope.agency(),
                revision: snapshot.revision(&scope)?,
                query: self.text.clone(),
            };
            if self.held.has(&question.tag()) {
                return Ok((question, Err(Found::Unchanged)));
            }
            if let Some(body) = self.answers.of(&question) {
                return Ok((question, Err(Found::Body(body))));
            }
            if !may {
                return Ok((question, Err(Found::Nothing)));
            }
            let wants_agents = |rows| *include_agents || rows < ROWS_THAT_CROWD_OUT_AGENTS;
            let listing = numbers::list(snapshot, &scope, filter, *window, wants_agents);
            Ok::<_, Failure>((question, Ok(listing.map_err(Failure::Fetch)?)))
        })? {
            (question, Ok(listing)) => (question, listing),
            (question, Err(found)) => return Ok((question, found)),
        };
        let body = Bytes::from(to_vec(&ListBody::new(&listing, *window)).map_err(Error::internal)?);
        self.answers.keep(question.clone(), body.clone());
        Ok((question, Found::Body(body)))
    }
}

/// What there is to answer with.
enum Found {
    /// The whole answer.
    Body(Bytes),
    /// The client has it already.
    Unchanged,
    /// Nothing without a longer look.
    Nothing,
}
