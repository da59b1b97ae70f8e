//! Accounts at carriers: an agency's own, and those that it may use of its ancestors'.

use rusqlite::{OptionalExtension, Row, ToSql, params};

use super::{Change, Snapshot, is_taken};
use crate::model::{
    AccountId, AgencyId, Carrier, CarrierAccount, Error, Noun, NumberId, Result, Sealed, Text, Timestamp, Trunk,
};
use crate::store::Scope;

/// The columns that `account` reads.
const COLUMNS: &str = "c.id, c.carrier, c.name, c.label, c.url, c.credentials, c.credentials_at, c.allowed_addresses,
    c.address, c.transport, c.prefix, c.username, c.logs_read_until, c.created_at, c.webhook_key,
    c.media_encryption, c.room_name";

/// An account, and whose it is.
#[derive(Clone, Debug)]
pub struct Reachable {
    /// The agency that has it: the caller's, or an ancestor of it.
    pub owner: AgencyId,
    /// The account.
    pub account: CarrierAccount,
}

impl Snapshot<'_> {
    /// The accounts that an agency may use: its own, then its parent's, and so on up; of each agency the newest first.
    ///
    /// # Errors
    /// [`Error::Internal`] where SQLite fails.
    pub fn accounts_in_reach(&self, scope: &Scope) -> Result<Vec<Reachable>> {
        self.in_reach("", params![scope.agency_no])
    }

    /// Those of them that numbers are rented with. Of trunks there may be one for each number.
    ///
    /// # Errors
    /// [`Error::Internal`] where SQLite fails.
    pub fn renting_accounts_in_reach(&self, scope: &Scope) -> Result<Vec<Reachable>> {
        self.in_reach("AND c.carrier IN (2, 3)", params![scope.agency_no])
    }

    /// The account that a number of this agency is known to be at, where the agency may use it.
    ///
    /// # Errors
    /// [`Error::Internal`] where SQLite fails.
    pub fn account_in_reach(&self, scope: &Scope, carrier: Carrier, name: &str) -> Result<Option<Reachable>> {
        let found = self.in_reach("AND c.carrier = ?2 AND c.name = ?3", params![scope.agency_no, carrier, name])?;
        Ok(found.into_iter().next())
    }

    fn in_reach(&self, which: &'static str, values: &[&dyn ToSql]) -> Result<Vec<Reachable>> {
        // CROSS: SQLite takes the agencies first, and looks up their accounts.
        let mut statement = self.connection().prepare_cached(&format!(
            "WITH RECURSIVE line (agency_no, id, parent_no, distance) AS (
                 SELECT agency_no, id, parent_no, 0 FROM agencies WHERE agency_no = ?1
                 UNION ALL
                 SELECT a.agency_no, a.id, a.parent_no, line.distance + 1
                 FROM agencies AS a JOIN line ON a.agency_no = line.parent_no
             )
             SELECT {COLUMNS}, line.id FROM line CROSS JOIN carrier_accounts AS c ON c.agency_no = line.agency_no {which}
             ORDER BY line.distance, c.created_at DESC, c.id DESC"
        ))?;
        let found = statement.query_map(values, |row| Ok(Reachable { account: account(row)?, owner: row.get(17)? }))?;
        Ok(found.collect::<rusqlite::Result<_>>()?)
    }

    /// One account of the agency's own.
    ///
    /// # Errors
    /// [`Error::NotFound`] where the agency has no such account, [`Error::Internal`] where SQLite fails.
    pub fn account(&self, scope: &Scope, id: AccountId) -> Result<CarrierAccount> {
        self.connection()
            .prepare_cached(&format!(
                "SELECT {COLUMNS} FROM carrier_accounts AS c WHERE c.agency_no = ?1 AND c.id = ?2"
            ))?
            .query_row(params![scope.agency_no, id], account)
            .optional()?
            .ok_or(Error::NotFound(Noun::Account))
    }

    /// Every account, whosever it is: only the one who keeps house may ask.
    ///
    /// # Errors
    /// [`Error::Internal`] where SQLite fails.
    pub fn all_accounts(&self) -> Result<Vec<(Scope, CarrierAccount)>> {
        let mut statement = self.connection().prepare_cached(&format!(
            "SELECT {COLUMNS}, c.agency_no, a.id
             FROM carrier_accounts AS c JOIN agencies AS a ON a.agency_no = c.agency_no ORDER BY c.agency_no, c.id"
        ))?;
        let found = statement
            .query_map([], |row| Ok((Scope { agency_no: row.get(17)?, agency: row.get(18)? }, account(row)?)))?;
        Ok(found.collect::<rusqlite::Result<_>>()?)
    }

    /// An account by its id, whosever it is: only what its carrier calls may ask.
    ///
    /// # Errors
    /// [`Error::Internal`] where SQLite fails.
    pub fn account_anywhere(&self, id: AccountId) -> Result<Option<(Scope, CarrierAccount)>> {
        let found = self
            .connection()
            .prepare_cached(&format!(
                "SELECT {COLUMNS}, c.agency_no, a.id
                 FROM carrier_accounts AS c JOIN agencies AS a ON a.agency_no = c.agency_no WHERE c.id = ?1"
            ))?
            .query_row([id], |row| Ok((Scope { agency_no: row.get(17)?, agency: row.get(18)? }, account(row)?)))
            .optional()?;
        Ok(found)
    }

    /// How many numbers that are not released, and how many orders that are under way, are known to be at an account,
    /// whosever they are: only an operator may ask.
    ///
    /// # Errors
    /// [`Error::Internal`] where SQLite fails.
    pub fn hangs_on(&self, carrier: Carrier, name: &str) -> Result<(u64, u64)> {
        let counts = self
            .connection()
            .prepare_cached(
                "SELECT (SELECT count(*) FROM agency_phone_numbers INDEXED BY numbers_live_at_carrier
                         WHERE carrier = ?1 AND carrier_account = ?2 AND status <> 3),
                     (SELECT count(*) FROM orders WHERE carrier = ?1 AND carrier_account = ?2 AND state NOT IN (2, 3))",
            )?
            .query_row(params![carrier, name], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(counts)
    }
}

impl Change<'_> {
    /// Adds an account of the agency.
    ///
    /// # Errors
    /// [`Error::Exists`] where the agency has it already, [`Error::Internal`] where SQLite fails.
    pub fn add_account(&self, scope: &Scope, account: &CarrierAccount) -> Result<()> {
        let trunk = account.trunk.clone().unwrap_or_default();
        self.connection()
            .prepare_cached(
                "INSERT INTO carrier_accounts (agency_no, id, carrier, name, label, url, credentials, credentials_at,
                     allowed_addresses, address, transport, prefix, username, logs_read_until, created_at, webhook_key,
                     media_encryption, room_name)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18)",
            )?
            .execute(params![
                scope.agency_no,
                account.id,
                account.carrier,
                account.name,
                account.label,
                account.url,
                account.credentials,
                account.credentials_at,
                trunk.allowed_addresses,
                trunk.address,
                trunk.transport,
                trunk.prefix,
                trunk.username,
                account.logs_read_until,
                account.created_at,
                account.webhook_key,
                trunk.media_encryption,
                trunk.room_name
            ])
            .map_err(|error| if is_taken(&error) { Error::Exists("this account") } else { error.into() })?;
        Ok(())
    }

    /// Gives an account of the agency other credentials, or the same, encrypted anew; `at` is when they were given.
    ///
    /// # Errors
    /// [`Error::NotFound`] where the agency has no such account, [`Error::Internal`] where SQLite fails.
    pub fn set_credentials(&self, scope: &Scope, id: AccountId, sealed: &Sealed, at: Timestamp) -> Result<()> {
        let changed = self
            .connection()
            .prepare_cached(
                "UPDATE carrier_accounts SET credentials = ?3, credentials_at = ?4 WHERE agency_no = ?1 AND id = ?2",
            )?
            .execute(params![scope.agency_no, id, sealed, at])?;
        if changed == 0 { Err(Error::NotFound(Noun::Account)) } else { Ok(()) }
    }

    /// Notes up to when the logs of an account of the agency have been read.
    ///
    /// # Errors
    /// [`Error::NotFound`] where the agency has no such account, [`Error::Internal`] where SQLite fails.
    pub fn note_logs_read(&self, scope: &Scope, id: AccountId, until: Timestamp) -> Result<()> {
        let changed = self
            .connection()
            .prepare_cached("UPDATE carrier_accounts SET logs_read_until = ?3 WHERE agency_no = ?1 AND id = ?2")?
            .execute(params![scope.agency_no, id, until])?;
        if changed == 0 { Err(Error::NotFound(Noun::Account)) } else { Ok(()) }
    }

    /// Removes an account of the agency, and what let us in with it.
    ///
    /// # Errors
    /// [`Error::NotFound`] where the agency has no such account, [`Error::Internal`] where SQLite fails.
    pub fn remove_account(&self, scope: &Scope, id: AccountId) -> Result<()> {
        let removed = self
            .connection()
            .prepare_cached("DELETE FROM carrier_accounts WHERE agency_no = ?1 AND id = ?2")?
            .execute(params![scope.agency_no, id])?;
        if removed == 0 { Err(Error::NotFound(Noun::Account)) } else { Ok(()) }
    }

    /// Notes that a number of the agency was used, unless a later use is known.
    ///
    /// # Errors
    /// [`Error::Internal`] where SQLite fails, also where the agency has no such number.
    pub fn note_use(&self, scope: &Scope, number: NumberId, at: Timestamp) -> Result<()> {
        self.connection()
            .prepare_cached(
                "INSERT INTO number_uses (agency_no, number_id, last_used_at) VALUES (?1, ?2, ?3)
                 ON CONFLICT (agency_no, number_id) DO UPDATE SET last_used_at = max(last_used_at, ?3)",
            )?
            .execute(params![scope.agency_no, number, at])?;
        Ok(())
    }
}

impl Snapshot<'_> {
    /// When a number of the agency was last used, by the carrier's logs, as far as they have been read.
    ///
    /// # Errors
    /// [`Error::Internal`] where SQLite fails.
    pub fn last_used(&self, scope: &Scope, number: NumberId) -> Result<Option<Timestamp>> {
        let at = self
            .connection()
            .prepare_cached("SELECT last_used_at FROM number_uses WHERE agency_no = ?1 AND number_id = ?2")?
            .query_row(params![scope.agency_no, number], |row| row.get(0))
            .optional()?;
        Ok(at)
    }
}

fn account(row: &Row<'_>) -> rusqlite::Result<CarrierAccount> {
    let carrier = row.get(1)?;
    let trunk = Trunk {
        allowed_addresses: row.get(7)?,
        address: row.get(8)?,
        transport: row.get(9)?,
        prefix: row.get(10)?,
        username: row.get(11)?,
        media_encryption: row.get(15)?,
        room_name: row.get(16)?,
    };
    Ok(CarrierAccount {
        id: row.get(0)?,
        carrier,
        name: row.get::<_, Text>(2)?,
        label: row.get(3)?,
        url: row.get(4)?,
        credentials: row.get(5)?,
        credentials_at: row.get(6)?,
        trunk: (carrier == Carrier::Sip).then_some(trunk),
        logs_read_until: row.get(12)?,
        created_at: row.get(13)?,
        webhook_key: row.get(14)?,
    })
}
