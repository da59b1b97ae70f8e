//! A simulator that runs elsewhere, asked over HTTP.

use std::time::Duration;

use reqwest::Method;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::deliver;
use super::wire::{Acquire, Configure, Done, Offered, Owned, Refused, Search, WhatIsOwned};
use crate::carrier::http::{Answer, Http, NoServer};
use crate::carrier::messages::{Outgoing, Posted};
use crate::carrier::{Port, Refusal, Rented, Trouble, read_back};
use crate::model::{E164, Offer, OrderId, Papers, Route, Wanted};

/// A simulator in a process of its own, which `linekeeper simulate carrier` started. Nothing is repeated.
#[derive(Debug)]
pub struct Remote(Http);

impl Remote {
    /// The simulator at this address. Each request has until the deadline.
    ///
    /// # Errors
    /// [`NoServer`]; it is not asked yet.
    pub fn new(url: &str, deadline: Duration) -> Result<Self, NoServer> {
        Http::new(url, deadline).map(Self)
    }

    fn ask<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> Result<T, Trouble> {
        let body = serde_json::to_vec(body).map_err(|error| Trouble::Unreached(error.to_string()))?;
        let request = self.0.request(Method::POST, path).header("content-type", "application/json").body(body);
        understood(&self.0.send(request)?)
    }
}

/// What an answer means.
fn understood<T: DeserializeOwned>(Answer { status, body }: &Answer) -> Result<T, Trouble> {
    match status {
        200 => serde_json::from_slice(body)
            .map_err(|error| Trouble::Unknown(format!("its answer cannot be understood: {error}"))),
        429 => Err(Trouble::Busy),
        // It may have been reading still when it lost its patience.
        408 => Err(Trouble::Unknown(format!("it answered {status}"))),
        400..=499 => Err(match serde_json::from_slice::<Refused>(body) {
            Ok(refused) => refused.into(),
            Err(_) => Trouble::Refused { reason: Refusal::Other, said: format!("it answered {status}") },
        }),
        _ => Err(Trouble::Unknown(format!("it answered {status}"))),
    }
}

impl Port for Remote {
    fn search(&self, wanted: &Wanted) -> Result<Vec<Offer>, Trouble> {
        let offered: Vec<Offered> = self.ask("/search", &Search(wanted.clone()))?;
        Ok(offered.into_iter().map(|Offered(offer)| offer).collect())
    }

    fn acquire(&self, number: &E164, reference: OrderId, route: &Route, _: &Papers) -> Result<Rented, Trouble> {
        let acquire = Acquire { phone_number: number.clone(), reference, route: route.clone() };
        let Owned(rented) = self.ask("/acquire", &acquire)?;
        only(rented, number)
    }

    fn configure(&self, rented: &Rented, route: &Route) -> Result<Route, Trouble> {
        let configure = Configure { rented: Owned(rented.clone()), route: route.clone() };
        let Done {} = self.ask("/configure", &configure)?;
        read_back(self, rented)
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

    fn send_message(&self, message: &Outgoing) -> Result<Posted, Trouble> {
        deliver(self, message)
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
