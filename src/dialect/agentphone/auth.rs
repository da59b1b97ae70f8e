//! Who asks, and for which sub-account.

use actix_web::HttpRequest;
use actix_web::http::header::HeaderMap;

use super::error::answer;
use crate::dialect::failure::Failure;
use crate::dialect::ids::prefixed;
use crate::dialect::keys::{Door, Dressing, Presented, Whose};
use crate::model::{AgencyId, PresentedKey};

/// The dialect's door.
pub static DOOR: Door = Door { key, whose, answer, dress };

fn key(presented: Presented<'_>) -> Option<PresentedKey> {
    match presented {
        Presented::Bearer(key) => key.parse().ok(),
        Presented::Basic(_) | Presented::ApiKey(_) => None,
    }
}

fn whose(request: &HttpRequest) -> Result<Whose, Failure> {
    let mut named = request.headers().get_all("x-sub-account-id");
    let Some(account) = named.next() else { return Ok(Whose::Own) };
    let account = account.to_str().ok().filter(|_| named.next().is_none()).ok_or(Failure::Elsewhere)?;
    let id = prefixed("sub_", account).map(AgencyId).or_else(|| account.parse().ok());
    id.map(Whose::Child).ok_or(Failure::Elsewhere)
}

fn dress(_: &mut HeaderMap, _: &Dressing<'_>) {}
