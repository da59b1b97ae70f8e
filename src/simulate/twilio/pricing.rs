//! What numbers cost a month, by country and kind (<https://www.twilio.com/docs/phone-numbers/pricing>). Twilio answers it at
//! another host, `pricing.twilio.com`; here there is one for both.

use actix_web::web::Path;
use actix_web::{HttpRequest, HttpResponse};
use serde_json::{Value, json};

use super::auth::SignedIn;
use super::available::country_of;
use super::error::Error;
use crate::carrier::simulator::{COUNTRIES, Country, Kind};
use crate::model::{Money, NumberType};

/// Where Twilio says that its prices are.
const HOST: &str = "https://pricing.twilio.com";

pub async fn countries(_: SignedIn) -> HttpResponse {
    let url = format!("{HOST}/v1/PhoneNumbers/Countries?PageSize=50&Page=0");
    HttpResponse::Ok().json(json!({
        "countries": COUNTRIES.iter().map(shown).collect::<Vec<_>>(),
        "meta": {
            "first_page_url": url,
            "key": "countries",
            "next_page_url": null,
            "page": 0,
            "page_size": 50,
            "previous_page_url": null,
            "url": url,
        },
    }))
}

pub async fn country(request: HttpRequest, _: SignedIn, code: Path<String>) -> Result<HttpResponse, Error> {
    let country = country_of(&code).ok_or_else(|| Error::not_found(request.path().trim_start_matches("/v1")))?;
    let mut answer = shown(country);
    answer["phone_number_prices"] = country.kinds.iter().map(price).collect();
    answer["price_unit"] = "USD".into();
    Ok(HttpResponse::Ok().json(answer))
}

fn shown(country: &Country) -> Value {
    let url = format!("{HOST}/v1/PhoneNumbers/Countries/{}", country.code);
    json!({"country": name(country.code), "iso_country": country.code, "url": url})
}

/// Two prices, of which the second has the account's discounts taken off; this one has none.
fn price(kind: &Kind) -> Value {
    let number_type = match kind.number_type {
        NumberType::Local => "local",
        NumberType::TollFree => "toll free",
        NumberType::Mobile => "mobile",
        NumberType::National => "national",
    };
    let price = Money(kind.monthly).to_string();
    json!({"number_type": number_type, "base_price": price, "current_price": price})
}

fn name(code: &str) -> &str {
    match code {
        "US" => "United States",
        "CA" => "Canada",
        "GB" => "United Kingdom",
        "DE" => "Germany",
        "FR" => "France",
        "AU" => "Australia",
        other => other,
    }
}
