//! Where time and fresh ids come from. Tests fix both.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use uuid::Uuid;

use crate::model::Timestamp;

/// The time of day.
#[derive(Clone, Copy, Debug)]
pub enum Clock {
    /// The machine's.
    System,
    /// Always this.
    Fixed(Timestamp),
    /// What this says, in microseconds since 1970: a test moves it on.
    Moved(&'static AtomicI64),
}

impl Clock {
    /// Now, to the microsecond.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        match self {
            Self::System => {
                let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
                let seconds = i64::try_from(elapsed.as_secs()).unwrap_or(i64::MAX);
                Timestamp(seconds.saturating_mul(1_000_000).saturating_add(elapsed.subsec_micros().into()))
            }
            Self::Fixed(at) => *at,
            Self::Moved(at) => Timestamp(at.load(Ordering::Relaxed)),
        }
    }
}

/// A source of fresh ids.
#[derive(Debug)]
pub enum Ids {
    /// UUIDv7: unique, and in the order of their making.
    Fresh,
    /// 1, 2, 3, and so on, in the shape of a UUID.
    Counted(AtomicU64),
}

impl Ids {
    /// The next id.
    #[must_use]
    pub fn next(&self) -> Uuid {
        match self {
            Self::Fresh => Uuid::now_v7(),
            Self::Counted(last) => Uuid::from_u64_pair(0x7000, (1 << 63) | (last.fetch_add(1, Ordering::Relaxed) + 1)),
        }
    }
}
