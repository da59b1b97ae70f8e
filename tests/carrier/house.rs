//! A simulator to ask, wherever it runs.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use linekeeper::carrier::simulator::{Entry, Fault, LEDGER_FILE, Ledger, Remote, Request, Simulator};
use linekeeper::carrier::{Port, Refusal, Rented, Trouble};
use linekeeper::model::{E164, Features, Offer, OrderId, Route, Wanted};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{Server, linekeeper};

/// The seed of every simulator that no test asks for another of.
pub const SEED: u64 = 7;

/// A simulator of its own, with an empty ledger.
pub struct House {
    pub port: Arc<dyn Port>,
    place: Place,
    directory: TempDir,
}

enum Place {
    Here(Arc<Simulator>),
    There(Server),
}

impl House {
    /// One in this process.
    pub fn here() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let simulator = Arc::new(Simulator::open(&directory.path().join("carrier"), SEED).unwrap());
        let port: Arc<dyn Port> = Arc::clone(&simulator) as _;
        Self { port, place: Place::Here(simulator), directory }
    }

    /// One in a process of its own.
    pub fn there() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let server = serve(&directory.path().join("carrier"));
        let port = Arc::new(remote(&server.base_url, 10_000));
        Self { port, place: Place::There(server), directory }
    }

    /// Where it listens; nowhere, where it is in this process.
    pub fn url(&self) -> Option<&str> {
        match &self.place {
            Place::Here(_) => None,
            Place::There(server) => Some(&server.base_url),
        }
    }

    pub fn order_fault(&self, request: Request, fault: Fault, times: u32) {
        match &self.place {
            Place::Here(simulator) => simulator.order_fault(request, fault, times),
            Place::There(server) => {
                let mut order = serde_json::to_value(fault).unwrap();
                order["deed"] = serde_json::to_value(request).unwrap();
                order["times"] = json!(times);
                assert_eq!(post(&server.base_url, "/faults", &order), (200, json!({})));
            }
        }
    }

    pub fn path(&self) -> PathBuf {
        self.directory.path().join("carrier")
    }

    pub fn entries(&self) -> Vec<Entry> {
        Ledger::read(&self.path().join(LEDGER_FILE)).unwrap()
    }

    pub fn search(&self, wanted: &Wanted) -> Vec<Offer> {
        self.port.search(wanted).unwrap()
    }

    /// A number that is in stock.
    pub fn any(&self) -> E164 {
        self.search(&Wanted { limit: 1, ..wanted("US") }).remove(0).phone_number
    }
}

/// Asks each kind of simulator the same.
pub fn everywhere(ask: impl Fn(&House) + Sync) {
    std::thread::scope(|scope| {
        scope.spawn(|| ask(&House::there()));
        ask(&House::here());
    });
}

/// A simulator's own process, with its ledger in this directory.
pub fn serve(directory: &Path) -> Server {
    Server::spawn(command(directory))
}

/// What starts it.
pub fn command(directory: &Path) -> Command {
    let mut command = linekeeper();
    command.args(["simulate", "carrier", "--listen", "127.0.0.1:0", "--seed", &SEED.to_string(), "--state"]);
    command.arg(directory);
    command
}

pub fn remote(url: &str, milliseconds: u64) -> Remote {
    Remote::new(url, Duration::from_millis(milliseconds)).unwrap()
}

/// What a path answers to JSON.
pub fn post(url: &str, path: &str, body: &Value) -> (u16, Value) {
    let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
    let request = agent.post(format!("{url}{path}")).content_type("application/json");
    let mut answer = request.send(body.to_string().as_bytes()).unwrap();
    let text = answer.body_mut().read_to_string().unwrap();
    (answer.status().as_u16(), serde_json::from_str(&text).unwrap())
}

/// Anything of a country.
pub fn wanted(country: &str) -> Wanted {
    Wanted {
        country: country.into(),
        number_type: None,
        exactly: None,
        area_code: None,
        city: None,
        state: None,
        contains: None,
        starts_with: None,
        ends_with: None,
        features: Features::default(),
        quickship: false,
        best_effort: false,
        limit: 20,
    }
}

pub fn order(number: u64) -> OrderId {
    OrderId(crate::support::id(number))
}

pub fn e164(number: &str) -> E164 {
    number.parse().unwrap()
}

pub fn route(voice: &str) -> Route {
    Route { voice_url: Some(voice.into()), ..Route::default() }
}

pub fn refusal<T: std::fmt::Debug>(answer: Result<T, Trouble>) -> Refusal {
    match answer {
        Err(Trouble::Refused { reason, said }) => {
            assert!(!said.is_empty());
            reason
        }
        other => panic!("it was not refused: {other:?}"),
    }
}

/// A number with another id.
pub fn with_other_id(rented: &Rented) -> Rented {
    Rented { carrier_number_id: "another".into(), ..rented.clone() }
}
