//! Phone numbers in E.164 form.

use std::fmt;
use std::str::FromStr;

use super::Text;

/// A phone number as ITU-T E.164 writes it: `+`, a country code, seven to fifteen digits in all.
///
/// Only the shape is checked (`^\+[1-9][0-9]{6,14}$`). Whether a numbering plan has assigned it is
/// not: documentation and test numbers are not assigned, and people keep them in inventories.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct E164(Text);

impl E164 {
    /// The number with its `+`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for E164 {
    type Err = NotE164;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.as_bytes() {
            [b'+', b'1'..=b'9', rest @ ..] if (6..=14).contains(&rest.len()) && rest.iter().all(u8::is_ascii_digit) => {
                Ok(Self(text.into()))
            }
            _ => Err(NotE164),
        }
    }
}

impl fmt::Display for E164 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The text is not in E.164 form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a phone number is written as + and seven to fifteen digits, like +19705551234")]
pub struct NotE164;

#[cfg(test)]
mod tests {
    use super::E164;

    #[test]
    fn only_the_shape_of_e164_is_taken() {
        for good in ["+1234567", "+19705551234", "+123456789012345"] {
            assert_eq!(good.parse::<E164>().unwrap().as_str(), good);
        }
        for bad in [
            "",
            "+",
            "19705551234",
            "+09705551234",
            "+123456",
            "+1234567890123456",
            "+1970555 1234",
            "+1970555１２３４",
        ] {
            assert!(bad.parse::<E164>().is_err(), "{bad}");
        }
    }
}
