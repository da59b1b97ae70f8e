//! `phone-numbers-search`: what the agency's carrier would sell.

use linekeeper::carrier::simulator::{Fault, Request};
use serde_json::{Value, json};

use crate::shop::{MEMBER, OWNER, PURCHASE, SEARCH, Shop, error, wish};

fn offers(shop: &Shop, query: &str) -> Vec<Value> {
    let answer = shop.get(MEMBER, &format!("{SEARCH}?{query}"));
    assert_eq!(answer.status, 200, "{query}: {}", answer.text());
    let body = answer.json();
    let offers = body["phone_numbers"].as_array().unwrap().clone();
    assert_eq!(body["meta"]["total_results"], offers.len(), "{query}");
    offers
}

#[test]
fn a_search_answers_as_it_always_did() {
    let shop = Shop::open();
    let queries = ["country_code=US&area_code=970&limit=2", "country_code=GB&phone_number_type=mobile&limit=1"];
    for (name, query) in ["two_of_fort_collins", "a_british_mobile"].into_iter().zip(queries) {
        insta::assert_json_snapshot!(name, shop.get(MEMBER, &format!("{SEARCH}?{query}")).json());
    }
    let text = shop.get(MEMBER, &format!("{SEARCH}?country_code=US&limit=1")).text();
    assert!(text.starts_with(r#"{"phone_numbers":[{"phone_number":"+1"#), "{text}");
    let none = shop.get(MEMBER, &format!("{SEARCH}?country_code=AQ")).json();
    let meta = json!({"total_results": 0, "best_effort_results": 0, "country_code": "AQ", "limit": 20});
    assert_eq!(none, json!({"phone_numbers": [], "meta": meta}));
}

/// The digits behind the country's code, where that has one.
fn digits(offer: &Value) -> &str {
    &offer["phone_number"].as_str().unwrap()[2..]
}

fn region<'o>(offer: &'o Value, kind: &str) -> Option<&'o str> {
    let regions = offer["region_information"].as_array().unwrap().iter();
    regions.filter(|region| region["region_type"] == kind).find_map(|region| region["region_name"].as_str())
}

#[test]
fn every_parameter_narrows() {
    let shop = Shop::open();
    let all = |query: &str, holds: &dyn Fn(&Value) -> bool| {
        let offers = offers(&shop, query);
        assert!(!offers.is_empty(), "{query} finds nothing");
        for offer in offers {
            assert!(holds(&offer), "{query}: {offer}");
        }
    };
    all("country_code=us", &|offer| offer["country_code"] == "US" && region(offer, "country_code") == Some("US"));
    for kind in ["local", "toll_free", "mobile", "national"] {
        let country = if matches!(kind, "local" | "toll_free") { "US" } else { "GB" };
        let found = offers(&shop, &format!("country_code={country}&phone_number_type={kind}"));
        assert!(found.iter().all(|offer| offer["phone_number_type"] == kind), "{kind}");
    }
    all("country_code=US&area_code=212", &|offer| digits(offer).starts_with("212"));
    all("country_code=US&city=fort%20COLLINS", &|offer| region(offer, "location") == Some("Fort Collins"));
    all("country_code=US&state=co", &|offer| region(offer, "state") == Some("CO"));
    all("country_code=US&contains=777", &|offer| digits(offer).contains("777"));
    all("country_code=US&starts_with=97055", &|offer| digits(offer).starts_with("97055"));
    all("country_code=US&ends_with=42", &|offer| digits(offer).ends_with("42"));
    all("country_code=US&features=voice,mms,fax&limit=50", &|offer| {
        let listed = offer["features"].as_array().unwrap();
        let has = |name: &str| {
            offer[format!("{name}_enabled")] == listed.contains(&json!(name)) && listed.contains(&json!(name))
        };
        has("voice") && has("mms") && has("fax")
    });
    all("country_code=US&quickship=true", &|offer| offer["quickship"] == true);
    all("country_code=US&quickship=false", &|offer| offer["best_effort"] == false);

    let exact = offers(&shop, "country_code=US&area_code=970&contains=777777&limit=20");
    let wider = shop.get(MEMBER, &format!("{SEARCH}?country_code=US&area_code=970&contains=777777&best_effort=true"));
    let wider = wider.json();
    assert_eq!((wider["meta"]["total_results"].clone(), exact.len() < 20), (json!(20), true));
    assert_eq!(wider["meta"]["best_effort_results"], 20 - exact.len());
}

#[test]
fn a_page_has_twenty_offers_and_never_more_than_a_hundred() {
    let shop = Shop::open();
    for (limit, count) in [("", 20), ("&limit=1", 1), ("&limit=100", 100), ("&limit=101", 100), ("&limit=99999", 100)] {
        let answer = shop.get(MEMBER, &format!("{SEARCH}?country_code=US{limit}")).json();
        let shown = answer["phone_numbers"].as_array().unwrap().len();
        assert_eq!((shown, &answer["meta"]["limit"]), (count, &json!(count)), "{limit}");
    }
    for (query, refusal) in [
        ("", "country_code is required"),
        ("?country_code=", "country_code must not be empty"),
        ("?country_code=U%C3%9F", "country_code must be two letters, like US"),
        ("?country_code=US&limit=0", "limit must be at least 1"),
        ("?country_code=US&limit=-1", "limit must be a whole number"),
        ("?country_code=US&contains=%2A", "contains must be 1 to 15 digits"),
        ("?country_code=US&city=%FF", "The query must be UTF-8 without NUL"),
        ("?country_code=US&state=%00", "The query must be UTF-8 without NUL"),
    ] {
        let answer = shop.get(MEMBER, &format!("{SEARCH}{query}"));
        assert_eq!((answer.status, error(&answer)), (400, refusal.to_owned()), "{query}");
    }
    assert_eq!(shop.get(MEMBER, &format!("{SEARCH}?country_code=US&unknown=1&unknown=2")).status, 200);
}

#[test]
fn without_a_carrier_nothing_is_sold() {
    let shop = Shop::with(&[("SIMULATOR__ENABLED", "false")]);
    let none = "No carrier is configured for this agency";
    let search = shop.get(OWNER, &format!("{SEARCH}?country_code=US"));
    assert_eq!((search.status, error(&search)), (400, none.to_owned()));
    let purchase = shop.post(OWNER, PURCHASE, &wish("+15005550006"));
    assert_eq!((purchase.status, error(&purchase)), (400, none.to_owned()));
    assert_eq!(shop.rows(OWNER), [] as [Value; 0]);
}

#[test]
fn a_carrier_that_does_not_say_is_a_bad_gateway_and_nothing_is_begun() {
    let down = Shop::with(&[("SIMULATOR__URL", "http://127.0.0.1:9")]);
    let shop = Shop::with_faults(&[]);
    for (shop, fault) in [
        (&down, None),
        (&shop, Some(Fault::Refuse)),
        (&shop, Some(Fault::Busy)),
        (&shop, Some(Fault::DropBefore)),
        (&shop, Some(Fault::DropAfter)),
        (&shop, Some(Fault::FailAfter)),
        (&shop, Some(Fault::Hang)),
    ] {
        let times = if fault == Some(Fault::Hang) { 1 } else { 2 };
        if let Some(fault) = fault {
            shop.fault(Request::Search, fault, times);
        }
        let search = shop.get(MEMBER, &format!("{SEARCH}?country_code=US"));
        assert_eq!(search.status, 502, "{fault:?}: {}", search.text());
        assert!(!error(&search).contains("settled"), "nothing was ordered, so nothing is settled: {}", error(&search));
        if times == 2 {
            let purchase = shop.post(OWNER, PURCHASE, &wish("+15005550006"));
            assert_eq!(purchase.status, 502, "{fault:?}: {}", purchase.text());
            assert!(!error(&purchase).contains("settled"), "{}", error(&purchase));
            assert_eq!(shop.rows(OWNER), [] as [Value; 0]);
        }
    }
    assert!(shop.house().entries().is_empty());
}
