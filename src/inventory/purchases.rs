//! Buying numbers.

use std::sync::Arc;
use std::time::Instant;

use super::access::Caller;
use super::assignments::{external_id, in_future};
use super::desk::{Asked, Desk, PATIENCE, Placed};
use super::name;
use crate::carrier::Account;
use crate::model::{
    Agent, AgentId, BasketId, Deed, E164, Error, Features, Number, NumberId, Offer, Order, OrderState, Papers, Reason,
    Result, Status, Timestamp, Wanted,
};
use crate::store::{Change, Scope, Snapshot};

/// How many offers a carrier is asked for at once, at most.
const MAX_OFFERS: u32 = 100;
/// How often it is asked again where others were faster with each that it offered.
const MORE_SEARCHES: u32 = 8;

/// A number that is to be bought.
#[derive(Clone, Debug)]
pub struct Item {
    /// The number itself.
    pub phone_number: E164,
    /// What the agency will call it.
    pub friendly_name: Option<String>,
    /// The agent that will answer it.
    pub agent: Option<AgentId>,
    /// The papers that its country wants to see, by their ids at the carrier.
    pub papers: Papers,
    /// What the agency's own systems will call it.
    pub external_id: Option<String>,
    /// When it will be given back by itself.
    pub expires_at: Option<Timestamp>,
}

/// A number that is to be bought, whichever it is.
#[derive(Clone, Debug, Default)]
pub struct Whichever {
    /// What it must be like.
    pub wanted: Wanted,
    /// The agent that will answer it.
    pub agent: Option<AgentId>,
    /// What the agency's own systems will call it.
    pub external_id: Option<String>,
    /// When it will be given back by itself.
    pub expires_at: Option<Timestamp>,
}

impl Item {
    /// The agent and the name, if both can be taken.
    fn checked(&self, snapshot: &Snapshot, scope: &Scope) -> Result<(Option<Agent>, Option<String>)> {
        let agent = self.agent.map(|agent| snapshot.agent(scope, agent)).transpose()?;
        let called = self.friendly_name.as_deref().map(|called| name("friendly_name", called)).transpose()?;
        Ok((agent, called))
    }
}

/// What came of buying one number.
#[derive(Clone, Debug)]
pub struct Purchase {
    /// The order, as it stands.
    pub order: Order,
    /// The number, where it is the agency's or may become so.
    pub number: Option<Number>,
}

impl Desk {
    /// What the agency's carrier would sell.
    ///
    /// # Errors
    /// [`Error::NoCarrier`], or [`Error::Carrier`] where it does not say.
    pub fn offers(&self, caller: &Caller, wanted: &Wanted) -> Result<Vec<Offer>> {
        Ok(self.account_for_purchases(&caller.scope)?.port.search(wanted)?)
    }

    /// Buys numbers: all that can be had. What is not certain when this returns is settled later.
    ///
    /// # Errors
    /// Where nothing was ordered: no carrier, no such agent, a carrier that does not say what the numbers cost, a key of
    /// another request.
    pub fn purchase(
        &self,
        asked: &Asked,
        items: &[Item],
        customer_reference: Option<&str>,
    ) -> Result<Placed<'_, Vec<Purchase>>> {
        let mut quotes = None;
        // A repeat is answered as it was, whatever has become of the account since.
        if !self.was_asked(asked)? {
            let account = self.account_for_purchases(&asked.caller.scope)?;
            // What is wrong with the request itself is said before the carrier is asked anything.
            let claimed = self.store.read(|snapshot| {
                let look = |item: &Item| {
                    item.checked(snapshot, &asked.caller.scope)?;
                    snapshot.is_claimed(
                        account.carrier,
                        account.name.as_deref().unwrap_or_default(),
                        &item.phone_number,
                    )
                };
                items.iter().map(look).collect::<Result<Vec<_>>>()
            })?;
            let told = quoted(&account, items, &claimed)?;
            quotes = Some((account, told));
        }
        let placed = self.place(asked, |change, basket| {
            // Without quotes the request has been placed already, and this is not called.
            let Some((account, quotes)) = quotes else { return Ok(()) };
            let mut room = Room::of(change, &asked.caller.scope)?;
            for (place, (item, quote)) in items.iter().zip(quotes).enumerate() {
                let claim = Claim {
                    desk: self,
                    account: &account,
                    basket,
                    place: u32::try_from(place).unwrap_or(u32::MAX),
                    customer_reference,
                };
                claim.make(change, &asked.caller.scope, item, &quote, &mut room)?;
            }
            Ok(())
        })?;
        Ok(match placed {
            Placed::Before(status, body) => Placed::Before(status, body),
            Placed::Now(basket, hand) => {
                Placed::Now(self.store.read(|snapshot| purchases(snapshot, &asked.caller.scope, basket.id))?, hand)
            }
        })
    }
}

impl Desk {
    /// Buys the first number that the agency's carrier offers and that nobody here is about to have.
    ///
    /// # Errors
    /// As [`Desk::purchase`]; [`Error::Carrier`] with [`Reason::NotAvailable`] where the carrier offers none.
    pub fn purchase_whichever(&self, asked: &Asked, sought: &Whichever) -> Result<Placed<'_, Option<Purchase>>> {
        let (scope, mut limit, mut searches) = (&asked.caller.scope, sought.wanted.limit, 0);
        loop {
            let mut found = None;
            if !self.was_asked(asked)? {
                let account = self.account_for_purchases(scope)?;
                self.store.read(|snapshot| sought.agent.map(|agent| snapshot.agent(scope, agent)).transpose())?;
                let offers = account.port.search(&Wanted { limit, ..sought.wanted.clone() })?;
                found = Some((account, offers));
            }
            let is_all =
                found.as_ref().is_some_and(|(_, offers)| offers.len() < limit.try_into().unwrap_or(usize::MAX));
            let placed = self.place(asked, |change, basket| match found {
                None => Ok(()),
                Some((account, offers)) => self.claim_first(change, scope, basket, sought, &account, offers),
            });
            match placed {
                // Others were faster with each of these: there may be more.
                Err(Error::Carrier(Reason::NotAvailable)) if !is_all && searches < MORE_SEARCHES => {
                    (limit, searches) = (limit.saturating_mul(2).min(MAX_OFFERS), searches + 1);
                }
                Err(error) => return Err(error),
                Ok(Placed::Before(status, body)) => return Ok(Placed::Before(status, body)),
                Ok(Placed::Now(basket, hand)) => {
                    let bought = self.store.read(|snapshot| purchases(snapshot, scope, basket.id))?;
                    return Ok(Placed::Now(bought.into_iter().next(), hand));
                }
            }
        }
    }

    /// Claims the first of these that nobody here has or is about to have.
    fn claim_first(
        &self,
        change: &Change,
        scope: &Scope,
        basket: BasketId,
        sought: &Whichever,
        account: &Account,
        offers: Vec<Offer>,
    ) -> Result<()> {
        let known_as = account.name.as_deref().unwrap_or_default();
        for offer in offers {
            if change.is_claimed(account.carrier, known_as, &offer.phone_number)? {
                continue;
            }
            let item = Item {
                phone_number: offer.phone_number.clone(),
                friendly_name: None,
                agent: sought.agent,
                papers: Papers::default(),
                external_id: sought.external_id.clone(),
                expires_at: sought.expires_at,
            };
            let claim = Claim { desk: self, account, basket, place: 0, customer_reference: None };
            return claim.make(change, scope, &item, &Quote::Offer(offer), &mut Room::of(change, scope)?);
        }
        Err(Error::Carrier(Reason::NotAvailable))
    }
}

fn purchases(snapshot: &Snapshot, scope: &Scope, basket: BasketId) -> Result<Vec<Purchase>> {
    let orders = snapshot.basket(scope, basket)?.into_iter().filter(|order| order.deed == Deed::Purchase);
    let purchase = |order: Order| {
        let number = match order.state {
            OrderState::Failed => None,
            _ => Some(snapshot.number(scope, order.number)?),
        };
        Ok(Purchase { order, number })
    };
    orders.map(purchase).collect()
}

/// What a carrier says of a number before it is asked for it.
enum Quote {
    /// It would sell it so.
    Offer(Offer),
    /// It does not list it, and may sell it nevertheless.
    Unlisted,
    /// Somebody here has it or is about to.
    Taken,
    /// The account has it, and nobody here: buying it again would take it over from whoever uses it.
    AlreadyOwned,
}

impl Quote {
    fn offer(&self) -> Option<&Offer> {
        match self {
            Self::Offer(offer) => Some(offer),
            Self::Unlisted | Self::Taken | Self::AlreadyOwned => None,
        }
    }
}

fn quoted(account: &Account, items: &[Item], claimed: &[bool]) -> Result<Vec<Quote>> {
    let began = Instant::now();
    let quote = |(item, is_claimed): (&Item, &bool)| match began.elapsed() {
        _ if *is_claimed => Ok(Quote::Taken),
        elapsed if elapsed > PATIENCE => Err(Error::Carrier(Reason::Unreached)),
        _ => quote(account, &item.phone_number),
    };
    items.iter().zip(claimed).map(quote).collect()
}

fn quote(account: &Account, number: &E164) -> Result<Quote> {
    if !account.port.owned(Some(number))?.is_empty() {
        return Ok(Quote::AlreadyOwned);
    }
    let wanted = Wanted { exactly: Some(number.clone()), limit: 1, ..Wanted::default() };
    let offer = account.port.search(&wanted)?.into_iter().find(|offer| offer.phone_number == *number);
    Ok(offer.map_or(Quote::Unlisted, Quote::Offer))
}

/// What an agency may still buy.
struct Room {
    numbers: Option<u64>,
    /// In ten-thousandths of the currency's unit; may be less than nothing.
    monthly: Option<(i64, String)>,
}

impl Room {
    fn of(change: &Change, scope: &Scope) -> Result<Self> {
        let allowance = change.allowance(scope)?;
        let counts = change.number_counts(scope)?;
        let held = counts.total() - counts.with_status(Status::Released);
        let monthly = match allowance.monthly {
            None => None,
            Some((budget, currency)) => {
                let spent = change.spending(scope)?.into_iter().find(|(spent, _)| *spent == currency);
                Some((budget.0 - spent.map_or(0, |(_, amount)| amount.0), currency.to_string()))
            }
        };
        Ok(Self { numbers: allowance.numbers.map(|most| most.saturating_sub(held)), monthly })
    }

    /// Whether there is room for a number, and if not, why.
    fn admits(&self, offer: Option<&Offer>) -> Result<(), Reason> {
        if self.numbers == Some(0) {
            return Err(Reason::OverLimit);
        }
        let Some((left, _)) = &self.monthly else { return Ok(()) };
        // What is not for sale has no price to hold against a budget; what costs another money has none that can be.
        offer.ok_or(Reason::NotAvailable)?;
        self.price(offer).filter(|price| price <= left).map(drop).ok_or(Reason::OverBudget)
    }

    /// Takes what a number needs.
    fn take(&mut self, offer: Option<&Offer>) {
        let price = self.price(offer).unwrap_or_default();
        if let Some((left, _)) = &mut self.monthly {
            *left -= price;
        }
        self.numbers = self.numbers.map(|left| left.saturating_sub(1));
    }

    fn price(&self, offer: Option<&Offer>) -> Option<i64> {
        let (_, currency) = self.monthly.as_ref()?;
        offer.filter(|offer| offer.currency == *currency).map(|offer| offer.monthly_cost.0)
    }
}

/// A claim on a number: from here on nobody else here can order it.
struct Claim<'c> {
    desk: &'c Desk,
    account: &'c Account,
    basket: BasketId,
    place: u32,
    customer_reference: Option<&'c str>,
}

impl Claim<'_> {
    fn make(&self, change: &Change, scope: &Scope, item: &Item, quote: &Quote, room: &mut Room) -> Result<()> {
        let (now, offer) = (self.desk.clock.now(), quote.offer());
        let number = self.pending(change, scope, item, offer, now)?;
        let mut order = Order {
            place: self.place,
            papers: item.papers.clone(),
            customer_reference: self.customer_reference.map(str::to_owned),
            ..Order::new(self.desk.order_id(), self.basket, Deed::Purchase, &number, now)
        };
        let admitted = match quote {
            Quote::Taken => Err(Reason::NotAvailable),
            Quote::AlreadyOwned => Err(Reason::AlreadyOwned),
            Quote::Offer(_) | Quote::Unlisted => room.admits(offer),
        };
        let claimed = match admitted {
            Err(reason) => Err(reason),
            Ok(()) => match change.add_number(scope, &number) {
                Ok(()) => {
                    room.take(offer);
                    Ok(())
                }
                Err(Error::Exists(_)) => Err(Reason::NotAvailable),
                Err(error) => return Err(error),
            },
        };
        if let Err(reason) = claimed {
            (order.state, order.reason, order.due_at) = (OrderState::Failed, Some(reason), None);
        }
        change.add_order(scope, &order)
    }

    fn pending(
        &self,
        change: &Change,
        scope: &Scope,
        item: &Item,
        offer: Option<&Offer>,
        now: Timestamp,
    ) -> Result<Number> {
        let (agent, called) = item.checked(change, scope)?;
        let place = |offer: &Offer| Some(format!("{}, {}", offer.city.as_deref()?, offer.country).into());
        let features = offer.map_or(Features { voice: true, ..Features::default() }, |offer| offer.features);
        let external_id = item.external_id.as_deref().map(external_id).transpose()?;
        let expires_at = item.expires_at.map(|at| in_future(at, now)).transpose()?;
        let number = Number::bare(NumberId(self.desk.ids.next()), item.phone_number.clone(), self.account.carrier, now);
        Ok(Number {
            friendly_name: called.map(Into::into),
            number_type: offer.map(|offer| offer.number_type.name().into()),
            country_code: offer.map(|offer| offer.country.as_str().into()),
            voice_enabled: features.voice,
            sms_enabled: features.sms,
            mms_enabled: features.mms,
            monthly_cost: offer.map(|offer| offer.monthly_cost),
            setup_cost: offer.map(|offer| offer.upfront_cost),
            currency: offer.map_or("USD".into(), |offer| offer.currency.as_str().into()),
            status: Status::Pending,
            is_active: false,
            carrier_account: self.account.name.clone(),
            location: offer.and_then(place),
            external_id,
            expires_at,
            agent: agent.map(Arc::new),
            ..number
        })
    }
}
