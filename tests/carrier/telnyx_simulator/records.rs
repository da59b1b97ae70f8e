//! The calls and messages that the simulated Telnyx tells of.

use serde_json::{Value, json};

use super::{Telnyx, is};

/// A number that was used before, and just now.
fn used(telnyx: &Telnyx) -> String {
    let (_, ours) = telnyx.bought();
    for (kind, from, to, at) in [
        ("call", "+13035550100", &*ours, json!("2025-01-15T12:00:00Z")),
        ("call", &ours, "+13035550101", json!(1_736_942_460_000_000_i64)),
        ("message", "+13035550102", &ours, json!("2025-01-14T08:00:00Z")),
        ("message", "+13035550103", &ours, json!("2025-01-16")),
    ] {
        telnyx.done("POST", "/uses", &json!({"kind": kind, "from": from, "to": to, "at": at, "seconds": 61}));
    }
    let now = linekeeper::clock::Clock::System.now();
    let at = json!({"kind": "call", "from": ours, "to": "+1", "at": now.0, "record_type": "call-control"});
    telnyx.done("POST", "/uses", &at);
    ours
}

#[test]
fn telnyx_tells_of_calls_and_messages() {
    let telnyx = Telnyx::new();
    let ours = used(&telnyx);
    let list = |query: &str| telnyx.get(&format!("/v2/detail_records?filter[record_type]={query}"));
    let calls = list("sip-trunking");
    let [late, early] = &calls["data"].as_array().unwrap()[..] else { panic!("two calls: {calls}") };
    assert_eq!((&late["cli"], &late["direction"]), (&json!(ours), &json!("outbound")));
    assert_eq!(
        (&late["started_at"], &late["finished_at"]),
        (&json!("2025-01-15T12:01:00Z"), &json!("2025-01-15T12:02:01Z"))
    );
    assert_eq!(
        (&early["cld"], &early["direction"], &early["billed_sec"]),
        (&json!(ours), &json!("inbound"), &json!(120))
    );
    let count = |query: &str| list(query)["meta"]["total_results"].as_u64().unwrap();
    let number = ours.replace('+', "%2B");
    for (query, expected) in [
        ("messaging", 2),
        ("messaging&filter[created_at][gte]=2025-01-15", 1),
        ("messaging&filter[created_at][lt]=2025-01-15", 1),
        ("messaging&filter[created_at][gte]=2025-01-14T08:00:00Z&filter[created_at][lt]=2025-01-16", 1),
        ("messaging&filter[direction]=inbound", 2),
        ("messaging&filter[cli][ends_with]=0103", 1),
        ("messaging&filter[date_range]=today", 0),
        ("sip-trunking&filter[started_at][gt]=2025-01-15T12:00:00Z", 1),
        (&*format!("sip-trunking&filter[cld]={number}"), 1),
        ("call-control&filter[date_range]=today", 1),
        ("call-control&filter[date_range]=last_7_days", 1),
        ("call-control&filter[date_range]=this_week", 1),
        ("call-control&filter[date_range]=this_month", 1),
        ("call-control&filter[date_range]=last_month", 0),
        ("call-control&filter[date_range]=yesterday", 0),
        ("webrtc", 0),
    ] {
        assert_eq!(count(query), expected, "{query}");
    }
    let sorted = list("messaging&sort=created_at&page[size]=1");
    assert_eq!((&sorted["data"][0]["cli"], &sorted["meta"]["total_pages"]), (&json!("+13035550102"), &json!(2)));
}

#[test]
fn telnyx_refuses_what_its_records_do_not_have() {
    let telnyx = Telnyx::new();
    assert_eq!(telnyx.refused("GET", "/v2/detail_records", &Value::Null), is(400, "10004"));
    for query in [
        "pigeons",
        "sip-trunking&filter[created_at][gte]=2025-01-15",
        "messaging&filter[started_at][gte]=2025-01-15",
        "messaging&filter[cli][sounds_like]=1",
        "messaging&filter[date_range]=sometimes",
        "messaging&sort=started_at",
        "messaging&page[size]=51",
    ] {
        let path = format!("/v2/detail_records?filter[record_type]={query}");
        assert_eq!(telnyx.refused("GET", &path, &Value::Null), is(400, "10015"), "{query}");
    }
}
