//! The threads that work while a server runs: one settles orders whose answer was lost or that are held, the other compares
//! the inventory with the carriers'.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

use crate::inventory::desk::Desk;
use crate::model::Result;

/// How often it looks for orders that are due.
const EVERY: Duration = Duration::from_millis(250);
/// How often it forgets what is old.
const HOUSEKEEPING: Duration = Duration::from_hours(1);
/// How long after the start the inventory is compared first, if not later: a server that is started often compares it, too.
const SETTLED_IN: Duration = Duration::from_mins(1);
/// How long the server waits for them when it stops. An order that is under way by then is asked about at the next start;
/// a comparison has not written anything yet, or everything.
const PATIENCE: Duration = Duration::from_secs(2);

/// The threads, until this is dropped.
pub struct Worker(Vec<Thread>);

struct Thread {
    stop: Option<Sender<()>>,
    handle: JoinHandle<()>,
}

impl Worker {
    /// Starts them. `sync_every`: how often the inventory is compared, if it is.
    ///
    /// # Errors
    /// What the system says.
    pub fn start(desk: &Arc<Desk>, sync_every: Option<Duration>) -> io::Result<Self> {
        let settling = Arc::clone(desk);
        let mut housekeeping = None;
        let mut threads = vec![Thread::start("orders", EVERY, EVERY, move || {
            attempt("orders could not be settled", || settling.settle_due().map(drop));
            if housekeeping.is_none_or(|last: Instant| last.elapsed() > HOUSEKEEPING) {
                housekeeping = Some(Instant::now());
                attempt("old answers could not be forgotten", || settling.forget_old_answers());
                attempt("messages could not be given up", || settling.give_up_messages());
            }
        })?];
        if let Some(every) = sync_every {
            let desk = Arc::clone(desk);
            threads.push(Thread::start("sync", every.min(SETTLED_IN), every, move || {
                attempt("the inventory could not be compared with the carriers'", || desk.sync_all());
            })?);
        }
        Ok(Self(threads))
    }
}

impl Thread {
    /// Does something after `first`, and then again and again, so much time between.
    fn start(
        name: &str,
        first: Duration,
        every: Duration,
        mut deed: impl FnMut() + Send + 'static,
    ) -> io::Result<Self> {
        let (stop, stopped) = channel();
        let handle = Builder::new().name(name.to_owned()).spawn(move || {
            let mut wait = first;
            while stopped.recv_timeout(wait) == Err(RecvTimeoutError::Timeout) {
                deed();
                wait = every;
            }
        })?;
        Ok(Self { stop: Some(stop), handle })
    }
}

/// Does something whose failure is for the log. A fault in one thing must not end all that comes after it.
fn attempt(trouble: &str, deed: impl FnOnce() -> Result<()>) {
    match catch_unwind(AssertUnwindSafe(deed)) {
        Ok(Ok(())) => {}
        Ok(Err(error)) => log::error!("{trouble}: {error}"),
        Err(_) => log::error!("{trouble}: it panicked"),
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        for thread in &mut self.0 {
            drop(thread.stop.take());
        }
        let began = Instant::now();
        while self.0.iter().any(|thread| !thread.handle.is_finished()) && began.elapsed() < PATIENCE {
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}
