//! `linekeeper simulate carrier`

use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;

use super::{Failure, output};
use crate::carrier::simulator::Simulator;
use crate::http::reachable;
use crate::simulate;

/// Simulate what Linekeeper works with.
#[derive(Debug, clap::Subcommand)]
#[command(after_help = "Example: linekeeper simulate carrier --state ./carrier --listen 127.0.0.1:8090")]
pub enum Command {
    /// A carrier that sells made-up numbers, writes down everything it does, and fails as it is told to.
    #[command(after_help = "Example: linekeeper simulate carrier --state ./carrier --listen 127.0.0.1:8090")]
    Carrier {
        /// Address and port; port 0 takes a free one. Nobody has to sign in: leave it on this machine
        #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8090")]
        listen: SocketAddr,
        /// Where its ledger lies
        #[arg(long, value_name = "DIR")]
        state: PathBuf,
        /// Fixes which numbers there are to buy
        #[arg(long, value_name = "S", default_value_t = 1)]
        seed: u64,
    },
}

impl Command {
    pub fn run(self) -> Result<(), Failure> {
        let Self::Carrier { listen, state, seed } = self;
        let simulator = Simulator::open(&state, seed)
            .map_err(|error| Failure::Failed(format!("{} cannot be used: {error}", state.display())))?;
        let listener = TcpListener::bind(listen).map_err(|error| {
            Failure::Failed(format!("cannot listen on {listen}: {error}; name another address with --listen"))
        })?;
        let address = reachable(listener.local_addr()?);
        simulate::carrier(listener, simulator, || output::line(format_args!("listening on http://{address}")))?;
        Ok(())
    }
}
