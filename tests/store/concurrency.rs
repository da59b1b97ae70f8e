//! One database, several at once: the server, commands beside it, and other programs.

use std::time::Duration;

use linekeeper::model::{AgencyId, NumberFilter, Role, Status, Window};
use linekeeper::store::{DataDir, Store};
use rusqlite::params;

use crate::support::{Inventory, Server, add_agency, add_agent, add_user, agent, id, linekeeper, number, token};

#[test]
fn one_server_at_a_time_uses_a_data_directory() {
    let inventory = Inventory::empty();
    let first = Server::start(&inventory.path());
    let mut command = linekeeper();
    command.args(["serve", "--listen", "127.0.0.1:0", "--data-dir"]).arg(inventory.path());
    let second = command.env("LINEKEEPER_JWT_SECRET", crate::support::SECRET).output().unwrap();
    assert_eq!(second.status.code(), Some(1));
    let complaint = String::from_utf8(second.stderr).unwrap();
    assert!(complaint.contains("another server is using") && complaint.contains("--data-dir"), "{complaint}");
    first.signal("-KILL");
    drop(first);
    drop(Server::start(&inventory.path()));
}

#[test]
fn what_another_process_writes_is_seen_at_the_next_answer() {
    let inventory = Inventory::empty();
    let owner = inventory.write(|change| {
        let scope = add_agency(change, 1, "Northwind")?;
        change.add_number(&scope, &number(50, "+19705550050"))?;
        add_user(change, Some(&scope), 11, Role::AgencyOwner)
    });
    let server = Server::start(&inventory.path());
    let listed = || server.list(&token(owner), "").json();
    assert_eq!(listed()["summary"]["active"], 1);
    inventory.sqlite().execute("UPDATE agency_phone_numbers SET status = 2", []).unwrap();
    assert_eq!((&listed()["summary"]["active"], &listed()["summary"]["suspended"]), (&0.into(), &1.into()));
    assert_eq!(listed()["phone_numbers"][0]["status"], "suspended");

    let agency = id(1).to_string();
    let mut command = linekeeper();
    command.args(["agent", "create", "--agency", &agency, "--name", "New", "--data-dir"]).arg(inventory.path());
    assert!(command.output().unwrap().status.success());
    assert_eq!(listed()["available_agents"][0]["ultravox_agent_name"], "New");
}

#[test]
fn the_revision_rises_with_whatever_changes_a_list() {
    let inventory = Inventory::empty();
    let scope = inventory.write(|change| add_agency(change, 1, "Northwind"));
    let other = inventory.write(|change| add_agency(change, 2, "Lumen"));
    let revisions = || {
        inventory.store.read(|snapshot| {
            Ok::<_, linekeeper::model::Error>((snapshot.revision(&scope)?, snapshot.revision(&other)?))
        })
    };
    let sqlite = inventory.sqlite();
    let (mut last, untouched) = revisions().unwrap();
    let key = id(50).as_bytes().to_vec();
    let mut rises = |deed: &str, did: &dyn Fn()| {
        did();
        let (now, others) = revisions().unwrap();
        assert!(now > last, "{deed} went unnoticed");
        assert_eq!(others, untouched, "{deed} touched another agency");
        last = now;
    };
    rises("an agent", &|| inventory.write(|change| add_agent(change, &scope, &agent(41, Some("a")))));
    rises("a number", &|| inventory.write(|change| change.add_number(&scope, &number(50, "+19705550050"))));
    let update = |sql: &str| assert_eq!(sqlite.execute(sql, params![key]).unwrap(), 1, "{sql}");
    rises("a name", &|| update("UPDATE agency_phone_numbers SET friendly_name = 'x' WHERE id = ?1"));
    rises("a status", &|| update("UPDATE agency_phone_numbers SET status = 0 WHERE id = ?1"));
    rises("an agent's name", &|| {
        sqlite.execute("UPDATE agent_mappings SET ultravox_agent_name = 'b'", []).unwrap();
    });
    rises("a removal", &|| update("DELETE FROM agency_phone_numbers WHERE id = ?1"));
    rises("an agent's removal", &|| assert_eq!(sqlite.execute("DELETE FROM agent_mappings", []).unwrap(), 1));
}

#[test]
fn lists_stay_whole_while_another_process_writes() {
    let inventory = Inventory::empty();
    let scope = inventory.write(|change| {
        let scope = add_agency(change, 1, "Northwind")?;
        for place in 0..40 {
            change.add_number(&scope, &number(100 + place, &format!("+197055501{place:02}")))?;
        }
        Ok(scope)
    });
    let done = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|threads| {
        threads.spawn(|| {
            let sqlite = inventory.sqlite();
            for turn in 0..150 {
                let (status, row) = (turn % 4, id(100 + turn % 40).as_bytes().to_vec());
                sqlite
                    .execute("UPDATE agency_phone_numbers SET status = ?1 WHERE id = ?2", params![status, row])
                    .unwrap();
            }
            done.store(true, std::sync::atomic::Ordering::Relaxed);
        });
        let mut lists = 0;
        while !done.load(std::sync::atomic::Ordering::Relaxed) {
            inventory
                .store
                .read(|snapshot| {
                    let counts = snapshot.number_counts(&scope)?;
                    for status in Status::ALL {
                        let filter = NumberFilter { status: Some(status), ..NumberFilter::default() };
                        let slice = snapshot.numbers(&scope, &filter, Window::at(0, 200), &counts)?;
                        assert_eq!(slice.items.len() as u64, counts.with_status(status), "page and count disagree");
                    }
                    assert_eq!(counts.total(), 40);
                    Ok::<_, linekeeper::model::Error>(())
                })
                .unwrap();
            lists += 1;
        }
        assert!(lists > 3, "{lists} lists were read beside the writes");
    });
    assert_eq!(inventory.store.read(|snapshot| snapshot.examine()).unwrap().findings, Vec::<String>::new());
}

#[test]
fn a_live_number_is_an_agencys_once_and_an_accounts_once() {
    let inventory = Inventory::empty();
    let (first, second) =
        inventory.write(|change| Ok((add_agency(change, 1, "Northwind")?, add_agency(change, 2, "Lumen")?)));
    let add =
        |scope, number: &linekeeper::model::Number| inventory.store.write(|change| change.add_number(scope, number));
    let mut row = number(50, "+19705550050");
    row.carrier_account = Some("AC1".into());
    add(&first, &row).unwrap();

    let again = linekeeper::model::Number { id: linekeeper::model::NumberId(id(51)), ..row.clone() };
    assert!(matches!(add(&first, &again), Err(linekeeper::model::Error::Exists(_))));
    assert!(matches!(add(&second, &again), Err(linekeeper::model::Error::Exists(_))), "one account, one live number");
    let elsewhere = linekeeper::model::Number { carrier_account: Some("AC2".into()), ..again.clone() };
    add(&second, &elsewhere).unwrap();

    inventory
        .sqlite()
        .execute("UPDATE agency_phone_numbers SET status = 3 WHERE id = ?1", [id(50).as_bytes()])
        .unwrap();
    let anew = linekeeper::model::Number { id: linekeeper::model::NumberId(id(52)), ..row };
    add(&first, &anew).unwrap();
    assert_eq!(inventory.store.read(|snapshot| snapshot.examine()).unwrap().findings, Vec::<String>::new());
}

#[test]
fn a_replaced_row_leaves_the_counters() {
    let inventory = Inventory::empty();
    let scope = inventory.write(|change| add_agency(change, 1, "Northwind"));
    inventory.write(|change| change.add_number(&scope, &number(50, "+19705550050")));
    let sqlite = inventory.sqlite();
    sqlite
        .execute_batch(
            "PRAGMA recursive_triggers = ON; INSERT OR REPLACE INTO agency_phone_numbers
        (agency_no, created_at, id, phone_number, assigned, status, carrier, updated_at)
        SELECT agency_no, created_at + 1, id, phone_number, assigned, 2, carrier, updated_at FROM agency_phone_numbers",
        )
        .unwrap();
    assert_eq!(inventory.store.read(|snapshot| snapshot.examine()).unwrap().findings, Vec::<String>::new());
    assert_eq!(inventory.store.read(|snapshot| snapshot.number_counts(&scope)).unwrap().total(), 1);
}

#[test]
fn a_write_waits_for_another_processs_write() {
    let inventory = Inventory::empty();
    let sqlite = inventory.sqlite();
    sqlite.execute_batch("BEGIN IMMEDIATE").unwrap();
    let store = Store::open(&DataDir::new(inventory.path()), 1).unwrap();
    std::thread::scope(|threads| {
        let waiting = threads.spawn(|| store.write(|change| add_agency(change, 1, "Patient")));
        std::thread::sleep(Duration::from_millis(300));
        assert!(!waiting.is_finished(), "it did not wait");
        sqlite.execute_batch("COMMIT").unwrap();
        waiting.join().unwrap().unwrap();
    });
    let scope = inventory.store.read(|snapshot| snapshot.operator_scope(AgencyId(id(1)))).unwrap();
    assert!(scope.is_some());
}
