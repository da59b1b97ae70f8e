//! How SQLite goes about every statement: each tenant table is searched through a key that begins with the agency.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rusqlite::Connection;
use rusqlite::trace::{TraceEvent, TraceEventCodes};

use crate::carrier::Carriers;
use crate::carrier::simulator::Simulator;
use crate::clock::{Clock, Ids};
use crate::config::{Orders, Webhooks};
use crate::delivery::Courier;
use crate::inventory::access::Caller;
use crate::inventory::accounts::NewTrunk;
use crate::inventory::brought::{Imported, Whence};
use crate::inventory::desk::{Asked, Desk, Placed, Repeat};
use crate::inventory::dispatch::Dispatch;
use crate::inventory::messages::Sender;
use crate::inventory::purchases::{Item, Whichever};
use crate::inventory::{access, accounts, agencies, agents, assignments, keys, numbers, orders, users, webhooks};
use crate::model::{
    Actor, AgencyId, AgentId, By, Carrier, Error, EventTypes, Money, Number, NumberFilter, NumberId, Permissions,
    Result, Role, Route, Search, Status, Timestamp, Wanted, Window,
};
use crate::store::keyring::Keyring;
use crate::store::{DataDir, Scope, Snapshot, Store, migrate};

const TENANT_TABLES: [&str; 12] = [
    "users",
    "api_keys",
    "agent_mappings",
    "agency_phone_numbers",
    "number_counts",
    "agent_number_counts",
    "number_changes",
    "events",
    "orders",
    "idempotency_keys",
    "webhooks",
    "webhook_deliveries",
];

static EXECUTED: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

fn watch(connection: &Connection) {
    connection.trace_v2(
        TraceEventCodes::SQLITE_TRACE_STMT,
        Some(|event| {
            if let TraceEvent::Stmt(statement, said) = event {
                // A trigger's step is said as a comment.
                let sql = said.strip_prefix("-- ").map_or_else(|| statement.sql().into_owned(), with_parameters);
                EXECUTED.lock().unwrap().insert(sql.split_whitespace().collect::<Vec<_>>().join(" "));
            }
        }),
    );
}

/// A trigger's step as a statement that can be explained alone: `OLD.x` and `NEW.x` are values from outside.
fn with_parameters(step: &str) -> String {
    step.split_inclusive([' ', ',', '(', ')', '\n'])
        .map(|word| match word.strip_prefix("OLD.").or_else(|| word.strip_prefix("NEW.")) {
            Some(column) => format!("?{}", column.trim_start_matches(|c: char| c.is_alphanumeric() || c == '_')),
            None => word.to_owned(),
        })
        .collect()
}

/// Fires the triggers that nothing in the store fires yet, by statements that are this test's own.
fn fire(connection: &Connection) {
    for (sql, rows) in [
        ("UPDATE agency_phone_numbers SET status = 2, agent_mapping_id = NULL, assigned = 0", 7),
        ("DELETE FROM agency_phone_numbers", 7),
    ] {
        assert_eq!(connection.execute(sql, []).unwrap(), rows, "{sql}");
        assert!(EXECUTED.lock().unwrap().remove(sql), "{sql} was not traced");
    }
}

/// Does everything that the store can do, so that every statement runs.
fn live(store: &Store) {
    let (clock, ids) = (Clock::Fixed(Timestamp(0)), Ids::Counted(0.into()));
    let (agency, agent) = store
        .write(|change| {
            let (parent, _) = agencies::create(change, &clock, &ids, "Parent", None)?;
            let (agency, scope) = agencies::create(change, &clock, &ids, "Agency", Some(parent.id))?;
            let wanted = keys::NewKey { name: None, permissions: Permissions::ALL, partner: true, expires_at: None };
            let key = keys::create(change, &clock, &ids, parent.id, wanted)?;
            access::prove(change, &key, clock.now())?.for_child(change, agency.id)?;
            keys::revoke(change, &clock, parent.id, key.id)?;
            let changes = agencies::Changes { name: Some("Renamed".into()), parent: Some(None), ..Default::default() };
            agencies::update(change, agency.id, changes)?;
            let user = users::create(change, &clock, &ids, None, Some(agency.id), "a@b", Role::Admin)?;
            users::update(change, user.id, users::Changes { role: Some(Role::AgencyOwner), ..Default::default() })?;
            access::caller(change, user.id)?;
            let agent = agents::create(change, &clock, &ids, agency.id, agents::Given::default())?;
            let given = agents::Given { name: Some("Named".into()), ..Default::default() };
            let agent = agents::update(change, &clock, &ids, agency.id, agent.id, given)?;
            for phone_number in ["+19705551234", "+19705551235"] {
                let number = bare(NumberId(ids.next()), phone_number);
                change.add_number(&scope, &Number { agent: Some(Arc::new(agent.clone())), ..number })?;
            }
            Ok::<_, Error>((agency.id, agent.id))
        })
        .unwrap();
    store
        .read(|snapshot| {
            let scope = access::operator(snapshot, agency)?;
            snapshot.agencies()?;
            snapshot.users(Some(&scope))?;
            keys::list(snapshot, agency)?;
            for whose in [None, Some(&scope)] {
                snapshot.events(whose, 0, 1)?;
                snapshot.place_before_last_events(whose, 1)?;
            }
            snapshot.revision(&scope)?;
            snapshot.agency_name(&scope)?;
            snapshot.agency_of_agent(agent)?;
            snapshot.agent_settings(&scope, agent)?;
            snapshot.number_anywhere(NumberId(uuid::Uuid::from_u64_pair(0, 0)))?;
            let live = "+19705551234".parse().map_err(Error::internal)?;
            assert!(snapshot.live_number(&scope, &live)?.is_some());
            agents::list(snapshot, agency)?;
            every_list(snapshot, &scope, agent)
        })
        .unwrap();
    // Searches on a roll: a new one, and the next.
    let store = &store.clone().with_memory(1 << 20);
    let search = || {
        let filter = NumberFilter { search: Search::new("555"), ..NumberFilter::default() };
        let window = Window::at(0, 9);
        let listing = store
            .read(|snapshot| numbers::list(snapshot, &access::operator(snapshot, agency)?, &filter, window, |_| true));
        listing.unwrap().slice.total
    };
    assert_eq!(search(), 2);
    let third = bare(NumberId(ids.next()), "+19705551236");
    store.write(|change| change.add_number(&access::operator(change, agency)?, &third)).unwrap();
    assert_eq!(search(), 3);
    trade(store, agency, agent);
    tell(store, agency);
}

/// Has a webhook told of events, which nobody hears.
fn tell(store: &Store, agency: AgencyId) {
    let key = crate::model::Secret::new("a key".repeat(8));
    let keyring = Keyring::new(Some(&key), None).unwrap();
    let settings = Webhooks::default();
    let nobody = || Courier::with_lookup(&settings, Arc::new(|_| Ok(Vec::new())), Duration::from_secs(1)).unwrap();
    let (clock, ids) = (Clock::Fixed(Timestamp(0)), Ids::Counted(3000.into()));
    let new =
        webhooks::NewWebhook { url: "https://a.example".into(), wanted: EventTypes::default(), description: None };
    let (id, _) =
        store.write(|change| webhooks::add(change, (&clock, &ids), &keyring, &nobody(), agency, new)).unwrap();
    let changes = agencies::Changes { name: Some("Told".into()), ..Default::default() };
    store.write(|change| agencies::update(change, agency, changes)).unwrap();
    let dispatch = Dispatch::new(store.clone(), keyring.clone(), nobody(), (clock, ids), Duration::ZERO);
    let dispatch = Arc::new(dispatch);
    for turn in dispatch.turns().unwrap() {
        turn.run().unwrap();
    }
    let minute = Duration::from_mins(1);
    store
        .write(|change| {
            assert_eq!(webhooks::deliveries(change, agency, id, true, 1)?.len(), 0);
            let told = webhooks::deliveries(change, agency, id, false, 1)?.remove(0);
            assert_eq!((told.attempts, &*told.event_type), (1, "agency.changed"));
            webhooks::resend(change, &clock, agency, told.id)?;
            webhooks::rotate(change, &clock, &keyring, agency, id, minute)?;
            webhooks::rekey(
                change,
                &Keyring::new(Some(&crate::model::Secret::new("other".repeat(8))), Some(&key)).unwrap(),
            )?;
            webhooks::disable(change, agency, id)?;
            webhooks::enable(change, &clock, agency, id, true)?;
            webhooks::list(change, agency)
        })
        .unwrap();
    dispatch.forget_old().unwrap();
    store.write(|change| webhooks::remove(change, agency, id)).unwrap();
}

/// Buys, assigns and releases, and keeps house.
fn trade(store: &Store, agency: AgencyId, agent: AgentId) {
    let directory = tempfile::tempdir().unwrap();
    let carriers = Carriers::default().with_simulator(Arc::new(Simulator::open(directory.path(), 1).unwrap()));
    let terms = Orders {
        release_hold: Duration::ZERO,
        absence_proof: Duration::ZERO,
        retry_delay: Duration::ZERO,
        carrier_deadline: Duration::ZERO,
    };
    let desk = Desk::new(store.clone(), carriers, Clock::Fixed(Timestamp(0)), Ids::Counted(1000.into()), terms);
    let changes =
        agencies::Changes { monthly_budget: Some(Some((Money(i64::MAX), "USD".into()))), ..Default::default() };
    store.write(|change| agencies::update(change, agency, changes)).unwrap();
    let scope = store.read(|snapshot| access::operator(snapshot, agency)).unwrap();
    let caller = Caller { actor: Actor::Operator, permissions: Permissions::ALL, scope };
    let asked =
        |key: &str| Asked { caller, by: By::OPERATOR, repeat: Some(Repeat { key: key.to_owned(), request: [0; 32] }) };
    let item = |number: &str| Item {
        phone_number: number.parse().unwrap(),
        friendly_name: None,
        agent: None,
        papers: crate::model::Papers::default(),
        external_id: None,
        expires_at: None,
    };
    let items = ["+15005550006", "+15005550000"].map(item);
    let Placed::Now(bought, _) = desk.purchase(&asked("a"), &items, None).unwrap() else { panic!("asked before") };
    desk.answered(&asked("a"), 207, b"{}").unwrap();
    let number = bought[0].number.as_ref().unwrap().id;
    let route = Route { sip_uri: Some("sip:a@b".into()), ..Route::default() };
    let given = agents::Given { route: Some(route), ..Default::default() };
    let ids = Ids::Counted(2000.into());
    store.write(|change| agents::update(change, &Clock::Fixed(Timestamp(0)), &ids, agency, agent, given)).unwrap();
    let changes = assignments::Changes { agent: Some(Some(agent)), ..Default::default() };
    desk.change_number(&caller, &By::OPERATOR, number, &changes).unwrap();
    desk.settle_due().unwrap();
    desk.release(&asked("b"), &[number]).unwrap();
    desk.forget_old_answers().unwrap();
    come_and_go(&desk, &asked("c"), agent);
    store
        .read(|snapshot| {
            snapshot.numbers_at(Carrier::Simulator, "simulator")?;
            orders::open(snapshot, agency)
        })
        .unwrap();
}

/// Brings numbers along, lets go of them, and removes their agent.
fn come_and_go(desk: &Desk, asked: &Asked, agent: AgentId) {
    let (store, caller) = (desk.store(), &asked.caller);
    let wanted = Wanted { country: "US".into(), limit: 5, ..Wanted::default() };
    let soon = Some(Timestamp(1));
    let whichever = Whichever { wanted, agent: Some(agent), expires_at: soon, ..Whichever::default() };
    let Placed::Now(bought, _) = desk.purchase_whichever(asked, &whichever).unwrap() else { panic!("asked before") };
    assert!(bought.is_some_and(|purchase| purchase.number.is_some()));
    desk.release_expired().unwrap();
    for (phone_number, trunk) in [("+4930100000001", Some(NewTrunk::default())), ("+4930100000002", None)] {
        let whence = Whence::Trunk(trunk.map(Box::new));
        let phone_number = phone_number.parse().unwrap();
        let new = Imported { phone_number, friendly_name: None, inbound: true, outbound: true, whence };
        let number = desk.import_number(caller, &By::OPERATOR, new).unwrap();
        store
            .read(|snapshot| {
                accounts::trunks(snapshot, &caller.scope, std::iter::once(&number))?;
                accounts::whereabouts(snapshot, &caller.scope, &number)
            })
            .unwrap();
        desk.let_go(caller, &By::OPERATOR, number.id).unwrap();
    }
    let _ = desk.sender(caller, &Sender::Agent(agent));
    store
        .read(|snapshot| {
            snapshot.cursor_key()?;
            agents::profiles(snapshot, &caller.scope, Window::at(0, 9))
        })
        .unwrap();
    let (clock, ids) = (Clock::Fixed(Timestamp(0)), Ids::Counted(4000.into()));
    store.write(|change| agents::remove(change, &clock, &ids, &caller.scope, agent)).unwrap();
}

fn every_list(snapshot: &Snapshot, scope: &Scope, agent: AgentId) -> Result<()> {
    for status in [None, Some(Status::Active)] {
        for flags in 0..4 {
            for agent in [None, Some(agent)] {
                for search in [None, Search::new("555")] {
                    let filter = NumberFilter {
                        status,
                        include_released: flags & 1 != 0,
                        assigned: flags & 2 != 0,
                        unassigned: false,
                        agent,
                        search,
                    };
                    let mut shown = Vec::new();
                    snapshot.each_number(scope, &filter, |number| {
                        shown.push(number.phone_number.to_string());
                        Ok::<_, Error>(())
                    })?;
                    assert_eq!(shown, ["+19705551234", "+19705551235"], "{filter:?}");
                    for offset in [0, 1] {
                        let window = Window::at(offset, 1);
                        let place = (Timestamp(1), NumberId(uuid::Uuid::from_u128(1)));
                        numbers::walk(snapshot, scope, &filter, Some(place), 1)?;
                        let listing = numbers::list(snapshot, scope, &filter, window, |_| true)?;
                        assert_eq!(listing.slice.items.len(), 1, "{filter:?} did not find the row it should walk to");
                    }
                }
            }
        }
    }
    Ok(())
}

/// The steps of a plan that touch a table, e.g. `SEARCH n USING PRIMARY KEY (agency_no=? AND created_at=?)`.
fn plan(connection: &Connection, sql: &str) -> Vec<String> {
    let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
    let steps = statement.raw_query().mapped(|row| row.get::<_, String>(3)).collect::<rusqlite::Result<Vec<_>>>();
    steps.unwrap()
}

#[test]
fn every_statement_searches_a_tenants_rows_through_a_key_that_begins_with_the_agency() {
    let directory = tempfile::tempdir().unwrap();
    let data_dir = DataDir::new(directory.path().join("data"));
    migrate(&data_dir, None).unwrap();
    let store = Store::open(&data_dir, 1).unwrap();
    watch(&store.writer.get().unwrap());
    watch(&store.readers.get().unwrap());
    live(&store);

    let connection = store.writer.get().unwrap();
    fire(&connection);
    let executed = EXECUTED.lock().unwrap().clone();
    let mut plans = String::new();
    for sql in
        executed.iter().filter(|sql| !["BEGIN", "COMMIT", "ROLLBACK", "TRIGGER"].iter().any(|w| sql.starts_with(w)))
    {
        let steps = plan(&connection, sql);
        plans.extend([sql, "\n"]);
        for step in &steps {
            plans.extend(["    ", step, "\n"]);
            assert_within_the_agency(sql, step);
        }
    }
    insta::assert_snapshot!("plans", plans);
}

/// A step may search a tenant table by the agency first, or a user or a key by its own id: that is how the agency is
/// learnt. An import may ask whether an id is here, whosever it is, and the operator for all events.
fn assert_within_the_agency(sql: &str, step: &str) {
    let words: Vec<&str> = step.split_whitespace().collect();
    let [deed @ ("SEARCH" | "SCAN"), name, ..] = words[..] else { return };
    let table = TENANT_TABLES.iter().find(|table| {
        name == **table || sql.contains(&format!("{table} AS {name} ")) || sql.contains(&format!("{table} AS {name},"))
    });
    let by_agency = deed == "SEARCH" && step.contains("(agency_no=?");
    let asked_by_an_import = ["n.id = ?1", "m.id = ?1"].iter().any(|end| sql.ends_with(end));
    let is_who_asks = table == Some(&"users") || sql.ends_with("k.id = ?1");
    let by_own_id = (is_who_asks || asked_by_an_import) && step.contains("(id=?)");
    let of_all_events =
        ["WHERE e.seq > ?1 ORDER BY e.seq LIMIT ?2", "SELECT seq FROM events ORDER BY seq DESC LIMIT 1 OFFSET ?1"];
    let asked_by_the_operator = table == Some(&"events") && of_all_events.iter().any(|end| sql.ends_with(end));
    let of_all_agencies = [
        "WHERE o.state IN (0, 1, 4) AND o.due_at <= ?1 ORDER BY o.due_at LIMIT ?2",
        "WHERE carrier = ?1 AND carrier_account = ?2 AND status <> 3",
        "WHERE carrier = ?1 AND carrier_account = ?2 AND phone_number = ?3 AND status <> 3)",
        "DELETE FROM idempotency_keys WHERE created_at <= ?1",
        "FROM webhooks AS w JOIN agencies AS a ON a.agency_no = w.agency_no WHERE w.state = 0",
        "FROM webhooks AS w JOIN agencies AS a ON a.agency_no = w.agency_no ORDER BY w.agency_no, w.id",
        "UPDATE webhooks SET secret_before = NULL, before_until = NULL WHERE before_until <= ?1",
        "DELETE FROM webhook_deliveries WHERE created_at <= ?1",
        "WHERE n.expires_at <= ?1 AND n.status <> 3 AND n.status <> 0 ORDER BY n.expires_at LIMIT ?2",
    ];
    let asked_by_the_house = of_all_agencies.iter().any(|end| sql.ends_with(end));
    // A number, an order or a delivery by its id, within the agency.
    let names_it = ["agency_no = ?1", "agency_no = :agency"].iter().any(|condition| sql.contains(condition));
    let by_both = step.contains("(id=? AND agency_no=?") || step.contains("(id=?)") && names_it;
    assert!(
        table.is_none() || by_agency || by_own_id || by_both || asked_by_the_operator || asked_by_the_house,
        "{step}\n in {sql}"
    );
}

fn bare(id: NumberId, phone_number: &str) -> Number {
    Number::bare(id, phone_number.parse().expect("a test's number"), Carrier::Simulator, Timestamp(0))
}
