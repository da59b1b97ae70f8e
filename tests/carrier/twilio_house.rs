//! A simulator in Twilio's shape to ask, over TCP, without any client of Twilio's.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::house::{SEED, post};
use crate::support::{Server, linekeeper};

pub const SID: &str = "ACfa4efa4efa4efa4efa4efa4efa4efa4e";
pub const TOKEN: &str = "fa4e70cefa4e70cefa4e70cefa4e70ce";
const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

/// A simulator to ask, and its directory.
pub struct Twilio {
    pub server: Server,
    directory: TempDir,
}

impl Twilio {
    pub fn start() -> Self {
        Self::at(tempfile::tempdir().unwrap())
    }

    /// One whose ledger is there.
    pub fn at(directory: TempDir) -> Self {
        Self { server: serve(directory.path()), directory }
    }

    pub fn restarted(self) -> Self {
        let Self { server, directory } = self;
        assert_eq!(server.stop(), (Some(0), String::new()));
        Self { server: serve(directory.path()), directory }
    }

    /// What is answered to a path of the account's, or to a whole one.
    pub fn ask(&self, method: &str, path: &str, form: &[(&str, &str)]) -> (u16, Value) {
        let authorization = basic(SID, TOKEN);
        let answer =
            self.server.send_with(method, &whole(path), &[FORM, ("authorization", &authorization)], &encoded(form));
        (answer.status, if answer.body.is_empty() { Value::Null } else { answer.json() })
    }

    pub fn get(&self, path: &str) -> Value {
        let (status, answer) = self.ask("GET", path, &[]);
        assert_eq!(status, 200, "{path}: {answer}");
        answer
    }

    pub fn buy(&self, form: &[(&str, &str)]) -> (u16, Value) {
        self.ask("POST", "IncomingPhoneNumbers.json", form)
    }

    pub fn bought(&self, number: &str) -> Value {
        let (status, answer) = self.buy(&[("PhoneNumber", number)]);
        assert_eq!(status, 201, "{answer}");
        answer
    }

    pub fn update(&self, number: &Value, form: &[(&str, &str)]) -> (u16, Value) {
        self.ask("POST", number["uri"].as_str().unwrap(), form)
    }

    pub fn release(&self, number: &Value) -> (u16, Value) {
        self.ask("DELETE", number["uri"].as_str().unwrap(), &[])
    }

    pub fn refuses(&self, method: &str, path: &str, form: &[(&str, &str)], status: u16, code: u32) -> String {
        refused(self.ask(method, path, form), status, code)
    }

    pub fn search(&self, path: &str) -> Vec<Value> {
        self.get(&format!("AvailablePhoneNumbers/{path}"))["available_phone_numbers"].as_array().unwrap().clone()
    }

    /// A number that is for sale.
    pub fn any(&self, query: &str) -> String {
        text(&self.search(query)[0], "phone_number")
    }

    pub fn address(&self, country: &str) -> String {
        let form = [
            ("CustomerName", "Northwind"),
            ("Street", "1 Main St"),
            ("City", "Town"),
            ("Region", "Region"),
            ("PostalCode", "12345"),
            ("IsoCountry", country),
        ];
        let (status, address) = self.ask("POST", "Addresses.json", &form);
        assert_eq!((status, &address["iso_country"]), (201, &json!(country)), "{address}");
        text(&address, "sid")
    }

    pub fn control(&self, path: &str, body: &Value) {
        assert_eq!(post(&self.server.base_url, path, body), (200, json!({})), "{path} {body}");
    }

    /// Whether the connection ends without an answer, or none comes for a while.
    pub fn hangs_up(&self, method: &str, path: &str, form: &[(&str, &str)]) -> bool {
        let address = self.server.base_url.strip_prefix("http://").unwrap();
        let mut stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(Duration::from_millis(300))).unwrap();
        let (path, body, authorization) = (whole(path), encoded(form), basic(SID, TOKEN));
        let head = format!("{method} {path} HTTP/1.1\r\nhost: a\r\nauthorization: {authorization}\r\n");
        let head = format!("{head}content-type: {}\r\ncontent-length: {}\r\n\r\n{body}", FORM.1, body.len());
        stream.write_all(head.as_bytes()).unwrap();
        let mut answer = Vec::new();
        // An error here is that nothing came in time.
        let _ = stream.read_to_end(&mut answer);
        answer.is_empty()
    }

    pub fn ledger(&self) -> Vec<Value> {
        self.server.ask("GET", "/ledger", None).json().as_array().unwrap().clone()
    }
}

fn serve(directory: &Path) -> Server {
    let mut command = linekeeper();
    command.args(["simulate", "twilio", "--listen", "127.0.0.1:0", "--seed", &SEED.to_string(), "--state"]);
    command.arg(directory);
    Server::spawn(command)
}

/// A path, or one of the account's.
fn whole(path: &str) -> String {
    if path.starts_with('/') { path.to_owned() } else { format!("/2010-04-01/Accounts/{SID}/{path}") }
}

pub fn basic(user: &str, password: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{user}:{password}")))
}

pub fn encoded(form: &[(&str, &str)]) -> String {
    let all = form.iter().map(|(name, text)| {
        let text = text.bytes().map(|byte| format!("%{byte:02X}")).collect::<Vec<_>>();
        format!("{name}={}", text.concat())
    });
    all.collect::<Vec<_>>().join("&")
}

pub fn text(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap_or_else(|| panic!("no {name}: {value}")).to_owned()
}

/// Twilio's envelope, of which the message is given.
pub fn refused((status, answer): (u16, Value), expected: u16, code: u32) -> String {
    let message = text(&answer, "message");
    let more_info = format!("https://www.twilio.com/docs/errors/{code}");
    let envelope = json!({"code": code, "message": message, "more_info": more_info, "status": expected});
    assert_eq!((status, answer), (expected, envelope));
    message
}
