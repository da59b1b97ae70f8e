//! Agencies with accounts at carriers: a server and simulated carriers in the shapes of Twilio and Telnyx, each in a process
//! of its own, and the commands that an operator types.

use std::path::{Path, PathBuf};
use std::process::Output;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use linekeeper::model::{AgencyId, Role};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::shop::{OWNER, PURCHASE, SEARCH, Shop, serving, two_agencies};
use crate::support::{Answer, Server, add_child_agency, add_user, id, linekeeper};

/// Northwind's child, and its owner.
pub const CHILD: u64 = 3;
pub const CHILD_OWNER: u64 = 31;
/// Northwind and Lumen.
pub const NORTHWIND: u64 = 1;
pub const LUMEN: u64 = 2;

pub const SID: &str = "ACb1a5b1a5b1a5b1a5b1a5b1a5b1a5b1a5";
pub const TOKEN: &str = "5e75a3c0ffee4b1d5e75a3c0ffee4b1d";
pub const API_KEY: &str = "KEY018F5A7B3C_an1nv3ntedK3yOfTelnyx";
pub const CREDENTIALS_KEY: &str = "the key that credentials are encrypted with";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    Twilio,
    Telnyx,
}

/// A simulated carrier in a process of its own.
pub struct Sim {
    pub server: Server,
    shape: Shape,
    secret: String,
    directory: TempDir,
}

impl Sim {
    pub fn twilio() -> Self {
        Self::start(Shape::Twilio, TOKEN)
    }

    pub fn telnyx() -> Self {
        Self::start(Shape::Telnyx, API_KEY)
    }

    pub fn start(shape: Shape, secret: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let server = Self::serve(shape, secret, directory.path(), "127.0.0.1:0");
        Self { server, shape, secret: secret.to_owned(), directory }
    }

    fn serve(shape: Shape, secret: &str, directory: &Path, listen: &str) -> Server {
        let mut command = linekeeper();
        match shape {
            Shape::Twilio => {
                command.args(["simulate", "twilio", "--account-sid", SID]).env("SIMULATED_AUTH_TOKEN", secret)
            }
            Shape::Telnyx => command.args(["simulate", "telnyx", "--api-key", secret]),
        };
        command.args(["--listen", listen, "--state"]).arg(directory);
        Server::spawn(command)
    }

    /// Ends it and starts it anew at the same address: it forgets what was searched. It may be let in with something else.
    pub fn restart(&mut self, secret: &str) {
        self.server.kill();
        assert!(self.server.has_ended(Duration::from_secs(5)));
        secret.clone_into(&mut self.secret);
        let listen = self.server.base_url.trim_start_matches("http://").to_owned();
        self.server = Self::serve(self.shape, secret, self.directory.path(), &listen);
    }

    pub fn control(&self, path: &str, body: &Value) {
        let answer = self.server.send_with("POST", path, &[("content-type", "application/json")], &body.to_string());
        assert_eq!(answer.status, 200, "{}", answer.text());
    }

    pub fn fault(&self, deed: &str, fault: &str, times: u32) {
        self.control("/faults", &json!({"deed": deed, "fault": fault, "times": times}));
    }

    /// Its ledger's entries of one deed.
    pub fn deeds(&self, deed: &str) -> Vec<Value> {
        let ledger = self.server.ask_with("GET", "/ledger", &[]).json();
        ledger.as_array().unwrap().iter().filter(|entry| entry["deed"] == deed).cloned().collect()
    }

    /// What somebody asks of it who has the credentials, and nothing to do with us.
    pub fn as_its_owner(&self, method: &str, path: &str, body: &str) -> Answer {
        let (authorization, kind, path) = match self.shape {
            Shape::Twilio => {
                let basic = STANDARD.encode(format!("{SID}:{}", self.secret));
                let path = format!("/2010-04-01/Accounts/{SID}{path}");
                (format!("Basic {basic}"), "application/x-www-form-urlencoded", path)
            }
            Shape::Telnyx => (format!("Bearer {}", self.secret), "application/json", format!("/v2{path}")),
        };
        let headers = [("authorization", &*authorization), ("content-type", kind)];
        let answer = self.server.send_with(method, &path, &headers, body);
        assert!(answer.status < 300, "{}", answer.text());
        answer
    }

    /// Registers an address at Twilio, and gives its id.
    pub fn address(&self, country: &str) -> String {
        let form = format!("CustomerName=N&Street=S&City=C&Region=R&PostalCode=1&IsoCountry={country}");
        self.as_its_owner("POST", "/Addresses.json", &form).json()["sid"].as_str().unwrap().to_owned()
    }

    /// What Twilio says of a number that the account has.
    pub fn number(&self, number: &str) -> Value {
        let path = format!("/IncomingPhoneNumbers.json?PhoneNumber=%2B{}", &number[1..]);
        self.as_its_owner("GET", &path, "").json()["incoming_phone_numbers"][0].clone()
    }
}

/// A server without the built-in simulator, whose agencies have accounts at carriers.
pub struct Trade {
    pub shop: Shop,
    scratch: TempDir,
}

impl Trade {
    pub fn open() -> Self {
        Self::with(&[])
    }

    pub fn with(settings: &[(&str, &str)]) -> Self {
        let inventory = two_agencies();
        inventory.write(|change| {
            let parent = change.operator_scope(AgencyId(id(NORTHWIND)))?.unwrap();
            let child = add_child_agency(change, CHILD, "Northwind South", Some(&parent))?;
            add_user(change, Some(&child), CHILD_OWNER, Role::AgencyOwner)
        });
        let shop = Shop::of(inventory, &Self::settings(settings));
        Self { shop, scratch: tempfile::tempdir().unwrap() }
    }

    fn settings<'s>(more: &[(&'s str, &'s str)]) -> Vec<(&'s str, &'s str)> {
        let usual = [("CREDENTIALS_KEY", CREDENTIALS_KEY), ("SIMULATOR__ENABLED", "false"), ("SYNC__EVERY", "0s")];
        [&usual, more].concat()
    }

    /// Starts the server, which must have ended, anew.
    pub fn restart(&mut self, settings: &[(&str, &str)]) {
        self.shop.server = Server::spawn(serving(&self.shop.inventory, &Self::settings(settings)));
    }

    /// Ends the server and starts it with a library that kills it between the claim of what is ordered next and its sending.
    pub fn restart_to_be_killed(&mut self, killer: &Path) {
        self.shop.server.kill();
        assert!(self.shop.server.has_ended(Duration::from_secs(5)));
        let mut command = serving(&self.shop.inventory, &Self::settings(&[]));
        // Half of the first write of the second transaction reaches the disk: the first is whole.
        command.env("LD_PRELOAD", killer).env("KILL_KIND", "f").env("KILL_AT", "2").env("KILL_FROM", self.file("from"));
        self.shop.server = Server::spawn(command);
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.scratch.path().join(name)
    }

    pub fn run(&self, settings: &[(&str, &str)], args: &[&str]) -> Output {
        let mut command = linekeeper();
        command.args(args).arg("--data-dir").arg(self.shop.inventory.path());
        for (name, value) in Self::settings(settings) {
            command.env(format!("LINEKEEPER_{name}"), value);
        }
        command.output().unwrap()
    }

    /// What a command prints, which must succeed.
    pub fn done(&self, args: &[&str]) -> String {
        let output = self.run(&[], args);
        assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// What a command says that must fail.
    pub fn fails(&self, args: &[&str]) -> String {
        let output = self.run(&[], args);
        assert_eq!(output.status.code(), Some(1), "{args:?}");
        String::from_utf8(output.stderr).unwrap()
    }

    /// A file that holds a secret.
    pub fn secret(&self, secret: &str) -> String {
        let path = self.file("secret");
        std::fs::write(&path, format!("{secret}\n")).unwrap();
        path.to_str().unwrap().to_owned()
    }

    /// Adds an account of an agency, and gives its id.
    pub fn add(&self, agency: u64, sim: &Sim, secret: &str) -> String {
        let (agency, secret) = (id(agency).to_string(), self.secret(secret));
        let name = if sim.shape == Shape::Twilio { "twilio" } else { "telnyx" };
        let particular: &[&str] = match sim.shape {
            Shape::Twilio => &["--account-sid", SID, "--auth-token-file", &secret],
            Shape::Telnyx => &["--name", "the one account", "--api-key-file", &secret],
        };
        let add = ["carrier", "add", name, "--agency", &agency, "--url", &sim.server.base_url];
        self.done(&[&add, particular].concat()).trim().to_owned()
    }

    /// Numbers that an agency could buy.
    pub fn stock(&self, user: u64, query: &str, count: usize) -> Vec<String> {
        let answer = self.shop.get(user, &format!("{SEARCH}?{query}&limit={count}"));
        assert_eq!(answer.status, 200, "{}", answer.text());
        let answer = answer.json();
        let numbers = answer["phone_numbers"].as_array().unwrap().iter();
        let numbers: Vec<_> = numbers.map(|offer| offer["phone_number"].as_str().unwrap().to_owned()).collect();
        assert_eq!(numbers.len(), count, "{answer}");
        numbers
    }

    /// Buys a number with papers.
    pub fn buy(&self, number: &str, papers: &Value) -> Answer {
        let mut item = json!({ "phone_number": number });
        item.as_object_mut().unwrap().extend(papers.as_object().unwrap().clone());
        self.shop.post(OWNER, PURCHASE, &json!({ "phone_numbers": [item] }))
    }
}

/// Waits for something to be so.
pub fn eventually(what: &str, is: impl Fn() -> bool) {
    let began = Instant::now();
    while !is() {
        assert!(began.elapsed() < Duration::from_secs(10), "it does not happen: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}
