//! Which numbers a list is asked for, in no dialect's words.

use super::{AgentId, Search, Status};

/// Narrows a list of numbers. The default lets through everything that is not released.
#[derive(Clone, Debug, Default)]
pub struct NumberFilter {
    /// Only numbers of this status. `Released` here overrides `include_released`.
    pub status: Option<Status>,
    /// Released numbers too, where no status is asked for.
    pub include_released: bool,
    /// Only numbers that an agent answers.
    pub assigned: bool,
    /// Only numbers that no agent answers. Together with `assigned` it lets nothing through.
    pub unassigned: bool,
    /// Only this agent's numbers.
    pub agent: Option<AgentId>,
    /// Only numbers that match these words.
    pub search: Option<Search>,
}

impl NumberFilter {
    /// Whether a number of this status passes.
    #[must_use]
    pub fn admits_status(&self, status: Status) -> bool {
        match self.status {
            Some(wanted) => wanted == status,
            None => self.include_released || status != Status::Released,
        }
    }

    /// Whether a number that is (not) assigned passes, as far as `assigned` and `unassigned` go.
    #[must_use]
    pub fn admits_assignment(&self, assigned: bool) -> bool {
        !(self.assigned && !assigned || self.unassigned && assigned)
    }
}
