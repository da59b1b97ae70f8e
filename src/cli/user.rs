//! `linekeeper user create|list|update`

use super::agency::OrNone;
use super::{Failure, open, output};
use crate::clock::{Clock, Ids};
use crate::config::Config;
use crate::inventory::{access, users};
use crate::model::{AgencyId, Role, UserId};

/// Add, list and change users.
#[derive(Debug, clap::Subcommand)]
#[command(after_help = "Example: linekeeper user list --agency 0192...")]
pub enum Command {
    /// Add a user and print its id.
    #[command(
        after_help = "Example: linekeeper user create --agency 0192... --email mia@northwind.example --role agency_member"
    )]
    Create {
        /// The agency it belongs to; a user without one may not list anything
        #[arg(long, value_name = "ID")]
        agency: Option<AgencyId>,
        /// Its mail address
        #[arg(long, value_name = "ADDRESS")]
        email: String,
        /// agency_owner, agency_admin, agency_member, client_admin, client_viewer or admin
        #[arg(long, default_value = "agency_member")]
        role: Role,
        /// Its id, where its tokens already have one as their `sub` [default: a new one]
        #[arg(long, value_name = "ID")]
        id: Option<UserId>,
    },
    /// List users, one a line: id, role, mail address, between tabs.
    #[command(after_help = "Example: linekeeper user list --agency 0192...")]
    List {
        /// Whose users; without it, the users of no agency
        #[arg(long, value_name = "ID")]
        agency: Option<AgencyId>,
    },
    /// Change a user; its next request is answered by what it then is.
    #[command(after_help = "Example: linekeeper user update 0192... --agency 0192... --role agency_admin")]
    Update {
        /// Which
        id: UserId,
        /// The agency it moves to, or none
        #[arg(long, value_name = "ID|none")]
        agency: Option<OrNone<AgencyId>>,
        /// Its new mail address
        #[arg(long, value_name = "ADDRESS")]
        email: Option<String>,
        /// Its new role
        #[arg(long)]
        role: Option<Role>,
    },
}

impl Command {
    pub fn run(self, config: &Config) -> Result<(), Failure> {
        let store = open(config)?;
        match self {
            Self::Create { agency, email, role, id } => {
                let (clock, ids) = (Clock::System, Ids::Fresh);
                let user = store.write(|change| users::create(change, &clock, &ids, id, agency, &email, role))?;
                output::line(user.id);
            }
            Self::List { agency } => {
                let users = store.read(|snapshot| {
                    let scope = agency.map(|agency| access::operator(snapshot, agency)).transpose()?;
                    snapshot.users(scope.as_ref())
                })?;
                for user in users {
                    output::row([&user.id, &user.role, &user.email.unwrap_or_default()]);
                }
            }
            Self::Update { id, agency, email, role } => {
                let changes = users::Changes { email, role, agency: agency.map(|OrNone(agency)| agency) };
                store.write(|change| users::update(change, id, changes))?;
            }
        }
        Ok(())
    }
}
