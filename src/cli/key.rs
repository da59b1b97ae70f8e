//! `linekeeper key create|list|revoke`

use std::time::Duration;

use super::{Failure, open, output};
use crate::clock::{Clock, Ids};
use crate::config::Config;
use crate::inventory::keys::{self, NewKey};
use crate::model::{AgencyId, KeyId, Permissions, PresentedKey, Timestamp};

/// Make, list and revoke API keys, with which programs say who they are.
#[derive(Debug, clap::Subcommand)]
#[command(after_help = "Example: linekeeper key list --agency 0192...")]
pub enum Command {
    /// Make a key and print it, this once: only a hash of it is kept.
    #[command(
        after_help = "Example: linekeeper key create --agency 0192... --scopes phone_numbers:read,agents:read --expires 90d"
    )]
    Create {
        /// The agency it acts for
        #[arg(long, value_name = "ID")]
        agency: AgencyId,
        /// What it allows, between commas: phone_numbers:read, :create, :update and :delete, messages:read and :send,
        /// agents:read and :write
        #[arg(long)]
        scopes: Permissions,
        /// How long it is good for, like 12h or 90d [default: until it is revoked]
        #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
        expires: Option<Duration>,
        /// What to call it
        #[arg(long, value_name = "TEXT")]
        name: Option<String>,
        /// Let it name, in each request, one of the agency's children to act for
        #[arg(long)]
        partner: bool,
    },
    /// List an agency's keys, one a line: id, how it begins, name, scopes, `partner`, when it expires, when it was
    /// revoked, between tabs.
    #[command(after_help = "Example: linekeeper key list --agency 0192...")]
    List {
        /// Whose keys
        #[arg(long, value_name = "ID")]
        agency: AgencyId,
    },
    /// Revoke a key: it is refused from the next request on, and for good.
    #[command(after_help = "Example: linekeeper key revoke 0192... --agency 0192...")]
    Revoke {
        /// Which
        id: KeyId,
        /// Whose it is
        #[arg(long, value_name = "ID")]
        agency: AgencyId,
    },
}

impl Command {
    pub fn run(self, config: &Config) -> Result<(), Failure> {
        let (store, clock) = (open(config)?, Clock::System);
        match self {
            Self::Create { agency, scopes, expires, name, partner } => {
                let expires_at = expires.map(|within| clock.now().later(within));
                let new = NewKey { name, permissions: scopes, partner, expires_at };
                let key = store.write(|change| keys::create(change, &clock, &Ids::Fresh, agency, new))?;
                output::line(key.expose());
                output::remark("keep this key now: it is not shown again");
            }
            Self::List { agency } => {
                for key in store.read(|snapshot| keys::list(snapshot, agency))? {
                    let at = |time: Option<Timestamp>| time.map(|time| time.to_string()).unwrap_or_default();
                    output::row([
                        &key.id,
                        &PresentedKey::prefix(key.id),
                        &key.name.unwrap_or_default(),
                        &key.permissions,
                        &if key.partner { "partner" } else { "" },
                        &at(key.expires_at),
                        &at(key.revoked_at),
                    ]);
                }
            }
            Self::Revoke { id, agency } => store.write(|change| keys::revoke(change, &clock, agency, id))?,
        }
        Ok(())
    }
}
