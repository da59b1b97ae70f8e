//! Access: from a proven identity to the one agency whose rows it may reach.

use super::keys;
use crate::model::{
    Actor, AgencyId, ApiKey, Error, Noun, Permission, Permissions, PresentedKey, Result, Timestamp, UserId,
};
use crate::store::{Scope, Snapshot};

/// Somebody who asks: what the role or the key allows, within the scope's agency.
#[derive(Clone, Copy, Debug)]
pub struct Caller {
    /// Who it is.
    pub actor: Actor,
    /// What it may do.
    pub permissions: Permissions,
    /// The agency it acts for.
    pub scope: Scope,
}

impl Caller {
    /// Lets a caller pass who may do this.
    ///
    /// # Errors
    /// [`Error::Forbidden`] where it may not.
    pub fn must(&self, permission: Permission) -> Result<()> {
        if self.permissions.has(permission) { Ok(()) } else { Err(Error::Forbidden) }
    }
}

/// The caller behind a token's subject. Its agency is read here and now, so a user who was moved acts for the other
/// agency from the next request on.
///
/// # Errors
/// [`Error::NoAgency`] where the subject is no user or has no agency.
pub fn caller(snapshot: &Snapshot, subject: UserId) -> Result<Caller> {
    match snapshot.user_and_scope(subject)? {
        Some((user, Some(scope))) => {
            Ok(Caller { actor: Actor::User(user.id), permissions: user.role.permissions(), scope })
        }
        _ => Err(Error::NoAgency),
    }
}

/// An API key that has been proven, and what it opens.
#[derive(Clone, Debug)]
pub struct Proven {
    key: ApiKey,
    own: Scope,
}

/// Proves an API key. It is read here and now, so a key that was revoked is refused from the next request on.
///
/// # Errors
/// [`Error::BadKey`] where the key is unknown, its secret another, or it is no good any more.
pub fn prove(snapshot: &Snapshot, presented: &PresentedKey, now: Timestamp) -> Result<Proven> {
    let found = snapshot.key_and_scope(presented.id)?;
    let proven = keys::proves(&presented.secret, found.as_ref().map(|(_, hashed, _)| hashed));
    match found {
        Some((key, _, own)) if proven && key.is_good(now) => Ok(Proven { key, own }),
        _ => Err(Error::BadKey),
    }
}

impl Proven {
    /// The key.
    #[must_use]
    pub fn key(&self) -> &ApiKey {
        &self.key
    }

    /// Who acts for the key's own agency.
    #[must_use]
    pub fn for_itself(&self) -> Caller {
        self.acting_for(self.own)
    }

    /// Who acts for a child of the key's agency.
    ///
    /// # Errors
    /// [`Error::NotFound`] where there is no such child or the key is no partner's.
    pub fn for_child(&self, snapshot: &Snapshot, child: AgencyId) -> Result<Caller> {
        let scope = if self.key.partner { snapshot.child_scope(&self.own, child)? } else { None };
        scope.map(|scope| self.acting_for(scope)).ok_or(Error::NotFound(Noun::Agency))
    }

    fn acting_for(&self, scope: Scope) -> Caller {
        Caller { actor: Actor::Key(self.key.id), permissions: self.key.permissions, scope }
    }
}

/// The scope of an agency that the operator names at the command line.
///
/// # Errors
/// [`Error::NotFound`] where there is no such agency.
pub fn operator(snapshot: &Snapshot, agency: AgencyId) -> Result<Scope> {
    snapshot.operator_scope(agency)?.ok_or(Error::NotFound(Noun::Agency))
}
