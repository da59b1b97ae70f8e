//! `linekeeper order list|keep|retry|fail`

use super::{Failure, open, output};
use crate::clock::{Clock, Ids};
use crate::config::Config;
use crate::inventory::orders;
use crate::model::{AgencyId, OrderId};

/// List what carriers are asked to do, and settle what only a person can.
#[derive(Debug, clap::Subcommand)]
#[command(after_help = "Example: linekeeper order list")]
pub enum Command {
    /// List the orders that are under way, one a line: id, agency, what, number, state, why, what the carrier said, when
    /// it is looked at again, between tabs.
    #[command(after_help = "Example: linekeeper order list | grep needs_operator")]
    List {
        /// Whose [default: everybody's]
        #[arg(long, value_name = "ID")]
        agency: Option<AgencyId>,
    },
    /// Keep a number whose release is held (`orders.release_hold`): the carrier has not heard of it.
    #[command(after_help = "Example: linekeeper order keep 0192... --agency 0192...")]
    Keep(Which),
    /// Have the carrier asked again about an order that was given up.
    #[command(after_help = "Example: linekeeper order retry 0192... --agency 0192...")]
    Retry(Which),
    /// Say of an order that was given up that the carrier has not done it, as its own console shows.
    #[command(after_help = "Example: linekeeper order fail 0192... --agency 0192...")]
    Fail(Which),
}

/// An order of an agency.
#[derive(Debug, clap::Args)]
pub struct Which {
    /// Which
    id: OrderId,
    /// Whose it is
    #[arg(long, value_name = "ID")]
    agency: AgencyId,
}

impl Command {
    pub fn run(self, config: &Config) -> Result<(), Failure> {
        let (store, clock) = (open(config)?, &Clock::System);
        match self {
            Self::List { agency } => {
                let listed = store.read(|snapshot| {
                    let all = || Ok(snapshot.agencies()?.into_iter().map(|agency| agency.id).collect());
                    let agencies: Vec<AgencyId> = agency.map_or_else(all, |one| Ok::<_, Failure>(vec![one]))?;
                    let of = |agency| Ok::<_, Failure>((agency, orders::open(snapshot, agency)?));
                    agencies.into_iter().map(of).collect::<Result<Vec<_>, _>>()
                })?;
                for (agency, order) in
                    listed.iter().flat_map(|(agency, orders)| orders.iter().map(move |o| (agency, o)))
                {
                    let reason = order.reason.map(|reason| reason.name()).unwrap_or_default();
                    let due = order.due_at.map_or_else(String::new, |due| due.to_string());
                    let said = order.detail.as_deref().unwrap_or_default();
                    let (number, state) = (&order.phone_number, &order.state);
                    output::row([&order.id, agency, &order.deed, number, state, &reason, &said, &due]);
                }
            }
            Self::Keep(Which { id, agency }) => {
                store.write(|change| orders::keep(change, clock, &Ids::Fresh, agency, id))?;
            }
            Self::Retry(Which { id, agency }) => store.write(|change| orders::retry(change, clock, agency, id))?,
            Self::Fail(Which { id, agency }) => {
                store.write(|change| orders::fail(change, clock, &Ids::Fresh, agency, id))?;
            }
        }
        Ok(())
    }
}
