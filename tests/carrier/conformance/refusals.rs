//! Refusals that have a reason which people must be told.

use linekeeper::carrier::simulator::Deed;
use linekeeper::carrier::{Refusal, Traced, Trouble};
use linekeeper::model::{E164, NumberType, Paper, Papers, Route, Wanted};
use serde_json::{Value, json};

use super::{House, Kind, SECRET, SID, of_all};
use crate::house::{order, refusal, wanted};
use crate::twilio_house::{basic, encoded};

/// What Twilio's own API answers to a form, as another client of the account asks it.
fn twilio(house: &House, path: &str, form: &[(&str, &str)]) -> Value {
    let server = house.server.as_ref().unwrap();
    let (authorization, path) = (basic(SID, SECRET), format!("/2010-04-01/Accounts/{SID}/{path}"));
    let headers = [("authorization", &*authorization), ("content-type", "application/x-www-form-urlencoded")];
    let answer = server.send_with("POST", &path, &headers, &encoded(form));
    assert!(answer.status < 300, "{}", answer.text());
    answer.json()
}

fn address(house: &House, country: &str) -> String {
    let form = [
        ("CustomerName", "Northwind"),
        ("Street", "1 Main St"),
        ("City", "Town"),
        ("Region", "Region"),
        ("PostalCode", "12345"),
        ("IsoCountry", country),
    ];
    twilio(house, "Addresses.json", &form)["sid"].as_str().unwrap().to_owned()
}

fn of_country(house: &House, country: &str, kind: NumberType) -> E164 {
    let wanted = Wanted { number_type: Some(kind), limit: 1, ..wanted(country) };
    house.port.search(&wanted).unwrap().remove(0).phone_number
}

#[test]
fn whoever_has_the_wrong_secret_is_told_so_whatever_is_asked_and_nothing_is_done() {
    of_all(&[Kind::Twilio, Kind::Telnyx], |house| {
        let (offer, rented) = house.rent(1, &Route::default());
        let other = house.any().phone_number;
        let port = house.asked_with("another secret", 10_000);
        let since = crate::support::NOON;
        let asked = [
            port.check(),
            port.search(&wanted("US")).map(drop),
            port.search(&Wanted { exactly: Some(other.clone()), ..wanted("") }).map(drop),
            port.acquire(&other, order(2), &Route::default(), &Papers::default()).map(drop),
            port.trace(&offer.phone_number, order(1)).map(drop),
            port.configure(&rented, &super::everything()).map(drop),
            port.owned(None).map(drop),
            port.owned(Some(&offer.phone_number)).map(drop),
            port.release(&rented),
            port.monthly_costs(std::slice::from_ref(&rented)).map(drop),
            port.used_since(since).map(drop),
        ];
        for (answer, at) in asked.into_iter().zip(0..) {
            assert_eq!(refusal(answer), Refusal::Credentials, "{:?}: the question {at}", house.kind);
        }
        assert_eq!(house.entries().len(), 1, "{:?}", house.kind);
    });
}

#[test]
fn a_number_whose_country_wants_papers_is_refused_without_them_and_rented_with_them_at_twilio() {
    of_all(&[Kind::Twilio], |house| {
        let bundle = || Some("BU0123456789abcdef0123456789abcdef".to_owned());
        let (american, german) = (Some(address(house, "US")), Some(address(house, "DE")));
        let papers = |address_id: &Option<String>, bundle_id: Option<String>| Papers {
            address_id: address_id.clone(),
            bundle_id,
            ..Papers::default()
        };
        let missing = |number: &E164, papers: Papers, paper| {
            let said = house.port.acquire(number, order(1), &Route::default(), &papers);
            assert_eq!(refusal(said), Refusal::Missing(paper), "{number} {papers:?}");
        };
        let berlin = of_country(house, "DE", NumberType::Local);
        missing(&berlin, papers(&None, None), Paper::Address);
        missing(&berlin, papers(&None, bundle()), Paper::Address);
        missing(&berlin, papers(&american, bundle()), Paper::Address);
        missing(&berlin, papers(&german, None), Paper::Bundle);
        let mobile = of_country(house, "GB", NumberType::Mobile);
        missing(&mobile, Papers::default(), Paper::Bundle);
        assert_eq!(house.entries(), []);
        for (number, papers) in [(berlin, papers(&german, bundle())), (mobile, papers(&None, bundle()))] {
            house.port.acquire(&number, order(2), &Route::default(), &papers).unwrap();
            assert!(house.listed(&number).is_some());
        }
    });
}

#[test]
fn an_order_at_telnyx_waits_for_papers_or_fails_for_want_of_them() {
    of_all(&[Kind::Telnyx], |house| {
        let first = of_country(house, "DE", NumberType::Local);
        let group = Some("dc8e4d67-33a0-4cbb-af74-7b58f05bd494".to_owned());
        let with = Papers { requirement_group_id: group, ..Papers::default() };
        // It may be done yet.
        let said = house.port.acquire(&first, order(1), &Route::default(), &Papers::default());
        let paper = Paper::RequirementGroup;
        assert!(matches!(&said, Err(Trouble::Waiting { paper: waits_for, .. }) if *waits_for == paper), "{said:?}");
        let traced = house.port.trace(&first, order(1)).unwrap();
        assert!(matches!(&traced, Traced::Waiting { paper: waits_for, .. } if *waits_for == paper), "{traced:?}");
        assert_eq!(house.listed(&first), None, "it is not the account's yet");
        let again = house.port.acquire(&first, order(2), &Route::default(), &with);
        assert_eq!(refusal(again), Refusal::AlreadyOwned, "and is not ordered twice");

        let second = of_country(house, "DE", NumberType::Mobile);
        house.control("/orders/pending", &json!({"times": 1, "seconds": 0.0, "then": "failure"}));
        let said = house.port.acquire(&second, order(3), &Route::default(), &Papers::default());
        assert_eq!(refusal(said), Refusal::Missing(Paper::RequirementGroup));
        let traced = house.port.trace(&second, order(3)).unwrap();
        let missing = Refusal::Missing(Paper::RequirementGroup);
        assert!(matches!(&traced, Traced::Refused { reason, .. } if *reason == missing), "{traced:?}");
        house.port.acquire(&second, order(4), &Route::default(), &with).unwrap();
        assert!(house.listed(&second).is_some());
    });
}

#[test]
fn an_order_at_telnyx_that_takes_its_time_is_pending_until_it_is_done() {
    of_all(&[Kind::Telnyx], |house| {
        for (then, at) in [("success", 1), ("failure", 2)] {
            let number = house.any().phone_number;
            house.control("/orders/pending", &json!({"times": 1, "seconds": 0.3, "then": then}));
            let said = house.port.acquire(&number, order(at), &Route::default(), &Papers::default());
            assert!(matches!(said, Err(Trouble::Unknown(_))), "{said:?}");
            let began = std::time::Instant::now();
            let traced = loop {
                match house.port.trace(&number, order(at)).unwrap() {
                    Traced::Pending => {}
                    other => break other,
                }
                assert!(began.elapsed().as_secs() < 10, "it is pending for ever");
                std::thread::sleep(std::time::Duration::from_millis(20));
            };
            if then == "success" {
                assert!(matches!(&traced, Traced::Rented(rented) if rented.phone_number == number), "{traced:?}");
            } else {
                let told = matches!(&traced, Traced::Refused { reason: Refusal::NotAvailable, .. });
                assert!(told, "{traced:?}");
            }
        }
    });
}

#[test]
fn a_number_that_emergency_services_know_is_not_given_back_at_twilio() {
    of_all(&[Kind::Twilio], |house| {
        let (_, rented) = house.rent(1, &Route::default());
        let address = address(house, "US");
        let path = format!("IncomingPhoneNumbers/{}.json", rented.carrier_number_id);
        twilio(house, &path, &[("EmergencyAddressSid", &address)]);
        assert_eq!(refusal(house.port.release(&rented)), Refusal::EmergencyAddress);
        assert_eq!(house.done(Deed::Release), 0);
        twilio(house, &path, &[("EmergencyAddressSid", "")]);
        house.port.release(&rented).unwrap();
        assert_eq!(house.listed(&rented.phone_number), None);
    });
}

#[test]
fn a_number_that_is_locked_is_not_given_back_at_telnyx() {
    of_all(&[Kind::Telnyx], |house| {
        let (offer, rented) = house.rent(1, &Route::default());
        let lock = |locked: bool| json!({"phone_number": offer.phone_number.as_str(), "locked": locked});
        house.control("/locks", &lock(true));
        let said = house.port.release(&rented);
        let is_told = matches!(&said, Err(Trouble::Refused { reason: Refusal::DeletionLock, said }) if said.contains("deletion lock"));
        assert!(is_told, "{said:?}");
        assert_eq!(house.done(Deed::Release), 0);
        house.control("/locks", &lock(false));
        house.port.release(&rented).unwrap();
        assert_eq!(house.done(Deed::Release), 1);
    });
}
