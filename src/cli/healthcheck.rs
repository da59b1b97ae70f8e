//! `linekeeper healthcheck`

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use super::{Failure, load, output};
use crate::config::Flags;
use crate::http::reachable;

/// How long a server may take to say that it is ready.
const PATIENCE: Duration = Duration::from_secs(5);

/// Ask the running server whether it is ready: for containers and supervisors.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: linekeeper healthcheck --listen 127.0.0.1:8080")]
pub struct Args {
    /// Where the server listens [default: as configured]
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: Option<String>,
}

impl Args {
    pub fn run(self, flags: Flags) -> Result<(), Failure> {
        let address = reachable(load(&Flags { listen: self.listen, ..flags })?.listen);
        let unsound = |what: String| Failure::Unsound(format!("the server at {address} is not ready: {what}"));
        let ask = || -> std::io::Result<String> {
            let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
            stream.set_read_timeout(Some(PATIENCE))?;
            write!(stream, "GET /readyz HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
            let mut answer = Vec::new();
            stream.take(64 * 1024).read_to_end(&mut answer)?;
            Ok(String::from_utf8_lossy(&answer).into_owned())
        };
        let answer = ask().map_err(|error| unsound(error.to_string()))?;
        if answer.starts_with("HTTP/1.1 200 ") {
            output::line("ready");
            Ok(())
        } else {
            Err(unsound(answer.lines().next().unwrap_or("it said nothing").to_owned()))
        }
    }
}
