//! Who asks, and for which organization.

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
        Presented::ApiKey(key) | Presented::Bearer(key) => key.parse().ok(),
        Presented::Basic(_) => None,
    }
}

fn whose(request: &HttpRequest) -> Result<Whose, Failure> {
    let mut named = request.headers().get_all("x-organization-id");
    let (Some(organization), None) = (named.next(), named.next()) else {
        return if request.headers().contains_key("x-organization-id") {
            Err(Failure::Elsewhere)
        } else {
            Ok(Whose::Own)
        };
    };
    let organization = organization.to_str().map_err(|_| Failure::Elsewhere)?;
    let id = prefixed("org_", organization).map(AgencyId).or_else(|| organization.parse().ok());
    id.map(Whose::OwnNamed).ok_or(Failure::Elsewhere)
}

fn dress(_: &mut HeaderMap, _: &Dressing<'_>) {}
