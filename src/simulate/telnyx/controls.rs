//! What the simulated Telnyx can be told, as no carrier can: which orders pend, which numbers are locked or
//! have no campaign, and what was used.

use actix_web::web::{self, Data, Json};
use actix_web::{Error, HttpResponse};
use serde::Deserialize;
use serde_json::json;

use super::books::{Books, Plan};
use super::error::{Failure, Kind};
use super::notes;
use super::records::{Use, Uses};
use crate::carrier::simulator::{Simulator, Terms};
use crate::model::E164;

/// `POST /orders/pending`: `{"times": 2, "seconds": 1.5, "then": "failure"}`
#[derive(Debug, Deserialize)]
pub struct Pending {
    times: u32,
    #[serde(flatten)]
    plan: Plan,
}

/// `POST /locks`: `{"phone_number": "+19705551234", "locked": true}`
#[derive(Debug, Deserialize)]
pub struct Lock {
    phone_number: String,
    locked: bool,
}

/// `POST /campaigns`: `{"phone_number": "+19705551234", "registered": false}`
#[derive(Debug, Deserialize)]
pub struct Campaign {
    phone_number: String,
    registered: bool,
}

/// Has the next so many orders pend so long, and then succeed or fail.
pub async fn pending(books: Data<Books>, Json(pending): Json<Pending>) -> HttpResponse {
    books.open().plan(pending.plan, pending.times);
    HttpResponse::Ok().json(json!({}))
}

/// Locks a number against being deleted, or unlocks it.
pub async fn locks(
    simulator: Data<Simulator>,
    books: Data<Books>,
    Json(lock): Json<Lock>,
) -> Result<HttpResponse, Error> {
    note(simulator, books, lock.phone_number, notes::LOCK, lock.locked).await
}

/// Takes a number out of its 10DLC campaign, or puts it back. Every number has one unless somebody says so.
pub async fn campaigns(
    simulator: Data<Simulator>,
    books: Data<Books>,
    Json(campaign): Json<Campaign>,
) -> Result<HttpResponse, Error> {
    note(simulator, books, campaign.phone_number, notes::UNREGISTERED, !campaign.registered).await
}

/// Notes something of a number, or takes the note away.
async fn note(
    simulator: Data<Simulator>,
    books: Data<Books>,
    number: String,
    name: &'static str,
    is_so: bool,
) -> Result<HttpResponse, Error> {
    let done = web::block(move || {
        let _open = books.open();
        let number: E164 = number.parse().map_err(|_| Failure::new(Kind::NotE164))?;
        let held = simulator.office().held(Some(&number)).pop().ok_or_else(|| Failure::new(Kind::NotFound))?;
        let text = if is_so { "true" } else { "" };
        let notes = [(name.to_owned(), text.to_owned())].into();
        let terms = Terms { route: held.rented.route.clone(), notes, ..Terms::default() };
        Ok::<_, Failure>(simulator.office().configure(&held.rented, &terms, false)?)
    });
    done.await??;
    Ok(HttpResponse::Ok().json(json!({})))
}

/// Has a number have been used.
pub async fn uses(all: Data<Uses>, Json(another): Json<Use>) -> HttpResponse {
    all.add(another);
    HttpResponse::Ok().json(json!({}))
}
