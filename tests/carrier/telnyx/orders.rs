//! Renting a number, and finding out what became of it.

use linekeeper::carrier::{Port, Refusal, Rented, Traced, Trouble};
use linekeeper::model::{Paper, Papers, Route};
use serde_json::{Value, json};

use super::{NUMBER, lines, page, record, rented, route, with};
use crate::house::{e164, order, refusal};
use crate::scripted::{Asked, answer, good};

/// An order as it stands, with as much of its number as an answer to an order has.
fn placed(status: &str) -> Value {
    json!({
        "id": "12ade33a-21c0-473b-b055-b3c836e1c292",
        "record_type": "number_order",
        "customer_reference": order(1).to_string(),
        "status": status,
        "requirements_met": true,
        "phone_numbers": [{"id": "1", "phone_number": NUMBER, "status": status, "requirements_met": true}]
    })
}

/// The same, with one part of it or of its number otherwise.
fn but(mut order: Value, pointer: &str, value: Value) -> Value {
    match order.pointer_mut(pointer) {
        Some(part) => *part = value,
        None => order["phone_numbers"][0][pointer.rsplit('/').next().unwrap()] = value,
    }
    order
}

fn buy(answers: Vec<Vec<u8>>, route: &Route, papers: &Papers) -> (Result<Rented, Trouble>, Vec<Asked>) {
    with(answers, |telnyx| telnyx.acquire(&e164(NUMBER), order(1), route, papers))
}

/// What comes of an order that is answered so, nothing having been there before.
fn answered(bytes: Vec<u8>) -> Result<Rented, Trouble> {
    let (done, asked) = buy(vec![page(&[]), bytes], &Route::default(), &Papers::default());
    assert_eq!(asked.len(), 2, "an order is sent once");
    done
}

fn stands(order: &Value) -> Result<Rented, Trouble> {
    answered(good(&json!({"data": order})))
}

fn traced(answers: Vec<Vec<u8>>) -> Result<Traced, Trouble> {
    with(answers, |telnyx| telnyx.trace(&e164(NUMBER), order(1))).0
}

#[test]
fn a_number_is_ordered_with_its_route_its_papers_and_our_reference() {
    let listed = || page(&[record(NUMBER, "active")]);
    let route = Route { sip_uri: Some("sip:a@b".into()), ..route(Some("346789098765567"), Some("p-1")) };
    let papers = Papers {
        address_id: Some("twilio's".into()),
        bundle_id: Some("b-1".into()),
        requirement_group_id: Some("g-1".into()),
    };
    let answers = vec![page(&[]), good(&json!({"data": placed("success")})), listed()];
    let (done, asked) = buy(answers, &route, &papers);
    assert_eq!(done.unwrap().carrier_number_id, "id-19705551234");
    let listing = "GET /v2/phone_numbers?page[number]=1&page[size]=250&filter[phone_number]=19705551234";
    assert_eq!(lines(&asked), [listing, "POST /v2/number_orders", listing]);
    let body = json!({
        "phone_numbers": [{"phone_number": NUMBER, "requirement_group_id": "g-1", "bundle_id": "b-1"}],
        "customer_reference": order(1).to_string(),
        "connection_id": "346789098765567",
        "messaging_profile_id": "p-1",
    });
    assert_eq!(asked[1].body, body);
    assert!(asked[1].head.contains(&"content-type: application/json".to_owned()));
    let answers = vec![page(&[]), good(&json!({"data": placed("success")})), listed()];
    let (_, asked) = buy(answers, &Route::default(), &Papers::default());
    let bare = json!({"phone_numbers": [{"phone_number": NUMBER}], "customer_reference": order(1).to_string()});
    assert_eq!(asked[1].body, bare);
}

#[test]
fn a_number_that_is_there_is_not_ordered() {
    for status in ["active", "purchase-pending", "port-pending", "emergency-only"] {
        let (done, asked) = buy(vec![page(&[record(NUMBER, status)])], &Route::default(), &Papers::default());
        assert!(matches!(&done, Err(Trouble::Refused { said, .. }) if said.contains(status)), "{done:?}");
        assert_eq!((refusal(done), asked.len()), (Refusal::AlreadyOwned, 1));
    }
    for status in ["deleted", "purchase-failed", "ported-out"] {
        let answers = vec![page(&[record(NUMBER, status)]), answer(422, "{}")];
        let (done, asked) = buy(answers, &Route::default(), &Papers::default());
        assert_eq!((refusal(done), asked.len()), (Refusal::Other, 2));
    }
}

#[test]
fn where_it_is_not_known_whether_it_is_there_it_is_not_ordered() {
    let ask = |answers| buy(answers, &Route::default(), &Papers::default());
    let busy = || answer(429, "");
    assert_eq!(ask(vec![busy(), busy(), busy()]).0, Err(Trouble::Busy));
    assert_eq!(refusal(ask(vec![answer(401, "{}")]).0), Refusal::Credentials);
    for answers in [
        vec![answer(500, ""), vec![], answer(503, "")],
        vec![answer(403, "{}")],
        vec![answer(404, "{}")],
        vec![answer(302, "")],
        vec![answer(200, "{}")],
        vec![good(&json!({"data": []}))],
    ] {
        let (done, asked) = ask(answers);
        assert!(matches!(done, Err(Trouble::Unreached(_))), "{done:?}");
        assert!(asked.iter().all(|asked| asked.line.starts_with("GET ")), "{asked:?}");
    }
}

#[test]
fn an_order_that_is_not_done_is_not_known_to_be() {
    let unlisted = vec![page(&[]), good(&json!({"data": placed("success")})), page(&[])];
    let (done, _) = buy(unlisted, &Route::default(), &Papers::default());
    assert_eq!(done, Err(Trouble::Unknown("ordered, not listed yet".into())));
    let coming =
        vec![page(&[]), good(&json!({"data": placed("success")})), page(&[record(NUMBER, "purchase-pending")])];
    let (done, _) = buy(coming, &Route::default(), &Papers::default());
    assert_eq!(done, Err(Trouble::Unknown("ordered, not listed yet".into())));
    // Whatever the question after an order is answered.
    for after in [answer(401, "{}"), answer(404, "{}"), answer(200, "{}")] {
        let answers = vec![page(&[]), good(&json!({"data": placed("success")})), after];
        let (done, _) = buy(answers, &Route::default(), &Papers::default());
        assert!(matches!(&done, Err(Trouble::Unknown(said)) if said.starts_with("ordered")), "{done:?}");
    }
    assert_eq!(stands(&placed("pending")), Err(Trouble::Unknown("it is still at it".into())));
    for strange in [placed("processing"), but(placed("pending"), "/phone_numbers/0/status", json!(null))] {
        assert!(matches!(stands(&strange), Err(Trouble::Unknown(_))));
    }
    let waiting = but(placed("pending"), "/phone_numbers/0/requirements_met", json!(false));
    let waiting = but(waiting, "/phone_numbers/0/requirements_status", json!("requirement-info-pending"));
    let said = "its order waits for papers: a requirement group is missing (requirement-info-pending)";
    let waits = Trouble::Waiting { paper: Paper::RequirementGroup, said: said.into() };
    assert_eq!(stands(&waiting), Err(waits));
}

#[test]
fn an_answer_that_is_none_leaves_an_order_unknown() {
    let whole = good(&json!({"data": placed("success")}));
    let elsewhere = but(placed("success"), "/phone_numbers/0/phone_number", json!("+19705550000"));
    for bytes in [
        vec![],
        b"HTTP/1.1 200 OK\r\nconte".to_vec(),
        b"SSH-2.0-OpenSSH_9.9\r\n".to_vec(),
        whole[..whole.len() - 1].to_vec(),
        answer(200, ""),
        answer(200, "{}"),
        answer(200, r#"{"data":[]}"#),
        answer(201, "<html>"),
        good(&json!({"data": elsewhere})),
        answer(302, ""),
        b"HTTP/1.1 307 Elsewhere\r\nlocation: /v2/other\r\ncontent-length: 0\r\n\r\n".to_vec(),
        answer(408, ""),
        answer(500, "{}"),
        answer(502, "<html>"),
        answer(503, r#"{"errors":[{"code":"10016","title":"Service unavailable"}]}"#),
        answer(400, r#"{"errors":[{"code":"10007","title":"Unexpected error"}]}"#),
    ] {
        let done = answered(bytes);
        assert!(matches!(done, Err(Trouble::Unknown(_))), "{done:?}");
    }
}

#[test]
fn an_order_that_failed_says_why() {
    let failed = || placed("failure");
    assert_eq!(refusal(stands(&failed())), Refusal::NotAvailable);
    let papers = Refusal::Missing(Paper::RequirementGroup);
    assert_eq!(refusal(stands(&but(failed(), "/phone_numbers/0/requirements_met", json!(false)))), papers);
    let exception = but(failed(), "/phone_numbers/0/requirements_status", json!("requirement-info-exception"));
    assert_eq!(refusal(stands(&exception)), papers);
    let told = json!([{"code": "10002", "title": "Invalid phone number"}]);
    assert_eq!(refusal(stands(&but(failed(), "/phone_numbers/0/errors", told))), Refusal::Invalid);
    // One number of an order may fail where another does not.
    let partly = but(placed("success"), "/phone_numbers/0/status", json!("failure"));
    assert_eq!(refusal(stands(&partly)), Refusal::NotAvailable);
}

#[test]
fn a_trace_goes_by_the_orders_with_our_reference() {
    let answers = vec![page(&[placed("success")]), page(&[record(NUMBER, "active")])];
    let (found, asked) = with(answers, |telnyx| telnyx.trace(&e164(NUMBER), order(1)));
    assert!(matches!(found, Ok(Traced::Rented(there)) if there.carrier_number_id == rented(NUMBER).carrier_number_id));
    let reference = order(1).to_string();
    let line = format!("GET /v2/number_orders?page[number]=1&page[size]=250&filter[customer_reference]={reference}");
    assert_eq!(asked[0].line, line);
}

#[test]
fn a_trace_says_how_far_each_order_is() {
    let pending = || page(&[record(NUMBER, "purchase-pending")]);
    let (success, failure) = (placed("success"), placed("failure"));
    // The list of orders has less of their numbers.
    let bare = |status| but(placed(status), "/phone_numbers", json!([{"id": "1", "phone_number": NUMBER}]));
    let nameless = |status| but(placed(status), "/phone_numbers", json!(null));
    let twice = |one: &Value, other: &Value| page(&[one.clone(), but(other.clone(), "/id", json!("another"))]);
    let refused = |reason| Ok(Traced::Refused { reason, said: "its order failed".to_owned() });
    let cases = [
        (vec![page(std::slice::from_ref(&success)), page(&[])], Ok(Traced::Pending)),
        (vec![page(std::slice::from_ref(&success)), pending()], Ok(Traced::Pending)),
        (vec![page(&[bare("success")]), page(&[])], Ok(Traced::Pending)),
        (vec![page(&[placed("pending")])], Ok(Traced::Pending)),
        (vec![page(&[bare("pending")])], Ok(Traced::Pending)),
        (vec![page(&[nameless("pending")])], Ok(Traced::Pending)),
        (vec![page(&[placed("of a new kind")])], Ok(Traced::Pending)),
        (
            vec![page(&[but(bare("pending"), "/requirements_met", json!(false))])],
            Ok(Traced::Waiting {
                paper: Paper::RequirementGroup,
                said: "its order waits for papers: a requirement group is missing (requirements not met)".to_owned(),
            }),
        ),
        (vec![twice(&failure, &placed("pending"))], Ok(Traced::Pending)),
        (vec![twice(&success, &failure), page(&[])], Ok(Traced::Pending)),
        (vec![page(std::slice::from_ref(&failure))], refused(Refusal::NotAvailable)),
        (vec![twice(&failure, &failure)], refused(Refusal::NotAvailable)),
        (
            vec![page(&[but(bare("failure"), "/requirements_met", json!(false))])],
            refused(Refusal::Missing(Paper::RequirementGroup)),
        ),
        (vec![page(&[]), page(&[])], Ok(Traced::Nothing)),
        (vec![page(&[]), pending()], Ok(Traced::Nothing)),
        (vec![page(&[]), page(&[record(NUMBER, "deleted")])], Ok(Traced::Nothing)),
    ];
    for (at, (answers, expected)) in cases.into_iter().enumerate() {
        assert_eq!(traced(answers), expected, "case {at}");
    }
    let both = traced(vec![twice(&failure, &success), page(&[record(NUMBER, "active")])]);
    assert!(matches!(both, Ok(Traced::Rented(_))), "{both:?}");
    let none = traced(vec![page(&[]), page(&[record(NUMBER, "active")])]);
    assert!(matches!(none, Ok(Traced::Rented(_))), "{none:?}");
}

#[test]
fn other_orders_are_not_traced() {
    let another_number = but(placed("pending"), "/phone_numbers/0/phone_number", json!("+19705550000"));
    let another_reference = but(placed("pending"), "/customer_reference", json!(order(2).to_string()));
    for another in [another_number, another_reference] {
        assert_eq!(traced(vec![page(&[another]), page(&[])]), Ok(Traced::Nothing));
    }
}

#[test]
fn orders_are_traced_on_every_page() {
    let page_of = |order: &Value, number: u32| {
        let meta = json!({"total_pages": 2, "total_results": 2, "page_number": number});
        good(&json!({"data": [order], "meta": meta}))
    };
    let last = but(placed("pending"), "/id", json!("another"));
    assert_eq!(traced(vec![page_of(&placed("failure"), 1), page_of(&last, 2)]), Ok(Traced::Pending));
}

#[test]
fn a_trace_that_is_not_answered_says_nothing() {
    let lost = || vec![answer(500, ""), vec![], answer(503, "")];
    assert!(matches!(traced(lost()), Err(Trouble::Unknown(_))));
    for status in ["success", "none"] {
        let orders = if status == "none" { page(&[]) } else { page(&[placed(status)]) };
        assert!(matches!(traced([vec![orders], lost()].concat()), Err(Trouble::Unknown(_))));
    }
    // Asked again, it is told.
    assert_eq!(traced(vec![answer(500, ""), vec![], page(&[placed("pending")])]), Ok(Traced::Pending));
}
