//! The bodies of purchases: what is refused, however it is wrong, and what is taken.

use linekeeper::model::UserId;
use serde_json::{Value, json};

use crate::shop::{OWNER, PURCHASE, Shop, error};
use crate::support::{id, token};

const ITEM: &str = r#"{"phone_number":"+15005550006"}"#;

/// Bodies that are refused, and what is wrong with each.
fn malformed() -> Vec<(&'static str, String)> {
    let item = ITEM;
    let with = |field: &str| format!(r#"{{"phone_numbers":[{{"phone_number":"+15005550006",{field}}}]}}"#);
    let long = "x".repeat(201);
    let mut bodies: Vec<(&str, String)> = vec![
        ("empty", String::new()),
        ("a space", " ".to_owned()),
        ("not JSON", "phone_numbers=x".to_owned()),
        ("half", r#"{"phone_numbers":[{"phone_number":"+15005550006"}"#.to_owned()),
        ("followed by more", format!(r#"{{"phone_numbers":[{item}]}} x"#)),
        ("null", "null".to_owned()),
        ("a text", r#""+15005550006""#.to_owned()),
        ("an array", format!("[{item}]")),
        ("an array of the fields' values", format!("[[{item}],null]")),
        ("an item that is an array", r#"{"phone_numbers":[["+15005550006",null,null]]}"#.to_owned()),
        ("no field", "{}".to_owned()),
        ("null for numbers", r#"{"phone_numbers":null}"#.to_owned()),
        ("no numbers", r#"{"phone_numbers":[]}"#.to_owned()),
        ("an object for numbers", format!(r#"{{"phone_numbers":{item}}}"#)),
        ("a text for an item", r#"{"phone_numbers":["+15005550006"]}"#.to_owned()),
        ("an item without a number", r#"{"phone_numbers":[{}]}"#.to_owned()),
        ("a number that is a number", r#"{"phone_numbers":[{"phone_number":15005550006}]}"#.to_owned()),
        ("numbers twice", format!(r#"{{"phone_numbers":[{item}],"phone_numbers":[{item}]}}"#)),
        ("51 numbers", format!(r#"{{"phone_numbers":[{}]}}"#, vec![item; 51].join(","))),
        ("a name that is a number", with(r#""friendly_name":7"#)),
        ("an empty name", with(r#""friendly_name":" ""#)),
        ("a name with a line break", with(r#""friendly_name":"a\nb""#)),
        ("a name with a NUL", with(r#""friendly_name":"a\u0000b""#)),
        ("half a surrogate pair", with(r#""friendly_name":"\ud83d""#)),
        ("a long name", with(&format!(r#""friendly_name":"{long}""#))),
        ("an agent that is no UUID", with(r#""agent_mapping_id":"sales""#)),
        ("an agent that is empty", with(r#""agent_mapping_id":"""#)),
        ("a reference that is a number", format!(r#"{{"phone_numbers":[{item}],"customer_reference":7}}"#)),
        ("a long reference", format!(r#"{{"phone_numbers":[{item}],"customer_reference":"{long}"}}"#)),
        ("a reference with a NUL", format!(r#"{{"phone_numbers":[{item}],"customer_reference":"\u0000"}}"#)),
        ("deep", format!("{}{}", r#"{"phone_numbers":"#, "[".repeat(60_000))),
    ];
    for number in ["", "15005550006", "+0500555000", "+1 500 555 0006", "+15005550006\\u0000", "+1500555000６"] {
        bodies.push(("a number that is none", format!(r#"{{"phone_numbers":[{{"phone_number":"{number}"}}]}}"#)));
    }
    bodies
}

#[test]
fn malformed_purchases_are_refused_and_nothing_is_bought() {
    let shop = Shop::open();
    for (what, body) in malformed() {
        let answer = shop.post_with(OWNER, PURCHASE, &[("content-type", "application/json")], &body);
        assert_eq!(answer.status, 400, "{what}: {}", answer.text());
        assert!(!error(&answer).is_empty());
    }
    let bearer = format!("Bearer {}", token(UserId(id(OWNER))));
    let mut raw = format!(r#"{{"phone_numbers":[{ITEM}],"x":"_"}}"#).into_bytes();
    let place = raw.iter().position(|byte| *byte == b'_').unwrap();
    raw[place] = 0xff;
    let request = ureq::post(format!("{}{PURCHASE}", shop.server.base_url)).header("authorization", &bearer);
    assert!(matches!(request.send(&raw[..]), Err(ureq::Error::StatusCode(400))), "what is no UTF-8, even unread");
    assert_eq!(shop.rows(OWNER), [] as [Value; 0]);
}

#[test]
fn bodies_of_up_to_64_kib_are_taken_whatever_they_are_said_to_be() {
    let shop = Shop::open();
    let padded = |bytes: usize| format!(r#"{{"phone_numbers":[{ITEM}]}}{}"#, " ".repeat(bytes - 51));
    assert_eq!(padded(65_536).len(), 65_536);
    let large = shop.post_with(OWNER, PURCHASE, &[], &padded(65_537));
    assert_eq!((large.status, &*error(&large)), (413, "Request body is larger than 64 KiB"));
    assert_eq!(shop.rows(OWNER), [] as [Value; 0]);

    let just = padded(65_536);
    let bought = shop.post_with(OWNER, PURCHASE, &[("content-type", "text/plain")], &just);
    assert_eq!(bought.status, 200, "whatever it says of its type: {}", bought.text());
    let name = "ä".repeat(200);
    let item =
        json!({"phone_number": shop.stock(1)[0], "friendly_name": format!(" {name} "), "agent_mapping_id": null});
    let bought = shop.post(OWNER, PURCHASE, &json!({"phone_numbers": [item], "customer_reference": null, "x": [1]}));
    assert_eq!(bought.json()["phone_numbers"][0]["friendly_name"], name, "{}", bought.text());
}
