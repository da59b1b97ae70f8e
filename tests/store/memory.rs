//! Lists, searches and deep pages with what is kept in memory, against the same store without it.

use linekeeper::inventory::numbers;
use linekeeper::model::{Error, Number, NumberFilter, NumberId, Result, Search, Status, Timestamp, Window};
use linekeeper::store::{Scope, Snapshot, Store};

use crate::support::{Inventory, NOON, add_agency, add_agent, agent, id, number};

/// Enough for several blocks.
const NUMBERS: u64 = 3_000;

fn inventory() -> (Inventory, Scope) {
    let inventory = Inventory::empty();
    let scope = inventory.write(|change| {
        let scope = add_agency(change, 1, "Northwind")?;
        (0..NUMBERS).try_for_each(|at| change.add_number(&scope, &nth(at)))?;
        Ok(scope)
    });
    (inventory, scope)
}

fn nth(at: u64) -> Number {
    Number {
        friendly_name: (!at.is_multiple_of(3)).then(|| format!("Line {at}").into()),
        status: Status::ALL[usize::try_from(at % 4).unwrap()],
        created_at: Timestamp(NOON.0 + i64::try_from(at * 7_919 % 1_000).unwrap()),
        ..number(10_000 + at, &format!("+1970{:07}", at * 6_007 % 9_999_991))
    }
}

fn seen(snapshot: &Snapshot, scope: &Scope, search: &str, offset: u64) -> Result<(Vec<NumberId>, u64)> {
    let filter = NumberFilter { search: Search::new(search), include_released: true, ..NumberFilter::default() };
    let slice = numbers::list(snapshot, scope, &filter, Window::at(offset, 30), |_| false)?.slice;
    Ok((slice.items.iter().map(|number| number.id).collect(), slice.total))
}

/// Searches with memory and without, which must agree; and gives what was found.
fn search(store: &Store, scope: &Scope, term: &str, offset: u64) -> (Vec<NumberId>, u64) {
    let ask = |store: &Store| store.read(|snapshot| seen(snapshot, scope, term, offset)).unwrap();
    let found = ask(store);
    assert_eq!(found, ask(&store.clone().with_memory(0)), "{term} at {offset}");
    found
}

#[test]
fn a_search_sees_whatever_was_written_however_it_was_written() {
    let (inventory, scope) = inventory();
    let (store, sqlite) = (&inventory.store, inventory.sqlite());
    let changed = || {
        for (term, offset) in [("line", 0), ("line 1", 1_000), ("55", 30), ("(970) 1", 0), ("", 500)] {
            search(store, &scope, term, offset);
        }
        search(store, &scope, "changed", 0).1
    };
    assert_eq!(changed(), 0, "at first");
    let change = |sql: &str, rows: usize| assert_eq!(sqlite.execute(sql, []).unwrap(), rows, "{sql}");
    let some = |rows: usize| format!("WHERE id IN (SELECT id FROM agency_phone_numbers ORDER BY id LIMIT {rows})");
    change(&format!("UPDATE agency_phone_numbers SET friendly_name = 'changed' {}", some(5)), 5);
    assert_eq!(changed(), 5, "a few changed");
    change(&format!("UPDATE agency_phone_numbers SET created_at = created_at + 77 {}", some(5)), 5);
    assert_eq!(changed(), 5, "a few moved");
    change(&format!("DELETE FROM agency_phone_numbers {}", some(2)), 2);
    assert_eq!(changed(), 3, "two gone");
    // More than the changes that are told.
    change(&format!("UPDATE agency_phone_numbers SET friendly_name = 'changed' {}", some(1_500)), 1_500);
    assert_eq!(changed(), 1_500, "many changed");
    let told = sqlite.query_row("SELECT count(*) FROM number_changes", [], |row| row.get::<_, u64>(0)).unwrap();
    assert_eq!(told, 1_024);
    let renamed = |at| Number { friendly_name: Some("changed".into()), ..nth(at) };
    inventory.write(|change| {
        change.in_bulk(|| (NUMBERS..NUMBERS + 9).try_for_each(|at| change.add_number(&scope, &renamed(at))))
    });
    assert_eq!(changed(), 1_509, "loaded in bulk");
}

#[test]
fn a_change_that_fails_leaves_nothing_to_be_found() {
    let (inventory, scope) = inventory();
    let stray = Number { friendly_name: Some("stray".into()), ..nth(NUMBERS) };
    let failed = inventory.store.write(|change| {
        change.add_number(&scope, &stray)?;
        assert_eq!(seen(change, &scope, "stray", 0)?.1, 1, "a change sees what it wrote");
        Err::<(), _>(Error::NoAgency)
    });
    assert!(failed.is_err());
    assert_eq!(search(&inventory.store, &scope, "stray", 0).1, 0);
    // The same revision, with something else in it.
    inventory
        .write(|change| change.add_number(&scope, &Number { friendly_name: Some("other".into()), ..nth(NUMBERS) }));
    assert_eq!(search(&inventory.store, &scope, "stray", 0).1, 0);
    assert_eq!(search(&inventory.store, &scope, "other", 0).0, [NumberId(id(10_000 + NUMBERS))]);
}

#[test]
fn each_moment_is_searched_as_it_was() {
    let (inventory, scope) = inventory();
    let rename = |name: &str| {
        let sql = "UPDATE agency_phone_numbers SET friendly_name = ?1 WHERE id = ?2";
        inventory.sqlite().execute(sql, rusqlite::params![name, id(10_000).as_bytes().to_vec()]).unwrap();
    };
    let found = |term: &str| inventory.store.read(|snapshot| seen(snapshot, &scope, term, 0)).unwrap().1;
    rename("first");
    inventory
        .store
        .read(|before_all| {
            before_all.revision(&scope)?;
            rename("second");
            assert_eq!((found("first"), found("second")), (0, 1));
            inventory.store.read(|between| {
                between.revision(&scope)?;
                rename("third");
                assert_eq!((found("second"), found("third")), (0, 1));
                assert_eq!(seen(between, &scope, "second", 0)?.1, 1);
                assert_eq!(seen(between, &scope, "third", 0)?.1, 0);
                Ok::<_, Error>(())
            })?;
            // Older than whatever is kept.
            assert_eq!(seen(before_all, &scope, "first", 0)?.1, 1);
            assert_eq!(seen(before_all, &scope, "third", 0)?.1, 0);
            Ok::<_, Error>(())
        })
        .unwrap();
}

#[test]
fn a_deep_page_is_what_comes_after_the_rows_before_it() {
    let inventory = Inventory::empty();
    let scope = inventory.write(|change| {
        let scope = add_agency(change, 1, "Northwind")?;
        change.in_bulk(|| (0..12_000).try_for_each(|at| change.add_number(&scope, &nth(at))))?;
        Ok(scope)
    });
    for offset in [0, 9_990, 10_001, 11_980, 12_000, 1 << 40] {
        let (ids, total) = search(&inventory.store, &scope, "", offset);
        assert_eq!((ids.len() as u64, total), (12_000_u64.saturating_sub(offset).min(30), 12_000));
    }
}

#[test]
fn a_number_is_shown_as_it_is_whatever_was_shown_before() {
    let inventory = Inventory::empty();
    let scope = inventory.write(|change| {
        let scope = add_agency(change, 1, "Northwind")?;
        let agent = agent(7, Some("Sales"));
        add_agent(change, &scope, &agent)?;
        (0..20).try_for_each(|at| {
            let agent = (at % 2 == 0).then(|| agent.clone().into());
            change.add_number(&scope, &Number { agent, ..nth(at) })
        })?;
        Ok(scope)
    });
    let (store, sqlite) = (&inventory.store, inventory.sqlite());
    let ask = |snapshot: &Snapshot| {
        let filter = NumberFilter { include_released: true, ..NumberFilter::default() };
        Ok::<_, Error>(numbers::list(snapshot, &scope, &filter, Window::at(0, 50), |_| false)?.slice)
    };
    let shown = || {
        let shown = store.read(ask).unwrap();
        assert_eq!(shown, store.clone().with_memory(0).read(ask).unwrap());
        shown.items.iter().map(|number| number.agent.as_ref().and_then(|agent| agent.name.clone())).collect::<Vec<_>>()
    };
    let change = |sql: &str| assert!(sqlite.execute(sql, []).unwrap() > 0, "{sql}");
    let sales =
        |names: &[Option<String>], name: &str| names.iter().filter(|known| known.as_deref() == Some(name)).count();
    assert_eq!(sales(&shown(), "Sales"), 10);
    change("UPDATE agency_phone_numbers SET monthly_cost = 77 WHERE status = 1");
    shown();
    change("UPDATE agent_mappings SET ultravox_agent_name = 'Support'");
    assert_eq!(sales(&shown(), "Support"), 10, "a number shows its agent as it is");
    // Both in one transaction: more revisions than numbers that changed.
    sqlite.execute_batch("BEGIN; UPDATE agent_mappings SET ultravox_agent_name = 'Both'; UPDATE agency_phone_numbers SET setup_cost = 1 WHERE status = 2; COMMIT").unwrap();
    assert_eq!(sales(&shown(), "Both"), 10);
    change("UPDATE agency_phone_numbers SET created_at = created_at - 5000 WHERE status = 0");
    assert_eq!(shown().len(), 20);
    store
        .read(|before| {
            before.revision(&scope)?;
            change("UPDATE agent_mappings SET ultravox_agent_name = 'Later'");
            assert_eq!(sales(&shown(), "Later"), 10);
            let names =
                ask(before)?.items.iter().filter_map(|number| number.agent.as_ref()?.name.clone()).collect::<Vec<_>>();
            assert_eq!(names, vec!["Both"; 10], "an older moment shows what was");
            Ok::<_, Error>(())
        })
        .unwrap();
    assert_eq!(sales(&shown(), "Later"), 10);
    let failed = store.write(|writing| {
        writing.add_number(&scope, &nth(900))?;
        assert_eq!(ask(writing)?.items.len(), 21);
        Err::<(), _>(Error::NoAgency)
    });
    assert!(failed.is_err());
    assert_eq!(shown().len(), 20, "what was not done is not shown");
}
