//! Request bodies: read before a request is answered, within a bound and a deadline. actix's own deadline covers a
//! request's head only; a body that never ends would hold its connection for ever.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use actix_web::body::{BodySize, BoxBody, EitherBody, MessageBody};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, TRANSFER_ENCODING};
use actix_web::middleware::Next;
use actix_web::rt::time::timeout;
use actix_web::web::{Bytes, BytesMut};
use actix_web::{Error, HttpMessage, HttpRequest};
use futures_core::Stream;

/// The longest body that is read.
const MAX_BODY_BYTES: usize = 64 * 1024;
/// How long a body may take to arrive.
const DEADLINE: Duration = Duration::from_secs(10);

/// Why a request has no body to read. Each dialect says so in its own envelope, when it is the body's turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unread {
    /// It is longer than 64 KiB.
    TooLarge,
    /// It broke off, or did not arrive within ten seconds.
    Unfinished,
    /// It is compressed: what it is longer than is not known before it is read.
    Encoded,
}

impl Unread {
    /// Whether this request's body could not be read.
    #[must_use]
    pub fn of(request: &HttpRequest) -> Option<Self> {
        request.extensions().get::<Self>().copied()
    }
}

/// Reads the body, if there is one, and leaves it to be read again. After one that could not be read to its end, the
/// connection is closed: what follows on it is not the next request.
///
/// # Errors
/// What the rest of the server returns.
pub async fn read_body<B: MessageBody + 'static>(
    mut request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B, WithUnread>>, Error> {
    let headers = request.headers();
    if !headers.contains_key(CONTENT_LENGTH) && !headers.contains_key(TRANSFER_ENCODING) {
        return Ok(next.call(request).await?.map_into_left_body());
    }
    let encoding = request.headers_mut().remove(CONTENT_ENCODING).next();
    let is_encoded = encoding.is_some_and(|encoding| !encoding.as_bytes().eq_ignore_ascii_case(b"identity"));
    let mut payload = request.take_payload();
    let read = timeout(DEADLINE, whole(&mut payload)).await.unwrap_or(Err(Unread::Unfinished));
    match if is_encoded { read.and(Err(Unread::Encoded)) } else { read } {
        Ok(body) => {
            request.set_payload(Payload::from(body));
            Ok(next.call(request).await?.map_into_left_body())
        }
        Err(unread) => {
            request.extensions_mut().insert(unread);
            let response = next.call(request).await?;
            Ok(response.map_body(|_, body| EitherBody::right(WithUnread { body: body.boxed(), _payload: payload })))
        }
    }
}

/// An answer's body that keeps the reader of the request's. actix closes a connection whose request is still being read
/// when its answer has gone out, but reads on for ever where the reader was dropped.
pub struct WithUnread {
    body: BoxBody,
    _payload: Payload,
}

impl MessageBody for WithUnread {
    type Error = Box<dyn std::error::Error>;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        Pin::new(&mut self.body).poll_next(context)
    }
}

async fn whole(payload: &mut Payload) -> Result<Bytes, Unread> {
    let mut body = BytesMut::new();
    while let Some(chunk) = poll_fn(|context| Pin::new(&mut *payload).poll_next(context)).await {
        let chunk = chunk.map_err(|_| Unread::Unfinished)?;
        if body.len() + chunk.len() > MAX_BODY_BYTES {
            return Err(Unread::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}
