//! The bridge: the one place where asynchronous code enters the synchronous core.

use std::sync::Arc;

use actix_web::web;

use crate::clock::{Clock, Ids};
use crate::config::Config;
use crate::model::Error;
use crate::store::Store;

/// What every request can reach.
#[derive(Clone, Debug)]
pub struct AppState(Arc<Parts>);

/// The parts of the running program.
#[derive(Debug)]
struct Parts {
    store: Store,
    config: Config,
    clock: Clock,
    ids: Ids,
}

/// How long a piece of work keeps its thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    /// Reads a bounded number of rows through an index: shorter than a change of threads is worth.
    Brief,
    /// May walk an agency's rows or wait for the disk: other requests must not wait behind it.
    Long,
}

/// How many pieces of long work each of the server's threads may have under way.
pub const LONG_WORK_PER_WORKER: usize = 4;

impl AppState {
    /// Puts the program together.
    #[must_use]
    pub fn new(store: Store, config: Config, clock: Clock, ids: Ids) -> Self {
        Self(Arc::new(Parts { store, config, clock, ids }))
    }

    /// Runs synchronous work: brief work in place, long work on the blocking pool.
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
        match work {
            Work::Brief => deed(&self.0.store),
            Work::Long => {
                let store = self.0.store.clone();
                match web::block(move || deed(&store)).await {
                    Ok(done) => done,
                    Err(gone) => Err(Error::internal(gone).into()),
                }
            }
        }
    }

    /// The settings in force.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.0.config
    }

    /// The time of day.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.0.clock
    }

    /// The source of fresh ids.
    #[must_use]
    pub fn ids(&self) -> &Ids {
        &self.0.ids
    }
}
