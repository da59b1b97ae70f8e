//! The stock: which numbers there are to buy, worked out from the seed and the number itself, so that no list is kept and
//! any number can be asked about.

use std::collections::HashSet;

use super::pattern::Pattern;
use super::plan::{Area, COUNTRIES, Country, Kind, US_LOCAL};
use crate::model::{E164, Features, Money, Offer, Wanted, fold_case};

/// Can always be bought, even again (Twilio's test number).
pub const ALWAYS: &str = "+15005550006";
/// Can never be bought (Twilio's test number).
pub const NEVER: &str = "+15005550000";
/// Is no number (Twilio's test number).
pub const INVALID: &str = "+15005550001";

/// Of so many numbers of an area, one is in stock.
const ONE_IN: u64 = 8;

/// What a seed has in stock.
#[derive(Debug)]
pub struct Stock {
    seed: u64,
}

/// Where a number belongs.
#[derive(Clone, Copy)]
struct Spot {
    country: &'static Country,
    kind: &'static Kind,
    area: &'static Area,
}

impl Stock {
    /// The stock of a seed.
    pub fn new(seed: u64) -> Self {
        Self { seed: scrambled(seed) }
    }

    /// Whether it has this number, bought or not.
    pub fn has(&self, number: &E164) -> bool {
        number.as_str() == ALWAYS || Spot::of(number).is_some() && digits(number).is_some_and(|n| self.stocks(n))
    }

    /// What there is of what is wanted and not taken. The very number that is wanted, or nothing, where one is named.
    pub fn search(&self, wanted: &Wanted, taken: impl Fn(&E164) -> bool) -> Vec<Offer> {
        let most = usize::try_from(wanted.limit).unwrap_or(usize::MAX);
        let mut found = match &wanted.exactly {
            Some(number) => self.exactly(number, wanted, &taken).into_iter().collect(),
            None => self.look(wanted, most, &HashSet::new(), &taken),
        };
        if wanted.best_effort && wanted.exactly.is_none() {
            for wider in widened(wanted) {
                let known = found.iter().map(|offer| offer.phone_number.clone()).collect();
                let more = self.look(&wider, most - found.len(), &known, &taken);
                found.extend(more.into_iter().map(|offer| Offer { best_effort: true, ..offer }));
            }
        }
        found.truncate(most);
        found
    }

    fn exactly(&self, number: &E164, wanted: &Wanted, taken: impl Fn(&E164) -> bool) -> Option<Offer> {
        let always = number.as_str() == ALWAYS;
        let spot = if always { always_spot() } else { Spot::of(number)? };
        let fits = spot.fits(wanted) && spot.has_digits(number, wanted) && self.has(number);
        let offer = self.offer(spot, number.clone(), digits(number)?);
        (fits && (always || !taken(number)) && is_good(&offer, wanted)).then_some(offer)
    }

    /// The first so many that are wanted, of each area in turn, but for those that are known or taken.
    fn look(&self, wanted: &Wanted, most: usize, known: &HashSet<E164>, taken: &impl Fn(&E164) -> bool) -> Vec<Offer> {
        let spots = Spot::all().filter(|spot| spot.fits(wanted));
        let patterns = spots.flat_map(|spot| {
            let patterns = Pattern::of(spot.country, spot.kind, spot.area, wanted).into_iter();
            patterns.map(move |pattern| (spot, pattern.size(), pattern))
        });
        let patterns = patterns.collect::<Vec<_>>();
        let turns = patterns.iter().map(|(_, size, _)| *size).max().unwrap_or(0);
        let (mut seen, mut found) = (HashSet::new(), Vec::new());
        for turn in 0..turns {
            for (spot, _, pattern) in patterns.iter().filter(|(_, size, _)| turn < *size) {
                if found.len() >= most {
                    return found;
                }
                let number = pattern.at(turn, self.seed);
                if !self.stocks(number) || !seen.insert(number) {
                    continue;
                }
                let Ok(phone_number) = format!("+{number}").parse() else { continue };
                if !known.contains(&phone_number) && !taken(&phone_number) {
                    found.push(self.offer(*spot, phone_number, number));
                    found.pop_if(|offer| !is_good(offer, wanted));
                }
            }
        }
        found
    }

    fn offer(&self, spot: Spot, phone_number: E164, number: u64) -> Offer {
        // All that varies, at its best, for the number that can always be bought.
        let chance = if phone_number.as_str() == ALWAYS { u64::MAX } else { self.chance(number) };
        let (always, sometimes) = (spot.kind.always, spot.kind.sometimes);
        let can = |always: bool, sometimes: bool, at: u32| always || sometimes && (chance >> at) & 3 != 0;
        let shown = |names: &[&str]| names.first().map(|name| (*name).to_owned());
        Offer {
            phone_number,
            number_type: spot.kind.number_type,
            country: spot.country.code.to_owned(),
            city: shown(spot.area.city),
            state: shown(spot.area.state),
            features: Features {
                voice: can(always.voice, sometimes.voice, 8),
                sms: can(always.sms, sometimes.sms, 10),
                mms: can(always.mms, sometimes.mms, 12),
                fax: can(always.fax, sometimes.fax, 14),
                emergency: can(always.emergency, sometimes.emergency, 16),
            },
            monthly_cost: Money(spot.kind.monthly),
            upfront_cost: Money(spot.kind.upfront),
            currency: "USD".to_owned(),
            quickship: (chance >> 20) & 7 != 0,
            best_effort: false,
        }
    }

    fn stocks(&self, number: u64) -> bool {
        self.chance(number).is_multiple_of(ONE_IN)
    }

    /// Bits that are as good as random, always the same for a number.
    fn chance(&self, number: u64) -> u64 {
        scrambled(self.seed ^ number)
    }
}

impl Spot {
    fn all() -> impl Iterator<Item = Self> {
        let kinds = COUNTRIES.iter().flat_map(|country| country.kinds.iter().map(move |kind| (country, kind)));
        kinds.flat_map(|(country, kind)| kind.areas.iter().map(move |area| Self { country, kind, area }))
    }

    fn of(number: &E164) -> Option<Self> {
        let digits = &number.as_str()[1..];
        Self::all().find(|spot| {
            let national = digits.strip_prefix(spot.country.dial);
            let subscriber = national.filter(|national| national.len() == spot.kind.length);
            let subscriber = subscriber.and_then(|national| national.strip_prefix(spot.area.code));
            subscriber.is_some_and(|subscriber| !subscriber.starts_with(['0', '1']))
        })
    }

    /// Whether there may be numbers here that are wanted, whatever their digits.
    fn fits(&self, wanted: &Wanted) -> bool {
        let named = |names: &[&str], wanted: &Option<String>| {
            let same = |wanted: &String| names.iter().any(|name| fold_case(name) == fold_case(wanted));
            wanted.as_ref().is_none_or(same)
        };
        let (always, sometimes, needed) = (self.kind.always, self.kind.sometimes, wanted.features);
        let able = always.named().into_iter().zip(sometimes.named()).zip(needed.named());
        let able = able.into_iter().all(|(((_, always), (_, sometimes)), (_, needed))| always || sometimes || !needed);
        (wanted.country.is_empty() || self.country.code == wanted.country)
            && wanted.number_type.is_none_or(|number_type| number_type == self.kind.number_type)
            && named(self.area.city, &wanted.city)
            && named(self.area.state, &wanted.state)
            && able
    }

    /// Whether a number of this place has the wanted digits.
    fn has_digits(&self, number: &E164, wanted: &Wanted) -> bool {
        let digits = &number.as_str()[1..];
        let national = &digits[self.country.dial.len()..];
        wanted.area_code.as_deref().is_none_or(|code| national.starts_with(code))
            && wanted.starts_with.as_deref().is_none_or(|first| national.starts_with(first))
            && wanted.contains.as_deref().is_none_or(|some| national.contains(some))
            && wanted.ends_with.as_deref().is_none_or(|last| digits.ends_with(last))
    }
}

/// The number that can always be bought is of no place in the United States.
fn always_spot() -> Spot {
    static KIND: Kind = US_LOCAL;
    static AREA: Area = Area { code: "500", city: &[], state: &[] };
    Spot { country: &COUNTRIES[0], kind: &KIND, area: &AREA }
}

fn is_good(offer: &Offer, wanted: &Wanted) -> bool {
    offer.features.include(wanted.features) && (offer.quickship || !wanted.quickship)
}

/// What is nearby, the nearest first: any digits in the same place, then the same area or state, then the country.
fn widened(wanted: &Wanted) -> [Wanted; 3] {
    let place = Wanted { contains: None, starts_with: None, ends_with: None, ..wanted.clone() };
    let state = Wanted { city: None, ..place.clone() };
    let country = Wanted { area_code: None, state: None, ..state.clone() };
    [place, state, country]
}

fn digits(number: &E164) -> Option<u64> {
    number.as_str()[1..].parse().ok()
}

/// The finaliser of SplitMix64 (Steele, Lea and Flood, 2014).
fn scrambled(value: u64) -> u64 {
    let value = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}
