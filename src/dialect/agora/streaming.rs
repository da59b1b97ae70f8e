//! The list, which has no pages: sent as it is read, so that it takes the same memory however long it is.

use actix_web::http::Version;
use actix_web::http::header::ContentType;
use actix_web::web::{Bytes, Data};
use actix_web::{HttpRequest, HttpResponse};
use futures_util::stream::{self, StreamExt};

use super::wire::{PhoneNumber, Trunks};
use crate::app::{AppState, Work};
use crate::dialect::failure::Failure;
use crate::dialect::keys::Pass;
use crate::dialect::query::Given;
use crate::dialect::to_vec;
use crate::inventory::{accounts, numbers};
use crate::model::{Error, NumberFilter, Permission, Place};
use crate::store::{Scope, Snapshot};

/// How many numbers are read at once.
const STRETCH: u32 = 500;

/// What of the list has been read, and where it goes on.
struct Piece {
    bytes: Bytes,
    next: Option<Place>,
}

/// `GET /api/conversational-ai-agent/v2/phone-numbers`
pub async fn list(state: Data<AppState>, request: HttpRequest) -> Result<HttpResponse, Failure> {
    let (pass, nothing) = (Pass::of(&request)?, Given::read(request.query_string(), &[], &[]));
    // What fails before anything is sent can be said; after that, only by breaking off.
    let first = state.run(Work::Brief, move |store| {
        store.read(|snapshot| {
            let scope = pass.caller(snapshot, Permission::NumbersRead)?.scope;
            nothing?;
            Ok::<_, Failure>((scope, piece(snapshot, &scope, None)?))
        })
    });
    let (scope, first) = first.await?;
    let rest = stream::unfold(first.next, move |next| {
        let state = state.clone();
        async move {
            let after = next?;
            let piece = state.run(Work::Long, move |store| store.read(|snapshot| piece(snapshot, &scope, Some(after))));
            let piece = piece.await;
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

/// The numbers behind a place, with what goes before and after them in the array.
fn piece(snapshot: &Snapshot, scope: &Scope, after: Option<Place>) -> Result<Piece, Failure> {
    let stretch = numbers::walk(snapshot, scope, &NumberFilter::default(), after, STRETCH)?;
    let trunks: Trunks = accounts::trunks(snapshot, scope, stretch.items.iter().map(|number| &**number))?;
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
