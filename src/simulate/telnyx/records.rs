//! `GET /detail_records`: the calls and messages of the account's numbers: messages that were sent and that arrived here, and
//! what somebody told the simulator, which is forgotten with the process.
//!
//! npm telnyx 7, resources/detail-records.d.ts, and <https://developers.telnyx.com/api-reference/detail-records/search-detail-records>.

use std::sync::{Mutex, PoisonError};

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::answer::answer;
use super::auth::Caller;
use super::error::{Failure, Kind};
use super::filters::{self, Filters};
use super::messaging::Messaging;
use super::query::Query;
use crate::carrier::simulator::{Office, Request, Simulator};
use crate::model::{E164, Timestamp};
use crate::simulate::messages::Message;

/// The largest page: `[1 .. 50]` in <https://developers.telnyx.com/openapi/spec/tag/Detail-Records-API/>.
const LARGEST_PAGE: u32 = 50;

/// The types of calls.
const CALLS: [&str; 2] = ["sip-trunking", "call-control"];
/// The type of messages.
const MESSAGES: &str = "messaging";
/// The types that there are beside them, of which there are never any records.
const OTHERS: [&str; 18] = [
    "ai-voice-assistant",
    "amd",
    "conference",
    "conference-participant",
    "embedding",
    "fax",
    "inference",
    "inference-speech-to-text",
    "media_storage",
    "media-streaming",
    "noise-suppression",
    "recording",
    "siprec-client",
    "stt",
    "tts",
    "verify",
    "webrtc",
    "wireless",
];

/// The calls and messages.
#[derive(Debug, Default)]
pub struct Uses(Mutex<Vec<Use>>);

/// `POST /uses`: `{"kind": "call", "from": "+1…", "to": "+1…", "at": "2025-01-15T12:00:00Z", "seconds": 42}`
#[derive(Clone, Debug, Deserialize)]
pub struct Use {
    kind: What,
    from: String,
    to: String,
    at: When,
    /// How long a call was.
    #[serde(default)]
    seconds: u32,
    /// Of a call only: `call-control` where an application has it; else `sip-trunking`.
    record_type: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum What {
    Call,
    Message,
}

/// Microseconds since 1970, or a text.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
enum When {
    Micros(i64),
    Text(String),
}

impl Uses {
    /// Adds one.
    pub fn add(&self, used: Use) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(used);
    }

    fn all(&self) -> Vec<Use> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// The records of one type, the newest first where nobody says.
pub async fn list(
    http: HttpRequest,
    _: Caller,
    simulator: Data<Simulator>,
    uses: Data<Uses>,
    messaging: Data<Messaging>,
) -> Result<HttpResponse, Failure> {
    let query = Query::of(&http);
    answer(&http, simulator, Request::Owned, move |office, _| {
        let missing = || Failure::new(Kind::Missing).of("filter[record_type]");
        let wanted = query.filter("record_type").ok_or_else(missing)?;
        if wanted != MESSAGES && !CALLS.contains(&wanted) && !OTHERS.contains(&wanted) {
            return Err(Failure::new(Kind::BadRequest).of("filter[record_type]"));
        }
        // The fields and the time of a type without any records are as good as a message's.
        let kind = if CALLS.contains(&wanted) { What::Call } else { What::Message };
        let when = if kind == What::Call { "started_at" } else { "created_at" };
        let filters = Filters::read(&query, &Use::any(kind).record("inbound"), when)?;
        let messages = messaging.messages.shown().into_iter().map(Use::of);
        let of_type = uses.all().into_iter().chain(messages).filter(|used| used.record_type() == wanted);
        let mut records = of_type.map(|used| used.record(used.direction(office))).collect::<Vec<_>>();
        records.retain(|record| filters.take(record));
        filters.sort(&mut records);
        query.page(records, LARGEST_PAGE)
    })
    .await
}

impl Use {
    fn of(message: Message) -> Self {
        let Message { from, to, at, .. } = message;
        Self { from, to, at: When::Micros(at.0), ..Self::any(What::Message) }
    }

    fn record_type(&self) -> &str {
        match self.kind {
            What::Message => MESSAGES,
            What::Call => self.record_type.as_deref().unwrap_or(CALLS[0]),
        }
    }

    fn at(&self) -> Timestamp {
        match &self.at {
            When::Micros(at) => Timestamp(*at),
            When::Text(text) => filters::time(text).unwrap_or(Timestamp(0)),
        }
    }

    fn direction(&self, office: &Office) -> &'static str {
        let is_ours = |number: E164| !office.owned(Some(&number)).is_empty();
        if self.to.parse().is_ok_and(is_ours) { "inbound" } else { "outbound" }
    }

    fn any(kind: What) -> Self {
        Self { kind, from: String::new(), to: String::new(), at: When::Micros(0), seconds: 0, record_type: None }
    }

    fn record(&self, direction: &str) -> Value {
        let (at, end) = (self.at(), Timestamp(self.at().0.saturating_add(i64::from(self.seconds) * 1_000_000)));
        match self.kind {
            What::Message => json!({
                "record_type": "message_detail_record",
                "uuid": self.id(),
                "cli": self.from,
                "cld": self.to,
                "direction": direction,
                "message_type": "SMS",
                "parts": 1,
                "status": if direction == "inbound" { "received" } else { "delivered" },
                "created_at": at.to_string(),
                "sent_at": at.to_string(),
                "completed_at": at.to_string(),
                "updated_at": at.to_string(),
                "rate": "0.004",
                "cost": "0.004",
                "currency": "USD",
            }),
            // The fields of <https://developers.telnyx.com/docs/voice/webrtc/troubleshooting/detail-records>, which is of another
            // type of calls; there is no document of these two. Of their times the client's types tell.
            What::Call => json!({
                "record_type": format!("{}_detail_record", self.record_type().replace('-', "_")),
                "id": self.id(),
                "cli": self.from,
                "cld": self.to,
                "direction": direction,
                "started_at": at.to_string(),
                "answered_at": at.to_string(),
                "finished_at": end.to_string(),
                "call_sec": self.seconds,
                "billed_sec": self.seconds.div_ceil(60) * 60,
                "rate": "0.005",
                "cost": "0.005",
                "currency": "USD",
            }),
        }
    }

    fn id(&self) -> Uuid {
        let step = |hash: u128, byte: u8| (hash ^ u128::from(byte)).wrapping_mul(0x0100_0000_0000_0000_0000_013b);
        let text = format!("{} {} {} {:?}", self.from, self.to, self.at(), self.kind);
        Uuid::from_u128(text.bytes().fold(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d, step))
    }
}
