//! Buying, routing, giving back; and how the account is.

use std::net::TcpListener;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use linekeeper::carrier::twilio::Twilio;
use linekeeper::carrier::{Port, Refusal, Rented, Traits, Trouble};
use linekeeper::model::{Paper, Papers, Route, Secret};
use serde_json::json;

use super::{PN, SID, Script, TOKEN, answer, good, missing, number, numbers, refused, twilio};
use crate::house::{e164, order, refusal};

const NUMBER: &str = "+19705551234";

fn buy(twilio: &Twilio) -> Result<Rented, Trouble> {
    twilio.acquire(&e164(NUMBER), order(1), &Route::default(), &Papers::default())
}

fn rented(id: &str) -> Rented {
    Rented {
        phone_number: e164(NUMBER),
        carrier_number_id: id.into(),
        route: Route::default(),
        traits: Traits::default(),
    }
}

fn full_route() -> Route {
    Route {
        voice_url: Some("https://voice.example/a?b=c&d=é".into()),
        sms_url: Some("https://sms.example/".into()),
        application_id: Some(format!("AP{}", "1".repeat(32))),
        trunk_id: Some(format!("TK{}", "2".repeat(32))),
        connection_id: Some("of another carrier".into()),
        messaging_profile_id: Some("of another carrier".into()),
        sip_uri: Some("sip:of-another@carrier.example".into()),
    }
}

#[test]
fn a_purchase_asks_first_whether_the_account_has_the_number() {
    let bought = number(PN, NUMBER);
    let script = Script::of(vec![numbers(&[]), answer("201 Created", &bought.to_string())]);
    let papers = Papers {
        address_id: Some(format!("AD{}", "3".repeat(32))),
        bundle_id: Some(format!("BU{}", "4".repeat(32))),
        requirement_group_id: Some("of another carrier".into()),
    };
    let rented = script.twilio().acquire(&e164(NUMBER), order(1), &full_route(), &papers).unwrap();
    assert_eq!((rented.phone_number.as_str(), rented.carrier_number_id.as_str()), (NUMBER, PN));
    // What it says of the route counts, not what it was told.
    assert_eq!(rented.route.voice_url.as_deref(), Some("https://demo.twilio.com/welcome/voice/"));
    assert_eq!(rented.route.sms_url, None);
    let asked = script.asked();
    let list = format!("GET /2010-04-01/Accounts/{SID}/IncomingPhoneNumbers.json");
    assert!(
        asked[0].starts_with(&format!("{list}?PhoneNumber=%2B19705551234&PageSize=1000 HTTP/1.1\r\n")),
        "{asked:?}"
    );
    assert!(asked[1].starts_with(&format!("POST /2010-04-01/Accounts/{SID}/IncomingPhoneNumbers.json HTTP/1.1\r\n")));
    let form = format!(
        "PhoneNumber=%2B19705551234&VoiceUrl=https%3A%2F%2Fvoice.example%2Fa%3Fb%3Dc%26d%3D%C3%A9\
         &SmsUrl=https%3A%2F%2Fsms.example%2F&TrunkSid=TK{}&AddressSid=AD{}&BundleSid=BU{}",
        "2".repeat(32),
        "3".repeat(32),
        "4".repeat(32)
    );
    assert_eq!(asked[1].split_once("\r\n\r\n").unwrap().1, form);
    let basic = format!("basic {}", STANDARD.encode(format!("{SID}:{TOKEN}")));
    for asked in &asked {
        let head = asked.split_once("\r\n\r\n").unwrap().0.to_lowercase();
        for line in ["connection: close".into(), format!("authorization: {}", basic.to_lowercase())] {
            assert!(head.lines().any(|header| header == line), "{line} in {head}");
        }
    }
    assert!(asked[0].contains(&STANDARD.encode(format!("{SID}:{TOKEN}"))));
    assert!(asked[1].to_lowercase().contains("content-type: application/x-www-form-urlencoded\r\n"));
}

#[test]
fn only_what_is_given_is_sent_with_a_purchase() {
    // The number that is listed contains the asked one, and is another.
    let longer = number("PN1", "+197055512345");
    let script = Script::of(vec![numbers(&[longer]), good(&number(PN, NUMBER))]);
    buy(&script.twilio()).unwrap();
    assert!(script.asked()[1].ends_with("\r\n\r\nPhoneNumber=%2B19705551234"));
}

#[test]
fn a_number_that_the_account_has_is_not_bought_again() {
    let script = Script::of(vec![numbers(&[number(PN, NUMBER)])]);
    assert_eq!(refusal(buy(&script.twilio())), Refusal::AlreadyOwned);
    assert_eq!(script.asked().len(), 1);
}

#[test]
fn nothing_is_bought_where_it_is_not_known_who_has_it() {
    let busy = answer("429 Too Many Requests", "");
    let failed = answer("500 Internal Server Error", "");
    let elsewhere = json!({"incoming_phone_numbers": [], "next_page_uri": "https://elsewhere.example/"});
    let script = Script::of(vec![busy.clone(), busy.clone(), busy]);
    assert_eq!(buy(&script.twilio()), Err(Trouble::Busy));
    assert!(script.lines().iter().all(|line| line.starts_with("GET ")));
    let script = Script::of(vec![refused(401, 20003, "Authenticate")]);
    assert_eq!(refusal(buy(&script.twilio())), Refusal::Credentials);
    script.asked();
    for answers in [
        vec![failed.clone(), failed.clone(), failed],
        vec![vec![], vec![], vec![]],
        vec![answer("200 OK", "{}")],
        vec![answer("200 OK", r#"{"incoming_phone_numbers":[]"#)],
        vec![answer("302 Found\r\nlocation: /", "")],
        vec![refused(403, 20005, "Account not active")],
        vec![missing()],
        vec![good(&elsewhere)],
    ] {
        let script = Script::of(answers);
        let bought = buy(&script.twilio());
        assert!(matches!(bought, Err(Trouble::Unreached(_))), "{bought:?}");
        assert!(script.lines().iter().all(|line| line.starts_with("GET ")));
    }
}

#[test]
fn every_answer_to_a_purchase_but_a_plain_one_leaves_it_unknown() {
    let bought = number(PN, NUMBER).to_string();
    let whole = answer("201 Created", &bought);
    let cases = [
        (vec![], "nothing"),
        (b"HTTP/1.1 201 Created\r\nconte".to_vec(), "half a head"),
        (b"SSH-2.0-OpenSSH_9.9\r\n".to_vec(), "no HTTP"),
        (whole[..whole.len() - 9].to_vec(), "half a body"),
        (answer("201 Created", ""), "no body"),
        (answer("201 Created", "<html>"), "no JSON"),
        (answer("201 Created", "{}"), "other JSON"),
        (answer("201 Created", &bought.replace("\"PNaaa", "null,\"x\":\"")), "no id"),
        (answer("201 Created", &bought.replace(PN, "")), "an empty id"),
        (
            answer("201 Created", &bought.replace("1234\",\"sid", "9999\",\"sid").replace(NUMBER, "+19705559999")),
            "another",
        ),
        (answer("201 Created", &bought.replace(NUMBER, "72345")), "a short code"),
        (answer("202 Accepted", &bought), "not yet"),
        (answer("204 No Content", ""), "no content"),
        (answer("302 Found\r\nlocation: http://127.0.0.1:1/", ""), "a redirect"),
        (answer("307 Temporary Redirect\r\nlocation: /elsewhere", ""), "a redirect that repeats"),
        (answer("408 Request Timeout", ""), "408"),
        (answer("500 Internal Server Error", &bought), "500"),
        (answer("502 Bad Gateway", "<html>"), "502"),
        (refused(503, 20503, "Service unavailable"), "503"),
    ];
    let utf16 = bought.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>();
    let head = format!("HTTP/1.1 201 Created\r\ncontent-length: {}\r\n\r\n", utf16.len()).into_bytes();
    let cases = cases.into_iter().chain([([head, utf16].concat(), "UTF-16")]);
    for (bytes, what) in cases {
        let script = Script::of(vec![numbers(&[]), bytes]);
        let bought = buy(&script.twilio());
        assert!(matches!(bought, Err(Trouble::Unknown(_))), "{what}: {bought:?}");
        assert_eq!(script.lines().len(), 2, "{what}");
    }
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let bought = buy(&twilio(&format!("http://{nobody}")));
    assert!(matches!(bought, Err(Trouble::Unreached(_))), "{bought:?}");
}

#[test]
fn a_refusal_says_why_in_twilios_words() {
    for (status, code, reason) in [
        (400, 21401, Refusal::Invalid),
        (400, 21421, Refusal::Invalid),
        (400, 21422, Refusal::NotAvailable),
        (400, 21452, Refusal::NotAvailable),
        (400, 21613, Refusal::Missing(Paper::Address)),
        (400, 21615, Refusal::Missing(Paper::Address)),
        (400, 21631, Refusal::Missing(Paper::Address)),
        (400, 21649, Refusal::Missing(Paper::Bundle)),
        (400, 21650, Refusal::Missing(Paper::Bundle)),
        (400, 21651, Refusal::Missing(Paper::Bundle)),
        (401, 20003, Refusal::Credentials),
        (403, 20003, Refusal::Credentials),
        (403, 20008, Refusal::Credentials),
        (403, 20403, Refusal::Credentials),
        (404, 20404, Refusal::NotOwned),
        (400, 21404, Refusal::Other),
        (403, 20005, Refusal::Other),
        (409, 20409, Refusal::Other),
        (400, 99999, Refusal::Other),
    ] {
        let script = Script::of(vec![numbers(&[]), refused(status, code, "its words")]);
        let said = format!("its words ({code})");
        assert_eq!(buy(&script.twilio()), Err(Trouble::Refused { reason, said }));
        script.asked();
    }
    for bytes in [refused(429, 20429, "Too many requests"), refused(400, 20429, ""), answer("429 No", "<html>")] {
        let script = Script::of(vec![numbers(&[]), bytes]);
        assert_eq!(buy(&script.twilio()), Err(Trouble::Busy));
        script.asked();
    }
    for (bytes, reason) in [
        (answer("401 Unauthorized", "<html>"), Refusal::Credentials),
        (answer("403 Forbidden", r#"{"code":null,"message":null}"#), Refusal::Other),
        (answer("404 Not Found", "<html>"), Refusal::Other),
        (answer("400 Bad Request", "[]"), Refusal::Other),
        (answer("400 Bad Request", r#"{"code":"21422","message":"as text"}"#), Refusal::NotAvailable),
    ] {
        let script = Script::of(vec![numbers(&[]), bytes]);
        assert_eq!(refusal(buy(&script.twilio())), reason);
        script.asked();
    }
}

#[test]
fn a_route_is_sent_whole_and_read_back() {
    let mut there = number(PN, NUMBER);
    there["voice_url"] = json!("https://voice.example/other");
    let script = Script::of(vec![good(&number(PN, NUMBER)), good(&json!({})), good(&there)]);
    let route = script.twilio().configure(&rented(PN), &full_route()).unwrap();
    assert_eq!(route, Route { voice_url: Some("https://voice.example/other".into()), ..Route::default() });
    let asked = script.asked();
    for (asked, method) in asked.iter().zip(["GET", "POST", "GET"]) {
        assert!(asked.starts_with(&format!("{method} /2010-04-01/Accounts/{SID}/IncomingPhoneNumbers/{PN}.json HTTP")));
    }
    // Of the application and the trunk, one can be.
    let form = asked[1].split_once("\r\n\r\n").unwrap().1;
    assert!(form.starts_with("VoiceUrl=https") && form.ends_with(&format!("&TrunkSid=TK{}", "2".repeat(32))), "{form}");
    assert!(!form.contains("ApplicationSid"), "{form}");
    // An empty one takes everything back.
    let mut there = number(PN, NUMBER);
    there["voice_url"] = json!("");
    // Messages go to an application, where there is one, whatever the address beside it.
    let mut routed = number(PN, NUMBER);
    (routed["sms_url"], routed["sms_application_sid"]) = (json!("https://sms.example/"), json!("AP1"));
    (routed["voice_application_sid"], routed["trunk_sid"]) = (json!("AP2"), json!("TK1"));
    let script = Script::of(vec![good(&routed), good(&json!({})), good(&there)]);
    assert_eq!(script.twilio().configure(&rented(PN), &Route::default()), Ok(Route::default()));
    let whole = "\r\n\r\nVoiceUrl=&SmsUrl=&VoiceApplicationSid=&TrunkSid=&SmsApplicationSid=";
    assert!(script.asked()[1].ends_with(whole));
    // Where nothing differs, nothing is sent.
    let script = Script::of(vec![good(&there), good(&there)]);
    assert_eq!(script.twilio().configure(&rented(PN), &Route::default()), Ok(Route::default()));
    script.asked();
}

#[test]
fn a_route_that_cannot_be_read_back_is_not_said_to_be_there() {
    let configure = |answers| {
        let script = Script::of(answers);
        let route = script.twilio().configure(&rented(PN), &full_route());
        script.asked();
        route
    };
    let there = || good(&number(PN, NUMBER));
    assert_eq!(refusal(configure(vec![missing()])), Refusal::NotOwned);
    assert_eq!(refusal(configure(vec![there(), refused(400, 21402, "Invalid Url")])), Refusal::Other);
    assert_eq!(configure(vec![there(), answer("429 No", "")]), Err(Trouble::Busy));
    let busy = || answer("429 No", "");
    // Before anything is sent, nothing was done.
    let unasked = configure(vec![answer("500 No", ""), answer("500 No", ""), answer("500 No", "")]);
    assert!(matches!(unasked, Err(Trouble::Unreached(_))), "{unasked:?}");
    for answers in [
        vec![vec![]],
        vec![answer("500 No", "")],
        vec![good(&json!({})), busy(), busy(), busy()],
        vec![good(&json!({})), good(&number(PN, "+19705559999"))],
        vec![good(&json!({})), answer("200 OK", "<html>")],
    ] {
        let route = configure([vec![there()], answers].concat());
        assert!(matches!(route, Err(Trouble::Unknown(_))), "{route:?}");
    }
    assert_eq!(refusal(configure(vec![there(), good(&json!({})), missing()])), Refusal::NotOwned);
}

#[test]
fn a_release_is_sent_once() {
    let release = |bytes| {
        let script = Script::of(vec![bytes]);
        let released = script.twilio().release(&rented(PN));
        assert_eq!(script.lines(), [format!("DELETE /IncomingPhoneNumbers/{PN}.json")]);
        released
    };
    assert_eq!(release(answer("204 No Content", "")), Ok(()));
    assert_eq!(refusal(release(missing())), Refusal::NotOwned);
    // Something in between that knows no such path does not make a number ours no longer.
    assert_eq!(refusal(release(answer("404 Not Found", "<html>"))), Refusal::Other);
    assert_eq!(release(answer("429 No", "")), Err(Trouble::Busy));
    let emergency = "Cannot release: an Emergency Address is registered for this phone number";
    assert_eq!(refusal(release(refused(400, 21490, emergency))), Refusal::EmergencyAddress);
    let as_users_saw_it = "Please remove the emergency address on this number before deleting it.";
    assert_eq!(refusal(release(refused(400, 21631, as_users_saw_it))), Refusal::EmergencyAddress);
    assert_eq!(refusal(release(refused(400, 21631, "An address is required"))), Refusal::Other);
    assert_eq!(refusal(release(refused(409, 22350, "It is being ported out"))), Refusal::Other);
    assert_eq!(refusal(release(refused(401, 20003, "Authenticate for emergency"))), Refusal::Credentials);
    for bytes in [vec![], answer("200 OK", "{}"), answer("500 No", ""), answer("301 No\r\nlocation: /", "")] {
        let released = release(bytes);
        assert!(matches!(released, Err(Trouble::Unknown(_))), "{released:?}");
    }
}

#[test]
fn an_id_that_is_none_of_twilios_leads_to_no_path() {
    for id in ["", "../../Accounts", "PN1?x=", "PN1/..", "PN 1", "PN%2e"] {
        let script = Script::of(vec![]);
        assert_eq!(refusal(script.twilio().release(&rented(id))), Refusal::NotOwned, "{id}");
        assert_eq!(refusal(script.twilio().configure(&rented(id), &full_route())), Refusal::NotOwned, "{id}");
        script.asked();
    }
}

#[test]
fn a_check_asks_for_the_account() {
    let check = |bytes| {
        let script = Script::of(vec![bytes]);
        let checked = script.twilio().check();
        assert_eq!(script.lines(), ["GET .json"]);
        checked
    };
    let account = |status: &str| good(&json!({"sid": SID, "auth_token": TOKEN, "status": status}));
    assert_eq!(check(account("active")), Ok(()));
    for status in ["suspended", "closed"] {
        let said = format!("the account is not active: {status}");
        assert_eq!(check(account(status)), Err(Trouble::Refused { reason: Refusal::Other, said }));
    }
    assert_eq!(refusal(check(refused(401, 20003, "Authenticate"))), Refusal::Credentials);
    assert_eq!(refusal(check(missing())), Refusal::Credentials);
    assert!(matches!(check(answer("200 OK", "{}")), Err(Trouble::Unknown(_))));
}

#[test]
fn what_lets_in_is_never_shown() {
    let both = STANDARD.encode(format!("{SID}:{TOKEN}"));
    let hostile = format!("{SID} {TOKEN} Basic {both}\r\n\u{1b}[2J{}", "long ".repeat(1_000));
    let secret = [SID, TOKEN, both.as_str()];
    let hides = |text: String| {
        assert!(secret.iter().all(|secret| !text.contains(secret)), "{text}");
        text
    };
    let shown = hides(format!("{:?}", twilio("http://127.0.0.1:1")).replace(SID, "the account may be"));
    assert!(shown.contains("[redacted]"));
    let account = good(&json!({"status": hostile}));
    let wrong = good(&json!({"status": [hostile]}));
    for bytes in [refused(400, 21422, &hostile), account, wrong] {
        let script = Script::of(vec![bytes]);
        let trouble = script.twilio().check().unwrap_err();
        let said = hides(format!("{trouble} {trouble:?}"));
        assert!(said.len() < 1_000 && !said.contains('\u{1b}') && !said.contains('\n'), "{said}");
        script.asked();
    }
    for trouble in [Script::of(vec![vec![], vec![], vec![]]).twilio().check(), twilio("http://127.0.0.1:1").check()] {
        hides(format!("{:?}", trouble.unwrap_err()));
    }
    for id in ["", TOKEN, "AC", "ACzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz", "SKaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "AC/../"] {
        let refused = Twilio::new(id, Secret::new(TOKEN.into()), None, Duration::from_secs(1)).unwrap_err();
        assert!(hides(refused.to_string()).contains("32 hexadecimal digits"));
    }
    let address = Twilio::new(SID, Secret::new(TOKEN.into()), Some("api.twilio.com"), Duration::from_secs(1));
    assert!(hides(address.unwrap_err().to_string()).contains("https://api.example.com"));
    Twilio::new(SID, Secret::new(TOKEN.into()), None, Duration::from_secs(1)).unwrap();
}
