//! `phone-numbers-purchase`: what is bought, what is not, and what is not known yet.

use std::sync::Arc;

use actix_web::test as calls;
use linekeeper::app::AppState;
use linekeeper::carrier::Carriers;
use linekeeper::carrier::simulator::{Fault, Request, Simulator};
use linekeeper::clock::{Clock, Ids};
use linekeeper::config::{Config, Flags};
use linekeeper::dialect::supabase;
use linekeeper::model::UserId;
use serde_json::{Value, json};

use crate::shop::{
    ADMIN, MEMBER, OWNER, PLAIN, PURCHASE, ROUTED, Shop, THEIR_AGENT, THEIR_OWNER, VOICE_URL, error, text,
    two_agencies, wish,
};
use crate::support::{NOON, SECRET, id};

const TAKEN: &str = "Phone number is not available or already taken";

/// What a purchase answers at noon, when ids are counted.
fn bought_at_noon(body: &Value) -> Value {
    let inventory = two_agencies();
    let simulator = Arc::new(Simulator::open(&inventory.path().join("simulator"), 1).unwrap());
    let environment = [("LINEKEEPER_JWT_SECRET".into(), SECRET.into())];
    let config = Config::load(&Flags::default(), environment).unwrap();
    let owner = UserId(id(OWNER));
    let bearer = supabase::sign(config.jwt_secret.as_ref().unwrap(), &config, owner, NOON, 3600).unwrap();
    let carriers = Carriers::default().with_simulator(simulator);
    let state = AppState::new(inventory.store.clone(), config, carriers, Clock::Fixed(NOON), Ids::Counted(0.into()));
    actix_web::rt::System::new().block_on(async {
        let app = calls::init_service(linekeeper::http::app(&state, linekeeper::dialect::ALL)).await;
        let request = calls::TestRequest::post().uri(PURCHASE).set_json(body);
        let request = request.insert_header(("authorization", format!("Bearer {bearer}"))).to_request();
        let answer = calls::call_service(&app, request).await;
        let status = answer.status().as_u16();
        json!({"status": status, "body": calls::read_body_json::<Value, _>(answer).await})
    })
}

#[test]
fn a_purchase_answers_as_the_product_does() {
    let first = json!({"phone_number": "+19702822465", "friendly_name": " Front desk ", "agent_mapping_id": id(PLAIN)});
    let second = json!({"phone_number": "+447520822465"});
    let none = json!({"phone_number": "+19700000000"});
    let bodies = [
        ("all_bought", json!({"phone_numbers": [first, second], "customer_reference": "PO 7"})),
        ("some_bought", json!({"phone_numbers": [none, second]})),
        ("none_bought", json!({"phone_numbers": [none]})),
    ];
    for (name, body) in bodies {
        insta::assert_json_snapshot!(name, bought_at_noon(&body));
    }
}

#[test]
fn a_bought_number_is_in_the_list_and_in_no_other() {
    let shop = Shop::open();
    let number = shop.stock(1).remove(0);
    let body =
        json!({"phone_numbers": [{"phone_number": number, "friendly_name": "Desk", "agent_mapping_id": id(PLAIN)}]});
    let bought = shop.post(ADMIN, PURCHASE, &body);
    assert_eq!(bought.status, 200, "{}", bought.text());
    assert_eq!(bought.header("idempotency-replayed"), None);
    assert_eq!(bought.header("cache-control"), Some("no-store"));
    let (bought, row) = (bought.json(), shop.row(&number));
    for field in ["id", "phone_number_id", "friendly_name", "agent_mapping_id", "direction", "purchased_at"] {
        assert_eq!(bought["phone_numbers"][0][field], row[field], "{field}");
    }
    assert_eq!((&row["number_type"], &row["country_code"]), (&json!("local"), &json!("US")));
    assert_eq!((&row["monthly_cost"], &row["currency"]), (&json!("1.15"), &json!("USD")));
    assert_eq!(
        (&row["status"], &row["is_active"], &row["released_at"]),
        (&json!("active"), &json!(true), &Value::Null)
    );
    assert_eq!((&row["voice_enabled"], &row["sms_enabled"]), (&json!(true), &json!(true)));
    assert_eq!(row["agent_mappings"]["ultravox_agent_name"], "Plain");
    assert_eq!(
        shop.summary(),
        json!({"total": 1, "active": 1, "pending": 0, "suspended": 0, "released": 0, "assigned": 1, "unassigned": 0})
    );
    assert_eq!(shop.rows(THEIR_OWNER), [] as [Value; 0]);
    assert_ne!(shop.stock(1), [&*number], "it is not offered any more");
    for user in [OWNER, THEIR_OWNER] {
        let again = shop.post(user, PURCHASE, &wish(&number));
        assert_eq!((again.status, error(&again)), (409, TAKEN.to_owned()));
    }
}

#[test]
fn who_changed_what_because_of_which_request_is_written_down() {
    let shop = Shop::open();
    let number = shop.stock(1).remove(0);
    let answer = shop.post_with(ADMIN, PURCHASE, &[("x-request-id", "req-of-mine")], &wish(&number).to_string());
    assert_eq!(answer.header("x-request-id"), Some("req-of-mine"));
    let events = shop.command(&["events", "--agency", &text(1)]);
    let made: Vec<Vec<&str>> = events.lines().map(|line| line.split('\t').collect()).collect();
    let of_request: Vec<_> = made.iter().filter(|event| event[4] == "req-of-mine").collect();
    assert!(of_request.len() >= 2, "{events}");
    assert!(of_request.iter().all(|event| event[3] == format!("user {}", text(ADMIN))), "{events}");
    assert!(of_request.iter().any(|event| event[7].contains("pending") && event[8].contains("active")), "{events}");
}

#[test]
fn only_owners_and_admins_buy() {
    let shop = Shop::open();
    let refused = shop.post_with(MEMBER, PURCHASE, &[], "{");
    assert_eq!((refused.status, error(&refused)), (403, "Insufficient permissions".to_owned()), "roles come first");
    for method in ["GET", "PUT", "DELETE", "PATCH"] {
        let answer = shop.send(MEMBER, method, PURCHASE, &json!({}));
        assert_eq!((answer.status, answer.header("allow")), (405, Some("POST")), "{method}");
    }
}

#[test]
fn some_of_several_are_bought_and_the_rest_said() {
    let shop = Shop::open();
    let mine = shop.stock(2);
    let all = [&mine[0], "+15005550000", &mine[0], "+15005550001", "+15005550006", &mine[1]];
    let items: Vec<_> = all.iter().map(|number| json!({"phone_number": number})).collect();
    let answer = shop.post(OWNER, PURCHASE, &json!({"phone_numbers": items}));
    assert_eq!(answer.status, 207, "{}", answer.text());
    let body = answer.json();
    assert_eq!((&body["success"], &body["message"]), (&json!(false), &json!("Purchased 3 phone number(s), 3 failed")));
    assert_eq!((&body["order"]["status"], &body["order"]["phone_numbers_count"]), (&json!("success"), &json!(3)));
    let bought: Vec<_> = body["phone_numbers"].as_array().unwrap().iter().map(|row| &row["phone_number"]).collect();
    assert_eq!(bought, [&mine[0], "+15005550006", &mine[1]]);
    let failed = json!([
        {"phone_number": "+15005550000", "error": TAKEN},
        {"phone_number": mine[0], "error": TAKEN},
        {"phone_number": "+15005550001", "error": "The carrier knows no such phone number"},
    ]);
    assert_eq!(body["failed"], failed);
    assert_eq!(shop.rows(OWNER).len(), 3, "nothing is left of those that failed");

    let none = shop.post(OWNER, PURCHASE, &json!({"phone_numbers": [items[1], items[3], items[4]]}));
    assert_eq!((none.status, error(&none)), (409, TAKEN.to_owned()));
    assert_eq!((&none.json()["success"], none.json()["failed"].as_array().unwrap().len()), (&json!(false), 3));
}

#[test]
fn an_agency_buys_within_its_limits() {
    let shop = Shop::open();
    let allow = |flag: &str, value: &str| shop.command(&["agency", "update", &text(1), flag, value]);
    let buy = |numbers: &[&String]| {
        let items: Vec<_> = numbers.iter().map(|number| json!({"phone_number": number})).collect();
        shop.post(OWNER, PURCHASE, &json!({"phone_numbers": items}))
    };
    let stock = shop.stock(6);
    allow("--max-numbers", "0");
    let refused = buy(&[&stock[0]]);
    assert_eq!((refused.status, &*error(&refused)), (402, "The agency has as many phone numbers as it may have"));
    allow("--max-numbers", "2");
    let two = buy(&[&stock[0], &stock[1], &stock[2]]);
    assert_eq!((two.status, &two.json()["failed"][0]["phone_number"]), (207, &json!(stock[2])));
    allow("--max-numbers", "none");

    // 2.30 are spent, 1.15 each.
    allow("--monthly-budget", "3.45 USD");
    let third = buy(&[&stock[2], &stock[3]]);
    assert_eq!((third.status, &third.json()["failed"][0]["phone_number"]), (207, &json!(stock[3])));
    let refused = buy(&[&stock[3]]);
    assert_eq!((refused.status, &*error(&refused)), (402, "The agency's monthly budget does not allow it"));
    allow("--monthly-budget", "1000 EUR");
    assert_eq!(buy(&[&stock[3]]).status, 402, "prices in another currency cannot be held against it");
    assert_eq!(shop.rows(OWNER).len(), 3);

    // What somebody else has costs nothing, and is not for want of money.
    assert_eq!(shop.post(THEIR_OWNER, PURCHASE, &wish(&stock[4])).status, 200);
    allow("--monthly-budget", "1000 USD");
    let taken = buy(&[&stock[4]]);
    assert_eq!((taken.status, error(&taken)), (409, TAKEN.to_owned()));
    allow("--max-numbers", "4");
    let one = buy(&[&stock[4], &stock[3]]);
    assert_eq!(
        (one.status, &one.json()["phone_numbers"][0]["phone_number"]),
        (207, &json!(stock[3])),
        "{}",
        one.text()
    );
}

#[test]
fn agents_that_are_not_the_agencys_stop_the_whole_purchase() {
    let shop = Shop::open();
    let stock = shop.stock(2);
    let with = |agent: Value| {
        json!({"phone_numbers": [
        {"phone_number": stock[0]}, {"phone_number": stock[1], "agent_mapping_id": agent}]})
    };
    let answers: Vec<_> = [THEIR_AGENT, 99].map(|agent| shop.post(OWNER, PURCHASE, &with(json!(id(agent))))).into();
    for answer in &answers {
        assert_eq!((answer.status, &*error(answer)), (404, "No such agent"));
    }
    assert_eq!(answers[0].body, answers[1].body);
    assert_eq!(shop.rows(OWNER), [] as [Value; 0]);
    assert_eq!(shop.command(&["order", "list"]), "");
    let answer = shop.post(OWNER, PURCHASE, &with(Value::Null));
    assert_eq!(answer.status, 200, "null is no agent: {}", answer.text());
}

#[test]
fn a_number_that_is_bought_for_a_routed_agent_is_routed() {
    let shop = Shop::with_faults(&[]);
    let number = shop.stock(1).remove(0);
    let item = json!({"phone_number": number, "agent_mapping_id": id(ROUTED)});
    let bought = shop.post(OWNER, PURCHASE, &json!({"phone_numbers": [item]}));
    assert_eq!(bought.status, 200, "{}", bought.text());
    assert!(shop.row(&number).get("routing").is_none());
    assert_eq!(shop.there(&number).unwrap().route.voice_url.as_deref(), Some(VOICE_URL));
}

#[test]
fn a_carrier_that_did_nothing_leaves_nothing() {
    let shop = Shop::with_faults(&[]);
    let number = shop.stock(1).remove(0);
    for (fault, says) in
        [(Fault::Refuse, "The carrier refused"), (Fault::Busy, "The carrier is busy and did nothing; try again later")]
    {
        shop.fault(Request::Acquire, fault, 1);
        let answer = shop.post(OWNER, PURCHASE, &wish(&number));
        assert_eq!((answer.status, &*error(&answer)), (502, says));
        assert_eq!(answer.json()["failed"], json!([{"phone_number": number, "error": says}]));
        assert!(!answer.text().contains("refused to order"), "the carrier's own words are the operator's");
        assert_eq!(shop.rows(OWNER), [] as [Value; 0]);
    }
    assert_eq!(shop.post(OWNER, PURCHASE, &wish(&number)).status, 200, "and it can be tried again");
    assert_eq!(shop.house().entries().len(), 1);
}

#[test]
fn a_lost_answer_leaves_the_number_pending_until_the_carrier_is_asked() {
    // The answer is looked at before anybody has asked.
    let shop = Shop::with_faults(&[("ORDERS__RETRY_DELAY", "1s")]);
    let stock = shop.stock(4);
    let faults = [Fault::DropAfter, Fault::FailAfter, Fault::Hang, Fault::DropBefore];
    for (number, fault) in stock.iter().zip(faults) {
        shop.fault(Request::Acquire, fault, 1);
        let item = json!({"phone_number": number, "agent_mapping_id": id(ROUTED)});
        let answer = shop.post(OWNER, PURCHASE, &json!({"phone_numbers": [item]}));
        let body = answer.json();
        assert_eq!((answer.status, &body["success"]), (200, &json!(true)), "{fault:?}: {body}");
        assert!(body["message"].as_str().unwrap().contains("1 pending"), "{fault:?}: {body}");
        assert_eq!(body["order"]["status"], "pending", "{fault:?}");
        let row = &body["phone_numbers"][0];
        assert_eq!((&row["status"], &row["purchased_at"]), (&json!("pending"), &Value::Null), "{fault:?}");
        assert_eq!(row["phone_number_id"], Value::Null);
        for user in [OWNER, THEIR_OWNER] {
            assert_eq!(shop.post(user, PURCHASE, &wish(number)).status, 409, "{fault:?}: nobody can buy it again");
        }
    }
    for (number, fault) in stock.iter().zip(faults) {
        let row = shop.awaited(number, |row| row["status"] == "active" && row.get("routing").is_none());
        assert!(row["purchased_at"].is_string() && row["is_active"] == true, "{fault:?}: {row}");
        let there = shop.there(number).unwrap();
        assert_eq!(
            (json!(there.carrier_number_id), there.route.voice_url.as_deref()),
            (row["phone_number_id"].clone(), Some(VOICE_URL))
        );
    }
    let acquired = |number: &String| {
        shop.house()
            .entries()
            .iter()
            .filter(|deed| deed.reference.is_some() && deed.phone_number.as_str() == number)
            .count()
    };
    assert!(stock.iter().all(|number| acquired(number) == 1), "each was paid for once");
    assert_eq!(shop.command(&["order", "list"]), "");
}
