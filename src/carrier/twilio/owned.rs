//! Lists, read to their end, and the one of the numbers that the account has.

use std::collections::HashSet;

use serde::de::DeserializeOwned;

use super::Twilio;
use super::wire::{Number, Page};
use crate::carrier::{Rented, Trouble};
use crate::model::E164;

/// The longest page that Twilio gives.
const PAGE_SIZE: (&str, &str) = ("PageSize", "1000");
/// More pages than any account has: who gives more will never stop.
const MAX_PAGES: usize = 20_000;

impl Twilio {
    /// Every row of a list.
    pub(super) fn all<T: DeserializeOwned>(&self, path: &str, filter: &[(&str, &str)]) -> Result<Vec<T>, Trouble> {
        let query = [filter, &[PAGE_SIZE]].concat();
        let mut page: Page<T> = self.ask(&self.api, path, &query)?;
        let (mut rows, mut seen) = (Vec::new(), HashSet::new());
        loop {
            rows.append(&mut page.rows);
            let Some(next) = page.next_page_uri.filter(|next| !next.is_empty()) else { return Ok(rows) };
            // It is asked with the token in hand: of this list only, which is on this server.
            if next.split_once('?').map(|(path, _)| path) != Some(path) {
                return Err(Trouble::Unknown("its list goes on elsewhere".to_owned()));
            }
            if seen.len() >= MAX_PAGES || !seen.insert(next.clone()) {
                return Err(Trouble::Unknown("its list has no end".to_owned()));
            }
            page = self.ask(&self.api, &next, &[])?;
        }
    }

    pub(super) fn listed(&self, number: Option<&E164>) -> Result<Vec<Rented>, Trouble> {
        let filter = number.map(|number| ("PhoneNumber", number.as_str()));
        let rows = self.all::<Number>(&self.path("/IncomingPhoneNumbers.json"), filter.as_slice())?;
        let mut seen = HashSet::new();
        // A number that is bought or given back while pages are read moves others from one page to the next.
        let once = rows.into_iter().filter(|row| seen.insert(row.sid.clone()));
        // Short codes are left out: nothing here can name one, so that none can be ours, nor be taken for one.
        let rented = once.filter_map(Number::rented);
        // Twilio gives every number that the asked one is a part of.
        Ok(rented.filter(|rented| number.is_none_or(|number| rented.phone_number == *number)).collect())
    }
}

/// An answer about another number than was asked about is none.
pub(super) fn only(rented: Option<Rented>, number: &E164) -> Result<Rented, Trouble> {
    rented
        .filter(|rented| rented.phone_number == *number && !rented.carrier_number_id.is_empty())
        .ok_or_else(|| Trouble::Unknown(format!("its answer is not about {number}")))
}
