//! `linekeeper carrier add|list|test|rotate|rekey|remove`

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use super::serve::carriers;
use super::{Failure, open, output};
use crate::carrier::http::Http;
use crate::clock::{Clock, Ids};
use crate::config::Config;
use crate::inventory::accounts::{self, Kind, NewAccount};
use crate::inventory::desk::Desk;
use crate::inventory::webhooks;
use crate::model::{AccountId, AgencyId, Error, Secret, Transport, Trunk};

/// Add, list and remove accounts at carriers. An agency's descendants use its accounts where they have none of their own.
#[derive(Debug, clap::Subcommand)]
#[command(after_help = "Example: linekeeper carrier list --agency 0192...")]
pub enum Command {
    /// Add an account, and print its id. What lets us in is read from a file and kept encrypted.
    #[command(subcommand)]
    Add(Add),
    /// List the accounts that an agency uses, nearest first, one a line: id, carrier, name, label, whose, address, when its
    /// credentials were given, between tabs. It buys with the first of Twilio's or Telnyx'.
    #[command(after_help = "Example: linekeeper carrier list --agency 0192...")]
    List {
        /// Which
        #[arg(long, value_name = "ID")]
        agency: AgencyId,
    },
    /// Ask the carrier whether it lets us in. Nothing is changed, nothing costs anything.
    #[command(after_help = "Example: linekeeper carrier test 0192... --agency 0192...")]
    Test(Which),
    /// Give an account another token, key or password: from the next request on it is used.
    #[command(after_help = "Example: linekeeper carrier rotate 0192... --agency 0192... --secret-file ./token")]
    Rotate {
        #[command(flatten)]
        which: Which,
        /// The file that holds it; - is standard input
        #[arg(long, value_name = "FILE")]
        secret_file: PathBuf,
    },
    /// Encrypt all credentials, and the secrets of webhooks, anew with the key in use (`credentials_key`), after it was
    /// changed.
    #[command(after_help = "Example: linekeeper carrier rekey")]
    Rekey,
    /// Remove an account and what let us in. Its numbers stay, and nothing can be done with them at the carrier.
    #[command(after_help = "Example: linekeeper carrier remove 0192... --agency 0192...")]
    Remove(Which),
}

/// The account of an agency's own.
#[derive(Debug, clap::Args)]
pub struct Which {
    /// Which
    id: AccountId,
    /// Whose it is
    #[arg(long, value_name = "ID")]
    agency: AgencyId,
}

/// The kinds of accounts.
#[derive(Debug, clap::Subcommand)]
#[command(
    after_help = "Example: linekeeper carrier add twilio --agency 0192... --account-sid AC... --auth-token-file ./token"
)]
pub enum Add {
    /// An account at Twilio.
    #[command(
        after_help = "Example: linekeeper carrier add twilio --agency 0192... --account-sid AC... --auth-token-file ./token"
    )]
    Twilio {
        #[command(flatten)]
        account: Common,
        /// Its SID
        #[arg(long, value_name = "SID")]
        account_sid: String,
        /// The file that holds its auth token; - is standard input
        #[arg(long, value_name = "FILE")]
        auth_token_file: PathBuf,
        /// Where Twilio is reached: a simulator, for trying things out
        #[arg(long, value_name = "URL")]
        url: Option<String>,
    },
    /// An account at Telnyx.
    #[command(after_help = "Example: linekeeper carrier add telnyx --agency 0192... --api-key-file ./key")]
    Telnyx {
        #[command(flatten)]
        account: Common,
        /// The file that holds a v2 API key; - is standard input
        #[arg(long, value_name = "FILE")]
        api_key_file: PathBuf,
        /// What the account is called here, wherever it is added, with whichever key [default: made from the key]
        #[arg(long, value_name = "TEXT")]
        name: Option<String>,
        /// The account's public key, so that its messages to us can be told from others'
        #[arg(long, value_name = "KEY")]
        public_key: Option<String>,
        /// Where Telnyx is reached: a simulator, for trying things out
        #[arg(long, value_name = "URL")]
        url: Option<String>,
    },
    /// A SIP trunk of the agency's own, whose numbers it brings along.
    #[command(
        after_help = "Example: linekeeper carrier add sip --agency 0192... --allowed-addresses 203.0.113.0/24 --address sip.example.com:5061 --transport tls"
    )]
    Sip {
        #[command(flatten)]
        account: Common,
        /// Who may send calls: IP addresses and networks, between commas
        #[arg(long, value_name = "ADDRESSES")]
        allowed_addresses: Option<String>,
        /// Where calls are sent: host, or host:port
        #[arg(long, value_name = "HOST")]
        address: Option<String>,
        /// How [default: udp]
        #[arg(long, value_name = "udp|tcp|tls", value_parser = transport, requires = "address")]
        transport: Option<Transport>,
        /// What is dialled before a number
        #[arg(long, value_name = "DIGITS", requires = "address")]
        prefix: Option<String>,
        /// Who we say we are
        #[arg(long, value_name = "NAME", requires = "address")]
        username: Option<String>,
        /// The file that holds the password; - is standard input
        #[arg(long, value_name = "FILE", requires = "username")]
        password_file: Option<PathBuf>,
    },
}

/// What every account has.
#[derive(Debug, clap::Args)]
pub struct Common {
    /// Whose it is
    #[arg(long, value_name = "ID")]
    agency: AgencyId,
    /// What to call it
    #[arg(long, value_name = "TEXT")]
    label: Option<String>,
}

impl Command {
    pub fn run(self, config: &Config) -> Result<(), Failure> {
        let (store, clock, carriers) = (open(config)?, Clock::System, carriers(config)?);
        let keyring = carriers.keyring().clone();
        match self {
            Self::Add(add) => {
                let (agency, new) = add.read(config)?;
                let id = store.write(|change| accounts::add(change, &clock, &Ids::Fresh, &keyring, agency, new))?;
                output::line(id);
            }
            Self::List { agency } => {
                for known in store.read(|snapshot| accounts::list(snapshot, agency))? {
                    let account = known.account;
                    output::row([
                        &account.id,
                        &account.carrier.name(),
                        &account.name,
                        &account.label.unwrap_or_default(),
                        &if known.owner == agency { "own".to_owned() } else { format!("of {}", known.owner) },
                        &account.url.or(account.trunk.and_then(|trunk| trunk.address)).unwrap_or_default(),
                        &account.credentials_at.map(|at| at.to_string()).unwrap_or_default(),
                    ]);
                }
            }
            Self::Test(Which { id, agency }) => {
                let desk = Desk::new(store, carriers, clock, Ids::Fresh, config.orders);
                desk.test_account(agency, id)?.map_err(|trouble| Failure::Failed(trouble.to_string()))?;
                output::line("the carrier lets us in");
            }
            Self::Rotate { which: Which { id, agency }, secret_file } => {
                let secret = secret(&secret_file)?;
                store.write(|change| accounts::rotate(change, &clock, &keyring, agency, id, &secret))?;
            }
            Self::Rekey => {
                let rekeyed = store.write(|change| {
                    Ok::<_, Error>((accounts::rekey(change, &keyring)?, webhooks::rekey(change, &keyring)?))
                });
                let (accounts, webhooks) = rekeyed?;
                output::line(format_args!(
                    "{accounts} accounts' credentials and {webhooks} webhooks' secrets were encrypted anew"
                ));
            }
            Self::Remove(Which { id, agency }) => match store.write(|change| accounts::remove(change, agency, id))? {
                0 => {}
                numbers => output::remark(format_args!(
                    "{numbers} numbers stay in the inventory; nothing can be done with them at the carrier"
                )),
            },
        }
        Ok(())
    }
}

impl Add {
    fn read(self, config: &Config) -> Result<(AgencyId, NewAccount), Failure> {
        let (account, url, kind) = match self {
            Self::Twilio { account, account_sid, auth_token_file, url } => {
                (account, url, Kind::Twilio { account_sid, auth_token: secret(&auth_token_file)? })
            }
            Self::Telnyx { account, api_key_file, name, public_key, url } => {
                (account, url, Kind::Telnyx { api_key: secret(&api_key_file)?, name, public_key })
            }
            Self::Sip { account, allowed_addresses, address, transport, prefix, username, password_file } => {
                let trunk = Trunk { allowed_addresses, address, transport, prefix, username, ..Trunk::default() };
                let password = password_file.as_deref().map(secret).transpose()?;
                (account, None, Kind::Sip { trunk, password })
            }
        };
        if let Some(url) = &url {
            let usable = Http::new(url, config.orders.carrier_deadline);
            usable.map_err(|error| Failure::Failed(format!("--url cannot be used: {error}")))?;
        }
        Ok((account.agency, NewAccount { label: account.label, url, kind }))
    }
}

fn transport(text: &str) -> Result<Transport, String> {
    Transport::ALL.into_iter().find(|one| one.name() == text).ok_or_else(|| "it is one of udp, tcp, tls".to_owned())
}

/// What a file holds, less the end of its line.
fn secret(path: &Path) -> Result<Secret, Failure> {
    let read = if path == Path::new("-") {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text).map(|_| text)
    } else {
        fs::read_to_string(path)
    };
    let text = read.map_err(|error| Failure::Failed(format!("{} cannot be read: {error}", path.display())))?;
    Ok(Secret::new(text.trim_end_matches(['\r', '\n']).to_owned()))
}
