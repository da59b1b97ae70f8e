//! Every setting by its key, and where it was set.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use toml::Value;

use super::{Flags, Result};
use crate::model::Secret;

/// Every setting at its default; what is not in here is not a setting.
const DEFAULTS: &str = include_str!("../../config.toml");
/// What the environment's names begin with.
const PREFIX: &str = "LINEKEEPER_";
/// Names the file; not a setting itself.
const CONFIG_VARIABLE: &str = "LINEKEEPER_CONFIG";
/// The file that is read if no other is named.
const CONFIG_FILE: &str = "config.toml";
/// The longest time that a setting can be.
const LONGEST: Duration = Duration::from_hours(366 * 24);
/// A shorter HMAC-SHA256 secret is weaker than the hash (RFC 7518, 3.2).
const MIN_SECRET_BYTES: usize = 32;

/// Where a setting came from; a later one wins over an earlier one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Origin {
    Default,
    File(PathBuf),
    Environment(String),
    Flag(&'static str),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Environment(name) => write!(f, "environment {name}"),
            Self::Flag(name) => write!(f, "flag {name}"),
        }
    }
}

/// What is wrong with the settings, in a sentence that names the setting and its origin.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ConfigError(String);

fn error<T>(sentence: impl Into<String>) -> Result<T> {
    Err(ConfigError(sentence.into()))
}

/// Every setting by its dotted key.
#[derive(Clone, Debug)]
pub struct Settings(BTreeMap<String, (Value, Origin)>);

impl Settings {
    /// Every setting, from wherever it was set last.
    ///
    /// # Errors
    /// An unknown key, a value of the wrong kind, a file that cannot be read.
    pub fn gather(flags: &Flags, environment: impl IntoIterator<Item = (OsString, OsString)>) -> Result<Self> {
        let mut settings = Settings(BTreeMap::new());
        let defaults = DEFAULTS.parse().map_err(|e| ConfigError(format!("the built-in settings: {e}")))?;
        flatten("", &Value::Table(defaults), &mut |key, value| {
            settings.0.insert(key, (value, Origin::Default));
            Ok(())
        })?;
        let environment = variables(environment)?;
        let in_environment = environment.get(CONFIG_VARIABLE).filter(|path| !path.is_empty());
        let named = flags.config.clone().or_else(|| in_environment.map(PathBuf::from));
        match named {
            Some(path) => settings.add_file(&path)?,
            None if Path::new(CONFIG_FILE).exists() => settings.add_file(Path::new(CONFIG_FILE))?,
            None => {}
        }
        settings.add_environment(&environment)?;
        if let Some(path) = &flags.data_dir {
            let Some(path) = path.to_str() else { return error("flag --data-dir is not UTF-8") };
            settings.set("data_dir", Value::String(path.to_owned()), Origin::Flag("--data-dir"))?;
        }
        if let Some(listen) = &flags.listen {
            settings.set("listen", Value::String(listen.clone()), Origin::Flag("--listen"))?;
        }
        Ok(settings)
    }

    /// A table of lines, `key = value  # origin`.
    pub fn print(&self) -> String {
        let line = |(key, (value, origin)): (&String, &(Value, Origin))| {
            format!("{:<48}  # {origin}", format!("{key} = {value}"))
        };
        self.0.iter().map(line).collect::<Vec<_>>().join("\n")
    }

    fn add_file(&mut self, path: &Path) -> Result<()> {
        let name = path.display();
        let text = fs::read_to_string(path).map_err(|e| ConfigError(format!("{name} cannot be read: {e}")))?;
        let table = text.parse().map_err(|e: toml::de::Error| {
            // The error's own text quotes the line, which may hold a secret.
            let line = e.span().map_or(0, |span| text[..span.start.min(text.len())].lines().count().max(1));
            ConfigError(format!("{name} is not TOML: line {line}: {}", e.message()))
        })?;
        flatten("", &Value::Table(table), &mut |key, value| self.set(&key, value, Origin::File(path.to_owned())))
    }

    fn add_environment(&mut self, environment: &BTreeMap<String, String>) -> Result<()> {
        for (name, text) in environment.iter().filter(|(name, _)| *name != CONFIG_VARIABLE) {
            let key = name[PREFIX.len()..].to_lowercase().replace("__", ".");
            // An empty variable is one that a compose file did not fill in.
            if self.0.contains_key(&key) && text.is_empty() {
                continue;
            }
            let value = match self.0.get(&key) {
                Some((Value::Integer(_), _)) => text.parse().map(Value::Integer).ok(),
                Some((Value::Boolean(_), _)) => text.parse().map(Value::Boolean).ok(),
                _ => None,
            };
            let value = value.unwrap_or_else(|| Value::String(text.clone()));
            self.set(&key, value, Origin::Environment(name.clone()))?;
        }
        Ok(())
    }

    fn set(&mut self, key: &str, value: Value, origin: Origin) -> Result<()> {
        if matches!(&value, Value::Table(_)) && self.0.keys().any(|known| known.starts_with(&format!("{key}."))) {
            return Ok(());
        }
        let Some((before, _)) = self.0.get(key) else {
            let shown = |key: &str| match origin {
                Origin::Environment(_) => format!("{PREFIX}{}", key.to_uppercase().replace('.', "__")),
                _ => key.to_owned(),
            };
            // A table's name may be the mistake: it is compared with tables' names.
            let depth = key.split('.').count();
            let as_deep = |known: &str| known.split('.').take(depth).collect::<Vec<_>>().join(".");
            let nearest = self.0.keys().min_by_key(|known| strsim::damerau_levenshtein(&as_deep(known), key));
            let hint = nearest.map(|known| format!("; did you mean `{}`?", shown(known))).unwrap_or_default();
            return error(format!("{origin}: there is no setting `{}`{hint}", shown(key)));
        };
        if before.type_str() != value.type_str() {
            return error(format!("{origin}: `{key}` is a {}, not a {}", before.type_str(), value.type_str()));
        }
        self.0.insert(key.to_owned(), (value, origin));
        Ok(())
    }

    pub fn text(&self, key: &str) -> &str {
        self.0.get(key).and_then(|(value, _)| value.as_str()).unwrap_or_default()
    }

    pub fn flag(&self, key: &str) -> bool {
        self.0.get(key).and_then(|(value, _)| value.as_bool()).unwrap_or_default()
    }

    /// A number that is not negative.
    pub fn whole(&self, key: &str) -> Option<u64> {
        self.0.get(key).and_then(|(value, _)| value.as_integer()).and_then(|number| number.try_into().ok())
    }

    /// A number of things.
    pub fn count(&self, key: &str) -> Result<u32> {
        match self.whole(key).and_then(|count| u32::try_from(count).ok()) {
            Some(count) => Ok(count),
            None => self.refuse(key, "is a whole number from 0 to 4294967295"),
        }
    }

    /// An amount of memory, in bytes.
    pub fn mib(&self, key: &str) -> Result<usize> {
        match self.whole(key).and_then(|mib| usize::try_from(mib).ok()).filter(|mib| *mib <= 4096) {
            Some(mib) => Ok(mib << 20),
            None => self.refuse(key, "is a whole number of MiB from 0 to 4096"),
        }
    }

    pub fn duration(&self, key: &str) -> Result<Duration> {
        match humantime::parse_duration(self.text(key)) {
            Ok(duration) if duration <= LONGEST => Ok(duration),
            _ => self.refuse(key, "is a time like 0s, 30s, 10m or 7days, up to a year"),
        }
    }

    fn origin(&self, key: &str) -> &Origin {
        self.0.get(key).map_or(&Origin::Default, |(_, origin)| origin)
    }

    pub fn refuse<T>(&self, key: &str, what: &str) -> Result<T> {
        error(format!("{}: `{key}` {what}", self.origin(key)))
    }

    /// A secret, from its own key or from the file that its `_file` twin names, whichever was set last. It does not
    /// stay here, where settings are printed from.
    pub fn take_secret(&mut self, key: &str) -> Result<Option<Secret>> {
        let secret = self.secret(key)?;
        if let Some((value, _)) = self.0.get_mut(key).filter(|(value, _)| value.as_str() != Some("")) {
            *value = Value::String("[redacted]".into());
        }
        Ok(secret)
    }

    fn secret(&self, key: &str) -> Result<Option<Secret>> {
        let twin = format!("{key}_file");
        let (inline, file) = (self.text(key), self.text(&twin));
        let rank = |key: &str| match self.origin(key) {
            Origin::Default => 0,
            Origin::File(_) => 1,
            Origin::Environment(_) => 2,
            Origin::Flag(_) => 3,
        };
        let (text, named) = match (inline.is_empty(), file.is_empty()) {
            (true, true) => return Ok(None),
            (false, false) if rank(key) == rank(&twin) => {
                return self.refuse(key, &format!("and `{twin}` are both set: keep one"));
            }
            (false, twin_unset) if twin_unset || rank(key) > rank(&twin) => (inline.to_owned(), key),
            _ => match fs::read_to_string(file) {
                Ok(text) => (text.strip_suffix('\n').map_or(&*text, |t| t.trim_end_matches('\r')).to_owned(), &*twin),
                Err(why) => return self.refuse(&twin, &format!("cannot be read as text: {why}")),
            },
        };
        if text.len() < MIN_SECRET_BYTES {
            return self.refuse(named, &format!("is shorter than {MIN_SECRET_BYTES} bytes"));
        }
        Ok(Some(Secret::new(text)))
    }
}

/// Visits the leaves of a table under their dotted keys.
fn flatten(prefix: &str, value: &Value, visit: &mut impl FnMut(String, Value) -> Result<()>) -> Result<()> {
    match value {
        // An empty table is visited too: its name may be a mistake.
        Value::Table(table) if !table.is_empty() || prefix.is_empty() => table.iter().try_for_each(|(key, value)| {
            let key = if prefix.is_empty() { key.clone() } else { format!("{prefix}.{key}") };
            flatten(&key, value, visit)
        }),
        leaf => visit(prefix.to_owned(), leaf.clone()),
    }
}

/// Our part of the environment.
fn variables(environment: impl IntoIterator<Item = (OsString, OsString)>) -> Result<BTreeMap<String, String>> {
    let ours = environment.into_iter().filter(|(name, _)| name.to_string_lossy().starts_with(PREFIX));
    ours.map(|(name, value)| match (name.into_string(), value.into_string()) {
        (Ok(name), Ok(value)) => Ok((name, value)),
        (Ok(name), Err(_)) => error(format!("environment {name} is not UTF-8")),
        (Err(name), _) => error(format!("environment {} is not UTF-8", name.display())),
    })
    .collect()
}
