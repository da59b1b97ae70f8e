//! Orders against what their callers were told: any of them in any order, with faults and crashes between.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use linekeeper::carrier::simulator::{Fault, Request};
use linekeeper::inventory::assignments::Changes;
use linekeeper::inventory::releases::Outcome;
use linekeeper::inventory::{agents, orders};
use linekeeper::model::{AgencyId, Deed, Error, NumberId, Order, OrderId, OrderState, Reason, Route, Status};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config as Runs, TestRunner};

use crate::world::{Crash, POOL, World};

const AGENCIES: u64 = 2;

/// What somebody does.
#[derive(Clone, Debug)]
enum Step {
    Purchase {
        agency: u64,
        numbers: Vec<usize>,
        agent: Option<bool>,
        key: Option<u8>,
        answered: bool,
    },
    /// The number is one of those that were bought, in the order in which they were.
    Release {
        number: usize,
        key: Option<u8>,
        answered: bool,
    },
    Assign {
        number: usize,
        agent: Option<bool>,
    },
    Activate {
        number: usize,
        is_active: bool,
    },
    Keep {
        number: usize,
    },
    Reroute {
        agency: u64,
        agent: bool,
        route: Option<u8>,
    },
    Settle {
        seconds: i64,
    },
    Crash,
    /// The process ends at the next call of this kind, before the carrier hears of it or after.
    CrashAt(Crash),
    Fault(Request, Fault),
}

fn step() -> impl Strategy<Value = Step> {
    let key = || proptest::option::weighted(0.4, 0..3_u8);
    let deed = select(vec![Request::Acquire, Request::Configure, Request::Release]);
    let asked = select(vec![Request::Search, Request::Acquire, Request::Configure, Request::Owned, Request::Release]);
    let fault = select(vec![
        Fault::Refuse,
        Fault::DropBefore,
        Fault::DropAfter,
        Fault::FailAfter,
        Fault::Busy,
        Fault::Duplicate,
    ]);
    let purchase =
        (1..=AGENCIES, proptest::collection::vec(0..POOL, 1..3), any::<Option<bool>>(), key(), any::<bool>());
    prop_oneof![
        6 => purchase.prop_map(|(agency, numbers, agent, key, answered)| {
            Step::Purchase { agency, numbers, agent, key, answered }
        }),
        4 => (any::<usize>(), key(), any::<bool>())
            .prop_map(|(number, key, answered)| Step::Release { number, key, answered }),
        3 => (any::<usize>(), any::<Option<bool>>()).prop_map(|(number, agent)| Step::Assign { number, agent }),
        1 => (any::<usize>(), any::<bool>()).prop_map(|(number, is_active)| Step::Activate { number, is_active }),
        1 => any::<usize>().prop_map(|number| Step::Keep { number }),
        2 => (1..=AGENCIES, any::<bool>(), proptest::option::of(0..3_u8))
            .prop_map(|(agency, agent, route)| Step::Reroute { agency, agent, route }),
        4 => select(vec![0, 3, 40, 70, 700]).prop_map(|seconds| Step::Settle { seconds }),
        1 => Just(Step::Crash),
        1 => (deed, any::<bool>()).prop_map(|(request, after)| Step::CrashAt(Crash { request, after })),
        4 => (asked, fault).prop_map(|(request, fault)| Step::Fault(request, fault)),
    ]
}

/// What was said of a number, and still holds.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Said {
    /// It is the agency's, in service or not, and this agent answers it.
    Kept {
        is_active: bool,
        agent: Option<bool>,
    },
    Gone,
    /// Its end is open.
    Open,
}

/// What callers know.
#[derive(Default)]
struct Known {
    /// Whose, which, and what was said, in the order of their purchases.
    numbers: Vec<(u64, NumberId, usize, Said)>,
    /// The answers to keys, with what was asked.
    answers: HashMap<(u64, u8), (String, String)>,
    /// Nothing has gone wrong yet, so that everything is known.
    calm: bool,
}

impl Known {
    fn pick(&self, number: usize) -> Option<usize> {
        (!self.numbers.is_empty()).then(|| number % self.numbers.len())
    }

    fn say(&mut self, id: NumberId, said: Said) {
        self.numbers.iter_mut().filter(|(_, known, _, _)| *known == id).for_each(|known| known.3 = said.clone());
    }
}

/// A story and what is known in it.
struct Told {
    world: World,
    known: Known,
}

impl Told {
    fn step(&mut self, step: &Step) {
        match step.clone() {
            Step::Purchase { agency, numbers, agent, key, answered } => {
                self.purchase(agency, &numbers, agent, key, answered);
            }
            Step::Release { number, key, answered } => self.release(number, key, answered),
            Step::Assign { number, agent } => self.change(number, Some(agent), None),
            Step::Activate { number, is_active } => self.change(number, None, Some(is_active)),
            Step::Keep { number } => self.keep(number),
            Step::Reroute { agency, agent, route } => self.reroute(agency, agent, route),
            Step::Settle { seconds } => {
                self.world.pass(seconds);
                let settled = self.world.desk(|desk| desk.settle_due());
                settled.unwrap_or(Ok(0)).unwrap();
            }
            Step::Crash => self.world.crash(),
            Step::CrashAt(crash) => {
                self.known.calm = false;
                self.world.crash_at(crash);
            }
            Step::Fault(request, fault) => {
                self.known.calm = false;
                self.world.carrier.order_fault(request, fault, 1);
            }
        }
        self.world.check_counts();
        self.check();
    }

    /// The answer to a key, where the very same was asked with it before; checks that another is refused.
    fn heard(&self, agency: u64, key: Option<u8>, request: &str) -> Option<&str> {
        let (asked, answer) = self.known.answers.get(&(agency, key?))?;
        (asked == request).then_some(answer)
    }

    fn is_reused(&self, agency: u64, key: Option<u8>, request: &str) -> bool {
        let asked = key.and_then(|key| self.known.answers.get(&(agency, key)));
        asked.is_some_and(|(asked, _)| asked != request)
    }

    fn purchase(&mut self, agency: u64, numbers: &[usize], agent: Option<bool>, key: Option<u8>, answered: bool) {
        let request = format!("purchase {numbers:?} {agent:?}");
        let came = self.world.purchase(agency, numbers, agent, key, &request, answered);
        let placed = match came {
            // The process ended, or the carrier did not say what it costs.
            None | Some(Err(Error::Carrier(_))) => return self.after_crash(agency, key, &request),
            Some(Err(Error::KeyReused)) => return assert!(self.is_reused(agency, key, &request)),
            Some(other) => other.unwrap(),
        };
        assert!(!self.is_reused(agency, key, &request));
        match placed {
            Err(answer) => {
                let heard = self.heard(agency, key, &request);
                assert!(heard.is_none_or(|heard| heard.is_empty() || heard == answer), "{heard:?}, then {answer}");
            }
            Ok((purchases, answer)) => {
                assert!(self.heard(agency, key, &request).is_none_or(str::is_empty), "it was answered before");
                if let Some(key) = key {
                    self.known.answers.insert((agency, key), (request, if answered { answer } else { String::new() }));
                }
                for (purchase, which) in purchases.iter().zip(numbers) {
                    self.bought(agency, &purchase.order, *which, agent);
                }
            }
        }
    }

    /// A request whose answer nobody heard may have been placed.
    fn after_crash(&mut self, agency: u64, key: Option<u8>, request: &str) {
        if let Some(key) = key
            && self.world.remembers(agency, key)
        {
            let asked = (request.to_owned(), String::new());
            self.known.answers.entry((agency, key)).or_insert(asked);
        }
    }

    fn bought(&mut self, agency: u64, order: &Order, which: usize, agent: Option<bool>) {
        let live = |(_, _, other, said): &&(u64, NumberId, usize, Said)| *other == which && *said != Said::Gone;
        let known = self.known.numbers.iter().find(live).cloned();
        let mine = known.as_ref().is_some_and(|(_, id, _, _)| *id == order.number);
        if order.state == OrderState::Failed {
            let free = known.is_none() && !self.world.has_row(which);
            assert!(!(self.known.calm && free && order.reason != Some(Reason::NotAvailable)), "{order:?}");
            return;
        }
        if let Some((_, _, _, said)) = known.filter(|_| !mine) {
            assert_eq!(said, Said::Open, "somebody has it already: {order:?}");
        }
        let said = match order.state {
            OrderState::Confirmed => Said::Kept { is_active: true, agent },
            _ => Said::Open,
        };
        assert!(!self.known.calm || said != Said::Open, "nothing went wrong: {order:?}");
        if !mine {
            self.known.numbers.push((agency, order.number, which, said));
        }
    }

    fn release(&mut self, number: usize, key: Option<u8>, answered: bool) {
        let Some(at) = self.known.pick(number) else { return };
        let (agency, id, _, before) = self.known.numbers[at].clone();
        let request = format!("release {id:?}");
        let came = self.world.release(agency, id, key, &request, answered);
        let (released, answer) = match came {
            None => {
                if before != Said::Gone {
                    self.known.say(id, Said::Open);
                }
                return self.after_crash(agency, key, &request);
            }
            Some(Err(Error::KeyReused)) => return assert!(self.is_reused(agency, key, &request)),
            Some(other) => match other.unwrap() {
                Ok(now) => now,
                Err(answer) => {
                    let heard = self.heard(agency, key, &request);
                    return assert!(heard.is_none_or(|heard| heard.is_empty() || heard == answer));
                }
            },
        };
        if let Some(key) = key {
            self.known.answers.insert((agency, key), (request, if answered { answer } else { String::new() }));
        }
        let said = match &released.outcome {
            Outcome::Released | Outcome::AlreadyReleased => Said::Gone,
            Outcome::Not(Reason::Refused | Reason::CarrierBusy | Reason::Unreached, _) => before.clone(),
            _ => Said::Open,
        };
        assert!(
            before != Said::Gone || !matches!(released.outcome, Outcome::Released | Outcome::Held(_)) || key.is_some()
        );
        self.known.say(id, if before == Said::Gone { before } else { said });
    }

    fn change(&mut self, number: usize, agent: Option<Option<bool>>, is_active: Option<bool>) {
        let Some(at) = self.known.pick(number) else { return };
        let (agency, id, _, before) = self.known.numbers[at].clone();
        let changes = Changes {
            agent: agent.map(|agent| agent.map(|routed| World::agent(agency, routed))),
            is_active,
            ..Changes::default()
        };
        match (self.world.change(agency, id, &changes), before) {
            (Some(Ok(number)), Said::Kept { is_active: was, agent: whose }) => {
                assert!(number.status != Status::Released);
                self.known.say(id, Said::Kept { is_active: is_active.unwrap_or(was), agent: agent.unwrap_or(whose) });
            }
            (None, Said::Kept { .. }) => self.known.say(id, Said::Open),
            (Some(Err(Error::Conflict(_) | Error::NotFound(_))), Said::Kept { .. }) => {
                panic!("a number that is the agency's could not be changed");
            }
            (Some(Ok(_)), Said::Gone) => panic!("a number that is gone was changed"),
            _ => {}
        }
    }

    fn keep(&mut self, number: usize) {
        let Some(at) = self.known.pick(number) else { return };
        let (agency, id, _, said) = self.known.numbers[at].clone();
        let Some(order) = self.world.open_order(agency, id) else { return };
        let (clock, ids) = (self.world.clock, &self.world.ids);
        let kept = self
            .world
            .inventory
            .store
            .write(|change| orders::keep(change, &clock, ids, AgencyId(crate::support::id(agency)), order.id));
        assert!(kept.is_err() || order.deed == Deed::Release && said == Said::Open, "{order:?}");
    }

    fn reroute(&self, agency: u64, agent: bool, route: Option<u8>) {
        let voice_url = route.map(|route| format!("https://voice.example/other/{route}"));
        let given = agents::Given { route: Some(Route { voice_url, ..Route::default() }), ..agents::Given::default() };
        let (clock, ids) = (self.world.clock, &self.world.ids);
        let whose = AgencyId(crate::support::id(agency));
        let store = &self.world.inventory.store;
        store.write(|change| agents::update(change, &clock, ids, whose, World::agent(agency, agent), given)).unwrap();
    }

    /// What was said is so.
    fn check(&self) {
        for (agency, id, _, said) in &self.known.numbers {
            let row = self.world.number(*agency, *id);
            match said {
                Said::Open => {}
                Said::Gone => assert_eq!(row.unwrap().status, Status::Released),
                Said::Kept { is_active, agent } => {
                    let row = row.expect("it was said to be the agency's");
                    assert_eq!(row.status, if *is_active { Status::Active } else { Status::Suspended });
                    let whose = row.agent.as_ref().map(|agent| agent.id);
                    assert_eq!(whose, agent.map(|routed| World::agent(*agency, routed)));
                }
            }
        }
    }

    fn end(mut self) {
        self.world.calm_down();
        for _ in 0..60 {
            self.world.pass(700);
            self.world.desk(|desk| desk.settle_due()).unwrap().unwrap();
            let given_up: Vec<(u64, OrderId)> = self.world.given_up();
            for (agency, order) in given_up {
                let (clock, whose) = (self.world.clock, AgencyId(crate::support::id(agency)));
                self.world.inventory.store.write(|change| orders::retry(change, &clock, whose, order)).unwrap();
            }
        }
        self.check();
        self.world.compare();
    }
}

#[test]
fn whatever_is_ordered_faulted_and_killed_the_carrier_and_the_inventory_agree_and_callers_were_told_the_truth() {
    let cases = std::env::var("MODEL_CASES").map_or(64, |cases| cases.parse().unwrap());
    let runs = Runs { cases, failure_persistence: None, max_shrink_iters: 300, ..Runs::default() };
    let stories = (any::<bool>(), proptest::collection::vec(step(), 1..=25));
    let told = TestRunner::new(runs).run(&stories, |(held, steps)| {
        let story = || {
            let known = Known { calm: !held, ..Known::default() };
            let mut told = Told { world: World::new(AGENCIES, held), known };
            steps.iter().for_each(|step| told.step(step));
            told.end();
        };
        catch_unwind(AssertUnwindSafe(story)).map_err(|panic| {
            let said = panic.downcast_ref::<String>().cloned();
            TestCaseError::fail(said.unwrap_or_default())
        })
    });
    told.unwrap();
}
