//! A server that answers as it is told to, and tells what it was asked.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread::JoinHandle;
use std::time::Duration;

use serde_json::Value;

/// A request, as it came.
#[derive(Clone, Debug)]
pub struct Asked {
    /// `GET /path?query`, with the query's percent-escapes decoded.
    pub line: String,
    /// The lines below it, in small letters up to the colon.
    pub head: Vec<String>,
    /// The body; null where there is none.
    pub body: Value,
}

/// Such a server.
pub struct Scripted {
    pub url: String,
    asked: JoinHandle<Vec<Asked>>,
}

impl Scripted {
    /// One that gives these answers, byte for byte, in this order: an empty one is a connection that is cut.
    pub fn new(answers: Vec<Vec<u8>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked = std::thread::spawn(move || {
            let mut asked = Vec::new();
            for bytes in answers {
                let mut stream = next(&listener, Duration::from_secs(10))
                    .unwrap_or_else(|| panic!("it was not asked again, after {asked:?}"));
                asked.push(request(&mut stream));
                // Who asked may have hung up already.
                let _ = stream.write_all(&bytes);
            }
            assert!(next(&listener, Duration::from_millis(30)).is_none(), "it was asked again, after {asked:?}");
            asked
        });
        Self { url, asked }
    }

    /// What it was asked, once it is sure that nothing more is.
    pub fn asked(self) -> Vec<Asked> {
        self.asked.join().unwrap()
    }
}

/// The next connection, if there is one in this time.
fn next(listener: &TcpListener, patience: Duration) -> Option<TcpStream> {
    listener.set_nonblocking(true).unwrap();
    let until = std::time::Instant::now() + patience;
    loop {
        match listener.accept() {
            Ok((stream, _)) => {
                stream.set_nonblocking(false).unwrap();
                return Some(stream);
            }
            Err(_) if std::time::Instant::now() < until => std::thread::sleep(Duration::from_millis(1)),
            Err(_) => return None,
        }
    }
}

fn request(stream: &mut TcpStream) -> Asked {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8(bytes.clone()).unwrap();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let (line, head) = head.split_once("\r\n").unwrap();
            let lower = |line: &str| match line.split_once(':') {
                Some((name, value)) => format!("{}:{value}", name.to_lowercase()),
                None => line.to_owned(),
            };
            let head: Vec<String> = head.lines().map(lower).collect();
            let length = head.iter().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok()).unwrap_or(0);
            if body.len() == length {
                let line = line.strip_suffix(" HTTP/1.1").unwrap();
                let line = percent_encoding::percent_decode_str(line).decode_utf8().unwrap().into_owned();
                let body = if body.is_empty() { Value::Null } else { serde_json::from_str(body).unwrap() };
                return Asked { line, head, body };
            }
        }
        let mut more = [0; 4096];
        let read = stream.read(&mut more).unwrap();
        assert!(read > 0, "half a request: {text}");
        bytes.extend_from_slice(&more[..read]);
    }
}

/// An answer of this status.
pub fn answer(status: u16, body: &str) -> Vec<u8> {
    let length = body.len();
    let head =
        format!("HTTP/1.1 {status} As told\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n");
    format!("{head}{body}").into()
}

/// A good answer.
pub fn good(body: &Value) -> Vec<u8> {
    answer(200, &body.to_string())
}
