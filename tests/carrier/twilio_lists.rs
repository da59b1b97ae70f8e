//! Long lists of the simulator in Twilio's shape, what lasts over its end, and what it does wrong when it is told to.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use linekeeper::carrier::Rented;
use linekeeper::carrier::simulator::Simulator;
use linekeeper::model::Route;
use serde_json::{Value, json};

use crate::house::{SEED, e164, post};
use crate::twilio_house::{Twilio, refused, text};

/// Every row of a list, page by page.
fn all(twilio: &Twilio, path: &str, name: &str) -> Vec<Value> {
    let (mut next, mut rows, mut number) = (Some(path.to_owned()), Vec::new(), 0);
    while let Some(path) = next {
        let page = twilio.get(&path);
        let found = page[name].as_array().unwrap();
        assert_eq!((&page["page"], page.get("total")), (&json!(number), None), "{path}");
        assert_eq!(
            page["end"].as_u64().unwrap(),
            page["start"].as_u64().unwrap() + found.len().saturating_sub(1) as u64
        );
        rows.extend(found.iter().cloned());
        next = page["next_page_uri"].as_str().map(str::to_owned);
        number += 1;
    }
    rows
}

/// A simulator that has so many numbers already, from elsewhere.
fn with_numbers(count: usize) -> Twilio {
    let directory = tempfile::tempdir().unwrap();
    let rented = |at: usize| Rented {
        traits: linekeeper::carrier::Traits::default(),
        phone_number: e164(&format!("+1970{at:07}")),
        carrier_number_id: format!("ported-{at}"),
        route: Route::default(),
    };
    let simulator = Simulator::open(directory.path(), SEED).unwrap();
    simulator.port_in(&(0..count).map(rented).collect::<Vec<_>>()).unwrap();
    drop(simulator);
    Twilio::at(directory)
}

#[test]
fn a_listing_is_read_to_its_end_over_many_pages() {
    let twilio = with_numbers(2345);
    for size in [1000, 50, 999] {
        let rows = all(&twilio, &format!("IncomingPhoneNumbers.json?PageSize={size}"), "incoming_phone_numbers");
        let sids = rows.iter().map(|row| text(row, "sid")).collect::<BTreeSet<_>>();
        assert_eq!((rows.len(), sids.len()), (2345, 2345), "{size}");
    }
    let page = twilio.get("IncomingPhoneNumbers.json");
    assert_eq!((&page["page_size"], page["incoming_phone_numbers"].as_array().unwrap().len()), (&json!(50), 50));
    twilio.refuses("GET", "IncomingPhoneNumbers.json?PageSize=1001", &[], 400, 20007);
    twilio.refuses("GET", "IncomingPhoneNumbers.json?PageToken=PAnonsense", &[], 400, 21481);
    twilio.refuses("GET", "Addresses.json?PageToken=PAnonsense", &[], 400, 21481);

    // What is given back or bought meanwhile neither ends the listing nor doubles a row.
    let page = twilio.get("IncomingPhoneNumbers.json?PageSize=1000");
    let rows = page["incoming_phone_numbers"].as_array().unwrap();
    assert_eq!(twilio.release(rows.last().unwrap()).0, 204);
    twilio.bought(&twilio.any("US/Local.json?AreaCode=212"));
    let rest = all_behind(&twilio, &page);
    assert_eq!(rest.len(), 1345);
    // A page that is full and the last has none behind it.
    let exact = twilio.get("IncomingPhoneNumbers.json?PhoneNumber=%2B1970000000*&PageSize=10");
    assert_eq!(
        (exact["incoming_phone_numbers"].as_array().unwrap().len(), &exact["next_page_uri"]),
        (10, &Value::Null)
    );
}

fn all_behind(twilio: &Twilio, page: &Value) -> Vec<Value> {
    let (mut next, mut rows) = (page["next_page_uri"].as_str().map(str::to_owned), Vec::new());
    while let Some(path) = next {
        let page = twilio.get(&path);
        rows.extend(page["incoming_phone_numbers"].as_array().unwrap().iter().cloned());
        next = page["next_page_uri"].as_str().map(str::to_owned);
    }
    rows
}

#[test]
fn a_listing_may_be_of_some_numbers_only() {
    let twilio = with_numbers(1200);
    let named = twilio.get("IncomingPhoneNumbers.json?PageSize=1")["incoming_phone_numbers"][0].clone();
    assert_eq!(twilio.update(&named, &[("FriendlyName", "Front desk & more")]).0, 200);
    for (query, count) in [
        ("PhoneNumber=%2B19700000007", 1),
        ("PhoneNumber=%2B19700009999", 0),
        ("PhoneNumber=000001", 111),
        ("PhoneNumber=000****7&PageSize=7", 120),
        ("FriendlyName=Front%20desk%20%26%20more&PageSize=3", 1),
        ("FriendlyName=(970)%20000-0005", 1),
        ("FriendlyName=front", 0),
    ] {
        let rows = all(&twilio, &format!("IncomingPhoneNumbers.json?{query}"), "incoming_phone_numbers");
        assert_eq!(rows.len(), count, "{query}");
    }
}

#[test]
fn everything_is_as_it_was_after_a_restart() {
    let twilio = with_numbers(3);
    let number = twilio.any("US/TollFree.json");
    let form =
        [("PhoneNumber", number.as_str()), ("VoiceUrl", "https://v.example"), ("StatusCallback", "https://c.example")];
    let (_, bought) = twilio.buy(&form);
    let (_, bought) = twilio.update(&bought, &[("FriendlyName", "Sales"), ("VoiceMethod", "GET")]);
    let before = twilio.get("IncomingPhoneNumbers.json");
    let twilio = twilio.restarted();
    assert_eq!(twilio.get("IncomingPhoneNumbers.json"), before);
    assert_eq!(twilio.get(bought["uri"].as_str().unwrap()), bought);
    assert_eq!((&bought["voice_method"], &bought["status_callback"]), (&json!("GET"), &json!("https://c.example")));
    assert_eq!(bought["type"], json!("toll-free"));
    for row in before["incoming_phone_numbers"].as_array().unwrap() {
        assert_eq!(twilio.release(row).0, 204, "{row}");
    }
}

#[test]
fn what_goes_wrong_to_order_goes_wrong_in_twilios_shape() {
    let twilio = Twilio::start();
    let number = twilio.any("US/Local.json");
    let owned = twilio.bought(&number);
    let uri = text(&owned, "uri");
    let buy = [("PhoneNumber", "+15005550006")];
    let (none, named) = ([].as_slice(), [("FriendlyName", "x")]);
    let requests = [
        ("search", "GET", "AvailablePhoneNumbers/US/Local.json", none),
        ("acquire", "POST", "IncomingPhoneNumbers.json", buy.as_slice()),
        ("configure", "POST", &uri, named.as_slice()),
        ("owned", "GET", "IncomingPhoneNumbers.json", none),
        ("owned", "GET", &uri, none),
        ("release", "DELETE", &uri, none),
    ];
    for (deed, method, path, form) in requests {
        let deeds = twilio.ledger().len();
        for (fault, status, code) in [("refuse", 400, 20422), ("busy", 429, 20429)] {
            twilio.control("/faults", &json!({"deed": deed, "fault": fault, "times": 1}));
            refused(twilio.ask(method, path, form), status, code);
        }
        for fault in ["drop_before", "hang"] {
            twilio.control("/faults", &json!({"deed": deed, "fault": fault, "times": 1}));
            assert!(twilio.hangs_up(method, path, form), "{deed} {fault}");
        }
        assert_eq!(twilio.ledger().len(), deeds, "{deed}: nothing was done");
    }
    twilio.control("/faults", &json!({"deed": "acquire", "fault": "fail_after", "times": 1}));
    refused(twilio.buy(&buy), 500, 20500);
    twilio.control("/faults", &json!({"deed": "release", "fault": "drop_after", "times": 1}));
    assert!(twilio.hangs_up("DELETE", &uri, &[]));
    let listed = twilio.get("IncomingPhoneNumbers.json");
    assert_eq!(listed["incoming_phone_numbers"].as_array().unwrap().len(), 1, "one was bought, one given back");
    // A purchase that arrives twice is done twice, which is the same number still.
    twilio.control("/faults", &json!({"deed": "acquire", "fault": "duplicate", "times": 1}));
    assert_eq!(twilio.buy(&buy).0, 201);
    // One that names an area only is of two numbers.
    twilio.control("/faults", &json!({"deed": "acquire", "fault": "duplicate", "times": 1}));
    assert_eq!(twilio.buy(&[("AreaCode", "970")]).0, 201);
    assert_eq!(twilio.get("IncomingPhoneNumbers.json?PhoneNumber=%2B1970")["end"], json!(1));
    twilio.control("/faults", &json!({"deed": "owned", "fault": "slow", "delay_ms": 300, "times": 1}));
    let began = Instant::now();
    twilio.get("IncomingPhoneNumbers.json");
    assert!(began.elapsed() >= Duration::from_millis(300));
    assert_eq!(post(&twilio.server.base_url, "/faults", &json!({"deed": "dance"})).0, 400);
}

#[test]
fn calls_and_messages_are_listed_as_somebody_has_said() {
    let twilio = Twilio::start();
    twilio.bought("+15005550006");
    let (ours, theirs) = ("+15005550006", "+19705551234");
    let at = |day: u32| format!("2026-01-{day:02}T12:00:00Z");
    let told =
        (1..=9).map(|day| json!({"kind": "call", "from": theirs, "to": ours, "at": at(day)})).collect::<Vec<_>>();
    twilio.control("/uses", &json!(told));
    twilio.control("/uses", &json!({"kind": "message", "from": ours, "to": theirs, "at": 1_767_960_000_000_000_i64}));
    let calls = all(&twilio, "Calls.json?PageSize=4", "calls");
    assert_eq!(calls.len(), 9);
    assert_eq!(calls[0]["start_time"], json!("Fri, 09 Jan 2026 12:00:00 +0000"), "the newest first");
    assert_eq!((&calls[0]["direction"], &calls[0]["to"]), (&json!("inbound"), &json!(ours)));
    for (query, count) in [
        ("StartTime%3E=2026-01-07", 3),
        ("StartTime%3C=2026-01-07", 6),
        ("StartTime=2026-01-07", 1),
        ("StartTime%3E=2026-01-07T12:00:00Z", 3),
        ("StartTime%3E=2026-01-07T12:00:01Z", 2),
        ("StartTime%3E=2026-01-03&StartTime%3C=2026-01-06&PageSize=2", 3),
        ("To=%2B15005550006", 9),
        ("From=%2B15005550006", 0),
    ] {
        assert_eq!(all(&twilio, &format!("Calls.json?{query}"), "calls").len(), count, "{query}");
    }
    twilio.refuses("GET", "Calls.json?StartTime%3E=yesterday", &[], 400, 20422);
    let messages = all(&twilio, "Messages.json?DateSent%3E=2026-01-09", "messages");
    assert_eq!(
        (messages.len(), &messages[0]["direction"], &messages[0]["from"]),
        (1, &json!("outbound-api"), &json!(ours))
    );
    assert_eq!(messages[0]["date_sent"], json!("Fri, 09 Jan 2026 12:00:00 +0000"));
    assert_eq!(all(&twilio, "Messages.json?DateSent%3C=2026-01-09", "messages").len(), 1);
    assert!(all(&twilio, "Messages.json?DateSent%3C=2026-01-08", "messages").is_empty());
    let wrong = json!([told[0], {"kind": "call", "from": ours, "to": ours, "at": "noon"}]);
    refused(post(&twilio.server.base_url, "/uses", &wrong), 400, 20422);
    assert_eq!(all(&twilio, "Calls.json", "calls").len(), 9, "all or nothing");
}

#[test]
fn prices_are_those_that_the_stock_is_sold_at() {
    let twilio = Twilio::start();
    let listed = twilio.get("/v1/PhoneNumbers/Countries");
    assert_eq!(listed["countries"].as_array().unwrap().len(), 6);
    assert_eq!((&listed["meta"]["key"], &listed["meta"]["next_page_url"]), (&json!("countries"), &Value::Null));
    let country = twilio.get("/v1/PhoneNumbers/Countries/us");
    let price = |kind: &str, price: &str| json!({"number_type": kind, "base_price": price, "current_price": price});
    assert_eq!(country["phone_number_prices"], json!([price("local", "1.15"), price("toll free", "2.15")]));
    assert_eq!((&country["country"], &country["price_unit"]), (&json!("United States"), &json!("USD")));
    let germany = twilio.get("/v1/PhoneNumbers/Countries/DE");
    assert_eq!(germany["phone_number_prices"][1], price("toll free", "18.00"));
    let message = twilio.refuses("GET", "/v1/PhoneNumbers/Countries/XX", &[], 404, 20404);
    assert_eq!(message, "The requested resource /PhoneNumbers/Countries/XX was not found");
}
