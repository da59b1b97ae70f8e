//! What Twilio tells of its own accord, and whether it is Twilio who tells it.
//!
//! <https://www.twilio.com/docs/usage/security>: the signature is over the address that Twilio was given, which is not
//! always the one that a request bears, and over every parameter, of which new ones appear without notice. It has no time:
//! that a notice was heard before is told by its message's id alone.

use std::collections::{BTreeMap, BTreeSet};

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::Url;
use serde_json::Value;

use crate::carrier::inbound::{Call, Unheard};
use crate::model::{Incoming, MessageState, Notice, Secret, Standing};

/// The header that bears the signature.
const SIGNATURE: &str = "x-twilio-signature";
/// The parameter that stands for a body that is no form.
const BODY_HASH: &str = "bodySHA256";
/// The most attachments that are read of one message; Twilio's own limit is ten.
const MAX_MEDIA: usize = 32;

/// Parameters by name, in the order in which they are signed.
type Parameters = BTreeMap<Vec<u16>, (String, BTreeSet<(Vec<u16>, String)>)>;

/// Hears a call, if it is Twilio's.
///
/// # Errors
/// [`Unheard`]
pub fn hear(call: &Call, auth_token: &Secret) -> Result<Notice, Unheard> {
    let given = call.header(SIGNATURE).ok_or(Unheard::Forged)?;
    let given = STANDARD.decode(given).map_err(|_| Unheard::Forged)?;
    let pairs = if call.is_form() { form(call.body)? } else { Vec::new() };
    let parameters = signed(&pairs);
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, auth_token.expose().as_bytes());
    // Each of them is compared, so that it takes as long whichever it is.
    let agrees = spellings(&call.url).into_iter().fold(false, |agrees, url| {
        let right = hmac::sign(&key, text(&url, &parameters).as_bytes());
        verify_slices_are_equal(right.as_ref(), &given).is_ok() || agrees
    });
    if !agrees {
        return Err(Unheard::Forged);
    }
    if call.is_form() {
        return notice(|name| pairs.iter().find(|(own, _)| own == name).map(|(_, value)| value.clone()));
    }
    // What is signed of a body that is no form is its hash, in the address.
    let url = Url::parse(&call.url).map_err(|_| Unheard::Forged)?;
    let hash = url.query_pairs().find(|(name, _)| name == BODY_HASH).map(|(_, hash)| hash.to_lowercase());
    let right = digest(&SHA256, call.body).as_ref().iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"));
    match hash {
        Some(hash) if verify_slices_are_equal(hash.as_bytes(), right.as_bytes()).is_ok() => {}
        _ => return Err(Unheard::Forged),
    }
    let body: Value = serde_json::from_slice(call.body).map_err(|_| Unheard::NotUnderstood)?;
    notice(|name| match body.get(name)? {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    })
}

fn form(body: &[u8]) -> Result<Vec<(String, String)>, Unheard> {
    // Only what is UTF-8 all through can have been signed as it is read.
    let text = std::str::from_utf8(body).map_err(|_| Unheard::NotUnderstood)?;
    let decoded = |text: &str| {
        let spaced = text.replace('+', " ");
        percent_encoding::percent_decode_str(&spaced).decode_utf8().map(|text| text.into_owned())
    };
    let pairs = text.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        Ok((decoded(name)?, decoded(value)?))
    });
    pairs.collect::<Result<_, std::str::Utf8Error>>().map_err(|_| Unheard::NotUnderstood)
}

/// Each parameter once with each of its values, both by their UTF-16 code units, as Twilio's own libraries order them.
fn signed(pairs: &[(String, String)]) -> Parameters {
    let units = |text: &str| text.encode_utf16().collect::<Vec<_>>();
    let mut parameters = Parameters::new();
    for (name, value) in pairs {
        let (_, values) = parameters.entry(units(name)).or_insert_with(|| (name.clone(), BTreeSet::new()));
        values.insert((units(value), value.clone()));
    }
    parameters
}

fn text(url: &str, parameters: &Parameters) -> String {
    let mut text = url.to_owned();
    for (name, values) in parameters.values() {
        for (_, value) in values {
            text.push_str(name);
            text.push_str(value);
        }
    }
    text
}

/// An address as it was given, and with its port written out or left out: Twilio does either.
fn spellings(given: &str) -> Vec<String> {
    let mut spellings = vec![given.to_owned()];
    if let Some((scheme, rest)) = given.split_once("://") {
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(end);
        let port = if scheme.eq_ignore_ascii_case("https") { 443 } else { 80 };
        let host_and_port = authority.rsplit_once(':').filter(|(host, _)| !host.contains(':') || host.ends_with(']'));
        spellings.push(match host_and_port {
            Some((host, _)) => format!("{scheme}://{host}{path}"),
            None => format!("{scheme}://{authority}:{port}{path}"),
        });
    }
    spellings
}

/// What the parameters say (<https://www.twilio.com/docs/messaging/guides/webhook-request>).
fn notice(parameter: impl Fn(&str) -> Option<String>) -> Result<Notice, Unheard> {
    let Some(carrier_message_id) = parameter("MessageSid").or_else(|| parameter("SmsSid")) else {
        return Ok(Notice::Other);
    };
    let status = parameter("MessageStatus").or_else(|| parameter("SmsStatus"));
    match status.as_deref() {
        None | Some("received" | "receiving") => {}
        Some(status) => {
            let Some(state) = state(status) else { return Ok(Notice::Other) };
            let error_code = parameter("ErrorCode").filter(|code| !code.is_empty() && code != "0");
            let error = error_code.as_deref().map(|code| super::messages::meaning(code).to_owned());
            return Ok(Notice::Stands(Standing { carrier_message_id, state, error_code, error }));
        }
    }
    let (Some(from), Some(to)) = (parameter("From"), parameter("To")) else { return Err(Unheard::NotUnderstood) };
    let media = (0..MAX_MEDIA).map_while(|at| parameter(&format!("MediaUrl{at}"))).collect();
    let body = parameter("Body").unwrap_or_default();
    Ok(Notice::Came(Incoming { carrier_message_id, from, to, body, media }))
}

/// Twilio's `MessageStatus` (<https://www.twilio.com/docs/messaging/api/message-resource#message-status-values>).
pub(super) fn state(status: &str) -> Option<MessageState> {
    Some(match status {
        "accepted" | "scheduled" | "queued" | "sending" => MessageState::Queued,
        "sent" => MessageState::Sent,
        "delivered" | "read" => MessageState::Delivered,
        "undelivered" => MessageState::Undelivered,
        "failed" | "canceled" => MessageState::Failed,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::{hear, spellings};
    use crate::carrier::inbound::{Call, Unheard};
    use crate::model::{Notice, Secret};

    const URL: &str = "https://mycompany.com/myapp.php?foo=1&bar=2";
    /// Twilio's own example, as its libraries test it.
    const BODY: &[u8] =
        b"CallSid=CA1234567890ABCDE&Caller=%2B12349013030&Digits=1234&From=%2B12349013030&To=%2B18005551212";
    const SIGNATURE: &str = "0/KCTR6DLpKmkAf8muzZqo1nDgQ=";

    fn heard(url: &str, body: &[u8], signature: &str) -> Result<Notice, Unheard> {
        let header = |name: &str| match name {
            "x-twilio-signature" => Some(signature.to_owned()),
            "content-type" => Some("application/x-www-form-urlencoded; charset=UTF-8".to_owned()),
            _ => None,
        };
        let call = Call { url: url.to_owned(), header: &header, body, now: crate::model::Timestamp(0) };
        hear(&call, &Secret::new("12345".to_owned()))
    }

    #[test]
    fn twilios_own_example_is_genuine_and_nothing_else_is() {
        assert_eq!(heard(URL, BODY, SIGNATURE), Ok(Notice::Other));
        assert_eq!(heard("https://mycompany.com:443/myapp.php?foo=1&bar=2", BODY, SIGNATURE), Ok(Notice::Other));
        for at in 0..BODY.len() {
            let mut body = BODY.to_vec();
            body[at] ^= 1;
            assert!(heard(URL, &body, SIGNATURE).is_err(), "byte {at}");
        }
        for at in 0..URL.len() {
            let mut url = URL.as_bytes().to_vec();
            url[at] ^= 1;
            assert!(heard(&String::from_utf8(url).unwrap(), BODY, SIGNATURE).is_err(), "byte {at} of the address");
        }
        for signature in ["", "0/KCTR6DLpKmkAf8muzZqo1nDgQ", "0/KCTR6DLpKmkAf8muzZqo1nDgQ=x", "MDAwMA=="] {
            assert_eq!(heard(URL, BODY, signature), Err(Unheard::Forged), "{signature}");
        }
    }

    #[test]
    fn a_port_may_be_written_or_not() {
        let both = |url: &str| spellings(url)[1].clone();
        assert_eq!(both("https://a.example/b?c:d"), "https://a.example:443/b?c:d");
        assert_eq!(both("http://a.example"), "http://a.example:80");
        assert_eq!(both("https://a.example:8443/b"), "https://a.example/b");
        assert_eq!(both("https://[::1]/b"), "https://[::1]:443/b");
        assert_eq!(both("https://[::1]:5/b"), "https://[::1]/b");
    }
}
