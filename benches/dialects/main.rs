//! What a first page of fifty costs in each dialect, for each byte that is sent, beside supabase's default page in the same run.
//!
//! `cargo bench --bench dialects`; BENCHMARKS.md keeps what it printed.
#![allow(clippy::expect_used, clippy::print_stdout, reason = "a benchmark that cannot go on stops, and prints")]

#[allow(dead_code, reason = "the other benchmark uses the rest")]
#[path = "../list/load.rs"]
mod load;
#[allow(dead_code, reason = "the other benchmark uses the rest")]
#[path = "../list/server.rs"]
mod server;

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use linekeeper::clock::{Clock, Ids};
use linekeeper::config::{Config, Flags};
use linekeeper::dialect::supabase;
use linekeeper::inventory::access;
use linekeeper::inventory::keys::{self, NewKey};
use linekeeper::model::{AgencyId, Error, Permissions, PresentedKey};
use linekeeper::store::{DataDir, Store};
use load::{Asked, Connection, load};
use server::Server;

/// Runs of each case, alternated; its figure is their median.
const RUNS: usize = 7;
const RUN: Duration = Duration::from_millis(400);
const LEAST: usize = 4;
/// Rows of a page.
const PAGE: u64 = 50;
/// Signs the users' tokens.
const SECRET: &str = "a secret for measuring, of more than 32 bytes";

/// A first page.
struct Case {
    name: &'static str,
    request: Vec<u8>,
}

fn main() {
    if std::env::var_os("ON_ITS_OWN_CORE").is_none() {
        // The load has the other core to itself.
        let program = std::env::current_exe().expect("this program has a path");
        let done = Command::new("taskset").args(["-c", "1"]).arg(program).env("ON_ITS_OWN_CORE", "1").status();
        std::process::exit(done.expect("taskset is installed (util-linux)").code().unwrap_or(1));
    }
    let directory = tempfile::tempdir().expect("there is room for a directory");
    let data_dir = directory.path().join("data");
    server::generate(&data_dir, &["--agencies", "1000", "--numbers", "100000"]);
    let cases = cases(&data_dir).expect("the store opens");
    let mut bytes = Vec::new();
    let mut times: Vec<Vec<f64>> = cases.iter().map(|_| Vec::new()).collect();
    for _ in 0..RUNS {
        let server = Server::linekeeper(&data_dir, SECRET, 0);
        bytes = cases.iter().map(|case| size(&server, case)).collect();
        for (case, times) in cases.iter().zip(&mut times) {
            let asked = Asked::plainly(vec![case.request.clone()]);
            let (answered, used) = server.cpu(|| load(server.addresses[0], &asked, LEAST, RUN));
            #[allow(clippy::cast_precision_loss)]
            times.push(used.as_secs_f64() * 1e6 / answered.times.len() as f64);
        }
    }
    println!("| dialect | bytes | us a page | ns a byte | x supabase |\n|---|---|---|---|---|");
    let mut first = None;
    for ((case, times), bytes) in cases.iter().zip(&mut times).zip(bytes) {
        times.sort_by(f64::total_cmp);
        let micros = times[times.len() / 2];
        #[allow(clippy::cast_precision_loss)]
        let per_byte = micros * 1e3 / bytes as f64;
        let of_first = *first.get_or_insert(per_byte);
        println!("| {} | {bytes} | {micros:.0} | {per_byte:.2} | {:.2} |", case.name, per_byte / of_first);
    }
}

/// How many bytes the answer's body has.
fn size(server: &Server, case: &Case) -> usize {
    let mut connection = Connection::open(server.addresses[0]);
    let (status, _, body) = connection.ask(&case.request);
    assert_eq!(status, 200, "{}", case.name);
    body.len()
}

fn cases(data_dir: &Path) -> Result<Vec<Case>, Error> {
    let store = Store::open(&DataDir::new(data_dir.to_owned()), 1).map_err(Error::internal)?;
    let (largest, of_a_page) = store.read(|snapshot| {
        let mut sizes = Vec::new();
        for agency in snapshot.agencies()? {
            sizes.push((snapshot.number_counts(&access::operator(snapshot, agency.id)?)?.total(), agency.id));
        }
        let nearest = |size: u64| sizes.iter().min_by_key(|(has, _)| has.abs_diff(size)).map(|(_, agency)| *agency);
        Ok::<_, Error>((nearest(u64::MAX).ok_or(Error::NoAgency)?, nearest(PAGE).ok_or(Error::NoAgency)?))
    })?;
    let config =
        Config::load(&Flags::default(), [("LINEKEEPER_JWT_SECRET".into(), SECRET.into())]).map_err(Error::internal)?;
    let secret = config.jwt_secret.clone().ok_or(Error::NoAgency)?;
    let owner = store.read(|snapshot| {
        let users = snapshot.users(Some(&access::operator(snapshot, largest)?))?;
        users.first().map(|user| user.id).ok_or(Error::NoAgency)
    })?;
    let token = supabase::sign(&secret, &config, owner, Clock::System.now(), 86_400).map_err(Error::internal)?;
    let (own, small) = (key(&store, largest)?, key(&store, of_a_page)?);
    let bearer = own.expose();
    let basic = STANDARD.encode(format!("{}:{}", small.id, small.secret.expose()));
    let agora = "GET /api/conversational-ai-agent/v2/phone-numbers HTTP/1.1\r\nhost: bench\r\n";
    Ok(vec![
        Case { name: "supabase", request: load::request("/functions/v1/phone-numbers-list", &token, "") },
        Case { name: "butter", request: load::request("/api/phone-numbers?page_size=50", &bearer, "") },
        // It has no pages: the whole list of an agency that has as many.
        Case { name: "agora", request: format!("{agora}authorization: Basic {basic}\r\n\r\n").into_bytes() },
        Case { name: "instaview", request: load::request("/phone-numbers?limit=50", &bearer, "") },
        Case { name: "agentphone", request: load::request("/v1/numbers?limit=50", &bearer, "") },
    ])
}

fn key(store: &Store, agency: AgencyId) -> Result<PresentedKey, Error> {
    store.write(|change| {
        let new = NewKey { name: None, permissions: Permissions::ALL, partner: false, expires_at: None };
        keys::create(change, &Clock::System, &Ids::Fresh, agency, new)
    })
}
