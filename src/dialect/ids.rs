//! Ids as the products write them: a word that says of what, and the UUID's 32 hex digits.

use std::fmt;

use uuid::Uuid;

/// An id with its word.
#[derive(Clone, Copy, Debug)]
pub struct Prefixed(pub &'static str, pub Uuid);

impl fmt::Display for Prefixed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.0, self.1.simple())
    }
}

/// The longest word, and the digits.
const LONGEST: usize = 16 + 32;

impl serde::Serialize for Prefixed {
    /// At once: a page of a list has a hundred of them, and formatting machinery costs more than their digits.
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (word, mut text) = (self.0.as_bytes(), [0; LONGEST]);
        let Some(end) = text.get_mut(..word.len() + 32) else { return serializer.collect_str(self) };
        let (before, digits) = end.split_at_mut(word.len());
        before.copy_from_slice(word);
        self.1.simple().encode_lower(digits);
        match std::str::from_utf8(end) {
            Ok(text) => serializer.serialize_str(text),
            Err(_) => serializer.collect_str(self),
        }
    }
}

/// The id behind a word. It has one spelling, the one that is written.
#[must_use]
pub fn prefixed(word: &str, text: &str) -> Option<Uuid> {
    let digits = text.strip_prefix(word)?;
    let is_hex = digits.len() == 32 && digits.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    if is_hex { Uuid::try_parse(digits).ok() } else { None }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::{Prefixed, prefixed};

    #[test]
    fn an_id_reads_as_it_is_written_and_no_other_way() {
        let id = Uuid::from_u128(0xabc);
        let written = Prefixed("num_", id).to_string();
        assert_eq!(written, "num_00000000000000000000000000000abc");
        assert_eq!(prefixed("num_", &written), Some(id));
        assert_eq!(serde_json::to_value(Prefixed("num_", id)).unwrap(), written);
        let long = Prefixed("a word of more than sixteen bytes_", id);
        assert_eq!(serde_json::to_value(long).unwrap(), long.to_string());
        for other in [
            written.to_uppercase(),
            written.replace("num_", "phon_"),
            id.to_string(),
            format!("{written}0"),
            String::new(),
        ] {
            assert_eq!(prefixed("num_", &other), None, "{other}");
        }
    }
}
