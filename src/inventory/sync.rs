//! Comparing the inventory with what an account at a carrier has. Nothing is ever released by it, and a listing that is not
//! whole changes nothing.

use std::collections::{HashMap, HashSet};

use super::access;
use super::desk::Desk;
use super::findings::{Findings, There, find, record};
use super::uses::{IDLE, idle, last, note_uses};
use super::without_numbers;
use crate::carrier::{Account, Price, Rented, Traits, Trouble};
use crate::model::{
    AccountId, Actor, AgencyId, By, Carrier, CarrierAccount, E164, Error, Features, Number, NumberId, Result, Route,
    Text, Timestamp,
};
use crate::store::{Change, Reachable, Scope, Snapshot};

/// How far the logs are read again: what was under way when they were read last was not in them yet.
const OVERLAP: i64 = 4 * 60 * 60 * 1_000_000;

/// Why a number stays out that its agency has already.
const HAS_IT: &str = "the agency has it at another carrier or account";

/// What is to be done with what is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Nothing.
    Look,
    /// Numbers say what is wrong with them, those whose account was not known get it, and uses are noted.
    Record,
    /// That, and numbers that only the carrier knows become the agency's.
    Adopt,
}

/// What a comparison has found.
#[derive(Clone, Debug)]
pub struct Comparison {
    /// At which carrier.
    pub carrier: Carrier,
    /// With which account.
    pub account: Text,
    /// How many numbers the account has.
    pub listed: usize,
    /// Ours, and not theirs.
    pub missing: Vec<(AgencyId, E164)>,
    /// Theirs, and not ours.
    pub unknown: Vec<Unknown>,
    /// Their calls go elsewhere than the agent's route says.
    pub overwritten: Vec<(AgencyId, E164, Route)>,
    /// Ours, and nobody knew with which account.
    pub linked: Vec<(AgencyId, E164)>,
    /// When the account's numbers were used.
    pub uses: Uses,
}

/// A number that the account has and that is not in the inventory.
#[derive(Clone, Debug)]
pub struct Unknown {
    /// The number.
    pub rented: Rented,
    /// What it costs a month, as far as the carrier tells.
    pub monthly: Option<Price>,
    /// Why it cannot be adopted, as far as that is known.
    pub kept_out: Option<&'static str>,
}

/// What the carrier's logs say.
#[derive(Clone, Debug)]
pub enum Uses {
    /// Numbers without a call or a message for thirty days, and when they were last used, if it is known.
    Idle(Vec<(AgencyId, E164, Option<Timestamp>)>),
    /// The carrier keeps no logs.
    NoLogs,
    /// They could not be read.
    Unread(String),
}

/// What came of bringing numbers along.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Brought {
    /// How many became the agency's.
    pub new: usize,
    /// How many were already.
    pub here: usize,
}

impl Desk {
    /// Compares the numbers of an account of an agency with those that the carrier lists.
    ///
    /// # Errors
    /// Where the agency has no such account. Where the carrier's listing could not be read to its end, its trouble is what
    /// comes of it, and nothing is changed.
    pub fn sync(&self, agency: AgencyId, id: AccountId, by: &By, mode: Mode) -> Result<Result<Comparison, Trouble>> {
        let (scope, account) = self.store.read(|snapshot| {
            let scope = access::operator(snapshot, agency)?;
            Ok::<_, Error>((scope, snapshot.account(&scope, id)?))
        })?;
        self.compare(&scope, account, by, mode)
    }

    /// Takes in numbers that an agency has on a trunk of its own: all or none, and only if they are to stand.
    ///
    /// # Errors
    /// Where the agency has no such trunk, or has one of the numbers already, and not there.
    pub fn bring(&self, agency: AgencyId, id: AccountId, numbers: &[E164], by: &By, stands: bool) -> Result<Brought> {
        self.store.write_if(by, |change| {
            let mut brought = Brought { new: 0, here: 0 };
            let scope = access::operator(change, agency)?;
            let name = change.account(&scope, id)?.name;
            for number in numbers {
                if change.is_claimed(Carrier::Sip, &name, number)? {
                    brought.here += 1;
                    continue;
                }
                let rented = carried(number);
                change.add_number(&scope, &self.adopted(&rented, Carrier::Sip, &name, None))?;
                brought.new += 1;
            }
            Ok((brought, stands))
        })
    }

    /// Compares every account's numbers with those that its carrier lists, and records what is found; says so in the log.
    ///
    /// # Errors
    /// [`Error::Internal`] where the store fails. What a carrier does not tell is in the log.
    pub fn sync_all(&self) -> Result<()> {
        for (scope, account) in self.store.read(|snapshot| snapshot.all_accounts())? {
            if account.carrier == Carrier::Sip {
                continue;
            }
            let (carrier, name) = (account.carrier.name(), account.name.clone());
            let by = By { actor: Actor::Worker, request_id: None, at: Some(self.clock.now()) };
            match self.compare(&scope, account, &by, Mode::Record) {
                Ok(Ok(found)) => found.log(),
                Ok(Err(trouble)) => {
                    log::error!(carrier, account:% = name; "an account could not be compared: {}", without_numbers(&trouble.to_string()));
                }
                Err(error) => log::error!(carrier, account:% = name; "an account could not be compared: {error}"),
            }
        }
        Ok(())
    }

    fn compare(
        &self,
        scope: &Scope,
        account: CarrierAccount,
        by: &By,
        mode: Mode,
    ) -> Result<Result<Comparison, Trouble>> {
        let place = Place { scope: *scope, id: account.id, carrier: account.carrier, name: account.name.clone() };
        let logs_read_until = account.logs_read_until;
        let (held, loose) = self.store.read(|snapshot| {
            let loose = snapshot.without_account(scope, place.carrier)?;
            Ok::<_, Error>((snapshot.held_at(place.carrier, &place.name)?, loose))
        })?;
        let loose: HashSet<E164> = loose.into_iter().map(|(_, number)| number.phone_number).collect();
        let takes_in = |number: &E164| match mode {
            Mode::Look => false,
            Mode::Record => loose.contains(number),
            Mode::Adopt => true,
        };
        let opened = self.carriers.open(&Reachable { owner: scope.agency(), account }).map_err(Trouble::from);
        let read = opened.and_then(|opened| {
            let there = self.read(&opened, &held, logs_read_until, takes_in)?;
            Ok((opened, there))
        });
        let (opened, there) = match read {
            Ok(read) => read,
            Err(trouble) => return Ok(Err(trouble)),
        };
        let look = |snapshot: &Snapshot| find(snapshot, scope, place.carrier, &place.name, &there);
        let costs = costs(&opened, self.store.read(look)?.unknown);
        let (found, kept_out) = if mode == Mode::Look {
            (self.store.read(look)?, HashMap::new())
        } else {
            self.store.write_by(by, |change| self.write_down(change, &place, &there, &costs, mode))?
        };
        self.compared(place, found, &there, &costs, &kept_out).map(Ok)
    }

    /// Has the inventory say what is found, and gives it, with why what was to be adopted could not be.
    fn write_down(
        &self,
        change: &Change,
        Place { scope, id, carrier, name }: &Place,
        there: &There,
        costs: &HashMap<E164, Price>,
        mode: Mode,
    ) -> Result<(Findings, HashMap<E164, &'static str>)> {
        let mut found = find(change, scope, *carrier, name, there)?;
        let mut kept_out = HashMap::new();
        record(change, name, &found, self.clock.now())?;
        if mode == Mode::Adopt {
            for rented in found.unknown.iter().filter(|one| !found.contested.contains(&one.phone_number)) {
                let cost = costs.get(&rented.phone_number);
                match change.add_number(scope, &self.adopted(rented, *carrier, name, cost)) {
                    Err(Error::Exists(_)) => drop(kept_out.insert(rented.phone_number.clone(), HAS_IT)),
                    added => added?,
                }
            }
        }
        // With those that have become ours just now: these logs are not read again.
        found.held = change.held_at(*carrier, name)?;
        if let Ok(Some(uses)) = &there.uses {
            note_uses(change, &found.held, &last(uses))?;
            change.note_logs_read(scope, *id, there.at)?;
        }
        Ok((found, kept_out))
    }

    fn compared(
        &self,
        place: Place,
        found: Findings,
        there: &There,
        costs: &HashMap<E164, Price>,
        kept_out: &HashMap<E164, &'static str>,
    ) -> Result<Comparison> {
        let uses = match &there.uses {
            Ok(Some(uses)) => {
                let idle = self.store.read(|snapshot| idle(snapshot, &found.held, &last(uses), there.at));
                Uses::Idle(idle?)
            }
            Ok(None) => Uses::NoLogs,
            Err(trouble) => Uses::Unread(trouble.to_string()),
        };
        let of = |(scope, number): &(Scope, Number)| (scope.agency(), number.phone_number.clone());
        let why = |number: &E164| {
            let contested = found.contested.contains(number).then_some("more than one agency says that it is its own");
            contested.or_else(|| kept_out.get(number).copied())
        };
        let unknown = |rented: Rented| Unknown {
            monthly: costs.get(&rented.phone_number).cloned(),
            kept_out: why(&rented.phone_number),
            rented,
        };
        Ok(Comparison {
            carrier: place.carrier,
            account: place.name,
            listed: there.listed.len(),
            missing: found.missing.iter().map(of).collect(),
            overwritten: found
                .overwritten
                .into_iter()
                .map(|(scope, number, route)| (scope.agency(), number.phone_number, route))
                .collect(),
            linked: found.linked.into_iter().map(|(scope, number, _)| (scope.agency(), number.phone_number)).collect(),
            unknown: found.unknown.into_iter().map(unknown).collect(),
            uses,
        })
    }

    /// Asks the carrier, with nothing open here. Where a number is taken in, the logs are read as if they never had been:
    /// what they said of it before was noted nowhere.
    fn read(
        &self,
        account: &Account,
        held: &[(Scope, Number)],
        logs_read_until: Option<Timestamp>,
        takes_in: impl Fn(&E164) -> bool,
    ) -> Result<There, Trouble> {
        let at = self.clock.now();
        let known_before: HashSet<E164> = held.iter().map(|(_, number)| number.phone_number.clone()).collect();
        let listed = account.port.owned(None)?;
        let is_new = |rented: &Rented| !known_before.contains(&rented.phone_number) && takes_in(&rented.phone_number);
        let read_on = logs_read_until.filter(|_| !listed.iter().any(is_new));
        let since = read_on.map_or(at.0 - IDLE, |until| until.0 - OVERLAP);
        Ok(There {
            listed: listed.into_iter().map(|rented| (rented.phone_number.clone(), rented)).collect(),
            before: held.iter().map(|(_, number)| (number.id, number.updated_at)).collect(),
            known_before,
            uses: account.port.used_since(Timestamp(since)),
            at,
        })
    }

    /// A number that the carrier has for us, as it enters the inventory: where its calls go stays as it is.
    fn adopted(&self, rented: &Rented, carrier: Carrier, account: &Text, cost: Option<&Price>) -> Number {
        let traits = &rented.traits;
        let features = traits.features.unwrap_or(Features { voice: true, ..Features::default() });
        let id = NumberId(self.ids.next());
        Number {
            carrier_number_id: Some(rented.carrier_number_id.as_str().into()),
            friendly_name: traits.friendly_name.as_deref().map(Text::from),
            number_type: traits.number_type.map(|number_type| number_type.name().into()),
            country_code: traits.country.as_deref().map(Text::from),
            voice_enabled: features.voice,
            sms_enabled: features.sms,
            mms_enabled: features.mms,
            monthly_cost: cost.map(|price| price.amount),
            currency: cost.map_or("USD", |price| &price.currency).into(),
            carrier_account: Some(account.clone()),
            ..Number::bare(id, rented.phone_number.clone(), carrier, self.clock.now())
        }
    }
}

/// An account that is compared.
struct Place {
    scope: Scope,
    id: AccountId,
    carrier: Carrier,
    name: Text,
}

/// A number that nobody lists.
fn carried(number: &E164) -> Rented {
    Rented {
        phone_number: number.clone(),
        carrier_number_id: number.to_string(),
        route: Route::default(),
        traits: Traits::default(),
    }
}

/// What numbers cost a month, as far as the carrier tells.
fn costs(account: &Account, rented: Vec<Rented>) -> HashMap<E164, Price> {
    if rented.is_empty() {
        return HashMap::new();
    }
    let told = account.port.monthly_costs(&rented).unwrap_or_else(|trouble| {
        log::warn!("what numbers cost could not be read: {}", without_numbers(&trouble.to_string()));
        Vec::new()
    });
    let each = rented.into_iter().zip(told);
    each.filter_map(|(rented, price)| Some((rented.phone_number, price?))).collect()
}

impl Comparison {
    fn log(&self) {
        let (missing, unknown, overwritten) = (self.missing.len(), self.unknown.len(), self.overwritten.len());
        let (carrier, account, listed) = (self.carrier.name(), &self.account, self.listed);
        if missing + unknown + overwritten > 0 {
            log::warn!(
                carrier, account:%, listed, missing, unknown, overwritten;
                "the inventory and the carrier differ: `linekeeper sync --dry-run` shows where"
            );
        } else {
            log::info!(carrier, account:%, listed; "the inventory and the carrier agree");
        }
        if let Uses::Unread(said) = &self.uses {
            log::warn!(carrier, account:%; "the carrier's logs could not be read: {}", without_numbers(said));
        }
    }
}
