//! Nobody sees another agency: every route, every kind of caller, and canaries in every text that could leak.

use std::collections::BTreeSet;
use std::sync::Arc;

use linekeeper::model::{AgencyId, Role, UserId};
use linekeeper::store::Scope;
use linekeeper::{dialect, http};

use crate::support::{Answer, Inventory, Server, add_agent, add_child_agency, add_user, agent, id, number, token};
use crate::tenancy_by_key;

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
    /// Bodies to send, with ids of another agency in them.
    bodies: &'static [&'static str],
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
        bodies: &[""],
        status: |principal| known(principal, |_| 200),
        shows_inventory: true,
    },
    Expectation {
        method: "GET",
        path: "/functions/v1/phone-numbers-search",
        queries: &["?country_code=US&limit=3"],
        bodies: &[""],
        status: |principal| known(principal, |_| 200),
        shows_inventory: false,
    },
    Expectation {
        method: "POST",
        path: "/functions/v1/phone-numbers-purchase",
        queries: &[""],
        bodies: &[r#"{"phone_numbers":[{"phone_number":"+15005550006","agent_mapping_id":"{foreign_agent}"}]}"#],
        status: |principal| known(principal, |role| if buys(role) { 404 } else { 403 }),
        shows_inventory: false,
    },
    Expectation {
        method: "GET",
        path: "/functions/v1/phone-numbers-assign",
        queries: &["", "?status=active&assigned=true", "?unassigned=true"],
        bodies: &[""],
        status: |principal| known(principal, |_| 200),
        shows_inventory: true,
    },
    Expectation {
        method: "GET",
        path: "/functions/v1/phone-numbers-assign",
        queries: &["?id={foreign_number}"],
        bodies: &[""],
        status: |principal| known(principal, |_| 404),
        shows_inventory: false,
    },
    Expectation {
        method: "POST",
        path: "/functions/v1/phone-numbers-assign",
        queries: &[""],
        bodies: &[
            r#"{"phone_number_id":"{foreign_number}","agent_mapping_id":"{own_agent}"}"#,
            r#"{"phone_number_id":"{own_number}","agent_mapping_id":"{foreign_agent}"}"#,
            r#"{"id":"{foreign_number}","agent_mapping_id":"{foreign_agent}"}"#,
        ],
        status: |principal| known(principal, |role| if buys(role) { 404 } else { 403 }),
        shows_inventory: false,
    },
    Expectation {
        method: "PATCH",
        path: "/functions/v1/phone-numbers-assign",
        queries: &[""],
        bodies: &[
            r#"{"phone_number_id":"{foreign_number}","friendly_name":"Mine"}"#,
            r#"{"phone_number_id":"{foreign_number}","is_active":false}"#,
            r#"{"phone_number_id":"{own_number}","agent_mapping_id":"{foreign_agent}"}"#,
        ],
        status: |principal| known(principal, |role| if buys(role) { 404 } else { 403 }),
        shows_inventory: false,
    },
    Expectation {
        method: "DELETE",
        path: "/functions/v1/phone-numbers-assign",
        queries: &["?id={foreign_number}"],
        bodies: &[""],
        status: |principal| known(principal, |role| if buys(role) { 404 } else { 403 }),
        shows_inventory: false,
    },
    Expectation {
        method: "POST",
        path: "/functions/v1/phone-numbers-release",
        queries: &[""],
        bodies: &[r#"{"phone_number_ids":["{foreign_number}"],"confirm":true}"#],
        status: |principal| known(principal, |role| if owns(role) { 207 } else { 403 }),
        shows_inventory: false,
    },
    // Nobody signs in here: whoever is not the carrier is refused, whatever else it is.
    Expectation {
        method: "POST",
        path: "/webhooks/{carrier}/{account}",
        queries: &["", "?message={foreign_number}"],
        bodies: &["", r#"{"data":{"event_type":"message.received","payload":{"id":"m"}}}"#],
        status: |_| 403,
        shows_inventory: false,
    },
];

/// What is answered to callers who are known, by their role.
fn known(principal: Principal, answer: fn(Role) -> u16) -> u16 {
    match principal {
        Principal::NoToken => 401,
        Principal::Outsider | Principal::WithoutAgency => 403,
        Principal::OtherAgency => answer(Role::AgencyOwner),
        Principal::Own(role) => answer(role),
    }
}

fn owns(role: Role) -> bool {
    matches!(role, Role::AgencyOwner | Role::Admin)
}

fn buys(role: Role) -> bool {
    owns(role) || role == Role::AgencyAdmin
}

const fn open(path: &'static str) -> Expectation {
    Expectation { method: "GET", path, queries: &[""], bodies: &[""], status: |_| 200, shows_inventory: false }
}

/// Two agencies with the same shape, one the other's child; every text of each bears its own canary.
pub fn two_agencies() -> Inventory {
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
    let by_key = tenancy_by_key::EXPECTATIONS.iter().map(|e| (e.method, e.path));
    let tried = EXPECTATIONS.iter().map(|e| (e.method, e.path)).chain(by_key);
    let tried: BTreeSet<(String, &str)> = tried.map(|(method, path)| (method.to_owned(), path)).collect();
    assert_eq!(routes, tried);
}

#[test]
fn no_two_dialects_claim_the_same_method_and_path() {
    let mut claimed = BTreeSet::new();
    for endpoint in dialect::ALL.iter().flat_map(|dialect| dialect.endpoints).chain(http::ENDPOINTS) {
        assert!(claimed.insert((endpoint.method.to_string(), endpoint.path)), "{} {}", endpoint.method, endpoint.path);
    }
    for dialect in dialect::ALL {
        assert!(dialect.endpoints.iter().all(|endpoint| dialect.holds(endpoint.path)), "{}", dialect.name);
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
            let asked =
                expectation.queries.iter().flat_map(|query| expectation.bodies.iter().map(move |body| (query, body)));
            for (query, body) in asked {
                let path = filled_in(&format!("{}{query}", expectation.path), principal);
                let answer = ask(&server, expectation.method, &path, token.as_deref(), &filled_in(body, principal));
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
                let answer = server.ask(method, &filled_in(expectation.path, principal), token.as_deref());
                assert_silent(&answer, &["CANARY"], &format!("{principal:?} {method} {}", expectation.path));
            }
        }
    }
    assert!(seen_own > 50, "the canaries were there to be seen, and {seen_own} answers showed their own");
    let (_, log) = server.stop();
    assert!(!log.contains("CANARY") && !log.contains("eyJ"), "{log}");
    assert!(!log.contains("+1970555"), "{log}");
}

/// Puts ids into a query or a body: an agency's own, and another's.
fn filled_in(text: &str, principal: Principal) -> String {
    let (own, foreign) = if principal == Principal::OtherAgency { (2000, 1000) } else { (1000, 2000) };
    let ids = [
        ("{agent_a}", 1040),
        ("{agent_b}", 2040),
        ("{own_agent}", own + 40),
        ("{own_number}", own + 51),
        ("{foreign_agent}", foreign + 40),
        ("{foreign_number}", foreign + 51),
        ("{account}", foreign + 60),
    ];
    let text = text.replace("{carrier}", "twilio");
    ids.iter().fold(text, |text, (place, number)| text.replace(place, &id(*number).to_string()))
}

fn ask(server: &Server, method: &str, path: &str, token: Option<&str>, body: &str) -> Answer {
    let authorization = token.map(|token| format!("Bearer {token}"));
    let headers: Vec<_> = authorization.iter().map(|value| ("authorization", value.as_str())).collect();
    server.send_with(method, path, &headers, body)
}

#[test]
fn a_foreign_id_answers_as_a_missing_one_does_and_changes_nothing() {
    let inventory = two_agencies();
    let rows = || -> Vec<String> {
        let connection = inventory.sqlite();
        let mut statement = connection
            .prepare("SELECT hex(id) || status || coalesce(hex(agent_mapping_id), '') || friendly_name FROM agency_phone_numbers")
            .unwrap();
        statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    };
    let before = rows();
    let server = Server::start(&inventory.path());
    let token = tokens(Principal::Own(Role::AgencyOwner), 1000);
    let mut compared = 0;
    for expectation in EXPECTATIONS {
        for (query, body) in
            expectation.queries.iter().flat_map(|query| expectation.bodies.iter().map(move |b| (query, b)))
        {
            let answer = |number: u64| {
                let missing = |text: &str| {
                    let text = text.replace("{foreign_agent}", &id(number + 40).to_string());
                    filled_in(
                        &text.replace("{foreign_number}", &id(number + 51).to_string()),
                        Principal::Own(Role::AgencyOwner),
                    )
                };
                let path = format!("{}{}", expectation.path, missing(query));
                let answer = ask(&server, expectation.method, &path, token.as_deref(), &missing(body));
                let text = answer
                    .text()
                    .replace(&id(number + 51).to_string(), "ID")
                    .replace(&id(number + 40).to_string(), "ID");
                (answer.status, text)
            };
            if query.contains("{foreign") || body.contains("{foreign") {
                assert_eq!(answer(2000), answer(7000), "{} {}{query} {body}", expectation.method, expectation.path);
                compared += 1;
            }
        }
    }
    assert!(compared >= 9, "{compared}");
    assert_eq!(rows(), before);
}

pub fn assert_silent(answer: &Answer, canaries: &[&str], what: &str) {
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
