//! Numbers at the simulated Telnyx: lists, changes and deletions.

use serde_json::{Value, json};

use super::{Telnyx, is, text};
use crate::house::order;

#[test]
fn a_number_at_telnyx_is_changed_where_it_is_named() {
    let telnyx = Telnyx::new();
    let (id, number) = telnyx.bought();
    let path = format!("/v2/phone_numbers/{id}");
    let change =
        json!({"connection_id": "17", "customer_reference": "desk 4", "tags": ["a", "b"], "external_pin": "12"});
    let record = telnyx.done("PATCH", &path, &change)["data"].clone();
    for (name, value) in change.as_object().unwrap() {
        assert_eq!(&record[name], value, "{name}");
    }
    // The rest stays; what is null or empty goes; a messaging profile is not the number's to change.
    let record =
        telnyx.done("PATCH", &path, &json!({"customer_reference": null, "messaging_profile_id": "m"}))["data"].clone();
    assert_eq!((&record["connection_id"], &record["customer_reference"]), (&json!("17"), &Value::Null));
    assert_eq!(record["messaging_profile_id"], Value::Null);
    let profile = json!({"messaging_profile_id": order(3).to_string()});
    let settings = telnyx.done("PATCH", &format!("{path}/messaging"), &profile)["data"].clone();
    assert_eq!(settings["messaging_profile_id"], order(3).to_string());
    let same = telnyx.done("PATCH", &format!("{path}/messaging"), &json!({"messaging_profile_id": null}));
    assert_eq!(same["data"]["messaging_profile_id"], order(3).to_string());
    assert_eq!(telnyx.get(&format!("{path}/messaging"))["data"]["phone_number"], number);
    let list = telnyx.get(&format!("/v2/phone_numbers/messaging?filter[phone_number]={}", number.replace('+', "%2B")));
    assert_eq!(list["data"][0]["messaging_profile_id"], order(3).to_string());
    let forwarding =
        json!({"call_forwarding": {"forwards_to": "+13035550100"}, "tech_prefix_enabled": true, "colour": 1});
    let voice = telnyx.done("PATCH", &format!("{path}/voice"), &forwarding)["data"].clone();
    assert_eq!(voice["call_forwarding"]["forwards_to"], "+13035550100");
    assert_eq!((&voice["connection_id"], &voice["colour"]), (&json!("17"), &Value::Null));
    let voice =
        telnyx.done("PATCH", &format!("{path}/voice"), &json!({"call_forwarding": {"forwarding_type": "on-failure"}}));
    assert_eq!(voice["data"]["call_forwarding"]["forwards_to"], "+13035550100");

    let telnyx = telnyx.restarted();
    let record = telnyx.get(&path)["data"].clone();
    assert_eq!((&record["connection_id"], &record["tags"]), (&json!("17"), &json!(["a", "b"])));
    assert_eq!(record["messaging_profile_id"], order(3).to_string());
    let record = telnyx.done("PATCH", &path, &json!({"connection_id": ""}))["data"].clone();
    assert_eq!(record["connection_id"], Value::Null);
    assert_eq!(telnyx.entries().last().unwrap().route.connection_id, None);
    let emptied = telnyx.done("PATCH", &format!("{path}/messaging"), &json!({"messaging_profile_id": ""}));
    assert_eq!(emptied["data"]["messaging_profile_id"], Value::Null);
}

#[test]
fn a_number_that_telnyx_deletes_is_gone_unless_it_is_locked() {
    let telnyx = Telnyx::new();
    let (id, number) = telnyx.bought();
    let path = format!("/v2/phone_numbers/{id}");
    telnyx.done("POST", "/locks", &json!({"phone_number": number, "locked": true}));
    let telnyx = telnyx.restarted();
    assert_eq!(telnyx.get(&path)["data"]["deletion_lock_enabled"], true);
    assert_eq!(telnyx.refused("DELETE", &path, &Value::Null), is(422, "10027"));
    assert_eq!(telnyx.get(&path)["data"]["status"], "active");
    telnyx.done("POST", "/locks", &json!({"phone_number": number, "locked": false}));
    let deleted = telnyx.done("DELETE", &path, &Value::Null)["data"].clone();
    assert_eq!((&deleted["id"], &deleted["status"]), (&json!(id), &json!("deleted")));
    assert_eq!(telnyx.refused("DELETE", &path, &Value::Null), is(404, "10005"));
    assert_eq!(telnyx.refused("POST", "/locks", &json!({"phone_number": number, "locked": true})), is(404, "10005"));
    assert!(telnyx.records(&number).is_empty());
    // It can be bought again, and is another record then.
    telnyx.search(&format!("US&filter[phone_number][starts_with]={}", &number[2..]));
    telnyx.order(&number);
    assert_ne!(telnyx.records(&number)[0]["id"], json!(id));
}

#[test]
fn telnyx_lists_every_number_once() {
    let telnyx = Telnyx::new();
    let mut wanted = telnyx.search("US&filter[limit]=260");
    for numbers in wanted.chunks(130) {
        let numbers = numbers.iter().map(|number| json!({"phone_number": number})).collect::<Vec<_>>();
        let taken =
            telnyx.done("POST", "/v2/number_orders", &json!({"phone_numbers": numbers, "customer_reference": "batch"}));
        assert_eq!(taken["data"]["phone_numbers_count"], 130);
    }
    for size in [250, 100, 20] {
        let (mut seen, mut number) = (Vec::new(), 1);
        loop {
            let page = telnyx.get(&format!("/v2/phone_numbers?page%5Bsize%5D={size}&page%5Bnumber%5D={number}"));
            let data = page["data"].as_array().unwrap();
            seen.extend(data.iter().map(|record| text(&record["phone_number"])));
            let meta = json!({"page_number": number, "page_size": size, "total_pages": 260_u32.div_ceil(size), "total_results": 260});
            assert_eq!(page["meta"], meta);
            if number >= page["meta"]["total_pages"].as_u64().unwrap() {
                break;
            }
            number += 1;
        }
        seen.sort();
        wanted.sort();
        assert_eq!(seen, wanted);
    }
    assert_eq!(telnyx.get("/v2/phone_numbers")["data"].as_array().unwrap().len(), 20);
    assert_eq!(telnyx.get("/v2/phone_numbers?page[number]=99")["data"], json!([]));
    let page = telnyx.get("/v2/number_orders?page[size]=1&page[number]=2&filter[customer_reference]=batch");
    assert_eq!((&page["meta"]["total_results"], page["data"].as_array().unwrap().len()), (&json!(2), 1));
    // Text is no order of ours: the ledger has it as a note.
    assert!(
        telnyx.entries().iter().all(|entry| entry.reference.is_none() && entry.notes["customer_reference"] == "batch")
    );
}

#[test]
fn telnyx_finds_numbers_by_what_they_are() {
    let telnyx = Telnyx::new();
    let (id, number) = telnyx.bought();
    telnyx.bought();
    telnyx.done("PATCH", &format!("/v2/phone_numbers/{id}"), &json!({"connection_id": "17", "tags": ["desk"]}));
    let count =
        |query: &str| telnyx.get(&format!("/v2/phone_numbers?{query}"))["meta"]["total_results"].as_u64().unwrap();
    for (query, expected) in [
        ("filter[status]=active", 2),
        ("filter[status]=purchase-pending", 0),
        ("filter[connection_id]=17", 1),
        ("filter[tag]=desk", 1),
        ("filter[without_tags]=true", 1),
        ("filter[country_iso_alpha2]=US,CA", 2),
        ("filter[number_type][eq]=toll_free", 0),
        ("filter[billing_group_id]=null", 2),
        ("filter[phone_number]=abc", 0),
        (&*format!("filter[customer_reference]={}", order(1)), 2),
        (&*format!("filter[phone_number]={number}"), 1),
        (&*format!("filter[phone_number]={}", &number[4..]), 1),
    ] {
        assert_eq!(count(query), expected, "{query}");
    }
}
