//! Who acts, and on whose request: what every event is signed with.

use std::fmt;

use super::{KeyId, Timestamp, UserId};

/// On whose behalf something is changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Actor {
    /// A person who signed in.
    User(UserId),
    /// A program with an API key.
    Key(KeyId),
    /// Whoever can run commands on the data directory.
    Operator,
    /// A carrier, telling something of its own accord.
    Carrier,
    /// The server itself, settling what is under way.
    Worker,
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(id) => write!(f, "user {id}"),
            Self::Key(id) => write!(f, "key {id}"),
            Self::Operator => f.write_str("operator"),
            Self::Carrier => f.write_str("carrier"),
            Self::Worker => f.write_str("worker"),
        }
    }
}

/// Who changes something, because of which request, and when.
#[derive(Clone, Debug)]
pub struct By {
    /// Who.
    pub actor: Actor,
    /// The id of the request, where there was one.
    pub request_id: Option<String>,
    /// When; the database's own clock where it is not given.
    pub at: Option<Timestamp>,
}

impl By {
    /// The operator, at the command line.
    pub const OPERATOR: Self = Self { actor: Actor::Operator, request_id: None, at: None };
}
