//! Many who want the same at once: one gets it, and nobody learns who.

use std::collections::BTreeSet;
use std::sync::Barrier;

use linekeeper::model::{E164, UserId};
use serde_json::Value;

use crate::house::{PURCHASE, RELEASE, agencies, bought, buying, ledger, order, owner, routed, second_owner, stock};
use crate::support::{Answer, Inventory, Server, id, token};

const CLIENTS: u64 = 8;

/// Asks the same of a server from many threads at the same moment.
fn at_once(ask: impl Fn(u64) -> Answer + Sync) -> Vec<Answer> {
    let barrier = Barrier::new(usize::try_from(CLIENTS).unwrap());
    std::thread::scope(|scope| {
        let (ask, barrier) = (&ask, &barrier);
        let clients = (1..=CLIENTS).map(|client| {
            scope.spawn(move || {
                barrier.wait();
                ask(client)
            })
        });
        let clients = clients.collect::<Vec<_>>();
        clients.into_iter().map(|client| client.join().unwrap()).collect()
    })
}

fn is_replayed(answer: &Answer) -> bool {
    answer.header("idempotency-replayed") == Some("true")
}

/// What the first answer was, where all the others are it or say that they came too early.
fn first_of(answers: &[Answer], what: &str) -> Vec<u8> {
    let (early, given): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == 409);
    let first = given.iter().filter(|answer| !is_replayed(answer)).collect::<Vec<_>>();
    assert_eq!(first.len(), 1, "{what}: {first:?}");
    for answer in &given {
        assert_eq!((answer.status, answer.text()), (200, first[0].text()), "{what}");
    }
    for answer in early {
        assert!(answer.text().contains("is being answered") && !is_replayed(answer), "{what}: {}", answer.text());
    }
    first[0].body.clone()
}

fn doctor_finds_nothing(inventory: &Inventory) {
    let diagnosis = inventory.store.read(|snapshot| snapshot.examine()).unwrap();
    assert_eq!(diagnosis.findings, Vec::<String>::new());
}

#[test]
fn of_8_clients_with_one_key_one_buys_and_all_hear_the_same() {
    let inventory = agencies(1);
    let server = Server::start(&inventory.path());
    for (round, number) in stock(24).iter().enumerate() {
        let (what, key) = (format!("round {round}"), format!("key {round}"));
        let body = buying([number], (round % 2 == 0).then_some(routed(1)));
        let answers = at_once(|_| order(&server, PURCHASE, owner(1), Some(&key), &body));
        let first = first_of(&answers, &what);
        let repeat = order(&server, PURCHASE, owner(1), Some(&key), &body);
        assert!(is_replayed(&repeat) && repeat.status == 200 && repeat.body == first, "{what}: {}", repeat.text());
        assert_eq!(bought(&ledger(&inventory.path().join("simulator")), number), 1, "{what}");
    }
    doctor_finds_nothing(&inventory);
}

#[test]
fn of_8_clients_who_give_back_with_one_key_one_does_and_all_hear_the_same() {
    let inventory = agencies(1);
    let server = Server::start(&inventory.path());
    for (round, number) in stock(12).iter().enumerate() {
        let (what, key) = (format!("round {round}"), format!("key {round}"));
        let bought = order(&server, PURCHASE, owner(1), None, &buying([number], None)).json();
        let body = serde_json::json!({"phone_number_ids": [bought["phone_numbers"][0]["id"]], "confirm": true});
        let answers = at_once(|_| order(&server, RELEASE, owner(1), Some(&key), &body));
        let first = first_of(&answers, &what);
        assert!(!String::from_utf8(first).unwrap().contains("Already"), "{what}");
    }
    doctor_finds_nothing(&inventory);
}

#[test]
fn a_key_is_for_one_request_of_one_user() {
    let inventory = agencies(1);
    let server = Server::start(&inventory.path());
    let numbers = stock(3);
    let buy = |user: UserId, number: &E164| order(&server, PURCHASE, user, Some("a key"), &buying([number], None));
    let first = buy(owner(1), &numbers[0]);
    assert_eq!(first.status, 200, "{}", first.text());
    assert_eq!(buy(owner(1), &numbers[1]).status, 422, "another body");
    let released = serde_json::json!({"phone_number_ids": [first.json()["phone_numbers"][0]["id"]], "confirm": true});
    assert_eq!(order(&server, RELEASE, owner(1), Some("a key"), &released).status, 422, "another endpoint");
    let other = buy(second_owner(1), &numbers[1]);
    assert!(other.status == 200 && !is_replayed(&other), "another user's key is another: {}", other.text());
    let other = order(&server, PURCHASE, second_owner(1), Some("another key"), &buying([&numbers[0]], None));
    assert!(other.status == 409 && !is_replayed(&other), "{}", other.text());
    assert_eq!(ledger(&inventory.path().join("simulator")).len(), 2);
}

#[test]
fn a_key_survives_a_restart_and_a_kill() {
    let inventory = agencies(1);
    let body = buying(&stock(2), Some(routed(1)));
    let mut server = Server::start(&inventory.path());
    let first = order(&server, PURCHASE, owner(1), Some("a key"), &body);
    assert_eq!(first.status, 200, "{}", first.text());
    for stops in [true, false] {
        if stops {
            assert_eq!(server.stop().0, Some(0));
        } else {
            drop(server);
        }
        server = Server::start(&inventory.path());
        let repeat = order(&server, PURCHASE, owner(1), Some("a key"), &body);
        assert!(is_replayed(&repeat) && repeat.body == first.body, "{}", repeat.text());
    }
    assert_eq!(ledger(&inventory.path().join("simulator")).len(), 2);
}

/// A status, the headers in their order, and a body.
type Said = (u16, BTreeSet<(String, String)>, String);

/// What an answer says, but for what is of each request and the number that was asked for.
fn said(answer: &Answer, number: &E164) -> Said {
    let own = ["date", "x-request-id"];
    let headers = answer.headers.iter().filter(|(name, _)| !own.contains(&name.as_str())).cloned();
    (answer.status, headers.collect(), answer.text().replace(number.as_str(), "NUMBER"))
}

/// Buys for each agency at once; gives what the losers heard, which is the same, and which agency won.
fn race(server: &Server, number: &E164, keyed: bool) -> (u64, Said) {
    let buy = |agency| {
        let key = format!("{number} for {agency}");
        order(server, PURCHASE, owner(agency), keyed.then_some(key.as_str()), &buying([number], None))
    };
    let answers = at_once(buy);
    let winners = (1..).zip(&answers).filter(|(_, answer)| answer.status == 200).collect::<Vec<_>>();
    assert_eq!(winners.len(), 1, "{number}: {winners:?}");
    let mut losers = answers.iter().filter(|answer| answer.status != 200).map(|answer| said(answer, number));
    let heard = losers.next().unwrap();
    losers.for_each(|other| assert_eq!(other, heard, "{number}"));
    let won: Value = winners[0].1.json();
    for secret in [
        format!("Agency number {}", winners[0].0),
        id(winners[0].0).to_string(),
        won["order"]["id"].as_str().unwrap().to_owned(),
        won["phone_numbers"][0]["id"].as_str().unwrap().to_owned(),
        won["phone_numbers"][0]["phone_number_id"].as_str().unwrap().to_owned(),
    ] {
        assert!(!heard.2.contains(&secret), "the losers hear {secret}");
    }
    (winners[0].0, heard)
}

#[test]
fn of_8_agencies_after_one_number_one_gets_it_and_nobody_else_learns_who() {
    let inventory = agencies(CLIENTS);
    let server = Server::start(&inventory.path());
    let nobodys: E164 = "+15005550000".parse().unwrap();
    let unsold = order(&server, PURCHASE, owner(1), None, &buying([&nobodys], None));
    let unsold = said(&unsold, &nobodys);
    for (round, number) in stock(12).iter().enumerate() {
        let (winner, heard) = race(&server, number, round % 2 == 0);
        assert_eq!(heard, unsold, "a number that somebody has is like one that nobody sells");
        for agency in (1..=CLIENTS).filter(|agency| *agency != winner) {
            let list = server.list(&token(owner(agency)), "?include_released=true").text();
            assert!(!list.contains(number.as_str()), "agency {agency} sees {number}: {list}");
        }
        assert_eq!(bought(&ledger(&inventory.path().join("simulator")), number), 1);
        // Long after, too.
        let late = order(&server, PURCHASE, owner(winner % CLIENTS + 1), None, &buying([number], None));
        assert_eq!(said(&late, number), unsold);
    }
    doctor_finds_nothing(&inventory);
}
