//! What Telnyx tells of its own accord, and whether it is Telnyx who tells it.
//!
//! <https://developers.telnyx.com/development/api-fundamentals/webhooks/receiving-webhooks>: the signature (Ed25519) is over
//! `timestamp|body`; duplicates and reordering are normal.

use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

use crate::carrier::inbound::{Call, Unheard};
use crate::model::{Incoming, MessageState, Notice, Standing};

/// The headers that bear the signature and its time.
const SIGNATURE: &str = "telnyx-signature-ed25519";
const TIMESTAMP: &str = "telnyx-timestamp";
/// How far its clock and ours may be apart, either way.
const TOLERANCE: i64 = 300;

/// The text is not a public key as Telnyx shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a public key of Telnyx' is 32 bytes in base64")]
pub struct NoKey;

/// Reads a public key.
///
/// # Errors
/// [`NoKey`]
pub fn public_key(text: &str) -> Result<[u8; 32], NoKey> {
    STANDARD.decode(text.trim()).ok().and_then(|bytes| bytes.try_into().ok()).ok_or(NoKey)
}

#[derive(Deserialize)]
struct Envelope {
    data: Event,
}

#[derive(Deserialize)]
struct Event {
    event_type: String,
    payload: Option<Payload>,
}

#[derive(Deserialize)]
struct Payload {
    id: Option<String>,
    from: Option<End>,
    #[serde(default)]
    to: Vec<End>,
    text: Option<String>,
    #[serde(default)]
    media: Vec<Medium>,
    #[serde(default)]
    errors: Option<Vec<Fault>>,
}

#[derive(Deserialize)]
struct End {
    phone_number: Option<String>,
    status: Option<String>,
}

#[derive(Deserialize)]
struct Medium {
    url: Option<String>,
}

#[derive(Deserialize)]
struct Fault {
    code: Option<serde_json::Value>,
    title: Option<String>,
    detail: Option<String>,
}

/// Hears a call, if it is Telnyx'.
///
/// # Errors
/// [`Unheard`]
pub fn hear(call: &Call, key: &[u8; 32]) -> Result<Notice, Unheard> {
    let (signature, timestamp) = call.header(SIGNATURE).zip(call.header(TIMESTAMP)).ok_or(Unheard::Forged)?;
    let signature = STANDARD.decode(signature).map_err(|_| Unheard::Forged)?;
    let text = [timestamp.as_bytes(), b"|", call.body].concat();
    UnparsedPublicKey::new(&ED25519, key).verify(&text, &signature).map_err(|_| Unheard::Forged)?;
    let at: i64 = timestamp.parse().map_err(|_| Unheard::Forged)?;
    if (call.now.0 / 1_000_000 - at).abs() > TOLERANCE {
        return Err(Unheard::Stale);
    }
    let Envelope { data } = serde_json::from_slice(call.body).map_err(|_| Unheard::NotUnderstood)?;
    let Some(payload) = data.payload else { return Ok(Notice::Other) };
    match &*data.event_type {
        "message.received" => payload.incoming(),
        "message.sent" | "message.finalized" => Ok(payload.standing()),
        _ => Ok(Notice::Other),
    }
}

impl Payload {
    fn incoming(self) -> Result<Notice, Unheard> {
        let to = self.to.into_iter().next().and_then(|to| to.phone_number);
        let from = self.from.and_then(|from| from.phone_number);
        let (Some(carrier_message_id), Some(from), Some(to)) = (self.id, from, to) else {
            return Err(Unheard::NotUnderstood);
        };
        let media = self.media.into_iter().filter_map(|medium| medium.url).collect();
        let body = self.text.unwrap_or_default();
        Ok(Notice::Came(Incoming { carrier_message_id, from, to, body, media }))
    }

    fn standing(self) -> Notice {
        let status = self.to.into_iter().next().and_then(|to| to.status);
        let state = status.as_deref().and_then(state);
        let (Some(carrier_message_id), Some(state)) = (self.id, state) else { return Notice::Other };
        let fault = self.errors.unwrap_or_default().into_iter().next();
        let (error_code, error) = fault.map_or((None, None), |fault| {
            let code = fault.code.map(|code| code.as_str().map_or_else(|| code.to_string(), str::to_owned));
            (code, fault.detail.or(fault.title))
        });
        Notice::Stands(Standing { carrier_message_id, state, error_code, error })
    }
}

/// Telnyx' `to[].status` (npm telnyx 7, `resources/messages`).
pub(super) fn state(status: &str) -> Option<MessageState> {
    Some(match status {
        "queued" | "sending" => MessageState::Queued,
        "sent" | "delivery_unconfirmed" => MessageState::Sent,
        "delivered" => MessageState::Delivered,
        "delivery_failed" | "expired" => MessageState::Undelivered,
        "sending_failed" | "gw_timeout" | "dlr_timeout" => MessageState::Failed,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;

    use super::{hear, public_key};
    use crate::carrier::inbound::{Call, Unheard};
    use crate::model::{Notice, Timestamp};

    const BODY: &[u8] = br#"{"data":{"event_type":"message.received","id":"e","payload":{"id":"m",
        "from":{"phone_number":"72345"},"to":[{"phone_number":"+19705551234"}],"text":"hello","media":[]}}}"#;

    fn pair() -> Ed25519KeyPair {
        Ed25519KeyPair::from_seed_unchecked(&[7; 32]).unwrap()
    }

    fn heard(body: &[u8], signature: &[u8], stamp: &str, now: i64) -> Result<Notice, Unheard> {
        let header = |name: &str| match name {
            "telnyx-signature-ed25519" => Some(STANDARD.encode(signature)),
            "telnyx-timestamp" => Some(stamp.to_owned()),
            _ => None,
        };
        let call = Call { url: String::new(), header: &header, body, now: Timestamp(now * 1_000_000) };
        let key = public_key(&STANDARD.encode(pair().public_key().as_ref())).unwrap();
        hear(&call, &key)
    }

    fn signed(stamp: &str) -> Vec<u8> {
        pair().sign(&[stamp.as_bytes(), b"|", BODY].concat()).as_ref().to_vec()
    }

    #[test]
    fn what_is_signed_is_heard_and_no_byte_of_it_can_be_changed() {
        let signature = signed("1000");
        assert!(matches!(heard(BODY, &signature, "1000", 1000), Ok(Notice::Came(_))));
        for at in 0..BODY.len() {
            let mut body = BODY.to_vec();
            body[at] ^= 1;
            assert_eq!(heard(&body, &signature, "1000", 1000), Err(Unheard::Forged), "byte {at}");
        }
        for at in 0..signature.len() {
            let mut other = signature.clone();
            other[at] ^= 1;
            assert_eq!(heard(BODY, &other, "1000", 1000), Err(Unheard::Forged), "byte {at} of the signature");
        }
        assert_eq!(heard(BODY, &signature, "1001", 1000), Err(Unheard::Forged));
        assert_eq!(heard(BODY, &signature[1..], "1000", 1000), Err(Unheard::Forged));
    }

    #[test]
    fn what_is_old_or_of_the_future_is_not_heard() {
        let signature = signed("1000");
        for (now, is_heard) in [(1300, true), (1301, false), (700, true), (699, false)] {
            assert_eq!(heard(BODY, &signature, "1000", now).is_ok(), is_heard, "{now}");
        }
    }

    #[test]
    fn a_key_is_32_bytes() {
        assert!(public_key("AAAA").is_err() && public_key("").is_err() && public_key("ü").is_err());
    }
}
