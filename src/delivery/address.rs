//! Which addresses a webhook may be told at: those of the internet, and what the settings allow beside them.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs};
use std::sync::Arc;

use reqwest::Url;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use crate::config::{Network, Webhooks};

/// The longest URL that is taken, in bytes.
const MAX_URL_BYTES: usize = 2_000;
/// IPv4 networks that are not the internet's, or whose addresses stand for others (IANA's registry of special-purpose
/// addresses; 168.63.129.16 is Azure's own beside the metadata address).
const SPECIAL_V4: [(Ipv4Addr, u32); 16] = [
    (Ipv4Addr::UNSPECIFIED, 8),
    (Ipv4Addr::new(10, 0, 0, 0), 8),
    (Ipv4Addr::new(100, 64, 0, 0), 10),
    (Ipv4Addr::new(127, 0, 0, 0), 8),
    (Ipv4Addr::new(168, 63, 129, 16), 32),
    (Ipv4Addr::new(169, 254, 0, 0), 16),
    (Ipv4Addr::new(172, 16, 0, 0), 12),
    (Ipv4Addr::new(192, 0, 0, 0), 24),
    (Ipv4Addr::new(192, 0, 2, 0), 24),
    (Ipv4Addr::new(192, 88, 99, 0), 24),
    (Ipv4Addr::new(192, 168, 0, 0), 16),
    (Ipv4Addr::new(198, 18, 0, 0), 15),
    (Ipv4Addr::new(198, 51, 100, 0), 24),
    (Ipv4Addr::new(203, 0, 113, 0), 24),
    (Ipv4Addr::new(224, 0, 0, 0), 4),
    (Ipv4Addr::new(240, 0, 0, 0), 4),
];
/// The same of what IPv6 has in 2000::/3; everything outside of that is special: IETF's own (Teredo among it),
/// documentation, and 6to4.
const SPECIAL_V6: [(Ipv6Addr, u32); 4] = [
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23),
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32),
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16),
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20),
];
/// Names under which clouds tell a machine its secrets.
const METADATA_NAMES: [&str; 5] =
    ["metadata", "metadata.google.internal", "metadata.goog", "instance-data", "instance-data.ec2.internal"];

/// Finds the addresses of a name.
pub type Lookup = Arc<dyn Fn(&str) -> io::Result<Vec<IpAddr>> + Send + Sync>;

/// What may be connected to.
#[derive(Clone, Debug)]
pub struct Rules {
    allowed: Vec<Network>,
    allow_http: bool,
}

/// Why a webhook cannot be told there.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// It is no URL.
    #[error("it is not a URL like https://example.com/hooks")]
    Url,
    /// Anybody on the way could read it.
    #[error("it does not begin with https://; the setting webhooks.allow_http allows http://")]
    Plain,
    /// It would be shown wherever the URL is.
    #[error("it holds a user's name or a password; deliveries are signed, so none is needed")]
    Password,
    /// It is an address that nobody on the internet has.
    #[error("{0} is not an address on the internet; the setting webhooks.allow_addresses allows others")]
    Address(IpAddr),
}

impl Rules {
    /// What the settings say.
    #[must_use]
    pub fn new(settings: &Webhooks) -> Self {
        Self { allowed: settings.allow_addresses.clone(), allow_http: settings.allow_http }
    }

    /// Whether an address may be connected to.
    #[must_use]
    pub fn permit(&self, address: IpAddr) -> bool {
        let is_allowed = |address| self.allowed.iter().any(|network| network.contains(address));
        // ::ffff:10.0.0.1 leads to 10.0.0.1, so that what allows this allows that.
        is_public(address) || is_allowed(address) || is_allowed(address.to_canonical())
    }

    /// A URL that a webhook can be told at, as far as can be said without looking for its name. Whatever an address was
    /// written like, it is in its one normal form here.
    ///
    /// # Errors
    /// [`Unfit`]
    pub fn check(&self, text: &str) -> Result<Url, Unfit> {
        let url = Url::parse(text).map_err(|_| Unfit::Url)?;
        let Some(host) = url.host_str().filter(|host| !host.is_empty() && text.len() <= MAX_URL_BYTES) else {
            return Err(Unfit::Url);
        };
        match url.scheme() {
            "https" => {}
            "http" if self.allow_http => {}
            "http" => return Err(Unfit::Plain),
            _ => return Err(Unfit::Url),
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Unfit::Password);
        }
        let addresses = well_known(host).unwrap_or_default();
        match addresses.first() {
            Some(refused) if !addresses.iter().any(|address| self.permit(*address)) => Err(Unfit::Address(*refused)),
            _ => Ok(url),
        }
    }

    /// Those of a name's addresses that may be connected to.
    ///
    /// # Errors
    /// What the system says, and [`Unfit::Address`] where there is none.
    pub fn look_up(&self, name: &str, lookup: &Lookup) -> io::Result<Vec<IpAddr>> {
        let found = well_known(name).map_or_else(|| lookup(name), Ok)?;
        let permitted: Vec<IpAddr> = found.iter().copied().filter(|address| self.permit(*address)).collect();
        match found.first() {
            Some(refused) if permitted.is_empty() => Err(io::Error::other(Unfit::Address(*refused))),
            Some(_) => Ok(permitted),
            None => Err(io::Error::other("the name has no address")),
        }
    }
}

/// The addresses of a host that nobody needs to be asked for: it is written as one, or is this machine's name, or the
/// metadata's of clouds, wherever a resolver says these are.
fn well_known(host: &str) -> Option<Vec<IpAddr>> {
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    let bare = bare.trim_end_matches('.').to_ascii_lowercase();
    if let Ok(address) = bare.parse() {
        return Some(vec![address]);
    }
    if bare == "localhost" || bare.ends_with(".localhost") {
        return Some(vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()]);
    }
    METADATA_NAMES.contains(&&*bare).then(|| vec![Ipv4Addr::new(169, 254, 169, 254).into()])
}

fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => {
            let begins_like =
                |(network, bits): (Ipv4Addr, u32)| (network.to_bits() ^ address.to_bits()) >> (32 - bits) == 0;
            !SPECIAL_V4.into_iter().any(begins_like)
        }
        IpAddr::V6(address) => {
            let begins_like =
                |(network, bits): (Ipv6Addr, u32)| (network.to_bits() ^ address.to_bits()) >> (128 - bits) == 0;
            address.segments()[0] & 0xe000 == 0x2000 && !SPECIAL_V6.into_iter().any(begins_like)
        }
    }
}

/// The machine's own way to find a name's addresses.
#[must_use]
pub fn system_lookup() -> Lookup {
    Arc::new(|name| Ok((name, 0).to_socket_addrs()?.map(|address| address.ip()).collect()))
}

/// Finds names for the HTTP client, which connects to these very addresses and asks nobody again: what a name leads to
/// cannot change between the check and the connection.
pub(super) struct Guard {
    pub rules: Rules,
    pub lookup: Lookup,
}

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let (rules, lookup) = (self.rules.clone(), Arc::clone(&self.lookup));
        Box::pin(async move {
            // The system's lookup blocks; others must not wait behind it.
            let found = tokio::task::spawn_blocking(move || rules.look_up(name.as_str(), &lookup)).await??;
            Ok(Box::new(found.into_iter().map(|address| SocketAddr::new(address, 0))) as Addrs)
        })
    }
}
