//! Messages that are sent through the carriers, and those that come back: over TCP, beside carriers in the shapes of the real ones.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use linekeeper::model::{Carrier, Number, Route};
use serde_json::{Value, json};

use crate::shop::two_agencies;
use crate::support::{Inventory, SECRET, Server, id, linekeeper, number};

const KEY: &str = "what credentials are encrypted with";
const SID: &str = "ACfa4efa4efa4efa4efa4efa4efa4efa4e";
const LET_IN: &str = "what lets us in at a simulated carrier";
const THEM: &str = "+19705559999";
const PROFILE: &str = "40017a1c-0000-4000-8000-000000000001";

/// A server that a simulated carrier reaches, with a number of ours there.
struct Line {
    inventory: Inventory,
    server: Server,
    carrier: Server,
    at: Carrier,
    phone_number: String,
}

fn run(inventory: &Inventory, public_url: &str, args: &[&str]) -> (bool, String) {
    let secret = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(secret.path(), LET_IN).unwrap();
    let mut command = linekeeper();
    command.args(args).arg("--data-dir").arg(inventory.path());
    command.env("LINEKEEPER_CREDENTIALS_KEY", KEY).env("LINEKEEPER_PUBLIC_URL", public_url);
    command.env("LINEKEEPER_ORDERS__CARRIER_DEADLINE", "1s");
    let output = command.stdin(std::fs::File::open(secret.path()).unwrap()).output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(said).unwrap())
}

fn simulated(at: Carrier, state: &std::path::Path) -> (Server, String) {
    let mut command = linekeeper();
    match at {
        Carrier::Twilio => command.args(["simulate", "twilio", "--account-sid", SID, "--auth-token", LET_IN]),
        _ => command.args(["simulate", "telnyx", "--api-key", LET_IN, "--webhook-key", "a key of the carrier's"]),
    };
    command.args(["--message-delay", "20ms", "--listen", "127.0.0.1:0", "--state"]).arg(state);
    let server = Server::spawn(command);
    // It is printed after the address.
    let began = Instant::now();
    loop {
        let said = String::from_utf8(server.said()).unwrap();
        match said.lines().find_map(|line| line.strip_prefix("public key: ")) {
            _ if at == Carrier::Twilio => return (server, String::new()),
            Some(key) => return (server, key.to_owned()),
            None => assert!(began.elapsed() < Duration::from_secs(5), "{said}"),
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

impl Line {
    fn open(at: Carrier) -> Self {
        let (inventory, free) = (two_agencies(), TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap());
        let (public_url, agency, name) = (format!("http://{free}"), id(1).to_string(), at.name());
        let state = inventory.path().with_extension("carrier");
        let (carrier, public_key) = simulated(at, &state);
        let particular: Vec<&str> = match at {
            Carrier::Twilio => vec!["--account-sid", SID, "--auth-token-file", "-"],
            _ => vec!["--name", "t", "--api-key-file", "-", "--public-key", &public_key],
        };
        let add =
            [&["carrier", "add", name, "--agency", &agency, "--url", &carrier.base_url][..], &particular].concat();
        let (is_done, account) = run(&inventory, &public_url, &add);
        assert!(is_done, "{account}");
        let account = account.lines().next().unwrap().to_owned();
        let mut command = linekeeper();
        command.args(["serve", "--listen", &free.to_string(), "--data-dir"]).arg(inventory.path());
        for (name, value) in [
            ("JWT_SECRET", SECRET),
            ("CREDENTIALS_KEY", KEY),
            ("PUBLIC_URL", &public_url),
            ("ORDERS__CARRIER_DEADLINE", "2s"),
        ] {
            command.env(format!("LINEKEEPER_{name}"), value);
        }
        let server = Server::spawn(command);
        let webhook = format!("{public_url}/webhooks/{name}/{account}");
        let phone_number = bought(&inventory, &server, at, &webhook);
        Self { inventory, server, carrier, at, phone_number }
    }

    fn number() -> String {
        id(501).to_string()
    }

    fn send(&self, to: &str, text: &str) -> (bool, String) {
        let (agency, number) = (id(1).to_string(), Self::number());
        let args = ["message", "send", "--agency", &agency, "--number", &number, "--to", to, "--text", text];
        run(&self.inventory, &self.server.base_url, &args)
    }

    /// The messages, oldest first: id, direction, state, from, to, text, code, meaning.
    fn listed(&self) -> Vec<Vec<String>> {
        let args = ["message", "list", "--agency", &id(1).to_string(), "--number", &Self::number()].map(str::to_owned);
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let (is_done, said) = run(&self.inventory, &self.server.base_url, &args);
        assert!(is_done, "{said}");
        let row = |line: &str| line.split('\t').map(str::to_owned).collect();
        said.lines().rev().map(row).collect()
    }

    /// Waits for the last message to be so far.
    fn awaited(&self, state: &str) -> Vec<String> {
        let began = Instant::now();
        loop {
            let last = self.listed().pop().unwrap();
            if last[3] == state {
                return last;
            }
            assert!(began.elapsed() < Duration::from_secs(10), "{last:?}\n{}", self.server.log());
            std::thread::sleep(Duration::from_millis(30));
        }
    }

    fn tell(&self, path: &str, body: &Value) -> Value {
        let headers = [("content-type", "application/json")];
        let answer = self.carrier.send_with("POST", path, &headers, &body.to_string());
        assert!(answer.status < 300, "{path}: {}", answer.text());
        answer.json()
    }

    /// How often the carrier was had to send a message that says this.
    fn accepted(&self, text: &str) -> usize {
        let all = self.carrier.ask("GET", "/messages", None).json();
        let own = |one: &&Value| one["text"] == text && one["injected"] == false;
        all.as_array().unwrap().iter().filter(own).count()
    }
}

/// Has a number at the carrier whose messages come to us.
fn bought(inventory: &Inventory, server: &Server, at: Carrier, webhook: &str) -> String {
    use crate::shop::{OWNER, PLAIN, PURCHASE, SEARCH};
    use crate::support::token;
    let user = token(linekeeper::model::UserId(id(OWNER)));
    let route = match at {
        Carrier::Twilio => Route { sms_url: Some(webhook.to_owned()), ..Route::default() },
        _ => Route { messaging_profile_id: Some(PROFILE.to_owned()), ..Route::default() },
    };
    inventory.write(|change| {
        let scope = change.operator_scope(linekeeper::model::AgencyId(id(1)))?.unwrap();
        change.set_agent_route(&scope, linekeeper::model::AgentId(id(PLAIN)), &route)
    });
    let found = server.ask("GET", &format!("{SEARCH}?country_code=US&features=sms&limit=1"), Some(&user)).json();
    let phone_number = found["phone_numbers"][0]["phone_number"].as_str().unwrap().to_owned();
    let item = json!({"phone_number": phone_number, "agent_mapping_id": id(PLAIN)});
    let answer = server.send("POST", PURCHASE, Some(&user), &json!({"phone_numbers": [item]}));
    assert_eq!(answer.status, 200, "{}", answer.text());
    // By an id that is easy to name.
    let sqlite = inventory.sqlite();
    let row = sqlite.execute(
        "UPDATE agency_phone_numbers SET id = ?1 WHERE phone_number = ?2",
        rusqlite::params![id(501).as_bytes(), phone_number],
    );
    assert_eq!(row.unwrap(), 1);
    phone_number
}

fn both(test: impl Fn(Line) + Sync) {
    std::thread::scope(|scope| {
        for at in [Carrier::Twilio, Carrier::Telnyx] {
            let test = &test;
            scope.spawn(move || test(Line::open(at)));
        }
    });
}

#[test]
fn a_message_is_sent_once_and_its_delivery_is_told() {
    both(|line| {
        let (is_sent, said) = line.send(THEM, "hello");
        assert!(is_sent, "{:?}: {said}", line.at);
        let row = line.awaited("delivered");
        assert_eq!((&*row[2], &row[4], &*row[5], &*row[6]), ("outbound", &line.phone_number, THEM, "hello"));
        assert_eq!(line.accepted("hello"), 1);
    });
}

#[test]
fn what_the_carrier_did_not_say_is_never_sent_again() {
    both(|line| {
        for (fault, text) in
            [("drop_after", "lost"), ("fail_after", "failed"), ("hang", "never"), ("drop_before", "gone")]
        {
            line.tell("/faults", &json!({"deed": "send", "fault": fault, "times": 1}));
            let (is_sent, said) = line.send(THEM, text);
            let is_done = matches!(fault, "drop_after" | "fail_after");
            // What the carrier tells of its own accord may come before its answer fails.
            let is_overtaken = is_done && is_sent;
            assert!(is_overtaken || !is_sent && said.contains("it is not known whether"), "{fault}: {said}");
            assert_eq!(line.accepted(text), usize::from(is_done), "{:?} {fault}", line.at);
            // The address that the carrier was given for it says which it is.
            let row = if is_done { line.awaited("delivered") } else { line.listed().pop().unwrap() };
            assert_eq!(row[3], if is_done { "delivered" } else { "unknown" }, "{:?} {fault}", line.at);
        }
        std::thread::sleep(Duration::from_millis(600));
        assert_eq!((line.accepted("lost"), line.accepted("gone"), line.accepted("never")), (1, 0, 0));
        for (fault, says) in [("busy", "busy"), ("refuse", "refused")] {
            line.tell("/faults", &json!({"deed": "send", "fault": fault, "times": 1}));
            let (is_sent, said) = line.send(THEM, fault);
            assert!(!is_sent && said.contains("was not sent") && said.contains(says), "{fault}: {said}");
            assert_eq!((line.accepted(fault), &*line.listed().pop().unwrap()[3]), (0, "failed"));
        }
    });
}

#[test]
fn who_has_opted_out_or_is_not_registered_is_said_in_the_carriers_code_and_in_words() {
    both(|line| {
        line.tell("/inbound", &inbound(&line, "STOP"));
        let (is_sent, said) = line.send(THEM, "too late");
        let code = if line.at == Carrier::Twilio { "21610" } else { "40300" };
        assert!(!is_sent && said.contains(code), "{said}");
        let row = line.listed().pop().unwrap();
        assert_eq!((&*row[3], &*row[7]), ("failed", code));
        assert!(!row[8].is_empty());
        line.tell("/inbound", &inbound(&line, "START"));
        line.tell("/campaigns", &json!({"phone_number": line.phone_number, "registered": false}));
        assert!(line.send(THEM, "unregistered").0);
        let row = line.awaited("undelivered");
        assert_eq!(row[7], if line.at == Carrier::Twilio { "30034" } else { "40010" });
        assert!(!row[8].is_empty(), "{row:?}");
    });
}

/// What has a message arrive at our number; Telnyx is told where to tell it.
fn inbound(line: &Line, text: &str) -> Value {
    let mut told = json!({"from": THEM, "to": line.phone_number, "text": text, "times": 2});
    if line.at == Carrier::Telnyx {
        let sqlite = line.inventory.sqlite();
        let account: Vec<u8> = sqlite.query_row("SELECT id FROM carrier_accounts", [], |row| row.get(0)).unwrap();
        let account = uuid::Uuid::from_slice(&account).unwrap();
        told["url"] = json!(format!("{}/webhooks/telnyx/{account}", line.server.base_url));
    }
    told
}

#[test]
fn what_comes_is_in_the_list_once_and_stays_when_the_number_is_released() {
    both(|line| {
        let told = line.tell("/inbound", &inbound(&line, "is anybody there?"));
        assert_eq!(told["status"], 200, "{told}\n{}", line.server.log());
        let rows = line.listed();
        assert_eq!(rows.len(), 1, "{rows:?}");
        assert_eq!((&*rows[0][2], &*rows[0][4], &*rows[0][6]), ("inbound", THEM, "is anybody there?"));
        let user = crate::support::token(linekeeper::model::UserId(id(crate::shop::OWNER)));
        let release = json!({"phone_number_ids": [Line::number()], "confirm": true});
        let released = line.server.send("POST", crate::shop::RELEASE, Some(&user), &release);
        assert_eq!(released.status, 200, "{}", released.text());
        assert_eq!(line.listed().len(), 1);
        let (is_sent, said) = line.send(THEM, "from nobody's number");
        assert!(!is_sent && said.contains("not in service"), "{said}");
    });
}

#[test]
fn what_cannot_be_a_message_is_refused_before_anybody_is_asked() {
    let line = Line::open(Carrier::Twilio);
    let long = "x".repeat(1_601);
    for (to, text, says) in [("", "hi", "to is not"), (THEM, "", "neither text nor media"), (THEM, &*long, "1,600")] {
        let (is_sent, said) = line.send(to, text);
        assert!(!is_sent && said.contains(says), "{said}");
    }
    let brought = Number { carrier: Carrier::Telnyx, ..number(777, "+19705550777") };
    line.inventory.write(|change| {
        let scope = change.operator_scope(linekeeper::model::AgencyId(id(1)))?.unwrap();
        change.add_number(&scope, &brought)
    });
    let args = ["message", "send", "--agency", &id(1).to_string(), "--number", &id(777).to_string(), "--to", THEM]
        .map(str::to_owned);
    let args: Vec<&str> = args.iter().map(String::as_str).chain(["--text", "hi"]).collect();
    let (is_sent, said) = run(&line.inventory, "", &args);
    assert!(!is_sent && said.contains("there is no account at this number's carrier"), "{said}");
    assert_eq!(line.listed(), [] as [Vec<String>; 0]);
}
