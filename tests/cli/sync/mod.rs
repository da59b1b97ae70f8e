//! The commands `sync` and `import`, and the hourly job, beside simulated accounts of Twilio and Telnyx.

mod adopted;
mod differing;
mod moving;
mod used;

use std::collections::BTreeMap;
use std::fs;
use std::process::Output;
use std::sync::Arc;
use std::time::{Duration, Instant};

use linekeeper::carrier::simulator::Simulator;
use linekeeper::carrier::telnyx::Telnyx;
use linekeeper::carrier::twilio::Twilio;
use linekeeper::carrier::{Port, Rented, Traits};
use linekeeper::inventory::access;
use linekeeper::model::{
    AgencyId, AgentId, Carrier, E164, Number, NumberType, OrderId, Papers, Role, Route, Secret, UserId, Wanted,
};
use rusqlite::types::Value as Field;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{
    Answer, Inventory, SECRET, Server, add_agency, add_agent, add_child_agency, add_user, agent, id, linekeeper, token,
};

const SID: &str = "AC00000000000000000000000000000001";
const PASSWORD: &str = "the secret of a simulated account";
const KEY: &str = "what credentials are encrypted with";
const SHAPES: [Shape; 2] = [Shape::Twilio, Shape::Telnyx];
/// Agency 1 has the account; 2 and 3 are its children; 4 is a stranger. 11 is the owner of 1, 12 of 2.
const AGENCIES: u64 = 4;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    Twilio,
    Telnyx,
}

impl Shape {
    fn name(self) -> &'static str {
        self.carrier().name()
    }

    fn carrier(self) -> Carrier {
        match self {
            Self::Twilio => Carrier::Twilio,
            Self::Telnyx => Carrier::Telnyx,
        }
    }

    /// A route of which there may be several.
    fn route(self, at: u64) -> Route {
        match self {
            Self::Twilio => Route { voice_url: Some(format!("https://voice.example/{at}")), ..Route::default() },
            Self::Telnyx => Route { connection_id: Some(format!("129338426107573{at:04}")), ..Route::default() },
        }
    }
}

/// Asks both, each in a house of its own that has so many numbers there and none here.
fn of_both(numbers: u32, ask: impl Fn(&House) + Sync) {
    std::thread::scope(|scope| {
        for shape in SHAPES {
            let ask = &ask;
            let thread = std::thread::Builder::new().name(format!("{shape:?}"));
            thread.spawn_scoped(scope, move || ask(&House::new(shape, numbers))).unwrap();
        }
    });
}

/// A carrier, an account there, and an inventory.
struct House {
    shape: Shape,
    /// The account, as somebody else who has its secret uses it.
    port: Arc<dyn Port>,
    inventory: Inventory,
    carrier: Server,
    account: String,
    /// What the account had at the beginning, in the order of the numbers.
    there: Vec<Rented>,
    _directory: TempDir,
}

impl House {
    fn new(shape: Shape, numbers: u32) -> Self {
        Self::holding(shape, numbers, &[])
    }

    /// One whose account has taken these numbers over, too.
    fn holding(shape: Shape, numbers: u32, ported: &[Rented]) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let state = directory.path().join("carrier");
        if !ported.is_empty() {
            Simulator::open(&state, 1).unwrap().port_in(ported).unwrap();
        }
        let mut command = linekeeper();
        match shape {
            Shape::Twilio => command.args(["simulate", "twilio", "--account-sid", SID, "--auth-token", PASSWORD]),
            Shape::Telnyx => command.args(["simulate", "telnyx", "--api-key", PASSWORD]),
        };
        let carrier = Server::spawn({
            command.args(["--listen", "127.0.0.1:0", "--state"]).arg(state);
            command
        });
        let (url, deadline) = (Some(carrier.base_url.as_str()), Duration::from_secs(10));
        let secret = Secret::new(PASSWORD.to_owned());
        let port: Arc<dyn Port> = match shape {
            Shape::Twilio => Arc::new(Twilio::new(SID, secret, url, deadline).unwrap()),
            Shape::Telnyx => Arc::new(Telnyx::new(secret, url, deadline).unwrap()),
        };
        let inventory = family();
        let secret = directory.path().join("secret");
        fs::write(&secret, PASSWORD).unwrap();
        let mut house =
            Self { shape, port, inventory, carrier, account: String::new(), there: Vec::new(), _directory: directory };
        let (agency, secret) = (id(1).to_string(), secret.to_str().unwrap().to_owned());
        let particular = match shape {
            Shape::Twilio => ["--account-sid", SID, "--auth-token-file", &secret],
            Shape::Telnyx => ["--name", SID, "--api-key-file", &secret],
        };
        let add = ["carrier", "add", shape.name(), "--agency", &agency, "--url", &house.carrier.base_url.clone()];
        let account = house.done(&[&add[..], &particular].concat());
        account.trim().clone_into(&mut house.account);
        house.there = (0..numbers).map(|_| house.bought_elsewhere(NumberType::Local)).collect();
        house.there.sort_by(|one, other| one.phone_number.cmp(&other.phone_number));
        house
    }

    /// A number that somebody else buys with the account.
    fn bought_elsewhere(&self, number_type: NumberType) -> Rented {
        let wanted = Wanted { country: "US".into(), number_type: Some(number_type), limit: 1, ..Wanted::default() };
        let number = self.port.search(&wanted).unwrap().remove(0).phone_number;
        let order = OrderId(uuid::Uuid::now_v7());
        self.port.acquire(&number, order, &Route::default(), &Papers::default()).unwrap();
        self.port.owned(Some(&number)).unwrap().remove(0)
    }

    fn run(&self, args: &[&str]) -> Output {
        self.run_with("10s", args)
    }

    /// Runs a command that waits so long for the carrier.
    fn run_with(&self, deadline: &str, args: &[&str]) -> Output {
        let mut command = linekeeper();
        command.args(args).arg("--data-dir").arg(self.inventory.path());
        command.env("LINEKEEPER_CREDENTIALS_KEY", KEY).env("LINEKEEPER_ORDERS__CARRIER_DEADLINE", deadline);
        command.output().unwrap()
    }

    /// Runs a command that must succeed, and returns its stdout.
    fn done(&self, args: &[&str]) -> String {
        let output = self.run(args);
        assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// The rows that a comparison prints, but for those that are idle.
    fn sync(&self, more: &[&str]) -> Vec<Vec<String>> {
        rows(&self.done(&[&["sync"], more].concat()), false)
    }

    /// Takes the account's numbers in.
    fn import(&self, more: &[&str]) -> Vec<Vec<String>> {
        let agency = id(1).to_string();
        let import = ["import", self.shape.name(), "--agency", &agency, "--account", &self.account];
        rows(&self.done(&[&import, more].concat()), false)
    }

    /// Every row of every table, as text.
    fn tables(&self) -> BTreeMap<String, Vec<String>> {
        let database = self.inventory.sqlite();
        let tables: Vec<String> = {
            let mut names = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").unwrap();
            names.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
        };
        let all = tables.into_iter().map(|table| {
            let mut statement = database.prepare(&format!("SELECT * FROM \"{table}\"")).unwrap();
            let width = statement.column_count();
            let read = statement.query_map([], |row| {
                (0..width).map(|at| row.get::<_, Field>(at)).collect::<rusqlite::Result<Vec<_>>>()
            });
            let mut rows: Vec<_> = read.unwrap().map(|row| format!("{:?}", row.unwrap())).collect();
            rows.sort();
            (table, rows)
        });
        all.collect()
    }

    /// What an agency's row of a number says.
    fn number(&self, agency: u64, number: &E164) -> Option<Number> {
        let found = self.inventory.store.read(|snapshot| {
            let scope = access::operator(snapshot, AgencyId(id(agency)))?;
            let held = snapshot.held_at(self.shape.carrier(), SID)?;
            let loose = snapshot.without_account(&scope, self.shape.carrier())?;
            Ok::<_, linekeeper::model::Error>([held, loose].concat())
        });
        let mut found = found.unwrap().into_iter().filter(|(scope, _)| scope.agency() == AgencyId(id(agency)));
        found.find(|(_, held)| held.phone_number == *number).map(|(_, held)| held)
    }

    fn routing(&self, number: &E164) -> Option<String> {
        self.number(1, number).unwrap().routing.map(|routing| routing.to_string())
    }

    /// Adds a row to an agency.
    fn add(&self, agency: u64, number: &Number) {
        self.inventory.write(|change| change.add_number(&access::operator(change, AgencyId(id(agency)))?, number));
    }

    /// A row of a number at the carrier, of which nobody knows with which account, or this one.
    fn row(&self, at: u64, number: &E164, account: Option<&str>) -> Number {
        Number {
            carrier: self.shape.carrier(),
            carrier_account: account.map(Into::into),
            carrier_number_id: Some("an id of before".into()),
            ..crate::support::number(at, number.as_str())
        }
    }

    fn carrier_told(&self, path: &str, body: &Value) {
        let answer = self.carrier.send_with("POST", path, &[("content-type", "application/json")], &body.to_string());
        assert_eq!(answer.status, 200, "{path} {body}: {}", answer.text());
    }

    fn fault(&self, request: &str, fault: &str, times: u32) {
        self.carrier_told("/faults", &json!({"deed": request, "fault": fault, "times": times}));
    }

    /// The next so many requests of this kind take so long.
    fn slow(&self, request: &str, milliseconds: u64, times: u32) {
        let order = json!({"deed": request, "fault": "slow", "delay_ms": milliseconds, "times": times});
        self.carrier_told("/faults", &order);
    }

    fn deeds(&self) -> usize {
        self.carrier.ask("GET", "/ledger", None).json().as_array().unwrap().len()
    }

    fn serve(&self, sync_every: &str) -> Server {
        let mut command = linekeeper();
        command.args(["serve", "--listen", "127.0.0.1:0", "--data-dir"]).arg(self.inventory.path());
        let settings = [
            ("JWT_SECRET", SECRET),
            ("CREDENTIALS_KEY", KEY),
            ("SIMULATOR__ENABLED", "false"),
            ("SYNC__EVERY", sync_every),
            ("ORDERS__RETRY_DELAY", "20ms"),
        ];
        for (name, value) in settings {
            command.env(format!("LINEKEEPER_{name}"), value);
        }
        Server::spawn(command)
    }

    fn route_of(&self, number: &E164) -> Route {
        self.port.owned(Some(number)).unwrap().remove(0).route
    }
}

/// What a command printed, its fields apart. `idle`: those that are idle, or the others.
fn rows(printed: &str, idle: bool) -> Vec<Vec<String>> {
    let lines = printed.lines().filter(|line| line.starts_with("idle\t") == idle);
    lines.map(|line| line.split('\t').map(str::to_owned).collect()).collect()
}

/// A row that is expected.
fn row(fields: &[&str]) -> Vec<String> {
    fields.iter().map(|field| (*field).to_owned()).collect()
}

/// The agencies, with an owner, an agent 301, 302, ... whose calls go somewhere, and one whose calls go nowhere.
fn family() -> Inventory {
    let inventory = Inventory::empty();
    inventory.write(|change| {
        let parent = add_agency(change, 1, "Parent")?;
        let scopes = [
            parent,
            add_child_agency(change, 2, "Child", Some(&parent))?,
            add_child_agency(change, 3, "Sister", Some(&parent))?,
            add_agency(change, 4, "Stranger")?,
        ];
        for (scope, at) in scopes.iter().zip(1..=AGENCIES) {
            add_user(change, Some(scope), 10 + at, Role::AgencyOwner)?;
            add_agent(change, scope, &agent(300 + at, Some("Answers")))?;
        }
        Ok(())
    });
    inventory
}

fn owner(agency: u64) -> String {
    token(UserId(id(10 + agency)))
}

fn assign(server: &Server, number: &Number, agent: u64) -> Answer {
    let agent = AgentId(id(agent)).to_string();
    let body = json!({"phone_number_id": number.id.to_string(), "agent_mapping_id": agent});
    server.send("POST", "/functions/v1/phone-numbers-assign", Some(&owner(1)), &body)
}

/// Releases a number through the server, and says whether that was done.
fn release(server: &Server, agency: u64, number: &Number) -> bool {
    let body = json!({"phone_number_ids": [number.id.to_string()], "confirm": true});
    let answer = server.send("POST", "/functions/v1/phone-numbers-release", Some(&owner(agency)), &body).json();
    answer["summary"]["released_count"] == 1
}

/// Looks until it is so.
fn until(what: &str, is_so: impl Fn() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < Duration::from_secs(15), "it was never so: {what}");
        std::thread::sleep(Duration::from_millis(15));
    }
}

/// Numbers that are taken over from elsewhere, one after the other.
fn ported(count: u32) -> Vec<Rented> {
    let one = |at: u32| Rented {
        phone_number: format!("+1970555{at:04}").parse().unwrap(),
        carrier_number_id: format!("ported-{at}"),
        route: Route::default(),
        traits: Traits::default(),
    };
    (0..count).map(one).collect()
}
