//! What a list costs: processor time of a real server per request, beside the same bytes from memory.
//!
//! `cargo bench --bench list` measures databases of 10,000, 100,000 and 1,000,000 numbers;
//! `cargo bench --bench list -- 10000` only those named; `-- small` a small machine under strain. BENCHMARKS.md keeps what it printed.
#![allow(clippy::expect_used, clippy::print_stdout, reason = "a benchmark that cannot go on stops, and prints")]

mod cases;
mod ceiling;
mod load;
mod server;
mod strain;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use cases::{Case, Place};
use load::{Asked, load};
use server::Server;

/// Runs of each case; its figure is their median.
const RUNS: usize = 5;
/// How long a run lasts.
const RUN: Duration = Duration::from_millis(300);
/// Requests that each connection makes at least in a run.
const LEAST: usize = 4;
/// The answer cache of a server that is measured warm, in MiB: the default.
const CACHE_MIB: u32 = 16;
/// Signs the users' tokens.
const SECRET: &str = "a secret for measuring, of more than 32 bytes";

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    match &arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["ceiling", data_dir, bodies] => ceiling::serve(data_dir, Path::new(bodies)),
        // The load has the other core to itself.
        sizes if std::env::var_os("ON_ITS_OWN_CORE").is_none() => {
            let program = std::env::current_exe().expect("this program has a path");
            let done =
                Command::new("taskset").args(["-c", "1"]).arg(program).args(sizes).env("ON_ITS_OWN_CORE", "1").status();
            std::process::exit(done.expect("taskset is installed (util-linux)").code().unwrap_or(1));
        }
        [] => {
            [10_000, 100_000, 1_000_000].into_iter().for_each(measure);
            strain::small();
        }
        ["small"] => strain::small(),
        sizes => sizes.iter().for_each(|size| measure(size.parse().expect("sizes are numbers"))),
    }
}

/// Times of one case, in microseconds of the server's processor time per request.
#[derive(Default)]
struct Times {
    cold: Vec<f64>,
    warm: Vec<f64>,
    unchanged: Vec<f64>,
    ceiling: Vec<f64>,
    bare: Vec<f64>,
    latency: Vec<(Duration, Duration)>,
}

fn median(times: &[f64]) -> f64 {
    let mut sorted = times.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
}

fn measure(numbers: u32) {
    let directory = tempfile::tempdir().expect("there is room for a directory");
    let data_dir = directory.path().join("data");
    server::generate(&data_dir, &["--agencies", "1000", "--numbers", &numbers.to_string()]);
    let place = Place::find(&data_dir);
    println!("\n## {numbers} numbers; agencies of {:?}\n", place.sizes);
    let cases = cases::all(&place);
    let bodies = keep_bodies(&data_dir, &cases, directory.path());

    let mut times: Vec<Times> = cases.iter().map(|_| Times::default()).collect();
    let mut memory = 0.0_f64;
    for _ in 0..RUNS {
        let ceiling = Server::ceiling(&data_dir, SECRET, &bodies);
        let cold = Server::linekeeper(&data_dir, SECRET, 0);
        for (at, (case, times)) in cases.iter().zip(&mut times).enumerate() {
            case.prime(&cold);
            let (mut micros, answered) = run(&cold, 0, &case.asked());
            if case.remembers {
                // At a revision of its own each, from one connection: otherwise some find what others remembered.
                let before: &(dyn Fn() + Sync) = &|| place.raise_revision();
                micros = run(&cold, 0, &Asked { connections: 1, before: Some(before), ..case.asked() }).0;
            }
            times.cold.push(micros);
            times.latency.push((answered.quantile(0.5), answered.quantile(0.99)));
            for (port, kept) in [(0, &mut times.ceiling), (1, &mut times.bare)] {
                let request = load::request(&format!("/functions/v1/ceiling?{at}"), &case.token, "");
                let asked = Asked::plainly(vec![request]);
                kept.push(run(&ceiling, port, &asked).0);
            }
        }
        memory = memory.max(cold.anonymous_mib());
        drop(cold);
        let warm = Server::linekeeper(&data_dir, SECRET, CACHE_MIB);
        for (case, times) in cases.iter().zip(&mut times) {
            let (asked, unchanged) = case.repeated(&warm);
            times.warm.push(run(&warm, 0, &asked).0);
            times.unchanged.push(run(&warm, 0, &unchanged).0);
        }
        memory = memory.max(warm.anonymous_mib());
    }
    print(&cases, &times);
    println!("\nanonymous memory: at most {memory:.0} MiB");
    strain::beside_a_writer(&data_dir, &place);
}

/// One run: microseconds per request, and the answers.
fn run(server: &Server, port: usize, asked: &Asked<'_>) -> (f64, load::Answered) {
    let (answered, used) = server.cpu(|| load(server.addresses[port], asked, LEAST, RUN));
    #[allow(clippy::cast_precision_loss)]
    let micros = used.as_secs_f64() * 1e6 / answered.times.len() as f64;
    (micros, answered)
}

/// Asks for every case's body once, for the ceiling to give back.
fn keep_bodies(data_dir: &Path, cases: &[Case], directory: &Path) -> PathBuf {
    let bodies = directory.join("bodies");
    std::fs::create_dir(&bodies).expect("the directory is new");
    let server = Server::linekeeper(data_dir, SECRET, 0);
    for (at, case) in cases.iter().enumerate() {
        let mut connection = load::Connection::open(server.addresses[0]);
        let (status, _, body) = connection.ask(&case.asked().requests[0]);
        assert_eq!(status, 200, "{}", case.name);
        std::fs::write(bodies.join(at.to_string()), body).expect("there is room for a body");
    }
    bodies
}

fn print(cases: &[Case], times: &[Times]) {
    let of_default = median(&times[0].cold);
    println!("| list | ceiling | cold | x ceiling | x default | warm | x ceiling | 304 | p50 ms | p99 ms |");
    println!("|---|---|---|---|---|---|---|---|---|---|");
    for (case, times) in cases.iter().zip(times) {
        let [ceiling, cold, warm, unchanged] =
            [&times.ceiling, &times.cold, &times.warm, &times.unchanged].map(|times| median(times));
        let millis = |pick: fn(&(Duration, Duration)) -> Duration| {
            median(&times.latency.iter().map(|both| pick(both).as_secs_f64() * 1e3).collect::<Vec<_>>())
        };
        println!(
            "| {} | {ceiling:.1} | {cold:.0} | {:.1} | {:.1} | {warm:.1} | {:.2} | {unchanged:.1} | {:.2} | {:.2} |",
            case.name,
            cold / ceiling,
            cold / of_default,
            warm / ceiling,
            millis(|both| both.0),
            millis(|both| both.1),
        );
    }
    let [ceiling, bare] = [median(&times[0].ceiling), median(&times[0].bare)];
    println!("\nceiling of the default page {ceiling:.1} us, bare actix handler {bare:.1} us: {:.2}x", ceiling / bare);
}
