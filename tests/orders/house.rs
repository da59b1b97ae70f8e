//! An inventory to order with: agencies, who may order for them, and numbers that the simulator sells.

use std::path::{Path, PathBuf};

use linekeeper::carrier::simulator::{Deed, Entry, LEDGER_FILE, Ledger, Simulator};
use linekeeper::model::{AgentId, E164, Role, Route, UserId, Wanted};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{Answer, Inventory, Server, add_agency, add_agent, add_user, agent, id, token};

pub const PURCHASE: &str = "/functions/v1/phone-numbers-purchase";
pub const RELEASE: &str = "/functions/v1/phone-numbers-release";

/// The owner of an agency, and another one of the same agency.
pub const fn owner(agency: u64) -> UserId {
    UserId(id(100 + agency))
}

pub const fn second_owner(agency: u64) -> UserId {
    UserId(id(200 + agency))
}

/// An agency's agent whose calls go somewhere.
pub const fn routed(agency: u64) -> AgentId {
    AgentId(id(300 + agency))
}

/// Where the calls of an agency's routed agent go.
pub fn route(agency: u64) -> Route {
    Route { voice_url: Some(format!("https://voice.example/{agency}")), ..Route::default() }
}

/// So many agencies, each with two owners and two agents.
pub fn agencies(count: u64) -> Inventory {
    let inventory = Inventory::empty();
    inventory.write(|change| {
        for agency in 1..=count {
            let scope = add_agency(change, agency, &format!("Agency number {agency}"))?;
            for user in [owner(agency), second_owner(agency)] {
                add_user(change, Some(&scope), user.0.as_u64_pair().1 & 0xffff, Role::AgencyOwner)?;
            }
            add_agent(change, &scope, &agent(300 + agency, Some("Goes somewhere")))?;
            add_agent(change, &scope, &agent(400 + agency, None))?;
            change.set_agent_route(&scope, routed(agency), &route(agency))?;
        }
        Ok(())
    });
    inventory
}

/// The directory alone, with an empty journal, so that it can be copied.
pub fn closed(inventory: Inventory) -> (TempDir, PathBuf) {
    inventory.store.checkpoint().unwrap();
    inventory.closed()
}

/// Numbers that a simulator with its usual seed sells.
pub fn stock(count: u32) -> Vec<E164> {
    let scratch = tempfile::tempdir().unwrap();
    let simulator = Simulator::open(scratch.path(), 1).unwrap();
    let wanted = Wanted { country: "US".into(), limit: count, ..Wanted::default() };
    let offers = simulator.office().search(&wanted);
    assert_eq!(offers.len(), usize::try_from(count).unwrap());
    offers.into_iter().map(|offer| offer.phone_number).collect()
}

/// Every deed of the simulator in this directory.
pub fn ledger(directory: &Path) -> Vec<Entry> {
    match Ledger::read(&directory.join(LEDGER_FILE)) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
        entries => entries.unwrap(),
    }
}

/// How often a number was bought.
pub fn bought(entries: &[Entry], number: &E164) -> usize {
    let of_it = |entry: &&Entry| entry.deed == Deed::Acquire && entry.phone_number == *number;
    entries.iter().filter(of_it).count()
}

/// The body that buys numbers.
pub fn buying<'n>(numbers: impl IntoIterator<Item = &'n E164>, agent: Option<AgentId>) -> Value {
    let item = |number: &E164| match agent {
        Some(agent) => json!({"phone_number": number.as_str(), "agent_mapping_id": agent.to_string()}),
        None => json!({"phone_number": number.as_str()}),
    };
    json!({"phone_numbers": numbers.into_iter().map(item).collect::<Vec<_>>()})
}

/// Orders something, with a key or without.
pub fn order(server: &Server, path: &str, user: UserId, key: Option<&str>, body: &Value) -> Answer {
    let bearer = format!("Bearer {}", token(user));
    let mut headers = vec![("authorization", bearer.as_str()), ("content-type", "application/json")];
    headers.extend(key.map(|key| ("idempotency-key", key)));
    server.send_with("POST", path, &headers, &body.to_string())
}
