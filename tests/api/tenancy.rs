//! Nobody sees another agency: every route, every kind of caller, and canaries in every text that could leak.

use std::collections::BTreeSet;
use std::sync::Arc;

use linekeeper::model::{AgencyId, Role, UserId};
use linekeeper::store::Scope;
use linekeeper::{dialect, http};

use crate::support::{Answer, Inventory, Server, add_agent, add_child_agency, add_user, agent, id, number, token};

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Principal {
    NoToken,
    Outsider,
    WithoutAgency,
    OtherAgency,
    Own(Role),
}

/// What a route may answer to whom. A route that is not here fails the test.
struct Expectation {
    method: &'static str,
    path: &'static str,
    queries: &'static [&'static str],
    status: fn(Principal) -> u16,
    shows_inventory: bool,
}

const EXPECTATIONS: &[Expectation] = &[
    open("/"),
    open("/style.css"),
    open("/healthz"),
    open("/readyz"),
    open("/metrics"),
    open("/openapi.json"),
    Expectation {
        method: "GET",
        path: "/functions/v1/phone-numbers-list",
        queries: &[
            "",
            "?include_released=true&include_agents=true&limit=200",
            "?search=CANARY",
            "?search=canary&include_released=true",
            "?search=5",
            "?status=active",
            "?status=released&assigned=true",
            "?status=pending&unassigned=true",
            "?assigned=true&include_released=true",
            "?unassigned=true",
            "?agent_id={agent_a}",
            "?agent_id={agent_b}&include_released=true",
            "?agent_id={agent_b}&status=active",
            "?agent_id={agent_b}&search=canary",
            "?offset=1",
        ],
        status: |principal| match principal {
            Principal::NoToken => 401,
            Principal::Outsider | Principal::WithoutAgency => 403,
            Principal::OtherAgency | Principal::Own(_) => 200,
        },
        shows_inventory: true,
    },
];

const fn open(path: &'static str) -> Expectation {
    Expectation { method: "GET", path, queries: &[""], status: |_| 200, shows_inventory: false }
}

/// Two agencies with the same shape, one the other's child; every text of each bears its own canary.
fn two_agencies() -> Inventory {
    let inventory = Inventory::empty();
    inventory.write(|change| {
        let mut parent: Option<Scope> = None;
        for (letter, base) in [("A", 1000), ("B", 2000)] {
            let canary = |what: &str| format!("CANARY-{letter}-{what}");
            let scope = add_child_agency(change, base, &canary("agency"), parent.as_ref())?;
            parent = Some(scope);
            for (place, role) in (0..).zip(Role::ALL) {
                add_user(change, Some(&scope), base + 10 + place, role)?;
            }
            let mut voice = agent(base + 40, Some(&canary("agent")));
            voice.engine_id = canary("engine");
            voice.voice = Some(canary("voice"));
            voice.language = canary("language");
            add_agent(change, &scope, &voice)?;
            for (place, status) in (0..).zip(linekeeper::model::Status::ALL) {
                for (half, assigned) in [(0, true), (10, false)] {
                    let mut row = number(base + 50 + place + half, &format!("+1970555{}", base + 50 + place + half));
                    row.status = status;
                    row.agent = assigned.then(|| Arc::new(voice.clone()));
                    row.friendly_name = Some(canary("name").into());
                    row.carrier_number_id = Some(canary("carrier-id").into());
                    row.location = Some(canary("location").into());
                    row.number_type = Some(canary("type").into());
                    row.country_code = Some(canary("country").into());
                    change.add_number(&scope, &row)?;
                }
            }
        }
        add_user(change, None, 3000, Role::Admin)?;
        Ok(())
    });
    inventory
}

fn tokens(principal: Principal, own_base: u64) -> Option<String> {
    let place = |role: Role| own_base + 10 + u64::try_from(Role::ALL.iter().position(|r| *r == role).unwrap()).unwrap();
    Some(token(UserId(match principal {
        Principal::NoToken => return None,
        Principal::Outsider => id(4000),
        Principal::WithoutAgency => id(3000),
        Principal::OtherAgency => id(2010),
        Principal::Own(role) => id(place(role)),
    })))
}

#[test]
fn every_route_is_in_the_matrix() {
    let routes: BTreeSet<(String, &str)> = dialect::ALL
        .iter()
        .flat_map(|dialect| dialect.endpoints)
        .chain(http::ENDPOINTS)
        .map(|endpoint| (endpoint.method.to_string(), endpoint.path))
        .collect();
    let tried: BTreeSet<(String, &str)> = EXPECTATIONS.iter().map(|e| (e.method.to_owned(), e.path)).collect();
    assert_eq!(routes, tried);
}

#[test]
fn no_two_dialects_claim_the_same_method_and_path() {
    let mut claimed = BTreeSet::new();
    for endpoint in dialect::ALL.iter().flat_map(|dialect| dialect.endpoints).chain(http::ENDPOINTS) {
        assert!(claimed.insert((endpoint.method.to_string(), endpoint.path)), "{} {}", endpoint.method, endpoint.path);
    }
    for dialect in dialect::ALL {
        assert!(dialect.endpoints.iter().all(|endpoint| endpoint.path.starts_with(dialect.prefix)), "{}", dialect.name);
    }
}

#[test]
fn nobody_sees_another_agency_on_any_route() {
    let inventory = two_agencies();
    let server = Server::start(&inventory.path());
    let mut principals =
        vec![Principal::NoToken, Principal::Outsider, Principal::WithoutAgency, Principal::OtherAgency];
    principals.extend(Role::ALL.map(Principal::Own));
    let mut seen_own = 0;
    for expectation in EXPECTATIONS {
        for &principal in &principals {
            let token = tokens(principal, 1000);
            for query in expectation.queries {
                let query =
                    query.replace("{agent_a}", &id(1040).to_string()).replace("{agent_b}", &id(2040).to_string());
                let path = format!("{}{query}", expectation.path);
                let answer = server.ask(expectation.method, &path, token.as_deref());
                assert_eq!(answer.status, (expectation.status)(principal), "{principal:?} {path}");
                let (own, foreign) = match principal {
                    Principal::OtherAgency => (Some("CANARY-B"), vec!["CANARY-A"]),
                    Principal::Own(_) => (Some("CANARY-A"), vec!["CANARY-B"]),
                    _ => (None, vec!["CANARY-A", "CANARY-B"]),
                };
                assert_silent(&answer, &foreign, &format!("{principal:?} {path}"));
                match own {
                    Some(own) if expectation.shows_inventory => seen_own += usize::from(answer.text().contains(own)),
                    _ => assert!(!answer.text().contains("CANARY"), "{principal:?} {path}"),
                }
            }
            for method in ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"] {
                let answer = server.ask(method, expectation.path, token.as_deref());
                assert_silent(&answer, &["CANARY"], &format!("{principal:?} {method} {}", expectation.path));
            }
        }
    }
    assert!(seen_own > 50, "the canaries were there to be seen, and {seen_own} answers showed their own");
    let (_, log) = server.stop();
    assert!(!log.contains("CANARY") && !log.contains("eyJ"), "{log}");
    assert!(!log.contains("+1970555"), "{log}");
}

fn assert_silent(answer: &Answer, canaries: &[&str], what: &str) {
    for canary in canaries {
        assert!(!answer.text().contains(canary), "{what} shows {canary}: {}", answer.text());
        let leaked = answer.headers.iter().find(|(_, value)| value.contains(canary));
        assert!(leaked.is_none(), "{what} shows {canary} in {leaked:?}");
    }
}

#[test]
fn the_database_itself_refuses_another_agencys_agent() {
    let inventory = two_agencies();
    let foreign = inventory.store.write(|change| {
        let scope = change.operator_scope(AgencyId(id(1000)))?.unwrap();
        let mut row = number(1999, "+19705559999");
        row.agent = Some(Arc::new(agent(2040, None)));
        change.add_number(&scope, &row)
    });
    assert!(foreign.is_err());
    let moved = inventory.sqlite().execute(
        "UPDATE agency_phone_numbers SET agent_mapping_id = ?1, assigned = 1 WHERE id = ?2",
        rusqlite::params![id(2040).as_bytes(), id(1050).as_bytes()],
    );
    assert!(moved.unwrap_err().to_string().contains("FOREIGN KEY"));
}
