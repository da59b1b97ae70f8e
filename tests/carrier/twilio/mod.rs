//! The client of Twilio: what it asks, and what it makes of answers, of broken ones, and of none.

mod deeds;
mod lists;
mod prism;
mod search;

use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use linekeeper::carrier::twilio::Twilio;
use linekeeper::model::Secret;
use serde_json::{Value, json};

pub const SID: &str = "ACaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
pub const TOKEN: &str = "0123456789abcdef0123456789abcdef";
pub const PN: &str = "PNaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

/// A server that answers so many requests, one after the other, each with these bytes.
pub struct Script {
    url: String,
    asked: JoinHandle<Vec<String>>,
}

impl Script {
    pub fn of(answers: Vec<Vec<u8>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        listener.set_nonblocking(true).unwrap();
        let asked = std::thread::spawn(move || {
            let mut asked = Vec::new();
            for answer in answers {
                let mut stream = accept(&listener, Duration::from_secs(5)).unwrap_or_else(|| panic!("only {asked:#?}"));
                asked.push(request(&mut stream));
                stream.write_all(&answer).unwrap();
            }
            // Once it is sure that nothing more is asked.
            let more = accept(&listener, Duration::from_millis(30)).map(|mut stream| request(&mut stream));
            assert_eq!(more, None, "after {asked:#?}");
            asked
        });
        Self { url, asked }
    }

    pub fn twilio(&self) -> Twilio {
        twilio(&self.url)
    }

    /// What was asked.
    pub fn asked(self) -> Vec<String> {
        self.asked.join().unwrap()
    }

    /// The first line of each request, without what all have.
    pub fn lines(self) -> Vec<String> {
        let account = format!("/2010-04-01/Accounts/{SID}");
        let line = |asked: &String| asked.lines().next().unwrap().replace(&account, "").replace(" HTTP/1.1", "");
        self.asked().iter().map(line).collect()
    }
}

pub fn twilio(url: &str) -> Twilio {
    Twilio::new(SID, Secret::new(TOKEN.into()), Some(url), Duration::from_secs(5)).unwrap()
}

fn accept(listener: &TcpListener, within: Duration) -> Option<TcpStream> {
    let began = Instant::now();
    loop {
        match listener.accept() {
            Ok((stream, _)) => {
                stream.set_nonblocking(false).unwrap();
                return Some(stream);
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock && began.elapsed() < within => {
                std::thread::sleep(Duration::from_millis(2));
            }
            Err(_) => return None,
        }
    }
}

/// A whole request, with the body that its head announces.
pub fn request(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8(bytes.clone()).unwrap();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length =
                head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
            if length.unwrap_or(0) == body.len() {
                return text;
            }
        }
        let mut more = [0; 4096];
        let read = stream.read(&mut more).unwrap();
        assert!(read > 0, "half a request: {text}");
        bytes.extend_from_slice(&more[..read]);
    }
}

pub fn answer(status: &str, body: &str) -> Vec<u8> {
    format!("HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}", body.len())
        .into()
}

pub fn good(body: &Value) -> Vec<u8> {
    answer("200 OK", &body.to_string())
}

/// As Twilio refuses.
pub fn refused(status: u16, code: u64, message: &str) -> Vec<u8> {
    let more = format!("https://www.twilio.com/docs/errors/{code}");
    let body = json!({"code": code, "message": message, "more_info": more, "status": status});
    answer(&format!("{status} No"), &body.to_string())
}

pub fn missing() -> Vec<u8> {
    refused(404, 20404, "The requested resource was not found")
}

/// A page of the account's numbers, the only one.
pub fn numbers(rows: &[Value]) -> Vec<u8> {
    good(&json!({"incoming_phone_numbers": rows, "next_page_uri": null}))
}

/// A number of the account's, as Twilio shows it.
pub fn number(sid: &str, phone_number: &str) -> Value {
    json!({
        "sid": sid, "account_sid": SID, "phone_number": phone_number, "friendly_name": "(970) 555-1234",
        "capabilities": {"voice": true, "sms": true, "mms": false, "fax": false}, "beta": false, "origin": "twilio",
        "voice_url": "https://demo.twilio.com/welcome/voice/", "voice_method": "POST", "sms_url": "", "sms_method": "POST",
        "voice_application_sid": "", "sms_application_sid": "", "trunk_sid": null, "status": "in-use",
        "date_created": "Thu, 30 Jul 2015 23:19:04 +0000", "api_version": "2010-04-01", "of_a_new_kind": [1, {}],
    })
}
