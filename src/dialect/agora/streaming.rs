//! The list, which has no pages: sent as it is read, so that it takes the same memory however long it is.

use actix_web::http::Version;
use actix_web::http::header::ContentType;
use actix_web::web::{Bytes, Data};
use actix_web::{HttpRequest, HttpResponse};
use futures_util::stream::{self, StreamExt};

use super::wire::{PhoneNumber, Trunks};
use crate::app::{AppState, Work};
use crate::dialect::failure::Failure;
use crate::dialect::query::Given;
use crate::dialect::{keys, to_vec};
use crate::inventory::{accounts, numbers};
use crate::model::{Error, NumberFilter, Permission, Place};
use crate::store::Scope;

/// How many numbers are read at once.
const STRETCH: u32 = 500;

/// What of the list has been read, and where it goes on.
struct Piece {
    bytes: Bytes,
    next: Option<Place>,
}

/// `GET /api/conversational-ai-agent/v2/phone-numbers`
pub async fn list(state: Data<AppState>, request: HttpRequest) -> Result<HttpResponse, Failure> {
    let scope = keys::caller(&request, Permission::NumbersRead)?.scope;
    Given::read(request.query_string(), &[], &[])?;
    // What fails before anything is sent can be said; after that, only by breaking off.
    let first = piece(&state, scope, None).await?;
    let rest = stream::unfold(first.next, move |next| {
        let state = state.clone();
        async move {
            let piece = piece(&state, scope, Some(next?)).await;
            if let Err(failure) = &piece {
                log::error!("a list was broken off: {failure}");
            }
            let next = piece.as_ref().ok().and_then(|piece| piece.next);
            Some((piece.map(|piece| piece.bytes), next))
        }
    });
    let whole = stream::once(async { Ok::<_, Failure>(first.bytes) }).chain(rest);
    let mut response = HttpResponse::Ok();
    if request.version() < Version::HTTP_11 {
        // It knows no chunks (RFC 9112, 6.1): the end of the connection is the end of the list.
        response.force_close();
    }
    let mut response = response.content_type(ContentType::json()).streaming(whole.boxed_local());
    response.head_mut().no_chunking(request.version() < Version::HTTP_11);
    Ok(response)
}

/// The numbers behind a place, in a read transaction of their own, with what goes before and after them in the array.
async fn piece(state: &AppState, scope: Scope, after: Option<Place>) -> Result<Piece, Failure> {
    let work = if after.is_none() { Work::Brief } else { Work::Long };
    let (stretch, trunks) = state
        .run(work, move |store| {
            store.read(|snapshot| {
                let stretch = numbers::walk(snapshot, &scope, &NumberFilter::default(), after, STRETCH)?;
                let trunks: Trunks = accounts::trunks(snapshot, &scope, stretch.items.iter().map(|number| &**number))?;
                Ok::<_, Failure>((stretch, trunks))
            })
        })
        .await?;
    let numbers: Vec<_> = stretch.items.iter().map(|number| PhoneNumber::new(number, &trunks)).collect();
    let mut bytes = to_vec(&numbers).map_err(Error::internal)?;
    // Of the array that a stretch is, the brackets belong to the whole list only.
    if after.is_some() {
        if numbers.is_empty() {
            bytes.remove(0);
        } else if let Some(bracket) = bytes.first_mut() {
            *bracket = b',';
        }
    }
    if stretch.next.is_some() {
        bytes.pop();
    }
    Ok(Piece { bytes: bytes.into(), next: stretch.next })
}
