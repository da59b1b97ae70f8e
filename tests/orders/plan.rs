//! What is ordered in a fault run, what goes wrong at the carrier, and when the server is killed.

use std::time::Duration;

use linekeeper::carrier::simulator::{Fault, Request};

use crate::proxy::{ANSWERING, ASKING, Seen, Spot};

/// What is ordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// One number, for an agent whose calls go somewhere.
    Purchase,
    /// Two numbers at once.
    PurchaseOfTwo,
    Release,
    /// Another agent for a number, so that its calls go elsewhere.
    Assign,
}

/// A run without its kill.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Case {
    pub deed: Deed,
    /// Whether the request bears an Idempotency-Key.
    pub keyed: bool,
    pub fault: Option<Fault>,
    /// What goes wrong with the next request of the same kind.
    pub then: Option<Fault>,
}

/// When the server is killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kill {
    Never,
    /// At a moment of one of its requests to the carrier.
    At(usize, Spot),
    /// At one of its transactions, from 1: at its first write or its sync, in the middle of it or right after.
    Step {
        transaction: usize,
        sync: bool,
        after: bool,
    },
}

/// What a run that was not killed has shown of where the others can be.
#[derive(Clone, Debug, Default)]
pub struct Course {
    /// What the carrier was asked.
    pub requests: Vec<Seen>,
    /// A `w` for each write and an `s` for each sync, until the order was settled.
    pub steps: String,
    /// How many of them came before the client had its answer.
    pub answered: usize,
}

/// How long the carrier is waited for, where it does not answer in time.
pub const SHORT_DEADLINE: Duration = Duration::from_millis(400);
/// The slow one does it after the carrier has first been asked, at the latest 270 ms after the deadline, and before it is
/// asked again, the proof of absence later: still later, and no carrier could be waited for.
pub const DELAY: Duration = Duration::from_millis(850);
pub const FAULTS: [Fault; 8] = [
    Fault::Refuse,
    Fault::DropBefore,
    Fault::DropAfter,
    Fault::FailAfter,
    Fault::Hang,
    Fault::Busy,
    Fault::Duplicate,
    Fault::Slow { delay: DELAY },
];

impl Deed {
    /// What the carrier is asked to do.
    pub const fn request(self) -> Request {
        match self {
            Self::Purchase | Self::PurchaseOfTwo => Request::Acquire,
            Self::Release => Request::Release,
            Self::Assign => Request::Configure,
        }
    }

    pub const fn path(self) -> &'static str {
        match self {
            Self::Purchase | Self::PurchaseOfTwo => "/acquire",
            Self::Release => "/release",
            Self::Assign => "/configure",
        }
    }
}

impl Case {
    /// Whether the carrier answers too late: where it is asked again meanwhile, what it says then is chance.
    pub const fn is_timed(&self) -> bool {
        matches!(self.fault, Some(Fault::Hang | Fault::Slow { .. }))
    }

    /// The cases that are always run: without a fault and with each, and for a release with those that hide what was done.
    pub fn few() -> Vec<Self> {
        let case = |deed, keyed, fault| Self { deed, keyed, fault, then: None };
        let mut cases = vec![
            case(Deed::Purchase, true, None),
            case(Deed::PurchaseOfTwo, false, None),
            case(Deed::Release, true, None),
            case(Deed::Assign, false, None),
        ];
        for (at, fault) in FAULTS.into_iter().enumerate() {
            cases.push(case(Deed::Purchase, at % 2 == 0, Some(fault)));
            if !matches!(fault, Fault::Refuse | Fault::Busy | Fault::Duplicate | Fault::Slow { .. }) {
                cases.push(case(Deed::Release, at % 2 == 1, Some(fault)));
            }
        }
        cases
    }

    /// Those whose answer is lost, or comes too late, and that are refused when they are sent again.
    pub fn refused_after_loss() -> Vec<Self> {
        let mut cases = Vec::new();
        for fault in [Fault::DropBefore, Fault::DropAfter, Fault::Hang, FAULTS[7]] {
            for deed in [Deed::Purchase, Deed::Release] {
                cases.push(Self { deed, keyed: true, fault: Some(fault), then: Some(Fault::Refuse) });
            }
        }
        cases
    }

    /// Every deed under every fault, with a key and without in turn; where nothing else goes wrong, both.
    pub fn all() -> Vec<Self> {
        let mut cases = Vec::new();
        for (at, fault) in [None].into_iter().chain(FAULTS.map(Some)).enumerate() {
            for (deed, odd) in [(Deed::Purchase, 0), (Deed::PurchaseOfTwo, 1), (Deed::Release, 1), (Deed::Assign, 0)] {
                // A change of agent bears no key.
                let keyed = deed != Deed::Assign && at % 2 == odd;
                cases.push(Self { deed, keyed, fault, then: None });
                if fault.is_none() && deed != Deed::Assign {
                    cases.push(Self { deed, keyed: !keyed, fault, then: None });
                }
            }
        }
        cases
    }

    /// Every kill: at each moment of each request, and at each durable step until all is settled; or, without
    /// `questions`, of each request that does the deed, and until it is answered.
    pub fn every_kill(&self, course: &Course, questions: bool) -> Vec<Kill> {
        let mut kills = Vec::new();
        // The last that was asked may be due to chance, where answers come too late.
        let first = course.requests.iter().position(|(path, _)| *path == self.deed.path()).unwrap();
        let certain = if self.is_timed() { first + 1 } else { course.requests.len() };
        for (at, (path, answered)) in course.requests[..certain].iter().enumerate() {
            if !questions && *path != self.deed.path() {
                continue;
            }
            kills.extend(ASKING.map(|spot| Kill::At(at, spot)));
            if *answered && !(self.is_timed() && at == first) {
                kills.extend(ANSWERING.map(|spot| Kill::At(at, spot)));
            }
        }
        let steps = if self.is_timed() || !questions { &course.steps[..course.answered] } else { &course.steps };
        for (transaction, _) in (1..).zip(steps.matches('s')) {
            // Between the first write and the sync, what is written is nobody's to see: tests/store/killed.rs.
            for (sync, after) in [(false, false), (true, false), (true, true)] {
                kills.push(Kill::Step { transaction, sync, after });
            }
        }
        kills
    }

    /// Three of them: the request has passed, the first question about it has, and the first step after both.
    pub fn three_kills(&self, course: &Course) -> Vec<Kill> {
        let first = course.requests.iter().position(|(path, _)| *path == self.deed.path()).unwrap();
        let transactions = course.steps[..course.answered].matches('s').count();
        let asked = course.requests.iter().rposition(|(path, _)| *path == "/owned").filter(|_| !self.is_timed());
        vec![
            Kill::At(first, Spot::TheRequest),
            asked.map_or(Kill::At(first, Spot::AllButOneByte), |asked| Kill::At(asked, Spot::TheAnswer)),
            Kill::Step { transaction: transactions.min(4), sync: true, after: false },
        ]
    }
}
