//! Giving numbers back.

use super::desk::{Asked, Desk, Placed};
use crate::model::{
    BasketId, Carrier, Deed, E164, Error, Number, NumberId, Order, OrderState, Reason, Result, Status, Timestamp,
};
use crate::store::{Change, Scope, Snapshot};

/// What came of giving one number back.
#[derive(Clone, Debug)]
pub struct Release {
    /// Which.
    pub id: NumberId,
    /// The number itself; none where the agency has no such number.
    pub phone_number: Option<E164>,
    /// Who it was rented from.
    pub carrier: Option<Carrier>,
    /// How it ended.
    pub outcome: Outcome,
}

/// How giving a number back ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The carrier has it.
    Released,
    /// It had it before.
    AlreadyReleased,
    /// It stays until then, and can be kept.
    Held(Timestamp),
    /// It was not given back, or is not known to be; and what the carrier said.
    Not(Reason, Option<String>),
}

impl Desk {
    /// Gives numbers back: all that can be. What is not certain when this returns is settled later.
    ///
    /// # Errors
    /// Where nothing was begun: a key of another request, or the store fails.
    pub fn release(&self, asked: &Asked, numbers: &[NumberId]) -> Result<Placed<'_, Vec<Release>>> {
        let scope = &asked.caller.scope;
        let placed = self.place(asked, |change, basket| {
            for (place, id) in numbers.iter().enumerate() {
                self.order_release(change, scope, basket, u32::try_from(place).unwrap_or(u32::MAX), *id)?;
            }
            Ok(())
        })?;
        Ok(match placed {
            Placed::Before(status, body) => Placed::Before(status, body),
            Placed::Now(basket, hand) => {
                let released = self.store.read(|snapshot| {
                    let mut orders = snapshot.basket(scope, basket.id)?;
                    for order in orders.iter_mut().filter(|order| basket.unrecorded.contains(&order.id)) {
                        order.reason = Some(Reason::Unrecorded);
                    }
                    let now = self.clock.now();
                    numbers.iter().map(|id| released(snapshot, scope, &orders, *id, now)).collect::<Result<_>>()
                })?;
                Placed::Now(released, hand)
            }
        })
    }

    /// Orders that a number be given back, where it is there to give back and no order for it is under way.
    pub(super) fn order_release(
        &self,
        change: &Change,
        scope: &Scope,
        basket: BasketId,
        place: u32,
        id: NumberId,
    ) -> Result<()> {
        let number = match change.number(scope, id) {
            Err(Error::NotFound(_)) => return Ok(()),
            number => number?,
        };
        if number.status == Status::Released {
            return Ok(());
        }
        if let Some(open) = change.open_order(scope, id)? {
            if open.deed != Deed::Route {
                return Ok(());
            }
            // Where its calls go will not matter any more.
            self.fail(change, scope, open, Reason::Withdrawn, None)?;
        }
        let order = Order::new(self.order_id(), basket, Deed::Release, &number, self.clock.now());
        change.add_order(scope, &Order { place, due_at: Some(self.after(self.terms.release_hold)), ..order })
    }
}

/// What there is to say of a number that was to be given back, whoever gave it.
fn released(snapshot: &Snapshot, scope: &Scope, orders: &[Order], id: NumberId, now: Timestamp) -> Result<Release> {
    let number = match snapshot.number(scope, id) {
        Err(Error::NotFound(_)) => {
            let outcome = Outcome::Not(Reason::NoSuchNumber, None);
            return Ok(Release { id, phone_number: None, carrier: None, outcome });
        }
        number => number?,
    };
    let outcome = match orders.iter().find(|order| order.number == id) {
        Some(order) => match order.state {
            OrderState::Confirmed => Outcome::Released,
            OrderState::Claimed if order.sends == 0 && order.due_at.is_some_and(|due| due > now) => {
                Outcome::Held(order.due_at.unwrap_or(now))
            }
            OrderState::Failed => Outcome::Not(order.reason.unwrap_or(Reason::Refused), order.detail.clone()),
            // Whatever it was refused for last, one that was sent before may come through yet.
            _ if order.reason == Some(Reason::Unrecorded) => Outcome::Not(Reason::Unrecorded, None),
            _ => Outcome::Not(Reason::Unanswered, order.detail.clone()),
        },
        None if number.status == Status::Released => Outcome::AlreadyReleased,
        None => Outcome::Not(Reason::UnderWay, None),
    };
    let Number { phone_number, carrier, .. } = number;
    Ok(Release { id, phone_number: Some(phone_number), carrier: Some(carrier), outcome })
}
