//! Writers killed without warning, at random moments and at each of their writes: what was acknowledged is there, what
//! was not is there whole or not at all, and the next one finds a sound database.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;
use std::time::Duration;

use linekeeper::model::{Error, NumberId};
use linekeeper::store::{DataDir, Store, migrate};
use tempfile::TempDir;
use uuid::Uuid;

use crate::support::killer::{KILLER, compile};
use crate::support::{Inventory, NOON, add_agency, linekeeper, number};

/// The writes of each run that is killed at every one of them.
const DEEDS: u64 = 2;

/// What the writing process does: adds numbers from the given one on, and says of each that it is there.
#[test]
#[ignore = "the others start this in a process of its own, and kill it"]
fn writer() {
    let (Ok(data), Ok(first), Ok(deeds)) =
        (std::env::var("WRITER_DATA"), std::env::var("WRITER_FIRST"), std::env::var("WRITER_DEEDS"))
    else {
        return;
    };
    let (first, deeds): (u64, u64) = (first.parse().unwrap(), deeds.parse().unwrap());
    let store = Store::open(&DataDir::new(data.into()), 1).unwrap();
    for at in first..first + deeds {
        let number = number(100_000 + at, &format!("+1970{at:07}"));
        let added = store.write(|change| {
            let agency = change.agencies()?[0].id;
            change.add_number(&linekeeper::inventory::access::operator(change, agency)?, &number)
        });
        added.unwrap();
        writeln!(std::io::stdout().lock(), "\nacknowledged {}", number.id.0).unwrap();
    }
}

fn start(data: &Path, first: u64, deeds: u64, with: impl FnOnce(&mut Command)) -> Child {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--ignored", "--exact", "killed::writer", "--nocapture"]).stdout(Stdio::piped());
    command.stderr(Stdio::null()).env("WRITER_DATA", data).env("WRITER_FIRST", first.to_string());
    with(command.env("WRITER_DEEDS", deeds.to_string()));
    command.spawn().unwrap()
}

/// What a writer has acknowledged by the time it ends, and whether it ended by itself.
fn acknowledged(writer: &mut Child) -> (Vec<NumberId>, bool) {
    let lines = BufReader::new(writer.stdout.take().unwrap()).lines();
    let ids = lines.filter_map(|line| line.unwrap().strip_prefix("acknowledged ").map(|id| id.parse().unwrap()));
    let ids = ids.map(|id: Uuid| NumberId(id)).collect();
    (ids, writer.wait().unwrap().success())
}

/// Makes sure that the database is sound and has these numbers, and at most one more; gives how many it has.
fn assert_all_there(data: &Path, acknowledged: &[NumberId], before: u64, what: &str) -> u64 {
    let store = Store::open(&DataDir::new(data.to_owned()), 1).unwrap();
    let diagnosis = store
        .read(|snapshot| {
            for id in acknowledged {
                assert!(snapshot.number_anywhere(*id)?.is_some(), "{what}: {} was acknowledged and is gone", id.0);
            }
            snapshot.examine()
        })
        .unwrap();
    assert_eq!(diagnosis.findings, Vec::<String>::new(), "{what}");
    let there = diagnosis.rows[3];
    let known = before + acknowledged.len() as u64;
    assert!((known..=known + 1).contains(&there), "{what}: {there} numbers, {known} acknowledged");
    there
}

/// A database with one agency, which nobody has open: a copy, since making one takes longer than what is done with it.
fn one_agency() -> (TempDir, PathBuf) {
    static MADE: LazyLock<(TempDir, PathBuf)> = LazyLock::new(|| {
        let inventory = Inventory::empty();
        inventory.write(|change| add_agency(change, 1, "Northwind").map(drop));
        inventory.store.checkpoint().unwrap();
        inventory.closed()
    });
    let directory = tempfile::tempdir().unwrap();
    let data = DataDir::new(directory.path().join("data"));
    data.create().unwrap();
    std::fs::copy(DataDir::new(MADE.1.clone()).database(), data.database()).unwrap();
    (directory, data.path().to_owned())
}

#[test]
fn a_writer_killed_at_random_moments_has_lost_nothing_it_acknowledged() {
    let (_directory, data) = one_agency();
    let (mut there, mut all) = (0, 0);
    for round in 0..60_u64 {
        let mut writer = start(&data, round * 100_000, 100_000, |_| {});
        // On a machine that is slow to begin, longer each time until something was written.
        let slow = if all > 12 { 0 } else { round * 20 };
        std::thread::sleep(Duration::from_millis(40 + round * 37 % 90 + slow));
        writer.kill().unwrap();
        let (acknowledged, _) = acknowledged(&mut writer);
        all += acknowledged.len();
        there = assert_all_there(&data, &acknowledged, there, &format!("round {round}"));
        if round >= 11 && all > 12 {
            break;
        }
    }
    assert!(all > 12, "the writers were killed before they wrote");
}

#[test]
fn a_writer_killed_at_each_of_its_writes_has_lost_nothing_it_acknowledged() {
    let scratch = tempfile::tempdir().unwrap();
    let killer = compile(scratch.path(), KILLER);
    let mut deeds = Vec::new();
    let mut run = |at: u64| {
        let (_directory, data) = one_agency();
        let preload = |command: &mut Command| {
            command.env("LD_PRELOAD", &killer).env("KILL_AT", at.to_string());
        };
        let (acknowledged, done) = acknowledged(&mut start(&data, 0, DEEDS, preload));
        let what = format!("killed at write {at}");
        let there = assert_all_there(&data, &acknowledged, 0, &what);
        // The next writer goes on as if nothing had happened.
        let (next, _) = self::acknowledged(&mut start(&data, 1_000, 1, |_| {}));
        assert_eq!(next.len(), 1, "{what}");
        assert_all_there(&data, &next, there, &what);
        deeds.push(acknowledged.len() as u64);
        done
    };
    // Until there are no more writes to be killed at.
    assert!((1..500).any(&mut run), "it ends by itself");
    assert!(deeds.is_sorted() && deeds.len() as u64 > DEEDS * 2, "each deed writes and syncs: {deeds:?}");
    assert_eq!((deeds[0], deeds.last()), (0, Some(&DEEDS)), "{deeds:?}");
}

/// How many numbers the import that is killed brings.
const NUMBERS: u64 = 8;

#[test]
fn an_import_killed_at_each_of_its_writes_is_there_whole_or_not_at_all() {
    let scratch = tempfile::tempdir().unwrap();
    let killer = compile(scratch.path(), KILLER);
    let exports = scratch.path().join("exports");
    std::fs::create_dir(&exports).unwrap();
    let agency = crate::support::id(7);
    let line = |at| format!("{},{agency},+1970{at:07},active,{NOON},{NOON}\n", crate::support::id(500 + at));
    let numbers = (0..NUMBERS).map(line).collect::<Vec<_>>().concat();
    for (file, text) in [
        ("agencies.csv", format!("id,name\n{agency},Lumen\n")),
        ("users.csv", "id,role\n".to_owned()),
        ("agent_mappings.csv", "id,agency_id,ultravox_agent_id\n".to_owned()),
        ("agency_phone_numbers.csv", format!("id,agency_id,phone_number,status,created_at,updated_at\n{numbers}")),
    ] {
        std::fs::write(exports.join(file), text).unwrap();
    }
    let import = |data: &Path, at: Option<u64>| {
        let mut command = linekeeper();
        command.args(["import", "supabase"]).arg(&exports).arg("--data-dir").arg(data);
        if let Some(at) = at {
            command.env("LD_PRELOAD", &killer).env("KILL_AT", at.to_string());
        }
        command.output().unwrap().status.success()
    };
    let there = |data: &Path| {
        let store = Store::open(&DataDir::new(data.to_owned()), 1).unwrap();
        let diagnosis = store.read(|snapshot| snapshot.examine()).unwrap();
        assert_eq!(diagnosis.findings, Vec::<String>::new());
        (diagnosis.rows[0], diagnosis.rows[3])
    };
    let mut seen = [0; 2];
    let mut run = |at: u64| {
        let (_directory, data) = one_agency();
        let done = import(&data, Some(at));
        match there(&data) {
            (1, 0) => seen[0] += 1,
            (2, NUMBERS) => seen[1] += 1,
            half => panic!("killed at write {at}, it left {half:?}"),
        }
        assert!(import(&data, None), "the next import after one killed at write {at}");
        assert_eq!(there(&data), (2, NUMBERS));
        done
    };
    // Until there are no more writes to be killed at.
    assert!((1..200).any(&mut run), "it ends by itself");
    // Whole once it was committed: from then on, its writes are the checkpoint's.
    assert!(seen[0] > 3 && seen[1] > 1, "{seen:?}");
}

#[test]
fn a_data_directory_whose_making_was_killed_is_made_by_the_next() {
    let scratch = tempfile::tempdir().unwrap();
    let killer = compile(scratch.path(), KILLER);
    let make = |data: &Path, at: u64| {
        let mut command = linekeeper();
        command.args(["migrate", "--data-dir"]).arg(data);
        command.env("LD_PRELOAD", &killer).env("KILL_AT", at.to_string()).output().unwrap()
    };
    let run = |at: u64| {
        let data = scratch.path().join(at.to_string());
        let done = make(&data, at).status.success();
        let data = DataDir::new(data);
        migrate(&data, None).unwrap_or_else(|error| panic!("after one killed at write {at}: {error}"));
        let store = Store::open(&data, 1).unwrap();
        let diagnosis = store.read(|snapshot| snapshot.examine()).unwrap();
        assert_eq!(diagnosis.findings, Vec::<String>::new(), "killed at write {at}");
        store
            .write(|change| add_agency(change, 1, "It writes").map(drop))
            .unwrap_or_else(|error: Error| panic!("{error}"));
        done
    };
    let writes = (1..400).position(run).expect("it ends by itself");
    assert!(writes > 20, "{writes}");
}
