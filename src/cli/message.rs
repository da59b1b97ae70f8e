//! `linekeeper message send|list|strays`

use super::serve::carriers;
use super::sync::operator;
use super::{Failure, open, output};
use crate::clock::{Clock, Ids};
use crate::config::Config;
use crate::inventory::access::Caller;
use crate::inventory::desk::{Asked, Desk};
use crate::inventory::messages::{self, NewMessage};
use crate::inventory::{access, accounts};
use crate::model::{AccountId, Actor, AgencyId, Message, MessageState, NumberId, Permission};

/// Send messages, and list those that came and went.
#[derive(Debug, clap::Subcommand)]
#[command(after_help = "Example: linekeeper message list --agency 0192... --number 0192...")]
pub enum Command {
    /// Send a message from a number, once, and print its id and how far it is. It is never sent again by itself.
    #[command(
        after_help = "Example: linekeeper message send --agency 0192... --number 0192... --to +19705551234 --text Hello"
    )]
    Send {
        #[command(flatten)]
        of: OfNumber,
        /// Who it is for
        #[arg(long, value_name = "NUMBER")]
        to: String,
        /// What it says
        #[arg(long, value_name = "TEXT", default_value = "")]
        text: String,
        /// Where something to attach can be fetched; more than once for more
        #[arg(long, value_name = "URL")]
        media: Vec<String>,
    },
    /// List the messages of a number, newest first, one a line: id, time, inbound or outbound, state, from, to, text, the
    /// carrier's code for why it did not arrive, and what that means, between tabs. A number that is released keeps its own.
    #[command(after_help = "Example: linekeeper message list --agency 0192... --number 0192...")]
    List {
        #[command(flatten)]
        of: OfNumber,
        /// How many at most
        #[arg(long, value_name = "N", default_value_t = 100)]
        limit: u32,
    },
    /// List the messages that came with an account for numbers that nobody here has: time, from, to, text, between tabs.
    #[command(after_help = "Example: linekeeper message strays --agency 0192... --account 0192...")]
    Strays {
        /// Whose account
        #[arg(long, value_name = "ID")]
        agency: AgencyId,
        /// Which account
        #[arg(long, value_name = "ID")]
        account: AccountId,
        /// How many at most
        #[arg(long, value_name = "N", default_value_t = 100)]
        limit: u32,
    },
}

/// A number of an agency.
#[derive(Debug, clap::Args)]
pub struct OfNumber {
    /// Whose
    #[arg(long, value_name = "ID")]
    agency: AgencyId,
    /// Which of its numbers, by its id
    #[arg(long, value_name = "ID")]
    number: NumberId,
}

impl Command {
    pub fn run(self, config: &Config) -> Result<(), Failure> {
        let store = open(config)?;
        match self {
            Self::Send { of, to, text, media } => {
                let scope = store.read(|snapshot| access::operator(snapshot, of.agency))?;
                let caller = Caller {
                    actor: Actor::Operator,
                    permissions: [Permission::MessagesSend].into_iter().collect(),
                    scope,
                };
                let desk = Desk::new(store, carriers(config)?, Clock::System, Ids::Fresh, config.orders)
                    .reached_at(config.public_url.as_deref());
                let new = NewMessage { number: of.number, to, body: text, media };
                let asked = Asked { caller, by: operator(), repeat: None };
                let sent = desk.send_message(&asked, new)?.message;
                output::row([&sent.id, &sent.state.name()]);
                match sent.state {
                    MessageState::Failed => {
                        let why = sent.error.unwrap_or_default();
                        Err(Failure::Failed(format!(
                            "the message was not sent: {} {why}",
                            sent.error_code.unwrap_or_default()
                        )))
                    }
                    MessageState::Unknown => {
                        let why = sent.error.unwrap_or_default();
                        Err(Failure::Failed(format!("it is not known whether the message was sent: {why}")))
                    }
                    _ => Ok(()),
                }
            }
            Self::List { of, limit } => {
                for message in store.read(|snapshot| messages::list(snapshot, of.agency, of.number, limit))? {
                    show(&message);
                }
                Ok(())
            }
            Self::Strays { agency, account, limit } => {
                store.read(|snapshot| accounts::own(snapshot, agency, account))?;
                for stray in store.read(|snapshot| messages::strays(snapshot, agency, account, limit))? {
                    let told = stray.incoming;
                    output::row([&stray.at, &told.from, &told.to, &told.body]);
                }
                Ok(())
            }
        }
    }
}

fn show(message: &Message) {
    output::row([
        &message.id,
        &message.at,
        &message.direction.name(),
        &message.state.name(),
        &message.from,
        &message.to,
        &message.body,
        &message.error_code.as_deref().unwrap_or_default(),
        &message.error.as_deref().unwrap_or_default(),
    ]);
}
