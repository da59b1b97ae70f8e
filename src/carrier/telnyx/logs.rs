//! Telnyx' logs of calls and messages: detail records.

use std::collections::HashSet;

use serde::Deserialize;

use super::Telnyx;
use super::errors::About;
use super::wire::Page;
use crate::carrier::http::Answer;
use crate::carrier::{Trouble, Use};
use crate::model::{E164, Timestamp};

/// The logs, and the field by which each is searched in time. One that a log does not have finds nothing, silently.
const LOGS: [(&str, &str); 3] =
    [("sip-trunking", "started_at"), ("call-control", "started_at"), ("messaging", "created_at")];
/// The longest page there is; more may be asked for, and is not given.
const PAGE_SIZE: u32 = 50;
/// How many pages of a log are read at most: a million records.
const MAX_PAGES: u64 = 20_000;
/// How often a page is waited for where there were too many questions. There may be forty a minute, and the wait is as long
/// as a request may take.
const MAX_WAITS: u32 = 8;

/// A record, as far as the logs have the same names for things.
#[derive(Debug, Deserialize)]
struct Record {
    id: Option<String>,
    uuid: Option<String>,
    /// Who called or wrote.
    cli: Option<String>,
    /// Whom.
    cld: Option<String>,
    started_at: Option<String>,
    sent_at: Option<String>,
    created_at: Option<String>,
}

impl Telnyx {
    /// Both ends of every call and message since then.
    pub(super) fn uses(&self, since: Timestamp) -> Result<Vec<Use>, Trouble> {
        let mut uses = Vec::new();
        for (log, field) in LOGS {
            self.read_log(log, field, since, &mut uses)?;
        }
        Ok(uses)
    }

    /// Reads a log to its end. It grows at its beginning while it is read: what was there moves to later pages and is read
    /// twice, and what is new may be missed, which was not there when this was asked.
    fn read_log(&self, log: &str, field: &str, since: Timestamp, uses: &mut Vec<Use>) -> Result<(), Trouble> {
        let (mut seen, mut read, mut least) = (HashSet::new(), 0, None);
        // In whole seconds, as the documents have it.
        let since = Timestamp(since.0 - since.0.rem_euclid(1_000_000));
        let after = format!("filter[{field}][gte]");
        for page in 1..=MAX_PAGES {
            let query = [
                ("page[number]", page.to_string()),
                ("page[size]", PAGE_SIZE.to_string()),
                ("filter[record_type]", log.to_owned()),
                (&*after, since.to_string()),
            ];
            let Page { data, meta }: Page<Record> = self.read(&self.patiently(&query)?, About::Account)?;
            let meta = meta.ok_or_else(|| Trouble::Unknown("it does not say how long its log is".to_owned()))?;
            let total = meta.total_results.unwrap_or_default();
            least.get_or_insert(total);
            for record in data {
                read += 1;
                let is_new = record.id.as_ref().or(record.uuid.as_ref()).is_none_or(|id| seen.insert(id.clone()));
                if is_new {
                    note(&record, uses)?;
                }
            }
            if page >= meta.total_pages {
                if least.is_some_and(|least| read < least) {
                    return Err(Trouble::Unknown("its log ended before its end".to_owned()));
                }
                return Ok(());
            }
        }
        Err(Trouble::Unknown("its log has no end".to_owned()))
    }

    /// Asks for a page of a log, and waits where there were too many questions in this minute.
    fn patiently(&self, query: &[(&str, String)]) -> Result<Answer, Trouble> {
        for wait in 0..=MAX_WAITS {
            let answer = self.question("/v2/detail_records", query)?;
            if answer.status != 429 {
                return Ok(answer);
            }
            if wait < MAX_WAITS {
                std::thread::sleep(self.deadline);
            }
        }
        Err(Trouble::Busy)
    }
}

/// Both ends of a record, where they are numbers: short codes, names and addresses are nobody's here.
fn note(record: &Record, uses: &mut Vec<Use>) -> Result<(), Trouble> {
    let numbers = [&record.cli, &record.cld].into_iter().filter_map(|end| end.as_deref()?.parse::<E164>().ok());
    let at = [&record.started_at, &record.sent_at, &record.created_at].into_iter().find_map(|at| at.as_deref());
    for phone_number in numbers {
        let at: Option<Timestamp> = at.and_then(|at| at.parse().ok());
        let at = at.ok_or_else(|| Trouble::Unknown("its log has a record without a time".to_owned()))?;
        uses.push(Use { phone_number, at });
    }
    Ok(())
}
