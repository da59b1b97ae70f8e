//! A simulator that runs elsewhere, asked over HTTP.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use ureq::http::Uri;
use ureq::unversioned::resolver::DefaultResolver;
use ureq::unversioned::transport::{ConnectionDetails, Connector, TcpConnector};
use ureq::{Agent, Error};

use super::wire::{Acquire, Configure, Done, Offered, Owned, Refused, Search, WhatIsOwned};
use crate::carrier::{Port, Refusal, Rented, Trouble};
use crate::model::{E164, Offer, OrderId, Route, Wanted};

/// The longest answer that is read: a million numbers with short routes.
const MAX_ANSWER_BYTES: u64 = 256 << 20;

/// A simulator in a process of its own, which `linekeeper simulate carrier` started.
///
/// Each request has a connection of its own, because one that has been used before may break in a way that does not tell
/// whether the request arrived. Nothing is repeated, and nobody in between is asked.
#[derive(Debug)]
pub struct Remote {
    url: String,
    deadline: Duration,
}

/// The text is not the address of a simulator.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a simulator's address is written like http://127.0.0.1:8090, not {0}")]
pub struct NoSimulatorThere(String);

impl Remote {
    /// The simulator at this address. Each request has until the deadline.
    ///
    /// # Errors
    /// [`NoSimulatorThere`]; it is not asked yet.
    pub fn new(url: &str, deadline: Duration) -> Result<Self, NoSimulatorThere> {
        let trimmed = url.trim_end_matches('/');
        let is_http = |uri: &Uri| uri.scheme_str() == Some("http") && uri.host().is_some() && uri.query().is_none();
        match trimmed.parse::<Uri>() {
            Ok(uri) if is_http(&uri) => Ok(Self { url: trimmed.to_owned(), deadline }),
            _ => Err(NoSimulatorThere(url.to_owned())),
        }
    }

    fn ask<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> Result<T, Trouble> {
        let unreached = |error: &dyn std::error::Error| Trouble::Unreached(error.to_string());
        let body = serde_json::to_vec(body).map_err(|error| unreached(&error))?;
        let connected = Arc::new(AtomicBool::new(false));
        match self.send(path, &body, Arc::clone(&connected)) {
            Ok((status, answer)) => understood(status, &answer),
            Err(error) if connected.load(Ordering::Relaxed) => Err(Trouble::Unknown(error.to_string())),
            Err(error) => Err(unreached(&error)),
        }
    }

    fn send(&self, path: &str, body: &[u8], connected: Arc<AtomicBool>) -> Result<(u16, Vec<u8>), Error> {
        let config = Agent::config_builder()
            .timeout_global(Some(self.deadline))
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .max_idle_connections(0)
            .proxy(None)
            .build();
        let dial = Dial { tcp: TcpConnector::default(), connected };
        let agent = Agent::with_parts(config, dial, DefaultResolver::default());
        let request = agent.post(format!("{}{path}", self.url)).header("connection", "close");
        let mut answer = request.content_type("application/json").send(body)?;
        let status = answer.status().as_u16();
        Ok((status, answer.body_mut().with_config().limit(MAX_ANSWER_BYTES).read_to_vec()?))
    }
}

/// What an answer means.
fn understood<T: DeserializeOwned>(status: u16, answer: &[u8]) -> Result<T, Trouble> {
    match status {
        200 => serde_json::from_slice(answer)
            .map_err(|error| Trouble::Unknown(format!("its answer cannot be understood: {error}"))),
        429 => Err(Trouble::Busy),
        400..=499 => Err(match serde_json::from_slice::<Refused>(answer) {
            Ok(refused) => refused.into(),
            Err(_) => Trouble::Refused { reason: Refusal::Other, said: format!("it answered {status}") },
        }),
        _ => Err(Trouble::Unknown(format!("it answered {status}"))),
    }
}

/// Opens the connection of one request, and notes whether there is one: without, no part of the request was sent. The
/// errors themselves do not tell; the system has "connection refused" for one that broke later, too.
#[derive(Debug)]
struct Dial {
    tcp: TcpConnector,
    connected: Arc<AtomicBool>,
}

impl Connector for Dial {
    type Out = <TcpConnector as Connector>::Out;

    fn connect(&self, details: &ConnectionDetails<'_>, chained: Option<()>) -> Result<Option<Self::Out>, Error> {
        let connection = self.tcp.connect(details, chained)?;
        self.connected.store(true, Ordering::Relaxed);
        Ok(connection)
    }
}

impl Port for Remote {
    fn search(&self, wanted: &Wanted) -> Result<Vec<Offer>, Trouble> {
        let offered: Vec<Offered> = self.ask("/search", &Search(wanted.clone()))?;
        Ok(offered.into_iter().map(|Offered(offer)| offer).collect())
    }

    fn acquire(&self, number: &E164, reference: OrderId, route: &Route) -> Result<Rented, Trouble> {
        let acquire = Acquire { phone_number: number.clone(), reference, route: route.clone() };
        let Owned(rented) = self.ask("/acquire", &acquire)?;
        only(rented, number)
    }

    fn configure(&self, rented: &Rented, route: &Route) -> Result<(), Trouble> {
        let configure = Configure { rented: Owned(rented.clone()), route: route.clone() };
        self.ask("/configure", &configure).map(|Done {}| ())
    }

    fn owned(&self, number: Option<&E164>) -> Result<Vec<Rented>, Trouble> {
        let owned: Vec<Owned> = self.ask("/owned", &WhatIsOwned { phone_number: number.cloned() })?;
        let owned = owned.into_iter().map(|Owned(rented)| rented);
        match number {
            Some(number) => owned.map(|rented| only(rented, number)).collect(),
            None => Ok(owned.collect()),
        }
    }

    fn release(&self, rented: &Rented) -> Result<(), Trouble> {
        self.ask("/release", &Owned(rented.clone())).map(|Done {}| ())
    }
}

/// An answer about another number than was asked about is none.
fn only(rented: Rented, number: &E164) -> Result<Rented, Trouble> {
    if rented.phone_number == *number {
        Ok(rented)
    } else {
        Err(Trouble::Unknown(format!("it answered about {}", rented.phone_number)))
    }
}
