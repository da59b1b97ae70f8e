//! How detail records are picked and sorted: by any of their fields, and by the calendar.
//!
//! npm telnyx 7, resources/detail-records.d.ts: "filtering by a field that does not exist for the selected record_type is rejected
//! with a 400 error. Call-control and sip-trunking records use started_at, finished_at and answered_at (they have no
//! created_at); messaging records use created_at." The same goes for sorting.

use std::cmp::Ordering;

use serde_json::Value;

use super::error::{Failure, Kind};
use super::query::Query;
use crate::clock::Clock;
use crate::model::Timestamp;

const DAY: i64 = 86_400_000_000;

/// Which records are wanted, and in which order.
#[derive(Debug)]
pub struct Filters {
    fields: Vec<(String, String, String)>,
    /// The field that says when it was, and from when until when that is.
    range: Option<(&'static str, Timestamp, Timestamp)>,
    sort: Vec<(String, bool)>,
}

impl Filters {
    /// Reads them for records with the fields of this one.
    ///
    /// # Errors
    /// A field that there is not, or a comparison, or a range.
    pub fn read(query: &Query, like: &Value, when: &'static str) -> Result<Self, Failure> {
        let wrong = |what: &str, parameter: &str| {
            Failure::saying(Kind::BadRequest, format_args!("there is no such {what}")).of(parameter)
        };
        let (mut fields, mut range) = (Vec::new(), None);
        for (name, value) in query.all_filters() {
            let (field, comparison) = name.split_once("][").unwrap_or((name, "eq"));
            let parameter = format!("filter[{name}]");
            match field {
                "record_type" => {}
                "date_range" => {
                    let (begin, end) = days(value, Clock::System.now()).ok_or_else(|| wrong("range", &parameter))?;
                    range = Some((when, begin, end));
                }
                _ if like.get(field).is_none() => return Err(wrong("field", &parameter)),
                _ if !["eq", "gt", "gte", "lt", "lte", "starts_with", "ends_with", "contains"]
                    .contains(&comparison) =>
                {
                    return Err(wrong("comparison", &parameter));
                }
                _ => fields.push((field.to_owned(), comparison.to_owned(), value.to_owned())),
            }
        }
        let mut sort = Vec::new();
        for name in query.get("sort").into_iter().flat_map(|names| names.split(',')) {
            let (field, falls) = name.strip_prefix('-').map_or((name, false), |field| (field, true));
            like.get(field).ok_or_else(|| wrong("field", "sort"))?;
            sort.push((field.to_owned(), falls));
        }
        if sort.is_empty() {
            sort.push((when.to_owned(), true));
        }
        Ok(Self { fields, range, sort })
    }

    /// Whether a record is wanted.
    pub fn take(&self, record: &Value) -> bool {
        let within = |(when, begin, end): (&str, Timestamp, Timestamp)| {
            time(&shown(record, when)).is_some_and(|at| begin <= at && at < end)
        };
        self.range.is_none_or(within)
            && self.fields.iter().all(|(field, how, wanted)| fits(&shown(record, field), how, wanted))
    }

    /// Puts records in order.
    pub fn sort(&self, records: &mut [Value]) {
        records.sort_by(|one, other| {
            let by = self.sort.iter().map(|(field, falls)| {
                let order = compared(&shown(one, field), &shown(other, field));
                if *falls { order.reverse() } else { order }
            });
            by.fold(Ordering::Equal, Ordering::then)
        });
    }
}

fn fits(there: &str, how: &str, wanted: &str) -> bool {
    let order = compared(there, wanted);
    match how {
        "gt" => order.is_gt(),
        "gte" => order.is_ge(),
        "lt" => order.is_lt(),
        "lte" => order.is_le(),
        "starts_with" => there.starts_with(wanted),
        "ends_with" => there.ends_with(wanted),
        "contains" => there.contains(wanted),
        _ => order.is_eq(),
    }
}

/// Times by when they are, everything else by how it is written.
fn compared(one: &str, other: &str) -> Ordering {
    match (time(one), time(other)) {
        (Some(one), Some(other)) => one.cmp(&other),
        _ => one.cmp(other),
    }
}

fn shown(record: &Value, field: &str) -> String {
    match record.get(field) {
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
        None => String::new(),
    }
}

/// A time, or the beginning of a day, as `filter[created_at][gte]=2021-06-22` has it.
pub fn time(text: &str) -> Option<Timestamp> {
    let texts = [text.to_owned(), format!("{text}Z"), format!("{text}T00:00:00Z")];
    texts.iter().find_map(|text| text.parse().ok())
}

/// When a range of days begins and ends: "Searches for records with timestamp starting at `00:00:00` of the current day", and
/// so on (<https://developers.telnyx.com/openapi/spec/tag/Detail-Records-API/>). That weeks begin on Mondays, and that the last N
/// days end now, are guesses.
fn days(range: &str, now: Timestamp) -> Option<(Timestamp, Timestamp)> {
    let today = now.0.div_euclid(DAY) * DAY;
    // 1970 began on a Thursday.
    let week = today - (today / DAY + 3).rem_euclid(7) * DAY;
    let month = |of: i64| time(&format!("{}-01", &Timestamp(of).to_string()[..7])).map(|first| first.0);
    let this_month = month(today)?;
    let next_month = month(this_month + 31 * DAY)?;
    let (begin, end) = match range {
        "today" => (today, today + DAY),
        "yesterday" => (today - DAY, today),
        "tomorrow" => (today + DAY, today + 2 * DAY),
        "this_week" => (week, week + 7 * DAY),
        "last_week" => (week - 7 * DAY, week),
        "next_week" => (week + 7 * DAY, week + 14 * DAY),
        "this_month" => (this_month, next_month),
        "last_month" => (month(this_month - DAY)?, this_month),
        "next_month" => (next_month, month(next_month + 31 * DAY)?),
        _ => {
            let days: i64 = range.strip_prefix("last_")?.strip_suffix("_days")?.parse().ok()?;
            (now.0 - days.checked_mul(DAY)?, now.0)
        }
    };
    Some((Timestamp(begin), Timestamp(end)))
}
