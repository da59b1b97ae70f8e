//! Servers in processes of their own, on a core of their own, and what they cost.

use std::collections::HashMap;
use std::fs;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// The core that servers run on; the load comes from the other.
const CORE: &str = "0";

/// A server under measurement. It is ended when this is dropped.
pub struct Server {
    process: Child,
    /// Where it listens; the ceiling listens on two ports.
    pub addresses: Vec<SocketAddr>,
}

impl Server {
    /// Starts Linekeeper on a data directory; `answer_cache_mib` 0 measures it cold.
    pub fn linekeeper(data_dir: &Path, secret: &str, answer_cache_mib: u32) -> Self {
        let mut command = pinned(env!("CARGO_BIN_EXE_linekeeper"));
        command.args(["serve", "--listen", "127.0.0.1:0", "--data-dir"]).arg(data_dir);
        command.env("LINEKEEPER_JWT_SECRET", secret);
        for limit in ["REQUESTS_PER_MINUTE", "REQUESTS_PER_HOUR"] {
            command.env(format!("LINEKEEPER_LIMITS__{limit}"), "0");
        }
        command.env("LINEKEEPER_ANSWER_CACHE_MIB", answer_cache_mib.to_string());
        Self::start(command, 1)
    }

    /// Starts this program as the ceiling: answers of the same bytes from memory, one port behind the dialect's own
    /// middleware and token check, one bare.
    pub fn ceiling(data_dir: &Path, secret: &str, bodies: &Path) -> Self {
        let mut command = pinned(std::env::current_exe().expect("this program has a path"));
        command.arg("ceiling").arg(data_dir).arg(bodies).env("LINEKEEPER_JWT_SECRET", secret);
        Self::start(command, 2)
    }

    fn start(mut command: Command, ports: usize) -> Self {
        command.stdout(Stdio::piped()).stderr(Stdio::null());
        let mut process = command.spawn().expect("the server starts");
        let mut lines = BufReader::new(process.stdout.take().expect("its output is a pipe")).lines();
        let mut addresses = Vec::new();
        while addresses.len() < ports {
            let line = lines.next().expect("the server says where it listens").expect("in UTF-8");
            if let Some(address) = line.strip_prefix("listening on http://") {
                addresses.push(address.parse().expect("an address and a port"));
            }
        }
        Self { process, addresses }
    }

    /// Its process.
    pub fn pid(&self) -> u32 {
        self.process.id()
    }

    /// The processor time that each of its threads has used.
    fn threads(&self) -> HashMap<String, Duration> {
        let tasks = fs::read_dir(format!("/proc/{}/task", self.process.id())).expect("the server is running");
        let read = |task: fs::DirEntry| {
            let stat = fs::read_to_string(task.path().join("schedstat")).ok()?;
            let nanos = stat.split(' ').next()?.parse().ok()?;
            Some((task.file_name().into_string().ok()?, Duration::from_nanos(nanos)))
        };
        tasks.filter_map(|task| read(task.ok()?)).collect()
    }

    /// The processor time that it uses while something is done.
    pub fn cpu<T>(&self, work: impl FnOnce() -> T) -> (T, Duration) {
        let before = self.threads();
        let done = work();
        let used = self
            .threads()
            .iter()
            .map(|(thread, after)| after.saturating_sub(before.get(thread).copied().unwrap_or_default()))
            .sum();
        (done, used)
    }

    /// The anonymous memory that it holds, in MiB.
    pub fn anonymous_mib(&self) -> f64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.id())).expect("the server is running");
        let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:")).expect("Linux says how much");
        let kib: f64 = line.trim().trim_end_matches(" kB").parse().expect("in KiB");
        kib / 1024.0
    }
}

/// Fills a new data directory.
pub fn generate(data_dir: &Path, how: &[&str]) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_linekeeper"));
    let done = command.arg("generate").args(how).arg("--data-dir").arg(data_dir).output().expect("linekeeper runs");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

impl Drop for Server {
    fn drop(&mut self) {
        // Told to stop, it leaves an empty journal behind for the next.
        let pid = self.process.id().to_string();
        let told = Command::new("kill").args(["-TERM", &pid]).status();
        if told.is_err() {
            let _ = self.process.kill();
        }
        let _ = self.process.wait();
    }
}

/// A program on the servers' core.
pub fn pinned(program: impl AsRef<std::ffi::OsStr>) -> Command {
    let mut command = Command::new("taskset");
    command.args(["-c", CORE]).arg(program);
    command
}
