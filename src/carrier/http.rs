//! Asking a carrier over HTTP: one connection a request, a deadline, and the certainty whether a request was sent.

use std::io::Read;
use std::time::{Duration, Instant};

use reqwest::blocking::{Client, RequestBuilder};
use reqwest::redirect::Policy;
use reqwest::{Method, Url, retry};

use super::Trouble;

/// The longest answer that is read: a million numbers with short routes.
const MAX_ANSWER_BYTES: u64 = 256 << 20;
/// How often a request that changes nothing is sent before it is given up.
const MAX_SENDS: u32 = 3;
/// How long it waits before the second time; then twice as long.
const PAUSE: Duration = Duration::from_millis(200);

/// A carrier's server.
///
/// Each request has a connection of its own, because one that has been used before may break in a way that does not tell
/// whether the request arrived. Redirects are not followed.
#[derive(Debug)]
pub struct Http {
    client: Client,
    base: Url,
    deadline: Duration,
}

/// What a server answered.
#[derive(Debug)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The body.
    pub body: Vec<u8>,
}

/// The text is not the address of a server or the id of an account, or the system has no means to reach one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoServer {
    /// It is not written as one.
    #[error("a server's address is written like https://api.example.com, not {0}")]
    Address(String),
    /// It is not the id of an account at this carrier, which is written like this. What was given is not shown: it may be
    /// the secret, in the wrong place.
    #[error("an account's id is written {0}, and what was given is not")]
    Account(&'static str),
    /// TLS cannot be set up.
    #[error("no connection can be made from here: {0}")]
    Client(String),
}

impl Http {
    /// The server at this address, http or https. Each request has until the deadline.
    ///
    /// # Errors
    /// [`NoServer`]; it is not asked yet.
    pub fn new(base: &str, deadline: Duration) -> Result<Self, NoServer> {
        let url = Url::parse(base).ok().filter(|url| {
            let is_plain = url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
            matches!(url.scheme(), "http" | "https") && url.has_host() && url.password().is_none() && is_plain
        });
        let Some(base) = url.filter(|_| base.contains("://")) else { return Err(NoServer::Address(base.to_owned())) };
        let mut client = Client::builder()
            .timeout(deadline)
            // A request whose connection was not made in time was certainly not sent: this must end before the deadline does.
            .connect_timeout(deadline.mul_f32(0.9))
            .redirect(Policy::none())
            .retry(retry::never())
            .pool_max_idle_per_host(0)
            .user_agent(concat!("linekeeper/", env!("CARGO_PKG_VERSION")));
        if base.scheme() == "http" {
            // On this machine, or beside it: nobody in between is asked, and nobody's certificate is looked at.
            client = client.no_proxy().tls_certs_only([]);
        }
        let client = client.build().map_err(|error| NoServer::Client(reason(&error)))?;
        Ok(Self { client, base, deadline })
    }

    /// A request for a path on the server: whole segments, escaped where they must be.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let url = format!("{}{path}", self.base.as_str().trim_end_matches('/'));
        self.client.request(method, url).header("connection", "close")
    }

    /// Sends a request, once.
    ///
    /// # Errors
    /// [`Trouble::Unreached`] where no part of it was sent, [`Trouble::Unknown`] where it may have been.
    pub fn send(&self, request: RequestBuilder) -> Result<Answer, Trouble> {
        let lost = |error: reqwest::Error| {
            if error.is_connect() || error.is_builder() {
                Trouble::Unreached(reason(&error))
            } else {
                Trouble::Unknown(reason(&error))
            }
        };
        let answer = request.send().map_err(lost)?;
        let (status, mut body) = (answer.status().as_u16(), Vec::new());
        let torn = |error: std::io::Error| Trouble::Unknown(format!("its answer broke off: {error}"));
        answer.take(MAX_ANSWER_BYTES).read_to_end(&mut body).map_err(torn)?;
        Ok(Answer { status, body })
    }

    /// Sends a request that changes nothing, again where it was not answered or the server failed (5xx), or was too busy
    /// (429), as long as half of the deadline is left.
    ///
    /// # Errors
    /// As of [`Http::send`]; nothing was done. What the server answered last is an answer, whatever its status.
    pub fn ask(&self, request: impl Fn() -> RequestBuilder) -> Result<Answer, Trouble> {
        let began = Instant::now();
        let mut pause = PAUSE;
        for _ in 1..MAX_SENDS {
            let last = self.send(request());
            let is_settled = last.as_ref().is_ok_and(|answer| answer.status < 500 && answer.status != 429);
            if is_settled || began.elapsed() + pause > self.deadline / 2 {
                return last;
            }
            std::thread::sleep(pause);
            pause *= 2;
        }
        self.send(request())
    }
}

/// What went wrong, with its causes and without the address, which may name an account or hold a secret.
#[must_use]
pub fn reason(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return "it did not answer in time".to_owned();
    }
    let mut said: Vec<String> = Vec::new();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        let text = error.to_string();
        // A library may say what the one below it says.
        if said.last() != Some(&text) {
            said.push(text);
        }
        cause = error.source();
    }
    if said.is_empty() { "the request could not be made".to_owned() } else { said.join(": ") }
}
