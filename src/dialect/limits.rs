//! How often a key may ask: so many requests a minute and an hour, and fewer of what costs money. GCRA (`governor`): what was
//! not asked comes back evenly, up to the whole allowance at once.

use std::num::NonZeroU32;
use std::time::Duration;

use governor::clock::{Clock, DefaultClock};
use governor::middleware::{NoOpMiddleware, StateInformationMiddleware};
use governor::state::keyed::DefaultKeyedStateStore;
use governor::{Quota, RateLimiter};

use crate::config;
use crate::model::KeyId;

/// What a key has left of an allowance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Left {
    /// The allowance.
    pub limit: u32,
    /// What of it is left now.
    pub remaining: u32,
    /// In how long all of it will be there again.
    pub reset: Duration,
}

/// A key that has asked too often.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limited {
    /// What it has left.
    pub left: Left,
    /// In how long it may ask again.
    pub retry_after: Duration,
}

impl Limited {
    /// The same in whole seconds, never too few.
    #[must_use]
    pub fn retry_after_seconds(self) -> u64 {
        self.retry_after.as_secs() + u64::from(self.retry_after.subsec_nanos() > 0)
    }
}

/// What a key has left of each allowance that there is.
#[derive(Clone, Copy, Debug, Default)]
pub struct Standing {
    /// A minute's.
    pub minute: Option<Left>,
    /// An hour's.
    pub hour: Option<Left>,
}

/// The allowances of all keys. There is one for all of a server's threads and dialects.
#[derive(Debug)]
pub struct Limits {
    minute: Option<Gate>,
    hour: Option<Gate>,
    orders: Option<Gate>,
}

impl Limits {
    /// As the settings say.
    #[must_use]
    pub fn new(limits: config::Limits) -> Self {
        Self {
            minute: Gate::new(limits.requests_per_minute, Quota::per_minute, Duration::from_mins(1)),
            hour: Gate::new(limits.requests_per_hour, Quota::per_hour, Duration::from_hours(1)),
            orders: Gate::new(limits.orders_per_minute, Quota::per_minute, Duration::from_mins(1)),
        }
    }

    /// Counts a request.
    ///
    /// # Errors
    /// [`Limited`] where it is one too many, and what is known of what is left.
    pub fn ask(&self, key: KeyId) -> Result<Standing, (Limited, Standing)> {
        let pass = |gate: &Option<Gate>| gate.as_ref().map(|gate| gate.pass(key)).transpose();
        let minute =
            pass(&self.minute).map_err(|limited| (limited, Standing { minute: Some(limited.left), hour: None }))?;
        let hour = pass(&self.hour).map_err(|limited| (limited, Standing { minute, hour: Some(limited.left) }))?;
        Ok(Standing { minute, hour })
    }

    /// Counts a request that costs money.
    ///
    /// # Errors
    /// [`Limited`] where it is one too many.
    pub fn order(&self, key: KeyId) -> Result<(), Limited> {
        self.orders.as_ref().map_or(Ok(()), |gate| gate.pass(key).map(drop))
    }
}

#[derive(Debug)]
struct Gate {
    limiter: RateLimiter<KeyId, DefaultKeyedStateStore<KeyId>, DefaultClock, StateInformationMiddleware>,
    clock: DefaultClock,
    limit: NonZeroU32,
    period: Duration,
}

impl Gate {
    /// None where nothing is limited.
    fn new(limit: u32, quota: fn(NonZeroU32) -> Quota, period: Duration) -> Option<Self> {
        let limit = NonZeroU32::new(limit)?;
        let clock = DefaultClock::default();
        let limiter =
            RateLimiter::<_, _, _, NoOpMiddleware>::new(quota(limit), DefaultKeyedStateStore::default(), clock.clone());
        Some(Self { limiter: limiter.with_middleware(), clock, limit, period })
    }

    fn pass(&self, key: KeyId) -> Result<Left, Limited> {
        match self.limiter.check_key(&key) {
            Ok(state) => Ok(self.left(state.remaining_burst_capacity())),
            Err(not_until) => {
                let retry_after = not_until.wait_time_from(self.clock.now());
                Err(Limited { left: self.left(0), retry_after })
            }
        }
    }

    fn left(&self, remaining: u32) -> Left {
        let limit = self.limit.get();
        let reset = self.period * limit.saturating_sub(remaining) / limit;
        Left { limit, remaining, reset }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::Limits;
    use crate::config;
    use crate::model::KeyId;

    #[test]
    fn each_key_has_its_own_allowance_and_less_of_what_costs() {
        let (one, other) = (KeyId(Uuid::from_u128(1)), KeyId(Uuid::from_u128(2)));
        let limits = config::Limits { requests_per_minute: 3, requests_per_hour: 100, orders_per_minute: 1 };
        let limits = Limits::new(limits);
        let standing = limits.ask(one).unwrap();
        assert_eq!(standing.minute.map(|left| (left.limit, left.remaining)), Some((3, 2)));
        assert_eq!(standing.hour.map(|left| (left.limit, left.remaining)), Some((100, 99)));
        assert!(limits.ask(one).is_ok() && limits.ask(one).is_ok());
        let (limited, standing) = limits.ask(one).unwrap_err();
        assert_eq!(standing.minute, Some(limited.left));
        assert_eq!((limited.left.limit, limited.left.remaining), (3, 0));
        assert!((1..=20).contains(&limited.retry_after_seconds()), "{limited:?}");
        assert!(limits.ask(other).is_ok());
        assert!(limits.order(other).is_ok() && limits.order(other).is_err());
        assert!(limits.order(one).is_ok());
    }

    #[test]
    fn without_limits_nothing_is_counted() {
        let none = config::Limits { requests_per_minute: 0, requests_per_hour: 0, orders_per_minute: 0 };
        let limits = Limits::new(none);
        let key = KeyId(Uuid::from_u128(1));
        for _ in 0..10_000 {
            assert!(limits.ask(key).is_ok_and(|standing| standing.minute.is_none()) && limits.order(key).is_ok());
        }
    }
}
