//! What an operator does with API keys, and how a key's secret is made and proven.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::{access, name};
use crate::clock::{Clock, Ids};
use crate::model::{AgencyId, ApiKey, Error, KeyId, Permissions, PresentedKey, Result, Secret, Timestamp};
use crate::store::{Change, Snapshot};

/// What a new key is to be.
#[derive(Clone, Debug)]
pub struct NewKey {
    /// What to call it.
    pub name: Option<String>,
    /// What it allows.
    pub permissions: Permissions,
    /// Whether it may act for a child of its agency.
    pub partner: bool,
    /// From when on it is no good any more.
    pub expires_at: Option<Timestamp>,
}

/// Makes a key for an agency. This is the only time that anybody sees the whole of it.
///
/// # Errors
/// Where the agency is not there, the name cannot be taken, or the key would have expired before it is made.
pub fn create(change: &Change, clock: &Clock, ids: &Ids, agency: AgencyId, new: NewKey) -> Result<PresentedKey> {
    let scope = access::operator(change, agency)?;
    let NewKey { name: called, permissions, partner, expires_at } = new;
    let created_at = clock.now();
    if expires_at.is_some_and(|expires_at| expires_at <= created_at) {
        return Err(Error::Invalid { field: "expires", reason: "it is not in the future".into() });
    }
    let presented = PresentedKey { id: KeyId(ids.next()), secret: random_secret()? };
    let called = called.map(|called| name("name", &called)).transpose()?;
    let key = ApiKey { id: presented.id, name: called, permissions, partner, created_at, expires_at, revoked_at: None };
    change.add_key(&scope, &key, &sha256(&presented.secret))?;
    Ok(presented)
}

/// An agency's keys.
///
/// # Errors
/// Where the agency is not there.
pub fn list(snapshot: &Snapshot, agency: AgencyId) -> Result<Vec<ApiKey>> {
    snapshot.keys(&access::operator(snapshot, agency)?)
}

/// Revokes a key of an agency, for good.
///
/// # Errors
/// Where the agency or its key is not there.
pub fn revoke(change: &Change, clock: &Clock, agency: AgencyId, id: KeyId) -> Result<()> {
    change.revoke_key(&access::operator(change, agency)?, id, clock.now())
}

/// 32 random bytes, as text.
///
/// # Errors
/// [`Error::Internal`] where the system has no random bytes to give.
pub fn random_secret() -> Result<Secret> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(Error::internal)?;
    Ok(Secret::new(URL_SAFE_NO_PAD.encode(bytes)))
}

/// Whether this is the secret that was hashed so. It takes as long where there is nothing to compare with.
pub(super) fn proves(secret: &Secret, hashed: Option<&[u8; 32]>) -> bool {
    let same = verify_slices_are_equal(&sha256(secret), hashed.unwrap_or(&[0; 32])).is_ok();
    same && hashed.is_some()
}

/// A plain hash is enough, because nobody can try all secrets of 256 random bits.
fn sha256(secret: &Secret) -> [u8; 32] {
    let mut hashed = [0; 32];
    hashed.copy_from_slice(digest(&SHA256, secret.expose().as_bytes()).as_ref());
    hashed
}
