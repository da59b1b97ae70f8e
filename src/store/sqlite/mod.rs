//! The SQLite engine: one writing connection, a pool of read-only ones, and a file per noun.

mod access;
mod accounts;
mod agencies;
mod agents;
mod bulk;
mod columns;
mod deliveries;
mod doctor;
mod events;
mod keys;
mod lists;
mod memory;
mod messages;
mod migrations;
mod numbers;
mod open;
mod orders;
#[cfg(test)]
mod plans;
mod repeats;
mod users;
mod webhooks;

use std::ops::Deref;

use metrics::counter;
use rusqlite::{Connection, ErrorCode, TransactionBehavior, params};

pub use accounts::Reachable;
pub use doctor::Diagnosis;
pub use migrations::{Migrated, migrate, migration_status};
pub use open::{OpenError, Store};
pub use orders::Due;
pub use repeats::Earlier;
pub use webhooks::Listening;

use open::Memory;

use crate::model::{By, Error, Result};

/// One moment of the store, for reading.
pub struct Snapshot<'c> {
    connection: &'c Connection,
    /// None where rows may be seen that will never be: nothing of them must be kept.
    memory: Option<&'c Memory>,
}

/// One deed on the store. It also reads, and sees what it has written.
pub struct Change<'c> {
    snapshot: Snapshot<'c>,
}

impl<'c> Deref for Change<'c> {
    type Target = Snapshot<'c>;

    fn deref(&self) -> &Snapshot<'c> {
        &self.snapshot
    }
}

impl Snapshot<'_> {
    fn connection(&self) -> &Connection {
        self.connection
    }
}

/// A transaction for reading, whose two statements are prepared once: parsing them each time is a tenth of what it costs to
/// find out that an answer is kept.
struct Moment<'c>(&'c Connection);

impl<'c> Moment<'c> {
    fn begin(connection: &'c Connection) -> rusqlite::Result<Self> {
        // One whose end failed has been left open.
        if !connection.is_autocommit() {
            connection.execute_batch("ROLLBACK")?;
        }
        connection.prepare_cached("BEGIN")?.execute([])?;
        Ok(Self(connection))
    }
}

impl Drop for Moment<'_> {
    fn drop(&mut self) {
        // SQLite ends it itself after some errors.
        if !self.0.is_autocommit() {
            let _ = self.0.prepare_cached("ROLLBACK").and_then(|mut end| end.execute([]));
        }
    }
}

impl Store {
    /// Shows one moment of the store.
    ///
    /// # Errors
    /// What `look` returns, and [`Error::Internal`] where SQLite fails.
    pub fn read<T, E: From<Error>>(&self, look: impl FnOnce(&Snapshot) -> Result<T, E>) -> Result<T, E> {
        counter!("linekeeper_store_transactions_total", "kind" => "read").increment(1);
        let connection = self.readers.get().map_err(Error::internal)?;
        let _moment = Moment::begin(&connection).map_err(Error::from)?;
        look(&Snapshot { connection: &connection, memory: Some(&self.memory) })
    }

    /// Does one deed of the operator's: all of it is durable when this returns `Ok`, none of it when it returns `Err`.
    ///
    /// # Errors
    /// What `deed` returns, and [`Error::Internal`] where SQLite fails.
    pub fn write<T, E: From<Error>>(&self, deed: impl FnOnce(&Change) -> Result<T, E>) -> Result<T, E> {
        self.write_by(&By::OPERATOR, deed)
    }

    /// Does one deed on somebody's behalf, whose name its events bear.
    ///
    /// # Errors
    /// As [`Store::write`].
    pub fn write_by<T, E: From<Error>>(&self, by: &By, deed: impl FnOnce(&Change) -> Result<T, E>) -> Result<T, E> {
        counter!("linekeeper_store_transactions_total", "kind" => "write").increment(1);
        let mut connection = self.writer.get().map_err(Error::internal)?;
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(Error::from)?;
        let act = "UPDATE acting SET actor = ?1, request_id = ?2, at = ?3";
        let acting = |actor, request_id, at| -> Result<()> {
            transaction.prepare_cached(act)?.execute(params![actor, request_id, at])?;
            Ok(())
        };
        acting(Some(by.actor.to_string()), by.request_id.as_deref(), by.at)?;
        let done = deed(&Change { snapshot: Snapshot { connection: &transaction, memory: None } })?;
        // What another program writes next is not this one's doing.
        acting(None, None, None)?;
        transaction.commit().map_err(Error::from)?;
        Ok(done)
    }

    /// Does one deed on somebody's behalf that stands only where `deed` says so beside what it gives: otherwise none of it is
    /// done, and what it would have come to is given all the same.
    ///
    /// # Errors
    /// As [`Store::write`].
    pub fn write_if<T>(&self, by: &By, deed: impl FnOnce(&Change) -> Result<(T, bool)>) -> Result<T> {
        let outcome = self.write_by(by, |change| match deed(change)? {
            (done, true) => Ok(done),
            (tried, false) => Err(Undone::Tried(tried)),
        });
        match outcome {
            Ok(report) | Err(Undone::Tried(report)) => Ok(report),
            Err(Undone::Failed(error)) => Err(error),
        }
    }
}

/// How a deed ended that does not stand.
enum Undone<T> {
    Tried(T),
    Failed(Error),
}

impl<T> From<Error> for Undone<T> {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

/// The engine's name and version.
#[must_use]
pub fn engine() -> String {
    format!("SQLite {}", rusqlite::version())
}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) { Self::Busy } else { Self::internal(error) }
    }
}

/// Whether a write was refused because something unique is there already.
fn is_taken(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error().map(|e| e.extended_code),
        Some(rusqlite::ffi::SQLITE_CONSTRAINT_UNIQUE | rusqlite::ffi::SQLITE_CONSTRAINT_PRIMARYKEY)
    )
}
