//! What the store promises: durability, one server, versions, and counters that agree whoever writes.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::similar_names,
    clippy::unwrap_used,
    reason = "a test that cannot go on says so by panicking"
)]

#[path = "../support/mod.rs"]
mod support;

mod concurrency;
mod durability;
mod events;
mod keys;
mod killed;
mod memory;
mod versions;
