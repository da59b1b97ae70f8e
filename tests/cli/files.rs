//! Files of numbers: `export` and `import csv`, run as a user runs them; what one writes, the other reads back.

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::path::PathBuf;
use std::process::{Output, Stdio};
use std::sync::Arc;

use linekeeper::inventory::access;
use linekeeper::model::{
    AgencyId, Agent, AgentId, Carrier, Money, Number, NumberFilter, NumberId, Search, Status, Timestamp, Window,
};
use linekeeper::store::Scope;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

use crate::support::{Inventory, add_agency, add_agent, agent, id, linekeeper, number};

const HEADER: &str = "id,phone_number,friendly_name,number_type,country_code,voice_enabled,sms_enabled,mms_enabled,inbound,outbound,agent_id,agent_name,monthly_cost,setup_cost,currency,status,is_active,carrier,carrier_account,carrier_number_id,location,routing,purchased_at,released_at,created_at,updated_at";

/// An inventory with two agencies, of which the first has two agents and the second one.
struct House {
    inventory: Inventory,
    scope: Scope,
    other: Scope,
}

impl House {
    fn new() -> Self {
        let inventory = Inventory::empty();
        let (scope, other) = inventory.write(|change| {
            let (scope, other) = (add_agency(change, 1, "Northwind")?, add_agency(change, 2, "Lumen")?);
            add_agent(change, &scope, &agent(10, Some("=Sales; \"A\"")))?;
            add_agent(change, &scope, &agent(11, None))?;
            add_agent(change, &other, &agent(20, Some("Theirs")))?;
            Ok((scope, other))
        });
        Self { inventory, scope, other }
    }

    fn with(numbers: &[Number]) -> Self {
        let house = Self::new();
        house.inventory.write(|change| numbers.iter().try_for_each(|number| change.add_number(&house.scope, number)));
        house
    }

    fn run(&self, args: &[&str]) -> Output {
        self.fed(args, b"")
    }

    fn fed(&self, args: &[&str], input: &[u8]) -> Output {
        let mut command = linekeeper();
        command.args(args).arg("--agency").arg(self.scope.agency().to_string());
        command.arg("--data-dir").arg(self.inventory.path());
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let input = input.to_vec();
        let feeder = std::thread::spawn(move || drop(stdin.write_all(&input)));
        let output = child.wait_with_output().unwrap();
        feeder.join().unwrap();
        output
    }

    fn export(&self, args: &[&str]) -> String {
        let output = self.run(&[&["export"], args].concat());
        assert!(output.status.success(), "{args:?}: {}", text(&output.stderr));
        text(&output.stdout)
    }

    fn everything(&self) -> String {
        self.export(&["--format", "csv", "--include-released"])
    }

    /// Imports a text, and returns whether that succeeded and what was reported.
    fn import(&self, file: impl AsRef<[u8]>, more: &[&str]) -> (bool, String) {
        let output = self.fed(&[&["import", "csv", "-"], more].concat(), file.as_ref());
        (output.status.success(), text(&output.stdout) + &text(&output.stderr))
    }

    fn taken(&self, file: impl AsRef<[u8]>, more: &[&str]) -> String {
        let (done, report) = self.import(file, more);
        assert!(done, "{report}");
        report
    }

    fn refused(&self, file: impl AsRef<[u8]>, more: &[&str]) -> String {
        let (done, report) = self.import(file, more);
        assert!(!done, "{report}");
        report
    }

    /// All numbers as they are, oldest first.
    fn numbers(&self) -> Vec<Number> {
        let filter = NumberFilter { include_released: true, ..NumberFilter::default() };
        let mut numbers = Vec::new();
        let read = self.inventory.store.read(|snapshot| {
            snapshot.each_number(&self.scope, &filter, |number| {
                numbers.push(number.clone());
                Ok::<_, linekeeper::model::Error>(())
            })
        });
        read.unwrap();
        numbers
    }

    fn file(&self, name: &str) -> PathBuf {
        self.inventory.path().join(name)
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn phones(numbers: &[Number]) -> Vec<String> {
    numbers.iter().map(|number| number.phone_number.to_string()).collect()
}

#[test]
fn a_plain_list_of_numbers_comes_in_as_people_write_it() {
    let house = House::new();
    let file = "\u{feff}Phone Number;Friendly_Name;notes;agent_id\r\n\
                19705550001;Main Line;x;uv-10\r\n\
                +1 (970) 555-0002;\"two\nlines; \"\"quoted\"\"\";;\r\n\
                ;;;\r\n\
                +1.970.555.0003;'70s line;;40000000-0000-4000-8000-00000000000b\r\n";
    let agent = agent(11, None).id.to_string();
    let file = file.replace("40000000-0000-4000-8000-00000000000b", &agent);
    let report = house.taken(&file, &["--dry-run"]);
    assert!(report.ends_with("numbers: 3 new, 0 already here\ndry run: nothing was written\n"), "{report}");
    assert!(house.numbers().is_empty());
    let report = house.taken(&file, &[]);
    assert_eq!(report, "column `notes` is not kept\nnumbers: 3 new, 0 already here\nimported\n");
    let numbers = house.numbers();
    assert_eq!(phones(&numbers), ["+19705550001", "+19705550002", "+19705550003"], "in the file's order");
    let first = &numbers[0];
    assert_eq!((first.status, first.carrier, first.voice_enabled), (Status::Active, Carrier::Telnyx, true));
    assert_eq!(
        numbers.iter().map(|n| n.agent.as_ref().map(|a| &*a.engine_id)).collect::<Vec<_>>(),
        [Some("uv-10"), None, Some("uv-11")]
    );
    assert_eq!(numbers[1].friendly_name.as_deref(), Some("two\nlines; \"quoted\""));
    assert_eq!(numbers[2].friendly_name.as_deref(), Some("'70s line"));

    let report = house.taken(&file, &[]);
    assert!(report.ends_with("numbers: 0 new, 3 already here\nnothing is new\n"), "{report}");
    assert!(!report.contains("other contents"), "{report}");
    let added: i64 = house
        .inventory
        .sqlite()
        .query_row("SELECT count(*) FROM events WHERE noun = 'number' AND actor = 'operator'", [], |row| row.get(0))
        .unwrap();
    assert_eq!(added, 3, "each arrival is an event");
}

#[test]
fn what_a_spreadsheet_has_spoilt_is_refused_with_its_line_and_what_to_do() {
    let house = House::new();
    let theirs = agent(20, None).id;
    let taken = id(77);
    house.inventory.write(|change| change.add_number(&house.other, &number(77, "+15550000077")));
    let file = format!(
        "phone_number,id,agent_id,monthly_cost,status,created_at\n\
         1.97E+10,,,,,\n\
         0019705550001,,,,,\n\
         19705550001,,,,,\n\
         +1 970 555 0001,,,,,\n\
         19705550002,,{theirs},,,\n\
         19705550003,,nobody,,,\n\
         19705550004,,,$1,,\n\
         19705550005,,,,asleep,\n\
         19705550006,{taken},,,,\n\
         19705550007,,,,released,\n\
         19705550008,x,,,,\n\
         19705550009,,,,,yesterday\n\
         ,,,,active,\n\
         19705550010,,\n\
         9705550011,,,,,\n\
         19705550012,,,,,\n"
    );
    let report = house.refused(&file, &[]);
    for expected in [
        ":2: phone_number: is what a spreadsheet makes of a phone number",
        ":3: phone_number: begins with 00",
        ":5: phone_number: is in line 4 and in line 5",
        ":6: agent_id: the agency has no such agent",
        ":7: agent_id: the agency has no such agent",
        ":8: monthly_cost: is no amount",
        ":9: status: is one of pending, active, suspended, released",
        ":10: id: is another number's",
        ":11: id: is missing",
        ":12: id: is no UUID",
        ":13: created_at: is no time",
        ":14: phone_number: is missing",
        ":15: (the row): has 3 fields where the header has 6",
        ":16: phone_number: may be a number of North America",
        "numbers: 2 new, 0 already here",
        "nothing was imported: 14 rows were refused",
    ] {
        assert!(report.contains(expected), "{expected}\n{report}");
    }
    assert!(!report.contains(&house.other.agency().to_string()) && !report.contains("Lumen"), "{report}");
    assert!(house.numbers().is_empty(), "all or nothing");

    let report = house.taken(&file, &["--skip-refused"]);
    assert!(
        report.ends_with("numbers: 2 new, 0 already here\n14 rows were refused and left out\nimported\n"),
        "{report}"
    );
    assert_eq!(phones(&house.numbers()), ["+19705550001", "+19705550012"]);
}

#[test]
fn what_is_here_is_never_overwritten_and_what_differs_is_said() {
    let mut here = number(1, "+19705550001");
    here.agent = Some(Arc::new(agent(10, None)));
    let house = House::with(&[here]);
    let before = house.everything();
    let report = house.taken("phone_number\n+19705550001\n", &[]);
    assert_eq!(report, "numbers: 0 new, 1 already here\nnothing is new\n");
    let report = house.taken("phone_number,friendly_name,agent_id\n+19705550001,Ours,uv-11\n+19705550002,,\n", &[]);
    assert!(report.contains("standard input:2: friendly_name, agent_id: is here with other contents"), "{report}");
    assert!(report.ends_with("numbers: 1 new, 1 already here\nimported\n"), "{report}");
    let report = house.taken(&format!("id,phone_number\n{},+19705550001\n", id(9)), &[]);
    assert!(report.contains(":2: id: is here with other contents"), "{report}");
    let report = house.refused(&format!("id,phone_number\n{},+19705550009\n", id(1)), &[]);
    assert!(report.contains(":2: id: is another number's"), "{report}");
    assert!(house.everything().starts_with(&before));
}

#[test]
fn rows_that_do_not_say_whose_they_are_get_the_carrier_or_the_account_that_is_named() {
    let house = House::new();
    let agency = house.scope.agency().to_string();
    let trunk = linekeeper()
        .args(["carrier", "add", "sip", "--agency", &agency, "--label", "Berlin", "--data-dir"])
        .arg(house.inventory.path())
        .output()
        .unwrap();
    let account = text(&trunk.stdout).trim().to_owned();
    assert!(trunk.status.success(), "{}", text(&trunk.stderr));
    let file = "phone_number,carrier\n+493055500001,\n+19705550001,twilio\n";
    house.taken(file, &["--account", &account]);
    house.taken("phone_number\n+19705550002\n", &["--carrier", "twilio"]);
    let numbers = house.numbers();
    let at: Vec<_> = numbers.iter().map(|number| (number.carrier, number.carrier_account.as_deref())).collect();
    assert_eq!(at, [(Carrier::Sip, Some(&*account)), (Carrier::Twilio, None), (Carrier::Twilio, None)]);
    let report = house.refused("phone_number\n+19705550003\n", &["--account", &id(99).to_string()]);
    assert!(report.contains("no such carrier account"), "{report}");

    // Another agency has this number with this account.
    let mut taken = number(5, "+493055500005");
    (taken.carrier, taken.carrier_account) = (Carrier::Sip, Some(account.as_str().into()));
    house.inventory.write(|change| change.add_number(&house.other, &taken));
    let report = house.refused("phone_number\n+493055500005\n", &["--account", &account]);
    assert!(report.contains(":2: carrier_account: somebody here has this number"), "{report}");
}

#[test]
fn files_that_are_none_are_refused_in_one_sentence() {
    let house = House::new();
    let utf16: Vec<u8> = "phone_number\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    for (file, said) in [
        (b"".to_vec(), "is empty"),
        (b"\xef\xbb\xbf\n\n".to_vec(), "is empty"),
        (
            b"number,name\n+1,x\n".to_vec(),
            "has no column `phone_number`: its first line names the columns, and is `number,name`",
        ),
        (b"phone_number,phone_number\n".to_vec(), "has two columns `phone_number`"),
        ([b"\xff\xfe".to_vec(), utf16.clone()].concat(), "is UTF-16"),
        (utf16, "holds a NUL byte in line 1"),
        (b"phone_number,friendly_name\n+19705550001,a\n+19705550002,\xfc\n".to_vec(), "is not UTF-8 from line 3 on"),
        (b"phone_number,friendly_name\n+19705550001,\0\n".to_vec(), "holds a NUL byte in line 2"),
        (vec![b'x'; 1 << 20], "has no column `phone_number`"),
        (b"\"phone_number\n+19705550001\n".to_vec(), "has no column"),
    ] {
        let output = house.fed(&["import", "csv", "-"], &file);
        let complaint = text(&output.stderr);
        assert_eq!((output.status.code(), output.stdout.len()), (Some(1), 0), "{complaint}");
        assert!(complaint.contains(said) && complaint.lines().count() == 1 && complaint.len() < 300, "{complaint}");
    }
    let missing = house.run(&["import", "csv", "/nowhere/numbers.csv"]);
    assert!(text(&missing.stderr).contains("/nowhere/numbers.csv cannot be read"), "{}", text(&missing.stderr));
    assert!(text(&house.run(&["import", "csv", "/"]).stderr).contains("cannot be read"));

    // A quotation mark that is never closed would swallow every row behind it into one name.
    let file = "phone_number,friendly_name\n+19705550001,a\n+19705550002,\"b\n+19705550003,c\n";
    let report = house.refused(file, &[]);
    assert!(report.contains(":3: (the row): opens a quotation mark that is never closed"), "{report}");
    let harmless = "phone_number,friendly_name\r\n+19705550001,\"5\"\"\"\r\n+19705550002,5\" of pipe, \r\n";
    assert!(house.refused(harmless, &[]).contains(":3: (the row): has 3 fields"));
    house.taken(harmless.replace(", \r", "\r"), &[]);
    assert_eq!(house.numbers()[1].friendly_name.as_deref(), Some("5\" of pipe"));
}

#[test]
fn an_export_is_typed_in_json_and_safe_in_a_spreadsheet() {
    let mut odd = number(1, "+19705550001");
    odd.friendly_name = Some("=HYPERLINK(\"http://x\")".into());
    odd.agent = Some(Arc::new(agent(10, None)));
    odd.monthly_cost = Some(Money(-11_500));
    let house = House::with(&[odd]);
    let csv = house.everything();
    let (header, row) = csv.split_once('\n').unwrap();
    assert_eq!(header, HEADER);
    assert_eq!(
        row,
        format!(
            "{},'+19705550001,\"'=HYPERLINK(\"\"http://x\"\")\",local,US,true,false,false,true,false,{},\"'=Sales; \"\"A\"\"\",\
             '-1.15,,USD,active,true,telnyx,,telnyx-id,,,2025-01-15T12:00:00Z,,2025-01-15T12:00:00Z,2025-01-15T12:00:00Z\n",
            id(1),
            id(10)
        )
    );
    let json: Value = serde_json::from_str(&house.export(&["--format", "json"])).unwrap();
    let object = json[0].as_object().unwrap();
    assert_eq!(object.keys().cloned().collect::<BTreeSet<_>>(), HEADER.split(',').map(str::to_owned).collect());
    for (key, value) in [
        ("phone_number", json!("+19705550001")),
        ("friendly_name", json!("=HYPERLINK(\"http://x\")")),
        ("agent_name", json!("=Sales; \"A\"")),
        ("monthly_cost", json!(-1.15)),
        ("setup_cost", Value::Null),
        ("voice_enabled", json!(true)),
        ("created_at", json!("2025-01-15T12:00:00Z")),
    ] {
        assert_eq!(object[key], value, "{key}");
    }
    let empty = House::new();
    assert_eq!(empty.export(&["--format", "json"]), "[]\n");
    assert_eq!(empty.everything(), format!("{HEADER}\n"));
    assert_eq!(empty.taken(empty.everything(), &[]), "numbers: 0 new, 0 already here\nnothing is new\n");
}

#[test]
fn a_file_is_replaced_when_the_new_one_is_whole() {
    let house = House::with(&[number(1, "+19705550001")]);
    let file = house.file("numbers.csv");
    let path = file.to_str().unwrap();
    let export = ["export", "--format", "csv", "--output"];
    for _ in 0..2 {
        let output = house.run(&[&export[..], &[path]].concat());
        assert_eq!(text(&output.stdout), "numbers: 1 exported\n", "{}", text(&output.stderr));
        assert_eq!(std::fs::read_to_string(&file).unwrap(), house.everything());
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        std::fs::write(&file, "old").unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
    }
    // What cannot be written leaves the old one, and nothing beside it.
    let full = linekeeper()
        .args(&export)
        .args([path, "--agency", &AgencyId(id(99)).to_string(), "--data-dir"])
        .arg(house.inventory.path())
        .output()
        .unwrap();
    assert_eq!(full.status.code(), Some(1));
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "old");
    let left = std::fs::read_dir(house.inventory.path()).unwrap();
    assert!(left.map(|entry| entry.unwrap().file_name()).all(|name| !name.to_string_lossy().contains("export")));
    // A device would be replaced by a file.
    let device = house.run(&[&export[..], &["/dev/null"]].concat());
    assert!(text(&device.stderr).contains("/dev/null could not be written: it is there and is no file"));
    assert!(std::fs::metadata("/dev/null").unwrap().file_type().is_char_device());
    assert!(text(&house.run(&[&export[..], &["/nowhere/x"]].concat()).stderr).contains("could not be written"));
}

#[test]
fn a_reader_that_goes_away_is_no_trouble_and_a_full_disk_is() {
    let numbers: Vec<Number> = (0..2_000).map(|at| number(at + 1, &format!("+1970{:07}", at))).collect();
    let house = House::with(&numbers);
    let mut command = linekeeper();
    command.args(["export", "--format", "json", "--agency"]).arg(house.scope.agency().to_string()).arg("--data-dir");
    command.arg(house.inventory.path());
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut first = [0; 64];
    child.stdout.take().unwrap().read_exact(&mut first).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), String::new()));

    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    let output = command.stdout(full).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("standard output could not be written"), "{}", text(&output.stderr));
}

#[test]
fn a_filter_exports_what_a_list_with_it_shows() {
    let mut runner = TestRunner::deterministic();
    let numbers = inventories().new_tree(&mut runner).unwrap();
    let numbers = proptest::strategy::ValueTree::current(&numbers);
    let house = House::with(&numbers);
    let agent = agent(10, None).id.to_string();
    let mut sizes = BTreeSet::new();
    for flags in 0..128_u32 {
        let has = |bit: u32| flags & 1 << bit != 0;
        let filter = NumberFilter {
            status: has(0).then_some(if has(1) { Status::Released } else { Status::Active }),
            include_released: has(2),
            assigned: has(3),
            unassigned: has(4),
            agent: has(5).then(|| AgentId(id(10))),
            search: if has(6) { Search::new("1") } else { None },
        };
        let (mut exported, listed) = house
            .inventory
            .store
            .read(|snapshot| {
                let scope = access::operator(snapshot, house.scope.agency())?;
                let counts = snapshot.number_counts(&scope)?;
                let listed = snapshot.numbers(&scope, &filter, Window { offset: 0, limit: 1_000 }, &counts)?;
                let mut exported = Vec::new();
                snapshot.each_number(&scope, &filter, |number| {
                    exported.push(number.clone());
                    Ok::<_, linekeeper::model::Error>(())
                })?;
                Ok::<_, linekeeper::model::Error>((exported, listed))
            })
            .unwrap();
        exported.reverse();
        assert_eq!(exported, listed.items.iter().map(|number| Number::clone(number)).collect::<Vec<_>>(), "{filter:?}");
        sizes.insert(exported.len());
    }
    assert!(sizes.len() > 8, "{sizes:?}");
    let rows = |args: &[&str]| {
        let json: Value = serde_json::from_str(&house.export(&[&["--format", "json"], args].concat())).unwrap();
        json.as_array().unwrap().len()
    };
    let of = |admits: &dyn Fn(&Number) -> bool| numbers.iter().filter(|number| admits(number)).count();
    assert_eq!(rows(&["--status", "released"]), of(&|number| number.status == Status::Released));
    assert_eq!(rows(&["--unassigned", "--include-released"]), of(&|number| number.agent.is_none()));
    assert_eq!(
        rows(&["--agent", &agent, "--include-released"]),
        of(&|number| number.agent.as_ref().is_some_and(|a| a.id == AgentId(id(10))))
    );
    assert_eq!(rows(&["--search", "nowhere to be found"]), 0);
    assert_eq!(rows(&["--assigned", "--unassigned"]), 0);
}

/// Texts that break files: formulas, quotation marks, separators, line ends, other scripts, nothing.
fn words() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(String::new()),
        "(['=+@;,\t\r\n\" -]|\u{feff}|\u{200b}|＝|[a-c]){0,6}",
        "\\PC{0,12}",
        "[^\u{0}]{0,8}",
    ]
}

fn extreme() -> impl Strategy<Value = i64> {
    prop_oneof![any::<i64>(), -10_000_i64..2_000_000, Just(i64::MIN), Just(i64::MAX), Just(1_736_942_400_000_000)]
}

/// Any inventory: numbers of every state, some answered, some bought again after they were released.
fn inventories() -> impl Strategy<Value = Vec<Number>> {
    let texts = proptest::collection::vec(proptest::option::of(words()), 7);
    let times = (proptest::option::of(extreme()), proptest::option::of(extreme()), extreme(), extreme());
    let costs = (proptest::option::of(extreme()), proptest::option::of(extreme()));
    let one = (texts, words(), times, costs, any::<[bool; 6]>(), 0..4_usize, 0..4_usize, 0..3_u64);
    proptest::collection::vec(one, 0..40).prop_map(|rows| {
        let numbers = rows.into_iter().zip(1_u64..);
        let whole = numbers.map(|((mut texts, currency, times, costs, flags, status, carrier, answers), place)| {
            let mut text = || texts.pop().flatten().map(|text| text.replace('\0', "").as_str().into());
            let phone = if status == 3 { format!("+1970555{:04}", place % 5) } else { format!("+1970666{place:04}") };
            Number {
                // Ids in no order of time.
                id: NumberId(id(place * 7_919 % 1_009)),
                phone_number: phone.parse().unwrap(),
                carrier_number_id: text(),
                friendly_name: text(),
                number_type: text(),
                country_code: text(),
                carrier_account: text(),
                location: text(),
                routing: text(),
                currency: currency.as_str().into(),
                voice_enabled: flags[0],
                sms_enabled: flags[1],
                mms_enabled: flags[2],
                inbound: flags[3],
                outbound: flags[4],
                is_active: flags[5],
                monthly_cost: costs.0.map(Money),
                setup_cost: costs.1.map(Money),
                status: Status::ALL[status],
                carrier: Carrier::ALL[carrier],
                purchased_at: times.0.map(Timestamp),
                released_at: times.1.map(Timestamp),
                created_at: Timestamp(times.2),
                updated_at: Timestamp(times.3),
                agent: (answers > 0).then(|| Arc::new(Agent { name: None, ..agent(9 + answers, None) })),
            }
        });
        whole.collect()
    })
}

#[test]
fn what_an_export_writes_an_import_reads_back_to_the_same_inventory() {
    let mut runner = TestRunner::new(Config { cases: 12, failure_persistence: None, ..Config::default() });
    let filters: [&[&str]; 3] = [&["--include-released"], &["--assigned"], &["--search", "6"]];
    runner
        .run(&(inventories(), 0..filters.len()), |(numbers, which)| {
            let house = House::with(&numbers);
            let export = [&["--format", "csv"], filters[which]].concat();
            let written = house.export(&export);
            let copy = House::new();
            let report = copy.taken(&written, &[]);
            prop_assert!(!report.contains("other contents"), "{}", report);
            prop_assert_eq!(&copy.everything(), &written);
            if which == 0 {
                prop_assert_eq!(copy.numbers(), house.numbers());
            }
            let again = copy.taken(&written, &[]);
            prop_assert!(again.contains("0 new, ") && !again.contains("other contents"), "{}", again);
            prop_assert_eq!(
                copy.export(&["--format", "json", "--include-released"]),
                house.export(&[&["--format", "json"], filters[which]].concat())
            );
            Ok(())
        })
        .unwrap();
}
