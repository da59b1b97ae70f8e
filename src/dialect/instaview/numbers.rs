//! The list.

use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};

use super::query::ListQuery;
use super::wire::ListBody;
use crate::app::{AppState, Work};
use crate::dialect::failure::Failure;
use crate::dialect::{keys, requests};
use crate::inventory::numbers;
use crate::model::{NumberFilter, Permission, Status, Window};

/// `GET /phone-numbers`
pub async fn list(state: Data<AppState>, request: HttpRequest) -> Result<HttpResponse, Failure> {
    let caller = keys::caller(&request, Permission::NumbersRead)?;
    let asked = ListQuery::parse(request.query_string())?;
    let window = Window::at(asked.offset(), asked.limit);
    let filter = NumberFilter { status: Some(Status::Active), ..NumberFilter::default() };
    let work = if window.is_deep() { Work::Long } else { Work::Brief };
    let scope = caller.scope;
    let listing = state.run(work, move |store| {
        store.read(|snapshot| Ok::<_, Failure>(numbers::list(snapshot, &scope, &filter, window, |_| false)?))
    });
    let slice = listing.await?.slice;
    let list = ListBody::new(scope.agency(), slice.items.iter().map(|number| &**number), slice.total, asked);
    Ok(requests::json(StatusCode::OK, &list.wrapped(state.config().instaview_nested, state.clock().now()))?)
}
