//! Walks by cursor: each number once, whatever happens meanwhile, at the first page's cost.

use std::collections::BTreeMap;
use std::time::Instant;

use linekeeper::model::{AgencyId, Status, Timestamp};
use serde_json::Value;

use super::Office;
use crate::shop::two_agencies;
use crate::support::{NOON, id, number};

/// An agency whose numbers are of a few moments only.
fn crowded(numbers: u64) -> Office {
    let inventory = two_agencies();
    inventory.write(|change| {
        let scope = change.operator_scope(AgencyId(id(1)))?.unwrap();
        for place in 0..numbers {
            let mut row = number(10_000 + place, &format!("+1970{:07}", 5_000_000 + place));
            row.created_at = Timestamp(NOON.0 + i64::try_from(place % 3).unwrap());
            change.add_number(&scope, &row)?;
        }
        Ok(())
    });
    Office::of(inventory, &[])
}

fn page(office: &Office, query: &str) -> Value {
    office.done(&office.api_key(), "GET", &format!("/api/phone-numbers{query}"), None)
}

#[test]
fn a_walk_meets_each_number_once_while_others_come_and_go() {
    let office = crowded(300);
    let (mut seen, mut cursor, mut round) = (BTreeMap::<String, u32>::new(), String::new(), 0_u64);
    loop {
        let page = page(&office, &format!("?page_size=7{cursor}"));
        for row in page["data"].as_array().unwrap() {
            *seen.entry(row["phone_number"].as_str().unwrap().to_owned()).or_default() += 1;
        }
        // New ones at the front and back-dated ones in the middle; released ones before and behind where the walk is.
        office.inventory.write(|change| {
            let scope = change.operator_scope(AgencyId(id(1)))?.unwrap();
            let mut new = number(20_000 + round, &format!("+1980{:07}", 5_000_000 + round));
            new.created_at = Timestamp(NOON.0 + if round % 2 == 0 { 1_000_000 } else { 1 });
            change.add_number(&scope, &new)?;
            for place in [round * 5 % 300, 299 - round % 300] {
                let mut gone = change.number(&scope, linekeeper::model::NumberId(id(10_000 + place)))?;
                if gone.status != Status::Released {
                    gone.release(NOON);
                    change.change_number(&scope, &gone)?;
                }
            }
            Ok(())
        });
        round += 1;
        match page["pagination"]["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert!(round > 20, "{round}");
    assert!(seen.values().all(|times| *times == 1), "{seen:?}");
    let stayed = (0..300_u64).map(|place| format!("+1970{:07}", 5_000_000 + place));
    let sqlite = office.inventory.sqlite();
    let is_live = |phone: &String| {
        let sql = "SELECT count(*) FROM agency_phone_numbers WHERE phone_number = ?1 AND status <> 3";
        sqlite.query_row(sql, [phone], |row| row.get::<_, u32>(0)).unwrap() == 1
    };
    let missed: Vec<_> = stayed.filter(is_live).filter(|phone| !seen.contains_key(phone)).collect();
    assert!(missed.is_empty(), "these were there all along: {missed:?}");
}

#[test]
fn a_cursor_is_good_for_the_list_that_gave_it_and_no_other() {
    let office = crowded(30);
    let cursor = |query: &str| page(&office, query)["pagination"]["next_cursor"].as_str().unwrap().to_owned();
    let (free, all) = (cursor("?status=free&page_size=3"), cursor("?page_size=3"));
    let ask = |query: &str| office.ask(&office.api_key(), "GET", &format!("/api/phone-numbers{query}"), None).status;
    assert_eq!(ask(&format!("?status=free&cursor={free}")), 200);
    assert_eq!(ask(&format!("?page_size=1&cursor={all}")), 200, "the size may change");
    assert_eq!(ask(&format!("?cursor={free}")), 400);
    assert_eq!(ask(&format!("?status=assigned&cursor={free}")), 400);
    assert_eq!(ask(&format!("?status=free&cursor={all}")), 400);
    for wrong in ["x", "null", "AAAA", &all[1..], &format!("{all}A"), &all.to_lowercase()] {
        assert_eq!(ask(&format!("?cursor={wrong}")), 400, "{wrong}");
    }
    // Another agency's, which lists as many.
    office.inventory.write(|change| {
        let scope = change.operator_scope(AgencyId(id(2)))?.unwrap();
        (0..9).try_for_each(|place| change.add_number(&scope, &number(90 + place, &format!("+1990555{place:04}"))))
    });
    let theirs = linekeeper::inventory::keys::NewKey {
        name: None,
        permissions: linekeeper::model::Permissions::ALL,
        partner: false,
        expires_at: None,
    };
    let theirs = office.inventory.write(|change| {
        let (clock, ids) = (linekeeper::clock::Clock::System, linekeeper::clock::Ids::Fresh);
        linekeeper::inventory::keys::create(change, &clock, &ids, AgencyId(id(2)), theirs)
    });
    let headers = vec![("x-api-key", theirs.expose())];
    let theirs = office.done(&headers, "GET", "/api/phone-numbers?page_size=3", None);
    let theirs = theirs["pagination"]["next_cursor"].as_str().unwrap();
    assert_eq!(ask(&format!("?cursor={theirs}")), 400);
    assert_eq!(office.ask(&headers, "GET", &format!("/api/phone-numbers?cursor={theirs}"), None).status, 200);
    assert_eq!(office.ask(&headers, "GET", &format!("/api/phone-numbers?cursor={all}"), None).status, 400);
}

#[test]
fn a_cursor_outlives_the_server() {
    let office = crowded(10);
    let first = page(&office, "?page_size=4");
    let cursor = first["pagination"]["next_cursor"].as_str().unwrap().to_owned();
    let Office { inventory, server, key, idle } = office;
    server.stop();
    let server = crate::support::Server::spawn(super::serving(&inventory, &[]));
    let office = Office { inventory, server, key, idle };
    assert_eq!(page(&office, &format!("?cursor={cursor}"))["data"].as_array().unwrap().len(), 6);
}

#[test]
fn deep_pages_cost_what_first_pages_cost() {
    let office = crowded(30_000);
    let mut cursor = String::new();
    // The least of many: what else the machine does is not in it.
    let mut least = |pages: u32| {
        let mut once = || {
            let began = Instant::now();
            let page = page(&office, &format!("?page_size=100{cursor}"));
            cursor = format!("&cursor={}", page["pagination"]["next_cursor"].as_str().unwrap());
            began.elapsed()
        };
        (0..pages).map(|_| once()).min().unwrap()
    };
    let first = least(25);
    least(240);
    let last = least(25);
    // A page that was counted off from the beginning would cost ten times as much there.
    assert!(last < first * 3, "{first:?} at the beginning, {last:?} at the end");
}
