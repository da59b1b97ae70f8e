//! A block of a roll: some rows in a row, and what is found in their words.

use std::mem::size_of_val;
use std::ops::Range;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};

use memchr::memchr;
use memchr::memmem::Finder;

use super::grams::{self, Grams, Groups, Sought};
use super::roll::Line;
use crate::model::{Place, Search, Status, fold_case};

/// Rows in a block when it is made; it is cut in two when it has twice as many.
pub const BLOCK_ROWS: usize = 1024;
/// Grams are made anew when more than one in so many rows has changed.
const RENEWED_AT_MOST: usize = 8;
/// How often something is sought in a block, roughly, until looking through all of it has cost as much as making grams.
const SOUGHT_BEFORE_GRAMS: u32 = 24;
/// Ends a phone number. No UTF-8 text has this byte.
const NUMBER_END: u8 = 0xFF;
/// Ends a row's text. No UTF-8 text has this byte.
const ROW_END: u8 = 0xFE;

/// Some rows in a row.
#[derive(Debug, Default)]
pub struct Block {
    pub places: Vec<Place>,
    /// Each row's state, as one bit.
    states: Vec<u8>,
    /// Where each row's text ends.
    ends: Vec<usize>,
    /// Of each row the phone number and the folded name, each with its end.
    pub text: Vec<u8>,
    /// Which rows' text may hold a term.
    grams: OnceLock<Grams>,
    /// How many rows' text has changed since they were made.
    renewed: usize,
    /// How often something was sought while there were none.
    pub sought: AtomicU32,
    /// How many rows have each state, by the place of its bit.
    of_state: [u32; 8],
}

impl Block {
    pub fn add(&mut self, line: &Line<'_>) {
        self.text.extend_from_slice(line.phone_number.as_bytes());
        self.text.push(NUMBER_END);
        if let Some(name) = line.friendly_name {
            let from = self.text.len();
            self.text.extend_from_slice(name.as_bytes());
            if name.is_ascii() {
                self.text[from..].make_ascii_lowercase();
            } else {
                self.text.truncate(from);
                self.text.extend_from_slice(fold_case(name).as_bytes());
            }
        }
        self.end(line.place, state(line.status, line.assigned));
    }

    /// Takes over a row of another block.
    fn copy(&mut self, other: &Self, row: usize) {
        let text = other.text_of(row);
        self.text.extend_from_slice(&other.text[text.start..text.end - 1]);
        self.end(other.places[row], other.states[row]);
    }

    fn end(&mut self, place: Place, state: u8) {
        self.text.push(ROW_END);
        self.places.push(place);
        self.states.push(state);
        self.of_state[state.trailing_zeros() as usize] += 1;
        self.ends.push(self.text.len());
    }

    fn text_of(&self, row: usize) -> Range<usize> {
        let from = row.checked_sub(1).map_or(0, |before| self.ends[before]);
        from..self.ends[row]
    }

    /// This block with what is now at these places, which are in list order.
    pub fn mended<E>(
        &self,
        changed: &[Place],
        read: &mut impl FnMut(Place, &mut dyn FnMut(&Line<'_>)) -> Result<(), E>,
    ) -> Result<Self, E> {
        let (mut mended, mut row) = (Self::default(), 0);
        let (mut renewed, mut rows_stay) = (Vec::new(), true);
        for place in changed {
            while row < self.places.len() && self.places[row] > *place {
                mended.copy(self, row);
                row += 1;
            }
            let had = self.places.get(row) == Some(place);
            let at = mended.places.len();
            read(*place, &mut |line| mended.add(line))?;
            let has = mended.places.len() > at;
            row += usize::from(had);
            rows_stay &= had == has;
            renewed.extend(has.then_some(at));
        }
        for row in row..self.places.len() {
            mended.copy(self, row);
        }
        if rows_stay {
            mended.take_grams(self, &renewed);
        }
        Ok(mended)
    }

    /// Takes over another block's grams, where few of the rows, which are the same, have changed since they were made.
    fn take_grams(&mut self, before: &Self, renewed: &[usize]) {
        let rows = self.places.len();
        let at_most = rows / RENEWED_AT_MOST;
        // Those of a block with more were made when it was there already.
        self.renewed = renewed.len() + if before.renewed > at_most { 0 } else { before.renewed };
        if let Some(grams) = before.grams.get().filter(|_| self.renewed <= at_most) {
            let with = |grams: Grams, row: &usize| grams.with(&self.text[self.text_of(*row)], *row, rows);
            self.grams = renewed.iter().fold(grams.clone(), with).into();
        }
    }

    /// Itself, or its halves where it has grown too large, or nothing where it is empty.
    pub fn into_pieces(self, blocks: &mut Vec<Arc<Self>>) {
        let rows = self.places.len();
        if rows < 2 * BLOCK_ROWS {
            blocks.extend((rows > 0).then(|| self.fitted()));
            return;
        }
        for from in (0..rows).step_by(BLOCK_ROWS) {
            let mut piece = Self::default();
            for row in from..rows.min(from + BLOCK_ROWS) {
                piece.copy(&self, row);
            }
            blocks.push(piece.fitted());
        }
    }

    pub fn fitted(mut self) -> Arc<Self> {
        self.places.shrink_to_fit();
        self.states.shrink_to_fit();
        self.ends.shrink_to_fit();
        self.text.shrink_to_fit();
        Arc::new(self)
    }

    /// Itself with its grams.
    pub fn with_grams(self) -> Self {
        self.grams.get_or_init(|| Grams::new(&self.text, &self.ends));
        self
    }

    /// Its grams. Where rows have come or gone, or too many have changed, a block has none until so much was sought in it
    /// that they would have paid: who adds a number with every search makes none.
    fn grams(&self) -> Option<&Grams> {
        let is_worth_it = || self.sought.fetch_add(1, Ordering::Relaxed) >= SOUGHT_BEFORE_GRAMS;
        let make = || self.grams.get_or_init(|| Grams::new(&self.text, &self.ends));
        self.grams.get().or_else(|| is_worth_it().then(make))
    }

    /// The groups of rows that may hold the words.
    pub fn may_hold(&self, needle: &Needle<'_>) -> Left {
        let term = |term| self.may_hold_term(term);
        Left { folded: term(&needle.folded), digits: needle.digits.as_ref().map_or(0, term) }
    }

    fn may_hold_term(&self, term: &Term<'_>) -> Groups {
        if term.grams.is_short() {
            return grams::ALL;
        }
        self.grams().map_or(grams::ALL, |grams| grams.may_hold(&term.grams))
    }

    /// What it takes, with its grams.
    pub fn bytes(&self) -> usize {
        let rows = size_of_val(&*self.places) + self.states.len() + size_of_val(&*self.ends);
        size_of::<Self>()
            + rows
            + self.text.len()
            + self.grams.get().map_or(Grams::bytes_of(self.text.len()), Grams::bytes)
    }

    pub fn count(&self, states: u8) -> u64 {
        (0..8).filter(|bit| states >> bit & 1 == 1).map(|bit| u64::from(self.of_state[bit])).sum()
    }

    pub fn with_states(&self, states: u8) -> impl Iterator<Item = usize> {
        self.states.iter().enumerate().filter(move |(_, state)| **state & states != 0).map(|(row, _)| row)
    }

    /// Shows the rows that match and have one of these states, in order.
    pub fn matching(&self, needle: &Needle<'_>, left: Left, states: u8, see: &mut impl FnMut(usize)) {
        let mut rows = Hits::new(self, &needle.folded, left.folded, false);
        let Some(digits) = &needle.digits else {
            return rows.filter(|row| self.states[*row] & states != 0).for_each(see);
        };
        let mut dialled = Hits::new(self, digits, left.digits, true);
        let (mut one, mut other) = (rows.next(), dialled.next());
        while let Some(row) = one.into_iter().chain(other).min() {
            if self.states[row] & states != 0 {
                see(row);
            }
            one = if one == Some(row) { rows.next() } else { one };
            other = if other == Some(row) { dialled.next() } else { other };
        }
    }
}

/// The words that are sought.
pub struct Needle<'s> {
    /// In the number and in the name.
    folded: Term<'s>,
    /// In the number alone.
    digits: Option<Term<'s>>,
}

/// The groups of a block's rows that are left to look through.
#[derive(Clone, Copy)]
pub struct Left {
    folded: Groups,
    digits: Groups,
}

/// One of them.
struct Term<'s> {
    finder: Finder<'s>,
    grams: Sought,
}

impl<'s> Needle<'s> {
    pub fn new(search: &'s Search) -> Self {
        let term = |text: &'s str| Term { finder: Finder::new(text), grams: Sought::new(text.as_bytes()) };
        Self { folded: term(search.folded()), digits: search.digits().map(term) }
    }
}

/// The rows of a block in whose text something is found.
struct Hits<'b> {
    block: &'b Block,
    finder: &'b Finder<'b>,
    in_number: bool,
    /// The rows to look through next, and the groups after them.
    rows: Range<usize>,
    groups: Groups,
}

impl<'b> Hits<'b> {
    fn new(block: &'b Block, term: &'b Term<'_>, groups: Groups, in_number: bool) -> Self {
        Self { block, finder: &term.finder, in_number, rows: 0..0, groups }
    }

    /// Finds the next row among those that are looked through.
    fn find(&mut self) -> Option<usize> {
        let Range { start, end } = self.rows.clone();
        let (from, to) = (self.block.text_of(start).start, self.block.text_of(end - 1).end);
        let Some(at) = self.finder.find(&self.block.text[from..to]) else {
            self.rows.start = end;
            return None;
        };
        let after = |row: &usize| self.block.ends[*row] > from + at;
        let row = (start..end).find(after)?;
        self.rows.start = row + 1;
        // Behind the number's end the first find is in the name: the number has none.
        let is_in_number = || memchr(NUMBER_END, &self.block.text[self.block.text_of(row).start..from + at]).is_none();
        (!self.in_number || is_in_number()).then_some(row)
    }
}

impl Iterator for Hits<'_> {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        loop {
            if self.rows.is_empty() {
                self.rows = grams::take_rows(&mut self.groups, self.block.places.len())?;
            } else if let Some(row) = self.find() {
                return Some(row);
            }
        }
    }
}

/// Whether a byte ends a phone number or a row.
pub fn is_end(byte: u8) -> bool {
    byte >= ROW_END
}

/// A state as one of eight bits.
pub fn state(status: Status, assigned: bool) -> u8 {
    1 << (status as u8 * 2 + u8::from(assigned))
}
