//! Messages of a number, and sending one.

use actix_web::http::StatusCode;
use actix_web::web::{Bytes, Data};
use actix_web::{HttpRequest, HttpResponse};
use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::query::{self, agent, number, number_id};
use super::wire::{AGENT_ID, MessageBody, Messages, NUMBER_ID, SentMessage};
use crate::app::{AppState, Work};
use crate::dialect::failure::Failure;
use crate::dialect::query::Malformed;
use crate::dialect::{REPLAYED, keys, requests};
use crate::inventory::messages::{NewMessage, Sender, Sent};
use crate::model::{E164, Permission};

/// A message that is to be sent.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "AgentphoneNewMessage")]
pub struct SendBody {
    #[schemars(regex(pattern = AGENT_ID))]
    agent_id: Option<String>,
    /// A phone number as people write it, or a short code.
    #[schemars(required, regex(pattern = r"^\+?[0-9][0-9 ().-]{2,30}$"))]
    to_number: Option<String>,
    #[schemars(length(max = 1600))]
    body: Option<String>,
    #[schemars(regex(pattern = NUMBER_ID))]
    number_id: Option<String>,
    #[schemars(regex(pattern = r"^\+[1-9][0-9]{6,14}$"))]
    from_number: Option<String>,
    media_url: Option<String>,
    #[schemars(length(max = 10))]
    media_urls: Option<Vec<String>>,
    /// Of iMessage, which is not carried here.
    #[schemars(skip)]
    recipients: Option<IgnoredAny>,
    #[schemars(skip)]
    send_style: Option<IgnoredAny>,
    #[schemars(skip)]
    reply_to_message_id: Option<IgnoredAny>,
}

/// `GET /v1/numbers/{number_id}/messages`
pub async fn list(state: Data<AppState>, request: HttpRequest) -> Result<HttpResponse, Failure> {
    let scope = keys::caller(&state, &request, Permission::MessagesRead).await?.scope;
    let (id, asked) = (number_id(&request)?, query::messages(request.query_string())?);
    let read = state.run(Work::Brief, move |store| {
        store.read(|snapshot| {
            snapshot.number(&scope, id)?;
            Ok::<_, Failure>(snapshot.messages(&scope, id, asked.between, asked.limit + 1)?)
        })
    });
    let mut messages = read.await?;
    let limit = usize::try_from(asked.limit).unwrap_or(usize::MAX);
    let has_more = messages.len() > limit;
    messages.truncate(limit);
    let data = messages.iter().map(MessageBody::from).collect();
    Ok(requests::json(StatusCode::OK, &Messages { data, has_more })?)
}

/// `POST /v1/messages`
pub async fn send(state: Data<AppState>, request: HttpRequest, body: Bytes) -> Result<HttpResponse, Failure> {
    let caller = keys::caller(&state, &request, Permission::MessagesSend).await?;
    let given: SendBody = keys::read(&request, &body)?;
    let (sender, new) = given.message()?;
    keys::spend(&request)?;
    let asked = requests::asked(&state, caller, &request, &body)?;
    let sent = requests::at_the_desk(&state, Work::Carrier, move |desk| {
        let number = desk.sender(&asked.caller, &sender)?;
        desk.send_message(&asked, NewMessage { number, ..new })
    });
    let Sent { message, is_repeat } = sent.await.map_err(Failure::from)?;
    let mut response = requests::json(StatusCode::OK, &SentMessage::from(&message))?;
    if is_repeat {
        response.headers_mut().insert(REPLAYED.0, REPLAYED.1);
    }
    Ok(response)
}

impl SendBody {
    fn message(self) -> Result<(Sender, NewMessage), Failure> {
        let refuse = |name, what: &str| Err(Failure::Body(Malformed::new(name, what)));
        for (name, is_given) in [
            ("recipients", self.recipients.is_some()),
            ("send_style", self.send_style.is_some()),
            ("reply_to_message_id", self.reply_to_message_id.is_some()),
        ] {
            if is_given {
                return refuse(name, "is of iMessage, which is not carried here");
            }
        }
        // Missing is refused here too, by its name.
        let Some(to) = self.to_number.as_deref().and_then(recipient) else {
            return refuse("to_number", "must be a phone number or a short code");
        };
        let from = match (self.number_id, self.from_number) {
            (Some(_), Some(_)) => return refuse("from_number", "says the same as number_id: give one of them"),
            (Some(id), None) => Some(Ok(number(&id)?)),
            (None, Some(from)) => match from.parse() {
                Ok(from) => Some(Err(from)),
                Err(reason) => return refuse("from_number", &format!("is no phone number: {reason}")),
            },
            (None, None) => None,
        };
        let agent = self.agent_id.as_deref().map(agent).transpose()?;
        let sender = match (from, agent) {
            (Some(Ok(id)), agent) => Sender::Number(id, agent),
            (Some(Err(from)), agent) => Sender::PhoneNumber(from, agent),
            (None, Some(agent)) => Sender::Agent(agent),
            (None, None) => return refuse("agent_id", "is required, where no number is named"),
        };
        let media = self.media_urls.unwrap_or_default().into_iter().chain(self.media_url).collect();
        let nobody = crate::model::NumberId(uuid::Uuid::nil());
        Ok((sender, NewMessage { number: nobody, to, body: self.body.unwrap_or_default(), media }))
    }
}

/// A phone number as people write it, in E.164, or a short code. Without a country it is of North America, as the product's are.
fn recipient(text: &str) -> Option<String> {
    let is_between = |c: char| matches!(c, ' ' | '-' | '.' | '(' | ')');
    let (plus, digits) = text.trim().strip_prefix('+').map_or(("", text.trim()), |digits| ("+", digits));
    let digits = digits.replace(is_between, "");
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let number = match (plus, digits.len()) {
        ("", 3..=6) => return Some(digits),
        ("", 10) => format!("+1{digits}"),
        ("", 11) if digits.starts_with('1') => format!("+{digits}"),
        ("+", _) => format!("+{digits}"),
        _ => return None,
    };
    number.parse::<E164>().ok().map(|number| number.to_string())
}

#[cfg(test)]
mod tests {
    use super::recipient;

    #[test]
    fn recipients_are_written_in_e164() {
        for (text, sent) in [
            ("+15559876543", Some("+15559876543")),
            ("(555) 987-6543", Some("+15559876543")),
            ("1 555.987.6543", Some("+15559876543")),
            ("+49 30 123456", Some("+4930123456")),
            ("72345", Some("72345")),
            ("030 123456", None),
            ("grp_123", None),
            ("a@b.example", None),
            ("", None),
            ("+", None),
            ("+0123456789", None),
        ] {
            assert_eq!(recipient(text).as_deref(), sent, "{text}");
        }
    }
}
