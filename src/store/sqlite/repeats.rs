//! Repeats: which requests were answered already, and how.

use rusqlite::{OptionalExtension, params};

use super::{Change, Snapshot};
use crate::model::{Actor, BasketId, Result, Timestamp};
use crate::store::Scope;

/// A request that bore an idempotency key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Earlier {
    /// SHA-256 of what was asked: the endpoint and the body.
    pub request: [u8; 32],
    /// What it ordered.
    pub basket: BasketId,
    /// The status and the body it was answered with; none while it is not.
    pub answer: Option<(u16, Vec<u8>)>,
}

impl Snapshot<'_> {
    /// The request that bore this key of a caller's, if it came after `since`.
    ///
    /// # Errors
    /// [`Error::Internal`](crate::model::Error::Internal) where SQLite fails.
    pub fn earlier(&self, scope: &Scope, caller: Actor, key: &str, since: Timestamp) -> Result<Option<Earlier>> {
        let earlier = self
            .connection()
            .prepare_cached(
                "SELECT request_sha256, basket, status, answer FROM idempotency_keys
                 WHERE agency_no = ?1 AND caller = ?2 AND key = ?3 AND created_at > ?4",
            )?
            .query_row(params![scope.agency_no, caller.to_string(), key, since], |row| {
                let answer = match row.get(2)? {
                    Some(status) => Some((status, row.get(3)?)),
                    None => None,
                };
                Ok(Earlier { request: row.get(0)?, basket: row.get(1)?, answer })
            })
            .optional()?;
        Ok(earlier)
    }
}

impl Change<'_> {
    /// Remembers a request by its key. One that bore it too long ago is forgotten.
    ///
    /// # Errors
    /// [`Error::Internal`](crate::model::Error::Internal) where SQLite fails.
    pub fn remember(&self, scope: &Scope, caller: Actor, key: &str, earlier: &Earlier, at: Timestamp) -> Result<()> {
        self.connection()
            .prepare_cached(
                "INSERT OR REPLACE INTO idempotency_keys (agency_no, caller, key, request_sha256, basket, created_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?
            .execute(params![scope.agency_no, caller.to_string(), key, earlier.request, earlier.basket, at])?;
        Ok(())
    }

    /// Remembers how a request was answered. The first answer stays.
    ///
    /// # Errors
    /// [`Error::Internal`](crate::model::Error::Internal) where SQLite fails.
    pub fn remember_answer(&self, scope: &Scope, caller: Actor, key: &str, status: u16, body: &[u8]) -> Result<()> {
        self.connection()
            .prepare_cached(
                "UPDATE idempotency_keys SET status = ?4, answer = ?5
                 WHERE agency_no = ?1 AND caller = ?2 AND key = ?3 AND status IS NULL",
            )?
            .execute(params![scope.agency_no, caller.to_string(), key, status, body])?;
        Ok(())
    }

    /// Forgets requests that came before, whosever they are: only the one who keeps house may.
    ///
    /// # Errors
    /// [`Error::Internal`](crate::model::Error::Internal) where SQLite fails.
    pub fn forget_requests(&self, before: Timestamp) -> Result<()> {
        self.connection().prepare_cached("DELETE FROM idempotency_keys WHERE created_at <= ?1")?.execute([before])?;
        Ok(())
    }
}
