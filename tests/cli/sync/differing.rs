//! Numbers that the carrier does not have, or sends elsewhere, and listings that cannot be read.

use linekeeper::inventory::access;
use linekeeper::model::{AgencyId, AgentId, BasketId, Deed, Order, OrderId, OrderState, Papers, Route, Status};

use super::{House, SHAPES, SID, assign, of_both, owner, ported, row, until};
use crate::support::{NOON, id};

const GONE: &str = "The carrier's account does not have this number any more";
const ELSEWHERE: &str = "Its calls go elsewhere: somebody has changed it at the carrier";

impl House {
    /// Has an agent's calls go there.
    fn route_agent(&self, agent: u64, route: &Route) {
        self.inventory.write(|change| {
            let scope = access::operator(change, AgencyId(id(1)))?;
            change.set_agent_route(&scope, AgentId(id(agent)), route)
        });
    }
}

#[test]
fn a_number_that_was_released_behind_our_back_is_missing_until_it_is_there_again() {
    of_both(2, |house| {
        house.import(&[]);
        let gone = &house.there[0];
        let number = &gone.phone_number;
        house.port.release(gone).unwrap();
        let deeds = house.deeds();
        let missing = [row(&["missing", number.as_str(), &id(1).to_string()])];
        let before = house.tables();
        assert_eq!(house.sync(&["--dry-run"]), missing);
        assert!(house.tables() == before, "a dry run has written something");
        assert_eq!(house.sync(&[]), missing);
        let here = house.number(1, number).unwrap();
        assert_eq!((here.routing.as_deref(), here.status, here.is_active), (Some(GONE), Status::Active, true));
        let noted = house.tables();
        assert_eq!(house.sync(&[]), missing);
        let again = house.tables();
        assert!(noted["agency_phone_numbers"] == again["agency_phone_numbers"], "it is not noted again and again");
        assert!(noted["events"] == again["events"]);
        assert_eq!(house.number(1, &house.there[1].phone_number).unwrap().routing, None, "the other is there");
        assert_eq!(house.deeds(), deeds, "nothing was done at the carrier");

        let order = OrderId(uuid::Uuid::now_v7());
        let back = house.port.acquire(number, order, &Route::default(), &Papers::default()).unwrap();
        assert_ne!(back.carrier_number_id, gone.carrier_number_id);
        assert_eq!(house.sync(&[]), [] as [Vec<String>; 0]);
        let here = house.number(1, number).unwrap();
        assert_eq!((here.routing, here.carrier_number_id.as_deref()), (None, Some(&*back.carrier_number_id)));
    });
}

#[test]
fn calls_that_somebody_sends_elsewhere_are_noted_and_mended_there_or_here() {
    of_both(1, |house| {
        house.import(&[]);
        let (shape, rented) = (house.shape, &house.there[0]);
        let number = &rented.phone_number;
        house.route_agent(301, &shape.route(1));
        let server = house.serve("0s");
        assert_eq!(assign(&server, &house.number(1, number).unwrap(), 301).status, 200);
        assert_eq!((house.route_of(number), house.routing(number)), (shape.route(1), None));
        assert_eq!(house.sync(&[]), [] as [Vec<String>; 0]);

        house.port.configure(rented, &shape.route(2)).unwrap();
        let told = |route: &Route| match (&route.voice_url, &route.connection_id) {
            (Some(url), _) => format!("voice {url}"),
            (_, Some(connection)) => format!("connection {connection}"),
            _ => "nowhere".to_owned(),
        };
        let overwritten = |route: &Route| [row(&["overwritten", number.as_str(), &id(1).to_string(), &told(route)])];
        let before = house.tables();
        assert_eq!(house.sync(&["--dry-run"]), overwritten(&shape.route(2)));
        assert!(house.tables() == before, "a dry run has written something");
        assert_eq!(house.sync(&[]), overwritten(&shape.route(2)));
        let shown = server.list(&owner(1), "").json();
        assert_eq!(shown["phone_numbers"][0]["routing"], ELSEWHERE, "{shown}");
        assert_eq!(house.route_of(number), shape.route(2), "nothing is changed back unasked");

        // Somebody puts it right there.
        house.port.configure(rented, &shape.route(1)).unwrap();
        assert_eq!(house.sync(&[]), [] as [Vec<String>; 0]);
        let shown = server.list(&owner(1), "").json();
        assert!(shown["phone_numbers"][0].get("routing").is_none(), "{shown}");

        // Or it is pushed again from here, by assigning the same agent.
        house.port.configure(rented, &Route::default()).unwrap();
        assert_eq!(house.sync(&[]), overwritten(&Route::default()));
        assert_eq!(assign(&server, &house.number(1, number).unwrap(), 301).status, 200);
        assert_eq!((house.route_of(number), house.routing(number)), (shape.route(1), None));
        assert_eq!(house.sync(&[]), [] as [Vec<String>; 0]);
        assert_eq!(server.stop().0, Some(0));
    });
}

#[test]
fn why_a_carrier_refused_a_route_is_not_taken_for_somebody_elses_change() {
    of_both(1, |house| {
        house.import(&[]);
        let (shape, rented) = (house.shape, &house.there[0]);
        house.route_agent(301, &shape.route(1));
        let server = house.serve("0s");
        house.fault("configure", "refuse", 1);
        assert_eq!(assign(&server, &house.number(1, &rented.phone_number).unwrap(), 301).status, 200);
        let why = house.routing(&rented.phone_number).unwrap();
        assert!(why.contains("refused to order"), "{why}");
        assert_eq!(house.sync(&[])[0][0], "overwritten");
        assert_eq!(house.routing(&rented.phone_number), Some(why));
        house.port.configure(rented, &shape.route(1)).unwrap();
        assert_eq!(house.sync(&[]), [] as [Vec<String>; 0]);
        assert_eq!(house.routing(&rented.phone_number), None, "it goes there by now");
    });
}

#[test]
fn numbers_that_orders_are_under_way_for_are_left_alone() {
    of_both(3, |house| {
        let [sent, coming, loose] = [0, 1, 2].map(|at| &house.there[at].phone_number);
        let leaving = "+19705550198".parse().unwrap();
        house.route_agent(301, &house.shape.route(1));
        let pending = linekeeper::model::Number { status: Status::Pending, ..house.row(62, coming, Some(SID)) };
        let orders = [
            (61, house.row(61, sent, Some(SID)), Deed::Route),
            (62, pending, Deed::Purchase),
            (63, house.row(63, loose, None), Deed::Release),
            (64, house.row(64, &leaving, Some(SID)), Deed::Release),
        ];
        house.inventory.write(|change| {
            let scope = access::operator(change, AgencyId(id(1)))?;
            let agent = std::sync::Arc::new(crate::support::agent(301, Some("Answers")));
            for (at, number, deed) in &orders {
                let number = linekeeper::model::Number { agent: Some(agent.clone()), ..number.clone() };
                change.add_number(&scope, &number)?;
                let order = Order::new(OrderId(id(900 + at)), BasketId(id(950 + at)), *deed, &number, NOON);
                change.add_order(&scope, &Order { state: OrderState::Unknown, due_at: None, ..order })?;
            }
            Ok(())
        });
        let before = house.tables();
        for args in [&["--dry-run"][..], &[], &["--adopt"]] {
            assert_eq!(house.sync(args), [] as [Vec<String>; 0], "{:?} {args:?}", house.shape);
        }
        let after = house.tables();
        for table in ["agency_phone_numbers", "orders"] {
            assert!(before[table] == after[table], "{:?}: {table}", house.shape);
        }
    });
}

#[test]
fn a_listing_that_breaks_in_its_middle_changes_nothing_at_all() {
    std::thread::scope(|scope| {
        for shape in SHAPES {
            scope.spawn(move || {
                let house = House::holding(shape, 0, &ported(1_003));
                // Ours, and on the first page of nobody's: half a listing would call the one missing, the other unknown.
                let last = "+19705551002".parse().unwrap();
                house.add(1, &house.row(61, &last, Some(SID)));
                house.add(1, &house.row(62, &"+19705559999".parse().unwrap(), None));
                let before = house.tables();
                for (fault, times) in [("drop_before", 3), ("fail_after", 3), ("busy", 3), ("refuse", 1), ("hang", 1)] {
                    house.slow("owned", 0, 1);
                    house.fault("owned", fault, times);
                    let broken = match fault {
                        "drop_before" => house.run(&["sync", "--adopt"]),
                        "busy" => house.run(&[
                            "import",
                            shape.name(),
                            "--agency",
                            &id(1).to_string(),
                            "--account",
                            &house.account,
                        ]),
                        "hang" => house.run_with("2s", &["sync"]),
                        _ => house.run(&["sync"]),
                    };
                    let said = String::from_utf8(broken.stderr).unwrap();
                    assert_eq!(
                        (broken.status.code(), broken.stdout),
                        (Some(1), Vec::new()),
                        "{shape:?} {fault}: {said}"
                    );
                    let words = match fault {
                        "fail_after" => "500",
                        "busy" => "the carrier is busy",
                        "refuse" => "refused to order",
                        "hang" => "in time",
                        _ => "did not say what it did",
                    };
                    assert!(said.contains(words), "{shape:?} {fault}: {said}");
                    assert!(said.contains("nothing was changed"), "{shape:?} {fault}: {said}");
                    assert!(house.tables() == before, "{shape:?} {fault}");
                    // Whoever was in a hurry has not met all of them.
                    until("all faults are over", || house.port.owned(Some(&last)).is_ok());
                }
                // Nothing of it is left: the next one is whole.
                let whole = house.sync(&["--dry-run"]);
                assert_eq!(whole.len(), 1_002, "{shape:?}");
                assert!(whole.iter().all(|row| row[0] == "unknown"), "{shape:?}");
            });
        }
    });
}

#[test]
fn an_account_that_does_not_answer_does_not_keep_the_others_from_being_compared() {
    of_both(1, |house| {
        let agency = id(4).to_string();
        let secret = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(secret.path(), "wrong").unwrap();
        let secret = secret.path().to_str().unwrap();
        let url = house.carrier.base_url.clone();
        let other = "AC00000000000000000000000000000002";
        let telnyx = ["carrier", "add", "telnyx", "--agency", &agency, "--api-key-file", secret, "--url", &url];
        let twilio =
            ["carrier", "add", "twilio", "--agency", &agency, "--account-sid", other, "--auth-token-file", secret];
        match house.shape {
            super::Shape::Telnyx => house.done(&telnyx),
            super::Shape::Twilio => house.done(&[&twilio[..], &["--url", &url]].concat()),
        };
        let compared = house.run(&["sync", "--adopt"]);
        let (out, said) = (String::from_utf8(compared.stdout).unwrap(), String::from_utf8(compared.stderr).unwrap());
        assert_eq!(compared.status.code(), Some(1), "{said}");
        assert!(out.starts_with("adopted\t"), "{out}");
        assert!(said.contains("the carrier refused") && said.contains("1 accounts could not be compared"), "{said}");
        assert!(!said.contains("wrong\n") && !said.contains("the secret"), "{said}");
        assert!(house.number(1, &house.there[0].phone_number).is_some());
    });
}
