//! A receiver of webhooks: it keeps what it is sent and answers as it is told, and it verifies signatures by itself.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

/// A message that arrived.
#[derive(Clone, Debug)]
pub struct Letter {
    headers: Vec<(String, String)>,
    pub body: String,
}

impl Letter {
    pub fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(given, _)| given == name).map_or("", |(_, value)| value)
    }

    pub fn id(&self) -> &str {
        self.header("webhook-id")
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    pub fn event_type(&self) -> String {
        self.json()["type"].as_str().unwrap().to_owned()
    }

    /// Whether one of its signatures is of this secret: HMAC as of RFC 2104, written out.
    pub fn is_signed_with(&self, secret: &str) -> bool {
        let mut key = STANDARD.decode(secret.strip_prefix("whsec_").unwrap()).unwrap();
        assert!(key.len() <= 64);
        key.resize(64, 0);
        let keyed = |pad: u8| key.iter().map(|byte| byte ^ pad).collect::<Vec<_>>();
        let signed = format!("{}.{}.{}", self.id(), self.header("webhook-timestamp"), self.body);
        let inner = digest(&SHA256, &[&keyed(0x36), signed.as_bytes()].concat());
        let tag = STANDARD.encode(digest(&SHA256, &[&keyed(0x5c), inner.as_ref()].concat()));
        self.header("webhook-signature").split(' ').any(|one| one == format!("v1,{tag}"))
    }
}

/// What it answers to the nth message, counted from 0: a status line and headers. It may take its time.
type Answer = dyn Fn(usize) -> String + Send + Sync;

pub struct Receiver {
    pub url: String,
    letters: Arc<Mutex<Vec<Letter>>>,
}

impl Receiver {
    /// One that takes everything.
    pub fn willing() -> Self {
        Self::answering(|_| "200 OK".into())
    }

    pub fn answering(answer: impl Fn(usize) -> String + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/hooks", listener.local_addr().unwrap());
        let letters = Arc::new(Mutex::new(Vec::new()));
        let (kept, answer): (_, Arc<Answer>) = (Arc::clone(&letters), Arc::new(answer));
        std::thread::spawn(move || {
            for connection in listener.incoming() {
                let (kept, answer, connection) = (Arc::clone(&kept), Arc::clone(&answer), connection.unwrap());
                std::thread::spawn(move || serve(&connection, &kept, &answer));
            }
        });
        Self { url, letters }
    }

    pub fn letters(&self) -> Vec<Letter> {
        self.letters.lock().unwrap().clone()
    }

    /// Waits until there are so many.
    pub fn wait_for(&self, count: usize) -> Vec<Letter> {
        let began = Instant::now();
        while self.letters().len() < count {
            assert!(began.elapsed() < Duration::from_secs(20), "only {:#?}", self.letters());
            std::thread::sleep(Duration::from_millis(5));
        }
        self.letters()
    }
}

fn serve(connection: &TcpStream, kept: &Mutex<Vec<Letter>>, answer: &Arc<Answer>) -> Option<()> {
    let mut reader = BufReader::new(connection.try_clone().unwrap());
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let mut headers = Vec::new();
    loop {
        line.clear();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(": ") else { break };
        headers.push((name.to_lowercase(), value.to_owned()));
    }
    let length = headers.iter().find(|(name, _)| name == "content-length")?.1.parse().unwrap();
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let place = {
        let mut kept = kept.lock().unwrap();
        kept.push(Letter { headers, body: String::from_utf8(body).unwrap() });
        kept.len() - 1
    };
    let said = format!("HTTP/1.1 {}\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok", answer(place));
    let mut connection = connection;
    connection.write_all(said.as_bytes()).ok()
}
