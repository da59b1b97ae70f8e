//! Windows on a list, and what is seen through them.

/// The part of a list that is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Rows to pass over.
    pub offset: u64,
    /// Rows to return at most.
    pub limit: u32,
}

impl Window {
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
