//! The operations, described.

use schemars::SchemaGenerator;
use serde_json::{Value, json};

use super::assignments::AssignBody;
use super::error::ErrorBody;
use super::imports::ImportBody;
use super::numbers::UpdateBody;
use super::query;
use super::wire::{AGENT_ID, Assignment, Deleted, Done, Full, Imported, ListBody, NUMBER_ID, Shown};
use crate::dialect::operation::{Answer, Operation, Parameter, in_path};

/// How a caller says who it is.
pub fn way_in() -> Value {
    json!({
        "type": "apiKey",
        "in": "header",
        "name": "X-API-Key",
        "description": "An API key of the organization. `X-Organization-Id` may name it, and no other.",
    })
}

fn number() -> Value {
    json!({
        "phone_number_id": "phon_0192a000000070008000000000000abc",
        "phone_number": "+15551234567",
        "provider": "twilio",
        "status": "assigned",
        "supports_inbound": true,
        "supports_outbound": true,
        "assigned_agent_id": "agent_0192a000000070008000000000000def",
        "created_at": "2024-01-15T10:30:00Z",
    })
}

fn full() -> Value {
    let mut full = number();
    for name in ["sip_trunk_name", "sip_username", "sip_server_address", "inbound_room_name", "media_encryption"] {
        full[name] = Value::Null;
    }
    full["integration_id"] = json!("0192a000-0000-7000-8000-000000000123");
    full["updated_at"] = json!("2024-01-15T10:30:00Z");
    full
}

fn assignment() -> Value {
    json!({
        "agent_id": "agent_0192a000000070008000000000000def",
        "agent_name": "Reception",
        "assigned_phone_number_ids": ["phon_0192a000000070008000000000000abc"],
        "updated_at": "2024-01-15T10:30:00Z",
    })
}

/// `GET /api/phone-numbers`
pub fn list(schemas: &mut SchemaGenerator) -> Operation {
    let shown = Answer::json::<ListBody<'_>>(200, "A page of the organization's numbers, newest first", schemas);
    let shown = shown.with_example(json!({
        "success": true,
        "data": [number()],
        "pagination": { "next_cursor": null, "has_more": false, "page_size": 1, "total_count": 1 },
    }));
    let bad = (400, "A parameter is malformed, or the cursor is another list's");
    let operation = Operation::behind_key::<ErrorBody<'_>>(
        "butterListPhoneNumbers",
        "List an organization's phone numbers",
        shown,
        &[bad],
        schemas,
    );
    Operation { parameters: query::parameters(), ..operation }
}

/// `POST /api/phone-numbers`
pub fn import(schemas: &mut SchemaGenerator) -> Operation {
    let done = Answer::json::<Done<Imported<'_>>>(201, "The number is the organization's", schemas);
    let mut data = full();
    for name in ["assigned_agent_id", "sip_trunk_name", "sip_username", "sip_server_address", "inbound_room_name"] {
        data.as_object_mut().map(|fields| fields.remove(name));
    }
    data.as_object_mut().map(|fields| fields.remove("media_encryption"));
    data["status"] = json!("free");
    let done = done.with_example(
        json!({ "success": true, "message": "Phone number imported successfully with twilio", "data": data }),
    );
    let failures = [
        (400, "Something is missing or malformed, or the account has no such number"),
        (404, "There is no such integration"),
        (409, "The number is here already"),
        (415, "The body is not JSON, or is compressed"),
        (502, "The carrier did not say whether the account has the number"),
    ];
    let operation = Operation::behind_key::<ErrorBody<'_>>(
        "butterImportPhoneNumber",
        "Import a phone number",
        done,
        &failures,
        schemas,
    );
    operation.taking::<ImportBody>(
        &json!({ "phone_number": "+15551234567", "provider": "sip", "supports_inbound": true }),
        schemas,
    )
}

/// `GET /api/phone-numbers/{phone_number_id}`
pub fn show(schemas: &mut SchemaGenerator) -> Operation {
    let shown = Answer::json::<Shown<Full<'_>>>(200, "The number", schemas);
    let shown = shown.with_example(json!({ "success": true, "data": full() }));
    on_number(Operation::behind_key::<ErrorBody<'_>>(
        "butterGetPhoneNumber",
        "Show a phone number",
        shown,
        &[MISSING],
        schemas,
    ))
}

/// `PUT /api/phone-numbers/{phone_number_id}`
pub fn replace(schemas: &mut SchemaGenerator) -> Operation {
    changing("butterReplacePhoneNumber", schemas)
}

/// `PATCH /api/phone-numbers/{phone_number_id}`
pub fn update(schemas: &mut SchemaGenerator) -> Operation {
    changing("butterUpdatePhoneNumber", schemas)
}

fn changing(id: &'static str, schemas: &mut SchemaGenerator) -> Operation {
    let done = Answer::json::<Done<Full<'_>>>(200, "The number as it is now", schemas);
    let done =
        done.with_example(json!({ "success": true, "message": "Phone number updated successfully", "data": full() }));
    let failures = [
        (400, "The body is malformed"),
        MISSING,
        (409, "The number is released, or about to be"),
        (415, "The body is not JSON, or is compressed"),
    ];
    let operation =
        on_number(Operation::behind_key::<ErrorBody<'_>>(id, "Change a phone number", done, &failures, schemas));
    operation.changing::<UpdateBody>(&json!({ "supports_outbound": true }), schemas)
}

/// `DELETE /api/phone-numbers/{phone_number_id}`
pub fn delete(schemas: &mut SchemaGenerator) -> Operation {
    let done = Answer::json::<Done<Deleted>>(200, "The number is gone from here", schemas);
    let done = done.with_example(json!({
        "success": true,
        "message": "Phone number deleted successfully",
        "data": { "phone_number_id": "phon_0192a000000070008000000000000abc" },
    }));
    let failures = [MISSING, (409, "The number is released, or an order for it is under way")];
    on_number(Operation::behind_key::<ErrorBody<'_>>(
        "butterDeletePhoneNumber",
        "Let go of a phone number",
        done,
        &failures,
        schemas,
    ))
}

/// `POST /api/agents/{agent_id}/assign-phone-number`
pub fn assign(schemas: &mut SchemaGenerator) -> Operation {
    let done = Answer::json::<Done<Assignment>>(200, "The agent answers the number", schemas);
    let done = done.with_example(
        json!({ "success": true, "message": "Phone number assigned successfully", "data": assignment() }),
    );
    let failures = [
        (400, "The body is malformed"),
        (404, "There is no such agent or number"),
        (409, "An agent answers the number already, or it is released"),
        (415, "The body is not JSON, or is compressed"),
    ];
    let operation = Operation::behind_key::<ErrorBody<'_>>(
        "butterAssignPhoneNumber",
        "Assign a phone number to an agent",
        done,
        &failures,
        schemas,
    );
    let operation = Operation { parameters: vec![agent_in_path()], ..operation };
    operation.taking::<AssignBody>(&json!({ "phone_number_id": "phon_0192a000000070008000000000000abc" }), schemas)
}

/// `POST /api/agents/{agent_id}/unassign-phone-number/{phone_number_id}`
pub fn unassign(schemas: &mut SchemaGenerator) -> Operation {
    let done = Answer::json::<Done<Assignment>>(200, "The agent does not answer the number any more", schemas);
    let done = done.with_example(
        json!({ "success": true, "message": "Phone number unassigned successfully", "data": assignment() }),
    );
    let failures = [
        (400, "The agent does not answer the number"),
        (404, "There is no such agent or number"),
        (409, "The number is released, or about to be"),
    ];
    let operation = Operation::behind_key::<ErrorBody<'_>>(
        "butterUnassignPhoneNumber",
        "Take a phone number from an agent",
        done,
        &failures,
        schemas,
    );
    Operation { parameters: vec![agent_in_path(), number_in_path()], ..operation }
}

const MISSING: (u16, &str) = (404, "The organization has no such number");

fn on_number(operation: Operation) -> Operation {
    Operation { parameters: vec![number_in_path()], ..operation }
}

fn number_in_path() -> Parameter {
    in_path("phone_number_id", "The number", json!({ "type": "string", "pattern": NUMBER_ID }))
}

fn agent_in_path() -> Parameter {
    in_path("agent_id", "The agent", json!({ "type": "string", "pattern": AGENT_ID }))
}
