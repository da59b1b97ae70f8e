//! The simulator: a carrier that needs no account, with a stock of its own and a ledger of everything it did.
//!
//! It behaves as the real ones do where that is awkward: it takes whatever it is sent for a new request, and never notices
//! that it was sent before.

mod faults;
mod ledger;
mod office;
mod pattern;
mod plan;
mod remote;
mod stock;
pub mod wire;

use std::io;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use uuid::Uuid;

use crate::carrier::messages::{Outgoing, Posted};
use crate::carrier::{Port, Rented, Trouble, read_back};
use crate::model::{E164, MessageState, Offer, OrderId, Papers, Route, Wanted};

pub use faults::{Fault, Outcome, Request};
pub use ledger::{Deed, Entry, LEDGER_FILE, Ledger, Notes};
pub use office::{Held, Office, Terms};
pub use plan::{Area, COUNTRIES, Country, Kind};
pub use remote::Remote;

/// The one account that everybody who uses a simulator shares.
pub const ACCOUNT: &str = "simulator";

/// How long somebody in this process waits for an answer that never comes. Of a real carrier it would be many seconds.
const PATIENCE: Duration = Duration::from_millis(300);

/// A simulator in this process.
#[derive(Debug)]
pub struct Simulator {
    office: Office,
    faults: faults::Faults,
    directory: PathBuf,
}

impl Simulator {
    /// The simulator whose ledger is in this directory, which is made where it is missing. What it has in stock depends
    /// on the seed, what the account has does not.
    ///
    /// # Errors
    /// What the file system says; [`io::ErrorKind::ResourceBusy`] where another simulator uses the directory;
    /// [`io::ErrorKind::InvalidData`], with the number of the line, where the ledger is damaged.
    pub fn open(directory: &Path, seed: u64) -> io::Result<Self> {
        let office = Office::open(directory, seed)?;
        Ok(Self { office, faults: faults::Faults::default(), directory: directory.to_owned() })
    }

    /// Takes over numbers that exist elsewhere, in stock or not, all or (where the process is killed) the first of them.
    /// They keep the ids and the routes that they have.
    ///
    /// # Errors
    /// What the file system says.
    pub fn port_in(&self, numbers: &[Rented]) -> io::Result<()> {
        self.office.port_in(numbers)
    }

    /// Every deed that was accepted.
    ///
    /// # Errors
    /// What the file system says.
    pub fn entries(&self) -> io::Result<Vec<Entry>> {
        Ledger::read(&self.directory.join(LEDGER_FILE))
    }

    /// Orders a fault of the next so many requests of this kind, after those ordered before.
    pub fn order_fault(&self, request: Request, fault: Fault, times: u32) {
        self.faults.order(request, fault, times);
    }

    /// What is to go wrong with the request of this kind that has just arrived: for who answers in the simulator's name.
    pub fn next_fault(&self, request: Request) -> Option<Fault> {
        self.faults.next(request)
    }

    /// What does the deeds, without faults: for who answers in the simulator's name.
    #[must_use]
    pub fn office(&self) -> &Office {
        &self.office
    }

    fn ask<T>(&self, request: Request, deed: impl Fn(bool) -> Result<T, Trouble>) -> Result<T, Trouble> {
        let fault = self.next_fault(request);
        if let Some(Fault::Slow { delay }) = fault {
            thread::sleep(delay);
        }
        match Fault::of(fault, deed) {
            Outcome::Answer(answer) => answer,
            Outcome::Failure => Err(Trouble::Unknown("it answered 500".to_owned())),
            Outcome::Closed => Err(Trouble::Unknown("the connection was closed without an answer".to_owned())),
            Outcome::Silence => {
                thread::sleep(PATIENCE);
                Err(Trouble::Unknown(format!("no answer within {PATIENCE:?}")))
            }
        }
    }
}

impl Port for Simulator {
    fn search(&self, wanted: &Wanted) -> Result<Vec<Offer>, Trouble> {
        self.ask(Request::Search, |_| Ok(self.office.search(wanted)))
    }

    fn acquire(&self, number: &E164, reference: OrderId, route: &Route, _: &Papers) -> Result<Rented, Trouble> {
        let terms = Terms { reference: Some(reference), route: route.clone(), ..Terms::default() };
        self.ask(Request::Acquire, |injected| self.office.acquire(number, &terms, injected))
    }

    fn configure(&self, rented: &Rented, route: &Route) -> Result<Route, Trouble> {
        let terms = Terms { route: route.clone(), ..Terms::default() };
        self.ask(Request::Configure, |injected| self.office.configure(rented, &terms, injected))?;
        read_back(self, rented)
    }

    fn owned(&self, number: Option<&E164>) -> Result<Vec<Rented>, Trouble> {
        self.ask(Request::Owned, |_| Ok(self.office.owned(number)))
    }

    fn release(&self, rented: &Rented) -> Result<(), Trouble> {
        self.ask(Request::Release, |injected| self.office.release(rented, injected))
    }

    fn send_message(&self, message: &Outgoing) -> Result<Posted, Trouble> {
        deliver(self, message)
    }
}

/// Says that a message has arrived, where the account has the number that it goes from. It reaches nobody.
fn deliver(port: &impl Port, message: &Outgoing) -> Result<Posted, Trouble> {
    if port.owned(Some(message.from))?.is_empty() {
        return Ok(Posted::Refused { code: None, said: "the account does not have the number".to_owned() });
    }
    let carrier_message_id = format!("sim-{}", Uuid::now_v7().simple());
    Ok(Posted::Accepted { carrier_message_id, state: MessageState::Delivered })
}
