//! What clients see: the dialects over HTTP, from a real server process or the same app in this one.

#[path = "../support/mod.rs"]
mod support;

mod gateway;
mod list;
mod model;
mod rim;
mod tenancy;
