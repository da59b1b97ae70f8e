//! Faults to order: what a network or a carrier may do wrong, done when it is asked for.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::carrier::{Refusal, Trouble};

/// What a carrier can be asked, to order faults of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Request {
    /// `Port::search`
    Search,
    /// `Port::acquire`
    Acquire,
    /// `Port::configure`
    Configure,
    /// `Port::owned`
    Owned,
    /// `Port::release`
    Release,
    /// A message to be sent; only the carriers in the shape of another send any.
    Send,
}

/// What goes wrong with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "fault", rename_all = "snake_case")]
pub enum Fault {
    /// It is refused: nothing is done.
    Refuse,
    /// It is not done, and the connection closes without an answer.
    DropBefore,
    /// It is done, and the connection closes without an answer.
    DropAfter,
    /// It is done, and the answer says that it failed (500).
    FailAfter,
    /// It is neither done nor answered.
    Hang,
    /// The carrier has too much to do (429): nothing is done.
    Busy,
    /// It arrives twice, and is done twice, of which one answer arrives.
    Duplicate,
    /// It is done, and answered, only later.
    Slow {
        /// So much.
        #[serde(rename = "delay_ms", with = "milliseconds")]
        delay: Duration,
    },
}

/// What comes back of a request.
#[derive(Debug)]
pub enum Outcome<T> {
    /// An answer.
    Answer(Result<T, Trouble>),
    /// An answer that says that it failed, whatever was done (500).
    Failure,
    /// The connection's end.
    Closed,
    /// Nothing, ever.
    Silence,
}

/// The faults that are still to happen.
#[derive(Debug, Default)]
pub struct Faults(Mutex<HashMap<Request, VecDeque<(Fault, u32)>>>);

impl Faults {
    /// Orders a fault of the next so many requests of this kind, after those ordered before.
    pub fn order(&self, request: Request, fault: Fault, times: u32) {
        if times > 0 {
            let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            all.entry(request).or_default().push_back((fault, times));
        }
    }

    /// What is to go wrong with the request that has just arrived.
    pub fn next(&self, request: Request) -> Option<Fault> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let ordered = all.get_mut(&request)?;
        let (fault, times) = ordered.front_mut()?;
        let fault = *fault;
        *times -= 1;
        if *times == 0 {
            ordered.pop_front();
        }
        Some(fault)
    }
}

impl Fault {
    /// What comes of a request that this happens to. The deed is told whether nobody asked for it. A delay is for the
    /// caller to wait, before.
    pub fn of<T>(fault: Option<Self>, deed: impl Fn(bool) -> Result<T, Trouble>) -> Outcome<T> {
        match fault {
            None | Some(Self::Slow { .. }) => Outcome::Answer(deed(false)),
            Some(Self::Refuse) => {
                Outcome::Answer(Err(Trouble::Refused { reason: Refusal::Other, said: "refused to order".to_owned() }))
            }
            Some(Self::Busy) => Outcome::Answer(Err(Trouble::Busy)),
            Some(Self::DropBefore) => Outcome::Closed,
            Some(Self::Hang) => Outcome::Silence,
            // Whatever it would have answered is lost.
            Some(Self::DropAfter) => {
                drop(deed(false));
                Outcome::Closed
            }
            Some(Self::FailAfter) => {
                drop(deed(false));
                Outcome::Failure
            }
            Some(Self::Duplicate) => {
                let first = deed(false);
                drop(deed(true));
                Outcome::Answer(first)
            }
        }
    }
}

/// A time as a whole number of milliseconds.
mod milliseconds {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub fn serialize<S: Serializer>(delay: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
        delay.as_millis().serialize(serializer)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
        u64::deserialize(deserializer).map(Duration::from_millis)
    }
}
