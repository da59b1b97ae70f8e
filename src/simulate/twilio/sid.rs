//! SIDs: two letters that say what it is, and 32 hexadecimal digits (<https://www.twilio.com/docs/glossary/what-is-a-sid>).

use std::fmt::Write;

use aws_lc_rs::digest::{SHA256, digest};

/// The SID of what is known here by another name: always the same of the same.
pub fn sid(prefix: &str, name: &str) -> String {
    let hash = digest(&SHA256, format!("{prefix} {name}").as_bytes());
    format!("{prefix}{}", hex(&hash.as_ref()[..16]))
}

/// Bytes in hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut hex, byte| {
        // A String takes whatever is written to it.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// Whether it has the shape of a SID of this kind, as Twilio's OpenAPI gives it (`^PN[0-9a-fA-F]{32}$`).
pub fn is_sid(text: &str, prefix: &str) -> bool {
    let digits = text.strip_prefix(prefix);
    digits.is_some_and(|digits| digits.len() == 32 && digits.bytes().all(|byte| byte.is_ascii_hexdigit()))
}
