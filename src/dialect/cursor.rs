//! Cursors: where a list goes on. Opaque, and signed, so that one is good only for the list that it was given for: the same
//! dialect, agency and filter.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use uuid::Uuid;

use super::query::Malformed;
use crate::model::{NumberId, Place, Timestamp};

/// Of the signature, so many bytes are kept: nobody can try 2^128.
const TAG_BYTES: usize = 16;
/// The place: a time and an id.
const PLACE_BYTES: usize = 8 + 16;

/// The list that cursors are for.
pub struct Cursors {
    key: hmac::Key,
    list: Vec<u8>,
}

impl Cursors {
    /// Cursors of a list, which is told from every other by these words. `key` is the installation's.
    #[must_use]
    pub fn of(key: &[u8; 32], words: &[&[u8]]) -> Self {
        // Each word with its length, so that no two lists have the same words.
        let list = words.iter().flat_map(|word| word.len().to_be_bytes().into_iter().chain(word.iter().copied()));
        Self { key: hmac::Key::new(hmac::HMAC_SHA256, key), list: list.collect() }
    }

    /// The cursor that leads behind a place.
    #[must_use]
    pub fn behind(&self, (at, id): Place) -> String {
        let mut bytes = [&at.0.to_be_bytes()[..], id.0.as_bytes()].concat();
        bytes.extend_from_slice(&self.tag(&bytes));
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// The place that a cursor leads behind.
    ///
    /// # Errors
    /// Where it is not one of this list, or was altered.
    pub fn place(&self, name: &str, cursor: &str) -> Result<Place, Malformed> {
        let place = || {
            let bytes = URL_SAFE_NO_PAD.decode(cursor).ok().filter(|bytes| bytes.len() == PLACE_BYTES + TAG_BYTES)?;
            let (place, tag) = bytes.split_at(PLACE_BYTES);
            verify_slices_are_equal(&self.tag(place), tag).ok()?;
            let (at, id) = place.split_at(8);
            Some((Timestamp(i64::from_be_bytes(at.try_into().ok()?)), NumberId(Uuid::from_slice(id).ok()?)))
        };
        place().ok_or_else(|| Malformed::new(name, "is not a cursor that this list gave"))
    }

    fn tag(&self, place: &[u8]) -> [u8; TAG_BYTES] {
        let mut signed = hmac::Context::with_key(&self.key);
        signed.update(&self.list);
        signed.update(place);
        let mut tag = [0; TAG_BYTES];
        tag.copy_from_slice(&signed.sign().as_ref()[..TAG_BYTES]);
        tag
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::Cursors;
    use crate::model::{NumberId, Timestamp};

    #[test]
    fn a_cursor_is_its_own_lists_and_none_that_was_altered() {
        let cursors = |words: &[&[u8]]| Cursors::of(&[7; 32], words);
        let list = cursors(&[b"butter", b"agency", b"free"]);
        let place = (Timestamp(-5), NumberId(Uuid::from_u128(9)));
        let cursor = list.behind(place);
        assert_eq!(list.place("cursor", &cursor), Ok(place));
        for other in
            [&[&b"butter"[..], b"agency"][..], &[b"butter", b"agencyf", b"ree"], &[b"butter", b"other", b"free"]]
        {
            assert!(cursors(other).place("cursor", &cursor).is_err());
        }
        assert!(Cursors::of(&[8; 32], &[b"butter", b"agency", b"free"]).place("cursor", &cursor).is_err());
        for at in 0..cursor.len() {
            let mut altered = cursor.clone().into_bytes();
            altered[at] = if altered[at] == b'A' { b'B' } else { b'A' };
            assert!(list.place("cursor", std::str::from_utf8(&altered).unwrap()).is_err(), "{at}");
            assert!(list.place("cursor", &cursor[..at]).is_err(), "{at}");
        }
        assert!(list.place("cursor", &format!("{cursor}A")).is_err() && list.place("cursor", "").is_err());
    }
}
