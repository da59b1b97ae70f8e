//! The client of a simulator elsewhere: what it makes of answers, and of none.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use linekeeper::carrier::simulator::Remote;
use linekeeper::carrier::{Port, Refusal, Rented, Trouble};
use linekeeper::model::{Papers, Route};
use serde_json::json;

use crate::house::{e164, order, remote};

/// Answers the first request with these bytes; gives what was asked, once it is sure that nothing more is.
fn answering(bytes: Vec<u8>) -> (String, JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let asked = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let asked = request(&mut stream);
        stream.write_all(&bytes).unwrap();
        drop(stream);
        std::thread::sleep(Duration::from_millis(30));
        listener.set_nonblocking(true).unwrap();
        assert!(listener.accept().is_err(), "it was asked again");
        asked
    });
    (url, asked)
}

/// A whole request, with the body that its head announces.
fn request(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8(bytes.clone()).unwrap();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length =
                head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
            if length == Some(body.len()) {
                return text;
            }
        }
        let mut more = [0; 4096];
        let read = stream.read(&mut more).unwrap();
        assert!(read > 0, "half a request: {text}");
        bytes.extend_from_slice(&more[..read]);
    }
}

fn answer(status: &str, body: &str) -> Vec<u8> {
    format!("HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}", body.len())
        .into()
}

fn buy(remote: &Remote) -> Result<Rented, Trouble> {
    remote.acquire(&e164("+19705551234"), order(1), &Route::default(), &Papers::default())
}

#[test]
fn every_answer_but_a_plain_one_leaves_it_unknown() {
    let rented = json!({"phone_number": "+19705551234", "carrier_number_id": "sim-1", "route": {}}).to_string();
    let other = rented.replace("1234", "9999");
    let cases = [
        (vec![], "nothing"),
        (b"HTTP/1.1 200 OK\r\nconte".to_vec(), "half a head"),
        (b"SSH-2.0-OpenSSH_9.9\r\n".to_vec(), "no HTTP"),
        (answer("200 OK", &rented)[..rented.len() + 60].to_vec(), "half a body"),
        (answer("200 OK", ""), "no body"),
        (answer("200 OK", "<html>"), "no JSON"),
        (answer("200 OK", "{}"), "other JSON"),
        (answer("200 OK", &rented.replace("{}", "null")), "half a route"),
        (answer("200 OK", &other), "another number"),
        (answer("201 Created", &rented), "another status"),
        (answer("302 Found\r\nlocation: http://127.0.0.1:1/", ""), "a redirect"),
        (answer("307 Temporary Redirect\r\nlocation: /elsewhere", ""), "a redirect that repeats"),
        (answer("500 Internal Server Error", &rented), "500"),
        (answer("502 Bad Gateway", "<html>"), "502"),
        (answer("503 Service Unavailable", ""), "503"),
    ];
    for (bytes, what) in cases {
        let (url, asked) = answering(bytes);
        let answer = buy(&remote(&url, 5_000));
        assert!(matches!(answer, Err(Trouble::Unknown(_))), "{what}: {answer:?}");
        asked.join().unwrap();
    }
    let (url, asked) = answering(answer("200 OK", &rented));
    assert_eq!(buy(&remote(&url, 5_000)).unwrap().carrier_number_id, "sim-1");
    let asked = asked.join().unwrap();
    assert!(asked.starts_with("POST /acquire HTTP/1.1\r\n") && asked.to_lowercase().contains("connection: close"));
    assert!(asked.contains(&order(1).to_string()), "{asked}");
}

#[test]
fn a_refusal_says_why() {
    let refused = |reason, said: &str| Trouble::Refused { reason, said: said.into() };
    for (bytes, trouble) in [
        (answer("429 Too Many Requests", ""), Trouble::Busy),
        (answer("409 Conflict", r#"{"reason":"not_available","said":"gone"}"#), refused(Refusal::NotAvailable, "gone")),
        (answer("422 Unprocessable Content", r#"{"reason":"invalid","said":"no"}"#), refused(Refusal::Invalid, "no")),
        (answer("404 Not Found", r#"{"reason":"not_owned","said":"no"}"#), refused(Refusal::NotOwned, "no")),
        (answer("404 Not Found", "<html>"), refused(Refusal::Other, "it answered 404")),
        (
            answer("403 Forbidden", r#"{"reason":"of a new kind","said":"no"}"#),
            refused(Refusal::Other, "it answered 403"),
        ),
    ] {
        let (url, asked) = answering(bytes);
        assert_eq!(buy(&remote(&url, 5_000)), Err(trouble));
        asked.join().unwrap();
    }
}

#[test]
fn what_was_never_sent_is_unreached() {
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    for url in [format!("http://{nobody}"), "http://nowhere.invalid:80".into()] {
        let answer = buy(&remote(&url, 2_000));
        assert!(matches!(answer, Err(Trouble::Unreached(_))), "{url}: {answer:?}");
    }
}

#[test]
fn who_never_answers_is_given_up_at_the_deadline() {
    // It is connected to, by the system, and never asked.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let began = Instant::now();
    let answer = buy(&remote(&format!("http://{}/", listener.local_addr().unwrap()), 200));
    assert!(matches!(answer, Err(Trouble::Unknown(_))), "{answer:?}");
    assert!((200..1_500).contains(&began.elapsed().as_millis()), "{:?}", began.elapsed());
    // A byte now and then does not put it off.
    let (listener, began) = (listener, Instant::now());
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let (mut stale, _) = listener.accept().unwrap();
            let (mut stream, _) = listener.accept().unwrap();
            let _ = (stale.write_all(b"late"), request(&mut stream));
            while stream.write_all(b"H").is_ok() {
                std::thread::sleep(Duration::from_millis(50));
            }
        });
        let answer = buy(&remote(&format!("http://{}", listener.local_addr().unwrap()), 400));
        assert!(matches!(answer, Err(Trouble::Unknown(_))), "{answer:?}");
    });
    assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
}

#[test]
fn a_listing_of_100_000_numbers_is_read_and_a_broken_one_is_none() {
    let line = |at: u32| {
        let route = r#"{"voice_url":"https://voice.example/agents/00000000"}"#;
        format!(r#"{{"phone_number":"+1970{at:07}","carrier_number_id":"sim-{at}","route":{route}}}"#)
    };
    let body = format!("[{}]", (0..100_000).map(line).collect::<Vec<_>>().join(","));
    let whole = answer("200 OK", &body);
    let half = whole[..whole.len() - 1].to_vec();
    let (url, asked) = answering(whole);
    assert_eq!(remote(&url, 20_000).owned(None).unwrap().len(), 100_000);
    asked.join().unwrap();
    let (url, asked) = answering(half);
    assert!(matches!(remote(&url, 20_000).owned(None), Err(Trouble::Unknown(_))));
    asked.join().unwrap();
}

#[test]
fn only_an_address_is_taken_for_one() {
    for good in [
        "http://127.0.0.1:8090",
        "http://127.0.0.1:8090/",
        "http://carrier",
        "http://[::1]:80/at/a/path",
        "https://carrier",
    ] {
        Remote::new(good, Duration::from_secs(1)).unwrap();
    }
    for bad in
        ["", "127.0.0.1:8090", "ftp://127.0.0.1", "http://", "/search", "http://a/?b=c", "http://a b", "http://a:b@c"]
    {
        let error = Remote::new(bad, Duration::from_secs(1)).unwrap_err();
        assert!(error.to_string().contains("https://api.example.com"), "{bad}");
    }
}
