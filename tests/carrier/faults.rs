//! Faults to order: what is answered, and what is done.

use std::time::{Duration, Instant};

use linekeeper::carrier::simulator::{Deed, Fault, Request};
use linekeeper::carrier::{Port, Refusal, Rented, Trouble};
use linekeeper::model::{Papers, Route, Wanted};

use crate::house::{House, everywhere, order, remote, route, wanted};

const DELAY: Duration = Duration::from_millis(150);

/// Each fault, whether what it happens to is answered as if nothing had happened, and the lines that it leaves in the
/// ledger by whether they were injected.
const FAULTS: [(Fault, bool, &[bool]); 8] = [
    (Fault::Refuse, false, &[]),
    (Fault::Busy, false, &[]),
    (Fault::DropBefore, false, &[]),
    (Fault::DropAfter, false, &[false]),
    (Fault::FailAfter, false, &[false]),
    (Fault::Hang, false, &[]),
    (Fault::Duplicate, true, &[false, true]),
    (Fault::Slow { delay: DELAY }, true, &[false]),
];

fn is_as_ordered(fault: Fault, trouble: &Trouble) -> bool {
    match fault {
        Fault::Refuse => matches!(trouble, Trouble::Refused { reason: Refusal::Other, .. }),
        Fault::Busy => *trouble == Trouble::Busy,
        Fault::FailAfter => matches!(trouble, Trouble::Unknown(said) if said.contains("500")),
        _ => matches!(trouble, Trouble::Unknown(_)),
    }
}

/// Asks once with each fault, and makes sure of the answer and the ledger. `prepare` comes before the fault.
fn assert_each<P>(
    house: &House,
    request: Request,
    prepare: impl Fn(u64) -> P,
    ask: impl Fn(&dyn Port, &P) -> Result<(), Trouble>,
    left: impl Fn(Fault, &'static [bool]) -> &'static [bool],
) {
    let impatient = house.url().map(|url| remote(url, 300));
    for ((fault, answered, done), at) in FAULTS.into_iter().zip(1..) {
        let prepared = prepare(at);
        let before = house.entries().len();
        house.order_fault(request, fault, 1);
        let port: &dyn Port = match &impatient {
            Some(impatient) if fault == Fault::Hang => impatient,
            _ => &*house.port,
        };
        let began = Instant::now();
        match ask(port, &prepared) {
            Ok(()) => assert!(answered, "{request:?}, {fault:?}"),
            Err(trouble) => assert!(!answered && is_as_ordered(fault, &trouble), "{request:?}, {fault:?}: {trouble:?}"),
        }
        assert!(!matches!(fault, Fault::Slow { .. }) || began.elapsed() >= DELAY);
        let injected = house.entries()[before..].iter().map(|entry| entry.injected).collect::<Vec<_>>();
        assert_eq!(injected, left(fault, done), "{request:?}, {fault:?}");
    }
}

fn buy(house: &House, at: u64) -> Rented {
    house.port.acquire(&house.any(), order(at), &Route::default(), &Papers::default()).unwrap()
}

#[test]
fn each_fault_of_a_purchase_does_what_it_says() {
    everywhere(|house| {
        let acquire =
            |port: &dyn Port, number: &_| port.acquire(number, order(1), &route("x"), &Papers::default()).map(drop);
        assert_each(house, Request::Acquire, |_| house.any(), acquire, |_, done| done);
        let entries = house.entries();
        let twice = entries.iter().position(|entry| entry.injected).unwrap();
        let (first, second) = (&entries[twice - 1], &entries[twice]);
        assert_eq!((&first.phone_number, first.reference), (&second.phone_number, second.reference));
        assert_eq!((second.deed, &second.carrier_number_id), (Deed::Acquire, &first.carrier_number_id));
    });
}

#[test]
fn each_fault_of_a_route_does_what_it_says() {
    everywhere(|house| {
        let configure = |port: &dyn Port, rented: &Rented| port.configure(rented, &route("x")).map(drop);
        assert_each(house, Request::Configure, |at| buy(house, at), configure, |_, done| done);
    });
}

#[test]
fn each_fault_of_a_release_does_what_it_says() {
    everywhere(|house| {
        // The second time, there is nothing to give back.
        let left = |fault, done: &'static [bool]| if fault == Fault::Duplicate { &done[..1] } else { done };
        assert_each(house, Request::Release, |at| buy(house, at), |port, rented| port.release(rented), left);
    });
}

#[test]
fn each_fault_of_a_question_does_what_it_says() {
    everywhere(|house| {
        let search = |port: &dyn Port, wanted: &Wanted| port.search(wanted).map(|offers| assert_eq!(offers.len(), 20));
        assert_each(house, Request::Search, |_| wanted("US"), search, |_, _| &[]);
        let bought = buy(house, 1);
        let owned =
            |port: &dyn Port, (): &()| port.owned(None).map(|owned| assert_eq!(owned, std::slice::from_ref(&bought)));
        assert_each(house, Request::Owned, |_| (), owned, |_, _| &[]);
    });
}

#[test]
fn faults_happen_in_the_order_they_were_ordered_in_to_their_own_requests_and_no_more() {
    everywhere(|house| {
        house.order_fault(Request::Acquire, Fault::Busy, 2);
        house.order_fault(Request::Acquire, Fault::DropAfter, 1);
        house.order_fault(Request::Acquire, Fault::Refuse, 0);
        let number = house.any();
        let acquire = || house.port.acquire(&number, order(1), &Route::default(), &Papers::default());
        assert_eq!([acquire(), acquire()], [Err(Trouble::Busy), Err(Trouble::Busy)]);
        assert_eq!(house.port.owned(None).unwrap(), []);
        assert!(matches!(acquire(), Err(Trouble::Unknown(_))));
        let rented = acquire().unwrap();
        assert_eq!(house.port.owned(None).unwrap(), [rented]);
        assert_eq!(house.entries().len(), 2);
    });
}

#[test]
fn a_slow_deed_is_done_after_its_client_has_gone() {
    let house = House::there();
    let number = house.any();
    house.order_fault(Request::Acquire, Fault::Slow { delay: Duration::from_millis(400) }, 1);
    let impatient = remote(house.url().unwrap(), 100);
    let answer = impatient.acquire(&number, order(1), &Route::default(), &Papers::default());
    assert!(matches!(answer, Err(Trouble::Unknown(_))), "{answer:?}");
    assert_eq!(house.port.owned(Some(&number)).unwrap(), [], "it is on its way");
    let began = Instant::now();
    while house.port.owned(Some(&number)).unwrap().is_empty() {
        assert!(began.elapsed() < Duration::from_secs(10), "it never arrived");
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(house.entries().len(), 1, "and what is told of stands in the ledger");
}
