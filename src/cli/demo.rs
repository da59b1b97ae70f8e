//! `linekeeper demo`

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::serve::Prepared;
use super::{Failure, chatter, load, logging, output, sample};
use crate::carrier::simulator::{ACCOUNT, Simulator};
use crate::carrier::{Port, Rented, Traits};
use crate::clock::{Clock, Ids};
use crate::config::{Config, Flags};
use crate::dialect::supabase;
use crate::http::Signals;
use crate::inventory::keys::{self, NewKey};
use crate::inventory::{access, numbers};
use crate::model::{
    Agency, AgencyId, Carrier, E164, NumberFilter, Permissions, PresentedKey, Role, Route, Status, Timestamp, User,
    UserId, Wanted, Window,
};
use crate::store::{Change, Scope, Snapshot, Store};

/// How long the demo's tokens and keys are good for, in seconds: a week.
const GOOD_FOR: i64 = 7 * 24 * 60 * 60;
/// How far down its list an agency's sample is looked for.
const LOOKED_THROUGH: u32 = 200;

/// Serve made-up data to look at, in a temporary directory that is removed at exit, and print a call to paste.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: linekeeper demo --listen 127.0.0.1:0 --credentials demo.json")]
pub struct Args {
    /// Address and port; port 0 takes a free one [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: Option<String>,
    /// How many numbers to make up
    #[arg(long, value_name = "N", default_value_t = 1240, value_parser = clap::value_parser!(u32).range(..=1_000_000))]
    numbers: u32,
    /// Fixes numbers, names and ids; secrets are random whatever it is
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u64,
    /// Write ids, tokens and keys to this file as JSON, readable by its owner only
    #[arg(long, value_name = "FILE")]
    credentials: Option<PathBuf>,
}

impl Args {
    pub fn run(self, flags: Flags) -> Result<(), Failure> {
        let signals = Signals::take()?;
        // Dropped at the end of this function, and with it what is on disk.
        let temporary = match &flags.data_dir {
            Some(_) => None,
            None => Some(
                tempfile::Builder::new()
                    .prefix("linekeeper-demo-")
                    .permissions(fs::Permissions::from_mode(0o700))
                    .tempdir()?,
            ),
        };
        let data_dir = flags.data_dir.clone().or_else(|| temporary.as_ref().map(|dir| dir.path().to_owned()));
        let mut config = load(&Flags { listen: self.listen.clone(), data_dir, ..flags })?;
        config.jwt_secret = Some(keys::random_secret()?);
        if temporary.is_some() && config.credentials_key.is_none() {
            config.credentials_key = Some(keys::random_secret()?);
        }
        logging::start(&config.log);
        let prepared = Prepared::new(config)?;
        prepared.store.write(|change| {
            if change.agencies()?.is_empty() {
                let now = Clock::System.now();
                sample::settle(change, self.numbers as usize, self.seed, now)?;
                for agency in change.agencies()? {
                    chatter::talk(change, &access::operator(change, agency.id)?, &Ids::Fresh, now)?;
                }
            }
            Ok::<_, Failure>(())
        })?;
        if let Some(simulator) = &prepared.simulator {
            hand_over(&prepared.store, simulator)?;
        }
        let credentials = prepared.store.write(|change| Credentials::of(change, &prepared))?;
        if let Some(path) = &self.credentials {
            credentials.write(path).map_err(|error| {
                Failure::Failed(format!("the credentials cannot be written to {}: {error}", path.display()))
            })?;
        }
        let wanted = Wanted { country: "US".to_owned(), limit: 1, ..Wanted::default() };
        let offers =
            prepared.simulator.as_ref().and_then(|simulator| simulator.search(&wanted).ok()).unwrap_or_default();
        let data_dir = prepared.config.data_dir.clone();
        prepared.run(signals, || {
            credentials.invite(&data_dir, temporary.is_some(), offers.first().map(|offer| &offer.phone_number));
        })
    }
}

/// Has the simulator take over the numbers that the sample says are rented from it.
fn hand_over(store: &Store, simulator: &Simulator) -> Result<(), Failure> {
    if !simulator.entries()?.is_empty() {
        return Ok(());
    }
    let numbers = store.read(|snapshot| snapshot.numbers_at(Carrier::Simulator, ACCOUNT))?;
    let rented = numbers.into_iter().map(|(phone_number, id)| Rented {
        traits: Traits::default(),
        phone_number,
        carrier_number_id: id.as_deref().unwrap_or_default().to_owned(),
        route: Route::default(),
    });
    Ok(simulator.port_in(&rented.collect::<Vec<_>>())?)
}

/// What a script needs to use the demo.
#[derive(Serialize)]
struct Credentials {
    base_url: String,
    agencies: Vec<AgencyCredentials>,
    partner_key: Option<PartnerCredentials>,
    user_without_agency: Option<UserCredentials>,
    jwt_secret: String,
}

#[derive(Serialize)]
struct AgencyCredentials {
    id: String,
    name: String,
    /// What some products call an agency, and how they write its id.
    organization_id: String,
    company_id: String,
    users: Users,
    api_key: String,
    basic: BasicCredentials,
    sample: Option<Sample>,
}

/// The same key in two parts.
#[derive(Serialize)]
struct BasicCredentials {
    customer_id: String,
    customer_secret: String,
}

/// A key that may act for a child of its agency.
#[derive(Serialize)]
struct PartnerCredentials {
    key: String,
    agency: String,
    children: Vec<String>,
}

#[derive(Serialize)]
struct Users {
    owner: Option<UserCredentials>,
    admin: Option<UserCredentials>,
    member: Option<UserCredentials>,
}

#[derive(Serialize)]
struct UserCredentials {
    id: String,
    jwt: String,
}

/// An active number that an agent answers, if possible one of the simulator's, with which everything can be tried.
#[derive(Serialize)]
struct Sample {
    number_id: String,
    phone_number: String,
    agent_mapping_id: String,
}

impl Credentials {
    /// Makes new keys, because nobody can show those of an earlier start.
    fn of(change: &Change, prepared: &Prepared) -> Result<Self, Failure> {
        let config = &prepared.config;
        let all = change.agencies()?;
        let agencies =
            all.iter().map(|agency| AgencyCredentials::of(change, agency, config)).collect::<Result<_, _>>()?;
        let homeless = change.users(None)?;
        Ok(Self {
            base_url: prepared.base_url(),
            agencies,
            partner_key: PartnerCredentials::of(change, &all)?,
            user_without_agency: homeless.first().map(|user| UserCredentials::of(user, config)).transpose()?,
            jwt_secret: config.jwt_secret.as_ref().map(|secret| secret.expose().to_owned()).unwrap_or_default(),
        })
    }

    fn write(&self, path: &Path) -> std::io::Result<()> {
        if fs::symlink_metadata(path).is_ok_and(|there| !there.is_file()) {
            return Err(std::io::Error::other("it is there and is not a regular file"));
        }
        // Made beside it, for its owner only, and put in its place when it is whole.
        let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let mut file = tempfile::NamedTempFile::new_in(directory)?;
        serde_json::to_writer_pretty(&mut file, self)?;
        writeln!(file)?;
        file.persist(path)?;
        Ok(())
    }

    /// Prints what to do with a demo that is running.
    fn invite(&self, data_dir: &Path, temporary: bool, to_buy: Option<&E164>) {
        let kept = if temporary { "removed at exit" } else { "kept" };
        output::line(format_args!("data in {} ({kept})", data_dir.display()));
        let Some((agency, owner)) =
            self.agencies.iter().find_map(|agency| agency.users.owner.as_ref().map(|owner| (agency, owner)))
        else {
            return;
        };
        output::line(format_args!("\nA token for the owner of {}, good for a week:\n{}", agency.name, owner.jwt));
        output::line(format_args!(
            "\nIts numbers:\ncurl -H 'Authorization: Bearer {}' '{}/functions/v1/phone-numbers-list?limit=2'\n",
            owner.jwt, self.base_url
        ));
        if let Some(number) = to_buy {
            output::line(format_args!(
                "One more, from a carrier that is made up:\ncurl -X POST -H 'Authorization: Bearer {}' -H 'Idempotency-Key: first' \
                 -d '{{\"phone_numbers\":[{{\"phone_number\":\"{number}\"}}]}}' '{}/functions/v1/phone-numbers-purchase'\n",
                owner.jwt, self.base_url
            ));
        }
        output::line(format_args!(
            "The same numbers as clients of other products see them, with an API key:\n\
             curl -H 'X-API-Key: {key}' '{url}/api/phone-numbers?page_size=1'\n\
             curl -H 'Authorization: Bearer {key}' '{url}/phone-numbers?limit=1'\n\
             curl -H 'Authorization: Bearer {key}' '{url}/v1/numbers?limit=1'\n\
             curl -s -u '{id}:{secret}' '{url}/api/conversational-ai-agent/v2/phone-numbers' | head -c 500\n",
            key = agency.api_key,
            url = self.base_url,
            id = agency.basic.customer_id,
            secret = agency.basic.customer_secret,
        ));
        if let Some(sample) = &agency.sample {
            output::line(format_args!(
                "What customers wrote to {}:\nlinekeeper message list --data-dir '{}' --agency {} --number {}\n",
                sample.phone_number,
                data_dir.display(),
                agency.id,
                sample.number_id
            ));
        }
    }
}

impl AgencyCredentials {
    fn of(change: &Change, agency: &Agency, config: &Config) -> Result<Self, Failure> {
        let scope = access::operator(change, agency.id)?;
        let users = change.users(Some(&scope))?;
        let user = |role| {
            users.iter().find(|user| user.role == role).map(|user| UserCredentials::of(user, config)).transpose()
        };
        let key = new_key(change, agency.id, false)?;
        Ok(Self {
            id: agency.id.to_string(),
            name: agency.name.clone(),
            organization_id: format!("org_{}", agency.id.0.simple()),
            company_id: agency.id.to_string(),
            users: Users {
                owner: user(Role::AgencyOwner)?,
                admin: user(Role::AgencyAdmin)?,
                member: user(Role::AgencyMember)?,
            },
            api_key: key.expose(),
            basic: BasicCredentials {
                customer_id: key.id.0.simple().to_string(),
                customer_secret: key.secret.expose().to_owned(),
            },
            sample: Sample::of(change, &scope)?,
        })
    }
}

impl PartnerCredentials {
    /// Of the first agency that has children.
    fn of(change: &Change, agencies: &[Agency]) -> Result<Option<Self>, Failure> {
        for agency in agencies {
            let children = agencies.iter().filter(|other| other.parent == Some(agency.id));
            let children: Vec<_> = children.map(|child| child.id.to_string()).collect();
            if !children.is_empty() {
                let key = new_key(change, agency.id, true)?.expose();
                return Ok(Some(Self { key, agency: agency.id.to_string(), children }));
            }
        }
        Ok(None)
    }
}

fn new_key(change: &Change, agency: AgencyId, partner: bool) -> Result<PresentedKey, Failure> {
    let name = if partner { "demo partner" } else { "demo" };
    let expires_at = Some(Timestamp(Clock::System.now().0 + GOOD_FOR * 1_000_000));
    let new = NewKey { name: Some(name.into()), permissions: Permissions::ALL, partner, expires_at };
    Ok(keys::create(change, &Clock::System, &Ids::Fresh, agency, new)?)
}

impl Sample {
    fn of(snapshot: &Snapshot, scope: &Scope) -> Result<Option<Self>, Failure> {
        let filter = NumberFilter { status: Some(Status::Active), assigned: true, ..NumberFilter::default() };
        let window = Window::at(0, LOOKED_THROUGH);
        let numbers = numbers::list(snapshot, scope, &filter, window, |_| false)?.slice.items;
        let simulated = numbers.iter().find(|number| number.carrier == Carrier::Simulator);
        Ok(simulated.or(numbers.first()).and_then(|number| {
            Some(Self {
                number_id: number.id.to_string(),
                phone_number: number.phone_number.to_string(),
                agent_mapping_id: number.agent.as_ref()?.id.to_string(),
            })
        }))
    }
}

impl UserCredentials {
    fn of(user: &User, config: &Config) -> Result<Self, Failure> {
        Ok(Self { id: user.id.to_string(), jwt: token(user.id, config)? })
    }
}

fn token(user: UserId, config: &Config) -> Result<String, Failure> {
    let Some(secret) = &config.jwt_secret else {
        return Err(Failure::Settings("the demo has no JWT secret".into()));
    };
    supabase::sign(secret, config, user, Clock::System.now(), GOOD_FOR)
        .map_err(|error| Failure::Failed(format!("a token could not be signed: {error}")))
}
