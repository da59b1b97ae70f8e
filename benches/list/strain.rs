//! A server that is not left in peace: beside a writer that never rests; and small, with an import under way.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use linekeeper::clock::Ids;

use crate::SECRET;
use crate::cases::{self, Place};
use crate::load::{Connection, load};
use crate::server::{self, Server};

/// How long reads are counted.
const READING: Duration = Duration::from_secs(4);
/// How long the small server is asked.
const SMALL: Duration = Duration::from_secs(40);
/// Requests a second to the small server.
const RATE: u32 = 200;
/// The small server's memory, in bytes.
const MEMORY: u64 = 512 << 20;
/// Connections that take turns, so that a slow answer holds up no later request.
const CONNECTIONS: u32 = 32;
/// Numbers that each import brings.
const IMPORTED: u32 = 100_000;

/// Reads a second of an agency, alone and while another process writes to it as fast as it can; no answer may fail.
pub fn beside_a_writer(data_dir: &Path, place: &Place) {
    println!("\n| 8 connections, cold | reads/s alone | beside a writer | | writes/s |\n|---|---|---|---|---|");
    let server = Server::linekeeper(data_dir, SECRET, 0);
    for case in cases::all(place).iter().filter(|case| case.is_plain()) {
        case.prime(&server);
        let reads = || per_second(load(server.addresses[0], &case.asked(), 1, READING).times.len());
        let alone = reads();
        let (done, written) = (AtomicBool::new(false), AtomicU64::new(0));
        let beside = thread::scope(|scope| {
            scope.spawn(|| {
                let rename = renames(data_dir, place);
                while !done.load(Ordering::Relaxed) {
                    rename(written.fetch_add(1, Ordering::Relaxed));
                }
            });
            let beside = reads();
            done.store(true, Ordering::Relaxed);
            beside
        });
        let writes = per_second(usize::try_from(written.into_inner()).unwrap_or(0));
        println!("| {} | {alone:.0} | {beside:.0} | {:.2}x | {writes:.0} |", case.name, beside / alone);
    }
}

/// Renames one number of the largest agency after the other, each in a durable change of its own.
fn renames(data_dir: &Path, place: &Place) -> impl Fn(u64) {
    let sqlite = rusqlite::Connection::open(data_dir.join("linekeeper.db")).expect("the database opens");
    sqlite.execute_batch("PRAGMA synchronous = FULL; PRAGMA busy_timeout = 10000").expect("settings are taken");
    let mut found = sqlite
        .prepare(
            "SELECT n.id FROM agency_phone_numbers AS n JOIN agencies AS a ON a.agency_no = n.agency_no
             WHERE a.id = ?1 ORDER BY n.id LIMIT 1000",
        )
        .expect("the tables are there");
    let ids = found.query_map([place.largest.0.as_bytes()], |row| row.get::<_, Vec<u8>>(0)).expect("they can be read");
    let ids: Vec<_> = ids.map(|id| id.expect("ids are bytes")).collect();
    drop(found);
    move |turn| {
        let id = &ids[usize::try_from(turn).unwrap_or(0) % ids.len()];
        let sql = "UPDATE agency_phone_numbers SET friendly_name = ?1 WHERE id = ?2";
        let changed = sqlite.execute(sql, rusqlite::params![format!("Renamed {turn}"), id]);
        assert_eq!(changed.expect("the database can be written"), 1);
    }
}

#[allow(clippy::cast_precision_loss)]
fn per_second(count: usize) -> f64 {
    count as f64 / READING.as_secs_f64()
}

/// An agency of 100,000 on one core and half a gigabyte: mixed requests at a fixed rate, compressed, while imports of
/// other agencies run on the same core and in the same memory.
pub fn small() {
    let directory = tempfile::tempdir().expect("there is room for a directory");
    let data_dir = directory.path().join("data");
    server::generate(&data_dir, &["--agencies", "3", "--numbers", "101000", "--largest", "100000"]);
    let exports: Vec<PathBuf> = (0..8).map(|at| export(directory.path(), at)).collect();
    let place = Place::find(&data_dir);
    let group = Group::new();
    let server = Server::linekeeper(&data_dir, SECRET, 16);
    group.add(server.pid());
    println!("\n## 100,000 numbers, one core, 512 MB, {RATE} mixed requests a second, compressed, imports beside\n");
    println!("{}", if group.0.is_some() { "The limit is a cgroup's." } else { "No cgroup could be made: no limit." });

    let all = cases::all(&place);
    let requests: Vec<Vec<Vec<u8>>> = all.iter().map(cases::Case::compressed).collect();
    let began = Instant::now();
    let (mut times, memory, imports) = thread::scope(|scope| {
        let client = |first: u32| {
            let requests = &requests;
            let address = server.addresses[0];
            move || {
                let (mut connection, mut times) = (Connection::open(address), Vec::new());
                for turn in (first..).step_by(CONNECTIONS as usize) {
                    let due = Duration::from_secs(1) * turn / RATE;
                    if due > SMALL {
                        return times;
                    }
                    thread::sleep(due.saturating_sub(began.elapsed()));
                    let kind = &requests[turn as usize % requests.len()];
                    let (status, head, _) = connection.ask(&kind[turn as usize / requests.len() % kind.len()]);
                    assert_eq!(status, 200, "{head}");
                    // From when it was due: who waits for a late one before it waits too.
                    times.push(began.elapsed().saturating_sub(due));
                }
                times
            }
        };
        let clients: Vec<_> = (0..CONNECTIONS).map(|first| scope.spawn(client(first))).collect();
        let imports = scope.spawn(|| import_all(&exports, &data_dir, &group, began));
        let mut memory = Vec::new();
        while began.elapsed() < SMALL {
            thread::sleep(Duration::from_secs(1));
            memory.push(server.anonymous_mib());
        }
        let times: Vec<Duration> = clients.into_iter().flat_map(|client| client.join().expect("no error")).collect();
        (times, memory, imports.join().expect("imports succeed"))
    });
    times.sort_unstable();
    let at = |percent: usize| times[(times.len() * percent / 100).min(times.len() - 1)].as_secs_f64() * 1e3;
    println!("\n{} requests, no error; {imports} imports of {IMPORTED} numbers were under way or done.", times.len());
    println!("p50 {:.1} ms, p90 {:.1} ms, p99 {:.1} ms, longest {:.1} ms.", at(50), at(90), at(99), at(100));
    let sample = |from: usize| memory[from..].iter().take(5).copied().fold(0.0, f64::max);
    let thirds = [memory.len() / 3, memory.len() / 3 * 2, memory.len() - 5].map(sample);
    println!(
        "Anonymous memory of the server: {:.0}, {:.0} and {:.0} MiB after a third, after two and at the end.",
        thirds[0], thirds[1], thirds[2]
    );
}

/// One import after the other until the time is over; how many.
fn import_all(exports: &[PathBuf], data_dir: &Path, group: &Group, began: Instant) -> usize {
    for (done, export) in exports.iter().enumerate() {
        let mut command = server::pinned(env!("CARGO_BIN_EXE_linekeeper"));
        command.args(["import", "supabase"]).arg(export).arg("--data-dir").arg(data_dir);
        let mut import: Child = command.stdout(Stdio::null()).spawn().expect("linekeeper runs");
        group.add(import.id());
        assert!(import.wait().expect("it ends").success(), "the import failed");
        if began.elapsed() > SMALL {
            return done + 1;
        }
    }
    exports.len()
}

/// The four tables of a project with one agency.
fn export(directory: &Path, at: u64) -> PathBuf {
    let directory = directory.join(format!("export-{at}"));
    let ids = Ids::Counted(((at + 1) << 32).into());
    let (agency, mut numbers) =
        (ids.next(), String::from("id,agency_id,phone_number,friendly_name,status,created_at,updated_at\n"));
    for number in 0..IMPORTED {
        let day = "2025-01-15T12";
        let minute = number % 60;
        let _ = writeln!(
            numbers,
            "{},{agency},+1415{number:07},Line {number},active,{day}:{minute:02}:00Z,{day}:{minute:02}:00Z",
            ids.next()
        );
    }
    fs::create_dir(&directory).expect("the directory is new");
    let tables = [
        ("agencies.csv", format!("id,name\n{agency},Agency {at}\n")),
        ("users.csv", "id,agency_id,email,role\n".to_owned()),
        ("agent_mappings.csv", "id,agency_id,ultravox_agent_id\n".to_owned()),
        ("agency_phone_numbers.csv", numbers),
    ];
    for (file, text) in tables {
        fs::write(directory.join(file), text).expect("there is room");
    }
    directory
}

/// Processes that share a bounded memory, where this user may make such a group.
struct Group(Option<PathBuf>);

impl Group {
    fn new() -> Self {
        let root = Path::new("/sys/fs/cgroup");
        let places = [(root.join("memory"), "memory.limit_in_bytes"), (root.to_owned(), "memory.max")];
        let made = places.into_iter().find_map(|(root, limit)| {
            let group = root.join(format!("linekeeper-{}", std::process::id()));
            fs::create_dir(&group).ok()?;
            let bounded = fs::write(group.join(limit), MEMORY.to_string());
            if bounded.is_err() {
                let _ = fs::remove_dir(&group);
            }
            bounded.ok().map(|()| group)
        });
        Self(made)
    }

    fn add(&self, pid: u32) {
        if let Some(group) = &self.0 {
            fs::write(group.join("cgroup.procs"), pid.to_string()).expect("the group takes processes");
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(group) = &self.0 {
            let _ = Command::new("rmdir").arg(group).status();
        }
    }
}
