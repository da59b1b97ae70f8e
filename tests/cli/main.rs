//! The command line: what each command prints, says and returns, run as a user runs it.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::similar_names,
    clippy::unwrap_used,
    reason = "a test that cannot go on says so by panicking"
)]

#[path = "../support/mod.rs"]
mod support;

mod addresses;
mod carrier;
mod demo;
mod files;
mod keys;
mod orders;
mod receiver;
mod sync;
mod webhook_refusals;
mod webhooks;

use std::path::Path;
use std::process::Output;
use std::time::{Duration, Instant};

use linekeeper::model::{Number, Role};
use support::{Inventory, SECRET, Server, add_agency, add_user, linekeeper, number, token};
use tempfile::TempDir;

/// A data directory that does not exist yet, and the commands that are run on it.
struct Desk {
    directory: TempDir,
}

impl Desk {
    fn new() -> Self {
        Self { directory: tempfile::tempdir().unwrap() }
    }

    fn path(&self) -> std::path::PathBuf {
        self.directory.path().join("data")
    }

    fn run(&self, args: &[&str]) -> Output {
        let mut command = linekeeper();
        command.args(args).arg("--data-dir").arg(self.path()).env("LINEKEEPER_JWT_SECRET", SECRET);
        command.output().unwrap()
    }

    /// Runs a command that must succeed, and returns its stdout.
    fn done(&self, args: &[&str]) -> String {
        let output = self.run(args);
        assert!(output.status.success(), "{args:?}: {}", text(&output.stderr));
        text(&output.stdout)
    }

    /// Runs a command that must fail, and returns its exit code and stderr, which is one sentence.
    fn refused(&self, args: &[&str]) -> (i32, String) {
        let output = self.run(args);
        assert_eq!(text(&output.stdout), "", "{args:?}");
        (output.status.code().unwrap(), text(&output.stderr))
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn a_real_install_needs_no_import() {
    let desk = Desk::new();
    let printed = desk.done(&["init", "--agency", "Northwind", "--email", "olivia@northwind.example"]);
    let ids: Vec<Vec<&str>> = printed.lines().map(|line| line.split('\t').collect()).collect();
    let [agency, owner, agent] = &ids[..] else { panic!("{printed}") };
    assert_eq!((agency[0], owner[0], agent[0]), ("agency", "owner", "agent"));

    let server = Server::start(&desk.path());
    let bearer = desk.done(&["token", "--user", owner[1]]);
    let answer = server.list(bearer.trim(), "").json();
    assert_eq!(answer["summary"]["total"], 0);
    assert_eq!(answer["available_agents"][0]["id"], agent[1]);

    let (code, complaint) = desk.refused(&["init"]);
    assert_eq!(code, 1);
    assert!(complaint.contains("has agencies already"), "{complaint}");
}

#[test]
fn agencies_users_and_agents_are_created_listed_and_updated() {
    let desk = Desk::new();
    desk.done(&["migrate"]);
    let parent = desk.done(&["agency", "create", "--name", "Northwind"]);
    let parent = parent.trim();
    let child = desk.done(&["agency", "create", "--name", "Bright Dental", "--parent", parent]);
    let child = child.trim();
    assert_eq!(child.len(), 36);
    let (code, complaint) = desk.refused(&["agency", "update", parent, "--parent", child]);
    assert!(code == 1 && complaint.contains("its own ancestor"), "{complaint}");
    desk.done(&["agency", "update", child, "--name", "Brighter Dental"]);
    assert_eq!(desk.done(&["agency", "list"]), format!("{parent}\tNorthwind\t\n{child}\tBrighter Dental\t{parent}\n"));
    let sister = desk.done(&["agency", "create", "--name", "Lumen", "--parent", parent]);
    let sister = sister.trim();
    for (to, shown) in [("none", ""), (parent, parent)] {
        desk.done(&["agency", "update", child, "--parent", to]);
        let expected = format!("{parent}\tNorthwind\t\n{child}\tBrighter Dental\t{shown}\n{sister}\tLumen\t{parent}\n");
        assert_eq!(desk.done(&["agency", "list"]), expected);
    }

    let user = desk.done(&["user", "create", "--agency", parent, "--email", "mia@northwind.example"]);
    let user = user.trim();
    assert_eq!(
        desk.done(&["user", "list", "--agency", parent]),
        format!("{user}\tagency_member\tmia@northwind.example\n")
    );
    desk.done(&["user", "update", user, "--role", "agency_admin", "--agency", child]);
    assert_eq!(desk.done(&["user", "list", "--agency", parent]), "");
    assert_eq!(
        desk.done(&["user", "list", "--agency", child]),
        format!("{user}\tagency_admin\tmia@northwind.example\n")
    );
    desk.done(&["user", "update", user, "--agency", "none", "--email", "m@x"]);
    assert_eq!(desk.done(&["user", "list"]), format!("{user}\tagency_admin\tm@x\n"));
    let given = "0192a000-0000-7000-8000-000000000001";
    assert_eq!(desk.done(&["user", "create", "--id", given, "--email", "a@b"]).trim(), given);
    assert!(desk.refused(&["user", "create", "--id", given, "--email", "a@b"]).1.contains("already a user"));

    let agent = desk.done(&["agent", "create", "--agency", parent, "--name", "Sales", "--ultravox-id", "uv-1"]);
    let agent = agent.trim();
    assert_eq!(desk.done(&["agent", "list", "--agency", parent]), format!("{agent}\tuv-1\tSales\n"));
    desk.done(&["agent", "update", agent, "--agency", parent, "--name", "Support", "--recording", "false"]);
    assert_eq!(desk.done(&["agent", "list", "--agency", parent]), format!("{agent}\tuv-1\tSupport\n"));
    assert!(
        desk.refused(&["agent", "create", "--agency", parent, "--ultravox-id", "uv-1"]).1.contains("already an agent")
    );
    let foreign = desk.refused(&["agent", "update", agent, "--agency", child, "--name", "Stolen"]);
    let missing = desk.refused(&["agent", "update", given, "--agency", child, "--name", "Stolen"]);
    assert_eq!(foreign, missing, "another agency's agent is not there");
    assert!(desk.done(&["doctor"]).ends_with("sound\n"));
}

#[test]
fn what_cannot_be_taken_is_refused_in_a_sentence() {
    let desk = Desk::new();
    let nobody = "0192a000-0000-7000-8000-00000000ffff";
    let (code, complaint) = desk.refused(&["agency", "list"]);
    assert!(code == 1 && complaint.contains("linekeeper init"), "{complaint}");
    assert!(!desk.path().exists(), "a command that only looks creates nothing");
    desk.done(&["migrate"]);
    for (args, part) in [
        (&["agency", "create", "--name", "  "][..], "name is not acceptable: it is empty"),
        (&["agency", "create", "--name", "a\nb"], "control characters"),
        (&["agency", "create", "--name", "x", "--parent", nobody], "no such agency"),
        (&["agency", "update", nobody, "--name", "x"], "no such agency"),
        (&["user", "create", "--email", "nobody"], "email is not acceptable"),
        (&["user", "create", "--email", "a@b", "--agency", nobody], "no such agency"),
        (&["user", "update", nobody, "--role", "admin"], "no such user"),
        (&["agent", "list", "--agency", nobody], "no such agency"),
    ] {
        let (code, complaint) = desk.refused(args);
        assert!(
            code == 1 && complaint.starts_with("linekeeper: ") && complaint.contains(part),
            "{args:?}: {complaint}"
        );
        assert_eq!(complaint.trim_end().lines().count(), 1, "{complaint}");
    }
    for args in
        [&["user", "create", "--email", "a@b", "--role", "boss"][..], &["agency", "update", "7"], &["sing"], &[]]
    {
        assert_eq!(desk.run(args).status.code(), Some(2), "{args:?}");
    }
    assert!(desk.done(&["doctor"]).ends_with("sound\n"));
}

#[test]
fn a_token_stands_alone_on_stdout() {
    let desk = Desk::new();
    let owner = desk.done(&["init"]);
    let owner = owner.lines().nth(1).unwrap().split('\t').nth(1).unwrap();
    let output = desk.run(&["token", "--user", owner, "--ttl", "30m"]);
    assert_eq!(text(&output.stderr), "");
    assert_eq!(text(&output.stdout).lines().count(), 1);
    let unknown = desk.run(&["token", "--user", "0192a000-0000-7000-8000-00000000ffff"]);
    assert!(
        unknown.status.success() && text(&unknown.stderr).contains("403") && text(&unknown.stdout).starts_with("eyJ")
    );
    assert_eq!(desk.run(&["token", "--user", owner, "--ttl", "soon"]).status.code(), Some(2));

    let mut bare = linekeeper();
    let output = bare.args(["token", "--user", owner, "--data-dir"]).arg(desk.path()).output().unwrap();
    assert_eq!(output.status.code(), Some(3));
    assert!(text(&output.stderr).contains("LINEKEEPER_JWT_SECRET"));
}

#[test]
fn serve_refuses_to_start_without_a_way_to_check_tokens() {
    let desk = Desk::new();
    let mut command = linekeeper();
    let output = command.args(["serve", "--data-dir"]).arg(desk.path()).output().unwrap();
    assert_eq!(output.status.code(), Some(3));
    assert!(text(&output.stderr).contains("LINEKEEPER_JWT_SECRET"), "{}", text(&output.stderr));
    assert!(!desk.path().exists());
}

#[test]
fn an_address_that_is_taken_is_said_to_be() {
    let desk = Desk::new();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let (code, complaint) = desk.refused(&["serve", "--listen", &address]);
    assert!(code == 1 && complaint.contains(&address) && complaint.contains("--listen"), "{complaint}");
}

#[test]
fn a_server_finishes_what_is_under_way_and_leaves_an_empty_journal() {
    let inventory = Inventory::empty();
    let owner = inventory.write(|change| {
        let scope = add_agency(change, 1, "Northwind")?;
        // Names so long that searching them takes a while.
        for row in 0..4 {
            let friendly_name = Some("ä".repeat(1_000_000));
            change.add_number(
                &scope,
                &Number {
                    friendly_name: friendly_name.map(Into::into),
                    ..number(50 + row, &format!("+1970555005{row}"))
                },
            )?;
        }
        add_user(change, Some(&scope), 11, Role::AgencyOwner)
    });
    let server = Server::start(&inventory.path());
    let (url, bearer) = (server.base_url.clone(), token(owner));
    let slow = std::thread::spawn(move || {
        let query = format!("{url}/functions/v1/phone-numbers-list?search=nothing");
        let answer = ureq::get(query).header("authorization", format!("Bearer {bearer}")).call();
        (answer.map(|answer| answer.status().as_u16()), Instant::now())
    });
    // The search has begun once it shows among the store's transactions: the second, after the look for a kept answer.
    let asked = Instant::now();
    while !server.ask("GET", "/metrics", None).text().contains("kind=\"read\"} 2") {
        assert!(asked.elapsed() < Duration::from_secs(10), "the search never began");
        std::thread::sleep(Duration::from_millis(1));
    }
    let told = Instant::now();
    let (code, log) = server.stop();
    let (status, answered) = slow.join().unwrap();
    assert_eq!((status.unwrap(), code), (200, Some(0)), "{log}");
    assert!(answered > told, "the request was over before the server was told to stop");
    assert!(told.elapsed() < Duration::from_secs(20));
    let journal = std::fs::metadata(inventory.path().join("linekeeper.db-wal")).map_or(0, |wal| wal.len());
    assert_eq!(journal, 0);
}

#[test]
fn a_server_with_an_idle_connection_stops_in_time() {
    let desk = Desk::new();
    desk.done(&["init"]);
    let server = Server::start(&desk.path());
    let idle = std::net::TcpStream::connect(server.base_url.strip_prefix("http://").unwrap()).unwrap();
    let began = Instant::now();
    assert_eq!(server.stop().0, Some(0));
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
    drop(idle);
}

#[test]
fn doctor_finds_counters_that_have_drifted_and_rows_that_dangle() {
    let desk = Desk::new();
    let demo = demo::demo(&desk.directory.path().join("c.json"), &["--data-dir", desk.path().to_str().unwrap()]);
    demo.stop();
    assert!(desk.done(&["doctor"]).contains("numbers\t1240"));
    let sqlite = rusqlite::Connection::open(desk.path().join("linekeeper.db")).unwrap();
    for (harm, cure, part) in [
        (
            "UPDATE number_counts SET numbers = numbers + 1 WHERE status = 1",
            "UPDATE number_counts SET numbers = numbers - 1 WHERE status = 1",
            "number_counts disagrees",
        ),
        (
            "UPDATE agent_number_counts SET numbers = numbers + 1",
            "UPDATE agent_number_counts SET numbers = numbers - 1",
            "agent_number_counts disagrees",
        ),
        (
            "PRAGMA foreign_keys = OFF; UPDATE users SET agency_no = 99 WHERE role = 2",
            "SELECT 1",
            "a row of users points at a row of agencies",
        ),
    ] {
        sqlite.execute_batch(harm).unwrap();
        let output = desk.run(&["doctor"]);
        assert_eq!(output.status.code(), Some(4), "{harm}");
        assert!(text(&output.stdout).contains(part), "{}", text(&output.stdout));
        assert!(text(&output.stderr).contains("not sound"));
        sqlite.execute_batch(cure).unwrap();
    }
}

#[test]
fn doctor_says_what_to_do_with_a_damaged_file() {
    for (name, harm) in [("a page", 5 * 8192), ("the header", 0)] {
        let desk = Desk::new();
        demo::demo(&desk.directory.path().join("c.json"), &["--data-dir", desk.path().to_str().unwrap()]).stop();
        let database = desk.path().join("linekeeper.db");
        let mut bytes = std::fs::read(&database).unwrap();
        bytes[harm..harm + 100].fill(0x55);
        std::fs::write(&database, bytes).unwrap();
        let output = desk.run(&["doctor"]);
        assert_eq!(output.status.code(), Some(4), "{name}: {}", text(&output.stderr));
        assert!(text(&output.stdout).contains(if harm == 0 { "not a database" } else { "damaged" }), "{name}");
        assert!(text(&output.stderr).contains("restore a backup"), "{name}");
    }
}

#[test]
fn healthcheck_asks_the_running_server() {
    let desk = Desk::new();
    desk.done(&["init"]);
    let server = Server::start(&desk.path());
    let address = server.base_url.strip_prefix("http://").unwrap().to_owned();
    assert_eq!(desk.done(&["healthcheck", "--listen", &address]), "ready\n");
    std::fs::remove_file(desk.path().join("linekeeper.db")).unwrap();
    std::fs::rename(desk.path(), desk.directory.path().join("gone")).unwrap();
    let (code, complaint) = desk.refused(&["healthcheck", "--listen", &address]);
    assert!(code == 4 && complaint.contains("503"), "{complaint}");
    drop(server);
    let (code, complaint) = desk.refused(&["healthcheck", "--listen", &address]);
    assert!(code == 4 && complaint.contains("not ready"), "{complaint}");
}

#[test]
fn settings_are_checked_and_printed_without_secrets() {
    let desk = Desk::new();
    assert!(desk.done(&["config", "check"]).contains("good"));
    let printed = desk.done(&["config", "print"]);
    assert!(
        printed.contains("flag --data-dir") && printed.contains("[redacted]") && !printed.contains(SECRET),
        "{printed}"
    );
    let file = desk.directory.path().join("wrong.toml");
    std::fs::write(&file, "lisen = \"x\"").unwrap();
    let (code, complaint) = desk.refused(&["config", "check", "--config", file.to_str().unwrap()]);
    assert!(code == 3 && complaint.contains("did you mean `listen`?"), "{complaint}");
    let (code, complaint) = desk.refused(&["serve", "--config", "/nowhere.toml"]);
    assert!(code == 3 && complaint.contains("/nowhere.toml"), "{complaint}");
}

#[test]
fn migrations_are_applied_once_and_their_status_told() {
    let desk = Desk::new();
    let each = |status: &str| {
        let names =
            ["V1 inventory", "V2 events", "V3 keys", "V4 orders", "V5 carrier accounts", "V6 webhooks", "V7 messages"];
        names.map(|name| format!("{name}\t{status}\n")).concat()
    };
    assert_eq!(desk.done(&["migrate", "--status"]), each("pending"));
    assert!(!desk.path().exists());
    assert_eq!(desk.done(&["migrate"]), each("applied now"));
    assert_eq!(desk.done(&["migrate"]), "");
    assert_eq!(desk.done(&["migrate", "--status"]), each("applied"));
}

#[test]
fn every_help_has_an_example_and_completions_and_version_print() {
    let desk = Desk::new();
    let mut unread = vec![Vec::new()];
    let mut read = 0;
    while let Some(command) = unread.pop() {
        let mut args: Vec<&str> = command.iter().map(String::as_str).collect();
        args.push("--help");
        let help = desk.done(&args);
        assert!(help.contains("Example: "), "{args:?}: {help}");
        read += 1;
        let listed = help.split_once("Commands:\n").map_or("", |(_, rest)| rest);
        for line in listed.lines().take_while(|line| !line.is_empty()) {
            let name = line.trim_start().split(' ').next().unwrap();
            if name != "help" {
                unread.push([command.clone(), vec![name.to_owned()]].concat());
            }
        }
    }
    assert!(read > 24, "{read} helps were read");
    assert!(desk.done(&["--help"]).contains("Exit codes: "));
    assert!(desk.done(&["completions", "bash"]).contains("_linekeeper"));
    assert!(desk.done(&["version"]).starts_with(concat!("linekeeper ", env!("CARGO_PKG_VERSION"), " (SQLite 3.")));
}

#[test]
fn generated_data_is_sound_and_indexed_and_counted() {
    let desk = Desk::new();
    let printed = desk.done(&["generate", "--agencies", "5", "--numbers", "600", "--largest", "300", "--seed", "3"]);
    assert!(printed.starts_with("600 numbers of 5 agencies\nowner of the largest\t"), "{printed}");
    assert!(desk.done(&["doctor"]).contains("agencies\t5\nusers\t5\nagents\t30\nnumbers\t600\nsound\n"));
    let schema = |path: &Path| -> Vec<(String, String)> {
        let sqlite = rusqlite::Connection::open(path.join("linekeeper.db")).unwrap();
        let sql = "SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name";
        let mut statement = sqlite.prepare(sql).unwrap();
        statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap().map(Result::unwrap).collect()
    };
    let plain = Desk::new();
    plain.done(&["migrate"]);
    assert_eq!(schema(&desk.path()), schema(&plain.path()), "every index and trigger is back");

    let server = Server::start(&desk.path());
    let owner: uuid::Uuid = printed.trim_end().rsplit('\t').next().unwrap().parse().unwrap();
    let page = server.list(&token(linekeeper::model::UserId(owner)), "?include_released=true").json();
    assert_eq!(page["pagination"]["total"], 300);
    assert!(desk.refused(&["generate"]).1.contains("has agencies already"));
    let (code, complaint) = Desk::new().refused(&["generate", "--numbers", "10", "--largest", "11"]);
    assert!(code == 1 && complaint.contains("do not fit"), "{complaint}");
}
