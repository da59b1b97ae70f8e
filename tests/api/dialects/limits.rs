//! How often a key may ask, as each product says it.

use serde_json::json;

use super::Office;
use crate::shop::two_agencies;

#[test]
fn what_costs_money_has_an_allowance_of_its_own() {
    let office = Office::of(two_agencies(), &[("LIMITS__ORDERS_PER_MINUTE", "2")]);
    let buy = || office.ask(&office.bearer(), "POST", "/v1/numbers", Some(&json!({"areaCode": "970"})));
    assert_eq!((buy().status, buy().status), (200, 200));
    let limited = buy();
    assert_eq!(limited.status, 429);
    assert_eq!(limited.json()["error"]["code"], "RATE_LIMIT_EXCEEDED");
    let body = json!({"number_id": format!("num_{}", crate::support::id(1).simple()), "to_number": "+15005550006", "body": "x"});
    assert_eq!(office.ask(&office.bearer(), "POST", "/v1/messages", Some(&body)).status, 429);
    assert_eq!(office.ask(&office.bearer(), "GET", "/v1/numbers", None).status, 200, "lists cost nothing");
    let listed = office.done(&office.bearer(), "GET", "/v1/numbers", None);
    assert_eq!(listed["total"], 2, "nothing was bought beyond it");
}

#[test]
fn instaview_tells_what_is_left_on_every_answer() {
    let limits = [("LIMITS__REQUESTS_PER_MINUTE", "3"), ("LIMITS__REQUESTS_PER_HOUR", "100")];
    let office = Office::of(two_agencies(), &limits);
    let ask = |path: &str| office.ask(&office.bearer(), "GET", path, None);
    for (place, path) in (0..).zip(["/phone-numbers", "/phone-numbers?limit=x", "/phone-numbers/nowhere"]) {
        let answer = ask(path);
        let figure = |name: &str| answer.header(name).unwrap().parse::<i64>().unwrap();
        assert_eq!(
            (figure("x-ratelimit-limit-minute"), figure("x-ratelimit-remaining-minute")),
            (3, 2 - place),
            "{path}"
        );
        assert_eq!(
            (figure("x-ratelimit-limit-hour"), figure("x-ratelimit-remaining-hour")),
            (100, 99 - place),
            "{path}"
        );
        let now = linekeeper::clock::Clock::System.now().0 / 1_000_000;
        assert!((now..=now + 60).contains(&figure("x-ratelimit-reset-minute")), "{path}");
    }
    let limited = ask("/phone-numbers");
    assert_eq!(limited.status, 429);
    assert_eq!(limited.header("x-ratelimit-remaining-minute"), Some("0"));
    let details = &limited.json()["error"]["details"];
    assert_eq!((&details["limit"], &details["remaining"]), (&json!(3), &json!(0)));
    assert_eq!(details["retryAfter"].to_string(), limited.header("retry-after").unwrap());
    assert!(details["reset"].as_i64().unwrap() > 1_700_000_000);
    let unlimited = Office::open();
    let answer = unlimited.ask(&unlimited.bearer(), "GET", "/phone-numbers", None);
    assert_eq!(answer.header("x-ratelimit-limit-minute"), None);
}
