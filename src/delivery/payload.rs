//! What a webhook is told of an event: `{"type", "timestamp", "data"}`, as Standard Webhooks has it.

use crate::model::{AgencyId, Event, Message, Timestamp, WebhookId};

/// The longest body that is sent, in bytes.
pub const MAX_BODY_BYTES: usize = 256 << 10;

/// The body of an event's message, the same whenever it is made. What was there and what is there now are left out where
/// they would make it too long, and it says so. Of a message that came or was sent, what it says is told, too, while it is
/// kept: it stands in no event.
#[must_use]
pub fn of(event: &Event, message: Option<&Message>) -> String {
    let message = message.map_or(String::new(), |message| {
        let said = serde_json::json!({ "body": message.body, "media": message.media });
        format!(r#","message":{said}"#)
    });
    let (before, after) = event.fields_to_paste();
    let write = |before: Option<&str>, after: Option<&str>, more: &str| {
        format!(
            r#"{{"type":"{}.{}","timestamp":"{}","data":{{"id":"{}","agency_id":{},"before":{},"after":{}{more}}}}}"#,
            event.noun,
            event.deed,
            event.at,
            event.subject,
            event.agency.map_or("null".to_owned(), |agency| format!("\"{agency}\"")),
            before.unwrap_or("null"),
            after.unwrap_or("null"),
        )
    };
    let whole = write(before.as_deref(), after.as_deref(), &message);
    if whole.len() <= MAX_BODY_BYTES { whole } else { write(None, None, r#","too_long":true"#) }
}

/// The body of a message that tries a webhook out.
#[must_use]
pub fn test(agency: AgencyId, webhook: WebhookId, at: Timestamp) -> String {
    format!(
        r#"{{"type":"webhook.test","timestamp":"{at}","data":{{"id":"{webhook}","agency_id":"{agency}","before":null,"after":null}}}}"#
    )
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::{MAX_BODY_BYTES, of};
    use crate::model::{AgencyId, Event, Timestamp};

    fn event(after: &str) -> Event {
        Event {
            seq: 7,
            agency: Some(AgencyId(Uuid::from_u128(1))),
            at: Timestamp(1_736_942_400_000_001),
            actor: "operator".into(),
            request_id: None,
            noun: "number".into(),
            subject: Uuid::from_u128(2),
            deed: "changed".into(),
            before: None,
            after: Some(after.into()),
        }
    }

    #[test]
    fn a_message_is_json_and_its_ids_can_be_pasted() {
        let hex = Uuid::from_u128(3).simple().to_string();
        let body = of(&event(&format!(r#"{{"agent_mapping_id":"{hex}","friendly_name":"\"x\""}}"#)), None);
        let value: serde_json::Value = serde_json::from_str(&body).unwrap();
        assert_eq!(value["type"], "number.changed");
        assert_eq!(value["timestamp"], "2025-01-15T12:00:00.000001Z");
        assert_eq!(value["data"]["id"], Uuid::from_u128(2).to_string());
        assert_eq!(value["data"]["agency_id"], Uuid::from_u128(1).to_string());
        assert_eq!(value["data"]["after"]["agent_mapping_id"], Uuid::from_u128(3).to_string());
        assert!(value["data"]["before"].is_null());
    }

    #[test]
    fn what_would_be_too_long_is_left_out_and_said_to_be() {
        let long = of(&event(&format!(r#"{{"tools":"{}"}}"#, "x".repeat(MAX_BODY_BYTES))), None);
        let value: serde_json::Value = serde_json::from_str(&long).unwrap();
        assert!(value["data"]["after"].is_null() && value["data"]["too_long"] == true, "{long}");
    }
}
