//! Deliveries: which events webhooks are told of, and what came of it.

use rusqlite::{OptionalExtension, Row, named_params, params};

use super::{Change, Snapshot};
use crate::model::{Delivery, DeliveryId, DeliveryState, Error, Noun, Result, Timestamp, WebhookId};
use crate::store::Scope;

/// The columns that `delivery` reads.
const COLUMNS: &str = "d.id, d.seq, coalesce(e.noun || '.' || e.deed, ''), d.state, d.attempts, d.first_at, d.next_at,
    d.last_at, d.last_status, d.said, d.delivered_at";

impl Snapshot<'_> {
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
                "SELECT {COLUMNS}
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
                "SELECT {COLUMNS}
                 FROM webhook_deliveries AS d INDEXED BY webhook_deliveries_failed
                     LEFT JOIN events AS e INDEXED BY events_of_agency ON e.agency_no = d.agency_no AND e.seq = d.seq
                 WHERE d.agency_no = ?1 AND d.webhook_id = ?2 AND d.state = 2 ORDER BY d.seq DESC LIMIT ?3"
            )
        } else {
            format!(
                "SELECT {COLUMNS}
                 FROM webhook_deliveries AS d
                     LEFT JOIN events AS e INDEXED BY events_of_agency ON e.agency_no = d.agency_no AND e.seq = d.seq
                 WHERE d.agency_no = ?1 AND d.webhook_id = ?2 ORDER BY d.seq DESC LIMIT ?3"
            )
        })?;
        let found = statement.query_map(params![scope.agency_no, webhook, limit], delivery)?;
        Ok(found.collect::<rusqlite::Result<_>>()?)
    }
}

impl Change<'_> {
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
