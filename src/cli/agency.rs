//! `linekeeper agency create|list|update`

use std::str::FromStr;

use super::{Failure, open, output};
use crate::clock::{Clock, Ids};
use crate::config::Config;
use crate::inventory::agencies::{self, Changes};
use crate::model::{AgencyId, Money, Text};

/// Add, list and change agencies.
#[derive(Debug, clap::Subcommand)]
#[command(after_help = "Example: linekeeper agency list")]
pub enum Command {
    /// Add an agency and print its id.
    #[command(after_help = "Example: linekeeper agency create --name 'Lumen Dental' --parent 0192...")]
    Create {
        /// Its name
        #[arg(long)]
        name: String,
        /// The agency whose client it is
        #[arg(long, value_name = "ID")]
        parent: Option<AgencyId>,
    },
    /// List agencies, one a line: id, name, parent, between tabs.
    #[command(after_help = "Example: linekeeper agency list")]
    List,
    /// Change an agency.
    #[command(after_help = "Example: linekeeper agency update 0192... --name 'Lumen Dental Group' --parent none")]
    Update {
        /// Which
        id: AgencyId,
        /// Its new name
        #[arg(long)]
        name: Option<String>,
        /// The agency whose client it becomes, or none
        #[arg(long, value_name = "ID|none")]
        parent: Option<OrNone<AgencyId>>,
        /// How many numbers it may have, released ones not counted
        #[arg(long, value_name = "N|none")]
        max_numbers: Option<OrNone<u64>>,
        /// What its numbers may cost a month, like '250.00 USD'; numbers in another currency cannot be bought then
        #[arg(long, value_name = "AMOUNT CURRENCY|none")]
        monthly_budget: Option<OrNone<Budget>>,
    },
}

impl Command {
    pub fn run(self, config: &Config) -> Result<(), Failure> {
        let store = open(config)?;
        match self {
            Self::Create { name, parent } => {
                let (agency, _) =
                    store.write(|change| agencies::create(change, &Clock::System, &Ids::Fresh, &name, parent))?;
                output::line(agency.id);
            }
            Self::List => {
                for agency in store.read(|snapshot| snapshot.agencies())? {
                    let parent = agency.parent.map_or_else(String::new, |id| id.to_string());
                    output::row([&agency.id, &agency.name, &parent]);
                }
            }
            Self::Update { id, name, parent, max_numbers, monthly_budget } => {
                let changes = Changes {
                    name,
                    parent: parent.map(|OrNone(parent)| parent),
                    max_numbers: max_numbers.map(|OrNone(numbers)| numbers),
                    monthly_budget: monthly_budget.map(|OrNone(budget)| budget.map(|Budget(amount, of)| (amount, of))),
                };
                store.write(|change| agencies::update(change, id, changes))?;
            }
        }
        Ok(())
    }
}

/// An amount of money a month, and of which currency (ISO 4217).
#[derive(Clone, Debug)]
pub struct Budget(Money, Text);

impl FromStr for Budget {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let read = || {
            let (amount, currency) = text.split_once(' ')?;
            let amount: Money = amount.parse().ok().filter(|amount: &Money| amount.0 >= 0)?;
            let known = currency.len() == 3 && currency.bytes().all(|byte| byte.is_ascii_uppercase());
            known.then(|| Self(amount, currency.into()))
        };
        read().ok_or("is no amount and currency, like '250.00 USD'")
    }
}

/// An id, or the word `none`, which takes away what is there.
#[derive(Clone, Copy, Debug)]
pub struct OrNone<T>(pub Option<T>);

impl<T: FromStr> FromStr for OrNone<T> {
    type Err = T::Err;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "none" { Ok(Self(None)) } else { text.parse().map(|value| Self(Some(value))) }
    }
}
