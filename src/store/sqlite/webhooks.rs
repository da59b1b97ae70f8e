//! Webhooks: where agencies hear of their events, and how it stands with each.

use rusqlite::{OptionalExtension, Row, named_params, params};

use super::{Change, Snapshot};
use crate::model::{
    Ailing, DeliveryId, Disabled, Error, EventTypes, Noun, Result, Sealed, Timestamp, Webhook, WebhookId,
};
use crate::store::Scope;

/// The columns that `webhook` reads.
const COLUMNS: &str =
    "w.id, w.url, w.wanted, w.description, w.secret, w.secret_at, w.secret_before, w.before_until, w.why,
    w.reached, w.failing_since, w.failures, w.rests_until, w.created_at";

/// A webhook that is enabled, and whether there is something to do for it.
#[derive(Clone, Copy, Debug)]
pub struct Listening {
    /// Whose it is.
    pub scope: Scope,
    /// Which.
    pub webhook: WebhookId,
    /// Whether there are events that were not looked at yet.
    pub has_news: bool,
    /// When the first of its deliveries is to be sent, if one waits.
    pub due_at: Option<Timestamp>,
    /// Until when it is left alone, if it did not take what it was told last.
    pub rests_until: Option<Timestamp>,
}

impl Snapshot<'_> {
    /// A webhook of the agency.
    ///
    /// # Errors
    /// [`Error::NotFound`] where the agency has no such webhook, [`Error::Internal`] where SQLite fails.
    pub fn webhook(&self, scope: &Scope, id: WebhookId) -> Result<Webhook> {
        self.connection()
            .prepare_cached(&format!("SELECT {COLUMNS} FROM webhooks AS w WHERE w.agency_no = ?1 AND w.id = ?2"))?
            .query_row(params![scope.agency_no, id], webhook)
            .optional()?
            .ok_or(Error::NotFound(Noun::Webhook))
    }

    /// The agency's webhooks, oldest first.
    ///
    /// # Errors
    /// [`Error::Internal`] where SQLite fails.
    pub fn webhooks(&self, scope: &Scope) -> Result<Vec<Webhook>> {
        let mut statement = self.connection().prepare_cached(&format!(
            "SELECT {COLUMNS} FROM webhooks AS w WHERE w.agency_no = ?1 ORDER BY w.created_at, w.id"
        ))?;
        let found = statement.query_map([scope.agency_no], webhook)?;
        Ok(found.collect::<rusqlite::Result<_>>()?)
    }

    /// Every webhook, whosever it is: only the one who keeps house may ask.
    ///
    /// # Errors
    /// [`Error::Internal`] where SQLite fails.
    pub fn all_webhooks(&self) -> Result<Vec<(Scope, Webhook)>> {
        let mut statement = self.connection().prepare_cached(&format!(
            "SELECT {COLUMNS}, w.agency_no, a.id
             FROM webhooks AS w JOIN agencies AS a ON a.agency_no = w.agency_no ORDER BY w.agency_no, w.id"
        ))?;
        let found = statement
            .query_map([], |row| Ok((Scope { agency_no: row.get(14)?, agency: row.get(15)? }, webhook(row)?)))?;
        Ok(found.collect::<rusqlite::Result<_>>()?)
    }

    /// The webhooks that are enabled, whosever they are: only the one who has them told may ask.
    ///
    /// # Errors
    /// [`Error::Internal`] where SQLite fails.
    pub fn listening(&self) -> Result<Vec<Listening>> {
        let mut statement = self.connection().prepare_cached(
            "SELECT w.agency_no, a.id, w.id,
                 EXISTS (SELECT 1 FROM events AS e WHERE e.agency_no = w.agency_no AND e.seq > w.reached),
                 (SELECT min(d.next_at) FROM webhook_deliveries AS d INDEXED BY webhook_deliveries_waiting
                  WHERE d.agency_no = w.agency_no AND d.webhook_id = w.id AND d.state = 0),
                 w.rests_until
             FROM webhooks AS w JOIN agencies AS a ON a.agency_no = w.agency_no WHERE w.state = 0",
        )?;
        let found = statement.query_map([], |row| {
            let scope = Scope { agency_no: row.get(0)?, agency: row.get(1)? };
            Ok(Listening {
                scope,
                webhook: row.get(2)?,
                has_news: row.get(3)?,
                due_at: row.get(4)?,
                rests_until: row.get(5)?,
            })
        })?;
        Ok(found.collect::<rusqlite::Result<_>>()?)
    }

    /// The webhook of the agency that a delivery is to.
    ///
    /// # Errors
    /// [`Error::NotFound`] where the agency has no such delivery, [`Error::Internal`] where SQLite fails.
    pub fn webhook_of_delivery(&self, scope: &Scope, id: DeliveryId) -> Result<Webhook> {
        self.connection()
            .prepare_cached(&format!(
                "SELECT {COLUMNS} FROM webhook_deliveries AS d
                     JOIN webhooks AS w ON w.agency_no = d.agency_no AND w.id = d.webhook_id
                 WHERE d.agency_no = ?1 AND d.id = ?2"
            ))?
            .query_row(params![scope.agency_no, id], webhook)
            .optional()?
            .ok_or(Error::NotFound(Noun::Delivery))
    }
}

impl Change<'_> {
    /// Adds a webhook of the agency.
    ///
    /// # Errors
    /// [`Error::Internal`] where SQLite fails.
    pub fn add_webhook(&self, scope: &Scope, webhook: &Webhook) -> Result<()> {
        self.connection()
            .prepare_cached(
                "INSERT INTO webhooks (agency_no, id, url, wanted, description, secret, secret_at, state, reached, created_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 0, ?8, ?9)",
            )?
            .execute(params![
                scope.agency_no,
                webhook.id,
                webhook.url,
                webhook.wanted.written(),
                webhook.description,
                webhook.secret,
                webhook.secret_at,
                webhook.reached,
                webhook.created_at
            ])?;
        Ok(())
    }

    /// Gives a webhook of the agency other secrets, or the same, encrypted anew.
    ///
    /// # Errors
    /// [`Error::NotFound`] where the agency has no such webhook, [`Error::Internal`] where SQLite fails.
    pub fn set_webhook_secrets(
        &self,
        scope: &Scope,
        id: WebhookId,
        (secret, at): (&Sealed, Timestamp),
        before: Option<&(Sealed, Timestamp)>,
    ) -> Result<()> {
        self.change_webhook(
            "UPDATE webhooks SET secret = :secret, secret_at = :at, secret_before = :before, before_until = :until
             WHERE agency_no = :agency AND id = :id",
            named_params! {
                ":agency": scope.agency_no,
                ":id": id,
                ":secret": secret,
                ":at": at,
                ":before": before.map(|(sealed, _)| sealed),
                ":until": before.map(|(_, until)| until),
            },
        )
    }

    /// Forgets the secrets that do not sign any more, whosever they are.
    ///
    /// # Errors
    /// [`Error::Internal`] where SQLite fails.
    pub fn forget_secrets_before(&self, now: Timestamp) -> Result<()> {
        self.connection()
            .prepare_cached("UPDATE webhooks SET secret_before = NULL, before_until = NULL WHERE before_until <= ?1")?
            .execute([now])?;
        Ok(())
    }

    /// Enables or disables a webhook of the agency.
    ///
    /// # Errors
    /// [`Error::NotFound`] where the agency has no such webhook, [`Error::Internal`] where SQLite fails.
    pub fn set_webhook_state(&self, scope: &Scope, id: WebhookId, disabled: Option<Disabled>) -> Result<()> {
        self.change_webhook(
            "UPDATE webhooks SET state = :why IS NOT NULL, why = :why, failing_since = NULL, failures = 0,
                 rests_until = NULL
             WHERE agency_no = :agency AND id = :id",
            named_params! { ":agency": scope.agency_no, ":id": id, ":why": disabled },
        )
    }

    /// Notes whether a webhook of the agency takes what it is told.
    ///
    /// # Errors
    /// [`Error::NotFound`] where the agency has no such webhook, [`Error::Internal`] where SQLite fails.
    pub fn note_ailing(&self, scope: &Scope, id: WebhookId, ailing: Option<&Ailing>) -> Result<()> {
        self.change_webhook(
            "UPDATE webhooks SET failing_since = :since, failures = :failures, rests_until = :until
             WHERE agency_no = :agency AND id = :id",
            named_params! {
                ":agency": scope.agency_no,
                ":id": id,
                ":since": ailing.map(|ailing| ailing.since),
                ":failures": ailing.map_or(0, |ailing| ailing.failures),
                ":until": ailing.map(|ailing| ailing.rests_until),
            },
        )
    }

    /// Notes up to which event a webhook of the agency has been thought of.
    ///
    /// # Errors
    /// [`Error::NotFound`] where the agency has no such webhook, [`Error::Internal`] where SQLite fails.
    pub fn note_reached(&self, scope: &Scope, id: WebhookId, seq: i64) -> Result<()> {
        self.change_webhook(
            "UPDATE webhooks SET reached = :seq WHERE agency_no = :agency AND id = :id",
            named_params! { ":agency": scope.agency_no, ":id": id, ":seq": seq },
        )
    }

    fn change_webhook(&self, sql: &str, values: &[(&str, &dyn rusqlite::ToSql)]) -> Result<()> {
        let changed = self.connection().prepare_cached(sql)?.execute(values)?;
        if changed == 0 { Err(Error::NotFound(Noun::Webhook)) } else { Ok(()) }
    }

    /// Removes a webhook of the agency, and its deliveries.
    ///
    /// # Errors
    /// [`Error::NotFound`] where the agency has no such webhook, [`Error::Internal`] where SQLite fails.
    pub fn remove_webhook(&self, scope: &Scope, id: WebhookId) -> Result<()> {
        self.change_webhook(
            "DELETE FROM webhooks WHERE agency_no = :agency AND id = :id",
            named_params! { ":agency": scope.agency_no, ":id": id },
        )
    }
}

fn webhook(row: &Row<'_>) -> rusqlite::Result<Webhook> {
    let before: Option<Sealed> = row.get(6)?;
    Ok(Webhook {
        id: row.get(0)?,
        url: row.get(1)?,
        wanted: EventTypes::read(row.get(2)?),
        description: row.get(3)?,
        secret: row.get(4)?,
        secret_at: row.get(5)?,
        before: before.zip(row.get(7)?),
        disabled: row.get(8)?,
        reached: row.get(9)?,
        ailing: match row.get(10)? {
            Some(since) => Some(Ailing { since, failures: row.get(11)?, rests_until: row.get(12)? }),
            None => None,
        },
        created_at: row.get(13)?,
    })
}
