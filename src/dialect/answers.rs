//! Answers that are kept: whole bodies, each good for as long as its agency's revision stands.
//!
//! Whether it stands is read in the request's own transaction, after the caller's agency was: nothing here relies on
//! hearing of a write, and what one agency asked is never another's.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::mem::take;
use std::sync::{Mutex, PoisonError};

use actix_web::HttpRequest;
use actix_web::http::header::{ETAG, EntityTag, Header, HeaderName, HeaderValue, IF_NONE_MATCH, IfNoneMatch};
use actix_web::web::Bytes;

use crate::model::AgencyId;

/// What an entry takes beside its own bytes, roughly.
const ENTRY_BYTES: usize = 128;

/// What was asked, and of which state of the agency: the same question has the same answer.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Question {
    /// The function, as its dialect calls it.
    pub function: &'static str,
    /// For which agency.
    pub agency: AgencyId,
    /// At which revision of it.
    pub revision: i64,
    /// The query, as it was sent.
    pub query: String,
}

impl Question {
    /// The answer's validator (RFC 9110, 8.8.1): weak, because the answer may be compressed on its way. It differs by
    /// agency, revision, query and build.
    #[must_use]
    pub fn tag(&self) -> EntityTag {
        let mut hasher = DefaultHasher::new();
        (env!("BUILD_FINGERPRINT"), self).hash(&mut hasher);
        EntityTag::new_weak(format!("{:016x}", hasher.finish()))
    }
}

/// The answers of all of a server's threads, bounded in bytes. Those not asked for again go first.
#[derive(Debug)]
pub struct Answers {
    room: usize,
    kept: Mutex<Kept>,
}

/// Two generations: when the younger has half of the room, it becomes the older, and the older is dropped.
#[derive(Debug, Default)]
struct Kept {
    younger: HashMap<Question, Bytes>,
    older: HashMap<Question, Bytes>,
    younger_bytes: usize,
}

impl Answers {
    /// Room for this many bytes; none keeps nothing.
    #[must_use]
    pub fn new(room: usize) -> Self {
        Self { room, kept: Mutex::default() }
    }

    /// The answer to a question, if it is kept.
    #[must_use]
    pub fn of(&self, question: &Question) -> Option<Bytes> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(body) = kept.younger.get(question) {
            return Some(body.clone());
        }
        let (question, body) = kept.older.remove_entry(question)?;
        kept.add(question, body.clone(), self.room);
        Some(body)
    }

    /// Keeps an answer.
    pub fn keep(&self, question: Question, body: Bytes) {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).add(question, body, self.room);
    }
}

impl Kept {
    fn add(&mut self, question: Question, body: Bytes, room: usize) {
        let bytes = question.query.len() + body.len() + ENTRY_BYTES;
        if bytes > room / 2 {
            return;
        }
        if self.younger_bytes + bytes > room / 2 {
            self.older = take(&mut self.younger);
            self.younger_bytes = 0;
        }
        if self.younger.insert(question, body).is_none() {
            self.younger_bytes += bytes;
        }
    }
}

/// The answers that a client says it has (RFC 9110, 13.1.2).
#[derive(Debug)]
pub struct Held(Option<IfNoneMatch>);

impl Held {
    /// What a request says. A malformed header says nothing.
    #[must_use]
    pub fn of(request: &HttpRequest) -> Self {
        Self(request.headers().contains_key(IF_NONE_MATCH).then(|| IfNoneMatch::parse(request).ok()).flatten())
    }

    /// Whether the client has this one.
    #[must_use]
    pub fn has(&self, tag: &EntityTag) -> bool {
        match &self.0 {
            None => false,
            Some(IfNoneMatch::Any) => true,
            Some(IfNoneMatch::Items(held)) => held.iter().any(|other| other.weak_eq(tag)),
        }
    }
}

/// A validator as a header line.
#[must_use]
pub fn tag_line(tag: &EntityTag) -> (HeaderName, HeaderValue) {
    (ETAG, HeaderValue::from_str(&tag.to_string()).unwrap_or_else(|_| HeaderValue::from_static("\"\"")))
}

#[cfg(test)]
mod tests {
    use actix_web::web::Bytes;
    use uuid::Uuid;

    use super::{Answers, ENTRY_BYTES, Question};
    use crate::model::AgencyId;

    fn question(agency: u128, revision: i64, query: &str) -> Question {
        let agency = AgencyId(Uuid::from_u128(agency));
        Question { function: "list", agency, revision, query: query.to_owned() }
    }

    #[test]
    fn an_answer_is_its_agencys_at_its_revision_to_its_query_only() {
        let answers = Answers::new(1 << 20);
        let asked = question(1, 1, "limit=1");
        answers.keep(asked.clone(), Bytes::from_static(b"one"));
        assert_eq!(answers.of(&asked).as_deref(), Some(&b"one"[..]));
        for other in [question(2, 1, "limit=1"), question(1, 2, "limit=1"), question(1, 1, "limit=2")] {
            assert_eq!(answers.of(&other), None);
            assert_ne!(other.tag(), asked.tag());
        }
    }

    #[test]
    fn what_is_kept_is_bounded_and_what_is_asked_for_stays() {
        let body = Bytes::from(vec![0; 1000]);
        let each = body.len() + ENTRY_BYTES;
        let answers = Answers::new(20 * each);
        let wanted = question(0, 0, "");
        answers.keep(wanted.clone(), body.clone());
        for agency in 1..100 {
            answers.keep(question(agency, 0, ""), body.clone());
            assert!(answers.of(&wanted).is_some(), "{agency}");
            let kept = answers.kept.lock().unwrap();
            assert!(kept.younger.len() + kept.older.len() <= 20, "{agency}");
        }
        assert!(answers.of(&question(1, 0, "")).is_none());
        assert!(answers.of(&question(99, 0, "")).is_some());
    }

    #[test]
    fn without_room_nothing_is_kept() {
        let answers = Answers::new(0);
        answers.keep(question(1, 1, ""), Bytes::new());
        assert_eq!(answers.of(&question(1, 1, "")), None);
    }
}
