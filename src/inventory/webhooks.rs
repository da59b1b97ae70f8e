//! What an operator does with webhooks and their deliveries.

use std::time::Duration;

use super::accounts::no_key;
use super::{access, name};
use crate::clock::{Clock, Ids};
use crate::delivery::{Courier, signature};
use crate::model::{
    AgencyId, Ailing, Delivery, DeliveryId, Disabled, Error, EventTypes, Result, Secret, Timestamp, Webhook, WebhookId,
};
use crate::store::keyring::{Column, KeyTrouble, Keyring, Place};
use crate::store::{Change, Snapshot};

/// The longest that a secret signs beside the one that replaced it.
const MAX_OVERLAP: Duration = Duration::from_hours(30 * 24);

/// What a new webhook is to be.
#[derive(Clone, Debug)]
pub struct NewWebhook {
    /// Where the agency hears of its events.
    pub url: String,
    /// Which.
    pub wanted: EventTypes,
    /// What the agency calls it.
    pub description: Option<String>,
}

/// Adds a webhook of an agency, which hears of what happens from now on. Its secret is shown this once.
///
/// # Errors
/// Where the agency is not there, or the URL cannot be one of a webhook; [`Error::Conflict`] where the secret cannot be
/// encrypted.
pub fn add(
    change: &Change,
    (clock, ids): (&Clock, &Ids),
    keyring: &Keyring,
    courier: &Courier,
    agency: AgencyId,
    new: NewWebhook,
) -> Result<(WebhookId, Secret)> {
    let scope = access::operator(change, agency)?;
    let url = courier.check(&new.url).map_err(|unfit| Error::Invalid { field: "url", reason: unfit.to_string() })?;
    let (id, now, secret) = (WebhookId(ids.next()), clock.now(), new_secret()?);
    let webhook = Webhook {
        id,
        url: url.into(),
        wanted: new.wanted,
        description: new.description.map(|text| name("description", &text)).transpose()?,
        secret: keyring.seal(place(agency, Column::WebhookSecret, id), &secret).map_err(no_key)?,
        secret_at: now,
        before: None,
        disabled: None,
        reached: change.place_before_last_events(Some(&scope), 0)?,
        ailing: None,
        created_at: now,
    };
    change.add_webhook(&scope, &webhook)?;
    Ok((id, secret))
}

/// The webhooks of an agency, oldest first.
///
/// # Errors
/// Where the agency is not there.
pub fn list(snapshot: &Snapshot, agency: AgencyId) -> Result<Vec<Webhook>> {
    snapshot.webhooks(&access::operator(snapshot, agency)?)
}

/// A webhook of an agency.
///
/// # Errors
/// Where the agency has no such webhook.
pub fn own(snapshot: &Snapshot, agency: AgencyId, id: WebhookId) -> Result<Webhook> {
    snapshot.webhook(&access::operator(snapshot, agency)?, id)
}

/// Gives a webhook another secret, shown this once; the one before signs beside it for so long.
///
/// # Errors
/// Where the agency has no such webhook, or the time is longer than 30 days; [`Error::Conflict`] where a secret cannot be
/// encrypted or read.
pub fn rotate(
    change: &Change,
    clock: &Clock,
    keyring: &Keyring,
    agency: AgencyId,
    id: WebhookId,
    overlap: Duration,
) -> Result<Secret> {
    let scope = access::operator(change, agency)?;
    let webhook = change.webhook(&scope, id)?;
    if overlap > MAX_OVERLAP {
        return Err(Error::Invalid { field: "overlap", reason: "it is longer than 30 days".into() });
    }
    let (now, secret) = (clock.now(), new_secret()?);
    let before = if overlap.is_zero() {
        None
    } else {
        let old = keyring.open(place(agency, Column::WebhookSecret, id), &webhook.secret).map_err(no_key)?;
        let sealed = keyring.seal(place(agency, Column::WebhookSecretBefore, id), &old).map_err(no_key)?;
        Some((sealed, now.later(overlap)))
    };
    let sealed = keyring.seal(place(agency, Column::WebhookSecret, id), &secret).map_err(no_key)?;
    change.set_webhook_secrets(&scope, id, (&sealed, now), before.as_ref())?;
    Ok(secret)
}

/// Enables a webhook. It hears of what happened meanwhile, as far as that is kept, unless that is to be skipped.
///
/// # Errors
/// Where the agency has no such webhook.
pub fn enable(change: &Change, clock: &Clock, agency: AgencyId, id: WebhookId, skip: bool) -> Result<()> {
    let scope = access::operator(change, agency)?;
    let webhook = change.webhook(&scope, id)?;
    if skip {
        change.give_waiting_up(&scope, id)?;
        change.note_reached(&scope, id, change.place_before_last_events(Some(&scope), 0)?)?;
    }
    if webhook.disabled.is_some() {
        change.set_webhook_state(&scope, id, None)?;
        change.send_waiting_again(&scope, id, clock.now())?;
    }
    Ok(())
}

/// Disables a webhook: it hears of nothing until it is enabled.
///
/// # Errors
/// Where the agency has no such webhook.
pub fn disable(change: &Change, agency: AgencyId, id: WebhookId) -> Result<()> {
    change.set_webhook_state(&access::operator(change, agency)?, id, Some(Disabled::Operator))
}

/// Removes a webhook and its deliveries.
///
/// # Errors
/// Where the agency has no such webhook.
pub fn remove(change: &Change, agency: AgencyId, id: WebhookId) -> Result<()> {
    change.remove_webhook(&access::operator(change, agency)?, id)
}

/// The last deliveries to a webhook, the latest first; all, or those that were given up.
///
/// # Errors
/// Where the agency has no such webhook.
pub fn deliveries(
    snapshot: &Snapshot,
    agency: AgencyId,
    id: WebhookId,
    failed: bool,
    limit: u32,
) -> Result<Vec<Delivery>> {
    let scope = access::operator(snapshot, agency)?;
    snapshot.webhook(&scope, id)?;
    snapshot.deliveries(&scope, id, failed, limit)
}

/// Has a delivery sent now, whatever came of it, with the id that it had.
///
/// # Errors
/// Where the agency has no such delivery, or its webhook is disabled.
pub fn resend(change: &Change, clock: &Clock, agency: AgencyId, id: DeliveryId) -> Result<()> {
    let scope = access::operator(change, agency)?;
    let webhook = change.webhook_of_delivery(&scope, id)?;
    if webhook.disabled.is_some() {
        return Err(Error::Conflict("the webhook is disabled: `linekeeper webhook enable` enables it"));
    }
    if let Some(ailing) = webhook.ailing {
        // It is not left alone any longer.
        change.note_ailing(&scope, webhook.id, Some(&Ailing { rests_until: clock.now(), ..ailing }))?;
    }
    change.send_again(&scope, id, clock.now())
}

/// Encrypts everybody's secrets anew that are not encrypted with the key in use. Gives how many webhooks those are of.
///
/// # Errors
/// Where one of them cannot be opened: then none is changed.
pub fn rekey(change: &Change, keyring: &Keyring) -> Result<usize> {
    let mut rekeyed = 0;
    for (scope, webhook) in change.all_webhooks()? {
        let is_current = |sealed| keyring.is_current(sealed);
        if is_current(&webhook.secret) && webhook.before.as_ref().is_none_or(|(sealed, _)| is_current(sealed)) {
            continue;
        }
        let anew = |column, sealed| {
            let place = place(scope.agency(), column, webhook.id);
            keyring.open(place, sealed).and_then(|secret| keyring.seal(place, &secret)).map_err(no_key)
        };
        let secret = anew(Column::WebhookSecret, &webhook.secret)?;
        let before = match &webhook.before {
            Some((sealed, until)) => Some((anew(Column::WebhookSecretBefore, sealed)?, *until)),
            None => None,
        };
        change.set_webhook_secrets(&scope, webhook.id, (&secret, webhook.secret_at), before.as_ref())?;
        rekeyed += 1;
    }
    Ok(rekeyed)
}

/// What signs a webhook's deliveries at a time, the newest first.
///
/// # Errors
/// [`KeyTrouble`]
pub fn secrets(
    keyring: &Keyring,
    agency: AgencyId,
    webhook: &Webhook,
    now: Timestamp,
) -> Result<Vec<Secret>, KeyTrouble> {
    let mut secrets = vec![keyring.open(place(agency, Column::WebhookSecret, webhook.id), &webhook.secret)?];
    if let Some((sealed, _)) = webhook.before.as_ref().filter(|(_, until)| *until > now) {
        secrets.push(keyring.open(place(agency, Column::WebhookSecretBefore, webhook.id), sealed)?);
    }
    Ok(secrets)
}

fn place(agency: AgencyId, column: Column, id: WebhookId) -> Place {
    Place { agency, column, row: id.0 }
}

fn new_secret() -> Result<Secret> {
    signature::new_secret().map_err(Error::internal)
}
