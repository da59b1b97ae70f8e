//! `phone-numbers-assign`: who answers a number, and where its calls go.

use linekeeper::carrier::simulator::{Deed, Fault, Request};
use linekeeper::model::{Carrier, Number, Status, UserId};
use serde_json::{Value, json};

use crate::shop::{
    ADMIN, ASSIGN, MEMBER, OWNER, PLAIN, PURCHASE, RELEASE, ROUTED, Shop, THEIR_AGENT, THEIR_OWNER, VOICE_URL,
    answered_by, error, goodbye, row_at, text, wish,
};
use crate::support::{id as id_of, token};

fn changed(shop: &Shop, method: &str, body: &Value) -> Value {
    let answer = shop.send(ADMIN, method, ASSIGN, body);
    assert_eq!(answer.status, 200, "{method} {body}: {}", answer.text());
    let answer = answer.json();
    assert_eq!(answer["success"], true);
    answer["phone_number"].clone()
}

#[test]
fn one_number_is_shown_or_those_that_could_be_assigned() {
    let shop = Shop::open();
    shop.brought(&answered_by(row_at(51, Carrier::Telnyx), PLAIN));
    shop.brought(&Number { status: Status::Suspended, ..row_at(52, Carrier::Telnyx) });
    shop.brought(&Number { status: Status::Released, ..row_at(53, Carrier::Telnyx) });
    let one = shop.get(MEMBER, &format!("{ASSIGN}?id={}", text(51)));
    let agent = json!({
        "id": text(PLAIN), "ultravox_agent_id": "uv-41", "ultravox_agent_name": "Plain", "voice": "en-US-Standard",
        "language_hint": "en", "recording_enabled": true,
    });
    assert_eq!(
        (one.status, one.json()),
        (
            200,
            json!({"phone_number": {
                "id": text(51), "phone_number": "+19705550051", "friendly_name": "Main Line", "status": "active",
                "agent_mapping_id": text(PLAIN), "agent_mappings": agent,
            }})
        )
    );
    let released = shop.get(MEMBER, &format!("{ASSIGN}?id={}", text(53))).json();
    assert_eq!(
        (&released["phone_number"]["status"], &released["phone_number"]["agent_mappings"]),
        (&json!("released"), &Value::Null)
    );
    for (query, places) in [
        ("", vec![52, 51]),
        ("?status=active", vec![51]),
        ("?status=inactive", vec![52]),
        ("?status=released", vec![53]),
        ("?assigned=true", vec![51]),
        ("?unassigned=true", vec![52]),
        ("?assigned=true&unassigned=true", vec![]),
        ("?status=pending", vec![]),
    ] {
        let answer = shop.get(MEMBER, &format!("{ASSIGN}{query}")).json();
        let ids: Vec<_> = answer["phone_numbers"].as_array().unwrap().iter().map(|row| row["id"].clone()).collect();
        assert_eq!(ids, places.into_iter().map(|place| json!(text(place))).collect::<Vec<_>>(), "{query}");
        let names: Vec<_> =
            answer["available_agents"].as_array().unwrap().iter().map(|agent| &agent["ultravox_agent_name"]).collect();
        assert_eq!(names, ["Plain", "Routed"], "{query}");
        assert_eq!(answer.as_object().unwrap().len(), 2);
    }
    for (query, says) in [
        ("?id=1", "id must be a UUID"),
        ("?id=", "id must not be empty"),
        ("?status=gone", "status must be one of pending, active, suspended, released"),
        ("?assigned=yes", "assigned must be true or false"),
    ] {
        let answer = shop.get(MEMBER, &format!("{ASSIGN}{query}"));
        assert_eq!((answer.status, &*error(&answer)), (400, says), "{query}");
    }
    let (foreign, missing) = (
        shop.get(THEIR_OWNER, &format!("{ASSIGN}?id={}", text(51))),
        shop.get(MEMBER, &format!("{ASSIGN}?id={}", text(99))),
    );
    assert_eq!((foreign.status, &foreign.body, &*error(&missing)), (404, &missing.body, "No such phone number"));
}

#[test]
fn a_number_is_assigned_changed_and_unassigned() {
    let shop = Shop::open();
    let row = shop.bought();
    let id = row["id"].clone();
    let posted = changed(&shop, "POST", &json!({"phone_number_id": id, "agent_mapping_id": text(PLAIN)}));
    assert_eq!((&posted["agent_mapping_id"], &posted["direction"]), (&json!(text(PLAIN)), &json!("inbound")));
    assert_eq!(posted, shop.row(row["phone_number"].as_str().unwrap()), "as the list shows it");
    for (direction, shown) in [("both", "both"), ("outbound", "outbound"), ("inbound", "inbound")] {
        let body = json!({"id": id, "agent_mapping_id": text(ROUTED), "direction": direction});
        assert_eq!(changed(&shop, "POST", &body)["direction"], shown);
    }
    assert_eq!((&shop.summary()["assigned"], &shop.summary()["unassigned"]), (&json!(1), &json!(0)));

    // What is absent stays; null takes away.
    let named =
        changed(&shop, "PATCH", &json!({"phone_number_id": id, "friendly_name": " Desk ", "direction": "both"}));
    assert_eq!(
        (&named["friendly_name"], &named["direction"], &named["agent_mapping_id"]),
        (&json!("Desk"), &json!("both"), &json!(text(ROUTED)))
    );
    let bare = changed(&shop, "PATCH", &json!({"id": id, "friendly_name": null}));
    assert_eq!(
        (&bare["friendly_name"], &bare["direction"], &bare["agent_mapping_id"]),
        (&Value::Null, &json!("both"), &json!(text(ROUTED)))
    );
    let free =
        changed(&shop, "PATCH", &json!({"id": id, "agent_mapping_id": null, "direction": null, "is_active": null}));
    assert_eq!(
        (&free["agent_mapping_id"], &free["agent_mappings"], &free["direction"]),
        (&Value::Null, &Value::Null, &json!("both"))
    );
    let patched = changed(&shop, "PATCH", &json!({"id": id, "agent_mapping_id": text(PLAIN)}));
    assert_eq!(patched["agent_mappings"]["ultravox_agent_name"], "Plain");

    let suspended = changed(&shop, "PATCH", &json!({"id": id, "is_active": false}));
    assert_eq!((&suspended["status"], &suspended["is_active"]), (&json!("suspended"), &json!(false)));
    let summary = shop.summary();
    assert_eq!((&summary["suspended"], &summary["active"], &summary["assigned"]), (&json!(1), &json!(0), &json!(0)));
    let active = changed(&shop, "PATCH", &json!({"id": id, "is_active": true}));
    assert_eq!((&active["status"], &active["is_active"]), (&json!("active"), &json!(true)));
    assert_eq!(shop.summary()["assigned"], 1);

    for named in ["id", "phone_number_id"] {
        assert_eq!(changed(&shop, "DELETE", &json!({named: id}))["agent_mapping_id"], Value::Null, "{named}");
        changed(&shop, "POST", &json!({"id": id, "agent_mapping_id": text(PLAIN)}));
    }
    let query = format!("{ASSIGN}?id={}", id.as_str().unwrap());
    for body in [json!(null), json!({"phone_number_id": "ignored"})] {
        let answer = shop.send(ADMIN, "DELETE", &query, &body);
        assert_eq!((answer.status, &answer.json()["phone_number"]["agent_mapping_id"]), (200, &Value::Null));
    }
    assert_eq!((&shop.summary()["assigned"], &shop.summary()["unassigned"]), (&json!(0), &json!(1)));
}

#[test]
fn what_cannot_be_assigned_is_refused_and_stays_as_it_is() {
    let shop = Shop::with(&[("ORDERS__RELEASE_HOLD", "1h")]);
    let row = shop.bought();
    let id = row["id"].clone();
    shop.brought(&Number { status: Status::Released, ..row_at(53, Carrier::Telnyx) });
    shop.brought(&Number { status: Status::Pending, ..row_at(54, Carrier::Telnyx) });
    let agent = text(PLAIN);
    let said = |method: &str, body: &Value| {
        let answer = shop.send(OWNER, method, ASSIGN, body);
        (answer.status, error(&answer))
    };
    let no = |status: u16, text: &str| (status, text.to_owned());
    assert_eq!(said("POST", &json!({"id": id, "agent_mapping_id": text(THEIR_AGENT)})), no(404, "No such agent"));
    assert_eq!(said("POST", &json!({"id": id, "agent_mapping_id": text(99)})), no(404, "No such agent"));
    assert_eq!(said("PATCH", &json!({"id": text(99), "is_active": true})), no(404, "No such phone number"));
    assert_eq!(said("DELETE", &json!({"id": text(99)})), no(404, "No such phone number"));
    let theirs = shop.post(THEIR_OWNER, ASSIGN, &json!({"id": id, "agent_mapping_id": text(THEIR_AGENT)}));
    assert_eq!((theirs.status, &*error(&theirs)), (404, "No such phone number"));
    let released = no(409, "This phone number is released");
    assert_eq!(said("POST", &json!({"id": text(53), "agent_mapping_id": agent})), released);
    assert_eq!(said("PATCH", &json!({"id": text(53), "friendly_name": "x"})), released);
    assert_eq!(said("DELETE", &json!({"id": text(53)})), released);
    assert_eq!(
        said("PATCH", &json!({"id": text(54), "is_active": false})),
        no(409, "This phone number is not yet the agency's")
    );
    assert_eq!(shop.row(row["phone_number"].as_str().unwrap()), row, "it is as it was");

    assert_eq!(shop.post(OWNER, RELEASE, &goodbye(&[&id])).status, 200);
    let leaving = no(409, "This phone number is being released");
    assert_eq!(said("POST", &json!({"id": id, "agent_mapping_id": agent})), leaving);
    assert_eq!(said("PATCH", &json!({"id": id, "friendly_name": "x"})), leaving);
    assert_eq!(said("DELETE", &json!({"id": id})), leaving);
}

#[test]
fn malformed_changes_are_refused_after_the_role() {
    let shop = Shop::open();
    let row = shop.bought();
    let (id, agent) = (&row["id"], text(PLAIN));
    for (method, body) in [
        ("POST", json!({"id": id})),
        ("POST", json!({"agent_mapping_id": agent})),
        ("POST", json!({"id": id, "agent_mapping_id": null})),
        ("POST", json!({"id": id, "phone_number_id": id, "agent_mapping_id": agent})),
        ("POST", json!({"id": id, "agent_mapping_id": agent, "direction": "sideways"})),
        ("POST", json!([id, agent, null])),
        ("PATCH", json!({"friendly_name": "x"})),
        ("PATCH", json!({"id": id, "friendly_name": ""})),
        ("PATCH", json!({"id": id, "friendly_name": "a\u{7}"})),
        ("PATCH", json!({"id": id, "friendly_name": "x".repeat(201)})),
        ("PATCH", json!({"id": id, "is_active": "false"})),
        ("PATCH", json!({"id": id, "is_active": 0})),
        ("PATCH", json!({"id": id, "agent_mapping_id": ""})),
        ("DELETE", json!({})),
        ("DELETE", json!("x")),
    ] {
        let answer = shop.send(OWNER, method, ASSIGN, &body);
        assert_eq!(answer.status, 400, "{method} {body}: {}", answer.text());
    }
    assert_eq!(shop.send(OWNER, "DELETE", &format!("{ASSIGN}?id=x"), &json!({"id": id})).status, 400);
    let bodiless = shop.server.ask("DELETE", ASSIGN, Some(&token(UserId(id_of(OWNER)))));
    assert_eq!((bodiless.status, &*error(&bodiless)), (400, "id is required"));
    for method in ["POST", "PATCH", "DELETE"] {
        let answer = shop.send(MEMBER, method, ASSIGN, &json!("x"));
        assert_eq!((answer.status, &*error(&answer)), (403, "Insufficient permissions"), "{method}");
    }
    assert_eq!(shop.row(row["phone_number"].as_str().unwrap()), row, "it is as it was");
}

#[test]
fn calls_go_where_the_agents_route_says() {
    let shop = Shop::with_faults(&[]);
    let row = shop.bought();
    let (id, number) = (&row["id"], row["phone_number"].as_str().unwrap());
    let voice = || shop.there(number).unwrap().route.voice_url;
    assert_eq!(voice(), None);
    let assigned = changed(&shop, "POST", &json!({"id": id, "agent_mapping_id": text(ROUTED)}));
    assert!(assigned.get("routing").is_none(), "{assigned}");
    assert_eq!(voice().as_deref(), Some(VOICE_URL));

    let told = shop.house().entries().iter().filter(|deed| deed.deed == Deed::Configure).count();
    changed(&shop, "PATCH", &json!({"id": id, "friendly_name": "Desk", "is_active": false}));
    changed(&shop, "POST", &json!({"id": id, "agent_mapping_id": text(ROUTED)}));
    let now = shop.house().entries().iter().filter(|deed| deed.deed == Deed::Configure).count();
    assert_eq!(told, now, "a carrier is not asked for what is so already");

    let free = changed(&shop, "DELETE", &json!({"id": id}));
    assert!(free.get("routing").is_none(), "{free}");
    assert_eq!(voice(), None, "unassigned, its calls go nowhere");
}

#[test]
fn a_carrier_that_is_down_is_told_later_and_the_number_says_so_meanwhile() {
    let shop = Shop::with_faults(&[]);
    let row = shop.bought();
    let (id, number) = (&row["id"], row["phone_number"].as_str().unwrap());
    for (fault, says) in [
        (Fault::Busy, "The carrier is busy"),
        (Fault::DropBefore, "The carrier has not"),
        (Fault::FailAfter, "The carrier has not"),
        (Fault::Hang, "The carrier has not"),
    ] {
        shop.fault(Request::Configure, fault, 1);
        let assigned = changed(&shop, "POST", &json!({"id": id, "agent_mapping_id": text(ROUTED)}));
        let routing = assigned["routing"].as_str().unwrap_or_else(|| panic!("{fault:?}: {assigned}"));
        assert!(routing.starts_with(says), "{fault:?}: {routing}");
        assert_eq!(assigned["agent_mapping_id"], text(ROUTED));
        shop.awaited(number, |row| row.get("routing").is_none());
        assert_eq!(shop.there(number).unwrap().route.voice_url.as_deref(), Some(VOICE_URL), "{fault:?}");
        changed(&shop, "DELETE", &json!({"id": id}));
        shop.awaited(number, |row| row.get("routing").is_none());
    }
    // One that refuses is not asked again by itself, but by whoever assigns it again.
    shop.fault(Request::Configure, Fault::Refuse, 1);
    let refused = changed(&shop, "POST", &json!({"id": id, "agent_mapping_id": text(ROUTED)}));
    assert!(refused["routing"].is_string(), "{refused}");
    let again = changed(&shop, "POST", &json!({"id": id, "agent_mapping_id": text(ROUTED)}));
    assert!(again.get("routing").is_none(), "{again}");
    let shown = shop.get(MEMBER, &format!("{ASSIGN}?id={}", id.as_str().unwrap())).json();
    assert!(shown["phone_number"].get("routing").is_none());
}

#[test]
fn an_agents_new_route_is_told_of_all_its_numbers() {
    let shop = Shop::with_faults(&[]);
    let stock = shop.stock(3);
    let items: Vec<_> = stock.iter().map(|n| json!({"phone_number": n, "agent_mapping_id": text(ROUTED)})).collect();
    assert_eq!(shop.post(OWNER, PURCHASE, &json!({"phone_numbers": items})).status, 200);
    let given = ["agent", "update", &text(ROUTED), "--agency", &text(1), "--sip-uri", "sip:desk@example.com"];
    shop.command(&given);
    for number in &stock {
        shop.awaited(number, |row| row.get("routing").is_none());
        let route = shop.there(number).unwrap().route;
        assert_eq!((route.sip_uri.as_deref(), route.voice_url), (Some("sip:desk@example.com"), None));
    }
    assert_eq!(shop.post(OWNER, PURCHASE, &wish("+15005550006")).status, 200);
    assert!(shop.there("+15005550006").unwrap().route.is_empty(), "another agent's numbers are not");
}

#[test]
fn a_number_of_nobodys_account_keeps_its_agent_and_says_why_it_is_not_routed() {
    let shop = Shop::open();
    shop.brought(&row_at(51, Carrier::Telnyx));
    let plain = changed(&shop, "POST", &json!({"id": text(51), "agent_mapping_id": text(PLAIN)}));
    assert!(plain.get("routing").is_none(), "{plain}");
    let routed = changed(&shop, "POST", &json!({"id": text(51), "agent_mapping_id": text(ROUTED)}));
    assert_eq!(routed["routing"], "There is no account at this number's carrier to act with");
    let free = changed(&shop, "DELETE", &json!({"id": text(51)}));
    assert_eq!((&free["agent_mapping_id"], &free["status"]), (&Value::Null, &json!("active")));
}
