//! The agency: the tenant that owns numbers, users and agents.

use super::{AgencyId, Money, Text, Timestamp};

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

/// What an agency may have at once. None: no limit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Allowance {
    /// Numbers that are not released.
    pub numbers: Option<u64>,
    /// What they cost a month, in one currency (ISO 4217). Numbers in another cannot be bought under it.
    pub monthly: Option<(Money, Text)>,
}
