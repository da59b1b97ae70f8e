//! The description of the API is what the server answers.

use serde_json::Value;

use crate::support::{Inventory, Server, linekeeper};

/// The description as it was last agreed upon.
const AGREED: &str = "docs/openapi.json";

#[test]
fn the_description_is_the_one_agreed_upon() {
    let printed = linekeeper().arg("openapi").output().unwrap();
    assert!(printed.status.success());
    let agreed = std::fs::read(AGREED).unwrap_or_default();
    assert!(
        printed.stdout == agreed,
        "the API is not what {AGREED} says; if it should be so: target/debug/linekeeper openapi > {AGREED}"
    );
    let server = Server::start(&Inventory::empty().path());
    let served = server.ask("GET", "/openapi.json", None);
    assert_eq!((served.status, served.header("content-type")), (200, Some("application/json")));
    assert_eq!(served.body, agreed);
}

#[test]
fn every_endpoint_is_described_once() {
    let described: Value = serde_json::from_str(&linekeeper::http::openapi(linekeeper::dialect::ALL)).unwrap();
    let paths = described["paths"].as_object().unwrap();
    let mut ids = Vec::new();
    let mut endpoints = 0;
    for dialect in linekeeper::dialect::ALL {
        assert!(described["components"]["securitySchemes"][dialect.name].is_object(), "{}", dialect.name);
    }
    for endpoint in
        linekeeper::dialect::ALL.iter().flat_map(|dialect| dialect.endpoints).chain(linekeeper::http::ENDPOINTS)
    {
        let operation = &paths[endpoint.path][endpoint.method.as_str().to_lowercase()];
        assert!(operation["responses"].as_object().is_some_and(|answers| !answers.is_empty()), "{endpoint:?}");
        ids.push(operation["operationId"].as_str().unwrap().to_owned());
        endpoints += 1;
    }
    assert_eq!(paths.values().map(|path| path.as_object().unwrap().len()).sum::<usize>(), endpoints);
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), endpoints, "two operations have one name");
}

#[test]
fn a_body_requires_what_must_be_given_and_no_more() {
    // A client made from the description sends all that is required: a null where nothing was meant would take away.
    let described: Value = serde_json::from_str(&linekeeper::http::openapi(linekeeper::dialect::ALL)).unwrap();
    for (body, required) in [
        ("SupabasePurchase", &["phone_numbers"][..]),
        ("SupabasePurchaseItem", &["phone_number"]),
        ("SupabaseAssignment", &["phone_number_id", "agent_mapping_id"]),
        ("SupabaseNumberUpdate", &["phone_number_id"]),
        ("SupabaseRelease", &["phone_number_ids", "confirm"]),
    ] {
        let schema = &described["components"]["schemas"][body];
        assert_eq!(schema["required"], serde_json::json!(required), "{body}");
        for (name, property) in schema["properties"].as_object().unwrap() {
            assert!(property.get("default").is_none(), "{body}.{name}: what is absent is not null");
        }
    }
}
