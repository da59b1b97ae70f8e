//! Which orders are to be looked at, and looking at each: those of one account after the other, those of several at once.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use super::desk::Desk;
use crate::model::{Actor, By, OrderId, OrderState, Result};
use crate::store::{Due, Scope};

/// How long the orders of one account are looked at in one go: where its carrier answers, that is for hundreds.
const PATIENCE: Duration = Duration::from_secs(5);
/// How many orders are looked at in one go.
const AT_ONCE: u32 = 4096;

impl Desk {
    /// Looks at the orders that are due and that nobody has in hand, and does what is next for each: those of one account
    /// after the other, and as long as this has patience; those of different accounts at once, so that a carrier that does
    /// not answer holds up nobody else's. Gives how many were due.
    ///
    /// # Errors
    /// [`Error::Internal`](crate::model::Error::Internal) where the store fails.
    pub fn settle_due(&self) -> Result<usize> {
        let due = self.store.read(|snapshot| snapshot.due_orders(self.clock.now(), AT_ONCE))?;
        let mut accounts: HashMap<_, Vec<&Due>> = HashMap::new();
        for order in &due {
            accounts.entry(&order.at).or_default().push(order);
        }
        let mut accounts = accounts.into_values();
        let first = accounts.next();
        std::thread::scope(|scope| {
            for others in accounts {
                scope.spawn(move || self.settle_each(&others));
            }
            if let Some(orders) = first {
                self.settle_each(&orders);
            }
        });
        Ok(due.len())
    }

    fn settle_each(&self, orders: &[&Due]) {
        let (began, by) = (Instant::now(), By { actor: Actor::Worker, request_id: None, at: Some(self.clock.now()) });
        for Due { scope, order, basket, .. } in orders {
            if let Some(_hand) = self.take(*basket)
                && let Err(error) = self.advance(scope, *order, &by)
            {
                // The others are not to wait for it.
                log::error!(order:%; "an order could not be settled: {error}");
            }
            if began.elapsed() > PATIENCE {
                return;
            }
        }
    }

    fn advance(&self, scope: &Scope, id: OrderId, by: &By) -> Result<()> {
        let order = self.store.read(|snapshot| snapshot.order(scope, id))?;
        if matches!(order.state, OrderState::Sending | OrderState::Unknown) {
            self.ask(scope, &order, by)?;
        }
        self.carry_out(scope, id, by).map(drop)
    }
}
