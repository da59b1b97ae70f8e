//! Messages at the simulator in Twilio's shape: what may be sent, what becomes of it, and what arrives.

use std::net::TcpListener;
use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::hmac::{HMAC_SHA1_FOR_LEGACY_USE_ONLY, Key, sign};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::house::post;
use crate::receiver::{Receiver, Told};
use crate::telnyx_simulator::until;
use crate::twilio_house::{SID, TOKEN, Twilio, refused, text};

const THEIRS: &str = "+19705551234";

impl Twilio {
    fn send(&self, form: &[(&str, &str)]) -> (u16, Value) {
        self.ask("POST", "Messages.json", form)
    }

    fn sent(&self, form: &[(&str, &str)]) -> Value {
        let (status, message) = self.send(form);
        assert_eq!(status, 201, "{message}");
        message
    }

    /// A number that has an address for what arrives.
    fn reachable(&self, url: &str) -> String {
        let number = self.any("US/Local.json?SmsEnabled=true");
        assert_eq!(self.buy(&[("PhoneNumber", &number), ("SmsUrl", url)]).0, 201);
        number
    }

    fn inbound(&self, told: &Value) -> Value {
        let (status, answer) = post(&self.server.base_url, "/inbound", told);
        assert_eq!(status, 200, "{answer}");
        answer
    }

    /// What was accepted to be sent: the text of each, and whether nobody asked for it.
    fn accepted(&self) -> Vec<(String, bool)> {
        let all = self.get("/messages");
        let all = all.as_array().unwrap().iter();
        all.map(|one| (text(one, "text"), one["injected"].as_bool().unwrap())).collect()
    }
}

/// By hand: the address, the names and texts in the names' order, HMAC-SHA1, base64.
fn signature(url: &str, mut form: Vec<(String, String)>) -> String {
    form.sort();
    let signed = form.into_iter().map(|(name, text)| name + &text).collect::<Vec<_>>().concat();
    let key = Key::new(HMAC_SHA1_FOR_LEGACY_USE_ONLY, TOKEN.as_bytes());
    STANDARD.encode(sign(&key, format!("{url}{signed}").as_bytes()))
}

fn is_signed(told: &Told, url: &str) {
    assert_eq!(told.header("content-type"), "application/x-www-form-urlencoded");
    assert_eq!(told.header("x-twilio-signature"), signature(url, told.form()), "{told:?}");
}

#[test]
fn twilio_sends_a_message_and_shows_it() {
    let twilio = Twilio::start();
    let ours = twilio.any("US/Local.json?SmsEnabled=true");
    twilio.bought(&ours);
    let message = twilio.sent(&[("To", THEIRS), ("From", &ours), ("Body", &"a".repeat(161))]);
    assert!(text(&message, "sid").len() == 34 && text(&message, "sid").starts_with("SM"), "{message}");
    for (field, value) in [
        ("status", json!("queued")),
        ("direction", json!("outbound-api")),
        ("from", json!(ours)),
        ("to", json!(THEIRS)),
        ("num_segments", json!("2")),
        ("num_media", json!("0")),
        ("date_sent", Value::Null),
        ("price", Value::Null),
        ("error_code", Value::Null),
        ("messaging_service_sid", Value::Null),
        ("account_sid", json!(SID)),
    ] {
        assert_eq!(message[field], value, "{field}");
    }
    let uri = text(&message, "uri");
    until(&json!("delivered"), || twilio.get(&uri)["status"].clone());
    let delivered = twilio.get(&uri);
    assert!(
        text(&delivered, "date_sent").ends_with(" +0000") && delivered["price"] == json!("-0.00790"),
        "{delivered}"
    );
    let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    twilio.control("/uses", &json!({"kind": "message", "from": THEIRS, "to": ours, "at": "2025-01-01T00:00:00Z"}));
    let listed = twilio.get("Messages.json");
    let [newest, told] = &listed["messages"].as_array().unwrap()[..] else { panic!("two: {listed}") };
    assert_eq!((newest, keys(newest)), (&delivered, keys(told)), "beside what somebody told of");
    assert_eq!(&twilio.get(&text(told, "uri")), told);

    // With pictures it is of another kind; the sender may be picked by a service.
    let media = [("MediaUrl", "https://a.example/1.png"), ("MediaUrl", "https://a.example/2.png")];
    let service = format!("MG{}", "a".repeat(32));
    let form = [("To", THEIRS), ("MessagingServiceSid", service.as_str()), media[0], media[1]];
    let message = twilio.sent(&form);
    assert!(text(&message, "sid").starts_with("MM"), "{message}");
    assert_eq!((&message["num_media"], &message["status"]), (&json!("2"), &json!("accepted")));
    assert_eq!((&message["from"], &message["messaging_service_sid"]), (&Value::Null, &json!(service)));
    until(&json!(ours), || twilio.get(&text(&message, "uri"))["from"].clone());
    assert_eq!(twilio.get("Messages.json?From=%2B19705551234")["messages"].as_array().unwrap().len(), 1);
    let before = twilio.get("/messages");
    let twilio = twilio.restarted();
    assert_eq!(twilio.get("/messages"), before);
    assert_eq!(twilio.get(&uri), delivered);
    assert_eq!(twilio.ask("DELETE", &uri, &[]).0, 204);
    twilio.refuses("GET", &uri, &[], 404, 20404);
    twilio.refuses("DELETE", &uri, &[], 404, 20404);
    assert_eq!(twilio.get("/messages"), before, "it was accepted all the same");
    twilio.refuses("GET", &uri.replace("SM", "MM"), &[], 404, 20404);
    let twilio = twilio.restarted();
    twilio.refuses("GET", &uri, &[], 404, 20404);
}

#[test]
fn twilio_refuses_what_cannot_be_sent() {
    let twilio = Twilio::start();
    let voice_only = twilio.any("DE/Local.json");
    let address = twilio.address("DE");
    let bundle = format!("BU{}", "b".repeat(32));
    let form = [("PhoneNumber", voice_only.as_str()), ("AddressSid", &address), ("BundleSid", &bundle)];
    let (status, bought) = twilio.buy(&form);
    assert_eq!((status, &bought["capabilities"]["sms"]), (201, &json!(false)), "{bought}");
    let good = "+15005550006";
    let send = |to: &str, from: &str, body: &str| twilio.send(&[("To", to), ("From", from), ("Body", body)]);
    for (to, code) in [
        ("+15005550001", 21211),
        ("9705551234", 21211),
        ("+15005550002", 21612),
        ("+15005550003", 21408),
        ("+15005550004", 21610),
        ("+15005550009", 21614),
        (good, 21266),
        ("", 21604),
    ] {
        refused(send(to, good, "a"), 400, code);
    }
    for (from, code) in [
        ("+15005550001", 21212),
        ("nonsense, indeed", 21212),
        ("+15005550007", 21606),
        ("+15005550008", 21611),
        (THEIRS, 21606),
        ("12345", 21606),
        ("Northwind", 21606),
        (&voice_only, 21661),
        ("", 21603),
    ] {
        refused(send("+19705550100", from, "a"), 400, code);
    }
    refused(send(THEIRS, good, ""), 400, 21602);
    refused(send(THEIRS, good, &"a".repeat(1601)), 400, 21617);
    let with = |more: &[(&str, &str)]| twilio.send(&[&[("To", THEIRS), ("From", good), ("Body", "a")], more].concat());
    refused(with(&[("StatusCallback", "nowhere")]), 400, 21609);
    refused(with(&[("MediaUrl", "nowhere")]), 400, 21620);
    refused(with(&[("MediaUrl", "https://a.example"); 11]), 400, 21623);
    refused(with(&[("MessagingServiceSid", "MG1")]), 400, 21701);
    let service = format!("MG{}", "a".repeat(32));
    refused(twilio.send(&[("To", THEIRS), ("MessagingServiceSid", &service), ("Body", "a")]), 400, 21704);
    assert!(twilio.accepted().is_empty());
    assert_eq!(send(THEIRS, good, &"ж".repeat(1600)).0, 201);
    let last = twilio.get("Messages.json")["messages"][0].clone();
    assert_eq!(last["num_segments"], json!("24"));
}

#[test]
fn twilio_tells_what_becomes_of_a_message() {
    let twilio = Twilio::start();
    let receiver = Receiver::new(204, "");
    let url = format!("{}/status?of=a%20b", receiver.url);
    let ours = twilio.reachable("");
    let form = [("To", THEIRS), ("From", ours.as_str()), ("Body", "a&b"), ("StatusCallback", &url)];
    let message = twilio.sent(&form);
    let told = receiver.told(2);
    for (told, status) in told.iter().zip(["sent", "delivered"]) {
        assert_eq!((&*told.method, &*told.path), ("POST", "/status?of=a%20b"));
        is_signed(told, &url);
        for (field, value) in [
            ("MessageSid", text(&message, "sid")),
            ("SmsSid", text(&message, "sid")),
            ("MessageStatus", status.to_owned()),
            ("SmsStatus", status.to_owned()),
            ("AccountSid", SID.to_owned()),
            ("From", ours.clone()),
            ("To", THEIRS.to_owned()),
        ] {
            assert_eq!(told.field(field), value, "{field}");
        }
        assert!(!told.body.contains("ErrorCode"));
    }
    // Without a campaign it is accepted, and does not arrive.
    twilio.control("/campaigns", &json!({"phone_number": ours, "registered": false}));
    let message = twilio.sent(&form);
    assert_eq!((&message["status"], &message["error_code"]), (&json!("queued"), &Value::Null));
    let last = receiver.told(4).remove(3);
    assert_eq!((last.field("MessageStatus"), last.field("ErrorCode")), ("undelivered".into(), "30034".into()));
    let shown = twilio.get(&text(&message, "uri"));
    assert_eq!((&shown["status"], &shown["error_code"]), (&json!("undelivered"), &json!(30034)));
    assert_eq!(shown["error_message"], json!("Message from an Unregistered Number"));
    twilio.control("/campaigns", &json!({"phone_number": ours, "registered": true}));
    assert_eq!(twilio.update(&twilio.get("IncomingPhoneNumbers.json")["incoming_phone_numbers"][0], &[]).0, 200);
    let service = format!("MG{}", "a".repeat(32));
    twilio.sent(&[form[0], form[2], form[3], ("MessagingServiceSid", &service)]);
    let statuses = receiver.told(7)[4..].iter().map(|told| told.field("MessageStatus")).collect::<Vec<_>>();
    assert_eq!(statuses, ["queued", "sent", "delivered"]);
    let unknown = json!({"phone_number": THEIRS, "registered": false});
    refused(post(&twilio.server.base_url, "/campaigns", &unknown), 404, 20404);
}

#[test]
fn a_message_that_arrives_is_told_of_with_a_signature() {
    let twilio = Twilio::start();
    let receiver = Receiver::new(200, "<Response/>");
    let url = format!("{}/sms?agency=1", receiver.url);
    let ours = twilio.reachable(&url);
    let media = ["https://a.example/1.png", "https://a.example/2"];
    let told = json!({"from": THEIRS, "to": ours, "text": "Grüße & 1+1=2", "media": media, "times": 3});
    let answer = twilio.inbound(&told);
    assert_eq!((&answer["status"], &answer["body"]), (&json!(200), &json!("<Response/>")));
    assert_eq!(answer["deliveries"], json!(vec![json!({"status": 200, "body": "<Response/>"}); 3]));
    let told = receiver.told(3);
    assert!(told.iter().all(|one| one.body == told[0].body), "one message, told of three times");
    is_signed(&told[0], &url);
    for (field, value) in [
        ("MessageSid", text(&answer, "sid")),
        ("SmsSid", text(&answer, "sid")),
        ("SmsMessageSid", text(&answer, "sid")),
        ("AccountSid", SID.to_owned()),
        ("From", THEIRS.to_owned()),
        ("To", ours.clone()),
        ("Body", "Grüße & 1+1=2".to_owned()),
        ("NumMedia", "2".to_owned()),
        ("MediaUrl0", media[0].to_owned()),
        ("MediaContentType0", "image/png".to_owned()),
        ("MediaUrl1", media[1].to_owned()),
        ("MediaContentType1", "image/jpeg".to_owned()),
        ("NumSegments", "1".to_owned()),
        ("ToCountry", "US".to_owned()),
        ("ApiVersion", "2010-04-01".to_owned()),
    ] {
        assert_eq!(told[0].field(field), value, "{field}");
    }
    let shown = twilio.get(&format!("Messages/{}.json", text(&answer, "sid")));
    assert_eq!((&shown["direction"], &shown["status"]), (&json!("inbound"), &json!("received")));
    assert!(twilio.accepted().is_empty(), "nothing was sent");

    twilio.inbound(&json!({"from": "262966", "to": ours, "text": "Hi", "json": true}));
    let last = receiver.told(4).remove(3);
    let hash = digest(&SHA256, last.body.as_bytes())
        .as_ref()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect::<Vec<_>>()
        .concat();
    assert_eq!(last.path, format!("/sms?agency=1&bodySHA256={hash}"));
    let signed = signature(&format!("{url}&bodySHA256={hash}"), Vec::new());
    assert_eq!((last.header("content-type"), last.header("x-twilio-signature")), ("application/json", &*signed));
    let body: Value = serde_json::from_str(&last.body).unwrap();
    assert_eq!((&body["From"], &body["Body"]), (&json!("262966"), &json!("Hi")));
}

#[test]
fn nobody_is_told_where_nobody_can_be() {
    let twilio = Twilio::start();
    let silent = twilio.any("US/Local.json");
    twilio.bought(&silent);
    let answer = twilio.inbound(&json!({"from": THEIRS, "to": silent, "text": "a"}));
    assert_eq!((&answer["status"], &answer["deliveries"]), (&Value::Null, &json!([])));
    assert_eq!(twilio.get("Messages.json")["messages"][0]["sid"], answer["sid"]);
    // A port where nobody listens, at least not just now.
    let nowhere = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let gone = twilio.reachable(&format!("http://{nowhere}"));
    let answer = twilio.inbound(&json!({"from": THEIRS, "to": gone}));
    assert_eq!(answer["status"], Value::Null);
    assert!(!text(&answer["deliveries"][0], "error").is_empty(), "{answer}");
    let unknown = json!({"from": THEIRS, "to": THEIRS, "text": "a"});
    refused(post(&twilio.server.base_url, "/inbound", &unknown), 404, 20404);
    assert_eq!(post(&twilio.server.base_url, "/inbound", &json!({"to": gone})).0, 400);
}

#[test]
fn who_says_stop_gets_nothing_more_from_that_number() {
    let twilio = Twilio::start();
    let (ours, other) = (twilio.reachable(""), "+15005550006");
    let send = |twilio: &Twilio, from: &str| twilio.send(&[("To", THEIRS), ("From", from), ("Body", "a")]);
    let say = |twilio: &Twilio, text: &str| twilio.inbound(&json!({"from": THEIRS, "to": ours, "text": text}));
    say(&twilio, "Please stop");
    assert_eq!(send(&twilio, &ours).0, 201);
    say(&twilio, " Stop ");
    refused(send(&twilio, &ours), 400, 21610);
    assert_eq!(send(&twilio, other).0, 201, "of another number nothing was said");
    say(&twilio, "Thanks");
    let twilio = twilio.restarted();
    refused(send(&twilio, &ours), 400, 21610);
    say(&twilio, "START");
    assert_eq!(send(&twilio, &ours).0, 201);
}

#[test]
fn each_fault_of_sending_leaves_what_it_says() {
    let twilio = Twilio::start();
    let send = |body: &str| {
        let form = [("To", THEIRS), ("From", "+15005550006"), ("Body", body)];
        twilio.send(&form)
    };
    let lost = |body: &str| {
        let form = [("To", THEIRS), ("From", "+15005550006"), ("Body", body)];
        assert!(twilio.hangs_up("POST", "Messages.json", &form), "{body}");
    };
    let order =
        |fault: &str| twilio.control("/faults", &json!({"deed": "send", "fault": fault, "times": 1, "delay_ms": 300}));
    order("refuse");
    refused(send("refuse"), 400, 20422);
    order("busy");
    refused(send("busy"), 429, 20429);
    for fault in ["drop_before", "hang", "drop_after"] {
        order(fault);
        lost(fault);
    }
    order("fail_after");
    refused(send("fail_after"), 500, 20500);
    order("duplicate");
    assert_eq!(send("duplicate").0, 201);
    order("slow");
    let began = std::time::Instant::now();
    assert_eq!(send("slow").0, 201);
    assert!(began.elapsed() >= Duration::from_millis(300));
    let left =
        [("drop_after", false), ("fail_after", false), ("duplicate", false), ("duplicate", true), ("slow", false)];
    let left = left.map(|(text, injected)| (text.to_owned(), injected));
    assert_eq!(twilio.accepted(), left);
    let ids = twilio.get("/messages").as_array().unwrap().iter().map(|one| text(one, "id")).collect::<Vec<_>>();
    assert_eq!(ids.iter().collect::<std::collections::BTreeSet<_>>().len(), ids.len());
    assert_eq!(twilio.restarted().accepted(), left);
}
