//! What the port promises, asked of everybody who implements it in the same words: the simulator, in this process and in
//! another, the clients of Twilio and Telnyx, each of a simulator in that shape, and trunks of one's own.

mod deeds;
mod faults;
mod lists;
mod refusals;
mod search;

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use linekeeper::carrier::simulator::{Deed, Entry, Fault, LEDGER_FILE, Ledger, Remote, Request, Simulator};
use linekeeper::carrier::telnyx::Telnyx;
use linekeeper::carrier::twilio::Twilio;
use linekeeper::carrier::{Carriers, Port, Rented, Traits};
use linekeeper::model::{Carrier, E164, NumberType, Offer, Papers, Route, Secret, Wanted};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::house::{SEED, order, post, wanted};
use crate::support::{Server, linekeeper};

const SID: &str = "ACfa4efa4efa4efa4efa4efa4efa4efa4e";
const SECRET: &str = "the secret of a simulated account";

/// How long somebody waits who is in haste.
const HASTE: u64 = 350;

/// Who is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Here,
    There,
    Twilio,
    Telnyx,
    Sip,
}

/// What differs.
impl Kind {
    const ALL: [Self; 5] = [Self::Here, Self::There, Self::Twilio, Self::Telnyx, Self::Sip];

    const fn carrier(self) -> Carrier {
        match self {
            Self::Here | Self::There => Carrier::Simulator,
            Self::Twilio => Carrier::Twilio,
            Self::Telnyx => Carrier::Telnyx,
            Self::Sip => Carrier::Sip,
        }
    }

    /// Whether it sells numbers, lists those that the account has, and knows which those are.
    fn sells(self) -> bool {
        self != Self::Sip
    }

    /// Whether it is a real carrier's client.
    fn is_real(self) -> bool {
        matches!(self, Self::Twilio | Self::Telnyx)
    }

    /// What it says of a number that was offered so.
    fn traits(self, offer: &Offer) -> Traits {
        let told = Traits {
            friendly_name: None,
            number_type: Some(offer.number_type),
            country: Some(offer.country.clone()),
            features: None,
        };
        match self {
            Self::Here | Self::There | Self::Sip => Traits::default(),
            Self::Telnyx => told,
            Self::Twilio => {
                let digits = &offer.phone_number.as_str()[2..];
                let name = format!("({}) {}-{}", &digits[..3], &digits[3..6], &digits[6..]);
                // Whether a number reaches emergency services is not told.
                let features = linekeeper::model::Features { emergency: false, ..offer.features };
                Traits { friendly_name: Some(name), features: Some(features), ..told }
            }
        }
    }
}

/// Somebody to ask.
struct House {
    kind: Kind,
    port: Arc<dyn Port>,
    /// Another way to ask; to make one takes a while.
    hasty: OnceLock<Arc<dyn Port>>,
    simulator: Option<Arc<Simulator>>,
    server: Option<Server>,
    directory: TempDir,
}

impl House {
    fn new(kind: Kind) -> Self {
        Self::holding(kind, &[])
    }

    /// One whose account has these numbers.
    fn holding(kind: Kind, numbers: &[Rented]) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let state = directory.path().join("carrier");
        if !numbers.is_empty() {
            Simulator::open(&state, SEED).unwrap().port_in(numbers).unwrap();
        }
        let server = command(kind, &state).map(Server::spawn);
        let simulator = (kind == Kind::Here).then(|| Arc::new(Simulator::open(&state, SEED).unwrap()));
        let url = server.as_ref().map(|server| server.base_url.as_str());
        let port = match &simulator {
            Some(simulator) => Arc::clone(simulator) as _,
            None => port(kind, url, SECRET, 10_000),
        };
        Self { kind, port, hasty: OnceLock::new(), simulator, server, directory }
    }

    /// The same, asked by somebody with another secret, or less time.
    fn asked_with(&self, secret: &str, milliseconds: u64) -> Arc<dyn Port> {
        match &self.server {
            Some(server) => port(self.kind, Some(&server.base_url), secret, milliseconds),
            None => Arc::clone(&self.port),
        }
    }

    /// The same, asked by somebody who is in such haste that there is no time to ask again.
    fn hasty(&self) -> &dyn Port {
        &**self.hasty.get_or_init(|| self.asked_with(SECRET, HASTE))
    }

    fn order_fault(&self, request: Request, fault: Fault, times: u32) {
        if let Some(simulator) = &self.simulator {
            return simulator.order_fault(request, fault, times);
        }
        let mut order = serde_json::to_value(fault).unwrap();
        order["deed"] = serde_json::to_value(request).unwrap();
        order["times"] = json!(times);
        self.control("/faults", &order);
    }

    fn control(&self, path: &str, body: &Value) {
        let server = self.server.as_ref().unwrap();
        assert_eq!(post(&server.base_url, path, body), (200, json!({})), "{path} {body}");
    }

    fn ledger_file(&self) -> PathBuf {
        self.directory.path().join("carrier").join(LEDGER_FILE)
    }

    /// How often the carrier has done this because it was asked to.
    fn done(&self, deed: Deed) -> usize {
        self.entries().iter().filter(|entry| entry.deed == deed && !entry.injected).count()
    }

    fn entries(&self) -> Vec<Entry> {
        if self.kind.sells() { Ledger::read(&self.ledger_file()).unwrap() } else { Vec::new() }
    }

    /// So many local numbers that are for sale in the United States; any, where nobody sells them.
    fn stock(&self, count: u32) -> Vec<Offer> {
        if !self.kind.sells() {
            return (0..count).map(brought).collect();
        }
        let local = Some(NumberType::Local);
        let offers = self.port.search(&Wanted { number_type: local, limit: count, ..wanted("US") }).unwrap();
        assert_eq!(offers.len(), count as usize, "{:?}", self.kind);
        offers
    }

    fn any(&self) -> Offer {
        self.stock(1).remove(0)
    }

    /// Rents a number, for the order of this number.
    fn rent(&self, at: u64, route: &Route) -> (Offer, Rented) {
        let offer = self.any();
        let rented = self.port.acquire(&offer.phone_number, order(at), route, &Papers::default());
        let rented = rented.unwrap_or_else(|trouble| panic!("{:?}: {trouble}", self.kind));
        (offer, rented)
    }

    /// What the account says of one number.
    fn listed(&self, number: &E164) -> Option<Rented> {
        let mut listed = self.port.owned(Some(number)).unwrap();
        assert!(listed.len() <= 1, "{:?}: {listed:?}", self.kind);
        listed.pop()
    }
}

/// What starts it, where it is a process of its own.
fn command(kind: Kind, state: &Path) -> Option<std::process::Command> {
    let mut command = linekeeper();
    match kind {
        Kind::There => command.args(["simulate", "carrier"]),
        Kind::Twilio => command.args(["simulate", "twilio", "--account-sid", SID, "--auth-token", SECRET]),
        Kind::Telnyx => command.args(["simulate", "telnyx", "--api-key", SECRET]),
        Kind::Here | Kind::Sip => return None,
    };
    command.args(["--listen", "127.0.0.1:0", "--seed", &SEED.to_string(), "--state"]).arg(state);
    Some(command)
}

fn port(kind: Kind, url: Option<&str>, secret: &str, milliseconds: u64) -> Arc<dyn Port> {
    let (secret, deadline) = (Secret::new(secret.to_owned()), Duration::from_millis(milliseconds));
    match kind {
        Kind::Twilio => Arc::new(Twilio::new(SID, secret, url, deadline).unwrap()),
        Kind::Telnyx => Arc::new(Telnyx::new(secret, url, deadline).unwrap()),
        Kind::Here | Kind::There => Arc::new(Remote::new(url.unwrap(), deadline).unwrap()),
        Kind::Sip => Carriers::brought_along(Some("a trunk")).port,
    }
}

fn brought(at: u32) -> Offer {
    Offer {
        phone_number: format!("+4930555{at:05}").parse().unwrap(),
        number_type: NumberType::Local,
        country: "DE".into(),
        city: None,
        state: None,
        features: linekeeper::model::Features::default(),
        monthly_cost: linekeeper::model::Money(0),
        upfront_cost: linekeeper::model::Money(0),
        currency: "USD".into(),
        quickship: true,
        best_effort: false,
    }
}

/// Asks everybody the same, each in a house of its own.
fn of_all(kinds: &[Kind], ask: impl Fn(&House) + Sync) {
    std::thread::scope(|scope| {
        for kind in kinds {
            let ask = &ask;
            std::thread::Builder::new()
                .name(format!("{kind:?}"))
                .spawn_scoped(scope, move || ask(&House::new(*kind)))
                .unwrap();
        }
    });
}

fn of_everybody(ask: impl Fn(&House) + Sync) {
    of_all(&Kind::ALL, ask);
}

/// Of everybody who sells numbers.
fn of_sellers(ask: impl Fn(&House) + Sync) {
    of_all(&[Kind::Here, Kind::There, Kind::Twilio, Kind::Telnyx], ask);
}

/// A route with every part that there is.
fn everything() -> Route {
    let text = |text: &str| Some(text.to_owned());
    Route {
        voice_url: text("https://voice.example/conform"),
        sms_url: text("https://sms.example/conform"),
        application_id: text("AP0123456789abcdef0123456789abcdef"),
        trunk_id: text("TK0123456789abcdef0123456789abcdef"),
        connection_id: text("1293384261075731499"),
        messaging_profile_id: text("dc8e4d67-33a0-4cbb-af74-7b58f05bd494"),
        sip_uri: text("sip:conform@example.com"),
    }
}

/// A route with each part alone.
fn parts() -> [Route; 7] {
    let (all, none) = (everything(), Route::default);
    [
        Route { voice_url: all.voice_url, ..none() },
        Route { sms_url: all.sms_url, ..none() },
        Route { application_id: all.application_id, ..none() },
        Route { trunk_id: all.trunk_id, ..none() },
        Route { connection_id: all.connection_id, ..none() },
        Route { messaging_profile_id: all.messaging_profile_id, ..none() },
        Route { sip_uri: all.sip_uri, ..none() },
    ]
}
