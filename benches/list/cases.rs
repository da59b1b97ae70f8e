//! What is measured.

use std::cell::RefCell;
use std::path::Path;
use std::sync::Mutex;

use linekeeper::clock::Clock;
use linekeeper::config::{Config, Flags};
use linekeeper::dialect::supabase;
use linekeeper::inventory::access;
use linekeeper::model::{AgencyId, AgentId, Error};
use linekeeper::store::{DataDir, Store};

use crate::SECRET;
use crate::load::{self, Asked, Connection};
use crate::server::Server;

const FUNCTION: &str = "/functions/v1/phone-numbers-list";
/// How long the tokens are good, in seconds.
const TTL: i64 = 86_400;

/// Where the cases happen: three agencies of one database.
pub struct Place {
    /// How many numbers the three have.
    pub sizes: [u64; 3],
    tokens: [String; 3],
    agent: AgentId,
    /// The largest.
    pub largest: AgencyId,
    writer: Mutex<rusqlite::Connection>,
}

impl Place {
    /// The largest agency, and those nearest to 1,000 and to 10 numbers.
    pub fn find(data_dir: &Path) -> Self {
        let store = Store::open(&DataDir::new(data_dir.to_owned()), 1).expect("the store opens");
        let found = store.read(|snapshot| {
            let mut agencies: Vec<(u64, AgencyId)> = Vec::new();
            for agency in snapshot.agencies()? {
                let scope = access::operator(snapshot, agency.id)?;
                agencies.push((snapshot.number_counts(&scope)?.total(), agency.id));
            }
            let nearest =
                |size: u64| *agencies.iter().min_by_key(|(has, _)| has.abs_diff(size)).expect("there are agencies");
            let three = [nearest(u64::MAX), nearest(1_000), nearest(10)];
            let config = Config::load(&Flags::default(), [("LINEKEEPER_JWT_SECRET".into(), SECRET.into())])
                .map_err(Error::internal)?;
            let secret = config.jwt_secret.clone().ok_or(Error::NoAgency)?;
            let mut tokens = Vec::new();
            for (_, agency) in three {
                let scope = access::operator(snapshot, agency)?;
                let owner = snapshot.users(Some(&scope))?.first().ok_or(Error::NoAgency)?.id;
                tokens
                    .push(supabase::sign(&secret, &config, owner, Clock::System.now(), TTL).map_err(Error::internal)?);
            }
            let largest = access::operator(snapshot, three[0].1)?;
            let agent = snapshot.agents(&largest)?.first().ok_or(Error::NoAgency)?.id;
            let tokens = tokens.try_into().map_err(|_| Error::NoAgency)?;
            let writer = rusqlite::Connection::open(data_dir.join("linekeeper.db"))?;
            // What is measured is the server, not the disk.
            writer.execute_batch("PRAGMA synchronous = OFF; PRAGMA busy_timeout = 10000")?;
            let (sizes, largest) = (three.map(|(has, _)| has), three[0].1);
            Ok::<_, Error>(Self { sizes, tokens, agent, largest, writer: Mutex::new(writer) })
        });
        found.expect("the database was generated")
    }
}

impl Place {
    /// Raises the largest agency's revision, as another process's write would.
    pub fn raise_revision(&self) {
        let writer = self.writer.lock().expect("no other thread failed");
        let id = self.largest.0.as_bytes();
        let raised = writer.execute("UPDATE agencies SET revision = revision + 1 WHERE id = ?1", [id]);
        assert_eq!(raised.expect("the database can be written"), 1);
    }
}

/// One list.
pub struct Case {
    /// What is printed.
    pub name: String,
    /// Whose token it is asked with.
    pub token: String,
    /// Whether the server remembers of an answer what makes the next cheaper, until the revision moves.
    pub remembers: bool,
    /// Its queries, asked in turn; a search is asked for another term each time, so that nothing is remembered.
    queries: RefCell<Queries>,
}

enum Queries {
    One(String),
    /// Makes the n-th, where the counting has got to, and whether there are so few that they are remembered.
    Many(fn(usize) -> String, usize, bool),
    /// The second page of these, whose first was seen.
    Second(Vec<String>),
}

/// As many terms as a run asks for at most.
const TERMS: usize = 4_000;

impl Case {
    /// What it asks for in the next run.
    pub fn asked(&self) -> Asked<'_> {
        let queries = match &mut *self.queries.borrow_mut() {
            Queries::One(query) => vec![query.clone()],
            Queries::Many(make, from, _) => {
                let queries = (*from..*from + TERMS).map(&*make).collect();
                *from += TERMS;
                queries
            }
            Queries::Second(firsts) => firsts.iter().map(|first| format!("{first}&offset=50")).collect(),
        };
        Asked::plainly(queries.iter().map(|query| self.request(query, "")).collect())
    }

    /// Shows the first pages where the second are measured, and otherwise lets the server come to speed.
    pub fn prime(&self, server: &Server) {
        let mut connection = Connection::open(server.addresses[0]);
        if let Queries::Second(firsts) = &*self.queries.borrow() {
            for first in firsts {
                assert_eq!(connection.ask(&self.request(first, "")).0, 200);
            }
        }
        for request in self.asked().requests.iter().cycle().take(20) {
            assert_eq!(connection.ask(request).0, 200);
        }
    }

    /// Whether it is one of those that stand for the others where there is no time for all.
    pub fn is_plain(&self) -> bool {
        ["default page", "offset at half", "search: four digits"].contains(&&*self.name)
    }

    /// Its requests, for compressed answers.
    pub fn compressed(&self) -> Vec<Vec<u8>> {
        let queries = match &*self.queries.borrow() {
            Queries::One(query) => vec![query.clone()],
            Queries::Many(make, ..) => (0..TERMS).map(make).collect(),
            Queries::Second(firsts) => firsts.iter().map(|first| format!("{first}&offset=50")).collect(),
        };
        queries.iter().map(|query| self.request(query, "accept-encoding: gzip\r\n")).collect()
    }

    /// One query again and again, and the same where the client has the answer.
    pub fn repeated(&self, server: &Server) -> (Asked<'_>, Asked<'_>) {
        let query = match &*self.queries.borrow() {
            Queries::One(query) => query.clone(),
            Queries::Many(make, ..) => make(7),
            Queries::Second(firsts) => format!("{}&offset=50", firsts[0]),
        };
        let mut connection = Connection::open(server.addresses[0]);
        let request = self.request(&query, "");
        let (_, head, _) = connection.ask(&request);
        let etag = head.lines().find_map(|line| line.strip_prefix("etag: ")).unwrap_or("none").to_owned();
        let unchanged = self.request(&query, &format!("if-none-match: {etag}\r\n"));
        let status = connection.ask(&unchanged).0;
        (Asked::plainly(vec![request]), Asked { status, ..Asked::plainly(vec![unchanged]) })
    }

    fn request(&self, query: &str, headers: &str) -> Vec<u8> {
        load::request(&format!("{FUNCTION}?{query}"), &self.token, headers)
    }
}

/// Every case.
pub fn all(place: &Place) -> Vec<Case> {
    let mut cases = Vec::new();
    let mut add = |name: String, agency: usize, queries: Queries| {
        let token = place.tokens[agency].clone();
        let remembers = matches!(queries, Queries::Many(_, _, true));
        cases.push(Case { name, token, remembers, queries: RefCell::new(queries) });
    };
    let agent = format!("agent_id={}", place.agent);
    let lists = [
        ("default page", ""),
        ("status + assigned", "status=active&assigned=true"),
        ("assigned", "assigned=true"),
        ("agent_id", &agent),
        ("include_released", "include_released=true"),
    ];
    for (name, query) in lists {
        add(name.into(), 0, Queries::One(query.into()));
    }
    for (name, query) in lists {
        add(format!("{name}, page two"), 0, Queries::One(format!("{query}&offset=50")));
    }
    add("offset at half".into(), 0, Queries::One(format!("offset={}", place.sizes[0] / 2)));
    add(format!("default page of {}", place.sizes[1]), 1, Queries::One(String::new()));
    add(format!("default page of {}", place.sizes[2]), 2, Queries::One(String::new()));

    let searches = [
        ("four digits", (|at| format!("search={:04}", at * 7_919 % 10_000)) as fn(usize) -> String, false),
        ("rare fragment", |at| format!("search=line+{}", at * 7_919 % 10_000), false),
        ("word in 40 %", |at| format!("search={}", spelt("line", at)), true),
        ("two digits", |at| format!("search={:02}", at % 100), true),
    ];
    for (name, make, remembers) in searches {
        add(format!("search: {name}"), 0, Queries::Many(make, 0, remembers));
        add(format!("search: {name}, page two"), 0, Queries::Second((0..3).map(make).collect()));
    }
    cases
}

/// The term in another spelling.
fn spelt(term: &str, at: usize) -> String {
    let letter =
        |(place, letter): (usize, char)| if at >> place & 1 == 1 { letter.to_ascii_uppercase() } else { letter };
    term.chars().enumerate().map(letter).collect()
}
