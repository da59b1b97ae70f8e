//! When webhooks are told again of what they did not take.

use std::time::Duration;

use crate::model::Timestamp;

/// The longest that a webhook may want to be left alone (`Retry-After`).
pub(super) const MAX_RETRY_AFTER: Duration = Duration::from_hours(1);
/// What comes between attempts, after the first such time, which is a setting; the last again and again.
const STEPS: [Duration; 5] = [
    Duration::from_mins(5),
    Duration::from_mins(30),
    Duration::from_hours(2),
    Duration::from_hours(5),
    Duration::from_hours(10),
];
/// How long after the first attempt the last one is made.
const GIVEN_UP_AFTER: Duration = Duration::from_hours(24);

/// When it is tried again that was tried so often; none: it is given up. Each time between is by chance up to a half shorter
/// or longer, so that receivers that were told at once are not told at once again; but never shorter than the receiver wants,
/// within an hour. The last attempt is made a day after the first.
pub(super) fn next_attempt(
    attempts: u32,
    first_at: Timestamp,
    now: Timestamp,
    (retry_delay, retry_after): (Duration, Option<Duration>),
    chance: u32,
) -> Option<Timestamp> {
    let last_at = first_at.later(GIVEN_UP_AFTER);
    let made = usize::try_from(attempts.saturating_sub(1)).unwrap_or(usize::MAX);
    let step = made.checked_sub(1).map_or(retry_delay, |at| STEPS[at.min(STEPS.len() - 1)]);
    let wait = step / 2 + step.mul_f64(f64::from(chance) / f64::from(u32::MAX));
    let wait = wait.max(retry_after.unwrap_or_default().min(MAX_RETRY_AFTER));
    (now < last_at).then(|| now.later(wait).min(last_at))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{GIVEN_UP_AFTER, next_attempt};
    use crate::model::Timestamp;

    const SECOND: Duration = Duration::from_secs(1);

    /// How long after one another attempts are made.
    fn waits(chance: u32, retry_after: Option<Duration>) -> Vec<u64> {
        let (mut now, mut waits) = (Timestamp(0), Vec::new());
        while let Some(next) =
            next_attempt(u32::try_from(waits.len()).unwrap() + 1, Timestamp(0), now, (5 * SECOND, retry_after), chance)
        {
            waits.push(u64::try_from(next.0 - now.0).unwrap() / 1_000_000);
            now = next;
        }
        assert_eq!(now, Timestamp(0).later(GIVEN_UP_AFTER), "the last is a day after the first");
        waits
    }

    #[test]
    fn attempts_are_made_until_a_day_after_the_first() {
        assert_eq!(waits(u32::MAX / 2, None), [4, 299, 1_799, 7_199, 17_999, 35_999, 23_095]);
        assert_eq!(waits(0, None)[..4], [2, 150, 900, 3_600]);
        assert_eq!(waits(u32::MAX, None)[..4], [7, 450, 2_700, 10_800]);
    }

    #[test]
    fn a_receiver_is_left_alone_as_long_as_it_wants_within_bounds() {
        assert_eq!(waits(0, Some(60 * SECOND))[..3], [60, 150, 900]);
        assert_eq!(waits(0, Some(Duration::from_secs(u64::MAX)))[..3], [3_600, 3_600, 3_600]);
    }
}
