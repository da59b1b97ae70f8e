//! The list without pages: whole, in constant memory, and in nobody's way.

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::Value;

use super::{Office, basic};
use crate::shop::two_agencies;
use crate::support::{Inventory, id, linekeeper, number};
use linekeeper::model::AgencyId;

const LIST: &str = "/api/conversational-ai-agent/v2/phone-numbers";

fn resident_kib(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

fn connect(office: &Office) -> TcpStream {
    let address = office.server.base_url.trim_start_matches("http://").to_owned();
    let mut stream = TcpStream::connect(&address).unwrap();
    let headers = basic(&office.key);
    write!(
        stream,
        "GET {LIST} HTTP/1.1\r\nhost: {address}\r\nauthorization: {}\r\nconnection: close\r\n\r\n",
        headers[0].1
    )
    .unwrap();
    stream
}

#[test]
fn a_hundred_thousand_numbers_are_sent_in_constant_memory() {
    let inventory = Inventory::empty();
    let size = ["--agencies", "1", "--numbers", "100000", "--largest", "100000", "--seed", "7"];
    let generated = linekeeper().arg("generate").args(size).arg("--data-dir").arg(inventory.path()).output().unwrap();
    assert!(generated.status.success(), "{}", String::from_utf8_lossy(&generated.stderr));
    let sqlite = inventory.sqlite();
    sqlite.execute("UPDATE agencies SET id = ?1", [id(1).as_bytes()]).unwrap();
    let sql = "SELECT count(*) FROM agency_phone_numbers WHERE status <> 3";
    let live: usize = sqlite.query_row(sql, [], |row| row.get(0)).unwrap();
    let office = Office::of(inventory, &[("MEMORY_MIB", "0"), ("ANSWER_CACHE_MIB", "0")]);
    let small = office.done(&office.bearer(), "GET", "/v1/numbers?limit=1", None);
    assert_eq!(small["total"], live);
    let list = || office.done(&office.basic(), "GET", LIST, None);
    let first = list();
    let before = resident_kib(office.server.pid());
    for _ in 0..3 {
        let numbers: BTreeSet<String> =
            list().as_array().unwrap().iter().map(|row| row["phone_number"].as_str().unwrap().to_owned()).collect();
        assert_eq!(numbers.len(), live);
    }
    let grown = resident_kib(office.server.pid()).saturating_sub(before);
    assert!(grown < 8 * 1024, "{grown} KiB more after three lists of {} rows", first.as_array().unwrap().len());
}

#[test]
fn a_slow_reader_pins_no_snapshot_and_keeps_nobody_waiting() {
    let inventory = two_agencies();
    inventory.write(|change| {
        let scope = change.operator_scope(AgencyId(id(1)))?.unwrap();
        (0..20_000_u64).try_for_each(|place| {
            change.add_number(&scope, &number(10_000 + place, &format!("+1970{:07}", 5_000_000 + place)))
        })
    });
    let office = Office::of(inventory, &[]);
    let mut slow: Vec<TcpStream> = (0..12).map(|_| connect(&office)).collect();
    std::thread::sleep(Duration::from_millis(300));
    // While they have not read anything, writes are checkpointed: nobody holds an old moment of the database.
    for place in 0..50_u64 {
        let body = serde_json::json!({"provider": "byo", "phone_number": format!("+4930{:07}", 1_000_000 + place), "label": "x"});
        office.done(&office.basic(), "POST", LIST, Some(&body));
    }
    // Somebody may just be reading; but nobody for long.
    let sqlite = office.inventory.sqlite();
    let checkpoint = || -> (i64, i64, i64) {
        let moved = "PRAGMA wal_checkpoint(PASSIVE)";
        sqlite.query_row(moved, [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).unwrap()
    };
    let is_whole = |_| matches!(checkpoint(), (0, log, moved) if log == moved);
    let tried = (0..50).position(|at| {
        is_whole(at) || {
            std::thread::sleep(Duration::from_millis(50));
            false
        }
    });
    assert!(tried.is_some(), "somebody reads what was there before: {:?}", checkpoint());
    assert_eq!(office.ask(&office.bearer(), "GET", "/v1/numbers?limit=1", None).status, 200);
    let mut read = String::new();
    slow[0].read_to_string(&mut read).unwrap();
    let body = read.split_once("\r\n\r\n").unwrap().1;
    let mut rest = body;
    let mut json = String::new();
    while let Some((size, after)) = rest.split_once("\r\n") {
        let size = usize::from_str_radix(size, 16).unwrap();
        json.push_str(&after[..size]);
        rest = &after[size + 2..];
    }
    let rows: Value = serde_json::from_str(&json).unwrap();
    let numbers: BTreeSet<&str> =
        rows.as_array().unwrap().iter().map(|row| row["phone_number"].as_str().unwrap()).collect();
    assert_eq!(numbers.iter().filter(|number| number.starts_with("+1970")).count(), 20_000);
    assert_eq!(numbers.len(), rows.as_array().unwrap().len(), "each once");
}

#[test]
fn a_list_that_fails_on_the_way_is_broken_off_and_never_shorter() {
    let inventory = two_agencies();
    inventory.write(|change| {
        let scope = change.operator_scope(AgencyId(id(1)))?.unwrap();
        (0..20_000_u64).try_for_each(|place| {
            change.add_number(&scope, &number(10_000 + place, &format!("+1970{:07}", 5_000_000 + place)))
        })
    });
    let office = Office::of(inventory, &[]);
    let mut reader = connect(&office);
    let mut begun = [0; 16 * 1024];
    let read = reader.read(&mut begun).unwrap();
    assert!(String::from_utf8_lossy(&begun[..read]).starts_with("HTTP/1.1 200"));
    office.inventory.sqlite().execute_batch("ALTER TABLE agency_phone_numbers RENAME TO elsewhere").unwrap();
    let mut rest = Vec::new();
    let ended = reader.read_to_end(&mut rest);
    // The last chunk, of no bytes, is what says that all was sent (RFC 9112, 7.1).
    assert!(ended.is_err() || !rest.ends_with(b"0\r\n\r\n"), "it ended as if it were whole");
    let (_, log) = office.server.stop();
    assert!(log.contains("a list was broken off"), "{log}");
}
