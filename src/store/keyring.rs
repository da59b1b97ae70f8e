//! The keys that secrets are encrypted with in the database: AES-256-GCM, bound to the one place where they lie.

use std::sync::Arc;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::hkdf::{HKDF_SHA256, KeyType, Salt};
use uuid::Uuid;

use crate::model::{AccountId, AgencyId, Sealed, Secret};

/// What a sealed secret begins with: the form that it is in.
const FORM: u8 = 1;
/// How many bytes tell keys apart.
const KEY_ID_LEN: usize = 8;

/// The key in use, and those that were in use before it.
#[derive(Clone, Debug, Default)]
pub struct Keyring {
    keys: Vec<Key>,
}

#[derive(Clone, Debug)]
struct Key {
    id: [u8; KEY_ID_LEN],
    aead: Arc<LessSafeKey>,
}

/// Where a secret lies: nowhere else can it be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The agency whose row it is in.
    pub agency: AgencyId,
    /// The column.
    pub column: Column,
    /// The row's id.
    pub row: Uuid,
}

/// The columns that hold secrets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column {
    /// What a carrier lets us in with.
    Credentials,
    /// What a webhook's deliveries are signed with.
    WebhookSecret,
    /// What they were signed with before.
    WebhookSecretBefore,
}

impl Column {
    const fn name(self) -> &'static str {
        match self {
            Self::Credentials => "carrier_accounts.credentials",
            Self::WebhookSecret => "webhooks.secret",
            Self::WebhookSecretBefore => "webhooks.secret_before",
        }
    }
}

impl Place {
    /// Where an account's credentials lie.
    #[must_use]
    pub fn of_credentials(agency: AgencyId, account: AccountId) -> Self {
        Self { agency, column: Column::Credentials, row: account.0 }
    }

    /// The column, the agency and the row, so that no other has the same: the last two are as long everywhere.
    fn bytes(self) -> Vec<u8> {
        [b"linekeeper ", self.column.name().as_bytes(), self.agency.0.as_bytes(), self.row.as_bytes()].concat()
    }
}

/// Why a secret could not be sealed or opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.says())]
pub enum KeyTrouble {
    /// There is no key at all.
    NoKey,
    /// It was sealed with a key that is not here.
    OtherKey,
    /// It was changed, or moved here from another place.
    Damaged,
    /// The system gave no random bytes, or refused the cipher.
    Cipher,
}

impl KeyTrouble {
    /// As a sentence.
    #[must_use]
    pub const fn says(self) -> &'static str {
        match self {
            Self::NoKey => {
                "there is no key to encrypt secrets with: set LINEKEEPER_CREDENTIALS_KEY_FILE to a file that holds 32 \
                 random bytes or more as text, such as `openssl rand -base64 32` writes"
            }
            Self::OtherKey => {
                "the secret was encrypted with another key: set that one as credentials_key, or as \
                 credentials_key_before"
            }
            Self::Damaged => "the secret is damaged, or was moved here from another place",
            Self::Cipher => "the secret could not be encrypted",
        }
    }
}

impl Keyring {
    /// The keys that these secrets give: the one in use, and the one before, which only opens.
    ///
    /// # Errors
    /// [`KeyTrouble::Cipher`].
    pub fn new(in_use: Option<&Secret>, before: Option<&Secret>) -> Result<Self, KeyTrouble> {
        let keys = in_use.into_iter().chain(before).map(Key::of).collect::<Result<_, _>>()?;
        Ok(Self { keys })
    }

    /// Encrypts a secret for its place.
    ///
    /// # Errors
    /// [`KeyTrouble::NoKey`], [`KeyTrouble::Cipher`].
    pub fn seal(&self, place: Place, secret: &Secret) -> Result<Sealed, KeyTrouble> {
        let key = self.keys.first().ok_or(KeyTrouble::NoKey)?;
        let mut nonce = [0; NONCE_LEN];
        getrandom::fill(&mut nonce).map_err(|_| KeyTrouble::Cipher)?;
        let mut body = secret.expose().as_bytes().to_vec();
        key.aead
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(place.bytes()), &mut body)
            .map_err(|_| KeyTrouble::Cipher)?;
        Ok(Sealed([&[FORM][..], &key.id, &nonce, &body].concat()))
    }

    /// Decrypts a secret that was sealed for this place.
    ///
    /// # Errors
    /// [`KeyTrouble`]
    pub fn open(&self, place: Place, Sealed(bytes): &Sealed) -> Result<Secret, KeyTrouble> {
        if self.keys.is_empty() {
            return Err(KeyTrouble::NoKey);
        }
        let (form, rest) = bytes.split_first().ok_or(KeyTrouble::Damaged)?;
        let (id, rest) = rest.split_at_checked(KEY_ID_LEN).ok_or(KeyTrouble::Damaged)?;
        let (nonce, body) = rest.split_at_checked(NONCE_LEN).ok_or(KeyTrouble::Damaged)?;
        if *form != FORM {
            return Err(KeyTrouble::Damaged);
        }
        let key = self.keys.iter().find(|key| key.id == id).ok_or(KeyTrouble::OtherKey)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| KeyTrouble::Damaged)?;
        let mut body = body.to_vec();
        let opened = key.aead.open_in_place(nonce, Aad::from(place.bytes()), &mut body);
        let text = opened.map_err(|_| KeyTrouble::Damaged)?.to_vec();
        String::from_utf8(text).map(Secret::new).map_err(|_| KeyTrouble::Damaged)
    }

    /// Whether a secret was sealed with the key in use.
    #[must_use]
    pub fn is_current(&self, Sealed(bytes): &Sealed) -> bool {
        self.keys.first().is_some_and(|key| bytes.get(1..=KEY_ID_LEN) == Some(&key.id[..]))
    }
}

/// The length of what is derived from a secret.
struct Length(usize);

impl KeyType for Length {
    fn len(&self) -> usize {
        self.0
    }
}

impl Key {
    /// HKDF (RFC 5869) makes a key of any text; another part of it tells which key that is, and nothing of the key.
    fn of(secret: &Secret) -> Result<Self, KeyTrouble> {
        let derive = |purpose: &[u8], into: &mut [u8]| {
            let salted = Salt::new(HKDF_SHA256, b"linekeeper credentials").extract(secret.expose().as_bytes());
            let info = [purpose];
            let expanded = salted.expand(&info, Length(into.len()));
            expanded.and_then(|okm| okm.fill(into)).map_err(|_| KeyTrouble::Cipher)
        };
        let (mut key, mut id) = ([0; 32], [0; KEY_ID_LEN]);
        derive(b"key", &mut key)?;
        derive(b"id", &mut id)?;
        let unbound = UnboundKey::new(&AES_256_GCM, &key).map_err(|_| KeyTrouble::Cipher)?;
        Ok(Self { id, aead: Arc::new(LessSafeKey::new(unbound)) })
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::{Column, KeyTrouble, Keyring, Place};
    use crate::model::{AgencyId, Sealed, Secret};

    const HERE: Place =
        Place { agency: AgencyId(Uuid::from_u128(1)), column: Column::Credentials, row: Uuid::from_u128(2) };

    fn ring(in_use: &str, before: Option<&str>) -> Keyring {
        let secret = |text: &str| Secret::new(text.repeat(8));
        Keyring::new(Some(&secret(in_use)), before.map(secret).as_ref()).unwrap()
    }

    fn sealed(ring: &Keyring) -> Sealed {
        ring.seal(HERE, &Secret::new("token".to_owned())).unwrap()
    }

    fn opened(ring: &Keyring, place: Place, sealed: &Sealed) -> Result<String, KeyTrouble> {
        ring.open(place, sealed).map(|secret| secret.expose().to_owned())
    }

    #[test]
    fn a_secret_opens_where_it_was_sealed_and_nowhere_else() {
        let (ring, other) = (ring("one", None), Uuid::from_u128(3));
        let token = sealed(&ring);
        assert_eq!(opened(&ring, HERE, &token).as_deref(), Ok("token"));
        for place in [
            Place { agency: AgencyId(other), ..HERE },
            Place { row: other, ..HERE },
            Place { column: Column::WebhookSecret, ..HERE },
            Place { column: Column::WebhookSecretBefore, ..HERE },
        ] {
            assert_eq!(opened(&ring, place, &token), Err(KeyTrouble::Damaged));
        }
        assert_ne!(sealed(&ring), token, "never twice the same");
        assert!(!token.0.windows(5).any(|bytes| bytes == b"token"));
    }

    #[test]
    fn a_key_that_was_replaced_still_opens_and_one_that_is_gone_does_not() {
        let token = sealed(&ring("one", None));
        let both = ring("two", Some("one"));
        assert_eq!(opened(&both, HERE, &token).as_deref(), Ok("token"));
        assert!(!both.is_current(&token) && both.is_current(&sealed(&both)));
        assert_eq!(opened(&ring("two", None), HERE, &token), Err(KeyTrouble::OtherKey));
        assert_eq!(opened(&Keyring::default(), HERE, &token), Err(KeyTrouble::NoKey));
        assert_eq!(Keyring::default().seal(HERE, &Secret::new(String::new())), Err(KeyTrouble::NoKey));
    }

    #[test]
    fn no_byte_of_it_can_be_changed() {
        let ring = ring("one", None);
        let token = sealed(&ring);
        for at in 0..token.0.len() {
            let mut changed = token.clone();
            changed.0[at] ^= 1;
            assert!(opened(&ring, HERE, &changed).is_err(), "byte {at}");
            assert!(opened(&ring, HERE, &Sealed(token.0[..at].to_vec())).is_err(), "cut at {at}");
        }
    }
}
