//! Sending messages: POST Messages.json (<https://www.twilio.com/docs/messaging/api/message-resource>).

use serde::Deserialize;

use super::Twilio;
use super::inbound::state;
use super::wire::Complaint;
use crate::carrier::Trouble;
use crate::carrier::messages::{Outgoing, Posted};
use crate::model::MessageState;

/// A message as Twilio has it.
#[derive(Deserialize)]
struct Accepted {
    sid: String,
    status: Option<String>,
}

impl Twilio {
    /// Sends a message, once: Twilio does not know a repeat from another one.
    pub(super) fn post_message(&self, message: &Outgoing) -> Result<Posted, Trouble> {
        let mut form = vec![("From", message.from.as_str()), ("To", message.to)];
        if !message.body.is_empty() {
            form.push(("Body", message.body));
        }
        form.extend(message.media.iter().map(|url| ("MediaUrl", url.as_str())));
        form.extend(message.callback.map(|url| ("StatusCallback", url)));
        let answer = self.post(&self.path("/Messages.json"), &form)?;
        match self.read::<Accepted>(&answer, &[200, 201]) {
            Ok(Accepted { sid, status }) => {
                let state = status.as_deref().and_then(state).unwrap_or(MessageState::Queued);
                Ok(Posted::Accepted { carrier_message_id: sid, state })
            }
            Err(Trouble::Refused { said, .. }) => {
                let complaint = serde_json::from_slice::<Complaint>(&answer.body).unwrap_or_default();
                let code = complaint.code.map(|code| code.to_string());
                let meaning = code.as_deref().map(meaning).filter(|meaning| !meaning.is_empty());
                Ok(Posted::Refused { code, said: meaning.map_or(said, str::to_owned) })
            }
            Err(trouble) => Err(trouble),
        }
    }
}

/// What Twilio's codes mean, of those that agencies meet (<https://www.twilio.com/docs/api/errors>); of others nothing.
pub(super) fn meaning(code: &str) -> &'static str {
    match code {
        "21211" | "21265" => "The recipient's number is not valid",
        "21408" => "The account may not send to this country",
        "21602" => "The message is empty",
        "21606" | "21659" | "21660" => "The number cannot send messages from this account",
        "21610" => "The recipient has opted out: they have to write START first",
        "21611" => "Too many messages wait to be sent from this number",
        "21612" => "Messages cannot be carried between these two numbers",
        "21614" => "The recipient's number cannot take messages",
        "21617" => "The message is too long",
        "30001" => "Too many messages were waiting",
        "30002" => "The account is suspended",
        "30003" => "The recipient's phone could not be reached",
        "30004" => "The recipient blocks messages",
        "30005" => "The recipient's number is unknown",
        "30006" => "The recipient's number is a landline, or cannot be reached by its carrier",
        "30007" => "The message was filtered as unwanted",
        "30008" => "It did not arrive, for a reason that nobody told",
        "30010" => "It would cost more than was allowed for",
        "30032" => "The toll-free number has not been verified",
        "30034" => "The number is not registered for a campaign (A2P 10DLC)",
        "30410" => "The recipient's carrier did not answer in time",
        "30500" => "Twilio failed to send it",
        _ => "",
    }
}
