//! Access: from a proven identity to the one agency whose rows it may reach.

use super::keys;
use crate::model::{Actor, AgencyId, Error, Noun, Permission, Permissions, PresentedKey, Result, Timestamp, UserId};
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

/// The caller behind an API key, who acts for the key's own agency, or for the `child` of it that a partner names. It
/// is read here and now, so a key that was revoked is refused from the next request on.
///
/// # Errors
/// [`Error::BadKey`] where the key is unknown, its secret another, or it is no good any more;
/// [`Error::NotFound`] where there is no such child or the key is no partner's.
pub fn key_caller(
    snapshot: &Snapshot,
    presented: &PresentedKey,
    now: Timestamp,
    child: Option<AgencyId>,
) -> Result<Caller> {
    let found = snapshot.key_and_scope(presented.id)?;
    let proven = keys::proves(&presented.secret, found.as_ref().map(|(_, hashed, _)| hashed));
    let (key, own) = match found {
        Some((key, _, own)) if proven && key.is_good(now) => (key, own),
        _ => return Err(Error::BadKey),
    };
    let scope = match child {
        None => Some(own),
        Some(child) if key.partner => snapshot.child_scope(&own, child)?,
        Some(_) => None,
    };
    let scope = scope.ok_or(Error::NotFound(Noun::Agency))?;
    Ok(Caller { actor: Actor::Key(key.id), permissions: key.permissions, scope })
}

/// The scope of an agency that the operator names at the command line.
///
/// # Errors
/// [`Error::NotFound`] where there is no such agency.
pub fn operator(snapshot: &Snapshot, agency: AgencyId) -> Result<Scope> {
    snapshot.operator_scope(agency)?.ok_or(Error::NotFound(Noun::Agency))
}
