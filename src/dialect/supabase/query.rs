//! The parameters of `phone-numbers-list`, read strictly: a malformed value is refused, never replaced by a default.

use percent_encoding::percent_decode;
use serde_json::json;

use super::error::Failure;
use crate::dialect::operation::Parameter;
use crate::model::{AgentId, MAX_SEARCH_CHARS, NumberFilter, Search, Status, Window};

/// Rows a page has where `limit` is not given.
const DEFAULT_LIMIT: u32 = 50;
/// Rows a page has at most; a larger `limit` is taken as this.
const MAX_LIMIT: u32 = 200;

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
    parameters.map(|(name, description, schema)| Parameter { name, description, schema }).into()
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

/// The parameters that are known, as given.
#[derive(Default)]
struct Given {
    status: Option<String>,
    assigned: Option<String>,
    unassigned: Option<String>,
    agent_id: Option<String>,
    search: Option<String>,
    include_released: Option<String>,
    include_agents: Option<String>,
    limit: Option<String>,
    offset: Option<String>,
}

impl ListQuery {
    /// Reads a query string.
    ///
    /// # Errors
    /// [`Failure::Parameter`], naming the parameter and what it takes.
    pub fn parse(query: &str) -> Result<Self, Failure> {
        let given = Given::read(query)?;
        let status = match given.status.as_deref() {
            None => None,
            Some("pending") => Some(Status::Pending),
            Some("active") => Some(Status::Active),
            Some("suspended" | "inactive") => Some(Status::Suspended),
            Some("released") => Some(Status::Released),
            Some(_) => return Err(refuse("status", "must be one of pending, active, suspended, released")),
        };
        let agent = match given.agent_id.as_deref().map(str::parse::<AgentId>) {
            None => None,
            Some(Ok(id)) => Some(id),
            Some(Err(_)) => return Err(refuse("agent_id", "must be a UUID")),
        };
        let search = given.search.unwrap_or_default();
        if search.chars().count() > MAX_SEARCH_CHARS {
            return Err(refuse("search", "must have at most 128 characters"));
        }
        let limit = match given.limit.as_deref() {
            None => DEFAULT_LIMIT,
            Some(text) => match whole("limit", text)? {
                0 => return Err(refuse("limit", "must be at least 1")),
                rows => u32::try_from(rows).unwrap_or(MAX_LIMIT).min(MAX_LIMIT),
            },
        };
        let offset = given.offset.as_deref().map_or(Ok(0), |text| whole("offset", text))?;
        let filter = NumberFilter {
            status,
            include_released: switch("include_released", given.include_released.as_deref())?,
            assigned: switch("assigned", given.assigned.as_deref())?,
            unassigned: switch("unassigned", given.unassigned.as_deref())?,
            agent,
            search: Search::new(&search),
        };
        let include_agents = switch("include_agents", given.include_agents.as_deref())?;
        Ok(Self { filter, window: Window { offset, limit }, include_agents })
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

impl Given {
    fn read(query: &str) -> Result<Self, Failure> {
        let mut given = Self::default();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let (name, value) = (decode(name)?, decode(value)?);
            let Some(place) = given.place(&name) else { continue };
            if place.is_some() {
                return Err(refuse(&name, "must be given once"));
            }
            if value.is_empty() && name != "search" {
                return Err(refuse(&name, "must not be empty"));
            }
            *place = Some(value);
        }
        Ok(given)
    }

    fn place(&mut self, name: &str) -> Option<&mut Option<String>> {
        Some(match name {
            "status" => &mut self.status,
            "assigned" => &mut self.assigned,
            "unassigned" => &mut self.unassigned,
            "agent_id" => &mut self.agent_id,
            "search" => &mut self.search,
            "include_released" => &mut self.include_released,
            "include_agents" => &mut self.include_agents,
            "limit" => &mut self.limit,
            "offset" => &mut self.offset,
            _ => return None,
        })
    }
}

/// Decodes a name or a value of `application/x-www-form-urlencoded`.
fn decode(text: &str) -> Result<String, Failure> {
    let spaced = text.replace('+', " ");
    match percent_decode(spaced.as_bytes()).decode_utf8() {
        Ok(text) if !text.contains('\0') => Ok(text.into_owned()),
        _ => Err(Failure::Parameter("The query must be UTF-8 without NUL".into())),
    }
}

fn switch(name: &str, value: Option<&str>) -> Result<bool, Failure> {
    match value {
        Some("true") => Ok(true),
        None | Some("false") => Ok(false),
        Some(_) => Err(refuse(name, "must be true or false")),
    }
}

/// Decimal digits that fit a signed 64-bit integer.
fn whole(name: &str, text: &str) -> Result<u64, Failure> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let number = text.parse::<i64>().ok().filter(|_| digits);
    number.and_then(|n| u64::try_from(n).ok()).ok_or_else(|| refuse(name, "must be a whole number"))
}

fn refuse(name: &str, what: &str) -> Failure {
    Failure::Parameter(format!("{name} {what}"))
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
        assert_eq!(query.window, Window { offset: 0, limit: 50 });
        assert!(!query.include_agents && query.filter.search.is_none() && query.filter.status.is_none());
    }

    #[test]
    fn the_parameters_that_are_described_are_those_that_are_read() {
        let described: Vec<_> = super::parameters().iter().map(|parameter| parameter.name).collect();
        let read = include_str!("query.rs").lines().filter_map(|line| line.trim().strip_suffix(','));
        let read = read.filter_map(|line| line.strip_prefix('"')?.split_once("\" => &mut self.").map(|(name, _)| name));
        assert_eq!(described, read.collect::<Vec<_>>());
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
