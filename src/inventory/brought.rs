//! Numbers that an agency brings along one by one, and that it lets go of: no carrier rents them out or takes them back for it.

use super::access::Caller;
use super::accounts::{NewTrunk, add_trunk, remove_trunk};
use super::desk::Desk;
use super::name;
use crate::carrier::{Account, Trouble};
use crate::model::{
    AccountId, By, Carrier, Deed, E164, Error, Noun, Number, NumberId, Order, Reason, Result, Status, countries_of,
};
use crate::store::Scope;

/// A number that an agency brings along.
#[derive(Clone, Debug)]
pub struct Imported {
    /// The number itself.
    pub phone_number: E164,
    /// What the agency calls it.
    pub friendly_name: Option<String>,
    /// Whether it takes calls.
    pub inbound: bool,
    /// Whether it places calls.
    pub outbound: bool,
    /// Where it is.
    pub whence: Whence,
}

/// Where a number is that is brought along.
#[derive(Clone, Debug)]
pub enum Whence {
    /// On a SIP trunk, which is the number's own where anything is said of it.
    Trunk(Option<Box<NewTrunk>>),
    /// At Twilio, with this account, or with the one that the agency buys with, if it has any.
    Twilio(Option<AccountId>),
}

/// What the number is told whose account has no such number.
const NOT_THERE: &str = "the account at the carrier has no such number";

impl Desk {
    /// Brings a number along. An account that it is said to be at is asked first whether it has it; of one at Twilio without
    /// an account, nothing is known but what is said.
    ///
    /// # Errors
    /// [`Error::Exists`] where the agency, or somebody with the same account, has the number; [`Error::NotFound`] where the
    /// agency reaches no such account; [`Error::Invalid`] where a value cannot be taken, or the account has no such number;
    /// [`Error::Carrier`] where the carrier does not say; [`Error::Invalid`] where a password cannot be encrypted.
    pub fn import_number(&self, caller: &Caller, by: &By, new: Imported) -> Result<Number> {
        let (scope, now) = (&caller.scope, self.clock.now());
        let label = new.friendly_name.as_deref().map(|label| name("label", label)).transpose()?;
        let carrier = match new.whence {
            Whence::Trunk(_) => Carrier::Sip,
            Whence::Twilio(_) => Carrier::Twilio,
        };
        if self.store.read(|snapshot| snapshot.live_number(scope, &new.phone_number))?.is_some() {
            return Err(Error::Exists("this phone number"));
        }
        let id = NumberId(self.ids.next());
        let mut number = Number::bare(id, new.phone_number, carrier, now);
        number.friendly_name = label.map(Into::into);
        (number.inbound, number.outbound) = (new.inbound, new.outbound);
        number.country_code = countries_of(&number.phone_number).first().map(|country| (*country).into());
        let trunk = match new.whence {
            Whence::Trunk(trunk) => trunk,
            Whence::Twilio(account) => {
                if let Some(account) = self.twilio_account(scope, account)? {
                    rented_with(&mut number, &account)?;
                }
                None
            }
        };
        self.store.write_by(by, |change| {
            if let Some(trunk) = trunk {
                let keyring = self.carriers.keyring();
                number.carrier_account = Some(add_trunk(change, scope, keyring, id, *trunk, now)?);
            }
            change.add_number(scope, &number).map_err(|error| match error {
                Error::Exists(_) => Error::Exists("this phone number"),
                error => error,
            })?;
            change.number(scope, id)
        })
    }

    /// Lets go of a number: here it is released, and its carrier is not asked, so that the agency keeps it there.
    ///
    /// # Errors
    /// [`Error::NotFound`] where the agency has no such number, [`Error::Conflict`] where it is released already or an order
    /// for it is under way.
    pub fn let_go(&self, caller: &Caller, by: &By, id: NumberId) -> Result<Number> {
        let (scope, now) = (&caller.scope, self.clock.now());
        self.store.write_by(by, |change| {
            let mut number = change.number(scope, id)?;
            if number.status == Status::Released {
                return Err(Error::Conflict("this phone number is released"));
            }
            match change.open_order(scope, id)? {
                // Where its calls go does not matter here any more.
                Some(order @ Order { deed: Deed::Route, .. }) => {
                    self.fail(change, scope, order, Reason::Withdrawn, None)?;
                    number = change.number(scope, id)?;
                }
                Some(_) => return Err(Error::Conflict("an order for this phone number is under way")),
                None => {}
            }
            number.release(now);
            change.change_number(scope, &number)?;
            remove_trunk(change, scope, &number)?;
            change.number(scope, id)
        })
    }

    fn twilio_account(&self, scope: &Scope, id: Option<AccountId>) -> Result<Option<Account>> {
        let reachable = self.store.read(|snapshot| snapshot.renting_accounts_in_reach(scope))?;
        let mut at_twilio = reachable.iter().filter(|known| known.account.carrier == Carrier::Twilio);
        let known = match id {
            None => at_twilio.next(),
            Some(id) => Some(at_twilio.find(|known| known.account.id == id).ok_or(Error::NotFound(Noun::Account))?),
        };
        known.map(|known| Ok(self.carriers.open(known).map_err(Trouble::from)?)).transpose()
    }
}

/// What its account says of a number that it has.
fn rented_with(number: &mut Number, account: &Account) -> Result<()> {
    let rented = account.port.owned(Some(&number.phone_number))?.into_iter().next();
    let rented = rented.ok_or_else(|| Error::Invalid { field: "phone_number", reason: NOT_THERE.into() })?;
    number.carrier_account.clone_from(&account.name);
    number.carrier_number_id = Some(rented.carrier_number_id.into());
    number.number_type = rented.traits.number_type.map(|kind| kind.name().into());
    if let Some(features) = rented.traits.features {
        (number.voice_enabled, number.sms_enabled, number.mms_enabled) = (features.voice, features.sms, features.mms);
    }
    Ok(())
}
