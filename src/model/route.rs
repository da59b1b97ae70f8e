//! Routes: where the calls and messages of an agent's numbers go.

/// Where calls and messages go. Which parts count is for the carrier to say; without any there is no route.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Route {
    /// Asked what to do with a call (Twilio's `VoiceUrl`).
    pub voice_url: Option<String>,
    /// Given each message (Twilio's `SmsUrl`).
    pub sms_url: Option<String>,
    /// An application at the carrier (Twilio's `VoiceApplicationSid`).
    pub application_id: Option<String>,
    /// A SIP trunk at the carrier (Twilio's `TrunkSid`).
    pub trunk_id: Option<String>,
    /// A connection at the carrier (Telnyx' `connection_id`).
    pub connection_id: Option<String>,
    /// Who handles messages at the carrier (Telnyx' `messaging_profile_id`).
    pub messaging_profile_id: Option<String>,
    /// A SIP address.
    pub sip_uri: Option<String>,
}

impl Route {
    /// Whether it leads nowhere.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}
