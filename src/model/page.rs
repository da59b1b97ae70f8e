//! Windows on a list, and what is seen through them.

use super::{NumberId, Timestamp};

/// Where a number stands in its agency's list: newer ones come first, and of one moment those with the greater id.
pub type Place = (Timestamp, NumberId);

/// The part of a list that is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Only what comes behind this place: so a walk goes on where it was, whatever came and went before it.
    pub after: Option<Place>,
    /// Rows to pass over.
    pub offset: u64,
    /// Rows to return at most.
    pub limit: u32,
}

impl Window {
    /// So many rows from a distance to the list's beginning.
    #[must_use]
    pub const fn at(offset: u64, limit: u32) -> Self {
        Self { after: None, offset, limit }
    }

    /// So many rows from behind a place, or from the beginning.
    #[must_use]
    pub const fn behind(after: Option<Place>, limit: u32) -> Self {
        Self { after, offset: 0, limit }
    }

    /// Whether so much is passed over that it takes long without help, and keeps other requests waiting.
    #[must_use]
    pub const fn is_deep(self) -> bool {
        self.offset > 10_000
    }
}

/// A window's rows, and how many the whole list has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slice<T> {
    /// The rows, in list order.
    pub items: Vec<T>,
    /// The rows of the whole list.
    pub total: u64,
}
