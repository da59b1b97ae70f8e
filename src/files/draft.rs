//! What a row of a file says of a number, beside what is taken for granted of the rest.

use uuid::Uuid;

use super::columns::{COLUMNS, Cell, Column};
use crate::model::{Carrier, E164, Number, NumberId, Status, Text, Timestamp};

/// Why a row was refused: its column, and what should have been there.
pub type Refusal = (&'static str, String);

/// What holds for rows that do not say.
#[derive(Clone, Debug)]
pub struct Terms {
    /// Who their numbers are rented from.
    pub carrier: Carrier,
    /// With which account.
    pub account: Option<Text>,
    /// When they enter the inventory, and were last changed.
    pub now: Timestamp,
}

/// A number as a row of a file has it.
#[derive(Clone, Debug)]
pub struct Draft {
    /// The number, without its agent; its id is nil where the row gives none.
    pub number: Number,
    /// The agent that answers it: its id, or its id at the voice engine.
    pub agent: Option<String>,
    /// A bit for each of the columns that say something.
    said: u32,
}

impl Draft {
    /// A number of which nothing but the number itself is said.
    pub(super) fn new(phone_number: E164, terms: &Terms) -> Self {
        let number = Number::bare(NumberId(Uuid::nil()), phone_number, terms.carrier, terms.now);
        Self { number, agent: None, said: 0 }
    }

    /// Notes that a column says something.
    pub(super) fn note(&mut self, place: usize) {
        self.said |= 1 << place;
    }

    /// Fills in what follows from what was said.
    pub(super) fn conclude(mut self, terms: &Terms) -> Self {
        if self.number.carrier_account.is_none() && self.number.carrier == terms.carrier {
            self.number.carrier_account.clone_from(&terms.account);
        }
        if !self.says("is_active") {
            self.number.is_active = matches!(self.number.status, Status::Pending | Status::Active);
        }
        self
    }

    /// Whether the row says something of what a column is for.
    #[must_use]
    pub fn says(&self, column: &str) -> bool {
        self.said().any(|said| said.name == column)
    }

    fn said(&self) -> impl Iterator<Item = &'static Column> {
        COLUMNS.iter().enumerate().filter(|(place, _)| self.said & (1 << place) != 0).map(|(_, column)| column)
    }

    /// The columns of which the row says something else than is here. `agent` is the one it means, where it says so.
    #[must_use]
    pub fn differing(&self, agent: Option<&str>, here: &Number) -> Vec<&'static str> {
        let differs = |column: &&Column| {
            let there = (column.cell)(here);
            match (column.name, agent) {
                ("agent_id", Some(agent)) => there != Cell::Words(agent.into()),
                _ => column.reading.is_some() && (column.cell)(&self.number) != there,
            }
        };
        self.said().filter(differs).map(|column| column.name).collect()
    }
}
