//! The function `phone-numbers-search`: what the agency's carrier would sell.

use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;

use super::auth::{Subject, caller};
use super::error::Failure;
use super::query::{limit, read};
use crate::app::{AppState, Work};
use crate::dialect::operation::{Parameter, in_query};
use crate::dialect::query::Malformed;
use crate::dialect::requests::{at_the_desk, json};
use crate::dialect::{Unread, text};
use crate::model::{Features, Money, NumberType, Offer, Permission, Wanted};

/// Numbers that are offered where `limit` is not given.
const DEFAULT_LIMIT: u32 = 20;
/// Numbers that are offered at most; a larger `limit` is taken as this.
const MAX_LIMIT: u32 = 100;
/// The longest word that is sought, in characters.
const MAX_WORD_CHARS: usize = 64;

const PARAMETERS: [&str; 12] = [
    "country_code",
    "phone_number_type",
    "area_code",
    "city",
    "state",
    "contains",
    "starts_with",
    "ends_with",
    "features",
    "limit",
    "quickship",
    "best_effort",
];

/// The parameters, described.
pub fn parameters() -> Vec<Parameter> {
    let digits = || json!({ "type": "string", "pattern": "^[0-9]{1,15}$" });
    let word = || json!({ "type": "string", "minLength": 1, "maxLength": MAX_WORD_CHARS });
    let switch = || json!({ "type": "boolean" });
    let types = NumberType::ALL.map(NumberType::name);
    let features = Features::default().named().map(|(name, _)| name).join("|");
    let country =
        in_query("country_code", "Only in this country", json!({ "type": "string", "pattern": "^[A-Za-z]{2}$" }));
    vec![
        Parameter { required: true, ..country },
        in_query("phone_number_type", "Only of this kind", json!({ "type": "string", "enum": types })),
        in_query("area_code", "Only with this area code", digits()),
        in_query("city", "Only in this city", word()),
        in_query("state", "Only in this state or province", word()),
        in_query("contains", "Only with these digits in it", digits()),
        in_query("starts_with", "Only with these digits first, behind the country's code", digits()),
        in_query("ends_with", "Only with these digits last", digits()),
        in_query(
            "features",
            "Only with all of these: voice, sms, mms, fax, emergency, with commas between them",
            json!({ "type": "string", "pattern": format!("^({features})(,({features}))*$") }),
        ),
        in_query(
            "limit",
            "How many at most: 20 if it is not given, never more than 100",
            json!({ "type": "integer", "minimum": 1, "maximum": i64::MAX }),
        ),
        in_query("quickship", "Only numbers that work at once", switch()),
        in_query("best_effort", "Others nearby too, where there are not enough", switch()),
    ]
}

/// What a search finds.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "SupabaseOfferList")]
pub struct OffersBody<'a> {
    phone_numbers: Vec<OfferBody<'a>>,
    meta: Meta<'a>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "SupabaseOffer")]
struct OfferBody<'a> {
    phone_number: &'a str,
    phone_number_type: &'static str,
    features: Vec<&'static str>,
    voice_enabled: bool,
    sms_enabled: bool,
    mms_enabled: bool,
    fax_enabled: bool,
    emergency_enabled: bool,
    region_information: Vec<Region<'a>>,
    country_code: &'a str,
    #[serde(serialize_with = "text")]
    #[schemars(with = "String", regex(pattern = r"^-?\d+\.\d{2,4}$"))]
    monthly_cost: Money,
    #[serde(serialize_with = "text")]
    #[schemars(with = "String", regex(pattern = r"^-?\d+\.\d{2,4}$"))]
    upfront_cost: Money,
    currency: &'a str,
    reservable: bool,
    quickship: bool,
    best_effort: bool,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "SupabaseRegion")]
struct Region<'a> {
    region_type: &'static str,
    region_name: &'a str,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "SupabaseOfferListMeta")]
struct Meta<'a> {
    total_results: usize,
    best_effort_results: usize,
    country_code: &'a str,
    limit: u32,
}

/// `GET /functions/v1/phone-numbers-search`
pub async fn search(state: Data<AppState>, subject: Subject, request: HttpRequest) -> Result<HttpResponse, Failure> {
    let caller = caller(&state, subject, Permission::NumbersRead).await?;
    if let Some(unread) = Unread::of(&request) {
        return Err(Failure::Body(unread));
    }
    let wanted = wanted(request.query_string())?;
    let sought = wanted.clone();
    let offers = at_the_desk(&state, Work::Carrier, move |desk| desk.offers(&caller, &sought)).await;
    let offers = offers.map_err(Failure::Verb)?;
    let body = OffersBody {
        phone_numbers: offers.iter().map(OfferBody::from).collect(),
        meta: Meta {
            total_results: offers.len(),
            best_effort_results: offers.iter().filter(|offer| offer.best_effort).count(),
            country_code: &wanted.country,
            limit: wanted.limit,
        },
    };
    Ok(json(StatusCode::OK, &body)?)
}

fn wanted(query: &str) -> Result<Wanted, Malformed> {
    let given = read(query, &PARAMETERS)?;
    let country = given.text("country_code").ok_or_else(|| Malformed::new("country_code", "is required"))?;
    if country.len() != 2 || !country.bytes().all(|byte| byte.is_ascii_alphabetic()) {
        return Err(Malformed::new("country_code", "must be two letters, like US"));
    }
    let number_type =
        match given.text("phone_number_type") {
            None => None,
            Some(text) => Some(NumberType::ALL.into_iter().find(|kind| kind.name() == text).ok_or_else(|| {
                Malformed::new("phone_number_type", "must be one of local, toll_free, mobile, national")
            })?),
        };
    let digits = |name: &str| match given.text(name) {
        Some(text) if text.len() > 15 || !text.bytes().all(|byte| byte.is_ascii_digit()) => {
            Err(Malformed::new(name, "must be 1 to 15 digits"))
        }
        text => Ok(text.map(str::to_owned)),
    };
    let word = |name: &str| match given.text(name) {
        Some(text) if text.chars().count() > MAX_WORD_CHARS => {
            Err(Malformed::new(name, "must have at most 64 characters"))
        }
        text => Ok(text.map(str::to_owned)),
    };
    Ok(Wanted {
        country: country.to_ascii_uppercase(),
        number_type,
        exactly: None,
        area_code: digits("area_code")?,
        city: word("city")?,
        state: word("state")?,
        contains: digits("contains")?,
        starts_with: digits("starts_with")?,
        ends_with: digits("ends_with")?,
        features: features(given.text("features").unwrap_or_default())?,
        quickship: given.switch("quickship")?,
        best_effort: given.switch("best_effort")?,
        limit: limit(&given, DEFAULT_LIMIT, MAX_LIMIT)?,
    })
}

fn features(list: &str) -> Result<Features, Malformed> {
    let mut features = Features::default();
    for name in list.split(',').filter(|_| !list.is_empty()) {
        *match name {
            "voice" => &mut features.voice,
            "sms" => &mut features.sms,
            "mms" => &mut features.mms,
            "fax" => &mut features.fax,
            "emergency" => &mut features.emergency,
            _ => {
                return Err(Malformed::new(
                    "features",
                    "must be of voice, sms, mms, fax, emergency, with commas between them",
                ));
            }
        } = true;
    }
    Ok(features)
}

impl<'a> From<&'a Offer> for OfferBody<'a> {
    fn from(offer: &'a Offer) -> Self {
        let region = |region_type, name: &'a Option<String>| {
            name.as_deref().map(|region_name| Region { region_type, region_name })
        };
        let country = Some(Region { region_type: "country_code", region_name: &offer.country });
        let regions = [country, region("state", &offer.state), region("location", &offer.city)];
        Self {
            phone_number: offer.phone_number.as_str(),
            phone_number_type: offer.number_type.name(),
            features: offer.features.named().into_iter().filter_map(|(name, has)| has.then_some(name)).collect(),
            voice_enabled: offer.features.voice,
            sms_enabled: offer.features.sms,
            mms_enabled: offer.features.mms,
            fax_enabled: offer.features.fax,
            emergency_enabled: offer.features.emergency,
            region_information: regions.into_iter().flatten().collect(),
            country_code: &offer.country,
            monthly_cost: offer.monthly_cost,
            upfront_cost: offer.upfront_cost,
            currency: &offer.currency,
            // Nothing here holds a number for somebody who has not bought it.
            reservable: false,
            quickship: offer.quickship,
            best_effort: offer.best_effort,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Malformed, PARAMETERS, parameters, wanted};

    #[test]
    fn the_parameters_that_are_described_are_those_that_are_read() {
        assert_eq!(parameters().iter().map(|parameter| parameter.name).collect::<Vec<_>>(), PARAMETERS);
    }

    #[test]
    fn malformed_values_are_refused_by_name() {
        for (query, name) in [
            ("", "country_code"),
            ("country_code=", "country_code"),
            ("country_code=USA", "country_code"),
            ("country_code=1%32", "country_code"),
            ("country_code=US&country_code=US", "country_code"),
            ("country_code=US&phone_number_type=Local", "phone_number_type"),
            ("country_code=US&area_code=97x", "area_code"),
            ("country_code=US&contains=%2B1", "contains"),
            ("country_code=US&starts_with=1234567890123456", "starts_with"),
            ("country_code=US&features=voice,,sms", "features"),
            ("country_code=US&features=pager", "features"),
            ("country_code=US&limit=0", "limit"),
            ("country_code=US&quickship=yes", "quickship"),
        ] {
            match wanted(query) {
                Err(Malformed { name: named, what }) => assert_eq!(named, name, "{query}: {what}"),
                Ok(wanted) => panic!("{query}: {wanted:?}"),
            }
        }
        assert!(wanted(&format!("country_code=US&city={}", "ä".repeat(65))).is_err());
    }

    #[test]
    fn what_is_wanted_is_read_whole() {
        let wanted = wanted(
            "country_code=us&phone_number_type=toll_free&features=sms,voice&limit=1000&best_effort=true&city=S%C3%A3o+Paulo",
        )
        .unwrap();
        assert_eq!((wanted.country.as_str(), wanted.limit, wanted.best_effort), ("US", 100, true));
        assert!(wanted.features.sms && wanted.features.voice && !wanted.features.mms);
        assert_eq!(wanted.city.as_deref(), Some("São Paulo"));
    }
}
