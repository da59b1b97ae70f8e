//! `linekeeper simulate carrier`, `linekeeper simulate telnyx`

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;

use super::{Failure, output};
use crate::carrier::simulator::Simulator;
use crate::http::reachable;
use crate::simulate::{self, ApiKey};

/// Simulate what Linekeeper works with.
#[derive(Debug, clap::Subcommand)]
#[command(after_help = "Example: linekeeper simulate carrier --state ./carrier --listen 127.0.0.1:8090")]
pub enum Command {
    /// A carrier that sells made-up numbers, writes down everything it does, and fails as it is told to.
    #[command(after_help = "Example: linekeeper simulate carrier --state ./carrier --listen 127.0.0.1:8090")]
    Carrier(Place),
    /// The same in the shape of Telnyx' API v2: clients take it for Telnyx with /v2 on its address as their base URL
    #[command(after_help = "Example: linekeeper simulate telnyx --state ./telnyx --listen 127.0.0.1:8091")]
    Telnyx {
        #[command(flatten)]
        place: Place,
        /// The key that its clients must have. It is printed: it is no secret
        #[arg(long, value_name = "KEY", default_value = ApiKey::DEFAULT)]
        api_key: String,
    },
}

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
            Self::Carrier(place) => place.serve(simulate::carrier),
            Self::Telnyx { place, api_key } => place.serve(|listener, simulator, ready| {
                simulate::telnyx(listener, simulator, ApiKey(api_key.clone()), &|| {
                    ready();
                    output::line(format_args!("API key: {api_key}"));
                })
            }),
        }
    }
}

impl Place {
    /// Has a simulator answer here, and says where that is.
    fn serve(self, answer: impl FnOnce(TcpListener, Simulator, &dyn Fn()) -> io::Result<()>) -> Result<(), Failure> {
        let simulator = Simulator::open(&self.state, self.seed)
            .map_err(|error| Failure::Failed(format!("{} cannot be used: {error}", self.state.display())))?;
        let listener = TcpListener::bind(self.listen).map_err(|error| {
            Failure::Failed(format!("cannot listen on {}: {error}; name another address with --listen", self.listen))
        })?;
        let address = reachable(listener.local_addr()?);
        answer(listener, simulator, &|| output::line(format_args!("listening on http://{address}")))?;
        Ok(())
    }
}
