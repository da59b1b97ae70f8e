//! Parameters: of a query, or of a form (`application/x-www-form-urlencoded`). Those that nobody asks for are ignored.

use std::collections::BTreeMap;

use actix_web::HttpRequest;
use actix_web::web::Query;

use super::error::Error;

/// What was sent, by its names; of a name that was sent twice, the last.
#[derive(Clone, Debug, Default)]
pub struct Parameters(BTreeMap<String, String>);

impl Parameters {
    /// Those of the query.
    ///
    /// # Errors
    /// As of [`Parameters::of_form`].
    pub fn of_query(request: &HttpRequest) -> Result<Self, Error> {
        Self::read(request.query_string())
    }

    /// Those of the body, whatever type it says it has: the clients name none where they send none.
    ///
    /// # Errors
    /// 20422 where it cannot be read.
    pub fn of_form(body: &[u8]) -> Result<Self, Error> {
        Self::read(std::str::from_utf8(body).map_err(|error| Error::refused(20422, error.to_string()))?)
    }

    fn read(text: &str) -> Result<Self, Error> {
        let read = Query::<BTreeMap<String, String>>::from_query(text);
        read.map(|read| Self(read.into_inner())).map_err(|error| Error::refused(20422, error.to_string()))
    }

    /// One of them, even if it is empty: that takes something away.
    pub fn sent(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// One of them that is not empty.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.sent(name).filter(|text| !text.is_empty())
    }

    /// Whether one of them says `true`, as the clients write it.
    pub fn flag(&self, name: &str) -> bool {
        self.sent(name).is_some_and(|text| text.eq_ignore_ascii_case("true"))
    }

    /// All of them.
    pub fn all(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, text)| (name.as_str(), text.as_str()))
    }
}
