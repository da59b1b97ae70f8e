//! Numbers that lists have shown, kept as they were read: most of a list's cost is reading rows, column by column.
//!
//! What is kept of an agency is of one revision. A later one's reader says what has changed since, and the rest stays.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::model::{Number, Place};

/// What a kept number takes, nearly always less, in bytes.
const NUMBER_BYTES: usize = 768;

/// The numbers that are kept, of all agencies, bounded in bytes. Where there is no more room, all begins anew.
#[derive(Debug, Default)]
pub struct Shown {
    most: usize,
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    agencies: HashMap<i64, OfAgency>,
    numbers: usize,
}

#[derive(Debug)]
struct OfAgency {
    revision: i64,
    numbers: HashMap<Place, Arc<Number>>,
}

/// What has changed in an agency since some revision.
#[derive(Debug)]
pub enum Changed {
    /// The numbers at these places.
    Here(Vec<Place>),
    /// Anything: it is not told.
    Unknown,
}

impl Shown {
    /// Room for this many bytes; none keeps nothing.
    #[must_use]
    pub fn new(room: usize) -> Self {
        Self { most: room / NUMBER_BYTES, kept: Mutex::default() }
    }

    /// The numbers at these places that are kept as they are at this revision, in the places' order. `since` tells what
    /// has changed since an earlier one.
    ///
    /// # Errors
    /// What `since` returns.
    pub fn numbers<E>(
        &self,
        agency_no: i64,
        revision: i64,
        places: &[Place],
        since: impl FnOnce(i64) -> Result<Changed, E>,
    ) -> Result<Vec<Option<Arc<Number>>>, E> {
        let before = self.kept().agencies.get(&agency_no).map(|agency| agency.revision);
        if let Some(before) = before.filter(|before| *before < revision) {
            // Asked without the lock: others' lists need not wait for it.
            let changed = since(before)?;
            self.kept().move_on(agency_no, before, revision, &changed);
        }
        let kept = self.kept();
        let agency = kept.agencies.get(&agency_no).filter(|agency| agency.revision == revision);
        Ok(places.iter().map(|place| agency.and_then(|agency| agency.numbers.get(place)).cloned()).collect())
    }

    /// Keeps numbers as they are at this revision.
    pub fn keep(&self, agency_no: i64, revision: i64, numbers: impl Iterator<Item = Arc<Number>>) {
        if self.most == 0 {
            return;
        }
        let mut kept = self.kept();
        for number in numbers {
            if kept.numbers >= self.most {
                *kept = Kept::default();
            }
            let new = || OfAgency { revision, numbers: HashMap::new() };
            let agency = kept.agencies.entry(agency_no).or_insert_with(new);
            if agency.revision != revision {
                return;
            }
            let place = (number.created_at, number.id);
            kept.numbers += usize::from(agency.numbers.insert(place, number).is_none());
        }
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn move_on(&mut self, agency_no: i64, before: i64, revision: i64, changed: &Changed) {
        let Some(agency) = self.agencies.get_mut(&agency_no).filter(|agency| agency.revision == before) else { return };
        agency.revision = revision;
        let had = agency.numbers.len();
        match changed {
            Changed::Here(places) => places.iter().for_each(|place| drop(agency.numbers.remove(place))),
            Changed::Unknown => agency.numbers.clear(),
        }
        self.numbers -= had - agency.numbers.len();
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::model::{Carrier, NumberId, Timestamp};

    fn number(at: u64) -> Arc<Number> {
        Arc::new(Number::bare(
            NumberId(Uuid::from_u64_pair(0, at)),
            "+19705551234".parse().unwrap(),
            Carrier::Simulator,
            Timestamp(0),
        ))
    }

    fn place(at: u64) -> Place {
        (Timestamp(0), NumberId(Uuid::from_u64_pair(0, at)))
    }

    /// Which of the first ten numbers are kept.
    fn kept(shown: &Shown, agency_no: i64, revision: i64, changed: Option<Changed>) -> Vec<u64> {
        let places: Vec<Place> = (0..10).map(place).collect();
        let numbers = shown.numbers(agency_no, revision, &places, |_| changed.ok_or("nobody asked for it"));
        (0..10).zip(numbers.unwrap()).filter_map(|(at, number)| number.map(|_| at)).collect()
    }

    #[test]
    fn what_changed_is_forgotten_and_the_rest_stays() {
        let shown = Shown::new(1 << 20);
        shown.keep(1, 5, (0..5).map(number));
        assert_eq!(kept(&shown, 1, 5, None), [0, 1, 2, 3, 4]);
        assert!(kept(&shown, 2, 5, None).is_empty(), "it is another agency's");
        assert!(kept(&shown, 1, 4, None).is_empty(), "it is of a later revision");
        assert_eq!(kept(&shown, 1, 7, Some(Changed::Here(vec![place(1), place(9)]))), [0, 2, 3, 4]);
        shown.keep(1, 6, (5..6).map(number));
        assert_eq!(kept(&shown, 1, 7, None), [0, 2, 3, 4], "an older moment's numbers are not kept");
        assert!(kept(&shown, 1, 8, Some(Changed::Unknown)).is_empty());
        assert_eq!(shown.kept().numbers, 0);
    }

    #[test]
    fn a_change_that_is_not_told_changes_nothing() {
        let shown = Shown::new(1 << 20);
        shown.keep(1, 5, (0..5).map(number));
        assert!(shown.numbers(1, 6, &[], |_| Err("the disk")).is_err());
        assert_eq!(kept(&shown, 1, 5, None).len(), 5);
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let shown = Shown::new(10 * NUMBER_BYTES);
        for agency in 0..50 {
            shown.keep(agency, 1, (0..3).map(number));
            let kept = shown.kept();
            assert_eq!(kept.numbers, kept.agencies.values().map(|agency| agency.numbers.len()).sum::<usize>());
            assert!((1..=10).contains(&kept.numbers));
        }
        let none = Shown::default();
        none.keep(1, 1, (0..3).map(number));
        assert!(kept(&none, 1, 1, None).is_empty());
    }
}
