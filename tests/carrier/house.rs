//! A simulator to ask, wherever it runs.

use std::path::PathBuf;
use std::sync::Arc;

use linekeeper::carrier::simulator::{Entry, LEDGER_FILE, Ledger, Simulator};
use linekeeper::carrier::{Port, Refusal, Rented, Trouble};
use linekeeper::model::{E164, Features, Offer, OrderId, Route, Wanted};
use tempfile::TempDir;

/// The seed of every simulator that no test asks for another of.
pub const SEED: u64 = 7;

/// A simulator of its own, with an empty ledger.
pub struct House {
    pub port: Arc<dyn Port>,
    directory: TempDir,
}

impl House {
    /// One in this process.
    pub fn here() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let simulator = Simulator::open(&directory.path().join("carrier"), SEED).unwrap();
        Self { port: Arc::new(simulator), directory }
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
pub fn everywhere(ask: impl Fn(&House)) {
    ask(&House::here());
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
