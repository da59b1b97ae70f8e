//! The list.

use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};

use super::query::ListQuery;
use super::wire::ListBody;
use crate::app::{AppState, Work};
use crate::dialect::failure::Failure;
use crate::dialect::keys::Pass;
use crate::dialect::requests;
use crate::inventory::numbers;
use crate::model::{NumberFilter, Permission, Status};

/// `GET /phone-numbers`
pub async fn list(state: Data<AppState>, request: HttpRequest) -> Result<HttpResponse, Failure> {
    let (pass, asked) = (Pass::of(&request)?, ListQuery::parse(request.query_string()));
    let is_deep = asked.as_ref().is_ok_and(|asked| asked.window().is_deep());
    let listing = state.run(if is_deep { Work::Long } else { Work::Brief }, move |store| {
        store.read(|snapshot| {
            let scope = pass.caller(snapshot, Permission::NumbersRead)?.scope;
            let asked = asked?;
            let filter = NumberFilter { status: Some(Status::Active), ..NumberFilter::default() };
            let listing = numbers::list(snapshot, &scope, &filter, asked.window(), |_| false)?;
            Ok::<_, Failure>((scope, asked, listing.slice))
        })
    });
    let (scope, asked, slice) = listing.await?;
    let list = ListBody::new(scope.agency(), slice.items.iter().map(|number| &**number), slice.total, asked);
    Ok(requests::json(StatusCode::OK, &list.wrapped(state.config().instaview_nested, state.clock().now()))?)
}
