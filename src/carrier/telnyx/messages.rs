//! Sending messages: POST /v2/messages (<https://developers.telnyx.com/api/messaging/send-message>).

use reqwest::Method;
use serde::{Deserialize, Serialize};

use super::Telnyx;
use super::errors::{self, About};
use super::inbound::state;
use super::wire::One;
use crate::carrier::Trouble;
use crate::carrier::messages::{Outgoing, Posted};
use crate::model::MessageState;

#[derive(Serialize)]
struct NewMessage<'m> {
    from: &'m str,
    to: &'m str,
    #[serde(skip_serializing_if = "str::is_empty")]
    text: &'m str,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    media_urls: &'m [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    webhook_url: Option<&'m str>,
}

#[derive(Deserialize)]
struct Accepted {
    id: String,
    #[serde(default)]
    to: Vec<Recipient>,
}

#[derive(Deserialize)]
struct Recipient {
    status: Option<String>,
}

impl Telnyx {
    /// Sends a message, once: Telnyx does not know a repeat from another one.
    pub(super) fn post_message(&self, message: &Outgoing) -> Result<Posted, Trouble> {
        let new = NewMessage {
            from: message.from.as_str(),
            to: message.to,
            text: message.body,
            media_urls: message.media,
            webhook_url: message.callback,
        };
        let body = serde_json::to_vec(&new).map_err(|error| Trouble::Unreached(error.to_string()))?;
        let answer = self.send(Method::POST, "/v2/messages", Some(body))?;
        match self.read::<One<Accepted>>(&answer, About::Account) {
            Ok(One { data: Accepted { id, to } }) => {
                let status = to.first().and_then(|to| to.status.as_deref());
                let state = status.and_then(state).unwrap_or(MessageState::Queued);
                Ok(Posted::Accepted { carrier_message_id: id, state })
            }
            Err(Trouble::Refused { said, .. }) => Ok(Posted::Refused { code: errors::first_code(&answer.body), said }),
            Err(trouble) => Err(trouble),
        }
    }
}
