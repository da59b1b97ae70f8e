//! What an operator does with accounts at carriers, and which of them an agency uses.

use aws_lc_rs::digest::{SHA256, digest};

use super::desk::Desk;
use super::{access, name};
use crate::carrier::{Account, Carriers, Trouble, telnyx};
use crate::clock::{Clock, Ids};
use crate::config::Network;
use crate::model::{AccountId, AgencyId, Carrier, CarrierAccount, Error, Result, Secret, Text, Transport, Trunk};
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
    let place = Place::of_credentials(agency, id);
    let credentials = secret.map(|secret| keyring.seal(place, &secret)).transpose().map_err(no_key)?;
    let account = CarrierAccount {
        id,
        carrier,
        name: known_as.into(),
        label,
        url: new.url,
        credentials_at: credentials.as_ref().map(|_| now),
        credentials,
        webhook_key,
        trunk,
        logs_read_until: None,
        created_at: now,
    };
    change.add_account(&scope, &account)?;
    Ok(id)
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
    Ok(Trunk { transport, username, ..trunk })
}

fn is_host_and_port(text: &str) -> bool {
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) if !host.contains(':') || host.ends_with(']') => (host, port),
        _ => (text, "5060"),
    };
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b".-[]:".contains(&byte);
    !host.is_empty() && host.len() <= 253 && host.bytes().all(is_name) && port.parse::<u16>().is_ok()
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
        let known = self.store.read(|snapshot| snapshot.accounts_in_reach(scope))?;
        match known.iter().find(|known| matches!(known.account.carrier, Carrier::Twilio | Carrier::Telnyx)) {
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
