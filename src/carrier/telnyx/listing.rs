//! The numbers of the account, and every other list that is read page by page to its end.

use std::collections::HashSet;

use reqwest::Method;
use serde::de::DeserializeOwned;

use super::Telnyx;
use super::errors::About;
use super::wire::{One, Page, Record, is_id};
use crate::carrier::{Refusal, Rented, Trouble};
use crate::model::E164;

/// The longest page there is.
const PAGE_SIZE: u32 = 250;
/// How many pages are read at most: a million numbers.
const MAX_PAGES: u64 = 4_000;

impl Telnyx {
    /// The numbers that the account has: all, or this one.
    pub(super) fn numbers(&self, number: Option<&E164>) -> Result<Vec<Rented>, Trouble> {
        let records = self.records(number)?.into_iter().filter(Record::is_ours);
        let unreadable =
            |name: String| Trouble::Unknown(format!("it lists {} in a way that cannot be read", self.fit(&name)));
        let rented = |record: Record| {
            let name = record.phone_number.clone();
            record.rented().ok_or_else(|| unreadable(name))
        };
        records.map(rented).collect()
    }

    /// What the account's list says: of all numbers, or of this one, whatever its status.
    pub(super) fn records(&self, number: Option<&E164>) -> Result<Vec<Record>, Trouble> {
        // With anything but digits it finds nothing; with digits, every number that has them in it.
        let digits = number.map(|number| ("filter[phone_number]", number.as_str()[1..].to_owned()));
        let mut records = self.list("/v2/phone_numbers", digits.as_slice(), |record: &Record| Some(&record.id))?;
        if let Some(number) = number {
            records.retain(|record| record.phone_number == number.as_str());
        }
        Ok(records)
    }

    /// What the account knows by a number's id, if it is that number's: what is done by an id is done to whatever
    /// number has it.
    pub(super) fn record(&self, rented: &Rented) -> Result<Record, Trouble> {
        let not_ours = |said: &str| Trouble::Refused { reason: Refusal::NotOwned, said: said.to_owned() };
        if !is_id(&rented.carrier_number_id) {
            return Err(not_ours("the number's id is not one of Telnyx"));
        }
        let answer = self.question(&number_path(rented), &[])?;
        let One { data }: One<Record> = self.read(&answer, About::Number)?;
        if data.phone_number != rented.phone_number.as_str() {
            return Err(not_ours("the id is another number's"));
        }
        if data.is_ours() { Ok(data) } else { Err(not_ours("the account does not have the number")) }
    }

    /// A list, read to its end. Where it changed while it was read, it is read once more.
    pub(super) fn list<T: DeserializeOwned>(
        &self,
        path: &str,
        filters: &[(&str, String)],
        id: impl Fn(&T) -> Option<&String>,
    ) -> Result<Vec<T>, Trouble> {
        for _ in 0..2 {
            if let Some(rows) = self.read_through(path, filters, &id)? {
                return Ok(rows);
            }
        }
        Err(Trouble::Unknown("the listing changed while it was read".to_owned()))
    }

    /// A list, read to its end. None: it changed while it was read.
    fn read_through<T: DeserializeOwned>(
        &self,
        path: &str,
        filters: &[(&str, String)],
        id: impl Fn(&T) -> Option<&String>,
    ) -> Result<Option<Vec<T>>, Trouble> {
        let mut rows: Vec<T> = Vec::new();
        let mut length = None;
        for page in 1..=MAX_PAGES {
            let mut query = vec![("page[number]", page.to_string()), ("page[size]", PAGE_SIZE.to_string())];
            query.extend(filters.iter().cloned());
            let answer = self.question(path, &query)?;
            let Page { data, meta }: Page<T> = self.read(&answer, About::Account)?;
            let meta = meta.ok_or_else(|| Trouble::Unknown("it does not say how long its listing is".to_owned()))?;
            let now = (meta.total_pages, meta.total_results);
            if *length.get_or_insert(now) != now {
                return Ok(None);
            }
            rows.extend(data);
            if page >= meta.total_pages {
                let ids: HashSet<&String> = rows.iter().filter_map(&id).collect();
                let is_once = ids.len() == rows.iter().filter_map(&id).count();
                let is_all = meta.total_results.is_none_or(|total| total == rows.len() as u64);
                return Ok((is_once && is_all).then_some(rows));
            }
        }
        Err(Trouble::Unknown("its listing has no end".to_owned()))
    }

    /// Gives a number back.
    pub(super) fn give_back(&self, rented: &Rented) -> Result<(), Trouble> {
        let record = self.record(rented).map_err(super::nothing_done)?;
        if record.deletion_lock_enabled == Some(true) {
            let said = "the number has a deletion lock at Telnyx, which must be taken off first".to_owned();
            return Err(Trouble::Refused { reason: Refusal::DeletionLock, said });
        }
        let answer = self.send(Method::DELETE, &number_path(rented), None)?;
        if answer.status == 204 {
            return Ok(());
        }
        match self.read(&answer, About::Number) {
            Ok(One { data: Deleted { status: None } }) => Ok(()),
            Ok(One { data: Deleted { status: Some(status) } }) if status == "deleted" => Ok(()),
            Ok(One { data: Deleted { status: Some(status) } }) => {
                Err(Trouble::Unknown(format!("it says that the number is {} still", self.fit(&status))))
            }
            // No code of theirs says that this is the reason; the number itself does.
            Err(Trouble::Refused { reason: Refusal::Other, said }) if record.has_emergency_address() => {
                Err(Trouble::Refused { reason: Refusal::EmergencyAddress, said })
            }
            Err(trouble) => Err(trouble),
        }
    }
}

/// A number that was given back.
#[derive(Debug, serde::Deserialize)]
struct Deleted {
    status: Option<String>,
}

/// Where a number is; its id has been looked at.
pub(super) fn number_path(rented: &Rented) -> String {
    format!("/v2/phone_numbers/{}", rented.carrier_number_id)
}
