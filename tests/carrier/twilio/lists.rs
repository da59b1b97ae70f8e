//! Lists: the account's numbers, what they cost, and the logs, each read to its end.

use linekeeper::carrier::{Port, Price, Rented, Traced, Traits, Trouble, Use};
use linekeeper::model::{Features, Money, NumberType, Route, Timestamp};
use serde_json::{Value, json};

use super::{PN, SID, Script, answer, good, missing, number, numbers};
use crate::house::{e164, order, route};

const LIST: &str = "/IncomingPhoneNumbers.json";

fn page(rows: &[Value], next: &str) -> Vec<u8> {
    good(&json!({"incoming_phone_numbers": rows, "next_page_uri": next, "page": 0, "end": 49}))
}

fn next(query: &str) -> String {
    format!("/2010-04-01/Accounts/{SID}{LIST}?{query}")
}

#[test]
fn a_listing_is_read_to_its_end() {
    let (one, two, three) =
        (number("PN1", "+19705550001"), number("PN2", "+19705550002"), number("PN3", "+442079460003"));
    let script = Script::of(vec![
        page(std::slice::from_ref(&one), &next("PageSize=1000&Page=1&PageToken=PAPN1")),
        // It slid to the next page while this was read.
        page(&[one, two], &next("PageSize=1000&Page=2&PageToken=PAPN2")),
        numbers(&[number("PN9", "72345"), three]),
    ]);
    let owned = script.twilio().owned(None).unwrap();
    let ids = owned.iter().map(|rented| rented.carrier_number_id.as_str()).collect::<Vec<_>>();
    assert_eq!(ids, ["PN1", "PN2", "PN3"]);
    assert_eq!(owned[0].traits.country.as_deref(), Some("US"));
    assert_eq!(owned[2].traits.country.as_deref(), Some("GB"));
    assert_eq!(
        script.lines(),
        [
            format!("GET {LIST}?PageSize=1000"),
            format!("GET {LIST}?PageSize=1000&Page=1&PageToken=PAPN1"),
            format!("GET {LIST}?PageSize=1000&Page=2&PageToken=PAPN2"),
        ]
    );
}

#[test]
fn a_listing_goes_on_nowhere_else() {
    let own = next("Page=1");
    for elsewhere in [
        "https://elsewhere.example/2010-04-01/Accounts",
        "http://127.0.0.1:1/?",
        "//elsewhere.example/?",
        "@elsewhere.example/?",
        ":80@elsewhere.example/?",
        ".elsewhere.example/?",
        "\\\\elsewhere.example/?",
        "/2010-04-01/Accounts.json?Page=1",
        "IncomingPhoneNumbers.json?Page=1",
        &own.replace(SID, &SID.replace('a', "b")),
        &own.replace(LIST, "/Messages.json"),
        &own.replace(LIST, "/IncomingPhoneNumbers.json/../../x"),
        own.split_once('?').unwrap().0,
    ] {
        let script = Script::of(vec![page(&[number(PN, "+19705550001")], elsewhere)]);
        let owned = script.twilio().owned(None);
        assert!(matches!(owned, Err(Trouble::Unknown(_))), "{elsewhere}: {owned:?}");
        script.asked();
    }
}

#[test]
fn a_listing_that_goes_in_a_circle_is_none() {
    let (one, two) = (next("Page=1"), next("Page=2"));
    let script = Script::of(vec![page(&[], &one), page(&[], &two), page(&[], &one)]);
    assert!(matches!(script.twilio().owned(None), Err(Trouble::Unknown(_))));
    script.asked();
}

#[test]
fn a_listing_with_a_broken_page_is_none() {
    let first = || page(&[number(PN, "+19705550001")], &next("Page=1"));
    let failed = || answer("503 Service Unavailable", "");
    let busy = || answer("429 Too Many Requests", "");
    let nothing = json!({"incoming_phone_numbers": [{"sid": null, "phone_number": "+19705550002"}]});
    for (rest, is_busy) in [
        (vec![failed(), failed(), failed()], false),
        (vec![busy(), busy(), busy()], true),
        (vec![vec![], vec![], vec![]], false),
        (vec![answer("200 OK", r#"{"incoming_phone_numbers":["#)], false),
        (vec![answer("200 OK", r#"{"incoming_phone_numbers":null}"#)], false),
        (vec![good(&nothing)], false),
        (vec![answer("302 Found\r\nlocation: /", "")], false),
    ] {
        let script = Script::of([vec![first()], rest].concat());
        let owned = script.twilio().owned(None);
        assert_eq!(owned == Err(Trouble::Busy), is_busy, "{owned:?}");
        assert!(is_busy || matches!(owned, Err(Trouble::Unknown(_))), "{owned:?}");
        script.asked();
    }
    let script = Script::of(vec![first(), missing()]);
    assert!(script.twilio().owned(None).is_err());
    script.asked();
}

#[test]
fn a_question_is_asked_again_where_it_was_not_answered() {
    let found = numbers(&[number(PN, "+19705550001")]);
    let script = Script::of(vec![answer("500 No", ""), vec![], found]);
    assert_eq!(script.twilio().owned(None).unwrap().len(), 1);
    script.asked();
}

#[test]
fn one_number_is_asked_for_by_its_digits_and_none_else_is_taken_for_it() {
    let (asked, other) = (e164("+19705550001"), number("PN2", "+197055500012"));
    let script = Script::of(vec![numbers(&[other.clone(), number(PN, asked.as_str())])]);
    assert_eq!(script.twilio().owned(Some(&asked)).unwrap()[0].carrier_number_id, PN);
    assert_eq!(script.lines(), [format!("GET {LIST}?PhoneNumber=%2B19705550001&PageSize=1000")]);
    let script = Script::of(vec![numbers(&[other])]);
    assert_eq!(script.twilio().trace(&asked, order(1)), Ok(Traced::Nothing));
    script.asked();
    let script = Script::of(vec![numbers(&[number(PN, asked.as_str())])]);
    assert!(matches!(script.twilio().trace(&asked, order(1)), Ok(Traced::Rented(_))));
    script.asked();
}

#[test]
fn what_twilio_says_of_a_number_is_read_as_far_as_it_goes() {
    let mut row = number(PN, "+18005550001");
    row["capabilities"] = json!({"Voice": true, "SMS": true, "mms": false, "pigeon": true, "fax": null});
    row["voice_application_sid"] = json!("AP1");
    row["trunk_sid"] = json!("TK1");
    row["sms_url"] = json!("https://sms.example/");
    let bare = json!({"sid": "PN2", "phone_number": "+4930123456", "capabilities": null, "type": "national"});
    let script = Script::of(vec![numbers(&[row, bare])]);
    let owned = script.twilio().owned(None).unwrap();
    script.asked();
    let features = Features { voice: true, sms: true, ..Features::default() };
    let traits = Traits {
        friendly_name: Some("(970) 555-1234".into()),
        number_type: Some(NumberType::TollFree),
        // Such numbers are of the United States and of Canada.
        country: None,
        features: Some(features),
    };
    assert_eq!(owned[0].traits, traits);
    let there = Route {
        sms_url: Some("https://sms.example/".into()),
        application_id: Some("AP1".into()),
        trunk_id: Some("TK1".into()),
        ..route("https://demo.twilio.com/welcome/voice/")
    };
    assert_eq!(owned[0].route, there);
    let traits = Traits { number_type: Some(NumberType::National), country: Some("DE".into()), ..Traits::default() };
    assert_eq!((&owned[1].traits, &owned[1].route), (&traits, &Route::default()));
}

#[test]
fn what_a_number_costs_is_told_where_only_one_price_can_be_its() {
    let rented = |number: &str, number_type| Rented {
        phone_number: e164(number),
        carrier_number_id: "PN1".into(),
        route: Route::default(),
        traits: Traits { number_type, ..Traits::default() },
    };
    let prices = |unit: &str, rows: &[(&str, Value)]| {
        let rows =
            rows.iter().map(|(kind, price)| json!({"number_type": kind, "current_price": price, "base_price": "9"}));
        good(&json!({"price_unit": unit, "phone_number_prices": rows.collect::<Vec<_>>()}))
    };
    let script = Script::of(vec![
        prices("usd", &[("local", json!("1.15000")), ("toll free", json!("2.15"))]),
        prices("USD", &[("local", json!(1.15)), ("toll free", json!(2.15))]),
        prices("GBP", &[("local", json!("1.00")), ("mobile", json!("2.00"))]),
        missing(),
        missing(),
        missing(),
        prices("EUR", &[("national", json!("3"))]),
    ]);
    let costs = script.twilio().monthly_costs(&[
        rented("+19705550001", None),
        // Both countries that have such numbers ask the same.
        rented("+18005550001", None),
        rented("+19705550002", Some(NumberType::Local)),
        rented("+442079460001", None),
        rented("+442079460002", Some(NumberType::Mobile)),
        rented("+4930123456", None),
        rented("+4930123457", Some(NumberType::Local)),
        rented("+80012345678", None),
    ]);
    let price = |amount, currency: &str| Some(Price { amount: Money(amount), currency: currency.into() });
    let (local, mobile) = (price(11_500, "USD"), price(20_000, "GBP"));
    let known = [local.clone(), price(21_500, "USD"), local, None, mobile, price(30_000, "EUR"), None, None];
    assert_eq!(costs.unwrap(), known);
    let countries = ["US", "CA", "GB", "GG", "IM", "JE", "DE"];
    assert_eq!(script.lines(), countries.map(|country| format!("GET /v1/PhoneNumbers/Countries/{country}")));
    let script = Script::of(vec![answer("403 No", "")]);
    assert!(script.twilio().monthly_costs(&[rented("+19705550001", None)]).is_err());
    script.asked();
}

#[test]
fn the_logs_tell_which_numbers_are_used() {
    let since = "2025-01-15T12:00:00Z".parse::<Timestamp>().unwrap();
    let calls = json!([
        {"from": "+19705550001", "to": "client:alice", "start_time": "Wed, 15 Jan 2025 12:00:00 +0000", "duration": "1"},
        {"from": "72345", "to": "+19705550002", "start_time": null, "date_created": "Wed, 15 Jan 2025 13:00:00 +0000"},
        {"from": "+19705550003", "to": "+19705550004", "start_time": "Wed, 15 Jan 2025 11:59:59 +0000"},
    ]);
    let more = json!({"calls": [{"from": null, "to": null, "start_time": "Wed, 15 Jan 2025 15:00:00 +0000"}]});
    let texts = json!([
        {"from": "+19705550005", "to": "whatsapp:+19705550006", "date_sent": "Wed, 15 Jan 2025 14:00:00 +0000", "body": "é"},
        {"from": "ACME", "to": "sip:a@b", "date_sent": null, "date_created": "Wed, 15 Jan 2025 14:00:00 +0000"},
    ]);
    let turn =
        format!("/2010-04-01/Accounts/{SID}/Calls.json?StartTime%3E=2025-01-15&PageSize=1000&Page=1&PageToken=PACA1");
    let script = Script::of(vec![
        good(&json!({"calls": calls, "next_page_uri": turn})),
        good(&more),
        good(&json!({"messages": texts, "next_page_uri": null})),
    ]);
    let used = script.twilio().used_since(since).unwrap().unwrap();
    let at =
        |number: &str, hours: i64| Use { phone_number: e164(number), at: Timestamp(since.0 + hours * 3_600_000_000) };
    assert_eq!(used, [at("+19705550001", 0), at("+19705550002", 1), at("+19705550005", 2), at("+19705550006", 2)]);
    assert_eq!(
        script.lines(),
        [
            "GET /Calls.json?StartTime%3E=2025-01-15&PageSize=1000",
            "GET /Calls.json?StartTime%3E=2025-01-15&PageSize=1000&Page=1&PageToken=PACA1",
            "GET /Messages.json?DateSent%3E=2025-01-15&PageSize=1000",
        ]
    );
}

#[test]
fn a_log_that_cannot_be_read_to_its_end_is_none() {
    let since = "2025-01-15T12:00:00Z".parse::<Timestamp>().unwrap();
    let calls = || good(&json!({"calls": []}));
    let timeless = |at: Value| good(&json!({"calls": [{"from": "+19705550001", "to": "x", "start_time": at}]}));
    for answers in [
        vec![calls(), answer("200 OK", "{}")],
        vec![calls(), answer("500 No", ""), answer("500 No", ""), answer("500 No", "")],
        vec![timeless(json!(null))],
        vec![timeless(json!("2025-01-15T12:00:00Z"))],
        vec![timeless(json!("yesterday"))],
    ] {
        let script = Script::of(answers);
        let used = script.twilio().used_since(since);
        assert!(matches!(used, Err(Trouble::Unknown(_))), "{used:?}");
        script.asked();
    }
}
