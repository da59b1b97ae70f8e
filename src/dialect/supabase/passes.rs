//! Passes: what tokens that proved good have said, so that a client's next request need not prove its token again.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use jsonwebtoken::DecodingKey;

use super::auth::Subject;

/// Tokens that are kept at most; another one begins anew.
const MAX_PASSES: usize = 1024;
/// A longer token is proved each time: what is kept stays small.
const MAX_KEPT_BYTES: usize = 2 * 1024;

/// A token's last bytes, by which it is found: a part of its signature, which differs where anything in the token does.
/// Hashing all of a token costs more than the rest of knowing it.
type Tail = [u8; 32];

/// What a good token says.
#[derive(Clone)]
pub struct Pass {
    /// Whose it is.
    pub subject: Subject,
    /// From when on it is good, in seconds since 1970, leeway included.
    pub from: f64,
    /// Until when, likewise.
    pub until: f64,
    /// The public key that its signature is of, by name. It is good only as long as that key is the project's.
    pub key: Option<(String, Arc<DecodingKey>)>,
}

impl Pass {
    /// Whether it is good at this second.
    pub fn is_good_at(&self, now: f64) -> bool {
        self.from <= now && now < self.until
    }
}

/// The passes of all of a server's threads.
#[derive(Default)]
pub struct Passes(RwLock<HashMap<Tail, Kept>>);

/// A whole token, and what it says.
type Kept = (Box<[u8]>, Pass);

impl Passes {
    /// What a token said when it proved good.
    pub fn of(&self, token: &[u8]) -> Option<Pass> {
        let passes = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let (whole, pass) = passes.get(token.last_chunk::<32>()?)?;
        (**whole == *token).then(|| pass.clone())
    }

    /// Keeps what a good token says.
    pub fn keep(&self, token: &[u8], pass: Pass) {
        let Some(tail) = token.last_chunk().filter(|_| token.len() <= MAX_KEPT_BYTES) else { return };
        let mut passes = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if passes.len() >= MAX_PASSES {
            passes.clear();
        }
        passes.insert(*tail, (token.into(), pass));
    }
}

#[cfg(test)]
mod tests {
    use super::{MAX_KEPT_BYTES, MAX_PASSES, Pass, Passes, Subject};

    const PASS: Pass = Pass { subject: Subject(None), from: 10.0, until: 20.0, key: None };

    #[test]
    fn a_pass_is_good_from_its_first_second_to_before_its_last() {
        assert_eq!([9.0, 10.0, 19.0, 20.0].map(|now| PASS.is_good_at(now)), [false, true, true, false]);
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let passes = Passes::default();
        let token = |number: usize| format!("{number:050}").into_bytes();
        for refused in [MAX_KEPT_BYTES + 1, 31, 0].map(|length| vec![b'x'; length]) {
            passes.keep(&refused, PASS);
            assert!(passes.of(&refused).is_none());
        }
        for number in 0..=MAX_PASSES {
            passes.keep(&token(number), PASS);
            assert!(passes.of(&token(number)).is_some());
        }
        assert!(passes.of(&token(0)).is_none());
    }

    #[test]
    fn a_token_is_known_by_all_of_it() {
        let passes = Passes::default();
        let token = [b'x'; 100];
        passes.keep(&token, PASS);
        for at in 0..token.len() {
            let mut forged = token;
            forged[at] = b'y';
            assert!(passes.of(&forged).is_none(), "{at}");
        }
        assert!(passes.of(&token[1..]).is_none() && passes.of(&token).is_some());
    }
}
