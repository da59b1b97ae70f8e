//! The simulator's own process: what it says over HTTP, and how it ends.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use linekeeper::carrier::Port;
use linekeeper::carrier::simulator::{Fault, Request};
use linekeeper::model::{Papers, Route};
use serde_json::{Value, json};

use crate::house::{House, order, post, remote, serve};
use crate::support::linekeeper;

#[test]
fn it_speaks_json() {
    let house = House::there();
    let url = house.url().unwrap();
    let (status, offers) = post(url, "/search", &json!({"country": "US", "area_code": "303", "limit": 1}));
    assert_eq!((status, &offers[0]["city"], &offers[0]["monthly_cost"]), (200, &json!("Denver"), &json!(11_500)));
    let number = offers[0]["phone_number"].clone();
    let buy = json!({"phone_number": number, "reference": order(1).to_string(), "route": {"voice_url": "v"}});
    let rented = json!({"phone_number": number, "carrier_number_id": "sim-1", "route": {"voice_url": "v"}});
    assert_eq!(post(url, "/acquire", &buy), (200, rented.clone()));
    assert_eq!(post(url, "/owned", &json!({})), (200, json!([rented])));
    assert_eq!(post(url, "/configure", &json!({"rented": rented, "route": {}})), (200, json!({})));
    assert_eq!(post(url, "/release", &rented), (200, json!({})));
    let (status, refused) = post(url, "/release", &rented);
    assert_eq!((status, &refused["reason"]), (404, &json!("not_owned")));
    for (wrong, status) in [
        (post(url, "/acquire", &json!({"phone_number": "303", "reference": order(1).to_string(), "route": {}})), 400),
        (post(url, "/acquire", &json!({"phone_number": number})), 400),
        (post(url, "/search", &json!({"country": "US", "limit": 1, "colour": "red"})), 400),
        (post(url, "/faults", &json!({"deed": "acquire", "fault": "slow", "times": 1})), 400),
        (post(url, "/faults", &json!({"deed": "dance", "fault": "hang", "times": 1})), 400),
        (post(url, "/ledger", &json!({})), 405),
        (post(url, "/elsewhere", &json!({})), 404),
    ] {
        assert_eq!((wrong.0, &wrong.1["reason"]), (status, &json!("other")), "{wrong:?}");
    }
    let text = ureq::get(format!("{url}/ledger")).call().unwrap().body_mut().read_to_string().unwrap();
    let lines: Value = serde_json::from_str(&text).unwrap();
    let deeds = lines.as_array().unwrap().iter().map(|line| line["deed"].clone()).collect::<Vec<_>>();
    assert_eq!(deeds, ["acquire", "configure", "release"]);
    let keys = lines[0].as_object().unwrap().keys().map(String::as_str).collect::<Vec<_>>();
    let expected = ["at", "carrier_number_id", "deed", "injected", "phone_number", "reference", "route", "seq"];
    assert_eq!(keys, expected);
}

#[test]
fn a_connection_that_is_dropped_ends_without_a_byte() {
    let house = House::there();
    let address = house.url().unwrap().strip_prefix("http://").unwrap();
    for fault in [Fault::DropBefore, Fault::DropAfter] {
        house.order_fault(Request::Owned, fault, 1);
        let mut stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        let head = "POST /owned HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}";
        stream.write_all(head.as_bytes()).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        assert_eq!(answer, b"");
    }
}

#[test]
fn it_stops_at_once_when_it_is_told_to() {
    let directory = tempfile::tempdir().unwrap();
    let server = serve(directory.path());
    let fault = json!({"deed": "owned", "fault": "hang", "times": 1});
    assert_eq!(post(&server.base_url, "/faults", &fault).0, 200);
    let client = remote(&server.base_url, 20_000);
    let hanging = std::thread::spawn(move || client.owned(None));
    std::thread::sleep(Duration::from_millis(150));
    let began = Instant::now();
    let (code, log) = server.stop();
    assert_eq!((code, log.as_str()), (Some(0), ""));
    assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
    assert!(hanging.join().unwrap().is_err());
}

#[test]
fn what_it_cannot_use_it_says_in_a_sentence() {
    let directory = tempfile::tempdir().unwrap();
    let server = serve(directory.path());
    let client = remote(&server.base_url, 10_000);
    let number = client.search(&crate::house::wanted("FR")).unwrap().remove(0).phone_number;
    client.acquire(&number, order(1), &Route::default(), &Papers::default()).unwrap();
    let address = server.base_url.strip_prefix("http://").unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    let run = |listen: &str, state: &std::path::Path| {
        let mut command = linekeeper();
        let done = command.args(["simulate", "carrier", "--listen", listen, "--state"]).arg(state).output().unwrap();
        (done.status.code(), String::from_utf8(done.stderr).unwrap())
    };
    let (code, said) = run("127.0.0.1:0", directory.path());
    assert!(code == Some(1) && said.contains("another simulator is using"), "{said}");
    let (code, said) = run(address, elsewhere.path());
    assert!(code == Some(1) && said.contains("cannot listen on"), "{said}");
    drop(server);
    let file = directory.path().join("ledger.jsonl");
    std::fs::write(&file, [b"nonsense\n", &*std::fs::read(&file).unwrap()].concat()).unwrap();
    let (code, said) = run("127.0.0.1:0", directory.path());
    assert!(code == Some(1) && said.contains("line 1:") && said.lines().count() == 1, "{said}");
}
