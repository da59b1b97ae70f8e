//! Comparisons while something happens, and those that nobody asked for.

use std::sync::atomic::{AtomicBool, Ordering};

use linekeeper::inventory::access;
use linekeeper::model::{AgencyId, AgentId, NumberType, Wanted};
use serde_json::json;

use super::{House, SHAPES, Shape, assign, of_both, owner, release, until};
use crate::support::{Server, id};

const PURCHASE: &str = "/functions/v1/phone-numbers-purchase";

fn for_sale(house: &House, count: u32) -> Vec<String> {
    let wanted =
        Wanted { country: "US".into(), number_type: Some(NumberType::Local), limit: count, ..Wanted::default() };
    house.port.search(&wanted).unwrap().iter().map(|offer| offer.phone_number.to_string()).collect()
}

fn buy(server: &Server, number: &str) {
    let body = json!({"phone_numbers": [{"phone_number": number}]});
    let bought = server.send("POST", PURCHASE, Some(&owner(1)), &body);
    assert!(bought.status < 300, "{}", bought.text());
}

fn pending(house: &House) -> bool {
    let sql = "SELECT count(*) FROM orders WHERE state = 1";
    house.inventory.sqlite().query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap() == 1
}

#[test]
fn a_purchase_that_races_with_comparisons_is_never_missing_or_unknown() {
    of_both(0, |house| {
        let server = house.serve("0s");
        let numbers = for_sale(house, 6);
        let is_over = AtomicBool::new(false);
        std::thread::scope(|scope| {
            let compares = scope.spawn(|| {
                let mut compared = 0;
                while !is_over.load(Ordering::Relaxed) {
                    assert_eq!(house.sync(&[]), [] as [Vec<String>; 0], "{:?}", house.shape);
                    compared += 1;
                }
                compared
            });
            for number in &numbers {
                house.slow("acquire", 40, 1);
                buy(&server, number);
                let here = house.number(1, &number.parse().unwrap()).unwrap();
                assert_eq!(here.routing, None);
                if number.ends_with(['0', '2', '4', '6', '8']) {
                    assert!(release(&server, 1, &here));
                }
            }
            is_over.store(true, Ordering::Relaxed);
            assert!(compares.join().unwrap() > 0);
        });
        assert_eq!(house.sync(&[]), [] as [Vec<String>; 0]);
    });
}

/// The listing is read while a number is being bought, and compared when it has been: it is in the one and not in the other.
#[test]
fn a_number_that_was_bought_behind_the_listing_is_not_missing() {
    let house = House::new(Shape::Telnyx, 0);
    let server = house.serve("0s");
    let numbers = for_sale(&house, 2);
    // Whoever asks first makes a client, which takes a while.
    buy(&server, &numbers[0]);
    std::thread::scope(|scope| {
        house.slow("acquire", 1_000, 1);
        // What the purchase asks first, and the listing, pass; the logs take their time.
        house.slow("owned", 0, 2);
        house.slow("owned", 2_000, 1);
        let buys = scope.spawn(|| buy(&server, &numbers[1]));
        until("a purchase is under way", || pending(&house));
        assert_eq!(house.sync(&[]), [] as [Vec<String>; 0]);
        buys.join().unwrap();
    });
    assert_eq!(house.number(1, &numbers[1].parse().unwrap()).unwrap().routing, None);
    assert_eq!(house.sync(&[]), [] as [Vec<String>; 0]);
}

/// Likewise of a number whose calls are sent elsewhere meanwhile: from here.
#[test]
fn a_route_that_was_set_behind_the_listing_is_not_somebody_elses_change() {
    let house = House::new(Shape::Telnyx, 1);
    house.import(&[]);
    house.inventory.write(|change| {
        let scope = access::operator(change, AgencyId(id(1)))?;
        change.set_agent_route(&scope, AgentId(id(301)), &house.shape.route(1))
    });
    let server = house.serve("0s");
    let number = &house.there[0].phone_number;
    let here = house.number(1, number).unwrap();
    std::thread::scope(|scope| {
        house.slow("owned", 0, 1);
        house.slow("owned", 1_200, 1);
        let compares = scope.spawn(|| house.sync(&[]));
        // By now the listing has been read, or the assignment waits for the logs' delay in its place.
        std::thread::sleep(std::time::Duration::from_millis(300));
        assert_eq!(assign(&server, &here, 301).status, 200);
        assert_eq!(compares.join().unwrap(), [] as [Vec<String>; 0]);
    });
    assert_eq!((house.route_of(number), house.routing(number)), (house.shape.route(1), None));
}

#[test]
fn a_server_compares_by_itself_as_often_as_it_is_told_to_or_never() {
    std::thread::scope(|scope| {
        for shape in SHAPES {
            scope.spawn(move || {
                let houses = [House::new(shape, 2), House::new(shape, 2)];
                let servers = [houses[0].serve("1s"), houses[1].serve("0s")];
                for house in &houses {
                    house.import(&[]);
                    house.port.release(&house.there[0]).unwrap();
                }
                let [busy, still] = &houses;
                let gone = |house: &House| house.routing(&house.there[0].phone_number).is_some();
                until("the server compares", || gone(busy));
                // It is the first that is for sale, and then another.
                let [back, new] = [(); 2].map(|()| busy.bought_elsewhere(NumberType::Local).phone_number);
                assert_eq!(back, busy.there[0].phone_number);
                until("the server compares again", || !gone(busy));
                assert_eq!(busy.number(1, &new), None, "nothing is adopted by itself");
                assert!(!gone(still), "it was told never to");
                let [compares, never] = servers.map(|server| server.stop().1);
                assert!(compares.contains("missing") && !never.contains("the inventory and the carrier"), "{compares}");
            });
        }
    });
}
