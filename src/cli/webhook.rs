//! `linekeeper webhook add|list|test|rotate|enable|disable|remove|deliveries|resend`

use std::time::Duration;

use super::serve::{courier, keyring};
use super::{Failure, open, output};
use crate::clock::{Clock, Ids};
use crate::config::Config;
use crate::delivery::{Message, payload};
use crate::inventory::webhooks::{self, NewWebhook};
use crate::model::{AgencyId, Delivery, DeliveryId, EventTypes, Timestamp, Webhook, WebhookId};

/// How many deliveries are shown to whoever does not say how many.
const SHOWN: u32 = 100;

/// Have an agency's events told to a server of its own, signed as Standard Webhooks has it.
#[derive(Debug, clap::Subcommand)]
#[command(after_help = "Example: linekeeper webhook list --agency 0192...")]
pub enum Command {
    /// Add a webhook; print its id and, this once, the secret that its deliveries are signed with, between a tab.
    #[command(
        after_help = "Example: linekeeper webhook add --agency 0192... --url https://crm.example/hooks --events number.changed,order.*"
    )]
    Add {
        /// Whose events
        #[arg(long, value_name = "ID")]
        agency: AgencyId,
        /// Where they are sent
        #[arg(long)]
        url: String,
        /// Which, between commas: number, order, agent, user, key, agency or carrier_account, a dot, and added, changed,
        /// removed or * [default: all]
        #[arg(long, value_name = "TYPES")]
        events: Option<EventTypes>,
        /// What to call it
        #[arg(long, value_name = "TEXT")]
        description: Option<String>,
    },
    /// List an agency's webhooks, one a line: id, whether it is enabled, which events, URL, description, since when its
    /// secret is in use, until when the one before signs, too, between tabs.
    #[command(after_help = "Example: linekeeper webhook list --agency 0192...")]
    List {
        /// Whose
        #[arg(long, value_name = "ID")]
        agency: AgencyId,
    },
    /// Send a message of the type webhook.test now, once, and print what came of it.
    #[command(after_help = "Example: linekeeper webhook test 0192... --agency 0192...")]
    Test(Which),
    /// Give a webhook another secret, and print it this once. The one before signs beside it for a while.
    #[command(after_help = "Example: linekeeper webhook rotate 0192... --agency 0192... --overlap 2h")]
    Rotate {
        #[command(flatten)]
        which: Which,
        /// How long the secret before signs, too; 0s: it does not any more
        #[arg(long, value_name = "TIME", default_value = "24h", value_parser = humantime::parse_duration)]
        overlap: Duration,
    },
    /// Enable a webhook. It is told of what happened while it was disabled, in the last 30 days.
    #[command(after_help = "Example: linekeeper webhook enable 0192... --agency 0192...")]
    Enable {
        #[command(flatten)]
        which: Which,
        /// Not of what has happened so far
        #[arg(long)]
        skip: bool,
    },
    /// Disable a webhook: it is told of nothing until it is enabled.
    #[command(after_help = "Example: linekeeper webhook disable 0192... --agency 0192...")]
    Disable(Which),
    /// Remove a webhook, its secrets and its deliveries.
    #[command(after_help = "Example: linekeeper webhook remove 0192... --agency 0192...")]
    Remove(Which),
    /// List the deliveries to a webhook of the last 30 days, the latest first, one a line: id (the `webhook-id`), type,
    /// state, attempts, when last, what was answered, what was said, when next, between tabs.
    #[command(after_help = "Example: linekeeper webhook deliveries 0192... --agency 0192... --failed")]
    Deliveries {
        #[command(flatten)]
        which: Which,
        /// Only those that were given up
        #[arg(long)]
        failed: bool,
        /// How many at most
        #[arg(long, value_name = "N", default_value_t = SHOWN)]
        limit: u32,
    },
    /// Have a delivery sent by the running server now, whatever came of it, with the id that it had.
    #[command(after_help = "Example: linekeeper webhook resend 0192... --agency 0192...")]
    Resend {
        /// Which delivery
        id: DeliveryId,
        /// Whose it is
        #[arg(long, value_name = "ID")]
        agency: AgencyId,
    },
}

/// A webhook of an agency.
#[derive(Debug, clap::Args)]
pub struct Which {
    /// Which
    id: WebhookId,
    /// Whose it is
    #[arg(long, value_name = "ID")]
    agency: AgencyId,
}

impl Command {
    pub fn run(self, config: &Config) -> Result<(), Failure> {
        let (store, clock) = (open(config)?, Clock::System);
        match self {
            Self::Add { agency, url, events, description } => {
                add(config, agency, NewWebhook { url, wanted: events.unwrap_or_default(), description })?;
            }
            Self::List { agency } => {
                store.read(|snapshot| webhooks::list(snapshot, agency))?.iter().for_each(show);
            }
            Self::Test(which) => test(config, &which)?,
            Self::Rotate { which: Which { id, agency }, overlap } => {
                let keyring = keyring(config)?;
                let rotated = store.write(|change| webhooks::rotate(change, &clock, &keyring, agency, id, overlap))?;
                output::line(rotated.expose());
                output::remark("keep this secret now: it is not shown again");
            }
            Self::Enable { which: Which { id, agency }, skip } => {
                store.write(|change| webhooks::enable(change, &clock, agency, id, skip))?;
            }
            Self::Disable(Which { id, agency }) => store.write(|change| webhooks::disable(change, agency, id))?,
            Self::Remove(Which { id, agency }) => store.write(|change| webhooks::remove(change, agency, id))?,
            Self::Deliveries { which: Which { id, agency }, failed, limit } => {
                let found = store.read(|snapshot| webhooks::deliveries(snapshot, agency, id, failed, limit))?;
                found.iter().for_each(show_delivery);
            }
            Self::Resend { id, agency } => store.write(|change| webhooks::resend(change, &clock, agency, id))?,
        }
        Ok(())
    }
}

fn add(config: &Config, agency: AgencyId, new: NewWebhook) -> Result<(), Failure> {
    let (store, keyring, courier) = (open(config)?, keyring(config)?, courier(config)?);
    // Where the name leads may change until something is sent: what is refused then is refused now, what is only unknown
    // is not.
    if let Ok(url) = courier.check(&new.url)
        && let Err(error) = courier.look_up(&url)
    {
        if error.get_ref().is_some_and(|inner| inner.is::<crate::delivery::address::Unfit>()) {
            return Err(Failure::Failed(format!("url is not acceptable: {error}")));
        }
        output::remark(format_args!("the URL's name could not be found yet: {error}"));
    }
    let added =
        store.write(|change| webhooks::add(change, (&Clock::System, &Ids::Fresh), &keyring, &courier, agency, new));
    let (id, secret) = added?;
    output::row([&id, &secret.expose()]);
    output::remark("keep this secret now: it is not shown again");
    Ok(())
}

fn test(config: &Config, &Which { id, agency }: &Which) -> Result<(), Failure> {
    let (store, now, courier) = (open(config)?, Clock::System.now(), courier(config)?);
    let webhook = store.read(|snapshot| webhooks::own(snapshot, agency, id))?;
    let secrets = webhooks::secrets(&keyring(config)?, agency, &webhook, now);
    let secrets = secrets.map_err(|why| Failure::Failed(why.to_string()))?;
    let body = payload::test(agency, id, now);
    let message = Message { id: DeliveryId(Ids::Fresh.next()), at: now, body: &body, secrets: &secrets };
    let attempt = courier.carry(&webhook.url, &message);
    let said = attempt.said.as_ref().map(|said| format!(": {said}")).unwrap_or_default();
    match attempt.status {
        Some(status) if attempt.is_delivered() => output::line(format_args!("delivered: it answered {status}{said}")),
        Some(status) => return Err(Failure::Failed(format!("it was not taken: the receiver answered {status}{said}"))),
        None => return Err(Failure::Failed(format!("it was not taken{said}"))),
    }
    Ok(())
}

fn show(webhook: &Webhook) {
    output::row([
        &webhook.id,
        &webhook.disabled.map_or("enabled".to_owned(), |why| format!("disabled: {}", why.name())),
        &webhook.wanted,
        &webhook.url,
        &webhook.description.as_deref().unwrap_or_default(),
        &webhook.secret_at,
        &at(webhook.before.as_ref().map(|(_, until)| *until)),
    ]);
}

fn show_delivery(delivery: &Delivery) {
    output::row([
        &delivery.id,
        &delivery.event_type,
        &delivery.state.name(),
        &delivery.attempts,
        &at(delivery.last_at),
        &delivery.last_status.map(|status| status.to_string()).unwrap_or_default(),
        &delivery.said.as_deref().unwrap_or_default(),
        &at(delivery.next_at),
    ]);
}

fn at(time: Option<Timestamp>) -> String {
    time.map(|time| time.to_string()).unwrap_or_default()
}
