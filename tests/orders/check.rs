//! What must hold when nothing is open any more.

use std::collections::{BTreeMap, HashMap};

use linekeeper::carrier::simulator::{Deed, Entry};
use rusqlite::Connection;
use serde_json::Value;

use crate::support::Answer;

/// The orders that are not at their end.
pub fn open_orders(database: &Connection) -> Vec<String> {
    let mut statement = database
        .prepare_cached(
            "SELECT printf('deed %d, state %d, sends %d, tries %d, %s', deed, state, sends, tries, reason)
             FROM orders WHERE state NOT IN (2, 3)",
        )
        .unwrap();
    let open = statement.query_map([], |row| row.get(0)).unwrap();
    open.collect::<rusqlite::Result<_>>().unwrap()
}

/// No order has bought twice, but where the carrier did so by itself. Where it is not told of orders, each number is bought
/// for one.
pub fn no_order_is_done_twice(ledger: &[Entry]) {
    let mut bought = HashMap::new();
    for entry in ledger.iter().filter(|entry| entry.deed == Deed::Acquire && !entry.injected) {
        let order = entry.reference.map_or_else(|| entry.phone_number.to_string(), |order| order.to_string());
        *bought.entry(order).or_insert(0) += 1;
    }
    assert!(bought.values().all(|times| *times == 1), "an order bought twice: {ledger:#?}");
}

/// The numbers that are not released, by number: the status, where its agent's calls go, and why they do not yet.
fn here(database: &Connection) -> BTreeMap<String, (u8, Option<String>, Option<String>)> {
    let mut statement = database
        .prepare(
            "SELECT n.phone_number, n.status, coalesce(a.voice_url, a.connection_id), n.routing
             FROM agency_phone_numbers AS n
             LEFT JOIN agent_mappings AS a ON a.agency_no = n.agency_no AND a.id = n.agent_mapping_id
             WHERE n.status <> 3",
        )
        .unwrap();
    let rows = statement.query_map([], |row| Ok((row.get(0)?, (row.get(1)?, row.get(2)?, row.get(3)?)))).unwrap();
    rows.collect::<rusqlite::Result<_>>().unwrap()
}

/// The carrier has the numbers that we have, with the routes that their agents have; none is pending. Where it `refused` a
/// route, the number says so, and goes where it went.
pub fn same_numbers(database: &Connection, ledger: &[Entry], refused: bool) {
    let mut there = BTreeMap::new();
    for entry in ledger {
        let number = entry.phone_number.to_string();
        match entry.deed {
            Deed::Release => drop(there.remove(&number)),
            _ => drop(there.insert(number, entry.route.voice_url.clone().or(entry.route.connection_id.clone()))),
        }
    }
    let mut agreed = BTreeMap::new();
    for (number, (status, voice, routing)) in here(database) {
        assert!(status != 0, "{number} is pending, and no order is");
        let stays = refused && routing.as_deref().is_some_and(|why| why.contains("refused to order"));
        assert!(stays || routing.is_none(), "{number}: nobody is at it any more: {routing:?}");
        let voice = if stays { there.get(&number).cloned().flatten() } else { voice };
        agreed.insert(number, voice);
    }
    assert_eq!(agreed, there, "left: here, right: at the carrier");
}

/// What a client was told, for good or until it is settled.
#[derive(Debug, Default)]
pub struct Told {
    /// These numbers are the client's, by id.
    active: Vec<String>,
    /// These are gone, by id.
    released: Vec<String>,
    /// These it has not got, and will not.
    not_bought: Vec<String>,
    /// These it still has, by id.
    not_released: Vec<String>,
}

impl Told {
    pub fn by(answer: &Answer) -> Self {
        let (mut told, body) = (Self::default(), answer.json());
        let list = |name: &str| body[name].as_array().cloned().unwrap_or_default();
        let text = |value: &Value, name: &str| value[name].as_str().unwrap().to_owned();
        // What is being settled is neither.
        let is_certain = |failed: &&Value| !text(failed, "error").contains("settled");
        for number in list("phone_numbers").iter().filter(|number| number["status"] == "active") {
            told.active.push(text(number, "id"));
        }
        if let Some(assigned) = body["phone_number"].as_object() {
            told.active.push(assigned["id"].as_str().unwrap().to_owned());
        }
        told.released.extend(list("released").iter().map(|number| text(number, "id")));
        for failed in list("failed").iter().filter(is_certain) {
            match failed["id"].as_str() {
                Some(id) => told.not_released.push(id.to_owned()),
                None => told.not_bought.push(text(failed, "phone_number")),
            }
        }
        told
    }

    pub fn is_true(&self, database: &Connection) {
        let status = |id: &String| -> Option<u8> {
            let id = uuid::Uuid::parse_str(id).unwrap();
            let sql = "SELECT status FROM agency_phone_numbers WHERE id = ?1";
            database.query_row(sql, [id.as_bytes()], |row| row.get(0)).ok()
        };
        for (ids, expected) in [(&self.active, 1), (&self.released, 3), (&self.not_released, 1)] {
            for id in ids {
                assert_eq!(status(id), Some(expected), "the client was told otherwise: {self:?}");
            }
        }
        let here = here(database);
        for number in &self.not_bought {
            assert!(!here.contains_key(number), "the client was told otherwise: {self:?}");
        }
    }
}
