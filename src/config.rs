//! Settings: defaults, then a file, then the environment, then flags; and where each one came from.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use toml::Value;

use crate::model::Secret;

/// Every setting at its default; what is not in here is not a setting.
const DEFAULTS: &str = include_str!("../config.toml");
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

/// The settings in force.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where the database lies.
    pub data_dir: PathBuf,
    /// Where the server listens.
    pub listen: SocketAddr,
    /// Signs users' tokens (HS256).
    pub jwt_secret: Option<Secret>,
    /// Where the public keys that sign users' tokens (ES256, RS256) are.
    pub jwks_url: Option<String>,
    /// The room for answers that are kept.
    pub answer_cache_bytes: usize,
    /// The room for numbers that are kept for lists and searches.
    pub memory_bytes: usize,
    /// The `supabase` dialect's settings.
    pub supabase: Supabase,
    /// How orders are carried out.
    pub orders: Orders,
    /// The carrier that is built in.
    pub simulator: Option<Simulator>,
    /// The log's settings.
    pub log: Log,
    settings: Settings,
}

/// `[dialect.supabase]`
#[derive(Clone, Debug)]
pub struct Supabase {
    /// What a token's `aud` must contain.
    pub audience: String,
    /// What a token's `iss` must be.
    pub issuer: Option<String>,
}

/// `[orders]`
#[derive(Clone, Copy, Debug)]
pub struct Orders {
    /// How long a release waits before the carrier hears of it.
    pub release_hold: Duration,
    /// How far apart a carrier must say twice that it knows nothing of a purchase.
    pub absence_proof: Duration,
    /// How long after a lost answer the carrier is asked first.
    pub retry_delay: Duration,
    /// How long a carrier may take to answer.
    pub carrier_deadline: Duration,
}

/// `[simulator]`
#[derive(Clone, Debug)]
pub struct Simulator {
    /// Fixes its stock.
    pub seed: u64,
    /// Where it runs, if not here.
    pub url: Option<String>,
}

/// `[log]`
#[derive(Clone, Debug)]
pub struct Log {
    /// The least that is logged.
    pub level: log::LevelFilter,
    /// How it is written.
    pub format: LogFormat,
}

/// How log lines are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// Text on a terminal, JSON lines otherwise.
    Auto,
    /// Lines for people.
    Text,
    /// One JSON object a line.
    Json,
}

/// What the command line says about settings.
#[derive(Clone, Debug, Default)]
pub struct Flags {
    /// `--config`
    pub config: Option<PathBuf>,
    /// `--data-dir`
    pub data_dir: Option<PathBuf>,
    /// `--listen`
    pub listen: Option<String>,
}

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

type Result<T> = std::result::Result<T, ConfigError>;

fn error<T>(sentence: impl Into<String>) -> Result<T> {
    Err(ConfigError(sentence.into()))
}

/// Every setting by its dotted key.
#[derive(Clone, Debug)]
struct Settings(BTreeMap<String, (Value, Origin)>);

impl Config {
    /// Gathers the settings and checks each.
    ///
    /// # Errors
    /// The first thing that is wrong: an unknown key, a value of the wrong kind, a file that cannot be read.
    pub fn load(flags: &Flags, environment: impl IntoIterator<Item = (OsString, OsString)>) -> Result<Self> {
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
        Self::from_settings(settings)
    }

    fn from_settings(mut settings: Settings) -> Result<Self> {
        let jwt_secret = settings.take_secret("jwt_secret")?;
        let listen = settings.text("listen");
        let Ok(listen) = listen.parse() else {
            return settings.refuse("listen", "is an address and a port, like 127.0.0.1:8080 or [::1]:8080");
        };
        let Ok(level) = settings.text("log.level").parse() else {
            return settings.refuse("log.level", "is one of error, warn, info, debug, trace, off");
        };
        let format = match settings.text("log.format") {
            "auto" => LogFormat::Auto,
            "text" => LogFormat::Text,
            "json" => LogFormat::Json,
            _ => return settings.refuse("log.format", "is one of auto, text, json"),
        };
        if settings.text("data_dir").is_empty() {
            return settings.refuse("data_dir", "names a directory");
        }
        if settings.text("dialect.supabase.audience").is_empty() {
            return settings.refuse("dialect.supabase.audience", "names what a token's aud must contain");
        }
        let jwks_url = settings.text("jwks_url");
        if !jwks_url.is_empty() && !jwks_url.starts_with("https://") && !jwks_url.starts_with("http://") {
            return settings.refuse("jwks_url", "is a URL that begins with https:// or http://");
        }
        let issuer = settings.text("dialect.supabase.issuer");
        Ok(Self {
            data_dir: settings.text("data_dir").into(),
            listen,
            jwt_secret,
            jwks_url: (!jwks_url.is_empty()).then(|| jwks_url.to_owned()),
            answer_cache_bytes: settings.mib("answer_cache_mib")?,
            memory_bytes: settings.mib("memory_mib")?,
            supabase: Supabase {
                audience: settings.text("dialect.supabase.audience").to_owned(),
                issuer: (!issuer.is_empty()).then(|| issuer.to_owned()),
            },
            orders: Orders {
                release_hold: settings.duration("orders.release_hold")?,
                absence_proof: settings.duration("orders.absence_proof")?,
                retry_delay: settings.duration("orders.retry_delay")?,
                carrier_deadline: settings.duration("orders.carrier_deadline")?,
            },
            simulator: settings.simulator()?,
            log: Log { level, format },
            settings,
        })
    }

    /// The settings as a table of lines, `key = value  # origin`, with secrets redacted.
    #[must_use]
    pub fn print(&self) -> String {
        let line = |(key, (value, origin)): (&String, &(Value, Origin))| {
            format!("{:<48}  # {origin}", format!("{key} = {value}"))
        };
        self.settings.0.iter().map(line).collect::<Vec<_>>().join(
            "
",
        )
    }
}

impl Settings {
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
            let nearest = self.0.keys().min_by_key(|known| strsim::damerau_levenshtein(known, key));
            let hint = nearest.map(|known| format!("; did you mean `{}`?", shown(known))).unwrap_or_default();
            return error(format!("{origin}: there is no setting `{}`{hint}", shown(key)));
        };
        if before.type_str() != value.type_str() {
            return error(format!("{origin}: `{key}` is a {}, not a {}", before.type_str(), value.type_str()));
        }
        self.0.insert(key.to_owned(), (value, origin));
        Ok(())
    }

    fn text(&self, key: &str) -> &str {
        self.0.get(key).and_then(|(value, _)| value.as_str()).unwrap_or_default()
    }

    /// An amount of memory, in bytes.
    fn mib(&self, key: &str) -> Result<usize> {
        let mib = self.0.get(key).and_then(|(value, _)| value.as_integer());
        match mib.and_then(|mib| usize::try_from(mib).ok()).filter(|mib| *mib <= 4096) {
            Some(mib) => Ok(mib << 20),
            None => self.refuse(key, "is a whole number of MiB from 0 to 4096"),
        }
    }

    fn duration(&self, key: &str) -> Result<Duration> {
        match humantime::parse_duration(self.text(key)) {
            Ok(duration) if duration <= LONGEST => Ok(duration),
            _ => self.refuse(key, "is a time like 0s, 30s, 10m or 7days, up to a year"),
        }
    }

    fn simulator(&self) -> Result<Option<Simulator>> {
        let value = |key: &str| self.0.get(key).map(|(value, _)| value);
        if value("simulator.enabled").and_then(Value::as_bool) == Some(false) {
            return Ok(None);
        }
        let Some(seed) = value("simulator.seed").and_then(Value::as_integer).and_then(|seed| u64::try_from(seed).ok())
        else {
            return self.refuse("simulator.seed", "is a whole number from 0 on");
        };
        let url = self.text("simulator.url");
        if !url.is_empty() && !url.starts_with("http://") {
            return self.refuse("simulator.url", "is a URL that begins with http://");
        }
        Ok(Some(Simulator { seed, url: (!url.is_empty()).then(|| url.to_owned()) }))
    }

    fn origin(&self, key: &str) -> &Origin {
        self.0.get(key).map_or(&Origin::Default, |(_, origin)| origin)
    }

    fn refuse<T>(&self, key: &str, what: &str) -> Result<T> {
        error(format!("{}: `{key}` {what}", self.origin(key)))
    }

    /// A secret, from its own key or from the file that its `_file` twin names, whichever was set last. It does not
    /// stay here, where settings are printed from.
    fn take_secret(&mut self, key: &str) -> Result<Option<Secret>> {
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

#[cfg(test)]
mod tests {
    use super::{Config, Flags};

    const SECRET: &str = "a secret that is long enough for HS256";

    fn load(file: &str, environment: &[(&str, &str)], flags: &Flags) -> Result<Config, String> {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("linekeeper.toml");
        std::fs::write(&path, file).unwrap();
        let flags = Flags { config: Some(path), ..flags.clone() };
        let environment = environment.iter().map(|(name, value)| (name.into(), value.into()));
        Config::load(&flags, environment).map_err(|error| error.to_string())
    }

    fn refusal(file: &str, environment: &[(&str, &str)]) -> String {
        load(file, environment, &Flags::default()).unwrap_err()
    }

    #[test]
    fn flags_win_over_the_environment_over_the_file_over_the_defaults() {
        let file = "listen = \"127.0.0.1:1\"\ndata_dir = \"/file\"\n[dialect.supabase]\naudience = \"file\"\n";
        let environment =
            [("LINEKEEPER_LISTEN", "127.0.0.1:2"), ("LINEKEEPER_DIALECT__SUPABASE__ISSUER", "env"), ("PATH", "/bin")];
        let flags = Flags { listen: Some("127.0.0.1:3".into()), ..Flags::default() };
        let config = load(file, &environment, &flags).unwrap();
        assert_eq!(config.listen.port(), 3);
        assert_eq!(config.data_dir.to_str(), Some("/file"));
        assert_eq!(config.supabase.audience, "file");
        assert_eq!(config.supabase.issuer.as_deref(), Some("env"));
        let printed = config.print();
        assert!(printed.contains("flag --listen") && printed.contains("# default"), "{printed}");
        assert!(printed.contains("environment LINEKEEPER_DIALECT__SUPABASE__ISSUER"), "{printed}");
    }

    #[test]
    fn an_unknown_key_is_refused_with_the_nearest_known_one() {
        assert!(refusal("lisen = \"x\"", &[]).contains("did you mean `listen`?"));
        assert!(refusal("[dialect.supabase]\naudiense = \"x\"", &[]).contains("`dialect.supabase.audience`"));
        assert!(refusal("[dialect.supabse]", &[]).contains("`dialect.supabase."));
        assert!(load("[dialect.supabase]\n[log]", &[], &Flags::default()).is_ok());
        assert!(refusal("", &[("LINEKEEPER_JWT_SECRT", "x")]).contains("did you mean `LINEKEEPER_JWT_SECRET`?"));
    }

    #[test]
    fn values_of_the_wrong_kind_are_refused() {
        assert!(refusal("listen = 8080", &[]).contains("is a string, not a integer"));
        assert!(refusal("listen = \"8080\"", &[]).contains("an address and a port"));
        assert!(refusal("", &[("LINEKEEPER_LOG__LEVEL", "loud")]).contains("LINEKEEPER_LOG__LEVEL"));
        assert!(refusal("answer_cache_mib = -1", &[]).contains("from 0 to 4096"));
        assert!(refusal("", &[("LINEKEEPER_ANSWER_CACHE_MIB", "lots")]).contains("is a integer, not a string"));
        let config = load("", &[("LINEKEEPER_ANSWER_CACHE_MIB", "3")], &Flags::default()).unwrap();
        assert_eq!(config.answer_cache_bytes, 3 * 1024 * 1024);
        assert!(refusal("jwks_url = \"project.supabase.co\"", &[]).contains("https://"));
        assert!(refusal("[log]\nformat = \"xml\"", &[]).contains("auto, text, json"));
        let refused = refusal("listen = \"127.0.0.1:1\"\njwt_secret = \"a secret without an end\n", &[]);
        assert!(refused.contains("is not TOML: line 2: ") && !refused.contains("a secret"), "{refused}");
        assert_eq!(refused.lines().count(), 1);
    }

    #[test]
    fn a_secret_comes_from_its_key_or_from_a_file() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("secret");
        std::fs::write(&path, format!("{SECRET}\n")).unwrap();
        let file_twin = ("LINEKEEPER_JWT_SECRET_FILE", path.to_str().unwrap());
        let config = load("", &[file_twin], &Flags::default()).unwrap();
        assert_eq!(config.jwt_secret.as_ref().unwrap().expose(), SECRET);
        assert!(!config.print().contains(SECRET));

        let inline = format!("jwt_secret = \"{}\"", "x".repeat(32));
        let config = load(&inline, &[file_twin], &Flags::default()).unwrap();
        assert_eq!(config.jwt_secret.as_ref().unwrap().expose(), SECRET, "the environment wins over the file");
        assert!(!config.print().contains(&"x".repeat(32)) && !format!("{config:?}").contains(SECRET));

        assert!(refusal("", &[file_twin, ("LINEKEEPER_JWT_SECRET", SECRET)]).contains("both set"));
        assert!(refusal("", &[("LINEKEEPER_JWT_SECRET", "short")]).contains("shorter than 32 bytes"));
        assert!(refusal("", &[("LINEKEEPER_JWT_SECRET_FILE", "/nowhere")]).contains("cannot be read"));
    }

    #[test]
    fn an_empty_variable_leaves_the_setting_alone() {
        let empty = [("LINEKEEPER_LISTEN", ""), ("LINEKEEPER_CONFIG", "")];
        let config = load("listen = \"127.0.0.1:1\"", &empty, &Flags::default()).unwrap();
        assert_eq!(config.listen.port(), 1);
        let empty = empty.map(|(name, value)| (name.into(), value.into()));
        assert!(Config::load(&Flags::default(), empty).is_ok());
    }
}
