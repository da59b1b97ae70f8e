//! The operations, described.

use schemars::SchemaGenerator;
use serde_json::{Value, json};

use super::error::ErrorBody;
use super::imports::ImportBody;
use super::numbers::UpdateBody;
use super::wire::PhoneNumber;
use crate::dialect::operation::{Answer, Operation, in_path};

/// How a caller says who it is.
pub fn way_in() -> Value {
    json!({
        "type": "http",
        "scheme": "basic",
        "description": "An API key in two parts: its id is the customer id, its secret the customer secret.",
    })
}

fn number() -> Value {
    json!({
        "provider": "byo",
        "phone_number": "+19876543210",
        "label": "Sales",
        "inbound": true,
        "outbound": true,
        "associated_pipeline": {
            "pipeline_id": "0192a000-0000-7000-8000-000000000abc",
            "pipeline_name": "Customer Service",
        },
        "inbound_config": { "allowed_addresses": ["203.0.113.64/27"] },
        "outbound_config": { "address": "sip.example.com:5061", "transport": "tls", "prefix": null, "user": "sales" },
    })
}

/// `GET .../phone-numbers`
pub fn list(schemas: &mut SchemaGenerator) -> Operation {
    let shown = Answer::json::<Vec<PhoneNumber<'_>>>(200, "All the account's numbers, newest first", schemas);
    Operation::behind_key::<ErrorBody<'_>>(
        "agoraListPhoneNumbers",
        "List all phone numbers",
        shown.with_example(json!([number()])),
        &[],
        schemas,
    )
}

/// `POST .../phone-numbers`
pub fn import(schemas: &mut SchemaGenerator) -> Operation {
    let done = Answer::json::<PhoneNumber<'_>>(201, "The number is the account's", schemas);
    let mut imported = number();
    imported["associated_pipeline"] = Value::Null;
    let failures = [
        (400, "The phone number is none"),
        (409, "The number is here already"),
        (415, "The body is not JSON, or is compressed"),
        (422, "The body is not what it must be, or the carrier account has no such number"),
        (502, "The carrier did not say whether the account has the number"),
    ];
    let operation = Operation::behind_key::<ErrorBody<'_>>(
        "agoraImportPhoneNumber",
        "Import a phone number",
        done.with_example(imported),
        &failures,
        schemas,
    );
    let example = json!({
        "provider": "byo",
        "phone_number": "+19876543210",
        "label": "Sales",
        "inbound": true,
        "outbound": true,
        "inbound_config": { "allowed_addresses": ["203.0.113.64/27"] },
        "outbound_config": { "address": "sip.example.com:5061", "transport": "tls", "user": "sales" },
    });
    operation.taking::<ImportBody>(&example, schemas)
}

/// `GET .../phone-numbers/{phone_number}`
pub fn show(schemas: &mut SchemaGenerator) -> Operation {
    let shown = Answer::json::<PhoneNumber<'_>>(200, "The number", schemas).with_example(number());
    on_number(Operation::behind_key::<ErrorBody<'_>>(
        "agoraGetPhoneNumber",
        "Show a phone number",
        shown,
        &[MISSING],
        schemas,
    ))
}

/// `PATCH .../phone-numbers/{phone_number}`
pub fn update(schemas: &mut SchemaGenerator) -> Operation {
    let done = Answer::json::<PhoneNumber<'_>>(200, "The number as it is now", schemas).with_example(number());
    let failures = [
        MISSING,
        (409, "The number is about to be released"),
        (415, "The body is not JSON, or is compressed"),
        (422, "The body is not what it must be, or names two pipelines, or one that is not there"),
    ];
    let operation = on_number(Operation::behind_key::<ErrorBody<'_>>(
        "agoraUpdatePhoneNumber",
        "Say which pipeline answers a phone number",
        done,
        &failures,
        schemas,
    ));
    let example = json!({ "inbound_config": { "pipeline_id": "0192a000-0000-7000-8000-000000000abc" } });
    operation.changing::<UpdateBody>(&example, schemas)
}

/// `DELETE .../phone-numbers/{phone_number}`
pub fn delete(schemas: &mut SchemaGenerator) -> Operation {
    let done = Answer::empty(204, "The number is gone from here");
    let failures = [MISSING, (409, "An order for the number is under way")];
    on_number(Operation::behind_key::<ErrorBody<'_>>(
        "agoraDeletePhoneNumber",
        "Let go of a phone number",
        done,
        &failures,
        schemas,
    ))
}

const MISSING: (u16, &str) = (404, "The account has no such number");

fn on_number(operation: Operation) -> Operation {
    let number = in_path("phone_number", "The number", json!({ "type": "string", "pattern": r"^\+[1-9][0-9]{6,14}$" }));
    Operation { parameters: vec![number], ..operation }
}
