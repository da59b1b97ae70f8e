//! Signatures as of Standard Webhooks (<https://www.standardwebhooks.com>): HMAC-SHA256 of `id.timestamp.body`.

use aws_lc_rs::hmac::{HMAC_SHA256, Key, sign};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::model::{DeliveryId, Secret};

/// What a secret begins with.
const PREFIX: &str = "whsec_";
/// The random bytes of a secret; the standard wants 24 to 64.
const SECRET_BYTES: usize = 32;

/// The system gave no random bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the system gave no random bytes")]
pub struct NoRandomness;

/// A new secret.
///
/// # Errors
/// [`NoRandomness`]
pub fn new_secret() -> Result<Secret, NoRandomness> {
    let mut bytes = [0; SECRET_BYTES];
    getrandom::fill(&mut bytes).map_err(|_| NoRandomness)?;
    Ok(Secret::new(format!("{PREFIX}{}", STANDARD.encode(bytes))))
}

/// The signatures of a body with each secret, as `webhook-signature` holds them. A secret that is none signs nothing.
/// `timestamp` is in seconds since 1970.
#[must_use]
pub fn signatures(secrets: &[Secret], id: DeliveryId, timestamp: i64, body: &str) -> String {
    let signed = format!("{id}.{timestamp}.{body}");
    let keys = secrets.iter().filter_map(|secret| STANDARD.decode(secret.expose().strip_prefix(PREFIX)?).ok());
    let signatures = keys.map(|key| {
        let tag = sign(&Key::new(HMAC_SHA256, &key), signed.as_bytes());
        format!("v1,{}", STANDARD.encode(tag))
    });
    signatures.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use std::slice::from_ref;

    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    use uuid::Uuid;

    use super::{new_secret, signatures};
    use crate::model::{DeliveryId, Secret};

    #[test]
    fn a_body_is_signed_with_each_secret() {
        // Made with Python's hmac.
        let [one, two] = ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_plJ3nmyCDGBKInavdOK15jsl"]
            .map(|text| Secret::new(text.to_owned()));
        let signed =
            |secrets: &[Secret]| signatures(secrets, DeliveryId(Uuid::nil()), 1_614_265_330, r#"{"test": 2432232314}"#);
        let (first, second) = (signed(from_ref(&one)), signed(from_ref(&two)));
        assert_eq!(first, "v1,Y5/uRWupLQOPxe4D5mBYrd9dRGhY+xtWrnxDwy59WDE=");
        assert_eq!(signed(&[one, two]), format!("{first} {second}"));
    }

    #[test]
    fn a_secret_is_random_and_as_long_as_the_standard_wants() {
        let (one, other) = (new_secret().unwrap(), new_secret().unwrap());
        assert_ne!(one.expose(), other.expose());
        let bytes = STANDARD.decode(one.expose().strip_prefix("whsec_").unwrap()).unwrap();
        assert_eq!(bytes.len(), 32);
    }
}
