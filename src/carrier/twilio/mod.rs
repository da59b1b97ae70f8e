//! Twilio: the client of its REST API (<https://www.twilio.com/docs/usage/api>), version 2010-04-01, and of its prices.

mod errors;
pub mod inbound;
mod logs;
mod messages;
mod owned;
mod prices;
mod search;
mod wire;

use std::time::Duration;

use reqwest::Method;
use reqwest::blocking::RequestBuilder;
use serde::de::DeserializeOwned;

use self::wire::{AccountStatus, Number};
use super::http::{Answer, Http, NoServer};
use super::{Port, Price, Refusal, Rented, Trouble, Use, fitting, half_done};
use crate::carrier::messages::{Outgoing, Posted};
use crate::model::{Carrier, E164, Offer, OrderId, Papers, Route, Secret, Timestamp, Wanted};

/// Where the API is.
const API: &str = "https://api.twilio.com";
/// Where prices are asked for.
const PRICING: &str = "https://pricing.twilio.com";

/// An account at Twilio.
///
/// What rents, changes or gives back is sent once; questions are repeated. No answer is trusted: what is not as it must be
/// is [`Trouble::Unknown`].
#[derive(Debug)]
pub struct Twilio {
    api: Http,
    pricing: Http,
    account_sid: String,
    auth_token: Secret,
}

impl Twilio {
    /// The account with this id (`AC` and 32 hexadecimal digits), let in by this token: at Twilio, or at the one server
    /// with this address that stands in for both of Twilio's. Each request has until the deadline.
    ///
    /// # Errors
    /// [`NoServer`]; it is not asked yet.
    pub fn new(account_sid: &str, auth_token: Secret, url: Option<&str>, deadline: Duration) -> Result<Self, NoServer> {
        let digits = account_sid.strip_prefix("AC").unwrap_or_default();
        if digits.len() != 32 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(NoServer::Account("AC and 32 hexadecimal digits"));
        }
        Ok(Self {
            api: Http::new(url.unwrap_or(API), deadline)?,
            pricing: Http::new(url.unwrap_or(PRICING), deadline)?,
            account_sid: account_sid.to_owned(),
            auth_token,
        })
    }

    /// A path of the account's: `.json` is the account itself.
    fn path(&self, rest: &str) -> String {
        format!("/2010-04-01/Accounts/{}{rest}", self.account_sid)
    }

    /// The path of a number that the account has. Ids come from elsewhere, and none must lead to another path.
    fn number_path(&self, rented: &Rented) -> Result<String, Trouble> {
        let id = rented.carrier_number_id.as_str();
        if id.is_empty() || !id.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            let said = "the number has no id that Twilio could have given it".to_owned();
            return Err(Trouble::Refused { reason: Refusal::NotOwned, said });
        }
        Ok(self.path(&format!("/IncomingPhoneNumbers/{id}.json")))
    }

    fn signed(&self, request: RequestBuilder) -> RequestBuilder {
        request.basic_auth(&self.account_sid, Some(self.auth_token.expose())).header("accept", "application/json")
    }

    /// Asks what changes nothing.
    fn ask<T: DeserializeOwned>(&self, server: &Http, path: &str, query: &[(&str, &str)]) -> Result<T, Trouble> {
        let request = || {
            let request = self.signed(server.request(Method::GET, path));
            if query.is_empty() { request } else { request.query(query) }
        };
        self.read(&server.ask(request)?, &[200])
    }

    /// Sends a form, once.
    fn post(&self, path: &str, form: &[(&str, &str)]) -> Result<Answer, Trouble> {
        self.api.send(self.signed(self.api.request(Method::POST, path)).form(form))
    }

    /// Rents a number that the account does not have.
    fn buy(&self, number: &E164, route: &Route, papers: &Papers) -> Result<Rented, Trouble> {
        let Route { voice_url, sms_url, application_id, trunk_id, .. } = fitting(Carrier::Twilio, route);
        let mut form = vec![("PhoneNumber", number.as_str())];
        let given = [
            ("VoiceUrl", &voice_url),
            ("SmsUrl", &sms_url),
            ("VoiceApplicationSid", &application_id),
            ("TrunkSid", &trunk_id),
            ("AddressSid", &papers.address_id),
            ("BundleSid", &papers.bundle_id),
        ];
        form.extend(given.into_iter().filter_map(|(name, text)| Some((name, text.as_deref()?))));
        let answer = self.post(&self.path("/IncomingPhoneNumbers.json"), &form)?;
        let bought: Number = self.read(&answer, &[200, 201])?;
        owned::only(bought.rented(), number)
    }
}

impl Port for Twilio {
    fn search(&self, wanted: &Wanted) -> Result<Vec<Offer>, Trouble> {
        self.offers(wanted)
    }

    /// Twilio takes the purchase of a number that the account has for a change of it, and answers as of a purchase.
    /// So it is asked first, and nothing is sent unless it says that the account does not have it.
    fn acquire(&self, number: &E164, _: OrderId, route: &Route, papers: &Papers) -> Result<Rented, Trouble> {
        match self.owned(Some(number)) {
            Ok(owned) if owned.is_empty() => self.buy(number, route, papers),
            Ok(_) => {
                let said = format!("the account has {number} already");
                Err(Trouble::Refused { reason: Refusal::AlreadyOwned, said })
            }
            // Nothing was done, whatever became of the question: this must not look like a purchase with an unknown end.
            Err(trouble @ (Trouble::Busy | Trouble::Refused { reason: Refusal::Credentials, .. })) => Err(trouble),
            Err(trouble) => Err(Trouble::Unreached(trouble.to_string())),
        }
    }

    /// What differs is sent; an empty text takes a part back, for which Twilio's own description has no word and its API
    /// no other way.
    fn configure(&self, rented: &Rented, route: &Route) -> Result<Route, Trouble> {
        let path = self.number_path(rented)?;
        let there: Number = self.ask(&self.api, &path, &[]).map_err(|trouble| match trouble {
            Trouble::Unknown(said) => Trouble::Unreached(said),
            told => told,
        })?;
        let route = fitting(Carrier::Twilio, route);
        let changes = there.changes(&route);
        owned::only(there.rented(), &rented.phone_number)?;
        if !changes.is_empty() {
            self.accept(&self.post(&path, &changes)?, &[200])?;
        }
        let there = self.ask::<Number>(&self.api, &path, &[]).map_err(half_done)?;
        Ok(owned::only(there.rented(), &rented.phone_number)?.route)
    }

    fn owned(&self, number: Option<&E164>) -> Result<Vec<Rented>, Trouble> {
        self.listed(number)
    }

    fn release(&self, rented: &Rented) -> Result<(), Trouble> {
        let request = self.api.request(Method::DELETE, &self.number_path(rented)?);
        match self.accept(&self.api.send(self.signed(request))?, &[204]) {
            // With whichever code: the one that users have met it with is that of a purchase without an address.
            Err(Trouble::Refused { reason: Refusal::Other | Refusal::Missing(_), said })
                if errors::is_about_emergencies(&said) =>
            {
                Err(Trouble::Refused { reason: Refusal::EmergencyAddress, said })
            }
            Err(Trouble::Refused { reason: Refusal::Missing(_), said }) => {
                Err(Trouble::Refused { reason: Refusal::Other, said })
            }
            done => done,
        }
    }

    fn check(&self) -> Result<(), Trouble> {
        match self.ask::<AccountStatus>(&self.api, &self.path(".json"), &[]) {
            Ok(AccountStatus { status }) if status == "active" => Ok(()),
            Ok(AccountStatus { status }) => {
                let said = format!("the account is not active: {}", self.clean(&status));
                Err(Trouble::Refused { reason: Refusal::Other, said })
            }
            // An account that is not there lets nobody in.
            Err(Trouble::Refused { reason: Refusal::NotOwned, said }) => {
                Err(Trouble::Refused { reason: Refusal::Credentials, said })
            }
            Err(trouble) => Err(trouble),
        }
    }

    fn send_message(&self, message: &Outgoing) -> Result<Posted, Trouble> {
        self.post_message(message)
    }

    fn monthly_costs(&self, rented: &[Rented]) -> Result<Vec<Option<Price>>, Trouble> {
        self.costs(rented)
    }

    fn used_since(&self, since: Timestamp) -> Result<Option<Vec<Use>>, Trouble> {
        self.logged_since(since).map(Some)
    }
}
