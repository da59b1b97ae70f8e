//! The simulator in Telnyx' shape, in a process of its own, as its clients meet it.

mod numbers;
mod orders;
mod records;
mod rim;

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use linekeeper::carrier::simulator::{Entry, Fault, LEDGER_FILE, Ledger, Request};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::house::{SEED, order};
use crate::support::{Answer, Server, linekeeper};

pub const KEY: &str = "KEY_of_the_tests";

/// A simulated Telnyx with an empty ledger.
pub struct Telnyx {
    pub server: Server,
    directory: TempDir,
}

impl Telnyx {
    pub fn new() -> Self {
        Self::with(&[])
    }

    /// One that is started with more than that.
    pub fn with(more: &[&str]) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let mut command = command(directory.path());
        command.args(more);
        Self { server: Server::spawn(command), directory }
    }

    /// The same after it was killed.
    pub fn restarted(self) -> Self {
        self.server.kill();
        let Self { server, directory } = self;
        drop(server);
        Self { server: Server::spawn(command(directory.path())), directory }
    }

    pub fn ask(&self, method: &str, path: &str, body: &Value) -> Answer {
        let authorization = format!("Bearer {KEY}");
        let headers = [("authorization", authorization.as_str()), ("content-type", "application/json")];
        let body = if body.is_null() { String::new() } else { body.to_string() };
        self.server.send_with(method, path, &headers, &body)
    }

    /// What is answered with 200.
    pub fn done(&self, method: &str, path: &str, body: &Value) -> Value {
        let answer = self.ask(method, path, body);
        assert_eq!(answer.status, 200, "{method} {path}: {}", answer.text());
        answer.json()
    }

    pub fn get(&self, path: &str) -> Value {
        self.done("GET", path, &Value::Null)
    }

    /// The status, and the code of the only error; every error has what Telnyx' have.
    pub fn refused(&self, method: &str, path: &str, body: &Value) -> (u16, String) {
        refusal(&self.ask(method, path, body))
    }

    pub fn fault(&self, deed: Request, fault: Fault, times: u32) {
        let mut body = serde_json::to_value(fault).unwrap();
        body["deed"] = serde_json::to_value(deed).unwrap();
        body["times"] = json!(times);
        self.done("POST", "/faults", &body);
    }

    pub fn search(&self, query: &str) -> Vec<String> {
        let found = self.get(&format!("/v2/available_phone_numbers?filter[country_code]={query}"));
        found["data"].as_array().unwrap().iter().map(|number| text(&number["phone_number"])).collect()
    }

    pub fn any(&self, country: &str) -> String {
        self.search(&format!("{country}&filter[limit]=1")).remove(0)
    }

    pub fn order(&self, number: &str) -> Value {
        self.done("POST", "/v2/number_orders", &wish(number))["data"].clone()
    }

    /// The records of a number.
    pub fn records(&self, number: &str) -> Vec<Value> {
        let found = self.get(&format!("/v2/phone_numbers?filter[phone_number]={}", number.replace('+', "%2B")));
        found["data"].as_array().unwrap().clone()
    }

    /// The id of a number that is bought for it.
    pub fn bought(&self) -> (String, String) {
        let number = self.any("US");
        self.order(&number);
        (text(&self.records(&number)[0]["id"]), number)
    }

    pub fn entries(&self) -> Vec<Entry> {
        Ledger::read(&self.directory.path().join(LEDGER_FILE)).unwrap()
    }
}

pub fn command(directory: &Path) -> Command {
    let mut command = linekeeper();
    command.args(["simulate", "telnyx", "--listen", "127.0.0.1:0", "--seed", &SEED.to_string(), "--api-key", KEY]);
    command.arg("--state").arg(directory);
    command
}

pub fn wish(number: &str) -> Value {
    json!({"phone_numbers": [{"phone_number": number}], "customer_reference": order(1).to_string()})
}

pub fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text")).to_owned()
}

pub fn refusal(answer: &Answer) -> (u16, String) {
    let body = answer.json();
    let errors = body["errors"].as_array().unwrap_or_else(|| panic!("no error: {body}"));
    assert_eq!((errors.len(), body.as_object().unwrap().len()), (1, 1), "{body}");
    assert!(!text(&errors[0]["title"]).is_empty() && !text(&errors[0]["detail"]).is_empty(), "{body}");
    (answer.status, text(&errors[0]["code"]))
}

pub fn is(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}

/// Waits until something is so.
pub fn until<T: PartialEq + std::fmt::Debug>(wanted: &T, ask: impl Fn() -> T) {
    let began = Instant::now();
    while ask() != *wanted {
        assert!(began.elapsed() < Duration::from_secs(20), "it is still {:?}, not {wanted:?}", ask());
        std::thread::sleep(Duration::from_millis(20));
    }
}
