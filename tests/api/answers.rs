//! Answers that are kept: they are given again only to whom, for what, and for as long as they are true.

use linekeeper::model::{Role, UserId};
use rusqlite::params;

use crate::support::{Answer, Inventory, Server, add_agency, add_user, id, number, token};

/// Two agencies with a number each, and a user of each.
fn two_agencies() -> (Inventory, [UserId; 2]) {
    let inventory = Inventory::empty();
    let users = inventory.write(|change| {
        let mut users = Vec::new();
        for agency in 1..=2 {
            let scope = add_agency(change, agency, "An agency")?;
            change.add_number(&scope, &number(50 + agency, &format!("+1970555123{agency}")))?;
            users.push(add_user(change, Some(&scope), 10 + agency, Role::AgencyMember)?);
        }
        Ok(users)
    });
    (inventory, users.try_into().unwrap())
}

const LIST: &str = "/functions/v1/phone-numbers-list";

fn ask(server: &Server, user: UserId, query: &str, held: &str) -> Answer {
    let bearer = format!("Bearer {}", token(user));
    server.ask_with("GET", &format!("{LIST}{query}"), &[("authorization", &bearer), ("if-none-match", held)])
}

fn tag(answer: &Answer) -> String {
    answer.header("etag").expect("a list has an ETag").to_owned()
}

#[test]
fn what_another_process_writes_is_in_the_next_answer() {
    let (inventory, [user, _]) = two_agencies();
    let server = Server::start(&inventory.path());
    let sqlite = inventory.sqlite();
    for query in ["", "?search=555", "?include_released=true&limit=1"] {
        let mut before = ask(&server, user, query, "\"none\"");
        assert_eq!(ask(&server, user, query, "\"none\"").text(), before.text(), "{query}");
        for name in ["First", "Second", "Third"] {
            let named = format!("{name}{query}");
            sqlite
                .execute(
                    "UPDATE agency_phone_numbers SET friendly_name = ?1 WHERE id = ?2",
                    params![named, id(51).as_bytes().to_vec()],
                )
                .unwrap();
            let after = ask(&server, user, query, &tag(&before));
            assert_eq!(after.status, 200, "{query}");
            assert_eq!(after.json()["phone_numbers"][0]["friendly_name"], *named);
            assert_ne!(tag(&after), tag(&before));
            before = after;
        }
    }
}

#[test]
fn another_agencys_writes_leave_an_answer_true() {
    let (inventory, [user, other]) = two_agencies();
    let server = Server::start(&inventory.path());
    let (mine, theirs) = (tag(&ask(&server, user, "", "")), tag(&ask(&server, other, "", "")));
    let rename = "UPDATE agency_phone_numbers SET friendly_name = 'New' WHERE id = ?1";
    inventory.sqlite().execute(rename, [id(51).as_bytes().to_vec()]).unwrap();
    assert_eq!(ask(&server, user, "", &mine).status, 200);
    assert_eq!(ask(&server, other, "", &theirs).status, 304);
}

#[test]
fn who_has_the_answer_is_told_so_and_no_more() {
    let (inventory, [user, _]) = two_agencies();
    let server = Server::start(&inventory.path());
    for query in ["", "?search=555"] {
        let whole = ask(&server, user, query, "");
        assert_eq!(whole.header("cache-control"), Some("private, no-cache"));
        let strong = tag(&whole).trim_start_matches("W/").to_owned();
        for held in [tag(&whole), strong, format!("\"other\", {}", tag(&whole)), "*".into()] {
            let answer = ask(&server, user, query, &held);
            assert_eq!((answer.status, &*answer.text()), (304, ""), "{held}");
            assert_eq!(answer.header("etag"), whole.header("etag"));
            assert_eq!(answer.header("cache-control"), Some("private, no-cache"));
            assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
        }
        for held in ["\"other\"", "garbage", "W/", ","] {
            assert_eq!(ask(&server, user, query, held).text(), whole.text(), "{held}");
        }
    }
    assert_ne!(tag(&ask(&server, user, "", "")), tag(&ask(&server, user, "?limit=50", "")));
}

#[test]
fn an_answer_is_its_own_agencys_whoever_holds_its_tag() {
    let (inventory, [user, other]) = two_agencies();
    let server = Server::start(&inventory.path());
    let mine = ask(&server, user, "", "");
    let theirs = ask(&server, other, "", &tag(&mine));
    assert_eq!(theirs.status, 200);
    assert_eq!(theirs.json()["phone_numbers"][0]["phone_number"], "+19705551232");

    // A user who is moved sees the other agency at once, and one who is put out nothing, whatever they hold.
    let sqlite = inventory.sqlite();
    let key = user.0.as_bytes().to_vec();
    sqlite
        .execute(
            "UPDATE users SET agency_no = (SELECT agency_no FROM users WHERE id = ?1) WHERE id = ?2",
            params![other.0.as_bytes().to_vec(), key],
        )
        .unwrap();
    assert_eq!(ask(&server, user, "", &tag(&mine)).text(), theirs.text());
    sqlite.execute("UPDATE users SET agency_no = NULL WHERE id = ?1", [key]).unwrap();
    for held in [tag(&mine), tag(&theirs), "*".to_owned()] {
        assert_eq!(ask(&server, user, "", &held).status, 403);
    }
    // A wrong parameter is refused though the client claims to have the answer.
    assert_eq!(ask(&server, other, "?limit=0", "*").status, 400);
    assert_eq!(ask(&server, user, "?limit=0", "*").status, 403);
}
