//! What is taken in, and what is refused.

use std::sync::Arc;

use linekeeper::model::{Carrier, Status};

use super::{House, phones, text};
use crate::support::{agent, id, linekeeper, number};

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
    let report = house.taken(format!("id,phone_number\n{},+19705550001\n", id(9)), &[]);
    assert!(report.contains(":2: id: is here with other contents"), "{report}");
    let report = house.refused(format!("id,phone_number\n{},+19705550009\n", id(1)), &[]);
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
    let stray = "phone_number,friendly_name\n+19705550001,\"a\n+19705550002,\"b\"\n+19705550003,c\n";
    let report = house.refused(stray, &[]);
    assert!(report.contains(":2: (the row): has text behind a quotation mark"), "{report}");
    let long = format!("phone_number,friendly_name\n+19705550001,\"{}\"\n", "x\n".repeat(600_000));
    assert!(house.refused(long, &[]).contains(":2: (the row): has a cell of more than 1 MiB"));
    let harmless = "phone_number,friendly_name\r\n+19705550001,\"5\"\"\"\r\n+19705550002,5\" of pipe, \r\n";
    assert!(house.refused(harmless, &[]).contains(":3: (the row): has 3 fields"));
    house.taken(harmless.replace(", \r", "\r"), &[]);
    assert_eq!(house.numbers()[1].friendly_name.as_deref(), Some("5\" of pipe"));
}
