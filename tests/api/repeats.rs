//! `Idempotency-Key`: a repeat of a request that costs or destroys is answered, and not done again.

use linekeeper::carrier::simulator::{Fault, Request};
use serde_json::{Value, json};

use crate::shop::{ADMIN, OWNER, PURCHASE, RELEASE, Shop, THEIR_OWNER, error, goodbye, wish};
use crate::support::Answer;

fn keyed(shop: &Shop, user: u64, path: &str, key: &str, body: &Value) -> Answer {
    shop.post_with(user, path, &[("idempotency-key", key)], &body.to_string())
}

fn replayed(answer: &Answer) -> bool {
    answer.header("idempotency-replayed") == Some("true")
}

#[test]
fn a_repeat_is_answered_as_the_first_was_and_bought_once() {
    let shop = Shop::with_faults(&[]);
    let stock = shop.stock(3);
    let first = keyed(&shop, OWNER, PURCHASE, "order 7", &wish(&stock[0]));
    assert_eq!((first.status, replayed(&first)), (200, false), "{}", first.text());
    for _ in 0..2 {
        let again = keyed(&shop, OWNER, PURCHASE, "order 7", &wish(&stock[0]));
        assert_eq!((again.status, replayed(&again), &again.body), (200, true, &first.body));
        assert_eq!(again.header("content-type"), Some("application/json"));
    }
    let other = keyed(&shop, OWNER, PURCHASE, "order 7", &wish(&stock[1]));
    assert_eq!((other.status, &*error(&other)), (422, "this Idempotency-Key was used for another request"));
    let elsewhere = keyed(&shop, OWNER, RELEASE, "order 7", &goodbye(&[&first.json()["phone_numbers"][0]["id"]]));
    assert_eq!(elsewhere.status, 422, "a key is of one endpoint");
    assert_eq!(shop.row(&stock[0])["status"], "active");

    // Somebody else's key, in this agency or another, is another key.
    let admin = keyed(&shop, ADMIN, PURCHASE, "order 7", &wish(&stock[1]));
    assert_eq!((admin.status, replayed(&admin)), (200, false));
    let lumen = keyed(&shop, THEIR_OWNER, PURCHASE, "order 7", &wish(&stock[2]));
    assert_eq!((lumen.status, replayed(&lumen)), (200, false));
    assert_eq!(shop.house().entries().len(), 3);
}

#[test]
fn refusals_are_kept_where_something_was_tried_and_only_there() {
    let shop = Shop::with_faults(&[]);
    let number = shop.stock(1).remove(0);
    // Nothing was ordered: the key is still free.
    let bad = keyed(&shop, OWNER, PURCHASE, "k", &json!({"phone_numbers": []}));
    assert_eq!(bad.status, 400);
    let foreign = json!({"phone_numbers": [{"phone_number": number, "agent_mapping_id": uuid::Uuid::nil()}]});
    assert_eq!(keyed(&shop, OWNER, PURCHASE, "k", &foreign).status, 404);
    shop.fault(Request::Search, Fault::Busy, 1);
    assert_eq!(keyed(&shop, OWNER, PURCHASE, "k", &wish(&number)).status, 502);

    let none = keyed(&shop, OWNER, PURCHASE, "k", &wish("+15005550000"));
    assert_eq!((none.status, replayed(&none)), (409, false));
    let again = keyed(&shop, OWNER, PURCHASE, "k", &wish("+15005550000"));
    assert_eq!((again.status, replayed(&again), &again.body), (409, true, &none.body));

    shop.fault(Request::Acquire, Fault::Busy, 1);
    let busy = keyed(&shop, OWNER, PURCHASE, "busy", &wish(&number));
    let again = keyed(&shop, OWNER, PURCHASE, "busy", &wish(&number));
    assert_eq!((busy.status, again.status, replayed(&again)), (502, 502, true), "{}", again.text());
    assert_eq!(keyed(&shop, OWNER, PURCHASE, "anew", &wish(&number)).status, 200);
}

#[test]
fn a_pending_answer_stays_pending_for_repeats_and_nothing_is_paid_twice() {
    let shop = Shop::with_faults(&[]);
    let number = shop.stock(1).remove(0);
    shop.fault(Request::Acquire, Fault::DropAfter, 1);
    let first = keyed(&shop, OWNER, PURCHASE, "k", &wish(&number));
    assert_eq!(first.json()["order"]["status"], "pending");
    shop.awaited(&number, |row| row["status"] == "active");
    let again = keyed(&shop, OWNER, PURCHASE, "k", &wish(&number));
    assert_eq!((replayed(&again), &again.body), (true, &first.body));
    assert_eq!(shop.house().entries().len(), 1);
}

#[test]
fn a_release_is_repeated_without_harm() {
    let shop = Shop::open();
    let row = shop.bought();
    let body = goodbye(&[&row["id"]]);
    let first = keyed(&shop, OWNER, RELEASE, "k", &body);
    let again = keyed(&shop, OWNER, RELEASE, "k", &body);
    assert_eq!((first.status, replayed(&again), &again.body), (200, true, &first.body));
    let without = shop.post(OWNER, RELEASE, &body).json();
    assert_eq!(without["released"][0]["note"], "Already released");
}

#[test]
fn keys_that_are_none_are_refused() {
    let shop = Shop::open();
    let body = wish("+15005550006").to_string();
    let long = "k".repeat(256);
    for keys in [vec![""], vec![" "], vec![&*long], vec!["a\tb"], vec!["a", "a"], vec!["a", "b"]] {
        let headers: Vec<_> = keys.iter().map(|key| ("idempotency-key", *key)).collect();
        let answer = shop.post_with(OWNER, PURCHASE, &headers, &body);
        let says = "Idempotency-Key must be given once, as 1 to 255 visible ASCII characters";
        assert_eq!((answer.status, &*error(&answer)), (400, says), "{keys:?}");
    }
    assert_eq!(shop.rows(OWNER), [] as [Value; 0]);
    let longest = shop.post_with(OWNER, PURCHASE, &[("idempotency-key", &long[1..])], &body);
    assert_eq!(longest.status, 200, "{}", longest.text());
}
