//! Accounts at carriers: with whose an agency buys, and what becomes of numbers and orders when accounts change or fail.

use serde_json::{Value, json};

use crate::shop::{
    ASSIGN, OWNER, PURCHASE, RELEASE, ROUTED, SEARCH, Shop, THEIR_OWNER, VOICE_URL, error, goodbye, wish,
};
use crate::support::id;
use crate::trade::{CHILD, CHILD_OWNER, LUMEN, NORTHWIND, SID, Sim, TOKEN, Trade, eventually};

const TAKEN: &str = "Phone number is not available or already taken";
const US: &str = "country_code=US&area_code=970";

#[test]
fn an_agency_searches_buys_assigns_and_releases_at_twilio() {
    let (trade, twilio) = (Trade::open(), Sim::twilio());
    trade.add(NORTHWIND, &twilio, TOKEN);
    let number = trade.stock(OWNER, US, 1).remove(0);
    let bought = trade.shop.post(OWNER, PURCHASE, &wish(&number));
    assert_eq!(bought.status, 200, "{}", bought.text());
    let row = trade.shop.row(&number);
    assert_eq!(
        [&row["status"], &row["number_type"], &row["country_code"], &row["monthly_cost"], &row["currency"]],
        [&json!("active"), &json!("local"), &json!("US"), &json!("1.15"), &json!("USD")]
    );
    let there = twilio.number(&number);
    assert_eq!((&there["sid"], &there["voice_url"]), (&row["phone_number_id"], &json!("")));

    let assigned =
        trade.shop.post(OWNER, ASSIGN, &json!({"phone_number_id": row["id"], "agent_mapping_id": id(ROUTED)}));
    assert_eq!(assigned.status, 200, "{}", assigned.text());
    assert_eq!(twilio.number(&number)["voice_url"], VOICE_URL);

    let released = trade.shop.post(OWNER, RELEASE, &goodbye(&[&row["id"]]));
    assert_eq!((released.status, &released.json()["success"]), (200, &json!(true)), "{}", released.text());
    assert_eq!(trade.shop.row(&number)["status"], "released");
    assert_eq!(twilio.number(&number), Value::Null);
    assert_eq!((twilio.deeds("acquire").len(), twilio.deeds("release").len()), (1, 1));
}

#[test]
fn an_agency_buys_at_telnyx_and_its_calls_go_where_its_agents_route_says() {
    let (trade, telnyx) = (Trade::open(), Sim::telnyx());
    trade.add(NORTHWIND, &telnyx, crate::trade::API_KEY);
    let number = trade.stock(OWNER, US, 1).remove(0);
    assert_eq!(trade.shop.post(OWNER, PURCHASE, &wish(&number)).status, 200);
    let row = trade.shop.row(&number);
    assert_eq!((&row["status"], &row["monthly_cost"]), (&json!("active"), &json!("1.15")), "{row}");
    let agent = id(ROUTED).to_string();
    let (northwind, connection) = (id(NORTHWIND).to_string(), "1293384261075731499");
    trade.done(&["agent", "update", &agent, "--agency", &northwind, "--connection", connection]);
    let body = json!({"phone_number_id": row["id"], "agent_mapping_id": agent});
    let assigned = trade.shop.post(OWNER, ASSIGN, &body);
    assert_eq!(assigned.status, 200, "{}", assigned.text());
    let path = format!("/phone_numbers/{}", row["phone_number_id"].as_str().unwrap());
    assert_eq!(telnyx.as_its_owner("GET", &path, "").json()["data"]["connection_id"], connection);
    let released = trade.shop.post(OWNER, RELEASE, &goodbye(&[&row["id"]]));
    assert_eq!(released.status, 200, "{}", released.text());
    assert_eq!(telnyx.deeds("release").len(), 1);
}

#[test]
fn a_child_buys_with_its_parents_account_until_it_has_one_and_then_with_its_newest() {
    let (trade, parents, telnyx, own) = (Trade::open(), Sim::twilio(), Sim::telnyx(), Sim::twilio());
    trade.add(NORTHWIND, &parents, TOKEN);
    let stock = trade.stock(CHILD_OWNER, US, 4);
    let buy = |number: &str| {
        let bought = trade.shop.post(CHILD_OWNER, PURCHASE, &wish(number));
        assert_eq!(bought.status, 200, "{}", bought.text());
        bought.json()["phone_numbers"][0]["id"].clone()
    };
    let counts = || [&parents, &telnyx, &own].map(|sim| sim.deeds("acquire").len());
    let first = buy(&stock[0]);
    assert_eq!(counts(), [1, 0, 0]);
    trade.add(CHILD, &telnyx, crate::trade::API_KEY);
    trade.stock(CHILD_OWNER, US, 1);
    buy(&stock[1]);
    assert_eq!(counts(), [1, 1, 0]);
    let newest = trade.add(CHILD, &own, TOKEN);
    buy(&stock[2]);
    assert_eq!(counts(), [1, 1, 1]);
    let child = id(CHILD).to_string();
    let listed = trade.done(&["carrier", "list", "--agency", &child]);
    let whose: Vec<&str> = listed.lines().map(|line| line.split('\t').nth(4).unwrap()).collect();
    assert_eq!(whose, ["own", "own", &format!("of {}", id(NORTHWIND))], "{listed}");
    assert!(listed.starts_with(&newest), "{listed}");

    // The parent does not buy with its child's; and what was bought with the parent's goes back to it. The two accounts
    // have one SID, so the nearer one is asked, which is why this needs the newest gone.
    assert_eq!(trade.shop.post(OWNER, PURCHASE, &wish(&stock[3])).status, 200);
    assert_eq!(counts(), [2, 1, 1]);
    trade.done(&["carrier", "remove", &newest, "--agency", &child]);
    let released = trade.shop.post(CHILD_OWNER, RELEASE, &goodbye(&[&first]));
    assert_eq!(released.status, 200, "{}", released.text());
    assert_eq!(parents.deeds("release").len(), 1);
    // No stranger has any of them.
    let stranger = trade.shop.post(THEIR_OWNER, PURCHASE, &wish("+19705551234"));
    assert_eq!((stranger.status, error(&stranger)), (400, "No carrier is configured for this agency".into()));
}

#[test]
fn an_agency_without_an_account_has_the_simulator_or_no_carrier() {
    let (with, without) = (Shop::with(&[]), Trade::open());
    assert_eq!(with.post(OWNER, PURCHASE, &wish(&with.stock(1)[0])).status, 200);
    let none = (400, "No carrier is configured for this agency".to_owned());
    let search = without.shop.get(OWNER, &format!("{SEARCH}?{US}"));
    assert_eq!((search.status, error(&search)), none);
    let bought = without.shop.post(OWNER, PURCHASE, &wish("+19705551234"));
    assert_eq!((bought.status, error(&bought)), none);
    assert_eq!(without.shop.rows(OWNER), [] as [Value; 0]);
}

#[test]
fn of_two_agencies_with_one_account_the_second_is_refused_before_the_carrier_is_asked() {
    let (trade, twilio) = (Trade::open(), Sim::twilio());
    trade.add(NORTHWIND, &twilio, TOKEN);
    trade.add(LUMEN, &twilio, TOKEN);
    let stock = trade.stock(OWNER, US, 2);
    let agent = json!({"phone_numbers": [{"phone_number": stock[0], "agent_mapping_id": id(ROUTED)}]});
    assert_eq!(trade.shop.post(OWNER, PURCHASE, &agent).status, 200);
    // Whatever it is asked next goes wrong: these are there afterwards.
    for deed in ["acquire", "owned", "search", "configure"] {
        twilio.fault(deed, "refuse", 1);
    }
    let second = trade.shop.post(THEIR_OWNER, PURCHASE, &wish(&stock[0]));
    assert_eq!((second.status, error(&second)), (409, TAKEN.to_owned()));
    assert_eq!(trade.shop.rows(THEIR_OWNER), [] as [Value; 0]);
    assert_eq!(twilio.deeds("acquire").len(), 1);
    // The first of them meets this agency's next question, and is said to be a refusal.
    let third = trade.shop.post(THEIR_OWNER, PURCHASE, &wish(&stock[1]));
    assert_eq!((third.status, error(&third)), (502, "The carrier refused".to_owned()));
}

#[test]
fn two_agencies_that_buy_one_number_at_once_with_one_account_send_one_order() {
    let (trade, twilio) = (Trade::open(), Sim::twilio());
    trade.add(NORTHWIND, &twilio, TOKEN);
    trade.add(LUMEN, &twilio, TOKEN);
    for number in trade.stock(OWNER, US, 4) {
        let mut statuses = std::thread::scope(|scope| {
            let buyers = [OWNER, THEIR_OWNER].map(|user| {
                let (trade, number) = (&trade, &number);
                scope.spawn(move || trade.shop.post(user, PURCHASE, &wish(number)).status)
            });
            buyers.map(|buyer| buyer.join().unwrap())
        });
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 409]);
    }
    assert_eq!(twilio.deeds("acquire").len(), 4);
    assert_eq!(trade.shop.rows(OWNER).len() + trade.shop.rows(THEIR_OWNER).len(), 4);
}

#[test]
fn what_the_account_has_outside_the_inventory_is_not_bought_and_not_touched() {
    let (trade, twilio) = (Trade::open(), Sim::twilio());
    trade.add(NORTHWIND, &twilio, TOKEN);
    let number = trade.stock(OWNER, US, 1).remove(0);
    let form = format!("PhoneNumber=%2B{}&VoiceUrl=https%3A%2F%2Flive.example%2F&FriendlyName=Live", &number[1..]);
    let live = twilio.as_its_owner("POST", "/IncomingPhoneNumbers.json", &form).json();
    twilio.fault("acquire", "refuse", 1);
    let body = json!({"phone_numbers": [{"phone_number": number, "agent_mapping_id": id(ROUTED)}]});
    let refused = trade.shop.post(OWNER, PURCHASE, &body);
    assert_eq!((refused.status, &refused.json()["failed"][0]["code"]), (409, &json!("already_owned")));
    assert_eq!(twilio.number(&number), live);
    assert_eq!(trade.shop.rows(OWNER), [] as [Value; 0]);
    // The fault is there still: no purchase has arrived.
    let other = trade.stock(OWNER, US, 1).remove(0);
    let bought = trade.shop.post(OWNER, PURCHASE, &wish(&other));
    assert_eq!((bought.status, error(&bought)), (502, "The carrier refused".to_owned()));
    assert_eq!(twilio.deeds("acquire").len(), 1);
}

#[test]
fn a_token_that_is_refused_is_said_to_be_and_nothing_is_lost() {
    let (trade, twilio) = (Trade::open(), Sim::twilio());
    let account = trade.add(NORTHWIND, &twilio, TOKEN);
    let stock = trade.stock(OWNER, US, 2);
    assert_eq!(trade.shop.post(OWNER, PURCHASE, &wish(&stock[0])).status, 200);
    let row = trade.shop.row(&stock[0]);
    let northwind = id(NORTHWIND).to_string();
    let rotate = |token: &str| {
        let file = trade.secret(token);
        trade.done(&["carrier", "rotate", &account, "--agency", &northwind, "--secret-file", &file]);
    };
    rotate("not the token");
    let words = "The carrier does not accept the account's credentials";
    for (path, body) in [(PURCHASE, wish(&stock[1])), (RELEASE, goodbye(&[&row["id"]]))] {
        let refused = trade.shop.post(OWNER, path, &body);
        let said = refused.json();
        let said = said["error"].as_str().or(said["failed"][0]["error"].as_str()).unwrap().to_owned();
        assert!([207, 502].contains(&refused.status), "{}", refused.text());
        assert_eq!(said, words, "{path}");
    }
    let search = trade.shop.get(OWNER, &format!("{SEARCH}?{US}"));
    assert_eq!((search.status, error(&search)), (502, words.to_owned()));
    let after = trade.shop.row(&stock[0]);
    assert_eq!([&after["status"], &after["phone_number_id"]], [&row["status"], &row["phone_number_id"]]);
    assert_eq!(trade.shop.rows(OWNER).len(), 1);
    assert!(trade.fails(&["carrier", "test", &account, "--agency", &northwind]).contains("20003"));

    // Another is used from the next request on, by the server that runs.
    rotate(TOKEN);
    assert_eq!(trade.shop.post(OWNER, PURCHASE, &wish(&stock[1])).status, 200);
    assert_eq!(trade.shop.post(OWNER, RELEASE, &goodbye(&[&row["id"]])).status, 200);
    assert_eq!(trade.done(&["carrier", "test", &account, "--agency", &northwind]), "the carrier lets us in\n");
}

#[test]
fn an_order_whose_answer_was_lost_is_settled_with_the_token_that_is_there_by_then() {
    let (trade, mut twilio) = (Trade::open(), Sim::twilio());
    let account = trade.add(NORTHWIND, &twilio, TOKEN);
    let number = trade.stock(OWNER, US, 1).remove(0);
    twilio.fault("acquire", "drop_after", 1);
    let pending = trade.shop.post(OWNER, PURCHASE, &wish(&number));
    assert_eq!(pending.json()["phone_numbers"][0]["status"], "pending", "{}", pending.text());
    twilio.restart("another token");
    let northwind = id(NORTHWIND).to_string();
    eventually("it is asked about and refused", || {
        trade.done(&["order", "list"]).contains("bad_credentials") || trade.shop.row(&number)["status"] == "active"
    });
    let file = trade.secret("another token");
    trade.done(&["carrier", "rotate", &account, "--agency", &northwind, "--secret-file", &file]);
    trade.shop.awaited(&number, |row| row["status"] == "active");
    assert_eq!(twilio.deeds("acquire").len(), 1);
}

#[test]
fn without_its_account_nothing_is_bought_or_released_and_repeats_are_answered() {
    let (trade, twilio) = (Trade::open(), Sim::twilio());
    let account = trade.add(NORTHWIND, &twilio, TOKEN);
    let number = trade.stock(OWNER, US, 1).remove(0);
    let keyed = |body: &Value| trade.shop.post_with(OWNER, PURCHASE, &[("idempotency-key", "once")], &body.to_string());
    let first = keyed(&wish(&number));
    assert_eq!(first.status, 200, "{}", first.text());
    let row = trade.shop.row(&number);
    let northwind = id(NORTHWIND).to_string();
    trade.done(&["carrier", "remove", &account, "--agency", &northwind]);

    let refused = trade.shop.post(OWNER, PURCHASE, &wish("+19705551234"));
    assert_eq!((refused.status, error(&refused)), (400, "No carrier is configured for this agency".to_owned()));
    let kept = trade.shop.post(OWNER, RELEASE, &goodbye(&[&row["id"]]));
    assert_eq!(kept.status, 207);
    assert_eq!(kept.json()["failed"][0]["error"], "There is no account at this number's carrier to act with");
    assert_eq!((&trade.shop.row(&number)["status"], twilio.deeds("release").len()), (&json!("active"), 0));
    let again = keyed(&wish(&number));
    assert_eq!((again.status, again.text()), (200, first.text()));

    // With another row of the same account, the number is in reach again.
    trade.add(NORTHWIND, &twilio, TOKEN);
    assert_eq!(trade.shop.post(OWNER, RELEASE, &goodbye(&[&row["id"]])).status, 200);
    assert_eq!(twilio.deeds("release").len(), 1);
}

#[test]
fn an_account_with_orders_under_way_is_not_removed() {
    let (trade, twilio) = (Trade::with(&[("ORDERS__RETRY_DELAY", "1h")]), Sim::twilio());
    let account = trade.add(NORTHWIND, &twilio, TOKEN);
    let number = trade.stock(OWNER, US, 1).remove(0);
    twilio.fault("acquire", "drop_before", 1);
    assert_eq!(trade.shop.post(OWNER, PURCHASE, &wish(&number)).status, 200);
    let northwind = id(NORTHWIND).to_string();
    let said = trade.fails(&["carrier", "remove", &account, "--agency", &northwind]);
    assert!(said.contains("orders are under way"), "{said}");
    assert!(trade.done(&["carrier", "list", "--agency", &northwind]).contains(SID));
}

#[test]
fn a_carrier_that_is_down_loses_nothing_and_is_said_to_be() {
    let (trade, mut twilio) = (Trade::open(), Sim::twilio());
    trade.add(NORTHWIND, &twilio, TOKEN);
    let stock = trade.stock(OWNER, US, 2);
    assert_eq!(trade.shop.post(OWNER, PURCHASE, &wish(&stock[0])).status, 200);
    let row = trade.shop.row(&stock[0]);
    twilio.server.kill();
    let words = "The carrier could not be reached and did nothing; try again later";
    let search = trade.shop.get(OWNER, &format!("{SEARCH}?{US}"));
    assert_eq!((search.status, error(&search)), (502, words.to_owned()));
    let bought = trade.shop.post(OWNER, PURCHASE, &wish(&stock[1]));
    assert_eq!((bought.status, error(&bought)), (502, words.to_owned()));
    let released = trade.shop.post(OWNER, RELEASE, &goodbye(&[&row["id"]]));
    assert_eq!((released.status, &released.json()["failed"][0]["error"]), (207, &json!(words)));
    let assigned =
        trade.shop.post(OWNER, ASSIGN, &json!({"phone_number_id": row["id"], "agent_mapping_id": id(ROUTED)}));
    assert_eq!(assigned.status, 200, "{}", assigned.text());
    let path = format!("{ASSIGN}?id={}", row["id"].as_str().unwrap());
    let shown = trade.shop.get(OWNER, &path).json();
    assert!(shown["phone_number"]["routing"].is_string(), "{shown}");
    assert_eq!(trade.shop.rows(OWNER).len(), 1);
    assert_eq!(trade.shop.row(&stock[0])["status"], "active");

    twilio.restart(TOKEN);
    eventually("its calls go where they should", || {
        trade.shop.get(OWNER, &path).json()["phone_number"].get("routing").is_none_or(Value::is_null)
    });
    assert_eq!(twilio.number(&stock[0])["voice_url"], VOICE_URL);
    assert_eq!(trade.shop.post(OWNER, PURCHASE, &wish(&stock[1])).status, 200);
    assert_eq!(trade.shop.post(OWNER, RELEASE, &goodbye(&[&row["id"]])).status, 200);
}
