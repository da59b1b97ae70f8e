//! Telling webhooks: signed requests to addresses that may be connected to, and what is answered.

pub mod address;
pub mod payload;
pub mod signature;

use std::io::Read;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use reqwest::blocking::{Client, Response};
use reqwest::header::{HeaderMap, RETRY_AFTER};
use reqwest::redirect::Policy;
use reqwest::{Url, retry};

use crate::carrier::http::reason;
use crate::config::Webhooks;
use crate::model::{DeliveryId, Secret, Timestamp};

use address::{Guard, Lookup, Rules, Unfit, system_lookup};

/// How long a receiver may take, from looking for its name to the end of its answer.
pub const PATIENCE: Duration = Duration::from_secs(15);
/// How much of an answer is read.
const MAX_ANSWER_BYTES: u64 = 4 << 10;
/// How much of what was said is kept, in characters.
const MAX_SAID_CHARS: usize = 200;

/// Carries messages to receivers. It follows no redirect, asks no proxy, and has a connection for each message.
pub struct Courier {
    client: Client,
    rules: Rules,
    lookup: Lookup,
    patience: Duration,
}

/// What is to be carried.
#[derive(Clone, Copy, Debug)]
pub struct Message<'a> {
    /// The same in every attempt.
    pub id: DeliveryId,
    /// When this attempt is made.
    pub at: Timestamp,
    /// JSON.
    pub body: &'a str,
    /// What it is signed with.
    pub secrets: &'a [Secret],
}

/// What came of an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// What the receiver answered, if it did.
    pub status: Option<u16>,
    /// The beginning of its answer, or why there is none; in one line.
    pub said: Option<String>,
    /// How long it wants to be left alone.
    pub retry_after: Option<Duration>,
}

impl Attempt {
    /// Whether the receiver has taken the message.
    #[must_use]
    pub fn is_delivered(&self) -> bool {
        self.status.is_some_and(|status| (200..300).contains(&status))
    }

    /// Whether the receiver wants nothing any more.
    #[must_use]
    pub fn is_gone(&self) -> bool {
        self.status == Some(410)
    }

    fn unanswered(why: &str) -> Self {
        Self { status: None, said: in_one_line(why), retry_after: None }
    }
}

/// TLS cannot be set up.
#[derive(Debug, thiserror::Error)]
#[error("no connection can be made from here: {0}")]
pub struct NoCourier(#[from] reqwest::Error);

impl Courier {
    /// A courier by the settings, who asks the machine where names lead.
    ///
    /// # Errors
    /// [`NoCourier`]
    pub fn new(settings: &Webhooks) -> Result<Self, NoCourier> {
        Self::with_lookup(settings, system_lookup(), PATIENCE)
    }

    /// A courier who asks somebody else where names lead, and waits as long as this for a receiver.
    ///
    /// # Errors
    /// [`NoCourier`]
    pub fn with_lookup(settings: &Webhooks, lookup: Lookup, patience: Duration) -> Result<Self, NoCourier> {
        let rules = Rules::new(settings);
        let guard = Guard { rules: rules.clone(), lookup: Arc::clone(&lookup) };
        let client = Client::builder()
            .dns_resolver(Arc::new(guard))
            .timeout(patience)
            .redirect(Policy::none())
            .retry(retry::never())
            .pool_max_idle_per_host(0)
            // A proxy would connect in our place, wherever a name leads it.
            .no_proxy()
            .referer(false)
            .user_agent(concat!("linekeeper/", env!("CARGO_PKG_VERSION")))
            .build()?;
        Ok(Self { client, rules, lookup, patience })
    }

    /// Whether a webhook can be told at a URL, as far as the URL tells.
    ///
    /// # Errors
    /// [`Unfit`]
    pub fn check(&self, url: &str) -> Result<Url, Unfit> {
        self.rules.check(url)
    }

    /// Whether a URL's name leads to an address that may be connected to, now.
    ///
    /// # Errors
    /// What the system says, or an [`Unfit`].
    pub fn look_up(&self, url: &Url) -> std::io::Result<()> {
        self.rules.look_up(url.host_str().unwrap_or_default(), &self.lookup).map(drop)
    }

    /// Carries a message to a URL, once.
    #[must_use]
    pub fn carry(&self, url: &str, message: &Message) -> Attempt {
        // The settings may have changed since it was added.
        let url = match self.check(url) {
            Ok(url) => url,
            Err(unfit) => return Attempt::unanswered(&unfit.to_string()),
        };
        let timestamp = message.at.0.div_euclid(1_000_000);
        let sent = self
            .client
            .post(url)
            // The client's own bound is for each read of an answer, this one is for all of it.
            .timeout(self.patience)
            .header("connection", "close")
            .header("content-type", "application/json")
            .header("webhook-id", message.id.to_string())
            .header("webhook-timestamp", timestamp)
            .header("webhook-signature", signature::signatures(message.secrets, message.id, timestamp, message.body))
            .body(message.body.to_owned())
            .send();
        match sent {
            Ok(response) => answered(response),
            Err(error) => Attempt::unanswered(&reason(&error)),
        }
    }
}

fn answered(response: Response) -> Attempt {
    let status = response.status();
    let retry_after = matches!(status.as_u16(), 429 | 503).then(|| retry_after(response.headers())).flatten();
    let mut body = Vec::new();
    // What was answered counts, whether or not all of it arrives.
    let _ = response.take(MAX_ANSWER_BYTES).read_to_end(&mut body);
    Attempt { status: Some(status.as_u16()), said: in_one_line(&String::from_utf8_lossy(&body)), retry_after }
}

/// `Retry-After`: seconds, or a date (RFC 9110, 10.2.3).
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let until = || httpdate::parse_http_date(text).ok()?.duration_since(SystemTime::now()).ok();
    text.parse().map(Duration::from_secs).ok().or_else(until)
}

fn in_one_line(text: &str) -> Option<String> {
    let line: String = text.chars().take(MAX_SAID_CHARS).map(|c| if c.is_control() { ' ' } else { c }).collect();
    let line = line.trim();
    (!line.is_empty()).then(|| line.to_owned())
}
