//! A simulator killed without warning, or out of room: what it acknowledged is in its ledger, and the next one goes on.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use linekeeper::carrier::simulator::{Entry, LEDGER_FILE, Ledger};
use linekeeper::carrier::{Port, Trouble};
use linekeeper::model::{E164, Papers, Route, Wanted};

use crate::house::{command, order, remote, serve, wanted};
use crate::support::{Server, linekeeper};

/// Kills the process that it is preloaded into at one of its writes to the ledger, of which half still reaches the file,
/// or at one of its syncs. `KILL_AT` says at which.
const KILLER: &str = r#"
#define _GNU_SOURCE
#include <dlfcn.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static long done;

static int is_last(int fd) {
    char link[64], target[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, target, sizeof target - 1);
    if (length < 0) return 0;
    target[length] = 0;
    return strstr(target, "ledger.jsonl") && ++done == atol(getenv("KILL_AT"));
}

static void end(void) { kill(getpid(), SIGKILL); pause(); }

ssize_t write(int fd, const void *bytes, size_t length) {
    ssize_t (*real)(int, const void *, size_t) = dlsym(RTLD_NEXT, "write");
    if (is_last(fd)) { real(fd, bytes, length / 2); end(); }
    return real(fd, bytes, length);
}

int fdatasync(int fd) {
    int (*real)(int) = dlsym(RTLD_NEXT, "fdatasync");
    if (is_last(fd)) end();
    return real(fd);
}
"#;

fn compile(directory: &Path, source: &str) -> PathBuf {
    let (text, library) = (directory.join("preload.c"), directory.join("preload.so"));
    std::fs::write(&text, source).unwrap();
    let compiled = Command::new("cc").args(["-shared", "-fPIC", "-o"]).args([&library, &text]).arg("-ldl").status();
    assert!(compiled.expect("a C compiler, as the build needs one").success());
    library
}

fn entries(directory: &Path) -> Vec<Entry> {
    Ledger::read(&directory.join(LEDGER_FILE)).unwrap()
}

/// Buys one number after the other until one is not sold; gives those that were, and why the last was not.
fn buy(server: &Server, most: u32) -> (Vec<E164>, Option<Trouble>) {
    let client = remote(&server.base_url, 10_000);
    let mut bought = Vec::new();
    for offer in client.search(&Wanted { limit: most, ..wanted("US") }).unwrap() {
        match client.acquire(&offer.phone_number, order(1), &Route::default(), &Papers::default()) {
            Ok(rented) => bought.push(rented.phone_number),
            Err(trouble) => return (bought, Some(trouble)),
        }
    }
    (bought, None)
}

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
                    let bought = mine.map_while(|offer| {
                        client.acquire(&offer.phone_number, order(round), &Route::default(), &Papers::default()).ok()
                    });
                    bought.map(|rented| rented.phone_number).collect::<Vec<_>>()
                })
            };
            let buyers = [buyer(0), buyer(1)];
            std::thread::sleep(Duration::from_millis(60 + round * 37 % 90));
            server.signal("-KILL");
            buyers.map(|buyer| buyer.join().unwrap()).concat()
        });
        drop(server);
        let written = entries(directory.path());
        let written = written.iter().filter(|entry| entry.reference == Some(order(round))).count();
        // At most one request of each buyer was done and not answered.
        assert!((bought.len()..=bought.len() + 2).contains(&written), "{written} written, {} said", bought.len());
        acknowledged.extend(bought);
    }
    assert!(acknowledged.len() > 6, "it was killed before it sold anything");
}

#[test]
fn a_simulator_killed_at_each_of_its_writes_has_written_and_synced_before_it_answers() {
    let scratch = tempfile::tempdir().unwrap();
    let killer = compile(scratch.path(), KILLER);
    let mut sold = Vec::new();
    for at in 1..=7 {
        let directory = scratch.path().join(at.to_string());
        let mut command = command(&directory);
        command.env("LD_PRELOAD", &killer).env("KILL_AT", at.to_string());
        let server = Server::spawn(command);
        let (bought, trouble) = buy(&server, 3);
        assert!(trouble.is_none_or(|trouble| matches!(trouble, Trouble::Unknown(_))));
        drop(server);
        let written = entries(&directory).into_iter().map(|entry| entry.phone_number).collect::<Vec<_>>();
        assert_eq!(written[..bought.len()], bought, "killed at write {at}");
        assert!(written.len() <= bought.len() + 1);
        let (next, trouble) = buy(&serve(&directory), 2);
        assert_eq!((next.len(), trouble), (2, None), "after one killed at write {at}");
        assert_eq!(entries(&directory).len(), written.len() + 2);
        sold.push(bought.len());
    }
    assert_eq!(sold, [0, 0, 1, 1, 2, 2, 3], "a write and a sync before each answer");
}

#[test]
fn a_ledger_that_cannot_grow_loses_nothing_and_sells_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let mut limited = Command::new("sh");
    limited.args(["-c", "trap '' XFSZ; ulimit -f 4; exec \"$0\" \"$@\""]).arg(linekeeper().get_program());
    limited.args(command(directory.path()).get_args());
    let server = Server::spawn(limited);
    let (bought, trouble) = buy(&server, 100);
    assert!(matches!(trouble, Some(Trouble::Unknown(_))), "{trouble:?}");
    assert!(bought.len() > 5 && buy(&server, 100).0.is_empty());
    assert_eq!(remote(&server.base_url, 10_000).owned(None).unwrap().len(), bought.len());
    let text = std::fs::read_to_string(directory.path().join(LEDGER_FILE)).unwrap();
    assert!(text.ends_with('\n') && text.lines().count() == bought.len(), "what was half written is taken back");
    drop(server);
    assert_eq!(buy(&serve(directory.path()), 5).0.len(), 5);
    assert_eq!(entries(directory.path()).len(), bought.len() + 5);
}
