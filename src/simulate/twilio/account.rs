//! The account: who has the numbers, and what is asked of it alone (<https://www.twilio.com/docs/iam/api/account>).

use std::collections::HashMap;
use std::io;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::addresses::Addresses;
use super::auth::SignedIn;
use super::error::Error;
use super::logs::Uses;
use super::page::Page;
use super::parameters::Parameters;
use super::sid::{is_sid, sid};
use crate::carrier::Rented;
use crate::carrier::simulator::{Held, Office, Simulator};
use crate::model::{E164, Secret};
use crate::simulate::messages::Messages;

/// The file of its messages in the simulator's directory: a JSON line each.
const MESSAGES: &str = "twilio-messages.jsonl";
/// When every simulated account was opened: an account has to have begun sometime.
const OPENED: &str = "Thu, 30 Jul 2015 20:00:00 +0000";
/// What an account's answer says where to find (Twilio's OpenAPI; only what is answered here).
const SUBRESOURCES: [(&str, &str); 5] = [
    ("addresses", "Addresses"),
    ("balance", "Balance"),
    ("calls", "Calls"),
    ("incoming_phone_numbers", "IncomingPhoneNumbers"),
    ("messages", "Messages"),
];

/// The one account that there is.
#[derive(Debug)]
pub struct Account {
    /// `AC` and 32 hexadecimal digits.
    pub sid: String,
    /// What it signs in with.
    pub auth_token: Secret,
    /// The addresses that it has registered.
    pub addresses: Addresses,
    /// What its numbers were used for.
    pub uses: Uses,
    /// What it sent, and what arrived.
    pub messages: Messages,
    /// How long a message takes from one status to the next.
    pub message_delay: Duration,
    /// Which number a SID is of; a number that is rented anew has another SID.
    numbers: RwLock<HashMap<String, E164>>,
    /// Held while a number is changed: what is not sent stays as it is, so that nobody may change it meanwhile.
    changing: Mutex<()>,
}

#[derive(Serialize)]
struct Shown<'a> {
    auth_token: &'a str,
    date_created: &'a str,
    date_updated: &'a str,
    friendly_name: &'a str,
    owner_account_sid: &'a str,
    sid: &'a str,
    status: &'a str,
    subresource_uris: Map<String, Value>,
    r#type: &'a str,
    uri: String,
}

impl Account {
    /// The account of this name, what a simulator has sold it, and the addresses and messages that are in this directory.
    ///
    /// # Errors
    /// What the file system says; [`io::ErrorKind::InvalidInput`] where the SID is none of an account.
    pub fn open(
        directory: &Path,
        simulator: &Simulator,
        sid: &str,
        auth_token: &str,
        message_delay: Duration,
    ) -> io::Result<Self> {
        if !is_sid(sid, "AC") {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "an account's SID is AC and 32 hexadecimal digits",
            ));
        }
        let account = Self {
            sid: sid.to_owned(),
            auth_token: Secret::new(auth_token.to_owned()),
            addresses: Addresses::open(directory)?,
            uses: Uses::default(),
            messages: Messages::open(directory, MESSAGES)?,
            message_delay,
            numbers: RwLock::default(),
            changing: Mutex::default(),
        };
        for rented in simulator.office().owned(None) {
            account.knows(&rented);
        }
        Ok(account)
    }

    /// Remembers whose SID a number's is, and gives it.
    pub fn knows(&self, rented: &Rented) -> String {
        let sid = number_sid(rented);
        let mut numbers = self.numbers.write().unwrap_or_else(PoisonError::into_inner);
        numbers.insert(sid.clone(), rented.phone_number.clone());
        sid
    }

    /// The number of a SID, if the account still has it.
    pub fn number(&self, office: &Office, sid: &str) -> Option<Held> {
        let numbers = self.numbers.read().unwrap_or_else(PoisonError::into_inner);
        let held = office.held(Some(numbers.get(sid)?)).pop();
        held.filter(|held| number_sid(&held.rented) == sid)
    }

    /// Keeps everybody else from changing a number.
    pub fn changing(&self) -> MutexGuard<'_, ()> {
        self.changing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where something of the account is, as its answer says it.
    pub fn uri(&self, noun: &str, sid: &str) -> String {
        format!("/2010-04-01/Accounts/{}/{noun}/{sid}.json", self.sid)
    }

    fn shown(&self) -> Shown<'_> {
        let uri = |noun: &str| format!("/2010-04-01/Accounts/{}/{noun}.json", self.sid).into();
        Shown {
            auth_token: self.auth_token.expose(),
            date_created: OPENED,
            date_updated: OPENED,
            friendly_name: "Simulated account",
            owner_account_sid: &self.sid,
            sid: &self.sid,
            status: "active",
            subresource_uris: SUBRESOURCES.into_iter().map(|(name, noun)| (name.to_owned(), uri(noun))).collect(),
            r#type: "Full",
            uri: format!("/2010-04-01/Accounts/{}.json", self.sid),
        }
    }
}

/// A number's SID, always the same of the same rental.
pub fn number_sid(rented: &Rented) -> String {
    sid("PN", &rented.carrier_number_id)
}

pub async fn fetch(SignedIn(account): SignedIn) -> HttpResponse {
    HttpResponse::Ok().json(account.shown())
}

pub async fn list(request: HttpRequest, SignedIn(account): SignedIn) -> Result<HttpResponse, Error> {
    let asked = Parameters::of_query(&request)?;
    let page = Page::of(&request, &asked)?;
    let shown = account.shown();
    let fits = asked.text("FriendlyName").is_none_or(|name| name == shown.friendly_name)
        && asked.text("Status").is_none_or(|status| status == shown.status);
    let rows = page.cut(if fits { vec![(account.sid.clone(), shown)] } else { Vec::new() })?;
    Ok(HttpResponse::Ok().json(page.answer("accounts", rows)))
}

/// What is left of the account's money; nothing is ever taken from it here.
pub async fn balance(SignedIn(account): SignedIn) -> HttpResponse {
    HttpResponse::Ok().json(json!({"account_sid": account.sid, "balance": "100.00", "currency": "USD"}))
}
