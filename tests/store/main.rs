//! What the store promises: durability, one server, versions, and counters that agree whoever writes.

#[path = "../support/mod.rs"]
mod support;

mod concurrency;
mod durability;
mod versions;
