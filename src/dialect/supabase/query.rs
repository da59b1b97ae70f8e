//! The parameters of the functions, read strictly: a malformed value is refused, never replaced by a default.

use serde_json::json;

use super::error::Failure;
use crate::dialect::operation::{Parameter, in_query};
use crate::dialect::query::{Given, Malformed};
use crate::model::{MAX_SEARCH_CHARS, NumberFilter, Search, Status, Window};

/// Rows a page has where `limit` is not given.
const DEFAULT_LIMIT: u32 = 50;
/// Rows a page has at most; a larger `limit` is taken as this.
const MAX_LIMIT: u32 = 200;

/// What the list takes.
const LIST_PARAMETERS: [&str; 9] =
    ["status", "assigned", "unassigned", "agent_id", "search", "include_released", "include_agents", "limit", "offset"];

/// The parameters, described.
pub fn parameters() -> Vec<Parameter> {
    let switch = || json!({ "type": "boolean" });
    let whole = |minimum: u8| json!({ "type": "integer", "minimum": minimum, "maximum": i64::MAX });
    let parameters = [
        (
            "status",
            "Only numbers of this status; `inactive` is another word for `suspended`",
            json!({ "type": "string", "enum": ["pending", "active", "suspended", "inactive", "released"] }),
        ),
        ("assigned", "Only numbers that an agent answers", switch()),
        ("unassigned", "Only numbers that no agent answers", switch()),
        ("agent_id", "Only this agent's numbers", json!({ "type": "string", "format": "uuid" })),
        (
            "search",
            "Only numbers whose number or name has this in it, whatever its case; numbers as people type them, too",
            json!({ "type": "string", "maxLength": MAX_SEARCH_CHARS }),
        ),
        ("include_released", "Released numbers too, where no status is asked for", switch()),
        ("include_agents", "The agents too, however full the page is", switch()),
        ("limit", "How many numbers at most: 50 if it is not given, never more than 200", whole(1)),
        ("offset", "How many numbers to pass over", whole(0)),
    ];
    parameters.map(|(name, description, schema)| in_query(name, description, schema)).into()
}

/// What is asked of the list.
#[derive(Clone, Debug)]
pub struct ListQuery {
    /// Which numbers.
    pub filter: NumberFilter,
    /// Which of them.
    pub window: Window,
    /// The agents too, however full the page is.
    pub include_agents: bool,
}

impl ListQuery {
    /// Reads a query string.
    ///
    /// # Errors
    /// [`Failure::Parameter`], naming the parameter and what it takes.
    pub fn parse(query: &str) -> Result<Self, Failure> {
        let given = read(query, &LIST_PARAMETERS)?;
        let status = status(&given)?;
        let agent = given.id("agent_id")?;
        let search = given.text("search").unwrap_or_default();
        if search.chars().count() > MAX_SEARCH_CHARS {
            return Err(Malformed::new("search", "must have at most 128 characters").into());
        }
        let limit = limit(&given, DEFAULT_LIMIT, MAX_LIMIT)?;
        let offset = given.whole("offset")?.unwrap_or(0);
        let filter = NumberFilter {
            status,
            include_released: given.switch("include_released")?,
            assigned: given.switch("assigned")?,
            unassigned: given.switch("unassigned")?,
            agent,
            search: Search::new(search),
        };
        let include_agents = given.switch("include_agents")?;
        Ok(Self { filter, window: Window::at(offset, limit), include_agents })
    }

    /// Whether no index leads straight to the page: then rows are walked that it does not show.
    pub fn is_long(&self) -> bool {
        let NumberFilter { status, include_released, assigned, unassigned, agent, search } = &self.filter;
        let by_assignment = *assigned || *unassigned;
        search.is_some()
            || self.window.is_deep()
            || by_assignment && (*include_released || status.is_some())
            || agent.is_some() && status.is_some()
    }
}

/// The parameters of a function that are known to it.
///
/// # Errors
/// [`Malformed`]; only a search may be empty.
pub fn read(query: &str, known: &[&'static str]) -> Result<Given, Malformed> {
    Given::read(query, known, &["search"])
}

/// `status`, also by the product's database's word for suspended.
pub fn status(given: &Given) -> Result<Option<Status>, Malformed> {
    match given.text("status") {
        None => Ok(None),
        Some("inactive") => Ok(Some(Status::Suspended)),
        Some(text) => match Status::ALL.into_iter().find(|status| status.name() == text) {
            Some(status) => Ok(Some(status)),
            None => Err(Malformed::new("status", "must be one of pending, active, suspended, released")),
        },
    }
}

/// `limit`: at least 1; more than the most is taken as the most.
pub fn limit(given: &Given, default: u32, most: u32) -> Result<u32, Malformed> {
    match given.whole("limit")? {
        None => Ok(default),
        Some(0) => Err(Malformed::new("limit", "must be at least 1")),
        Some(rows) => Ok(u32::try_from(rows).unwrap_or(most).min(most)),
    }
}

#[cfg(test)]
mod tests {
    use super::{Failure, ListQuery};
    use crate::model::{Status, Window};

    fn refusal(query: &str) -> String {
        match ListQuery::parse(query) {
            Err(Failure::Parameter(what)) => what,
            other => panic!("{query}: {other:?}"),
        }
    }

    #[test]
    fn defaults_are_the_documents() {
        let query = ListQuery::parse("").unwrap();
        assert_eq!(query.window, Window::at(0, 50));
        assert!(!query.include_agents && query.filter.search.is_none() && query.filter.status.is_none());
    }

    #[test]
    fn the_parameters_that_are_described_are_those_that_are_read() {
        let described: Vec<_> = super::parameters().iter().map(|parameter| parameter.name).collect();
        assert_eq!(described, super::LIST_PARAMETERS);
    }

    #[test]
    fn a_limit_above_the_maximum_is_the_maximum() {
        for limit in ["200", "201", "9223372036854775807"] {
            assert_eq!(ListQuery::parse(&format!("limit={limit}")).unwrap().window.limit, 200, "{limit}");
        }
        assert_eq!(ListQuery::parse("limit=7&offset=9223372036854775807").unwrap().window.offset, i64::MAX as u64);
    }

    #[test]
    fn malformed_values_are_refused_by_name() {
        for value in ["", "0", "-1", "1.5", "+1", " 1", "1 ", "ten", "99999999999999999999", "9223372036854775808"] {
            assert!(refusal(&format!("limit={value}")).starts_with("limit "), "{value}");
        }
        for value in ["", "-1", "1e3", "0x10"] {
            assert!(refusal(&format!("offset={value}")).starts_with("offset "), "{value}");
        }
        for name in ["assigned", "unassigned", "include_released", "include_agents"] {
            for value in ["", "1", "TRUE", "yes", "True"] {
                assert!(refusal(&format!("{name}={value}")).starts_with(name), "{name}={value}");
            }
            assert!(ListQuery::parse(&format!("{name}=false")).is_ok());
        }
        assert!(refusal("status=Active").starts_with("status "));
        assert!(refusal("agent_id=agent-uuid").starts_with("agent_id "));
        assert!(refusal("status=active&status=active").contains("once"));
        assert!(refusal(&format!("search={}", "ä".repeat(129))).starts_with("search "));
        assert!(ListQuery::parse(&format!("search={}", "ä".repeat(128))).is_ok());
        assert!(refusal("search=%FF").contains("UTF-8"));
        assert!(refusal("other=%00").contains("NUL"));
    }

    #[test]
    fn inactive_is_the_products_word_for_suspended() {
        assert_eq!(ListQuery::parse("status=inactive").unwrap().filter.status, Some(Status::Suspended));
    }

    #[test]
    fn unknown_parameters_are_ignored() {
        assert!(ListQuery::parse("forceFunctionRegion=any&x&=&&y=1&x=2").is_ok());
    }
}
