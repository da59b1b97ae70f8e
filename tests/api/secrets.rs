//! No byte of what lets us in is anywhere but where it must be: not in the data directory, not in a log, not in an answer.

use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE};
use serde_json::json;

use crate::shop::{ASSIGN, OWNER, PURCHASE, RELEASE, ROUTED, SEARCH, goodbye, wish};
use crate::support::{Answer, SECRET, id};
use crate::trade::{LUMEN, NORTHWIND, SID, Shape, Sim, Trade};

/// What is bought at Twilio and at Telnyx: the two simulators have the same stock.
const US: &str = "country_code=US&area_code=970";
const GB: &str = "country_code=GB&phone_number_type=local";
/// With everything in them that is written otherwise in JSON, in addresses and in base64.
const TOKEN: &str = "7w1l10-t0k3n/of+an\"account%'&=<one>";
const OTHER_TOKEN: &str = "7w1l10-t0k3n/that+came\"after%'&=<two>";
const API_KEY: &str = "KEY7e1nyx/k3y+of\"an_account%'&=<one>";
const OTHER_API_KEY: &str = "KEY7e1nyx/k3y+that\"came_after%'&=<two>";
const PASSWORD: &str = "5ip-passw0rd/of+the\"trunk%'&=<one>";
const CREDENTIALS_KEY: &str = "3ncrypt10n-key/of+the\"credentials%'&=<one>";
const OTHER_CREDENTIALS_KEY: &str = "3ncrypt10n-key/that+came\"after%'&=<two>";
const ALL: [&str; 8] =
    [TOKEN, OTHER_TOKEN, API_KEY, OTHER_API_KEY, PASSWORD, CREDENTIALS_KEY, OTHER_CREDENTIALS_KEY, SECRET];

/// How a secret can be written.
fn forms(secret: &str) -> Vec<Vec<u8>> {
    let bytes = secret.as_bytes();
    let pairs: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let hex = pairs.concat();
    let percent = |is_plain: &dyn Fn(u8) -> bool| -> String {
        let one = |byte: &u8| if is_plain(*byte) { char::from(*byte).to_string() } else { format!("%{byte:02X}") };
        bytes.iter().map(one).collect()
    };
    let json = serde_json::to_string(secret).unwrap();
    let mut forms = vec![
        secret.to_owned(),
        json.trim_matches('"').to_owned(),
        format!("{secret:?}").trim_matches('"').to_owned(),
        hex.to_uppercase(),
        hex,
        percent(&|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)),
        percent(&|byte| byte.is_ascii_alphanumeric()),
        STANDARD.encode(format!("{SID}:{secret}")),
        URL_SAFE.encode(format!("{SID}:{secret}")),
        format!("{bytes:?}").trim_matches(['[', ']']).to_owned(),
    ];
    // In whatever is encoded as a whole, a secret begins at the first, second or third byte of a group.
    for before in 0..3 {
        let encoded = STANDARD_NO_PAD.encode([&vec![0; before][..], bytes].concat());
        let whole = &encoded[[0, 2, 3][before]..(before + bytes.len()) / 3 * 4];
        forms.extend([whole.to_owned(), whole.replace('+', "-").replace('/', "_")]);
    }
    forms.into_iter().map(String::into_bytes).collect()
}

/// What has been written, said and answered, and where.
#[derive(Default)]
struct Evidence(Vec<(String, Vec<u8>)>);

impl Evidence {
    fn add(&mut self, place: impl Into<String>, bytes: impl Into<Vec<u8>>) {
        self.0.push((place.into(), bytes.into()));
    }

    fn answer(&mut self, place: &str, answer: &Answer) {
        self.add(place, answer.body.clone());
        self.add(format!("{place}, its headers"), format!("{:?}", answer.headers));
    }

    fn files(&mut self, directory: &Path) {
        for entry in std::fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                self.files(&path);
            } else {
                self.add(path.display().to_string(), std::fs::read(&path).unwrap());
            }
        }
    }

    /// Where one of the secrets is.
    fn found(&self) -> Option<String> {
        let forms: Vec<_> = ALL.iter().flat_map(|secret| forms(secret)).collect();
        // Megabytes are searched by code that is not optimised: most places are passed by at their first two bytes.
        let pair = |bytes: &[u8]| usize::from(bytes[0]) << 8 | usize::from(bytes[1]);
        let mut begins = vec![Vec::new(); 1 << 16];
        for form in &forms {
            begins[pair(form)].push(form);
        }
        self.0.iter().find_map(|(place, bytes)| {
            for at in 0..bytes.len().saturating_sub(1) {
                let found = begins[pair(&bytes[at..])].iter().find(|form| bytes[at..].starts_with(form));
                if let Some(found) = found {
                    return Some(format!("{place} holds {}", String::from_utf8_lossy(found)));
                }
            }
            None
        })
    }
}

#[test]
fn a_secret_is_found_however_it_is_written() {
    for secret in ALL {
        for form in forms(secret) {
            assert!(form.len() > 20);
            let mut evidence = Evidence::default();
            evidence.add("here", [b"so: ", &form[..], b" it is"].concat());
            assert!(evidence.found().is_some(), "{}", String::from_utf8_lossy(&form));
        }
        let mut evidence = Evidence::default();
        evidence.add("there", STANDARD.encode(format!("user:{secret}; and more")));
        assert!(evidence.found().is_some());
    }
}

/// A journey, and what it leaves behind.
struct Journey {
    trade: Trade,
    evidence: Evidence,
    keys: Vec<(&'static str, &'static str)>,
}

impl Journey {
    fn command(&mut self, args: &[&str]) -> (bool, String) {
        let output = self.trade.run(&self.keys, args);
        let stdout = String::from_utf8(output.stdout.clone()).unwrap();
        self.evidence.add(format!("{args:?}"), output.stdout);
        self.evidence.add(format!("{args:?}, stderr"), output.stderr);
        (output.status.success(), stdout.trim().to_owned())
    }

    fn done(&mut self, args: &[&str]) -> String {
        let (is_done, stdout) = self.command(args);
        assert!(is_done, "{args:?}: {}", String::from_utf8_lossy(&self.evidence.0.last().unwrap().1));
        stdout
    }

    fn ask(&mut self, path: &str) -> Answer {
        let answer = self.trade.shop.get(OWNER, path);
        self.evidence.answer(path, &answer);
        answer
    }

    fn post(&mut self, path: &str, body: &serde_json::Value) -> Answer {
        let answer = self.trade.shop.post(OWNER, path, body);
        self.evidence.answer(path, &answer);
        answer
    }

    fn number(&mut self, stock: &str) -> String {
        let answer = self.ask(&format!("{SEARCH}?{stock}&limit=1")).json();
        answer["phone_numbers"][0]["phone_number"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
    }

    /// Buys, assigns and gives back, whatever comes of it, and with each thing going wrong in turn.
    fn trade_with(&mut self, sim: &Sim, stock: &str) {
        let number = self.number(stock);
        let bought = self.post(PURCHASE, &wish(&number));
        assert_eq!(bought.status, 200, "{}", bought.text());
        let row = bought.json()["phone_numbers"][0]["id"].clone();
        for (deed, fault) in [
            ("search", "refuse"),
            ("search", "fail_after"),
            ("owned", "refuse"),
            ("owned", "fail_after"),
            ("acquire", "refuse"),
            ("acquire", "fail_after"),
            ("acquire", "hang"),
            ("acquire", "drop_after"),
            ("acquire", "busy"),
        ] {
            let number = self.number(stock);
            // A question is asked twice.
            let times = if deed != "acquire" && fault == "fail_after" { 2 } else { 1 };
            sim.fault(deed, fault, times);
            if deed == "search" {
                self.ask(&format!("{SEARCH}?{stock}"));
            }
            self.post(PURCHASE, &wish(&number));
        }
        for fault in ["refuse", "fail_after", "busy"] {
            sim.fault("configure", fault, 1);
            self.post(ASSIGN, &json!({"phone_number_id": row, "agent_mapping_id": id(ROUTED)}));
            sim.fault("release", fault, 1);
            self.post(RELEASE, &goodbye(&[&row]));
        }
    }

    fn rotate(&mut self, account: &str, agency: u64, secret: &str) {
        let (file, agency) = (self.trade.secret(secret), id(agency).to_string());
        self.done(&["carrier", "rotate", account, "--agency", &agency, "--secret-file", &file]);
    }

    /// Adds an account of each kind, tries typing mistakes, and trades with both carriers: the newer one is bought with.
    fn add_and_trade(&mut self, twilio: &Sim, telnyx: &Sim) -> Accounts {
        let northwind = id(NORTHWIND).to_string();
        let file = self.trade.secret(TOKEN);
        let add = ["carrier", "add", "twilio", "--agency", &northwind, "--auth-token-file", &file, "--account-sid"];
        let url = ["--url", &twilio.server.base_url];
        let at_twilio = self.done(&[&add[..], &[SID], &url].concat());
        assert!(!self.command(&[&add[..], &["AC not an SID"], &url].concat()).0);
        assert!(!self.command(&[&add[..], &[SID], &url].concat()).0, "it is there already");
        let file = self.trade.secret(PASSWORD);
        let trunk = ["--address", "sip.example.com", "--username", "northwind", "--password-file", &file];
        let trunk = self.done(&[&["carrier", "add", "sip", "--agency", &northwind][..], &trunk].concat());
        self.done(&["carrier", "test", &at_twilio, "--agency", &northwind]);
        self.trade_with(twilio, US);

        let file = self.trade.secret(API_KEY);
        let add = ["carrier", "add", "telnyx", "--agency", &northwind, "--api-key-file", &file];
        let at_telnyx = self.done(&[&add[..], &["--url", &telnyx.server.base_url]].concat());
        self.done(&["carrier", "test", &at_telnyx, "--agency", &northwind]);
        self.trade_with(telnyx, GB);
        Accounts { at_twilio, at_telnyx, trunk }
    }

    /// Rotates the wrong way round, and then the right one.
    fn rotate_twice(&mut self, accounts: &Accounts) {
        let northwind = id(NORTHWIND).to_string();
        let ways = [(&accounts.at_twilio, API_KEY, OTHER_TOKEN), (&accounts.at_telnyx, TOKEN, OTHER_API_KEY)];
        for (account, wrong, right) in ways {
            self.rotate(account, NORTHWIND, wrong);
            assert!(!self.command(&["carrier", "test", account, "--agency", &northwind]).0);
            self.ask(&format!("{SEARCH}?{US}"));
            self.post(PURCHASE, &wish("+19705551234"));
            self.rotate(account, NORTHWIND, right);
        }
    }

    fn compare_and_rekey(&mut self, Accounts { at_twilio, at_telnyx, .. }: &Accounts) {
        let northwind = id(NORTHWIND).to_string();
        self.done(&["carrier", "test", at_telnyx, "--agency", &northwind]);
        self.command(&["sync", "--dry-run"]);
        self.command(&["sync"]);
        self.command(&["sync", "--adopt"]);
        self.command(&["import", "twilio", "--agency", &northwind, "--account", at_twilio]);
        self.keys = vec![
            ("CREDENTIALS_KEY", OTHER_CREDENTIALS_KEY),
            ("CREDENTIALS_KEY_BEFORE", CREDENTIALS_KEY),
            ("LOG__LEVEL", "trace"),
        ];
        let rekeyed = self.done(&["carrier", "rekey"]);
        assert!(rekeyed.starts_with('3'), "{rekeyed}");
        // The server has the old key only.
        self.evidence.files(&self.trade.shop.inventory.path());
        self.ask(&format!("{SEARCH}?{US}"));
        self.post(PURCHASE, &wish("+19705551234"));
    }

    /// Asks for whatever can be shown, and removes what can be removed.
    fn show_and_remove(&mut self, Accounts { at_twilio, trunk, .. }: &Accounts) {
        for path in ["/metrics", "/openapi.json", "/healthz", "/readyz", "/", "/functions/v1/phone-numbers-list"] {
            self.ask(path);
        }
        let listen = self.trade.shop.server.base_url.replace("http://", "");
        let (northwind, lumen) = (id(NORTHWIND).to_string(), id(LUMEN).to_string());
        for command in [
            &["carrier", "list", "--agency", &northwind][..],
            &["carrier", "list", "--agency", &lumen],
            &["config", "print"],
            &["events"],
            &["order", "list"],
            &["openapi"],
            &["doctor"],
            &["healthcheck", "--listen", &listen],
            &["carrier", "test", trunk, "--agency", &northwind],
            &["carrier", "remove", at_twilio, "--agency", &northwind],
            &["carrier", "remove", trunk, "--agency", &northwind],
            &["carrier", "list", "--agency", &northwind],
        ] {
            self.command(command);
        }
        self.evidence.files(&self.trade.shop.inventory.path());
    }

    /// Ends the server, and gives all that there is to search.
    fn end(self) -> Evidence {
        let Self { trade, mut evidence, .. } = self;
        let (data, server) = (trade.shop.inventory.path(), trade.shop.server);
        evidence.add("what the server said", server.said());
        let (code, log) = server.stop();
        assert_eq!(code, Some(0));
        evidence.files(&data);
        assert!(log.contains("\"level\":\"warn\"") && log.lines().count() > 50, "{log}");
        assert!(!log.contains("+1970") && !log.contains("+1500"), "a number is in the log: {log}");
        evidence.add("the server's log", log);
        evidence
    }
}

/// The ids of a journey's accounts.
struct Accounts {
    at_twilio: String,
    at_telnyx: String,
    trunk: String,
}

#[test]
fn no_byte_of_a_secret_is_left_anywhere_by_a_whole_journey() {
    let settings = [("CREDENTIALS_KEY", CREDENTIALS_KEY), ("LOG__LEVEL", "trace")];
    let (mut twilio, mut telnyx) = (Sim::start(Shape::Twilio, TOKEN), Sim::start(Shape::Telnyx, API_KEY));
    let trade = Trade::with(&settings);
    let mut journey = Journey { trade, evidence: Evidence::default(), keys: settings.to_vec() };
    let accounts = journey.add_and_trade(&twilio, &telnyx);
    journey.rotate_twice(&accounts);
    twilio.restart(OTHER_TOKEN);
    telnyx.restart(OTHER_API_KEY);
    journey.compare_and_rekey(&accounts);
    journey.show_and_remove(&accounts);
    let evidence = journey.end();
    let sizes: usize = evidence.0.iter().map(|(_, bytes)| bytes.len()).sum();
    assert!(evidence.0.len() > 150 && sizes > 1 << 20, "{} places, {sizes} bytes", evidence.0.len());
    assert_eq!(evidence.found(), None);
}
