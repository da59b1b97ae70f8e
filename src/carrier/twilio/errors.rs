//! What Twilio's answers mean, and what it says when it refuses.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::de::DeserializeOwned;

use super::Twilio;
use super::wire::Complaint;
use crate::carrier::http::Answer;
use crate::carrier::{Refusal, Trouble};
use crate::model::Paper;

/// So much of what it says is kept.
const MAX_SAID_CHARS: usize = 300;

/// Why Twilio says no, by its code: <https://www.twilio.com/docs/api/errors>, each below with its title there.
const fn refusal(code: u64) -> Refusal {
    match code {
        // Permission Denied; Access Denied; Test Credentials; Authentication Failed; 403 Forbidden
        20_003 | 20_006 | 20_008 | 20_151 | 20_403 => Refusal::Credentials,
        // Not Found
        20_404 => Refusal::NotOwned,
        // Invalid Phone Number; Phone Number is invalid
        21_401 | 21_421 => Refusal::Invalid,
        // PhoneNumber is not available; No phone numbers found in area code
        21_422 | 21_452 => Refusal::NotAvailable,
        // PhoneNumber Requires Certification (its text: an address on file); Phone Number Requires a Local Address; Phone
        // Number Requires an Address
        21_613 | 21_615 | 21_631 => Refusal::Missing(Paper::Address),
        // Phone Number Requires a Bundle; Requires a Verified Identity Document; Document does not satisfy regulatory
        // requirement
        21_649..=21_651 => Refusal::Missing(Paper::Bundle),
        _ => Refusal::Other,
    }
}

/// Too many requests.
const TOO_MANY: u64 = 20_429;

/// Whether Twilio says that it does not let a number go because emergency services know it. The support page "Cancel or
/// release a Twilio number" says that it does not; the list of errors has no code for that, so its words have to do.
pub(super) fn is_about_emergencies(said: &str) -> bool {
    let said = said.to_lowercase();
    said.contains("emergency") || said.contains("e911")
}

impl Twilio {
    /// What is in an answer with one of these statuses.
    pub(super) fn read<T: DeserializeOwned>(&self, answer: &Answer, good: &[u16]) -> Result<T, Trouble> {
        self.accept(answer, good)?;
        serde_json::from_slice(&answer.body)
            .map_err(|error| Trouble::Unknown(self.clean(&format!("its answer cannot be understood: {error}"))))
    }

    /// Takes an answer with one of these statuses for good, and says what any other means.
    pub(super) fn accept(&self, Answer { status, body }: &Answer, good: &[u16]) -> Result<(), Trouble> {
        match status {
            status if good.contains(status) => Ok(()),
            429 => Err(Trouble::Busy),
            // It may have been reading still when it lost its patience.
            400..=407 | 409..=499 => Err(self.refused(*status, body)),
            _ => Err(Trouble::Unknown(format!("it answered {status}"))),
        }
    }

    fn refused(&self, status: u16, body: &[u8]) -> Trouble {
        let Complaint { code, message } = serde_json::from_slice(body).unwrap_or_default();
        let message = self.clean(&message);
        match code {
            Some(TOO_MANY) => Trouble::Busy,
            Some(code) => Trouble::Refused { reason: refusal(code), said: format!("{message} ({code})") },
            // A 404 that Twilio has not written may come from anything in between: it does not say that a number is gone.
            None => {
                let reason = if status == 401 { Refusal::Credentials } else { Refusal::Other };
                Trouble::Refused { reason, said: format!("it answered {status}") }
            }
        }
    }

    /// What it said, fit to be shown: in one line, not too long, without what lets in, should it say that.
    pub(super) fn clean(&self, said: &str) -> String {
        let token = self.auth_token.expose();
        let both = STANDARD.encode(format!("{}:{token}", self.account_sid));
        let mut said = said.replace(&both, "[redacted]");
        if !token.is_empty() {
            said = said.replace(token, "[redacted]");
        }
        let said = said.replace(&self.account_sid, "[account]");
        let line = said.chars().map(|sign| if sign.is_control() { ' ' } else { sign });
        line.take(MAX_SAID_CHARS).collect::<String>().trim().to_owned()
    }
}

/// What became of a question, where Twilio's not knowing what was asked about is an answer.
pub(super) fn if_there<T>(answer: Result<T, Trouble>) -> Result<Option<T>, Trouble> {
    match answer {
        Err(Trouble::Refused { reason: Refusal::NotOwned, .. }) => Ok(None),
        answer => answer.map(Some),
    }
}
