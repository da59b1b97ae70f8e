//! Telnyx, over its API v2: <https://developers.telnyx.com/api-reference>.

mod errors;
pub mod inbound;
mod listing;
mod logs;
mod messages;
mod orders;
mod search;
mod wire;

use std::time::Duration;

use reqwest::Method;
use reqwest::blocking::RequestBuilder;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use self::errors::About;
use self::listing::number_path;
use self::wire::One;
use super::http::{Answer, Http, NoServer};
use super::{Port, Price, Rented, Traced, Trouble, Use, fitting, half_done, read_back};
use crate::carrier::messages::{Outgoing, Posted};
use crate::model::{Carrier, E164, Offer, OrderId, Papers, Route, Secret, Timestamp, Wanted};

/// Where it is.
const TELNYX: &str = "https://api.telnyx.com";

/// An account at Telnyx.
///
/// What changes something is sent once. What does not is asked again where the answer was lost.
#[derive(Debug)]
pub struct Telnyx {
    http: Http,
    api_key: Secret,
    deadline: Duration,
}

impl Telnyx {
    /// The account of this key, at Telnyx itself or at who stands in for it at this address. Each request has until the
    /// deadline.
    ///
    /// # Errors
    /// [`NoServer`]; it is not asked yet.
    pub fn new(api_key: Secret, url: Option<&str>, deadline: Duration) -> Result<Self, NoServer> {
        Ok(Self { http: Http::new(url.unwrap_or(TELNYX), deadline)?, api_key, deadline })
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, path).header("accept", "application/json").bearer_auth(self.api_key.expose())
    }

    /// Asks something that changes nothing.
    fn question(&self, path: &str, query: &[(&str, String)]) -> Result<Answer, Trouble> {
        self.http.ask(|| self.request(Method::GET, path).query(query))
    }

    /// Sends something that changes something, once.
    fn send(&self, method: Method, path: &str, body: Option<Vec<u8>>) -> Result<Answer, Trouble> {
        let request = self.request(method, path);
        self.http.send(match body {
            Some(body) => request.header("content-type", "application/json").body(body),
            None => request,
        })
    }

    /// Changes a number, once. What it is like then, its listing says.
    fn patch(&self, path: &str, body: &Value) -> Result<(), Trouble> {
        let answer = self.send(Method::PATCH, path, Some(body.to_string().into_bytes()))?;
        self.good(&answer, About::Number)
    }

    /// Whether an answer is a good one.
    fn good(&self, answer: &Answer, about: About) -> Result<(), Trouble> {
        if (200..=299).contains(&answer.status) { Ok(()) } else { Err(errors::trouble(answer, about, &self.api_key)) }
    }

    /// What an answer says. One that cannot be understood is none.
    fn read<T: DeserializeOwned>(&self, answer: &Answer, about: About) -> Result<T, Trouble> {
        self.good(answer, about)?;
        let strange = |error: serde_json::Error| format!("its answer cannot be understood: {error}");
        serde_json::from_slice(&answer.body).map_err(|error| Trouble::Unknown(self.fit(&strange(error))))
    }

    /// A text of theirs as it may be shown.
    fn fit(&self, text: &str) -> String {
        errors::fit(text, &self.api_key)
    }
}

/// What the trouble with a question means where it was asked before something was to be done.
fn nothing_done(trouble: Trouble) -> Trouble {
    match trouble {
        Trouble::Unknown(said) => Trouble::Unreached(said),
        told => told,
    }
}

impl Port for Telnyx {
    /// In the country that is wanted; without a kind, numbers of every kind come, whose prices are far apart.
    fn search(&self, wanted: &Wanted) -> Result<Vec<Offer>, Trouble> {
        self.offers(wanted)
    }

    /// Asks first whether the account has the number, or is about to. An order that is not done at once is
    /// [`Trouble::Unknown`] or [`Trouble::Waiting`], for [`Port::trace`] to follow: most take a few seconds, those that
    /// wait for papers days.
    fn acquire(&self, number: &E164, reference: OrderId, route: &Route, papers: &Papers) -> Result<Rented, Trouble> {
        self.order(number, reference, route, papers)
    }

    /// By the orders that have the reference; then by the account's listing.
    fn trace(&self, number: &E164, reference: OrderId) -> Result<Traced, Trouble> {
        self.trace_orders(number, reference)
    }

    /// The connection is always told. A messaging profile is where there is one to be told or taken back, for a number that
    /// cannot message would be refused for none. They are two requests: where the second is refused, the first was done.
    fn configure(&self, rented: &Rented, route: &Route) -> Result<Route, Trouble> {
        let there = self.record(rented).map_err(nothing_done)?;
        let Route { connection_id, messaging_profile_id, .. } = fitting(Carrier::Telnyx, route);
        // An empty text takes it back; null keeps it, as the documents have it of the profile.
        let path = number_path(rented);
        self.patch(&path, &json!({ "connection_id": connection_id.unwrap_or_default() }))?;
        if messaging_profile_id.is_some() || there.has_messaging_profile() {
            let body = json!({ "messaging_profile_id": messaging_profile_id.unwrap_or_default() });
            self.patch(&format!("{path}/messaging"), &body).map_err(|trouble| match trouble {
                told @ Trouble::Refused { .. } => told,
                trouble => half_done(trouble),
            })?;
        }
        read_back(self, rented)
    }

    fn owned(&self, number: Option<&E164>) -> Result<Vec<Rented>, Trouble> {
        self.numbers(number)
    }

    /// Not before the id is known to be this number's.
    fn release(&self, rented: &Rented) -> Result<(), Trouble> {
        self.give_back(rented)
    }

    fn send_message(&self, message: &Outgoing) -> Result<Posted, Trouble> {
        self.post_message(message)
    }

    /// By the account's balance.
    fn check(&self) -> Result<(), Trouble> {
        let answer = self.question("/v2/balance", &[])?;
        self.read(&answer, About::Account).map(|One { data: _ }: One<serde_json::Map<String, Value>>| ())
    }

    /// What a number of the same country and kind would cost now, if one is for sale: Telnyx does not tell what the one that
    /// is held costs.
    fn monthly_costs(&self, rented: &[Rented]) -> Result<Vec<Option<Price>>, Trouble> {
        self.costs(rented)
    }

    /// By three logs: of SIP trunks, of call control, and of messages. A call that two of them have is there twice.
    fn used_since(&self, since: Timestamp) -> Result<Option<Vec<Use>>, Trouble> {
        self.uses(since).map(Some)
    }
}
