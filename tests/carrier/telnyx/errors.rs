//! What errors mean, what is asked again, and what is never.

use linekeeper::carrier::{Port, Refusal, Trouble};
use linekeeper::model::{Paper, Papers, Route};
use serde_json::{Value, json};

use super::{KEY, NUMBER, lines, page, record, rented, route, with};
use crate::house::{e164, order, refusal, wanted};
use crate::scripted::{answer, good};

/// An answer with one error.
fn error(status: u16, code: &str) -> Vec<u8> {
    told(status, &json!({"code": code, "title": "Title", "detail": "Detail."}))
}

fn told(status: u16, error: &Value) -> Vec<u8> {
    answer(status, &json!({ "errors": [error] }).to_string())
}

fn ordered(bytes: Vec<u8>) -> Trouble {
    let number = e164(NUMBER);
    let (done, _) =
        with(vec![page(&[]), bytes], |telnyx| telnyx.acquire(&number, order(1), &Route::default(), &Papers::default()));
    done.unwrap_err()
}

fn told_to_route(bytes: Vec<u8>) -> Trouble {
    let ours = good(&json!({"data": record(NUMBER, "active")}));
    let route = route(Some("12"), None);
    with(vec![ours, bytes], |telnyx| telnyx.configure(&rented(NUMBER), &route)).0.unwrap_err()
}

fn given_back(bytes: Vec<u8>) -> Trouble {
    let ours = good(&json!({"data": record(NUMBER, "active")}));
    with(vec![ours, bytes], |telnyx| telnyx.release(&rented(NUMBER))).0.unwrap_err()
}

fn reason(trouble: Trouble) -> Refusal {
    refusal::<()>(Err(trouble))
}

#[test]
fn an_account_is_checked_by_its_balance() {
    let balance = json!({"data": {"record_type": "balance", "balance": "-2.53", "currency": "USD"}});
    let (checked, asked) = with(vec![good(&balance)], |telnyx| telnyx.check());
    assert_eq!((checked, lines(&asked)), (Ok(()), vec!["GET /v2/balance"]));
    for bytes in [error(401, "10009"), answer(401, ""), error(403, "10009")] {
        assert_eq!(refusal(with(vec![bytes], |telnyx| telnyx.check()).0), Refusal::Credentials);
    }
    assert_eq!(refusal(with(vec![error(403, "10010")], |telnyx| telnyx.check()).0), Refusal::Other);
    for bytes in [answer(200, "{}"), answer(200, "<html>"), answer(301, ""), good(&json!({"data": []}))] {
        let (checked, _) = with(vec![bytes], |telnyx| telnyx.check());
        assert!(matches!(checked, Err(Trouble::Unknown(_))), "{checked:?}");
    }
}

#[test]
fn each_code_has_its_meaning_for_an_order() {
    for (bytes, meaning) in [
        (error(401, "10009"), Refusal::Credentials),
        (error(400, "10009"), Refusal::Credentials),
        (error(422, "10002"), Refusal::Invalid),
        (error(422, "10016"), Refusal::Invalid),
        (error(404, "10005"), Refusal::NotAvailable),
        (answer(404, "<html>"), Refusal::NotAvailable),
        (error(422, "10001"), Refusal::NotAvailable),
        (error(400, "10031"), Refusal::NotAvailable),
        (told(422, &json!({"code": "1", "detail": "Number is no longer available."})), Refusal::NotAvailable),
        (error(400, "10015"), Refusal::Other),
        (error(402, "20100"), Refusal::Other),
        (error(403, "10039"), Refusal::Other),
        (error(422, "10012"), Refusal::Other),
        (answer(418, ""), Refusal::Other),
        (
            told(422, &json!({"code": "10015", "source": {"pointer": "/phone_numbers/0/requirement_group_id"}})),
            Refusal::Missing(Paper::RequirementGroup),
        ),
        (
            told(422, &json!({"code": "10004", "detail": "A requirement group is required in this country."})),
            Refusal::Missing(Paper::RequirementGroup),
        ),
        (
            told(422, &json!({"code": "10005", "source": {"pointer": "/phone_numbers/0/bundle_id"}})),
            Refusal::Missing(Paper::Bundle),
        ),
        (told(404, &json!({"code": "10005", "source": {"pointer": "/connection_id"}})), Refusal::Other),
    ] {
        assert_eq!(reason(ordered(bytes.clone())), meaning, "{}", String::from_utf8_lossy(&bytes));
    }
    assert_eq!(ordered(error(429, "10011")), Trouble::Busy);
    assert_eq!(ordered(answer(429, "<html>")), Trouble::Busy);
    // The code alone is not it: malformed questions have it too.
    assert_eq!(reason(ordered(error(400, "10011"))), Refusal::Other);
}

#[test]
fn each_code_has_its_meaning_for_a_number_of_ours() {
    for (status, code, meaning) in [
        (404, "10005", Refusal::NotOwned),
        (404, "0", Refusal::NotOwned),
        (422, "10006", Refusal::NotOwned),
        (401, "10009", Refusal::Credentials),
        (422, "10015", Refusal::Other),
        (403, "10035", Refusal::Other),
        (422, "10016", Refusal::Invalid),
    ] {
        assert_eq!(reason(told_to_route(error(status, code))), meaning, "{status} {code}");
        assert_eq!(reason(given_back(error(status, code))), meaning, "{status} {code}");
    }
    // A connection that does not exist is not a number that does not.
    let connection = json!({"code": "10005", "title": "Resource not found", "source": {"pointer": "/connection_id"}});
    assert_eq!(reason(told_to_route(told(404, &connection))), Refusal::Other);
    for deed in [told_to_route, given_back] {
        assert_eq!(deed(error(429, "10011")), Trouble::Busy);
        for bytes in [error(500, "10007"), error(503, "10016"), error(422, "10007"), error(408, "10008"), vec![]] {
            assert!(matches!(deed(bytes), Trouble::Unknown(_)));
        }
    }
}

#[test]
fn what_they_say_is_told_in_short() {
    let Trouble::Refused { said, .. } = ordered(told(
        422,
        &json!({"code": 10015, "title": "Bad Request", "detail": "The number\nis odd.", "source": "/phone_numbers"}),
    )) else {
        panic!("it was refused")
    };
    assert_eq!(said, "it answered 422: 10015 Bad Request: The number is odd. (/phone_numbers)");
    let many = json!({"errors": vec![json!({"code": "1", "detail": "é".repeat(10_000)}); 50]}).to_string();
    for body in
        [&*many, &format!("\"{}\"", "x".repeat(1_000_000)), &"[".repeat(100_000), "\0", "null", "{\"errors\":{}}"]
    {
        let Trouble::Refused { reason, said } = ordered(answer(422, body)) else { panic!("it was refused") };
        assert_eq!(reason, Refusal::Other);
        assert!(said.starts_with("it answered 422") && said.chars().count() <= 301, "{said}");
    }
}

#[test]
fn the_key_is_in_no_error() {
    let echoes = [
        told(422, &json!({"code": KEY, "title": KEY, "detail": format!("Bearer {KEY}"), "source": {"pointer": KEY}})),
        told(500, &json!({"code": "1", "detail": format!("{} {KEY}", "x".repeat(290))})),
        good(&json!({ "data": KEY })),
        good(&json!({"data": {"phone_numbers": [{"phone_number": NUMBER, "status": "failure",
            "requirements_status": format!("requirement-info-{KEY}")}]}})),
        answer(302, KEY),
    ];
    for bytes in echoes {
        let trouble = format!("{:?}", ordered(bytes));
        assert!(!trouble.contains("0123456789"), "{trouble}");
    }
    let (owned, _) = with(vec![page(&[record(KEY, "active")])], |telnyx| telnyx.owned(None));
    assert!(!format!("{owned:?}").contains(KEY) && owned.is_err(), "{owned:?}");
}

#[test]
fn a_question_is_asked_again_and_a_deed_is_not() {
    let found = good(&json!({"data": []}));
    let (offers, asked) = with(vec![answer(500, ""), vec![], found], |telnyx| telnyx.search(&wanted("US")));
    assert_eq!((offers, asked.len()), (Ok(vec![]), 3));
    // What follows a deed here would be answered, were it sent again.
    let ours = || good(&json!({"data": record(NUMBER, "active")}));
    for broken in [answer(500, ""), vec![], answer(429, ""), answer(307, "")] {
        let number = e164(NUMBER);
        let (_, asked) = with(vec![page(&[]), broken.clone()], |telnyx| {
            telnyx.acquire(&number, order(1), &Route::default(), &Papers::default())
        });
        assert_eq!(asked.iter().filter(|asked| asked.line.starts_with("POST")).count(), 1);
        let (_, asked) = with(vec![ours(), broken.clone()], |telnyx| telnyx.release(&rented(NUMBER)));
        assert_eq!(asked.iter().filter(|asked| asked.line.starts_with("DELETE")).count(), 1);
        let (_, asked) = with(vec![ours(), broken], |telnyx| telnyx.configure(&rented(NUMBER), &Route::default()));
        assert_eq!(asked.iter().filter(|asked| asked.line.starts_with("PATCH")).count(), 1);
    }
}

#[test]
fn a_redirect_is_not_followed() {
    let elsewhere = b"HTTP/1.1 302 Found\r\nlocation: /v2/elsewhere\r\ncontent-length: 0\r\n\r\n".to_vec();
    let (owned, asked) = with(vec![elsewhere], |telnyx| telnyx.owned(None));
    assert!(matches!(owned, Err(Trouble::Unknown(_))), "{owned:?}");
    assert_eq!(asked.len(), 1);
}
