//! The `Idempotency-Key` header: by it a repeat of a request that costs or destroys is known
//! (<https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/>).

use actix_web::HttpRequest;
use actix_web::http::header::{HeaderName, HeaderValue};
use aws_lc_rs::digest::{Context, SHA256};

use super::query::Malformed;
use crate::inventory::desk::Repeat;

/// The header's name, as people write it.
pub const IDEMPOTENCY_KEY: &str = "Idempotency-Key";
/// By what a caller knows its request again.
const KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// The longest key that is taken, in bytes.
const MAX_KEY_BYTES: usize = 255;

/// Marks an answer that had been given before.
pub const REPLAYED: (HeaderName, HeaderValue) =
    (HeaderName::from_static("idempotency-replayed"), HeaderValue::from_static("true"));

/// By what a repeat of this request is known; none where it bears no key.
///
/// # Errors
/// Where it cannot be a key.
pub fn repeat(request: &HttpRequest, body: &[u8]) -> Result<Option<Repeat>, Malformed> {
    let mut given = request.headers().get_all(KEY);
    let Some(key) = given.next() else { return Ok(None) };
    let key = key.to_str().ok().filter(|key| {
        (1..=MAX_KEY_BYTES).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ')
    });
    let (Some(key), None) = (key, given.next()) else {
        return Err(Malformed::new(IDEMPOTENCY_KEY, "must be given once, as 1 to 255 visible ASCII characters"));
    };
    let mut digest = Context::new(&SHA256);
    for part in [request.method().as_str().as_bytes(), b" ", request.path().as_bytes(), b"\n", body] {
        digest.update(part);
    }
    let mut asked = [0; 32];
    asked.copy_from_slice(digest.finish().as_ref());
    Ok(Some(Repeat { key: key.to_owned(), request: asked }))
}
