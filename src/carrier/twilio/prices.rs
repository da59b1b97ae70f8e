//! What numbers cost: by Twilio's prices of a country, which its stock and its listings do not tell.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Twilio;
use super::errors::if_there;
use super::wire::{CountryPrices, TypePrice, number_type_named};
use crate::carrier::{Price, Rented, Trouble};
use crate::model::{Money, NumberType, countries_of, rules_out};

/// What numbers of each kind cost a month in a country. What has no price here is not sold.
#[derive(Clone, Debug, Default)]
pub struct Prices {
    /// ISO 4217.
    pub currency: String,
    sold: Vec<(NumberType, Money)>,
}

impl Prices {
    /// The kinds, and what they cost, those of a place first and those of no place last.
    pub fn sold(&self) -> impl Iterator<Item = (NumberType, Money)> {
        let order = [NumberType::Local, NumberType::Mobile, NumberType::TollFree, NumberType::National];
        order.into_iter().filter_map(|kind| self.sold.iter().find(|(sold, _)| *sold == kind).copied())
    }
}

impl Twilio {
    /// The prices of a country; none where Twilio has no numbers there.
    pub(super) fn prices(&self, country: &str) -> Result<Option<Prices>, Trouble> {
        if country.len() != 2 || !country.bytes().all(|byte| byte.is_ascii_uppercase()) {
            return Ok(None);
        }
        let path = format!("/v1/PhoneNumbers/Countries/{country}");
        let Some(told) = if_there(self.ask::<CountryPrices>(&self.pricing, &path, &[]))? else { return Ok(None) };
        let sold = told.phone_number_prices.unwrap_or_default().into_iter().filter_map(priced).collect();
        // Without a currency a price is none.
        let currency = told.price_unit.filter(|unit| unit.len() == 3).map(|unit| unit.to_uppercase());
        Ok(currency.map(|currency| Prices { currency, sold }))
    }

    pub(super) fn costs(&self, rented: &[Rented]) -> Result<Vec<Option<Price>>, Trouble> {
        let mut known = BTreeMap::new();
        rented.iter().map(|rented| self.cost(rented, &mut known)).collect()
    }

    /// What a number costs, if only one price can be its: a wrong one would be worse than none.
    fn cost(&self, rented: &Rented, known: &mut BTreeMap<String, Option<Prices>>) -> Result<Option<Price>, Trouble> {
        let countries = match &rented.traits.country {
            Some(country) => vec![country.as_str()],
            None => countries_of(&rented.phone_number).to_vec(),
        };
        let mut possible = Vec::new();
        for country in countries {
            if !known.contains_key(country) {
                known.insert(country.to_owned(), self.prices(country)?);
            }
            let Some(prices) = known.get(country).and_then(Option::as_ref) else { continue };
            let may_be = |kind: NumberType| {
                rented.traits.number_type.is_none_or(|known| known == kind) && !rules_out(&rented.phone_number, kind)
            };
            let costs = prices.sold().filter(|(kind, _)| may_be(*kind));
            possible.extend(costs.map(|(_, amount)| Price { amount, currency: prices.currency.clone() }));
        }
        possible.dedup();
        Ok(possible.pop().filter(|_| possible.is_empty()))
    }
}

fn priced(TypePrice { number_type, current_price }: TypePrice) -> Option<(NumberType, Money)> {
    let text = match current_price? {
        Value::String(text) => text,
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    // Some prices have more decimals than money has here, all of them noughts.
    let plain = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    let amount = plain.parse().ok().filter(|amount| *amount >= Money(0))?;
    Some((number_type_named(&number_type?)?, amount))
}
