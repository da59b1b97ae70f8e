//! Which groups of a block's rows may hold a term, by the bytes of their words, four at a time.
//!
//! That only rules out: a search looks through the groups that are left, a fourteenth of the text for four digits.

use std::ops::Range;

use super::block::is_end;

/// Bytes in a gram. Most groups have any three digits, few have any four.
const GRAM: usize = 4;
/// A set of groups, one a bit. More and smaller groups have the same grams more often, and take more room.
pub type Groups = u16;
/// Every group.
pub const ALL: Groups = Groups::MAX;
/// For so many bytes of text there is one of grams.
const TEXT_BYTES: usize = 2;

/// The grams of a block.
#[derive(Clone, Debug)]
pub struct Grams(Box<[Groups]>);

/// The grams of a term.
pub struct Sought(Vec<u32>);

impl Sought {
    /// A term that is shorter than a gram may be anywhere.
    pub fn new(term: &[u8]) -> Self {
        Self(of(term).collect())
    }

    /// Whether grams tell nothing of where it is.
    pub fn is_short(&self) -> bool {
        self.0.is_empty()
    }
}

impl Grams {
    /// Those of rows whose texts end here.
    pub fn new(text: &[u8], ends: &[usize]) -> Self {
        let mut new = Self(vec![0; slots(text.len())].into());
        let mut from = 0;
        for (group, ends) in ends.chunks(rows_of_group(ends.len())).enumerate() {
            let Some(end) = ends.last() else { break };
            new.add(&text[from..*end], group);
            from = *end;
        }
        new
    }

    /// These, and those of a text that a row has now, of so many rows. What it had before stays: that rules out less.
    pub fn with(mut self, text: &[u8], row: usize, rows: usize) -> Self {
        self.add(text, row / rows_of_group(rows));
        self
    }

    fn add(&mut self, text: &[u8], group: usize) {
        for gram in text.split(|byte| is_end(*byte)).flat_map(of) {
            self.slots_of(gram).for_each(|slot| self.0[slot] |= 1 << group);
        }
    }

    /// What those of so much text take.
    pub fn bytes_of(text: usize) -> usize {
        slots(text) * size_of::<Groups>()
    }

    /// What these take.
    pub fn bytes(&self) -> usize {
        size_of_val(&*self.0)
    }

    /// The groups that may hold a term: those that have all of its grams, and some that only seem to.
    pub fn may_hold(&self, term: &Sought) -> Groups {
        let mut left = ALL;
        for gram in &term.0 {
            self.slots_of(*gram).for_each(|slot| left &= self.0[slot]);
            if left == 0 {
                break;
            }
        }
        left
    }

    /// A gram has two slots, and shares each with others.
    fn slots_of(&self, gram: u32) -> impl Iterator<Item = usize> + use<> {
        let hash = u64::from(gram).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let slots = self.0.len() as u64;
        [hash >> 32, hash & u64::from(u32::MAX)].into_iter().map(move |half| ((half * slots) >> 32) as usize)
    }
}

/// Takes the first groups that lie in a row out of a set: their rows, of so many in all. `None` where the set is empty.
pub fn take_rows(groups: &mut Groups, rows: usize) -> Option<Range<usize>> {
    if *groups == 0 {
        return None;
    }
    let first = groups.trailing_zeros();
    let end = first + (*groups >> first).trailing_ones();
    *groups &= ALL.checked_shl(end).unwrap_or(0);
    let row = |group: u32| rows.min(group as usize * rows_of_group(rows));
    Some(row(first)..row(end))
}

fn rows_of_group(rows: usize) -> usize {
    rows.div_ceil(Groups::BITS as usize).max(1)
}

fn slots(text: usize) -> usize {
    (text / TEXT_BYTES / size_of::<Groups>()).max(1)
}

fn of(text: &[u8]) -> impl Iterator<Item = u32> {
    text.windows(GRAM).filter_map(|gram| gram.try_into().ok().map(u32::from_le_bytes))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]
        #[test]
        fn no_group_that_holds_a_term_is_ruled_out(
            rows in proptest::collection::vec("[0-9a-c ]{0,12}", 1..200),
            (row, from, to) in (0..200_usize, 0..12_usize, 0..=12_usize),
        ) {
            let (mut text, mut ends) = (Vec::new(), Vec::new());
            for row in &rows {
                text.extend_from_slice(row.as_bytes());
                text.push(0xFE);
                ends.push(text.len());
            }
            let grams = Grams::new(&text, &ends);
            prop_assert_eq!(grams.bytes(), Grams::bytes_of(text.len()));
            let term = rows[row % rows.len()].get(from..to).unwrap_or("0000");
            let mut groups = grams.may_hold(&Sought::new(term.as_bytes()));
            let mut left = vec![false; rows.len()];
            while let Some(range) = take_rows(&mut groups, rows.len()) {
                left[range].fill(true);
            }
            for (row, left) in rows.iter().zip(left) {
                prop_assert!(left || !row.contains(term), "{term:?} in {row:?}");
            }
        }
    }

    #[test]
    fn four_digits_are_sought_in_little_of_the_text_and_a_rare_fragment_in_next_to_none() {
        let (mut text, mut ends, mut random) = (Vec::new(), Vec::new(), 1_u64);
        for row in 0..1024 {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            text.extend_from_slice(format!("+1{:010}\u{0}line {row}", (random >> 32) % 10_000_000_000).as_bytes());
            text.push(0xFE);
            ends.push(text.len());
        }
        let grams = Grams::new(&text, &ends);
        let left = |term: String| grams.may_hold(&Sought::new(term.as_bytes())).count_ones();
        let share = |terms: &dyn Fn(u32) -> String| (0..1_000).map(|term| left(terms(term))).sum::<u32>();
        let [digits, fragments] = [share(&|term| format!("{term:04}")), share(&|term| format!("line {term}x"))];
        assert!(digits < 16_000 / 8 && fragments < 16_000 / 100, "{digits} {fragments}");
    }

    #[test]
    fn groups_in_a_row_are_taken_at_once() {
        let mut groups = 0b1100_0000_0000_0101;
        let taken: Vec<_> = std::iter::from_fn(|| take_rows(&mut groups, 1030)).collect();
        assert_eq!(taken, [0..65, 130..195, 910..1030]);
        let mut all = ALL;
        assert_eq!(take_rows(&mut all, 1), Some(0..1));
        assert_eq!(take_rows(&mut all, 1), None);
    }
}
