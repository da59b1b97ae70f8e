//! The commands `key` and `events`, and the demo's keys: run as a user runs them.

use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdout, Output, Stdio};
use std::time::{Duration, Instant};

use crate::support::{
    Inventory, NOON, Server, add_agency, add_agent, add_child_agency, add_user, agent, id, linekeeper, number,
};
use linekeeper::clock::Clock;
use linekeeper::inventory::access::{self, Caller};
use linekeeper::inventory::keys;
use linekeeper::model::{Actor, AgencyId, By, KeyId, Permission, Permissions, PresentedKey, Result, Role, Timestamp};
use linekeeper::store::{DataDir, Snapshot, Store};
use serde_json::Value;

const DAY: i64 = 24 * 60 * 60 * 1_000_000;

fn run(inventory: &Inventory, args: &[&str]) -> Output {
    linekeeper().args(args).arg("--data-dir").arg(inventory.path()).output().unwrap()
}

/// Runs a command that must succeed, and returns its stdout and stderr.
fn done(inventory: &Inventory, args: &[&str]) -> (String, String) {
    let output = run(inventory, args);
    assert!(output.status.success(), "{args:?}: {}", text(&output.stderr));
    (text(&output.stdout), text(&output.stderr))
}

/// Runs a command that must fail, and returns its exit code and stderr.
fn refused(inventory: &Inventory, args: &[&str]) -> (i32, String) {
    let output = run(inventory, args);
    assert_eq!(text(&output.stdout), "", "{args:?}");
    (output.status.code().unwrap(), text(&output.stderr))
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn rows(printed: &str) -> Vec<Vec<&str>> {
    printed.lines().map(|line| line.split('\t').collect()).collect()
}

/// Agency 1 with its child 2, and agency 3.
fn three_agencies() -> Inventory {
    let inventory = Inventory::empty();
    inventory.write(|change| {
        let parent = add_agency(change, 1, "Parent")?;
        add_child_agency(change, 2, "Child", Some(&parent))?;
        add_agency(change, 3, "Stranger")
    });
    inventory
}

fn ask(store: &Store, key: &str, now: Timestamp, child: Option<u64>) -> Result<Caller> {
    let key = key.parse()?;
    store.read(|snapshot| acting(snapshot, &key, now, child.map(|child| AgencyId(id(child)))))
}

#[test]
fn a_key_is_printed_once_and_opens_what_its_scopes_say() {
    let inventory = three_agencies();
    let agency = id(1).to_string();
    let (scopes, before) = ("phone_numbers:read,agents:write", Clock::System.now());
    let create = ["key", "create", "--agency", &agency, "--scopes", scopes, "--name", "CRM", "--expires", "90d"];
    let (printed, remark) = done(&inventory, &create);
    let key = printed.strip_suffix('\n').unwrap();
    assert!(key.starts_with("lk_") && !key.contains('\n') && !remark.contains(key), "one line, only the key");
    assert!(remark.contains("not shown again"), "{remark}");

    let now = Clock::System.now();
    let caller = ask(&inventory.store, key, now, None).unwrap();
    assert_eq!((caller.scope.agency(), caller.permissions.to_string()), (AgencyId(id(1)), scopes.to_owned()));
    assert!(ask(&inventory.store, key, Timestamp(before.0 + 90 * DAY - 1), None).is_ok());
    assert!(ask(&inventory.store, key, Timestamp(now.0 + 90 * DAY), None).is_err());
    assert!(ask(&inventory.store, key, now, Some(2)).is_err(), "it is no partner's");

    let (listed, _) = done(&inventory, &["key", "list", "--agency", &agency]);
    let listed = rows(&listed);
    let [row] = &listed[..] else { panic!("{listed:?}") };
    assert_eq!(row[1..5], [&key[..35], "CRM", scopes, ""]);
    assert!(row[5].ends_with('Z') && row[6].is_empty(), "{row:?}");

    done(&inventory, &["key", "revoke", row[0], "--agency", &agency]);
    assert!(ask(&inventory.store, key, now, None).is_err());
    let (listed, _) = done(&inventory, &["key", "list", "--agency", &agency]);
    assert!(rows(&listed)[0][6].ends_with('Z'), "{listed}");
}

#[test]
fn a_partner_key_is_made_only_where_it_is_asked_for() {
    let inventory = three_agencies();
    let agency = id(1).to_string();
    let create = ["key", "create", "--agency", &agency, "--scopes", "phone_numbers:read", "--partner"];
    let (printed, _) = done(&inventory, &create);
    let asked = |child| ask(&inventory.store, printed.trim(), Timestamp(i64::MAX), child);
    assert_eq!(asked(Some(2)).unwrap().scope.agency(), AgencyId(id(2)));
    assert_eq!(asked(None).unwrap().scope.agency(), AgencyId(id(1)));
    assert!(asked(Some(3)).is_err());
    let (listed, _) = done(&inventory, &["key", "list", "--agency", &agency]);
    assert_eq!(rows(&listed)[0][2..], ["", "phone_numbers:read", "partner", "", ""], "it never expires");
}

#[test]
fn what_is_wrong_with_a_wish_for_a_key_is_said() {
    let inventory = three_agencies();
    let (agency, nobody) = (id(1).to_string(), id(9).to_string());
    let create = ["key", "create", "--agency", &agency, "--scopes"];
    for (scopes, part) in [
        ("phone_numbers:read,phone_numbers:sell", "there is no scope \"phone_numbers:sell\""),
        ("all", "\"all\""),
        ("", "there is no scope \"\""),
    ] {
        let (code, complaint) = refused(&inventory, &[&create[..], &[scopes]].concat());
        assert!(code == 2 && complaint.contains(part), "{scopes}: {complaint}");
        assert!(Permission::ALL.iter().all(|permission| complaint.contains(permission.name())), "{complaint}");
    }
    for (more, code, part) in [
        (&["agents:read", "--expires", "soon"][..], 2, "--expires"),
        (&["agents:read", "--expires", "0s"], 1, "in the future"),
        (&["agents:read", "--name", "a\tb"], 1, "control characters"),
    ] {
        let (exit, complaint) = refused(&inventory, &[&create[..], more].concat());
        assert!(exit == code && complaint.contains(part), "{more:?}: {complaint}");
    }
    let absent = refused(&inventory, &["key", "create", "--agency", &nobody, "--scopes", "agents:read"]);
    assert!(absent.0 == 1 && absent.1.contains("no such agency"), "{absent:?}");

    let (printed, _) = done(&inventory, &["key", "create", "--agency", &id(3).to_string(), "--scopes", "agents:read"]);
    let (listed, _) = done(&inventory, &["key", "list", "--agency", &id(3).to_string()]);
    let foreign = refused(&inventory, &["key", "revoke", rows(&listed)[0][0], "--agency", &agency]);
    let missing = refused(&inventory, &["key", "revoke", &nobody, "--agency", &agency]);
    assert!(foreign == missing && foreign.1.contains("no such key"), "{foreign:?}");
    assert!(foreign.1.contains("`linekeeper key list`"), "{foreign:?}");
    assert!(ask(&inventory.store, printed.trim(), Timestamp(0), None).is_ok());
    assert_eq!(done(&inventory, &["key", "list", "--agency", &agency]).0, "");
}

#[test]
fn a_demo_hands_out_keys_and_new_ones_at_each_start() {
    let scratch = tempfile::tempdir().unwrap();
    let (path, kept) = (scratch.path().join("credentials.json"), scratch.path().join("kept"));
    let mut seen = Vec::new();
    for _ in 0..2 {
        let mut command = linekeeper();
        command.args(["demo", "--listen", "127.0.0.1:0", "--numbers", "100", "--credentials"]).arg(&path);
        command.env("TMPDIR", path.parent().unwrap());
        command.arg("--data-dir").arg(&kept);
        let demo = Server::spawn(command);
        let credentials: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        let store = Store::open(&DataDir::new(kept.clone()), 1).unwrap();
        opens_what_it_says(&credentials, &store);
        assert_eq!(demo.stop().0, Some(0));
        seen.push((credentials["agencies"][0]["api_key"].clone(), credentials["agencies"][0]["sample"].clone()));
    }
    assert_ne!(seen[0].0, seen[1].0, "a key cannot be shown twice");
    assert_eq!(seen[0].1, seen[1].1, "the sample stays");
}

fn opens_what_it_says(credentials: &Value, store: &Store) {
    let now = Clock::System.now();
    let word = |value: &Value| value.as_str().unwrap().to_owned();
    let ask = |key: &str, now, child: Option<&Value>| {
        let child = child.map(|child| word(child).parse().unwrap());
        store.read(|snapshot| acting(snapshot, &key.parse()?, now, child))
    };
    let mut simulated = 0;
    for agency in credentials["agencies"].as_array().unwrap() {
        let key = word(&agency["api_key"]);
        let caller = ask(&key, now, None).unwrap();
        assert_eq!((caller.scope.agency().to_string(), caller.permissions), (word(&agency["id"]), Permissions::ALL));
        assert!(ask(&key, Timestamp(now.0 + 7 * DAY), None).is_err(), "it expires in a week");
        assert!(ask(&key, Timestamp(now.0 + 7 * DAY - DAY / 24), None).is_ok());
        let kept = store.read(|snapshot| keys::list(snapshot, caller.scope.agency())).unwrap();
        assert!(kept.iter().any(|key| key.name.as_deref() == Some("demo")));
        let basic = &agency["basic"];
        assert_eq!(format!("lk_{}_{}", word(&basic["customer_id"]), word(&basic["customer_secret"])), key);
        assert_eq!(word(&agency["organization_id"]), format!("org_{}", word(&agency["id"]).replace('-', "")));
        assert_eq!(agency["company_id"], agency["id"]);
        if let Some(number) = agency["sample"]["number_id"].as_str() {
            let (is_simulated, others_are) = carrier_of(store, number.parse().unwrap());
            assert!(is_simulated || !others_are, "{agency}");
            simulated += u32::from(is_simulated);
        }
    }
    assert!(simulated > 0);
    let partner = &credentials["partner_key"];
    let (key, children) = (word(&partner["key"]), partner["children"].as_array().unwrap());
    assert!(!children.is_empty());
    for child in children {
        assert_eq!(ask(&key, now, Some(child)).unwrap().scope.agency().to_string(), word(child));
    }
    assert_eq!(ask(&key, now, None).unwrap().scope.agency().to_string(), word(&partner["agency"]));
    assert!(ask(&key, now, Some(&partner["agency"])).is_err());
}

/// Whether an active number is the simulator's, and whether any number that might be shown instead is.
fn carrier_of(store: &Store, number: uuid::Uuid) -> (bool, bool) {
    let sqlite = rusqlite::Connection::open(store.data_dir().database()).unwrap();
    let sql = "SELECT n.carrier = 0, EXISTS (SELECT 1 FROM agency_phone_numbers AS o
                   WHERE o.agency_no = n.agency_no AND o.status = 1 AND o.assigned AND o.carrier = 0)
               FROM agency_phone_numbers AS n WHERE n.id = ?1 AND n.status = 1 AND n.assigned";
    sqlite.query_row(sql, [number.as_bytes()], |row| Ok((row.get(0)?, row.get(1)?))).unwrap()
}

#[test]
fn events_are_printed_one_a_line_with_ids_to_paste() {
    let inventory = three_agencies();
    let by = By { actor: Actor::Key(KeyId(id(50))), request_id: Some("r\t1".into()), at: Some(NOON) };
    let deed = |change: &linekeeper::store::Change| {
        let scope = access::operator(change, AgencyId(id(2)))?;
        let voice = agent(51, Some("a\tb \"agency\":\"c\""));
        add_agent(change, &scope, &voice)?;
        let mut row = number(52, "+19705551234");
        row.agent = Some(std::sync::Arc::new(voice));
        change.add_number(&scope, &row)?;
        add_user(change, Some(&scope), 53, Role::AgencyMember)
    };
    inventory.store.write_by(&by, deed).unwrap();
    let sql = "UPDATE agency_phone_numbers SET status = 2, agent_mapping_id = NULL, assigned = 0";
    inventory.sqlite().execute(sql, []).unwrap();

    let (printed, _) = done(&inventory, &["events"]);
    let printed = rows(&printed);
    assert_eq!(printed.iter().map(|row| row[5]).collect::<Vec<_>>(), {
        ["agency added", "agency added", "agency added", "agent added", "number added", "user added", "number changed"]
    });
    let [parent, child] = [1, 2].map(|number| id(number).to_string());
    let child_added = &printed[1];
    assert_eq!((child_added[0], child_added[2], child_added[3], child_added[4]), ("2", &*child, "operator", ""));
    assert!(child_added[1].ends_with('Z') && child_added[1].starts_with("20"), "{child_added:?}");
    assert_eq!(child_added[6..], [&child, "", &format!(r#"{{"name":"Child","parent":"{parent}"}}"#)]);

    let number_added = &printed[4];
    let key = format!("key {}", id(50));
    assert_eq!(number_added[..5], ["5", "2025-01-15T12:00:00Z", &child, &key, "r 1"]);
    assert!(number_added[8].contains(&format!(r#""agent_mapping_id":"{}""#, id(51))), "{number_added:?}");
    assert!(printed[3][8].contains(r#""a\tb \"agency\":\"c\"""#), "{:?}", printed[3]);
    assert!(printed[5][8].ends_with(&format!(r#""agency":"{child}"}}"#)), "{:?}", printed[5]);
    assert_eq!(printed[6][3], "outside");
    let before = format!(r#"{{"agent_mapping_id":"{}","status":"active"}}"#, id(51));
    assert_eq!(printed[6][7..], [&before, r#"{"agent_mapping_id":null,"status":"suspended"}"#]);
}

#[test]
fn events_begin_and_end_where_they_are_told_to() {
    let inventory = three_agencies();
    inventory.write(|change| {
        let scope = access::operator(change, AgencyId(id(2)))?;
        (10..1_112).try_for_each(|number| add_user(change, Some(&scope), number, Role::AgencyMember).map(drop))
    });
    let child = id(2).to_string();
    let (first, last) = (2, 1_105);
    for (args, expected) in [
        (&[][..], (last - 99..=last).collect::<Vec<i64>>()),
        (&["--limit", "3"], vec![last - 2, last - 1, last]),
        (&["--limit", "0"], vec![]),
        (&["--after", "3"], (4..=last).collect()),
        (&["--after", "0", "--limit", "3"], vec![1, 2, 3]),
        (&["--after", "1105"], vec![]),
        (&["--agency", &child, "--after", "0", "--limit", "2"], vec![first, 4]),
        (&["--agency", &child, "--limit", "2"], vec![last - 1, last]),
        (&["--agency", &child, "--after", "0", "--limit", "1001"], [first].into_iter().chain(4..=1_003).collect()),
        (&["--agency", &id(1).to_string()], vec![1]),
    ] {
        let (printed, _) = done(&inventory, &[&["events"], args].concat());
        let places: Vec<i64> = rows(&printed).iter().map(|row| row[0].parse().unwrap()).collect();
        assert_eq!(places, expected, "{args:?}");
    }
    let (code, complaint) = refused(&inventory, &["events", "--agency", &id(9).to_string()]);
    assert!(code == 1 && complaint.contains("no such agency"), "{complaint}");
    for args in [&["--after", "-1"][..], &["--limit", "x"], &["--agency", "7"]] {
        assert_eq!(refused(&inventory, &[&["events"], args].concat()).0, 2, "{args:?}");
    }
}

/// A command that goes on, and what it prints.
struct Following {
    child: Child,
    printed: BufReader<ChildStdout>,
}

impl Following {
    fn events(inventory: &Inventory, args: &[&str]) -> Self {
        let mut command = linekeeper();
        command.args(["events", "--follow"]).args(args).arg("--data-dir").arg(inventory.path());
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let printed = BufReader::new(child.stdout.take().unwrap());
        Self { child, printed }
    }

    /// The next line's place and what happened.
    fn next(&mut self) -> (String, String) {
        let mut line = String::new();
        self.printed.read_line(&mut line).unwrap();
        let row: Vec<&str> = line.split('\t').collect();
        (row[0].to_owned(), row[5].to_owned())
    }

    /// Closes the pipe, and waits until the command has ended by itself.
    fn read_no_more(mut self) -> (Option<i32>, String) {
        drop(self.printed);
        let (closed, mut complaint) = (Instant::now(), String::new());
        while self.child.try_wait().unwrap().is_none() {
            if closed.elapsed() > Duration::from_secs(10) {
                self.child.kill().unwrap();
                self.child.wait().unwrap();
                panic!("it goes on though nobody reads it");
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        std::io::Read::read_to_string(&mut self.child.stderr.take().unwrap(), &mut complaint).unwrap();
        (self.child.wait().unwrap().code(), complaint)
    }
}

#[test]
fn events_are_followed_until_nobody_reads_them() {
    let inventory = three_agencies();
    let child = id(2).to_string();
    let mut all = Following::events(&inventory, &["--limit", "1"]);
    let mut its_own = Following::events(&inventory, &["--agency", &child, "--after", "0"]);
    let mut new = Following::events(&inventory, &["--after", "3", "--limit", "1"]);
    let place = |number: &str, deed: &str| (number.to_owned(), deed.to_owned());
    assert_eq!(all.next(), place("3", "agency added"));
    assert_eq!(its_own.next(), place("2", "agency added"));
    // Another process does these.
    for (place_of_all, number) in [("4", 1), ("5", 2)] {
        let agency = id(number).to_string();
        done(&inventory, &["user", "create", "--agency", &agency, "--email", "a@b.example"]);
        assert_eq!(all.next(), place(place_of_all, "user added"));
        assert_eq!(new.next(), place(place_of_all, "user added"), "nothing is passed over");
    }
    assert_eq!(its_own.next(), place("5", "user added"), "and not the other agency's");
    for following in [all, its_own, new] {
        assert_eq!(following.read_no_more(), (Some(0), String::new()), "though nothing happens any more");
    }
}

#[test]
fn following_ends_when_it_is_interrupted() {
    let inventory = three_agencies();
    let mut following = Following::events(&inventory, &[]);
    following.next();
    let told = std::process::Command::new("kill").args(["-INT", &following.child.id().to_string()]).status().unwrap();
    assert!(told.success());
    assert!(!following.child.wait().unwrap().success(), "by the signal");
}

/// Who acts with a key: for its own agency, or for a child of it.
fn acting(snapshot: &Snapshot, key: &PresentedKey, now: Timestamp, child: Option<AgencyId>) -> Result<Caller> {
    let proven = access::prove(snapshot, key, now)?;
    child.map_or_else(|| Ok(proven.for_itself()), |child| proven.for_child(snapshot, child))
}
