//! The threads that work while a server runs: one settles orders whose answer was lost or that are held, one compares the
//! inventory with the carriers', and one looks for events that webhooks are to be told of, each by a thread of its own.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

use crate::inventory::desk::Desk;
use crate::inventory::dispatch::{Dispatch, Turn};
use crate::model::Result;

/// How often they look for orders and deliveries that are due.
const EVERY: Duration = Duration::from_millis(250);
/// How often it forgets what is old.
const HOUSEKEEPING: Duration = Duration::from_hours(1);
/// How long after the start the inventory is compared first, if not later: a server that is started often compares it, too.
const SETTLED_IN: Duration = Duration::from_mins(1);
/// How long the server waits for them when it stops. An order that is under way by then is asked about at the next start, a
/// delivery is sent again; a comparison has not written anything yet, or everything.
const PATIENCE: Duration = Duration::from_secs(2);

/// The threads, until this is dropped.
pub struct Worker {
    threads: Vec<Thread>,
    dispatch: Arc<Dispatch>,
}

struct Thread {
    stop: Option<Sender<()>>,
    handle: JoinHandle<()>,
}

impl Worker {
    /// Starts them. `sync_every`: how often the inventory is compared, if it is.
    ///
    /// # Errors
    /// What the system says.
    pub fn start(desk: &Arc<Desk>, dispatch: Arc<Dispatch>, sync_every: Option<Duration>) -> io::Result<Self> {
        let settling = Arc::clone(desk);
        let mut housekeeping = None;
        let mut threads = vec![Thread::start("orders", EVERY, EVERY, move || {
            attempt("orders could not be settled", || settling.settle_due().map(drop));
            attempt("numbers could not be given back by themselves", || settling.release_expired());
            if is_time(&mut housekeeping) {
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
        let telling = Arc::clone(&dispatch);
        let mut housekeeping = None;
        threads.push(Thread::start("webhooks", EVERY * 2, EVERY, move || {
            attempt("webhooks could not be told of events", || telling.turns().map(begin));
            if is_time(&mut housekeeping) {
                attempt("old deliveries could not be forgotten", || telling.forget_old());
            }
        })?);
        Ok(Self { threads, dispatch })
    }
}

/// Whether it is time to forget what is old; if so, it is not for a while.
fn is_time(last: &mut Option<Instant>) -> bool {
    let is_time = last.is_none_or(|last| last.elapsed() > HOUSEKEEPING);
    if is_time {
        *last = Some(Instant::now());
    }
    is_time
}

/// Begins the turns of webhooks, each on a thread of its own, because each waits for its receiver. They are few at once, and
/// short; one that cannot be begun comes again.
fn begin(turns: Vec<Turn>) {
    for turn in turns {
        let run = move || attempt("a webhook could not be told of events", || turn.run());
        if let Err(error) = Builder::new().name("webhook".to_owned()).spawn(run) {
            log::error!("a webhook could not be told of events: {error}");
        }
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
        for thread in &mut self.threads {
            drop(thread.stop.take());
        }
        self.dispatch.close();
        let began = Instant::now();
        let is_done = || self.threads.iter().all(|thread| thread.handle.is_finished()) && self.dispatch.is_idle();
        while !is_done() && began.elapsed() < PATIENCE {
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}
