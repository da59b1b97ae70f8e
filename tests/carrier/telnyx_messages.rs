//! Messages at the simulator in Telnyx' shape: what may be sent, what becomes of it, and what arrives.

use std::io::{BufRead, BufReader};
use std::process::Stdio;
use std::time::Duration;

use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use linekeeper::carrier::simulator::{Fault, Request};
use serde_json::{Value, json};

use crate::house::post;
use crate::receiver::{Receiver, Told};
use crate::telnyx_simulator::{Telnyx, command, is, text, until};

const THEIRS: &str = "+19705551234";
const PROFILE: &str = "abc85f64-5717-4562-b3fc-2c9600000000";

impl Telnyx {
    /// A number that has a messaging profile.
    fn sender(&self) -> String {
        let (id, number) = self.bought();
        let path = format!("/v2/phone_numbers/{id}/messaging");
        self.done("PATCH", &path, &json!({"messaging_profile_id": PROFILE}));
        number
    }

    fn sent(&self, message: &Value) -> Value {
        self.done("POST", "/v2/messages", message)["data"].clone()
    }

    fn unsent(&self, message: &Value) -> (u16, String) {
        self.refused("POST", "/v2/messages", message)
    }

    fn inbound(&self, told: &Value) -> Value {
        self.done("POST", "/inbound", told)
    }

    /// What was accepted to be sent: the text of each, and whether nobody asked for it.
    fn accepted(&self) -> Vec<(String, bool)> {
        let all = self.get("/messages");
        let all = all.as_array().unwrap().iter();
        all.map(|one| (text(&one["text"]), one["injected"].as_bool().unwrap())).collect()
    }
}

/// A simulator's public key, which it says when it starts.
fn public_key(more: &[&str]) -> Vec<u8> {
    let directory = tempfile::tempdir().unwrap();
    let mut child = command(directory.path()).args(more).stdout(Stdio::piped()).spawn().unwrap();
    let line = BufReader::new(child.stdout.take().unwrap()).lines().nth(2).unwrap().unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    let key = STANDARD.decode(line.strip_prefix("public key: ").unwrap()).unwrap();
    assert_eq!(key.len(), 32);
    key
}

/// The event, of whose signature the test is sure.
fn event(told: &Told, key: &[u8]) -> Value {
    let timestamp = told.header("telnyx-timestamp");
    let now = linekeeper::clock::Clock::System.now().0 / 1_000_000;
    assert!((now - timestamp.parse::<i64>().unwrap()).abs() < 60, "{timestamp}");
    let signature = STANDARD.decode(told.header("telnyx-signature-ed25519")).unwrap();
    let signed = format!("{timestamp}|{}", told.body);
    UnparsedPublicKey::new(&ED25519, key).verify(signed.as_bytes(), &signature).unwrap();
    assert_eq!((&*told.method, told.header("content-type")), ("POST", "application/json"));
    let body: Value = serde_json::from_str(&told.body).unwrap();
    assert_eq!(body["data"]["record_type"], json!("event"));
    body
}

#[test]
fn telnyx_sends_a_message_and_tells_what_becomes_of_it() {
    let telnyx = Telnyx::new();
    let key = public_key(&[]);
    assert_eq!(key, public_key(&[]), "of the same seed");
    assert_ne!(key, public_key(&["--webhook-key", "another"]));
    let receiver = Receiver::new(200, "");
    let url = format!("{}/events?a=b", receiver.url);
    let ours = telnyx.sender();
    let wish = json!({"from": ours, "to": THEIRS, "text": "a".repeat(161), "webhook_url": url});
    let message = telnyx.sent(&wish);
    for (field, value) in [
        ("record_type", json!("message")),
        ("direction", json!("outbound")),
        ("type", json!("SMS")),
        ("messaging_profile_id", json!(PROFILE)),
        ("encoding", json!("GSM-7")),
        ("parts", json!(2)),
        ("errors", json!([])),
        ("media", json!([])),
        ("sent_at", Value::Null),
        ("webhook_url", json!(url)),
    ] {
        assert_eq!(message[field], value, "{field}");
    }
    assert_eq!(message["from"]["phone_number"], json!(ours));
    assert_eq!((&message["to"][0]["phone_number"], &message["to"][0]["status"]), (&json!(THEIRS), &json!("queued")));
    let told = receiver.told(2);
    for (told, (name, status)) in told.iter().zip([("message.sent", "sent"), ("message.finalized", "delivered")]) {
        assert_eq!(told.path, "/events?a=b");
        let event = event(told, &key);
        let data = &event["data"];
        assert_eq!((&data["event_type"], &data["payload"]["id"]), (&json!(name), &message["id"]));
        assert_eq!(data["payload"]["to"][0]["status"], json!(status));
        assert_eq!(event["meta"], json!({"attempt": 1, "delivered_to": url}));
    }
    let path = format!("/v2/messages/{}", text(&message["id"]));
    let delivered = telnyx.get(&path)["data"].clone();
    assert_eq!(delivered["to"][0]["status"], json!("delivered"));
    assert!(text(&delivered["completed_at"]) > text(&delivered["sent_at"]), "{delivered}");

    // Without a campaign it is accepted, and does not arrive.
    telnyx.done("POST", "/campaigns", &json!({"phone_number": ours, "registered": false}));
    let message = telnyx.sent(&wish);
    assert_eq!(message["errors"], json!([]));
    let last = event(&receiver.told(4)[3], &key)["data"]["payload"].clone();
    assert_eq!((&last["to"][0]["status"], &last["errors"][0]["code"]), (&json!("delivery_failed"), &json!("40010")));
    telnyx.done("POST", "/campaigns", &json!({"phone_number": ours, "registered": true}));

    // Of a profile, any number sends; a list may name one.
    let picture = json!({"to": [THEIRS], "messaging_profile_id": PROFILE, "media_urls": ["https://a.example/1.png"]});
    let message = telnyx.sent(&picture);
    assert_eq!((&message["type"], &message["from"]["phone_number"]), (&json!("MMS"), &json!(ours)));
    assert_eq!(message["media"][0]["url"], json!("https://a.example/1.png"));
    let records = telnyx.get("/v2/detail_records?filter[record_type]=messaging");
    assert_eq!(records["meta"]["total_results"], json!(3));
    let (before, path) = (telnyx.get("/messages"), format!("/v2/messages/{}", text(&message["id"])));
    let telnyx = telnyx.restarted();
    assert_eq!(telnyx.get("/messages"), before);
    until(&json!("delivered"), || telnyx.get(&path)["data"]["to"][0]["status"].clone());
    assert_eq!(telnyx.refused("GET", "/v2/messages/none", &Value::Null), is(404, "10005"));
}

#[test]
fn telnyx_refuses_what_cannot_be_sent() {
    let telnyx = Telnyx::new();
    let ours = telnyx.sender();
    let (_, without) = telnyx.bought();
    let send = |from: Value, to: Value, body: &str| telnyx.unsent(&json!({"from": from, "to": to, "text": body}));
    for (from, to, body, code) in [
        (json!(THEIRS), json!(THEIRS), "a", "40305"),
        (json!(without), json!(THEIRS), "a", "40305"),
        (json!("Northwind"), json!(THEIRS), "a", "40305"),
        (json!(ours), json!("9705551234"), "a", "40310"),
        (json!(ours), json!([THEIRS, ours]), "a", "40310"),
        (json!(ours), json!([]), "a", "40310"),
        (json!(ours), json!(THEIRS), "", "40316"),
        (json!(ours), json!(THEIRS), &*"a".repeat(1531), "40302"),
        (Value::Null, json!(THEIRS), "a", "10004"),
        (json!(ours), Value::Null, "a", "10004"),
        (json!(ours), json!(7), "a", "10015"),
    ] {
        assert_eq!(send(from.clone(), to.clone(), body), is(400, code), "{from} {to}");
    }
    let other = json!({"from": ours, "to": THEIRS, "text": "a", "messaging_profile_id": "another"});
    assert_eq!(telnyx.unsent(&other), is(400, "40305"));
    let empty = json!({"to": THEIRS, "text": "a", "messaging_profile_id": "another"});
    assert_eq!(telnyx.unsent(&empty), is(400, "40321"));
    let media = json!({"from": ours, "to": THEIRS, "media_urls": vec!["https://a.example"; 11]});
    assert_eq!(telnyx.unsent(&media), is(400, "40317"));
    telnyx.done("POST", "/orders/pending", &json!({"times": 1, "seconds": 60}));
    let pending = telnyx.any("US");
    telnyx.order(&pending);
    assert_eq!(send(json!(pending), json!(THEIRS), "a"), is(400, "40320"));
    let answer = telnyx.server.send_with("POST", "/v2/messages", &[("content-type", "application/json")], "{}");
    assert_eq!(crate::telnyx_simulator::refusal(&answer), is(401, "10009"));
    assert!(telnyx.accepted().is_empty());
}

#[test]
fn an_event_is_told_of_as_often_as_it_is_ordered() {
    let telnyx = Telnyx::new();
    let key = public_key(&[]);
    let receiver = Receiver::new(500, "no");
    let (_, ours) = telnyx.bought();
    let media = ["https://a.example/1.png"];
    let told = json!({"from": "262966", "to": ours, "text": "Grüße", "media": media, "times": 2, "url": receiver.url});
    let answer = telnyx.inbound(&told);
    assert_eq!((&answer["status"], &answer["body"]), (&json!(500), &json!("no")));
    assert_eq!(answer["deliveries"].as_array().unwrap().len(), 2);
    for (told, attempt) in receiver.told(2).iter().zip(1..) {
        let event = event(told, &key);
        assert_eq!((&event["data"]["id"], &event["meta"]["attempt"]), (&answer["id"], &json!(attempt)));
        let payload = &event["data"]["payload"];
        assert_eq!((&event["data"]["event_type"], &payload["id"]), (&json!("message.received"), &answer["message_id"]));
        assert_eq!((&payload["from"]["phone_number"], &payload["direction"]), (&json!("262966"), &json!("inbound")));
        assert_eq!((&payload["to"][0]["phone_number"], &payload["text"]), (&json!(ours), &json!("Grüße")));
        assert_eq!((&payload["media"][0]["url"], &payload["type"]), (&json!(media[0]), &json!("MMS")));
    }
    // A number without a profile has nobody to tell; that of nobody is not there.
    let answer = telnyx.inbound(&json!({"from": THEIRS, "to": ours, "text": "a"}));
    assert_eq!((&answer["status"], &answer["deliveries"]), (&Value::Null, &json!([])));
    let path = format!("/v2/messages/{}", text(&answer["message_id"]));
    assert_eq!(telnyx.get(&path)["data"]["direction"], json!("inbound"));
    assert_eq!(post(&telnyx.server.base_url, "/inbound", &json!({"from": THEIRS, "to": THEIRS})).0, 404);
    assert!(telnyx.accepted().is_empty(), "nothing was sent");
}

#[test]
fn every_profile_tells_whom_the_simulator_was_started_with() {
    let receiver = Receiver::new(204, "");
    let telnyx = Telnyx::with(&["--webhook-url", &receiver.url, "--webhook-key", "k", "--message-delay", "1ms"]);
    let key = public_key(&["--webhook-key", "k"]);
    let ours = telnyx.sender();
    telnyx.sent(&json!({"from": ours, "to": THEIRS, "text": "a"}));
    receiver.told(2);
    let answer = telnyx.inbound(&json!({"from": THEIRS, "to": ours, "text": "STOP"}));
    assert_eq!(answer["status"], json!(204));
    let payload = event(&receiver.told(3)[2], &key)["data"]["payload"].clone();
    assert_eq!((&payload["autoresponse_type"], &payload["messaging_profile_id"]), (&json!("STOP"), &json!(PROFILE)));
}

#[test]
fn who_says_stop_gets_nothing_more_from_any_number_of_the_profile() {
    let telnyx = Telnyx::new();
    let (ours, other) = (telnyx.sender(), telnyx.sender());
    let message = |from: &str| json!({"from": from, "to": THEIRS, "text": "a"});
    let say = |telnyx: &Telnyx, text: &str| telnyx.inbound(&json!({"from": THEIRS, "to": ours, "text": text}));
    say(&telnyx, "Stop all");
    for from in [&ours, &other] {
        assert_eq!(telnyx.unsent(&message(from)), is(400, "40300"));
    }
    let telnyx = telnyx.restarted();
    assert_eq!(telnyx.unsent(&message(&other)), is(400, "40300"));
    say(&telnyx, "start");
    telnyx.sent(&message(&other));
}

#[test]
fn telnyx_sends_twice_only_where_a_fault_does() {
    let telnyx = Telnyx::new();
    let ours = telnyx.sender();
    let message = |text: &str| json!({"from": ours, "to": THEIRS, "text": text});
    let lost = |text: &str| {
        let headers = [("authorization", "Bearer KEY_of_the_tests"), ("content-type", "application/json")];
        telnyx.server.try_send_with("POST", "/v2/messages", &headers, &message(text).to_string()).unwrap_err();
    };
    telnyx.fault(Request::Send, Fault::Refuse, 1);
    assert_eq!(telnyx.unsent(&message("refuse")), is(422, "10027"));
    telnyx.fault(Request::Send, Fault::Busy, 1);
    assert_eq!(telnyx.unsent(&message("busy")), is(429, "10011"));
    telnyx.fault(Request::Send, Fault::DropBefore, 1);
    lost("drop_before");
    telnyx.fault(Request::Send, Fault::DropAfter, 1);
    lost("drop_after");
    telnyx.fault(Request::Send, Fault::FailAfter, 1);
    assert_eq!(telnyx.unsent(&message("fail_after")), is(500, "10007"));
    telnyx.fault(Request::Send, Fault::Duplicate, 1);
    telnyx.sent(&message("duplicate"));
    telnyx.fault(Request::Send, Fault::Slow { delay: Duration::from_millis(50) }, 1);
    telnyx.sent(&message("slow"));
    let left =
        [("drop_after", false), ("fail_after", false), ("duplicate", false), ("duplicate", true), ("slow", false)];
    assert_eq!(telnyx.accepted(), left.map(|(text, injected)| (text.to_owned(), injected)));
}
