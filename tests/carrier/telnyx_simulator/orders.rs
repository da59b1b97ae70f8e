//! Numbers that the simulated Telnyx has, and orders for them: done, refused, pending, failing.

use linekeeper::carrier::simulator::Deed;
use serde_json::{Value, json};

use super::{Telnyx, is, text, until, wish};
use crate::house::order;

#[test]
fn telnyx_searches_by_its_filters() {
    let telnyx = Telnyx::new();
    let found = telnyx.get(
        "/v2/available_phone_numbers?filter%5Bcountry_code%5D=us&filter%5Bnational_destination_code%5D=303\
         &filter%5Bfeatures%5D=sms,voice&filter%5Blimit%5D=3",
    );
    assert_eq!(found["meta"], json!({"total_results": 3, "best_effort_results": 0}));
    let number = &found["data"][0];
    assert!(text(&number["phone_number"]).starts_with("+1303"), "{number}");
    assert_eq!(number["record_type"], "available_phone_number");
    let cost = json!({"monthly_cost": "1.15000", "upfront_cost": "0.00000", "currency": "USD"});
    assert_eq!(number["cost_information"], cost);
    let regions = json!([
        {"region_type": "country_code", "region_name": "US"},
        {"region_type": "state", "region_name": "CO"},
        {"region_type": "rate_center", "region_name": "DENVER"},
    ]);
    assert_eq!(number["region_information"], regions);
    assert!(number["features"].as_array().unwrap().contains(&json!({"name": "sms"})));

    let behind = |number: &String| number["+1303".len()..].to_owned();
    let with =
        |pattern: &str| telnyx.search(&format!("US&filter[national_destination_code]=303&filter[limit]=5&{pattern}"));
    let found = with("filter[phone_number][starts_with]=55");
    assert!(found.len() == 5 && found.iter().all(|number| behind(number).starts_with("55")), "{found:?}");
    // Never in the area code.
    let found = with("filter[phone_number][contains]=03");
    assert!(found.len() == 5 && found.iter().all(|number| behind(number).contains("03")), "{found:?}");
    let found = with("filter[phone_number][ends_with]=42");
    assert!(found.len() == 5 && found.iter().all(|number| number.ends_with("42")), "{found:?}");
    // Without an area code it is part of the pattern; the country's code never is.
    let number = found[0].clone();
    assert_eq!(
        telnyx.search(&format!("US&filter[phone_number][starts_with]={}", &number[2..])),
        std::slice::from_ref(&number)
    );
    assert!(telnyx.search(&format!("US&filter[phone_number][contains]={}", &number[1..])).is_empty());
    assert!(telnyx.search("US&filter[phone_number][contains]=5*5").is_empty());

    let found = telnyx.search("CA&filter[locality]=toronto&filter[administrative_area]=on&filter[limit]=4");
    assert!(found.len() == 4 && found.iter().all(|number| number.starts_with("+1416") || number.starts_with("+1647")));
    let found = telnyx
        .search("GB&filter[phone_number_type]=mobile&filter[features][]=sms&filter[features][]=voice&filter[limit]=2");
    assert!(found.len() == 2 && found.iter().all(|number| number.starts_with("+447")), "{found:?}");
    assert!(telnyx.search("US&filter[phone_number_type]=shared_cost").is_empty());
    let query =
        "US&filter[locality]=Denver&filter[phone_number][contains]=0011223&filter[best_effort]=true&filter[limit]=2";
    let found = telnyx.get(&format!("/v2/available_phone_numbers?filter[country_code]={query}"));
    assert_eq!(found["meta"]["best_effort_results"], found["data"].as_array().unwrap().len());
    let query = "US&filter[phone_number_type]=toll_free&filter[quickship]=true&filter[limit]=20";
    let found = telnyx.get(&format!("/v2/available_phone_numbers?filter[country_code]={query}"));
    let quick = found["data"].as_array().unwrap();
    assert!(quick.len() == 20 && quick.iter().all(|number| number["quickship"] == true));

    for (query, code) in [
        ("filter[limit]=2", "10004"),
        ("filter[country_code]=JP", "10015"),
        ("filter[country_code]=US&filter[phone_number_type]=pager", "10015"),
        ("filter[country_code]=US&filter[features]=telepathy", "10015"),
        ("filter[country_code]=US&filter[limit]=many", "10015"),
        ("filter[country_code]=US&filter[quickship]=perhaps", "10015"),
    ] {
        let path = format!("/v2/available_phone_numbers?{query}");
        assert_eq!(telnyx.refused("GET", &path, &Value::Null), is(400, code), "{query}");
    }
}

#[test]
fn an_order_at_telnyx_is_done_at_once_and_its_number_is_the_accounts() {
    let telnyx = Telnyx::new();
    let number = telnyx.any("US");
    let mut wish = wish(&number);
    (wish["connection_id"], wish["messaging_profile_id"]) = (json!("1494404757140276705"), json!(order(9).to_string()));
    let taken = telnyx.done("POST", "/v2/number_orders", &wish)["data"].clone();
    assert_eq!((&taken["record_type"], &taken["status"]), (&json!("number_order"), &json!("success")));
    assert_eq!((&taken["phone_numbers_count"], &taken["requirements_met"]), (&json!(1), &json!(true)));
    assert_eq!(taken["customer_reference"], order(1).to_string());
    let line = &taken["phone_numbers"][0];
    assert_eq!((&line["phone_number"], &line["status"]), (&json!(number), &json!("success")));
    assert_eq!((&line["country_code"], &line["phone_number_type"]), (&json!("US"), &json!("local")));
    assert_eq!(telnyx.get(&format!("/v2/number_orders/{}", text(&taken["id"])))["data"], taken);

    let record = telnyx.records(&number).remove(0);
    assert_eq!((&record["status"], &record["record_type"]), (&json!("active"), &json!("phone_number")));
    assert_ne!(record["id"], line["id"]);
    assert_eq!(record["connection_id"], "1494404757140276705");
    assert_eq!(record["messaging_profile_id"], order(9).to_string());
    assert_eq!(record["customer_reference"], order(1).to_string());
    assert_eq!(telnyx.get(&format!("/v2/phone_numbers/{}", text(&record["id"])))["data"], record);

    // It is not there to be bought any longer, and the ledger reads as that of every carrier.
    let [entry] = &telnyx.entries()[..] else { panic!("one deed was done") };
    assert_eq!(
        (entry.deed, entry.phone_number.as_str(), entry.reference),
        (Deed::Acquire, number.as_str(), Some(order(1)))
    );
    assert_eq!(entry.route.connection_id.as_deref(), Some("1494404757140276705"));
    assert_eq!(telnyx.search(&format!("US&filter[phone_number][starts_with]={}", &number[2..])), [""; 0]);
}

#[test]
fn telnyx_refuses_an_order_whole() {
    let telnyx = Telnyx::new();
    let [one, other] = telnyx.search("US&filter[limit]=2").try_into().unwrap();
    telnyx.order(&one);
    let order_of = |numbers: &[&str]| {
        let numbers = numbers.iter().map(|number| json!({"phone_number": number})).collect::<Vec<_>>();
        telnyx.refused("POST", "/v2/number_orders", &json!({"phone_numbers": numbers}))
    };
    // The account has it; nobody sells it; it was not found before; it is no number; it is there twice; there is none.
    assert_eq!(order_of(&[&other, &one]), is(409, "85001"));
    assert_eq!(order_of(&["+15005550000"]), is(409, "85001"));
    assert_eq!(order_of(&["+15005550006"]), is(422, "85000"));
    assert_eq!(order_of(&["3035551234"]), is(422, "10016"));
    assert_eq!(order_of(&[&other, &other]), is(400, "10015"));
    assert_eq!(order_of(&[]), is(400, "10004"));
    let answer = telnyx.ask(
        "POST",
        "/v2/number_orders",
        &json!({"phone_numbers": [{"phone_number": other}, {"phone_number": one}]}),
    );
    assert_eq!(answer.json()["errors"][0]["source"], json!({"pointer": "/phone_numbers/1"}));
    assert_eq!(telnyx.entries().len(), 1);
    // The same reference again is another order.
    assert_ne!(telnyx.order(&other)["id"], telnyx.get("/v2/number_orders")["data"][1]["id"]);
    let found = telnyx.get(&format!("/v2/number_orders?filter[customer_reference]={}", order(1)));
    assert_eq!(found["meta"]["total_results"], 2);
}

#[test]
fn an_order_at_telnyx_may_pend() {
    let telnyx = Telnyx::new();
    telnyx.done("POST", "/orders/pending", &json!({"times": 1, "seconds": 5}));
    let number = telnyx.any("US");
    let taken = telnyx.order(&number);
    assert_eq!((&taken["status"], &taken["phone_numbers"][0]["status"]), (&json!("pending"), &json!("pending")));
    assert_eq!(telnyx.records(&number)[0]["status"], "purchase-pending");
    assert_eq!(telnyx.refused("POST", "/v2/number_orders", &wish(&number)), is(409, "85001"));
    let telnyx = telnyx.restarted();
    let path = format!("/v2/number_orders/{}", text(&taken["id"]));
    assert_eq!(telnyx.get(&path)["data"]["status"], "pending");
    assert_eq!(telnyx.get("/v2/number_orders?filter[status]=pending")["meta"]["total_results"], 1);
    until(&json!("success"), || telnyx.get(&path)["data"]["status"].clone());
    assert_eq!(telnyx.records(&number)[0]["status"], "active");
    // Only so many orders.
    assert_eq!(telnyx.order(&telnyx.any("US"))["status"], "success");
}

#[test]
fn an_order_at_telnyx_may_fail_later() {
    let telnyx = Telnyx::new();
    telnyx.done("POST", "/orders/pending", &json!({"times": 1, "seconds": 3, "then": "failure"}));
    let number = telnyx.any("US");
    let taken = telnyx.order(&number);
    assert_eq!(taken["status"], "pending");
    let record = telnyx.records(&number).remove(0);
    assert_eq!(record["status"], "purchase-pending");
    let path = format!("/v2/number_orders/{}", text(&taken["id"]));
    until(&json!("failure"), || telnyx.get(&path)["data"]["status"].clone());
    assert_eq!(telnyx.get(&path)["data"]["phone_numbers"][0]["status"], "failure");
    assert_eq!(telnyx.records(&number)[0]["status"], "purchase-failed");
    assert_eq!(
        telnyx.refused("DELETE", &format!("/v2/phone_numbers/{}", text(&record["id"])), &Value::Null),
        is(404, "10005")
    );
    assert!(telnyx.entries().is_empty());
    // Somebody may buy it then: it never was the account's.
    assert_eq!(telnyx.order(&number)["status"], "success");
    assert_eq!(telnyx.records(&number).iter().map(|record| &record["status"]).collect::<Vec<_>>(), ["active"]);
    let telnyx = telnyx.restarted();
    assert_eq!(telnyx.refused("GET", &path, &Value::Null), is(404, "10005"));
    assert_eq!(telnyx.records(&number).len(), 1);
}

#[test]
fn a_regulated_number_waits_for_what_the_regulator_wants_to_know() {
    let telnyx = Telnyx::new();
    for country in ["DE", "FR"] {
        let number = telnyx.any(country);
        let taken = telnyx.order(&number);
        assert_eq!((&taken["status"], &taken["requirements_met"]), (&json!("pending"), &json!(false)), "{country}");
        let line = &taken["phone_numbers"][0];
        assert_eq!(
            (&line["requirements_met"], &line["requirements_status"]),
            (&json!(false), &json!("requirement-info-pending"))
        );
        assert_eq!(line["regulatory_requirements"][0]["field_type"], "address");
        assert_eq!(telnyx.records(&number)[0]["status"], "requirement-info-pending");
        // It can be given up; then its order has failed, and the number is not the account's.
        let sub = text(&taken["sub_number_orders_ids"][0]);
        let cancelled = telnyx.done("PATCH", &format!("/v2/sub_number_orders/{sub}/cancel"), &Value::Null);
        assert_eq!(cancelled["data"]["order_request_id"], taken["id"]);
        assert!(telnyx.records(&number).is_empty());
        assert_eq!(
            telnyx.refused("PATCH", &format!("/v2/sub_number_orders/{sub}/cancel"), &Value::Null),
            is(422, "10027")
        );
        let path = format!("/v2/number_orders/{}", text(&taken["id"]));
        assert_eq!(telnyx.get(&path)["data"]["status"], "failure");

        let number = telnyx.any(country);
        let line = json!({"phone_number": number, "requirement_group_id": order(5).to_string()});
        let taken = telnyx.done("POST", "/v2/number_orders", &json!({"phone_numbers": [line]}))["data"].clone();
        assert_eq!((&taken["status"], &taken["requirements_met"]), (&json!("success"), &json!(true)));
        assert_eq!(telnyx.records(&number)[0]["status"], "active");
    }
    // When an order was given up is known to the ledger a moment later.
    let statuses = |telnyx: &Telnyx| {
        let orders = telnyx.get("/v2/number_orders?filter[requirements_met]=false");
        orders["data"].as_array().unwrap().iter().map(|order| order["status"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(statuses(&telnyx), ["failure", "failure"]);
    assert_eq!(statuses(&telnyx.restarted()), ["failure", "failure"]);
}

#[test]
fn orders_for_one_number_that_arrive_together_buy_it_once() {
    let telnyx = Telnyx::new();
    let number = telnyx.any("US");
    let statuses = std::thread::scope(|scope| {
        let ask = || telnyx.ask("POST", "/v2/number_orders", &wish(&number)).status;
        let asked = [0; 8].map(|_| scope.spawn(ask));
        asked.map(|answer| answer.join().unwrap())
    });
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
    assert!(statuses.iter().all(|status| [200, 409].contains(status)), "{statuses:?}");
    assert_eq!((telnyx.entries().len(), telnyx.records(&number).len()), (1, 1));
}

#[test]
fn telnyx_keeps_its_orders_and_ids_when_it_is_killed() {
    let telnyx = Telnyx::new();
    let (id, number) = telnyx.bought();
    let other = telnyx.any("GB");
    telnyx.order(&other);
    let orders = telnyx.get("/v2/number_orders");
    let details =
        orders["data"].as_array().unwrap().iter().map(|order| format!("/v2/number_orders/{}", text(&order["id"])));
    let before = details.clone().map(|path| telnyx.get(&path)).collect::<Vec<_>>();
    let numbers = telnyx.get("/v2/phone_numbers");
    let telnyx = telnyx.restarted();
    assert_eq!(telnyx.get("/v2/number_orders"), orders);
    assert_eq!(details.map(|path| telnyx.get(&path)).collect::<Vec<_>>(), before);
    assert_eq!(telnyx.get("/v2/phone_numbers"), numbers);
    telnyx.done("DELETE", &format!("/v2/phone_numbers/{id}"), &Value::Null);
    assert!(telnyx.records(&number).is_empty());
    // An order that was done stays so.
    assert_eq!(telnyx.restarted().get("/v2/number_orders"), orders);
}
