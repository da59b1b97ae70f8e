//! Patterns: the numbers of an area that have certain digits in certain places, in an order that looks like chance.

use super::plan::{Area, Country, Kind};
use crate::model::Wanted;

/// A prime that shares no factor with the size of any pattern, so that its multiples visit each of its numbers once.
const STRIDE: u64 = 982_451_653;

/// Digits behind the `+`, of which some are free.
#[derive(Clone, Debug)]
pub struct Pattern {
    digits: Vec<Option<u8>>,
    /// Where the digit stands that is never 0 or 1.
    first: usize,
}

impl Pattern {
    /// The patterns that the numbers of an area which have the wanted digits fall into; some may fall into several.
    pub fn of(country: &Country, kind: &Kind, area: &Area, wanted: &Wanted) -> Vec<Self> {
        let begin = country.dial.len();
        let first = begin + area.code.len();
        let all = Self { digits: vec![None; begin + kind.length], first };
        let length = all.digits.len();
        let with = |pattern: Self, at: usize, digits: &Option<String>| match digits {
            Some(digits) => pattern.with(at, digits),
            None => Some(pattern),
        };
        let whole = || {
            let pattern = all.with(0, country.dial)?.with(begin, area.code)?;
            let pattern = with(with(pattern, begin, &wanted.area_code)?, begin, &wanted.starts_with)?;
            let end = wanted.ends_with.as_ref().map_or(Some(length), |digits| length.checked_sub(digits.len()))?;
            with(pattern, end, &wanted.ends_with)
        };
        let Some(whole) = whole() else { return Vec::new() };
        match &wanted.contains {
            None => vec![whole],
            Some(digits) => (begin..length).filter_map(|at| whole.with(at, digits)).collect(),
        }
    }

    /// The same with these digits there; none where others are there already.
    fn with(&self, at: usize, digits: &str) -> Option<Self> {
        let mut pattern = self.clone();
        for (place, digit) in (at..).zip(digits.bytes()) {
            let there = pattern.digits.get_mut(place)?;
            let digit = digit.checked_sub(b'0').filter(|digit| *digit <= 9)?;
            if there.is_some_and(|there| there != digit) || place == self.first && digit < 2 {
                return None;
            }
            *there = Some(digit);
        }
        Some(pattern)
    }

    /// How many numbers it has.
    pub fn size(&self) -> u64 {
        self.free().map(|(_, _, choices)| choices).product()
    }

    /// One of its numbers; every one has its place below its size.
    pub fn at(&self, place: u64, seed: u64) -> u64 {
        let size = self.size();
        let mut rest = (place * STRIDE + seed % size) % size;
        let mut number = self.digits.iter().fold(0, |number, digit| number * 10 + u64::from(digit.unwrap_or_default()));
        for (value, least, choices) in self.free() {
            number += value * (least + rest % choices);
            rest /= choices;
        }
        number
    }

    /// Of each free digit, from the last: what one in it is worth, the least that it may be, and how many it may be.
    fn free(&self) -> impl Iterator<Item = (u64, u64, u64)> {
        let values = std::iter::successors(Some(1_u64), |value| value.checked_mul(10));
        let places = self.digits.iter().enumerate().rev().zip(values);
        places
            .filter(|((_, digit), _)| digit.is_none())
            .map(|((place, _), value)| if place == self.first { (value, 2, 8) } else { (value, 0, 10) })
    }
}
