//! Parameters: of a query, or of a form (`application/x-www-form-urlencoded`). Those that nobody asks for are ignored.

use std::collections::BTreeMap;

use actix_web::HttpRequest;
use actix_web::web::Query;

use super::error::Error;

/// What was sent, by its names.
#[derive(Clone, Debug, Default)]
pub struct Parameters(BTreeMap<String, Vec<String>>);

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
        let read = Query::<Vec<(String, String)>>::from_query(text);
        let mut all = BTreeMap::<_, Vec<_>>::new();
        for (name, text) in read.map_err(|error| Error::refused(20422, error.to_string()))?.into_inner() {
            all.entry(name).or_default().push(text);
        }
        Ok(Self(all))
    }

    /// One of them, even if it is empty: that takes something away. Of those that were sent twice, the last.
    pub fn sent(&self, name: &str) -> Option<&str> {
        self.every(name).last().map(String::as_str)
    }

    /// One of them as often as it was sent.
    pub fn every(&self, name: &str) -> &[String] {
        self.0.get(name).map_or(&[], Vec::as_slice)
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
        self.0.iter().flat_map(|(name, every)| every.iter().map(|text| (name.as_str(), text.as_str())))
    }
}
