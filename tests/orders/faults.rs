//! The server killed at every moment of an order, under every fault: what it finds when it is started again it settles.

use std::collections::BTreeMap;
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::time::Instant;

use linekeeper::carrier::simulator::Fault;

use crate::plan::{Case, Course, Deed, Kill};
use crate::run::{Stage, run};
use crate::shape::Shape;

/// Runs at once. Each is mostly waiting.
const AT_ONCE: usize = 12;

/// Does all of it, some at once, and gives what came of each.
fn each<I: Sync, T: Send>(items: &[I], deed: impl Fn(&I) -> T + Sync) -> Vec<T> {
    let next = Mutex::new(0..items.len());
    let done = Mutex::new(BTreeMap::new());
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                loop {
                    let at = next.lock().unwrap().next();
                    let Some(at) = at else { return };
                    let came = deed(&items[at]);
                    done.lock().unwrap().insert(at, came);
                }
            });
        }
    });
    done.into_inner().unwrap().into_values().collect()
}

/// Past the test runner's capture: how many runs there were is what this test has to say.
fn say(text: &str) {
    writeln!(std::io::stderr().lock(), "{text}").unwrap();
}

fn runs_of(shape: Shape, cases: &[Case], kills: impl Fn(&Case, &Course) -> Vec<Kill>) {
    let (stage, began) = (Stage::set(shape), Instant::now());
    let attempt = |case: Case, kill: Kill| {
        catch_unwind(AssertUnwindSafe(|| run(&stage, case, kill))).map_err(|_| format!("{case:?}, {kill:?}"))
    };
    let courses = each(cases, |case| attempt(*case, Kill::Never));
    let mut failed = courses.iter().filter_map(|course| course.clone().err()).collect::<Vec<_>>();
    let mut planned = Vec::new();
    let (mut questions, mut unanswered, mut steps) = (0, 0, 0);
    for (case, course) in cases.iter().zip(&courses) {
        let Ok(course) = course else { continue };
        questions += course.requests.len();
        unanswered += course.requests.iter().filter(|(_, answered)| !answered).count();
        steps += course.steps.len();
        planned.extend(kills(case, course).into_iter().map(|kill| (*case, kill)));
    }
    let killed = each(&planned, |(case, kill)| attempt(*case, *kill));
    failed.extend(killed.iter().filter_map(|run| run.as_ref().err().cloned()));
    say(&format!(
        "fault runs, {shape:?}: {} without a kill ({questions} requests to the carrier, of which {unanswered} get no answer to be \
         killed at; {steps} writes and syncs) and {} killed; {} failed, in {:.1} s",
        cases.len(),
        planned.len(),
        failed.len(),
        began.elapsed().as_secs_f32()
    ));
    assert!(failed.is_empty(), "{} failed:\n{}", failed.len(), failed.join("\n"));
}

#[test]
fn a_server_killed_at_any_moment_loses_no_number_and_buys_none_twice() {
    if std::env::var("FAULT_RUNS").as_deref() == Ok("all") {
        return runs_of(Shape::Own, &Case::all(), |case, course| case.every_kill(course, true));
    }
    runs_of(Shape::Own, &Case::few(), |case, course| match (case.fault, case.deed) {
        (None, Deed::Purchase | Deed::Release) => case.every_kill(course, false),
        _ => case.three_kills(course),
    });
}

#[test]
fn what_is_refused_after_its_answer_was_lost_is_not_taken_for_undone() {
    runs_of(Shape::Own, &Case::refused_after_loss(), |_, _| Vec::new());
}

/// Again over TCP, through the code that asks the real carriers.
#[test]
fn what_asks_twilio_and_telnyx_loses_no_number_and_buys_none_twice() {
    for shape in [Shape::Twilio, Shape::Telnyx] {
        if std::env::var("FAULT_RUNS").as_deref() == Ok("all") {
            runs_of(shape, &Case::all(), |case, course| case.every_kill(course, true));
            runs_of(shape, &Case::refused_after_loss(), |_, _| Vec::new());
        } else {
            let case = |deed, fault| Case { deed, keyed: deed != Deed::Assign, fault, then: None };
            let mut cases = vec![case(Deed::Purchase, None), case(Deed::Release, None), case(Deed::Assign, None)];
            let hidden = [Fault::DropBefore, Fault::DropAfter, Fault::FailAfter, Fault::Duplicate];
            cases.extend(hidden.map(|fault| case(Deed::Purchase, Some(fault))));
            cases.push(case(Deed::Release, Some(Fault::DropAfter)));
            runs_of(shape, &cases, Case::three_kills);
        }
    }
}
