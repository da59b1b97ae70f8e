//! Files of numbers: how an agency's numbers lie in CSV and in JSON, and what a row of a file says of one.
//!
//! Text on one side, the model's [`Number`](crate::model::Number) on the other; nothing here knows the store. The words
//! are the model's, so that no carrier's or product's export is meant: those are read where their words are known.

mod cells;
mod columns;
mod draft;
mod sheet;
mod values;
mod writing;

pub use draft::{Draft, Refusal, Terms};
pub use sheet::Sheet;
pub use values::{carrier, status};
pub use writing::{Format, Writing};
