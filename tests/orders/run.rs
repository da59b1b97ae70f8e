//! One fault run: something is ordered, the server is killed, started again and left alone until nothing is open; and then
//! everything has to agree.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use linekeeper::carrier::Rented;
use linekeeper::carrier::simulator::{Fault, Simulator, Terms};
use linekeeper::inventory::access;
use linekeeper::model::{AgencyId, Carrier, E164, Number, NumberId, OrderId, Route};
use rusqlite::{Connection, OpenFlags};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::check::{self, Told};
use crate::house::{self, PURCHASE, RELEASE, agencies, owner, routed, stock};
use crate::plan::{Case, Course, DELAY, Deed, Kill, SHORT_DEADLINE};
use crate::proxy::Proxy;
use crate::shape::{CREDENTIALS_KEY, SECRET_OF_ACCOUNT, SID, Shape};
use crate::support::killer::{KILLER, compile};
use crate::support::{Answer, Inventory, SECRET, Server, agent, id, linekeeper, number, token};

/// How long a server may take to settle everything. It looks every 250 ms.
const PATIENCE: Duration = Duration::from_secs(12);

/// What every run begins with: an agency that has two numbers, one of them answered by an agent, and two to buy.
pub struct Stage {
    shape: Shape,
    template: TempDir,
    killer: PathBuf,
    pub had: [(NumberId, E164); 2],
    pub wanted: [E164; 2],
}

impl Stage {
    pub fn set(shape: Shape) -> Self {
        let template = tempfile::tempdir().unwrap();
        let killer = compile(template.path(), KILLER);
        let stock: [E164; 4] = stock(4).try_into().unwrap();
        let [first, second, third, fourth] = stock;
        let carrier = template.path().join("carrier");
        let simulator = Simulator::open(&carrier, 1).unwrap();
        for (at, number) in [&first, &second].into_iter().enumerate() {
            let route = if at == 0 { shape.route() } else { Route::default() };
            let reference = Some(OrderId(id(900 + at as u64)));
            simulator.office().acquire(number, &Terms { reference, route, ..Terms::default() }, false).unwrap();
        }
        let inventory = agencies(1);
        let bring = |at: u64, rented: &Rented| Number {
            carrier_number_id: Some(rented.carrier_number_id.as_str().into()),
            carrier: Carrier::Simulator,
            carrier_account: Some(linekeeper::carrier::simulator::ACCOUNT.into()),
            ..number(500 + at, rented.phone_number.as_str())
        };
        let owned = [&first, &second].map(|number| simulator.office().owned(Some(number)).remove(0));
        drop(simulator);
        let agency = AgencyId(id(1));
        if shape == Shape::Own {
            inventory.write(|change| {
                let scope = access::operator(change, agency)?;
                (500..).zip(&owned).try_for_each(|(at, rented)| change.add_number(&scope, &bring(at - 500, rented)))
            });
        } else {
            adopt(&inventory, shape, &carrier);
        }
        // As they were adopted: in the order of their ids.
        let had = inventory.write(|change| {
            let scope = access::operator(change, agency)?;
            change.set_agent_route(&scope, routed(1), &shape.route())?;
            let held = change.held_at(shape.carrier(), shape.account())?;
            let find = |number: &E164| held.iter().find(|(_, held)| held.phone_number == *number).unwrap().1.clone();
            let (one, other) = (find(&first), find(&second));
            let agent = Some(Arc::new(agent(301, None)));
            change.change_number(&scope, &Number { agent, ..one.clone() })?;
            Ok([(one.id, first), (other.id, second)])
        });
        let (_directory, data) = house::closed(inventory);
        copy(&data, &template.path().join("data"));
        Self { shape, template, killer, had, wanted: [third, fourth] }
    }

    fn path_and_body(&self, deed: Deed) -> (&'static str, Value) {
        let agent = Some(routed(1));
        match deed {
            Deed::Purchase => (PURCHASE, house::buying([&self.wanted[0]], agent)),
            Deed::PurchaseOfTwo => (PURCHASE, house::buying(&self.wanted, agent)),
            Deed::Release => (RELEASE, json!({"phone_number_ids": [self.had[0].0.to_string()], "confirm": true})),
            Deed::Assign => (
                "/functions/v1/phone-numbers-assign",
                json!({"phone_number_id": self.had[1].0.to_string(), "agent_mapping_id": routed(1).to_string()}),
            ),
        }
    }
}

/// Has an account added and its numbers taken in, as a user would.
fn adopt(inventory: &Inventory, shape: Shape, carrier: &Path) {
    let mut command = shape.command();
    command.arg(carrier);
    let simulated = Server::spawn(command);
    let (agency, name, secret) = (id(1).to_string(), shape.carrier().name(), carrier.with_extension("secret"));
    fs::write(&secret, SECRET_OF_ACCOUNT).unwrap();
    let run = |args: &[&str]| {
        let mut command = linekeeper();
        command.args(args).arg("--data-dir").arg(inventory.path());
        let output = command.env("LINEKEEPER_CREDENTIALS_KEY", CREDENTIALS_KEY).output().unwrap();
        assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let secret = secret.to_str().unwrap();
    let particular: &[&str] = match shape {
        Shape::Twilio => &["--account-sid", SID, "--auth-token-file", secret],
        _ => &["--name", SID, "--api-key-file", secret],
    };
    let add = [&["carrier", "add", name, "--agency", &agency, "--url", &simulated.base_url], particular].concat();
    let account = run(&add);
    let adopted = run(&["import", name, "--agency", &agency, "--account", account.trim()]);
    assert_eq!(adopted.matches("adopted\t").count(), 2, "{adopted}");
    assert_eq!(simulated.stop().0, Some(0));
}

/// In memory, where there is such a place: what a killed process has written is there, whatever the disk has of it.
fn scratch() -> TempDir {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() { tempfile::tempdir_in(memory).unwrap() } else { tempfile::tempdir().unwrap() }
}

/// Copies the files of a directory.
fn copy(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_file() {
            fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
    }
}

/// A run's own directory and processes.
struct Run<'s> {
    stage: &'s Stage,
    case: Case,
    directory: TempDir,
    carrier: Server,
    proxy: Proxy,
}

/// Runs a case; a kill that does not happen is a failure, as is everything that does not agree at its end.
pub fn run(stage: &Stage, case: Case, kill: Kill) -> Course {
    let directory = scratch();
    copy(&stage.template.path().join("data"), &directory.path().join("data"));
    copy(&stage.template.path().join("carrier"), &directory.path().join("carrier"));
    let mut command = stage.shape.command();
    command.arg(directory.path().join("carrier"));
    let carrier = Server::spawn(command);
    let proxy = Proxy::start(&carrier.base_url, stage.shape);
    if stage.shape != Shape::Own {
        let database = Connection::open(directory.path().join("data/linekeeper.db")).unwrap();
        database.execute("UPDATE carrier_accounts SET url = ?1", [&proxy.url]).unwrap();
    }
    Run { stage, case, directory, carrier, proxy }.to_its_end(kill)
}

impl Run<'_> {
    fn to_its_end(&self, kill: Kill) -> Course {
        for fault in self.case.fault.into_iter().chain(self.case.then) {
            let mut order = serde_json::to_value(fault).unwrap();
            order["deed"] = serde_json::to_value(self.case.deed.request()).unwrap();
            order["times"] = json!(1);
            self.order_fault(&order);
        }
        let server = Arc::new(self.serve(Some(kill)));
        let at = if let Kill::At(at, spot) = kill { Some((at, spot)) } else { None };
        self.proxy.watch(&server, at);
        fs::write(self.file("from"), "").unwrap();
        let began = Instant::now();
        let first = self.order(&server);
        let answered = self.steps().len();
        let mut server = server;
        if kill != Kill::Never {
            assert!(server.has_ended(PATIENCE), "the kill missed its moment");
            self.proxy.seen();
            server = Arc::new(self.serve(None));
        }
        let told = self.repeat(&server, first);
        self.settle();
        if self.case.is_timed() {
            // What is settled before the carrier has done it must be right when it has.
            std::thread::sleep((DELAY * 2).saturating_sub(began.elapsed()));
        }
        let course = Course { requests: self.proxy.seen(), steps: self.steps(), answered };
        let (code, log) = Arc::into_inner(server).unwrap().stop();
        assert_eq!(code, Some(0), "{log}");
        self.compare(&told);
        course
    }

    fn file(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn serve(&self, kill: Option<Kill>) -> Server {
        let mut command = linekeeper();
        command.args(["serve", "--listen", "127.0.0.1:0", "--data-dir"]).arg(self.file("data"));
        let (deadline, proof) =
            if self.case.is_timed() { (SHORT_DEADLINE, "600ms") } else { (Duration::from_secs(3), "100ms") };
        for (name, value) in [
            ("JWT_SECRET", SECRET),
            if self.stage.shape == Shape::Own {
                ("SIMULATOR__URL", self.proxy.url.as_str())
            } else {
                ("SIMULATOR__ENABLED", "false")
            },
            ("CREDENTIALS_KEY", CREDENTIALS_KEY),
            ("ORDERS__ABSENCE_PROOF", proof),
            ("ORDERS__RETRY_DELAY", "20ms"),
            ("ORDERS__CARRIER_DEADLINE", &format!("{}ms", deadline.as_millis())),
        ] {
            command.env(format!("LINEKEEPER_{name}"), value);
        }
        if let Some(kill @ (Kill::Never | Kill::Step { .. })) = kill {
            command.env("LD_PRELOAD", &self.stage.killer).env("KILL_FROM", self.file("from"));
            command.env("KILL_LOG", self.file("steps"));
            if let Kill::Step { transaction, sync, after } = kill {
                command.env("KILL_AT", transaction.to_string()).env("KILL_KIND", if sync { "s" } else { "f" });
                after.then(|| command.env("KILL_AFTER", "yes"));
            }
        }
        Server::spawn(command)
    }

    /// The writes and syncs of the server that may be killed at one.
    fn steps(&self) -> String {
        fs::read_to_string(self.file("steps")).unwrap_or_default()
    }

    /// Orders; no answer where the server was killed before it gave one.
    fn order(&self, server: &Server) -> Option<Answer> {
        let (path, body) = self.stage.path_and_body(self.case.deed);
        let bearer = format!("Bearer {}", token(owner(1)));
        let mut headers = vec![("authorization", bearer.as_str()), ("content-type", "application/json")];
        if self.case.keyed {
            headers.push(("idempotency-key", "a fault run"));
        }
        server.try_send_with("POST", path, &headers, &body.to_string()).ok()
    }

    /// A client that knows nothing asks again with its key, until it is answered.
    fn repeat(&self, server: &Server, first: Option<Answer>) -> Vec<Told> {
        let mut told = first.iter().map(Told::by).collect::<Vec<_>>();
        if !self.case.keyed {
            return told;
        }
        let began = Instant::now();
        let repeated = loop {
            let answer = self.order(server).expect("the server answers");
            if !answer.text().contains("is being answered") {
                break answer;
            }
            assert!(began.elapsed() < PATIENCE, "a repeat is told for ever that it comes too early");
            std::thread::sleep(Duration::from_millis(20));
        };
        if let Some(first) = first.filter(|first| first.status < 400) {
            assert_eq!((repeated.status, repeated.text()), (first.status, first.text()), "the first answer stays");
        }
        told.push(Told::by(&repeated));
        told
    }

    fn database(&self) -> Connection {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY;
        let connection = Connection::open_with_flags(self.file("data/linekeeper.db"), flags).unwrap();
        connection.busy_timeout(PATIENCE).unwrap();
        connection
    }

    fn settle(&self) {
        let (database, began) = (self.database(), Instant::now());
        loop {
            let open = check::open_orders(&database);
            if open.is_empty() {
                return;
            }
            assert!(began.elapsed() < PATIENCE, "between two states for ever: {open:?}");
            std::thread::sleep(Duration::from_millis(15));
        }
    }

    fn order_fault(&self, fault: &Value) {
        let headers = [("content-type", "application/json")];
        let answer = self.carrier.send_with("POST", "/faults", &headers, &fault.to_string());
        assert_eq!(answer.status, 200, "{}", answer.text());
    }

    /// What the ledger, the carrier, the inventory and the client say, and the doctor.
    fn compare(&self, told: &[Told]) {
        let ledger = house::ledger(&self.file("carrier"));
        check::no_order_is_done_twice(&ledger);
        let database = self.database();
        let refused = self.case.deed == Deed::Assign && self.case.fault == Some(Fault::Refuse);
        check::same_numbers(&database, &ledger, refused);
        for told in told {
            told.is_true(&database);
        }
        drop(database);
        let mut doctor = linekeeper();
        let said = doctor.args(["doctor", "--data-dir"]).arg(self.file("data")).output().unwrap();
        assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stdout));
    }
}
