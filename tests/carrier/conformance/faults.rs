//! What is made of everything that may go wrong: a kind of trouble that says that nothing was done says the truth.

use std::time::Duration;

use linekeeper::carrier::simulator::{Deed, Fault, Request};
use linekeeper::carrier::{Port, Refusal, Rented, Traced, Trouble};
use linekeeper::model::{Papers, Route, Wanted};

use super::{House, Kind, SECRET, of_sellers, parts};
use crate::house::{order, wanted};

const NOW: Fault = Fault::Slow { delay: Duration::ZERO };
/// Each fault, and whether the deed that it happens to is done.
const FAULTS: [(Fault, bool); 8] = [
    (Fault::Refuse, false),
    (Fault::Busy, false),
    (Fault::DropBefore, false),
    (Fault::DropAfter, true),
    (Fault::FailAfter, true),
    (Fault::Hang, false),
    (Fault::Duplicate, true),
    (Fault::Slow { delay: Duration::from_millis(60) }, true),
];

/// A question whose answer can be counted, and a deed.
type Question<'a> = &'a dyn Fn(&dyn Port) -> Result<usize, Trouble>;
type Asked<'a> = &'a dyn Fn(&dyn Port) -> Result<(), Trouble>;

fn is_answered(fault: Fault) -> bool {
    matches!(fault, Fault::Duplicate | Fault::Slow { .. })
}

/// Whether a trouble is of the kind that the port promises for what went wrong.
fn is_as_promised(fault: Fault, trouble: &Trouble) -> bool {
    match fault {
        Fault::Refuse => matches!(trouble, Trouble::Refused { reason: Refusal::Other, .. }),
        Fault::Busy => *trouble == Trouble::Busy,
        _ => matches!(trouble, Trouble::Unknown(_)),
    }
}

/// Who asks: in haste, where no answer will come, or one that might be asked for again.
fn asking(house: &House, fault: Fault) -> &dyn Port {
    if is_answered(fault) { &*house.port } else { house.hasty() }
}

/// The route that one request sets.
fn simple(kind: Kind) -> Route {
    parts()[if kind == Kind::Telnyx { 4 } else { 0 }].clone()
}

/// Does a deed with each fault of its own request.
fn each_fault<P>(
    house: &House,
    (request, deed): (Request, Deed),
    prepare: impl Fn(u64) -> P,
    ask: impl Fn(&dyn Port, &P) -> Result<(), Trouble>,
) {
    for ((fault, is_done), at) in FAULTS.into_iter().zip(1..) {
        let (prepared, before) = (prepare(at), house.done(deed));
        house.order_fault(request, fault, 1);
        let said = ask(asking(house, fault), &prepared);
        let what = format!("{:?} {request:?} {fault:?}: {said:?}", house.kind);
        match &said {
            Ok(()) => assert!(is_answered(fault), "{what}"),
            Err(trouble) => assert!(!is_answered(fault) && is_as_promised(fault, trouble), "{what}"),
        }
        assert_eq!(house.done(deed) - before, usize::from(is_done), "{what}");
    }
}

#[test]
fn each_fault_of_a_purchase_is_the_trouble_that_is_promised_and_can_be_traced() {
    of_sellers(|house| {
        let prepare = |at| (house.any().phone_number, order(at));
        each_fault(house, (Request::Acquire, Deed::Acquire), prepare, |port, (number, order)| {
            let said = port.acquire(number, *order, &simple(house.kind), &Papers::default());
            let is_there = !house.entries().iter().all(|entry| entry.phone_number != *number);
            let traced = house.port.trace(number, *order).unwrap();
            assert_eq!(matches!(traced, Traced::Rented(_)), is_there, "{:?}: {said:?}, {traced:?}", house.kind);
            assert!(is_there || traced == Traced::Nothing, "{:?}: {said:?}, {traced:?}", house.kind);
            said.map(drop)
        });
    });
}

#[test]
fn each_fault_of_a_route_is_the_trouble_that_is_promised() {
    of_sellers(|house| {
        let prepare = |at| house.rent(at, &Route::default()).1;
        each_fault(house, (Request::Configure, Deed::Configure), prepare, |port, rented| {
            port.configure(rented, &simple(house.kind)).map(drop)
        });
    });
}

#[test]
fn each_fault_of_a_release_is_the_trouble_that_is_promised() {
    of_sellers(|house| {
        let prepare = |at| house.rent(at, &Route::default()).1;
        each_fault(house, (Request::Release, Deed::Release), prepare, |port, rented| port.release(rented));
    });
}

#[test]
fn each_fault_of_a_question_is_a_trouble_or_an_answer_that_is_whole() {
    of_sellers(|house| {
        let (_, rented) = house.rent(1, &Route::default());
        let search = |port: &dyn Port| port.search(&Wanted { limit: 5, ..wanted("US") }).map(|offers| offers.len());
        let owned = |port: &dyn Port| port.owned(None).map(|owned| owned.len());
        let one = |port: &dyn Port| port.owned(Some(&rented.phone_number)).map(|owned| owned.len());
        let trace = |port: &dyn Port| {
            port.trace(&rented.phone_number, order(1)).map(|traced| usize::from(matches!(traced, Traced::Rented(_))))
        };
        let questions: [(Request, Question, usize); 4] = [
            (Request::Search, &search, 5),
            (Request::Owned, &owned, 1),
            (Request::Owned, &one, 1),
            (Request::Owned, &trace, 1),
        ];
        for (request, ask, expected) in questions {
            for (fault, _) in FAULTS {
                house.order_fault(request, fault, 1);
                let said = ask(asking(house, fault));
                let what = format!("{:?} {request:?} {fault:?}: {said:?}", house.kind);
                match &said {
                    Ok(count) => assert!(is_answered(fault) && *count == expected, "{what}"),
                    Err(trouble) => assert!(!is_answered(fault) && is_as_promised(fault, trouble), "{what}"),
                }
                assert_eq!(ask(&*house.port), Ok(expected), "{what}: and then");
            }
        }
        assert_eq!(house.entries().len(), 1);
    });
}

#[test]
fn a_question_is_asked_again_and_a_deed_never_is() {
    super::of_all(&[Kind::Twilio, Kind::Telnyx], |house| {
        let (_, rented) = house.rent(1, &Route::default());
        house.order_fault(Request::Owned, Fault::DropBefore, 1);
        house.order_fault(Request::Owned, Fault::Busy, 1);
        assert_eq!(house.port.owned(None).unwrap().len(), 1, "{:?}", house.kind);
        house.order_fault(Request::Owned, Fault::FailAfter, 3);
        assert!(matches!(house.port.owned(None), Err(Trouble::Unknown(_))), "{:?}", house.kind);
        house.order_fault(Request::Release, Fault::Busy, 1);
        assert_eq!(house.port.release(&rented), Err(Trouble::Busy), "{:?}", house.kind);
        house.order_fault(Request::Release, Fault::DropBefore, 1);
        assert!(matches!(house.port.release(&rented), Err(Trouble::Unknown(_))), "{:?}", house.kind);
        assert_eq!(house.done(Deed::Release), 0, "{:?}", house.kind);
        house.port.release(&rented).unwrap();
    });
}

/// What the client asks first may be lost, too: that is no purchase, and no change.
#[test]
fn where_what_is_asked_before_a_deed_is_lost_nothing_was_done_and_the_trouble_says_so() {
    super::of_all(&[Kind::Twilio, Kind::Telnyx], |house| {
        let (_, rented) = house.rent(1, &Route::default());
        let route = simple(house.kind);
        let number = house.any().phone_number;
        let acquire = |port: &dyn Port| port.acquire(&number, order(2), &route, &Papers::default()).map(drop);
        let configure = |port: &dyn Port| port.configure(&rented, &route).map(drop);
        let release = |port: &dyn Port| port.release(&rented);
        let deeds: [Asked; 3] = [&acquire, &configure, &release];
        // Twilio's client asks nothing before a release.
        for deed in &deeds[..if house.kind == Kind::Twilio { 2 } else { 3 }] {
            for fault in [Fault::Busy, Fault::DropBefore, Fault::FailAfter, Fault::Hang, Fault::Refuse] {
                house.order_fault(Request::Owned, fault, 1);
                let said = deed(asking(house, fault)).unwrap_err();
                assert!(!matches!(said, Trouble::Unknown(_)), "{:?} {fault:?}: {said:?}", house.kind);
                assert_eq!(house.entries().len(), 1, "{:?} {fault:?}: {said:?}", house.kind);
            }
        }
    });
}

/// It has been told; that nothing was done is not true then.
#[test]
fn where_what_is_asked_after_a_route_was_set_is_lost_nobody_says_that_nothing_was_done() {
    of_sellers(|house| {
        let kind = house.kind;
        for (fault, at) in
            [Fault::Busy, Fault::Refuse, Fault::DropBefore, Fault::FailAfter, Fault::Hang].into_iter().zip(1..)
        {
            let (_, rented) = house.rent(at, &Route::default());
            // The question before the deed passes.
            if kind.is_real() {
                house.order_fault(Request::Owned, NOW, 1);
            }
            house.order_fault(Request::Owned, fault, 1);
            let before = house.done(Deed::Configure);
            let said = asking(house, fault).configure(&rented, &simple(kind));
            assert!(matches!(said, Err(Trouble::Unknown(_))), "{kind:?} {fault:?}: {said:?}");
            assert_eq!(house.done(Deed::Configure) - before, 1, "{kind:?} {fault:?}");
            assert_eq!(house.listed(&rented.phone_number).unwrap().route, simple(kind), "{kind:?} {fault:?}");
        }
    });
}

/// A route of two requests, of which the second is lost.
#[test]
fn half_a_route_at_telnyx_is_not_nothing() {
    super::of_all(&[Kind::Telnyx], |house| {
        let both = Route { messaging_profile_id: parts()[5].messaging_profile_id.clone(), ..parts()[4].clone() };
        for (fault, at) in [Fault::Busy, Fault::DropBefore, Fault::FailAfter].into_iter().zip(1..) {
            let (_, rented) = house.rent(at, &Route::default());
            house.order_fault(Request::Configure, NOW, 1);
            house.order_fault(Request::Configure, fault, 1);
            let said = house.port.configure(&rented, &both);
            assert!(matches!(said, Err(Trouble::Unknown(_))), "{fault:?}: {said:?}");
            let there = house.listed(&rented.phone_number).unwrap().route;
            assert_eq!(there.connection_id, both.connection_id, "{fault:?}");
            // A repeat does no harm, and does the rest.
            assert_eq!(house.port.configure(&rented, &both), Ok(both.clone()), "{fault:?}");
        }
    });
}

/// An order was taken, and then the listing that would name its id is lost.
#[test]
fn a_purchase_at_telnyx_whose_number_cannot_be_listed_is_unknown_and_is_traced() {
    super::of_all(&[Kind::Telnyx], |house| {
        for (fault, at) in [Fault::Busy, Fault::DropBefore, Fault::Refuse].into_iter().zip(1..) {
            let number = house.any().phone_number;
            house.order_fault(Request::Owned, NOW, 1);
            house.order_fault(Request::Owned, fault, 1);
            let said = asking(house, fault).acquire(&number, order(at), &Route::default(), &Papers::default());
            assert!(matches!(said, Err(Trouble::Unknown(_))), "{fault:?}: {said:?}");
            let traced = house.port.trace(&number, order(at)).unwrap();
            assert!(matches!(traced, Traced::Rented(rented) if rented.phone_number == number), "{fault:?}");
        }
    });
}

#[test]
fn who_is_not_there_was_not_reached() {
    for kind in [Kind::There, Kind::Twilio, Kind::Telnyx] {
        let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let port = super::port(kind, Some(&format!("http://{nobody}")), SECRET, 400);
        let rented = Rented {
            phone_number: crate::house::e164("+19705551234"),
            carrier_number_id: "PN0123456789abcdef0123456789abcdef".into(),
            route: Route::default(),
            traits: linekeeper::carrier::Traits::default(),
        };
        let number = &rented.phone_number;
        let troubles = [
            port.search(&wanted("US")).map(drop),
            port.acquire(number, order(1), &Route::default(), &Papers::default()).map(drop),
            port.trace(number, order(1)).map(drop),
            port.configure(&rented, &Route::default()).map(drop),
            port.owned(None).map(drop),
            port.release(&rented),
        ];
        for trouble in troubles {
            assert!(matches!(trouble, Err(Trouble::Unreached(_))), "{kind:?}: {trouble:?}");
        }
        assert!(kind == Kind::There || matches!(port.check(), Err(Trouble::Unreached(_))), "{kind:?}");
    }
}
