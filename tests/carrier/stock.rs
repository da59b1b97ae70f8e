//! What is in stock, and how it is looked for.

use std::collections::HashSet;

use linekeeper::carrier::Port;
use linekeeper::carrier::simulator::Simulator;
use linekeeper::model::{Features, NumberType, Offer, Papers, Wanted};

use crate::house::{House, SEED, e164, everywhere, order, wanted};

fn national<'a>(offer: &'a Offer, dial: &str) -> &'a str {
    offer.phone_number.as_str().strip_prefix(dial).unwrap()
}

/// Makes sure that there are as many as were wanted, none twice, and each as it should be.
fn assert_all(offers: &[Offer], many: usize, is_wanted: impl Fn(&Offer) -> bool) {
    assert_eq!(offers.len(), many, "{offers:#?}");
    assert_eq!(offers.iter().map(|offer| &offer.phone_number).collect::<HashSet<_>>().len(), many);
    for offer in offers {
        assert!(is_wanted(offer) && !offer.best_effort, "{offer:?}");
    }
}

#[test]
fn each_country_has_numbers_with_a_price_and_a_voice() {
    everywhere(|house| {
        for (country, dial) in [("US", "+1"), ("CA", "+1"), ("GB", "+44"), ("DE", "+49"), ("FR", "+33"), ("AU", "+61")]
        {
            let offers = house.search(&Wanted { limit: 100, ..wanted(country) });
            assert_all(&offers, 100, |offer| {
                offer.phone_number.as_str().starts_with(dial)
                    && offer.country == country
                    && offer.features.voice
                    && offer.monthly_cost.0 > 0
                    && offer.currency == "USD"
            });
            assert!(offers.iter().any(|offer| offer.quickship) && offers.iter().any(|offer| !offer.quickship));
            assert!(offers.iter().any(|offer| offer.features != offers[0].features));
        }
        assert_eq!(house.search(&wanted("XX")), []);
    });
}

#[test]
fn each_kind_is_found_where_a_country_has_it() {
    everywhere(|house| {
        for country in ["US", "CA", "GB", "DE", "FR", "AU"] {
            let kinds = NumberType::ALL.map(|number_type| {
                let offers = house.search(&Wanted { number_type: Some(number_type), ..wanted(country) });
                assert!(offers.is_empty() || offers.len() == 20);
                assert!(offers.iter().all(|offer| offer.number_type == number_type));
                let placed = |offer: &Offer| offer.city.is_some() && offer.state.is_some();
                assert!(offers.iter().all(|offer| placed(offer) == (number_type == NumberType::Local)));
                !offers.is_empty()
            });
            let expected = match country {
                "US" => [true, true, false, false],
                "CA" => [true, false, false, false],
                "AU" => [true, true, true, false],
                _ => [true; 4],
            };
            assert_eq!(kinds, expected, "{country}");
        }
    });
}

#[test]
fn a_search_honours_every_field() {
    let some = |text: &str| Some(text.to_owned());
    everywhere(|house| {
        let found = |wanted: Wanted| house.search(&wanted);
        let us = wanted("US");
        assert_all(&found(Wanted { area_code: some("970"), ..us.clone() }), 20, |offer| {
            national(offer, "+1").starts_with("970") && offer.state.as_deref() == Some("CO")
        });
        for city in ["san francisco", "SAN FRANCISCO"] {
            assert_all(&found(Wanted { city: some(city), ..us.clone() }), 20, |offer| {
                offer.city.as_deref() == Some("San Francisco") && national(offer, "+1").starts_with("415")
            });
        }
        for city in ["MÜNCHEN", "munich"] {
            let offers = found(Wanted { city: some(city), ..wanted("DE") });
            assert_all(&offers, 20, |offer| offer.city.as_deref() == Some("München"));
        }
        for state in ["ca", "California"] {
            let offers = found(Wanted { state: some(state), limit: 100, ..us.clone() });
            assert_all(&offers, 100, |offer| offer.state.as_deref() == Some("CA"));
            assert!(offers.iter().any(|offer| offer.city != offers[0].city));
        }
        assert_all(&found(Wanted { contains: some("2468"), ..us.clone() }), 20, |offer| {
            national(offer, "+1").contains("2468")
        });
        assert_all(&found(Wanted { starts_with: some("9705"), ..us.clone() }), 20, |offer| {
            national(offer, "+1").starts_with("9705")
        });
        assert_all(&found(Wanted { ends_with: some("777"), ..us.clone() }), 20, |offer| {
            offer.phone_number.as_str().ends_with("777")
        });
        let features = Features { mms: true, fax: true, emergency: true, ..Features::default() };
        assert_all(&found(Wanted { features, ..us.clone() }), 20, |offer| offer.features.include(features));
        assert_all(&found(Wanted { quickship: true, limit: 100, ..us.clone() }), 100, |offer| offer.quickship);
    });
}

#[test]
fn fields_are_honoured_together() {
    let some = |text: &str| Some(text.to_owned());
    everywhere(|house| {
        let (us, found) = (wanted("US"), |wanted: Wanted| house.search(&wanted));
        let features = Features { mms: true, ..Features::default() };
        let all = Wanted {
            area_code: some("415"),
            starts_with: some("4155"),
            contains: some("12"),
            ends_with: some("0"),
            city: some("San Francisco"),
            state: some("CA"),
            number_type: Some(NumberType::Local),
            limit: 3,
            ..us.clone()
        };
        assert_all(&found(all), 3, |offer| {
            let digits = national(offer, "+1");
            digits.starts_with("4155") && digits.contains("12") && digits.ends_with('0')
        });
        for nothing in [
            Wanted { area_code: some("999"), ..us.clone() },
            Wanted { area_code: some("970"), city: some("Denver"), ..us.clone() },
            Wanted { area_code: some("970"), starts_with: some("303"), ..us.clone() },
            Wanted { starts_with: some("9701"), ..us.clone() },
            Wanted { contains: some("12345678901234567"), ..us.clone() },
            Wanted { ends_with: some("12a"), ..us.clone() },
            Wanted { features: Features { sms: true, ..Features::default() }, limit: 0, ..us.clone() },
            Wanted { number_type: Some(NumberType::TollFree), features, ..us },
        ] {
            assert_eq!(found(nothing.clone()), [], "{nothing:?}");
        }
    });
}

#[test]
fn a_number_is_found_by_itself() {
    everywhere(|house| {
        for country in ["US", "CA", "GB", "DE", "FR", "AU"] {
            for offer in house.search(&Wanted { limit: 9, ..wanted(country) }) {
                let exactly = Wanted { exactly: Some(offer.phone_number.clone()), ..wanted(country) };
                assert_eq!(house.search(&exactly), [offer]);
                assert_eq!(house.search(&Wanted { country: "XX".into(), ..exactly.clone() }), []);
                assert_eq!(house.search(&Wanted { ends_with: Some("x".into()), ..exactly }), []);
            }
        }
    });
}

#[test]
fn one_number_of_eight_is_in_stock() {
    let house = House::here();
    let there = |number: &str| !house.search(&Wanted { exactly: Some(e164(number)), ..wanted("US") }).is_empty();
    let many = (0..8_000).filter(|at| there(&format!("+1303222{at:04}"))).count();
    assert!((850..1_150).contains(&many), "{many}");
    // No number begins so, and none is shorter.
    assert!(!(0..100).any(|at| there(&format!("+13031222{at:03}")) || there(&format!("+1303222{at:03}"))));
}

#[test]
fn every_match_is_found_where_there_are_few() {
    let house = House::here();
    let few = Wanted { starts_with: Some("303222".into()), ends_with: Some("7".into()), limit: 1_000, ..wanted("US") };
    let mut offers = house.search(&few).into_iter().map(|offer| offer.phone_number).collect::<Vec<_>>();
    offers.sort();
    let exactly = |number: String| Wanted { exactly: Some(e164(&number)), ..wanted("US") };
    let one_by_one = (0..1_000).flat_map(|at| house.search(&exactly(format!("+1303222{at:03}7"))));
    assert_eq!(offers, one_by_one.map(|offer| offer.phone_number).collect::<Vec<_>>());
    assert!(offers.len() > 90);
}

#[test]
fn best_effort_fills_up_with_what_is_nearby() {
    everywhere(|house| {
        let few = Wanted { city: Some("Denver".into()), ends_with: Some("54321".into()), limit: 50, ..wanted("US") };
        let exact = house.search(&few);
        assert!(exact.len() < 20, "{exact:?}");
        let filled = house.search(&Wanted { best_effort: true, ..few.clone() });
        assert_eq!(filled.len(), 50);
        assert_eq!(filled[..exact.len()], exact);
        assert!(filled[exact.len()..].iter().all(|offer| offer.best_effort && offer.city.as_deref() == Some("Denver")));
        let distinct = filled.iter().map(|offer| &offer.phone_number).collect::<HashSet<_>>();
        assert_eq!(distinct.len(), 50);
        let no_such_city = Wanted { city: Some("Springfield".into()), state: Some("CO".into()), ..few };
        let nearby = house.search(&Wanted { best_effort: true, ..no_such_city });
        assert!(nearby.len() == 50 && nearby.iter().all(|offer| offer.state.as_deref() == Some("CO")));
    });
}

#[test]
fn the_same_question_has_the_same_answer_until_something_is_bought() {
    everywhere(|house| {
        let question = Wanted { limit: 40, ..wanted("GB") };
        let before = house.search(&question);
        assert_eq!(house.search(&question), before);
        let bought = before[3].phone_number.clone();
        let rented =
            house.port.acquire(&bought, order(1), &linekeeper::model::Route::default(), &Papers::default()).unwrap();
        let after = house.search(&question);
        assert!(after.iter().all(|offer| offer.phone_number != bought));
        assert_eq!((&after[..3], &after[3..39]), (&before[..3], &before[4..]));
        assert_eq!(house.search(&Wanted { exactly: Some(bought), ..question.clone() }), []);
        house.port.release(&rented).unwrap();
        assert_eq!(house.search(&question), before);
    });
}

#[test]
fn a_seed_is_a_stock() {
    let stock = |seed| {
        let directory = tempfile::tempdir().unwrap();
        Simulator::open(directory.path(), seed).unwrap().search(&Wanted { limit: 100, ..wanted("US") }).unwrap()
    };
    let (one, same, other) = (stock(SEED), stock(SEED), stock(SEED + 1));
    assert_eq!(one, same);
    let there = House::there().search(&Wanted { limit: 100, ..wanted("US") });
    assert_eq!(one, there);
    let one = one.into_iter().map(|offer| offer.phone_number).collect::<HashSet<_>>();
    assert!(other.iter().filter(|offer| one.contains(&offer.phone_number)).count() < 5);
}
