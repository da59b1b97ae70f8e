//! Sending messages through carriers.

use crate::model::{E164, MessageState};

/// A message that is to be sent.
#[derive(Clone, Copy, Debug)]
pub struct Outgoing<'m> {
    /// The number of ours that it goes from.
    pub from: &'m E164,
    /// Who it is for.
    pub to: &'m str,
    /// What it says.
    pub body: &'m str,
    /// Where the carrier can fetch what is attached.
    pub media: &'m [String],
    /// Where the carrier is to tell how far it is.
    pub callback: Option<&'m str>,
}

/// What a carrier said to a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Posted {
    /// It will send it, or has.
    Accepted {
        /// Its id there.
        carrier_message_id: String,
        /// How far it is already.
        state: MessageState,
    },
    /// It will not.
    Refused {
        /// Its code for the reason.
        code: Option<String>,
        /// In words.
        said: String,
    },
}
