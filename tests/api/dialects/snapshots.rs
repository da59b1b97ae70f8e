//! What each operation of each dialect answers, in each way in which it can end: at noon, with counted ids.

use std::sync::Arc;

use actix_web::http::Method;
use actix_web::test as calls;
use linekeeper::app::AppState;
use linekeeper::carrier::Carriers;
use linekeeper::carrier::simulator::Simulator;
use linekeeper::clock::{Clock, Ids};
use linekeeper::config::{Config, Flags};
use linekeeper::model::{AgencyId, Carrier, Number, Permissions};
use serde_json::{Value, json};

use super::{Headers, basic, bearer, key};
use crate::shop::{OWNER, PLAIN, ROUTED, two_agencies};
use crate::support::{NOON, SECRET, agent, id, number, sign};

/// A request: its method, its path, and its body, if it has one.
type Asked = (&'static str, String, Value);

/// Asks one app in this process, one request after the other, and gives what it answered to each.
fn answers(sign: fn(&linekeeper::model::PresentedKey) -> Headers, asked: &[Asked]) -> Value {
    let inventory = two_agencies();
    inventory.write(|change| {
        let scope = change.operator_scope(AgencyId(id(1)))?.unwrap();
        let mut answered = number(51, "+19705550051");
        answered.agent = Some(Arc::new(agent(PLAIN, Some("Plain"))));
        answered.carrier = Carrier::Simulator;
        change.add_number(&scope, &answered)?;
        let sip = Number { carrier: Carrier::Sip, friendly_name: None, ..number(52, "+4930100000052") };
        change.add_number(&scope, &sip)?;
        let mut released = number(53, "+19705550053");
        released.release(NOON);
        change.add_number(&scope, &released)
    });
    let simulator = Arc::new(Simulator::open(&inventory.path().join("simulator"), 1).unwrap());
    let environment = [("LINEKEEPER_JWT_SECRET".into(), SECRET.into())];
    let config = Config::load(&Flags::default(), environment).unwrap();
    let carriers = Carriers::default().with_simulator(simulator);
    let state = AppState::new(inventory.store.clone(), config, carriers, Clock::Fixed(NOON), Ids::Counted(0.into()));
    let (good, idle) = (sign(&key(&inventory, Permissions::ALL)), sign(&key(&inventory, Permissions::NONE)));
    actix_web::rt::System::new().block_on(async {
        let app = calls::init_service(linekeeper::http::app(&state, linekeeper::dialect::ALL)).await;
        let mut answers = Vec::new();
        for (method, path, body) in asked {
            // What begins with a word is asked by somebody else.
            let (headers, path) = match path.split_once(' ') {
                Some(("nobody", path)) => (&Headers::new(), path),
                Some(("idle", path)) => (&idle, path),
                _ => (&good, path.as_str()),
            };
            let mut request =
                calls::TestRequest::default().method(Method::from_bytes(method.as_bytes()).unwrap()).uri(path);
            for (name, value) in headers {
                request = request.insert_header((*name, value.as_str()));
            }
            if !body.is_null() {
                request = request.set_json(body);
            }
            let answer = calls::call_service(&app, request.to_request()).await;
            let status = answer.status().as_u16();
            let text = calls::read_body(answer).await;
            let shown: Value = if text.is_empty() { Value::Null } else { serde_json::from_slice(&text).unwrap() };
            let who = if headers.is_empty() {
                "nobody "
            } else if std::ptr::eq(headers, &raw const idle) {
                "idle "
            } else {
                ""
            };
            answers.push(
                json!({"asked": format!("{who}{method} {path}"), "body": body, "status": status, "answer": shown}),
            );
        }
        answers.into()
    })
}

fn get(path: &str) -> Asked {
    ("GET", path.to_owned(), Value::Null)
}

fn ask(method: &'static str, path: impl Into<String>, body: Value) -> Asked {
    (method, path.into(), body)
}

fn hex(number: u64) -> String {
    id(number).simple().to_string()
}

/// The owner's token at noon, whatever key there is.
fn noon(_: &linekeeper::model::PresentedKey) -> Headers {
    let claims = json!({
        "iss": "x", "aud": "authenticated", "exp": NOON.0 / 1_000_000 + 3600, "iat": NOON.0 / 1_000_000,
        "sub": id(OWNER), "role": "authenticated",
    });
    let token = sign(&json!({"alg": "HS256", "typ": "JWT"}).to_string(), &claims.to_string(), SECRET);
    vec![("authorization", format!("Bearer {token}"))]
}

#[test]
fn supabase() {
    let function = |name: &str| format!("/functions/v1/phone-numbers-{name}");
    let buy = |number: &str| json!({"phone_numbers": [{"phone_number": number}]});
    let release = |numbers: &[u64]| json!({"phone_number_ids": numbers.iter().map(|number| id(*number)).collect::<Vec<_>>(), "confirm": true});
    let assign = function("assign");
    let asked = [
        get(&function("list")),
        get(&function("list?limit=x")),
        get(&format!("nobody {}", function("list"))),
        get(&function("search?country_code=US&area_code=970&limit=1")),
        get(&function("search")),
        ask("POST", function("purchase"), buy("+19702822465")),
        ask("POST", function("purchase"), buy("+19700000000")),
        ask("POST", function("purchase"), json!({"phone_numbers": []})),
        get(&assign),
        get(&format!("{assign}?id={}", id(51))),
        get(&format!("{assign}?id={}", id(99))),
        ask("POST", assign.clone(), json!({"phone_number_id": id(52), "agent_mapping_id": id(PLAIN)})),
        ask("POST", assign.clone(), json!({"phone_number_id": id(52), "agent_mapping_id": id(99)})),
        ask("POST", assign.clone(), json!({"phone_number_id": id(53), "agent_mapping_id": id(PLAIN)})),
        ask("POST", assign.clone(), json!({})),
        ask(
            "PATCH",
            assign.clone(),
            json!({"phone_number_id": id(52), "friendly_name": "Berlin", "direction": "both"}),
        ),
        ask("PATCH", assign.clone(), json!({"phone_number_id": id(99), "friendly_name": "Berlin"})),
        ask("DELETE", format!("{assign}?id={}", id(52)), Value::Null),
        ask("DELETE", assign.clone(), Value::Null),
        ask("POST", function("release"), release(&[52])),
        ask("POST", function("release"), release(&[52, 99])),
        ask("POST", function("release"), json!({"phone_number_ids": [id(52)]})),
        ask("PUT", assign, json!({})),
        get(&function("nothing")),
    ];
    insta::assert_json_snapshot!(answers(noon, &asked));
}

#[test]
fn butter() {
    let list = "/api/phone-numbers";
    let one = |number: u64| format!("{list}/phon_{}", hex(number));
    let (plain, routed) = (hex(PLAIN), hex(ROUTED));
    let twilio = json!({"phone_number": "+15005550006", "provider": "twilio", "integration_id": id(9)});
    let sip = json!({"phone_number": "+4930100000099", "provider": "sip", "supports_inbound": true});
    let asked = [
        get(list),
        get("/api/phone-numbers?status=free&page_size=1"),
        get("/api/phone-numbers?status=busy"),
        get("/api/phone-numbers?cursor=x"),
        get("nobody /api/phone-numbers"),
        get("idle /api/phone-numbers"),
        get(&one(51)),
        get(&one(53)),
        get(&one(99)),
        ask("POST", list, sip.clone()),
        ask("POST", list, sip),
        ask("POST", list, twilio),
        ask("POST", list, json!({"phone_number": "4930", "provider": "sip"})),
        ask("POST", list, json!({"phone_number": "+4930100000098"})),
        ask("PUT", one(52), json!({"supports_outbound": true})),
        ask("PATCH", one(52), json!({"supports_inbound": false})),
        ask("PATCH", one(53), json!({"supports_inbound": false})),
        ask("PATCH", one(99), json!({"supports_inbound": false})),
        ask(
            "POST",
            format!("/api/agents/agent_{plain}/assign-phone-number"),
            json!({"phone_number_id": format!("phon_{}", hex(52))}),
        ),
        ask(
            "POST",
            format!("/api/agents/agent_{routed}/assign-phone-number"),
            json!({"phone_number_id": format!("phon_{}", hex(52))}),
        ),
        ask(
            "POST",
            format!("/api/agents/agent_{}/assign-phone-number", hex(99)),
            json!({"phone_number_id": format!("phon_{}", hex(52))}),
        ),
        ask("POST", format!("/api/agents/agent_{plain}/assign-phone-number"), json!({})),
        ask("POST", format!("/api/agents/agent_{routed}/unassign-phone-number/phon_{}", hex(52)), Value::Null),
        ask("POST", format!("/api/agents/agent_{plain}/unassign-phone-number/phon_{}", hex(52)), Value::Null),
        ask("DELETE", one(52), Value::Null),
        ask("DELETE", one(52), Value::Null),
        ask("DELETE", one(99), Value::Null),
        ask("DELETE", list, Value::Null),
        get("/api/agents/nothing"),
    ];
    insta::assert_json_snapshot!(answers(|key| vec![("x-api-key", key.expose())], &asked));
}

#[test]
fn agora() {
    let list = "/api/conversational-ai-agent/v2/phone-numbers";
    let one = |number: &str| format!("{list}/{number}");
    let byo = json!({
        "provider": "byo", "phone_number": "+4930100000099", "label": "Berlin",
        "inbound_config": {"allowed_addresses": ["203.0.113.64/27"]},
        "outbound_config": {"address": "sip.example.com", "transport": "udp"},
    });
    let pipeline = json!({"inbound_config": {"pipeline_id": id(ROUTED)}});
    let asked = [
        get(list),
        get(&format!("nobody {list}")),
        get(&format!("idle {list}")),
        ask("POST", list, byo.clone()),
        ask("POST", list, byo),
        ask(
            "POST",
            list,
            json!({"provider": "twilio", "phone_number": "+15005550006", "label": "x", "outbound_config": {}}),
        ),
        ask("POST", list, json!({"provider": "byo", "phone_number": "x", "label": "x"})),
        ask("POST", list, json!({"provider": "byo"})),
        get(&one("+19705550051")),
        get(&one("%2B4930100000099")),
        get(&one("+19705550053")),
        get(&one("x")),
        ask("PATCH", one("+4930100000099"), pipeline.clone()),
        ask("PATCH", one("+4930100000099"), json!({"inbound_config": null})),
        ask("PATCH", one("+4930100000099"), json!({"inbound_config": {"pipeline_id": "x"}})),
        ask("PATCH", one("+19705550053"), pipeline),
        ask("DELETE", one("+4930100000099"), Value::Null),
        ask("DELETE", one("+4930100000099"), Value::Null),
        ask("PUT", list, json!({})),
        get(&one("a/b")),
    ];
    insta::assert_json_snapshot!(answers(basic, &asked));
}

#[test]
fn instaview() {
    let asked = [
        get("/phone-numbers"),
        get("/phone-numbers?page=2&limit=1"),
        get(&format!("/phone-numbers?companyId={}", id(1))),
        get(&format!("/phone-numbers?companyId={}", id(2))),
        get("/phone-numbers?companyId=x"),
        get("/phone-numbers?page=0"),
        get("nobody /phone-numbers"),
        get("idle /phone-numbers"),
        ask("POST", "/phone-numbers", json!({})),
        get("/phone-numbers/nothing"),
    ];
    insta::assert_json_snapshot!(answers(bearer, &asked));
}

#[test]
fn agentphone() {
    let one = |number: u64| format!("/v1/numbers/num_{}", hex(number));
    let agent = |agent: u64| format!("/v1/agents/agt_{}", hex(agent));
    let numbered = json!({"numberId": format!("num_{}", hex(51))});
    // The number that is bought below.
    let message = json!({"from_number": "+19702822465", "to_number": "+15005550006", "body": "hi"});
    let asked = [
        get("/v1/numbers"),
        get("/v1/numbers?limit=1&offset=1"),
        get("/v1/numbers?limit=0"),
        get("nobody /v1/numbers"),
        get("idle /v1/numbers"),
        get(&one(53)),
        get(&one(99)),
        ask("POST", "/v1/numbers", json!({"areaCode": "970"})),
        ask("POST", "/v1/numbers", json!({"areaCode": "999"})),
        ask("POST", "/v1/numbers", json!({"country": "AQ"})),
        ask("POST", "/v1/numbers", json!({"country": 7})),
        ask("POST", "/v1/numbers", json!({"agentId": format!("agt_{}", hex(99))})),
        ask("PATCH", one(51), json!({"externalId": "crm-42", "expiresAt": "2030-01-01T00:00:00Z"})),
        ask("PATCH", one(51), json!({"expiresAt": null})),
        ask("PATCH", one(51), json!({"expiresAt": "yesterday"})),
        ask("PATCH", one(99), json!({})),
        get("/v1/numbers/available?areaCode=970&limit=1"),
        get("/v1/numbers/available?zip=80521"),
        get("/v1/numbers/lookup?phoneNumbers=%2B18005550123"),
        get("/v1/numbers/lookup"),
        ask("POST", "/v1/messages", message),
        ask("POST", "/v1/messages", json!({"to_number": "+15005550006", "body": "hi"})),
        get(&format!("{}/messages", one(51))),
        get(&format!("{}/messages?before=x", one(51))),
        get(&format!("{}/messages", one(99))),
        get("/v1/agents"),
        ask("POST", "/v1/agents", json!({"name": "Reception"})),
        ask("POST", "/v1/agents", json!({})),
        get(&agent(PLAIN)),
        get(&agent(99)),
        ask("PATCH", agent(PLAIN), json!({"voice": "en-US-Standard"})),
        ask("POST", format!("{}/numbers", agent(ROUTED)), numbered.clone()),
        ask("DELETE", format!("{}/numbers/num_{}", agent(ROUTED), hex(51)), Value::Null),
        ask("DELETE", format!("{}/numbers/num_{}", agent(PLAIN), hex(51)), Value::Null),
        ask("POST", format!("{}/numbers", agent(PLAIN)), numbered),
        ask("DELETE", agent(PLAIN), Value::Null),
        ask("DELETE", agent(PLAIN), Value::Null),
        ask("DELETE", one(53), Value::Null),
        ask("DELETE", one(99), Value::Null),
        ask("DELETE", "/v1/numbers", Value::Null),
        get("/v1/nothing"),
    ];
    insta::assert_json_snapshot!(answers(bearer, &asked));
}
