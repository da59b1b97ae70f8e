//! Numbers that are brought along, where they are said to be, and what becomes of them when they are let go.

use linekeeper::model::{AgencyId, Carrier, Number};
use serde_json::{Value, json};

use super::Office;
use super::verbs::{bought, status};
use crate::shop::{PLAIN, ROUTED, THEIR_AGENT, two_agencies};
use crate::support::id;

const AGORA: &str = "/api/conversational-ai-agent/v2/phone-numbers";
const KEY: &str = "what credentials are encrypted with";

#[test]
fn a_user_in_an_address_is_taken_out_of_it() {
    let office = Office::of(two_agencies(), &[("CREDENTIALS_KEY", KEY)]);
    let body = json!({"provider": "byo", "phone_number": "+4930100000001", "label": "x",
        "outbound_config": {"address": "us:s3cret@sip.example.com:5061", "transport": "tls"}});
    let made = office.done(&office.basic(), "POST", AGORA, Some(&body));
    let outbound = json!({"address": "sip.example.com:5061", "transport": "tls", "prefix": null, "user": "us"});
    assert_eq!(made["outbound_config"], outbound);
}

#[test]
fn two_changes_at_once_are_both_kept() {
    let office = Office::open();
    let body = json!({"phone_number": "+4930100000001", "provider": "sip"});
    let made = office.done(&office.api_key(), "POST", "/api/phone-numbers", Some(&body));
    let path = format!("/api/phone-numbers/{}", made["data"]["phone_number_id"].as_str().unwrap());
    for round in 0..20 {
        let to = round % 2 == 0;
        std::thread::scope(|scope| {
            for name in ["supports_inbound", "supports_outbound"] {
                let (office, path) = (&office, &path);
                scope.spawn(move || office.done(&office.api_key(), "PATCH", path, Some(&json!({ name: to }))));
            }
        });
        let now = office.done(&office.api_key(), "GET", &path, None);
        assert_eq!((&now["data"]["supports_inbound"], &now["data"]["supports_outbound"]), (&json!(to), &json!(to)));
    }
}

#[test]
fn a_number_of_the_agencys_own_keeps_its_trunk_and_never_shows_its_password() {
    let office = Office::of(two_agencies(), &[("CREDENTIALS_KEY", KEY)]);
    let body = json!({
        "provider": "byo", "phone_number": "+4930100000001", "label": "Berlin",
        "inbound_config": {"allowed_addresses": ["203.0.113.64/27", "198.51.100.7"]},
        "outbound_config": {"address": "sip.example.com:5061", "transport": "tls", "prefix": "0", "user": "us", "password": "s3cret-word"},
    });
    let made = office.done(&office.basic(), "POST", AGORA, Some(&body));
    assert_eq!(made["inbound_config"], body["inbound_config"]);
    let outbound = json!({"address": "sip.example.com:5061", "transport": "tls", "prefix": "0", "user": "us"});
    assert_eq!(made["outbound_config"], outbound);
    let listed = office.done(&office.basic(), "GET", AGORA, None);
    assert_eq!(listed, json!([made]));
    let number = format!("{AGORA}/%2B4930100000001");
    assert_eq!(office.done(&office.basic(), "GET", &number, None), made);
    let again = office.ask(&office.basic(), "POST", AGORA, Some(&body));
    assert_eq!((again.status, &again.json()["reason"]), (409, &json!("phone_number_exists")));
    let trunks = || -> i64 {
        office.inventory.sqlite().query_row("SELECT count(*) FROM carrier_accounts", [], |row| row.get(0)).unwrap()
    };
    assert_eq!(trunks(), 1);
    assert_eq!(office.ask(&office.basic(), "DELETE", &number, None).status, 204);
    assert_eq!(trunks(), 0, "the trunk was the number's own");
    assert_eq!(office.ask(&office.basic(), "GET", &number, None).status, 404);
    assert_eq!(office.ask(&office.basic(), "DELETE", &number, None).status, 404);
    office.done(&office.basic(), "POST", AGORA, Some(&body));
    let path = office.inventory.path();
    let (_, log) = office.server.stop();
    assert!(!log.contains("s3cret-word"), "{log}");
    for file in std::fs::read_dir(path).unwrap().map(|file| file.unwrap().path()).filter(|file| file.is_file()) {
        let bytes = std::fs::read(&file).unwrap();
        assert!(!bytes.windows(11).any(|window| window == b"s3cret-word"), "{} holds it", file.display());
    }
}

#[test]
fn agoras_imports_that_cannot_be_taken_are_refused_and_leave_nothing() {
    let office = Office::open();
    let agora = |body: Value| {
        let answer = office.ask(&office.basic(), "POST", AGORA, Some(&body));
        (answer.status, answer.json()["error_type"].as_str().unwrap_or_default().to_owned())
    };
    let plain = json!({"provider": "byo", "phone_number": "+4930100000001", "label": "x"});
    let with = |name: &str, value: Value| {
        let mut body = plain.clone();
        body[name] = value;
        body
    };
    for number in ["4930100000001", "+493", "+49 30", "+49301000000011111", "", "+٤٩٣٠١٠٠٠٠٠"] {
        assert_eq!(agora(with("phone_number", json!(number))), (400, "invalid_phone_format".into()), "{number}");
    }
    for (name, value) in [
        ("provider", json!("telnyx")),
        ("label", json!("")),
        ("label", json!(null)),
        ("inbound", json!("yes")),
        ("inbound_config", json!({"allowed_addresses": ["10.0.0.0/33"]})),
        ("inbound_config", json!({"allowed_addresses": ["10.0.0.1,10.0.0.2"]})),
        ("outbound_config", json!({"transport": "tls"})),
        ("outbound_config", json!({"address": "sip example"})),
        ("outbound_config", json!({"address": "sip.example.com", "transport": "sctp"})),
        ("outbound_config", json!({"address": "sip.example.com", "prefix": "ab"})),
        ("outbound_config", json!({"address": "..."})),
        ("outbound_config", json!({"address": "[[[:5"})),
        ("outbound_config", json!({"address": "sip.example.com:0"})),
        ("outbound_config", json!(["sip.example.com", "tls", null, null, null])),
        ("inbound_config", json!([["10.0.0.1"]])),
    ] {
        assert_eq!(agora(with(name, value.clone())), (422, "unprocessable_content".into()), "{name} {value}");
    }
    // Nothing to encrypt it with: nothing is kept of the rest, and how to set a key is not the caller's business.
    let secret = with("outbound_config", json!({"address": "sip.example.com", "password": "p"}));
    assert_eq!(agora(secret.clone()), (422, "unprocessable_content".into()));
    let said = office.ask(&office.basic(), "POST", AGORA, Some(&secret)).text();
    assert!(said.contains("password") && !said.contains("LINEKEEPER"), "{said}");
    assert_nothing_is_left(&office);
}

fn assert_nothing_is_left(office: &Office) {
    assert_eq!(office.done(&office.bearer(), "GET", "/v1/numbers", None)["total"], 0);
    let sqlite = office.inventory.sqlite();
    let accounts: i64 = sqlite.query_row("SELECT count(*) FROM carrier_accounts", [], |row| row.get(0)).unwrap();
    assert_eq!(accounts, 0);
}

#[test]
fn butters_imports_that_cannot_be_taken_are_refused_and_leave_nothing() {
    let office = Office::open();
    let butter = |body: &Value| office.ask(&office.api_key(), "POST", "/api/phone-numbers", Some(body)).status;
    let sip = json!({"phone_number": "+4930100000001", "provider": "sip"});
    let with = |name: &str, value: Value| {
        let mut body = sip.clone();
        body[name] = value;
        body
    };
    for (name, value) in [
        ("provider", json!("twilio")),
        ("provider", json!("vonage")),
        ("supports_outbound", json!(true)),
        ("inbound_pin", json!("123")),
        ("inbound_pin", json!("12345678901")),
        ("inbound_pin", json!("12a4")),
        ("media_encryption", json!("always")),
        ("sip_server_address", json!("sip example")),
    ] {
        assert_eq!(butter(&with(name, value.clone())), 400, "{name} {value}");
    }
    assert_eq!(butter(&with("inbound_pin", json!("1234"))), 400, "a PIN is a secret, too");
    for room in ["", "a\u{0}b", "a\nb", &"x".repeat(201)] {
        assert_eq!(butter(&with("inbound_room_name", json!(room))), 400, "{room:?}");
    }
    assert_nothing_is_left(&office);
    assert_eq!(butter(&sip), 201);
    assert_eq!(butter(&sip), 409);
}

#[test]
fn butter_shows_what_it_was_told_of_a_trunk_but_its_secrets() {
    let office = Office::of(two_agencies(), &[("CREDENTIALS_KEY", KEY)]);
    let body = json!({
        "phone_number": "+4930100000001", "provider": "sip", "supports_inbound": true, "supports_outbound": true,
        "sip_trunk_name": "Berlin", "sip_username": "us", "sip_password": "s3cret", "sip_server_address": "sip.example.com",
        "inbound_room_name": "lobby", "inbound_pin": "424242", "media_encryption": "require",
    });
    let made = office.done(&office.api_key(), "POST", "/api/phone-numbers", Some(&body));
    assert_eq!(made["message"], "Phone number imported successfully with sip");
    assert_eq!((&made["data"]["status"], &made["data"]["integration_id"]), (&json!("free"), &Value::Null));
    let path = format!("/api/phone-numbers/{}", made["data"]["phone_number_id"].as_str().unwrap());
    let shown = office.done(&office.api_key(), "GET", &path, None);
    for name in ["sip_trunk_name", "sip_username", "sip_server_address", "inbound_room_name", "media_encryption"] {
        assert_eq!(shown["data"][name], body[name], "{name}");
    }
    assert!(!shown.to_string().contains("s3cret") && !shown.to_string().contains("424242"));
    for method in ["PUT", "PATCH"] {
        let changed =
            office.done(&office.api_key(), method, &path, Some(&json!({"supports_outbound": method == "PATCH"})));
        assert_eq!(changed["data"]["supports_outbound"], method == "PATCH");
        assert_eq!(changed["data"]["supports_inbound"], true, "absent leaves");
        assert_eq!(changed["message"], "Phone number updated successfully");
    }
    let deleted = office.done(&office.api_key(), "DELETE", &path, None);
    assert_eq!(deleted["message"], "Phone number deleted successfully");
    assert_eq!(office.ask(&office.api_key(), "DELETE", &path, None).status, 409);
}

#[test]
fn pipelines_are_set_cleared_and_left() {
    let office = Office::open();
    let body = json!({"provider": "byo", "phone_number": "+4930100000001", "label": "x",
        "inbound_config": {"allowed_addresses": ["203.0.113.64/27"]}});
    office.done(&office.basic(), "POST", AGORA, Some(&body));
    let patch = |body: Value| {
        let answer = office.ask(&office.basic(), "PATCH", &format!("{AGORA}/+4930100000001"), Some(&body));
        let pipeline = answer.json()["associated_pipeline"]["pipeline_id"].as_str().map(str::to_owned);
        (answer.status, pipeline)
    };
    let (plain, routed) = (id(PLAIN).to_string(), id(ROUTED).to_string());
    let named = |agent: &str| json!({"pipeline_id": agent});
    assert_eq!(patch(json!({"inbound_config": named(&plain)})), (200, Some(plain.clone())));
    assert_eq!(patch(json!({})), (200, Some(plain.clone())), "absent leaves");
    assert_eq!(patch(json!({"outbound_config": named(&routed)})), (200, Some(routed.clone())));
    let both = json!({"inbound_config": named(&plain), "outbound_config": named(&routed)});
    assert_eq!(patch(both).0, 422, "a number has one agent");
    assert_eq!(patch(json!({"inbound_config": named("pipeline_1")})).0, 422);
    assert_eq!(patch(json!({"inbound_config": [plain]})).0, 422);
    let nothing = office.ask(&office.basic(), "PATCH", &format!("{AGORA}/+4930100000001"), None);
    assert_eq!((nothing.status, &nothing.json()["associated_pipeline"]["pipeline_id"]), (200, &json!(routed)));
    assert_eq!(patch(json!({"inbound_config": named(&id(THEIR_AGENT).to_string())})).0, 422);
    assert_eq!(patch(json!({"inbound_config": named(&id(7777).to_string())})).0, 422);
    assert_eq!(patch(json!({"inbound_config": null, "outbound_config": null})), (200, None));
    let shown = office.done(&office.basic(), "GET", &format!("{AGORA}/+4930100000001"), None);
    assert_eq!(shown["inbound_config"], body["inbound_config"], "the trunk's settings stay");
    let spaced = office.ask(&office.basic(), "GET", &format!("{AGORA}/%204930100000001"), None);
    assert_eq!(spaced.status, 404, "a space is no plus");
    assert!(spaced.header("agora-request-id").is_some());
}

#[test]
fn what_is_let_go_here_is_the_carriers_still() {
    let office = Office::open();
    let number = bought(&office);
    let phone = number["phoneNumber"].as_str().unwrap();
    assert_eq!(office.ask(&office.basic(), "DELETE", &format!("{AGORA}/{phone}"), None).status, 204);
    let path = format!("/v1/numbers/{}", number["id"].as_str().unwrap());
    assert_eq!(office.done(&office.bearer(), "GET", &path, None)["status"], "released");
    let ledger = std::fs::read_to_string(office.inventory.path().join("simulator.jsonl"))
        .or_else(|_| std::fs::read_to_string(office.inventory.path().join("simulator").join("ledger.jsonl")));
    if let Ok(ledger) = ledger {
        assert!(!ledger.contains("release"), "{ledger}");
    }
    let deeds: Vec<u8> = {
        let sqlite = office.inventory.sqlite();
        let mut statement = sqlite.prepare("SELECT deed FROM orders").unwrap();
        statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    };
    assert_eq!(deeds, [0], "no release was ordered");
    assert_eq!(status(&office, "DELETE", &path, &Value::Null), (400, "BAD_REQUEST".into()));
}

#[test]
fn an_imported_twilio_number_without_an_account_is_taken_as_it_is_said() {
    let office = Office::open();
    let body = json!({"provider": "twilio", "phone_number": "+15005550006", "label": "x", "inbound_config": null, "outbound_config": null});
    let made = office.done(&office.basic(), "POST", AGORA, Some(&body));
    assert_eq!((&made["provider"], &made["inbound_config"]), (&json!("twilio"), &Value::Null));
    let row: Number = office
        .inventory
        .store
        .read(|snapshot| {
            let scope = snapshot.operator_scope(AgencyId(id(1)))?.unwrap();
            snapshot.live_number(&scope, &"+15005550006".parse().unwrap()).map(Option::unwrap)
        })
        .map_err(|error: linekeeper::model::Error| error.to_string())
        .unwrap();
    assert_eq!((row.carrier, row.carrier_account), (Carrier::Twilio, None));
    // It cannot be given back with nothing to give it back with; it can be let go.
    let path = format!("/v1/numbers/num_{}", row.id.0.simple());
    assert_eq!(status(&office, "DELETE", &path, &Value::Null), (409, "CONFLICT".into()));
    assert_eq!(office.ask(&office.basic(), "DELETE", &format!("{AGORA}/+15005550006"), None).status, 204);
}
