//! The ledger: what a restart keeps, what is cut off, and what is refused.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use linekeeper::carrier::Port;
use linekeeper::carrier::simulator::{LEDGER_FILE, Ledger, Simulator};
use linekeeper::model::{Papers, Route, Wanted};

use crate::house::{SEED, order, route, wanted};

/// A directory whose account bought five numbers, routed one and gave one back.
fn with_history(directory: &Path) -> Vec<linekeeper::carrier::Rented> {
    let simulator = Simulator::open(directory, SEED).unwrap();
    for (offer, at) in simulator.search(&Wanted { limit: 5, ..wanted("DE") }).unwrap().iter().zip(1..) {
        let rented = simulator.acquire(&offer.phone_number, order(at), &Route::default(), &Papers::default()).unwrap();
        match at {
            2 => drop(simulator.configure(&rented, &route("https://two.example")).unwrap()),
            4 => simulator.release(&rented).unwrap(),
            _ => {}
        }
    }
    simulator.owned(None).unwrap()
}

#[test]
fn a_restart_keeps_everything() {
    let directory = tempfile::tempdir().unwrap();
    let place = directory.path().join("a/b");
    let owned = with_history(&place);
    assert_eq!(owned.len(), 4);
    let again = Simulator::open(&place, SEED).unwrap();
    assert_eq!(again.owned(None).unwrap(), owned);
    again.release(&owned[0]).unwrap();
    let entries = Ledger::read(&place.join(LEDGER_FILE)).unwrap();
    assert_eq!(entries.iter().map(|entry| entry.seq).collect::<Vec<_>>(), (1..=8).collect::<Vec<_>>());
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&place), mode(&place.join(LEDGER_FILE))), (0o700, 0o600));
}

#[test]
fn a_directory_is_one_simulators() {
    let directory = tempfile::tempdir().unwrap();
    let first = Simulator::open(directory.path(), SEED).unwrap();
    assert_eq!(Simulator::open(directory.path(), SEED).unwrap_err().kind(), ErrorKind::ResourceBusy);
    drop(first);
    Simulator::open(directory.path(), SEED).unwrap();
}

#[test]
fn a_torn_last_line_is_cut_off() {
    let directory = tempfile::tempdir().unwrap();
    let owned = with_history(directory.path());
    let file = directory.path().join(LEDGER_FILE);
    let whole = fs::read(&file).unwrap();
    let last = whole[..whole.len() - 1].iter().rposition(|byte| *byte == b'\n').unwrap() + 1;
    for torn in [1, whole.len() - last - 1] {
        let tail = [&whole[..], &whole[last..last + torn]].concat();
        fs::write(&file, &tail).unwrap();
        assert_eq!(Ledger::read(&file).unwrap().len(), 7, "{torn} bytes of a line");
        let simulator = Simulator::open(directory.path(), SEED).unwrap();
        assert_eq!(fs::read(&file).unwrap(), whole);
        assert_eq!(simulator.owned(None).unwrap(), owned);
    }
    // What was cut off is in nobody's way.
    let simulator = Simulator::open(directory.path(), SEED).unwrap();
    simulator.release(&owned[0]).unwrap();
    assert_eq!(Ledger::read(&file).unwrap().len(), 8);
}

#[test]
fn a_damaged_line_is_refused_by_its_number() {
    let directory = tempfile::tempdir().unwrap();
    with_history(directory.path());
    let file = directory.path().join(LEDGER_FILE);
    let whole = fs::read_to_string(&file).unwrap();
    let lines = whole.lines().collect::<Vec<_>>();
    let changed = |line: usize, text: String| {
        let mut lines = lines.iter().map(|line| (*line).to_owned()).collect::<Vec<_>>();
        lines[line - 1] = text;
        lines.join("\n") + "\n"
    };
    for (line, text) in [
        (3, changed(3, lines[2][..40].to_owned())),
        (3, changed(3, String::new())),
        (3, changed(3, "\0".repeat(lines[2].len()))),
        (2, changed(2, lines[1].replace("\"seq\":2", "\"seq\":3"))),
        (1, changed(1, lines[0].replace("+49", "49"))),
        (7, changed(7, "half a line, but with an end".to_owned())),
        (3, [&lines[..2], &lines[3..]].concat().join("\n") + "\n"),
        // It routes a number that nobody bought.
        (3, changed(3, lines[2].replace("\"+49", "\"+48"))),
    ] {
        fs::write(&file, &text).unwrap();
        let error = Simulator::open(directory.path(), SEED).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidData);
        assert!(error.to_string().contains(&format!("line {line}:")), "{error}");
        assert_eq!(fs::read_to_string(&file).unwrap(), text, "nothing is repaired");
    }
}
