//! `linekeeper agent create|list|update`

use super::{Failure, open, output};
use crate::clock::{Clock, Ids};
use crate::config::Config;
use crate::inventory::agents::{self, Given};
use crate::model::{AgencyId, AgentId, Route};

/// Add, list and change agents, who answer the numbers.
#[derive(Debug, clap::Subcommand)]
#[command(after_help = "Example: linekeeper agent list --agency 0192...")]
pub enum Command {
    /// Add an agent and print its id.
    #[command(after_help = "Example: linekeeper agent create --agency 0192... --name 'Sales' --ultravox-id uv-1")]
    Create {
        /// The agency it works for
        #[arg(long, value_name = "ID")]
        agency: AgencyId,
        #[command(flatten)]
        settings: Settings,
    },
    /// List an agency's agents, one a line: id, Ultravox id, name, between tabs.
    #[command(after_help = "Example: linekeeper agent list --agency 0192...")]
    List {
        /// Whose agents
        #[arg(long, value_name = "ID")]
        agency: AgencyId,
    },
    /// Change an agent.
    #[command(after_help = "Example: linekeeper agent update 0192... --agency 0192... --voice en-GB-Standard")]
    Update {
        /// Which
        id: AgentId,
        /// The agency it works for
        #[arg(long, value_name = "ID")]
        agency: AgencyId,
        #[command(flatten)]
        settings: Settings,
    },
}

/// What an agent can be given.
#[derive(Debug, clap::Args)]
pub struct Settings {
    /// Its name
    #[arg(long)]
    name: Option<String>,
    /// Its id at Ultravox; a new agent without one keeps its own id there
    #[arg(long, value_name = "ID")]
    ultravox_id: Option<String>,
    /// The voice it speaks with
    #[arg(long)]
    voice: Option<String>,
    /// The language it expects, as a BCP 47 tag; en for a new agent
    #[arg(long, value_name = "TAG")]
    language: Option<String>,
    /// Whether its calls are recorded; true for a new agent
    #[arg(long, value_name = "true|false")]
    recording: Option<bool>,
    #[command(flatten)]
    route: RouteArgs,
}

/// Where the calls and messages of its numbers go. What is given replaces the route as a whole.
#[derive(Debug, clap::Args)]
#[group(multiple = true)]
pub struct RouteArgs {
    /// A URL that is asked what to do with a call
    #[arg(long, value_name = "URL")]
    voice_url: Option<String>,
    /// A URL that is given each message
    #[arg(long, value_name = "URL")]
    sms_url: Option<String>,
    /// An application at the carrier
    #[arg(long, value_name = "ID")]
    application: Option<String>,
    /// A SIP trunk at the carrier
    #[arg(long, value_name = "ID")]
    trunk: Option<String>,
    /// A connection at the carrier
    #[arg(long, value_name = "ID")]
    connection: Option<String>,
    /// Who handles messages at the carrier (Telnyx)
    #[arg(long, value_name = "ID")]
    messaging_profile: Option<String>,
    /// A SIP address
    #[arg(long, value_name = "URI")]
    sip_uri: Option<String>,
    /// Take the route away
    #[arg(long, conflicts_with_all = ["voice_url", "sms_url", "application", "trunk", "connection", "messaging_profile", "sip_uri"])]
    no_route: bool,
}

impl RouteArgs {
    /// The route, if one is given or taken away.
    fn given(self) -> Option<Route> {
        let route = Route {
            voice_url: self.voice_url,
            sms_url: self.sms_url,
            application_id: self.application,
            trunk_id: self.trunk,
            connection_id: self.connection,
            messaging_profile_id: self.messaging_profile,
            sip_uri: self.sip_uri,
        };
        (self.no_route || !route.is_empty()).then_some(route)
    }
}

impl From<Settings> for Given {
    fn from(settings: Settings) -> Self {
        Self {
            engine_id: settings.ultravox_id,
            name: settings.name,
            voice: settings.voice,
            language: settings.language,
            records_calls: settings.recording,
            route: settings.route.given(),
        }
    }
}

impl Command {
    pub fn run(self, config: &Config) -> Result<(), Failure> {
        let (store, clock) = (open(config)?, Clock::System);
        match self {
            Self::Create { agency, settings } => {
                let agent =
                    store.write(|change| agents::create(change, &clock, &Ids::Fresh, agency, settings.into()))?;
                output::line(agent.id);
            }
            Self::List { agency } => {
                for agent in store.read(|snapshot| agents::list(snapshot, agency))? {
                    output::row([&agent.id, &agent.engine_id, &agent.name.unwrap_or_default()]);
                }
            }
            Self::Update { id, agency, settings } => {
                store.write(|change| agents::update(change, &clock, &Ids::Fresh, agency, id, settings.into()))?;
            }
        }
        Ok(())
    }
}
