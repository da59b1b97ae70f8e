//! The rolls that are kept, bounded in bytes.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::roll::Roll;

/// What a number takes in a roll at most, nearly always, in bytes.
const NUMBER_BYTES: u64 = 96;
/// How many revisions of an agency are kept: requests under way may show an older one than the newest.
const REVISIONS: usize = 4;

/// The rolls of all agencies. Those not asked for the longest go first.
#[derive(Debug, Default)]
pub struct Rolls {
    room: usize,
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    agencies: HashMap<i64, OfAgency>,
    bytes: usize,
    /// Counts what was asked for.
    now: u64,
}

#[derive(Debug, Default)]
struct OfAgency {
    revisions: Arc<Mutex<Revisions>>,
    bytes: usize,
    asked: u64,
}

/// The rolls of one agency, newest last. Held while one is made, so that nobody makes it twice.
type Revisions = Vec<Arc<Roll>>;

impl Rolls {
    /// Room for this many bytes; none keeps nothing.
    #[must_use]
    pub fn new(room: usize) -> Self {
        Self { room, kept: Mutex::default() }
    }

    /// The roll of an agency that has so many numbers, at this revision. Where it is not kept, `make` makes it: of the
    /// newest before it, if there is one, and of no more than so many bytes. `None` where there are only later ones, or no
    /// room for so many numbers.
    ///
    /// # Errors
    /// What `make` returns.
    pub fn roll<E>(
        &self,
        agency_no: i64,
        numbers: u64,
        revision: i64,
        make: impl FnOnce(Option<&Roll>, usize) -> Result<Option<Roll>, E>,
    ) -> Result<Option<Arc<Roll>>, E> {
        if numbers.saturating_mul(NUMBER_BYTES) > self.room as u64 {
            return Ok(None);
        }
        let revisions = self.revisions(agency_no);
        let mut revisions = revisions.lock().unwrap_or_else(PoisonError::into_inner);
        let after = revisions.partition_point(|roll| roll.revision <= revision);
        let before = after.checked_sub(1).map(|at| &revisions[at]);
        match before {
            Some(roll) if roll.revision == revision => return Ok(Some(roll.clone())),
            None if !revisions.is_empty() => return Ok(None),
            _ => {}
        }
        let Some(roll) = make(before.map(|before| &**before), self.room)?.map(Arc::new) else { return Ok(None) };
        revisions.insert(after, roll.clone());
        if revisions.len() > REVISIONS {
            revisions.remove(0);
        }
        let each = |at: usize| revisions[at].bytes_beside(revisions.get(at + 1).map(|later| &**later));
        self.settle(agency_no, (0..revisions.len()).map(each).sum());
        Ok(Some(roll))
    }

    fn revisions(&self, agency_no: i64) -> Arc<Mutex<Revisions>> {
        let mut kept = self.kept();
        kept.now += 1;
        let now = kept.now;
        let agency = kept.agencies.entry(agency_no).or_default();
        agency.asked = now;
        agency.revisions.clone()
    }

    /// Notes what an agency's rolls take now, and lets go of others' where that is too much.
    fn settle(&self, agency_no: i64, bytes: usize) {
        let mut kept = self.kept();
        let Some(agency) = kept.agencies.get_mut(&agency_no) else { return };
        let before = std::mem::replace(&mut agency.bytes, bytes);
        kept.bytes = kept.bytes - before + bytes;
        while kept.bytes > self.room {
            let oldest = kept.agencies.iter().min_by_key(|(_, agency)| agency.asked).map(|(no, _)| *no);
            let Some(gone) = oldest.and_then(|oldest| kept.agencies.remove(&oldest)) else { return };
            kept.bytes -= gone.bytes;
        }
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::model::{NumberId, Status, Timestamp};
    use crate::store::roll::{Builder, Line};

    fn roll(revision: i64, numbers: u128) -> Roll {
        let mut builder = Builder::new(1 << 20);
        for at in (0..numbers).rev() {
            let place = (Timestamp(0), NumberId(Uuid::from_u128(at)));
            let phone_number = "+19705551234";
            assert!(builder.add(&Line {
                place,
                status: Status::Active,
                assigned: false,
                phone_number,
                friendly_name: None
            }));
        }
        builder.finish(revision)
    }

    /// The revision of the roll that there is, and of which it was made.
    fn asked(rolls: &Rolls, revision: i64) -> Option<(i64, Option<i64>)> {
        let mut base = None;
        let found = rolls.roll(1, 10, revision, |before, _| {
            base = before.map(|before| before.revision);
            Ok::<_, ()>(Some(roll(revision, 10)))
        });
        found.unwrap().map(|roll| (roll.revision, base))
    }

    #[test]
    fn a_roll_is_made_of_the_newest_before_it_and_never_of_a_later_one() {
        let rolls = Rolls::new(100_000);
        assert_eq!(asked(&rolls, 5), Some((5, None)));
        assert_eq!(asked(&rolls, 9), Some((9, Some(5))));
        assert_eq!(asked(&rolls, 7), Some((7, Some(5))));
        assert_eq!(asked(&rolls, 7), Some((7, None)), "it is kept");
        assert_eq!(asked(&rolls, 4), None);
        for revision in 10..20 {
            assert_eq!(asked(&rolls, revision), Some((revision, Some(revision - 1))));
        }
        assert_eq!(asked(&rolls, 15), None);
        assert_eq!(rolls.revisions(1).lock().unwrap().len(), REVISIONS);
    }

    #[test]
    fn a_roll_that_cannot_be_made_leaves_everything_as_it_was() {
        let rolls = Rolls::new(100_000);
        assert!(rolls.roll(1, 10, 1, |_, _| Err("no")).is_err());
        assert!(rolls.roll(1, 10, 1, |_, _| Ok::<_, ()>(None)).unwrap().is_none());
        assert_eq!(asked(&rolls, 2), Some((2, None)));
    }

    #[test]
    fn what_is_kept_is_bounded_and_what_is_asked_for_stays() {
        let rolls = Rolls::new(100_000);
        for agency in 0..100 {
            for asked in [0, agency] {
                assert!(rolls.roll(asked, 100, 1, |_, _| Ok::<_, ()>(Some(roll(1, 100)))).unwrap().is_some());
            }
            let kept = rolls.kept();
            assert_eq!(kept.bytes, kept.agencies.values().map(|agency| agency.bytes).sum::<usize>());
            assert!(kept.bytes <= 100_000 && kept.agencies.contains_key(&0), "{agency}");
        }
        assert!(rolls.kept().agencies.len() > 5);
        for (rolls, numbers) in [(rolls, 2_000), (Rolls::default(), 1)] {
            assert!(
                rolls.roll(1, numbers, 1, |_, _| -> Result<_, ()> { panic!("there is no room") }).unwrap().is_none()
            );
        }
    }
}
