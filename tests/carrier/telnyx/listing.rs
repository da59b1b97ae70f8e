//! The account's numbers: listing them, sending their calls somewhere, giving them back.

use linekeeper::carrier::{Port, Refusal, Rented, Trouble};
use linekeeper::model::{NumberType, Route};
use serde_json::{Value, json};

use super::{NUMBER, lines, page, record, rented, route, with};
use crate::house::{e164, refusal};
use crate::scripted::{answer, good};

/// A page of a list that has more.
fn of(rows: &[Value], total_pages: u32, total_results: u32) -> Vec<u8> {
    let meta = json!({"total_pages": total_pages, "total_results": total_results, "page_number": 1, "page_size": 2});
    good(&json!({"data": rows, "meta": meta}))
}

fn numbered(at: std::ops::Range<u32>) -> Vec<Value> {
    at.map(|at| record(&format!("+1970555{at:04}"), "active")).collect()
}

fn one(record: &Value) -> Vec<u8> {
    good(&json!({"data": record}))
}

#[test]
fn a_listing_is_read_to_its_end() {
    let answers = vec![of(&numbered(0..2), 3, 5), of(&numbered(2..4), 3, 5), of(&numbered(4..5), 3, 5)];
    let (owned, asked) = with(answers, |telnyx| telnyx.owned(None));
    let owned = owned.unwrap();
    assert_eq!(owned.len(), 5);
    assert_eq!(lines(&asked)[0], "GET /v2/phone_numbers?page[number]=1&page[size]=250");
    assert_eq!(lines(&asked)[2], "GET /v2/phone_numbers?page[number]=3&page[size]=250");
    let Rented { traits, route, carrier_number_id, .. } = &owned[4];
    assert_eq!((&**carrier_number_id, route), ("id-19705550004", &Route::default()));
    assert_eq!((traits.number_type, traits.country.as_deref()), (Some(NumberType::Local), Some("US")));
    assert_eq!((&traits.friendly_name, traits.features), (&None, None));
}

#[test]
fn an_account_without_numbers_has_an_empty_listing() {
    assert_eq!(with(vec![page(&[])], |telnyx| telnyx.owned(None)).0, Ok(vec![]));
}

#[test]
fn a_listing_that_changes_while_it_is_read_is_read_once_more() {
    let whole = [of(&numbered(0..2), 2, 3), of(&numbered(2..3), 2, 3)];
    let changes = [
        // It grew, it shrank, a row moved onto the next page, a row is missing.
        [of(&numbered(0..2), 2, 3), of(&numbered(1..3), 2, 4)],
        [of(&numbered(0..2), 3, 5), of(&numbered(2..4), 2, 4)],
        [of(&numbered(0..2), 2, 3), of(&numbered(1..2), 2, 3)],
        [of(&numbered(0..2), 2, 4), of(&numbered(3..4), 2, 4)],
    ];
    for change in changes {
        let answers = change.iter().chain(&whole).cloned().collect();
        assert_eq!(with(answers, |telnyx| telnyx.owned(None)).0.unwrap().len(), 3);
        let answers = change.iter().chain(&change).cloned().collect();
        let (owned, _) = with(answers, |telnyx| telnyx.owned(None));
        assert_eq!(owned, Err(Trouble::Unknown("the listing changed while it was read".into())));
    }
}

#[test]
fn a_listing_that_cannot_be_read_is_an_error_and_never_shorter() {
    let broken = |change: &dyn Fn(&mut Value)| {
        let mut row = record(NUMBER, "active");
        change(&mut row);
        page(&[record("+19705550001", "active"), row])
    };
    let answers = [
        good(&json!({"data": []})),
        good(&json!({"meta": {"total_pages": 1, "total_results": 0}})),
        good(&json!({"data": [], "meta": {"total_pages": null}})),
        good(&json!({"data": [], "meta": {"total_pages": -1, "total_results": 0}})),
        broken(&|row| row["phone_number"] = json!("970555")),
        broken(&|row| row["phone_number"] = json!(null)),
        broken(&|row| row["status"] = json!(null)),
        broken(&|row| row["id"] = json!("../balance")),
        broken(&|row| row["id"] = json!("")),
        broken(&|row| row["messaging_profile_id"] = json!("UNAVAILABLE")),
        answer(200, r#"{"data":[{"id":"1""#),
    ];
    for bytes in answers {
        let (owned, _) = with(vec![bytes], |telnyx| telnyx.owned(None));
        assert!(matches!(owned, Err(Trouble::Unknown(_))), "{owned:?}");
    }
}

#[test]
fn what_is_not_the_accounts_is_left_out() {
    let ours = ["active", "emergency-only", "port-out-pending", "of a new kind"];
    let not_ours = [
        "purchase-pending",
        "purchase-failed",
        "port-pending",
        "port-failed",
        "deleted",
        "ported-out",
        "provision-pending",
        "requirement-info-pending",
        "requirement-info-under-review",
        "requirement-info-exception",
    ];
    let statuses = ours.iter().chain(&not_ours).enumerate();
    let rows: Vec<Value> = statuses.map(|(at, status)| record(&format!("+1970555{at:04}"), status)).collect();
    let short = json!({"id": "1", "phone_number": "12345", "status": "active", "phone_number_type": "shortcode"});
    let (owned, _) = with(vec![page(&[&rows[..], &[short]].concat())], |telnyx| telnyx.owned(None));
    assert_eq!(owned.unwrap().len(), ours.len());
}

#[test]
fn one_number_is_asked_for_by_its_digits_and_only_it_is_taken() {
    let mut ours = record(NUMBER, "active");
    ours["connection_id"] = json!("293384261075731499");
    ours["messaging_profile_id"] = json!("abc85f64-5717-4562-b3fc-2c9600000000");
    let longer = record("+197055512345", "active");
    let (owned, asked) = with(vec![page(&[longer, ours])], |telnyx| telnyx.owned(Some(&e164(NUMBER))));
    let owned = owned.unwrap();
    assert_eq!(owned.len(), 1);
    assert_eq!(owned[0].route, route(Some("293384261075731499"), Some("abc85f64-5717-4562-b3fc-2c9600000000")));
    let line = "GET /v2/phone_numbers?page[number]=1&page[size]=250&filter[phone_number]=19705551234";
    assert_eq!(lines(&asked), [line]);
}

#[test]
fn a_route_is_told_and_read_back() {
    let mut there = record(NUMBER, "active");
    (there["connection_id"], there["messaging_profile_id"]) = (json!("12"), json!("p-1"));
    let done = || good(&json!({"data": {}}));
    let answers = vec![one(&record(NUMBER, "active")), done(), done(), page(&[there])];
    let wanted = Route { voice_url: Some("https://voice.example".into()), ..route(Some("12"), Some("p-1")) };
    let (read, asked) = with(answers, |telnyx| telnyx.configure(&rented(NUMBER), &wanted));
    assert_eq!(read, Ok(route(Some("12"), Some("p-1"))));
    assert_eq!(
        lines(&asked)[..3],
        [
            "GET /v2/phone_numbers/id-19705551234",
            "PATCH /v2/phone_numbers/id-19705551234",
            "PATCH /v2/phone_numbers/id-19705551234/messaging",
        ]
    );
    assert_eq!(asked[1].body, json!({"connection_id": "12"}));
    assert_eq!(asked[2].body, json!({"messaging_profile_id": "p-1"}));
}

#[test]
fn an_empty_route_takes_back_what_there_is() {
    let mut there = record(NUMBER, "active");
    (there["connection_id"], there["messaging_profile_id"]) = (json!("12"), json!("p-1"));
    let done = || good(&json!({"data": {}}));
    let answers = vec![one(&there), done(), done(), page(&[record(NUMBER, "active")])];
    let (read, asked) = with(answers, |telnyx| telnyx.configure(&rented(NUMBER), &Route::default()));
    assert_eq!(read, Ok(Route::default()));
    assert_eq!((&asked[1].body, &asked[2].body), (&json!({"connection_id": ""}), &json!({"messaging_profile_id": ""})));
    // A number that cannot message is not told of it.
    let answers = vec![one(&record(NUMBER, "active")), done(), page(&[record(NUMBER, "active")])];
    let (read, asked) = with(answers, |telnyx| telnyx.configure(&rented(NUMBER), &Route::default()));
    assert_eq!((read, asked.len()), (Ok(Route::default()), 3));
}

#[test]
fn a_number_is_given_back_once_its_id_is_known_to_be_its() {
    let ours = || one(&record(NUMBER, "active"));
    for done in [one(&record(NUMBER, "deleted")), answer(204, ""), good(&json!({"data": {}}))] {
        let (gone, asked) = with(vec![ours(), done], |telnyx| telnyx.release(&rented(NUMBER)));
        assert_eq!(gone, Ok(()));
        let path = "/v2/phone_numbers/id-19705551234";
        assert_eq!(lines(&asked), [format!("GET {path}"), format!("DELETE {path}")]);
    }
    for strange in [answer(200, ""), one(&record(NUMBER, "active")), answer(302, ""), answer(500, ""), vec![]] {
        let (gone, _) = with(vec![ours(), strange], |telnyx| telnyx.release(&rented(NUMBER)));
        assert!(matches!(gone, Err(Trouble::Unknown(_))), "{gone:?}");
    }
}

#[test]
fn what_is_done_by_an_id_is_never_done_to_another_number() {
    let not_ours = [
        one(&record("+19705550000", "active")),
        one(&record(NUMBER, "deleted")),
        one(&record(NUMBER, "purchase-pending")),
        answer(404, r#"{"errors":[{"code":"10005","title":"Resource not found"}]}"#),
        answer(422, r#"{"errors":[{"code":"10006","title":"Invalid ID"}]}"#),
        answer(404, ""),
    ];
    for bytes in not_ours {
        let (gone, asked) = with(vec![bytes.clone()], |telnyx| telnyx.release(&rented(NUMBER)));
        assert_eq!((refusal(gone), asked.len()), (Refusal::NotOwned, 1));
        let (read, _) = with(vec![bytes], |telnyx| telnyx.configure(&rented(NUMBER), &route(Some("12"), None)));
        assert_eq!(refusal(read), Refusal::NotOwned);
    }
    for id in ["", "..", "%2e%2e", "1/voice", "1?a=b", "+19705551234"] {
        let strange = Rented { carrier_number_id: id.into(), ..rented(NUMBER) };
        let (gone, asked) = with(vec![], |telnyx| telnyx.release(&strange));
        assert_eq!((refusal(gone), asked.len()), (Refusal::NotOwned, 0));
    }
}

#[test]
fn where_the_question_before_a_deed_fails_nothing_was_done() {
    let broken = vec![answer(500, ""), answer(502, "<html>"), vec![]];
    let (gone, asked) = with(broken.clone(), |telnyx| telnyx.release(&rented(NUMBER)));
    assert!(matches!(gone, Err(Trouble::Unreached(_))) && asked.len() == 3, "{gone:?}");
    let (read, _) = with(broken, |telnyx| telnyx.configure(&rented(NUMBER), &Route::default()));
    assert!(matches!(read, Err(Trouble::Unreached(_))), "{read:?}");
}

#[test]
fn a_locked_number_is_not_given_back() {
    let mut locked = record(NUMBER, "active");
    locked["deletion_lock_enabled"] = json!(true);
    let (gone, asked) = with(vec![one(&locked)], |telnyx| telnyx.release(&rented(NUMBER)));
    assert!(matches!(&gone, Err(Trouble::Refused { said, .. }) if said.contains("deletion lock")), "{gone:?}");
    assert_eq!((refusal(gone), asked.len()), (Refusal::DeletionLock, 1));
}

#[test]
fn a_number_that_emergency_services_know_is_refused_for_that() {
    let refused = answer(422, r#"{"errors":[{"code":"10015","title":"Bad Request","detail":"no"}]}"#);
    for (field, value, reason) in [
        ("emergency_enabled", json!(true), Refusal::EmergencyAddress),
        ("emergency_status", json!("deprovisioning"), Refusal::EmergencyAddress),
        ("emergency_status", json!(null), Refusal::Other),
    ] {
        let mut known = record(NUMBER, "active");
        known[field] = value;
        let (gone, _) = with(vec![one(&known), refused.clone()], |telnyx| telnyx.release(&rented(NUMBER)));
        assert_eq!(refusal(gone), reason);
    }
}
