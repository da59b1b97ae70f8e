//! Pages: how long lists are answered (<https://www.twilio.com/docs/usage/twilios-response#response-formats-list-paging-information>):
//! there is no total, and the next page is where `next_page_uri` says.

use actix_web::HttpRequest;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;
use serde_json::{Map, Value};

use super::error::Error;
use super::parameters::Parameters;

/// How many rows are in a page unless another number is asked for, and at most (Twilio's OpenAPI).
const SIZE: usize = 50;
const MOST: usize = 1000;
/// What each page's own parameters are; the others are repeated in the addresses of its neighbours.
const OWN: [&str; 3] = ["PageSize", "Page", "PageToken"];

/// What is shown, behind its name in a token.
pub type Row<T> = (String, T);

/// Which page is asked for.
#[derive(Clone, Debug)]
pub struct Page {
    /// How many rows it has at most.
    pub size: usize,
    /// What its first row comes behind: the end of a token, whose beginning Twilio always writes alike.
    pub behind: Option<String>,
    number: usize,
    path: String,
    filter: String,
}

impl Page {
    /// The page that a request asks for. `Page` alone moves nothing: it "is simply for client state" (Twilio's OpenAPI).
    ///
    /// # Errors
    /// 20007 for a page that is too large, 21481 for a token that no page has given.
    pub fn of(request: &HttpRequest, asked: &Parameters) -> Result<Self, Error> {
        let number = |name| asked.text(name).and_then(|text| text.parse::<usize>().ok());
        let size = number("PageSize").filter(|size| *size > 0).unwrap_or(SIZE);
        if size > MOST {
            return Err(Error::refused(20007, format!("Page size too large: {size}, the maximum is {MOST}")));
        }
        let behind = match asked.text("PageToken") {
            Some(token) => Some(token.strip_prefix("PA").ok_or_else(|| invalid_token(token))?.to_owned()),
            None => None,
        };
        let kept = asked.all().filter(|(name, _)| !OWN.contains(name));
        let encoded = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        let filter = kept.map(|(name, text)| format!("{}={}&", encoded(name), encoded(text))).collect::<Vec<_>>();
        let number = number("Page").unwrap_or(0);
        Ok(Self { size, behind, number, path: request.path().to_owned(), filter: filter.concat() })
    }

    /// The part of all rows that is on it, and one more where there is another page.
    ///
    /// # Errors
    /// 21481 where it is to begin behind a row that there is not.
    pub fn cut<T>(&self, rows: Vec<Row<T>>) -> Result<Vec<Row<T>>, Error> {
        let first = match &self.behind {
            Some(behind) => match rows.iter().position(|(name, _)| name == behind) {
                Some(place) => place + 1,
                None => return Err(invalid_token(behind)),
            },
            None => 0,
        };
        Ok(rows.into_iter().skip(first).take(self.size + 1).collect())
    }

    /// The answer, of as many rows as it has and, where there are any behind it, at least one more.
    pub fn answer<T: Serialize>(&self, name: &str, mut rows: Vec<Row<T>>) -> Value {
        let more = rows.len() > self.size;
        rows.truncate(self.size);
        let uri = |number: usize| format!("{}?{}PageSize={}&Page={number}", self.path, self.filter, self.size);
        let next = rows.last().filter(|_| more);
        let next = next.map(|(last, _)| format!("{}&PageToken=PA{last}", uri(self.number + 1)));
        let start = self.number * self.size;
        let mut answer = Map::new();
        answer.insert("first_page_uri".into(), uri(0).into());
        answer.insert("next_page_uri".into(), next.into());
        answer.insert("previous_page_uri".into(), Value::Null);
        answer.insert("uri".into(), uri(self.number).into());
        answer.insert("page".into(), self.number.into());
        answer.insert("page_size".into(), self.size.into());
        answer.insert("start".into(), start.into());
        answer.insert("end".into(), (start + rows.len().saturating_sub(1)).into());
        answer.insert(name.into(), rows.iter().map(|(_, row)| serde_json::to_value(row).unwrap_or_default()).collect());
        Value::Object(answer)
    }
}

/// 21481: no page has given this token.
pub fn invalid_token(token: &str) -> Error {
    Error::refused(21481, format!("Invalid PageToken: {token}"))
}
