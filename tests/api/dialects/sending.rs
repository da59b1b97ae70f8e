//! Messages by agentphone: sending them, once, and walking through them.

use serde_json::{Value, json};

use super::Office;
use super::verbs::{agent, bought, status};
use crate::shop::{PLAIN, ROUTED};

#[test]
fn messages_are_walked_by_their_microseconds() {
    let office = Office::open();
    let number = bought(&office);
    let send = |body: &str| {
        let body = json!({"number_id": number["id"], "to_number": "+15005550006", "body": body});
        office.done(&office.bearer(), "POST", "/v1/messages", Some(&body))
    };
    for place in 0..9 {
        let sent = send(&format!("message {place}"));
        assert_eq!((&sent["status"], &sent["from_number"]), (&json!("delivered"), &number["phoneNumber"]));
    }
    // Many at one moment are stored a microsecond apart.
    let path = format!("/v1/numbers/{}/messages", number["id"].as_str().unwrap());
    let (mut seen, mut before) = (Vec::new(), String::new());
    loop {
        let page = office.done(&office.bearer(), "GET", &format!("{path}?limit=2{before}"), None);
        let rows = page["data"].as_array().unwrap().clone();
        before = format!("&before={}", rows.last().unwrap()["receivedAt"].as_str().unwrap());
        seen.extend(rows.iter().map(|row| row["body"].as_str().unwrap().to_owned()));
        if page["hasMore"] == false {
            break;
        }
    }
    assert_eq!(seen, (0..9).rev().map(|place| format!("message {place}")).collect::<Vec<_>>());
    let all = office.done(&office.bearer(), "GET", &path, None);
    let fifth = all["data"][4]["receivedAt"].as_str().unwrap();
    let after = office.done(&office.bearer(), "GET", &format!("{path}?after={fifth}"), None);
    assert_eq!(after["data"].as_array().unwrap().len(), 4);
}

#[test]
fn a_message_goes_from_the_number_that_is_named_or_the_agents_own() {
    let office = Office::open();
    let number = bought(&office);
    let send = |body: Value| status(&office, "POST", "/v1/messages", &body);
    let to = "+15005550006";
    assert_eq!(send(json!({"to_number": to, "body": "x"})).0, 422, "who sends it?");
    assert_eq!(send(json!({"agent_id": agent(PLAIN), "to_number": to, "body": "x"})), (409, "CONFLICT".into()));
    let attached = json!({"numberId": number["id"]});
    office.done(&office.bearer(), "POST", &format!("/v1/agents/{}/numbers", agent(PLAIN)), Some(&attached));
    assert_eq!(send(json!({"agent_id": agent(PLAIN), "to_number": to, "body": "x"})).0, 200);
    assert_eq!(send(json!({"from_number": number["phoneNumber"], "to_number": to, "body": "x"})).0, 200);
    assert_eq!(
        send(json!({"agent_id": agent(ROUTED), "number_id": number["id"], "to_number": to, "body": "x"})).0,
        409
    );
    assert_eq!(
        send(json!({"number_id": number["id"], "from_number": number["phoneNumber"], "to_number": to, "body": "x"})).0,
        422
    );
    assert_eq!(send(json!({"number_id": number["id"], "body": "x"})).0, 422);
    assert_eq!(send(json!({"number_id": number["id"], "to_number": to})).0, 422, "nothing to say");
    assert_eq!(send(json!({"number_id": number["id"], "recipients": [to], "body": "x"})).0, 422);
    assert_eq!(
        send(json!({"number_id": number["id"], "to_number": to, "body": "x", "media_urls": ["ftp://x"]})).0,
        422
    );
    assert_eq!(send(json!({"number_id": number["id"], "to_number": "grp_123", "body": "x"})).0, 422);
    assert_eq!(send(json!({"number_id": number["id"], "to_number": "a@b.example", "body": "x"})).0, 422);
    assert_eq!(
        send(json!({"number_id": number["id"], "to_number": to, "body": "x", "media_urls": ["https://x\u{0}"]})).0,
        422
    );
    let path = format!("/v1/numbers/{}/messages", number["id"].as_str().unwrap());
    let sent = || office.done(&office.bearer(), "GET", &path, None)["data"].as_array().unwrap().len();
    assert_eq!(sent(), 2);
    // A repeat sends nothing, and is answered with the message.
    let repeated = |key: &str, body: &Value| {
        let headers = office.bearer().into_iter().chain([("idempotency-key", key.to_owned())]).collect();
        office.ask(&headers, "POST", "/v1/messages", Some(body))
    };
    let body = json!({"number_id": number["id"], "to_number": "(500) 555-0006", "body": "once"});
    let first = repeated("m", &body);
    assert_eq!(
        (first.status, first.header("idempotency-replayed"), &first.json()["to_number"]),
        (200, None, &json!(to))
    );
    let again = repeated("m", &body);
    assert_eq!((again.json(), again.header("idempotency-replayed")), (first.json(), Some("true")));
    assert_eq!(repeated("m", &json!({"number_id": number["id"], "to_number": to, "body": "other"})).status, 422);
    assert_eq!(sent(), 3);
}
