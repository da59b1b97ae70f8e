//! The simulator in Twilio's shape: what it answers, and how it refuses.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::twilio_house::{SID, TOKEN, Twilio, basic, encoded, refused, text};

#[test]
fn only_the_account_gets_in() {
    let twilio = Twilio::start();
    let own = format!("/2010-04-01/Accounts/{SID}");
    let other = format!("/2010-04-01/Accounts/AC{}", "0".repeat(32));
    let ask = |path: &str, authorization: Option<String>| {
        let headers = authorization.iter().map(|value| ("authorization", value.as_str())).collect::<Vec<_>>();
        let answer = twilio.server.ask_with("GET", path, &headers);
        (answer.status, answer.json())
    };
    for path in [&format!("{own}/IncomingPhoneNumbers.json"), &format!("{own}.json"), "/v1/PhoneNumbers/Countries/US"] {
        refused(ask(path, None), 401, 20003);
        refused(ask(path, Some("Basic nonsense".into())), 401, 20003);
        refused(ask(path, Some(format!("Bearer {TOKEN}"))), 401, 20003);
        refused(ask(path, Some(basic(SID, "wrong"))), 401, 20003);
        refused(ask(path, Some(basic("ACwrong", TOKEN))), 401, 20003);
        assert_eq!(ask(path, Some(basic(SID, TOKEN))).0, 200);
    }
    refused(ask(&format!("{other}/IncomingPhoneNumbers.json"), Some(basic(SID, TOKEN))), 401, 20003);
    refused(ask(&format!("{other}.json"), Some(basic(SID, TOKEN))), 404, 20404);
    refused(ask("/2010-04-01/Accounts/me/Calls.json", Some(basic(SID, TOKEN))), 404, 20404);
    twilio.refuses("GET", "Elsewhere.json", &[], 404, 20404);
    twilio.refuses("DELETE", "Calls.json", &[], 405, 20004);
    let account = twilio.get(&format!("{own}.json"));
    assert_eq!(
        (&account["sid"], &account["status"], &account["type"]),
        (&json!(SID), &json!("active"), &json!("Full"))
    );
    assert_eq!(twilio.get("/2010-04-01/Accounts.json")["accounts"], json!([account]));
    assert_eq!(twilio.get("Balance.json"), json!({"account_sid": SID, "balance": "100.00", "currency": "USD"}));
}

#[test]
fn a_search_shows_what_can_be_bought_without_its_price() {
    let twilio = Twilio::start();
    let all = twilio.search("US/Local.json");
    assert_eq!(all.len(), 30);
    assert_eq!(twilio.search("US/Local.json?PageSize=1000").len(), 30);
    let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<BTreeSet<_>>();
    assert_eq!(keys(&all[0]["capabilities"]), ["MMS", "SMS", "fax", "voice"].map(str::to_owned).into());
    assert!(!keys(&all[0]).iter().any(|key| key.contains("price") || key.contains("cost")));
    assert_eq!(
        keys(&twilio.get("AvailablePhoneNumbers/US/Local.json")),
        ["available_phone_numbers", "uri"].map(str::to_owned).into()
    );

    let places = "AreaCode=303&InRegion=CO&InLocality=denver&SmsEnabled=true&MmsEnabled=true&VoiceEnabled=true";
    for number in twilio.search(&format!("US/Local.json?{places}&PageSize=5")) {
        let phone_number = text(&number, "phone_number");
        assert!(phone_number.starts_with("+1303") && number["capabilities"]["MMS"] == json!(true), "{number}");
        let digits = &phone_number[2..];
        let friendly = format!("({}) {}-{}", &digits[..3], &digits[3..6], &digits[6..]);
        assert_eq!((text(&number, "friendly_name"), &number["locality"]), (friendly, &json!("Denver")));
    }
    assert!(twilio.search("US/Local.json?InLocality=Denv").is_empty(), "a city is named in full");
    for (kind, country) in [("US/TollFree", "US"), ("GB/Mobile", "GB"), ("FR/National", "FR"), ("fr/Local", "FR")] {
        assert_eq!(twilio.search(&format!("{kind}.json?PageSize=1"))[0]["iso_country"], json!(country));
    }
    for nothing in ["US/Mobile", "CA/TollFree", "XX/Local", "US/Voip", "US/local"] {
        twilio.refuses("GET", &format!("AvailablePhoneNumbers/{nothing}.json"), &[], 404, 20404);
    }
}

#[test]
fn a_pattern_is_of_digits_letters_and_places() {
    let twilio = Twilio::start();
    let search = |kind: &str, pattern: &str| {
        let found = twilio.search(&format!("{kind}.json?{}", encoded(&[("Contains", pattern)])));
        found.iter().map(|number| text(number, "phone_number")).collect::<Vec<_>>()
    };
    let all = |kind: &str, pattern: &str, is: &dyn Fn(&str) -> bool| {
        let found = search(kind, pattern);
        assert!(!found.is_empty() && found.iter().all(|number| is(number)), "{pattern}: {found:?}");
    };
    all("US/Local", "FLOWERS", &|number| number.contains("3569377"));
    all("US/Local", "55", &|number| number.contains("55"));
    all("US/Local", "303555****", &|number| number.starts_with("+1303555"));
    all("US/Local", "******77", &|number| number[1..].rfind("77").is_some_and(|at| at >= 6));
    all("US/Local", "%555%", &|number| number.contains("555"));
    all("US/Local", "777$", &|number| number.ends_with("777"));
    all("US/Local", "+1415", &|number| number.starts_with("+1415"));
    all("DE/Mobile", "+49151", &|number| number.starts_with("+49151"));
    all("DE/Local", "+4", &|number| number.starts_with("+49"));
    assert!(search("DE/Local", "+33").is_empty());
    for bad in ["1", "*", "*5", "5*", "12345678901234567", "5*5", "5%5", "+*55", "55*$", "55-5", "5 5", "é55", "+$"] {
        let path = format!("AvailablePhoneNumbers/US/Local.json?{}", encoded(&[("Contains", bad)]));
        assert!(twilio.refuses("GET", &path, &[], 400, 20422).starts_with("Invalid Pattern"), "{bad}");
    }
}

#[test]
fn a_number_is_bought_listed_changed_and_given_back() {
    let twilio = Twilio::start();
    let number = twilio.any("US/Local.json");
    let form =
        [("PhoneNumber", number.as_str()), ("VoiceUrl", "https://v.example"), ("FriendlyName", "Desk"), ("New", "1")];
    let (status, bought) = twilio.buy(&form);
    assert_eq!((status, text(&bought, "phone_number")), (201, number.clone()));
    assert_eq!(
        (&bought["friendly_name"], &bought["voice_url"], &bought["sms_url"]),
        (&json!("Desk"), &json!("https://v.example"), &json!(""))
    );
    assert_eq!(
        (&bought["trunk_sid"], &bought["status"], &bought["type"]),
        (&Value::Null, &json!("in-use"), &json!("local"))
    );
    assert!(bought["capabilities"]["sms"] == json!(true) && bought["capabilities"].get("SMS").is_none(), "{bought}");
    assert!(text(&bought, "date_created").ends_with(" +0000"), "{bought}");
    assert!(!twilio.search("US/Local.json").iter().any(|offer| offer["phone_number"] == json!(number)));
    assert_eq!(twilio.get(bought["uri"].as_str().unwrap()), bought);

    // Nothing sent, nothing changed; something sent empty is taken away.
    let (status, same) = twilio.update(&bought, &[]);
    assert_eq!(
        (status, &same["voice_url"], &same["friendly_name"]),
        (200, &bought["voice_url"], &bought["friendly_name"])
    );
    let trunk = format!("TK{}", "1".repeat(32));
    let application = format!("AP{}", "2".repeat(32));
    let (_, changed) =
        twilio.update(&bought, &[("TrunkSid", &trunk), ("SmsUrl", "https://s.example"), ("FriendlyName", "")]);
    assert_eq!(
        (&changed["trunk_sid"], &changed["voice_url"], &changed["sms_url"]),
        (&json!(trunk), &json!("https://v.example"), &json!("https://s.example"))
    );
    assert_ne!(changed["friendly_name"], json!("Desk"));
    let (_, changed) = twilio.update(&bought, &[("VoiceApplicationSid", &application), ("VoiceUrl", "")]);
    assert_eq!(
        (&changed["trunk_sid"], &changed["voice_application_sid"], &changed["voice_url"]),
        (&Value::Null, &json!(application), &json!(""))
    );

    // The ledger says it in the words that it has for every carrier.
    let ledger = twilio.ledger();
    let deeds = ledger.iter().map(|entry| (text(entry, "deed"), entry["route"].clone())).collect::<Vec<_>>();
    assert_eq!(deeds[0], ("acquire".into(), json!({"voice_url": "https://v.example"})));
    assert_eq!(
        deeds[2].1,
        json!({"voice_url": "https://v.example", "sms_url": "https://s.example", "trunk_id": trunk})
    );
    assert_eq!(deeds[3], ("configure".into(), json!({"sms_url": "https://s.example", "application_id": application})));
    assert_eq!((&ledger[0]["reference"], &ledger[0]["notes"]["friendly_name"]), (&Value::Null, &json!("Desk")));

    assert_eq!(twilio.release(&bought), (204, Value::Null));
    let uri = text(&bought, "uri");
    for method in ["GET", "POST", "DELETE"] {
        assert!(twilio.refuses(method, &uri, &[], 404, 20404).contains(&uri), "{method}");
    }
    let again = twilio.bought(&number);
    assert_ne!(again["sid"], bought["sid"]);
    twilio.refuses("GET", &uri, &[], 404, 20404);
}

#[test]
fn a_purchase_of_a_number_that_is_owned_changes_it() {
    let twilio = Twilio::start();
    let number = twilio.any("CA/Local.json");
    let first = twilio.bought(&number);
    let (_, changed) = twilio.update(&first, &[("FriendlyName", "First"), ("SmsUrl", "https://s.example")]);
    let (status, second) = twilio.buy(&[("PhoneNumber", number.as_str()), ("VoiceUrl", "https://other.example")]);
    assert_eq!((status, &second["sid"]), (201, &first["sid"]));
    assert_eq!((&second["friendly_name"], &second["sms_url"]), (&changed["friendly_name"], &changed["sms_url"]));
    assert_eq!(
        (&second["voice_url"], &second["date_created"]),
        (&json!("https://other.example"), &first["date_created"])
    );
    let deeds = twilio.ledger().iter().map(|entry| text(entry, "deed")).collect::<Vec<_>>();
    assert_eq!(deeds, ["acquire", "configure", "acquire"]);
    assert_eq!(twilio.get("IncomingPhoneNumbers.json")["incoming_phone_numbers"].as_array().unwrap().len(), 1);
}

#[test]
fn a_purchase_is_refused_in_twilios_words() {
    let twilio = Twilio::start();
    let path = "IncomingPhoneNumbers.json";
    assert_eq!(twilio.bought("+15005550006")["friendly_name"], json!("(500) 555-0006"));
    let message = twilio.refuses("POST", path, &[("PhoneNumber", "+15005550000")], 400, 21422);
    assert_eq!(message, "+15005550000 is not available");
    let in_stock = twilio.any("US/Local.json");
    let name = "x".repeat(65);
    for (form, code) in [
        (vec![("PhoneNumber", "+15005550001")], 21421),
        (vec![("PhoneNumber", "5551234")], 21421),
        (vec![], 21421),
        (vec![("PhoneNumber", "+18005550199999")], 21422),
        (vec![("AreaCode", "533")], 21452),
        (vec![("AreaCode", "30")], 21451),
        (vec![("AreaCode", "abc")], 21451),
        (vec![("PhoneNumber", in_stock.as_str()), ("FriendlyName", name.as_str())], 20002),
        (vec![("PhoneNumber", in_stock.as_str()), ("VoiceUrl", "ftp://v.example")], 21402),
        (vec![("PhoneNumber", in_stock.as_str()), ("SmsMethod", "PUT")], 21403),
        (vec![("PhoneNumber", in_stock.as_str()), ("VoiceApplicationSid", "AP1")], 21420),
        (vec![("PhoneNumber", in_stock.as_str()), ("TrunkSid", "trunk")], 20423),
        (vec![("PhoneNumber", in_stock.as_str()), ("AddressSid", "AD1")], 21613),
        (vec![("PhoneNumber", in_stock.as_str()), ("VoiceCallerIdLookup", "maybe")], 20422),
    ] {
        twilio.refuses("POST", path, &form, 400, code);
    }
    let (status, bought) = twilio.buy(&[("AreaCode", "303")]);
    assert!(status == 201 && text(&bought, "phone_number").starts_with("+1303"), "{bought}");
    assert_eq!(twilio.buy(&[("AreaCode", "416")]).0, 201);
    assert_eq!(text(&twilio.buy(&[("AreaCode", "500")]).1, "phone_number"), "+15005550006");
    assert_eq!(twilio.ledger().len(), 4);
}

#[test]
fn a_country_may_want_to_know_who_has_its_numbers() {
    let twilio = Twilio::start();
    let path = "IncomingPhoneNumbers.json";
    let (here, there) = (twilio.address("DE"), twilio.address("FR"));
    let bundle = format!("BU{}", "a".repeat(32));
    for (kind, needed) in [("AU/Local", "any"), ("DE/Local", "local"), ("GB/Mobile", "none"), ("GB/Local", "none")] {
        let found = twilio.search(&format!("{kind}.json?PageSize=1"));
        assert_eq!(found[0]["address_requirements"], json!(needed), "{kind}");
        let shown = twilio.search(&format!("{kind}.json?ExcludeAllAddressRequired=true"));
        assert_eq!(shown.is_empty(), needed != "none", "{kind}");
    }
    // Each hides the next.
    let number = twilio.any("DE/Local.json");
    let number = number.as_str();
    let missing = twilio.refuses("POST", path, &[("PhoneNumber", number), ("BundleSid", &bundle)], 400, 21631);
    assert!(missing.contains("'AddressSid'"), "{missing}");
    twilio.refuses("POST", path, &[("PhoneNumber", number), ("AddressSid", &there)], 400, 21615);
    let missing = twilio.refuses("POST", path, &[("PhoneNumber", number), ("AddressSid", &here)], 400, 21649);
    assert_eq!(missing, "Bundle required and not provided for country: [DE] and numberType: [LOCAL]");
    let unknown = format!("AD{}", "f".repeat(32));
    twilio.refuses("POST", path, &[("PhoneNumber", number), ("AddressSid", &unknown)], 400, 21613);
    twilio.refuses("POST", path, &[("PhoneNumber", number), ("AddressSid", &here), ("BundleSid", "BU1")], 400, 20423);
    let (status, bought) = twilio.buy(&[("PhoneNumber", number), ("AddressSid", &here), ("BundleSid", &bundle)]);
    assert_eq!((status, &bought["address_sid"], &bought["bundle_sid"]), (201, &json!(here), &json!(bundle)));
    assert_eq!(bought["address_requirements"], json!("local"));

    let number = twilio.any("AU/Mobile.json");
    twilio.refuses("POST", path, &[("PhoneNumber", number.as_str())], 400, 21631);
    assert_eq!(twilio.buy(&[("PhoneNumber", number.as_str()), ("AddressSid", &there)]).0, 201);
    let number = twilio.any("GB/Mobile.json");
    twilio.refuses("POST", path, &[("PhoneNumber", number.as_str())], 400, 21649);
    assert_eq!(twilio.buy(&[("PhoneNumber", number.as_str()), ("BundleSid", &bundle)]).0, 201);
    twilio.bought(&twilio.any("GB/Local.json"));

    twilio.refuses("POST", "Addresses.json", &[("CustomerName", "Northwind")], 400, 20422);
    assert_eq!(twilio.get("Addresses.json?IsoCountry=FR")["addresses"][0]["sid"], json!(there));
    let twilio = twilio.restarted();
    assert_eq!(twilio.get(&format!("Addresses/{here}.json"))["iso_country"], json!("DE"));
    assert_ne!(twilio.address("DE"), here);
    twilio.refuses("GET", &format!("Addresses/{unknown}.json"), &[], 404, 20404);
}

#[test]
fn a_number_with_an_emergency_address_is_not_given_back() {
    let twilio = Twilio::start();
    let address = twilio.address("US");
    let number = twilio.any("US/Local.json");
    let (_, bought) = twilio.buy(&[("PhoneNumber", number.as_str()), ("EmergencyAddressSid", &address)]);
    assert_eq!(bought["emergency_address_sid"], Value::Null, "a purchase leaves it out");
    let both = [("EmergencyAddressSid", address.as_str()), ("EmergencyStatus", "Active")];
    refused(twilio.update(&bought, &both), 400, 22222);
    refused(twilio.update(&bought, &[("EmergencyAddressSid", "AD1")]), 400, 21613);
    let (_, changed) = twilio.update(&bought, &[("EmergencyAddressSid", &address)]);
    assert_eq!(changed["emergency_address_status"], json!("registered"));
    assert!(refused(twilio.release(&bought), 400, 21631).contains("emergency address"));
    let (_, changed) = twilio.update(&bought, &[("EmergencyAddressSid", "")]);
    assert_eq!(
        (&changed["emergency_address_sid"], &changed["emergency_address_status"]),
        (&Value::Null, &json!("unregistered"))
    );
    assert_eq!(twilio.release(&bought).0, 204);
}
