//! Events: what was changed, by whom. Triggers write them; here they are only read.

use rusqlite::{OptionalExtension, Row, params};
use uuid::Uuid;

use super::Snapshot;
use crate::model::{Event, Result};
use crate::store::Scope;

impl Snapshot<'_> {
    /// The events behind a place, of an agency or, for the operator, of all, in the order in which they happened.
    ///
    /// # Errors
    /// [`Error::Internal`](crate::model::Error::Internal) where SQLite fails.
    pub fn events(&self, agency: Option<&Scope>, after: i64, limit: u32) -> Result<Vec<Event>> {
        let events: rusqlite::Result<_> = match agency {
            Some(scope) => self
                .connection()
                .prepare_cached(
                    "SELECT e.seq, a.id, e.at, e.actor, e.request_id, e.noun, e.subject, e.deed, e.before, e.after
                     FROM events AS e LEFT JOIN agencies AS a ON a.agency_no = e.agency_no
                     WHERE e.agency_no = ?1 AND e.seq > ?2 ORDER BY e.seq LIMIT ?3",
                )?
                .query_map(params![scope.agency_no, after, limit], event)?
                .collect(),
            None => self
                .connection()
                .prepare_cached(
                    "SELECT e.seq, a.id, e.at, e.actor, e.request_id, e.noun, e.subject, e.deed, e.before, e.after
                     FROM events AS e LEFT JOIN agencies AS a ON a.agency_no = e.agency_no
                     WHERE e.seq > ?1 ORDER BY e.seq LIMIT ?2",
                )?
                .query_map(params![after, limit], event)?
                .collect(),
        };
        Ok(events?)
    }

    /// The place behind which only the last so many events lie, of an agency or of all.
    ///
    /// # Errors
    /// [`Error::Internal`](crate::model::Error::Internal) where SQLite fails.
    pub fn place_before_last_events(&self, agency: Option<&Scope>, count: u32) -> Result<i64> {
        let place = match agency {
            Some(scope) => self
                .connection()
                .prepare_cached("SELECT seq FROM events WHERE agency_no = ?1 ORDER BY seq DESC LIMIT 1 OFFSET ?2")?
                .query_row(params![scope.agency_no, count], |row| row.get(0)),
            None => self
                .connection()
                .prepare_cached("SELECT seq FROM events ORDER BY seq DESC LIMIT 1 OFFSET ?1")?
                .query_row([count], |row| row.get(0)),
        };
        Ok(place.optional()?.unwrap_or(0))
    }
}

fn event(row: &Row<'_>) -> rusqlite::Result<Event> {
    Ok(Event {
        seq: row.get(0)?,
        agency: row.get(1)?,
        at: row.get(2)?,
        actor: row.get(3)?,
        request_id: row.get(4)?,
        noun: row.get(5)?,
        subject: Uuid::from_bytes(row.get(6)?),
        deed: row.get(7)?,
        before: row.get(8)?,
        after: row.get(9)?,
    })
}
