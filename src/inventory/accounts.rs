//! What an operator does with accounts at carriers, and which of them an agency uses.

use std::collections::HashMap;
use std::net::Ipv6Addr;
use std::num::NonZeroU16;

use aws_lc_rs::digest::{SHA256, digest};

use super::desk::Desk;
use super::{access, name};
use crate::carrier::{Account, Carriers, Trouble, telnyx};
use crate::clock::{Clock, Ids};
use crate::config::Network;
use crate::model::{
    AccountId, AgencyId, Carrier, CarrierAccount, Error, Number, NumberId, Result, Secret, Text, Timestamp, Transport,
    Trunk,
};
use crate::store::keyring::{KeyTrouble, Keyring, Place};
use crate::store::{Change, Reachable, Scope, Snapshot};

/// What a new account is to be.
#[derive(Clone, Debug)]
pub struct NewAccount {
    /// What the agency calls it.
    pub label: Option<String>,
    /// Where the carrier is reached, if not where it is for everybody.
    pub url: Option<String>,
    /// What it is, and what lets us in.
    pub kind: Kind,
}

/// The kinds of accounts.
#[derive(Clone, Debug)]
pub enum Kind {
    /// At Twilio.
    Twilio {
        /// `AC` and 32 hex digits.
        account_sid: String,
        /// Its token.
        auth_token: Secret,
    },
    /// At Telnyx.
    Telnyx {
        /// A v2 key.
        api_key: Secret,
        /// What the account is called here, the same for every key of it; of the key, a hash, where nothing is given.
        name: Option<String>,
        /// The account's public key, which its calls to us are signed for.
        public_key: Option<String>,
    },
    /// A SIP trunk of the agency's own.
    Sip {
        /// Its settings.
        trunk: Trunk,
        /// What calls are sent with.
        password: Option<Secret>,
    },
}

/// Adds an account of an agency.
///
/// # Errors
/// Where the agency is not there, has the account already, or a value cannot be taken; [`Error::Conflict`] where the
/// credentials cannot be encrypted.
pub fn add(
    change: &Change,
    clock: &Clock,
    ids: &Ids,
    keyring: &Keyring,
    agency: AgencyId,
    new: NewAccount,
) -> Result<AccountId> {
    let scope = access::operator(change, agency)?;
    let (id, now) = (AccountId(ids.next()), clock.now());
    let label = new.label.map(|label| name("label", &label)).transpose()?;
    let mut webhook_key = None;
    let (carrier, known_as, secret, trunk) = match new.kind {
        Kind::Twilio { account_sid, auth_token } => {
            (Carrier::Twilio, account_sid_of(&account_sid)?, Some(auth_token), None)
        }
        Kind::Telnyx { api_key, name: called, public_key } => {
            if let Some(Err(error)) = public_key.as_deref().map(telnyx::inbound::public_key) {
                return Err(Error::Invalid { field: "public_key", reason: error.to_string() });
            }
            webhook_key = public_key;
            let called = called.map(|called| name("name", &called)).transpose()?;
            (Carrier::Telnyx, called.unwrap_or_else(|| fingerprint(&api_key)), Some(api_key), None)
        }
        // Two agencies may call their trunks the same.
        Kind::Sip { trunk, password } => (Carrier::Sip, id.to_string(), password, Some(checked(trunk)?)),
    };
    secret.as_ref().map(usable).transpose()?;
    let account = CarrierAccount { label, url: new.url, webhook_key, trunk, ..bare(id, carrier, known_as.into(), now) };
    keep(change, &scope, keyring, account, secret.as_ref())?;
    Ok(id)
}

/// A trunk that is a number's own.
#[derive(Clone, Debug, Default)]
pub struct NewTrunk {
    /// What it is called.
    pub label: Option<String>,
    /// Its settings.
    pub trunk: Trunk,
    /// What calls are sent with.
    pub password: Option<Secret>,
    /// What callers enter to come into the room.
    pub pin: Option<Secret>,
}

/// Adds a number's own trunk, and gives its name. The trunk has the number's id: so it is known again.
pub(super) fn add_trunk(
    change: &Change,
    scope: &Scope,
    keyring: &Keyring,
    of: NumberId,
    new: NewTrunk,
    now: Timestamp,
) -> Result<Text> {
    let id = AccountId(of.0);
    let label = new.label.map(|label| name("label", &label)).transpose()?;
    let account = CarrierAccount {
        label,
        trunk: Some(checked(new.trunk)?),
        ..bare(id, Carrier::Sip, id.to_string().into(), now)
    };
    let known_as = account.name.clone();
    for secret in [&new.password, &new.pin].into_iter().flatten() {
        usable(secret)?;
    }
    // Two lines where there is a PIN, of which the first may be empty: it is one secret, and kept as one.
    let secret = match (new.password, new.pin) {
        (password, None) => password,
        (password, Some(pin)) => {
            Some(Secret::new(format!("{}\n{}", password.as_ref().map_or("", Secret::expose), pin.expose())))
        }
    };
    keep(change, scope, keyring, account, secret.as_ref()).map_err(|error| match error {
        // Which key there should be is the operator's business.
        Error::Conflict(why) => {
            log::warn!("a number's password could not be kept: {why}");
            Error::Invalid { field: "password", reason: "this server has no key to encrypt it with".into() }
        }
        error => error,
    })?;
    Ok(known_as)
}

/// Removes the trunk that was a number's own, if it had one.
pub(super) fn remove_trunk(change: &Change, scope: &Scope, number: &Number) -> Result<()> {
    let own = AccountId(number.id.0);
    if number.carrier != Carrier::Sip || number.carrier_account.as_deref() != Some(&*own.to_string()) {
        return Ok(());
    }
    match change.remove_account(scope, own) {
        // An operator was there first.
        Err(Error::NotFound(_)) => Ok(()),
        removed => removed,
    }
}

fn bare(id: AccountId, carrier: Carrier, known_as: Text, now: Timestamp) -> CarrierAccount {
    CarrierAccount {
        id,
        carrier,
        name: known_as,
        label: None,
        url: None,
        credentials: None,
        credentials_at: None,
        webhook_key: None,
        trunk: None,
        logs_read_until: None,
        created_at: now,
    }
}

/// Adds an account with its secret, encrypted for its row.
fn keep(
    change: &Change,
    scope: &Scope,
    keyring: &Keyring,
    mut account: CarrierAccount,
    secret: Option<&Secret>,
) -> Result<()> {
    if let Some(secret) = secret {
        let place = Place::of_credentials(scope.agency(), account.id);
        account.credentials = Some(keyring.seal(place, secret).map_err(no_key)?);
        account.credentials_at = Some(account.created_at);
    }
    change.add_account(scope, &account)
}

/// Where a number is.
#[derive(Clone, Debug, Default)]
pub struct Whereabouts {
    /// The account at a carrier that it is rented with, where the agency reaches it.
    pub account: Option<AccountId>,
    /// The trunk that it is on, and what that is called.
    pub trunk: Option<(Option<String>, Trunk)>,
}

/// Where a number of the agency is.
///
/// # Errors
/// [`Error::Internal`] where the store fails.
pub fn whereabouts(snapshot: &Snapshot, scope: &Scope, number: &Number) -> Result<Whereabouts> {
    let Some(name) = &number.carrier_account else { return Ok(Whereabouts::default()) };
    let Some(known) = snapshot.account_in_reach(scope, number.carrier, name)? else {
        return Ok(Whereabouts::default());
    };
    let CarrierAccount { id, label, trunk, .. } = known.account;
    Ok(match trunk {
        Some(trunk) => Whereabouts { account: None, trunk: Some((label, trunk)) },
        None => Whereabouts { account: Some(id), trunk: None },
    })
}

/// The trunks that numbers of the agency are on, each by its name.
///
/// # Errors
/// [`Error::Internal`] where the store fails.
pub fn trunks<'n>(
    snapshot: &Snapshot,
    scope: &Scope,
    numbers: impl Iterator<Item = &'n Number>,
) -> Result<HashMap<Text, Trunk>> {
    let mut trunks = HashMap::new();
    for name in
        numbers.filter(|number| number.carrier == Carrier::Sip).filter_map(|number| number.carrier_account.as_ref())
    {
        if !trunks.contains_key(name)
            && let Some(known) = snapshot.account_in_reach(scope, Carrier::Sip, name)?
        {
            trunks.insert(name.clone(), known.account.trunk.unwrap_or_default());
        }
    }
    Ok(trunks)
}

/// The accounts that an agency may use: its own, then its ancestors', nearest first.
///
/// # Errors
/// Where the agency is not there.
pub fn list(snapshot: &Snapshot, agency: AgencyId) -> Result<Vec<Reachable>> {
    snapshot.accounts_in_reach(&access::operator(snapshot, agency)?)
}

/// An account of an agency's own.
///
/// # Errors
/// Where the agency has no such account.
pub fn own(snapshot: &Snapshot, agency: AgencyId, id: AccountId) -> Result<CarrierAccount> {
    snapshot.account(&access::operator(snapshot, agency)?, id)
}

/// Gives an account other credentials: its token, key or password.
///
/// # Errors
/// Where the agency has no such account, or as of [`add`].
pub fn rotate(
    change: &Change,
    clock: &Clock,
    keyring: &Keyring,
    agency: AgencyId,
    id: AccountId,
    secret: &Secret,
) -> Result<()> {
    let scope = access::operator(change, agency)?;
    usable(secret)?;
    let sealed = keyring.seal(Place::of_credentials(agency, id), secret).map_err(no_key)?;
    change.set_credentials(&scope, id, &sealed, clock.now())
}

/// Encrypts everybody's credentials anew that are not encrypted with the key in use. Gives how many those were.
///
/// # Errors
/// Where one of them cannot be opened: then none is changed.
pub fn rekey(change: &Change, keyring: &Keyring) -> Result<usize> {
    let mut rekeyed = 0;
    for (scope, account) in change.all_accounts()? {
        let (Some(sealed), Some(at)) = (&account.credentials, account.credentials_at) else { continue };
        if keyring.is_current(sealed) {
            continue;
        }
        let place = Place::of_credentials(scope.agency(), account.id);
        let secret = keyring.open(place, sealed).map_err(no_key)?;
        change.set_credentials(&scope, account.id, &keyring.seal(place, &secret).map_err(no_key)?, at)?;
        rekeyed += 1;
    }
    Ok(rekeyed)
}

/// Removes an account of an agency. Its numbers stay in the inventory, and nothing can be done with them at the carrier
/// until the account is added again. Gives how many those are.
///
/// # Errors
/// Where the agency has no such account, or orders are under way there.
pub fn remove(change: &Change, agency: AgencyId, id: AccountId) -> Result<u64> {
    let scope = access::operator(change, agency)?;
    let account = change.account(&scope, id)?;
    let (numbers, orders) = change.hangs_on(account.carrier, &account.name)?;
    if orders > 0 {
        return Err(Error::Conflict("orders are under way with this account: `linekeeper order list` shows them"));
    }
    change.remove_account(&scope, id)?;
    Ok(numbers)
}

/// Whether a secret can be sent in a header, as all of them are.
fn usable(secret: &Secret) -> Result<()> {
    let text = secret.expose();
    if text.is_empty() || !text.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic()) {
        return Err(Error::Invalid { field: "the secret", reason: "it is empty, or not one line of ASCII".into() });
    }
    Ok(())
}

/// Twilio's own name of an account.
fn account_sid_of(sid: &str) -> Result<String> {
    let digits = sid.strip_prefix("AC").unwrap_or_default();
    if digits.len() == 32 && digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Ok(sid.to_owned());
    }
    Err(Error::Invalid { field: "account_sid", reason: "it is not AC and 32 hexadecimal digits".into() })
}

/// The same key has the same name, whoever adds it; the name says nothing of the key.
fn fingerprint(api_key: &Secret) -> String {
    let hashed = digest(&SHA256, api_key.expose().as_bytes());
    hashed.as_ref().iter().take(8).fold("telnyx-".to_owned(), |name, byte| format!("{name}{byte:02x}"))
}

fn checked(trunk: Trunk) -> Result<Trunk> {
    let invalid = |field, reason: &str| Err(Error::Invalid { field, reason: reason.into() });
    if let Some(allowed) = &trunk.allowed_addresses
        && !allowed.split(',').all(|one| one.trim().parse::<Network>().is_ok())
    {
        return invalid("allowed_addresses", "it is not IP addresses and networks between commas");
    }
    if let Some(address) = &trunk.address
        && !is_host_and_port(address)
    {
        return invalid("address", "it is not a host, or a host and a port like sip.example.com:5061");
    }
    if let Some(prefix) = &trunk.prefix
        && (prefix.len() > 16 || !prefix.bytes().all(|byte| byte.is_ascii_digit() || b"+*#".contains(&byte)))
    {
        return invalid("prefix", "it is not up to 16 digits, +, * and #");
    }
    let transport = trunk.address.as_ref().map(|_| trunk.transport.unwrap_or(Transport::Udp));
    let username = trunk.username.map(|username| name("username", &username)).transpose()?;
    let room_name = trunk.room_name.map(|room| name("room_name", &room)).transpose()?;
    Ok(Trunk { transport, username, room_name, ..trunk })
}

fn is_host_and_port(text: &str) -> bool {
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) if !host.contains(':') || host.ends_with(']') => (host, port),
        _ => (text, "5060"),
    };
    let is_label = |label: &str| {
        let is_plain = label.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
        (1..=63).contains(&label.len()) && is_plain && !label.starts_with('-') && !label.ends_with('-')
    };
    let is_host = match host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        Some(literal) => literal.parse::<Ipv6Addr>().is_ok(),
        None => host.len() <= 253 && host.split('.').all(is_label),
    };
    is_host && port.parse::<NonZeroU16>().is_ok()
}

/// A secret that cannot be sealed or opened, as the operator is told.
pub(super) fn no_key(why: KeyTrouble) -> Error {
    Error::Conflict(why.says())
}

impl Desk {
    /// The account that the agency buys with: the newest of its own, else of its nearest ancestor's, else the simulator.
    ///
    /// # Errors
    /// [`Error::NoCarrier`] where there is none.
    pub(super) fn account_for_purchases(&self, scope: &Scope) -> Result<Account> {
        let known = self.store.read(|snapshot| snapshot.renting_accounts_in_reach(scope))?;
        match known.first() {
            Some(known) => Ok(self.carriers.open(known).map_err(Trouble::from)?),
            None => self.carriers.simulated().ok_or(Error::NoCarrier),
        }
    }

    /// The account that a number is at; none where the agency can reach no such account.
    pub(super) fn account_of(
        &self,
        scope: &Scope,
        carrier: Carrier,
        name: Option<&str>,
    ) -> Result<Option<Account>, Trouble> {
        match (carrier, name) {
            (Carrier::Sip, name) => Ok(Some(Carriers::brought_along(name))),
            (Carrier::Simulator, name) => {
                Ok(self.carriers.simulated().filter(|account| account.name.as_deref() == name))
            }
            (_, None) => Ok(None),
            (_, Some(name)) => {
                let known = self.store.read(|snapshot| snapshot.account_in_reach(scope, carrier, name));
                let known = known.map_err(|error| Trouble::Unreached(error.to_string()))?;
                Ok(known.map(|known| self.carriers.open(&known)).transpose()?)
            }
        }
    }

    /// Whether the agency can reach the account that a number is at.
    pub(super) fn reaches(
        &self,
        snapshot: &Snapshot,
        scope: &Scope,
        carrier: Carrier,
        name: Option<&Text>,
    ) -> Result<bool> {
        Ok(match (carrier, name) {
            (Carrier::Sip, _) => true,
            (Carrier::Simulator, name) => {
                self.carriers.simulated().is_some_and(|account| account.name.as_ref() == name)
            }
            (_, None) => false,
            (_, Some(name)) => snapshot.account_in_reach(scope, carrier, name)?.is_some(),
        })
    }

    /// Asks a carrier whether it lets us in with an account of an agency.
    ///
    /// # Errors
    /// Where the agency has no such account.
    pub fn test_account(&self, agency: AgencyId, id: AccountId) -> Result<Result<(), Trouble>> {
        let account = self.store.read(|snapshot| own(snapshot, agency, id))?;
        let opened = self.carriers.open(&Reachable { owner: agency, account });
        Ok(opened.map_err(Trouble::from).and_then(|account| account.port.check()))
    }
}
