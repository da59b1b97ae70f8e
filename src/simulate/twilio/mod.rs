//! A carrier with the shape of Twilio's API, so that Twilio's own clients work with it.
//!
//! Every field, parameter and status is of Twilio's OpenAPI (<https://github.com/twilio/twilio-oai>, api.v2010 and pricing.v1);
//! each file says where what it does is documented, and says so where it is not.

mod account;
mod addresses;
mod auth;
mod available;
mod error;
mod inbound;
mod logs;
mod messages;
mod numbers;
mod page;
mod parameters;
mod pattern;
mod pricing;
mod regulation;
mod sending;
mod settings;
mod sid;
mod signature;
mod status;
mod wire;

use std::io;
use std::net::TcpListener;

use actix_web::HttpRequest;
use actix_web::web::{self, Data, JsonConfig, ServiceConfig};

use super::control::undescribed;
use super::{endpoints, faults, serve};
use crate::carrier::Trouble;
use crate::carrier::simulator::{Office, Request, Simulator};
use crate::dialect::{Endpoint, resources};
use crate::model::{Features, Wanted};

pub use account::Account;
use error::Error;

/// Everything that is answered; the last four are no part of Twilio's.
const ENDPOINTS: &[Endpoint] = &[
    Endpoint::get("/2010-04-01/Accounts.json", || web::to(account::list), undescribed),
    Endpoint::get("/2010-04-01/Accounts/{account}.json", || web::to(account::fetch), undescribed),
    Endpoint::get("/2010-04-01/Accounts/{account}/Balance.json", || web::to(account::balance), undescribed),
    Endpoint::get(
        "/2010-04-01/Accounts/{account}/AvailablePhoneNumbers/{country}/{kind}.json",
        || web::to(available::search),
        undescribed,
    ),
    Endpoint::get("/2010-04-01/Accounts/{account}/IncomingPhoneNumbers.json", || web::to(numbers::list), undescribed),
    Endpoint::post("/2010-04-01/Accounts/{account}/IncomingPhoneNumbers.json", || web::to(numbers::buy), undescribed),
    Endpoint::get(NUMBER, || web::to(numbers::fetch), undescribed),
    Endpoint::post(NUMBER, || web::to(numbers::update), undescribed),
    Endpoint::delete(NUMBER, || web::to(numbers::release), undescribed),
    Endpoint::get("/2010-04-01/Accounts/{account}/Addresses.json", || web::to(addresses::list), undescribed),
    Endpoint::post("/2010-04-01/Accounts/{account}/Addresses.json", || web::to(addresses::create), undescribed),
    Endpoint::get("/2010-04-01/Accounts/{account}/Addresses/{sid}.json", || web::to(addresses::fetch), undescribed),
    Endpoint::get("/2010-04-01/Accounts/{account}/Calls.json", || web::to(logs::calls), undescribed),
    Endpoint::get("/2010-04-01/Accounts/{account}/Messages.json", || web::to(messages::list), undescribed),
    Endpoint::post("/2010-04-01/Accounts/{account}/Messages.json", || web::to(messages::send), undescribed),
    Endpoint::get(MESSAGE, || web::to(messages::fetch), undescribed),
    Endpoint::delete(MESSAGE, || web::to(messages::delete), undescribed),
    Endpoint::get("/v1/PhoneNumbers/Countries", || web::to(pricing::countries), undescribed),
    Endpoint::get("/v1/PhoneNumbers/Countries/{country}", || web::to(pricing::country), undescribed),
    Endpoint::post("/uses", || web::to(logs::told), undescribed),
    Endpoint::get("/messages", || web::to(messages::accepted), undescribed),
    Endpoint::post("/inbound", || web::to(inbound::arrive), undescribed),
    Endpoint::post("/campaigns", || web::to(sending::campaigns), undescribed),
];
const MESSAGE: &str = "/2010-04-01/Accounts/{account}/Messages/{sid}.json";
const NUMBER: &str = "/2010-04-01/Accounts/{account}/IncomingPhoneNumbers/{sid}.json";

/// Answers as Twilio would, for one account.
///
/// # Errors
/// As of `serve`.
pub fn twilio(listener: TcpListener, simulator: Simulator, account: Account, ready: &dyn Fn()) -> io::Result<()> {
    let account = Data::new(account);
    let shape = move |config: &mut ServiceConfig| {
        config
            .app_data(Data::clone(&account))
            .app_data(JsonConfig::default().error_handler(endpoints::not_understood))
            .configure(|config| resources(config, ENDPOINTS, "", error::not_allowed))
            .default_service(web::to(error::no_such_path));
    };
    serve(listener, simulator, shape, ready)
}

/// Does what was asked, with the fault whose turn it is.
async fn ask<T: Send + 'static>(
    http: &HttpRequest,
    simulator: Data<Simulator>,
    asked: Request,
    deed: impl Fn(&Office, bool) -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    // A refusal in Twilio's words is an answer like another: a fault may lose it, too.
    let deed = move |office: &Office, injected| Ok::<_, Trouble>(deed(office, injected));
    faults::answer(http, simulator, asked, deed).await?
}

/// Anything that is sold in a country.
fn anything(country: &str) -> Wanted {
    Wanted { country: country.to_owned(), features: Features::default(), limit: 1, ..Wanted::default() }
}
