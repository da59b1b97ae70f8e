//! The command `carrier`: accounts that are added, listed, given other credentials and removed, and what is kept of these.

use std::process::{Command, Output};

use crate::support::{Inventory, add_agency, add_child_agency, id, linekeeper};
use linekeeper::model::AccountId;
use rusqlite::Connection;

const SID: &str = "AC0123456789abcdef0123456789abcdef";
const TOKEN: &str = "9b2e6f0c-the-token-of-an-account";
const KEY: &str = "a key that encrypts credentials, 1";
const NEW_KEY: &str = "a key that encrypts credentials, 2";

/// A key as a setting.
type Settings<'a> = &'a [(&'a str, &'a str)];

fn run(inventory: &Inventory, settings: Settings, args: &[&str], typed: &str) -> Output {
    let mut command: Command = linekeeper();
    command.args(args).arg("--data-dir").arg(inventory.path());
    for (name, value) in settings {
        command.env(format!("LINEKEEPER_CREDENTIALS_{name}"), value);
    }
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), typed).unwrap();
    command.stdin(std::fs::File::open(file.path()).unwrap());
    command.output().unwrap()
}

fn done(inventory: &Inventory, settings: Settings, args: &[&str], typed: &str) -> String {
    let output = run(inventory, settings, args, typed);
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn refused(inventory: &Inventory, settings: Settings, args: &[&str], typed: &str) -> String {
    let output = run(inventory, settings, args, typed);
    assert_eq!(output.status.code(), Some(1), "{args:?}");
    String::from_utf8(output.stderr).unwrap()
}

/// Agency 1 with its child 2 and that one's child 3, and agency 4.
fn family() -> Inventory {
    let inventory = Inventory::empty();
    inventory.write(|change| {
        let parent = add_agency(change, 1, "Parent")?;
        let child = add_child_agency(change, 2, "Child", Some(&parent))?;
        add_child_agency(change, 3, "Grandchild", Some(&child))?;
        add_agency(change, 4, "Stranger")
    });
    inventory
}

fn agency(number: u64) -> String {
    id(number).to_string()
}

fn add_twilio(inventory: &Inventory, to: u64, settings: Settings) -> String {
    let agency = agency(to);
    let add = ["carrier", "add", "twilio", "--agency", &agency, "--account-sid", SID, "--auth-token-file", "-"];
    let id = done(inventory, settings, &add, &format!("{TOKEN}\n"));
    id.trim().parse::<AccountId>().unwrap().to_string()
}

fn list(inventory: &Inventory, of: u64) -> Vec<Vec<String>> {
    let listed = done(inventory, &[], &["carrier", "list", "--agency", &agency(of)], "");
    listed.lines().map(|line| line.split('\t').map(str::to_owned).collect()).collect()
}

#[test]
fn an_account_is_its_agencys_and_its_descendants_use_it() {
    let inventory = family();
    let twilio = add_twilio(&inventory, 1, &[("KEY", KEY)]);
    let own = agency(2);
    let add = ["carrier", "add", "telnyx", "--agency", &own, "--api-key-file", "-", "--label", "ours"];
    let telnyx = done(&inventory, &[("KEY", KEY)], &add, "KEY0123456789");
    let telnyx = telnyx.trim();
    let ids = |of| list(&inventory, of).into_iter().map(|mut row| row.swap_remove(0)).collect::<Vec<_>>();
    assert_eq!(ids(1), [twilio.as_str()]);
    assert_eq!(ids(2), [telnyx, twilio.as_str()], "its own first");
    assert_eq!(ids(3), [telnyx, twilio.as_str()]);
    assert_eq!(ids(4), [] as [&str; 0]);
    let rows = list(&inventory, 3);
    assert_eq!((&*rows[0][1], &*rows[0][3], &rows[0][4]), ("telnyx", "ours", &format!("of {}", agency(2))));
    assert_eq!((&*rows[1][1], &*rows[1][2], &rows[1][4]), ("twilio", SID, &format!("of {}", agency(1))));
    assert_eq!(list(&inventory, 1)[0][4], "own");

    // It is for nobody else to change, and can be there once.
    for (command, more) in [("remove", None), ("test", None), ("rotate", Some(["--secret-file", "-"]))] {
        let (other, more) = (agency(2), more.unwrap_or(["--agency", ""]));
        let args = ["carrier", command, &twilio, "--agency", &other];
        let args = if more[0] == "--agency" { args.to_vec() } else { [&args[..], &more].concat() };
        let said = refused(&inventory, &[("KEY", KEY)], &args, "x");
        assert!(said.contains("there is no such carrier account"), "{command}: {said}");
    }
    let parent = agency(1);
    let again = ["carrier", "add", "twilio", "--agency", &parent, "--account-sid", SID, "--auth-token-file", "-"];
    assert!(refused(&inventory, &[("KEY", KEY)], &again, TOKEN).contains("there is already this account"));
    done(&inventory, &[], &["carrier", "remove", &twilio, "--agency", &parent], "");
    assert_eq!(ids(3), [telnyx]);
    add_twilio(&inventory, 1, &[("KEY", KEY)]);
}

#[test]
fn what_cannot_be_an_account_is_refused() {
    let inventory = family();
    let agency = agency(1);
    let twilio =
        |sid| ["carrier", "add", "twilio", "--agency", &agency, "--account-sid", sid, "--auth-token-file", "-"];
    let key: Settings = &[("KEY", KEY)];
    assert!(refused(&inventory, &[], &twilio(SID), TOKEN).contains("LINEKEEPER_CREDENTIALS_KEY_FILE"));
    assert!(refused(&inventory, key, &twilio("AC123"), TOKEN).contains("32 hexadecimal digits"));
    for bad in ["", "\n", "two\nlines", "t\u{f6}ken", "tok\0en", "token\t"] {
        let said = refused(&inventory, key, &twilio(SID), bad);
        assert!(said.contains("the secret is not acceptable") && (bad.len() < 2 || !said.contains(bad)), "{said}");
    }
    let url = [&twilio(SID)[..], &["--url", "twilio.example"]].concat();
    assert!(refused(&inventory, key, &url, TOKEN).contains("--url cannot be used"));
    let nobody = id(9).to_string();
    let stranger = ["carrier", "add", "telnyx", "--agency", &nobody, "--api-key-file", "-"];
    assert!(refused(&inventory, key, &stranger, "KEY").contains("there is no such agency"));
    let sip = |more: &[&'static str]| {
        let args: Vec<&str> = [&["carrier", "add", "sip", "--agency", &agency][..], more].concat();
        refused(&inventory, key, &args, "")
    };
    assert!(sip(&["--allowed-addresses", "203.0.113.0/33"]).contains("allowed_addresses is not acceptable"));
    assert!(sip(&["--allowed-addresses", "203.0.113.1,elsewhere"]).contains("allowed_addresses is not acceptable"));
    assert!(sip(&["--address", "sip.example.com:99999"]).contains("address is not acceptable"));
    assert!(sip(&["--address", "sip.example.com", "--prefix", "call me"]).contains("prefix is not acceptable"));
    assert_eq!(list(&inventory, 1), [] as [Vec<String>; 0]);
}

#[test]
fn a_trunk_takes_what_a_trunk_has_and_its_numbers_are_brought_along() {
    let inventory = family();
    let agency = agency(1);
    let key: Settings = &[("KEY", KEY)];
    let add = [
        "carrier",
        "add",
        "sip",
        "--agency",
        &agency,
        "--label",
        "desk",
        "--allowed-addresses",
        "203.0.113.7, 2001:db8::/32",
        "--address",
        "sip.example.com:5061",
        "--transport",
        "tls",
        "--prefix",
        "00",
        "--username",
        "agency",
        "--password-file",
        "-",
    ];
    let trunk = done(&inventory, key, &add, "a password of the trunk");
    let trunk = trunk.trim();
    assert_eq!(list(&inventory, 1)[0][5], "sip.example.com:5061");
    done(&inventory, key, &["carrier", "test", trunk, "--agency", &agency], "");
    let import =
        |numbers: &[&'static str]| [&["import", "sip", "--agency", &agency, "--account", trunk][..], numbers].concat();
    let tried = import(&["--dry-run", "+493055501234"]);
    assert_eq!(done(&inventory, key, &tried, ""), "numbers: 1 new, 0 already here\n");
    let brought = import(&["+493055501234", "+493055501235"]);
    assert_eq!(done(&inventory, key, &brought, ""), "numbers: 2 new, 0 already here\n");
    let more = import(&["+493055501234", "+493055501236"]);
    assert_eq!(done(&inventory, key, &more, ""), "numbers: 1 new, 1 already here\n");
    let twilio = ["import", "twilio", "--agency", &agency, "--account", trunk];
    assert!(refused(&inventory, key, &twilio, "").contains("this account is one of sip"));
    let database = Connection::open(inventory.path().join("linekeeper.db")).unwrap();
    let numbers: i64 = database
        .query_row(
            "SELECT count(*) FROM agency_phone_numbers WHERE carrier = 1 AND carrier_account = ?1 AND status = 1",
            [trunk],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(numbers, 3);
}

#[test]
fn no_byte_of_a_credential_is_in_the_clear_and_moved_it_does_not_open() {
    let inventory = family();
    let key: Settings = &[("KEY", KEY)];
    let first = add_twilio(&inventory, 1, key);
    let second = add_twilio(&inventory, 4, key);
    for entry in std::fs::read_dir(inventory.path()).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            let bytes = std::fs::read(&path).unwrap();
            let found = bytes.windows(TOKEN.len()).any(|window| window == TOKEN.as_bytes());
            assert!(!found, "{} holds a token", path.display());
        }
    }
    let events = done(&inventory, &[], &["events"], "");
    assert!(events.contains("carrier_account") && !events.contains(TOKEN) && !events.contains("credentials\""));

    let (one, four) = (agency(1), agency(4));
    let test = |id: &str, of: &str| refused(&inventory, key, &["carrier", "test", id, "--agency", of], "");
    let database = Connection::open(inventory.path().join("linekeeper.db")).unwrap();
    let swap = "CREATE TEMP TABLE before AS SELECT agency_no, credentials FROM carrier_accounts;
        UPDATE carrier_accounts SET credentials = (SELECT b.credentials FROM before AS b
            WHERE b.agency_no <> carrier_accounts.agency_no)";
    database.execute_batch(swap).unwrap();
    for (id, of) in [(&first, &one), (&second, &four)] {
        let said = test(id, of);
        assert!(said.contains("is damaged, or was moved here from another place"), "{said}");
    }
}

#[test]
fn credentials_and_the_key_they_are_encrypted_with_can_be_changed() {
    let inventory = family();
    let account = add_twilio(&inventory, 1, &[("KEY", KEY)]);
    let (agency, file) = (agency(1), tempfile::NamedTempFile::new().unwrap());
    let unreached = ["carrier", "test", &account, "--agency", &agency];
    let database = Connection::open(inventory.path().join("linekeeper.db")).unwrap();
    // Nobody is asked in this test: it is to get as far as that.
    database.execute("UPDATE carrier_accounts SET url = 'http://127.0.0.1:9'", []).unwrap();
    assert!(refused(&inventory, &[("KEY", KEY)], &unreached, "").contains("could not be reached"));
    assert!(refused(&inventory, &[("KEY", NEW_KEY)], &unreached, "").contains("encrypted with another key"));
    assert!(refused(&inventory, &[], &unreached, "").contains("there is no key"));

    let both: Settings = &[("KEY", NEW_KEY), ("KEY_BEFORE", KEY)];
    assert!(refused(&inventory, both, &unreached, "").contains("could not be reached"));
    assert!(refused(&inventory, &[("KEY", NEW_KEY)], &["carrier", "rekey"], "").contains("encrypted with another key"));
    assert!(done(&inventory, both, &["carrier", "rekey"], "").starts_with("1 accounts"));
    assert!(done(&inventory, both, &["carrier", "rekey"], "").starts_with("0 accounts"));
    assert!(refused(&inventory, &[("KEY", NEW_KEY)], &unreached, "").contains("could not be reached"));

    std::fs::write(file.path(), "another token\n").unwrap();
    let path = file.path().to_str().unwrap();
    let rotate = ["carrier", "rotate", &account, "--agency", &agency, "--secret-file", path];
    let before: Vec<u8> = database.query_row("SELECT credentials FROM carrier_accounts", [], |row| row.get(0)).unwrap();
    done(&inventory, &[("KEY", NEW_KEY)], &rotate, "");
    let after: Vec<u8> = database.query_row("SELECT credentials FROM carrier_accounts", [], |row| row.get(0)).unwrap();
    assert_ne!(before, after);
    for bad in ["\n", "two\nlines\n"] {
        std::fs::write(file.path(), bad).unwrap();
        assert!(refused(&inventory, &[("KEY", NEW_KEY)], &rotate, "").contains("the secret is not acceptable"));
    }
    let kept: Vec<u8> = database.query_row("SELECT credentials FROM carrier_accounts", [], |row| row.get(0)).unwrap();
    assert_eq!(after, kept);
}
