//! Addresses: where somebody is who uses numbers, because some countries want to know
//! (<https://www.twilio.com/docs/usage/api/address>). They are kept beside the ledger.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use actix_web::web::{self, Bytes};
use actix_web::{HttpRequest, HttpResponse};
use serde::{Deserialize, Serialize};

use super::auth::SignedIn;
use super::error::Error;
use super::page::Page;
use super::parameters::Parameters;
use super::sid::sid;
use super::wire::rfc2822;
use crate::carrier::Trouble;
use crate::clock::Clock;

/// Their file in the simulator's directory: a JSON line each.
const FILE: &str = "twilio-addresses.jsonl";

/// An address, as it is kept and as it is shown (Twilio's OpenAPI, `api.v2010.account.address`).
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Address {
    account_sid: String,
    city: String,
    customer_name: String,
    date_created: String,
    date_updated: String,
    emergency_enabled: bool,
    friendly_name: String,
    /// Where it is.
    pub iso_country: String,
    postal_code: String,
    region: String,
    /// `AD` and 32 hexadecimal digits.
    pub sid: String,
    street: String,
    street_secondary: Option<String>,
    uri: String,
    validated: bool,
    verified: bool,
}

/// All that were registered, in this order.
#[derive(Debug)]
pub struct Addresses(Mutex<(File, Vec<Address>)>);

impl Addresses {
    /// Those of a directory. What a writer that was killed has not finished is cut off.
    ///
    /// # Errors
    /// What the file system says; [`io::ErrorKind::InvalidData`] where a line is no address.
    pub fn open(directory: &Path) -> io::Result<Self> {
        let path = directory.join(FILE);
        let mut file = OpenOptions::new().read(true).append(true).create(true).mode(0o600).open(path)?;
        let mut text = String::new();
        file.read_to_string(&mut text)?;
        let whole = text.rfind('\n').map_or(0, |last| last + 1);
        file.set_len(whole as u64)?;
        let kept = text[..whole].lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
        Ok(Self(Mutex::new((file, kept))))
    }

    /// The one with this SID.
    pub fn find(&self, sid: &str) -> Option<Address> {
        self.all().into_iter().find(|address| address.sid == sid)
    }

    fn all(&self) -> Vec<Address> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).1.clone()
    }

    /// Registers one, which is given its SID; it is on the disk when this returns.
    fn add(&self, account: &str, asked: &Parameters) -> io::Result<Address> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let sid = sid("AD", &(kept.1.len() + 1).to_string());
        let text = |name| asked.text(name).unwrap_or_default().to_owned();
        let now = rfc2822(Clock::System.now());
        let address = Address {
            account_sid: account.to_owned(),
            city: text("City"),
            customer_name: text("CustomerName"),
            date_created: now.clone(),
            date_updated: now,
            emergency_enabled: asked.flag("EmergencyEnabled"),
            friendly_name: text("FriendlyName"),
            iso_country: text("IsoCountry").to_uppercase(),
            postal_code: text("PostalCode"),
            region: text("Region"),
            uri: format!("/2010-04-01/Accounts/{account}/Addresses/{sid}.json"),
            sid,
            street: text("Street"),
            street_secondary: asked.text("StreetSecondary").map(str::to_owned),
            validated: false,
            verified: false,
        };
        let mut line = serde_json::to_vec(&address)?;
        line.push(b'\n');
        kept.0.write_all(&line)?;
        kept.0.sync_data()?;
        kept.1.push(address.clone());
        Ok(address)
    }
}

pub async fn create(SignedIn(account): SignedIn, body: Bytes) -> Result<HttpResponse, Error> {
    let asked = Parameters::of_form(&body)?;
    // All that Twilio's OpenAPI says are required. That one is missing has no code of its own: "Invalid Parameter".
    for name in ["CustomerName", "Street", "City", "Region", "PostalCode", "IsoCountry"] {
        if asked.text(name).is_none() {
            return Err(Error::refused(20422, format!("Missing required parameter {name} in the post body")));
        }
    }
    let done = web::block(move || account.addresses.add(&account.sid, &asked)).await;
    let failed = |error: String| Error::from(Trouble::Unknown(error));
    let address = done.map_err(|error| failed(error.to_string()))?.map_err(|error| failed(error.to_string()))?;
    Ok(HttpResponse::Created().json(address))
}

pub async fn list(request: HttpRequest, SignedIn(account): SignedIn) -> Result<HttpResponse, Error> {
    let asked = Parameters::of_query(&request)?;
    let page = Page::of(&request, &asked)?;
    let mut rows = account.addresses.all();
    rows.retain(|address| {
        let is = |name, value: &str| asked.text(name).is_none_or(|wanted| wanted == value);
        is("CustomerName", &address.customer_name)
            && is("FriendlyName", &address.friendly_name)
            && is("IsoCountry", &address.iso_country)
            && asked
                .sent("EmergencyEnabled")
                .is_none_or(|_| asked.flag("EmergencyEnabled") == address.emergency_enabled)
    });
    let rows = page.cut(rows.into_iter().map(|address| (address.sid.clone(), address)).collect())?;
    Ok(HttpResponse::Ok().json(page.answer("addresses", rows)))
}

pub async fn fetch(
    request: HttpRequest,
    SignedIn(account): SignedIn,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse, Error> {
    let found = account.addresses.find(&path.1);
    found.map(|address| HttpResponse::Ok().json(address)).ok_or_else(|| Error::not_found(request.path()))
}
