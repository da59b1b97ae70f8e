//! What Telnyx would sell, and for how much.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use super::Telnyx;
use super::errors::{About, NONE_FOUND, is_fault};
use super::wire::{self, Available, One};
use crate::carrier::regions::region;
use crate::carrier::{Price, Rented, Trouble};
use crate::model::{E164, Features, NumberType, Offer, Wanted, countries_of, national_part, number_type_of};

/// How many numbers a search gives at most.
const MAX_OFFERS: u32 = 500;
/// In how many countries one number is looked for: a few share a code.
const MAX_COUNTRIES: usize = 4;

impl Telnyx {
    /// Where one number is wanted, its country is found out first: Telnyx searches no country but one that is named, and
    /// sells a number only a while after a search has shown it.
    pub(super) fn offers(&self, wanted: &Wanted) -> Result<Vec<Offer>, Trouble> {
        let countries = match &wanted.exactly {
            Some(number) if wanted.country.is_empty() => countries_of(number),
            _ => &[&*wanted.country],
        };
        for (at, country) in countries.iter().take(MAX_COUNTRIES).enumerate() {
            let Some(filters) = filters(wanted, country) else { return Ok(Vec::new()) };
            let rows = match self.available(&filters) {
                // It sells nothing in some of those that share a code with a larger one, and refuses to look there.
                Err(Trouble::Refused { .. }) if at > 0 => continue,
                rows => rows?,
            };
            let offers = rows.into_iter().filter_map(|row| offer(&row, wanted, country));
            let offers: Vec<Offer> = offers.take(wanted.limit.min(MAX_OFFERS) as usize).collect();
            if !offers.is_empty() {
                return Ok(offers);
            }
        }
        Ok(Vec::new())
    }

    /// The rows of a search that can be read.
    fn available(&self, filters: &[(&str, String)]) -> Result<Vec<Available>, Trouble> {
        let answer = self.question("/v2/available_phone_numbers", filters)?;
        if is_fault(&answer, NONE_FOUND) {
            return Ok(Vec::new());
        }
        let One { data }: One<Vec<serde_json::Value>> = self.read(&answer, About::Stock)?;
        Ok(data.into_iter().filter_map(|row| serde_json::from_value(row).ok()).collect())
    }

    /// What numbers of each number's kind cost now: of a number that is held, Telnyx tells no price.
    pub(super) fn costs(&self, rented: &[Rented]) -> Result<Vec<Option<Price>>, Trouble> {
        let mut known = HashMap::new();
        let mut costs = Vec::with_capacity(rented.len());
        for Rented { traits, .. } in rented {
            costs.push(match (&traits.country, traits.number_type) {
                (Some(country), Some(kind)) => match known.entry((country, kind)) {
                    Entry::Occupied(price) => Option::clone(price.get()),
                    Entry::Vacant(unknown) => unknown.insert(self.cost_of(country, kind)?).clone(),
                },
                _ => None,
            });
        }
        Ok(costs)
    }

    fn cost_of(&self, country: &str, kind: NumberType) -> Result<Option<Price>, Trouble> {
        let wanted = Wanted { number_type: Some(kind), limit: 1, ..Wanted::default() };
        let Some(filters) = filters(&wanted, country) else { return Ok(None) };
        let first = self.available(&filters)?.into_iter().next();
        Ok(first.and_then(|row| {
            Some(Price { amount: row.cost_information.monthly()?, currency: row.cost_information.currency()? })
        }))
    }
}

/// A search in Telnyx' words. None: nothing can be so.
fn filters(wanted: &Wanted, country: &str) -> Option<Vec<(&'static str, String)>> {
    if wanted.limit == 0 || country.is_empty() {
        return None;
    }
    let mut filters = vec![("filter[country_code]", country.to_owned())];
    let mut add = |name, value: Option<&str>| {
        filters.extend(value.filter(|value| !value.is_empty()).map(|value| (name, value.to_owned())));
    };
    add("filter[phone_number_type]", wanted.number_type.map(NumberType::name));
    let area = wanted.area_code.as_deref().filter(|_| wanted.exactly.is_none());
    add("filter[national_destination_code]", area);
    let state = wanted.state.as_deref().map(|state| region(country, state));
    add("filter[administrative_area]", state.as_deref());
    add("filter[locality]", wanted.city.as_deref());
    if let Some(number) = &wanted.exactly {
        add("filter[phone_number][starts_with]", Some(national_part(number)));
    } else {
        // Where there is an area code, Telnyx compares what stands behind it.
        let area = area.unwrap_or_default();
        let first = wanted.starts_with.as_deref().unwrap_or_default();
        let first = if area.starts_with(first) { "" } else { first.strip_prefix(area)? };
        add("filter[phone_number][starts_with]", Some(first));
        add("filter[phone_number][ends_with]", wanted.ends_with.as_deref());
        add("filter[phone_number][contains]", wanted.contains.as_deref().filter(|inside| !area.contains(inside)));
    }
    for (feature, is_wanted) in wanted.features.named() {
        add("filter[features][]", is_wanted.then_some(feature));
    }
    // Neither is known everywhere: not asked for is not mentioned.
    add("filter[quickship]", wanted.quickship.then_some("true"));
    add("filter[best_effort]", wanted.best_effort.then_some("true"));
    add("filter[limit]", Some(&*wanted.limit.min(MAX_OFFERS).to_string()));
    Some(filters)
}

/// A row as an offer. None: it cannot be read, or is not what was wanted.
fn offer(row: &Available, wanted: &Wanted, country: &str) -> Option<Offer> {
    let phone_number: E164 = row.phone_number.parse().ok()?;
    let told_type = match row.phone_number_type.as_deref() {
        Some(name) => Some(wire::number_type(name)?),
        None => None,
    };
    let number_type = told_type.or(wanted.number_type).unwrap_or_else(|| likely_type(&phone_number));
    let offer = Offer {
        number_type,
        country: row.region("country_code").and_then(wire::country).unwrap_or_else(|| country.to_owned()),
        city: row.region("location").or_else(|| row.region("rate_center")).map(str::to_owned),
        state: row.region("state").map(str::to_owned),
        features: row.features().unwrap_or_default(),
        monthly_cost: row.cost_information.monthly()?,
        upfront_cost: row.cost_information.upfront()?,
        currency: row.cost_information.currency()?,
        quickship: row.quickship == Some(true),
        best_effort: row.best_effort == Some(true),
        phone_number,
    };
    is_wanted(row, &offer, wanted, country).then_some(offer)
}

/// Whether an offer is what was wanted, as far as it says so.
fn is_wanted(row: &Available, offer: &Offer, wanted: &Wanted, country: &str) -> bool {
    let is_nearby = wanted.best_effort && offer.best_effort;
    let digits = national_part(&offer.phone_number);
    let is_none_or = |part: &Option<String>, has: &dyn Fn(&str) -> bool| part.as_deref().is_none_or(has);
    // A rate centre has a name of its own (CHICAGO ZONE 11), and says nothing about the city.
    let state = wanted.state.as_deref().map(|state| region(country, state));
    let place = |kind, own: &Option<String>| match (row.region(kind), own) {
        (Some(there), Some(own)) => there.to_lowercase() == own.to_lowercase(),
        _ => true,
    };
    let here = is_none_or(&wanted.area_code, &|area| digits.starts_with(area))
        && is_none_or(&wanted.starts_with, &|first| digits.starts_with(first))
        && is_none_or(&wanted.ends_with, &|last| digits.ends_with(last))
        && is_none_or(&wanted.contains, &|inside| digits.contains(inside))
        && place("location", &wanted.city)
        && place("state", &state);
    offer.country == country
        && wanted.exactly.as_ref().is_none_or(|number| *number == offer.phone_number)
        && wanted.number_type.is_none_or(|kind| kind == offer.number_type)
        && row.features().is_none_or(|own: Features| own.include(wanted.features))
        && (!wanted.quickship || row.quickship != Some(false))
        && (wanted.best_effort || !offer.best_effort)
        && (is_nearby || here)
}

/// The kind of a number where it is not told.
fn likely_type(number: &E164) -> NumberType {
    number_type_of(number).unwrap_or(NumberType::Local)
}
