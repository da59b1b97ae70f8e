//! What the tests share: an inventory to fill, a server process to ask, and tokens of every kind.
#![allow(dead_code, reason = "each test binary uses its part")]

pub mod killer;

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use linekeeper::model::{
    Agency, AgencyId, Agent, AgentId, AgentRecord, AgentSettings, Carrier, Money, Number, NumberId, Role, Timestamp,
    User, UserId,
};
use linekeeper::store::{Change, DataDir, Scope, Store, migrate};
use serde_json::{Value, json};
use tempfile::TempDir;
use uuid::Uuid;

/// The secret that every test server checks tokens with.
pub const SECRET: &str = "a secret of the tests, at least 32 bytes long";
/// The instant at which tests stand still: 2025-01-15T12:00:00Z.
pub const NOON: Timestamp = Timestamp(1_736_942_400_000_000);

/// A data directory with a current, empty database.
pub struct Inventory {
    pub store: Store,
    directory: TempDir,
}

impl Inventory {
    pub fn empty() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let data_dir = DataDir::new(directory.path().join("data"));
        migrate(&data_dir, None).unwrap();
        Self { store: Store::open(&data_dir, 4).unwrap().with_memory(1 << 20), directory }
    }

    pub fn path(&self) -> PathBuf {
        self.directory.path().join("data")
    }

    /// The data directory alone, which nobody here has open.
    pub fn closed(self) -> (TempDir, PathBuf) {
        let data = self.path();
        (self.directory, data)
    }

    /// A connection of the test's own, for what the program would not do.
    pub fn sqlite(&self) -> rusqlite::Connection {
        let connection = rusqlite::Connection::open(self.path().join("linekeeper.db")).unwrap();
        connection.execute_batch("PRAGMA foreign_keys = ON").unwrap();
        connection.busy_timeout(Duration::from_secs(10)).unwrap();
        connection
    }

    pub fn write<T>(&self, deed: impl FnOnce(&Change) -> linekeeper::model::Result<T>) -> T {
        self.store.write(deed).unwrap()
    }
}

/// An id that is easy to tell in a failure's output.
pub const fn id(number: u64) -> Uuid {
    Uuid::from_u64_pair(0x4000, (1 << 63) | number)
}

pub fn add_agency(change: &Change, number: u64, name: &str) -> linekeeper::model::Result<Scope> {
    add_child_agency(change, number, name, None)
}

pub fn add_child_agency(
    change: &Change,
    number: u64,
    name: &str,
    parent: Option<&Scope>,
) -> linekeeper::model::Result<Scope> {
    let agency =
        Agency { id: AgencyId(id(number)), parent: parent.map(Scope::agency), name: name.into(), created_at: NOON };
    change.add_agency(&agency, parent)
}

pub fn add_user(change: &Change, scope: Option<&Scope>, number: u64, role: Role) -> linekeeper::model::Result<UserId> {
    let id = UserId(id(number));
    let email = Some(format!("user{number}@example.com"));
    change.add_user(scope, &User { id, agency: scope.map(Scope::agency), email, role }, NOON)?;
    Ok(id)
}

pub fn agent(number: u64, name: Option<&str>) -> Agent {
    Agent {
        id: AgentId(id(number)),
        engine_id: format!("uv-{number}"),
        name: name.map(str::to_owned),
        voice: Some("en-US-Standard".into()),
        language: "en".into(),
        records_calls: true,
    }
}

pub fn add_agent(change: &Change, scope: &Scope, agent: &Agent) -> linekeeper::model::Result<()> {
    change.add_agent(scope, &AgentRecord { agent: agent.clone(), settings: AgentSettings::default(), created_at: NOON })
}

/// The seed's example row, but for its ids.
pub fn number(number: u64, phone_number: &str) -> Number {
    Number {
        carrier_number_id: Some("telnyx-id".into()),
        friendly_name: Some("Main Line".into()),
        number_type: Some("local".into()),
        country_code: Some("US".into()),
        monthly_cost: Some(Money(10_000)),
        purchased_at: Some(NOON),
        ..Number::bare(NumberId(id(number)), phone_number.parse().unwrap(), Carrier::Telnyx, NOON)
    }
}

/// A server process of the binary under test. Ended by its own pid when dropped.
pub struct Server {
    child: Mutex<Child>,
    pid: u32,
    pub base_url: String,
    log: Arc<Mutex<Vec<u8>>>,
    said: Arc<Mutex<Vec<u8>>>,
    readers: Vec<JoinHandle<()>>,
}

/// The binary under test, in a clean environment.
pub fn linekeeper() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_linekeeper"));
    command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default()).current_dir("/");
    command
}

impl Server {
    /// `linekeeper serve` on this directory and a free port.
    pub fn start(data_dir: &Path) -> Self {
        let mut command = linekeeper();
        command.args(["serve", "--listen", "127.0.0.1:0", "--data-dir"]).arg(data_dir);
        command.env("LINEKEEPER_JWT_SECRET", SECRET);
        Self::spawn(command)
    }

    /// Any command that ends up listening.
    pub fn spawn(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let log = Arc::new(Mutex::new(Vec::new()));
        let mut stderr = child.stderr.take().unwrap();
        let sink = Arc::clone(&log);
        let reader = std::thread::spawn(move || keep(&mut stderr, &sink));
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let said = Arc::new(Mutex::new(Vec::new()));
        let base_url = announced(&mut stdout, &said)
            .unwrap_or_else(|| panic!("it did not listen: {}", String::from_utf8_lossy(&log.lock().unwrap())));
        let sink = Arc::clone(&said);
        let drain = std::thread::spawn(move || keep(&mut stdout, &sink));
        let pid = child.id();
        Self { child: Mutex::new(child), pid, base_url, log, said, readers: vec![reader, drain] }
    }

    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// Ends it at once, as a power cut would.
    pub fn kill(&self) {
        self.child.lock().unwrap().kill().unwrap();
    }

    /// Whether it has ended, or does within so long.
    pub fn has_ended(&self, within: Duration) -> bool {
        let began = Instant::now();
        loop {
            match self.child.lock().unwrap().try_wait().unwrap() {
                Some(_) => return true,
                None if began.elapsed() > within => return false,
                None => {}
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// What it has logged so far.
    pub fn log(&self) -> String {
        String::from_utf8(self.log.lock().unwrap().clone()).unwrap()
    }

    /// What it has said on its standard output so far.
    pub fn said(&self) -> Vec<u8> {
        self.said.lock().unwrap().clone()
    }

    pub fn signal(&self, signal: &str) {
        let done = Command::new("kill").args([signal, &self.pid().to_string()]).status().unwrap();
        assert!(done.success());
    }

    /// Tells it to stop, and returns its exit code and whole log.
    pub fn stop(mut self) -> (Option<i32>, String) {
        self.signal("-TERM");
        let code = self.child.lock().unwrap().wait().unwrap().code();
        for reader in self.readers.drain(..) {
            reader.join().unwrap();
        }
        (code, self.log())
    }

    pub fn list(&self, token: &str, query: &str) -> Answer {
        self.ask("GET", &format!("/functions/v1/phone-numbers-list{query}"), Some(token))
    }

    pub fn ask(&self, method: &str, path: &str, token: Option<&str>) -> Answer {
        let authorization = token.map(|token| format!("Bearer {token}"));
        let headers: Vec<_> = authorization.iter().map(|value| ("authorization", value.as_str())).collect();
        self.ask_with(method, path, &headers)
    }

    /// Sends a JSON body.
    pub fn send(&self, method: &str, path: &str, token: Option<&str>, body: &Value) -> Answer {
        let authorization = token.map(|token| format!("Bearer {token}"));
        let headers: Vec<_> = authorization.iter().map(|value| ("authorization", value.as_str())).collect();
        self.send_with(method, path, &headers, &body.to_string())
    }

    pub fn ask_with(&self, method: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
        self.send_with(method, path, headers, "")
    }

    pub fn send_with(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        self.try_send_with(method, path, headers, body).unwrap()
    }

    /// The same of a server that may be gone before it has answered.
    pub fn try_send_with(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Result<Answer, ureq::Error> {
        let agent: ureq::Agent =
            ureq::Agent::config_builder().http_status_as_error(false).allow_non_standard_methods(true).build().into();
        let mut request = ureq::http::Request::builder().method(method).uri(format!("{}{path}", self.base_url));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut response = if body.is_empty() {
            agent.run(request.body(()).unwrap())?
        } else {
            agent.run(request.body(body).unwrap())?
        };
        let body = response.body_mut().with_config().limit(256 << 20).read_to_vec()?;
        let headers = response.headers().iter();
        Ok(Answer {
            status: response.status().as_u16(),
            headers: headers.map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned())).collect(),
            body,
        })
    }
}

/// Keeps what is read to its end.
fn keep(from: &mut impl Read, sink: &Mutex<Vec<u8>>) {
    let mut buffer = [0; 4096];
    while let Ok(read @ 1..) = from.read(&mut buffer) {
        sink.lock().unwrap().extend_from_slice(&buffer[..read]);
    }
}

fn announced(stdout: &mut BufReader<ChildStdout>, said: &Mutex<Vec<u8>>) -> Option<String> {
    let mut line = String::new();
    while stdout.read_line(&mut line).unwrap() > 0 {
        said.lock().unwrap().extend_from_slice(line.as_bytes());
        if let Some(url) = line.trim_end().strip_prefix("listening on ") {
            return Some(url.to_owned());
        }
        line.clear();
    }
    None
}

impl Drop for Server {
    fn drop(&mut self) {
        let mut child = self.child.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = child.kill();
        let _ = child.wait();
    }
}

/// What a server said.
#[derive(Debug, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(given, _)| given == name).map(|(_, value)| value.as_str())
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("not JSON: {}", self.text()))
    }
}

/// The claims of a good token for a user, as of now.
pub fn claims(user: UserId) -> Value {
    let now = linekeeper::clock::Clock::System.now().0 / 1_000_000;
    json!({
        "iss": "https://project.supabase.co/auth/v1", "aud": "authenticated", "exp": now + 3600, "iat": now,
        "sub": user.to_string(), "role": "authenticated", "email": "user@example.com",
    })
}

/// A good token for a user.
pub fn token(user: UserId) -> String {
    sign(&json!({"alg": "HS256", "typ": "JWT"}).to_string(), &claims(user).to_string(), SECRET)
}

/// Signs any header and any claims with HMAC-SHA256.
pub fn sign(header: &str, claims: &str, secret: &str) -> String {
    let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
    let key = jsonwebtoken::EncodingKey::from_secret(secret.as_bytes());
    let signature = jsonwebtoken::crypto::sign(signed.as_bytes(), &key, jsonwebtoken::Algorithm::HS256).unwrap();
    format!("{signed}.{signature}")
}
