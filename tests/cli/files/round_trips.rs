//! What an export writes, an import reads back; and an export is what a list shows.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use linekeeper::clock::Ids;
use linekeeper::files::{Format, Sheet, Terms, Writing};
use linekeeper::inventory::import::Tally;
use linekeeper::inventory::{access, arrivals};
use linekeeper::model::{
    Agent, AgentId, Carrier, Money, Number, NumberFilter, NumberId, Search, Status, Timestamp, Window,
};
use linekeeper::store::{Change, Scope};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, TestRunner};
use serde_json::Value;

use super::{House, text};
use crate::support::{agent, id, linekeeper};

#[test]
fn a_filter_exports_what_a_list_with_it_shows() {
    let mut runner = TestRunner::deterministic();
    let numbers = inventories(60..61).new_tree(&mut runner).unwrap().current();
    let house = House::with(&numbers);
    let agent = agent(10, None).id.to_string();
    let mut sizes = BTreeSet::new();
    for flags in 0..128_u32 {
        let has = |bit: u32| flags & 1 << bit != 0;
        let filter = NumberFilter {
            status: has(0).then_some(if has(1) { Status::Released } else { Status::Active }),
            include_released: has(2),
            assigned: has(3),
            unassigned: has(4),
            agent: has(5).then(|| AgentId(id(10))),
            search: if has(6) { Search::new("1") } else { None },
        };
        let (mut exported, listed) = house
            .inventory
            .store
            .read(|snapshot| {
                let scope = access::operator(snapshot, house.scope.agency())?;
                let counts = snapshot.number_counts(&scope)?;
                let listed = snapshot.numbers(&scope, &filter, Window::at(0, 1_000), &counts)?;
                let mut exported = Vec::new();
                snapshot.each_number(&scope, &filter, |number| {
                    exported.push(number.clone());
                    Ok::<_, linekeeper::model::Error>(())
                })?;
                Ok::<_, linekeeper::model::Error>((exported, listed))
            })
            .unwrap();
        exported.reverse();
        assert_eq!(exported, listed.items.iter().map(|number| Number::clone(number)).collect::<Vec<_>>(), "{filter:?}");
        sizes.insert(exported.len());
    }
    assert!(sizes.len() > 8, "{sizes:?}");
    let rows = |args: &[&str]| {
        let json: Value = serde_json::from_str(&house.export(&[&["--format", "json"], args].concat())).unwrap();
        json.as_array().unwrap().len()
    };
    let of = |admits: &dyn Fn(&Number) -> bool| numbers.iter().filter(|number| admits(number)).count();
    assert_eq!(rows(&["--status", "released"]), of(&|number| number.status == Status::Released));
    assert_eq!(rows(&["--unassigned", "--include-released"]), of(&|number| number.agent.is_none()));
    assert_eq!(
        rows(&["--agent", &agent, "--include-released"]),
        of(&|number| number.agent.as_ref().is_some_and(|a| a.id == AgentId(id(10))))
    );
    assert_eq!(rows(&["--search", "nowhere to be found"]), 0);
    assert_eq!(rows(&["--assigned", "--unassigned"]), 0);
}

/// Texts that break files: formulas, quotation marks, separators, line ends, other scripts, nothing.
fn words() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(String::new()),
        "(['=+@;,\t\r\n\" -]|\u{feff}|\u{200b}|＝|[a-c]){0,6}",
        "\\PC{0,12}",
        "[^\u{0}]{0,8}",
    ]
}

fn extreme() -> impl Strategy<Value = i64> {
    prop_oneof![any::<i64>(), -10_000_i64..2_000_000, Just(i64::MIN), Just(i64::MAX), Just(1_736_942_400_000_000)]
}

/// Any inventory: numbers of every state, some answered, some bought again after they were released.
fn inventories(numbers: Range<usize>) -> impl Strategy<Value = Vec<Number>> {
    let texts = proptest::collection::vec(proptest::option::of(words()), 8);
    let times = (proptest::option::of(extreme()), proptest::option::of(extreme()), extreme(), extreme());
    let costs = (proptest::option::of(extreme()), proptest::option::of(extreme()));
    let one = (texts, words(), times, costs, any::<[bool; 6]>(), 0..4_usize, 0..4_usize, 0..3_u64);
    proptest::collection::vec(one, numbers).prop_map(|rows| {
        let numbers = rows.into_iter().zip(1_u64..);
        let whole = numbers.map(|((mut texts, currency, times, costs, flags, status, carrier, answers), place)| {
            let mut text = || texts.pop().flatten().map(|text| text.replace('\0', "").as_str().into());
            let phone = if status == 3 { format!("+1970555{:04}", place % 5) } else { format!("+1970666{place:04}") };
            Number {
                // Ids in no order of time.
                id: NumberId(id(place * 7_919 % 1_009)),
                phone_number: phone.parse().unwrap(),
                carrier_number_id: text(),
                friendly_name: text(),
                number_type: text(),
                country_code: text(),
                carrier_account: text(),
                location: text(),
                routing: text(),
                currency: currency.as_str().into(),
                voice_enabled: flags[0],
                sms_enabled: flags[1],
                mms_enabled: flags[2],
                inbound: flags[3],
                outbound: flags[4],
                is_active: flags[5],
                monthly_cost: costs.0.map(Money),
                setup_cost: costs.1.map(Money),
                status: Status::ALL[status],
                carrier: Carrier::ALL[carrier],
                purchased_at: times.0.map(Timestamp),
                released_at: times.1.map(Timestamp),
                created_at: Timestamp(times.2),
                updated_at: Timestamp(times.3),
                external_id: text(),
                expires_at: times.0.map(Timestamp),
                agent: (answers > 0).then(|| Arc::new(Agent { name: None, ..agent(9 + answers, None) })),
            }
        });
        whole.collect()
    })
}

/// How a trial's change ends: it is undone, with what it found.
enum Undone<T> {
    Tried(T),
    Failed(linekeeper::model::Error),
}

impl<T> From<linekeeper::model::Error> for Undone<T> {
    fn from(error: linekeeper::model::Error) -> Self {
        Self::Failed(error)
    }
}

/// Does something to the first agency, looks, and undoes it.
fn tried<T>(house: &House, deed: impl FnOnce(&Change) -> Result<T, linekeeper::model::Error>) -> T {
    match house.inventory.store.write(|change| Err::<(), _>(Undone::Tried(deed(change)?))) {
        Err(Undone::Tried(found)) => found,
        Err(Undone::Failed(error)) => panic!("{error}"),
        Ok(()) => unreachable!("it is undone"),
    }
}

/// What an export writes, and the numbers it is written of.
fn written(change: &Change, scope: &Scope, filter: &NumberFilter, format: Format) -> (String, Vec<Number>) {
    let (mut writing, mut numbers) = (Writing::begin(format, Vec::new()).unwrap(), Vec::new());
    let read = change.each_number(scope, filter, |number| {
        writing.add(number).unwrap();
        numbers.push(number.clone());
        Ok::<_, linekeeper::model::Error>(())
    });
    read.unwrap();
    (String::from_utf8(writing.finish().unwrap().0).unwrap(), numbers)
}

#[test]
fn whatever_an_export_writes_an_import_reads_back_to_the_same_inventory() {
    let (house, copy) = (House::new(), House::new());
    let all = NumberFilter { include_released: true, ..NumberFilter::default() };
    let filters = [
        all.clone(),
        NumberFilter::default(),
        NumberFilter { assigned: true, ..all.clone() },
        NumberFilter { search: Search::new("6"), ..all.clone() },
    ];
    let terms = Terms { carrier: Carrier::Telnyx, account: None, now: Timestamp(1) };
    let mut runner = TestRunner::new(Config { cases: 40, failure_persistence: None, ..Config::default() });
    let property = |(numbers, which): (Vec<Number>, usize)| {
        let (csv, json, given) = tried(&house, |change| {
            numbers.iter().try_for_each(|number| change.add_number(&house.scope, number))?;
            let (csv, given) = written(change, &house.scope, &filters[which], Format::Csv);
            Ok((csv, written(change, &house.scope, &filters[which], Format::Json).0, given))
        });
        let objects: Value = serde_json::from_str(&json).unwrap();
        prop_assert_eq!(objects.as_array().unwrap().len(), given.len());
        let sheet = Sheet::open(csv.clone().into_bytes()).map_err(TestCaseError::fail)?;
        let (reports, again, taken) = tried(&copy, |change| {
            let take_in = || arrivals::take_in(change, &copy.scope, &Ids::Fresh, "file", &sheet, &terms, &mut || {});
            let reports = [take_in()?, take_in()?];
            let (again, taken) = written(change, &copy.scope, &all, Format::Csv);
            assert_eq!(written(change, &copy.scope, &all, Format::Json).0, json);
            Ok((reports, again, taken))
        });
        for (report, new) in reports.into_iter().zip([given.len() as u64, 0]) {
            prop_assert_eq!(report.numbers, Tally { new, here: given.len() as u64 - new });
            prop_assert!(report.refused.is_empty() && report.differing.is_empty(), "{:?}", report);
        }
        prop_assert_eq!(taken, given);
        prop_assert_eq!(again, csv);
        Ok(())
    };
    runner.run(&(inventories(0..24), 0..filters.len()), property).unwrap();
}

#[test]
fn an_inventory_moves_to_another_house_by_two_commands() {
    let mut runner = TestRunner::deterministic();
    let numbers = inventories(60..61).new_tree(&mut runner).unwrap().current();
    let (house, copy) = (House::with(&numbers), House::new());
    let file = copy.file("numbers.csv");
    let path = file.to_str().unwrap();
    let output = house.run(&["export", "--format", "csv", "--include-released", "--output", path]);
    assert_eq!(text(&output.stdout), format!("numbers: {} exported\n", numbers.len()), "{}", text(&output.stderr));
    let output = copy.run(&["import", "csv", path]);
    assert_eq!(text(&output.stdout), format!("numbers: {} new, 0 already here\nimported\n", numbers.len()));
    assert_eq!(copy.everything(), std::fs::read_to_string(&file).unwrap());
    assert_eq!(copy.numbers(), house.numbers());
    let doctor = linekeeper().args(["doctor", "--data-dir"]).arg(copy.inventory.path()).output().unwrap();
    assert!(text(&doctor.stdout).ends_with("sound\n"));
}
