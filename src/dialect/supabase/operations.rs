//! The functions, described.

use schemars::{JsonSchema, SchemaGenerator};
use serde::Serialize;
use serde_json::{Value, json};

use super::assignments::{self, AssignableBody, AssignmentBody, ChangedBody, UpdateBody};
use super::error::{FunctionBody, GatewayBody};
use super::offers::{self, OffersBody};
use super::purchases::{PurchaseBody, PurchasedBody};
use super::query;
use super::releases::{ReleaseBody, ReleasedBody};
use super::wire::{ListBody, NumberBody};
use crate::dialect::operation::{Answer, Operation, Parameter, idempotency_key};

/// How a caller says who it is.
pub fn way_in() -> Value {
    json!({
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "A Supabase user's access token: HS256 by the project's secret, or ES256 or RS256 by its key set.",
    })
}

fn number_example() -> Value {
    json!({
        "id": "0192a000-0000-7000-8000-000000000abc",
        "phone_number": "+19705551234",
        "phone_number_id": "PN0123456789abcdef0123456789abcdef",
        "friendly_name": "Main Line",
        "number_type": "local",
        "country_code": "US",
        "voice_enabled": true,
        "sms_enabled": false,
        "mms_enabled": false,
        "direction": "inbound",
        "monthly_cost": "1.00",
        "currency": "USD",
        "status": "active",
        "is_active": true,
        "purchased_at": "2025-01-15T12:00:00Z",
        "released_at": null,
        "created_at": "2025-01-15T12:00:00Z",
        "updated_at": "2025-01-15T12:00:00Z",
        "agent_mapping_id": "0192a000-0000-7000-8000-000000000def",
        "agent_mappings": {
            "id": "0192a000-0000-7000-8000-000000000def",
            "ultravox_agent_id": "uv-agent-id",
            "ultravox_agent_name": "Sales Agent",
            "voice": "en-US-Standard",
            "language_hint": "en",
            "recording_enabled": true,
        },
    })
}

fn agent_example() -> Value {
    json!({
        "id": "0192a000-0000-7000-8000-000000000def",
        "ultravox_agent_id": "uv-agent-id",
        "ultravox_agent_name": "Sales Agent",
        "voice": "en-US-Standard",
    })
}

fn list_example() -> Value {
    json!({
        "phone_numbers": [number_example()],
        "available_agents": [agent_example()],
        "summary": {
            "total": 1, "active": 1, "pending": 0, "suspended": 0, "released": 0, "assigned": 1, "unassigned": 0,
        },
        "pagination": { "total": 1, "limit": 50, "offset": 0, "has_more": false },
    })
}

fn offers_example() -> Value {
    json!({
        "phone_numbers": [{
            "phone_number": "+19705550123",
            "phone_number_type": "local",
            "features": ["voice", "sms"],
            "voice_enabled": true,
            "sms_enabled": true,
            "mms_enabled": false,
            "fax_enabled": false,
            "emergency_enabled": false,
            "region_information": [{ "region_type": "country_code", "region_name": "US" }],
            "country_code": "US",
            "monthly_cost": "1.15",
            "upfront_cost": "1.00",
            "currency": "USD",
            "reservable": false,
            "quickship": true,
            "best_effort": false,
        }],
        "meta": { "total_results": 1, "best_effort_results": 0, "country_code": "US", "limit": 20 },
    })
}

fn purchase_example() -> Value {
    json!({
        "success": true,
        "order": {
            "id": "0192a000-0000-7000-8000-000000000777",
            "status": "success",
            "phone_numbers_count": 1,
            "requirements_met": true,
            "created_at": "2025-01-15T12:00:00Z",
        },
        "phone_numbers": [{
            "id": "0192a000-0000-7000-8000-000000000abc",
            "agency_id": "0192a000-0000-7000-8000-000000000001",
            "phone_number": "+19705550123",
            "phone_number_id": "PN0123456789abcdef0123456789abcdef",
            "friendly_name": null,
            "agent_mapping_id": null,
            "direction": "inbound",
            "status": "active",
            "voice_enabled": true,
            "country_code": "US",
            "purchased_at": "2025-01-15T12:00:00Z",
        }],
        "message": "Phone numbers purchased and activated successfully",
    })
}

fn release_example() -> Value {
    json!({
        "success": true,
        "released": [{ "id": "0192a000-0000-7000-8000-000000000abc", "phone_number": "+19705551234" }],
        "failed": [],
        "summary": { "total_requested": 1, "released_count": 1, "failed_count": 0 },
        "message": "Successfully released 1 phone number(s)",
    })
}

/// `phone-numbers-list`
pub fn list(schemas: &mut SchemaGenerator) -> Operation {
    let mut answers = vec![
        Answer::json::<ListBody<'_>>(200, "A page of the agency's numbers, newest first", schemas)
            .with_example(list_example())
            .with_header("etag", "Names this answer at this state of the agency's data"),
        Answer::empty(304, "The answer that If-None-Match names still holds")
            .with_header("etag", "Names this answer at this state of the agency's data"),
        Answer::json::<FunctionBody<'_>>(400, "A parameter is malformed", schemas),
    ];
    answers.extend(of_every_function(schemas));
    Operation {
        id: "supabasePhoneNumbersList",
        summary: "List the phone numbers of the caller's agency",
        signed_in: true,
        parameters: query::parameters(),
        body: None,
        may_be_bodiless: false,
        answers,
    }
}

/// `phone-numbers-search`
pub fn search(schemas: &mut SchemaGenerator) -> Operation {
    let mut operation = function(
        schemas,
        "supabasePhoneNumbersSearch",
        "Search the stock of the agency's carrier",
        Answer::json::<OffersBody<'_>>,
        ("What it would sell", offers_example()),
        &[(400, "A parameter is malformed, or the agency has no carrier"), (502, "The carrier did not say")],
    );
    operation.parameters = offers::parameters();
    operation
}

/// `phone-numbers-purchase`
pub fn purchase(schemas: &mut SchemaGenerator) -> Operation {
    let mut operation = function(
        schemas,
        "supabasePhoneNumbersPurchase",
        "Purchase phone numbers",
        Answer::json::<PurchasedBody<'_>>,
        ("All are the agency's, or will be when the carrier has confirmed the order", purchase_example()),
        &[
            (400, "The body or the key is malformed, or the agency has no carrier"),
            (404, "The agency has no such agent"),
            (422, "The key was another request's"),
        ],
    );
    for (status, description) in [
        (207, "Some failed"),
        (402, "None: over budget"),
        (409, "None: not available or already taken; or a request with this key is being answered"),
        (502, "None: the carrier refused or did nothing"),
    ] {
        operation.answers.push(Answer::json::<PurchasedBody<'_>>(status, description, schemas));
    }
    operation.parameters = vec![idempotency_key()];
    operation.taking::<PurchaseBody>(&json!({ "phone_numbers": [{ "phone_number": "+19705550123" }] }), schemas)
}

/// `GET phone-numbers-assign`
pub fn show(schemas: &mut SchemaGenerator) -> Operation {
    let mut operation = function(
        schemas,
        "supabasePhoneNumbersAssignShow",
        "Show one number, or the numbers and the agents that could be assigned",
        Answer::json::<Shown<'_>>,
        (
            "The number, or numbers and agents",
            json!({ "phone_numbers": [number_example()], "available_agents": [agent_example()] }),
        ),
        &[(400, "A parameter is malformed"), (404, "The agency has no such number")],
    );
    operation.parameters = assignments::parameters();
    operation
}

/// `POST phone-numbers-assign`
pub fn assign(schemas: &mut SchemaGenerator) -> Operation {
    let example = json!({
        "phone_number_id": "0192a000-0000-7000-8000-000000000abc",
        "agent_mapping_id": "0192a000-0000-7000-8000-000000000def",
    });
    change(schemas, "supabasePhoneNumbersAssign", "Assign a number to an agent")
        .taking::<AssignmentBody>(&example, schemas)
}

/// `PATCH phone-numbers-assign`
pub fn update(schemas: &mut SchemaGenerator) -> Operation {
    let example = json!({
        "phone_number_id": "0192a000-0000-7000-8000-000000000abc",
        "friendly_name": "Front desk",
    });
    change(schemas, "supabasePhoneNumbersAssignUpdate", "Change a number").taking::<UpdateBody>(&example, schemas)
}

/// `DELETE phone-numbers-assign`
pub fn unassign(schemas: &mut SchemaGenerator) -> Operation {
    let one = Parameter { required: true, ..assignments::one() };
    let operation = change(schemas, "supabasePhoneNumbersUnassign", "Take a number from its agent");
    Operation { parameters: vec![one], ..operation }
}

/// `phone-numbers-release`
pub fn release(schemas: &mut SchemaGenerator) -> Operation {
    let mut operation = function(
        schemas,
        "supabasePhoneNumbersRelease",
        "Give phone numbers back to the carrier",
        Answer::json::<ReleasedBody<'_>>,
        ("All are given back, or held until they are", release_example()),
        &[
            (400, "The body or the key is malformed, or not confirmed"),
            (409, "A request with this key is being answered"),
            (422, "The key was another request's"),
        ],
    );
    operation.answers.push(Answer::json::<ReleasedBody<'_>>(207, "Some failed", schemas));
    operation.parameters = vec![idempotency_key()];
    operation.taking::<ReleaseBody>(
        &json!({
            "phone_number_ids": ["0192a000-0000-7000-8000-000000000abc"],
            "confirm": true,
        }),
        schemas,
    )
}

/// One number, or numbers and agents.
#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
#[schemars(rename = "SupabaseShown")]
enum Shown<'a> {
    #[allow(dead_code, reason = "only described")]
    One(NumberBody<'a>),
    #[allow(dead_code, reason = "only described")]
    Many(AssignableBody<'a>),
}

fn change(schemas: &mut SchemaGenerator, id: &'static str, summary: &'static str) -> Operation {
    function(
        schemas,
        id,
        summary,
        Answer::json::<ChangedBody<'_>>,
        (
            "The number as it is now",
            json!({
                "success": true, "phone_number": number_example(), "message": "Phone number updated successfully",
            }),
        ),
        &[
            (400, "The body is malformed"),
            (404, "The agency has no such number or agent"),
            (409, "The number is released, being released, or not yet the agency's"),
        ],
    )
}

fn function(
    schemas: &mut SchemaGenerator,
    id: &'static str,
    summary: &'static str,
    answer: fn(u16, &'static str, &mut SchemaGenerator) -> Answer,
    (when, example): (&'static str, Value),
    failures: &[(u16, &'static str)],
) -> Operation {
    let mut answers = vec![answer(200, when, schemas).with_example(example)];
    answers.extend(failures.iter().map(|(status, when)| Answer::json::<FunctionBody<'_>>(*status, when, schemas)));
    answers.extend(of_every_function(schemas));
    Operation { id, summary, signed_in: true, parameters: Vec::new(), body: None, may_be_bodiless: false, answers }
}

fn of_every_function(schemas: &mut SchemaGenerator) -> Vec<Answer> {
    vec![
        Answer::json::<GatewayBody<'_>>(401, "The token is missing, malformed, forged or stale", schemas)
            .with_header("sb-error-code", "The body's code"),
        Answer::json::<FunctionBody<'_>>(
            403,
            "The user does not belong to an agency, or its role does not allow this",
            schemas,
        ),
        Answer::json::<FunctionBody<'_>>(408, "The request's body did not arrive within ten seconds", schemas),
        Answer::json::<FunctionBody<'_>>(413, "The request's body is larger than 64 KiB", schemas),
        Answer::json::<FunctionBody<'_>>(415, "The request's body is compressed", schemas),
        Answer::json::<FunctionBody<'_>>(500, "It failed; the log says why", schemas),
        Answer::json::<FunctionBody<'_>>(503, "The database is busy", schemas),
    ]
}
