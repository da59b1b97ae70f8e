//! Searching.

use linekeeper::model::{Features, NumberType, Offer, Wanted, fold_case, national_part};

use super::{of_everybody, of_sellers};
use crate::house::wanted;

fn is_in(text: Option<&String>, wanted: &str) -> bool {
    text.is_some_and(|text| fold_case(text) == fold_case(wanted))
}

/// What is wanted, and what each offer must then be.
type Case = (&'static str, Wanted, fn(&Offer) -> bool);

#[allow(clippy::too_many_lines, reason = "it is a table")]
fn cases() -> Vec<Case> {
    let us = || wanted("US");
    let text = |text: &str| Some(text.to_owned());
    let features = |features: Features| Wanted { features, ..us() };
    let kind = |kind| Wanted { number_type: Some(kind), ..us() };
    vec![
        ("the United States", us(), |o| o.country == "US"),
        ("Great Britain", wanted("GB"), |o| o.country == "GB" && o.phone_number.as_str().starts_with("+44")),
        ("local", kind(NumberType::Local), |o| o.number_type == NumberType::Local),
        ("toll-free", kind(NumberType::TollFree), |o| {
            o.number_type == NumberType::TollFree && o.phone_number.as_str().starts_with("+18")
        }),
        ("mobile", Wanted { number_type: Some(NumberType::Mobile), ..wanted("GB") }, |o| {
            o.number_type == NumberType::Mobile
        }),
        ("national", Wanted { number_type: Some(NumberType::National), ..wanted("DE") }, |o| {
            o.number_type == NumberType::National && o.country == "DE"
        }),
        ("an area code", Wanted { area_code: text("970"), ..us() }, |o| {
            national_part(&o.phone_number).starts_with("970")
        }),
        ("an area code elsewhere", Wanted { area_code: text("20"), ..wanted("GB") }, |o| {
            national_part(&o.phone_number).starts_with("20")
        }),
        ("a city", Wanted { city: text("fort collins"), ..us() }, |o| is_in(o.city.as_ref(), "Fort Collins")),
        ("a city with an umlaut", Wanted { city: text("MÜNCHEN"), ..wanted("DE") }, |o| {
            is_in(o.city.as_ref(), "München")
        }),
        ("a state", Wanted { state: text("co"), ..us() }, |o| is_in(o.state.as_ref(), "CO")),
        ("a state by its name", Wanted { state: text("Colorado"), ..us() }, |o| is_in(o.state.as_ref(), "CO")),
        ("a province", Wanted { state: text("ON"), ..wanted("CA") }, |o| is_in(o.state.as_ref(), "ON")),
        ("digits", Wanted { contains: text("77"), ..us() }, |o| national_part(&o.phone_number).contains("77")),
        ("one digit", Wanted { contains: text("7"), ..us() }, |o| national_part(&o.phone_number).contains('7')),
        ("first digits", Wanted { starts_with: text("9702"), ..us() }, |o| {
            national_part(&o.phone_number).starts_with("9702")
        }),
        ("last digits", Wanted { ends_with: text("42"), ..us() }, |o| o.phone_number.as_str().ends_with("42")),
        ("a last digit", Wanted { ends_with: text("4"), ..us() }, |o| o.phone_number.as_str().ends_with('4')),
        ("an area code and last digits", Wanted { area_code: text("303"), ends_with: text("42"), ..us() }, |o| {
            national_part(&o.phone_number).starts_with("303") && o.phone_number.as_str().ends_with("42")
        }),
        (
            "an area code that first digits go on with",
            Wanted { area_code: text("303"), starts_with: text("3032"), ..us() },
            |o| national_part(&o.phone_number).starts_with("3032"),
        ),
        (
            "first digits in the middle of an area code",
            Wanted { area_code: text("303"), starts_with: text("30"), ..us() },
            |o| national_part(&o.phone_number).starts_with("303"),
        ),
        ("digits of an area code", Wanted { area_code: text("303"), contains: text("303"), ..us() }, |o| {
            national_part(&o.phone_number).starts_with("303")
        }),
        // Twilio is asked for one of the two, and gives thirty numbers, which are sorted out here: there must be some left.
        ("first and some digits", Wanted { starts_with: text("970"), contains: text("5"), ..us() }, |o| {
            let digits = national_part(&o.phone_number);
            digits.starts_with("970") && digits.contains('5')
        }),
        ("voice", features(Features { voice: true, ..Features::default() }), |o| o.features.voice),
        ("text messages", features(Features { sms: true, ..Features::default() }), |o| o.features.sms),
        ("pictures", features(Features { mms: true, ..Features::default() }), |o| o.features.mms),
        ("fax and voice", features(Features { fax: true, voice: true, ..Features::default() }), |o| {
            o.features.fax && o.features.voice
        }),
        ("three", Wanted { limit: 3, ..us() }, |_| true),
    ]
}

#[test]
fn a_search_honours_every_field_and_every_offer_has_a_price() {
    of_everybody(|house| {
        for (what, wanted, is_so) in cases() {
            let offers = house.port.search(&wanted).unwrap_or_else(|trouble| panic!("{what}: {trouble}"));
            if !house.kind.sells() {
                assert_eq!(offers, [], "{what}");
                continue;
            }
            assert!(!offers.is_empty(), "{:?}: {what}: nothing", house.kind);
            assert!(offers.len() <= wanted.limit as usize, "{:?}: {what}: {}", house.kind, offers.len());
            let mut numbers = offers.iter().map(|offer| &offer.phone_number).collect::<Vec<_>>();
            numbers.dedup();
            assert_eq!(numbers.len(), offers.len(), "{:?}: {what}: twice", house.kind);
            for offer in &offers {
                assert!(is_so(offer), "{:?}: {what}: {offer:?}", house.kind);
                let (cost, currency) = (offer.monthly_cost.0, &*offer.currency);
                assert!(cost > 0 && currency == "USD" && !offer.best_effort, "{:?}: {what}: {offer:?}", house.kind);
                assert!(offer.country == wanted.country, "{:?}: {what}: {offer:?}", house.kind);
            }
        }
        assert_eq!(house.entries(), []);
    });
}

#[test]
fn what_nobody_can_have_is_not_offered() {
    of_everybody(|house| {
        let text = |text: &str| Some(text.to_owned());
        for (what, wanted) in [
            ("two beginnings", Wanted { area_code: text("303"), starts_with: text("970"), ..wanted("US") }),
            ("a city nowhere", Wanted { city: text("Atlantis"), ..wanted("US") }),
            ("a state elsewhere", Wanted { area_code: text("303"), state: text("NY"), ..wanted("US") }),
            ("a kind that there is not", Wanted { number_type: Some(NumberType::Mobile), ..wanted("US") }),
            ("none", Wanted { limit: 0, ..wanted("US") }),
        ] {
            assert_eq!(house.port.search(&wanted).unwrap(), [], "{:?}: {what}", house.kind);
        }
    });
}

#[test]
fn all_who_sell_the_same_stock_offer_the_same_numbers_at_the_same_price() {
    let told = std::sync::Mutex::new(Vec::new());
    of_sellers(|house| {
        let local = Wanted { number_type: Some(NumberType::Local), area_code: Some("415".into()), ..wanted("US") };
        let offers = house.port.search(&Wanted { limit: 5, ..local }).unwrap();
        // Telnyx writes cities in capitals.
        let city = |offer: &Offer| offer.city.as_deref().map(fold_case);
        let short = |o: Offer| (city(&o), o.phone_number, o.monthly_cost, o.state, o.number_type);
        told.lock().unwrap().push(offers.into_iter().map(short).collect::<Vec<_>>());
    });
    let told = told.into_inner().unwrap();
    assert_eq!((told.len(), told[0].len()), (4, 5));
    assert!(told.iter().all(|one| *one == told[0]), "{told:#?}");
}

#[test]
fn one_number_is_found_by_itself_whether_or_not_its_country_is_known() {
    of_sellers(|house| {
        for country in ["US", "CA", "GB", "DE"] {
            let one = house.port.search(&Wanted { limit: 1, ..wanted(country) }).unwrap().remove(0);
            for country in [country, ""] {
                let exactly = Wanted { exactly: Some(one.phone_number.clone()), ..wanted(country) };
                let found = house.port.search(&exactly).unwrap();
                assert_eq!(found, std::slice::from_ref(&one), "{:?}: {country:?} {}", house.kind, one.phone_number);
                let other = Wanted { area_code: Some("999".into()), ..exactly };
                assert_eq!(house.port.search(&other).unwrap(), [], "{:?}", house.kind);
            }
        }
        let nobodys = Wanted { exactly: Some("+15005550000".parse().unwrap()), ..wanted("") };
        assert_eq!(house.port.search(&nobodys).unwrap(), [], "{:?}", house.kind);
    });
}
