//! The API key: how a program says who it is, and what the key allows.

use std::fmt;
use std::str::FromStr;

use uuid::Uuid;

use super::{Error, KeyId, Secret, Timestamp};

/// One thing that a caller may be allowed to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Permission {
    /// See the agency's numbers.
    NumbersRead,
    /// Purchase numbers, or bring them along.
    NumbersCreate,
    /// Change numbers, and who answers them.
    NumbersUpdate,
    /// Release numbers.
    NumbersDelete,
    /// See messages.
    MessagesRead,
    /// Send messages.
    MessagesSend,
    /// See the agency's agents.
    AgentsRead,
    /// Add, change and remove agents.
    AgentsWrite,
}

impl Permission {
    /// Every permission, in the order of the bits in which the database keeps them.
    pub const ALL: [Self; 8] = [
        Self::NumbersRead,
        Self::NumbersCreate,
        Self::NumbersUpdate,
        Self::NumbersDelete,
        Self::MessagesRead,
        Self::MessagesSend,
        Self::AgentsRead,
        Self::AgentsWrite,
    ];

    /// Its name: the scope, as those who make keys spell it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NumbersRead => "phone_numbers:read",
            Self::NumbersCreate => "phone_numbers:create",
            Self::NumbersUpdate => "phone_numbers:update",
            Self::NumbersDelete => "phone_numbers:delete",
            Self::MessagesRead => "messages:read",
            Self::MessagesSend => "messages:send",
            Self::AgentsRead => "agents:read",
            Self::AgentsWrite => "agents:write",
        }
    }

    const fn bit(self) -> u8 {
        1 << self as u8
    }
}

/// A set of permissions: a bit each, in the order of [`Permission::ALL`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Permissions(pub u8);

impl Permissions {
    /// All there are.
    pub const ALL: Self = Self(u8::MAX);
    /// Not one.
    pub const NONE: Self = Self(0);

    /// Whether this one is among them.
    #[must_use]
    pub const fn has(self, permission: Permission) -> bool {
        self.0 & permission.bit() != 0
    }
}

impl FromIterator<Permission> for Permissions {
    fn from_iter<I: IntoIterator<Item = Permission>>(permissions: I) -> Self {
        permissions.into_iter().fold(Self::NONE, |set, permission| Self(set.0 | permission.bit()))
    }
}

impl fmt::Display for Permissions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut between = "";
        for permission in Permission::ALL.into_iter().filter(|permission| self.has(*permission)) {
            write!(f, "{between}{}", permission.name())?;
            between = ",";
        }
        Ok(())
    }
}

impl FromStr for Permissions {
    type Err = String;

    /// Takes names between commas, at least one.
    fn from_str(text: &str) -> Result<Self, String> {
        let named = |name: &str| {
            Permission::ALL.into_iter().find(|permission| permission.name() == name).ok_or_else(|| {
                format!("there is no scope {name:?}; there are {}", Permission::ALL.map(Permission::name).join(", "))
            })
        };
        text.split(',').map(named).collect()
    }
}

/// What is kept of an API key. Its secret is not: only its hash, and that in the store alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKey {
    /// Its id, which is not secret.
    pub id: KeyId,
    /// What its agency calls it.
    pub name: Option<String>,
    /// What it allows.
    pub permissions: Permissions,
    /// Whether it may act for a child of its agency.
    pub partner: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// From when on it is no good any more; never where there is none.
    pub expires_at: Option<Timestamp>,
    /// When it was revoked, if it was.
    pub revoked_at: Option<Timestamp>,
}

impl ApiKey {
    /// Whether it opens anything.
    #[must_use]
    pub fn is_good(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && self.expires_at.is_none_or(|expires_at| now < expires_at)
    }
}

/// How long a key's secret is: 32 bytes as base64url without padding.
const SECRET_CHARS: usize = 43;

/// A key as somebody presents it: `lk_<id as 32 hex digits>_<secret>`. Nothing is proven yet.
#[derive(Clone, Debug)]
pub struct PresentedKey {
    /// Which key it is said to be.
    pub id: KeyId,
    /// What is to prove it.
    pub secret: Secret,
}

impl PresentedKey {
    /// The same key in two parts, as HTTP Basic has them: the customer's id is the key's, hyphenated or not.
    ///
    /// # Errors
    /// [`Error::BadKey`] where it cannot be one.
    pub fn from_basic(customer_id: &str, customer_secret: &str) -> Result<Self, Error> {
        let hyphenated = || customer_id.bytes().all(is_lower).then(|| customer_id.parse().ok()).flatten();
        let id = hex_id(customer_id).or_else(hyphenated).ok_or(Error::BadKey)?;
        Ok(Self { id, secret: secret(customer_secret).ok_or(Error::BadKey)? })
    }

    /// What of a key may be shown at any time: all but its secret.
    #[must_use]
    pub fn prefix(id: KeyId) -> String {
        format!("lk_{}", id.0.simple())
    }

    /// The whole key in one word; every call is a place to look at in a review.
    #[must_use]
    pub fn expose(&self) -> String {
        format!("{}_{}", Self::prefix(self.id), self.secret.expose())
    }
}

impl FromStr for PresentedKey {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        // The secret may hold underscores of its own.
        let parts = text.strip_prefix("lk_").and_then(|rest| rest.split_once('_'));
        let key = |(id, word)| Some(Self { id: hex_id(id)?, secret: secret(word)? });
        parts.and_then(key).ok_or(Error::BadKey)
    }
}

/// An id has one spelling, so that a key has one too.
fn hex_id(text: &str) -> Option<KeyId> {
    let is_hex = text.len() == 32 && text.bytes().all(|byte| is_lower(byte) && byte.is_ascii_hexdigit());
    if is_hex { Uuid::try_parse(text).ok().map(KeyId) } else { None }
}

fn is_lower(byte: u8) -> bool {
    !byte.is_ascii_uppercase()
}

fn secret(text: &str) -> Option<Secret> {
    let is_base64url = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    (text.len() == SECRET_CHARS && text.bytes().all(is_base64url)).then(|| Secret::new(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::{ApiKey, Permission, Permissions, PresentedKey};
    use crate::model::{KeyId, Timestamp};

    const ID: &str = "0192a000000070008000000000000abc";
    const SECRET: &str = "_-3456789012345678901234567890123456789012_";

    fn key() -> String {
        format!("lk_{ID}_{SECRET}")
    }

    #[test]
    fn permissions_lie_at_the_bit_of_their_place() {
        assert!(Permission::ALL.iter().enumerate().all(|(place, permission)| permission.bit() == 1 << place));
        assert_eq!(Permission::ALL.into_iter().collect::<Permissions>(), Permissions::ALL);
        assert!(Permission::ALL.iter().all(|one| Permissions::ALL.has(*one) && !Permissions::NONE.has(*one)));
    }

    #[test]
    fn permissions_read_as_they_are_written() {
        let all = Permissions::ALL.to_string();
        assert!(all.starts_with("phone_numbers:read,phone_numbers:create,"), "{all}");
        for bits in 1..=u8::MAX {
            assert_eq!(Permissions(bits).to_string().parse(), Ok(Permissions(bits)));
        }
        assert_eq!(
            "agents:read,phone_numbers:read".parse::<Permissions>().unwrap().to_string(),
            "phone_numbers:read,agents:read"
        );
    }

    #[test]
    fn a_scope_that_is_none_is_refused_by_name_with_those_there_are() {
        for (text, named) in [
            ("phone_numbers:read,numbers:sell", "\"numbers:sell\""),
            ("", "\"\""),
            ("agents:read,", "\"\""),
            ("agents:read, agents:write", "\" agents:write\""),
            ("Agents:read", "\"Agents:read\""),
        ] {
            let refused = text.parse::<Permissions>().unwrap_err();
            assert!(refused.contains(named) && refused.contains("phone_numbers:delete"), "{refused}");
        }
    }

    #[test]
    fn a_key_is_good_until_the_moment_it_expires_or_is_revoked() {
        let mut key = ApiKey {
            id: KeyId(ID.parse().unwrap()),
            name: None,
            permissions: Permissions::NONE,
            partner: false,
            created_at: Timestamp(0),
            expires_at: None,
            revoked_at: None,
        };
        assert!(key.is_good(Timestamp(i64::MAX)));
        key.expires_at = Some(Timestamp(10));
        assert!(key.is_good(Timestamp(9)) && !key.is_good(Timestamp(10)));
        (key.expires_at, key.revoked_at) = (None, Some(Timestamp(20)));
        assert!(!key.is_good(Timestamp(9)), "a clock that went back opens nothing");
    }

    #[test]
    fn a_key_has_one_spelling() {
        let presented: PresentedKey = key().parse().unwrap();
        assert_eq!((presented.expose(), presented.secret.expose()), (key(), SECRET));
        for wrong in [
            key().to_uppercase(),
            key().replace("abc", "ABC"),
            key().replace("lk_", "LK_"),
            key().replace("lk_", "lk-"),
            key().replace("0192a000", "0192a000-"),
            format!("{}A", key()),
            format!("{} ", key()),
            format!(" {}", key()),
            key().replace("_-3", "\0-3"),
            key().replace("_-3", "+/3"),
            key().replace("345", "34ä"),
            format!("lk_{ID}"),
            format!("lk__{ID}_{SECRET}"),
            "lk_".into(),
            String::new(),
        ] {
            assert!(wrong.parse::<PresentedKey>().is_err(), "{wrong}");
        }
        for end in 0..key().len() {
            assert!(key()[..end].parse::<PresentedKey>().is_err(), "a key cut at {end}");
        }
    }

    #[test]
    fn basic_credentials_present_the_same_key() {
        for id in [ID, "0192a000-0000-7000-8000-000000000abc"] {
            assert_eq!(PresentedKey::from_basic(id, SECRET).unwrap().expose(), key(), "{id}");
        }
        for (id, secret) in [
            ("0192A000-0000-7000-8000-000000000ABC", SECRET),
            ("0192A000000070008000000000000ABC", SECRET),
            ("{0192a000-0000-7000-8000-000000000abc}", SECRET),
            ("", SECRET),
            (ID, ""),
            (ID, &SECRET[1..]),
            (SECRET, ID),
        ] {
            assert!(PresentedKey::from_basic(id, secret).is_err(), "{id}:{secret}");
        }
    }

    #[test]
    fn a_key_that_is_debugged_shows_no_secret() {
        let shown = format!("{:?}", key().parse::<PresentedKey>().unwrap());
        assert!(shown.contains("[redacted]") && !shown.contains("3456789"), "{shown}");
    }
}
