//! What is for sale, and what it costs.

use linekeeper::carrier::{Port, Price, Rented, Traits, Trouble};
use linekeeper::model::{Features, Money, NumberType, Offer, Wanted};
use serde_json::{Value, json};

use super::{NUMBER, lines, rented, telnyx, with};
use crate::house::{e164, wanted};
use crate::scripted::{answer, good};

const NONE_FOUND: &str = r#"{"errors":[{"code":"10031","title":"Unrecognized","detail":"No numbers found for the given filters. Please try again with best_effort=true."}]}"#;

/// A number for sale, as the documents have one.
fn row(number: &str) -> Value {
    json!({
        "record_type": "available_phone_number",
        "phone_number": number,
        "vanity_format": null,
        "best_effort": false,
        "quickship": true,
        "reservable": true,
        "cost_information": {"currency": "USD", "monthly_cost": "1.00000", "upfront_cost": "1.0000000"},
        "features": [{"name": "sms"}, {"name": "voice"}, {"name": "hd_voice"}, {"name": null}],
        "region_information": [
            {"region_type": "state", "region_name": "CO"},
            {"region_type": "rate_center", "region_name": "DENVER ZONE 1"},
            {"region_type": "location", "region_name": "Denver"},
            {"region_type": "country_code", "region_name": "US"}
        ]
    })
}

fn stock(rows: &[Value]) -> Vec<u8> {
    good(&json!({"data": rows, "meta": {"total_results": rows.len(), "best_effort_results": 0}}))
}

/// A number for sale, with some of it otherwise.
fn other(change: impl FnOnce(&mut Value)) -> Value {
    let mut row = row(NUMBER);
    change(&mut row);
    row
}

fn found(wanted: &Wanted, rows: &[Value]) -> Vec<Offer> {
    with(vec![stock(rows)], |telnyx| telnyx.search(wanted)).0.unwrap()
}

#[test]
fn everything_that_is_wanted_is_asked_for() {
    let wanted = Wanted {
        number_type: Some(NumberType::TollFree),
        area_code: Some("833".into()),
        city: Some("San José".into()),
        state: Some("CO".into()),
        starts_with: Some("83355".into()),
        ends_with: Some("99".into()),
        contains: Some("12".into()),
        features: Features { sms: true, voice: true, ..Features::default() },
        quickship: true,
        best_effort: true,
        limit: 7,
        ..wanted("US")
    };
    let (offers, asked) = with(vec![stock(&[])], |telnyx| telnyx.search(&wanted));
    assert_eq!(offers, Ok(vec![]));
    let line = "GET /v2/available_phone_numbers?filter[country_code]=US&filter[phone_number_type]=toll_free\
                &filter[national_destination_code]=833&filter[administrative_area]=CO&filter[locality]=San+José\
                &filter[phone_number][starts_with]=55&filter[phone_number][ends_with]=99\
                &filter[phone_number][contains]=12&filter[features][]=voice&filter[features][]=sms\
                &filter[quickship]=true&filter[best_effort]=true&filter[limit]=7";
    assert_eq!(lines(&asked), [line]);
}

#[test]
fn what_is_not_wanted_is_not_mentioned() {
    let (_, asked) = with(vec![stock(&[])], |telnyx| telnyx.search(&wanted("GB")));
    assert_eq!(lines(&asked), ["GET /v2/available_phone_numbers?filter[country_code]=GB&filter[limit]=20"]);
}

#[test]
fn an_offer_says_all_that_the_answer_does() {
    let offers = found(&wanted("US"), &[row(NUMBER)]);
    let offer = Offer {
        phone_number: e164(NUMBER),
        number_type: NumberType::Local,
        country: "US".into(),
        city: Some("Denver".into()),
        state: Some("CO".into()),
        features: Features { voice: true, sms: true, ..Features::default() },
        monthly_cost: Money(10_000),
        upfront_cost: Money(10_000),
        currency: "USD".into(),
        quickship: true,
        best_effort: false,
    };
    assert_eq!(offers, [offer]);
}

#[test]
fn the_kind_of_a_number_is_told_or_was_asked_for_or_is_likely() {
    let mobile = Wanted { number_type: Some(NumberType::Mobile), ..wanted("US") };
    assert_eq!(found(&mobile, &[row(NUMBER)])[0].number_type, NumberType::Mobile);
    let told = other(|row| row["phone_number_type"] = json!("national"));
    assert_eq!(found(&wanted("US"), std::slice::from_ref(&told))[0].number_type, NumberType::National);
    assert_eq!(found(&mobile, &[told]), []);
    assert_eq!(found(&wanted("US"), &[row("+18335551234")])[0].number_type, NumberType::TollFree);
}

#[test]
fn what_was_not_wanted_is_not_offered() {
    let mut all = Wanted { area_code: Some("970".into()), city: Some("denver".into()), ..wanted("US") };
    all.state = Some("co".into());
    all.contains = Some("0555".into());
    all.starts_with = Some("9705".into());
    all.ends_with = Some("34".into());
    all.features.sms = true;
    all.quickship = true;
    let row_of = |kind: &'static str, name: &'static str| {
        other(move |row| row["region_information"] = json!([{"region_type": kind, "region_name": name}]))
    };
    let others = [
        row("+17205551234"),
        row("+19705551235"),
        row("+19705501234"),
        row_of("location", "Boulder"),
        row_of("state", "TX"),
        row_of("country_code", "CA"),
        other(|row| row["features"] = json!([{"name": "voice"}])),
        other(|row| row["quickship"] = json!(false)),
        other(|row| row["best_effort"] = json!(true)),
    ];
    assert_eq!(found(&all, &others), []);
    // Where the answer says nothing of it, it is taken to be so: a rate centre says nothing of a city.
    let bare = json!({"phone_number": NUMBER, "cost_information": row(NUMBER)["cost_information"]});
    assert_eq!(found(&all, &[row(NUMBER), bare, row_of("rate_center", "ELSEWHERE")]).len(), 3);
}

#[test]
fn nearby_numbers_are_offered_where_they_will_do() {
    let wanted = Wanted {
        area_code: Some("720".into()),
        city: Some("Boulder".into()),
        best_effort: true,
        features: Features { sms: true, ..Features::default() },
        ..wanted("US")
    };
    let nearby = other(|row| row["best_effort"] = json!(true));
    let mute = other(|row| {
        row["best_effort"] = json!(true);
        row["features"] = json!([]);
    });
    let offers = found(&wanted, &[row(NUMBER), nearby, mute]);
    assert!(offers.len() == 1 && offers[0].best_effort, "{offers:?}");
}

#[test]
fn a_row_that_cannot_be_read_is_left_out() {
    let cost = |field: &'static str, value: Value| other(move |row| row["cost_information"][field] = value);
    let rows = [
        json!(null),
        json!("row"),
        json!([]),
        json!({}),
        other(|row| row["phone_number"] = json!("9705551234")),
        other(|row| row["phone_number"] = json!(null)),
        other(|row| row["phone_number_type"] = json!("shared_cost")),
        other(|row| row["cost_information"] = json!(null)),
        cost("monthly_cost", json!("-1.00")),
        cost("monthly_cost", json!("99999999")),
        cost("monthly_cost", json!(1.0)),
        cost("upfront_cost", json!(null)),
        cost("currency", json!("dollars")),
        other(|row| row["features"] = json!("sms")),
        row(NUMBER),
    ];
    assert_eq!(found(&wanted("US"), &rows).len(), 1);
}

#[test]
fn no_more_than_wanted_is_given() {
    let rows: Vec<Value> = (0..50).map(|at| row(&format!("+1970555{at:04}"))).collect();
    assert_eq!(found(&Wanted { limit: 3, ..wanted("US") }, &rows).len(), 3);
    let nothing = Wanted { limit: 0, ..wanted("US") };
    assert_eq!(telnyx("http://127.0.0.1:1").search(&nothing), Ok(vec![]));
}

#[test]
fn an_empty_stock_is_no_error() {
    let (offers, _) = with(vec![answer(400, NONE_FOUND)], |telnyx| telnyx.search(&wanted("US")));
    assert_eq!(offers, Ok(vec![]));
}

#[test]
fn an_answer_without_rows_is_none() {
    for body in ["{}", r#"{"data":null}"#, r#"{"data":{}}"#, "[]", "", "<html>", r#"{"errors":[]}"#] {
        let (offers, _) = with(vec![answer(200, body)], |telnyx| telnyx.search(&wanted("US")));
        assert!(matches!(offers, Err(Trouble::Unknown(_))), "{body}: {offers:?}");
    }
}

#[test]
fn one_number_is_looked_for_in_the_countries_of_its_code() {
    let one = |number: &str| Wanted { exactly: Some(e164(number)), limit: 1, ..Wanted::default() };
    let asked_for = |country: &str, digits: &str| {
        let filters = format!("filter[country_code]={country}&filter[phone_number][starts_with]={digits}");
        format!("GET /v2/available_phone_numbers?{filters}&filter[limit]=1")
    };
    let of_mayotte = {
        let mut row = row("+262269601234");
        row["region_information"] = json!([{"region_type": "country_code", "region_name": "YT"}]);
        row
    };
    let answers = vec![answer(400, NONE_FOUND), stock(&[of_mayotte])];
    let (offers, asked) = with(answers, |telnyx| telnyx.search(&one("+262269601234")));
    let offers = offers.unwrap();
    assert_eq!((offers.len(), &*offers[0].country), (1, "YT"));
    assert_eq!(lines(&asked), [asked_for("RE", "269601234"), asked_for("YT", "269601234")]);
    let (offers, asked) = with(vec![stock(&[row("+4930123456")])], |telnyx| telnyx.search(&one("+4930123457")));
    assert_eq!(offers, Ok(vec![]));
    assert_eq!(lines(&asked), [asked_for("DE", "30123457")]);
    let refused = || answer(400, r#"{"errors": [{"code": "10015", "title": "No such country"}]}"#);
    let answers = vec![answer(400, NONE_FOUND), refused(), refused(), refused()];
    let (offers, asked) = with(answers, |telnyx| telnyx.search(&one("+442079460000")));
    assert_eq!((offers, asked.len()), (Ok(vec![]), 4), "where it does not look, it sells nothing");
    // Of a country that is not known, none is for sale.
    assert_eq!(telnyx("http://127.0.0.1:1").search(&one("+8835100012345")), Ok(vec![]));
}

#[test]
fn digits_that_no_area_code_begins_with_are_not_looked_for() {
    let wanted =
        |starts: &str| Wanted { area_code: Some("970".into()), starts_with: Some(starts.into()), ..wanted("US") };
    assert_eq!(telnyx("http://127.0.0.1:1").search(&wanted("971")), Ok(vec![]));
    let (_, asked) = with(vec![stock(&[])], |telnyx| telnyx.search(&wanted("97")));
    assert!(!asked[0].line.contains("starts_with"), "{asked:?}");
}

#[test]
fn a_number_costs_what_its_kind_does() {
    let of = |country: &str, number_type| Rented {
        traits: Traits { country: Some(country.into()), number_type: Some(number_type), ..Traits::default() },
        ..rented(NUMBER)
    };
    let held = [
        of("US", NumberType::Local),
        rented(NUMBER),
        of("US", NumberType::Local),
        of("GB", NumberType::Mobile),
        of("US", NumberType::TollFree),
    ];
    let free = other(|row| row["cost_information"]["monthly_cost"] = json!("40.00"));
    let answers = vec![stock(&[row(NUMBER)]), answer(400, NONE_FOUND), stock(&[free])];
    let (costs, asked) = with(answers, |telnyx| telnyx.monthly_costs(&held));
    let price = |amount| Some(Price { amount: Money(amount), currency: "USD".into() });
    assert_eq!(costs.unwrap(), [price(10_000), None, price(10_000), None, price(400_000)]);
    let kind =
        "GET /v2/available_phone_numbers?filter[country_code]=GB&filter[phone_number_type]=mobile&filter[limit]=1";
    assert_eq!(asked[1].line, kind);
    assert_eq!(telnyx("http://127.0.0.1:1").monthly_costs(&[]), Ok(vec![]));
}
