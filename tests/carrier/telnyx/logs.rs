//! The logs of calls and messages.

use std::time::Duration;

use linekeeper::carrier::telnyx::Telnyx;
use linekeeper::carrier::{Port, Trouble, Use};
use linekeeper::model::{Secret, Timestamp};
use serde_json::{Value, json};

use super::{KEY, NUMBER, lines, page, with};
use crate::house::e164;
use crate::scripted::{Scripted, answer, good};

const SINCE: &str = "2025-01-15T12:00:00.5Z";

fn uses(answers: Vec<Vec<u8>>) -> Result<Vec<Use>, Trouble> {
    with(answers, |telnyx| telnyx.used_since(SINCE.parse().unwrap())).0.map(Option::unwrap)
}

fn call(id: &str, from: &str, to: &str) -> Value {
    json!({"id": id, "record_type": "sip-trunking", "cli": from, "cld": to, "started_at": "2025-01-16T08:00:00Z",
        "answered_at": null, "cost": "0.005"})
}

fn of(records: &[Value], total_pages: u32, total_results: u32) -> Vec<u8> {
    good(&json!({"data": records, "meta": {"total_pages": total_pages, "total_results": total_results}}))
}

#[test]
fn calls_and_messages_are_read_from_their_logs_with_both_ends() {
    let message = json!({"uuid": "m-1", "cli": "GOOGLE", "cld": NUMBER, "created_at": "2025-01-15T13:00:00.123Z",
        "sent_at": "2025-01-15T13:00:01+00:00"});
    let short = json!({"uuid": "m-2", "cli": NUMBER, "cld": "12345", "created_at": "2025-01-15T14:00:00Z"});
    let nobody = json!({"uuid": "m-3", "cli": null, "cld": "sip:a@b"});
    let answers = vec![page(&[call("1", NUMBER, "+13125550000")]), page(&[]), page(&[message, short, nobody])];
    let (used, asked) = with(answers, |telnyx| telnyx.used_since(SINCE.parse().unwrap()));
    let one = |number: &str, at: &str| Use { phone_number: e164(number), at: at.parse().unwrap() };
    let expected = [
        one(NUMBER, "2025-01-16T08:00:00Z"),
        one("+13125550000", "2025-01-16T08:00:00Z"),
        one(NUMBER, "2025-01-15T13:00:01Z"),
        one(NUMBER, "2025-01-15T14:00:00Z"),
    ];
    assert_eq!(used.unwrap().unwrap(), expected);
    let line = |log: &str, field: &str| {
        let filters = format!("filter[record_type]={log}&filter[{field}][gte]=2025-01-15T12:00:00Z");
        format!("GET /v2/detail_records?page[number]=1&page[size]=50&{filters}")
    };
    let logs =
        [line("sip-trunking", "started_at"), line("call-control", "started_at"), line("messaging", "created_at")];
    assert_eq!(lines(&asked), logs);
}

#[test]
fn a_log_that_grows_while_it_is_read_is_read_to_its_end() {
    let call = |id: &str| call(id, NUMBER, "anonymous");
    // One call came in after the first page, and moved the last of it to the second.
    let answers = vec![of(&[call("1"), call("2")], 2, 3), of(&[call("2"), call("3")], 2, 4), page(&[]), page(&[])];
    assert_eq!(uses(answers).unwrap().len(), 3);
}

#[test]
fn a_log_that_cannot_be_read_to_its_end_is_an_error() {
    let one = call("1", NUMBER, "+13125550000");
    let mut timeless = one.clone();
    timeless["started_at"] = json!("yesterday");
    for answers in [
        vec![of(std::slice::from_ref(&one), 1, 2)],
        vec![of(std::slice::from_ref(&one), 2, 2), answer(400, "{}")],
        vec![page(&[timeless])],
        vec![page(&[json!("record")])],
        vec![good(&json!({"data": []}))],
        vec![page(&[one]), page(&[]), answer(404, "{}")],
    ] {
        assert!(uses(answers).is_err());
    }
}

#[test]
fn where_there_were_too_many_questions_it_waits() {
    let busy = || answer(429, r#"{"errors":[{"code":"10011","title":"Too many requests"}]}"#);
    let patient = |answers: Vec<Vec<u8>>| {
        let server = Scripted::new(answers);
        let key = Secret::new(KEY.into());
        let telnyx = Telnyx::new(key, Some(&server.url), Duration::from_millis(150)).unwrap();
        let used = telnyx.used_since(Timestamp(0));
        (used, server.asked().len())
    };
    let found = || page(&[call("1", NUMBER, NUMBER)]);
    let (used, asked) = patient(vec![busy(), busy(), found(), page(&[]), page(&[])]);
    assert_eq!((used.unwrap().unwrap().len(), asked), (2, 5));
    let (used, asked) = patient(vec![busy(); 9]);
    assert_eq!((used, asked), (Err(Trouble::Busy), 9));
}
