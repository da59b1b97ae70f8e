//! The command `order`, and what agencies may have and agents route.

use std::time::{Duration, Instant};

use linekeeper::model::{
    AgencyId, AgentId, BasketId, Carrier, Deed, Money, Number, Order, OrderId, OrderState, Reason, Route, Status,
};

use crate::support::{Inventory, NOON, SECRET, Server, add_agency, add_agent, agent, id, linekeeper, number};

const AGENCY: AgencyId = AgencyId(id(1));

fn run(inventory: &Inventory, args: &[&str]) -> (Option<i32>, String, String) {
    let output = linekeeper().args(args).arg("--data-dir").arg(inventory.path()).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

fn done(inventory: &Inventory, args: &[&str]) -> String {
    let (code, printed, complaint) = run(inventory, args);
    assert_eq!(code, Some(0), "{args:?}: {complaint}");
    printed
}

/// An agency with a purchase that was given up, of a number that can always be bought.
fn given_up() -> (Inventory, Order) {
    let inventory = Inventory::empty();
    let pending = Number {
        status: Status::Pending,
        carrier: Carrier::Simulator,
        carrier_account: Some("simulator".into()),
        carrier_number_id: None,
        purchased_at: None,
        ..number(20, "+15005550006")
    };
    let order = Order {
        state: OrderState::NeedsOperator,
        sends: 3,
        tries: 12,
        due_at: None,
        reason: Some(Reason::Unanswered),
        detail: Some("no answer".into()),
        ..Order::new(OrderId(id(30)), BasketId(id(31)), Deed::Purchase, &pending, NOON)
    };
    inventory.write(|change| {
        let scope = add_agency(change, 1, "Northwind")?;
        change.add_number(&scope, &pending)?;
        change.add_order(&scope, &order)
    });
    (inventory, order)
}

fn order(inventory: &Inventory) -> Order {
    let found = inventory.store.read(|snapshot| {
        let scope = snapshot.operator_scope(AGENCY)?.unwrap();
        snapshot.order(&scope, OrderId(id(30)))
    });
    found.unwrap()
}

fn statuses(inventory: &Inventory) -> Vec<Status> {
    let connection = inventory.sqlite();
    let mut statement = connection.prepare("SELECT status FROM agency_phone_numbers").unwrap();
    let rows = statement.query_map([], |row| row.get::<_, usize>(0)).unwrap();
    rows.map(|status| Status::ALL[status.unwrap()]).collect()
}

#[test]
fn orders_under_way_are_listed_with_what_the_carrier_said() {
    let (inventory, order) = given_up();
    let line = format!("{}\t{AGENCY}\tpurchase\t+15005550006\tneeds_operator\tunanswered\tno answer\t\n", order.id);
    assert_eq!(done(&inventory, &["order", "list"]), line);
    assert_eq!(done(&inventory, &["order", "list", "--agency", &AGENCY.to_string()]), line);
}

#[test]
fn an_operator_says_that_a_purchase_was_never_made() {
    let (inventory, given_up) = given_up();
    let (which, agency) = (given_up.id.to_string(), AGENCY.to_string());
    let fail = ["order", "fail", &which, "--agency", &agency];
    assert_eq!(done(&inventory, &fail), "");
    assert_eq!((order(&inventory).state, statuses(&inventory)), (OrderState::Failed, vec![]));
    assert_eq!(done(&inventory, &["order", "list"]), "");
    for verb in ["fail", "retry", "keep"] {
        let (code, _, complaint) = run(&inventory, &["order", verb, &which, "--agency", &agency]);
        assert_eq!((code, complaint.lines().count()), (Some(1), 1), "{verb}: {complaint}");
    }
    let (code, _, complaint) = run(&inventory, &["order", "fail", &agency, "--agency", &agency]);
    assert!(code == Some(1) && complaint.contains("linekeeper order list"), "{complaint}");
    assert!(done(&inventory, &["doctor"]).ends_with("sound\n"));
}

#[test]
fn an_order_that_was_given_up_is_asked_about_again_and_done_by_the_running_server() {
    let (inventory, given_up) = given_up();
    let mut command = linekeeper();
    command.args(["serve", "--listen", "127.0.0.1:0", "--data-dir"]).arg(inventory.path());
    command.env("LINEKEEPER_JWT_SECRET", SECRET).env("LINEKEEPER_ORDERS__ABSENCE_PROOF", "50ms");
    let server = Server::spawn(command);
    std::thread::sleep(Duration::from_millis(600));
    assert_eq!(order(&inventory).state, OrderState::NeedsOperator, "nobody but a person goes on");
    done(&inventory, &["order", "retry", &given_up.id.to_string(), "--agency", &AGENCY.to_string()]);
    let began = Instant::now();
    while order(&inventory).state != OrderState::Confirmed {
        assert!(began.elapsed() < Duration::from_secs(10), "{:?}", order(&inventory));
        std::thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(statuses(&inventory), [Status::Active]);
    assert_eq!(server.stop().0, Some(0));
}

#[test]
fn what_an_agency_may_have_is_set_and_taken_away() {
    let inventory = Inventory::empty();
    inventory.write(|change| add_agency(change, 1, "Northwind"));
    let allowance = || {
        let found = inventory.store.read(|snapshot| {
            let scope = snapshot.operator_scope(AGENCY)?.unwrap();
            snapshot.allowance(&scope)
        });
        found.map(|allowance| (allowance.numbers, allowance.monthly)).unwrap()
    };
    let agency = AGENCY.to_string();
    let update = |more: &[&str]| run(&inventory, &[&["agency", "update", &agency], more].concat());
    assert_eq!(update(&["--max-numbers", "10", "--monthly-budget", "250.5 USD"]).0, Some(0));
    assert_eq!(allowance(), (Some(10), Some((Money(2_505_000), "USD".into()))));
    assert_eq!(update(&["--max-numbers", "none"]).0, Some(0));
    assert_eq!(allowance(), (None, Some((Money(2_505_000), "USD".into()))));
    assert_eq!(update(&["--monthly-budget", "none"]).0, Some(0));
    assert_eq!(allowance(), (None, None));
    for budget in ["250", "250 usd", "-1 USD", "1.23456 USD", "USD 1", "1 USDT", ""] {
        let (code, _, complaint) = update(&[&format!("--monthly-budget={budget}")]);
        assert!(code == Some(2) && complaint.contains("250.00 USD"), "{budget}: {complaint}");
    }
    assert_eq!(update(&["--max-numbers", "-1"]).0, Some(2));
}

#[test]
fn an_agents_route_is_given_replaced_and_taken_away() {
    let inventory = Inventory::empty();
    inventory.write(|change| {
        let scope = add_agency(change, 1, "Northwind")?;
        add_agent(change, &scope, &agent(2, Some("Sales")))
    });
    let route = || {
        let found = inventory.store.read(|snapshot| {
            let scope = snapshot.operator_scope(AGENCY)?.unwrap();
            snapshot.agent_route(&scope, AgentId(id(2)))
        });
        found.unwrap()
    };
    let (agency, which) = (AGENCY.to_string(), id(2).to_string());
    let update = |more: &[&str]| run(&inventory, &[&["agent", "update", &which, "--agency", &agency], more].concat());
    assert_eq!(update(&["--voice-url", "https://a.example/voice", "--sms-url", "https://a.example/sms"]).0, Some(0));
    assert_eq!(update(&["--name", "Support"]).0, Some(0), "the route is left");
    let urls = Route {
        voice_url: Some("https://a.example/voice".into()),
        sms_url: Some("https://a.example/sms".into()),
        ..Route::default()
    };
    assert_eq!(route(), urls);
    assert_eq!(update(&["--sip-uri", "sip:sales@a.example"]).0, Some(0));
    assert_eq!(route(), Route { sip_uri: Some("sip:sales@a.example".into()), ..Route::default() });
    assert_eq!(update(&["--no-route", "--trunk", "t"]).0, Some(2));
    assert_eq!(update(&["--no-route"]).0, Some(0));
    assert_eq!(route(), Route::default());
}
