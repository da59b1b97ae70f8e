//! Which schema a database has, and what is done about it.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use linekeeper::store::{DataDir, OpenError, Store, migrate, migration_status};

use crate::support::{Inventory, add_agency, linekeeper};

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn the_directory_is_its_owners_alone() {
    let inventory = Inventory::empty();
    let directory = inventory.path();
    inventory.write(|change| add_agency(change, 1, "Northwind"));
    assert_eq!(mode(&directory), 0o700);
    let mut files = 0;
    for entry in std::fs::read_dir(&directory).unwrap() {
        let path = entry.unwrap().path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
        files += 1;
    }
    assert!(files >= 3, "the database and its journal");
}

/// Gives a database a history that this program does not know: older than ours, and not to be migrated.
fn make_older(database: &rusqlite::Connection) {
    database
        .execute_batch(
            "DELETE FROM refinery_schema_history WHERE version > 1;
             UPDATE refinery_schema_history SET version = 0, name = 'unknown';",
        )
        .unwrap();
}

#[test]
fn migrating_twice_changes_nothing() {
    let inventory = Inventory::empty();
    let again = migrate(&DataDir::new(inventory.path()), None).unwrap();
    assert_eq!((again.applied.len(), again.snapshot), (0, None));
    let status = migration_status(&DataDir::new(inventory.path())).unwrap();
    assert!(status.iter().all(|(_, applied)| *applied) && !status.is_empty());
}

#[test]
fn a_database_of_a_newer_version_is_refused_in_a_sentence() {
    let inventory = Inventory::empty();
    inventory
        .sqlite()
        .execute("UPDATE refinery_schema_history SET version = version + 98 WHERE version = 1", [])
        .unwrap();
    let data_dir = DataDir::new(inventory.path());
    assert!(matches!(migrate(&data_dir, None), Err(OpenError::Newer { found: 99, .. })));
    assert!(matches!(Store::open(&data_dir, 1), Err(OpenError::Newer { found: 99, .. })));
    let mut command = linekeeper();
    command.args(["serve", "--listen", "127.0.0.1:0", "--data-dir"]).arg(inventory.path());
    let refused = command.env("LINEKEEPER_JWT_SECRET", crate::support::SECRET).output().unwrap();
    assert_eq!(refused.status.code(), Some(1));
    let complaint = String::from_utf8(refused.stderr).unwrap();
    assert!(complaint.contains("newer Linekeeper") && complaint.contains("99"), "{complaint}");
}

#[test]
fn an_upgrade_copies_the_database_aside_first() {
    let inventory = Inventory::empty();
    inventory.write(|change| add_agency(change, 1, "Northwind"));
    make_older(&inventory.sqlite());
    let data_dir = DataDir::new(inventory.path());
    assert!(matches!(Store::open(&data_dir, 1), Err(OpenError::Older { found: 0, .. })));
    for _ in 0..2 {
        let refused = migrate(&data_dir, None).unwrap_err();
        assert!(
            matches!(refused, OpenError::Migration { .. }) && refused.to_string().lines().count() == 1,
            "{refused}"
        );
    }
    let copies: Vec<_> = std::fs::read_dir(inventory.path())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.file_name().unwrap().to_str().unwrap().starts_with("linekeeper.v0"))
        .collect();
    let [copy] = &copies[..] else { panic!("{copies:?}") };
    assert_eq!(mode(copy), 0o600);
    for database in [copy.clone(), data_dir.database()] {
        let name: String = rusqlite::Connection::open(&database)
            .unwrap()
            .query_row("SELECT name FROM agencies", [], |row| row.get(0))
            .unwrap();
        assert_eq!(name, "Northwind", "{}", database.display());
    }
}

#[test]
fn a_directory_without_a_database_is_said_to_be_one() {
    let directory = tempfile::tempdir().unwrap();
    let missing = Store::open(&DataDir::new(directory.path().join("nothing")), 1);
    assert!(missing.unwrap_err().to_string().contains("linekeeper init"));
    assert!(!directory.path().join("nothing").exists(), "looking created it");
}

#[test]
fn another_programs_database_is_left_as_it_is() {
    let directory = tempfile::tempdir().unwrap();
    let data_dir = DataDir::new(directory.path().join("data"));
    data_dir.create().unwrap();
    let theirs = rusqlite::Connection::open(data_dir.database()).unwrap();
    theirs.execute_batch("CREATE TABLE letters (text)").unwrap();
    drop(theirs);
    let before = std::fs::read(data_dir.database()).unwrap();
    assert!(matches!(migrate(&data_dir, None), Err(OpenError::Foreign(_))));
    assert!(matches!(Store::open(&data_dir, 1), Err(OpenError::Foreign(_))));
    assert!(migration_status(&data_dir).unwrap().iter().all(|(_, applied)| !applied));
    assert_eq!(std::fs::read(data_dir.database()).unwrap(), before);
}

#[test]
fn a_database_in_use_is_not_upgraded_under_its_server() {
    let inventory = Inventory::empty();
    let data_dir = DataDir::new(inventory.path());
    let server = data_dir.lock().unwrap().unwrap();
    assert!(migrate(&data_dir, None).is_ok(), "nothing to do is no upgrade");
    make_older(&inventory.sqlite());
    assert!(matches!(migrate(&data_dir, None), Err(OpenError::InUse(_))));
    assert!(matches!(migrate(&data_dir, Some(&server)), Err(OpenError::Migration { .. })));
}

#[test]
fn first_starts_at_the_same_time_take_turns() {
    let directory = tempfile::tempdir().unwrap();
    let data_dir = DataDir::new(directory.path().join("data"));
    std::thread::scope(|threads| {
        let starts: Vec<_> = (0..6).map(|_| threads.spawn(|| migrate(&data_dir, None))).collect();
        let applied: usize = starts.into_iter().map(|start| start.join().unwrap().unwrap().applied.len()).sum();
        assert_eq!(applied, migration_status(&data_dir).unwrap().len());
    });
}

#[test]
fn a_directory_that_was_there_is_closed_to_others_if_it_is_ours_alone() {
    let directory = tempfile::tempdir().unwrap();
    for (name, file, expected) in [("empty", None, 0o700), ("shared", Some("letters.txt"), 0o755)] {
        let path = directory.path().join(name);
        std::fs::create_dir(&path).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        if let Some(file) = file {
            std::fs::write(path.join(file), "").unwrap();
        }
        let mut command = linekeeper();
        let output = command.args(["init", "--data-dir"]).arg(&path).output().unwrap();
        assert!(output.status.success());
        assert_eq!(mode(&path), expected, "{name}");
        let warned = String::from_utf8(output.stderr).unwrap().contains("chmod 700");
        assert_eq!(warned, file.is_some(), "{name}");
        assert_eq!(mode(&path.join("linekeeper.db")), 0o600);
    }
}
