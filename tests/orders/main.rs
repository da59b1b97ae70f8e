//! Orders under races, kills and faults: no number is ever lost or bought twice, and whoever was told something was told
//! the truth.

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

mod check;
mod faults;
mod house;
mod model;
mod plan;
mod proxy;
mod races;
mod run;
mod shape;
mod world;
