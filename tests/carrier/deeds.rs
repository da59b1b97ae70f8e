//! Buying, routing and giving back: what is answered, and what the ledger says.

use std::sync::Barrier;

use linekeeper::carrier::simulator::{Deed, Simulator};
use linekeeper::carrier::{Port, Refusal, Rented};
use linekeeper::model::{Papers, Route, Wanted};

use crate::house::{SEED, e164, everywhere, order, refusal, route, wanted, with_other_id};

fn full_route() -> Route {
    Route {
        voice_url: Some("https://voice.example/a?b=ü".into()),
        sms_url: Some("https://sms.example/\"quoted\"\n".into()),
        application_id: Some("AP1".into()),
        trunk_id: Some("TK1".into()),
        connection_id: Some("42".into()),
        messaging_profile_id: Some("43".into()),
        sip_uri: Some("sip:agent@pbx.example".into()),
    }
}

#[test]
fn a_number_is_bought_routed_read_back_and_given_back() {
    everywhere(|house| {
        let (number, port) = (house.any(), &house.port);
        assert_eq!(port.owned(None).unwrap(), []);
        assert_eq!(port.owned(Some(&number)).unwrap(), []);
        let bought = port.acquire(&number, order(1), &route("https://one.example"), &Papers::default()).unwrap();
        assert_eq!((&bought.phone_number, &bought.route), (&number, &route("https://one.example")));
        assert_eq!(port.owned(Some(&number)).unwrap(), std::slice::from_ref(&bought));
        port.configure(&bought, &full_route()).unwrap();
        let routed = Rented { route: full_route(), ..bought.clone() };
        assert_eq!(port.owned(None).unwrap(), std::slice::from_ref(&routed));
        port.configure(&routed, &Route::default()).unwrap();
        assert!(port.owned(Some(&number)).unwrap()[0].route.is_empty());
        port.release(&routed).unwrap();
        assert_eq!(port.owned(None).unwrap(), []);
        let exactly = Wanted { exactly: Some(number.clone()), ..wanted("US") };
        assert_eq!(house.search(&exactly).len(), 1, "it is in stock again");
        let again = port.acquire(&number, order(2), &Route::default(), &Papers::default()).unwrap();
        assert_ne!(again.carrier_number_id, bought.carrier_number_id);
        let entries = house.entries();
        let deeds = entries.iter().map(|entry| entry.deed).collect::<Vec<_>>();
        assert_eq!(deeds, [Deed::Acquire, Deed::Configure, Deed::Configure, Deed::Release, Deed::Acquire]);
        assert!(entries.iter().all(|entry| entry.phone_number == number && !entry.injected && entry.at.0 > 0));
        assert_eq!(entries.iter().map(|entry| entry.seq).collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
        assert_eq!(entries[0].reference, Some(order(1)));
        assert_eq!((&entries[1].route, entries[1].reference), (&full_route(), None));
    });
}

#[test]
fn a_purchase_that_is_repeated_is_accepted_and_written_again() {
    everywhere(|house| {
        let number = house.any();
        let bought = house.port.acquire(&number, order(1), &route("https://one.example"), &Papers::default()).unwrap();
        let repeated =
            house.port.acquire(&number, order(1), &route("https://one.example"), &Papers::default()).unwrap();
        assert_eq!(repeated, bought);
        // Whoever asks: it is a take-over.
        let taken = house.port.acquire(&number, order(2), &route("https://two.example"), &Papers::default()).unwrap();
        assert_eq!(taken, Rented { route: route("https://two.example"), ..bought.clone() });
        assert_eq!(house.port.owned(None).unwrap(), [taken]);
        let entries = house.entries();
        assert!(entries.iter().all(|entry| entry.deed == Deed::Acquire && !entry.injected));
        let references = entries.iter().map(|entry| entry.reference).collect::<Vec<_>>();
        assert_eq!(references, [Some(order(1)), Some(order(1)), Some(order(2))]);
    });
}

#[test]
fn the_test_numbers_do_what_twilios_do() {
    everywhere(|house| {
        let buy = |number: &str| house.port.acquire(&e164(number), order(1), &Route::default(), &Papers::default());
        let exactly = |number: &str| house.search(&Wanted { exactly: Some(e164(number)), ..wanted("US") });
        let offers = exactly("+15005550006");
        assert!(offers.len() == 1 && offers[0].features.sms && offers[0].quickship, "{offers:?}");
        let bought = buy("+15005550006").unwrap();
        assert_eq!(buy("+15005550006").unwrap(), bought);
        assert_eq!(exactly("+15005550006"), offers);
        house.port.release(&bought).unwrap();
        assert_eq!(refusal(buy("+15005550000")), Refusal::NotAvailable);
        assert_eq!(refusal(buy("+15005550001")), Refusal::Invalid);
        assert_eq!((exactly("+15005550000"), exactly("+15005550001")), (vec![], vec![]));
        assert_eq!(house.entries().len(), 3);
    });
}

#[test]
fn what_is_not_in_stock_or_not_owned_is_refused_and_not_written() {
    everywhere(|house| {
        let in_stock = house.search(&Wanted { area_code: Some("970".into()), limit: 100, ..wanted("US") });
        let not_in_stock = (0..100).map(|at| e164(&format!("+197055512{at:02}")));
        let not_in_stock = not_in_stock
            .filter(|number| house.search(&Wanted { exactly: Some(number.clone()), ..wanted("US") }).is_empty());
        let not_in_stock = not_in_stock.take(5).collect::<Vec<_>>();
        for number in not_in_stock.iter().chain(&[e164("+8613012345678"), e164("+1234567"), e164("+19701234567")]) {
            assert_eq!(
                refusal(house.port.acquire(number, order(1), &Route::default(), &Papers::default())),
                Refusal::NotAvailable
            );
        }
        let never_bought = Rented {
            traits: linekeeper::carrier::Traits::default(),
            phone_number: in_stock[0].phone_number.clone(),
            carrier_number_id: "sim-1".into(),
            route: Route::default(),
        };
        assert_eq!(refusal(house.port.configure(&never_bought, &route("x"))), Refusal::NotOwned);
        assert_eq!(refusal(house.port.release(&never_bought)), Refusal::NotOwned);
        assert_eq!(house.entries(), []);
        let bought =
            house.port.acquire(&in_stock[0].phone_number, order(1), &Route::default(), &Papers::default()).unwrap();
        assert_eq!(refusal(house.port.configure(&with_other_id(&bought), &route("x"))), Refusal::NotOwned);
        assert_eq!(refusal(house.port.release(&with_other_id(&bought))), Refusal::NotOwned);
        house.port.release(&bought).unwrap();
        assert_eq!(refusal(house.port.release(&bought)), Refusal::NotOwned);
        assert_eq!(house.entries().len(), 2);
    });
}

#[test]
fn eight_threads_that_buy_the_same_number_at_once_are_all_accepted() {
    everywhere(|house| {
        let (number, begin) = (house.any(), Barrier::new(8));
        std::thread::scope(|scope| {
            for thread in 0..8_u64 {
                let (number, begin) = (&number, &begin);
                scope.spawn(move || {
                    begin.wait();
                    for round in 0..4 {
                        let bought = house.port.acquire(
                            number,
                            order(thread * 10 + round),
                            &Route::default(),
                            &Papers::default(),
                        );
                        assert_eq!(bought.unwrap().phone_number, *number);
                    }
                });
            }
        });
        let entries = house.entries();
        assert_eq!(entries.len(), 32);
        assert!(entries.iter().all(|entry| entry.carrier_number_id == entries[0].carrier_number_id));
        let mut references = entries.iter().map(|entry| entry.reference.unwrap()).collect::<Vec<_>>();
        references.sort();
        references.dedup();
        assert_eq!(references.len(), 32, "each is there once");
        assert_eq!(house.port.owned(None).unwrap().len(), 1);
    });
}

#[test]
fn numbers_from_elsewhere_are_taken_over_at_once() {
    let directory = tempfile::tempdir().unwrap();
    let simulator = Simulator::open(directory.path(), SEED).unwrap();
    let number = |at: u32| e164(&format!("+1970{at:07}"));
    let began = std::time::Instant::now();
    let rented = |at: u32| Rented {
        traits: linekeeper::carrier::Traits::default(),
        phone_number: number(at),
        carrier_number_id: format!("theirs-{at}"),
        route: route(if at == 7 { "kept" } else { "" }),
    };
    let rented = (0..2_000).map(rented).collect::<Vec<_>>();
    simulator.port_in(&rented).unwrap();
    assert!(began.elapsed().as_secs() < 2, "one sync for all: {:?}", began.elapsed());
    assert_eq!(simulator.owned(None).unwrap(), rented);
    // Whoever has it may route it, and may buy it again.
    simulator.configure(&rented[1], &route("x")).unwrap();
    let bought = simulator.acquire(&number(1), order(1), &route("y"), &Papers::default()).unwrap();
    assert_eq!(bought.carrier_number_id, rented[1].carrier_number_id);
}
