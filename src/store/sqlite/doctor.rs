//! Looking after the database: is it sound, is it writable, do its counters agree with its rows?

use std::time::Duration;

use rusqlite::{ErrorCode, TransactionBehavior};

use super::migrations::{self, SchemaVersion};
use super::{Snapshot, Store};
use crate::model::{Error, Result};

/// What an examination found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Diagnosis {
    /// Agencies, users, agents and numbers that were counted.
    pub rows: [u64; 4],
    /// What is wrong, a sentence each. Empty: sound.
    pub findings: Vec<String>,
}

/// Whether the store can serve.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Health {
    /// It reads, it writes, its schema is current.
    Ready,
    /// It does not, and why.
    Unready(String),
}

/// Where the counters and the rows disagree.
const DRIFT: [(&str, &str); 2] = [
    (
        "number_counts",
        "SELECT count(*) FROM (
             SELECT agency_no, status, assigned, numbers FROM number_counts WHERE numbers > 0
             EXCEPT SELECT agency_no, status, assigned, count(*) FROM agency_phone_numbers GROUP BY 1, 2, 3
             UNION ALL SELECT * FROM (
             SELECT agency_no, status, assigned, count(*) FROM agency_phone_numbers GROUP BY 1, 2, 3
             EXCEPT SELECT agency_no, status, assigned, numbers FROM number_counts))",
    ),
    (
        "agent_number_counts",
        "SELECT count(*) FROM (
             SELECT agency_no, agent_mapping_id, status, numbers FROM agent_number_counts WHERE numbers > 0
             EXCEPT SELECT agency_no, agent_mapping_id, status, count(*) FROM agency_phone_numbers
                 WHERE agent_mapping_id IS NOT NULL GROUP BY 1, 2, 3
             UNION ALL SELECT * FROM (
             SELECT agency_no, agent_mapping_id, status, count(*) FROM agency_phone_numbers
                 WHERE agent_mapping_id IS NOT NULL GROUP BY 1, 2, 3
             EXCEPT SELECT agency_no, agent_mapping_id, status, numbers FROM agent_number_counts))",
    ),
];

impl Snapshot<'_> {
    /// Examines the whole database: SQLite's own integrity check, the foreign keys, and a recount.
    ///
    /// # Errors
    /// [`Error::Internal`] where SQLite cannot even examine.
    pub fn examine(&self) -> Result<Diagnosis> {
        let connection = self.connection();
        let mut diagnosis = Diagnosis::default();
        for (count, table) in
            diagnosis.rows.iter_mut().zip(["agencies", "users", "agent_mappings", "agency_phone_numbers"])
        {
            *count = connection.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0))?;
        }
        let mut check = connection.prepare("PRAGMA integrity_check")?;
        let mut lines = check.query([])?;
        while let Some(row) = lines.next()? {
            let line: String = row.get(0)?;
            if line != "ok" {
                diagnosis.findings.push(format!("SQLite finds the file damaged: {line}"));
            }
        }
        let mut check = connection.prepare("PRAGMA foreign_key_check")?;
        let mut orphans = check.query([])?;
        while let Some(row) = orphans.next()? {
            let (table, parent): (String, String) = (row.get(0)?, row.get(2)?);
            diagnosis.findings.push(format!("a row of {table} points at a row of {parent} that is not there"));
        }
        for (table, disagreements) in DRIFT {
            let rows: u64 = connection.query_row(disagreements, [], |row| row.get(0))?;
            if rows > 0 {
                diagnosis.findings.push(format!("{table} disagrees with the numbers in {rows} rows"));
            }
        }
        Ok(diagnosis)
    }
}

impl Store {
    /// Whether the store can serve right now. Nothing is changed.
    #[must_use]
    pub fn health(&self) -> Health {
        match self.try_health() {
            Ok(()) => Health::Ready,
            Err(error) => Health::Unready(error.to_string()),
        }
    }

    fn try_health(&self) -> Result<()> {
        self.data_dir.probe().map_err(Error::internal)?;
        let reader = self.readers.get().map_err(Error::internal)?;
        if !matches!(migrations::version(&reader)?, SchemaVersion::Current) {
            return Err(Error::internal("the schema is not the one this program needs"));
        }
        let Some(mut writer) = self.writer.try_get() else {
            // Somebody writing is proof enough that writing works; a connection that cannot be made is none.
            return if self.writer.state().connections > 0 {
                Ok(())
            } else {
                Err(Error::internal("cannot be written"))
            };
        };
        writer.busy_timeout(Duration::ZERO)?;
        let began = writer.transaction_with_behavior(TransactionBehavior::Immediate).map(drop);
        writer.busy_timeout(super::open::BUSY_TIMEOUT)?;
        match began {
            Err(error) if error.sqlite_error_code() != Some(ErrorCode::DatabaseBusy) => Err(error.into()),
            _ => Ok(()),
        }
    }

    /// Moves what the journal holds into the database file, as far as readers allow. Done before a clean exit.
    ///
    /// # Errors
    /// [`Error::Internal`] where SQLite fails.
    pub fn checkpoint(&self) -> Result<()> {
        let writer = self.writer.get().map_err(Error::internal)?;
        writer.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
        Ok(())
    }
}
