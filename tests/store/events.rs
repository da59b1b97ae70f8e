//! Events: each change of anything leaves one, with who, what was and what is; and nobody takes one away.

use std::sync::Arc;

use linekeeper::clock::{Clock, Ids};
use linekeeper::inventory::keys::{self, NewKey};
use linekeeper::inventory::{access, agencies, agents, users};
use linekeeper::model::{
    Actor, AgencyId, AgentId, By, Error, Event, KeyId, Permissions, Result, Role, Timestamp, UserId,
};
use linekeeper::store::Change;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{Inventory, NOON, add_agency, add_agent, add_user, agent, id, number};

const AGENCY: AgencyId = AgencyId(id(1));
const CLOCK: Clock = Clock::Fixed(NOON);

fn events(inventory: &Inventory) -> Vec<Event> {
    inventory.store.read(|snapshot| snapshot.events(None, 0, 1_000)).unwrap()
}

/// The events that a deed leaves.
fn left_by(inventory: &Inventory, deed: impl FnOnce()) -> Vec<Event> {
    let before = events(inventory).last().map_or(0, |event| event.seq);
    deed();
    inventory.store.read(|snapshot| snapshot.events(None, before, 1_000)).unwrap()
}

fn object(text: Option<&String>) -> Value {
    text.map_or(Value::Null, |text| serde_json::from_str(text).unwrap())
}

/// An event that must be the only one: what happened, to what, what was, and what is.
fn only(events: &[Event]) -> (String, Uuid, Value, Value) {
    let [event] = events else { panic!("not one event: {events:#?}") };
    (
        format!("{} {}", event.noun, event.deed),
        event.subject,
        object(event.before.as_ref()),
        object(event.after.as_ref()),
    )
}

fn hex(number: u64) -> String {
    id(number).simple().to_string()
}

/// Every noun once, as the program adds them: which event each left, and of whom.
fn everything(inventory: &Inventory, by: &By) -> Vec<Event> {
    let one_deed = |deed: &dyn Fn(&Change) -> Result<()>| {
        let mut left = left_by(inventory, || inventory.store.write_by(by, deed).unwrap());
        assert_eq!(left.len(), 1, "{left:#?}");
        left.remove(0)
    };
    let scope = |change: &Change| access::operator(change, AGENCY);
    vec![
        one_deed(&|change| add_agency(change, 1, "Northwind").map(drop)),
        one_deed(&|change| add_user(change, Some(&scope(change)?), 2, Role::AgencyAdmin).map(drop)),
        one_deed(&|change| add_agent(change, &scope(change)?, &agent(3, Some("Sales")))),
        one_deed(&|change| {
            let row = linekeeper::model::Number {
                agent: Some(Arc::new(agent(3, Some("Sales")))),
                ..number(4, "+19705551234")
            };
            change.add_number(&scope(change)?, &row)
        }),
        one_deed(&|change| {
            let key = linekeeper::model::ApiKey {
                id: KeyId(id(5)),
                name: Some("CRM".into()),
                permissions: Permissions::ALL,
                partner: false,
                created_at: NOON,
                expires_at: None,
                revoked_at: None,
            };
            change.add_key(&scope(change)?, &key, &[7; 32])
        }),
    ]
}

#[test]
fn what_is_added_leaves_one_event_with_what_there_is() {
    let inventory = Inventory::empty();
    let by = By { actor: Actor::User(UserId(id(9))), request_id: Some("r-1".into()), at: Some(Timestamp(NOON.0 + 5)) };
    let left = everything(&inventory, &by);
    for (event, (noun, subject, after)) in left.iter().zip([
        ("agency", 1, json!({"name": "Northwind"})),
        ("user", 2, json!({"email": "user2@example.com", "role": "agency_admin", "agency": hex(1)})),
        (
            "agent",
            3,
            json!({"ultravox_agent_id": "uv-3", "ultravox_agent_name": "Sales", "voice": "en-US-Standard",
                "language_hint": "en", "recording_enabled": 1}),
        ),
        (
            "number",
            4,
            json!({"phone_number": "+19705551234", "phone_number_id": "telnyx-id", "friendly_name": "Main Line",
                "number_type": "local", "country_code": "US", "voice_enabled": 1, "sms_enabled": 0, "mms_enabled": 0,
                "inbound": 1, "outbound": 0, "agent_mapping_id": hex(3), "monthly_cost": 10_000, "currency": "USD",
                "status": "active", "is_active": 1, "carrier": "telnyx", "purchased_at": NOON.0}),
        ),
        ("key", 5, json!({"name": "CRM", "permissions": 255, "partner": 0})),
    ]) {
        let expected = (format!("{noun} added"), id(subject), Value::Null, after);
        assert_eq!(only(std::slice::from_ref(event)), expected);
        let who = (&*event.actor, event.request_id.as_deref(), event.at, event.agency);
        assert_eq!(who, (&*format!("user {}", id(9)), Some("r-1"), Timestamp(NOON.0 + 5), Some(AGENCY)), "{noun}");
    }
    assert_eq!(left.len(), 5);
}

#[test]
fn what_is_changed_leaves_one_event_with_what_changed() {
    let inventory = Inventory::empty();
    everything(&inventory, &By::OPERATOR);
    let changed = |deed: &dyn Fn(&Change) -> Result<()>| only(&left_by(&inventory, || inventory.write(deed)));
    let named = |noun: &str, subject, before, after| (format!("{noun} changed"), id(subject), before, after);
    assert_eq!(
        changed(&|change| agencies::update(change, AGENCY, southwind())),
        named("agency", 1, json!({"name": "Northwind"}), json!({"name": "Southwind"}))
    );
    let no_agency = users::Changes { role: Some(Role::AgencyMember), agency: Some(None), email: None };
    assert_eq!(
        changed(&|change| users::update(change, UserId(id(2)), no_agency.clone()).map(drop)),
        named(
            "user",
            2,
            json!({"role": "agency_admin", "agency": hex(1)}),
            json!({"role": "agency_member", "agency": null})
        )
    );
    let quiet = || agents::Given { records_calls: Some(false), ..agents::Given::default() };
    assert_eq!(
        changed(&|change| agents::update(change, &CLOCK, &Ids::Fresh, AGENCY, AgentId(id(3)), quiet()).map(drop)),
        named("agent", 3, json!({"recording_enabled": 1}), json!({"recording_enabled": 0}))
    );
    assert_eq!(
        changed(&|change| keys::revoke(change, &CLOCK, AGENCY, KeyId(id(5)))),
        named("key", 5, json!({"revoked_at": null}), json!({"revoked_at": NOON.0}))
    );
    // What is written as it was, is no change.
    let again = left_by(&inventory, || {
        inventory.write(|change| {
            agencies::update(change, AGENCY, southwind())?;
            agents::update(change, &Clock::System, &Ids::Fresh, AGENCY, AgentId(id(3)), quiet())?;
            keys::revoke(change, &Clock::System, AGENCY, KeyId(id(5)))
        });
    });
    assert_eq!(again, []);
}

fn southwind() -> agencies::Changes {
    agencies::Changes { name: Some("Southwind".into()), ..agencies::Changes::default() }
}

/// The one event that a statement of another program leaves.
fn from_outside(inventory: &Inventory, sql: &str) -> (String, Uuid, Value, Value) {
    let left = left_by(inventory, || assert_eq!(inventory.sqlite().execute(sql, []).unwrap(), 1, "{sql}"));
    let event = only(&left);
    let now = Clock::System.now().0;
    assert_eq!((&*left[0].actor, &left[0].request_id), ("outside", &None), "{sql}");
    assert!((now - 10_000_000..=now).contains(&left[0].at.0), "{:?} at {now}", left[0].at);
    event
}

#[test]
fn what_another_program_changes_leaves_one_event_from_outside() {
    let inventory = Inventory::empty();
    everything(&inventory, &By::OPERATOR);
    let sql = "UPDATE agency_phone_numbers SET status = 3, agent_mapping_id = NULL, assigned = 0, released_at = 8";
    let before = json!({"status": "active", "agent_mapping_id": hex(3), "released_at": null});
    let after = json!({"status": "released", "agent_mapping_id": null, "released_at": 8});
    assert_eq!(from_outside(&inventory, sql), ("number changed".into(), id(4), before, after));
    let touched = left_by(&inventory, || {
        inventory.sqlite().execute("UPDATE agency_phone_numbers SET updated_at = 9", []).unwrap();
    });
    assert_eq!(touched, [], "that it was touched is no change");
}

#[test]
fn what_another_program_removes_leaves_one_event_from_outside() {
    let inventory = Inventory::empty();
    let added = everything(&inventory, &By::OPERATOR);
    // What points at others goes first, and what is counted about an agency goes with it.
    for (place, table) in
        [(3, "agency_phone_numbers"), (2, "agent_mappings"), (4, "api_keys"), (1, "users"), (0, "agencies")]
    {
        if table == "agencies" {
            inventory.sqlite().execute_batch("DELETE FROM number_counts; DELETE FROM number_changes").unwrap();
        }
        let event = &added[place];
        let removed = (format!("{} removed", event.noun), event.subject, object(event.after.as_ref()), Value::Null);
        assert_eq!(from_outside(&inventory, &format!("DELETE FROM {table}")), removed);
    }
    assert_eq!(events(&inventory).last().unwrap().agency, None, "there is no such agency any more");
}

#[test]
fn an_order_leaves_one_event_a_step() {
    let inventory = Inventory::empty();
    inventory.write(|change| add_agency(change, 1, "Northwind"));
    let add = "INSERT INTO orders
            (agency_no, id, basket, place, deed, number_id, phone_number, carrier, state, created_at, updated_at)
        SELECT agency_no, x'00000000000040008000000000000006', x'00000000000040008000000000000007', 0, 0,
            x'00000000000040008000000000000004', '+19705551234', 0, 0, 0, 0 FROM agencies";
    let order = |state| json!({"deed": "purchase", "number": hex(4), "phone_number": "+19705551234", "state": state, "sends": 0});
    let step = |sql| from_outside(&inventory, sql);
    assert_eq!(step(add), ("order added".into(), id(6), Value::Null, order("claimed")));
    assert_eq!(
        step("UPDATE orders SET state = 1"),
        ("order changed".into(), id(6), json!({"state": "claimed"}), json!({"state": "sending"}))
    );
    assert_eq!(step("DELETE FROM orders"), ("order removed".into(), id(6), order("sending"), Value::Null));
}

#[test]
fn an_event_bears_the_name_of_who_acts_and_nobody_elses() {
    let inventory = Inventory::empty();
    let mut numbers = 10..;
    let mut add = |by: Option<By>| {
        let number = numbers.next().unwrap();
        let deed = |change: &Change| add_agency(change, number, "An agency").map(drop);
        let left = left_by(&inventory, || match &by {
            Some(by) => inventory.store.write_by(by, deed).unwrap(),
            None => inventory.store.write(deed).unwrap(),
        });
        (left[0].actor.clone(), left[0].request_id.clone(), left[0].at)
    };
    let by = |actor, request_id: Option<&str>| By { actor, request_id: request_id.map(str::to_owned), at: Some(NOON) };
    let key = Actor::Key(KeyId(id(5)));
    assert_eq!(add(Some(by(key, Some("r-2")))), (format!("key {}", id(5)), Some("r-2".into()), NOON));
    assert_eq!(add(Some(by(Actor::Worker, None))), ("worker".into(), None, NOON));
    let (actor, request_id, at) = add(None);
    assert_eq!((&*actor, request_id), ("operator", None), "what the last one left");
    assert!(Clock::System.now().0 - at.0 < 10_000_000);
    inventory.sqlite().execute("UPDATE agencies SET name = 'Renamed' WHERE name = 'An agency'", []).unwrap();
    let outside = events(&inventory).into_iter().filter(|event| event.actor == "outside").count();
    assert_eq!(outside, 3, "one each");
}

#[test]
fn what_is_taken_back_has_not_happened() {
    let inventory = Inventory::empty();
    let left = left_by(&inventory, || {
        let refused = inventory.store.write(|change| {
            add_agency(change, 1, "Northwind")?;
            Err::<(), _>(Error::Forbidden)
        });
        assert!(refused.is_err());
        inventory.sqlite().execute_batch("BEGIN; UPDATE agencies SET name = 'x'; ROLLBACK").unwrap();
    });
    assert_eq!(left, []);
    // Nor is its actor remembered.
    inventory.write(|change| add_agency(change, 2, "Southwind"));
    inventory.sqlite().execute("UPDATE agencies SET name = 'x'", []).unwrap();
    assert_eq!(events(&inventory).iter().map(|event| &*event.actor).collect::<Vec<_>>(), ["operator", "outside"]);
}

#[test]
fn events_are_neither_changed_nor_removed() {
    let inventory = Inventory::empty();
    inventory.write(|change| add_agency(change, 1, "Northwind"));
    let before = events(&inventory);
    let replace = "INSERT OR REPLACE INTO events SELECT seq, agency_no, at, 'nobody', NULL, noun, subject, deed, NULL, NULL FROM events";
    for sql in ["UPDATE events SET actor = 'nobody'", "DELETE FROM events", replace] {
        let refused = inventory.sqlite().execute(sql, []).unwrap_err().to_string();
        assert!(refused.contains("events are only ever added"), "{sql}: {refused}");
    }
    assert_eq!(events(&inventory), before);
}

#[test]
fn an_agency_reads_its_own_events_in_order_and_from_anywhere() {
    let inventory = Inventory::empty();
    inventory.write(|change| {
        let (one, two) = (add_agency(change, 1, "One")?, add_agency(change, 2, "Two")?);
        for user in 10..20 {
            add_user(change, Some(if user % 2 == 0 { &one } else { &two }), user, Role::AgencyMember)?;
        }
        add_user(change, None, 30, Role::Admin)?;
        let new = NewKey { name: None, permissions: Permissions::ALL, partner: false, expires_at: None };
        keys::create(change, &CLOCK, &Ids::Fresh, AgencyId(id(2)), new).map(drop)
    });
    let subjects = |agency: Option<u64>, after, limit| -> Vec<i64> {
        let read = inventory.store.read(|snapshot| {
            let scope = agency.map(|agency| access::operator(snapshot, AgencyId(id(agency)))).transpose()?;
            let events = snapshot.events(scope.as_ref(), after, limit)?;
            assert!(agency.is_none() || events.iter().all(|event| event.agency == scope.map(|scope| scope.agency())));
            Ok::<_, Error>(events.iter().map(|event| event.seq).collect())
        });
        read.unwrap()
    };
    assert_eq!(subjects(None, 0, 100), (1..=14).collect::<Vec<_>>());
    assert_eq!(subjects(Some(1), 0, 100), [1, 3, 5, 7, 9, 11]);
    assert_eq!(subjects(Some(2), 4, 3), [6, 8, 10]);
    assert_eq!(subjects(None, 12, 1), [13]);
    assert_eq!(subjects(Some(1), 11, 100), [0; 0]);
    let before_last = |agency: Option<u64>, count| {
        let read = inventory.store.read(|snapshot| {
            let scope = agency.map(|agency| access::operator(snapshot, AgencyId(id(agency)))).transpose()?;
            snapshot.place_before_last_events(scope.as_ref(), count)
        });
        read.unwrap()
    };
    assert_eq!([0, 1, 13, 14, 100].map(|count| before_last(None, count)), [14, 13, 1, 0, 0]);
    assert_eq!([0, 1, 5, 6, 7].map(|count| before_last(Some(1), count)), [11, 9, 1, 0, 0]);
}
