//! The thread that settles orders while a server runs: those whose answer was lost, and those that are held.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

use crate::inventory::desk::Desk;

/// How often it looks for orders that are due.
const EVERY: Duration = Duration::from_millis(250);
/// How often it forgets what is old.
const HOUSEKEEPING: Duration = Duration::from_hours(1);
/// How long the server waits for it when it stops. An order that is under way by then is asked about at the next start.
const PATIENCE: Duration = Duration::from_secs(2);

/// The thread, until it is dropped.
pub struct Worker {
    stop: Option<Sender<()>>,
    thread: JoinHandle<()>,
}

impl Worker {
    /// Starts it.
    ///
    /// # Errors
    /// What the system says.
    pub fn start(desk: Arc<Desk>) -> std::io::Result<Self> {
        let (stop, stopped) = channel();
        let thread = Builder::new().name("orders".to_owned()).spawn(move || {
            let mut housekeeping = None;
            while stopped.recv_timeout(EVERY) == Err(RecvTimeoutError::Timeout) {
                // A fault in one order must not leave the others for ever.
                match catch_unwind(AssertUnwindSafe(|| desk.settle_due())) {
                    Ok(Ok(_)) => {}
                    Ok(Err(error)) => log::error!("orders could not be settled: {error}"),
                    Err(_) => log::error!("settling orders panicked"),
                }
                if housekeeping.is_none_or(|last: Instant| last.elapsed() > HOUSEKEEPING) {
                    housekeeping = Some(Instant::now());
                    if let Err(error) = desk.forget_old_answers() {
                        log::error!("old answers could not be forgotten: {error}");
                    }
                }
            }
        })?;
        Ok(Self { stop: Some(stop), thread })
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        drop(self.stop.take());
        let began = Instant::now();
        while !self.thread.is_finished() && began.elapsed() < PATIENCE {
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}
