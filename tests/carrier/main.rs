//! What carriers promise, asked of the simulator: in this process, and in one of its own over TCP.

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

mod conformance;
mod deeds;
mod faults;
mod house;
mod killed;
mod ledger;
mod receiver;
mod remote;
mod scripted;
mod server;
mod stock;
mod telnyx;
mod telnyx_messages;
mod telnyx_simulator;
mod twilio;
mod twilio_house;
mod twilio_lists;
mod twilio_messages;
mod twilio_simulator;
