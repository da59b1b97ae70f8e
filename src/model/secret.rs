//! Secrets: values that are not printed and not compared.

use std::fmt;

/// A text that must not reach a log, an answer or a screen. It has no `==`, and `Debug` redacts it.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    /// Takes a secret into keeping.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(text)
    }

    /// The secret itself; every call is a place to look at in a review.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}
