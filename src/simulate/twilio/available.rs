//! What there is to buy (<https://www.twilio.com/docs/phone-numbers/api/availablephonenumberlocal-resource> and its like for
//! other kinds).

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use serde_json::json;

use super::auth::SignedIn;
use super::error::Error;
use super::parameters::Parameters;
use super::pattern::Contains;
use super::regulation::Regulation;
use super::wire::AvailableNumber;
use super::{anything, ask};
use crate::carrier::simulator::{COUNTRIES, Country, Office, Request, Simulator};
use crate::model::{Features, NumberType, Offer, Wanted};

/// The most that are ever shown: there are no further pages.
const MOST: usize = 30;
/// How many are looked at for a pattern that not every number with its digits has.
const LOOKED_AT: usize = 600;

pub async fn search(
    request: HttpRequest,
    _: SignedIn,
    simulator: Data<Simulator>,
    path: Path<(String, String, String)>,
) -> Result<HttpResponse, Error> {
    let asked = Parameters::of_query(&request)?;
    let (_, country, kind) = path.into_inner();
    // A kind that a country does not have is a path that there is not.
    let sold = country_of(&country).zip(kind_of(&kind));
    let sold = sold.filter(|(country, kind)| country.kinds.iter().any(|sold| sold.number_type == *kind));
    let (country, kind) = sold.ok_or_else(|| Error::not_found(request.path()))?;
    let contains = asked.text("Contains").map(Contains::read).transpose()?;
    let size = asked.text("PageSize").and_then(|size| size.parse().ok()).unwrap_or(MOST).clamp(1, MOST);
    let wanted = wanted(country, kind, &asked, contains.as_ref());
    let deed = move |office: &Office, _| {
        let Some(wanted) = &wanted else { return Ok(Vec::new()) };
        let mut offers = office.search(wanted);
        offers.retain(|offer| {
            contains.as_ref().is_none_or(|contains| contains.is_in(&offer.phone_number)) && !excluded(offer, &asked)
        });
        offers.truncate(size);
        Ok(offers)
    };
    let offers = ask(&request, simulator, Request::Search, deed).await?;
    let rows = offers.into_iter().map(AvailableNumber::from).collect::<Vec<_>>();
    let query = Some(request.query_string()).filter(|query| !query.is_empty());
    let uri = query.map_or(request.path().to_owned(), |query| format!("{}?{query}", request.path()));
    Ok(HttpResponse::Ok().json(json!({"available_phone_numbers": rows, "uri": uri})))
}

/// What is asked for, in the simulator's words; nothing where no number of the country can be it.
fn wanted(country: &Country, kind: NumberType, asked: &Parameters, contains: Option<&Contains>) -> Option<Wanted> {
    let text = |name| asked.text(name).map(str::to_owned);
    // "Applies to only phone numbers in the US and Canada" (Twilio's OpenAPI).
    let american = |name| text(name).filter(|_| country.dial == "1");
    let features = Features {
        voice: asked.flag("VoiceEnabled"),
        sms: asked.flag("SmsEnabled"),
        mms: asked.flag("MmsEnabled"),
        fax: asked.flag("FaxEnabled"),
        emergency: false,
    };
    let mut wanted = Wanted {
        number_type: Some(kind),
        area_code: american("AreaCode"),
        city: text("InLocality"),
        state: american("InRegion"),
        features,
        limit: u32::try_from(MOST).unwrap_or(u32::MAX),
        ..anything(country.code)
    };
    if let Some(contains) = contains {
        let digits = contains.digits.as_str();
        match digits.strip_prefix(country.dial).filter(|_| contains.first) {
            // The simulator leaves the country's code out.
            Some(national) => wanted.starts_with = Some(national.to_owned()).filter(|digits| !digits.is_empty()),
            None if contains.first => return country.dial.starts_with(digits).then_some(wanted),
            None if contains.last => wanted.ends_with = Some(digits.to_owned()),
            None => wanted.contains = Some(digits.to_owned()),
        }
        if contains.is_placed() || contains.last {
            wanted.limit = u32::try_from(LOOKED_AT).unwrap_or(u32::MAX);
        }
    }
    Some(wanted)
}

/// Whether somebody who has no address does not want to see it.
fn excluded(offer: &Offer, asked: &Parameters) -> bool {
    let needed = Regulation::of(&offer.country, offer.number_type).address;
    asked.flag("ExcludeAllAddressRequired") && needed != "none"
        || asked.flag("ExcludeLocalAddressRequired") && needed == "local"
        || asked.flag("ExcludeForeignAddressRequired") && needed == "foreign"
}

/// A country that numbers are sold in.
pub fn country_of(code: &str) -> Option<&'static Country> {
    COUNTRIES.iter().find(|country| country.code.eq_ignore_ascii_case(code))
}

fn kind_of(name: &str) -> Option<NumberType> {
    match name {
        "Local" => Some(NumberType::Local),
        "TollFree" => Some(NumberType::TollFree),
        "Mobile" => Some(NumberType::Mobile),
        "National" => Some(NumberType::National),
        _ => None,
    }
}
