//! What the key dialects do that `supabase` does not: buying by area, times to release, attaching, and agents.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{Office, jwt};
use crate::shop::{PLAIN, ROUTED, THEIR_AGENT, two_agencies};
use crate::support::id;

pub fn agent(which: u64) -> String {
    format!("agt_{}", id(which).simple())
}

pub fn bought(office: &Office) -> Value {
    office.done(&office.bearer(), "POST", "/v1/numbers", Some(&json!({"areaCode": "970"})))
}

pub fn status(office: &Office, method: &str, path: &str, body: &Value) -> (u16, String) {
    let body = (!body.is_null()).then_some(body);
    let answer = office.ask(&office.bearer(), method, path, body);
    let said = if answer.body.is_empty() { String::new() } else { answer.json()["error"]["code"].to_string() };
    (answer.status, said.trim_matches('"').to_owned())
}

#[test]
fn a_purchase_by_area_buys_one_and_its_repeat_none() {
    let office = Office::open();
    let ask = |key: Option<&str>, body: &Value| {
        let headers = office.bearer().into_iter().chain(key.map(|key| ("idempotency-key", key.to_owned()))).collect();
        let answer = office.ask(&headers, "POST", "/v1/numbers", Some(body));
        (answer.status, answer.header("idempotency-replayed").is_some(), answer.json())
    };
    let body = json!({"country": "us", "areaCode": "970", "agentId": agent(PLAIN), "externalId": "crm-1"});
    let (code, replayed, first) = ask(Some("one"), &body);
    assert_eq!((code, replayed), (200, false), "{first}");
    assert!(first["phoneNumber"].as_str().unwrap().starts_with("+1970"));
    assert_eq!((&first["agentId"], &first["externalId"]), (&json!(agent(PLAIN)), &json!("crm-1")));
    assert_eq!(first["status"], "active");
    assert_eq!(ask(Some("one"), &body), (200, true, first.clone()));
    assert_eq!(ask(Some("one"), &json!({"country": "US"})).0, 422, "the key was another request's");
    let (_, _, second) = ask(None, &body);
    assert_ne!(second["id"], first["id"]);
    assert_eq!(office.done(&office.bearer(), "GET", "/v1/numbers", None)["total"], 2);
}

#[test]
fn purchases_at_once_buy_a_number_each() {
    let office = Office::open();
    let numbers: Vec<String> = std::thread::scope(|scope| {
        let buyers: Vec<_> = (0..60).map(|_| scope.spawn(|| bought(&office))).collect();
        buyers.into_iter().map(|buyer| buyer.join().unwrap()["phoneNumber"].as_str().unwrap().to_owned()).collect()
    });
    let different: std::collections::BTreeSet<_> = numbers.iter().collect();
    assert_eq!(different.len(), 60, "{numbers:?}");
}

#[test]
fn what_cannot_be_bought_is_refused_with_the_products_status() {
    let office = Office::open();
    let buy = |body: Value| status(&office, "POST", "/v1/numbers", &body);
    assert_eq!(buy(json!({"areaCode": "999"})), (409, "CONFLICT".into()));
    assert_eq!(buy(json!({"country": "AQ"})), (503, "CARRIER_ERROR".into()));
    assert_eq!(buy(json!({"agentId": agent(THEIR_AGENT)})), (404, "AGENT_NOT_FOUND".into()));
    for body in [
        json!({"areaCode": "97"}),
        json!({"country": "GB", "areaCode": "970"}),
        json!({"country": "USA"}),
        json!({"type": "imessage"}),
        json!({"expiresAt": "tomorrow"}),
        json!({"expiresAt": "2020-01-01T00:00:00Z"}),
        json!({"externalId": ""}),
    ] {
        assert_eq!(buy(body.clone()), (422, "VALIDATION_ERROR".into()), "{body}");
    }
    let sqlite = office.inventory.sqlite();
    sqlite.execute("UPDATE agencies SET max_numbers = 0 WHERE agency_no = 1", []).unwrap();
    assert_eq!(buy(json!({"areaCode": "970"})), (409, "CONFLICT".into()));
    let budget =
        "UPDATE agencies SET max_numbers = NULL, monthly_budget = 1, budget_currency = 'USD' WHERE agency_no = 1";
    sqlite.execute(budget, []).unwrap();
    assert_eq!(buy(json!({"areaCode": "970"})), (402, "INSUFFICIENT_BALANCE".into()));
    assert_eq!(office.done(&office.bearer(), "GET", "/v1/numbers", None)["total"], 0);
    let office = Office::of(two_agencies(), &[("SIMULATOR__ENABLED", "false")]);
    assert_eq!(status(&office, "POST", "/v1/numbers", &json!({})), (503, "CARRIER_ERROR".into()));
}

#[test]
fn a_number_is_given_back_by_itself_when_its_time_has_come() {
    let office = Office::open();
    let soon = linekeeper::clock::Clock::System.now().later(Duration::from_secs(2)).to_string();
    let number = office.done(&office.bearer(), "POST", "/v1/numbers", Some(&json!({"expiresAt": soon})));
    assert_eq!(number["expiresAt"], soon);
    let path = format!("/v1/numbers/{}", number["id"].as_str().unwrap());
    let kept = bought(&office);
    let kept_path = format!("/v1/numbers/{}", kept["id"].as_str().unwrap());
    let set = office.done(&office.bearer(), "PATCH", &kept_path, Some(&json!({"expiresAt": soon, "externalId": "x"})));
    assert_eq!((&set["expiresAt"], &set["externalId"]), (&json!(soon), &json!("x")));
    let taken_away = office.done(&office.bearer(), "PATCH", &kept_path, Some(&json!({"expiresAt": null})));
    assert_eq!((taken_away.get("expiresAt"), &taken_away["externalId"]), (None, &json!("x")), "absent leaves");
    let began = Instant::now();
    loop {
        let now = office.done(&office.bearer(), "GET", &path, None);
        if now["status"] == "released" {
            break;
        }
        assert!(began.elapsed() < Duration::from_secs(20), "{now}");
        std::thread::sleep(Duration::from_millis(50));
    }
    assert!(linekeeper::clock::Clock::System.now().to_string() >= soon, "not before its time");
    assert_eq!(office.done(&office.bearer(), "GET", &kept_path, None)["status"], "active");
    let past = json!({"expiresAt": "2020-01-01T00:00:00Z"});
    assert_eq!(status(&office, "PATCH", &kept_path, &past), (422, "VALIDATION_ERROR".into()));
}

#[test]
fn a_released_number_is_readable_and_cannot_be_released_again() {
    let office = Office::open();
    let number = bought(&office);
    let path = format!("/v1/numbers/{}", number["id"].as_str().unwrap());
    let released = office.done(&office.bearer(), "DELETE", &path, None);
    assert_eq!(released, json!({"success": true, "phoneNumber": number["phoneNumber"], "status": "released"}));
    assert_eq!(office.done(&office.bearer(), "GET", &path, None)["status"], "released");
    assert_eq!(office.done(&office.bearer(), "GET", &format!("{path}/messages"), None)["data"], json!([]));
    assert_eq!(status(&office, "DELETE", &path, &Value::Null), (400, "BAD_REQUEST".into()));
    assert_eq!(status(&office, "PATCH", &path, &json!({"externalId": "x"})), (409, "CONFLICT".into()));
    let held = Office::of(two_agencies(), &[("ORDERS__RELEASE_HOLD", "1h")]);
    let path = format!("/v1/numbers/{}", bought(&held)["id"].as_str().unwrap());
    let waiting = held.done(&held.bearer(), "DELETE", &path, None);
    assert_eq!((&waiting["success"], &waiting["status"]), (&json!(true), &json!("active")));
    assert!(waiting["releasesAt"].is_string());
}

#[test]
fn an_agent_takes_a_free_number_and_gives_back_its_own() {
    let office = Office::open();
    let number = bought(&office);
    let own = json!({"numberId": number["id"]});
    let attach = |agent: &str, body: &Value| status(&office, "POST", &format!("/v1/agents/{agent}/numbers"), body);
    let detach = |agent: &str| {
        let path = format!("/v1/agents/{agent}/numbers/{}", number["id"].as_str().unwrap());
        status(&office, "DELETE", &path, &Value::Null)
    };
    assert_eq!(detach(&agent(PLAIN)), (409, "CONFLICT".into()), "it is nobody's");
    assert_eq!(attach(&agent(PLAIN), &own).0, 200);
    assert_eq!(attach(&agent(PLAIN), &own).0, 200, "it is this one's already");
    assert_eq!(attach(&agent(ROUTED), &own), (409, "CONFLICT".into()));
    assert_eq!(attach(&agent(THEIR_AGENT), &own), (404, "AGENT_NOT_FOUND".into()));
    assert_eq!(detach(&agent(ROUTED)), (409, "CONFLICT".into()));
    assert_eq!(detach(&agent(THEIR_AGENT)), (404, "AGENT_NOT_FOUND".into()));
    assert_eq!(detach(&agent(PLAIN)).0, 200);
    // Butter has statuses of its own, and does not assign twice.
    let (hex, phone_number_id) = (id(PLAIN).simple(), number["id"].as_str().unwrap().replace("num_", "phon_"));
    let butter = |path: &str, body: Option<&Value>| office.ask(&office.api_key(), "POST", path, body);
    let assign = format!("/api/agents/agent_{hex}/assign-phone-number");
    let body = json!({"phone_number_id": phone_number_id});
    let assigned = butter(&assign, Some(&body)).json();
    assert_eq!(assigned["message"], "Phone number assigned successfully");
    assert_eq!(assigned["data"]["assigned_phone_number_ids"], json!([phone_number_id]));
    assert_eq!(butter(&assign, Some(&body)).status, 409);
    let other = id(ROUTED).simple();
    assert_eq!(butter(&format!("/api/agents/agent_{other}/unassign-phone-number/{phone_number_id}"), None).status, 400);
    let unassigned = butter(&format!("/api/agents/agent_{hex}/unassign-phone-number/{phone_number_id}"), None).json();
    assert_eq!(unassigned["data"]["assigned_phone_number_ids"], json!([]));
}

#[test]
fn deleting_an_agent_takes_its_numbers_from_it() {
    let office = Office::open();
    let made = office.done(&office.bearer(), "POST", "/v1/agents", Some(&json!({"name": "Bo", "voice": "v"})));
    let path = format!("/v1/agents/{}", made["id"].as_str().unwrap());
    assert_eq!((&made["name"], &made["voice"], &made["numbers"]), (&json!("Bo"), &json!("v"), &json!([])));
    let renamed = office.done(&office.bearer(), "PATCH", &path, Some(&json!({"name": "Bob"})));
    assert_eq!((&renamed["name"], &renamed["voice"]), (&json!("Bob"), &json!("v")));
    let numbers: Vec<_> = (0..2).map(|_| bought(&office)).collect();
    for number in &numbers {
        let body = json!({"numberId": number["id"]});
        office.done(&office.bearer(), "POST", &format!("{path}/numbers"), Some(&body));
    }
    let shown = office.done(&office.bearer(), "GET", &path, None);
    assert_eq!(shown["numbers"].as_array().unwrap().len(), 2);
    let listed = office.done(&office.bearer(), "GET", "/v1/agents?limit=1", None);
    assert_eq!(
        (&listed["data"][0]["id"], &listed["total"], &listed["hasMore"]),
        (&made["id"], &json!(3), &json!(true))
    );
    let deleted = office.done(&office.bearer(), "DELETE", &path, None);
    assert_eq!(deleted, json!({"success": true, "id": made["id"], "name": "Bob"}));
    for number in &numbers {
        let now =
            office.done(&office.bearer(), "GET", &format!("/v1/numbers/{}", number["id"].as_str().unwrap()), None);
        assert_eq!((&now["agentId"], &now["status"]), (&Value::Null, &json!("active")));
    }
    assert_eq!(status(&office, "GET", &path, &Value::Null), (404, "AGENT_NOT_FOUND".into()));
    assert_eq!(status(&office, "DELETE", &path, &Value::Null), (404, "AGENT_NOT_FOUND".into()));
}

#[test]
fn the_carrier_is_told_when_an_agent_with_a_route_is_deleted() {
    let office = Office::open();
    let number = bought(&office);
    let path = format!("/v1/agents/{}/numbers", agent(ROUTED));
    office.done(&office.bearer(), "POST", &path, Some(&json!({"numberId": number["id"]})));
    office.done(&office.bearer(), "DELETE", &format!("/v1/agents/{}", agent(ROUTED)), None);
    let began = Instant::now();
    loop {
        let listed = office.done(&jwt(), "GET", "/functions/v1/phone-numbers-list", None);
        if listed["phone_numbers"][0].get("routing").is_none() {
            break;
        }
        assert!(began.elapsed() < Duration::from_secs(20), "{listed}");
        std::thread::sleep(Duration::from_millis(50));
    }
    let orders: Vec<(u8, u8)> = {
        let sqlite = office.inventory.sqlite();
        let mut statement = sqlite.prepare("SELECT deed, state FROM orders ORDER BY created_at, id").unwrap();
        statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap().map(Result::unwrap).collect()
    };
    assert_eq!(orders, [(0, 2), (2, 2), (2, 2)], "bought, routed, and routed to nowhere");
}

#[test]
fn a_number_that_is_about_to_go_is_not_unassigned() {
    let office = Office::of(two_agencies(), &[("ORDERS__RELEASE_HOLD", "1h")]);
    let number = bought(&office);
    let path = format!("/v1/agents/{}/numbers", agent(PLAIN));
    office.done(&office.bearer(), "POST", &path, Some(&json!({"numberId": number["id"]})));
    office.done(&office.bearer(), "DELETE", &format!("/v1/numbers/{}", number["id"].as_str().unwrap()), None);
    let phone_number_id = number["id"].as_str().unwrap().replace("num_", "phon_");
    let path = format!("/api/agents/agent_{}/unassign-phone-number/{phone_number_id}", id(PLAIN).simple());
    let refused = office.ask(&office.api_key(), "POST", &path, None);
    assert_eq!((refused.status, &refused.json()["detail"]), (409, &json!("This phone number is being released")));
}

#[test]
fn a_time_that_was_moved_is_not_acted_upon() {
    let office = Office::open();
    let soon = linekeeper::clock::Clock::System.now().later(Duration::from_secs(1));
    let number = office.done(&office.bearer(), "POST", "/v1/numbers", Some(&json!({"expiresAt": soon.to_string()})));
    let path = format!("/v1/numbers/{}", number["id"].as_str().unwrap());
    let later = soon.later(Duration::from_hours(1)).to_string();
    office.done(&office.bearer(), "PATCH", &path, Some(&json!({"expiresAt": later})));
    std::thread::sleep(Duration::from_millis(2_500));
    let now = office.done(&office.bearer(), "GET", &path, None);
    assert_eq!((&now["status"], &now["expiresAt"]), (&json!("active"), &json!(later)));
}

#[test]
fn a_lookup_tells_what_the_digits_tell() {
    let office = Office::open();
    let lookup = |numbers: &str| {
        office.done(&office.bearer(), "GET", &format!("/v1/numbers/lookup?phoneNumbers={numbers}"), None)
    };
    assert_eq!(
        lookup("%2B18005550123,%2B447520822465,%2B14165550123")["data"],
        json!([
            {"phoneNumber": "+18005550123", "lineType": "toll_free", "country": "US"},
            {"phoneNumber": "+447520822465", "lineType": null, "country": "GB"},
            {"phoneNumber": "+14165550123", "lineType": null, "country": "CA"},
        ])
    );
}
