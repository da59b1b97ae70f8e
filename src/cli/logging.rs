//! The log: on stderr, as text for people or JSON lines for machines.

use std::io::{IsTerminal, Write, stderr};

use env_logger::fmt::Formatter;
use env_logger::{Target, WriteStyle};
use log::kv::{Error, Key, Value, VisitSource};
use log::{Level, Record};
use serde::Serialize;

use crate::clock::Clock;
use crate::config::{Log, LogFormat};

/// Begins to log. A second call changes nothing.
pub fn start(settings: &Log) {
    let json = match settings.format {
        LogFormat::Json => true,
        LogFormat::Text => false,
        LogFormat::Auto => !stderr().is_terminal(),
    };
    let mut logger = env_logger::Builder::new();
    // Other crates' chatter is not for the operator; their warnings are.
    logger.filter_level(settings.level.min(log::LevelFilter::Warn)).filter_module("linekeeper", settings.level);
    if json {
        // Otherwise the system is asked for every line whether this is a terminal, and the line searched for colours.
        logger.target(Target::Pipe(Box::new(stderr()))).write_style(WriteStyle::Always);
    }
    logger.format(move |out, record| if json { as_json(out, record) } else { as_text(out, record) });
    let _ = logger.try_init();
}

/// One object a line, put together whole before it is handed over: this runs for every request.
fn as_json(out: &mut Formatter, record: &Record<'_>) -> std::io::Result<()> {
    struct Fields<'a>(&'a mut Vec<u8>);
    impl<'kvs> VisitSource<'kvs> for Fields<'_> {
        fn visit_pair(&mut self, key: Key<'kvs>, value: Value<'kvs>) -> Result<(), Error> {
            match (value.to_u64(), value.to_borrowed_str()) {
                (Some(number), _) => field(self.0, key.as_str(), &number),
                (_, Some(text)) => field(self.0, key.as_str(), text),
                _ => field(self.0, key.as_str(), &value.to_string()),
            }
            .map_err(Error::boxed)
        }
    }
    let mut line = Vec::with_capacity(256);
    line.extend_from_slice(b"{\"time\":\"");
    write!(line, "{}\"", Clock::System.now())?;
    let level = match record.level() {
        Level::Error => "error",
        Level::Warn => "warn",
        Level::Info => "info",
        Level::Debug => "debug",
        Level::Trace => "trace",
    };
    field(&mut line, "level", level)?;
    match record.args().as_str() {
        Some(text) => field(&mut line, "message", text)?,
        None => field(&mut line, "message", &record.args().to_string())?,
    }
    let _ = record.key_values().visit(&mut Fields(&mut line));
    line.extend_from_slice(b"}\n");
    out.write_all(&line)
}

/// A member whose name is an identifier of ours: nothing in it needs escaping.
fn field<T: Serialize + ?Sized>(line: &mut Vec<u8>, name: &str, value: &T) -> serde_json::Result<()> {
    line.extend_from_slice(b",\"");
    line.extend_from_slice(name.as_bytes());
    line.extend_from_slice(b"\":");
    serde_json::to_writer(line, value)
}

fn as_text(out: &mut Formatter, record: &Record<'_>) -> std::io::Result<()> {
    struct Fields<'a>(&'a mut Formatter);
    impl<'kvs> VisitSource<'kvs> for Fields<'_> {
        fn visit_pair(&mut self, key: Key<'kvs>, value: Value<'kvs>) -> Result<(), Error> {
            write!(self.0, " {key}={value}").map_err(Error::boxed)
        }
    }
    let style = out.default_level_style(record.level());
    write!(out, "{} {style}{:5}{style:#} {}", Clock::System.now(), record.level(), record.args())?;
    let _ = record.key_values().visit(&mut Fields(out));
    writeln!(out)
}
