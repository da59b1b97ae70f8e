//! The list against a naive model of it: random inventories, random changes, every combination of filters.

use std::cmp::Reverse;

use actix_web::test as calls;
use linekeeper::app::AppState;
use linekeeper::clock::{Clock, Ids};
use linekeeper::config::{Config, Flags};
use linekeeper::dialect::supabase;
use linekeeper::model::{Agent, Number, NumberId, Role, Status, Timestamp, UserId};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use proptest::prelude::*;
use proptest::test_runner::{Config as Runs, TestRunner};
use rusqlite::params;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{Inventory, NOON, SECRET, add_agency, add_agent, add_user, agent, id, number};

const AGENCIES: u64 = 2;
const AGENTS: u64 = 3;

const NAMES: [Option<&str>; 12] = [
    None,
    Some(""),
    Some("Main Line"),
    Some("MAIN"),
    Some("Maße"),
    Some("MASSE 100%"),
    Some("under_score"),
    Some("José (970)"),
    Some("ΣΊΣΥΦΟΣ"),
    Some("İstanbul"),
    Some("東京 555"),
    Some("it's \"quoted\" \\ 5*"),
];

const AGENT_NAMES: [Option<&str>; 7] =
    [None, Some("Zoë"), Some("zoe"), Some("ALPHA"), Some("alpha"), Some("straße"), Some("Strasse B")];

const TERMS: [&str; 26] = [
    "",
    "a",
    "5",
    "55",
    "+",
    "%",
    "_",
    "ss",
    "ß",
    "MASSE",
    "main",
    "josé",
    "jose",
    "σίσυφος",
    "i\u{307}",
    "京",
    "970",
    "(970) 555",
    "970.555-0",
    " 1970",
    "(970)",
    "()",
    "\"",
    "\\",
    "5*",
    "main  line",
];

/// A row of the model: all that filters and order look at.
#[derive(Clone, Debug)]
struct Row {
    id: u64,
    agency: u64,
    /// Which of the agency's agents, from 0.
    agent: Option<u64>,
    status: Status,
    name: Option<String>,
    phone_number: String,
    /// Seconds from noon: few values, so that ties are common and order is unlike insertion.
    created_at: i64,
}

#[derive(Clone, Debug)]
enum Change {
    Assign(usize, Option<u64>),
    Status(usize, Status),
    Rename(usize, Option<String>),
    Remove(usize),
    /// To the other agency, where no agent answers it yet.
    Move(usize),
}

/// Names from the pool, and random ones of scripts that have case: Latin, Greek, Cyrillic.
fn name() -> impl Strategy<Value = Option<String>> {
    prop_oneof![
        3 => proptest::sample::select(&NAMES[..]).prop_map(|name| name.map(str::to_owned)),
        1 => "[ -~\u{c0}-\u{24f}\u{386}-\u{3ce}\u{400}-\u{45f}\u{1e00}-\u{1eff}\u{1f00}-\u{1ffe}]{1,6}".prop_map(Some),
    ]
}

fn rows() -> impl Strategy<Value = Vec<Row>> {
    let row = (
        0..AGENCIES,
        proptest::option::of(0..AGENTS),
        proptest::sample::select(&Status::ALL[..]),
        name(),
        0..3_usize,
        -3..3_i64,
    );
    proptest::collection::vec(row, 0..70).prop_map(|rows| {
        let row = |(at, (agency, agent, status, name, prefix, created_at)): (usize, (u64, _, _, _, usize, i64))| Row {
            id: 1000 + (at as u64 * 7919) % 1000,
            agency,
            agent,
            status,
            name,
            phone_number: format!("{}{at:04}", ["+1970555", "+4930555", "+81355"][prefix]),
            created_at,
        };
        rows.into_iter().enumerate().map(row).collect()
    })
}

fn changes() -> impl Strategy<Value = Vec<Change>> {
    let change = prop_oneof![
        (any::<usize>(), proptest::option::of(0..AGENTS)).prop_map(|(row, agent)| Change::Assign(row, agent)),
        (any::<usize>(), proptest::sample::select(&Status::ALL[..])).prop_map(|(row, to)| Change::Status(row, to)),
        (any::<usize>(), name()).prop_map(|(row, to)| Change::Rename(row, to)),
        any::<usize>().prop_map(Change::Remove),
        any::<usize>().prop_map(Change::Move),
    ];
    proptest::collection::vec(change, 0..12)
}

fn agent_number(agency: u64, place: u64) -> u64 {
    100 + agency * 10 + place
}

/// The agents of an agency; two agencies never have the same.
fn agents(agency: u64, names: &[Option<&str>]) -> Vec<Agent> {
    (0..AGENTS)
        .map(|at| agent(agent_number(agency, at), names[usize::try_from(agency * AGENTS + at).unwrap()]))
        .collect()
}

fn stored(row: &Row, agents: &[Agent]) -> Number {
    Number {
        id: NumberId(id(row.id)),
        status: row.status,
        friendly_name: row.name.as_deref().map(Into::into),
        created_at: Timestamp(NOON.0 + row.created_at * 1_000_000),
        agent: row.agent.map(|place| agents[usize::try_from(place).unwrap()].clone().into()),
        ..number(0, &row.phone_number)
    }
}

/// What is asked: the parameters as the model reads them.
#[derive(Clone, Debug)]
struct Ask {
    status: Option<Status>,
    include_released: bool,
    assigned: bool,
    unassigned: bool,
    agent: Option<Uuid>,
    search: String,
    include_agents: bool,
    limit: Option<usize>,
    offset: Option<usize>,
}

impl Ask {
    fn query(&self) -> String {
        let mut pairs = Vec::new();
        let mut pair = |name: &str, value: String| {
            pairs.push(format!("{name}={}", utf8_percent_encode(&value, NON_ALPHANUMERIC)));
        };
        self.status.iter().for_each(|status| pair("status", status.name().into()));
        for (name, on) in [
            ("include_released", self.include_released),
            ("assigned", self.assigned),
            ("unassigned", self.unassigned),
            ("include_agents", self.include_agents),
        ] {
            if on {
                pair(name, "true".into());
            }
        }
        self.agent.iter().for_each(|agent| pair("agent_id", agent.to_string()));
        pair("search", self.search.clone());
        self.limit.iter().for_each(|limit| pair("limit", limit.to_string()));
        self.offset.iter().for_each(|offset| pair("offset", offset.to_string()));
        pairs.join("&")
    }

    fn admits(&self, row: &Row) -> bool {
        let status = self.status.map_or(self.include_released || row.status != Status::Released, |s| s == row.status);
        let agent = row.agent.map(|place| id(agent_number(row.agency, place)));
        status
            && !(self.assigned && agent.is_none())
            && !(self.unassigned && agent.is_some())
            && self.agent.is_none_or(|wanted| agent == Some(wanted))
            && found(&self.search, row)
    }
}

/// The contract's sentence on search, read literally, with another crate's case folding.
fn found(term: &str, row: &Row) -> bool {
    let fold = caseless::default_case_fold_str;
    let literal =
        row.phone_number.contains(term) || row.name.as_ref().is_some_and(|name| fold(name).contains(&fold(term)));
    let digits: String = term.chars().filter(char::is_ascii_digit).collect();
    let dialled = !digits.is_empty() && term.chars().all(|c| c.is_ascii_digit() || " +()-./".contains(c));
    literal || dialled && row.phone_number.contains(&digits)
}

/// What the model answers: ids in order, total, summary, agents, has_more.
fn expected(rows: &[Row], agency: u64, agents: &[Agent], ask: &Ask) -> Value {
    let mine: Vec<&Row> = rows.iter().filter(|row| row.agency == agency).collect();
    let count = |test: &dyn Fn(&Row) -> bool| mine.iter().filter(|row| test(row)).count();
    let mut listed: Vec<&Row> = mine.iter().copied().filter(|row| ask.admits(row)).collect();
    listed.sort_by_key(|row| Reverse((row.created_at, id(row.id))));
    let (limit, offset) = (ask.limit.unwrap_or(50).min(200), ask.offset.unwrap_or(0));
    let page: Vec<&Row> = listed.iter().copied().skip(offset).take(limit).collect();
    let mut shown: Vec<&Agent> =
        if ask.include_agents || page.len() < 20 { agents.iter().collect() } else { Vec::new() };
    shown.sort_by_key(|agent| {
        (agent.name.is_none(), agent.name.as_deref().map(caseless::default_case_fold_str), agent.id)
    });
    json!({
        "ids": page.iter().map(|row| id(row.id).to_string()).collect::<Vec<_>>(),
        "agents_of_numbers": page.iter().map(|row| row.agent.map(|at| id(agent_number(agency, at)).to_string())).collect::<Vec<_>>(),
        "agents": shown.iter().map(|agent| agent.id.to_string()).collect::<Vec<_>>(),
        "summary": {
            "total": mine.len(),
            "active": count(&|row| row.status == Status::Active),
            "pending": count(&|row| row.status == Status::Pending),
            "suspended": count(&|row| row.status == Status::Suspended),
            "released": count(&|row| row.status == Status::Released),
            "assigned": count(&|row| row.status == Status::Active && row.agent.is_some()),
            "unassigned": count(&|row| row.status == Status::Active && row.agent.is_none()),
        },
        "pagination": {
            "total": listed.len(), "limit": limit, "offset": offset, "has_more": offset + page.len() < listed.len(),
        },
    })
}

/// The same shape out of a real answer.
fn observed(body: &Value) -> Value {
    let all =
        |list: &Value, key: &str| list.as_array().unwrap().iter().map(|item| item[key].clone()).collect::<Vec<_>>();
    json!({
        "ids": all(&body["phone_numbers"], "id"),
        "agents_of_numbers": all(&body["phone_numbers"], "agent_mapping_id"),
        "agents": all(&body["available_agents"], "id"),
        "summary": body["summary"],
        "pagination": body["pagination"],
    })
}

/// A term from the pool, or a part of a name that is there, in another case.
fn term(rows: &[Row], dice: &mut impl FnMut(usize) -> usize) -> String {
    let name =
        (!rows.is_empty()).then(|| rows[dice(rows.len())].name.clone()).flatten().filter(|name| !name.is_empty());
    match name {
        Some(name) if dice(2) == 0 => {
            let part: String = name.chars().skip(dice(name.chars().count())).take(1 + dice(3)).collect();
            [part.to_uppercase(), part.to_lowercase(), part][dice(3)].clone()
        }
        _ => TERMS[dice(TERMS.len())].to_owned(),
    }
}

/// Every combination of status, flags and agent, each with its own search term and window.
fn asks(rows: &[Row], dice: &mut impl FnMut(usize) -> usize) -> Vec<Ask> {
    let statuses = [None, Some(Status::Pending), Some(Status::Active), Some(Status::Suspended), Some(Status::Released)];
    let own = Some(id(agent_number(0, 1)));
    let foreign = Some(id(agent_number(1, 1)));
    let mut asks = Vec::new();
    for status in statuses {
        for flags in 0..8 {
            for agent in [None, own, foreign] {
                for search in [String::new(), term(rows, dice)] {
                    asks.push(Ask {
                        status,
                        include_released: flags & 1 != 0,
                        assigned: flags & 2 != 0,
                        unassigned: flags & 4 != 0,
                        agent,
                        search,
                        include_agents: dice(3) == 0,
                        limit: [None, Some(1), Some(3), Some(20), Some(500)][dice(5)],
                        offset: [None, Some(0), Some(1), Some(4), Some(30)][dice(5)],
                    });
                }
            }
        }
    }
    asks
}

fn apply(inventory: &Inventory, rows: &mut Vec<Row>, changes: &[Change]) {
    let sqlite = inventory.sqlite();
    for change in changes {
        let Some(last) = rows.len().checked_sub(1) else { return };
        let at = match change {
            Change::Assign(at, _)
            | Change::Status(at, _)
            | Change::Rename(at, _)
            | Change::Remove(at)
            | Change::Move(at) => at % (last + 1),
        };
        let key = id(rows[at].id).as_bytes().to_vec();
        let done = match change {
            Change::Assign(_, agent) => {
                rows[at].agent = *agent;
                let agent = agent.map(|place| id(agent_number(rows[at].agency, place)).as_bytes().to_vec());
                sqlite.execute(
                    "UPDATE agency_phone_numbers SET agent_mapping_id = ?1, assigned = ?1 IS NOT NULL WHERE id = ?2",
                    params![agent, key],
                )
            }
            Change::Status(_, status) => {
                rows[at].status = *status;
                sqlite
                    .execute("UPDATE agency_phone_numbers SET status = ?1 WHERE id = ?2", params![*status as i64, key])
            }
            Change::Rename(_, name) => {
                rows[at].name.clone_from(name);
                sqlite.execute("UPDATE agency_phone_numbers SET friendly_name = ?1 WHERE id = ?2", params![name, key])
            }
            Change::Move(_) => {
                (rows[at].agency, rows[at].agent) = (1 - rows[at].agency, None);
                let sql = "UPDATE agency_phone_numbers SET agent_mapping_id = NULL, assigned = 0, agency_no =
                    (SELECT agency_no FROM agencies WHERE id = ?1) WHERE id = ?2";
                sqlite.execute(sql, params![id(rows[at].agency + 1).as_bytes().to_vec(), key])
            }
            Change::Remove(_) => {
                rows.remove(at);
                sqlite.execute("DELETE FROM agency_phone_numbers WHERE id = ?1", params![key])
            }
        };
        assert_eq!(done.unwrap(), 1, "{change:?}");
    }
}

/// Fills a store with the rows and gives back the users of the agencies.
fn fill(inventory: &Inventory, rows: &[Row], names: &[Option<&str>]) -> Vec<UserId> {
    inventory.write(|change| {
        let mut users = Vec::new();
        for agency in 0..AGENCIES {
            let scope = add_agency(change, agency + 1, "An agency")?;
            let agents = agents(agency, names);
            agents.iter().try_for_each(|agent| add_agent(change, &scope, agent))?;
            for row in rows.iter().filter(|row| row.agency == agency) {
                change.add_number(&scope, &stored(row, &agents))?;
            }
            users.push(add_user(change, Some(&scope), 10 + agency, Role::AgencyMember)?);
        }
        Ok(users)
    })
}

#[test]
fn the_list_is_what_a_naive_model_says() {
    let names = proptest::collection::vec(proptest::sample::select(&AGENT_NAMES[..]), 6);
    let inventories = (rows(), changes(), names, any::<u64>());
    let runs = Runs { cases: 24, failure_persistence: None, ..Runs::default() };
    TestRunner::new(runs)
        .run(&inventories, |(mut rows, changes, names, mut seed)| {
            let inventory = Inventory::empty();
            let users = fill(&inventory, &rows, &names);
            let config = Config::load(&Flags::default(), [("LINEKEEPER_JWT_SECRET".into(), SECRET.into())]).unwrap();
            let secret = config.jwt_secret.clone().unwrap();
            let bearer = supabase::sign(&secret, &config, users[0], NOON, 3600).unwrap();
            let state = AppState::new(inventory.store.clone(), config, Clock::Fixed(NOON), Ids::Counted(0.into()));
            let mut dice = |sides: usize| {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                usize::try_from(seed >> 33).unwrap() % sides
            };
            actix_web::rt::System::new().block_on(async {
                let app = calls::init_service(linekeeper::http::app(&state, linekeeper::dialect::ALL)).await;
                for round in 0..2 {
                    if round == 1 {
                        apply(&inventory, &mut rows, &changes);
                    }
                    for ask in asks(&rows, &mut dice) {
                        let request = calls::TestRequest::get()
                            .uri(&format!("/functions/v1/phone-numbers-list?{}", ask.query()))
                            .insert_header(("authorization", format!("Bearer {bearer}")))
                            .to_request();
                        let answer = calls::call_service(&app, request).await;
                        prop_assert_eq!(answer.status().as_u16(), 200, "{:?}", ask);
                        let body: Value = calls::read_body_json(answer).await;
                        prop_assert_eq!(observed(&body), expected(&rows, 0, &agents(0, &names), &ask), "{:?}", ask);
                    }
                }
                Ok(())
            })?;
            let diagnosis = inventory.store.read(|snapshot| snapshot.examine()).unwrap();
            prop_assert_eq!(diagnosis.findings, Vec::<String>::new());
            Ok(())
        })
        .unwrap();
}
