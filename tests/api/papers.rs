//! Countries that want papers, and what else a carrier makes wait or refuses: at Twilio and at Telnyx.

use std::time::Duration;

use serde_json::{Value, json};

use crate::shop::{OWNER, PURCHASE, RELEASE, goodbye, wish};
use crate::support::Answer;
use crate::support::killer::{KILLER, compile};
use crate::trade::{API_KEY, NORTHWIND, Sim, TOKEN, Trade, eventually};

const US: &str = "country_code=US&area_code=970";
const GROUP: &str = "d9bf9bd5-8d4b-4a6c-9a9d-0f4ec5d5a7d1";

fn bundle() -> String {
    format!("BU{}", "b5".repeat(16))
}

fn at_twilio() -> (Trade, Sim) {
    let (trade, twilio) = (Trade::open(), Sim::twilio());
    trade.add(NORTHWIND, &twilio, TOKEN);
    (trade, twilio)
}

fn at_telnyx() -> (Trade, Sim) {
    let (trade, telnyx) = (Trade::open(), Sim::telnyx());
    trade.add(NORTHWIND, &telnyx, API_KEY);
    (trade, telnyx)
}

/// Nothing was bought for want of this paper.
fn lacks(answer: &Answer, paper: &str) {
    let body = answer.json();
    let failed = &body["failed"][0];
    assert_eq!(
        (answer.status, &failed["code"], &failed["missing"], &body["success"]),
        (400, &json!("regulatory_required"), &json!([paper]), &json!(false)),
        "{body}"
    );
    assert!(failed["error"].as_str().unwrap().contains(paper), "{body}");
}

#[test]
fn twilios_regulated_countries_want_an_address_a_local_one_or_a_bundle_and_are_told_it() {
    let (trade, twilio) = at_twilio();
    let (australian, german) = (twilio.address("AU"), twilio.address("DE"));
    let bundle = bundle();
    let number = |query| trade.stock(OWNER, query, 1).remove(0);

    let number_of = number("country_code=AU");
    lacks(&trade.buy(&number_of, &json!({})), "address_id");
    lacks(&trade.buy(&number_of, &json!({"bundle_id": bundle})), "address_id");
    lacks(&trade.buy(&number_of, &json!({"address_id": format!("AD{}", "0".repeat(32))})), "address_id");
    let bought = trade.buy(&number_of, &json!({"address_id": german}));
    assert_eq!(bought.status, 200, "{}", bought.text());

    let number_of = number("country_code=DE");
    lacks(&trade.buy(&number_of, &json!({})), "address_id");
    lacks(&trade.buy(&number_of, &json!({"address_id": australian, "bundle_id": bundle})), "address_id");
    lacks(&trade.buy(&number_of, &json!({"address_id": german})), "bundle_id");
    let bought = trade.buy(&number_of, &json!({"address_id": german, "bundle_id": bundle}));
    assert_eq!(bought.status, 200, "{}", bought.text());
    let there = twilio.number(&number_of);
    assert_eq!((&there["address_sid"], &there["bundle_sid"]), (&json!(german), &json!(bundle)));

    let number_of = number("country_code=GB&phone_number_type=mobile");
    lacks(&trade.buy(&number_of, &json!({})), "bundle_id");
    assert_eq!(trade.buy(&number_of, &json!({"bundle_id": bundle})).status, 200);
    assert_eq!(trade.shop.rows(OWNER).len(), 3);
    assert_eq!(twilio.deeds("acquire").len(), 3);
}

#[test]
fn of_several_numbers_each_has_its_own_papers() {
    let (trade, twilio) = at_twilio();
    let address = twilio.address("AU");
    let (plain, with) = (trade.stock(OWNER, US, 1).remove(0), trade.stock(OWNER, "country_code=AU", 2));
    let body = json!({"phone_numbers": [
        {"phone_number": plain},
        {"phone_number": with[0], "address_id": address},
        {"phone_number": with[1]},
    ]});
    let some = trade.shop.post(OWNER, PURCHASE, &body);
    assert_eq!(some.status, 207, "{}", some.text());
    let some = some.json();
    assert_eq!(some["phone_numbers"].as_array().unwrap().len(), 2);
    assert_eq!(some["failed"].as_array().unwrap().len(), 1);
    assert_eq!(
        (&some["failed"][0]["phone_number"], &some["failed"][0]["missing"]),
        (&json!(with[1]), &json!(["address_id"]))
    );
    assert_eq!(twilio.number(&plain)["address_sid"], Value::Null);
}

#[test]
fn what_cannot_be_a_papers_id_is_refused_before_anything_is_asked() {
    let trade = Trade::open();
    for name in ["address_id", "bundle_id", "requirement_group_id"] {
        for bad in ["", " ", "AD 1", "../x", "a&b=c", "é", &"a".repeat(65), "a\nb"] {
            let refused = trade.buy("+19705551234", &json!({ name: bad }));
            let said = refused.json()["error"].as_str().unwrap().to_owned();
            assert_eq!(refused.status, 400, "{name} {bad:?}: {said}");
            assert!(said.contains(&format!("phone_numbers[0].{name}")), "{said}");
        }
        assert_eq!(trade.buy("+19705551234", &json!({ name: 7 })).status, 400);
    }
}

/// Has a purchase claimed by a server that is killed before it sends it, and starts another when the carrier is back.
fn killed_before_sending(trade: &mut Trade, sim: &mut Sim, secret: &str, number: &str, papers: &Value) -> Value {
    let killer = compile(trade.file("from").parent().unwrap(), KILLER);
    let mut item = json!({ "phone_number": number });
    item.as_object_mut().unwrap().extend(papers.as_object().unwrap().clone());
    let owner = crate::support::token(linekeeper::model::UserId(crate::support::id(OWNER)));
    let bearer = format!("Bearer {owner}");
    let body = json!({ "phone_numbers": [item] }).to_string();
    // The server forgets old answers a moment after its start: where that comes in between, it is killed too early.
    let is_claimed = (0..5).any(|_| {
        trade.restart_to_be_killed(&killer);
        std::thread::sleep(Duration::from_millis(300));
        std::fs::write(trade.file("from"), "").unwrap();
        let answer = trade.shop.server.try_send_with("POST", PURCHASE, &[("authorization", &bearer)], &body);
        assert!(answer.is_err() && trade.shop.server.has_ended(Duration::from_secs(5)), "it was not killed");
        std::fs::remove_file(trade.file("from")).unwrap();
        trade.done(&["order", "list"]).contains("\tclaimed\t")
    });
    assert!(is_claimed, "{}", trade.done(&["order", "list"]));
    assert_eq!(sim.deeds("acquire").len(), 0);
    // Hours pass: what was searched is forgotten there.
    sim.restart(secret);
    trade.restart(&[]);
    trade.shop.awaited(number, |row| row["status"] == "active");
    let mut bought = sim.deeds("acquire");
    assert_eq!(bought.len(), 1);
    bought.remove(0)
}

#[test]
fn papers_survive_a_crash_before_they_are_sent_to_twilio() {
    let (mut trade, mut twilio) = at_twilio();
    let (address, bundle) = (twilio.address("DE"), bundle());
    let number = trade.stock(OWNER, "country_code=DE", 1).remove(0);
    let papers = json!({"address_id": address, "bundle_id": bundle});
    let bought = killed_before_sending(&mut trade, &mut twilio, TOKEN, &number, &papers);
    assert_eq!((&bought["notes"]["address_id"], &bought["notes"]["bundle_id"]), (&json!(address), &json!(bundle)));
}

#[test]
fn what_was_claimed_hours_ago_is_searched_again_at_telnyx_and_ordered_with_its_papers() {
    let (mut trade, mut telnyx) = at_telnyx();
    let number = trade.stock(OWNER, "country_code=FR", 1).remove(0);
    let papers = json!({"requirement_group_id": GROUP});
    killed_before_sending(&mut trade, &mut telnyx, API_KEY, &number, &papers);
    // An order without its group would still pend.
    assert_eq!(trade.shop.row(&number)["country_code"], "FR");
}

#[test]
fn a_number_of_telnyx_without_its_papers_is_said_to_wait_for_them() {
    let (trade, telnyx) = at_telnyx();
    for (country, others) in [("DE", 0), ("FR", 1)] {
        let number = trade.stock(OWNER, &format!("country_code={country}"), 1).remove(0);
        let pending = trade.buy(&number, &json!({}));
        let body = pending.json();
        assert_eq!((pending.status, &body["order"]["status"]), (200, &json!("pending")), "{body}");
        assert_eq!(body["order"]["requirements_met"], json!(false), "{body}");
        assert_eq!(body["phone_numbers"][0]["status"], "pending");
        assert!(body["message"].as_str().unwrap().contains("requirement_group_id"), "{body}");
        let listed = trade.done(&["order", "list"]);
        assert!(listed.contains("requirement_group_required"), "{listed}");
        assert_eq!(telnyx.deeds("acquire").len(), others + 1);
    }
    // Asked again and again, it goes on waiting, and goes on saying for what.
    eventually("it has been asked about", || {
        let listed = trade.done(&["order", "list"]);
        listed.matches("requirement_group_required").count() == 2
    });
    // For days, if need be: nobody is called, for the carrier knows what it waits for.
    trade.shop.inventory.sqlite().execute("UPDATE orders SET tries = 40, due_at = 0", []).unwrap();
    let is_put_off = "SELECT count(*) FROM orders WHERE tries = 40 AND due_at > 0";
    eventually("it has been asked about once more", || {
        trade.shop.inventory.sqlite().query_row(is_put_off, [], |row| row.get::<_, u32>(0)).unwrap() == 2
    });
    assert!(!trade.done(&["order", "list"]).contains("needs_operator"));
    let number = trade.stock(OWNER, "country_code=DE", 1).remove(0);
    let bought = trade.buy(&number, &json!({"requirement_group_id": GROUP}));
    assert_eq!(bought.json()["phone_numbers"][0]["status"], "active", "{}", bought.text());
    assert_eq!(bought.json()["order"]["requirements_met"], json!(true));
    let number = trade.stock(OWNER, "country_code=DE", 1).remove(0);
    lacks(&trade.buy(&number, &json!({"requirement_group_id": "none"})), "requirement_group_id");
}

#[test]
fn an_emergency_address_keeps_a_number_and_is_named() {
    let (trade, twilio) = at_twilio();
    let address = twilio.address("US");
    let number = trade.stock(OWNER, US, 1).remove(0);
    assert_eq!(trade.shop.post(OWNER, PURCHASE, &wish(&number)).status, 200);
    let row = trade.shop.row(&number);
    let path = format!("/IncomingPhoneNumbers/{}.json", row["phone_number_id"].as_str().unwrap());
    twilio.as_its_owner("POST", &path, &format!("EmergencyAddressSid={address}"));
    let kept = trade.shop.post(OWNER, RELEASE, &goodbye(&[&row["id"]]));
    assert_eq!(kept.status, 207);
    assert_eq!(
        kept.json()["failed"][0]["error"],
        "It has an emergency address at the carrier, which must be removed first"
    );
    assert_eq!((&trade.shop.row(&number)["status"], twilio.deeds("release").len()), (&json!("active"), 0));
    twilio.as_its_owner("POST", &path, "EmergencyAddressSid=");
    assert_eq!(trade.shop.post(OWNER, RELEASE, &goodbye(&[&row["id"]])).status, 200);
}

#[test]
fn a_deletion_lock_keeps_a_number_and_is_named() {
    let (trade, telnyx) = at_telnyx();
    let number = trade.stock(OWNER, US, 1).remove(0);
    assert_eq!(trade.shop.post(OWNER, PURCHASE, &wish(&number)).status, 200);
    let row = trade.shop.row(&number);
    telnyx.control("/locks", &json!({"phone_number": number, "locked": true}));
    let kept = trade.shop.post(OWNER, RELEASE, &goodbye(&[&row["id"]]));
    assert_eq!(kept.status, 207);
    let said = kept.json()["failed"][0]["error"].as_str().unwrap().to_owned();
    assert!(said.contains("deletion lock"), "{said}");
    assert_eq!((&trade.shop.row(&number)["status"], telnyx.deeds("release").len()), (&json!("active"), 0));
    telnyx.control("/locks", &json!({"phone_number": number, "locked": false}));
    assert_eq!(trade.shop.post(OWNER, RELEASE, &goodbye(&[&row["id"]])).status, 200);
}

#[test]
fn an_order_that_telnyx_takes_its_time_for_is_pending_and_then_active_or_gone() {
    let (trade, telnyx) = at_telnyx();
    let stock = trade.stock(OWNER, US, 2);
    telnyx.control("/orders/pending", &json!({"times": 1, "seconds": 2, "then": "success"}));
    telnyx.control("/orders/pending", &json!({"times": 1, "seconds": 2, "then": "failure"}));
    for number in &stock {
        let answer = trade.shop.post(OWNER, PURCHASE, &wish(number));
        let body = answer.json();
        assert_eq!((answer.status, &body["order"]["status"]), (200, &json!("pending")), "{body}");
        assert_eq!(body["phone_numbers"][0]["purchased_at"], Value::Null);
        assert_eq!(body["order"]["requirements_met"], json!(true));
        assert!(body["message"].as_str().unwrap().contains("pending"), "{body}");
        assert_eq!(trade.shop.row(number)["status"], "pending");
        // Neither can be bought a second time, nor given back while it is not there.
        let again = trade.shop.post(OWNER, PURCHASE, &wish(number));
        assert_eq!(again.status, 409, "{}", again.text());
        let back = trade.shop.post(OWNER, RELEASE, &goodbye(&[&body["phone_numbers"][0]["id"]]));
        assert_eq!(back.json()["failed"][0]["error"], "Another order for this phone number is under way");
    }
    let active = trade.shop.awaited(&stock[0], |row| row["status"] == "active");
    assert!(active["purchased_at"].is_string() && active["phone_number_id"].is_string(), "{active}");
    eventually("the other is gone", || trade.shop.rows(OWNER).len() == 1);
    // The carrier sells it to whoever asks next.
    assert_eq!(trade.stock(OWNER, US, 1), [&*stock[1]]);
    assert_eq!(trade.shop.post(OWNER, PURCHASE, &wish(&stock[1])).status, 200);
    assert_eq!(telnyx.deeds("acquire").len(), 2);
}
