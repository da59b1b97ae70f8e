//! Why a message is not sent: codes and titles of <https://support.telnyx.com/en/articles/6505121-telnyx-messaging-error-codes>.
//!
//! That the status is 400 is documented of 40310 (<https://developers.telnyx.com/api/errors/40310>) and of 40319 beside it; of
//! the others it is a guess.

/// Which of Telnyx' errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unsendable {
    /// Who would get it wants no more messages.
    Stopped,
    /// It has more parts than are sent.
    TooLarge,
    /// The sender is not the account's, or not of the messaging profile.
    Sender,
    /// It is no number, or there are several.
    Recipient,
    /// It says nothing.
    Nothing,
    /// There is too much to see in it.
    Media,
    /// The sender is still being bought.
    Purchasing,
    /// The messaging profile has no number.
    NoSender,
}

impl Unsendable {
    /// The code, the title, and what is said of it.
    pub fn row(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Stopped => {
                let detail =
                    "Messages cannot be sent from this messaging profile to this number due to an existing block rule.";
                ("40300", "Blocked due to STOP message", detail)
            }
            Self::TooLarge => ("40302", "Message too large", "The message has more than 10 parts."),
            Self::Sender => {
                let detail = "The 'from' address is not a number that is assigned to the messaging profile.";
                ("40305", "Invalid 'from' address", detail)
            }
            Self::Recipient => ("40310", "Invalid 'to' address", "The 'to' address should be a single valid number."),
            Self::Nothing => ("40316", "No content provided for message", "The message has neither a text nor media."),
            Self::Media => ("40317", "Invalid MMS content", "At most 10 media URLs can be sent."),
            Self::Purchasing => {
                let detail = "The purchase of the 'from' number is pending.";
                ("40320", "Temporarily unusable 'from' address", detail)
            }
            Self::NoSender => {
                let detail = "No number is assigned to the messaging profile.";
                ("40321", "No usable numbers on messaging profile", detail)
            }
        }
    }
}
