//! The gateway before the functions: tokens good and forged, CORS, methods, and functions that are not there.

use std::time::Instant;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use linekeeper::model::{Role, UserId};
use serde_json::{Value, json};

use crate::support::{Inventory, SECRET, Server, add_agency, add_user, claims, id, sign, token};

const HS256: &str = r#"{"alg":"HS256","typ":"JWT"}"#;
const LIST: &str = "/functions/v1/phone-numbers-list";

fn office() -> (Inventory, UserId) {
    let inventory = Inventory::empty();
    let owner = inventory.write(|change| {
        let scope = add_agency(change, 1, "Northwind")?;
        add_user(change, Some(&scope), 11, Role::AgencyOwner)
    });
    (inventory, owner)
}

fn with(user: UserId, change: impl FnOnce(&mut Value)) -> String {
    let mut claims = claims(user);
    change(&mut claims);
    sign(HS256, &claims.to_string(), SECRET)
}

fn without(user: UserId, name: &str) -> String {
    with(user, |claims| drop(claims.as_object_mut().unwrap().remove(name)))
}

fn now() -> i64 {
    linekeeper::clock::Clock::System.now().0 / 1_000_000
}

/// Every way to forge or spoil a token, with the code it must be refused with.
#[allow(clippy::too_many_lines, reason = "it is a list")]
fn forged(user: UserId) -> Vec<(String, String, &'static str)> {
    const FORMAT: &str = "UNAUTHORIZED_INVALID_JWT_FORMAT";
    const LEGACY: &str = "UNAUTHORIZED_LEGACY_JWT";
    const ASYMMETRIC: &str = "UNAUTHORIZED_ASYMMETRIC_JWT";
    const ALGORITHM: &str = "UNAUTHORIZED_UNSUPPORTED_TOKEN_ALGORITHM";
    let good = token(user);
    let body = claims(user).to_string();
    let [header, payload, signature] = good.split('.').collect::<Vec<_>>()[..] else { unreachable!() };
    let headed = |header: &str| sign(header, &body, SECRET);
    let mut tokens: Vec<(String, String, &'static str)> = Vec::new();
    let mut add = |name: &str, token: String, code| tokens.push((name.to_owned(), token, code));

    for none in ["none", "None", "NONE", "nOnE", "HS384", "HS512", "PS256", "EdDSA", "hs256", ""] {
        let unsigned = format!("{}.{payload}.", URL_SAFE_NO_PAD.encode(json!({ "alg": none }).to_string()));
        add(&format!("alg {none:?}, unsigned"), unsigned, ALGORITHM);
        add(&format!("alg {none:?}, signed"), headed(&json!({ "alg": none }).to_string()), ALGORITHM);
    }
    for asymmetric in ["ES256", "RS256"] {
        add(
            &format!("HS256's signature under {asymmetric}"),
            headed(&json!({"alg": asymmetric}).to_string()),
            ASYMMETRIC,
        );
    }
    let public_key = "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE\n-----END PUBLIC KEY-----\n";
    add("HS256 with a public key as secret", sign(HS256, &body, public_key), LEGACY);
    add("another secret", sign(HS256, &body, &format!("{SECRET}x")), LEGACY);
    add("no signature", format!("{header}.{payload}."), LEGACY);
    add("half a signature", format!("{header}.{payload}.{}", &signature[..20]), LEGACY);
    let other = token(UserId(id(12)));
    add("another token's signature", format!("{header}.{payload}.{}", other.rsplit('.').next().unwrap()), LEGACY);

    add("expired", with(user, |claims| claims["exp"] = json!(now() - 31)), LEGACY);
    add("nbf ahead", with(user, |claims| claims["nbf"] = json!(now() + 40)), LEGACY);
    add("nbf a text", with(user, |claims| claims["nbf"] = json!("0")), LEGACY);
    add("exp a text", with(user, |claims| claims["exp"] = json!("9999999999")), LEGACY);
    add("exp null", with(user, |claims| claims["exp"] = Value::Null), LEGACY);
    for name in ["exp", "sub", "aud", "role"] {
        add(&format!("no {name}"), without(user, name), LEGACY);
    }
    add("sub a number", with(user, |claims| claims["sub"] = json!(11)), LEGACY);
    for audience in
        [json!("anon"), json!(["anon", "service"]), json!([]), json!({"authenticated": 1}), json!("authenticated ")]
    {
        add(&format!("aud {audience}"), with(user, |claims| claims["aud"] = audience.clone()), LEGACY);
    }
    for role in ["anon", "service_role", "supabase_admin", ""] {
        add(&format!("role {role:?}"), with(user, |claims| claims["role"] = json!(role)), LEGACY);
    }

    for name in ["jku", "x5u", "jwk", "crit"] {
        add(name, headed(&json!({"alg": "HS256", name: ["https://evil.example"]}).to_string()), FORMAT);
    }
    add("alg twice", headed(r#"{"alg":"none","alg":"HS256"}"#), FORMAT);
    add("sub twice", sign(HS256, &body.replacen('{', r#"{"sub":"x","#, 1), SECRET), FORMAT);
    let nested = r#"{"app_metadata":{"roles":[{"a":1,"a":2}]},"#;
    add("a nested name twice", sign(HS256, &body.replacen('{', nested, 1), SECRET), FORMAT);
    add("no alg", headed("{}"), FORMAT);
    add("alg a list", headed(r#"{"alg":["HS256"]}"#), FORMAT);
    add("header a list", headed("[]"), FORMAT);
    add("payload a text", sign(HS256, r#""x""#, SECRET), FORMAT);
    add("payload no JSON", sign(HS256, "sub", SECRET), FORMAT);
    add("two segments", format!("{header}.{payload}"), FORMAT);
    add("five segments", format!("{good}.x.y"), FORMAT);
    add("three parts of garbage", "a.b.c".into(), FORMAT);
    add("only dots", "..".into(), FORMAT);
    add("padded", format!("{header}=.{payload}.{signature}"), FORMAT);
    add("a space behind", format!("{good} x"), FORMAT);
    add("two spaces before", format!(" {good}"), FORMAT);
    add("over 8 KiB", with(user, |claims| claims["pad"] = json!("x".repeat(8 * 1024))), FORMAT);
    tokens
}

#[test]
fn forged_tokens_are_refused_and_open_no_database_connection() {
    let (inventory, owner) = office();
    let server = Server::start(&inventory.path());
    assert_eq!(server.list(&token(owner), "").status, 200);
    let reads = || {
        let metrics = server.ask("GET", "/metrics", None).text();
        let count =
            metrics.lines().find_map(|line| line.strip_prefix("linekeeper_store_transactions_total{kind=\"read\"} "));
        count.unwrap().parse::<u128>().unwrap()
    };
    let (before, began) = (reads(), Instant::now());
    let forged = forged(owner);
    let count = forged.len() as u128;
    for (name, token, code) in forged {
        let answer = server.list(&token, "");
        assert_eq!(answer.status, 401, "{name}");
        assert_eq!(answer.header("sb-error-code"), Some(code), "{name}");
        let body = answer.json();
        assert_eq!((&body["code"], &body["msg"]), (&json!(code), &body["message"]), "{name}");
        assert_eq!(body.as_object().unwrap().len(), 3, "{name}");
    }
    // Who settles orders looks for them four times a second.
    let its_own = began.elapsed().as_millis() / 250 + 1;
    let reads = reads() - before;
    assert!(reads <= its_own, "{reads} reads for {count} forged tokens");
    assert!(count > 5 * its_own, "it took too long to tell");
}

#[test]
fn tokens_within_their_bounds_are_taken() {
    let (inventory, owner) = office();
    let server = Server::start(&inventory.path());
    for (name, token) in [
        ("as Supabase signs them", token(owner)),
        ("aud a list", with(owner, |claims| claims["aud"] = json!(["x", "authenticated"]))),
        ("expired within the leeway", with(owner, |claims| claims["exp"] = json!(now() - 20))),
        ("nbf within the leeway", with(owner, |claims| claims["nbf"] = json!(now() + 20))),
        ("exp with a fraction", with(owner, |claims| claims["exp"] = json!(9_999_999_999.5))),
        ("no iat, no iss", without(owner, "iat")),
    ] {
        assert_eq!(server.list(&token, "").status, 200, "{name}");
    }
}

#[test]
fn an_issuer_is_checked_where_it_is_configured() {
    let (inventory, owner) = office();
    let mut command = crate::support::linekeeper();
    command.args(["serve", "--listen", "127.0.0.1:0", "--data-dir"]).arg(inventory.path());
    command.env("LINEKEEPER_JWT_SECRET", SECRET);
    command.env("LINEKEEPER_DIALECT__SUPABASE__ISSUER", "https://mine.supabase.co/auth/v1");
    let server = Server::spawn(command);
    let issued = |iss: &str| server.list(&with(owner, |claims| claims["iss"] = json!(iss)), "").status;
    assert_eq!(issued("https://mine.supabase.co/auth/v1"), 200);
    assert_eq!(issued("https://other.supabase.co/auth/v1"), 401);
    assert_eq!(server.list(&without(owner, "iss"), "").status, 401);
}

#[test]
fn a_secret_that_looks_like_base64_is_taken_by_its_text() {
    let (inventory, owner) = office();
    let encoded = STANDARD.encode("thirty-two bytes of a secret, ok");
    let mut command = crate::support::linekeeper();
    command.args(["serve", "--listen", "127.0.0.1:0", "--data-dir"]).arg(inventory.path());
    let server = Server::spawn({
        command.env("LINEKEEPER_JWT_SECRET", &encoded);
        command
    });
    let signed = |secret: &str| server.list(&sign(HS256, &claims(owner).to_string(), secret), "").status;
    assert_eq!(signed(&encoded), 200);
    assert_eq!(signed("thirty-two bytes of a secret, ok"), 401);
}

#[test]
fn an_encoding_that_cannot_be_had_does_not_pass_the_gateway_by() {
    let (inventory, owner) = office();
    let server = Server::start(&inventory.path());
    let bearer = format!("Bearer {}", token(owner));
    for encoding in ["identity;q=0", "identity;q=0, compress", "*;q=0", "gzip;q=2, =", ""] {
        let refused = server.ask_with("GET", LIST, &[("accept-encoding", encoding)]);
        assert_eq!(
            (refused.status, refused.json()["code"].as_str()),
            (401, Some("UNAUTHORIZED_NO_AUTH_HEADER")),
            "{encoding}"
        );
        assert_cors(&refused);
        let answer = server.ask_with("GET", LIST, &[("authorization", &bearer), ("accept-encoding", encoding)]);
        assert_eq!((answer.status, answer.header("content-encoding")), (200, None), "{encoding}");
        assert!(answer.json()["summary"].is_object());
    }
}

#[test]
fn other_credentials_than_one_bearer_token_are_refused() {
    let (inventory, owner) = office();
    let server = Server::start(&inventory.path());
    let good = token(owner);
    let bearer = format!("Bearer {good}");
    let code = |headers: &[(&str, &str)]| {
        let answer = server.ask_with("GET", LIST, headers);
        assert_eq!(answer.status, 401, "{headers:?}");
        answer.header("sb-error-code").unwrap().to_owned()
    };
    assert_eq!(code(&[]), "UNAUTHORIZED_NO_AUTH_HEADER");
    assert_eq!(code(&[("apikey", &good)]), "UNAUTHORIZED_NO_AUTH_HEADER");
    for value in ["", "Bearer", "Bearer ", &good, &format!("Basic {good}"), &format!("bearer {good}"), "Bearer lk_1_2"]
    {
        assert_eq!(code(&[("authorization", value)]), "UNAUTHORIZED_INVALID_JWT_FORMAT", "{value}");
    }
    assert_eq!(code(&[("authorization", &bearer), ("authorization", &bearer)]), "UNAUTHORIZED_INVALID_JWT_FORMAT");
    let two = [("authorization", &*bearer), ("x-api-key", "lk_1_2")];
    assert_eq!(code(&two), "UNAUTHORIZED_INVALID_JWT_FORMAT");
    let harmless = [("authorization", &*bearer), ("apikey", "anon"), ("x-client-info", "x"), ("x-region", "any")];
    assert_eq!(server.ask_with("GET", &format!("{LIST}?forceFunctionRegion=any"), &harmless).status, 200);
}

#[test]
fn a_preflight_needs_no_token_and_every_answer_carries_cors() {
    let (inventory, owner) = office();
    let server = Server::start(&inventory.path());
    for path in [LIST, "/functions/v1/nothing", "/functions/v1/"] {
        let answer = server.ask("OPTIONS", path, None);
        assert_eq!((answer.status, answer.text().as_str()), (200, "ok"), "{path}");
        assert_cors(&answer);
    }
    for answer in [
        server.list(&token(owner), ""),
        server.list(&token(owner), "?limit=0"),
        server.ask("GET", LIST, None),
        server.ask("POST", LIST, Some(&token(owner))),
        server.ask("GET", "/functions/v1/nothing", Some(&token(owner))),
    ] {
        assert_cors(&answer);
        let kept = if answer.status == 200 { "private, no-cache" } else { "no-store" };
        assert_eq!(answer.header("cache-control"), Some(kept));
        assert_eq!(answer.header("x-relay-error"), None);
    }
}

fn assert_cors(answer: &crate::support::Answer) {
    assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
    assert_eq!(
        answer.header("access-control-allow-headers"),
        Some("authorization, x-client-info, apikey, content-type, x-retry-count, traceparent, tracestate, baggage")
    );
    assert_eq!(answer.header("access-control-allow-methods"), Some("GET, POST, PUT, PATCH, DELETE, OPTIONS"));
    assert_eq!(answer.header("access-control-expose-headers"), Some("sb-error-code"));
}

#[test]
fn checks_come_in_order_token_function_method_role_parameters() {
    let (inventory, owner) = office();
    let nobody = inventory.write(|change| add_user(change, None, 13, Role::AgencyOwner));
    let server = Server::start(&inventory.path());
    let (owner, nobody) = (token(owner), token(nobody));
    let status = |method: &str, path: &str, token: Option<&str>| server.ask(method, path, token).status;

    assert_eq!(status("POST", "/functions/v1/nothing", None), 401, "the token is first");
    let missing = server.ask("POST", "/functions/v1/nothing", Some(&nobody));
    assert_eq!(missing.status, 404, "then the function");
    assert_eq!(missing.json(), json!({"code": "NOT_FOUND", "message": "Requested function was not found"}));
    for method in ["POST", "PUT", "PATCH", "DELETE", "HEAD", "TRACE", "PROPFIND"] {
        let answer = server.ask(method, &format!("{LIST}?limit=0"), Some(&nobody));
        assert_eq!(answer.status, 405, "then the method: {method}");
        assert_eq!(answer.header("allow"), Some("GET"), "{method}");
        if method != "HEAD" {
            assert_eq!(answer.json(), json!({"error": "Method not allowed"}), "{method}");
        }
    }
    let forbidden = server.list(&nobody, "?limit=0");
    assert_eq!(forbidden.status, 403, "then the role");
    assert_eq!(forbidden.json(), json!({"error": "User does not belong to an agency"}));
    let malformed = server.list(&owner, "?limit=0");
    assert_eq!(
        (malformed.status, malformed.json()),
        (400, json!({"error": "limit must be at least 1"})),
        "parameters last"
    );
}

#[test]
fn a_subject_that_is_no_user_is_forbidden_like_a_user_without_an_agency() {
    let (inventory, _) = office();
    let nobody = inventory.write(|change| add_user(change, None, 13, Role::Admin));
    let server = Server::start(&inventory.path());
    let expected = server.list(&token(nobody), "");
    assert_eq!(expected.status, 403);
    assert_eq!(server.list(&token(UserId(id(99))), "").body, expected.body);
    for subject in ["not-a-uuid", "", "00000000000040008000000000000011"] {
        let answer = server.list(&with(nobody, |claims| claims["sub"] = json!(subject)), "");
        assert_eq!((answer.status, answer.body), (403, expected.body.clone()), "{subject:?}");
    }
}

#[test]
fn a_moved_user_sees_the_other_agency_at_the_next_request() {
    let (inventory, owner) = office();
    inventory.write(|change| {
        let other = add_agency(change, 2, "Lumen")?;
        change.add_number(&other, &crate::support::number(21, "+19705550021"))
    });
    let server = Server::start(&inventory.path());
    let owner_token = token(owner);
    let total = || server.list(&owner_token, "").json()["summary"]["total"].clone();
    assert_eq!(total(), json!(0));
    let update = |agency: &str| {
        let mut command = crate::support::linekeeper();
        command.args(["user", "update", &owner.to_string(), "--agency", agency, "--data-dir"]).arg(inventory.path());
        assert!(command.status().unwrap().success());
    };
    update(&id(2).to_string());
    assert_eq!(total(), json!(1));
    update("none");
    assert_eq!(server.list(&owner_token, "").status, 403);
}

#[test]
fn a_body_over_64_kib_is_refused_in_the_envelope_after_method_and_role() {
    use std::io::{Read, Write};
    let (inventory, owner) = office();
    let nobody = inventory.write(|change| add_user(change, None, 13, Role::Admin));
    let server = Server::start(&inventory.path());
    let address = server.base_url.strip_prefix("http://").unwrap();
    let sent = |method: &str, user: UserId, bytes: usize| {
        let mut stream = std::net::TcpStream::connect(address).unwrap();
        let token = token(user);
        let head = format!(
            "{method} {LIST} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\ncontent-length: {bytes}\r\nconnection: close\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(&vec![b' '; bytes]).ok();
        let mut answer = String::new();
        let _ = stream.read_to_string(&mut answer);
        answer
    };
    assert!(sent("GET", owner, 65_536).starts_with("HTTP/1.1 200 "));
    let refused = sent("GET", owner, 65_537);
    assert!(refused.starts_with("HTTP/1.1 413 ") && refused.contains(r#"{"error":"Request body"#), "{refused}");
    let chunked = {
        let mut stream = std::net::TcpStream::connect(address).unwrap();
        let token = token(owner);
        let head = format!(
            "GET {LIST} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\ntransfer-encoding: chunked\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).unwrap();
        for _ in 0..17 {
            let _ = stream.write_all(format!("1000\r\n{}\r\n", " ".repeat(4096)).as_bytes());
        }
        let mut answer = String::new();
        let _ = stream.read_to_string(&mut answer);
        answer
    };
    assert!(chunked.starts_with("HTTP/1.1 413 "), "{chunked}");
    assert!(sent("POST", owner, 65_537).starts_with("HTTP/1.1 405 "));
    assert!(sent("GET", nobody, 65_537).starts_with("HTTP/1.1 403 "));
}

#[test]
fn a_body_that_never_ends_does_not_hold_its_connection() {
    use std::io::{Read, Write};
    let (inventory, _) = office();
    let server = Server::start(&inventory.path());
    let address = server.base_url.strip_prefix("http://").unwrap();
    let began = Instant::now();
    std::thread::scope(|threads| {
        for body in [
            "transfer-encoding: chunked\r\n\r\n",
            "transfer-encoding: chunked\r\n\r\n5\r\nab",
            "content-length: 9\r\n\r\nx",
        ] {
            threads.spawn(move || {
                let mut stream = std::net::TcpStream::connect(address).unwrap();
                stream.set_read_timeout(Some(std::time::Duration::from_secs(25))).unwrap();
                stream.write_all(format!("POST /healthz HTTP/1.1\r\nhost: x\r\n{body}").as_bytes()).unwrap();
                let mut answer = String::new();
                stream
                    .read_to_string(&mut answer)
                    .unwrap_or_else(|error| panic!("{body:?} is held: {error}, {answer}"));
                assert!(answer.starts_with("HTTP/1.1 405 "), "{body:?}: {answer}");
            });
        }
    });
    assert!(began.elapsed() < std::time::Duration::from_secs(20), "{:?}", began.elapsed());
}
