//! Agencies, as the operator keeps them.

use rusqlite::params;

use super::{Change, Snapshot, is_taken};
use crate::model::{Agency, AgencyId, Allowance, Error, Money, Result};
use crate::store::Scope;

impl Snapshot<'_> {
    /// Every agency, oldest first.
    ///
    /// # Errors
    /// [`Error::Internal`] where SQLite fails.
    pub fn agencies(&self) -> Result<Vec<Agency>> {
        let mut statement = self.connection().prepare_cached(
            "SELECT a.id, p.id, a.name, a.created_at
             FROM agencies AS a LEFT JOIN agencies AS p ON p.agency_no = a.parent_no
             ORDER BY a.agency_no",
        )?;
        let agencies = statement.query_map([], |row| {
            Ok(Agency { id: row.get(0)?, parent: row.get(1)?, name: row.get(2)?, created_at: row.get(3)? })
        })?;
        Ok(agencies.collect::<rusqlite::Result<_>>()?)
    }

    /// An agency's name.
    ///
    /// # Errors
    /// [`Error::Internal`] where SQLite fails.
    pub fn agency_name(&self, scope: &Scope) -> Result<String> {
        let name = self
            .connection()
            .prepare_cached("SELECT name FROM agencies WHERE agency_no = ?1")?
            .query_row([scope.agency_no], |row| row.get(0))?;
        Ok(name)
    }

    /// The agency's revision: it differs whenever what the agency's lists show may differ.
    ///
    /// # Errors
    /// [`Error::Internal`] where SQLite fails.
    pub fn revision(&self, scope: &Scope) -> Result<i64> {
        let revision = self
            .connection()
            .prepare_cached("SELECT revision FROM agencies WHERE agency_no = ?1")?
            .query_row([scope.agency_no], |row| row.get(0))?;
        Ok(revision)
    }
}

impl Snapshot<'_> {
    /// What the agency may have at once.
    ///
    /// # Errors
    /// [`Error::Internal`] where SQLite fails.
    pub fn allowance(&self, scope: &Scope) -> Result<Allowance> {
        let allowance = self
            .connection()
            .prepare_cached("SELECT max_numbers, monthly_budget, budget_currency FROM agencies WHERE agency_no = ?1")?
            .query_row([scope.agency_no], |row| {
                let monthly = row.get::<_, Option<Money>>(1)?.zip(row.get(2)?);
                Ok(Allowance { numbers: row.get(0)?, monthly })
            })?;
        Ok(allowance)
    }
}

impl Change<'_> {
    /// Says what an agency may have at once.
    ///
    /// # Errors
    /// [`Error::Internal`] where SQLite fails.
    pub fn allow(&self, scope: &Scope, allowance: &Allowance) -> Result<()> {
        let (budget, currency) = allowance.monthly.clone().unzip();
        self.connection()
            .prepare_cached(
                "UPDATE agencies SET max_numbers = ?2, monthly_budget = ?3, budget_currency = ?4 WHERE agency_no = ?1",
            )?
            .execute(params![scope.agency_no, allowance.numbers, budget, currency])?;
        Ok(())
    }

    /// Adds an agency and gives its scope.
    ///
    /// # Errors
    /// [`Error::Exists`] where the id is taken, [`Error::Internal`] where SQLite fails.
    pub fn add_agency(&self, agency: &Agency, parent: Option<&Scope>) -> Result<Scope> {
        self.connection()
            .prepare_cached("INSERT INTO agencies (id, parent_no, name, created_at) VALUES (?1, ?2, ?3, ?4)")?
            .execute(params![agency.id, parent.map(|scope| scope.agency_no), agency.name, agency.created_at])
            .map_err(|error| if is_taken(&error) { Error::Exists("an agency with this id") } else { error.into() })?;
        Ok(Scope { agency_no: self.connection().last_insert_rowid(), agency: agency.id })
    }

    /// Gives an agency another name.
    ///
    /// # Errors
    /// [`Error::Internal`] where SQLite fails.
    pub fn rename_agency(&self, scope: &Scope, name: &str) -> Result<()> {
        self.connection()
            .prepare_cached("UPDATE agencies SET name = ?2 WHERE agency_no = ?1")?
            .execute(params![scope.agency_no, name])?;
        Ok(())
    }

    /// Puts an agency under another, or under none.
    ///
    /// # Errors
    /// [`Error::Invalid`] where the agency would become its own ancestor, [`Error::Internal`] where SQLite fails.
    pub fn move_agency(&self, scope: &Scope, parent: Option<AgencyId>) -> Result<()> {
        let circular = self
            .connection()
            .prepare_cached(
                "WITH RECURSIVE line (agency_no, parent_no) AS (
                     SELECT agency_no, parent_no FROM agencies WHERE id = ?2
                     UNION
                     SELECT a.agency_no, a.parent_no FROM agencies AS a JOIN line ON a.agency_no = line.parent_no
                 )
                 SELECT EXISTS (SELECT 1 FROM line WHERE agency_no = ?1)",
            )?
            .query_row(params![scope.agency_no, parent], |row| row.get::<_, bool>(0))?;
        if circular {
            return Err(Error::Invalid { field: "parent", reason: "an agency cannot be its own ancestor".into() });
        }
        self.connection()
            .prepare_cached(
                "UPDATE agencies SET parent_no = (SELECT p.agency_no FROM agencies AS p WHERE p.id = ?2)
                 WHERE agency_no = ?1",
            )?
            .execute(params![scope.agency_no, parent])?;
        Ok(())
    }
}
