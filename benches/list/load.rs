//! The load: connections that are kept, each asking for the next query as soon as it was answered.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// Connections that ask at once.
pub const CONNECTIONS: usize = 8;

/// What is asked: the requests in turn, as they go over the wire.
pub struct Asked<'b> {
    /// Whole requests.
    pub requests: Vec<Vec<u8>>,
    /// The status that each must be answered with.
    pub status: u16,
    /// How many connections ask at once.
    pub connections: usize,
    /// What is done before each request.
    pub before: Option<&'b (dyn Fn() + Sync)>,
}

impl Asked<'_> {
    /// Requests from all connections that are answered well.
    pub fn plainly(requests: Vec<Vec<u8>>) -> Self {
        Self { requests, status: 200, connections: CONNECTIONS, before: None }
    }
}

/// How that went.
pub struct Answered {
    /// Each answer's time, sorted.
    pub times: Vec<Duration>,
}

impl Answered {
    /// The time within which this share of the answers came.
    pub fn quantile(&self, share: f64) -> Duration {
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
        let at = (self.times.len() as f64 * share) as usize;
        self.times[at.min(self.times.len() - 1)]
    }
}

/// A request for a path with a token, and further header lines.
pub fn request(path: &str, token: &str, headers: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nhost: bench\r\nauthorization: Bearer {token}\r\n{headers}\r\n").into_bytes()
}

/// A connection that is kept.
pub struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    /// Connects.
    pub fn open(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).expect("the server is listening");
        stream.set_nodelay(true).expect("TCP has no delay");
        stream.set_read_timeout(Some(Duration::from_mins(1))).expect("reads may time out");
        Self { stream, buffer: vec![0; 1 << 20] }
    }

    /// Asks, and reads the whole answer: its status, its head and its body.
    pub fn ask(&mut self, request: &[u8]) -> (u16, &str, &[u8]) {
        self.stream.write_all(request).expect("the server reads");
        let (mut filled, mut whole) = (0, None);
        while whole.is_none_or(|(_, end)| filled < end) {
            if filled == self.buffer.len() {
                self.buffer.resize(filled * 2, 0);
            }
            let read = self.stream.read(&mut self.buffer[filled..]).expect("the server answers");
            assert!(read > 0, "the server closed the connection");
            filled += read;
            whole = whole.or_else(|| head_and_end(&self.buffer[..filled]));
            if let Some((head, usize::MAX)) = whole
                && self.buffer[..filled].ends_with(b"\r\n0\r\n\r\n")
            {
                whole = Some((head, filled));
            }
        }
        let (head, end) = whole.expect("the loop went on until then");
        let text = std::str::from_utf8(&self.buffer[..head]).expect("heads are ASCII");
        let status = text[9..12].parse().expect("a status has three digits");
        (status, text, &self.buffer[head..end])
    }
}

/// Where the body begins and where it ends; `usize::MAX` where the body comes in chunks.
fn head_and_end(bytes: &[u8]) -> Option<(usize, usize)> {
    let head = bytes.windows(4).position(|window| window == b"\r\n\r\n")? + 4;
    let text = std::str::from_utf8(&bytes[..head]).ok()?;
    let mut fields = text.lines().filter_map(|line| line.split_once(": "));
    let length = fields.find_map(|(name, value)| match &*name.to_ascii_lowercase() {
        "content-length" => value.parse().ok(),
        "transfer-encoding" => Some(usize::MAX - head),
        _ => None,
    });
    Some((head, head + length.unwrap_or(0)))
}

/// Asks from every connection until the time is over and each has asked at least `least` times.
pub fn load(address: SocketAddr, asked: &Asked<'_>, least: usize, time: Duration) -> Answered {
    let turn = AtomicUsize::new(0);
    let began = Instant::now();
    let mut times = thread::scope(|scope| {
        let client = || {
            let (mut connection, mut times) = (Connection::open(address), Vec::new());
            while times.len() < least || began.elapsed() < time {
                let request = &asked.requests[turn.fetch_add(1, Ordering::Relaxed) % asked.requests.len()];
                if let Some(before) = asked.before {
                    before();
                }
                let sent = Instant::now();
                let (status, head, _) = connection.ask(request);
                times.push(sent.elapsed());
                assert_eq!(status, asked.status, "{}\n{head}", String::from_utf8_lossy(request));
            }
            times
        };
        let clients: Vec<_> = (0..asked.connections).map(|_| scope.spawn(client)).collect();
        clients
            .into_iter()
            .flat_map(|client| client.join().expect("every answer was as it should be"))
            .collect::<Vec<_>>()
    });
    times.sort_unstable();
    Answered { times }
}
