//! The rim: health, metrics, the log, request ids, compression, and what is not there.

use std::io::Read;

use linekeeper::model::Role;
use serde_json::{Value, json};

use crate::support::{Inventory, Server, add_agency, add_user, number, token};

#[test]
fn the_first_page_shows_a_call_and_runs_nothing() {
    let inventory = Inventory::empty();
    let server = Server::start(&inventory.path());
    let page = server.ask("GET", "/", None);
    assert_eq!(page.status, 200);
    let call = format!("{}/functions/v1/phone-numbers-list", server.base_url);
    assert!(page.text().contains(&call) && page.text().contains(env!("CARGO_PKG_VERSION")), "{}", page.text());
    assert!(!page.text().contains("{{") && !page.text().contains("<script"), "{}", page.text());
    assert!(page.header("content-security-policy").unwrap().contains("default-src 'none'"));
    assert_eq!(server.ask("GET", "/style.css", None).header("content-type"), Some("text/css; charset=utf-8"));
}

#[test]
fn what_is_not_there_is_said_in_json() {
    let inventory = Inventory::empty();
    let server = Server::start(&inventory.path());
    for path in ["/nothing", "/functions", "/functions/v2/phone-numbers-list", "/healthz/", "/%2e%2e/etc/passwd"] {
        let answer = server.ask("GET", path, None);
        assert_eq!((answer.status, answer.json()), (404, json!({"error": "there is nothing here"})), "{path}");
    }
    let answer = server.ask("DELETE", "/readyz", None);
    assert_eq!((answer.status, answer.header("allow")), (405, Some("GET")));
    assert_eq!(answer.json(), json!({"error": "method not allowed"}));
}

#[test]
fn a_server_is_ready_only_while_it_can_read_and_write() {
    let inventory = Inventory::empty();
    let server = Server::start(&inventory.path());
    let status = |path: &str| server.ask("GET", path, None).status;
    assert_eq!((status("/healthz"), status("/readyz")), (200, 200));

    let other = inventory.sqlite();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    assert_eq!(status("/readyz"), 200, "another process that writes is no fault");
    other.execute_batch("ROLLBACK").unwrap();

    other.execute("UPDATE refinery_schema_history SET version = version + 99", []).unwrap();
    assert_eq!((status("/healthz"), status("/readyz")), (200, 503), "a schema of another version");
    other.execute("UPDATE refinery_schema_history SET version = version - 99", []).unwrap();
    assert_eq!(status("/readyz"), 200);

    std::thread::scope(|threads| {
        let probes = (0..8).map(|_| threads.spawn(|| (0..10).all(|_| status("/readyz") == 200))).collect::<Vec<_>>();
        assert!(probes.into_iter().all(|probe| probe.join().unwrap()), "probes got into each other's way");
    });

    std::fs::rename(inventory.path(), inventory.path().with_extension("gone")).unwrap();
    assert_eq!((status("/healthz"), status("/readyz")), (200, 503), "a directory that is gone");
    std::fs::rename(inventory.path().with_extension("gone"), inventory.path()).unwrap();
    assert_eq!(status("/readyz"), 200);
    let (_, log) = server.stop();
    let errors: Vec<&str> = log.lines().filter(|line| line.contains("\"error\"")).collect();
    assert_eq!(errors.len(), 2, "each fault is logged once: {log}");
    assert!(errors.iter().all(|line| line.contains("request_id") && line.contains("not ready: ")), "{log}");
}

#[test]
fn requests_are_measured_by_route_and_never_by_agency() {
    let (inventory, owner) = one_number();
    let server = Server::start(&inventory.path());
    server.list(&token(owner), "");
    server.list(&token(owner), "?limit=0");
    server.ask("GET", "/functions/v1/made-up", Some(&token(owner)));
    server.ask("MADEUP", "/made-up", None);
    let metrics = server.ask("GET", "/metrics", None).text();
    let count = |labels: &str| {
        let line = format!("linekeeper_http_request_duration_seconds_count{{{labels}}} 1");
        assert!(metrics.contains(&line), "{line}\n{metrics}");
    };
    count(r#"route="/functions/v1/phone-numbers-list",dialect="supabase",method="GET",status="200""#);
    count(r#"route="/functions/v1/phone-numbers-list",dialect="supabase",method="GET",status="400""#);
    count(r#"route="unmatched",dialect="none",method="other",status="404""#);
    assert!(!metrics.contains("made-up") && !metrics.contains("00000000"), "{metrics}");
}

#[test]
fn a_request_keeps_the_id_it_came_with_if_it_is_one() {
    let inventory = Inventory::empty();
    let server = Server::start(&inventory.path());
    let id_of = |given: &str| {
        let answer = server.ask_with("GET", "/healthz", &[("x-request-id", given)]);
        answer.header("x-request-id").unwrap().to_owned()
    };
    assert_eq!(id_of("order-7_b"), "order-7_b");
    let long = "a".repeat(65);
    let uuid = "01a1fd6e-a96b-7207-a348-012345678901";
    assert_eq!(id_of(uuid), uuid);
    let secret = "3q2-7wAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    for given in ["", "a b", "a\u{22}b", "+19705551234", "call-19705551234", "a.b.c", long.as_str(), secret] {
        let id = id_of(given);
        assert_eq!(id.len(), 36, "{given}: {id}");
    }
    let (_, log) = server.stop();
    assert!(log.contains("order-7_b") && !log.contains("19705551234"), "{log}");
}

#[test]
fn the_log_is_json_lines_that_hold_no_token_and_no_number() {
    let (inventory, owner) = one_number();
    let server = Server::start(&inventory.path());
    let owner = token(owner);
    server.list(&owner, "?search=%2B19705551234");
    server.ask("GET", "/nowhere/+19705551234", Some(&owner));
    server.ask("GET", "/api/conversational-ai-agent/v2/phone-numbers/+19705551234", Some(&owner));
    let sqlite = inventory.sqlite();
    sqlite.execute_batch("ALTER TABLE agency_phone_numbers RENAME TO elsewhere").unwrap();
    assert_eq!(server.list(&owner, "?limit=7&note=%2B19705551235").status, 500);
    let (code, log) = server.stop();
    assert_eq!(code, Some(0));
    let lines: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let answered = |status: u64| lines.iter().find(|line| line["status"] == status).unwrap();
    assert_eq!(answered(200)["route"], "/functions/v1/phone-numbers-list");
    assert_eq!(answered(404)["route"], "unmatched");
    assert_eq!(answered(500)["level"], "error");
    assert!(answered(500)["message"].as_str().unwrap().contains("no such table"), "the cause is in the log: {log}");
    assert_eq!(lines.iter().filter(|line| line["level"] == "error").count(), 1, "a fault is logged once: {log}");
    assert!(!log.contains("9705551234") && !log.contains("eyJ") && !log.contains("Bearer"), "{log}");
}

#[test]
fn answers_are_compressed_for_those_who_ask() {
    let (inventory, owner) = one_number();
    let server = Server::start(&inventory.path());
    let authorization = format!("Bearer {}", token(owner));
    let path = "/functions/v1/phone-numbers-list";
    let plain = server.ask_with("GET", path, &[("authorization", &authorization), ("accept-encoding", "identity")]);
    assert_eq!(plain.header("content-encoding"), None);
    for encoding in ["gzip", "br"] {
        let headers = [("authorization", &*authorization), ("accept-encoding", encoding)];
        let answer = server.ask_with("GET", path, &headers);
        assert_eq!(answer.header("content-encoding"), Some(encoding));
        let mut unpacked = Vec::new();
        match encoding {
            "gzip" => flate2::read::GzDecoder::new(&*answer.body).read_to_end(&mut unpacked).unwrap(),
            _ => brotli::Decompressor::new(&*answer.body, 4096).read_to_end(&mut unpacked).unwrap(),
        };
        assert_eq!(unpacked, plain.body, "{encoding}");
    }
}

fn one_number() -> (Inventory, linekeeper::model::UserId) {
    let inventory = Inventory::empty();
    let owner = inventory.write(|change| {
        let scope = add_agency(change, 1, "Northwind")?;
        change.add_number(&scope, &number(31, "+19705551234"))?;
        add_user(change, Some(&scope), 11, Role::AgencyOwner)
    });
    (inventory, owner)
}
