//! API keys, as their agency keeps them. Whom a key lets in is `access.rs`'s matter.

use rusqlite::{Row, params};

use super::{Change, Snapshot, is_taken};
use crate::model::{ApiKey, Error, KeyId, Noun, Result, Timestamp};
use crate::store::Scope;

impl Snapshot<'_> {
    /// The keys of an agency, those that are no good any more too, in the order of their ids.
    ///
    /// # Errors
    /// [`Error::Internal`] where SQLite fails.
    pub fn keys(&self, scope: &Scope) -> Result<Vec<ApiKey>> {
        let mut statement = self.connection().prepare_cached(
            "SELECT id, name, permissions, partner, created_at, expires_at, revoked_at
             FROM api_keys WHERE agency_no = ?1 ORDER BY id",
        )?;
        let keys = statement.query_map([scope.agency_no], key)?;
        Ok(keys.collect::<rusqlite::Result<_>>()?)
    }
}

impl Change<'_> {
    /// Adds a key to the agency, and of its secret only the SHA-256.
    ///
    /// # Errors
    /// [`Error::Exists`] where the id is taken, [`Error::Internal`] where SQLite fails.
    pub fn add_key(&self, scope: &Scope, key: &ApiKey, secret_sha256: &[u8; 32]) -> Result<()> {
        self.connection()
            .prepare_cached(
                "INSERT INTO api_keys (agency_no, id, name, secret_sha256, permissions, partner, created_at, expires_at,
                     revoked_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            )?
            .execute(params![
                scope.agency_no,
                key.id,
                key.name,
                secret_sha256,
                key.permissions,
                key.partner,
                key.created_at,
                key.expires_at,
                key.revoked_at
            ])
            .map_err(|error| if is_taken(&error) { Error::Exists("a key with this id") } else { error.into() })?;
        Ok(())
    }

    /// Revokes a key of the agency. One that is revoked already stays so since when it was.
    ///
    /// # Errors
    /// [`Error::NotFound`] where the agency has no such key, [`Error::Internal`] where SQLite fails.
    pub fn revoke_key(&self, scope: &Scope, id: KeyId, at: Timestamp) -> Result<()> {
        let changed = self
            .connection()
            .prepare_cached(
                "UPDATE api_keys SET revoked_at = coalesce(revoked_at, ?3) WHERE agency_no = ?1 AND id = ?2",
            )?
            .execute(params![scope.agency_no, id, at])?;
        if changed == 0 { Err(Error::NotFound(Noun::Key)) } else { Ok(()) }
    }
}

/// Reads a key from the first seven columns.
pub(super) fn key(row: &Row<'_>) -> rusqlite::Result<ApiKey> {
    Ok(ApiKey {
        id: row.get(0)?,
        name: row.get(1)?,
        permissions: row.get(2)?,
        partner: row.get(3)?,
        created_at: row.get(4)?,
        expires_at: row.get(5)?,
        revoked_at: row.get(6)?,
    })
}
