//! Who asks, and for which company.

use actix_web::HttpRequest;
use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};

use super::error::answer;
use crate::dialect::failure::Failure;
use crate::dialect::keys::{Door, Dressing, Presented, Whose};
use crate::dialect::limits::Left;
use crate::dialect::query::Given;
use crate::model::PresentedKey;

/// The dialect's door.
pub static DOOR: Door = Door { key, whose, answer, dress };

static MINUTE: [HeaderName; 3] = [
    HeaderName::from_static("x-ratelimit-limit-minute"),
    HeaderName::from_static("x-ratelimit-remaining-minute"),
    HeaderName::from_static("x-ratelimit-reset-minute"),
];
static HOUR: [HeaderName; 3] = [
    HeaderName::from_static("x-ratelimit-limit-hour"),
    HeaderName::from_static("x-ratelimit-remaining-hour"),
    HeaderName::from_static("x-ratelimit-reset-hour"),
];

fn key(presented: Presented<'_>) -> Option<PresentedKey> {
    match presented {
        Presented::Bearer(key) => key.parse().ok(),
        Presented::Basic(_) | Presented::ApiKey(_) => None,
    }
}

fn whose(request: &HttpRequest) -> Result<Whose, Failure> {
    Ok(Whose::Company(Given::read(request.query_string(), &["companyId"], &[])?.id("companyId")?))
}

fn dress(headers: &mut HeaderMap, dressing: &Dressing<'_>) {
    let standing = dressing.standing;
    for (names, left) in [(&MINUTE, standing.minute), (&HOUR, standing.hour)] {
        let Some(Left { limit, remaining, reset }) = left else { continue };
        let reset = dressing.now.later(reset).0.div_euclid(1_000_000);
        for (name, figure) in names.iter().zip([limit.into(), remaining.into(), reset]) {
            headers.insert(name.clone(), HeaderValue::from(figure));
        }
    }
}
