//! What queries and paths name.

use actix_web::HttpRequest;
use serde_json::json;

use crate::dialect::failure::Failure;
use crate::dialect::ids::prefixed;
use crate::dialect::keys::segment;
use crate::dialect::operation::{Parameter, in_query};
use crate::dialect::query::{Given, Malformed};
use crate::model::{AgentId, E164, Error, Features, Noun, NumberId, Timestamp, Wanted, Window};

const PAGE: [&str; 2] = ["limit", "offset"];
const MESSAGES: [&str; 3] = ["limit", "before", "after"];
const AVAILABLE: [&str; 6] = ["country", "areaCode", "city", "state", "zip", "limit"];
const LOOKUP: [&str; 1] = ["phoneNumbers"];
/// Rows of a page of numbers or agents at most.
const MAX_LIMIT: u32 = 100;
const DEFAULT_LIMIT: u32 = 20;
/// And of messages.
const MAX_MESSAGES: u32 = 200;
const DEFAULT_MESSAGES: u32 = 50;
/// The longest word that is sought, in characters.
const MAX_WORD_CHARS: usize = 64;
/// How many numbers can be looked up at once.
const MAX_LOOKED_UP: usize = 25;
/// What is bought here can do both.
const FEATURES: Features = Features { voice: true, sms: true, mms: false, fax: false, emergency: false };
/// How many offers are looked at for one that can be bought.
const OFFERS: u32 = 20;

/// The number that a path names. What can be none answers as a missing one does.
pub fn number_id(request: &HttpRequest) -> Result<NumberId, Failure> {
    number(&segment(request, "number_id"))
}

/// The number of an id.
pub fn number(id: &str) -> Result<NumberId, Failure> {
    Ok(prefixed("num_", id).map(NumberId).ok_or(Error::NotFound(Noun::Number))?)
}

/// The agent that a path names, likewise.
pub fn agent_id(request: &HttpRequest) -> Result<AgentId, Failure> {
    agent(&segment(request, "agent_id"))
}

/// The agent of an id.
pub fn agent(id: &str) -> Result<AgentId, Failure> {
    Ok(prefixed("agt_", id).map(AgentId).ok_or(Error::NotFound(Noun::Agent))?)
}

/// The parameters of a page, described.
pub fn page_parameters() -> Vec<Parameter> {
    let limit = json!({ "type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT });
    let offset = json!({ "type": "integer", "minimum": 0, "maximum": i64::MAX, "default": 0 });
    vec![in_query(PAGE[0], "How many at most", limit), in_query(PAGE[1], "How many to pass over", offset)]
}

/// Which page is asked for.
pub fn page(query: &str) -> Result<Window, Malformed> {
    let given = Given::read(query, &PAGE, &[])?;
    let offset = given.whole("offset")?.unwrap_or(0);
    Ok(Window::at(offset, given.within("limit", DEFAULT_LIMIT, 1, MAX_LIMIT)?))
}

/// Which messages are asked for.
#[derive(Clone, Copy, Debug)]
pub struct Messages {
    /// Only those between these.
    pub between: (Timestamp, Timestamp),
    /// How many at most.
    pub limit: u32,
}

/// The parameters of messages, described.
pub fn message_parameters() -> Vec<Parameter> {
    let limit = json!({ "type": "integer", "minimum": 1, "maximum": MAX_MESSAGES, "default": DEFAULT_MESSAGES });
    let time = || json!({ "type": "string", "format": "date-time" });
    vec![
        in_query(MESSAGES[0], "How many at most", limit),
        in_query(MESSAGES[1], "Only messages before this time", time()),
        in_query(MESSAGES[2], "Only messages after this time", time()),
    ]
}

/// Which messages are asked for.
pub fn messages(query: &str) -> Result<Messages, Malformed> {
    let given = Given::read(query, &MESSAGES, &[])?;
    let after = given.time("after")?.unwrap_or(Timestamp(i64::MIN));
    let before = given.time("before")?.unwrap_or(Timestamp(i64::MAX));
    Ok(Messages { between: (after, before), limit: given.within("limit", DEFAULT_MESSAGES, 1, MAX_MESSAGES)? })
}

/// The parameters of a search, described.
pub fn available_parameters() -> Vec<Parameter> {
    let word = || json!({ "type": "string", "minLength": 1, "maxLength": MAX_WORD_CHARS });
    vec![
        in_query(
            "country",
            "Only in this country; US if it is not given",
            json!({ "type": "string", "pattern": "^[A-Za-z]{2}$" }),
        ),
        in_query(
            "areaCode",
            "Only with this area code, in US and CA",
            json!({ "type": "string", "pattern": "^[0-9]{3}$" }),
        ),
        in_query("city", "Only in this city", word()),
        in_query("state", "Only in this state or province", word()),
        in_query(
            "limit",
            "How many at most",
            json!({ "type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT }),
        ),
    ]
}

/// What is sought.
pub fn available(query: &str) -> Result<Wanted, Malformed> {
    let given = Given::read(query, &AVAILABLE, &[])?;
    if given.text("zip").is_some() {
        return Err(Malformed::new("zip", "cannot be searched by here"));
    }
    let word = |name: &str| match given.text(name) {
        Some(text) if text.chars().count() > MAX_WORD_CHARS => {
            Err(Malformed::new(name, "must have at most 64 characters"))
        }
        text => Ok(text.map(str::to_owned)),
    };
    let wanted = wanted(given.text("country"), given.text("areaCode"))?;
    let limit = given.within("limit", DEFAULT_LIMIT, 1, MAX_LIMIT)?;
    Ok(Wanted { city: word("city")?, state: word("state")?, limit, ..wanted })
}

/// What a number must be like.
pub fn wanted(country: Option<&str>, area_code: Option<&str>) -> Result<Wanted, Malformed> {
    let country = country.unwrap_or("US");
    if country.len() != 2 || !country.bytes().all(|byte| byte.is_ascii_alphabetic()) {
        return Err(Malformed::new("country", "must be two letters, like US"));
    }
    let country = country.to_ascii_uppercase();
    if let Some(code) = area_code {
        if code.len() != 3 || !code.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(Malformed::new("areaCode", "must be three digits"));
        }
        if country != "US" && country != "CA" {
            return Err(Malformed::new("areaCode", "is for US and CA only"));
        }
    }
    Ok(Wanted {
        country,
        area_code: area_code.map(str::to_owned),
        features: FEATURES,
        limit: OFFERS,
        ..Wanted::default()
    })
}

/// The parameter of a lookup, described.
pub fn lookup_parameters() -> Vec<Parameter> {
    let numbers = json!({ "type": "string", "pattern": r"^\+[1-9][0-9]{6,14}(,\+[1-9][0-9]{6,14}){0,24}$" });
    let numbers = in_query(LOOKUP[0], "Up to 25 numbers, with commas between them", numbers);
    vec![Parameter { required: true, ..numbers }]
}

/// The numbers that are to be looked up.
pub fn lookup(query: &str) -> Result<Vec<E164>, Malformed> {
    let given = Given::read(query, &LOOKUP, &[])?;
    let list = given.text("phoneNumbers").ok_or_else(|| Malformed::new("phoneNumbers", "is required"))?;
    let number = |text: &str| {
        // A `+` that was not escaped has become a space.
        let text = text.strip_prefix(' ').map_or_else(|| text.to_owned(), |digits| format!("+{digits}"));
        text.parse().map_err(|reason| Malformed::new("phoneNumbers", format!("must be phone numbers: {reason}")))
    };
    let numbers: Vec<E164> = list.split(',').map(number).collect::<Result<_, _>>()?;
    if numbers.len() > MAX_LOOKED_UP {
        return Err(Malformed::new("phoneNumbers", "must be 25 at most"));
    }
    Ok(numbers)
}

#[cfg(test)]
mod tests {
    use super::{available, lookup, messages, page};
    use crate::model::Timestamp;

    #[test]
    fn malformed_values_are_refused_by_name() {
        assert_eq!(page("").map(|window| (window.offset, window.limit)), Ok((0, 20)));
        for (query, name) in
            [("limit=0", "limit"), ("limit=101", "limit"), ("offset=-1", "offset"), ("offset=", "offset")]
        {
            assert_eq!(page(query).unwrap_err().name, name, "{query}");
        }
        for (query, name) in [
            ("country=USA", "country"),
            ("areaCode=97", "areaCode"),
            ("country=GB&areaCode=970", "areaCode"),
            ("zip=80521", "zip"),
            ("limit=101", "limit"),
        ] {
            assert_eq!(available(query).unwrap_err().name, name, "{query}");
        }
        for query in [
            "",
            "phoneNumbers=",
            "phoneNumbers=1970",
            "phoneNumbers=%2B19705551234,",
            &["phoneNumbers=", &["%2B19705551234"; 26].join(",")].concat(),
        ] {
            assert_eq!(lookup(query).unwrap_err().name, "phoneNumbers", "{query}");
        }
        assert_eq!(lookup("phoneNumbers=+19705551234,%2B19705551235").unwrap().len(), 2);
    }

    #[test]
    fn times_are_read_with_their_microseconds() {
        let given = messages("before=2025-01-15T12:00:00.000001Z&after=2025-01-15T13:00:00+01:00&limit=200").unwrap();
        assert_eq!(given.between, (Timestamp(1_736_942_400_000_000), Timestamp(1_736_942_400_000_001)));
        for (query, name) in [("before=yesterday", "before"), ("after=2025-01-15", "after"), ("limit=201", "limit")] {
            assert_eq!(messages(query).unwrap_err().name, name, "{query}");
        }
    }
}
