//! `linekeeper agency create|list|update`

use std::str::FromStr;

use super::{Failure, open, output};
use crate::clock::{Clock, Ids};
use crate::config::Config;
use crate::inventory::agencies;
use crate::model::AgencyId;

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
            Self::Update { id, name, parent } => {
                let parent = parent.map(|OrNone(parent)| parent);
                store.write(|change| agencies::update(change, id, name.as_deref(), parent))?;
            }
        }
        Ok(())
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
