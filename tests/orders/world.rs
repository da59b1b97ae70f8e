//! An inventory, its desk and a simulator in this process, with a clock that is moved on and a process that can end.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use linekeeper::carrier::simulator::{Request, Simulator};
use linekeeper::carrier::{Carriers, Port, Rented, Trouble};
use linekeeper::clock::{Clock, Ids};
use linekeeper::config::Orders;
use linekeeper::inventory::access::{self, Caller};
use linekeeper::inventory::assignments::Changes;
use linekeeper::inventory::desk::{Asked, Desk, Placed, Repeat};
use linekeeper::inventory::purchases::{Item, Purchase};
use linekeeper::inventory::releases::Release;
use linekeeper::model::{
    Actor, AgencyId, AgentId, By, E164, Error, Number, NumberId, Offer, Order, OrderId, Papers, Permissions, Result,
    Route, Status, Wanted,
};
use linekeeper::store::Scope;
use tempfile::TempDir;

use crate::check;
use crate::house::{self, agencies, ledger, stock};
use crate::support::{Inventory, NOON, id};

/// How many numbers there are to buy, but for one that nobody sells.
pub const POOL: usize = 5;

/// The process ends at the next call of this kind: before the carrier hears of it, or after it has done it.
#[derive(Clone, Copy, Debug)]
pub struct Crash {
    pub request: Request,
    pub after: bool,
}

/// A carrier at whose calls the process may end.
#[derive(Debug)]
struct Fragile {
    carrier: Arc<Simulator>,
    crash: Mutex<Option<Crash>>,
}

impl Fragile {
    fn call<T>(&self, request: Request, deed: impl FnOnce() -> T) -> T {
        let crash = self.crash.lock().unwrap().take_if(|crash| crash.request == request);
        if crash.is_some_and(|crash| !crash.after) {
            resume_unwind(Box::new("the process ends"));
        }
        let done = deed();
        if crash.is_some() {
            resume_unwind(Box::new("the process ends"));
        }
        done
    }
}

impl Port for Fragile {
    fn search(&self, wanted: &Wanted) -> Result<Vec<Offer>, Trouble> {
        self.carrier.search(wanted)
    }

    fn acquire(&self, number: &E164, reference: OrderId, route: &Route, papers: &Papers) -> Result<Rented, Trouble> {
        self.call(Request::Acquire, || self.carrier.acquire(number, reference, route, papers))
    }

    fn configure(&self, rented: &Rented, route: &Route) -> Result<Route, Trouble> {
        self.call(Request::Configure, || self.carrier.configure(rented, route))
    }

    fn owned(&self, number: Option<&E164>) -> Result<Vec<Rented>, Trouble> {
        self.carrier.owned(number)
    }

    fn release(&self, rented: &Rented) -> Result<(), Trouble> {
        self.call(Request::Release, || self.carrier.release(rented))
    }
}

/// What came of a request: what was done now and how that reads, or how it read before; nothing where the process ended.
type Came<T> = Option<Result<std::result::Result<(T, String), String>>>;

pub struct World {
    pub inventory: Inventory,
    pub carrier: Arc<Simulator>,
    pub clock: Clock,
    pub ids: Ids,
    fragile: Arc<Fragile>,
    desk: Desk,
    time: &'static AtomicI64,
    terms: Orders,
    pool: Vec<E164>,
    directory: TempDir,
}

impl World {
    pub fn new(count: u64, held: bool) -> Self {
        let (inventory, directory) = (agencies(count), tempfile::tempdir().unwrap());
        let carrier = Arc::new(Simulator::open(directory.path(), 1).unwrap());
        let fragile = Arc::new(Fragile { carrier: Arc::clone(&carrier), crash: Mutex::default() });
        let time: &'static AtomicI64 = Box::leak(Box::new(AtomicI64::new(NOON.0)));
        let terms = Orders {
            release_hold: Duration::from_secs(if held { 60 } else { 0 }),
            absence_proof: Duration::from_mins(1),
            retry_delay: Duration::from_secs(2),
            carrier_deadline: Duration::from_secs(1),
        };
        let mut pool = stock(u32::try_from(POOL).unwrap() - 1);
        pool.push("+15005550000".parse().unwrap());
        let (clock, ids) = (Clock::Moved(time), Ids::Counted(AtomicU64::new(1 << 20)));
        let desk = open(&inventory, &fragile, clock, terms);
        Self { inventory, carrier, clock, ids, fragile, desk, time, terms, pool, directory }
    }

    pub fn agent(agency: u64, routed: bool) -> AgentId {
        AgentId(id(if routed { 300 } else { 400 } + agency))
    }

    pub fn pass(&self, seconds: i64) {
        // Never at the same moment twice.
        self.time.fetch_add(seconds * 1_000_000 + 1, Ordering::Relaxed);
    }

    pub fn crash(&mut self) {
        self.desk = open(&self.inventory, &self.fragile, self.clock, self.terms);
    }

    pub fn crash_at(&self, crash: Crash) {
        *self.fragile.crash.lock().unwrap() = Some(crash);
    }

    /// Nothing goes wrong any more.
    pub fn calm_down(&mut self) {
        *self.fragile.crash.lock().unwrap() = None;
        for request in [Request::Search, Request::Acquire, Request::Configure, Request::Owned, Request::Release] {
            while self.carrier.next_fault(request).is_some() {}
        }
        self.crash();
    }

    /// Does something at the desk; nothing comes of it where the process ends, and the next one has a new desk.
    pub fn desk<T>(&mut self, deed: impl FnOnce(&Desk) -> T) -> Option<T> {
        self.pass(0);
        let done = catch_unwind(AssertUnwindSafe(|| deed(&self.desk)));
        match done {
            Ok(done) => Some(done),
            Err(panic) if panic.is::<&str>() && *panic.downcast_ref::<&str>().unwrap() == "the process ends" => {
                self.crash();
                None
            }
            Err(panic) => resume_unwind(panic),
        }
    }

    fn scope(&self, agency: u64) -> Scope {
        self.inventory.store.read(|snapshot| access::operator(snapshot, AgencyId(id(agency)))).unwrap()
    }

    fn caller(&self, agency: u64) -> Caller {
        let actor = Actor::User(house::owner(agency));
        Caller { actor, permissions: Permissions::ALL, scope: self.scope(agency) }
    }

    fn asked(&self, agency: u64, key: Option<u8>, request: &str) -> Asked {
        let mut bytes = request.bytes().chain(std::iter::repeat(0));
        let request = std::array::from_fn(|_| bytes.next().unwrap());
        let repeat = key.map(|key| Repeat { key: format!("key {key}"), request });
        let caller = self.caller(agency);
        Asked { by: By { actor: caller.actor, request_id: None, at: Some(self.clock.now()) }, caller, repeat }
    }

    pub fn purchase(
        &mut self,
        agency: u64,
        numbers: &[usize],
        agent: Option<bool>,
        key: Option<u8>,
        request: &str,
        answered: bool,
    ) -> Came<Vec<Purchase>> {
        let (asked, agent) = (self.asked(agency, key, request), agent.map(|routed| Self::agent(agency, routed)));
        let item = |which: &usize| Item {
            phone_number: self.pool[*which].clone(),
            friendly_name: None,
            agent,
            papers: Papers::default(),
            external_id: None,
            expires_at: None,
        };
        let items = numbers.iter().map(item).collect::<Vec<_>>();
        self.desk(|desk| desk.purchase(&asked, &items, None).and_then(|placed| kept(desk, &asked, placed, answered)))
    }

    pub fn release(
        &mut self,
        agency: u64,
        number: NumberId,
        key: Option<u8>,
        request: &str,
        answered: bool,
    ) -> Came<Release> {
        let asked = self.asked(agency, key, request);
        let came =
            self.desk(|desk| desk.release(&asked, &[number]).and_then(|placed| kept(desk, &asked, placed, answered)));
        came.map(|done| done.map(|now| now.map(|(mut releases, answer)| (releases.remove(0), answer))))
    }

    pub fn change(&mut self, agency: u64, number: NumberId, changes: &Changes) -> Option<Result<Number>> {
        let asked = self.asked(agency, None, "");
        self.desk(|desk| desk.change_number(&asked.caller, &asked.by, number, changes))
    }

    pub fn number(&self, agency: u64, number: NumberId) -> Option<Number> {
        match self.inventory.store.read(|snapshot| snapshot.number(&self.scope(agency), number)) {
            Err(Error::NotFound(_)) => None,
            number => Some(number.unwrap()),
        }
    }

    pub fn has_row(&self, which: usize) -> bool {
        let sql = "SELECT count(*) > 0 FROM agency_phone_numbers WHERE phone_number = ?1 AND status <> 3";
        self.inventory.sqlite().query_row(sql, [self.pool[which].as_str()], |row| row.get(0)).unwrap()
    }

    pub fn remembers(&self, agency: u64, key: u8) -> bool {
        let (caller, key) = (self.caller(agency), format!("key {key}"));
        let store = &self.inventory.store;
        let since = linekeeper::model::Timestamp(0);
        store.read(|snapshot| snapshot.earlier(&caller.scope, caller.actor, &key, since)).unwrap().is_some()
    }

    pub fn open_order(&self, agency: u64, number: NumberId) -> Option<Order> {
        self.inventory.store.read(|snapshot| snapshot.open_order(&self.scope(agency), number)).unwrap()
    }

    pub fn given_up(&self) -> Vec<(u64, OrderId)> {
        let of = |agency: u64| {
            let orders = self.inventory.store.read(|snapshot| snapshot.open_orders(&self.scope(agency))).unwrap();
            orders.into_iter().filter(|order| order.due_at.is_none()).map(move |order| (agency, order.id))
        };
        (1..=2).flat_map(of).collect()
    }

    /// The counters are the rows, counted.
    pub fn check_counts(&self) {
        let sqlite = self.inventory.sqlite();
        for agency in 1..=2 {
            let scope = self.scope(agency);
            let counts = self.inventory.store.read(|snapshot| snapshot.number_counts(&scope)).unwrap();
            for (at, status) in (0_u8..).zip(Status::ALL) {
                let sql = "SELECT count(*) FROM agency_phone_numbers AS n JOIN agencies AS a USING (agency_no)
                     WHERE a.id = ?1 AND status = ?2";
                let rows = sqlite.query_row(sql, rusqlite::params![id(agency).as_bytes(), at], |row| row.get(0));
                assert_eq!(Ok::<u64, rusqlite::Error>(counts.with_status(status)), rows);
            }
        }
    }

    /// Nothing is open, and the carrier, its ledger and the inventory agree.
    pub fn compare(&self) {
        let sqlite = self.inventory.sqlite();
        assert_eq!(check::open_orders(&sqlite), Vec::<String>::new());
        let ledger = ledger(self.directory.path());
        check::no_order_is_done_twice(&ledger);
        check::same_numbers(&sqlite, &ledger, true);
        let diagnosis = self.inventory.store.read(|snapshot| snapshot.examine()).unwrap();
        assert_eq!(diagnosis.findings, Vec::<String>::new());
    }
}

fn open(inventory: &Inventory, fragile: &Arc<Fragile>, clock: Clock, terms: Orders) -> Desk {
    let carriers = Carriers::default().with_simulator(Arc::clone(fragile) as Arc<dyn Port>);
    Desk::new(inventory.store.clone(), carriers, clock, Ids::Fresh, terms)
}

/// The answer to a request, kept; or not, where the process ends before.
fn kept<T: std::fmt::Debug>(
    desk: &Desk,
    asked: &Asked,
    placed: Placed<'_, T>,
    answered: bool,
) -> Result<std::result::Result<(T, String), String>> {
    match placed {
        Placed::Before(_, body) => Ok(Err(String::from_utf8(body).unwrap())),
        Placed::Now(now, _hand) => {
            let answer = format!("{now:?}");
            if answered {
                desk.answered(asked, 200, answer.as_bytes())?;
            }
            Ok(Ok((now, answer)))
        }
    }
}
