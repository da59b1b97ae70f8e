//! Listings, logs and costs.

use std::collections::BTreeMap;

use linekeeper::carrier::{Price, Rented, Traits, Use};
use linekeeper::model::{Money, NumberType, Papers, Route, Timestamp, Wanted};
use serde_json::json;

use super::{House, Kind, of_all, of_everybody};
use crate::house::{e164, order, wanted};

/// Longer than a page of Twilio's, and than four of Telnyx'.
const MANY: u32 = 1_003;

#[test]
fn a_listing_of_more_than_a_page_is_whole_and_has_each_number_once() {
    let rented = |at: u32| Rented {
        phone_number: e164(&format!("+1970555{at:04}")),
        carrier_number_id: format!("ported-{at}"),
        route: Route::default(),
        traits: Traits::default(),
    };
    let numbers: Vec<Rented> = (0..MANY).map(rented).collect();
    let expected: Vec<_> = numbers.iter().map(|rented| &rented.phone_number).collect();
    std::thread::scope(|scope| {
        for kind in [Kind::There, Kind::Twilio, Kind::Telnyx] {
            let (numbers, expected) = (&numbers, &expected);
            scope.spawn(move || {
                let house = House::holding(kind, numbers);
                let listed = house.port.owned(None).unwrap();
                let by_number: BTreeMap<_, _> = listed.iter().map(|rented| (&rented.phone_number, rented)).collect();
                assert_eq!(by_number.len(), listed.len(), "{kind:?}: one is there twice");
                assert_eq!(by_number.keys().copied().collect::<Vec<_>>(), *expected, "{kind:?}");
                let ids: std::collections::BTreeSet<_> =
                    listed.iter().map(|rented| &rented.carrier_number_id).collect();
                assert_eq!(ids.len(), listed.len(), "{kind:?}");
                // One of the last is found by itself, and is the same.
                let last = by_number[&numbers[1_002].phone_number];
                assert_eq!(house.listed(&last.phone_number).as_ref(), Some(last), "{kind:?}");
                // Each can be given back by the id that the listing has.
                house.port.release(last).unwrap();
                assert_eq!(house.port.owned(None).unwrap().len(), listed.len() - 1, "{kind:?}");
            });
        }
    });
}

#[test]
fn a_number_whose_digits_are_part_of_another_is_not_taken_for_it() {
    let rented = |number: &str| Rented {
        phone_number: e164(number),
        carrier_number_id: format!("ported-{}", &number[1..]),
        route: Route::default(),
        traits: Traits::default(),
    };
    let (short, long) = (rented("+4930555123"), rented("+493055512345"));
    for kind in [Kind::There, Kind::Twilio, Kind::Telnyx] {
        let house = House::holding(kind, std::slice::from_ref(&long));
        assert_eq!(house.listed(&short.phone_number), None, "{kind:?}");
        let house = House::holding(kind, &[short.clone(), long.clone()]);
        assert_eq!(house.listed(&short.phone_number).unwrap().phone_number, short.phone_number, "{kind:?}");
        assert_eq!(house.listed(&long.phone_number).unwrap().phone_number, long.phone_number, "{kind:?}");
    }
}

const NOON: Timestamp = crate::support::NOON;
const HOUR: i64 = 3_600 * 1_000_000;

fn told(one: &Use) -> (String, Timestamp) {
    (one.phone_number.to_string(), one.at)
}

#[test]
fn the_logs_say_which_numbers_were_used_and_when_and_nothing_older() {
    of_all(&[Kind::Twilio, Kind::Telnyx], |house| {
        let at = |hours: i64| Timestamp(NOON.0 + hours * HOUR);
        let uses = [
            ("call", "+15005550100", "+19705550100", -30, None),
            ("call", "+15005550101", "+19705550101", 0, None),
            ("call", "+15005550102", "+19705550102", 5, Some("call-control")),
            ("message", "+15005550103", "+19705550103", 6, None),
            ("message", "72345", "+19705550104", 7, None),
            ("call", "sip:alice@example.com", "+19705550105", 8, None),
            ("message", "+19705550106", "ACME", 9, None),
            ("message", "+15005550107", "+19705550107", -1, None),
        ];
        for (what, from, to, hours, log) in uses {
            let mut told = json!({"kind": what, "from": from, "to": to, "at": at(hours).to_string()});
            if let (Kind::Telnyx, Some(log)) = (house.kind, log) {
                told["record_type"] = json!(log);
            }
            house.control("/uses", &told);
        }
        let read = |since: Timestamp| {
            let mut read = house.port.used_since(since).unwrap().unwrap().iter().map(told).collect::<Vec<_>>();
            read.sort();
            read
        };
        let expected = |from: i64| {
            let ends = uses.iter().filter(|(.., hours, _)| *hours >= from);
            let ends = ends.flat_map(|(_, from, to, hours, _)| [(*from, at(*hours)), (*to, at(*hours))]);
            let numbers = ends.filter(|(end, _)| end.len() == 12 && end.starts_with('+'));
            let mut numbers = numbers.map(|(end, at)| (end.to_owned(), at)).collect::<Vec<_>>();
            numbers.sort();
            numbers
        };
        for from in [-40, -2, 0, 5, 6] {
            assert_eq!(read(at(from)), expected(from), "{:?} from {from}", house.kind);
        }
        assert_eq!(read(at(10)), [], "{:?}", house.kind);
    });
}

#[test]
fn logs_of_more_than_a_page_are_read_to_their_end() {
    of_all(&[Kind::Twilio, Kind::Telnyx], |house| {
        let count = 107;
        for at in 0..count {
            let (to, second) = (format!("+1970555{at:04}"), NOON.0 + at * 1_000_000);
            house.control("/uses", &json!({"kind": "message", "from": "72345", "to": to, "at": second}));
        }
        let read = house.port.used_since(NOON).unwrap().unwrap();
        let numbers: BTreeMap<_, _> = read.iter().map(told).collect();
        assert_eq!(i64::try_from(numbers.len()), Ok(count), "{:?}", house.kind);
    });
}

#[test]
fn who_keeps_no_logs_says_so() {
    of_all(&[Kind::Here, Kind::There, Kind::Sip], |house| assert_eq!(house.port.used_since(NOON).unwrap(), None));
}

#[test]
fn what_numbers_cost_a_month_is_told_in_their_order_or_not_at_all() {
    of_everybody(|house| {
        let toll_free = Wanted { number_type: Some(NumberType::TollFree), limit: 1, ..wanted("US") };
        let toll_free = house.port.search(&toll_free).unwrap().pop();
        let local = house.any();
        let offers = [Some(local), toll_free].into_iter().flatten().collect::<Vec<_>>();
        let rented = offers.iter().zip(1..).map(|(offer, at)| {
            house.port.acquire(&offer.phone_number, order(at), &Route::default(), &Papers::default()).unwrap()
        });
        let mut rented = rented.collect::<Vec<_>>();
        assert_eq!(house.port.monthly_costs(&[]).unwrap(), [], "{:?}", house.kind);
        let price = |offer: &linekeeper::model::Offer| {
            Some(Price { amount: offer.monthly_cost, currency: offer.currency.clone() })
        };
        let mut expected: Vec<_> = offers.iter().map(|offer| price(offer).filter(|_| house.kind.is_real())).collect();
        for _ in 0..2 {
            assert_eq!(house.port.monthly_costs(&rented).unwrap(), expected, "{:?}", house.kind);
            rented.reverse();
            expected.reverse();
        }
        if house.kind.is_real() {
            assert_eq!(expected[0].as_ref().unwrap().amount, Money(11_500));
        }
    });
}
