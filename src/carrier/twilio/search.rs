//! Searching Twilio's stock. It is asked for what it understands of what is wanted; every number that it gives is looked at
//! again, so that none is offered that was not wanted.

use super::Twilio;
use super::errors::if_there;
use super::wire::{Available, Page};
use crate::carrier::Trouble;
use crate::carrier::regions::region;
use crate::model::{
    E164, Features, Money, NumberType, Offer, Wanted, calling_code_of, countries_of, fold_case, national_part,
    rules_out,
};

/// The most rows that Twilio gives at once.
const MAX_ROWS: u32 = 1_000;
/// The longest pattern that Twilio takes.
const MAX_PATTERN: usize = 16;
/// The fewest digits that it takes in one.
const MIN_DIGITS: usize = 2;

type Query = Vec<(&'static str, String)>;

impl Twilio {
    /// A country's prices come first: they tell what it sells, and a number whose price is not known is not offered, since
    /// it would be held against no budget.
    pub(super) fn offers(&self, wanted: &Wanted) -> Result<Vec<Offer>, Trouble> {
        let most = usize::try_from(wanted.limit).unwrap_or(usize::MAX);
        let mut found = Vec::new();
        // No answer tells whether a number reaches emergency services.
        if wanted.features.emergency {
            return Ok(found);
        }
        for country in countries(wanted) {
            if found.len() >= most {
                break;
            }
            let Some(prices) = self.prices(country)? else { continue };
            for (number_type, monthly_cost) in prices.sold() {
                if found.len() >= most || !may_be(number_type, wanted) {
                    continue;
                }
                let price = (monthly_cost, prices.currency.as_str());
                for offer in self.of_type(country, number_type, price, wanted)? {
                    if found.iter().all(|known: &Offer| known.phone_number != offer.phone_number) {
                        found.push(offer);
                    }
                }
            }
        }
        found.truncate(most);
        Ok(found)
    }

    /// What there is of one kind in one country.
    fn of_type(
        &self,
        country: &str,
        number_type: NumberType,
        (monthly_cost, currency): (Money, &str),
        wanted: &Wanted,
    ) -> Result<Vec<Offer>, Trouble> {
        let name = match number_type {
            NumberType::Local => "Local",
            NumberType::TollFree => "TollFree",
            NumberType::Mobile => "Mobile",
            NumberType::National => "National",
        };
        let Some(query) = query(country, wanted) else { return Ok(Vec::new()) };
        let query = query.iter().map(|(name, text)| (*name, text.as_str())).collect::<Vec<_>>();
        let path = self.path(&format!("/AvailablePhoneNumbers/{country}/{name}.json"));
        // A kind that a country does not have is not found.
        let page = if_there(self.ask::<Page<Available>>(&self.api, &path, &query))?;
        let rows = page.map(|page| page.rows).unwrap_or_default();
        let offer = |row: Available| {
            Some(Offer {
                phone_number: row.phone_number?.parse().ok()?,
                number_type,
                country: row.iso_country.unwrap_or_else(|| country.to_owned()),
                city: row.locality.filter(|city| !city.is_empty()),
                state: row.region.filter(|state| !state.is_empty()),
                features: row.capabilities.map(Features::from).unwrap_or_default(),
                monthly_cost,
                upfront_cost: Money(0),
                currency: currency.to_owned(),
                quickship: true,
                best_effort: false,
            })
        };
        Ok(rows.into_iter().filter_map(offer).filter(|offer| is_wanted(offer, country, wanted)).collect())
    }
}

/// The countries to look in.
fn countries(wanted: &Wanted) -> Vec<&str> {
    match &wanted.exactly {
        Some(number) if wanted.country.is_empty() => countries_of(number).to_vec(),
        _ => vec![&wanted.country],
    }
}

/// Whether numbers of this kind can be wanted.
fn may_be(number_type: NumberType, wanted: &Wanted) -> bool {
    // These are of no city and no state.
    let placeless = matches!(number_type, NumberType::TollFree | NumberType::National);
    wanted.number_type.is_none_or(|wanted| wanted == number_type)
        && wanted.exactly.as_ref().is_none_or(|number| !rules_out(number, number_type))
        && !(placeless && (wanted.city.is_some() || wanted.state.is_some()))
}

/// What Twilio is asked for: as much of what is wanted as one question can hold. None where no number can be wanted.
fn query(country: &str, wanted: &Wanted) -> Option<Query> {
    let in_north_america = matches!(country, "US" | "CA");
    let (mut query, mut area_code) = (Query::new(), wanted.area_code.as_deref());
    if let Some(code) = area_code.take_if(|code| in_north_america && code.len() == 3) {
        query.push(("AreaCode", code.to_owned()));
    }
    let patterns = patterns(country, wanted, area_code)?;
    let digits = |pattern: &String| pattern.bytes().filter(u8::is_ascii_digit).count();
    let can_be_asked = |pattern: &&String| pattern.len() <= MAX_PATTERN && digits(pattern) >= MIN_DIGITS;
    // One can be asked for: the one that leaves the fewest numbers.
    let longest = patterns.iter().filter(can_be_asked).max_by_key(|pattern| digits(pattern));
    let mut is_all = patterns.len() == usize::from(longest.is_some());
    query.extend(longest.map(|pattern| ("Contains", pattern.clone())));
    if let Some(city) = &wanted.city {
        query.push(("InLocality", city.clone()));
    }
    match &wanted.state {
        Some(state) if in_north_america => query.push(("InRegion", region(country, state))),
        Some(_) => is_all = false,
        None => {}
    }
    let Features { voice, sms, mms, fax, .. } = wanted.features;
    let features = [("VoiceEnabled", voice), ("SmsEnabled", sms), ("MmsEnabled", mms), ("FaxEnabled", fax)];
    query.extend(features.into_iter().filter(|(_, is_wanted)| *is_wanted).map(|(name, _)| (name, "true".to_owned())));
    // Where rows are to be sorted out here, all that can be had are needed.
    let rows = if is_all { wanted.limit.clamp(1, MAX_ROWS) } else { MAX_ROWS };
    query.push(("PageSize", rows.to_string()));
    Some(query)
}

/// What is wanted of the digits, as Twilio writes patterns: `+` is a number's beginning, `$` its end, `%` any digits. None
/// where no number can have all of them.
fn patterns(country: &str, wanted: &Wanted, area_code: Option<&str>) -> Option<Vec<String>> {
    if let Some(number) = &wanted.exactly {
        return Some(vec![number.to_string()]);
    }
    let prefix = match (area_code, wanted.starts_with.as_deref()) {
        (Some(code), Some(first)) if code.starts_with(first) => Some(code),
        (Some(code), Some(first)) if first.starts_with(code) => Some(first),
        (Some(_), Some(_)) => return None,
        (one, other) => one.or(other),
    };
    let code = calling_code_of(country);
    let prefix = prefix.map(|first| code.map_or_else(|| format!("%{first}%"), |code| format!("+{code}{first}%")));
    let some = wanted.contains.as_ref().map(|some| format!("%{some}%"));
    let last = wanted.ends_with.as_ref().map(|last| format!("%{last}$"));
    Some([prefix, some, last].into_iter().flatten().collect())
}

/// Whether an offer is what is wanted, whatever Twilio was asked.
fn is_wanted(offer: &Offer, country: &str, wanted: &Wanted) -> bool {
    let (digits, national) = (offer.phone_number.as_str(), national_part(&offer.phone_number));
    let same =
        |wanted: &str, here: &Option<String>| here.as_ref().is_some_and(|here| fold_case(here) == fold_case(wanted));
    let is_it = |number: &E164| *number == offer.phone_number;
    offer.country == country
        && wanted.exactly.as_ref().is_none_or(is_it)
        && wanted.area_code.as_deref().is_none_or(|code| national.starts_with(code))
        && wanted.starts_with.as_deref().is_none_or(|first| national.starts_with(first))
        && wanted.contains.as_deref().is_none_or(|some| national.contains(some))
        && wanted.ends_with.as_deref().is_none_or(|last| digits.ends_with(last))
        && wanted.city.as_deref().is_none_or(|city| same(city, &offer.city))
        && wanted.state.as_deref().is_none_or(|state| same(&region(country, state), &offer.state))
        && offer.features.include(wanted.features)
}
