//! Somebody who is told of things: keeps every request just as it came.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// A request, byte for byte.
#[derive(Clone, Debug)]
pub struct Told {
    pub method: String,
    pub path: String,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

/// Who keeps them, until the test ends.
pub struct Receiver {
    pub url: String,
    told: Arc<Mutex<Vec<Told>>>,
}

impl Told {
    pub fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(given, _)| given == name);
        found.map_or_else(|| panic!("no {name}: {self:?}"), |(_, value)| value.as_str())
    }

    /// The fields of a form, in its order.
    pub fn form(&self) -> Vec<(String, String)> {
        let decoded = |text: &str| percent_encoding::percent_decode_str(text).decode_utf8().unwrap().into_owned();
        let pairs = self.body.split('&').map(|pair| pair.split_once('=').unwrap());
        pairs.map(|(name, text)| (decoded(name), decoded(text))).collect()
    }

    /// One of the fields.
    pub fn field(&self, name: &str) -> String {
        let found = self.form().into_iter().find(|(given, _)| given == name);
        found.unwrap_or_else(|| panic!("no {name}: {self:?}")).1
    }
}

impl Receiver {
    /// One that answers every request with this status and body.
    pub fn new(status: u16, body: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let told = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&told);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                // It is kept before it is answered, so that who was answered finds it there.
                let Some(request) = read(&stream) else { continue };
                kept.lock().unwrap().push(request);
                let length = body.len();
                let head =
                    format!("HTTP/1.1 {status} As told\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n");
                // Who told it may have gone.
                let _ = stream.write_all(format!("{head}{body}").as_bytes());
            }
        });
        Self { url, told }
    }

    /// What it was told, once that is so many.
    pub fn told(&self, count: usize) -> Vec<Told> {
        let began = Instant::now();
        loop {
            let told = self.told.lock().unwrap().clone();
            if told.len() >= count {
                assert_eq!(told.len(), count, "{told:?}");
                return told;
            }
            assert!(began.elapsed() < Duration::from_secs(20), "only {told:?}");
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

fn read(stream: &TcpStream) -> Option<Told> {
    let mut lines = BufReader::new(stream);
    let mut line = || {
        let mut line = String::new();
        lines.read_line(&mut line).ok()?;
        Some(line.trim_end().to_owned())
    };
    let first = line()?;
    let mut first = first.split(' ');
    let (method, path) = (first.next()?.to_owned(), first.next()?.to_owned());
    let mut headers = Vec::new();
    loop {
        let line = line()?;
        let Some((name, value)) = line.split_once(": ") else { break };
        headers.push((name.to_lowercase(), value.to_owned()));
    }
    let length = headers.iter().find(|(name, _)| name == "content-length").map_or(0, |(_, text)| text.parse().unwrap());
    let mut body = vec![0; length];
    lines.read_exact(&mut body).ok()?;
    Some(Told { method, path, headers, body: String::from_utf8(body).unwrap() })
}
