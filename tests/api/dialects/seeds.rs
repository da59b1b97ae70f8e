//! The example rows of the products' own documents, loaded, give their own JSON: key for key and type for type.

use std::sync::Arc;

use linekeeper::model::{
    AgencyId, Agent, Carrier, Direction, Message, MessageId, MessageState, Number, NumberId, Timestamp,
};
use serde_json::{Value, json};

use super::Office;
use crate::shop::{PLAIN, two_agencies};
use crate::support::{agent, id, number};

/// Checks that everything in the example is there, of the same type: and of the same value where that is not an id.
fn like(example: &Value, shown: &Value, at: &str, may_differ: &[&str], may_be_more: &[&str]) {
    match (example, shown) {
        (Value::Object(fields), Value::Object(others)) => {
            for (name, value) in fields {
                let other = others.get(name).unwrap_or_else(|| panic!("{at}.{name} is missing: {shown}"));
                let place = format!("{at}.{name}");
                if may_differ.contains(&name.as_str()) && !value.is_object() && !value.is_array() {
                    assert_eq!(std::mem::discriminant(value), std::mem::discriminant(other), "{place}: {other}");
                } else {
                    like(value, other, &place, may_differ, may_be_more);
                }
            }
            for name in others.keys().filter(|name| !fields.contains_key(*name)) {
                assert!(may_be_more.contains(&name.as_str()), "{at}.{name} is not the product's: {shown}");
            }
        }
        (Value::Array(rows), Value::Array(others)) => {
            assert_eq!(rows.len(), others.len(), "{at}: {shown}");
            for (place, (row, other)) in rows.iter().zip(others).enumerate() {
                like(row, other, &format!("{at}[{place}]"), may_differ, may_be_more);
            }
        }
        _ => assert_eq!(example, shown, "{at}"),
    }
}

fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn with(rows: &[Number]) -> Office {
    let inventory = two_agencies();
    inventory.write(|change| {
        let scope = change.operator_scope(AgencyId(id(1)))?.unwrap();
        let mut named = change.agent(&scope, linekeeper::model::AgentId(id(PLAIN)))?;
        named.name = Some("Customer Service".to_owned());
        change.change_agent(&scope, &named, time("2025-01-15T10:30:00Z"))?;
        rows.iter().try_for_each(|row| change.add_number(&scope, row))
    });
    Office::of(inventory, &[])
}

fn answered() -> Arc<Agent> {
    Arc::new(agent(PLAIN, Some("Customer Service")))
}

#[test]
fn butters_two_numbers() {
    let example = json!({
        "success": true,
        "data": [
            {
                "phone_number_id": "phon_a1b2c3d4e5f6",
                "phone_number": "+15551234567",
                "provider": "twilio",
                "status": "assigned",
                "supports_inbound": true,
                "supports_outbound": true,
                "assigned_agent_id": "agent_b2c3d4e5f6a7",
                "created_at": "2024-01-15T10:30:00Z"
            },
            {
                "phone_number_id": "phon_b2c3d4e5f6a7",
                "phone_number": "+15559876543",
                "provider": "sip",
                "status": "free",
                "supports_inbound": true,
                "supports_outbound": true,
                "assigned_agent_id": null,
                "created_at": "2024-01-10T09:00:00Z"
            }
        ],
        "pagination": {"next_cursor": null, "has_more": false, "page_size": 2, "total_count": 2}
    });
    let row = |place, phone: &str, carrier, created_at: &str| Number {
        carrier,
        inbound: true,
        outbound: true,
        created_at: time(created_at),
        ..number(place, phone)
    };
    let first = Number { agent: Some(answered()), ..row(51, "+15551234567", Carrier::Twilio, "2024-01-15T10:30:00Z") };
    let office = with(&[first, row(52, "+15559876543", Carrier::Sip, "2024-01-10T09:00:00Z")]);
    let shown = office.done(&office.api_key(), "GET", "/api/phone-numbers", None);
    like(&example, &shown, "butter", &["phone_number_id", "assigned_agent_id"], &[]);
}

#[test]
fn agoras_two_numbers() {
    // The product's first row omits the two configurations, which its table says are null; its second has empty ones.
    let example = json!([
        {
            "provider": "twilio",
            "phone_number": "+11234567890",
            "label": "Customer Support Line",
            "inbound": true,
            "outbound": true,
            "associated_pipeline": {
                "pipeline_id": "pipeline_0987654321fedcba",
                "pipeline_name": "Customer Service"
            },
            "inbound_config": null,
            "outbound_config": null
        },
        {
            "provider": "byo",
            "phone_number": "+19876543210",
            "label": "Sales",
            "inbound": false,
            "outbound": true,
            "associated_pipeline": null,
            "inbound_config": null,
            "outbound_config": null
        }
    ]);
    let first = Number {
        carrier: Carrier::Twilio,
        friendly_name: Some("Customer Support Line".into()),
        outbound: true,
        agent: Some(answered()),
        created_at: time("2025-01-15T10:30:01Z"),
        ..number(51, "+11234567890")
    };
    let second = Number {
        carrier: Carrier::Sip,
        friendly_name: Some("Sales".into()),
        inbound: false,
        outbound: true,
        created_at: time("2025-01-15T10:30:00Z"),
        ..number(52, "+19876543210")
    };
    let office = with(&[first, second]);
    let shown = office.done(&office.basic(), "GET", "/api/conversational-ai-agent/v2/phone-numbers", None);
    like(&example, &shown, "agora", &["pipeline_id"], &[]);
}

#[test]
fn instaviews_number() {
    let example = json!({
        "data": [{
            "id": "123e4567-e89b-12d3-a456-426614174000",
            "number": "+14155552671",
            "companyId": "123e4567-e89b-12d3-a456-426614174000",
            "capabilities": "OUTBOUND",
            "custom": false,
            "provider": "TWILIO",
            "status": "AVAILABLE",
            "numberType": "LOCAL",
            "createdAt": "2025-01-15T10:30:00.000Z",
            "updatedAt": "2025-06-01T08:00:00.000Z",
            "location": "New York, US"
        }],
        "total": 1,
        "page": 1,
        "limit": 20,
        "totalPages": 1
    });
    let row = Number {
        carrier: Carrier::Twilio,
        inbound: false,
        outbound: true,
        location: Some("New York, US".into()),
        created_at: time("2025-01-15T10:30:00Z"),
        updated_at: time("2025-06-01T08:00:00Z"),
        ..number(51, "+14155552671")
    };
    let office = with(std::slice::from_ref(&row));
    let shown = office.done(&office.bearer(), "GET", "/phone-numbers", None);
    like(&example, &shown, "instaview", &["id", "companyId"], &[]);
    // The shape of the product's prose, whose JavaScript reads `data.data`.
    let inventory = two_agencies();
    inventory.write(|change| change.add_number(&change.operator_scope(AgencyId(id(1)))?.unwrap(), &row));
    let office = Office::of(inventory, &[("DIALECT__INSTAVIEW__ENVELOPE", "nested")]);
    let nested = office.done(&office.bearer(), "GET", "/phone-numbers", None);
    like(&example, &nested["data"], "instaview nested", &["id", "companyId"], &[]);
    assert_eq!((&nested["success"], &nested["error"]), (&json!(true), &Value::Null));
    assert!(nested["timestamp"].as_str().unwrap().ends_with('Z'));
}

#[test]
fn agentphones_number_and_its_message() {
    let example = json!({
        "id": "num_xyz789",
        "phoneNumber": "+15551234567",
        "country": "US",
        "status": "active",
        "agentId": "agt_abc123",
        "createdAt": "2025-01-15T10:45:00Z"
    });
    let row = Number {
        agent: Some(answered()),
        sms_enabled: true,
        created_at: time("2025-01-15T10:45:00Z"),
        ..number(51, "+15551234567")
    };
    let office = with(&[row]);
    office.inventory.write(|change| {
        let scope = change.operator_scope(AgencyId(id(1)))?.unwrap();
        let message = Message {
            id: MessageId(id(700)),
            number: NumberId(id(51)),
            direction: Direction::Inbound,
            state: MessageState::Delivered,
            from: "+15559876543".into(),
            to: "+15551234567".into(),
            body: "Hi, I need help with my order".into(),
            media: Vec::new(),
            carrier: Carrier::Telnyx,
            account: None,
            carrier_message_id: None,
            error_code: None,
            error: None,
            at: time("2025-01-15T12:00:00Z"),
            updated_at: time("2025-01-15T12:00:00Z"),
        };
        change.add_message(&scope, &message)
    });
    let own = format!("num_{}", id(51).simple());
    let shown = office.done(&office.bearer(), "GET", &format!("/v1/numbers/{own}"), None);
    like(&example, &shown, "agentphone", &["id", "agentId"], &["type"]);
    let messages = json!({
        "data": [{
            "id": "msg_001",
            "from_": "+15559876543",
            "to": "+15551234567",
            "body": "Hi, I need help with my order",
            "receivedAt": "2025-01-15T12:00:00Z"
        }],
        "hasMore": false
    });
    let shown = office.done(&office.bearer(), "GET", &format!("/v1/numbers/{own}/messages?limit=10"), None);
    let more = ["from", "direction", "channel", "status", "mediaUrls"];
    like(&messages, &shown, "agentphone messages", &["id"], &more);
}
