//! The agency: the tenant that owns numbers, users and agents.

use super::{AgencyId, Timestamp};

/// An agency. A client of an agency is an agency whose parent it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agency {
    /// Its id.
    pub id: AgencyId,
    /// The agency it is a child of. A parent's lists never contain its children's rows.
    pub parent: Option<AgencyId>,
    /// Its name, as people know it.
    pub name: String,
    /// When it was created.
    pub created_at: Timestamp,
}
