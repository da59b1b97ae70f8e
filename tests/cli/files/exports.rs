//! What is exported, and where to.

use std::collections::BTreeSet;
use std::io::Read;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::process::Stdio;
use std::sync::Arc;

use linekeeper::model::{AgencyId, Money, Number, Status};
use serde_json::{Value, json};

use super::{House, text};
use crate::support::{agent, id, linekeeper, number};

const HEADER: &str = "id,phone_number,friendly_name,number_type,country_code,voice_enabled,sms_enabled,mms_enabled,inbound,outbound,agent_id,agent_name,monthly_cost,setup_cost,currency,status,is_active,carrier,carrier_account,carrier_number_id,location,routing,purchased_at,released_at,created_at,updated_at,external_id,expires_at";

#[test]
fn another_agencys_numbers_are_neither_exported_nor_in_the_way() {
    let house = House::with(&[number(1, "+19705550001")]);
    house.inventory.write(|change| {
        change.add_number(&house.other, &number(2, "+19705550002"))?;
        change.add_number(&house.other, &Number { status: Status::Released, ..number(3, "+19705550003") })
    });
    for filter in [&[][..], &["--include-released"], &["--unassigned"], &["--search", "555"], &["--status", "active"]] {
        let written = house.export(&[&["--format", "csv"], filter].concat());
        assert_eq!(written.lines().count(), 2, "{filter:?}: {written}");
    }
    let theirs = agent(20, None).id.to_string();
    assert_eq!(house.export(&["--format", "json", "--agent", &theirs]), "[]\n");
    let report = house.taken("phone_number\n+19705550002\n+19705550003\n", &[]);
    assert_eq!(report, "numbers: 2 new, 0 already here\nimported\n");
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
             '-1.15,,USD,active,true,telnyx,,telnyx-id,,,2025-01-15T12:00:00Z,,2025-01-15T12:00:00Z,2025-01-15T12:00:00Z,,\n",
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
        .args(export)
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
    let numbers: Vec<Number> = (0..2_000).map(|at| number(at + 1, &format!("+1970{at:07}"))).collect();
    let house = House::with(&numbers);
    for format in ["csv", "json"] {
        let mut command = linekeeper();
        command.args(["export", "--format", format, "--agency"]).arg(house.scope.agency().to_string());
        command.arg("--data-dir").arg(house.inventory.path());
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut first = [0; 64];
        child.stdout.take().unwrap().read_exact(&mut first).unwrap();
        let output = child.wait_with_output().unwrap();
        assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), String::new()), "{format}");

        let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
        let output = command.stdout(full).output().unwrap();
        assert_eq!(output.status.code(), Some(1));
        let complaint = text(&output.stderr);
        assert!(complaint.contains("standard output could not be written: No space left"), "{complaint}");
    }
}
