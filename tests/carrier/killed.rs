//! A simulator killed without warning: what it acknowledged is in its ledger, and the next one goes on.

use std::collections::HashSet;
use std::time::Duration;

use linekeeper::carrier::Port;
use linekeeper::carrier::simulator::{LEDGER_FILE, Ledger};
use linekeeper::model::{Route, Wanted};

use crate::house::{order, remote, serve, wanted};

#[test]
fn a_simulator_killed_at_random_moments_has_lost_nothing_it_acknowledged() {
    let directory = tempfile::tempdir().unwrap();
    let mut acknowledged = HashSet::new();
    for round in 0..6_u64 {
        let server = serve(directory.path());
        let client = remote(&server.base_url, 10_000);
        let offers = client.search(&Wanted { limit: 100, ..wanted("US") }).unwrap();
        let known = client.owned(None).unwrap().into_iter().map(|rented| rented.phone_number).collect::<HashSet<_>>();
        assert!(acknowledged.iter().all(|number| known.contains(number)), "round {round}");
        let bought = std::thread::scope(|scope| {
            let buyer = |part: usize| {
                let (client, offers) = (&client, &offers);
                scope.spawn(move || {
                    let mine = offers.iter().skip(part).step_by(2).cycle();
                    let bought = mine
                        .map_while(|offer| client.acquire(&offer.phone_number, order(round), &Route::default()).ok());
                    bought.map(|rented| rented.phone_number).collect::<Vec<_>>()
                })
            };
            let buyers = [buyer(0), buyer(1)];
            std::thread::sleep(Duration::from_millis(60 + round * 37 % 90));
            server.signal("-KILL");
            buyers.map(|buyer| buyer.join().unwrap()).concat()
        });
        drop(server);
        let entries = Ledger::read(&directory.path().join(LEDGER_FILE)).unwrap();
        let written = entries.iter().filter(|entry| entry.reference == Some(order(round))).count();
        // At most one request of each buyer was done and not answered.
        assert!((bought.len()..=bought.len() + 2).contains(&written), "{written} written, {} said", bought.len());
        acknowledged.extend(bought);
    }
    assert!(acknowledged.len() > 6, "it was killed before it sold anything");
}
