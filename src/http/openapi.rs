//! `/openapi.json`: what this server answers, put together from the tables of endpoints that it answers by.

use actix_web::HttpResponse;
use actix_web::http::header::{CACHE_CONTROL, ContentType};
use actix_web::web::Data;
use schemars::SchemaGenerator;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use super::ENDPOINTS;
use crate::app::AppState;
use crate::dialect::{self, Dialect, Endpoint};

/// What groups the rim's own endpoints.
const RIM: &str = "server";

/// The description (OpenAPI 3.1) of a server that speaks these dialects.
#[must_use]
pub fn openapi(dialects: &[Dialect]) -> String {
    format!("{:#}\n", description(dialects))
}

/// The description of one server.
struct Served(String);

/// `GET /openapi.json`
pub async fn show(state: Data<AppState>) -> HttpResponse {
    let served = state.shared(|| Served(openapi(&dialect::chosen(&state.config().dialects))));
    HttpResponse::Ok()
        .content_type(ContentType::json())
        .insert_header((CACHE_CONTROL, "no-cache"))
        .body(served.0.clone())
}

fn description(dialects: &[Dialect]) -> Value {
    let settings = SchemaSettings::draft2020_12()
        .with(|settings| {
            settings.definitions_path = "/components/schemas".into();
            settings.meta_schema = None;
        })
        .for_serialize();
    let mut schemas = settings.into_generator();
    let mut paths = Map::new();
    let mut tags = vec![json!({ "name": RIM, "description": "The server itself. Nobody has to sign in." })];
    let mut ways_in = Map::new();
    for dialect in dialects {
        tags.push(json!({ "name": dialect.name, "description": dialect.summary }));
        ways_in.insert(dialect.name.to_owned(), (dialect.way_in)());
        add(&mut paths, dialect.endpoints, dialect.name, &mut schemas);
    }
    add(&mut paths, ENDPOINTS, RIM, &mut schemas);
    json!({
        "openapi": "3.1.1",
        "info": {
            "title": "Linekeeper",
            "summary": env!("CARGO_PKG_DESCRIPTION"),
            "version": env!("CARGO_PKG_VERSION"),
            "license": { "name": "MIT OR Apache-2.0", "identifier": env!("CARGO_PKG_LICENSE") },
        },
        "servers": [{ "url": "/" }],
        "tags": tags,
        "paths": paths,
        "components": { "securitySchemes": ways_in, "schemas": schemas.take_definitions(true) },
    })
}

fn add(paths: &mut Map<String, Value>, endpoints: &[Endpoint], tag: &str, schemas: &mut SchemaGenerator) {
    for endpoint in endpoints {
        let path = paths.entry(endpoint.path).or_insert_with(|| json!({}));
        path[endpoint.method.as_str().to_lowercase()] = (endpoint.operation)(schemas).described(tag);
    }
}
