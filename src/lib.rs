//! Linekeeper: the phone-number inventory of a voice-AI agency, self-hosted in one binary.
//!
//! Imports run one way: [`model`] <- [`store`], [`carrier`] <- [`files`], [`delivery`] <- [`inventory`] <- [`app`] <- [`dialect`] <-
//! [`http`] <- [`cli`];
//! [`clock`] and [`config`] are leaves. ARCHITECTURE.md has the map.

pub mod app;
pub mod carrier;
pub mod cli;
pub mod clock;
pub mod config;
pub mod delivery;
pub mod dialect;
pub mod files;
pub mod http;
pub mod inventory;
pub mod model;
pub mod simulate;
pub mod store;
