//! Carriers' calls: whose signature is right is heard once, in whatever order; nobody else is, and nobody's number is another's.

use aws_lc_rs::hmac;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use linekeeper::clock::Clock;
use linekeeper::model::{Carrier, Number};
use rusqlite::Connection;
use serde_json::{Value, json};

use crate::shop::{Shop, two_agencies};
use crate::support::{Answer, Inventory, SECRET, Server, add_agency, id, linekeeper, number};

const SID: &str = "AC0123456789abcdef0123456789abcdef";
const TOKEN: &str = "the auth token of an account";
const KEY: &str = "what credentials are encrypted with";
const PUBLIC: &str = "https://numbers.example.com";
const OURS: &str = "+19705550100";
const THEIRS: &str = "+19705550200";

/// A server that carriers call, two agencies that share an account at Twilio, and one at Telnyx.
struct Office {
    inventory: Inventory,
    server: Server,
    twilio: String,
    telnyx: String,
}

fn pair() -> Ed25519KeyPair {
    Ed25519KeyPair::from_seed_unchecked(&[9; 32]).unwrap()
}

fn run(inventory: &Inventory, args: &[&str]) -> (bool, String) {
    run_with(TOKEN, inventory, args)
}

/// Runs a command that reads a secret, or reads nothing.
fn run_with(secret: &str, inventory: &Inventory, args: &[&str]) -> (bool, String) {
    let file = inventory.path().join("secret");
    std::fs::write(&file, secret).unwrap();
    let mut command = linekeeper();
    command.args(args).arg("--data-dir").arg(inventory.path());
    command.env("LINEKEEPER_CREDENTIALS_KEY", KEY).env("LINEKEEPER_PUBLIC_URL", PUBLIC);
    let output = command.stdin(std::fs::File::open(&file).unwrap()).output().unwrap();
    std::fs::remove_file(&file).unwrap();
    let said = if output.status.success() { output.stdout } else { output.stderr };
    (output.status.success(), String::from_utf8(said).unwrap())
}

fn done(inventory: &Inventory, args: &[&str]) -> String {
    let (is_done, said) = run(inventory, args);
    assert!(is_done, "{args:?}: {said}");
    said.trim_end_matches('\n').to_owned()
}

impl Office {
    fn open() -> Self {
        let inventory = two_agencies();
        let (ours, theirs) = (id(1).to_string(), id(2).to_string());
        let add = |agency: &str| {
            ["carrier", "add", "twilio", "--agency", agency, "--account-sid", SID, "--auth-token-file", "-"]
                .map(str::to_owned)
        };
        let strs = |args: &[String]| done(&inventory, &args.iter().map(String::as_str).collect::<Vec<_>>());
        let twilio = strs(&add(&ours));
        strs(&add(&theirs));
        let public_key = STANDARD.encode(pair().public_key().as_ref());
        let add = [
            "carrier",
            "add",
            "telnyx",
            "--agency",
            &ours,
            "--api-key-file",
            "-",
            "--name",
            "t",
            "--public-key",
            &public_key,
        ];
        let telnyx = done(&inventory, &add);
        inventory.write(|change| {
            for (agency, place, phone_number, carrier, account) in [
                (1, 501, OURS, Carrier::Twilio, SID),
                (2, 502, THEIRS, Carrier::Twilio, SID),
                (1, 503, "+19705550300", Carrier::Telnyx, "t"),
            ] {
                let scope = change.operator_scope(linekeeper::model::AgencyId(id(agency)))?.unwrap();
                let row = Number { carrier, carrier_account: Some(account.into()), ..number(place, phone_number) };
                change.add_number(&scope, &row)?;
            }
            Ok(())
        });
        let mut command = linekeeper();
        command.args(["serve", "--listen", "127.0.0.1:0", "--data-dir"]).arg(inventory.path());
        for (name, value) in [("JWT_SECRET", SECRET), ("CREDENTIALS_KEY", KEY), ("PUBLIC_URL", PUBLIC)] {
            command.env(format!("LINEKEEPER_{name}"), value);
        }
        let server = Server::spawn(command);
        Self { inventory, server, twilio, telnyx }
    }

    fn twilio(&self, form: &[(&str, &str)]) -> Answer {
        let path = format!("/webhooks/twilio/{}", self.twilio);
        self.post_form(&path, form, &sign(&format!("{PUBLIC}{path}"), form))
    }

    fn post_form(&self, path: &str, form: &[(&str, &str)], signature: &str) -> Answer {
        let body = form.iter().map(|(name, value)| format!("{name}={}", escaped(value))).collect::<Vec<_>>().join("&");
        let headers = [("content-type", "application/x-www-form-urlencoded"), ("x-twilio-signature", signature)];
        self.server.send_with("POST", path, &headers, &body)
    }

    fn telnyx(&self, body: &Value) -> Answer {
        let (body, stamp) = (body.to_string(), (Clock::System.now().0 / 1_000_000).to_string());
        let signature = pair().sign(format!("{stamp}|{body}").as_bytes());
        let signature = STANDARD.encode(signature.as_ref());
        let headers = [
            ("content-type", "application/json"),
            ("telnyx-timestamp", &*stamp),
            ("telnyx-signature-ed25519", &*signature),
        ];
        self.server.send_with("POST", &format!("/webhooks/telnyx/{}", self.telnyx), &headers, &body)
    }

    fn listed(&self, agency: u64, place: u64) -> Vec<Vec<String>> {
        let args = ["message", "list", "--agency", &id(agency).to_string(), "--number", &id(place).to_string()];
        let args = [&args[..], &["--limit", "100000"]].concat();
        done(&self.inventory, &args).lines().map(|line| line.split('\t').map(str::to_owned).collect()).collect()
    }

    fn sqlite(&self) -> Connection {
        self.inventory.sqlite()
    }
}

fn escaped(text: &str) -> String {
    text.bytes().fold(String::new(), |escaped, byte| escaped + &format!("%{byte:02X}"))
}

/// As Twilio's own libraries sign; of their own making, not of ours.
fn sign(url: &str, form: &[(&str, &str)]) -> String {
    sign_with(TOKEN, url, form)
}

fn sign_with(token: &str, url: &str, form: &[(&str, &str)]) -> String {
    let mut pairs = form.to_vec();
    pairs.sort_unstable();
    let text = pairs.into_iter().fold(url.to_owned(), |text, (name, value)| text + name + value);
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, token.as_bytes());
    STANDARD.encode(hmac::sign(&key, text.as_bytes()).as_ref())
}

fn came<'a>(sid: &'a str, from: &'a str, to: &'a str, text: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![("MessageSid", sid), ("AccountSid", SID), ("From", from), ("To", to), ("Body", text), ("NumMedia", "0")]
}

#[test]
fn a_message_that_came_is_its_numbers_once_however_often_it_is_told() {
    let office = Office::open();
    for _ in 0..3 {
        let answer = office.twilio(&came("SM1", "72345", OURS, "Grüße, 1+1=2 & mehr 👋"));
        assert_eq!((answer.status, answer.text()), (200, "<Response/>".to_owned()));
        assert!(answer.header("content-type").unwrap().starts_with("text/xml"));
    }
    assert_eq!(office.twilio(&came("SM2", "ACME", OURS, "")).status, 200, "from a word, with nothing in it");
    let [second, first] = &office.listed(1, 501)[..] else { panic!("there are two") };
    assert_eq!(first[2..7], ["inbound", "delivered", "72345", OURS, "Grüße, 1+1=2 & mehr 👋"].map(str::to_owned));
    assert_eq!(second[4], "ACME");
    assert_eq!(office.listed(2, 502), [] as [Vec<String>; 0]);
    // The account is the other agency's, too: what comes to their number is theirs.
    assert_eq!(office.twilio(&came("SM3", "+19705559999", THEIRS, "for them")).status, 200);
    assert_eq!((office.listed(1, 501).len(), office.listed(2, 502).len()), (2, 1));
    let said =
        run(&office.inventory, &["message", "list", "--agency", &id(2).to_string(), "--number", &id(501).to_string()]);
    assert!(!said.0 && said.1.contains("there is no such phone number"), "{said:?}");
}

#[test]
fn a_number_that_nobody_has_is_recorded_as_such() {
    let office = Office::open();
    for to in ["+19705550999", "72345", "not a number"] {
        assert_eq!(office.twilio(&came(&format!("SM{to}"), "+19705559999", to, "hello?")).status, 200);
    }
    // One that was given back is nobody's, and keeps what it had.
    assert_eq!(office.twilio(&came("SM8", "+19705559999", OURS, "before")).status, 200);
    office.sqlite().execute("UPDATE agency_phone_numbers SET status = 3 WHERE phone_number = ?1", [OURS]).unwrap();
    assert_eq!(office.twilio(&came("SM9", "+19705559999", OURS, "too late")).status, 200);
    assert_eq!(office.listed(1, 501).iter().map(|row| &*row[6]).collect::<Vec<_>>(), ["before"]);
    let strays =
        done(&office.inventory, &["message", "strays", "--agency", &id(1).to_string(), "--account", &office.twilio]);
    assert_eq!(strays.lines().count(), 4);
    assert!(strays.contains("too late") && strays.contains("not a number"));
    let theirs = ["message", "strays", "--agency", &id(2).to_string(), "--account", &office.twilio];
    assert!(!run(&office.inventory, &theirs).0, "another agency has no such account");
}

/// An account's name is no secret: an agency may enter another's, with a token of its own, and sign with that.
#[test]
fn who_enters_anothers_account_name_hears_and_tells_nothing_of_its_numbers() {
    let office = Office::open();
    let stranger = id(9).to_string();
    let add = ["carrier", "add", "twilio", "--agency", &stranger, "--account-sid", SID, "--auth-token-file", "-"];
    office.inventory.write(|change| add_agency(change, 9, "A stranger").map(drop));
    let (is_added, account) = run_with("a token of their own", &office.inventory, &add);
    assert!(is_added, "{account}");
    let path = format!("/webhooks/twilio/{}", account.trim());
    let tell = |form: &[(&str, &str)]| {
        let signature = sign_with("a token of their own", &format!("{PUBLIC}{path}"), form);
        office.post_form(&path, form, &signature).status
    };
    assert_eq!(tell(&came("SM1", "+19705559999", OURS, "forged")), 200);
    assert_eq!(office.listed(1, 501), [] as [Vec<String>; 0]);
    let strays = done(&office.inventory, &["message", "strays", "--agency", &stranger, "--account", account.trim()]);
    assert!(strays.contains("forged"), "it is a stray of theirs");

    sent(&office, 720, Some("SM720"));
    assert_eq!(tell(&[("MessageSid", "SM720"), ("MessageStatus", "failed"), ("ErrorCode", "30003")]), 200);
    assert_eq!(state(&office, 720).0, "queued", "they told nothing");
    assert_eq!(office.twilio(&[("MessageSid", "SM720"), ("MessageStatus", "delivered")]).status, 200);
    assert_eq!(state(&office, 720).0, "delivered", "the carrier did");

    // One whose agency gave the account up is nobody's to fill, either.
    office.sqlite().execute("DELETE FROM carrier_accounts WHERE agency_no = 2", []).unwrap();
    assert_eq!(office.twilio(&came("SM2", "+19705559999", THEIRS, "for whom?")).status, 200);
    assert_eq!(office.listed(2, 502), [] as [Vec<String>; 0]);
}

#[test]
fn nobody_but_the_carrier_is_heard() {
    let office = Office::open();
    let (form, path) = (came("SM1", "+19705559999", OURS, "forged"), format!("/webhooks/twilio/{}", office.twilio));
    let right = sign(&format!("{PUBLIC}{path}"), &form);
    let host = sign(&format!("{}{path}", office.server.base_url), &form);
    let unknown = format!("/webhooks/twilio/{}", id(999));
    let other = format!("/webhooks/telnyx/{}", office.twilio);
    let elsewhere = sign(&format!("{PUBLIC}{unknown}"), &form);
    for (path, signature, what) in [
        (&*path, "", "none"),
        (&path, "AAAA", "no signature"),
        (&path, &*host, "for the address that it came to"),
        (&unknown, &elsewhere, "for an account that is not there"),
        (&other, &right, "for another carrier's account"),
        (&format!("{path}?x=1"), &right, "for another address"),
        ("/webhooks/nobody/1", &right, "for no carrier"),
    ] {
        let answer = office.post_form(path, &form, signature);
        assert_eq!(
            (answer.status, answer.json()),
            (403, json!({"error": "not a call of this account's carrier"})),
            "{what}"
        );
    }
    let mut more = form.clone();
    more.push(("Extra", "1"));
    assert_eq!(office.post_form(&path, &more, &right).status, 403, "a parameter that was not signed");
    assert_eq!(office.post_form(&path, &more, &sign(&format!("{PUBLIC}{path}"), &more)).status, 200, "one that is new");
    let with_port = sign(&format!("{PUBLIC}:443{path}"), &form);
    assert_eq!(office.post_form(&path, &form, &with_port).status, 200, "the port written out");
    assert_eq!(office.listed(1, 501).len(), 1);
    // Telnyx, unsigned.
    let answer = office.server.send_with("POST", &format!("/webhooks/telnyx/{}", office.telnyx), &[], "{}");
    assert_eq!(answer.status, 403);
    let signed_nonsense = office.telnyx(&json!({"no": "event"}));
    assert_eq!(signed_nonsense.status, 400);
}

#[test]
fn without_a_public_address_no_call_is_taken() {
    let shop = Shop::open();
    let answer = shop.server.send_with("POST", &format!("/webhooks/twilio/{}", id(1)), &[], "");
    assert_eq!(answer.status, 403);
    // Its log is read as it comes: all of it is there when it has ended.
    let (_, log) = shop.server.stop();
    assert!(log.contains("`public_url` is not set"), "{log}");
}

#[test]
fn what_telnyx_tells_is_heard() {
    let office = Office::open();
    let received = json!({"data": {"event_type": "message.received", "id": "e1", "payload": {
        "id": "m1", "from": {"phone_number": "+19705559999"}, "to": [{"phone_number": "+19705550300"}], "text": "hello",
        "media": [{"url": "https://media.example/1"}], "errors": []}}});
    for _ in 0..2 {
        assert_eq!(office.telnyx(&received).status, 200);
    }
    assert_eq!(office.telnyx(&json!({"data": {"event_type": "number_order.complete", "payload": {}}})).status, 200);
    let rows = office.listed(1, 503);
    assert_eq!((rows.len(), &*rows[0][6]), (1, "hello"));
}

/// A message that was sent, as a row, so that there is something to tell of.
fn sent(office: &Office, place: u64, known_as: Option<&str>) {
    office
        .sqlite()
        .execute(
            "INSERT INTO messages (agency_no, number_id, at, id, direction, state, sender, recipient, body, carrier,
                 carrier_account, carrier_message_id, updated_at)
             VALUES (1, ?1, ?2, ?3, 1, 2, ?4, '+19705559999', 'hi', 2, ?5, ?6, 0)",
            rusqlite::params![
                id(501).as_bytes(),
                i64::try_from(place).unwrap(),
                id(place).as_bytes(),
                OURS,
                SID,
                known_as
            ],
        )
        .unwrap();
}

fn state(office: &Office, place: u64) -> (String, String, String) {
    let row = office.listed(1, 501).into_iter().find(|row| row[0] == id(place).to_string()).unwrap();
    (row[3].clone(), row[7].clone(), row[8].clone())
}

#[test]
fn a_message_is_as_far_as_it_ever_was_in_whatever_order_that_is_told() {
    let office = Office::open();
    let all = ["queued", "sent", "delivered"];
    for (place, order) in (700..).zip([[0, 1, 2], [2, 1, 0], [1, 2, 0], [2, 0, 1], [0, 2, 1], [1, 0, 2]]) {
        let known_as = format!("SM{place}");
        sent(&office, place, Some(&known_as));
        for at in order {
            let told = [("MessageSid", &*known_as), ("MessageStatus", all[at]), ("From", OURS), ("To", "+19705559999")];
            assert_eq!(office.twilio(&told).status, 200);
        }
        assert_eq!(state(&office, place).0, "delivered", "{order:?}");
    }
    sent(&office, 710, Some("SM710"));
    let told = [("MessageSid", "SM710"), ("MessageStatus", "undelivered"), ("ErrorCode", "30034")];
    assert_eq!(office.twilio(&told).status, 200);
    let (is, code, meaning) = state(&office, 710);
    assert_eq!((&*is, &*code), ("undelivered", "30034"));
    assert!(meaning.contains("A2P 10DLC"), "{meaning}");
    // One whose answer was lost is known by the address that the carrier was given for it.
    sent(&office, 711, None);
    let path = format!("/webhooks/twilio/{}?message={}", office.twilio, id(711));
    let told = [("MessageSid", "SM711"), ("MessageStatus", "delivered")];
    assert_eq!(office.post_form(&path, &told, &sign(&format!("{PUBLIC}{path}"), &told)).status, 200);
    assert_eq!(state(&office, 711).0, "delivered");
    // What is told of a message that is not known is kept, and once.
    for status in ["delivered", "sent"] {
        assert_eq!(office.twilio(&[("MessageSid", "SM999"), ("MessageStatus", status)]).status, 200);
    }
    let kept: Vec<i64> = {
        let sqlite = office.sqlite();
        let mut statement = sqlite.prepare("SELECT state FROM stray_standings").unwrap();
        statement.query_map([], |row| row.get(0)).unwrap().collect::<rusqlite::Result<_>>().unwrap()
    };
    assert_eq!(kept, [4]);
}

#[test]
fn a_thousand_calls_tripled_and_shuffled_end_in_the_same_state() {
    let told = |office: &Office, order: &[usize]| {
        let tell = |at: &usize| {
            let (sid, text) = (format!("SM{at}"), format!("message {at}"));
            let to = if at.is_multiple_of(5) { THEIRS } else { OURS };
            let answer = match at % 4 {
                0 => office
                    .twilio(&[("MessageSid", &sid), ("MessageStatus", ["sent", "delivered", "failed"][at / 4 % 3])]),
                _ => office.twilio(&came(&sid, "+19705559999", to, &text)),
            };
            assert_eq!(answer.status, 200);
        };
        std::thread::scope(|scope| {
            for some in order.chunks(order.len().div_ceil(8)) {
                scope.spawn(|| some.iter().for_each(tell));
            }
        });
        let sqlite = office.sqlite();
        let rows = |sql: &str| -> Vec<String> {
            let mut statement = sqlite.prepare(sql).unwrap();
            statement.query_map([], |row| row.get(0)).unwrap().collect::<rusqlite::Result<_>>().unwrap()
        };
        [
            rows(
                "SELECT agency_no || ' ' || carrier_message_id || ' ' || state || ' ' || body FROM messages ORDER BY 1",
            ),
            rows("SELECT carrier_message_id || ' ' || state FROM stray_standings ORDER BY 1"),
            rows("SELECT carrier_message_id FROM stray_messages ORDER BY 1"),
        ]
    };
    let plain: Vec<usize> = (0..1_000).collect();
    let mut tripled: Vec<usize> = plain.iter().flat_map(|at| [*at; 3]).collect();
    // A shuffle that is the same each time.
    let mut seed = 42_u64;
    for at in (1..tripled.len()).rev() {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        tripled.swap(at, usize::try_from(seed >> 33).unwrap() % (at + 1));
    }
    let once = told(&Office::open(), &plain);
    assert_eq!(once[0].len(), 750);
    assert_eq!(told(&Office::open(), &tripled), once);
}
