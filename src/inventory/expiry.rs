//! Numbers that are given back by themselves, at a time that was set.

use super::desk::Desk;
use crate::model::{Actor, BasketId, By, NumberId, Result};
use crate::store::Scope;

/// How many are given back in one go.
const AT_ONCE: u32 = 64;

impl Desk {
    /// Orders the release of the numbers whose time has come, each once; the orders are settled like any other. A number that
    /// its carrier does not take back stays, without a time.
    ///
    /// # Errors
    /// [`Error::Internal`](crate::model::Error::Internal) where the store fails.
    pub fn release_expired(&self) -> Result<()> {
        let now = self.clock.now();
        for (scope, id) in self.store.read(|snapshot| snapshot.expired_numbers(now, AT_ONCE))? {
            if let Err(error) = self.release_one_expired(scope, id) {
                // The others are not to wait for it.
                log::error!(number:% = id; "a number could not be given back by itself: {error}");
            }
        }
        Ok(())
    }

    /// Looks at the number again in the transaction that orders: its time may have been changed.
    fn release_one_expired(&self, scope: Scope, id: NumberId) -> Result<()> {
        let now = self.clock.now();
        let by = By { actor: Actor::Worker, request_id: None, at: Some(now) };
        self.store.write_by(&by, |change| {
            let mut number = change.number(&scope, id)?;
            if number.expires_at.is_none_or(|expires_at| expires_at > now) {
                return Ok(());
            }
            (number.expires_at, number.updated_at) = (None, now);
            change.change_number(&scope, &number)?;
            self.order_release(change, &scope, BasketId(self.ids.next()), 0, id)
        })
    }
}
