//! The operations, described.

use schemars::SchemaGenerator;
use serde_json::{Value, json};

use super::agents::{AttachBody, CreateBody as CreateAgentBody, UpdateBody as UpdateAgentBody};
use super::error::ErrorBody;
use super::messages::SendBody;
use super::numbers::UpdateBody;
use super::purchases::CreateBody;
use super::query;
use super::wire::{
    AGENT_ID, AgentBody, Attached, AvailableNumber, DeletedAgent, Done, LookedUp, Messages, NUMBER_ID, Page,
    PhoneNumber, Released, SentMessage, Whole,
};
use crate::dialect::operation::{Answer, Operation, Parameter, idempotency_key, in_path};

const MISSING: (u16, &str) = (404, "The project has no such number, or the key no such sub-account");
const MALFORMED: (u16, &str) = (422, "A parameter is malformed or out of range");
const BODY: (u16, &str) = (422, "The body is not what it must be");
const NOT_JSON: (u16, &str) = (415, "The body is not JSON, or is compressed");

/// How a caller says who it is.
pub fn way_in() -> Value {
    json!({
        "type": "http",
        "scheme": "bearer",
        "description": "An API key of the project. A partner's key names a sub-account in `X-Sub-Account-Id`.",
    })
}

fn number_example() -> Value {
    json!({
        "id": "num_0192a000000070008000000000000abc",
        "phoneNumber": "+15551234567",
        "country": "US",
        "status": "active",
        "type": "sms",
        "agentId": "agt_0192a000000070008000000000000def",
        "createdAt": "2025-01-15T10:45:00Z",
    })
}

fn agent_number_example() -> Value {
    json!({
        "id": "num_0192a000000070008000000000000abc",
        "phoneNumber": "+15551234567",
        "status": "active",
        "type": "sms",
    })
}

fn agent_example() -> Value {
    json!({
        "id": "agt_0192a000000070008000000000000def",
        "name": "Reception",
        "description": null,
        "voiceMode": "webhook",
        "voice": "en-US-Standard",
        "language": "en-US",
        "createdAt": "2025-01-15T10:45:00Z",
        "numbers": [agent_number_example()],
    })
}

/// `GET /v1/numbers`
pub fn list(schemas: &mut SchemaGenerator) -> Operation {
    let shown = Answer::json::<Page<PhoneNumber<'_>>>(200, "A page of the project's numbers, newest first", schemas);
    let shown = shown.with_example(json!({ "data": [number_example()], "hasMore": false, "total": 1 }));
    let operation = Operation::behind_key::<ErrorBody<'_>>(
        "agentphoneListNumbers",
        "List phone numbers",
        shown,
        &[SUB_ACCOUNT, MALFORMED],
        schemas,
    );
    operation.with(query::page_parameters())
}

/// `POST /v1/numbers`
pub fn create(schemas: &mut SchemaGenerator) -> Operation {
    let done = Answer::json::<PhoneNumber<'_>>(200, "The number is the project's, or will be once confirmed", schemas);
    let failures = [
        (402, "It would cost more than the project may spend"),
        (404, "The project has no such agent, or the key no such sub-account"),
        (409, "None in this area code, or the project may not have more; or a request with this key is being answered"),
        NOT_JSON,
        (422, "The body or the Idempotency-Key is not what it must be"),
        (502, "The carrier refused or did nothing"),
        (503, "None in this country, no carrier, or the database is busy"),
    ];
    let operation = Operation::behind_key::<ErrorBody<'_>>(
        "agentphoneCreateNumber",
        "Buy a phone number",
        done.with_example(number_example()),
        &failures,
        schemas,
    );
    let operation = operation.with(vec![idempotency_key()]);
    operation.taking::<CreateBody>(&json!({ "country": "US", "areaCode": "970" }), schemas)
}

/// `GET /v1/numbers/available`
pub fn available(schemas: &mut SchemaGenerator) -> Operation {
    let shown = Answer::json::<Whole<AvailableNumber<'_>>>(200, "What the carrier would sell", schemas);
    let shown = shown.with_example(json!({ "data": [{
        "phoneNumber": "+19705550123", "city": "Fort Collins", "state": "CO", "rateCenter": null, "areaCode": "970",
    }] }));
    let failures =
        [SUB_ACCOUNT, MALFORMED, (502, "The carrier did not say"), (503, "No carrier, or the database is busy")];
    let operation = Operation::behind_key::<ErrorBody<'_>>(
        "agentphoneAvailableNumbers",
        "Search for numbers that could be bought",
        shown,
        &failures,
        schemas,
    );
    operation.with(query::available_parameters())
}

/// `GET /v1/numbers/lookup`
pub fn lookup(schemas: &mut SchemaGenerator) -> Operation {
    let shown = Answer::json::<Whole<LookedUp<'_>>>(200, "What the numbers' digits tell", schemas);
    let shown = shown.with_example(json!({ "data": [
        { "phoneNumber": "+18005550123", "lineType": "toll_free", "country": "US" },
    ] }));
    let operation = Operation::behind_key::<ErrorBody<'_>>(
        "agentphoneLookupNumbers",
        "Look up numbers",
        shown,
        &[SUB_ACCOUNT, MALFORMED],
        schemas,
    );
    operation.with(query::lookup_parameters())
}

/// `GET /v1/numbers/{number_id}`
pub fn show(schemas: &mut SchemaGenerator) -> Operation {
    let shown = Answer::json::<PhoneNumber<'_>>(200, "The number, also one that is released", schemas);
    let shown = shown.with_example(number_example());
    let operation = Operation::behind_key::<ErrorBody<'_>>(
        "agentphoneGetNumber",
        "Show a phone number",
        shown,
        &[MISSING],
        schemas,
    );
    operation.with(vec![number_in_path()])
}

/// `PATCH /v1/numbers/{number_id}`
pub fn update(schemas: &mut SchemaGenerator) -> Operation {
    let done = Answer::json::<PhoneNumber<'_>>(200, "The number as it is now", schemas).with_example(number_example());
    let failures = [MISSING, (409, "The number is released, or about to be"), NOT_JSON, BODY];
    let operation = Operation::behind_key::<ErrorBody<'_>>(
        "agentphoneUpdateNumber",
        "Change a phone number",
        done,
        &failures,
        schemas,
    );
    let operation = operation.with(vec![number_in_path()]);
    operation.changing::<UpdateBody>(&json!({ "externalId": "crm-42" }), schemas)
}

/// `DELETE /v1/numbers/{number_id}`
pub fn release(schemas: &mut SchemaGenerator) -> Operation {
    let done = Answer::json::<Released<'_>>(200, "The number is given back, or will be", schemas);
    let done = done.with_example(json!({ "success": true, "phoneNumber": "+15551234567", "status": "released" }));
    let failures = [
        (400, "The number is released already"),
        MISSING,
        (409, "An order for it is under way, it has no account, or a request with this key is being answered"),
        (422, "The Idempotency-Key is not what it must be, or was another request's"),
        (502, "The carrier does not take it back, or did not say"),
    ];
    let operation = Operation::behind_key::<ErrorBody<'_>>(
        "agentphoneDeleteNumber",
        "Release a phone number",
        done,
        &failures,
        schemas,
    );
    operation.with(vec![number_in_path(), idempotency_key()])
}

/// `GET /v1/numbers/{number_id}/messages`
pub fn messages(schemas: &mut SchemaGenerator) -> Operation {
    let shown = Answer::json::<Messages<'_>>(200, "The number's messages, newest first", schemas);
    let shown = shown.with_example(json!({
        "data": [{
            "id": "msg_0192a000000070008000000000000123",
            "from_": "+15559876543",
            "from": "+15559876543",
            "to": "+15551234567",
            "body": "Hi, I need help with my order",
            "direction": "inbound",
            "channel": "sms",
            "status": "delivered",
            "mediaUrls": [],
            "receivedAt": "2025-01-15T12:00:00.000001Z",
        }],
        "hasMore": false,
    }));
    let operation = Operation::behind_key::<ErrorBody<'_>>(
        "agentphoneListMessages",
        "List a number's messages",
        shown,
        &[MISSING, MALFORMED],
        schemas,
    );
    let mut parameters = vec![number_in_path()];
    parameters.extend(query::message_parameters());
    operation.with(parameters)
}

/// `POST /v1/messages`
pub fn send(schemas: &mut SchemaGenerator) -> Operation {
    let done = Answer::json::<SentMessage<'_>>(200, "The message, and how far it is", schemas);
    let done = done.with_example(json!({
        "id": "msg_0192a000000070008000000000000123",
        "status": "queued",
        "channel": "sms",
        "from_number": "+15551234567",
        "to_number": "+15559876543",
        "conversation_id": null,
        "media_urls": [],
    }));
    let failures = [
        (404, "The project has no such number or agent, or the key no such sub-account"),
        (
            409,
            "The number is not in service, not this agent's, or has no account to send with; or a request with this key is being answered",
        ),
        NOT_JSON,
        (422, "The body or the Idempotency-Key is not what it must be"),
    ];
    let operation =
        Operation::behind_key::<ErrorBody<'_>>("agentphoneSendMessage", "Send a message", done, &failures, schemas);
    let example = json!({
        "agent_id": "agt_0192a000000070008000000000000def", "to_number": "+15559876543", "body": "Your table is ready",
    });
    operation.with(vec![idempotency_key()]).taking::<SendBody>(&example, schemas)
}

/// `GET /v1/agents`
pub fn agents(schemas: &mut SchemaGenerator) -> Operation {
    let shown = Answer::json::<Page<AgentBody<'_>>>(200, "A page of the project's agents, newest first", schemas);
    let shown = shown.with_example(json!({ "data": [agent_example()], "hasMore": false, "total": 1 }));
    let operation = Operation::behind_key::<ErrorBody<'_>>(
        "agentphoneListAgents",
        "List agents",
        shown,
        &[SUB_ACCOUNT, MALFORMED],
        schemas,
    );
    operation.with(query::page_parameters())
}

/// `POST /v1/agents`
pub fn create_agent(schemas: &mut SchemaGenerator) -> Operation {
    let done = Answer::json::<AgentBody<'_>>(200, "The agent", schemas).with_example(agent_example());
    let failures = [SUB_ACCOUNT, NOT_JSON, BODY];
    let operation =
        Operation::behind_key::<ErrorBody<'_>>("agentphoneCreateAgent", "Add an agent", done, &failures, schemas);
    operation.taking::<CreateAgentBody>(&json!({ "name": "Reception" }), schemas)
}

/// `GET /v1/agents/{agent_id}`
pub fn agent(schemas: &mut SchemaGenerator) -> Operation {
    let shown = Answer::json::<AgentBody<'_>>(200, "The agent", schemas).with_example(agent_example());
    let operation =
        Operation::behind_key::<ErrorBody<'_>>("agentphoneGetAgent", "Show an agent", shown, &[NO_AGENT], schemas);
    operation.with(vec![agent_in_path()])
}

/// `PATCH /v1/agents/{agent_id}`
pub fn update_agent(schemas: &mut SchemaGenerator) -> Operation {
    let done = Answer::json::<AgentBody<'_>>(200, "The agent as it is now", schemas).with_example(agent_example());
    let operation = Operation::behind_key::<ErrorBody<'_>>(
        "agentphoneUpdateAgent",
        "Change an agent",
        done,
        &[NO_AGENT, NOT_JSON, BODY],
        schemas,
    );
    let operation = operation.with(vec![agent_in_path()]);
    operation.changing::<UpdateAgentBody>(&json!({ "voice": "en-US-Standard" }), schemas)
}

/// `DELETE /v1/agents/{agent_id}`
pub fn delete_agent(schemas: &mut SchemaGenerator) -> Operation {
    let done = Answer::json::<DeletedAgent<'_>>(200, "The agent is gone, and its numbers have none", schemas);
    let done = done
        .with_example(json!({ "success": true, "id": "agt_0192a000000070008000000000000def", "name": "Reception" }));
    let operation =
        Operation::behind_key::<ErrorBody<'_>>("agentphoneDeleteAgent", "Remove an agent", done, &[NO_AGENT], schemas);
    operation.with(vec![agent_in_path()])
}

/// `POST /v1/agents/{agent_id}/numbers`
pub fn attach(schemas: &mut SchemaGenerator) -> Operation {
    let done = Answer::json::<Attached<'_>>(200, "The agent answers the number", schemas);
    let done = done
        .with_example(json!({ "agentId": "agt_0192a000000070008000000000000def", "number": agent_number_example() }));
    let failures = [
        (404, "The project has no such agent or number, or the key no such sub-account"),
        (409, "Another agent answers the number, or it is released"),
        NOT_JSON,
        BODY,
    ];
    let operation = Operation::behind_key::<ErrorBody<'_>>(
        "agentphoneAttachNumber",
        "Attach a number to an agent",
        done,
        &failures,
        schemas,
    );
    let operation = operation.with(vec![agent_in_path()]);
    operation.taking::<AttachBody>(&json!({ "numberId": "num_0192a000000070008000000000000abc" }), schemas)
}

/// `DELETE /v1/agents/{agent_id}/numbers/{number_id}`
pub fn detach(schemas: &mut SchemaGenerator) -> Operation {
    let done = Answer::json::<Done>(200, "The agent does not answer the number any more", schemas);
    let failures = [
        (404, "The project has no such agent or number, or the key no such sub-account"),
        (409, "The agent does not answer the number, or it is released"),
    ];
    let done = done.with_example(json!({ "success": true }));
    let operation = Operation::behind_key::<ErrorBody<'_>>(
        "agentphoneDetachNumber",
        "Detach a number from an agent",
        done,
        &failures,
        schemas,
    );
    operation.with(vec![agent_in_path(), number_in_path()])
}

const SUB_ACCOUNT: (u16, &str) = (404, "The key has no such sub-account");
const NO_AGENT: (u16, &str) = (404, "The project has no such agent, or the key no such sub-account");

fn number_in_path() -> Parameter {
    in_path("number_id", "The number", json!({ "type": "string", "pattern": NUMBER_ID }))
}

fn agent_in_path() -> Parameter {
    in_path("agent_id", "The agent", json!({ "type": "string", "pattern": AGENT_ID }))
}
