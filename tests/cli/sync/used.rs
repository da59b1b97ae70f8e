//! When numbers were last used, by the carrier's logs.

use linekeeper::clock::Clock;
use linekeeper::model::{E164, NumberType, Timestamp};
use serde_json::json;

use super::{House, Shape, of_both, row, rows};
use crate::support::id;

const DAY: i64 = 24 * 60 * 60 * 1_000_000;

fn ago(days: i64) -> Timestamp {
    let now = Clock::System.now().0 - days * DAY;
    // Twilio's logs know whole seconds.
    Timestamp(now - now.rem_euclid(1_000_000))
}

impl House {
    fn used(&self, number: &E164, at: Timestamp) {
        let what = if number.as_str().ends_with(['1', '3', '5', '7', '9']) { "call" } else { "message" };
        let told = json!({"kind": what, "from": number.as_str(), "to": "+15005550199", "at": at.0});
        self.carrier_told("/uses", &told);
    }

    /// When a number was last used, as it stands in the database.
    fn last(&self, number: &E164) -> Option<i64> {
        let here = self.number(1, number).unwrap();
        let sql = "SELECT max(last_used_at) FROM number_uses WHERE number_id = ?1";
        self.inventory.sqlite().query_row(sql, [here.id.0.as_bytes()], |row| row.get(0)).unwrap()
    }

    fn idle(&self, args: &[&str]) -> Vec<Vec<String>> {
        rows(&self.done(args), true)
    }
}

#[test]
fn numbers_that_were_not_used_for_a_month_are_idle_and_uses_are_noted_from_the_first_time_on() {
    of_both(3, |house| {
        let [lately, long_ago, never] = [0, 1, 2].map(|at| &house.there[at].phone_number);
        let (ten, forty) = (ago(10), ago(40));
        house.used(lately, ten);
        house.used(lately, ago(20));
        house.used(long_ago, forty);
        let agency = id(1).to_string();
        let import = ["import", house.shape.name(), "--agency", &agency, "--account", &house.account];
        // The logs are read thirty days back, and never again: what is adopted now must be told of them now.
        let mut expected = [long_ago, never].map(|number| row(&["idle", number.as_str(), &agency, ""]));
        expected.sort();
        let idle = |args: &[&str]| {
            let mut idle = house.idle(args);
            idle.sort();
            idle
        };
        assert_eq!(idle(&import), expected, "{:?}", house.shape);
        assert_eq!((house.last(lately), house.last(never)), (Some(ten.0), None), "{:?}", house.shape);
        for args in [&["sync", "--dry-run"][..], &["sync"]] {
            assert_eq!(idle(args), expected, "{:?} {args:?}", house.shape);
        }

        // Only what is new is read: an older one that turns up late is not seen.
        let now = ago(0);
        house.used(lately, now);
        house.used(never, ago(5));
        assert_eq!(idle(&["sync"]), expected, "{:?}: it has read everything again", house.shape);
        assert_eq!((house.last(lately), house.last(never)), (Some(now.0), None), "{:?}", house.shape);
        house.used(never, now);
        let shown = row(&["idle", long_ago.as_str(), &agency, ""]);
        assert_eq!(
            idle(&["sync", "--dry-run"]),
            std::slice::from_ref(&shown),
            "what is told counts, whether or not it is noted"
        );
        assert_eq!(house.last(never), None);
        assert_eq!(idle(&["sync"]), [shown], "{:?}", house.shape);
        // A use of before does not take the place of a later one.
        let database = house.inventory.sqlite();
        database.execute("UPDATE number_uses SET last_used_at = ?1", [forty.0]).unwrap();
        database.execute("UPDATE carrier_accounts SET logs_read_until = ?1", [now.0 + DAY]).unwrap();
        let told = idle(&["sync"]);
        assert_eq!(told.len(), 3, "{told:?}");
        assert!(told.contains(&row(&["idle", lately.as_str(), &agency, &forty.to_string()])), "{told:?}");
    });
}

#[test]
fn a_number_that_is_taken_in_later_has_been_used_all_the_same() {
    of_both(1, |house| {
        house.import(&[]);
        let [adopted, linked] = [(); 2].map(|()| house.bought_elsewhere(NumberType::Local).phone_number);
        let at = ago(10);
        house.used(&adopted, at);
        house.used(&linked, at);
        house.sync(&[]);
        house.add(1, &house.row(71, &linked, None));
        assert_eq!(house.sync(&[]).len(), 2, "one is linked, one unknown");
        assert_eq!(house.last(&linked), Some(at.0), "{:?}", house.shape);
        assert_eq!(house.sync(&["--adopt"])[0][0], "adopted");
        assert_eq!(house.last(&adopted), Some(at.0), "{:?}", house.shape);
        let idle = house.idle(&["sync"]);
        assert_eq!(idle.len(), 1, "{:?}: {idle:?}", house.shape);
    });
}

#[test]
fn a_number_that_was_bought_a_moment_ago_is_not_idle() {
    of_both(1, |house| {
        house.import(&[]);
        let database = house.inventory.sqlite();
        assert_eq!(house.idle(&["sync"]).len(), 1);
        database.execute("UPDATE agency_phone_numbers SET purchased_at = ?1", [ago(1).0]).unwrap();
        assert_eq!(house.idle(&["sync"]), [] as [Vec<String>; 0]);
        database.execute("UPDATE agency_phone_numbers SET purchased_at = ?1", [ago(31).0]).unwrap();
        assert_eq!(house.idle(&["sync"]).len(), 1);
    });
}

#[test]
fn logs_that_cannot_be_read_are_said_to_be_and_everything_else_stands() {
    of_both(2, |house| {
        let lately = &house.there[0].phone_number;
        house.used(lately, ago(2));
        match house.shape {
            // A time that there is not.
            Shape::Twilio => house.used(&house.there[1].phone_number, Timestamp(253_402_300_800_000_000)),
            // The listing passes, its logs do not.
            Shape::Telnyx => {
                house.slow("owned", 0, 1);
                house.fault("owned", "refuse", 1);
            }
        }
        let compared = house.run(&["sync", "--adopt"]);
        let (out, said) = (String::from_utf8(compared.stdout).unwrap(), String::from_utf8(compared.stderr).unwrap());
        assert!(compared.status.success(), "{said}");
        assert_eq!(out.matches("adopted\t").count(), 2, "{out}");
        assert!(!out.contains("idle\t") && said.contains("its logs of calls and messages could not be read"), "{said}");
        let until = "SELECT logs_read_until FROM carrier_accounts";
        let until = || house.inventory.sqlite().query_row(until, [], |row| row.get::<_, Option<i64>>(0)).unwrap();
        assert_eq!((until(), house.last(lately)), (None, None), "they have not been read");
        if house.shape == Shape::Telnyx {
            // The next time they are read from the beginning.
            house.sync(&[]);
            assert!(until().is_some() && house.last(lately).is_some());
        }
    });
}
