//! The simulator: a carrier that needs no account.

/// The one account that everybody who uses a simulator shares.
pub const ACCOUNT: &str = "simulator";
