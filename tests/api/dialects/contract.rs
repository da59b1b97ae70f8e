//! What is true of every dialect, whichever it is.

use std::collections::BTreeSet;

use linekeeper::dialect;
use linekeeper::model::{Status, Timestamp};

use super::probes::{self, Probe};
use super::{Office, ask};
use crate::shop::two_agencies;
use crate::support::{Inventory, NOON, number};

/// Two agencies with 35 numbers each, many of one moment; of the first, all in service.
fn stocked() -> Inventory {
    let inventory = two_agencies();
    inventory.write(|change| {
        for (agency, base) in [(1, 1000), (2, 2000)] {
            let scope = change.operator_scope(linekeeper::model::AgencyId(crate::support::id(agency)))?.unwrap();
            for place in 0..35_u64 {
                let mut row = number(base + place, &format!("+1970555{}", base + place));
                row.created_at = Timestamp(NOON.0 + i64::try_from(place / 9).unwrap());
                change.add_number(&scope, &row)?;
            }
            let mut gone = number(base + 99, &format!("+1970555{}", base + 99));
            gone.status = Status::Released;
            change.add_number(&scope, &gone)?;
        }
        Ok(())
    });
    inventory
}

fn id_of(office: &Office, number: &str) -> String {
    let sqlite = office.inventory.sqlite();
    let sql =
        "SELECT lower(hex(id)) FROM agency_phone_numbers WHERE agency_no = 1 AND phone_number = ?1 ORDER BY status";
    sqlite.query_row(sql, [number], |row| row.get(0)).unwrap()
}

#[test]
fn every_dialect_has_a_probe() {
    let dialects: Vec<_> = dialect::ALL.iter().map(|dialect| dialect.name).collect();
    let probes: Vec<_> = probes::ALL.iter().map(|probe| probe.name).collect();
    assert_eq!(probes, dialects, "a line in tests/api/dialects/probes.rs for each line in const ALL");
}

#[test]
fn pages_visit_each_number_once_and_nobody_elses() {
    let office = Office::of(stocked(), &[]);
    let own: Vec<String> = (1000..1035).map(|place| format!("+1970555{place}")).collect();
    for probe in probes::ALL {
        for limit in [1, 9, 10, 35, 100] {
            let mut seen = probe.walk(&office, limit);
            let newest_first = seen.first().cloned();
            seen.sort();
            assert_eq!(seen, own, "{} by {limit}", probe.name);
            assert_eq!(newest_first.as_deref(), Some("+19705551034"), "{} by {limit}", probe.name);
        }
    }
}

#[test]
fn what_one_dialect_does_the_others_show() {
    let office = Office::of(stocked(), &[]);
    let shown = |number: &str| -> BTreeSet<&str> {
        let shows = |probe: &&Probe| probe.walk(&office, 100).iter().any(|seen| seen == number);
        probes::ALL.iter().filter(shows).map(|probe| probe.name).collect()
    };
    let all: BTreeSet<_> = probes::ALL.iter().map(|probe| probe.name).collect();
    for probe in probes::ALL {
        let Some(get) = probe.get else { continue };
        let number = get(&office);
        assert_eq!(shown(&number), all, "{} got it", probe.name);
        let id = id_of(&office, &number);
        for other in probes::ALL {
            let Some(one) = other.one else { continue };
            let row = office.done(&(other.sign)(&office.key), "GET", &one(&id, &number), None);
            assert!(row.to_string().contains(&number), "{}: {row}", other.name);
        }
        probe.lose.unwrap()(&office, &id, &number);
        assert_eq!(shown(&number), BTreeSet::new(), "{} lost it", probe.name);
        // A dialect that gets it again has a number of its own.
        assert!(probe.get.is_some() && probe.lose.is_some());
    }
}

#[test]
fn wrong_schemes_and_two_credentials_at_once_are_refused_in_the_envelope() {
    let office = Office::of(stocked(), &[]);
    for probe in probes::ALL {
        let path = (probe.list)(1);
        let good = (probe.sign)(&office.key);
        assert_eq!(office.ask(&good, "GET", &path, None).status, 200, "{}", probe.name);
        let twice: Vec<_> = good.iter().cloned().chain(good.clone()).collect();
        let altered = good.iter().map(|(name, value)| (*name, format!("{value}A"))).collect();
        for headers in (probe.wrong)(&office).into_iter().chain([Vec::new(), twice, altered]) {
            probe.worn(&office.ask(&headers, "GET", &path, None), 401);
        }
        // Who is not let in learns nothing of what is there.
        for path in [probe.nowhere, probe.malformed.map_or(path.as_str(), |(path, _)| path)] {
            probe.worn(&office.ask(&Vec::new(), "GET", path, None), 401);
        }
    }
}

#[test]
fn every_failure_wears_the_envelope() {
    let office = Office::of(stocked(), &[]);
    for probe in probes::ALL {
        let good = (probe.sign)(&office.key);
        probe.worn(&office.ask(&good, "GET", probe.nowhere, None), 404);
        let path = (probe.list)(1);
        let list = path.split('?').next().unwrap();
        let refused = office.ask(&good, "PROPFIND", list, None);
        probe.worn(&refused, 405);
        assert!(refused.header("allow").is_some_and(|allow| allow.contains("GET")), "{}", probe.name);
        if probe.name != "supabase" {
            probe.worn(&office.ask(&(probe.sign)(&office.idle), "GET", &path, None), 403);
        }
        if let Some((path, status)) = probe.malformed {
            probe.worn(&office.ask(&good, "GET", path, None), status);
        }
        let Some((method, path)) = probe.write else { continue };
        let mut headers: Vec<_> = good.iter().map(|(name, value)| (*name, value.as_str())).collect();
        headers.push(("content-type", "application/json"));
        let body = |text: &str| office.server.send_with(method, path, &headers, text);
        probe.worn(&body(&format!("{{\"x\":\"{}\"}}", "x".repeat(65 * 1024))), 413);
        let encoded = [headers.clone(), vec![("content-encoding", "gzip")]].concat();
        probe.worn(&office.server.send_with(method, path, &encoded, "{}"), 415);
        let malformed = if matches!(probe.name, "agora" | "agentphone") { 422 } else { 400 };
        for text in ["{", "[]", "null", "\"x\"", "{\"phone_number\":7,\"country\":7,\"phone_numbers\":7}"] {
            probe.worn(&body(text), malformed);
        }
        if probe.name != "supabase" {
            headers.pop();
            for kind in ["text/plain", "application/x-www-form-urlencoded", "application/jsonp"] {
                let headers = [headers.clone(), vec![("content-type", kind)]].concat();
                probe.worn(&office.server.send_with(method, path, &headers, "{}"), 415);
            }
        }
    }
}

#[test]
fn a_fault_of_ours_wears_the_envelope_and_tells_nothing() {
    let office = Office::of(stocked(), &[]);
    office.inventory.sqlite().execute_batch("ALTER TABLE agency_phone_numbers RENAME TO elsewhere").unwrap();
    for probe in probes::ALL {
        probe.worn(&office.ask(&(probe.sign)(&office.key), "GET", &(probe.list)(1), None), 500);
    }
    let (_, log) = office.server.stop();
    let faults =
        log.lines().filter(|line| line.contains("\"level\":\"error\"") && line.contains("no such table")).count();
    assert_eq!(faults, probes::ALL.len(), "each is logged once: {log}");
}

#[test]
fn a_key_that_asks_too_often_is_told_so_in_the_envelope() {
    for probe in probes::ALL.iter().filter(|probe| probe.name != "supabase") {
        let office = Office::of(stocked(), &[("LIMITS__REQUESTS_PER_MINUTE", "2")]);
        let good = (probe.sign)(&office.key);
        let path = (probe.list)(1);
        for _ in 0..2 {
            assert_eq!(office.ask(&good, "GET", &path, None).status, 200, "{}", probe.name);
        }
        let limited = office.ask(&good, "GET", &path, None);
        probe.worn(&limited, 429);
        let seconds: u64 = limited.header("retry-after").unwrap().parse().unwrap();
        assert!((1..=30).contains(&seconds), "{}: {seconds}", probe.name);
        // The others' allowance is their own.
        probe.worn(&office.ask(&(probe.sign)(&office.idle), "GET", &path, None), 403);
    }
}

#[test]
fn a_dialect_that_is_off_is_not_there() {
    let enabled = "supabase, agentphone";
    let office = Office::of(stocked(), &[("DIALECTS__ENABLED", enabled)]);
    let described = office.server.ask("GET", "/openapi.json", None).json();
    for probe in probes::ALL {
        let is_on = enabled.contains(probe.name);
        let answer = office.ask(&(probe.sign)(&office.key), "GET", &(probe.list)(1), None);
        assert_eq!(answer.status, if is_on { 200 } else { 404 }, "{}", probe.name);
        let tags = described["tags"].as_array().unwrap();
        assert_eq!(tags.iter().any(|tag| tag["name"] == probe.name), is_on, "{}", probe.name);
    }
    let inventory = two_agencies();
    let mut command = super::serving(&inventory, &[("DIALECTS__ENABLED", "supabase,buttr")]);
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(said.contains("there is no dialect \"buttr\"") && said.contains("agentphone"), "{said}");
}

#[test]
fn no_answer_is_to_be_kept_and_none_is_for_other_origins() {
    let office = Office::of(stocked(), &[]);
    for probe in probes::ALL.iter().filter(|probe| probe.name != "supabase") {
        let mut headers = (probe.sign)(&office.key);
        headers.push(("origin", "https://elsewhere.example".to_owned()));
        let answer = ask(&office.server, &headers, "GET", &(probe.list)(1), None);
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{}", probe.name);
        assert_eq!(answer.header("access-control-allow-origin"), None, "{}", probe.name);
    }
}
