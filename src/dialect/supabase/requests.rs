//! What the functions beside the list have in common: who asks, on which body, and how answers are kept for repeats.

use std::fmt;
use std::marker::PhantomData;

use actix_web::http::StatusCode;
use actix_web::http::header::ContentType;
use actix_web::web::{Bytes, Data};
use actix_web::{HttpMessage, HttpRequest, HttpResponse};
use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeOwned, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use super::auth::Subject;
use super::error::Failure;
use crate::app::{AppState, Work};
use crate::dialect::{REPLAYED, RequestId, Unread, repeat, to_vec};
use crate::inventory::access::{self, Caller};
use crate::inventory::desk::{Asked, Desk, Placed};
use crate::model::{By, Error, Permission, Result as Done};

/// What names look like, as a pattern: something to see, and nothing of control.
pub const NAME: &str = r"^[^\u0000-\u001f\u007f-\u009f]*[^\s\u0000-\u001f\u007f-\u009f][^\u0000-\u001f\u007f-\u009f]*$";

/// The caller behind a token, who must be allowed to do this. It is asked before the parameters are.
pub async fn caller(state: &AppState, subject: Subject, permission: Permission) -> Result<Caller, Failure> {
    let subject = subject.0.ok_or(Error::NoAgency)?;
    state
        .run(Work::Brief, move |store| {
            let caller = store.read(|snapshot| access::caller(snapshot, subject))?;
            caller.must(permission)?;
            Ok(caller)
        })
        .await
}

/// On whose behalf, and because of which request.
pub fn by(state: &AppState, caller: &Caller, request: &HttpRequest) -> By {
    let request_id = request.extensions().get::<RequestId>().map(|RequestId(id)| id.clone());
    By { actor: caller.actor, request_id, at: Some(state.clock().now()) }
}

/// The same, with the key by which a repeat of the request is known.
pub fn asked(state: &AppState, caller: Caller, request: &HttpRequest, body: &[u8]) -> Result<Asked, Failure> {
    let repeat = repeat(request, body).map_err(|what| Failure::Parameter(what.to_owned()))?;
    Ok(Asked { by: by(state, &caller, request), caller, repeat })
}

/// Reads a body. The product's clients do not always say that it is JSON.
pub fn read<T: DeserializeOwned>(request: &HttpRequest, body: &[u8]) -> Result<T, Failure> {
    if let Some(unread) = Unread::of(request) {
        return Err(Failure::Body(unread));
    }
    // The reader passes unknown fields by without looking at their bytes.
    let text = std::str::from_utf8(body).map_err(|_| Failure::Parameter("Request body must be UTF-8".to_owned()))?;
    serde_json::from_str(text)
        .map(|Object(given)| given)
        .map_err(|error| Failure::Parameter(format!("Request body is not as it must be: {error}")))
}

/// What is written as an object, and only so: a derived reader would take an array of the fields' values, too.
pub struct Object<T>(pub T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for Fields<T> {
            type Value = Object<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, fields: A) -> Result<Self::Value, A::Error> {
                T::deserialize(MapAccessDeserializer::new(fields)).map(Object)
            }
        }

        deserializer.deserialize_map(Fields(PhantomData))
    }
}

/// An answer that is kept: given again to a repeat of its request.
pub struct Kept {
    status: u16,
    body: Vec<u8>,
    is_repeat: bool,
}

impl Kept {
    /// The answer to what was placed, kept for repeats; or the one that was kept.
    ///
    /// # Errors
    /// [`Error::Internal`] where it cannot be written.
    pub fn of<T>(
        desk: &Desk,
        asked: &Asked,
        placed: Placed<'_, T>,
        render: impl FnOnce(&T) -> Done<(StatusCode, Vec<u8>)>,
    ) -> Done<Self> {
        let (placed, _hand) = match placed {
            Placed::Before(status, body) => return Ok(Self { status, body, is_repeat: true }),
            Placed::Now(placed, hand) => (placed, hand),
        };
        let (status, body) = render(&placed)?;
        let status = status.as_u16();
        // What was done is done: without the kept answer, a repeat is answered anew of the same orders.
        if let Err(error) = desk.answered(asked, status, &body) {
            log::error!("an answer could not be kept for repeats: {error}");
        }
        Ok(Self { status, body, is_repeat: false })
    }

    /// Gives it.
    pub fn response(self) -> HttpResponse {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = HttpResponse::build(status);
        if self.is_repeat {
            response.insert_header(REPLAYED);
        }
        response.content_type(ContentType::json()).body(self.body)
    }
}

/// An answer's body, as it is sent.
pub fn written((status, body): (StatusCode, impl Serialize)) -> Done<(StatusCode, Vec<u8>)> {
    Ok((status, to_vec(&body).map_err(Error::internal)?))
}

/// An answer that nobody keeps.
pub fn json(body: &impl Serialize) -> Result<HttpResponse, Failure> {
    let body = Bytes::from(to_vec(body).map_err(Error::internal)?);
    Ok(HttpResponse::Ok().content_type(ContentType::json()).body(body))
}

/// Has the desk do something, away from the threads that answer.
pub async fn at_the_desk<T: Send + 'static>(
    state: &Data<AppState>,
    work: Work,
    deed: impl FnOnce(&Desk) -> Done<T> + Send + 'static,
) -> Result<T, Failure> {
    let desk = state.desk().clone();
    Ok(state.run(work, move |_| deed(&desk)).await?)
}
