//! What is asked of the list.

use serde_json::json;

use crate::dialect::operation::{Parameter, in_query};
use crate::dialect::query::{Given, Malformed};
use crate::model::Window;

const PARAMETERS: [&str; 3] = ["page", "limit", "companyId"];
/// The last page that can be asked for.
const LAST_PAGE: u32 = 10_000;
const DEFAULT_LIMIT: u32 = 20;
const MAX_LIMIT: u32 = 100;

/// The parameters, described.
pub fn parameters() -> Vec<Parameter> {
    vec![
        in_query(
            "page",
            "Which page, from 1 on",
            json!({ "type": "integer", "minimum": 1, "maximum": LAST_PAGE, "default": 1 }),
        ),
        in_query(
            "limit",
            "How many numbers a page has",
            json!({ "type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT }),
        ),
        in_query(
            "companyId",
            "The company; a partner's key must name one of its children",
            json!({ "type": "string", "format": "uuid" }),
        ),
    ]
}

/// A page of the list.
#[derive(Clone, Copy, Debug)]
pub struct ListQuery {
    /// Which, from 1 on.
    pub page: u32,
    /// How many numbers it has.
    pub limit: u32,
}

impl ListQuery {
    /// Reads a query string. The company has been found by the door.
    ///
    /// # Errors
    /// [`Malformed`]
    pub fn parse(query: &str) -> Result<Self, Malformed> {
        let given = Given::read(query, &PARAMETERS, &[])?;
        Ok(Self {
            page: given.within("page", 1, 1, LAST_PAGE)?,
            limit: given.within("limit", DEFAULT_LIMIT, 1, MAX_LIMIT)?,
        })
    }

    /// Where it lies.
    pub fn window(self) -> Window {
        Window::at(u64::from(self.page - 1) * u64::from(self.limit), self.limit)
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
    fn what_is_out_of_range_is_refused_by_name() {
        let first = ListQuery::parse("").unwrap();
        assert_eq!((first.page, first.limit, first.window().offset), (1, 20, 0));
        assert_eq!(ListQuery::parse("page=10000&limit=100").unwrap().window().offset, 999_900);
        for (query, name) in [
            ("page=0", "page"),
            ("page=10001", "page"),
            ("page=1.0", "page"),
            ("page=", "page"),
            ("limit=0", "limit"),
            ("limit=101", "limit"),
            ("limit=20&limit=20", "limit"),
        ] {
            assert_eq!(ListQuery::parse(query).unwrap_err().name, name, "{query}");
        }
    }
}
