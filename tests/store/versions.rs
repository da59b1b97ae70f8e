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

#[test]
fn migrating_twice_changes_nothing() {
    let inventory = Inventory::empty();
    let again = migrate(&DataDir::new(inventory.path())).unwrap();
    assert_eq!((again.applied.len(), again.snapshot), (0, None));
    let status = migration_status(&DataDir::new(inventory.path())).unwrap();
    assert!(status.iter().all(|(_, applied)| *applied) && !status.is_empty());
}

#[test]
fn a_database_of_a_newer_version_is_refused_in_a_sentence() {
    let inventory = Inventory::empty();
    inventory.sqlite().execute("UPDATE refinery_schema_history SET version = 99", []).unwrap();
    let data_dir = DataDir::new(inventory.path());
    assert!(matches!(migrate(&data_dir), Err(OpenError::Newer { found: 99, .. })));
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
    // A history that this program does not know: it is older than ours, and cannot be migrated.
    inventory.sqlite().execute("UPDATE refinery_schema_history SET version = 0, name = 'unknown'", []).unwrap();
    let data_dir = DataDir::new(inventory.path());
    assert!(matches!(Store::open(&data_dir, 1), Err(OpenError::Older { found: 0, .. })));
    assert!(matches!(migrate(&data_dir), Err(OpenError::Migration { .. })));
    let copies: Vec<_> = std::fs::read_dir(inventory.path())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.file_name().unwrap().to_str().unwrap().starts_with("linekeeper.v0."))
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
