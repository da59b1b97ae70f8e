//! What every request to the simulated Telnyx meets: the key, errors, and what goes wrong to order.

use std::time::{Duration, Instant};

use linekeeper::carrier::simulator::{Fault, Request};
use serde_json::{Value, json};

use super::{Telnyx, is, refusal, wish};
use crate::house::order;
use crate::support::linekeeper;

/// What its clients have where nobody says another.
const DEFAULT_KEY: &str = "KEY00000000000000000000000000000000_simulated";

#[test]
fn telnyx_wants_its_key() {
    let telnyx = Telnyx::new();
    for headers in [vec![], vec![("authorization", "Bearer KEY_of_another")], vec![("authorization", "Basic S0VZOg==")]]
    {
        for (method, path) in [("GET", "/v2/balance"), ("GET", "/v2/phone_numbers"), ("DELETE", "/v2/phone_numbers/1")]
        {
            let answer = telnyx.server.send_with(method, path, &headers, "");
            assert_eq!(refusal(&answer), is(401, "10009"), "{method} {path}");
        }
        // Not before a body is understood, either.
        let answer = telnyx.server.send_with("POST", "/v2/number_orders", &headers, "nonsense");
        assert_eq!(refusal(&answer), is(401, "10009"));
    }
    assert_eq!(telnyx.get("/v2/balance")["data"]["record_type"], "balance");
}

#[test]
fn telnyx_says_which_key_it_wants() {
    use std::io::{BufRead, BufReader};
    let directory = tempfile::tempdir().unwrap();
    let mut command = linekeeper();
    command.args(["simulate", "telnyx", "--listen", "127.0.0.1:0", "--state"]).arg(directory.path());
    let mut child = command.stdout(std::process::Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines().take(2).map(Result::unwrap).collect::<Vec<_>>();
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(lines[0].starts_with("listening on http://127.0.0.1:"), "{lines:?}");
    assert_eq!(lines[1], format!("API key: {DEFAULT_KEY}"));
}

#[test]
fn telnyx_answers_every_mistake_in_its_own_shape() {
    let telnyx = Telnyx::new();
    let headers = [("authorization", "Bearer KEY_of_the_tests"), ("content-type", "application/json")];
    let send = |method: &str, path: &str, body: &str| refusal(&telnyx.server.send_with(method, path, &headers, body));
    assert_eq!(send("POST", "/v2/number_orders", "{"), is(400, "10015"));
    assert_eq!(send("POST", "/v2/number_orders", r#"{"phone_numbers": "+1"}"#), is(400, "10015"));
    let plain = telnyx.server.send_with("POST", "/v2/number_orders", &headers[..1], "{}");
    assert_eq!(refusal(&plain), is(415, "10014"));
    assert_eq!(send("GET", "/v2/elsewhere", ""), is(404, "10005"));
    assert_eq!(send("GET", "/", ""), is(404, "10005"));
    assert_eq!(send("PUT", "/v2/number_orders", ""), is(405, "10005"));
    for path in
        ["/v2/phone_numbers/1293384261075731499", "/v2/number_orders/none", &format!("/v2/number_orders/{}", order(1))]
    {
        assert_eq!(send("GET", path, ""), is(404, "10005"), "{path}");
    }
    for (method, path) in
        [("PATCH", ""), ("PATCH", "/voice"), ("PATCH", "/messaging"), ("GET", "/voice"), ("DELETE", "")]
    {
        let body = if method == "PATCH" { "{}" } else { "" };
        assert_eq!(send(method, &format!("/v2/phone_numbers/1293384261075731499{path}"), body), is(404, "10005"));
    }
    for query in ["page[size]=251", "page[size]=0", "page[number]=x", "filter[phone_number]=%2B1", "sort=colour"] {
        assert_eq!(send("GET", &format!("/v2/phone_numbers?{query}"), ""), is(400, "10015"), "{query}");
    }
    let (id, _) = telnyx.bought();
    assert_eq!(send("PATCH", &format!("/v2/phone_numbers/{id}"), r#"{"connection_id": 7}"#), is(400, "10015"));
    assert_eq!(send("PATCH", &format!("/v2/phone_numbers/{id}"), r#"{"tags": "a"}"#), is(400, "10015"));
}

#[test]
fn telnyx_has_faults_in_its_own_shape() {
    let telnyx = Telnyx::new();
    let (id, _) = telnyx.bought();
    let path = format!("/v2/phone_numbers/{id}");
    let number = telnyx.any("US");
    let deeds = [
        (Request::Search, "GET", "/v2/available_phone_numbers?filter[country_code]=US", Value::Null),
        (Request::Acquire, "POST", "/v2/number_orders", wish(&number)),
        (Request::Owned, "GET", "/v2/phone_numbers", Value::Null),
        (Request::Owned, "GET", "/v2/number_orders", Value::Null),
        (Request::Configure, "PATCH", &path, json!({})),
        (Request::Release, "DELETE", &path, Value::Null),
    ];
    for (deed, method, path, body) in &deeds {
        for (fault, expected) in [(Fault::Busy, is(429, "10011")), (Fault::Refuse, is(422, "10027"))] {
            telnyx.fault(*deed, fault, 1);
            assert_eq!(telnyx.refused(method, path, body), expected, "{method} {path}");
        }
    }
    assert_eq!(telnyx.entries().len(), 1);
    let drop_after = |method: &str, path: &str, body: &str| {
        let headers = [("authorization", "Bearer KEY_of_the_tests"), ("content-type", "application/json")];
        telnyx.server.try_send_with(method, path, &headers, body).unwrap_err();
    };
    // What was done although it failed is done.
    telnyx.fault(Request::Acquire, Fault::FailAfter, 1);
    assert_eq!(telnyx.refused("POST", "/v2/number_orders", &wish(&number)), is(500, "10007"));
    assert_eq!(telnyx.records(&number).len(), 1);
    let number = telnyx.any("US");
    telnyx.fault(Request::Acquire, Fault::DropBefore, 1);
    drop_after("POST", "/v2/number_orders", &wish(&number).to_string());
    assert!(telnyx.records(&number).is_empty());
    telnyx.fault(Request::Acquire, Fault::DropAfter, 1);
    drop_after("POST", "/v2/number_orders", &wish(&number).to_string());
    assert_eq!(telnyx.records(&number).len(), 1);
    // What arrives twice is an order and a refusal.
    let number = telnyx.any("US");
    telnyx.fault(Request::Acquire, Fault::Duplicate, 1);
    assert_eq!(telnyx.order(&number)["status"], "success");
    assert_eq!(telnyx.records(&number).len(), 1);
    telnyx.fault(Request::Release, Fault::Duplicate, 1);
    assert_eq!(telnyx.done("DELETE", &path, &Value::Null)["data"]["status"], "deleted");
    telnyx.fault(Request::Owned, Fault::Slow { delay: Duration::from_millis(200) }, 1);
    let began = Instant::now();
    telnyx.get("/v2/phone_numbers");
    assert!(began.elapsed() >= Duration::from_millis(200));
    assert_eq!(telnyx.get("/ledger").as_array().unwrap().len(), telnyx.entries().len());
}
