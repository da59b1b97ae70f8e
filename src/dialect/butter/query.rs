//! What is asked of the list.

use serde_json::json;

use crate::dialect::operation::{Parameter, in_query};
use crate::dialect::query::{Given, Malformed};
use crate::model::NumberFilter;

const PARAMETERS: [&str; 4] = ["status", "cursor", "page_size", "limit"];
const DEFAULT_SIZE: u32 = 20;
const MAX_SIZE: u32 = 100;

/// The parameters, described.
pub fn parameters() -> Vec<Parameter> {
    let size = || json!({ "type": "integer", "minimum": 1, "maximum": MAX_SIZE, "default": DEFAULT_SIZE });
    vec![
        in_query(
            "status",
            "Only numbers that no agent answers, or only such that one does",
            json!({ "type": "string", "enum": ["free", "assigned"] }),
        ),
        in_query("cursor", "Where the list goes on: a page's next_cursor", json!({ "type": "string", "minLength": 1 })),
        in_query("page_size", "How many numbers at most", size()),
        in_query("limit", "The same, by another name", size()),
    ]
}

/// A stretch of the list.
#[derive(Debug)]
pub struct ListQuery {
    /// Which numbers.
    pub filter: NumberFilter,
    /// The filter's word: cursors are bound to it.
    pub status: String,
    /// Where it begins, where not at the beginning.
    pub cursor: Option<String>,
    /// How many numbers at most.
    pub page_size: u32,
}

impl ListQuery {
    /// Reads a query string.
    ///
    /// # Errors
    /// [`Malformed`]
    pub fn parse(query: &str) -> Result<Self, Malformed> {
        let given = Given::read(query, &PARAMETERS, &[])?;
        let status = given.text("status").unwrap_or_default();
        let filter = match status {
            "" => NumberFilter::default(),
            "free" => NumberFilter { unassigned: true, ..NumberFilter::default() },
            "assigned" => NumberFilter { assigned: true, ..NumberFilter::default() },
            _ => return Err(Malformed::new("status", "must be free or assigned")),
        };
        if given.text("page_size").is_some() && given.text("limit").is_some() {
            return Err(Malformed::new("limit", "is another name of page_size: give one of them"));
        }
        let name = if given.text("limit").is_some() { "limit" } else { "page_size" };
        let page_size = given.within(name, DEFAULT_SIZE, 1, MAX_SIZE)?;
        Ok(Self { filter, status: status.to_owned(), cursor: given.text("cursor").map(str::to_owned), page_size })
    }
}

#[cfg(test)]
mod tests {
    use super::{ListQuery, PARAMETERS, parameters};

    #[test]
    fn the_parameters_that_are_described_are_those_that_are_read() {
        assert_eq!(parameters().iter().map(|parameter| parameter.name).collect::<Vec<_>>(), PARAMETERS);
    }

    #[test]
    fn malformed_values_are_refused_by_name() {
        assert_eq!(ListQuery::parse("limit=7").unwrap().page_size, 7);
        assert!(ListQuery::parse("status=free").unwrap().filter.unassigned);
        for (query, name) in [
            ("status=Free", "status"),
            ("status=", "status"),
            ("page_size=0", "page_size"),
            ("page_size=101", "page_size"),
            ("limit=x", "limit"),
            ("limit=1&page_size=1", "limit"),
            ("cursor=", "cursor"),
        ] {
            assert_eq!(ListQuery::parse(query).unwrap_err().name, name, "{query}");
        }
    }
}
