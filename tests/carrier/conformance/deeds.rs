//! Renting, routing and giving back.

use linekeeper::carrier::simulator::Deed;
use linekeeper::carrier::{Refusal, Rented, Traced, fitting};
use linekeeper::model::{Papers, Route};

use super::{Kind, everything, of_everybody, of_sellers, parts};
use crate::house::{order, refusal, with_other_id};

#[test]
fn an_account_that_can_be_used_is_told_to_be_and_nothing_is_done() {
    of_everybody(|house| {
        house.port.check().unwrap();
        assert_eq!(house.entries(), []);
    });
}

#[test]
fn a_number_that_was_rented_is_listed_as_it_was_answered_and_as_it_was_offered() {
    of_everybody(|house| {
        let kind = house.kind;
        let (offer, rented) = house.rent(1, &everything());
        assert_eq!(rented.phone_number, offer.phone_number);
        assert!(!rented.carrier_number_id.is_empty());
        assert_eq!(rented.route, fitting(kind.carrier(), &everything()), "{kind:?}");
        if !kind.sells() {
            assert_eq!(house.port.owned(None).unwrap(), [], "nobody lists what was brought along");
            return;
        }
        let listed = house.listed(&offer.phone_number).unwrap();
        assert_eq!(listed.traits, kind.traits(&offer), "{kind:?}");
        let as_answered = Rented { traits: listed.traits.clone(), ..rented };
        assert_eq!(listed, as_answered, "{kind:?}");
        assert_eq!(house.port.owned(None).unwrap(), [listed], "{kind:?}");
        assert_eq!(house.done(Deed::Acquire), 1, "{kind:?}");
        // It is not sold a second time.
        let again = house.port.search(&linekeeper::model::Wanted {
            exactly: Some(offer.phone_number.clone()),
            ..crate::house::wanted("US")
        });
        assert_eq!(again.unwrap(), [], "{kind:?}");
    });
}

#[test]
fn who_has_a_number_already_is_refused_it_and_its_calls_go_on_as_they_did() {
    super::of_all(&[Kind::Twilio, Kind::Telnyx], |house| {
        let (offer, _) = house.rent(1, &everything());
        let before = house.port.owned(None).unwrap();
        for (at, route) in [(1, Route::default()), (2, parts()[0].clone()), (3, parts()[4].clone())] {
            let again = house.port.acquire(&offer.phone_number, order(at), &route, &Papers::default());
            assert_eq!(refusal(again), Refusal::AlreadyOwned, "{:?}", house.kind);
        }
        assert_eq!(house.port.owned(None).unwrap(), before);
        assert_eq!(house.entries().len(), 1, "{:?}", house.entries());
    });
}

#[test]
fn a_number_that_cannot_be_had_is_refused_and_nothing_is_done() {
    of_sellers(|house| {
        for (number, expected) in
            [("+15005550000", Refusal::NotAvailable), ("+15005550001", Refusal::Invalid), ("+19701", Refusal::Invalid)]
        {
            let Ok(number) = number.parse() else { continue };
            let refused = refusal(house.port.acquire(&number, order(1), &Route::default(), &Papers::default()));
            // Telnyx tells a number that it does not sell from none at all by its digits alone.
            let telnyx = house.kind == Kind::Telnyx && refused == Refusal::NotAvailable;
            assert!(refused == expected || telnyx, "{:?} {number}: {refused:?}", house.kind);
            assert_eq!(house.port.trace(&number, order(1)).unwrap(), Traced::Nothing, "{:?}", house.kind);
        }
        assert_eq!(house.entries(), []);
    });
}

#[test]
fn what_became_of_a_purchase_is_told_and_of_one_that_never_was_nothing() {
    of_everybody(|house| {
        let (_, rented) = house.rent(7, &everything());
        let told = house.port.trace(&rented.phone_number, order(7)).unwrap();
        let Traced::Rented(told) = told else { panic!("{:?}: {told:?}", house.kind) };
        assert_eq!(
            (&told.phone_number, &told.carrier_number_id),
            (&rented.phone_number, &rented.carrier_number_id),
            "{:?}",
            house.kind
        );
        if house.kind.sells() {
            assert_eq!(told.route, rented.route, "{:?}", house.kind);
            let never = house.any().phone_number;
            assert_eq!(house.port.trace(&never, order(8)).unwrap(), Traced::Nothing, "{:?}", house.kind);
            house.port.release(&told).unwrap();
            let gone = house.port.trace(&rented.phone_number, order(8)).unwrap();
            assert_eq!(gone, Traced::Nothing, "{:?}", house.kind);
        }
    });
}

#[test]
fn each_part_of_a_route_that_fits_is_set_and_taken_back_and_the_listing_agrees() {
    of_everybody(|house| {
        let (kind, carrier) = (house.kind, house.kind.carrier());
        let (_, rented) = house.rent(1, &Route::default());
        let (_, other) = if kind.sells() { house.rent(2, &everything()) } else { (house.any(), rented.clone()) };
        let settings = |route: Route| {
            let told = house.port.configure(&rented, &route).unwrap();
            assert_eq!(told, fitting(carrier, &route), "{kind:?} {route:?}");
            if kind.sells() {
                assert_eq!(house.listed(&rented.phone_number).unwrap().route, told, "{kind:?} {route:?}");
            }
        };
        // Each after nothing, and each after another.
        for route in parts() {
            settings(route);
            settings(Route::default());
        }
        for route in parts() {
            settings(route.clone());
            settings(route);
        }
        settings(everything());
        for without in [
            Route { trunk_id: None, ..everything() },
            Route { application_id: None, ..everything() },
            Route { voice_url: None, ..everything() },
            Route { messaging_profile_id: None, ..everything() },
            Route { connection_id: None, ..everything() },
            Route::default(),
        ] {
            settings(without);
        }
        if kind.sells() {
            assert_eq!(
                house.listed(&other.phone_number).unwrap().route,
                other.route,
                "{kind:?}: another's was changed"
            );
        }
    });
}

#[test]
fn a_number_that_was_given_back_is_gone_and_cannot_be_given_back_or_changed_again() {
    of_everybody(|house| {
        let kind = house.kind;
        let (_, rented) = house.rent(1, &everything());
        if !kind.sells() {
            house.port.release(&rented).unwrap();
            return house.port.release(&rented).unwrap();
        }
        let (_, stays) = house.rent(2, &everything());
        // By another's id nothing is done to either.
        let crossed = Rented { carrier_number_id: stays.carrier_number_id.clone(), ..rented.clone() };
        if kind != Kind::Twilio {
            assert_eq!(refusal(house.port.release(&crossed)), Refusal::NotOwned, "{kind:?}");
        }
        assert_eq!(refusal(house.port.release(&with_other_id(&rented))), Refusal::NotOwned, "{kind:?}");
        assert_eq!(house.port.owned(None).unwrap().len(), 2, "{kind:?}");
        house.port.release(&rented).unwrap();
        assert_eq!(house.listed(&rented.phone_number), None, "{kind:?}");
        assert_eq!(refusal(house.port.release(&rented)), Refusal::NotOwned, "{kind:?}");
        assert_eq!(refusal(house.port.configure(&rented, &everything())), Refusal::NotOwned, "{kind:?}");
        assert_eq!(house.done(Deed::Release), 1, "{kind:?}");
        let left = house.port.owned(None).unwrap();
        assert_eq!(left.iter().map(|left| &left.phone_number).collect::<Vec<_>>(), [&stays.phone_number], "{kind:?}");
        // Rented anew it is another, which the old id does not reach.
        let anew = house.port.acquire(&rented.phone_number, order(3), &Route::default(), &Papers::default()).unwrap();
        assert_ne!(anew.carrier_number_id, rented.carrier_number_id, "{kind:?}");
        assert_eq!(refusal(house.port.release(&rented)), Refusal::NotOwned, "{kind:?}");
        assert_eq!(house.listed(&rented.phone_number).unwrap().carrier_number_id, anew.carrier_number_id);
    });
}
