//! What requests have in common, in whatever dialect: on whose behalf they are, what their bodies say, and how answers are
//! kept for their repeats.

use std::fmt;
use std::marker::PhantomData;

use actix_web::http::StatusCode;
use actix_web::http::header::ContentType;
use actix_web::web::Bytes;
use actix_web::{HttpMessage, HttpRequest, HttpResponse};
use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeOwned, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use super::query::Malformed;
use super::{REPLAYED, RequestId, Unread, repeat, to_vec};
use crate::app::{AppState, Work};
use crate::inventory::access::Caller;
use crate::inventory::desk::{Asked, Desk, Placed};
use crate::model::{By, Error, Result as Done};

/// What names look like, as a pattern: something to see, and nothing of control.
pub const NAME: &str = r"^[^\u0000-\u001f\u007f-\u009f]*[^\s\u0000-\u001f\u007f-\u009f][^\u0000-\u001f\u007f-\u009f]*$";

/// What a body is called that is wrong as a whole.
pub const BODY: &str = "Request body";

/// Why a body cannot be taken.
#[derive(Clone, Debug)]
pub enum NoBody {
    /// It was not read.
    Unread(Unread),
    /// It is not what it must be.
    Malformed(Malformed),
}

/// On whose behalf, and because of which request.
#[must_use]
pub fn by(state: &AppState, caller: &Caller, request: &HttpRequest) -> By {
    let request_id = request.extensions().get::<RequestId>().map(|RequestId(id)| id.clone());
    By { actor: caller.actor, request_id, at: Some(state.clock().now()) }
}

/// The same, with the key by which a repeat of the request is known.
///
/// # Errors
/// Where the key cannot be one.
pub fn asked(state: &AppState, caller: Caller, request: &HttpRequest, body: &[u8]) -> Result<Asked, Malformed> {
    let repeat = repeat(request, body)?;
    Ok(Asked { by: by(state, &caller, request), caller, repeat })
}

/// Reads a body. The products' clients do not always say that it is JSON.
///
/// # Errors
/// [`NoBody`]
pub fn read<T: DeserializeOwned>(request: &HttpRequest, body: &[u8]) -> Result<T, NoBody> {
    if let Some(unread) = Unread::of(request) {
        return Err(NoBody::Unread(unread));
    }
    let refuse = |what: String| NoBody::Malformed(Malformed::new(BODY, what));
    // The reader passes unknown fields by without looking at their bytes.
    let text = std::str::from_utf8(body).map_err(|_| refuse("must be UTF-8".to_owned()))?;
    serde_json::from_str(text)
        .map(|Object(given)| given)
        .map_err(|error| refuse(format!("is not as it must be: {error}")))
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

/// A value that is there, were it `null`.
///
/// # Errors
/// The deserializer's.
#[allow(clippy::option_option, reason = "absent, null and a value are three things")]
pub fn given<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
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
    /// What `render` gives, and [`Error::Internal`] where it cannot be written.
    pub fn of<T, E: From<Error>>(
        desk: &Desk,
        asked: &Asked,
        placed: Placed<'_, T>,
        render: impl FnOnce(&T) -> Result<(StatusCode, Vec<u8>), E>,
    ) -> Result<Self, E> {
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
    #[must_use]
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
///
/// # Errors
/// [`Error::Internal`] where it cannot be written.
pub fn written((status, body): (StatusCode, impl Serialize)) -> Done<(StatusCode, Vec<u8>)> {
    Ok((status, to_vec(&body).map_err(Error::internal)?))
}

/// An answer that nobody keeps.
///
/// # Errors
/// [`Error::Internal`] where it cannot be written.
pub fn json(status: StatusCode, body: &impl Serialize) -> Done<HttpResponse> {
    let body = Bytes::from(to_vec(body).map_err(Error::internal)?);
    Ok(HttpResponse::build(status).content_type(ContentType::json()).body(body))
}

/// Has the desk do something, away from the threads that answer.
///
/// # Errors
/// What the desk says.
pub async fn at_the_desk<T: Send + 'static, E: From<Error> + Send + 'static>(
    state: &AppState,
    work: Work,
    deed: impl FnOnce(&Desk) -> Result<T, E> + Send + 'static,
) -> Result<T, E> {
    let desk = state.desk().clone();
    state.run(work, move |_| deed(&desk)).await
}
