//! Settings: defaults, then a file, then the environment, then flags; and where each one came from.

mod network;
mod settings;

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use crate::model::Secret;

pub use network::{Network, NoNetwork};
pub use settings::ConfigError;

use settings::Settings;

type Result<T> = std::result::Result<T, ConfigError>;

/// The settings in force.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where the database lies.
    pub data_dir: PathBuf,
    /// Where the server listens.
    pub listen: SocketAddr,
    /// Signs users' tokens (HS256).
    pub jwt_secret: Option<Secret>,
    /// Where carriers reach this server.
    pub public_url: Option<String>,
    /// Encrypts credentials.
    pub credentials_key: Option<Secret>,
    /// Encrypted credentials before.
    pub credentials_key_before: Option<Secret>,
    /// Where the public keys that sign users' tokens (ES256, RS256) are.
    pub jwks_url: Option<String>,
    /// The room for answers that are kept.
    pub answer_cache_bytes: usize,
    /// The room for numbers that are kept for lists and searches.
    pub memory_bytes: usize,
    /// The `supabase` dialect's settings.
    pub supabase: Supabase,
    /// The names of the dialects that are served; all where there are none.
    pub dialects: Vec<String>,
    /// Whether `instaview` wraps its list twice.
    pub instaview_nested: bool,
    /// How often an API key may ask.
    pub limits: Limits,
    /// How orders are carried out.
    pub orders: Orders,
    /// How often the inventory is compared with the carriers', if it is.
    pub sync_every: Option<Duration>,
    /// How webhooks are told of events.
    pub webhooks: Webhooks,
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

/// `[limits]`: how often one API key may ask; 0: as often as it likes.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// At all, in a minute.
    pub requests_per_minute: u32,
    /// At all, in an hour.
    pub requests_per_hour: u32,
    /// For what costs money, in a minute.
    pub orders_per_minute: u32,
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

/// `[webhooks]`
#[derive(Clone, Debug, Default)]
pub struct Webhooks {
    /// Addresses that may be connected to though they are nobody's on the internet.
    pub allow_addresses: Vec<Network>,
    /// Whether a webhook may be told without TLS.
    pub allow_http: bool,
    /// How long after the first attempt comes the second; the later ones have times of their own.
    pub retry_delay: Duration,
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

impl Config {
    /// Gathers the settings and checks each.
    ///
    /// # Errors
    /// The first thing that is wrong: an unknown key, a value of the wrong kind, a file that cannot be read.
    pub fn load(flags: &Flags, environment: impl IntoIterator<Item = (OsString, OsString)>) -> Result<Self> {
        Self::from_settings(Settings::gather(flags, environment)?)
    }

    fn from_settings(mut settings: Settings) -> Result<Self> {
        let jwt_secret = settings.take_secret("jwt_secret")?;
        let credentials_key = settings.take_secret("credentials_key")?;
        let credentials_key_before = settings.take_secret("credentials_key_before")?;
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
        let public_url = settings.text("public_url").trim_end_matches('/');
        if !public_url.is_empty() && !public_url.starts_with("https://") && !public_url.starts_with("http://") {
            return settings.refuse("public_url", "is a URL that begins with https:// or http://");
        }
        let issuer = settings.text("dialect.supabase.issuer");
        Ok(Self {
            data_dir: settings.text("data_dir").into(),
            listen,
            jwt_secret,
            public_url: (!public_url.is_empty()).then(|| public_url.to_owned()),
            credentials_key,
            credentials_key_before,
            jwks_url: (!jwks_url.is_empty()).then(|| jwks_url.to_owned()),
            answer_cache_bytes: settings.mib("answer_cache_mib")?,
            memory_bytes: settings.mib("memory_mib")?,
            supabase: Supabase {
                audience: settings.text("dialect.supabase.audience").to_owned(),
                issuer: (!issuer.is_empty()).then(|| issuer.to_owned()),
            },
            dialects: names(settings.text("dialects.enabled")),
            instaview_nested: match settings.text("dialect.instaview.envelope") {
                "flat" => false,
                "nested" => true,
                _ => return settings.refuse("dialect.instaview.envelope", "is flat or nested"),
            },
            limits: limits(&settings)?,
            orders: orders(&settings)?,
            sync_every: Some(settings.duration("sync.every")?).filter(|every| !every.is_zero()),
            webhooks: webhooks(&settings)?,
            simulator: simulator(&settings)?,
            log: Log { level, format },
            settings,
        })
    }

    /// The settings as a table of lines, `key = value  # origin`, with secrets redacted.
    #[must_use]
    pub fn print(&self) -> String {
        self.settings.print()
    }
}

fn limits(settings: &Settings) -> Result<Limits> {
    Ok(Limits {
        requests_per_minute: settings.count("limits.requests_per_minute")?,
        requests_per_hour: settings.count("limits.requests_per_hour")?,
        orders_per_minute: settings.count("limits.orders_per_minute")?,
    })
}

fn orders(settings: &Settings) -> Result<Orders> {
    Ok(Orders {
        release_hold: settings.duration("orders.release_hold")?,
        absence_proof: settings.duration("orders.absence_proof")?,
        retry_delay: settings.duration("orders.retry_delay")?,
        carrier_deadline: settings.duration("orders.carrier_deadline")?,
    })
}

/// What stands between commas.
fn names(list: &str) -> Vec<String> {
    list.split(',').map(str::trim).filter(|one| !one.is_empty()).map(str::to_owned).collect()
}

fn webhooks(settings: &Settings) -> Result<Webhooks> {
    let networks = names(settings.text("webhooks.allow_addresses"));
    let Ok(allow_addresses) = networks.iter().map(|network| network.parse()).collect() else {
        return settings
            .refuse("webhooks.allow_addresses", "is IP addresses and networks between commas, like 10.0.0.0/8");
    };
    Ok(Webhooks {
        allow_addresses,
        allow_http: settings.flag("webhooks.allow_http"),
        retry_delay: settings.duration("webhooks.retry_delay")?,
    })
}

fn simulator(settings: &Settings) -> Result<Option<Simulator>> {
    if !settings.flag("simulator.enabled") {
        return Ok(None);
    }
    let Some(seed) = settings.whole("simulator.seed") else {
        return settings.refuse("simulator.seed", "is a whole number from 0 on");
    };
    let url = settings.text("simulator.url");
    if !url.is_empty() && !url.starts_with("http://") && !url.starts_with("https://") {
        return settings.refuse("simulator.url", "is a URL that begins with http:// or https://");
    }
    Ok(Some(Simulator { seed, url: (!url.is_empty()).then(|| url.to_owned()) }))
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
        let networks = refusal("[webhooks]\nallow_addresses = \"10.0.0.0/8, intranet\"", &[]);
        assert!(networks.contains("between commas"), "{networks}");
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
