//! Searching: what Twilio is asked, and that nothing is offered that was not wanted.

use linekeeper::carrier::{Port, Refusal, Trouble};
use linekeeper::model::{Features, Money, NumberType, Offer, Wanted};
use serde_json::{Value, json};

use super::{Script, answer, good, missing, refused};
use crate::house::{e164, refusal, wanted};

fn prices(kinds: &[&str]) -> Vec<u8> {
    let rows = kinds.iter().zip(1..).map(
        |(kind, price)| json!({"number_type": kind, "base_price": "9.00", "current_price": format!("{price}.15")}),
    );
    good(&json!({"country": "?", "price_unit": "USD", "phone_number_prices": rows.collect::<Vec<_>>()}))
}

fn row(number: &str) -> Value {
    json!({
        "phone_number": number, "friendly_name": "?", "iso_country": "US", "locality": "Fort Collins", "region": "CO",
        "postal_code": "80521", "capabilities": {"voice": true, "SMS": true, "MMS": false}, "beta": false,
        "address_requirements": "none", "of_a_new_kind": {},
    })
}

fn stock(rows: &[Value]) -> Vec<u8> {
    good(&json!({"available_phone_numbers": rows, "uri": "/"}))
}

/// What is offered, and what was asked for it, after the prices.
fn search(wanted: &Wanted, answers: Vec<Vec<u8>>) -> (Vec<String>, Vec<String>) {
    let script = Script::of(answers);
    let found = script.twilio().search(wanted).unwrap();
    let lines = script.lines();
    let asked = lines.iter().filter_map(|line| line.strip_prefix("GET /AvailablePhoneNumbers/"));
    (found.into_iter().map(|offer| offer.phone_number.to_string()).collect(), asked.map(str::to_owned).collect())
}

#[test]
fn an_offer_has_all_that_twilio_tells() {
    let script = Script::of(vec![prices(&["local"]), stock(&[row("+19705550001")])]);
    let offer = Offer {
        phone_number: e164("+19705550001"),
        number_type: NumberType::Local,
        country: "US".into(),
        city: Some("Fort Collins".into()),
        state: Some("CO".into()),
        features: Features { voice: true, sms: true, ..Features::default() },
        monthly_cost: Money(11_500),
        upfront_cost: Money(0),
        currency: "USD".into(),
        quickship: true,
        best_effort: false,
    };
    assert_eq!(script.twilio().search(&wanted("US")), Ok(vec![offer]));
    assert_eq!(
        script.lines(),
        ["GET /v1/PhoneNumbers/Countries/US", "GET /AvailablePhoneNumbers/US/Local.json?PageSize=20"]
    );
}

#[test]
fn as_much_as_one_question_holds_is_asked_for() {
    let some = |digits: &str| Some(digits.to_owned());
    let us = wanted("US");
    let gb = wanted("GB");
    let sms = Features { sms: true, mms: true, voice: true, fax: true, emergency: false };
    for (wanted, asked) in [
        (Wanted { area_code: some("970"), ..us.clone() }, "US/Local.json?AreaCode=970&PageSize=20"),
        (Wanted { area_code: some("97"), ..us.clone() }, "US/Local.json?Contains=%2B197%25&PageSize=20"),
        (Wanted { area_code: some("20"), ..gb.clone() }, "GB/Local.json?Contains=%2B4420%25&PageSize=20"),
        (Wanted { starts_with: some("970555"), ..us.clone() }, "US/Local.json?Contains=%2B1970555%25&PageSize=20"),
        (Wanted { contains: some("555"), ..us.clone() }, "US/Local.json?Contains=%25555%25&PageSize=20"),
        (Wanted { ends_with: some("1234"), ..us.clone() }, "US/Local.json?Contains=%251234%24&PageSize=20"),
        // What Twilio cannot be asked for beside it is looked for in all that it has.
        (
            Wanted { area_code: some("970"), contains: some("55"), ends_with: some("1234"), ..us.clone() },
            "US/Local.json?AreaCode=970&Contains=%251234%24&PageSize=1000",
        ),
        (Wanted { contains: some("5"), ..us.clone() }, "US/Local.json?PageSize=1000"),
        (
            Wanted { ends_with: some("12345678901234"), ..us.clone() },
            "US/Local.json?Contains=%2512345678901234%24&PageSize=20",
        ),
        (Wanted { ends_with: some("123456789012345"), ..us.clone() }, "US/Local.json?PageSize=1000"),
        (
            Wanted { city: some("Fort Collins"), state: some("colorado"), ..us.clone() },
            "US/Local.json?InLocality=Fort+Collins&InRegion=CO&PageSize=20",
        ),
        (Wanted { state: some("England"), ..gb.clone() }, "GB/Local.json?PageSize=1000"),
        (
            Wanted { features: sms, limit: 5_000, ..us.clone() },
            "US/Local.json?VoiceEnabled=true&SmsEnabled=true&MmsEnabled=true&FaxEnabled=true&PageSize=1000",
        ),
        (
            Wanted { starts_with: some("97"), area_code: some("9705"), ..us.clone() },
            "US/Local.json?Contains=%2B19705%25&PageSize=20",
        ),
    ] {
        assert_eq!(search(&wanted, vec![prices(&["local"]), stock(&[])]).1, [asked]);
    }
    // No number begins with both.
    let both = Wanted { starts_with: some("21"), area_code: some("20"), ..gb };
    assert!(search(&both, vec![prices(&["local"])]).1.is_empty());
}

#[test]
fn nothing_is_offered_that_was_not_wanted() {
    let good_one = || row("+19705551234");
    let with = |field: &str, value: Value| {
        let mut row = good_one();
        row[field] = value;
        row
    };
    let mut bad = vec![
        with("iso_country", json!("CA")),
        with("locality", json!("Denver")),
        with("locality", json!(null)),
        with("region", json!("WY")),
        with("region", json!("")),
        with("capabilities", json!(null)),
        with("capabilities", json!({"voice": "true", "sms": 1})),
        with("phone_number", json!(null)),
        with("phone_number", json!("72345")),
        with("phone_number", json!("9705551234")),
    ];
    bad.extend(["+13035551234", "+19706661234", "+19705559999", "+19701555234"].map(row));
    let wanted = Wanted {
        area_code: Some("970".into()),
        city: Some("FORT COLLINS".into()),
        state: Some("Colorado".into()),
        contains: Some("51".into()),
        starts_with: Some("970555".into()),
        ends_with: Some("34".into()),
        features: Features { voice: true, sms: true, ..Features::default() },
        ..wanted("US")
    };
    bad.push(good_one());
    bad.push(good_one());
    assert_eq!(search(&wanted, vec![prices(&["local"]), stock(&bad)]).0, ["+19705551234"]);
    // Nobody says that a number reaches emergency services, and so nobody is asked.
    let emergency = Wanted { features: Features { emergency: true, ..Features::default() }, ..wanted };
    assert!(search(&emergency, vec![]).0.is_empty());
}

#[test]
fn other_kinds_are_asked_for_until_there_are_enough() {
    let all = || prices(&["national", "toll free", "mobile", "local", "pigeon"]);
    let three = Wanted { limit: 3, ..wanted("US") };
    let answers = vec![
        all(),
        stock(&[row("+19705550001")]),
        // The country has none of these after all.
        missing(),
        stock(&[row("+18005550001"), row("+18005550002"), row("+18005550003")]),
    ];
    let (found, asked) = search(&three, answers);
    assert_eq!(found, ["+19705550001", "+18005550001", "+18005550002"]);
    assert_eq!(asked, ["US/Local.json?PageSize=3", "US/Mobile.json?PageSize=3", "US/TollFree.json?PageSize=3"]);
    let national = Wanted { number_type: Some(NumberType::National), ..three.clone() };
    assert_eq!(search(&national, vec![all(), stock(&[])]).1, ["US/National.json?PageSize=3"]);
    // Those that are of no place are not in a city.
    let city = Wanted { city: Some("Fort Collins".into()), ..three.clone() };
    assert_eq!(search(&city, vec![all(), stock(&[]), missing()]).1.len(), 2);
    assert!(search(&Wanted { limit: 0, ..three }, vec![]).0.is_empty());
}

#[test]
fn what_has_no_price_is_not_offered() {
    let us = wanted("US");
    assert!(search(&us, vec![missing()]).0.is_empty());
    assert!(search(&us, vec![prices(&[])]).0.is_empty());
    for (unit, price) in [
        (json!("USD"), json!(null)),
        (json!("USD"), json!("free")),
        (json!("USD"), json!("-1.00")),
        (json!("USD"), json!("1.00001")),
        (json!(null), json!("1.00")),
    ] {
        let rows = json!([{"number_type": "local", "current_price": price}]);
        let prices = good(&json!({"price_unit": unit, "phone_number_prices": rows}));
        assert!(search(&us, vec![prices]).0.is_empty(), "{unit} {price}");
    }
    for country in ["", "us", "U", "USA", "U/", "..", "ÜÖ"] {
        assert!(search(&wanted(country), vec![]).0.is_empty(), "{country}");
    }
}

#[test]
fn one_number_is_looked_for_in_its_country() {
    let exactly = |number: &str| Wanted { exactly: Some(e164(number)), limit: 1, ..Wanted::default() };
    let sold = || prices(&["local", "toll free"]);
    let near = stock(&[row("+19705550002"), row("+19705550001")]);
    let (found, asked) = search(&exactly("+19705550001"), vec![sold(), near]);
    assert_eq!(found, ["+19705550001"]);
    assert_eq!(asked, ["US/Local.json?Contains=%2B19705550001&PageSize=1"]);
    // It is free to call, and may be of either country.
    let free = |country: &str| {
        let mut row = row("+18005550001");
        row["iso_country"] = json!(country);
        row
    };
    let (found, asked) = search(&exactly("+18005550001"), vec![sold(), stock(&[]), sold(), stock(&[free("CA")])]);
    assert_eq!(found, ["+18005550001"]);
    let query = "TollFree.json?Contains=%2B18005550001&PageSize=1";
    assert_eq!(asked, [format!("US/{query}"), format!("CA/{query}")]);
    // It is of no country.
    assert!(search(&exactly("+80012345678"), vec![]).0.is_empty());
}

#[test]
fn a_search_that_was_not_answered_found_not_nothing() {
    for (answers, is_busy) in [
        (vec![answer("500 No", ""), answer("500 No", ""), answer("500 No", "")], false),
        (vec![prices(&["local"]), answer("200 OK", "{}")], false),
        (vec![prices(&["local"]), answer("200 OK", r#"{"available_phone_numbers":[{]}"#)], false),
        (vec![prices(&["local"]), answer("429 No", ""), answer("429 No", ""), answer("429 No", "")], true),
    ] {
        let script = Script::of(answers);
        let found = script.twilio().search(&wanted("US"));
        assert!(
            if is_busy { found == Err(Trouble::Busy) } else { matches!(found, Err(Trouble::Unknown(_))) },
            "{found:?}"
        );
        script.asked();
    }
    let script = Script::of(vec![refused(401, 20003, "Authenticate")]);
    assert_eq!(refusal(script.twilio().search(&wanted("US"))), Refusal::Credentials);
    script.asked();
    // A 404 that Twilio did not write says nothing of its stock.
    let script = Script::of(vec![answer("404 Not Found", "<html>")]);
    assert_eq!(refusal(script.twilio().search(&wanted("US"))), Refusal::Other);
    script.asked();
}
