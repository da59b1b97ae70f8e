//! Looking after the database: is it sound, is it writable, do its counters agree with its rows?

use std::time::Duration;

use rusqlite::{ErrorCode, TransactionBehavior};

use super::migrations::{self, SchemaVersion};
use super::open::is_damage;
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

/// How long a probe waits for the writing connection before it takes the wait for a sign of life.
const PROBE_PATIENCE: Duration = Duration::from_millis(200);

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
        let mut diagnosis = Diagnosis::default();
        match self.examine_rows(&mut diagnosis) {
            // What lies behind damage cannot be examined; that is the finding.
            Err(error) if is_damage(&error) => {
                diagnosis.findings.push(format!("SQLite finds the file damaged: {error}"));
            }
            other => other?,
        }
        Ok(diagnosis)
    }

    fn examine_rows(&self, diagnosis: &mut Diagnosis) -> rusqlite::Result<()> {
        let connection = self.connection();
        let mut check = connection.prepare("PRAGMA integrity_check")?;
        let mut lines = check.query([])?;
        while let Some(row) = lines.next()? {
            let line: String = row.get(0)?;
            if line != "ok" {
                diagnosis.findings.push(format!("SQLite finds the file damaged: {line}"));
            }
        }
        for (count, table) in
            diagnosis.rows.iter_mut().zip(["agencies", "users", "agent_mappings", "agency_phone_numbers"])
        {
            *count = connection.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0))?;
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
        Ok(())
    }
}

impl Store {
    /// Makes sure that the store can serve right now: it reads, it writes, its schema is current. Nothing is changed.
    ///
    /// # Errors
    /// [`Error::Internal`] with the reason why not.
    pub fn check(&self) -> Result<()> {
        self.data_dir.probe().map_err(Error::internal)?;
        if !self.data_dir.database().exists() {
            return Err(Error::internal("the database file is gone"));
        }
        let reader = self.readers.get().map_err(Error::internal)?;
        if !matches!(migrations::version(&reader)?, SchemaVersion::Current) {
            return Err(Error::internal("the schema is not the one this program needs"));
        }
        // Somebody writing is proof enough that writing works; a connection that cannot be made is none.
        let mut writer = match self.writer.get_timeout(PROBE_PATIENCE) {
            Ok(writer) => writer,
            Err(_) if self.writer.state().connections > 0 => return Ok(()),
            Err(error) => return Err(Error::internal(error)),
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
