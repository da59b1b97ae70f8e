//! `linekeeper init`

use super::serve::open_to_others;
use super::{Failure, output};
use crate::clock::{Clock, Ids};
use crate::config::Config;
use crate::http::reachable;
use crate::inventory::{agencies, agents, users};
use crate::model::Role;
use crate::store::{DataDir, Store, migrate};

/// Create the first agency, its owner and an agent in an empty data directory.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: linekeeper init --agency 'Northwind Voice' --email olivia@northwind.example")]
pub struct Args {
    /// The agency's name
    #[arg(long, value_name = "NAME", default_value = "My agency")]
    agency: String,
    /// The owner's mail address
    #[arg(long, value_name = "ADDRESS", default_value = "owner@example.com")]
    email: String,
    /// The agent's name
    #[arg(long, value_name = "NAME", default_value = "First agent")]
    agent: String,
}

impl Args {
    pub fn run(self, config: &Config) -> Result<(), Failure> {
        let data_dir = DataDir::new(config.data_dir.clone());
        migrate(&data_dir, None)?;
        if data_dir.is_open_to_others()? {
            output::remark(open_to_others(&data_dir));
        }
        let store = Store::open(&data_dir, 1)?;
        let (clock, ids) = (Clock::System, Ids::Fresh);
        let (agency, owner, agent) = store.write(|change| {
            if !change.agencies()?.is_empty() {
                let path = data_dir.path().display();
                return Err(Failure::Failed(format!(
                    "{path} has agencies already: add another with `linekeeper agency create`"
                )));
            }
            let (agency, _) = agencies::create(change, &clock, &ids, &self.agency, None)?;
            let owner = users::create(change, &clock, &ids, None, Some(agency.id), &self.email, Role::AgencyOwner)?;
            let given = agents::Given { name: Some(self.agent.clone()), ..agents::Given::default() };
            let agent = agents::create(change, &clock, &ids, agency.id, given)?;
            Ok((agency, owner, agent))
        })?;
        output::row([&"agency", &agency.id, &agency.name]);
        output::row([&"owner", &owner.id, &self.email]);
        output::row([&"agent", &agent.id, &self.agent]);
        let secret = "export LINEKEEPER_JWT_SECRET=$(head -c 32 /dev/urandom | base64)";
        output::remark(format_args!(
            "\nNext, with a secret of your own or your Supabase project's JWT secret:\n  {secret}\n  \
             linekeeper serve --data-dir {path}\nand in another terminal with the same secret:\n  \
             curl -H \"Authorization: Bearer $(linekeeper token --data-dir {path} --user {owner})\" \\\n    \
             http://{listen}/functions/v1/phone-numbers-list",
            path = for_shell(&data_dir.path().to_string_lossy()),
            owner = owner.id,
            listen = reachable(config.listen),
        ));
        Ok(())
    }
}

/// A word as a POSIX shell takes it whole.
fn for_shell(word: &str) -> String {
    let plain = word.chars().all(|c| c.is_ascii_alphanumeric() || "/._-+".contains(c));
    if plain { word.to_owned() } else { format!("'{}'", word.replace('\'', "'\\''")) }
}
