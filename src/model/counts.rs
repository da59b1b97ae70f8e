//! How many numbers an agency has, by status and assignment.

use super::{NumberFilter, Status};

/// The eight counters of an agency, kept exact by the database in each write's own transaction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts([[u64; 2]; 4]);

impl Counts {
    /// Sets one counter.
    pub fn set(&mut self, status: Status, assigned: bool, numbers: u64) {
        self.0[status as usize][usize::from(assigned)] = numbers;
    }

    /// The numbers of this status that are, or are not, assigned.
    #[must_use]
    pub fn of(&self, status: Status, assigned: bool) -> u64 {
        self.0[status as usize][usize::from(assigned)]
    }

    /// The numbers of this status.
    #[must_use]
    pub fn with_status(&self, status: Status) -> u64 {
        self.0[status as usize].iter().sum()
    }

    /// All numbers, released ones included.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.0.iter().flatten().sum()
    }

    /// The numbers that the filter's status and assignment let through. It cannot see words and agents.
    #[must_use]
    pub fn admitted(&self, filter: &NumberFilter) -> u64 {
        Status::ALL
            .into_iter()
            .flat_map(|status| [(status, false), (status, true)])
            .filter(|&(status, assigned)| filter.admits_status(status) && filter.admits_assignment(assigned))
            .map(|(status, assigned)| self.of(status, assigned))
            .sum()
    }
}
