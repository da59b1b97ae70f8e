//! What lies between a server and its carrier: it passes bytes on, and kills the server when a certain one passes.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use crate::shape::Shape;
use crate::support::Server;

/// A moment of a request and its answer. Each is named for what has passed by then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spot {
    Nothing,
    HalfTheHead,
    TheHead,
    HalfTheBody,
    AllButOneByte,
    TheRequest,
    /// The carrier has answered, and none of it has passed.
    NothingOfTheAnswer,
    OneByteOfTheAnswer,
    HalfTheAnswer,
    AllButOneByteOfTheAnswer,
    TheAnswer,
}

/// Those before the carrier has answered, and those after.
pub const ASKING: [Spot; 6] =
    [Spot::Nothing, Spot::HalfTheHead, Spot::TheHead, Spot::HalfTheBody, Spot::AllButOneByte, Spot::TheRequest];
pub const ANSWERING: [Spot; 5] = [
    Spot::NothingOfTheAnswer,
    Spot::OneByteOfTheAnswer,
    Spot::HalfTheAnswer,
    Spot::AllButOneByteOfTheAnswer,
    Spot::TheAnswer,
];

/// A request that was seen: what it asks for, and whether the carrier answered.
pub type Seen = (&'static str, bool);

/// Who is killed, and when: at which request of all (from 0), and at which moment of it.
type Doomed = (Arc<Server>, Option<(usize, Spot)>);

#[derive(Default)]
struct Watch {
    doomed: Option<Doomed>,
    seen: Vec<Seen>,
}

pub struct Proxy {
    pub url: String,
    watch: Arc<Mutex<Watch>>,
    address: std::net::SocketAddr,
    over: Arc<Mutex<bool>>,
}

impl Proxy {
    pub fn start(carrier: &str, shape: Shape) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (watch, over) = (Arc::<Mutex<Watch>>::default(), Arc::new(Mutex::new(false)));
        let carrier = carrier.strip_prefix("http://").unwrap().to_owned();
        let (watching, ended) = (Arc::clone(&watch), Arc::clone(&over));
        std::thread::spawn(move || {
            for client in listener.incoming() {
                if *ended.lock().unwrap() {
                    return;
                }
                let (watch, carrier) = (Arc::clone(&watching), carrier.clone());
                // A connection may break at any byte: that is what this is for.
                std::thread::spawn(move || drop(pass(client.unwrap(), &carrier, shape, &watch)));
            }
        });
        Self { url: format!("http://{address}"), watch, address, over }
    }

    /// From now on requests count, and one of them is this server's last.
    pub fn watch(&self, server: &Arc<Server>, at: Option<(usize, Spot)>) {
        *self.watch.lock().unwrap() = Watch { doomed: Some((Arc::clone(server), at)), seen: Vec::new() };
    }

    /// What was asked since; nobody is killed any more.
    pub fn seen(&self) -> Vec<Seen> {
        let mut watch = self.watch.lock().unwrap();
        watch.doomed = None;
        watch.seen.clone()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        *self.over.lock().unwrap() = true;
        drop(TcpStream::connect(self.address));
    }
}

/// One request and its answer.
fn pass(mut client: TcpStream, carrier: &str, shape: Shape, watch: &Mutex<Watch>) -> std::io::Result<()> {
    let Some((request, head)) = whole(&mut client)? else { return Ok(()) };
    let line = String::from_utf8_lossy(&request);
    let mut words = line.split(' ');
    let asked = shape.asks(words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let (at, doomed) = {
        let mut watch = watch.lock().unwrap();
        watch.seen.push((asked, false));
        let at = watch.seen.len() - 1;
        (at, watch.doomed.clone().filter(|(_, spot)| spot.is_some_and(|(nth, _)| nth == at)))
    };
    let spot = doomed.as_ref().and_then(|(_, spot)| spot.map(|(_, spot)| spot));
    let kill = || doomed.iter().for_each(|(server, _)| server.kill());
    let mut upstream = TcpStream::connect(carrier)?;
    upstream.set_nodelay(true)?;
    let passed = match spot {
        Some(Spot::Nothing) => 0,
        Some(Spot::HalfTheHead) => head / 2,
        Some(Spot::TheHead) => head,
        Some(Spot::HalfTheBody) => usize::midpoint(head, request.len()),
        Some(Spot::AllButOneByte) => request.len() - 1,
        _ => request.len(),
    };
    upstream.write_all(&request[..passed])?;
    if spot.is_some_and(|spot| ASKING.contains(&spot)) {
        kill();
        if passed < request.len() {
            return upstream.shutdown(Shutdown::Both);
        }
    }
    let Some((answer, _)) = whole(&mut upstream)? else { return client.shutdown(Shutdown::Both) };
    watch.lock().unwrap().seen.get_mut(at).into_iter().for_each(|seen| seen.1 = true);
    let passed = match spot {
        Some(Spot::NothingOfTheAnswer) => 0,
        Some(Spot::OneByteOfTheAnswer) => 1,
        Some(Spot::HalfTheAnswer) => answer.len() / 2,
        Some(Spot::AllButOneByteOfTheAnswer) => answer.len() - 1,
        _ => answer.len(),
    };
    let written = client.write_all(&answer[..passed]);
    if spot.is_some_and(|spot| ANSWERING.contains(&spot)) {
        kill();
    }
    written
}

/// A whole request or answer, and how long its head is; none where its sender closes the connection before its end.
fn whole(stream: &mut TcpStream) -> std::io::Result<Option<(Vec<u8>, usize)>> {
    let (mut bytes, mut buffer) = (Vec::new(), [0; 4096]);
    loop {
        if let Some(end) = memchr::memmem::find(&bytes, b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&bytes[..end]).to_lowercase();
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse::<usize>().ok());
            let head = end + 4;
            if bytes.len() >= head + length.unwrap_or(0) {
                return Ok(Some((bytes, head)));
            }
        }
        match stream.read(&mut buffer)? {
            0 => return Ok(None),
            read => bytes.extend_from_slice(&buffer[..read]),
        }
    }
}
