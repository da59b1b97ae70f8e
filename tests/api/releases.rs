//! `phone-numbers-release`: numbers that go back, at once, later, or not.

use linekeeper::carrier::simulator::{Deed, Fault, Request};
use linekeeper::model::{Carrier, Number, Status};
use serde_json::{Value, json};

use crate::shop::{
    ADMIN, ASSIGN, MEMBER, OWNER, PLAIN, PURCHASE, RELEASE, ROUTED, Shop, THEIR_OWNER, answered_by, error, goodbye,
    row_at, text, wish,
};

fn release(shop: &Shop, ids: &[&Value]) -> (u16, Value) {
    let answer = shop.post(OWNER, RELEASE, &goodbye(ids));
    (answer.status, answer.json())
}

#[test]
fn a_released_number_is_back_in_stock_for_anybody() {
    let shop = Shop::with_faults(&[]);
    let number = shop.stock(1).remove(0);
    let item = json!({"phone_number": number, "agent_mapping_id": text(ROUTED)});
    let bought = shop.post(OWNER, PURCHASE, &json!({"phone_numbers": [item]})).json();
    let id = &bought["phone_numbers"][0]["id"];
    let (status, body) = release(&shop, &[id]);
    let summary = json!({"total_requested": 1, "released_count": 1, "failed_count": 0});
    assert_eq!(
        (status, body),
        (
            200,
            json!({
                "success": true, "released": [{"id": id, "phone_number": number}], "failed": [], "summary": summary,
                "message": "Successfully released 1 phone number(s)",
            })
        )
    );
    let row = shop.row(&number);
    assert_eq!(
        (&row["status"], &row["is_active"], &row["agent_mapping_id"]),
        (&json!("released"), &json!(false), &Value::Null)
    );
    assert!(row["released_at"].is_string() && row["purchased_at"].is_string() && row.get("routing").is_none(), "{row}");
    assert_eq!(shop.there(&number), None);
    assert_eq!(
        shop.server.list(&crate::support::token(linekeeper::model::UserId(crate::support::id(OWNER))), "").json()["phone_numbers"],
        json!([])
    );

    let theirs = shop.post(THEIR_OWNER, PURCHASE, &wish(&number));
    assert_eq!(theirs.status, 200, "{}", theirs.text());
    assert_ne!(&theirs.json()["phone_numbers"][0]["id"], id);
    let (status, again) = release(&shop, &[id]);
    assert_eq!((status, &again["released"][0]["note"]), (200, &json!("Already released")));
    assert!(shop.there(&number).is_some(), "it is theirs now, and a repeat does not take it from them");
    assert_eq!(shop.rows(THEIR_OWNER)[0]["status"], "active");
}

#[test]
fn some_are_released_and_the_rest_said() {
    let shop = Shop::open();
    let mine = shop.bought();
    let theirs = shop.post(THEIR_OWNER, PURCHASE, &wish("+15005550006")).json()["phone_numbers"][0]["id"].clone();
    shop.brought(&Number { carrier_account: None, ..row_at(51, Carrier::Telnyx) });
    shop.brought(&answered_by(row_at(52, Carrier::Sip), PLAIN));
    shop.brought(&Number { status: Status::Released, ..row_at(53, Carrier::Telnyx) });
    shop.brought(&Number { status: Status::Suspended, ..row_at(54, Carrier::Sip) });
    let before = shop.row("+19705550051");
    let of = |place: u64| json!(text(place));
    let ids = [&mine["id"], &theirs, &of(51), &of(52), &of(53), &of(54), &mine["id"], &of(99)];
    let (status, body) = release(&shop, &ids);
    assert_eq!((status, &body["success"]), (207, &json!(false)), "{body}");
    assert_eq!(body["message"], "Released 4 number(s), 3 failed");
    assert_eq!(body["summary"], json!({"total_requested": 7, "released_count": 4, "failed_count": 3}));
    assert_eq!(
        body["released"],
        json!([
            {"id": mine["id"], "phone_number": mine["phone_number"]},
            {"id": of(52), "phone_number": "+19705550052"},
            {"id": of(53), "phone_number": "+19705550053", "note": "Already released"},
            {"id": of(54), "phone_number": "+19705550054"},
        ])
    );
    assert_eq!(
        body["failed"],
        json!([
            {"id": theirs, "phone_number": null, "error": "Phone number not found"},
            {"id": of(51), "phone_number": "+19705550051", "error": "There is no account at this number's carrier to act with"},
            {"id": of(99), "phone_number": null, "error": "Phone number not found"},
        ])
    );
    assert_eq!(shop.row("+19705550051"), before, "what failed is as it was");
    assert_eq!(shop.rows(THEIR_OWNER)[0]["status"], "active");
    assert_eq!(shop.row("+19705550052")["agent_mapping_id"], Value::Null);
    assert_eq!(shop.command(&["order", "list"]), "");
}

#[test]
fn only_owners_release_and_only_when_they_mean_it() {
    let shop = Shop::open();
    let row = shop.bought();
    let id = &row["id"];
    for user in [ADMIN, MEMBER] {
        let refused = shop.post(user, RELEASE, &goodbye(&[id]));
        assert_eq!((refused.status, &*error(&refused)), (403, "Insufficient permissions"));
    }
    for (what, body) in [
        ("no word of confirmation", json!({"phone_number_ids": [id]})),
        ("false", json!({"phone_number_ids": [id], "confirm": false})),
        ("null", json!({"phone_number_ids": [id], "confirm": null})),
        ("a text", json!({"phone_number_ids": [id], "confirm": "true"})),
        ("one", json!({"phone_number_ids": [id], "confirm": 1})),
        ("no ids", json!({"phone_number_ids": [], "confirm": true})),
        ("no field", json!({"confirm": true})),
        ("null for ids", json!({"phone_number_ids": null, "confirm": true})),
        ("one id", json!({"phone_number_ids": id, "confirm": true})),
        ("an id that is none", json!({"phone_number_ids": [id, "x"], "confirm": true})),
        ("a number for an id", json!({"phone_number_ids": [row["phone_number"]], "confirm": true})),
        ("201 ids", json!({"phone_number_ids": vec![id; 201], "confirm": true})),
        ("an array", json!([[id], true])),
    ] {
        let answer = shop.post(OWNER, RELEASE, &body);
        assert_eq!(answer.status, 400, "{what}: {}", answer.text());
    }
    assert_eq!(shop.row(row["phone_number"].as_str().unwrap()), row);
    assert_eq!(release(&shop, &vec![id; 200]).1["summary"]["total_requested"], 1);
}

#[test]
fn a_held_release_can_be_taken_back_until_it_is_over() {
    let shop = Shop::with_faults(&[("ORDERS__RELEASE_HOLD", "1500ms")]);
    let (kept, gone) = (shop.bought(), shop.bought());
    let (status, body) = release(&shop, &[&kept["id"], &gone["id"]]);
    assert_eq!((status, &body["summary"]["released_count"]), (200, &json!(2)), "{body}");
    for entry in body["released"].as_array().unwrap() {
        assert!(entry["note"].as_str().unwrap().starts_with("Held until 20"), "{entry}");
    }
    for row in [&kept, &gone] {
        assert_eq!(shop.row(row["phone_number"].as_str().unwrap())["status"], "active", "still in service");
    }
    let (status, again) = release(&shop, &[&kept["id"]]);
    assert_eq!(
        (status, &again["failed"][0]["error"]),
        (207, &json!("Another order for this phone number is under way"))
    );
    let orders = shop.command(&["order", "list", "--agency", &text(1)]);
    let line = orders.lines().find(|line| line.contains(kept["phone_number"].as_str().unwrap())).unwrap();
    shop.command(&["order", "keep", line.split('\t').next().unwrap(), "--agency", &text(1)]);
    shop.awaited(gone["phone_number"].as_str().unwrap(), |row| row["status"] == "released");
    assert_eq!(shop.there(gone["phone_number"].as_str().unwrap()), None);
    let row = shop.row(kept["phone_number"].as_str().unwrap());
    assert_eq!((&row["status"], shop.there(row["phone_number"].as_str().unwrap()).is_some()), (&json!("active"), true));
    let named = shop.send(OWNER, "PATCH", ASSIGN, &json!({"id": row["id"], "friendly_name": "Kept"}));
    assert_eq!(named.status, 200, "{}", named.text());
}

#[test]
fn a_release_whose_answer_is_lost_is_found_out_about_and_done_once() {
    let shop = Shop::with_faults(&[]);
    for fault in [Fault::DropAfter, Fault::FailAfter, Fault::Hang, Fault::DropBefore] {
        let row = shop.bought();
        let number = row["phone_number"].as_str().unwrap();
        shop.fault(Request::Release, fault, 1);
        let (status, body) = release(&shop, &[&row["id"]]);
        let failed = json!([{"id": row["id"], "phone_number": number, "error": "The carrier has not confirmed it yet; this is being settled"}]);
        assert_eq!((status, &body["failed"], &body["success"]), (207, &failed, &json!(false)), "{fault:?}");
        shop.awaited(number, |row| row["status"] == "released");
        assert_eq!(shop.there(number), None);
    }
    let releases = shop.house().entries().iter().filter(|entry| entry.deed == Deed::Release).count();
    assert_eq!(releases, 4);
}

#[test]
fn a_carrier_that_did_not_release_leaves_the_number_in_service() {
    let shop = Shop::with_faults(&[]);
    let row = shop.bought();
    for (fault, says) in
        [(Fault::Refuse, "The carrier refused"), (Fault::Busy, "The carrier is busy and did nothing; try again later")]
    {
        shop.fault(Request::Release, fault, 1);
        let (status, body) = release(&shop, &[&row["id"]]);
        assert_eq!((status, &body["failed"][0]["error"]), (207, &json!(says)), "{fault:?}");
        assert_eq!(body["failed"][0].get("telnyx_released"), None);
        let now = shop.row(row["phone_number"].as_str().unwrap());
        assert_eq!((&now["status"], &now["is_active"]), (&json!("active"), &json!(true)), "{fault:?}");
    }
    assert_eq!(release(&shop, &[&row["id"]]).0, 200, "and it can be tried again");
}

#[test]
fn a_number_whose_purchase_is_pending_cannot_be_released_yet() {
    let shop = Shop::with_faults(&[("ORDERS__RETRY_DELAY", "1s")]);
    let number = shop.stock(1).remove(0);
    shop.fault(Request::Acquire, Fault::DropAfter, 1);
    let bought = shop.post(OWNER, PURCHASE, &wish(&number)).json();
    let id = &bought["phone_numbers"][0]["id"];
    let (status, body) = release(&shop, &[id]);
    assert_eq!(
        (status, &body["failed"][0]["error"]),
        (207, &json!("Another order for this phone number is under way"))
    );
    let assigned = shop.post(OWNER, ASSIGN, &json!({"id": id, "agent_mapping_id": text(ROUTED)}));
    assert_eq!(assigned.status, 200, "but it can be said who will answer it: {}", assigned.text());
    let row = shop.awaited(&number, |row| row["status"] == "active" && row.get("routing").is_none());
    assert_eq!(row["agent_mapping_id"], text(ROUTED));
    assert!(shop.there(&number).unwrap().route.voice_url.is_some());
    assert_eq!(release(&shop, &[id]).0, 200);
}

#[test]
fn a_release_that_was_promised_and_is_refused_is_shown_to_the_operator() {
    let shop = Shop::with_faults(&[("ORDERS__RELEASE_HOLD", "100ms")]);
    let (tried, kept) = (shop.bought(), shop.bought());
    shop.fault(Request::Release, Fault::Refuse, 2);
    let (status, body) = release(&shop, &[&tried["id"], &kept["id"]]);
    assert_eq!((status, &body["success"]), (200, &json!(true)), "{body}");
    let given_up = |row: &Value| {
        let orders = shop.command(&["order", "list"]);
        let of_number = |line: &&str| line.contains(row["phone_number"].as_str().unwrap());
        let line = orders.lines().find(of_number).unwrap_or_default().to_owned();
        line.contains("needs_operator").then(|| line.split('\t').next().unwrap().to_owned())
    };
    let began = std::time::Instant::now();
    let orders = loop {
        if let (Some(tried), Some(kept)) = (given_up(&tried), given_up(&kept)) {
            break [tried, kept];
        }
        assert!(began.elapsed().as_secs() < 10, "nobody is told: {}", shop.server.log());
        std::thread::sleep(std::time::Duration::from_millis(25));
    };
    assert!(shop.command(&["order", "list"]).contains("refused to order"), "in the carrier's words");
    shop.command(&["order", "retry", &orders[0], "--agency", &text(1)]);
    shop.command(&["order", "fail", &orders[1], "--agency", &text(1)]);
    shop.awaited(tried["phone_number"].as_str().unwrap(), |row| row["status"] == "released");
    let named = shop.send(OWNER, "PATCH", ASSIGN, &json!({"id": kept["id"], "friendly_name": "Kept"}));
    assert_eq!((named.status, &named.json()["phone_number"]["status"]), (200, &json!("active")), "{}", named.text());
}
