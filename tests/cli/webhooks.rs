//! The command `webhook` and what a server does with it: events that are told, told again, and told to nobody else.

use std::process::{Command, Output};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::receiver::{Letter, Receiver};
use crate::support::{Inventory, SECRET, Server, add_agency, add_agent, agent, id, linekeeper};
use linekeeper::inventory::access;
use linekeeper::model::AgencyId;

const KEY: &str = "a key that encrypts secrets, and more";

pub fn command(inventory: &Inventory, settings: &[(&str, &str)]) -> Command {
    let mut command = linekeeper();
    command.env("LINEKEEPER_CREDENTIALS_KEY", KEY).env("LINEKEEPER_JWT_SECRET", SECRET);
    command.env("LINEKEEPER_DATA_DIR", inventory.path());
    for (name, value) in settings {
        command.env(format!("LINEKEEPER_WEBHOOKS__{name}"), value);
    }
    command
}

/// What lets a test's receiver be told.
pub const ALLOWED: [(&str, &str); 3] =
    [("ALLOW_ADDRESSES", "127.0.0.0/8"), ("ALLOW_HTTP", "true"), ("RETRY_DELAY", "50ms")];

pub fn run(inventory: &Inventory, args: &[&str]) -> Output {
    command(inventory, &ALLOWED).arg("webhook").args(args).output().unwrap()
}

pub fn done(inventory: &Inventory, args: &[&str]) -> String {
    let output = run(inventory, args);
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

pub fn refused(inventory: &Inventory, args: &[&str]) -> String {
    let output = run(inventory, args);
    assert_eq!(output.status.code(), Some(1), "{args:?}");
    String::from_utf8(output.stderr).unwrap()
}

pub fn serve(inventory: &Inventory) -> Server {
    serve_with(inventory, &ALLOWED)
}

pub fn serve_with(inventory: &Inventory, settings: &[(&str, &str)]) -> Server {
    let mut serve = command(inventory, settings);
    // A proxy that is not there: nobody asks it.
    serve.args(["serve", "--listen", "127.0.0.1:0"]).env("HTTP_PROXY", "http://127.0.0.1:9");
    Server::spawn(serve)
}

/// Agencies 1 and 2.
pub fn inventory() -> Inventory {
    let inventory = Inventory::empty();
    inventory.write(|change| add_agency(change, 1, "Northwind").and(add_agency(change, 2, "Lumen")));
    inventory
}

pub fn agency(number: u64) -> String {
    id(number).to_string()
}

/// A webhook of an agency: its id and its secret.
pub fn add(inventory: &Inventory, of: u64, url: &str, more: &[&str]) -> (String, String) {
    let printed = done(inventory, &[&["add", "--agency", &agency(of), "--url", url], more].concat());
    let (id, secret) = printed.trim_end().split_once('\t').unwrap();
    (id.to_owned(), secret.to_owned())
}

/// An event: an agent of an agency is added.
pub fn happen(inventory: &Inventory, to: u64, number: u64) {
    inventory
        .write(|change| add_agent(change, &access::operator(change, AgencyId(id(to)))?, &agent(number, Some("Ä"))));
}

fn ids(letters: &[Letter]) -> Vec<&str> {
    letters.iter().map(Letter::id).collect()
}

/// Waits until the deliveries look like this: `type state attempts status`, the latest first.
pub fn wait_for_deliveries(inventory: &Inventory, webhook: &str, expected: &[&str]) -> Vec<String> {
    let began = Instant::now();
    loop {
        let listed = done(inventory, &["deliveries", webhook, "--agency", &agency(1)]);
        let rows: Vec<Vec<&str>> = listed.lines().map(|line| line.split('\t').collect()).collect();
        let shown: Vec<String> =
            rows.iter().map(|row| format!("{} {} {} {}", row[1], row[2], row[3], row[5])).collect();
        if shown == expected {
            return rows.iter().map(|row| row[0].to_owned()).collect();
        }
        assert!(began.elapsed() < Duration::from_secs(20), "{listed}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn each_change_is_told_once_in_its_order_and_signed() {
    let inventory = inventory();
    let (all, some, other) = (Receiver::willing(), Receiver::willing(), Receiver::willing());
    happen(&inventory, 1, 20);
    let (_, secret) = add(&inventory, 1, &all.url, &[]);
    let (_, of_some) = add(&inventory, 1, &some.url, &["--events", "agency.*,number.added", "--description", "CRM"]);
    add(&inventory, 2, &other.url, &[]);
    let server = serve(&inventory);
    for number in 21..24 {
        happen(&inventory, 1, number);
    }
    inventory.sqlite().execute("UPDATE agencies SET name = 'Südwind' WHERE agency_no = 1", []).unwrap();
    let letters = all.wait_for(4);
    let types: Vec<String> = letters.iter().map(Letter::event_type).collect();
    assert_eq!(types, ["agent.added", "agent.added", "agent.added", "agency.changed"]);
    let now = linekeeper::clock::Clock::System.now().0 / 1_000_000;
    for (letter, subject) in letters.iter().zip([21, 22, 23, 1]) {
        assert!(letter.is_signed_with(&secret) && !letter.is_signed_with(&of_some), "{letter:?}");
        assert_eq!(letter.header("content-type"), "application/json");
        assert!((now - letter.header("webhook-timestamp").parse::<i64>().unwrap()).abs() < 30);
        let json = letter.json();
        assert_eq!(json["data"]["id"], id(subject).to_string());
        assert_eq!(json["data"]["agency_id"], agency(1));
        assert!(json["timestamp"].as_str().unwrap().ends_with('Z'));
    }
    assert_eq!(letters[0].json()["data"]["after"]["ultravox_agent_name"], "Ä");
    let changed = &letters[3].json()["data"];
    assert_eq!((&changed["before"]["name"], &changed["after"]["name"]), (&"Northwind".into(), &"Südwind".into()));
    let only = some.wait_for(1);
    assert!(only[0].is_signed_with(&of_some) && only[0].event_type() == "agency.changed");
    assert_ne!(only[0].id(), letters[3].id());
    let (began, counted) = (Instant::now(), "linekeeper_webhook_deliveries_total{outcome=\"delivered\"} 5");
    while !server.ask("GET", "/metrics", None).text().contains(counted) {
        assert!(began.elapsed() < Duration::from_secs(20));
    }
    // After a start nothing is told again; and what happened before the webhook was added, never was.
    assert_eq!(server.stop().0, Some(0));
    let _server = serve(&inventory);
    happen(&inventory, 1, 30);
    let letters = all.wait_for(5);
    assert_eq!(letters[4].json()["data"]["id"], id(30).to_string());
    assert_eq!((letters.len(), some.letters().len(), other.letters().len()), (5, 1, 0));
}

#[test]
fn what_was_not_taken_is_sent_again_with_its_id_and_holds_up_what_follows_only_for_a_while() {
    let inventory = inventory();
    let answers = ["500 Oops", "302 Found\r\nlocation: /elsewhere", "404 Not Found", "204 No Content"];
    let receiver = Receiver::answering(move |place| answers[place.min(3)].into());
    let (webhook, secret) = add(&inventory, 1, &receiver.url, &[]);
    let _server = serve(&inventory);
    happen(&inventory, 1, 20);
    // The second wait is one of minutes.
    let letters = receiver.wait_for(2);
    assert_eq!((letters[0].id(), &letters[0].body), (letters[1].id(), &letters[1].body));
    let shown = wait_for_deliveries(&inventory, &webhook, &["agent.added waiting 2 302"]);
    done(&inventory, &["resend", &shown[0], "--agency", &agency(1)]);
    let letters = receiver.wait_for(4);
    assert_eq!(ids(&letters), [letters[0].id(); 4]);
    assert!(letters.iter().all(|letter| letter.is_signed_with(&secret)));
    assert_eq!(wait_for_deliveries(&inventory, &webhook, &["agent.added delivered 2 204"]), [letters[0].id()]);
    // Once more, whatever came of it.
    done(&inventory, &["resend", letters[0].id(), "--agency", &agency(1)]);
    assert_eq!(receiver.wait_for(5)[4].id(), letters[0].id());
    wait_for_deliveries(&inventory, &webhook, &["agent.added delivered 1 204"]);
}

#[test]
fn a_receiver_that_is_gone_is_disabled_and_hears_the_rest_when_it_is_enabled() {
    let inventory = inventory();
    let receiver = Receiver::answering(|place| if place == 0 { "410 Gone".into() } else { "200 OK".into() });
    let (webhook, _) = add(&inventory, 1, &receiver.url, &[]);
    let server = serve(&inventory);
    let which = [&*webhook, "--agency", &agency(1)];
    happen(&inventory, 1, 20);
    wait_for_deliveries(&inventory, &webhook, &["agent.added failed 1 410"]);
    let list = || done(&inventory, &["list", "--agency", &agency(1)]);
    assert!(list().contains("\tdisabled: gone\t*\t"), "{}", list());
    happen(&inventory, 1, 21);
    let failed = done(&inventory, &[&["deliveries"], &which[..], &["--failed"]].concat());
    let failed = failed.split('\t').next().unwrap();
    assert!(refused(&inventory, &["resend", failed, "--agency", &agency(1)]).contains("is disabled"));
    done(&inventory, &[&["enable"], &which[..]].concat());
    assert_eq!(receiver.wait_for(2)[1].json()["data"]["id"], id(21).to_string());

    done(&inventory, &[&["disable"], &which[..]].concat());
    assert!(list().contains("disabled: operator"));
    happen(&inventory, 1, 22);
    done(&inventory, &[&["enable"], &which[..], &["--skip"]].concat());
    happen(&inventory, 1, 23);
    assert_eq!(receiver.wait_for(3)[2].json()["data"]["id"], id(23).to_string());
    done(&inventory, &[&["remove"], &which[..]].concat());
    happen(&inventory, 1, 24);
    assert_eq!(list(), "");
    let (_, log) = server.stop();
    assert!(log.contains("a webhook was disabled") && log.contains("a delivery was given up"), "{log}");
    assert_eq!(receiver.letters().len(), 3);
    let states = "SELECT count(*) FROM events WHERE noun = 'webhook' AND after LIKE '%disabled%'";
    assert_eq!(inventory.sqlite().query_row(states, [], |row| row.get::<_, i64>(0)).unwrap(), 2);
}

#[test]
fn while_a_secret_is_replaced_both_sign() {
    let inventory = inventory();
    let receiver = Receiver::willing();
    let (webhook, first) = add(&inventory, 1, &receiver.url, &[]);
    let _server = serve(&inventory);
    let rotate = |overlap: &str| {
        let printed = done(&inventory, &["rotate", &webhook, "--agency", &agency(1), "--overlap", overlap]);
        printed.trim_end().to_owned()
    };
    let signers = |letter: &Letter, secrets: &[&String]| -> Vec<bool> {
        assert!(!letter.header("webhook-signature").contains("  "));
        secrets.iter().map(|secret| letter.is_signed_with(secret)).collect()
    };
    let second = rotate("24h");
    happen(&inventory, 1, 20);
    let letter = &receiver.wait_for(1)[0];
    assert_eq!(signers(letter, &[&first, &second]), [true, true]);
    assert_eq!(letter.header("webhook-signature").split(' ').count(), 2);
    let third = rotate("1us");
    happen(&inventory, 1, 21);
    assert_eq!(signers(&receiver.wait_for(2)[1], &[&first, &second, &third]), [false, false, true]);
    let fourth = rotate("0s");
    happen(&inventory, 1, 22);
    assert_eq!(signers(&receiver.wait_for(3)[2], &[&third, &fourth]), [false, true]);
    assert!(refused(&inventory, &["rotate", &webhook, "--agency", &agency(1), "--overlap", "31d"]).contains("30 days"));

    let rekeyed = command(&inventory, &[])
        .env("LINEKEEPER_CREDENTIALS_KEY", "another key that encrypts secrets, 2")
        .env("LINEKEEPER_CREDENTIALS_KEY_BEFORE", KEY)
        .args(["carrier", "rekey"])
        .output()
        .unwrap();
    assert!(String::from_utf8(rekeyed.stdout).unwrap().contains(" 1 webhooks' secrets"));
    assert!(refused(&inventory, &["test", &webhook, "--agency", &agency(1)]).contains("encrypted with another key"));
}

#[test]
fn a_server_that_dies_between_sending_and_writing_sends_again_with_the_same_id() {
    let inventory = inventory();
    let server = Arc::new(Mutex::new(None::<Server>));
    let (dying, is_killed) = (Arc::clone(&server), AtomicBool::new(false));
    let receiver = Receiver::answering(move |_| {
        // It has been taken here, and the server never hears of it.
        if !is_killed.swap(true, Ordering::Relaxed) {
            dying.lock().unwrap().as_ref().unwrap().kill();
        }
        "200 OK".into()
    });
    let (webhook, _) = add(&inventory, 1, &receiver.url, &[]);
    {
        let mut running = server.lock().unwrap();
        *running = Some(serve(&inventory));
        happen(&inventory, 1, 20);
    }
    receiver.wait_for(1);
    assert!(server.lock().unwrap().as_ref().unwrap().has_ended(Duration::from_secs(10)));
    let _next = serve(&inventory);
    let letters = receiver.wait_for(2);
    assert_eq!((letters[0].id(), &letters[0].body), (letters[1].id(), &letters[1].body));
    wait_for_deliveries(&inventory, &webhook, &["agent.added delivered 1 200"]);
}

#[test]
fn a_receiver_that_hangs_holds_up_nobody_else() {
    let inventory = inventory();
    let hanging: Vec<Receiver> = (0..20)
        .map(|_| {
            Receiver::answering(|_| {
                std::thread::sleep(Duration::from_mins(1));
                String::new()
            })
        })
        .collect();
    for receiver in &hanging {
        add(&inventory, 1, &receiver.url, &[]);
    }
    let prompt = Receiver::willing();
    add(&inventory, 1, &prompt.url, &[]);
    let server = serve(&inventory);
    happen(&inventory, 1, 20);
    // More than there are turns at once.
    while hanging.iter().filter(|receiver| receiver.letters().len() == 1).count() < 16 {
        std::thread::sleep(Duration::from_millis(5));
    }
    let began = Instant::now();
    for number in 21..30 {
        happen(&inventory, 1, number);
    }
    prompt.wait_for(10);
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
    let began = Instant::now();
    assert_eq!(server.stop().0, Some(0));
    assert!(began.elapsed() < Duration::from_secs(8), "{:?}", began.elapsed());
}

#[test]
fn what_cannot_be_signed_waits_until_it_can() {
    let inventory = inventory();
    let receiver = Receiver::willing();
    let (webhook, _) = add(&inventory, 1, &receiver.url, &[]);
    let mut keyless = command(&inventory, &ALLOWED);
    keyless.args(["serve", "--listen", "127.0.0.1:0"]).env_remove("LINEKEEPER_CREDENTIALS_KEY");
    let server = Server::spawn(keyless);
    happen(&inventory, 1, 20);
    let began = Instant::now();
    while !server.log().contains("there is no key") {
        assert!(began.elapsed() < Duration::from_secs(20));
        std::thread::sleep(Duration::from_millis(20));
    }
    wait_for_deliveries(&inventory, &webhook, &["agent.added waiting 0 "]);
    assert_eq!(server.stop().1.matches("there is no key").count(), 1, "it is said once in a while");
    let _server = serve(&inventory);
    assert_eq!(receiver.wait_for(1).len(), 1);
}

#[test]
fn a_message_can_be_tried_out() {
    let inventory = inventory();
    let receiver = Receiver::answering(|place| if place == 0 { "201 Created".into() } else { "403 Forbidden".into() });
    let (webhook, secret) = add(&inventory, 1, &receiver.url, &["--events", "order.*"]);
    let test = ["test", &*webhook, "--agency", &agency(1)];
    assert_eq!(done(&inventory, &test), "delivered: it answered 201: ok\n");
    let letter = &receiver.letters()[0];
    assert!(letter.is_signed_with(&secret) && letter.event_type() == "webhook.test");
    assert!(refused(&inventory, &test).contains("the receiver answered 403: ok"));
    assert_eq!(done(&inventory, &["deliveries", &webhook, "--agency", &agency(1)]), "");
}

#[test]
fn secrets_are_nowhere_in_the_clear() {
    let inventory = inventory();
    let receiver = Receiver::answering(|place| if place == 0 { "500 Oops".into() } else { "200 OK".into() });
    let (webhook, first) = add(&inventory, 1, &receiver.url, &[]);
    let server = serve(&inventory);
    let second = done(&inventory, &["rotate", &webhook, "--agency", &agency(1)]).trim_end().to_owned();
    happen(&inventory, 1, 20);
    receiver.wait_for(2);
    let (_, mut said) = server.stop();
    for args in [&["list", "--agency", &agency(1)][..], &["deliveries", &webhook, "--agency", &agency(1)]] {
        said += &done(&inventory, args);
    }
    let events = command(&inventory, &[]).arg("events").output().unwrap();
    said += &String::from_utf8(events.stdout).unwrap();
    assert!(said.contains("webhook added") && said.contains("webhook changed"), "{said}");
    let mut seen = vec![said.into_bytes()];
    for entry in std::fs::read_dir(inventory.path()).unwrap().map(|entry| entry.unwrap().path()) {
        seen.extend(entry.is_file().then(|| std::fs::read(&entry).unwrap()));
    }
    let sealed = "SELECT lower(hex(secret)) FROM webhooks";
    let hex: String = inventory.sqlite().query_row(sealed, [], |row| row.get(0)).unwrap();
    for secret in [&first, &second].map(|secret| secret.strip_prefix("whsec_").unwrap()) {
        for bytes in &seen {
            assert!(!bytes.windows(16).any(|window| window == &secret.as_bytes()[..16]));
        }
    }
    assert!(!String::from_utf8_lossy(&seen[0]).to_lowercase().contains(&hex[..32]), "a ciphertext is in an event");
}
