//! The bridge: the one place where asynchronous code enters the synchronous core.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};

use actix_web::web;
use tokio::sync::Semaphore;

use crate::carrier::Carriers;
use crate::clock::{Clock, Ids};
use crate::config::Config;
use crate::inventory::desk::Desk;
use crate::model::Error;
use crate::store::Store;

/// What every request can reach.
#[derive(Clone, Debug)]
pub struct AppState(Arc<Parts>);

/// The parts of the running program.
#[derive(Debug)]
struct Parts {
    desk: Arc<Desk>,
    config: Config,
    long_work: Arc<Semaphore>,
    carrier_work: Arc<Semaphore>,
    shared: Mutex<HashMap<TypeId, Arc<dyn Any + Send + Sync>>>,
}

/// What kind of work a request is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    /// Reads a page through an index that leads straight to it: shorter than a change of threads is worth.
    Brief,
    /// May walk an agency's rows or wait for the disk: other requests must not wait behind it.
    Long,
    /// Waits for a carrier, and holds no connection while it does.
    Carrier,
    /// Must be answered however much long work there is, and is asked rarely.
    Probe,
}

/// How many pieces of long work may be under way at once.
pub const LONG_WORK: usize = 8;
/// How many requests may wait for a carrier at once.
const CARRIER_WORK: usize = 32;
/// How many probes may be under way at once without waiting for each other's connection.
pub const PROBES: usize = 2;

impl AppState {
    /// Puts the program together.
    #[must_use]
    pub fn new(store: Store, config: Config, carriers: Carriers, clock: Clock, ids: Ids) -> Self {
        let desk = Desk::new(store, carriers, clock, ids, config.orders).reached_at(config.public_url.as_deref());
        Self(Arc::new(Parts {
            desk: Arc::new(desk),
            config,
            long_work: Arc::new(Semaphore::new(LONG_WORK)),
            carrier_work: Arc::new(Semaphore::new(CARRIER_WORK)),
            shared: Mutex::default(),
        }))
    }

    /// Runs synchronous work: brief work in place, other work on the blocking pool. The pool is shared with the
    /// compression of answers, so long work waits here for its turn and not there.
    ///
    /// # Errors
    /// What the work returns, and [`Error::Internal`] where it panicked or the pool is gone.
    pub async fn run<T, E>(
        &self,
        work: Work,
        deed: impl FnOnce(&Store) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let turn = match work {
            Work::Brief => return caught(|| deed(self.0.desk.store())),
            Work::Long => Some(self.0.long_work.clone().acquire_owned().await.map_err(Error::internal)?),
            Work::Carrier => Some(self.0.carrier_work.clone().acquire_owned().await.map_err(Error::internal)?),
            Work::Probe => None,
        };
        let store = self.0.desk.store().clone();
        // The work keeps its turn, not the request: it goes on where the caller has gone away.
        let kept = move || {
            let _turn = turn;
            caught(|| deed(&store))
        };
        web::block(kept).await.unwrap_or_else(|gone| Err(Error::internal(gone).into()))
    }

    /// What a dialect keeps for all of the server's threads, by its type: made when the first of them asks.
    pub fn shared<T: Any + Send + Sync>(&self, make: impl FnOnce() -> T) -> Arc<T> {
        let mut shared = self.0.shared.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(Ok(kept)) = shared.get(&TypeId::of::<T>()).cloned().map(Arc::downcast) {
            return kept;
        }
        let new = Arc::new(make());
        shared.insert(TypeId::of::<T>(), new.clone());
        new
    }

    /// The settings in force.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.0.config
    }

    /// The time of day.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        self.0.desk.clock()
    }

    /// The source of fresh ids.
    #[must_use]
    pub fn ids(&self) -> &Ids {
        self.0.desk.ids()
    }

    /// Where carriers are asked to do things.
    #[must_use]
    pub fn desk(&self) -> &Arc<Desk> {
        &self.0.desk
    }
}

/// A panic is a fault like any other: the caller gets an answer, and the log its cause.
fn caught<T, E: From<Error>>(deed: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
    catch_unwind(AssertUnwindSafe(deed)).unwrap_or_else(|panic| {
        let said = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
        let said = said.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default();
        Err(Error::internal(format!("the work panicked: {said}")).into())
    })
}
