//! The log: on stderr, as text for people or JSON lines for machines.

use std::io::{IsTerminal, Write, stderr};

use env_logger::fmt::Formatter;
use log::Record;
use log::kv::{Error, Key, Value, VisitSource};
use serde_json::{Map, json};

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
    logger.format(move |out, record| if json { as_json(out, record) } else { as_text(out, record) });
    let _ = logger.try_init();
}

fn as_json(out: &mut Formatter, record: &Record<'_>) -> std::io::Result<()> {
    struct Fields(Map<String, serde_json::Value>);
    impl<'kvs> VisitSource<'kvs> for Fields {
        fn visit_pair(&mut self, key: Key<'kvs>, value: Value<'kvs>) -> Result<(), Error> {
            let value = value.to_u64().map_or_else(|| json!(value.to_string()), |number| json!(number));
            self.0.insert(key.to_string(), value);
            Ok(())
        }
    }
    let mut fields = Fields(Map::new());
    fields.0.insert("time".into(), json!(Clock::System.now().to_string()));
    fields.0.insert("level".into(), json!(record.level().as_str().to_lowercase()));
    fields.0.insert("message".into(), json!(record.args().to_string()));
    let _ = record.key_values().visit(&mut fields);
    writeln!(out, "{}", serde_json::Value::Object(fields.0))
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
