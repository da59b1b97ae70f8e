//! The store: everything Linekeeper remembers, in one SQLite file.
//!
//! What the store promises, whatever the engine beneath:
//!
//! - [`Store::read`] shows one moment: everything read through a [`Snapshot`] was true at once.
//! - [`Store::write`] is one deed: all of a [`Change`] is durable when it returns `Ok`, and none of
//!   it when it returns `Err`. If committing itself fails with an I/O error the outcome is unknown.
//! - Everything of an agency is reached through a [`Scope`], which only the access methods give.
//!   What belongs to another agency is, through a scope, not there.
//! - Counts are exact in every snapshot: the database keeps them in the write's own transaction.
//! - Another process may write at any time; the next snapshot shows what it wrote.

mod block;
mod data_dir;
mod grams;
pub mod keyring;
mod roll;
mod rolls;
mod shown;
mod sqlite;

use crate::model::AgencyId;

pub use data_dir::{DataDir, Lock};
pub use sqlite::{
    Change, Diagnosis, Due, Earlier, Listening, Migrated, OpenError, Reachable, Snapshot, Store, engine, migrate,
    migration_status,
};

/// The right to one agency's rows. It cannot be made outside the store: a user's or a key's own row gives it, a
/// partner's to its children, or an operator at the command line names the agency.
#[derive(Clone, Copy, Debug)]
pub struct Scope {
    agency_no: i64,
    agency: AgencyId,
}

impl Scope {
    /// The agency whose rows these are.
    #[must_use]
    pub fn agency(&self) -> AgencyId {
        self.agency
    }
}
