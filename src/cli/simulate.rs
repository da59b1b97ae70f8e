//! `linekeeper simulate carrier|twilio|telnyx`

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::time::Duration;

use super::{Failure, output};
use crate::carrier::simulator::Simulator;
use crate::http::reachable;
use crate::simulate::{self, ApiKey, TelnyxMessaging, TwilioAccount};

/// Simulate what Linekeeper works with.
#[derive(Debug, clap::Subcommand)]
#[command(after_help = "Example: linekeeper simulate carrier --state ./carrier --listen 127.0.0.1:8090")]
pub enum Command {
    /// A carrier that sells made-up numbers, writes down everything it does, and fails as it is told to.
    #[command(after_help = "Example: linekeeper simulate carrier --state ./carrier --listen 127.0.0.1:8090")]
    Carrier(Place),
    /// The same with the shape of Twilio's API, for Twilio's own clients; it reaches no telephone network either.
    #[command(after_help = "Example: linekeeper simulate twilio --state ./twilio --listen 127.0.0.1:8091")]
    Twilio(Twilio),
    /// The same in the shape of Telnyx' API v2: clients take it for Telnyx with /v2 on its address as their base URL.
    #[command(after_help = "Example: linekeeper simulate telnyx --state ./telnyx --listen 127.0.0.1:8092")]
    Telnyx(Telnyx),
}

/// A simulator with the shape of Telnyx' API.
#[derive(Debug, clap::Args)]
pub struct Telnyx {
    #[command(flatten)]
    place: Place,
    /// The key that its clients must have. It is printed: it is no secret
    #[arg(long, value_name = "KEY", default_value = ApiKey::DEFAULT)]
    api_key: String,
    /// Where every messaging profile has what happens to its messages sent
    #[arg(long, value_name = "URL")]
    webhook_url: Option<String>,
    /// What the key that webhooks are signed with is made of, if not of the seed; its public half is printed
    #[arg(long, value_name = "TEXT")]
    webhook_key: Option<String>,
    /// How long a message takes from one status to the next
    #[arg(long, value_name = "TIME", default_value = "100ms", value_parser = humantime::parse_duration)]
    message_delay: Duration,
}

/// A simulator with the shape of Twilio's API.
#[derive(Debug, clap::Args)]
pub struct Twilio {
    #[command(flatten)]
    place: Place,
    /// Who signs in
    #[arg(long, value_name = "SID", default_value = "ACfa4efa4efa4efa4efa4efa4efa4efa4e")]
    account_sid: String,
    /// What with; SIMULATED_AUTH_TOKEN in the environment does the same. Make it up: it is printed
    #[arg(long, value_name = "TOKEN")]
    auth_token: Option<String>,
    /// How long a message takes from one status to the next
    #[arg(long, value_name = "TIME", default_value = "100ms", value_parser = humantime::parse_duration)]
    message_delay: Duration,
}

/// What everybody signs in with who does not say otherwise: obviously no secret.
const AUTH_TOKEN: &str = "fa4e70cefa4e70cefa4e70cefa4e70ce";

/// Where a simulator is, and what it sells.
#[derive(Debug, clap::Args)]
pub struct Place {
    /// Address and port; port 0 takes a free one. Leave it on this machine: it is for trying things out
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8090")]
    listen: SocketAddr,
    /// Where its ledger lies
    #[arg(long, value_name = "DIR")]
    state: PathBuf,
    /// Fixes which numbers there are to buy
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u64,
}

impl Command {
    pub fn run(self) -> Result<(), Failure> {
        match self {
            Self::Carrier(place) => {
                let simulator = place.simulator()?;
                place.serve(&[], |listener, ready| simulate::carrier(listener, simulator, ready))
            }
            Self::Twilio(twilio) => twilio.run(),
            Self::Telnyx(telnyx) => telnyx.run(),
        }
    }
}

impl Telnyx {
    fn run(self) -> Result<(), Failure> {
        let Self { place, api_key, webhook_url, webhook_key, message_delay } = self;
        let simulator = place.simulator()?;
        let key = webhook_key.unwrap_or_else(|| place.seed.to_string());
        let messaging = TelnyxMessaging::open(&place.state, &key, webhook_url, message_delay);
        let messaging = messaging.map_err(|error| place.unusable(&error))?;
        let lines = [format!("API key: {api_key}"), format!("public key: {}", messaging.public_key())];
        let api_key = ApiKey(api_key);
        place.serve(&lines, |listener, ready| simulate::telnyx(listener, simulator, api_key, messaging, ready))
    }
}

impl Twilio {
    fn run(self) -> Result<(), Failure> {
        let simulator = self.place.simulator()?;
        let token = self.auth_token.or_else(|| std::env::var("SIMULATED_AUTH_TOKEN").ok());
        let token = token.unwrap_or_else(|| AUTH_TOKEN.to_owned());
        let delay = self.message_delay;
        let account = TwilioAccount::open(&self.place.state, &simulator, &self.account_sid, &token, delay);
        let account = account.map_err(|error| self.place.unusable(&error))?;
        let credentials = [format!("account sid {}", self.account_sid), format!("auth token {token}")];
        self.place.serve(&credentials, |listener, ready| simulate::twilio(listener, simulator, account, ready))
    }
}

impl Place {
    /// What is there.
    fn simulator(&self) -> Result<Simulator, Failure> {
        Simulator::open(&self.state, self.seed).map_err(|error| self.unusable(&error))
    }

    /// Has a simulator answer here, and says where that is, and what else there is to say.
    fn serve(
        &self,
        more: &[String],
        answer: impl FnOnce(TcpListener, &dyn Fn()) -> io::Result<()>,
    ) -> Result<(), Failure> {
        let listener = TcpListener::bind(self.listen).map_err(|error| {
            Failure::Failed(format!("cannot listen on {}: {error}; name another address with --listen", self.listen))
        })?;
        let address = reachable(listener.local_addr()?);
        answer(listener, &|| {
            output::line(format_args!("listening on http://{address}"));
            more.iter().for_each(output::line);
        })?;
        Ok(())
    }

    fn unusable(&self, error: &io::Error) -> Failure {
        Failure::Failed(format!("{} cannot be used: {error}", self.state.display()))
    }
}
