//! `phone-numbers-list`: the seed's example, whole answers, ties, and the two faults that the product names.

use std::sync::Arc;

use actix_web::test as calls;
use linekeeper::app::AppState;
use linekeeper::carrier::Carriers;
use linekeeper::clock::{Clock, Ids};
use linekeeper::config::{Config, Flags};
use linekeeper::dialect::supabase;
use linekeeper::model::{Agent, AgentId, Money, Role, Status, Timestamp, UserId};
use serde_json::{Value, json};

use crate::support::{Inventory, NOON, SECRET, Server, add_agency, add_agent, add_user, agent, id, number, token};

/// Asks the app in this process, at noon, and returns the status and the body.
fn ask_at_noon(inventory: &Inventory, user: UserId, query: &str) -> (u16, Value) {
    let environment = [("LINEKEEPER_JWT_SECRET".into(), SECRET.into())];
    let config = Config::load(&Flags::default(), environment).unwrap();
    let bearer = supabase::sign(config.jwt_secret.as_ref().unwrap(), &config, user, NOON, 3600).unwrap();
    let state =
        AppState::new(inventory.store.clone(), config, Carriers::default(), Clock::Fixed(NOON), Ids::Counted(0.into()));
    actix_web::rt::System::new().block_on(async {
        let app = calls::init_service(linekeeper::http::app(&state, linekeeper::dialect::ALL)).await;
        let request = calls::TestRequest::get()
            .uri(&format!("/functions/v1/phone-numbers-list{query}"))
            .insert_header(("authorization", format!("Bearer {bearer}")))
            .to_request();
        let answer = calls::call_service(&app, request).await;
        let status = answer.status().as_u16();
        (status, calls::read_body_json(answer).await)
    })
}

/// The seed's ten numbers: eight active of which six are assigned, one pending, one released.
fn seed() -> (Inventory, UserId) {
    let inventory = Inventory::empty();
    let owner = inventory.write(|change| {
        let scope = add_agency(change, 1, "Northwind")?;
        let sales = Agent { engine_id: "uv-agent-id".into(), ..agent(41, Some("Sales Agent")) };
        add_agent(change, &scope, &sales)?;
        for place in 0..10 {
            let mut row = number(50 + place, &format!("+1970555123{}", (place + 4) % 10));
            row.created_at = Timestamp(NOON.0 - 1_000_000 * i64::try_from(place).unwrap());
            row.status = match place {
                8 => Status::Pending,
                9 => Status::Released,
                _ => Status::Active,
            };
            row.agent = (place < 6).then(|| Arc::new(sales.clone()));
            change.add_number(&scope, &row)?;
        }
        add_user(change, Some(&scope), 11, Role::AgencyMember)
    });
    (inventory, owner)
}

/// The example in the product's document, but for the ids.
fn example() -> Value {
    let agent_id = id(41).to_string();
    json!({
        "id": id(50).to_string(),
        "phone_number": "+19705551234",
        "phone_number_id": "telnyx-id",
        "friendly_name": "Main Line",
        "number_type": "local",
        "country_code": "US",
        "voice_enabled": true,
        "sms_enabled": false,
        "mms_enabled": false,
        "direction": "inbound",
        "monthly_cost": "1.00",
        "currency": "USD",
        "status": "active",
        "is_active": true,
        "purchased_at": "2025-01-15T12:00:00Z",
        "released_at": null,
        "created_at": "2025-01-15T12:00:00Z",
        "updated_at": "2025-01-15T12:00:00Z",
        "agent_mapping_id": agent_id,
        "agent_mappings": {
            "id": agent_id,
            "ultravox_agent_id": "uv-agent-id",
            "ultravox_agent_name": "Sales Agent",
            "voice": "en-US-Standard",
            "language_hint": "en",
            "recording_enabled": true
        }
    })
}

#[test]
fn the_seeds_rows_give_the_seeds_json() {
    let (inventory, owner) = seed();
    let (status, body) = ask_at_noon(&inventory, owner, "?include_released=true");
    assert_eq!(status, 200);
    assert_eq!(body["phone_numbers"][0], example());
    assert_eq!(
        body["available_agents"],
        json!([{
            "id": id(41).to_string(),
            "ultravox_agent_id": "uv-agent-id",
            "ultravox_agent_name": "Sales Agent",
            "voice": "en-US-Standard"
        }])
    );
    assert_eq!(
        body["summary"],
        json!({"total": 10, "active": 8, "pending": 1, "suspended": 0, "released": 1, "assigned": 6, "unassigned": 2})
    );
    assert_eq!(body["pagination"], json!({"total": 10, "limit": 50, "offset": 0, "has_more": false}));
    assert_eq!(body.as_object().unwrap().len(), 4);
}

#[test]
fn keys_stand_in_the_documents_order() {
    let (inventory, owner) = seed();
    let server = Server::start(&inventory.path());
    let text = server.list(&token(owner), "?limit=1").text();
    let expected = format!("{{\"phone_numbers\":[{}],\"available_agents\":", ordered_example());
    assert!(text.starts_with(&expected), "{text}\n{expected}");
}

/// The example as text, in the order in which the document writes it.
fn ordered_example() -> String {
    let example = example();
    let keys = [
        "id",
        "phone_number",
        "phone_number_id",
        "friendly_name",
        "number_type",
        "country_code",
        "voice_enabled",
        "sms_enabled",
        "mms_enabled",
        "direction",
        "monthly_cost",
        "currency",
        "status",
        "is_active",
        "purchased_at",
        "released_at",
        "created_at",
        "updated_at",
        "agent_mapping_id",
        "agent_mappings",
    ];
    let agent_keys = ["id", "ultravox_agent_id", "ultravox_agent_name", "voice", "language_hint", "recording_enabled"];
    let object = |value: &Value, keys: &[&str]| {
        let pairs: Vec<_> = keys.iter().map(|key| format!("\"{key}\":{}", value[key])).collect();
        format!("{{{}}}", pairs.join(","))
    };
    let agent = object(&example["agent_mappings"], &agent_keys);
    object(&example, &keys).replace(&example["agent_mappings"].to_string(), &agent)
}

#[test]
fn whole_answers_stay_as_they_are() {
    let (inventory, owner) = seed();
    inventory.write(|change| {
        let scope = change.operator_scope(linekeeper::model::AgencyId(id(1)))?.unwrap();
        add_agent(change, &scope, &agent(42, None))?;
        add_agent(change, &scope, &agent(43, Some("réception")))?;
        add_agent(change, &scope, &agent(44, Some("Accounts")))?;
        let mut row = number(70, "+442079460000");
        row.friendly_name = Some("Straße \"7\" <b>\u{2028}\u{1F600}".into());
        row.created_at = Timestamp(NOON.0 + 1);
        row.updated_at = Timestamp(NOON.0 + 123_456);
        (row.inbound, row.outbound, row.monthly_cost) = (true, true, Some(Money(10_850)));
        (row.currency, row.country_code, row.number_type) = ("EUR".into(), Some("GB".into()), None);
        change.add_number(&scope, &row)?;
        let mut bare = number(71, "+4930000000");
        (bare.carrier_number_id, bare.friendly_name, bare.country_code) = (None, None, None);
        (bare.monthly_cost, bare.purchased_at, bare.inbound, bare.status) = (None, None, false, Status::Suspended);
        bare.created_at = Timestamp(NOON.0 + 1);
        change.add_number(&scope, &bare)
    });
    let queries = [
        ("default_page_of_three", "?limit=3"),
        ("suspended", "?status=inactive"),
        ("search_by_digits_agents_wanted", "?search=(970)%20555-1234&include_agents=true"),
        ("beyond_the_end", "?offset=500"),
        ("both_and_neither", "?assigned=true&unassigned=true"),
        ("a_bad_parameter", "?status=asleep"),
    ];
    for (name, query) in queries {
        let (status, body) = ask_at_noon(&inventory, owner, query);
        insta::assert_json_snapshot!(name, json!({"query": query, "status": status, "body": body}));
    }
}

#[test]
fn agents_come_with_a_short_page_or_when_asked_for() {
    let inventory = Inventory::empty();
    let owner = inventory.write(|change| {
        let scope = add_agency(change, 1, "Northwind")?;
        add_agent(change, &scope, &agent(41, Some("b")))?;
        add_agent(change, &scope, &agent(42, None))?;
        add_agent(change, &scope, &agent(43, Some("A")))?;
        for place in 0..20 {
            change.add_number(&scope, &number(50 + place, &format!("+197055512{place:02}")))?;
        }
        add_user(change, Some(&scope), 11, Role::ClientViewer)
    });
    let agents = |query: &str| ask_at_noon(&inventory, owner, query).1["available_agents"].clone();
    assert_eq!(agents(""), json!([]));
    assert_eq!(agents("?include_agents=false"), json!([]));
    let names = |agents: &Value| {
        agents.as_array().unwrap().iter().map(|a| a["ultravox_agent_name"].clone()).collect::<Vec<_>>()
    };
    let all: Vec<Value> = vec![json!("A"), json!("b"), Value::Null];
    for query in ["?limit=19", "?include_agents=true", "?offset=1", "?status=pending"] {
        assert_eq!(names(&agents(query)), all, "{query}");
    }
}

#[test]
fn an_agent_of_another_agency_finds_nothing() {
    let (inventory, owner) = seed();
    inventory.write(|change| {
        let other = add_agency(change, 2, "Lumen")?;
        let theirs = agent(91, Some("Theirs"));
        add_agent(change, &other, &theirs)?;
        let mut row = number(92, "+19705550092");
        row.agent = Some(Arc::new(theirs));
        change.add_number(&other, &row)
    });
    let empty = |agent: AgentId| ask_at_noon(&inventory, owner, &format!("?agent_id={agent}"));
    let (foreign, missing) = (empty(AgentId(id(91))), empty(AgentId(id(93))));
    assert_eq!(foreign, missing);
    assert_eq!(
        (foreign.0, &foreign.1["phone_numbers"], &foreign.1["pagination"]["total"]),
        (200, &json!([]), &json!(0))
    );
}

#[test]
fn a_failing_list_and_any_other_failure_are_told_apart() {
    let (inventory, owner) = seed();
    let server = Server::start(&inventory.path());
    let owner = token(owner);
    assert_eq!(server.list(&owner, "").status, 200);
    let sqlite = inventory.sqlite();
    sqlite.execute_batch("ALTER TABLE agency_phone_numbers RENAME TO elsewhere").unwrap();
    // Not the query that was just answered: its answer is kept, and still true.
    let answer = server.list(&owner, "?limit=9");
    assert_eq!((answer.status, answer.json()), (500, json!({"error": "Failed to fetch phone numbers"})));
    sqlite.execute_batch("ALTER TABLE elsewhere RENAME TO agency_phone_numbers").unwrap();
    assert_eq!(server.list(&owner, "?limit=9").status, 200, "it is well again");
    sqlite.execute_batch("ALTER TABLE users RENAME TO people").unwrap();
    let answer = server.list(&owner, "");
    assert_eq!((answer.status, answer.json()), (500, json!({"error": "Internal server error"})));
}
