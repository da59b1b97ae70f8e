//! How every request is answered: with a document or one of Telnyx' errors, unless something goes wrong to order.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use serde_json::Value;

use super::error::Failure;
use crate::carrier::simulator::{Office, Request, Simulator};
use crate::simulate::faults;

/// Does what was asked and gives the document that there is to answer. The deed may be done twice, and is told whether
/// nobody asked for it.
///
/// # Errors
/// What the deed says, or the fault whose turn it was.
pub async fn answer(
    http: &HttpRequest,
    simulator: Data<Simulator>,
    asked: Request,
    deed: impl Fn(&Office, bool) -> Result<Value, Failure> + Send + 'static,
) -> Result<HttpResponse, Failure> {
    let done = faults::answer(http, simulator, asked, move |office, injected| Ok(deed(office, injected)));
    Ok(HttpResponse::Ok().json(done.await??))
}
