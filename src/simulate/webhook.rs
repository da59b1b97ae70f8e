//! Webhooks: what a simulated carrier sends to the addresses that it was given.

use std::thread;
use std::time::Duration;

use reqwest::{Method, Url};
use serde::Serialize;

use crate::carrier::Trouble;
use crate::carrier::http::{Answer, Http};
use crate::clock::Clock;
use crate::model::Timestamp;

/// A request that a carrier makes.
#[derive(Clone, Debug)]
pub struct Webhook {
    /// GET or POST.
    pub method: Method,
    /// The whole address.
    pub url: String,
    /// Its headers.
    pub headers: Vec<(&'static str, String)>,
    /// What it says.
    pub body: String,
    /// How long it has.
    pub deadline: Duration,
}

/// What came back.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Delivery {
    /// The status, if there was an answer.
    pub status: Option<u16>,
    /// What it said.
    pub body: String,
    /// Why there was none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

impl Webhook {
    /// Sends it, at most so often where no connection is made: then nothing has arrived. Not to be called by asynchronous
    /// code.
    pub fn send(&self, attempts: u32) -> Delivery {
        let mut last = Delivery::default();
        for _ in 0..attempts {
            match self.ask() {
                Ok(Answer { status, body }) => {
                    let body = String::from_utf8_lossy(&body).into_owned();
                    return Delivery { status: Some(status), body, error: None };
                }
                Err(Trouble::Unreached(said)) => last.error = Some(said),
                Err(trouble) => return Delivery { error: Some(trouble.to_string()), ..last },
            }
        }
        last
    }

    fn ask(&self) -> Result<Answer, Trouble> {
        let wrong = |error: &dyn std::fmt::Display| Trouble::Unreached(format!("{}: {error}", self.url));
        let url = Url::parse(&self.url).map_err(|error| wrong(&error))?;
        let http = Http::new(&url.origin().ascii_serialization(), self.deadline).map_err(|error| wrong(&error))?;
        let query = url.query().map_or(String::new(), |query| format!("?{query}"));
        let mut request = http.request(self.method.clone(), &format!("{}{query}", url.path()));
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        if self.method != Method::GET {
            request = request.body(self.body.clone());
        }
        http.send(request)
    }
}

/// Does something on a thread of its own, so that nobody waits for anybody else's receiver. It is not done where the process
/// ends before.
pub fn aside(deed: impl FnOnce() + Send + 'static) {
    // Where the system has no more threads, it is as if the network had lost what was to be sent.
    let _ = thread::Builder::new().spawn(deed);
}

/// Waits until a time; for such a thread.
pub fn wait_until(time: Timestamp) {
    let wait = time.0.saturating_sub(Clock::System.now().0);
    thread::sleep(Duration::from_micros(u64::try_from(wait).unwrap_or(0)));
}
