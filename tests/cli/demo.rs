//! The command `demo`.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use serde_json::Value;

use crate::support::{Server, linekeeper};

#[test]
fn a_demo_has_data_of_every_kind() {
    let scratch = tempfile::tempdir().unwrap();
    let path = scratch.path().join("credentials.json");
    let demo = demo(&path, &[]);
    let credentials = credentials(&path);
    let owner = credentials["agencies"][0]["users"]["owner"]["jwt"].as_str().unwrap().to_owned();
    let first = demo.list(&owner, "?include_released=true&limit=200").json();
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(credentials["base_url"], demo.base_url);

    let mut totals = Vec::new();
    for agency in credentials["agencies"].as_array().unwrap() {
        for role in ["owner", "admin", "member"] {
            let token = agency["users"][role]["jwt"].as_str().unwrap();
            assert_eq!(demo.list(token, "").status, 200, "{role}");
        }
        let token = agency["users"]["member"]["jwt"].as_str().unwrap();
        let total = demo.list(token, "").json()["summary"]["total"].as_u64().unwrap();
        let sample = &agency["sample"];
        assert_eq!(sample.is_null(), total == 0);
        if total > 0 {
            let query = format!("?search={}&status=active", &sample["phone_number"].as_str().unwrap()[1..]);
            let found = demo.list(token, &query).json()["phone_numbers"][0].clone();
            assert_eq!((&found["id"], &found["agent_mapping_id"]), (&sample["number_id"], &sample["agent_mapping_id"]));
        }
        totals.push(total);
    }
    assert_eq!((totals.len(), totals.iter().sum::<u64>(), totals[3]), (4, 1240, 0), "{totals:?}");
    assert!(totals[0] > 800, "{totals:?}");
    let homeless = credentials["user_without_agency"]["jwt"].as_str().unwrap();
    assert_eq!(demo.list(homeless, "").status, 403);

    let seen = |key: &str| {
        let rows = first["phone_numbers"].as_array().unwrap().iter();
        rows.map(|row| row[key].to_string()).collect::<std::collections::BTreeSet<_>>()
    };
    for (key, kinds) in [("status", 4), ("number_type", 4), ("country_code", 6), ("direction", 3), ("currency", 3)] {
        assert_eq!(seen(key).len(), kinds, "{key}: {:?}", seen(key));
    }
    let rows = first["phone_numbers"].as_array().unwrap();
    assert!(
        rows.iter().any(|row| row["agent_mappings"].is_null())
            && rows.iter().any(|row| !row["agent_mappings"].is_null())
    );
    let times: Vec<&str> = rows.iter().map(|row| row["created_at"].as_str().unwrap()).collect();
    assert!(times.windows(2).any(|pair| pair[0] == pair[1]), "some are tied");
    assert!(times.iter().all(|time| time.len() == "2025-01-15T12:00:00Z".len()), "whole seconds");
}

#[test]
fn a_demos_seed_fixes_everything_but_time_and_secrets() {
    let scratch = tempfile::tempdir().unwrap();
    let mut seen = Vec::new();
    for (run, seed) in ["7", "7", "8"].iter().enumerate() {
        let path = scratch.path().join(format!("{run}.json"));
        let demo = demo(&path, &["--seed", seed, "--numbers", "100"]);
        let credentials = credentials(&path);
        let owner = credentials["agencies"][0]["users"]["owner"]["jwt"].as_str().unwrap();
        let mut page = demo.list(owner, "?include_released=true&limit=200").json();
        for row in page["phone_numbers"].as_array_mut().unwrap() {
            for time in ["created_at", "updated_at", "purchased_at", "released_at"] {
                row[time] = Value::Null;
            }
        }
        let secret = credentials["jwt_secret"].as_str().unwrap().to_owned();
        assert!(secret.len() >= 32);
        let (code, log) = demo.stop();
        assert_eq!(code, Some(0), "{log}");
        seen.push((page, credentials["agencies"][0]["users"]["owner"]["id"].clone(), secret));
    }
    assert_eq!((&seen[0].0, &seen[0].1), (&seen[1].0, &seen[1].1));
    assert_ne!(seen[0].2, seen[1].2, "secrets are random");
    assert_ne!(seen[0].0, seen[2].0);
}

#[test]
fn a_demo_leaves_nothing_behind_unless_it_was_told_where() {
    let scratch = tempfile::tempdir().unwrap();
    let kept = scratch.path().join("kept");
    let mut command = linekeeper();
    command.args(["demo", "--listen", "127.0.0.1:0", "--numbers", "20"]).env("TMPDIR", scratch.path());
    let demo = Server::spawn(command);
    assert_eq!(std::fs::read_dir(scratch.path()).unwrap().count(), 1);
    assert_eq!(demo.stop().0, Some(0));
    assert_eq!(std::fs::read_dir(scratch.path()).unwrap().count(), 0);

    // Told to stop while it is still making numbers up.
    let mut command = linekeeper();
    command.args(["demo", "--listen", "127.0.0.1:0", "--numbers", "3000"]).env("TMPDIR", scratch.path());
    let mut early = command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null()).spawn().unwrap();
    while std::fs::read_dir(scratch.path()).unwrap().count() == 0 {
        std::thread::sleep(Duration::from_millis(1));
    }
    let hangup = std::process::Command::new("kill").args(["-HUP", &early.id().to_string()]).status().unwrap();
    assert!(hangup.success() && early.wait().unwrap().success());
    assert_eq!(std::fs::read_dir(scratch.path()).unwrap().count(), 0);

    let mut ids = Vec::new();
    for numbers in ["20", "50"] {
        let path = scratch.path().join("credentials.json");
        let demo = self::demo(&path, &["--numbers", numbers, "--data-dir", kept.to_str().unwrap()]);
        let credentials = credentials(&path);
        let owner = credentials["agencies"][0]["users"]["owner"]["jwt"].as_str().unwrap();
        ids.push((credentials["agencies"][0]["id"].clone(), demo.list(owner, "").json()["summary"]["total"].clone()));
        assert_eq!(demo.stop().0, Some(0));
    }
    assert_eq!(ids[0], ids[1], "data that is there is used as it is");
}

/// A demo on a free port, which writes its credentials there.
pub fn demo(credentials: &Path, more: &[&str]) -> Server {
    let mut command = linekeeper();
    command.args(["demo", "--listen", "127.0.0.1:0", "--credentials"]).arg(credentials).args(more);
    // A test may end it in a way that lets it remove nothing.
    command.env("TMPDIR", credentials.parent().unwrap());
    Server::spawn(command)
}

fn credentials(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}
