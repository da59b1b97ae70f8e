//! Users, as the operator keeps them.

use rusqlite::params;

use super::{Change, Snapshot, is_taken};
use crate::model::{Error, Noun, Result, Timestamp, User};
use crate::store::Scope;

impl Snapshot<'_> {
    /// The users of an agency, or those of none, in the order of their ids.
    ///
    /// # Errors
    /// [`Error::Internal`] where SQLite fails.
    pub fn users(&self, scope: Option<&Scope>) -> Result<Vec<User>> {
        let mut statement =
            self.connection().prepare_cached("SELECT id, email, role FROM users WHERE agency_no IS ?1 ORDER BY id")?;
        let agency = scope.map(Scope::agency);
        let users = statement.query_map([scope.map(|scope| scope.agency_no)], |row| {
            Ok(User { id: row.get(0)?, agency, email: row.get(1)?, role: row.get(2)? })
        })?;
        Ok(users.collect::<rusqlite::Result<_>>()?)
    }
}

impl Change<'_> {
    /// Adds a user to the scope's agency, or to none.
    ///
    /// # Errors
    /// [`Error::Exists`] where the id is taken, [`Error::Internal`] where SQLite fails.
    pub fn add_user(&self, scope: Option<&Scope>, user: &User, created_at: Timestamp) -> Result<()> {
        self.connection()
            .prepare_cached("INSERT INTO users (id, agency_no, email, role, created_at) VALUES (?1, ?2, ?3, ?4, ?5)")?
            .execute(params![user.id, scope.map(|scope| scope.agency_no), user.email, user.role, created_at])
            .map_err(|error| if is_taken(&error) { Error::Exists("a user with this id") } else { error.into() })?;
        Ok(())
    }

    /// Writes a user anew: its address, its role, and the scope's agency or none.
    ///
    /// # Errors
    /// [`Error::NotFound`] where there is no such user, [`Error::Internal`] where SQLite fails.
    pub fn change_user(&self, scope: Option<&Scope>, user: &User) -> Result<()> {
        let changed = self
            .connection()
            .prepare_cached("UPDATE users SET agency_no = ?2, email = ?3, role = ?4 WHERE id = ?1")?
            .execute(params![user.id, scope.map(|scope| scope.agency_no), user.email, user.role])?;
        if changed == 0 { Err(Error::NotFound(Noun::User)) } else { Ok(()) }
    }
}
