//! What clients see: the dialects over HTTP, from a real server process or the same app in this one.

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

mod accounts;
mod answers;
mod assignments;
mod bodies;
mod dialects;
mod gateway;
#[allow(dead_code, reason = "the carrier's own tests use the rest")]
#[path = "../carrier/house.rs"]
mod house;
mod jwks;
mod list;
mod live;
mod messages;
mod model;
mod offers;
mod openapi;
mod papers;
mod purchases;
mod releases;
mod repeats;
mod rim;
mod secrets;
mod sending;
mod shop;
mod tenancy;
mod tenancy_by_key;
mod trade;
