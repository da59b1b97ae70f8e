//! Who may reach which agency's rows: the only place where a [`Scope`] is made.

use rusqlite::{OptionalExtension, params};

use super::{Snapshot, keys};
use crate::model::{AgencyId, ApiKey, KeyId, Result, User, UserId};
use crate::store::Scope;

impl Snapshot<'_> {
    /// A user, and the scope of the agency that its row names now.
    ///
    /// # Errors
    /// [`Error::Internal`](crate::model::Error::Internal) where SQLite fails.
    pub fn user_and_scope(&self, id: UserId) -> Result<Option<(User, Option<Scope>)>> {
        let found = self
            .connection()
            .prepare_cached(
                "SELECT u.email, u.role, a.agency_no, a.id
                 FROM users AS u LEFT JOIN agencies AS a ON a.agency_no = u.agency_no
                 WHERE u.id = ?1",
            )?
            .query_row([id], |row| {
                let agency: Option<AgencyId> = row.get(3)?;
                let scope = match agency {
                    Some(agency) => Some(Scope { agency_no: row.get(2)?, agency }),
                    None => None,
                };
                Ok((User { id, agency, email: row.get(0)?, role: row.get(1)? }, scope))
            })
            .optional()?;
        Ok(found)
    }

    /// An API key, the SHA-256 of its secret, and the scope of its agency: for whoever proves to know the secret.
    ///
    /// # Errors
    /// [`Error::Internal`](crate::model::Error::Internal) where SQLite fails.
    pub fn key_and_scope(&self, id: KeyId) -> Result<Option<(ApiKey, [u8; 32], Scope)>> {
        let found = self
            .connection()
            .prepare_cached(
                "SELECT k.id, k.name, k.permissions, k.partner, k.created_at, k.expires_at, k.revoked_at,
                     k.secret_sha256, a.agency_no, a.id
                 FROM api_keys AS k JOIN agencies AS a ON a.agency_no = k.agency_no
                 WHERE k.id = ?1",
            )?
            .query_row([id], |row| {
                Ok((keys::key(row)?, row.get(7)?, Scope { agency_no: row.get(8)?, agency: row.get(9)? }))
            })
            .optional()?;
        Ok(found)
    }

    /// What this installation signs its cursors with.
    ///
    /// # Errors
    /// [`Error::Internal`](crate::model::Error::Internal) where SQLite fails.
    pub fn cursor_key(&self) -> Result<[u8; 32]> {
        let key = self
            .connection()
            .prepare_cached("SELECT key FROM signing_keys WHERE use = 'cursors'")?
            .query_row([], |row| row.get(0))?;
        Ok(key)
    }

    /// The scope of a direct child of an agency; not of its children's children, nor of itself.
    ///
    /// # Errors
    /// [`Error::Internal`](crate::model::Error::Internal) where SQLite fails.
    pub fn child_scope(&self, parent: &Scope, child: AgencyId) -> Result<Option<Scope>> {
        let found = self
            .connection()
            .prepare_cached("SELECT agency_no FROM agencies WHERE id = ?1 AND parent_no = ?2")?
            .query_row(params![child, parent.agency_no], |row| Ok(Scope { agency_no: row.get(0)?, agency: child }))
            .optional()?;
        Ok(found)
    }

    /// The scope of an agency that the operator names: whoever can read the data directory.
    ///
    /// # Errors
    /// [`Error::Internal`](crate::model::Error::Internal) where SQLite fails.
    pub fn operator_scope(&self, agency: AgencyId) -> Result<Option<Scope>> {
        let found = self
            .connection()
            .prepare_cached("SELECT agency_no FROM agencies WHERE id = ?1")?
            .query_row([agency], |row| Ok(Scope { agency_no: row.get(0)?, agency }))
            .optional()?;
        Ok(found)
    }
}
