//! The dialects: what is true of each of them, and of all together.

mod contract;
mod imports;
mod keyset;
mod limits;
mod probes;
mod seeds;
mod sending;
mod snapshots;
mod streaming;
mod verbs;

use std::process::Command;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use linekeeper::clock::{Clock, Ids};
use linekeeper::inventory::keys::{self, NewKey};
use linekeeper::model::{AgencyId, Permissions, PresentedKey, UserId};
use serde_json::Value;

use crate::shop::{self, OWNER, two_agencies};
use crate::support::{Answer, Inventory, Server, id, token};

/// A server that no key can ask too often.
pub fn serving(inventory: &Inventory, settings: &[(&str, &str)]) -> Command {
    let limits = ["LIMITS__REQUESTS_PER_MINUTE", "LIMITS__REQUESTS_PER_HOUR", "LIMITS__ORDERS_PER_MINUTE"];
    let unlimited = limits.map(|name| (name, "0"));
    shop::serving(inventory, &unlimited.into_iter().chain(settings.iter().copied()).collect::<Vec<_>>())
}

/// How its callers say who they are.
pub type Headers = Vec<(&'static str, String)>;

/// Northwind, in each dialect's own words.
pub struct Office {
    pub inventory: Inventory,
    pub server: Server,
    pub key: PresentedKey,
    /// A key that allows nothing.
    pub idle: PresentedKey,
}

impl Office {
    pub fn open() -> Self {
        Self::of(two_agencies(), &[])
    }

    pub fn of(inventory: Inventory, settings: &[(&str, &str)]) -> Self {
        let (key, idle) = (key(&inventory, Permissions::ALL), key(&inventory, Permissions::NONE));
        let server = Server::spawn(serving(&inventory, settings));
        Self { inventory, server, key, idle }
    }

    pub fn bearer(&self) -> Headers {
        bearer(&self.key)
    }

    pub fn basic(&self) -> Headers {
        basic(&self.key)
    }

    pub fn api_key(&self) -> Headers {
        vec![("x-api-key", self.key.expose())]
    }

    pub fn ask(&self, headers: &Headers, method: &str, path: &str, body: Option<&Value>) -> Answer {
        ask(&self.server, headers, method, path, body)
    }

    /// An answer's body, which must be a success.
    pub fn done(&self, headers: &Headers, method: &str, path: &str, body: Option<&Value>) -> Value {
        let answer = self.ask(headers, method, path, body);
        assert!((200..300).contains(&answer.status), "{method} {path}: {} {}", answer.status, answer.text());
        if answer.body.is_empty() { Value::Null } else { answer.json() }
    }
}

pub fn key(inventory: &Inventory, permissions: Permissions) -> PresentedKey {
    let new = NewKey { name: None, permissions, partner: false, expires_at: None };
    inventory.write(|change| keys::create(change, &Clock::System, &Ids::Fresh, AgencyId(id(1)), new))
}

pub fn bearer(key: &PresentedKey) -> Headers {
    vec![("authorization", format!("Bearer {}", key.expose()))]
}

pub fn basic(key: &PresentedKey) -> Headers {
    let pair = format!("{}:{}", key.id, key.secret.expose());
    vec![("authorization", format!("Basic {}", STANDARD.encode(pair)))]
}

pub fn jwt() -> Headers {
    vec![("authorization", format!("Bearer {}", token(UserId(id(OWNER)))))]
}

pub fn ask(server: &Server, headers: &Headers, method: &str, path: &str, body: Option<&Value>) -> Answer {
    let mut headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let body = body.map(Value::to_string).unwrap_or_default();
    if !body.is_empty() {
        headers.push(("content-type", "application/json"));
    }
    server.send_with(method, path, &headers, &body)
}
