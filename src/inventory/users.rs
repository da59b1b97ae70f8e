//! What an operator does with users.

use super::access;
use crate::clock::{Clock, Ids};
use crate::model::{AgencyId, Error, Noun, Result, Role, User, UserId};
use crate::store::Change;

/// The longest mail address that is taken (RFC 5321, 4.5.3.1.3, less the brackets).
const MAX_EMAIL_BYTES: usize = 254;

/// What is to change in a user; `None` leaves it.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    /// Its address.
    pub email: Option<String>,
    /// Its role.
    pub role: Option<Role>,
    /// Its agency; `Some(None)` takes it out of every agency.
    pub agency: Option<Option<AgencyId>>,
}

/// Adds a user to an agency, or to none.
///
/// # Errors
/// Where the agency is not there, the address is none, or the id is taken.
pub fn create(
    change: &Change,
    clock: &Clock,
    ids: &Ids,
    id: Option<UserId>,
    agency: Option<AgencyId>,
    address: &str,
    role: Role,
) -> Result<User> {
    let scope = agency.map(|agency| access::operator(change, agency)).transpose()?;
    let id = id.unwrap_or_else(|| UserId(ids.next()));
    let user = User { id, agency, email: Some(email(address)?), role };
    change.add_user(scope.as_ref(), &user, clock.now())?;
    Ok(user)
}

/// Changes a user.
///
/// # Errors
/// Where the user or the new agency is not there, or the address is none.
pub fn update(change: &Change, id: UserId, changes: Changes) -> Result<User> {
    let (mut user, _) = change.user_and_scope(id)?.ok_or(Error::NotFound(Noun::User))?;
    if let Some(address) = changes.email {
        user.email = Some(email(&address)?);
    }
    user.role = changes.role.unwrap_or(user.role);
    user.agency = changes.agency.unwrap_or(user.agency);
    let scope = user.agency.map(|agency| access::operator(change, agency)).transpose()?;
    change.change_user(scope.as_ref(), &user)?;
    Ok(user)
}

/// Takes a mail address: something, an @, something. The mail server knows the rest.
fn email(text: &str) -> Result<String> {
    let plausible = text.len() <= MAX_EMAIL_BYTES
        && !text.chars().any(|c| c.is_whitespace() || c.is_control())
        && text.rsplit_once('@').is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty());
    if plausible {
        Ok(text.to_owned())
    } else {
        Err(Error::Invalid { field: "email", reason: "it is written like someone@example.com".into() })
    }
}
