//! Webhooks, and their deliveries: which events each is told of, and what came of it.

use rusqlite::{OptionalExtension, Row, named_params, params};

use super::{Change, Snapshot};
use crate::model::{
    Ailing, Delivery, DeliveryId, DeliveryState, Disabled, Error, EventTypes, Noun, Result, Sealed, Timestamp, Webhook,
    WebhookId,
};
use crate::store::Scope;

/// The columns that `webhook` reads.
const COLUMNS: &str =
    "w.id, w.url, w.wanted, w.description, w.secret, w.secret_at, w.secret_before, w.before_until, w.why,
    w.reached, w.failing_since, w.failures, w.rests_until, w.created_at";
/// The columns that `delivery` reads.
const DELIVERY_COLUMNS: &str =
    "d.id, d.seq, coalesce(e.noun || '.' || e.deed, ''), d.state, d.attempts, d.first_at, d.next_at,
    d.last_at, d.last_status, d.said, d.delivered_at";

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

    /// How many deliveries of a webhook of the agency wait, as far as they are counted.
    ///
    /// # Errors
    /// [`Error::Internal`] where SQLite fails.
    pub fn waiting_deliveries(&self, scope: &Scope, webhook: WebhookId, at_most: u32) -> Result<u32> {
        let count = self
            .connection()
            .prepare_cached(
                "SELECT count(*) FROM (SELECT 1 FROM webhook_deliveries INDEXED BY webhook_deliveries_waiting
                     WHERE agency_no = ?1 AND webhook_id = ?2 AND state = 0 LIMIT ?3)",
            )?
            .query_row(params![scope.agency_no, webhook, at_most], |row| row.get(0))?;
        Ok(count)
    }

    /// The first delivery of a webhook of the agency whose time has come: those of the same time in the order of events.
    ///
    /// # Errors
    /// [`Error::Internal`] where SQLite fails.
    pub fn due_delivery(&self, scope: &Scope, webhook: WebhookId, now: Timestamp) -> Result<Option<Delivery>> {
        let found = self
            .connection()
            .prepare_cached(&format!(
                "SELECT {DELIVERY_COLUMNS}
                 FROM webhook_deliveries AS d INDEXED BY webhook_deliveries_waiting
                     LEFT JOIN events AS e INDEXED BY events_of_agency ON e.agency_no = d.agency_no AND e.seq = d.seq
                 WHERE d.agency_no = ?1 AND d.webhook_id = ?2 AND d.state = 0 AND d.next_at <= ?3
                 ORDER BY d.next_at, d.seq LIMIT 1"
            ))?
            .query_row(params![scope.agency_no, webhook, now], delivery)
            .optional()?;
        Ok(found)
    }

    /// The last deliveries of a webhook of the agency, the latest first; all, or those that failed.
    ///
    /// # Errors
    /// [`Error::Internal`] where SQLite fails.
    pub fn deliveries(&self, scope: &Scope, webhook: WebhookId, failed: bool, limit: u32) -> Result<Vec<Delivery>> {
        let mut statement = self.connection().prepare_cached(&if failed {
            format!(
                "SELECT {DELIVERY_COLUMNS}
                 FROM webhook_deliveries AS d INDEXED BY webhook_deliveries_failed
                     LEFT JOIN events AS e INDEXED BY events_of_agency ON e.agency_no = d.agency_no AND e.seq = d.seq
                 WHERE d.agency_no = ?1 AND d.webhook_id = ?2 AND d.state = 2 ORDER BY d.seq DESC LIMIT ?3"
            )
        } else {
            format!(
                "SELECT {DELIVERY_COLUMNS}
                 FROM webhook_deliveries AS d
                     LEFT JOIN events AS e INDEXED BY events_of_agency ON e.agency_no = d.agency_no AND e.seq = d.seq
                 WHERE d.agency_no = ?1 AND d.webhook_id = ?2 ORDER BY d.seq DESC LIMIT ?3"
            )
        })?;
        let found = statement.query_map(params![scope.agency_no, webhook, limit], delivery)?;
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

    /// Adds a delivery to a webhook of the agency, due now.
    ///
    /// # Errors
    /// [`Error::Internal`] where SQLite fails, also where the agency has no such webhook.
    pub fn add_delivery(
        &self,
        scope: &Scope,
        webhook: WebhookId,
        id: DeliveryId,
        seq: i64,
        now: Timestamp,
    ) -> Result<()> {
        self.connection()
            .prepare_cached(
                "INSERT INTO webhook_deliveries (agency_no, webhook_id, seq, id, next_at, created_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?5)",
            )?
            .execute(params![scope.agency_no, webhook, seq, id, now])?;
        Ok(())
    }

    /// Writes where a delivery to a webhook of the agency stands. One that is not there any more is none to write of.
    ///
    /// # Errors
    /// [`Error::Internal`] where SQLite fails.
    pub fn change_delivery(&self, scope: &Scope, delivery: &Delivery) -> Result<()> {
        self.connection()
            .prepare_cached(
                "UPDATE webhook_deliveries
                 SET state = :state, attempts = :attempts, first_at = :first_at, next_at = :next_at, last_at = :last_at,
                     last_status = :last_status, said = :said, delivered_at = :delivered_at
                 WHERE agency_no = :agency AND id = :id",
            )?
            .execute(named_params! {
                ":agency": scope.agency_no,
                ":id": delivery.id,
                ":state": delivery.state,
                ":attempts": delivery.attempts,
                ":first_at": delivery.first_at,
                ":next_at": delivery.next_at,
                ":last_at": delivery.last_at,
                ":last_status": delivery.last_status,
                ":said": delivery.said,
                ":delivered_at": delivery.delivered_at,
            })?;
        Ok(())
    }

    /// Has a delivery of the agency sent as if it never had been.
    ///
    /// # Errors
    /// [`Error::NotFound`] where the agency has no such delivery, [`Error::Internal`] where SQLite fails.
    pub fn send_again(&self, scope: &Scope, id: DeliveryId, now: Timestamp) -> Result<()> {
        let changed = self
            .connection()
            .prepare_cached(
                "UPDATE webhook_deliveries SET state = 0, attempts = 0, first_at = NULL, next_at = ?3, delivered_at = NULL
                 WHERE agency_no = ?1 AND id = ?2",
            )?
            .execute(params![scope.agency_no, id, now])?;
        if changed == 0 { Err(Error::NotFound(Noun::Delivery)) } else { Ok(()) }
    }

    /// Has all deliveries that wait for a webhook of the agency sent as if none of them ever had been.
    ///
    /// # Errors
    /// [`Error::Internal`] where SQLite fails.
    pub fn send_waiting_again(&self, scope: &Scope, webhook: WebhookId, now: Timestamp) -> Result<()> {
        self.connection()
            .prepare_cached(
                "UPDATE webhook_deliveries SET attempts = 0, first_at = NULL, next_at = ?3
                 WHERE agency_no = ?1 AND webhook_id = ?2 AND state = 0",
            )?
            .execute(params![scope.agency_no, webhook, now])?;
        Ok(())
    }

    /// Gives up all deliveries that wait for a webhook of the agency.
    ///
    /// # Errors
    /// [`Error::Internal`] where SQLite fails.
    pub fn give_waiting_up(&self, scope: &Scope, webhook: WebhookId) -> Result<()> {
        self.connection()
            .prepare_cached(
                "UPDATE webhook_deliveries SET state = 2, next_at = NULL
                 WHERE agency_no = ?1 AND webhook_id = ?2 AND state = 0",
            )?
            .execute(params![scope.agency_no, webhook])?;
        Ok(())
    }

    /// Forgets deliveries that were begun at this time or before, whosever they are.
    ///
    /// # Errors
    /// [`Error::Internal`] where SQLite fails.
    pub fn forget_deliveries(&self, until: Timestamp) -> Result<()> {
        self.connection().prepare_cached("DELETE FROM webhook_deliveries WHERE created_at <= ?1")?.execute([until])?;
        Ok(())
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

fn delivery(row: &Row<'_>) -> rusqlite::Result<Delivery> {
    Ok(Delivery {
        id: row.get(0)?,
        seq: row.get(1)?,
        event_type: row.get(2)?,
        state: row.get::<_, DeliveryState>(3)?,
        attempts: row.get(4)?,
        first_at: row.get(5)?,
        next_at: row.get(6)?,
        last_at: row.get(7)?,
        last_status: row.get(8)?,
        said: row.get(9)?,
        delivered_at: row.get(10)?,
    })
}
