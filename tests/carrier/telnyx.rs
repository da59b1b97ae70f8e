//! The client of Telnyx: what it asks for each deed, and what it makes of the answers.

mod errors;
mod listing;
mod logs;
mod orders;
mod search;

use std::time::Duration;

use linekeeper::carrier::telnyx::Telnyx;
use linekeeper::carrier::{Port, Rented, Traits, Trouble};
use linekeeper::model::{Route, Secret};
use serde_json::{Value, json};

use crate::house::e164;
use crate::scripted::{Asked, Scripted, good};

const KEY: &str = "KEY0123456789_secret";
const NUMBER: &str = "+19705551234";

fn telnyx(url: &str) -> Telnyx {
    Telnyx::new(Secret::new(KEY.into()), Some(url), Duration::from_secs(5)).unwrap()
}

/// Does something with an account whose answers these are; gives what was asked for it too.
fn with<T>(answers: Vec<Vec<u8>>, deed: impl FnOnce(&Telnyx) -> T) -> (T, Vec<Asked>) {
    let server = Scripted::new(answers);
    let done = deed(&telnyx(&server.url));
    let asked = server.asked();
    for asked in &asked {
        assert!(asked.head.contains(&format!("authorization: Bearer {KEY}")), "{asked:?}");
        assert!(!asked.line.contains(KEY) && !asked.body.to_string().contains(KEY), "{asked:?}");
    }
    (done, asked)
}

fn lines(asked: &[Asked]) -> Vec<&str> {
    asked.iter().map(|asked| &*asked.line).collect()
}

/// A number as the account's list has it.
fn record(number: &str, status: &str) -> Value {
    json!({
        "id": format!("id-{}", &number[1..]),
        "record_type": "phone_number",
        "phone_number": number,
        "status": status,
        "phone_number_type": "local",
        "country_iso_alpha2": "US",
        "connection_id": null,
        "messaging_profile_id": "",
        "tags": [],
        "deletion_lock_enabled": false,
        "emergency_enabled": false,
        "emergency_status": "disabled",
        "of_a_later_version": {"nested": [1, null]}
    })
}

/// The only page of a list.
fn page(rows: &[Value]) -> Vec<u8> {
    let pages = u32::from(!rows.is_empty());
    let meta = json!({"total_pages": pages, "total_results": rows.len(), "page_number": 1, "page_size": 250});
    good(&json!({"data": rows, "meta": meta}))
}

fn rented(number: &str) -> Rented {
    Rented {
        phone_number: e164(number),
        carrier_number_id: format!("id-{}", &number[1..]),
        route: Route::default(),
        traits: Traits::default(),
    }
}

fn route(connection: Option<&str>, profile: Option<&str>) -> Route {
    Route {
        connection_id: connection.map(str::to_owned),
        messaging_profile_id: profile.map(str::to_owned),
        ..Route::default()
    }
}

#[test]
fn the_key_is_not_shown() {
    let telnyx = telnyx("http://127.0.0.1:1");
    assert!(!format!("{telnyx:?} {telnyx:#?}").contains(KEY));
    // One that cannot be sent is not said either.
    let key = Secret::new(format!("{KEY}\n"));
    let telnyx = Telnyx::new(key, Some("http://127.0.0.1:1"), Duration::from_secs(1)).unwrap();
    let checked = telnyx.check();
    assert!(matches!(&checked, Err(Trouble::Unreached(said)) if !said.contains(KEY)), "{checked:?}");
}

#[test]
fn it_is_telnyx_itself_where_no_address_is_given() {
    let key = || Secret::new(KEY.into());
    let debug = format!("{:?}", Telnyx::new(key(), None, Duration::from_secs(1)).unwrap());
    assert!(debug.contains("api.telnyx.com"), "{debug}");
    Telnyx::new(key(), Some("api.telnyx.com"), Duration::from_secs(1)).unwrap_err();
}
