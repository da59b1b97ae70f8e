//! A carrier in the shape of Telnyx' API v2: what its clients send and read, and the awkward ways in which it answers.
//!
//! What is done here says where it is known from: Telnyx' own documentation, the types of its client (npm telnyx 7, generated
//! from Telnyx' description of the API), or, where neither says, that it is a guess.

mod answer;
mod auth;
mod available;
mod balance;
mod books;
mod controls;
mod error;
mod filters;
mod inbound;
mod messages;
mod messaging;
mod notes;
mod number_orders;
mod phone_numbers;
mod query;
mod records;
mod sending;
mod settings;
mod sub_number_orders;
mod unsendable;
mod wire;

use actix_web::web::{self, Data, JsonConfig, ServiceConfig};

use self::books::Books;
use self::records::Uses;
use super::control::undescribed;
use crate::carrier::simulator::Entry;
use crate::dialect::{Endpoint, resources};

pub use self::auth::ApiKey;
pub use self::messaging::Messaging;

/// What Telnyx' clients ask. A path that names something stands before the one with `{id}` in its place.
const ENDPOINTS: &[Endpoint] = &[
    Endpoint::get("/v2/available_phone_numbers", || web::to(available::list), undescribed),
    Endpoint::get("/v2/number_orders", || web::to(number_orders::list), undescribed),
    Endpoint::post("/v2/number_orders", || web::to(number_orders::create), undescribed),
    Endpoint::get("/v2/number_orders/{id}", || web::to(number_orders::retrieve), undescribed),
    Endpoint::patch("/v2/sub_number_orders/{id}/cancel", || web::to(sub_number_orders::cancel), undescribed),
    Endpoint::get("/v2/phone_numbers", || web::to(phone_numbers::list), undescribed),
    Endpoint::get("/v2/phone_numbers/messaging", || web::to(settings::messaging_of_all), undescribed),
    Endpoint::get("/v2/phone_numbers/voice", || web::to(settings::voice_of_all), undescribed),
    Endpoint::get("/v2/phone_numbers/{id}", || web::to(phone_numbers::retrieve), undescribed),
    Endpoint::patch("/v2/phone_numbers/{id}", || web::to(phone_numbers::update), undescribed),
    Endpoint::delete("/v2/phone_numbers/{id}", || web::to(phone_numbers::delete), undescribed),
    Endpoint::get("/v2/phone_numbers/{id}/messaging", || web::to(settings::messaging), undescribed),
    Endpoint::patch("/v2/phone_numbers/{id}/messaging", || web::to(settings::update_messaging), undescribed),
    Endpoint::get("/v2/phone_numbers/{id}/voice", || web::to(settings::voice), undescribed),
    Endpoint::patch("/v2/phone_numbers/{id}/voice", || web::to(settings::update_voice), undescribed),
    Endpoint::post("/v2/messages", || web::to(messages::send), undescribed),
    Endpoint::get("/v2/messages/{id}", || web::to(messages::retrieve), undescribed),
    Endpoint::get("/v2/balance", || web::to(balance::retrieve), undescribed),
    Endpoint::get("/v2/detail_records", || web::to(records::list), undescribed),
];

/// What this carrier can be told beside its faults, without a key.
const CONTROLS: &[Endpoint] = &[
    Endpoint::post("/orders/pending", || web::to(controls::pending), undescribed),
    Endpoint::post("/locks", || web::to(controls::locks), undescribed),
    Endpoint::post("/uses", || web::to(controls::uses), undescribed),
    Endpoint::post("/campaigns", || web::to(controls::campaigns), undescribed),
    Endpoint::get("/messages", || web::to(messages::accepted), undescribed),
    Endpoint::post("/inbound", || web::to(inbound::arrive), undescribed),
];

/// What answers in Telnyx' shape for an account with this key, whose ledger holds these entries.
pub fn shape(
    key: ApiKey,
    messaging: Messaging,
    entries: Vec<Entry>,
) -> impl Fn(&mut ServiceConfig) + Clone + Send + 'static {
    let (key, books, uses) = (Data::new(key), Data::new(Books::of(entries)), Data::new(Uses::default()));
    let messaging = Data::new(messaging);
    move |config| {
        config
            .app_data(Data::clone(&key))
            .app_data(Data::clone(&messaging))
            .app_data(Data::clone(&books))
            .app_data(Data::clone(&uses))
            .app_data(JsonConfig::default().error_handler(error::not_understood))
            .configure(|config| resources(config, ENDPOINTS, "", error::not_allowed))
            .configure(|config| resources(config, CONTROLS, "", error::not_allowed))
            .default_service(web::to(|| async { error::not_found() }));
    }
}
