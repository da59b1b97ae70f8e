//! Access: from a proven identity to the one agency whose rows it may reach.

use crate::model::{AgencyId, Error, Noun, Result, Role, UserId};
use crate::store::{Scope, Snapshot};

/// Somebody who asks: what the role allows, within the scope's agency.
#[derive(Clone, Copy, Debug)]
pub struct Caller {
    /// Whose token it was.
    pub user: UserId,
    /// What it may do.
    pub role: Role,
    /// The agency it acts for.
    pub scope: Scope,
}

/// The caller behind a token's subject. Its agency is read here and now, so a user who was moved acts for the other
/// agency from the next request on.
///
/// # Errors
/// [`Error::NoAgency`] where the subject is no user or has no agency.
pub fn caller(snapshot: &Snapshot, subject: UserId) -> Result<Caller> {
    match snapshot.user_and_scope(subject)? {
        Some((user, Some(scope))) => Ok(Caller { user: user.id, role: user.role, scope }),
        _ => Err(Error::NoAgency),
    }
}

/// The scope of an agency that the operator names at the command line.
///
/// # Errors
/// [`Error::NotFound`] where there is no such agency.
pub fn operator(snapshot: &Snapshot, agency: AgencyId) -> Result<Scope> {
    snapshot.operator_scope(agency)?.ok_or(Error::NotFound(Noun::Agency))
}
