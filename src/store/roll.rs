//! An agency's roll: where its numbers lie, their states and their words, in memory and in list order, for the questions
//! that no index leads to: which numbers match these words, and what lies deep in the list.
//!
//! A roll is of one revision and never changes. The next revision's is made of it by reading again what has changed
//! since, and shares the rest.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::mem::{size_of, size_of_val, take};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::block::{BLOCK_ROWS, Block, Needle, state};
use crate::model::{NumberFilter, Place, Search, Status, Window};

/// The numbers of an agency at one revision.
#[derive(Debug)]
pub struct Roll {
    /// The agency's revision whose numbers these are.
    pub revision: i64,
    blocks: Vec<Arc<Block>>,
    tallies: Mutex<Tallies>,
}

/// How many rows of each block were found, for searches that were answered.
#[derive(Debug, Default)]
struct Tallies {
    kept: HashMap<(Search, u8), Arc<[u32]>>,
    bytes: usize,
}

/// One number, as a roll has it.
#[derive(Clone, Debug)]
pub struct Line<'t> {
    /// Where it lies.
    pub place: Place,
    /// Where it stands in its life.
    pub status: Status,
    /// Whether an agent answers it.
    pub assigned: bool,
    /// The number itself.
    pub phone_number: &'t str,
    /// What the agency calls it.
    pub friendly_name: Option<&'t str>,
}

/// Takes an agency's numbers in list order.
#[derive(Debug)]
pub struct Builder {
    blocks: Vec<Arc<Block>>,
    last: Block,
    room: usize,
}

impl Builder {
    /// For a roll of at most so many bytes.
    #[must_use]
    pub fn new(room: usize) -> Self {
        Self { blocks: Vec::new(), last: Block::default(), room }
    }

    /// Takes the next number. Whether there is room for more: where there is not, no roll can be made.
    pub fn add(&mut self, line: &Line<'_>) -> bool {
        self.last.add(line);
        if self.last.places.len() == BLOCK_ROWS {
            let block = take(&mut self.last).with_grams().fitted();
            self.room = self.room.saturating_sub(block.bytes());
            self.blocks.push(block);
        }
        self.last.text.len() < self.room
    }

    /// The roll of this revision.
    #[must_use]
    pub fn finish(mut self, revision: i64) -> Roll {
        self.last.with_grams().into_pieces(&mut self.blocks);
        Roll::new(revision, self.blocks)
    }
}

impl Roll {
    fn new(revision: i64, blocks: Vec<Arc<Block>>) -> Self {
        Self { revision, blocks, tallies: Mutex::default() }
    }

    /// The roll of a later revision. `changed` are the places where something has changed since this one; `read` shows
    /// what is there now.
    ///
    /// # Errors
    /// What `read` returns.
    pub fn later<E>(
        &self,
        revision: i64,
        mut changed: Vec<Place>,
        mut read: impl FnMut(Place, &mut dyn FnMut(&Line<'_>)) -> Result<(), E>,
    ) -> Result<Self, E> {
        changed.sort_unstable_by_key(|place| Reverse(*place));
        changed.dedup();
        let mut changed = changed.into_iter().peekable();
        let mut blocks = Vec::with_capacity(self.blocks.len());
        for (at, block) in self.blocks.iter().enumerate() {
            // What lies between two blocks goes to the end of the first; what lies before all, to the first.
            let next = self.blocks.get(at + 1).and_then(|next| next.places.first());
            let mut here = Vec::new();
            while let Some(place) = changed.next_if(|place| next.is_none_or(|next| place > next)) {
                here.push(place);
            }
            if here.is_empty() {
                blocks.push(block.clone());
            } else {
                block.mended(&here, &mut read)?.into_pieces(&mut blocks);
            }
        }
        if changed.peek().is_some() {
            let here: Vec<Place> = changed.collect();
            Block::default().mended(&here, &mut read)?.into_pieces(&mut blocks);
        }
        Ok(Self::new(revision, blocks))
    }

    /// Whether a filter's words were sought before.
    #[must_use]
    pub fn has_sought(&self, filter: &NumberFilter) -> bool {
        let question = filter.search.clone().map(|search| (search, states_admitted(filter)));
        question.is_some_and(|question| self.tallies().kept.contains_key(&question))
    }

    /// The places that a window shows of what a filter lets through, as far as it goes by state and words; and how many
    /// it lets through in all.
    #[must_use]
    pub fn seen(&self, filter: &NumberFilter, window: Window) -> (Vec<Place>, u64) {
        let states = states_admitted(filter);
        let needle = filter.search.as_ref().map(Needle::new);
        let question = filter.search.as_ref().map(|search| (search.clone(), states));
        let known = question.as_ref().and_then(|question| self.tallies().kept.get(question).cloned());
        // Of all blocks at once: they wait for memory, and so they wait together.
        let new = needle.iter().filter(|_| known.is_none());
        let left: Vec<_> = new.flat_map(|needle| self.blocks.iter().map(|block| block.may_hold(needle))).collect();
        let shown = window.offset..window.offset.saturating_add(window.limit.into());
        let (mut places, mut total, mut tally) = (Vec::new(), 0_u64, Vec::new());
        for (at, block) in self.blocks.iter().enumerate() {
            let count = match &needle {
                None => Some(block.count(states)),
                Some(_) => known.as_ref().map(|known| known[at].into()),
            };
            if let Some(count) = count
                && (count == 0 || total + count <= shown.start || total >= shown.end)
            {
                total += count;
                continue;
            }
            let before = total;
            let mut see = |row: usize| {
                if shown.contains(&total) {
                    places.push(block.places[row]);
                }
                total += 1;
            };
            match &needle {
                None => block.with_states(states).for_each(&mut see),
                Some(needle) => {
                    let left = left.get(at).copied().unwrap_or_else(|| block.may_hold(needle));
                    block.matching(needle, left, states, &mut see);
                }
            }
            tally.push(u32::try_from(total - before).unwrap_or(u32::MAX));
        }
        if let (Some(question), None) = (question, known) {
            let room = self.tally_room();
            self.tallies().keep(question, tally.into(), room);
        }
        (places, total)
    }

    fn tallies(&self) -> MutexGuard<'_, Tallies> {
        self.tallies.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts may take a sixteenth of what the numbers take.
    fn tally_room(&self) -> usize {
        self.blocks.iter().map(|block| block.bytes()).sum::<usize>() / 16
    }

    /// What it takes at most beside what it shares with a later roll.
    #[must_use]
    pub fn bytes_beside(&self, later: Option<&Self>) -> usize {
        let shared = |block: &Arc<Block>| {
            let at = later.map(|later| {
                let after = |other: &Arc<Block>| other.places.first() > block.places.first();
                &later.blocks[later.blocks.partition_point(after)..]
            });
            at.and_then(<[_]>::first).is_some_and(|other| Arc::ptr_eq(block, other))
        };
        let own: usize = self.blocks.iter().filter(|block| !shared(block)).map(|block| block.bytes()).sum();
        own + self.tally_room() + self.blocks.len() * size_of::<Arc<Block>>() + size_of::<Self>()
    }
}

impl Tallies {
    fn keep(&mut self, question: (Search, u8), tally: Arc<[u32]>, room: usize) {
        let bytes = size_of_val(&*tally) + question.0.folded().len() + 128;
        if self.bytes + bytes > room {
            *self = Self::default();
        }
        if bytes <= room && self.kept.insert(question, tally).is_none() {
            self.bytes += bytes;
        }
    }
}

fn states_admitted(filter: &NumberFilter) -> u8 {
    let mut states = 0;
    for status in Status::ALL {
        for assigned in [false, true] {
            if filter.admits_status(status) && filter.admits_assignment(assigned) {
                states |= state(status, assigned);
            }
        }
    }
    states
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::convert::Infallible;
    use std::sync::atomic::Ordering;

    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;
    use crate::model::{NumberId, Timestamp};

    type Rows = BTreeMap<Place, (Status, bool, String, Option<String>)>;

    fn place(at: u16) -> Place {
        (Timestamp(i64::from(at / 3)), NumberId(Uuid::from_u128(at.into())))
    }

    fn line(place: Place, row: &(Status, bool, String, Option<String>)) -> Line<'_> {
        let (status, assigned, phone_number, name) = row;
        Line { place, status: *status, assigned: *assigned, phone_number, friendly_name: name.as_deref() }
    }

    fn built(rows: &Rows, revision: i64) -> Roll {
        let mut builder = Builder::new(1 << 30);
        assert!(rows.iter().rev().all(|(place, row)| builder.add(&line(*place, row))));
        builder.finish(revision)
    }

    fn row() -> impl Strategy<Value = (Status, bool, String, Option<String>)> {
        let name = proptest::option::of(
            proptest::sample::select(&["Main Line", "line 55", "Maße 7", "", "STRASSE", "+1970", "0 1"][..])
                .prop_map(str::to_owned),
        );
        (proptest::sample::select(&Status::ALL[..]), any::<bool>(), "\\+1970[0-9]{4}", name)
    }

    fn term() -> impl Strategy<Value = String> {
        const SOME: &[&str] =
            &["5", "55", "line", "line 55", "LINE 5", "ss", "strass", "masse 7", "1970", "0 1", "+1 9", "7", "no line"];
        prop_oneof![
            proptest::sample::select(SOME).prop_map(str::to_owned),
            "[0-9]{4}",
            "70[0-9]{3}",
            "\\(970\\) [0-9]{1,3}",
        ]
    }

    fn assert_is_what_the_rows_say(roll: &Roll, rows: &Rows, term: &str, window: Window) {
        for search in [None, Search::new(term)] {
            for (status, assigned) in [(None, false), (Some(Status::Active), false), (None, true)] {
                let filter = NumberFilter { status, assigned, search: search.clone(), ..NumberFilter::default() };
                let matching: Vec<Place> = rows
                    .iter()
                    .rev()
                    .filter(|(_, (status, assigned, phone_number, name))| {
                        filter.admits_status(*status)
                            && filter.admits_assignment(*assigned)
                            && search.as_ref().is_none_or(|search| search.matches(phone_number, name.as_deref()))
                    })
                    .map(|(place, _)| *place)
                    .collect();
                let shown = matching.iter().copied().skip(usize::try_from(window.offset).unwrap());
                let expected: Vec<Place> = shown.take(window.limit as usize).collect();
                // The second time, how many each block has is known.
                for _ in 0..2 {
                    assert_eq!(roll.seen(&filter, window), (expected.clone(), matching.len() as u64), "{filter:?}");
                }
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]
        #[test]
        fn a_roll_that_was_mended_is_the_roll_that_is_built_anew(
            first in proptest::collection::btree_map(0..9_000_u16, row(), 0..3_000),
            changes in proptest::collection::vec((0..9_000_u16, proptest::option::of(row())), 0..3_000),
            renamed in proptest::collection::vec((0..2_000_usize, row()), 0..400),
            term in term(),
            offset in 0..2_500_u64,
        ) {
            let mut rows: Rows = first.into_iter().map(|(at, row)| (place(at), row)).collect();
            let mut roll = built(&rows, 1);
            let window = Window::at(offset, 50);
            for (round, some) in changes.chunks(1_500).enumerate() {
                for (at, change) in some {
                    match change {
                        Some(row) => drop(rows.insert(place(*at), row.clone())),
                        None => drop(rows.remove(&place(*at))),
                    }
                }
                let changed = some.iter().map(|(at, _)| place(*at)).collect();
                let read = |place: Place, show: &mut dyn FnMut(&Line<'_>)| {
                    rows.get(&place).into_iter().for_each(|row| show(&line(place, row)));
                    Ok::<_, Infallible>(())
                };
                let later = roll.later(2 + i64::try_from(round).unwrap(), changed, read).unwrap();
                let apart: usize = later.blocks.iter().filter(|block| !roll.blocks.iter().any(|b| Arc::ptr_eq(b, block)))
                    .map(|block| block.bytes()).sum();
                prop_assert!(later.bytes_beside(Some(&roll)) >= apart);
                roll = later;
                if round == 1 {
                    // So often was something sought in them.
                    roll.blocks.iter().for_each(|block| block.sought.store(1_000, Ordering::Relaxed));
                }
                prop_assert!(roll.blocks.iter().all(|block| (1..2 * BLOCK_ROWS).contains(&block.places.len())));
                assert_is_what_the_rows_say(&roll, &rows, &term, window);
            }
            assert_is_what_the_rows_say(&built(&rows, 9), &rows, &term, window);

            let mut roll = built(&rows, 9);
            for some in renamed.chunks(100) {
                let places: Vec<Place> = rows.keys().copied().collect();
                let changed: Vec<Place> = some.iter().filter_map(|(at, _)| places.get(*at).copied()).collect();
                changed.iter().zip(some).for_each(|(place, (_, row))| drop(rows.insert(*place, row.clone())));
                let read = |place: Place, show: &mut dyn FnMut(&Line<'_>)| {
                    show(&line(place, &rows[&place]));
                    Ok::<_, Infallible>(())
                };
                roll = roll.later(roll.revision + 1, changed, read).unwrap();
                let new = some.iter().map(|(_, (.., phone_number, _))| &phone_number[4..]);
                for term in new.take(5).chain([&*term]) {
                    assert_is_what_the_rows_say(&roll, &rows, term, Window::at(0, 50));
                }
            }
        }
    }

    #[test]
    fn a_later_roll_shares_the_blocks_in_which_nothing_changed() {
        let row = (Status::Active, false, "+19705551234".to_owned(), None);
        let rows: Rows = (0..5_000).map(|at| (place(at), row.clone())).collect();
        let roll = built(&rows, 1);
        let read = |place, show: &mut dyn FnMut(&Line<'_>)| {
            show(&line(place, &row));
            Ok::<_, Infallible>(())
        };
        let later = roll.later(2, vec![place(2_500)], read).unwrap();
        let shared = roll.blocks.iter().zip(&later.blocks).filter(|(old, new)| Arc::ptr_eq(old, new)).count();
        assert_eq!((roll.blocks.len(), shared), (5, 4));
        assert!(later.bytes_beside(Some(&roll)) < roll.bytes_beside(None) / 3);
    }

    #[test]
    fn a_roll_for_which_there_is_no_room_is_not_made() {
        let long = (Status::Active, false, "+19705551234".to_owned(), Some("x".repeat(60_000)));
        let mut builder = Builder::new(100_000);
        assert!(builder.add(&line(place(2), &long)));
        assert!(!builder.add(&line(place(1), &long)));
        let short = (Status::Active, false, "+19705551234".to_owned(), None);
        let mut builder = Builder::new(100_000);
        let taken = (0..5_000).rev().take_while(|at| builder.add(&line(place(*at), &short))).count();
        assert!((1_000..3_000).contains(&taken), "{taken}");
    }

    #[test]
    fn a_search_is_new_until_it_was_answered() {
        let row = (Status::Active, false, "+19705551234".to_owned(), None);
        let roll = built(&(0..3_000).map(|at| (place(at), row.clone())).collect(), 1);
        let asked = |term, offset| {
            let filter = NumberFilter { search: Search::new(term), ..NumberFilter::default() };
            let had_sought = roll.has_sought(&filter);
            let _ = roll.seen(&filter, Window::at(offset, 1));
            had_sought
        };
        assert_eq!([asked("1234", 0), asked("1235", 0), asked("1234", 50)], [false, false, true]);
        assert!(!roll.has_sought(&NumberFilter::default()));
    }

    #[test]
    fn tallies_are_bounded() {
        let row = (Status::Active, false, "+19705551234".to_owned(), None);
        let rows: Rows = (0..3_000).map(|at| (place(at), row.clone())).collect();
        let roll = built(&rows, 1);
        for term in 0..1_000 {
            let filter = NumberFilter { search: Search::new(&term.to_string()), ..NumberFilter::default() };
            assert!(roll.seen(&filter, Window::at(0, 1)).1 <= 3_000);
            assert!(roll.tallies().bytes <= roll.tally_room());
            assert!(roll.tallies().kept.len() * 128 <= roll.tally_room());
        }
    }
}
