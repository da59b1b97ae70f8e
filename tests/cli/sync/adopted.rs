//! Numbers that only the carrier knows, and those of which only the account is not known.

use linekeeper::model::{NumberType, Status};

use super::{House, SID, Shape, of_both, owner, release, row, rows};
use crate::support::id;

#[test]
fn an_import_takes_everything_in_as_the_carrier_has_it_once_and_a_dry_run_only_says_so() {
    of_both(2, |house| {
        let toll_free = house.bought_elsewhere(NumberType::TollFree);
        let (first, before, deeds) = (&house.there[0], house.tables(), house.deeds());
        let mut each = house.there.iter().map(|rented| (&rented.phone_number, "1.15")).collect::<Vec<_>>();
        each.push((&toll_free.phone_number, "2.15"));
        each.sort();
        let expected = |what: &str| {
            each.iter()
                .map(|(number, cost)| row(&[what, number.as_str(), &format!("{cost} USD a month"), ""]))
                .collect::<Vec<_>>()
        };
        assert_eq!(house.import(&["--dry-run"]), expected("unknown"));
        assert_eq!(house.sync(&["--dry-run"]), expected("unknown"));
        assert!(house.tables() == before, "a dry run has written something");
        assert_eq!(house.import(&[]), expected("adopted"));
        assert_eq!(house.deeds(), deeds, "nothing is changed at the carrier");

        let here = house.number(1, &first.phone_number).unwrap();
        assert_eq!((here.status, here.is_active, here.agent.is_none()), (Status::Active, true, true));
        assert_eq!(here.carrier_account.as_deref(), Some(SID));
        assert_eq!(here.carrier_number_id.as_deref(), Some(&*first.carrier_number_id));
        assert_eq!((here.number_type.as_deref(), here.country_code.as_deref()), (Some("local"), Some("US")));
        assert_eq!(here.friendly_name.as_deref(), first.traits.friendly_name.as_deref());
        assert_eq!(here.friendly_name.is_some(), house.shape == Shape::Twilio);
        assert_eq!((here.monthly_cost.unwrap().0, &*here.currency, here.routing.as_deref()), (11_500, "USD", None));
        assert!(here.voice_enabled);
        if let Some(features) = first.traits.features {
            assert_eq!((here.sms_enabled, here.mms_enabled), (features.sms, features.mms));
        }
        let free = house.number(1, &toll_free.phone_number).unwrap();
        assert_eq!((free.number_type.as_deref(), free.monthly_cost.unwrap().0), (Some("toll_free"), 21_500));

        assert_eq!(house.import(&[]), [] as [Vec<String>; 0], "the second time nothing is new");
        assert_eq!(house.sync(&["--adopt"]), [] as [Vec<String>; 0]);
        assert_eq!(house.sync(&[]), [] as [Vec<String>; 0]);
        let said = house.run(&["sync"]).stderr;
        let said = String::from_utf8(said).unwrap();
        assert!(said.contains(": 3 numbers there, 0 missing there, 0 unknown here, 0 overwritten, 0 linked"), "{said}");
    });
}

#[test]
fn what_only_the_carrier_knows_is_said_with_what_it_costs_and_is_adopted_when_asked_for() {
    of_both(1, |house| {
        house.import(&[]);
        let new = house.bought_elsewhere(NumberType::TollFree).phone_number;
        let unknown = [row(&["unknown", new.as_str(), "2.15 USD a month", ""])];
        for _ in 0..2 {
            assert_eq!(house.sync(&[]), unknown, "it is not adopted unasked");
        }
        assert_eq!(house.number(1, &new), None);
        let adopt = ["--carrier", house.shape.name(), "--agency", &id(1).to_string(), "--adopt"];
        assert_eq!(house.sync(&adopt), [row(&["adopted", new.as_str(), "2.15 USD a month", ""])]);
        assert!(house.number(1, &new).is_some());
        assert_eq!(house.sync(&[]), [] as [Vec<String>; 0]);

        // A number that the agency has elsewhere stays out.
        let own = house.bought_elsewhere(NumberType::Local).phone_number;
        house.add(
            1,
            &linekeeper::model::Number { carrier_account: Some("another".into()), ..house.row(70, &own, None) },
        );
        let kept_out = "the agency has it at another carrier or account";
        let expected = [row(&["unknown", own.as_str(), "1.15 USD a month", kept_out])];
        assert_eq!(house.sync(&["--adopt"]), expected);
        assert_eq!(house.number(1, &own), None, "the row is that of another account");
    });
}

#[test]
fn a_number_whose_account_was_not_known_gets_it_and_can_be_released_at_the_carrier() {
    of_both(2, |house| {
        let [own, childs] = [0, 1].map(|at| &house.there[at].phone_number);
        house.add(1, &house.row(71, own, None));
        house.add(2, &house.row(72, childs, None));
        let server = house.serve("0s");
        assert!(!release(&server, 1, &house.number(1, own).unwrap()), "nobody knows where it is");

        let linked = [(own, 1), (childs, 2)].map(|(number, of)| row(&["linked", number.as_str(), &id(of).to_string()]));
        let sorted = |mut rows: Vec<Vec<String>>| {
            rows.sort();
            rows
        };
        let before = house.tables();
        assert_eq!(sorted(house.sync(&["--dry-run"])), sorted(linked.to_vec()));
        assert!(house.tables() == before, "a dry run has written something");
        assert_eq!(sorted(house.sync(&["--adopt"])), sorted(linked.to_vec()), "and is not adopted, too");
        assert_eq!(house.sync(&[]), [] as [Vec<String>; 0]);
        for (agency, number, there) in [(1, own, &house.there[0]), (2, childs, &house.there[1])] {
            let here = house.number(agency, number).unwrap();
            assert_eq!(here.carrier_account.as_deref(), Some(SID));
            assert_eq!(here.carrier_number_id.as_deref(), Some(&*there.carrier_number_id));
            assert!(release(&server, agency, &here), "{:?}", house.shape);
            assert_eq!(house.port.owned(Some(number)).unwrap(), [], "{:?}", house.shape);
        }
        assert_eq!(house.sync(&[]), [] as [Vec<String>; 0]);
        assert_eq!(server.stop().0, Some(0));
    });
}

#[test]
fn a_number_that_two_agencies_say_is_theirs_is_nobodys_until_a_person_says_whose() {
    of_both(1, |house| {
        let number = &house.there[0].phone_number;
        house.add(2, &house.row(72, number, None));
        house.add(3, &house.row(73, number, None));
        let before = house.tables();
        let why = "more than one agency says that it is its own";
        let expected = [row(&["unknown", number.as_str(), "1.15 USD a month", why])];
        assert_eq!(house.sync(&["--dry-run"]), expected);
        assert!(house.tables() == before);
        assert_eq!(house.sync(&[]), expected);
        assert_eq!(house.sync(&["--adopt"]), expected);
        assert_eq!(house.import(&[]), expected);
        assert_eq!(house.number(1, number), None, "it is not a third one's");
        for agency in [2, 3] {
            assert_eq!(house.number(agency, number).unwrap().carrier_account, None);
        }
        // A stranger's claim is none.
        house.add(4, &house.row(74, number, None));
        let database = house.inventory.sqlite();
        database.execute("UPDATE agency_phone_numbers SET status = 3 WHERE id = ?1", [id(73).as_bytes()]).unwrap();
        assert_eq!(house.sync(&[]), [row(&["linked", number.as_str(), &id(2).to_string()])]);
        assert_eq!(house.number(4, number).unwrap().carrier_account, None);
    });
}

#[test]
fn an_account_of_the_parent_is_compared_with_the_numbers_of_its_children() {
    of_both(1, |house| {
        let number = &house.there[0].phone_number;
        house.add(2, &house.row(72, number, Some(SID)));
        let gone = "+19705550199".parse().unwrap();
        house.add(3, &house.row(73, &gone, Some(SID)));
        assert_eq!(house.sync(&["--adopt"]), [row(&["missing", gone.as_str(), &id(3).to_string()])]);
        let here = house.number(2, number).unwrap();
        assert_eq!(here.carrier_number_id.as_deref(), Some(&*house.there[0].carrier_number_id), "its id is mended");
        assert!(house.number(3, &gone).unwrap().routing.is_some());
        let childs = house.run(&["sync", "--agency", &id(2).to_string()]);
        assert_eq!(childs.status.code(), Some(1), "the child has no account of its own");

        let server = house.serve("0s");
        let shown = server.list(&owner(2), "").json();
        assert_eq!(shown["phone_numbers"][0]["phone_number"], number.as_str());
        assert!(release(&server, 2, &here));
        assert_eq!(house.port.owned(None).unwrap(), []);
    });
}

#[test]
fn numbers_of_a_trunk_are_brought_along_once_or_not_at_all() {
    let house = House::new(Shape::Telnyx, 0);
    let agency = id(1).to_string();
    let add = ["carrier", "add", "sip", "--agency", &agency, "--label", "desk", "--address", "sip.example.com"];
    let trunk = house.done(&add);
    let import = |numbers: &[&'static str]| {
        let import = ["import", "sip", "--agency", &agency, "--account", trunk.trim()];
        house.run(&[&import, numbers].concat())
    };
    let before = house.tables();
    assert_eq!(import(&["--dry-run", "+493055501234"]).stdout, b"numbers: 1 new, 0 already here\n");
    assert!(house.tables() == before);
    assert_eq!(import(&["+493055501234", "+493055501234"]).stdout, b"numbers: 1 new, 1 already here\n");
    // One of them is at a carrier: then none is brought.
    house.add(1, &house.row(70, &"+493055501236".parse().unwrap(), Some(SID)));
    let before = house.tables();
    let refused = import(&["+493055501235", "+493055501236"]);
    assert_eq!((refused.status.code(), refused.stdout), (Some(1), Vec::new()));
    assert!(house.tables() == before);
    // Nobody lists what is on a trunk, so that nothing there is missing.
    let missing = rows(&house.done(&["sync"]), false);
    assert_eq!(missing, [row(&["missing", "+493055501236", &agency])]);
}
