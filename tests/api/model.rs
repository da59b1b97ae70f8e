//! The list against a naive model of it: random inventories, random changes, every combination of filters.

use std::cmp::Reverse;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use actix_web::test as calls;
use linekeeper::app::AppState;
use linekeeper::carrier::Carriers;
use linekeeper::clock::{Clock, Ids};
use linekeeper::config::{Config, Flags};
use linekeeper::dialect::supabase;
use linekeeper::model::{Agent, Number, NumberId, Role, Status, Timestamp, UserId};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use proptest::prelude::*;
use proptest::test_runner::{Config as Runs, TestRunner};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{Inventory, NOON, SECRET, add_agency, add_agent, add_user, agent, id, linekeeper, number};

const AGENCIES: u64 = 2;
const AGENTS: u64 = 3;
/// How many questions `asks` has: five statuses, eight flags, three agents, with a search and without.
const ASKS: usize = 5 * 8 * 3 * 2;
const MOST_CHANGES: usize = 24;

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
    /// To another place in the list.
    Redate(usize, i64),
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
        (any::<usize>(), -3..3_i64).prop_map(|(row, to)| Change::Redate(row, to)),
    ];
    proptest::collection::vec(change, 0..MOST_CHANGES)
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

fn stamp(row: &Row) -> Timestamp {
    Timestamp(NOON.0 + row.created_at * 1_000_000)
}

fn stored(row: &Row, agents: &[Agent]) -> Number {
    Number {
        id: NumberId(id(row.id)),
        status: row.status,
        friendly_name: row.name.as_deref().map(Into::into),
        created_at: stamp(row),
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

/// Does a change to the rows, and says it in SQL.
fn change(rows: &mut Vec<Row>, change: &Change) -> Option<String> {
    let last = rows.len().checked_sub(1)?;
    let at = match change {
        Change::Assign(at, _)
        | Change::Status(at, _)
        | Change::Rename(at, _)
        | Change::Remove(at)
        | Change::Move(at)
        | Change::Redate(at, _) => at % (last + 1),
    };
    let blob = |number: u64| format!("X'{}'", id(number).simple());
    let key = blob(rows[at].id);
    let set = match change {
        Change::Assign(_, agent) => {
            rows[at].agent = *agent;
            let agent = agent.map_or("NULL".to_owned(), |place| blob(agent_number(rows[at].agency, place)));
            format!("agent_mapping_id = {agent}, assigned = {agent} IS NOT NULL")
        }
        Change::Status(_, status) => {
            rows[at].status = *status;
            format!("status = {}", *status as i64)
        }
        Change::Rename(_, name) => {
            rows[at].name.clone_from(name);
            let name = name.as_ref().map_or("NULL".to_owned(), |name| format!("'{}'", name.replace('\'', "''")));
            format!("friendly_name = {name}")
        }
        Change::Move(_) => {
            (rows[at].agency, rows[at].agent) = (1 - rows[at].agency, None);
            let agency = blob(rows[at].agency + 1);
            format!(
                "agent_mapping_id = NULL, assigned = 0, agency_no = (SELECT agency_no FROM agencies WHERE id = {agency})"
            )
        }
        Change::Redate(_, created_at) => {
            rows[at].created_at = *created_at;
            format!("created_at = {}", stamp(&rows[at]).0)
        }
        Change::Remove(_) => {
            rows.remove(at);
            return Some(format!("DELETE FROM agency_phone_numbers WHERE id = {key}"));
        }
    };
    Some(format!("UPDATE agency_phone_numbers SET {set} WHERE id = {key}"))
}

/// A process that writes what it is told to.
struct Writer {
    process: Child,
    said: BufReader<ChildStdout>,
}

impl Writer {
    fn start(data: &Path) -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--ignored", "--exact", "model::writer", "--nocapture"]).env("WRITER_DATA", data);
        let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let said = BufReader::new(process.stdout.take().unwrap());
        Self { process, said }
    }

    /// Writes, and waits until it is written.
    fn write(&mut self, sql: &str) {
        writeln!(self.process.stdin.as_mut().unwrap(), "{sql}").unwrap();
        let mut line = String::new();
        while !line.starts_with("wrote ") {
            line.clear();
            assert!(self.said.read_line(&mut line).unwrap() > 0, "the writer ended at {sql}");
        }
        assert_eq!(line.trim_end(), "wrote 1", "{sql}");
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        // The end of what it reads is the end of it.
        drop(self.process.stdin.take());
        let _ = self.process.wait();
    }
}

/// What the writing process does: runs each line of its input, and says how many rows that changed.
#[test]
#[ignore = "the property starts this in a process of its own"]
fn writer() {
    let Ok(data) = std::env::var("WRITER_DATA") else { return };
    let sqlite = rusqlite::Connection::open(Path::new(&data).join("linekeeper.db")).unwrap();
    sqlite.execute_batch("PRAGMA foreign_keys = ON; PRAGMA busy_timeout = 10000").unwrap();
    for line in std::io::stdin().lines() {
        let changed = sqlite.execute(&line.unwrap(), []).unwrap();
        writeln!(std::io::stdout().lock(), "\nwrote {changed}").unwrap();
    }
}

/// Fills a store with the rows as an agency brings them: exported by Supabase, in two imports, the second of which has
/// older rows than the first, and the first's too.
fn import(inventory: &Inventory, rows: &[Row], names: &[Option<&str>]) -> Vec<UserId> {
    let exports = tempfile::tempdir().unwrap();
    let write = |file: &str, lines: Vec<String>| std::fs::write(exports.path().join(file), lines.concat()).unwrap();
    let text = |text: Option<&str>| text.map_or(String::new(), |text| format!("\"{}\"", text.replace('"', "\"\"")));
    let (mut agencies, mut users, mut mappings, mut owners) = (
        vec!["id,name\n".to_owned()],
        vec!["id,agency_id,email,role\n".to_owned()],
        vec!["id,agency_id,ultravox_agent_id,ultravox_agent_name\n".to_owned()],
        Vec::new(),
    );
    for agency in 0..AGENCIES {
        agencies.push(format!("{},An agency\n", id(agency + 1)));
        users.push(format!("{},{},,agency_member\n", id(10 + agency), id(agency + 1)));
        owners.push(UserId(id(10 + agency)));
        for agent in agents(agency, names) {
            let name = text(agent.name.as_deref());
            mappings.push(format!("{},{},{},{name}\n", agent.id, id(agency + 1), agent.engine_id));
        }
    }
    write("agencies.csv", agencies);
    write("users.csv", users);
    write("agent_mappings.csv", mappings);
    for half in [rows.len() / 2, rows.len()] {
        let mut newest_first: Vec<&Row> = rows.iter().collect();
        newest_first.sort_by_key(|row| Reverse(row.created_at));
        let mut lines =
            vec!["id,agency_id,phone_number,friendly_name,agent_mapping_id,status,created_at,updated_at\n".to_owned()];
        for row in &newest_first[..half] {
            let agent = row.agent.map_or(String::new(), |at| id(agent_number(row.agency, at)).to_string());
            let (name, status) = (text(row.name.as_deref()), row.status.name());
            let (number, agency) = (&row.phone_number, id(row.agency + 1));
            let created_at = stamp(row);
            lines.push(format!("{},{agency},{number},{name},{agent},{status},{created_at},{NOON}\n", id(row.id)));
        }
        write("agency_phone_numbers.csv", lines);
        let mut command = linekeeper();
        command.args(["import", "supabase"]).arg(exports.path()).arg("--data-dir").arg(inventory.path());
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    }
    owners
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
fn the_list_is_what_a_naive_model_says_however_rows_came_and_whoever_writes() {
    let names = proptest::collection::vec(proptest::sample::select(&AGENT_NAMES[..]), 6);
    let inventories = (rows(), changes(), names, any::<bool>(), any::<u64>());
    let runs = Runs { cases: 24, failure_persistence: None, ..Runs::default() };
    TestRunner::new(runs)
        .run(&inventories, |(mut rows, changes, names, imported, mut seed)| {
            let inventory = Inventory::empty();
            let users = if imported { import(&inventory, &rows, &names) } else { fill(&inventory, &rows, &names) };
            let config = Config::load(&Flags::default(), [("LINEKEEPER_JWT_SECRET".into(), SECRET.into())]).unwrap();
            let secret = config.jwt_secret.clone().unwrap();
            let bearer = supabase::sign(&secret, &config, users[0], NOON, 3600).unwrap();
            let state = AppState::new(
                inventory.store.clone(),
                config,
                Carriers::default(),
                Clock::Fixed(NOON),
                Ids::Counted(0.into()),
            );
            let mut dice = |sides: usize| {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                usize::try_from(seed >> 33).unwrap() % sides
            };
            let mut writer = Writer::start(&inventory.path());
            let mut changes = changes.iter();
            actix_web::rt::System::new().block_on(async {
                let app = calls::init_service(linekeeper::http::app(&state, linekeeper::dialect::ALL)).await;
                for (at, ask) in asks(&rows, &mut dice).into_iter().cycle().take(2 * ASKS).enumerate() {
                    if at % (2 * ASKS / MOST_CHANGES) == 0
                        && let Some(sql) = changes.next().and_then(|next| change(&mut rows, next))
                    {
                        writer.write(&sql);
                    }
                    let request = calls::TestRequest::get()
                        .uri(&format!("/functions/v1/phone-numbers-list?{}", ask.query()))
                        .insert_header(("authorization", format!("Bearer {bearer}")))
                        .to_request();
                    let answer = calls::call_service(&app, request).await;
                    prop_assert_eq!(answer.status().as_u16(), 200, "{:?}", ask);
                    let body: Value = calls::read_body_json(answer).await;
                    prop_assert_eq!(observed(&body), expected(&rows, 0, &agents(0, &names), &ask), "{:?}", ask);
                }
                Ok(())
            })?;
            let diagnosis = inventory.store.read(|snapshot| snapshot.examine()).unwrap();
            prop_assert_eq!(diagnosis.findings, Vec::<String>::new());
            Ok(())
        })
        .unwrap();
}
