//! The query: Telnyx' `filter[name]` and `page[number]`, their brackets percent-encoded or not.

use actix_web::HttpRequest;
use actix_web::web;
use serde_json::{Value, json};

use super::error::{Failure, Kind};

/// What stands behind the `?`.
#[derive(Clone, Debug)]
pub struct Query(Vec<(String, String)>);

impl Query {
    /// The query of a request.
    pub fn of(http: &HttpRequest) -> Self {
        Self(web::Query::from_query(http.query_string()).map(web::Query::into_inner).unwrap_or_default())
    }

    /// The value of a parameter. Telnyx' documentation writes `filter[limit][]=2`, too
    /// (<https://developers.telnyx.com/docs/v2/numbers/phone_numbers/tutorials/advanced_number_search/advanced_number_search/>).
    pub fn get(&self, name: &str) -> Option<&str> {
        let is_it = |given: &str| given == name || given.strip_suffix("[]") == Some(name);
        self.0.iter().find(|(given, _)| is_it(given)).map(|(_, value)| value.as_str())
    }

    /// The value of a filter.
    pub fn filter(&self, name: &str) -> Option<&str> {
        self.get(&format!("filter[{name}]"))
    }

    /// Every value of a filter that may have several: `filter[x][]=a&filter[x][]=b`, `filter[x][0]=a`, or `filter[x]=a,b`, as
    /// npm telnyx 7 sends it (its internal/utils/query.ts: `arrayFormat: 'comma'`).
    pub fn filters(&self, name: &str) -> Vec<&str> {
        let name = format!("filter[{name}]");
        let is_it = |given: &str| {
            let index = given.strip_prefix(&name)?;
            let index =
                index.strip_prefix('[').and_then(|index| index.strip_suffix(']')).or(index.is_empty().then_some(""))?;
            index.bytes().all(|byte| byte.is_ascii_digit()).then_some(())
        };
        let given = self.0.iter().filter(|(given, _)| is_it(given).is_some());
        given.flat_map(|(_, value)| value.split(',')).map(str::trim).filter(|value| !value.is_empty()).collect()
    }

    /// Every filter, by what stands in its brackets: `cld][starts_with` of `filter[cld][starts_with]`.
    pub fn all_filters(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().filter_map(|(name, value)| {
            let name = name.strip_prefix("filter[")?.strip_suffix(']')?;
            Some((name, value.as_str()))
        })
    }

    /// A filter that is true or false.
    pub fn flag(&self, name: &str) -> Result<bool, Failure> {
        match self.filter(name) {
            None | Some("false") => Ok(false),
            Some("true") => Ok(true),
            Some(_) => Err(Failure::saying(Kind::BadRequest, "must be true or false").of(&format!("filter[{name}]"))),
        }
    }

    /// A filter that is a whole number.
    pub fn number(&self, name: &str) -> Result<Option<u32>, Failure> {
        let whole = self.get(name).map(|value| value.parse().ok().filter(|number| *number > 0));
        whole
            .map(|number| {
                number.ok_or_else(|| Failure::saying(Kind::BadRequest, "must be a positive integer").of(name))
            })
            .transpose()
    }

    /// The page of a list that is asked for, and what all of it is. That a larger page than the largest is refused, and not
    /// cut down, is a guess; npm telnyx 7, core/pagination.d.ts, has the names, and reads `page_number` and `total_pages`.
    ///
    /// # Errors
    /// A page that cannot be.
    pub fn page(&self, all: Vec<Value>, largest: u32) -> Result<Value, Failure> {
        let number = self.number("page[number]")?.unwrap_or(1);
        let size = self.number("page[size]")?.unwrap_or(20);
        if size > largest {
            let detail = format!("must be at most {largest}");
            return Err(Failure::saying(Kind::BadRequest, detail).of("page[size]"));
        }
        let total = all.len();
        let pages = total.div_ceil(size as usize);
        let before = (number as usize - 1).saturating_mul(size as usize);
        let data = all.into_iter().skip(before).take(size as usize).collect::<Vec<_>>();
        let meta = json!({"page_number": number, "page_size": size, "total_pages": pages, "total_results": total});
        Ok(json!({"data": data, "meta": meta}))
    }
}
