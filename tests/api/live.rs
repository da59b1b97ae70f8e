//! `tests/live`, which asks the real carriers where somebody lets it, here with the simulators in their place.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::process::{Command, Output};

use crate::trade::{API_KEY, SID, Sim, TOKEN};

fn live(variables: &[(&str, &str)]) -> Output {
    let mut command = Command::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/live"));
    command.arg(env!("CARGO_BIN_EXE_linekeeper"));
    command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default()).current_dir("/");
    command.envs(variables.iter().copied()).output().unwrap()
}

/// What it says, which holds nothing that lets in.
fn said(output: &Output) -> (Option<i32>, String, String) {
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    for text in [&stdout, &stderr] {
        assert!(!text.contains(TOKEN) && !text.contains(API_KEY), "{text}");
    }
    (output.status.code(), stdout.into_owned(), stderr.into_owned())
}

#[test]
fn the_live_journey_does_nothing_unless_it_is_told_to() {
    let credentials =
        [("TWILIO_TEST_ACCOUNT_SID", SID), ("TWILIO_TEST_AUTH_TOKEN", TOKEN), ("TWILIO_URL", "http://[::1]:9")];
    for told in ["", "0", "yes"] {
        let (code, stdout, _) = said(&live(&[&credentials[..], &[("LINEKEEPER_LIVE", told)]].concat()));
        assert_eq!((code, &*stdout), (Some(0), "tests/live: not run; LINEKEEPER_LIVE=1 asks the real carriers\n"));
    }
    let (code, _, stderr) = said(&live(&[("LINEKEEPER_LIVE", "1")]));
    assert!(code == Some(1) && stderr.contains("nothing was asked"), "{stderr}");
}

#[test]
fn the_live_journey_goes_to_its_end_at_the_simulators() {
    let (twilio, telnyx) = (Sim::twilio(), Sim::telnyx());
    let (code, stdout, stderr) = said(&live(&[
        ("LINEKEEPER_LIVE", "1"),
        ("TWILIO_TEST_ACCOUNT_SID", SID),
        ("TWILIO_TEST_AUTH_TOKEN", TOKEN),
        ("TWILIO_URL", &twilio.server.base_url),
        ("TELNYX_API_KEY", API_KEY),
        ("TELNYX_URL", &telnyx.server.base_url),
    ]));
    assert_eq!(code, Some(0), "{stdout}{stderr}");
    assert_eq!(stdout.lines().filter(|line| line.starts_with("ok: Twilio: ")).count(), 6, "{stdout}");
    assert_eq!(stdout.lines().filter(|line| line.starts_with("ok: Telnyx: ")).count(), 3, "{stdout}");
    assert_eq!((twilio.deeds("acquire").len(), telnyx.deeds("acquire").len()), (1, 0), "Telnyx is read only");
}

#[test]
fn the_live_journey_says_that_credentials_are_refused() {
    let (twilio, telnyx) = (Sim::twilio(), Sim::telnyx());
    let wrong = "not what lets in";
    for (variables, words) in [
        (
            vec![
                ("TWILIO_TEST_ACCOUNT_SID", SID),
                ("TWILIO_TEST_AUTH_TOKEN", wrong),
                ("TWILIO_URL", &twilio.server.base_url),
            ],
            "20003",
        ),
        (vec![("TELNYX_API_KEY", wrong), ("TELNYX_URL", &telnyx.server.base_url)], "10009"),
    ] {
        let (code, _, stderr) = said(&live(&[&[("LINEKEEPER_LIVE", "1")][..], &variables].concat()));
        assert!(code == Some(1) && stderr.contains(words), "{stderr}");
        assert!(!stderr.contains(wrong), "{stderr}");
    }
}

/// Answers as Twilio is documented to answer test credentials: a purchase of the magic numbers, and 403 to all else.
fn test_credentials(listener: TcpListener) {
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut asked = Vec::new();
            let mut buffer = [0; 4096];
            let is_whole = |asked: &[u8]| {
                let text = String::from_utf8_lossy(asked).to_lowercase();
                let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
                let length = head.split("content-length: ").nth(1).and_then(|rest| rest.lines().next());
                body.len() >= length.map_or(0, |length| length.parse().unwrap())
            };
            while !is_whole(&asked) {
                let read = stream.read(&mut buffer).unwrap();
                asked.extend_from_slice(&buffer[..read]);
            }
            let asked = String::from_utf8_lossy(&asked);
            let (status, body) = if !asked.starts_with("POST ") {
                (
                    "403 Forbidden",
                    r#"{"code": 20008, "message": "Resource not accessible with Test Account Credentials"}"#,
                )
            } else if asked.contains("PhoneNumber=%2B15005550006") {
                ("201 Created", r#"{"sid": "PN00000000000000000000000000000006", "phone_number": "+15005550006"}"#)
            } else if asked.contains("PhoneNumber=%2B15005550000") {
                ("400 Bad Request", r#"{"code": 21422, "message": "+15005550000 is not available"}"#)
            } else {
                ("400 Bad Request", r#"{"code": 21421, "message": "invalid"}"#)
            };
            let length = body.len();
            let answer = format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}");
            stream.write_all(answer.as_bytes()).unwrap();
        }
    });
}

#[test]
fn with_test_credentials_the_live_journey_buys_nothing_itself() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    test_credentials(listener);
    let (code, stdout, stderr) = said(&live(&[
        ("LINEKEEPER_LIVE", "1"),
        ("TWILIO_TEST_ACCOUNT_SID", SID),
        ("TWILIO_TEST_AUTH_TOKEN", TOKEN),
        ("TWILIO_URL", &url),
    ]));
    assert_eq!(code, Some(0), "{stdout}{stderr}");
    assert!(stdout.contains("test credentials (20008)") && stdout.contains("nothing is bought"), "{stdout}");
    assert_eq!(stdout.matches("the purchase of +1500555000").count(), 4, "{stdout}");
}
