//! In which shape the carrier answers: its own, or that of a real one, which is then asked by the code that asks the real one.

use linekeeper::model::{Carrier, Route};

use crate::support::linekeeper;

/// The account of the simulators in the shape of a real carrier.
pub const SID: &str = "AC00000000000000000000000000000001";
pub const SECRET_OF_ACCOUNT: &str = "the secret of a simulated account";
pub const CREDENTIALS_KEY: &str = "what credentials are encrypted with";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    Own,
    Twilio,
    Telnyx,
}

impl Shape {
    pub const fn carrier(self) -> Carrier {
        match self {
            Self::Own => Carrier::Simulator,
            Self::Twilio => Carrier::Twilio,
            Self::Telnyx => Carrier::Telnyx,
        }
    }

    /// What numbers know the account by.
    pub const fn account(self) -> &'static str {
        match self {
            Self::Own => linekeeper::carrier::simulator::ACCOUNT,
            Self::Twilio | Self::Telnyx => SID,
        }
    }

    /// What starts it, but for where its ledger lies.
    pub fn command(self) -> std::process::Command {
        let mut command = linekeeper();
        match self {
            Self::Own => command.args(["simulate", "carrier"]),
            Self::Twilio => {
                command.args(["simulate", "twilio", "--account-sid", SID, "--auth-token", SECRET_OF_ACCOUNT])
            }
            Self::Telnyx => command.args(["simulate", "telnyx", "--api-key", SECRET_OF_ACCOUNT]),
        };
        command.args(["--listen", "127.0.0.1:0", "--state"]);
        command
    }

    /// Where the calls of the routed agent go, as this carrier knows it.
    pub fn route(self) -> Route {
        match self {
            Self::Own | Self::Twilio => {
                Route { voice_url: Some("https://voice.example/1".to_owned()), ..Route::default() }
            }
            Self::Telnyx => Route { connection_id: Some("1293384261075731499".to_owned()), ..Route::default() },
        }
    }

    /// What a request asks for, whatever the shape, as the path that asks for it in the simulator's own.
    pub fn asks(self, method: &str, path: &str) -> &'static str {
        let is_about = |what: &str| path.contains(what);
        match (self, method) {
            (Self::Own, _) => ["/acquire", "/configure", "/release", "/owned", "/search"]
                .into_iter()
                .find(|own| *own == path)
                .unwrap_or("/other"),
            (Self::Twilio, "POST") if is_about("/IncomingPhoneNumbers.json") => "/acquire",
            (Self::Twilio, "POST") if is_about("/IncomingPhoneNumbers/") => "/configure",
            (Self::Twilio, "GET") if is_about("/IncomingPhoneNumbers") => "/owned",
            (Self::Telnyx, "POST") if is_about("/number_orders") => "/acquire",
            (Self::Telnyx, "PATCH") => "/configure",
            (Self::Twilio | Self::Telnyx, "DELETE") => "/release",
            (Self::Telnyx, "GET") if is_about("/v2/phone_numbers") || is_about("/number_orders") => "/owned",
            (_, "GET") if is_about("vailable") || is_about("/v1/PhoneNumbers") => "/search",
            _ => "/other",
        }
    }
}
