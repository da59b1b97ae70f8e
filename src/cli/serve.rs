//! `linekeeper serve`

use std::sync::Arc;

use super::worker::Worker;
use super::{Failure, load, logging, output};
use crate::app::AppState;
use crate::carrier::Carriers;
use crate::carrier::simulator::{Remote, Simulator};
use crate::clock::{Clock, Ids};
use crate::config::{Config, Flags};
use crate::delivery::Courier;
use crate::dialect;
use crate::http::{Server, Signals, reachable, record_metrics};
use crate::inventory::dispatch::Dispatch;
use crate::store::keyring::Keyring;
use crate::store::{DataDir, Lock, Store, migrate};

/// Serve the inventory: create or upgrade the data directory, then answer until stopped.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: LINEKEEPER_JWT_SECRET_FILE=/run/secrets/jwt linekeeper serve --listen 127.0.0.1:8080")]
pub struct Args {
    /// Address and port; port 0 takes a free one [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: Option<String>,
}

impl Args {
    pub fn run(self, flags: Flags) -> Result<(), Failure> {
        let config = load(&Flags { listen: self.listen, ..flags })?;
        if config.jwt_secret.is_none() && config.jwks_url.is_none() {
            return Err(Failure::Settings(
                "there is nothing to check tokens with: set LINEKEEPER_JWT_SECRET or LINEKEEPER_JWT_SECRET_FILE to your \
                 Supabase project's JWT secret, or to 32 random bytes or more, or LINEKEEPER_JWKS_URL to its public keys"
                    .into(),
            ));
        }
        logging::start(&config.log);
        let signals = Signals::take()?;
        Prepared::new(config)?.run(signals, || {})
    }
}

/// What to say of a directory that holds more than ours and that others can open.
pub fn open_to_others(data_dir: &DataDir) -> String {
    format!(
        "others can look into {0}, which holds more than Linekeeper's files: chmod 700 {0}",
        data_dir.path().display()
    )
}

/// A server that is listening and whose store is open, and that has not answered yet.
pub struct Prepared {
    server: Server,
    pub store: Store,
    pub config: Config,
    /// The simulator, where it runs in this process.
    pub simulator: Option<Arc<Simulator>>,
    carriers: Carriers,
    _lock: Lock,
}

impl Prepared {
    pub fn new(mut config: Config) -> Result<Self, Failure> {
        if let Some(unknown) = dialect::unknown(&config.dialects) {
            let known = dialect::ALL.iter().map(|dialect| dialect.name).collect::<Vec<_>>().join(", ");
            return Err(Failure::Settings(format!(
                "`dialects.enabled`: there is no dialect {unknown:?}; there are {known}"
            )));
        }
        let data_dir = DataDir::new(config.data_dir.clone());
        let unusable = |error| {
            Failure::Failed(format!("the data directory {} cannot be used: {error}", data_dir.path().display()))
        };
        data_dir.create().map_err(unusable)?;
        let Some(lock) = data_dir.lock().map_err(unusable)? else {
            let path = data_dir.path().display();
            return Err(Failure::Failed(format!(
                "another server is using {path}: stop it first, or name another directory with --data-dir"
            )));
        };
        if data_dir.is_open_to_others().map_err(unusable)? {
            log::warn!("{}", open_to_others(&data_dir));
        }
        let migrated = migrate(&data_dir, Some(&lock))?;
        if let Some(snapshot) = migrated.snapshot {
            log::info!("the database as it was before the upgrade is {}", snapshot.display());
        }
        record_metrics();
        let store = Store::open(&data_dir, Server::concurrent_reads())?.with_memory(config.memory_bytes);
        let (simulator, carriers) = open_carriers(&config, &data_dir)?;
        let server = Server::listen(config.listen)?;
        config.listen = server.address();
        Ok(Self { server, store, config, simulator, carriers, _lock: lock })
    }

    /// How a client on this machine reaches it.
    pub fn base_url(&self) -> String {
        format!("http://{}", reachable(self.config.listen))
    }

    /// Says where it listens, in the words that scripts wait for, and what else there is to say; answers until told to
    /// stop; then leaves the data directory with an empty journal.
    pub fn run(self, signals: Signals, say_more: impl FnOnce()) -> Result<(), Failure> {
        let listening = format!("listening on {}", self.base_url());
        let sync_every = self.config.sync_every;
        let (courier, keyring) = (courier(&self.config)?, keyring(&self.config)?);
        let by = (Clock::System, Ids::Fresh);
        let retry_delay = self.config.webhooks.retry_delay;
        let dispatch = Arc::new(Dispatch::new(self.store.clone(), keyring, courier, by, retry_delay));
        let state = AppState::new(self.store.clone(), self.config, self.carriers, Clock::System, Ids::Fresh);
        let _worker = Worker::start(state.desk(), dispatch, sync_every)?;
        self.server.run(&state, signals, || {
            output::line(listening);
            say_more();
        })?;
        if let Err(error) = self.store.checkpoint() {
            // Nothing is lost: the journal is read at the next start.
            log::warn!("the journal could not be emptied: {error}");
        }
        Ok(())
    }
}

/// What secrets are encrypted with.
pub fn keyring(config: &Config) -> Result<Keyring, Failure> {
    Keyring::new(config.credentials_key.as_ref(), config.credentials_key_before.as_ref())
        .map_err(|why| Failure::Settings(why.to_string()))
}

/// The carriers, as far as accounts lead to them.
pub fn carriers(config: &Config) -> Result<Carriers, Failure> {
    Ok(Carriers::new(keyring(config)?, config.orders.carrier_deadline))
}

/// Who carries messages to webhooks.
pub fn courier(config: &Config) -> Result<Courier, Failure> {
    Courier::new(&config.webhooks).map_err(|error| Failure::Failed(error.to_string()))
}

/// The carriers that the settings name, and the simulator itself where it runs in this process.
fn open_carriers(config: &Config, data_dir: &DataDir) -> Result<(Option<Arc<Simulator>>, Carriers), Failure> {
    let carriers = carriers(config)?;
    let Some(settings) = &config.simulator else { return Ok((None, carriers)) };
    log::info!("numbers can be bought from the simulator: they are made up and reach nobody");
    if let Some(url) = &settings.url {
        let remote = Remote::new(url, config.orders.carrier_deadline)
            .map_err(|error| Failure::Settings(format!("`simulator.url` cannot be used: {error}")))?;
        return Ok((None, carriers.with_simulator(Arc::new(remote))));
    }
    let directory = data_dir.path().join("simulator");
    let simulator = Simulator::open(&directory, settings.seed).map_err(|error| {
        Failure::Failed(format!("the simulator in {} cannot be opened: {error}", directory.display()))
    })?;
    let simulator = Arc::new(simulator);
    Ok((Some(simulator.clone()), carriers.with_simulator(simulator)))
}
