//! Who asks: the customer id and secret of HTTP Basic.

use actix_web::HttpRequest;
use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};

use super::error::answer;
use crate::dialect::failure::Failure;
use crate::dialect::keys::{Door, Dressing, Presented, Whose, basic_key};
use crate::model::PresentedKey;

/// The dialect's door.
pub static DOOR: Door = Door { key, whose, answer, dress };

static REQUEST_ID: HeaderName = HeaderName::from_static("agora-request-id");

fn key(presented: Presented<'_>) -> Option<PresentedKey> {
    match presented {
        Presented::Basic(encoded) => basic_key(encoded),
        Presented::Bearer(_) | Presented::ApiKey(_) => None,
    }
}

#[allow(clippy::unnecessary_wraps, reason = "the shape of every door")]
fn whose(_: &HttpRequest) -> Result<Whose, Failure> {
    Ok(Whose::Own)
}

fn dress(headers: &mut HeaderMap, dressing: &Dressing<'_>) {
    if let Ok(id) = HeaderValue::from_str(dressing.request_id) {
        headers.insert(REQUEST_ID.clone(), id);
    }
}
