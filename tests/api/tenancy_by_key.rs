//! Nobody sees another agency with an API key: every route behind a door, every kind of key, and the same canaries.

use std::collections::BTreeMap;

use linekeeper::clock::{Clock, Ids};
use linekeeper::inventory::keys::{self, NewKey};
use linekeeper::model::{AgencyId, Permission, Permissions, PresentedKey, Timestamp, UserId};
use rusqlite::types::Value as Cell;

use crate::support::{Answer, Inventory, Server, id, token};
use crate::tenancy::{assert_silent, two_agencies};

/// What a route answers to whom. A route that is not here fails the test of the whole matrix.
pub struct Expectation {
    pub method: &'static str,
    pub path: &'static str,
    /// What the key must allow.
    permission: Permission,
    /// What is asked with another agency's ids, or with none.
    asked: &'static [Asked],
}

struct Asked {
    /// Behind the path, whose ids are another agency's.
    query: &'static str,
    body: &'static str,
    /// What a key that may do this is answered.
    status: u16,
    shows_inventory: bool,
}

const fn foreign(status: u16) -> Asked {
    Asked { query: "", body: "", status, shows_inventory: false }
}

const fn with(body: &'static str, status: u16) -> Asked {
    Asked { query: "", body, status, shows_inventory: false }
}

const fn listed(query: &'static str) -> Asked {
    Asked { query, body: "", status: 200, shows_inventory: true }
}

const fn route(
    method: &'static str,
    path: &'static str,
    permission: Permission,
    asked: &'static [Asked],
) -> Expectation {
    Expectation { method, path, permission, asked }
}

use Permission::{
    AgentsRead, AgentsWrite, MessagesRead, MessagesSend, NumbersCreate, NumbersDelete, NumbersRead, NumbersUpdate,
};

const AGORA: &str = "/api/conversational-ai-agent/v2/phone-numbers";
const AGORA_NUMBER: &str = "/api/conversational-ai-agent/v2/phone-numbers/{phone_number}";

pub const EXPECTATIONS: &[Expectation] = &[
    route(
        "GET",
        "/api/phone-numbers",
        NumbersRead,
        &[listed(""), listed("?status=free&page_size=100"), listed("?status=assigned")],
    ),
    route(
        "POST",
        "/api/phone-numbers",
        NumbersCreate,
        &[
            with(r#"{"phone_number":"+15005550006","provider":"twilio","integration_id":"{account}"}"#, 404),
            with(r#"{"phone_number":"5005550006","provider":"sip"}"#, 400),
        ],
    ),
    route("GET", "/api/phone-numbers/{phone_number_id}", NumbersRead, &[foreign(404)]),
    route("PUT", "/api/phone-numbers/{phone_number_id}", NumbersUpdate, &[with(r#"{"supports_inbound":false}"#, 404)]),
    route(
        "PATCH",
        "/api/phone-numbers/{phone_number_id}",
        NumbersUpdate,
        &[with(r#"{"supports_inbound":false}"#, 404)],
    ),
    route("DELETE", "/api/phone-numbers/{phone_number_id}", NumbersDelete, &[foreign(404)]),
    route(
        "POST",
        "/api/agents/{agent_id}/assign-phone-number",
        NumbersUpdate,
        &[
            with(r#"{"phone_number_id":"phon_{own_number}"}"#, 404),
            with(r#"{"phone_number_id":"phon_{foreign_number}"}"#, 404),
        ],
    ),
    route("POST", "/api/agents/{agent_id}/unassign-phone-number/{phone_number_id}", NumbersUpdate, &[foreign(404)]),
    route("GET", AGORA, NumbersRead, &[listed("")]),
    route("POST", AGORA, NumbersCreate, &[with(r#"{"provider":"byo","phone_number":"5005550006","label":"x"}"#, 400)]),
    route("GET", AGORA_NUMBER, NumbersRead, &[foreign(404)]),
    route("PATCH", AGORA_NUMBER, NumbersUpdate, &[with(r#"{"inbound_config":{"pipeline_id":"{own_agent_id}"}}"#, 404)]),
    route("DELETE", AGORA_NUMBER, NumbersDelete, &[foreign(404)]),
    route("GET", "/phone-numbers", NumbersRead, &[listed("?limit=100"), listed("?page=2&limit=1")]),
    route("GET", "/v1/numbers", NumbersRead, &[listed("?limit=100"), listed("?offset=1")]),
    route("POST", "/v1/numbers", NumbersCreate, &[with(r#"{"agentId":"agt_{foreign_agent}"}"#, 404)]),
    route("GET", "/v1/numbers/available", NumbersRead, &[Asked { query: "?limit=3", ..foreign(200) }]),
    route("GET", "/v1/numbers/lookup", NumbersRead, &[Asked { query: "?phoneNumbers=%2B19705552051", ..foreign(200) }]),
    route("GET", "/v1/numbers/{number_id}", NumbersRead, &[foreign(404)]),
    route("PATCH", "/v1/numbers/{number_id}", NumbersUpdate, &[with(r#"{"externalId":"mine"}"#, 404)]),
    route("DELETE", "/v1/numbers/{number_id}", NumbersDelete, &[foreign(404)]),
    route("GET", "/v1/numbers/{number_id}/messages", MessagesRead, &[foreign(404)]),
    route(
        "POST",
        "/v1/messages",
        MessagesSend,
        &[
            with(r#"{"number_id":"num_{foreign_number}","to_number":"+15005550006","body":"x"}"#, 404),
            with(r#"{"agent_id":"agt_{foreign_agent}","to_number":"+15005550006","body":"x"}"#, 404),
            with(r#"{"from_number":"{foreign_phone}","to_number":"+15005550006","body":"x"}"#, 404),
            with(
                r#"{"agent_id":"agt_{foreign_agent}","number_id":"num_{own_number}","to_number":"+15005550006","body":"x"}"#,
                404,
            ),
        ],
    ),
    route("GET", "/v1/agents", AgentsRead, &[listed("?limit=100")]),
    route("POST", "/v1/agents", AgentsWrite, &[with("{}", 422)]),
    route("GET", "/v1/agents/{agent_id}", AgentsRead, &[foreign(404)]),
    route("PATCH", "/v1/agents/{agent_id}", AgentsWrite, &[with(r#"{"name":"Mine"}"#, 404)]),
    route("DELETE", "/v1/agents/{agent_id}", AgentsWrite, &[foreign(404)]),
    route(
        "POST",
        "/v1/agents/{agent_id}/numbers",
        NumbersUpdate,
        &[with(r#"{"numberId":"num_{own_number}"}"#, 404), with(r#"{"numberId":"num_{foreign_number}"}"#, 404)],
    ),
    route("DELETE", "/v1/agents/{agent_id}/numbers/{number_id}", NumbersUpdate, &[foreign(404)]),
];

/// Whose key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Holder {
    Nobody,
    /// A user's token, where a key belongs.
    User,
    Unknown,
    Revoked,
    Expired,
    /// Everything but what is needed.
    NotAllowed(usize),
    /// Of the child.
    Child,
    Own,
    /// A partner's key of the parent's, which names nobody.
    Partner,
}

/// The keys of the two agencies; the first is the other's parent.
fn made(inventory: &Inventory) -> BTreeMap<Holder, PresentedKey> {
    let key = |agency: u64, permissions: Permissions, partner: bool| {
        let new = NewKey { name: None, permissions, partner, expires_at: None };
        inventory.write(|change| keys::create(change, &Clock::System, &Ids::Fresh, AgencyId(id(agency)), new))
    };
    let mut made = BTreeMap::from([
        (Holder::Own, key(1000, Permissions::ALL, false)),
        (Holder::Partner, key(1000, Permissions::ALL, true)),
        (Holder::Child, key(2000, Permissions::ALL, false)),
        (Holder::Revoked, key(1000, Permissions::ALL, false)),
        (Holder::Expired, key(1000, Permissions::ALL, false)),
        (Holder::Unknown, key(1000, Permissions::ALL, false)),
    ]);
    for (place, permission) in Permission::ALL.into_iter().enumerate() {
        let others = Permission::ALL.into_iter().filter(|other| *other != permission).collect();
        made.insert(Holder::NotAllowed(place), key(1000, others, false));
    }
    let revoked = made[&Holder::Revoked].id;
    inventory.write(|change| keys::revoke(change, &Clock::System, AgencyId(id(1000)), revoked));
    let sqlite = inventory.sqlite();
    let (expired, unknown) = (made[&Holder::Expired].id, made[&Holder::Unknown].id);
    sqlite.execute("UPDATE api_keys SET expires_at = 1 WHERE id = ?1", [expired.0.as_bytes()]).unwrap();
    sqlite.execute("DELETE FROM api_keys WHERE id = ?1", [unknown.0.as_bytes()]).unwrap();
    made
}

/// The header that says who it is, as the path's dialect takes it.
fn signed(path: &str, key: &PresentedKey) -> (&'static str, String) {
    use base64::Engine;
    if path.starts_with(AGORA) {
        let pair = format!("{}:{}", key.id, key.secret.expose());
        return ("authorization", format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(pair)));
    }
    if path.starts_with("/api/") {
        return ("x-api-key", key.expose());
    }
    ("authorization", format!("Bearer {}", key.expose()))
}

/// Puts ids into a path, a query or a body: `own` and `foreign` are agencies.
fn filled_in(text: &str, own: u64, foreign: u64) -> String {
    let hex = |number: u64| id(number).simple().to_string();
    let ids = [
        ("{phone_number_id}", format!("phon_{}", hex(foreign + 51))),
        ("{number_id}", format!("num_{}", hex(foreign + 51))),
        ("{phone_number}", format!("+1970555{}", foreign + 51)),
        ("{foreign_phone}", format!("+1970555{}", foreign + 51)),
        ("{account}", id(foreign + 60).to_string()),
        ("{own_number}", hex(own + 51)),
        ("{foreign_number}", hex(foreign + 51)),
        ("{foreign_agent}", hex(foreign + 40)),
        ("{own_agent_id}", id(own + 40).to_string()),
    ];
    let agent = if text.starts_with("/api/") { "agent_" } else { "agt_" };
    let text = text.replace("{agent_id}", &format!("{agent}{}", hex(foreign + 40)));
    ids.iter().fold(text, |text, (place, value)| text.replace(place, value))
}

fn ask(server: &Server, method: &str, path: &str, signed: Option<&(&str, String)>, body: &str) -> Answer {
    let mut headers: Vec<_> = signed.iter().map(|(name, value)| (*name, value.as_str())).collect();
    if !body.is_empty() {
        headers.push(("content-type", "application/json"));
    }
    server.send_with(method, path, &headers, body)
}

/// Everything that is written of agencies, but for keys and what was read.
fn rows(inventory: &Inventory) -> Vec<Vec<Cell>> {
    let sqlite = inventory.sqlite();
    let mut rows = Vec::new();
    for table in
        ["agencies", "agent_mappings", "agency_phone_numbers", "orders", "messages", "carrier_accounts", "events"]
    {
        let mut statement = sqlite.prepare(&format!("SELECT * FROM {table} ORDER BY 1, 2, 3")).unwrap();
        let width = statement.column_count();
        let found = statement.query_map([], |row| (0..width).map(|at| row.get(at)).collect()).unwrap();
        rows.extend(found.map(Result::unwrap));
    }
    rows
}

#[test]
fn nobody_sees_another_agency_with_a_key() {
    let inventory = two_agencies();
    let made = made(&inventory);
    let before = rows(&inventory);
    let server = Server::spawn(crate::dialects::serving(&inventory, &[]));
    let needed = |permission: Permission| Permission::ALL.iter().position(|other| *other == permission).unwrap();
    let mut seen_own = 0;
    for Expectation { method, path, permission, asked } in EXPECTATIONS {
        let not_allowed = Holder::NotAllowed(needed(*permission));
        for holder in [
            Holder::Nobody,
            Holder::User,
            Holder::Unknown,
            Holder::Revoked,
            Holder::Expired,
            not_allowed,
            Holder::Child,
            Holder::Own,
            Holder::Partner,
        ] {
            let (own, foreign) = if holder == Holder::Child { (2000, 1000) } else { (1000, 2000) };
            let signed = match holder {
                Holder::Nobody => None,
                Holder::User => Some(("authorization", format!("Bearer {}", token(UserId(id(1010)))))),
                holder => Some(signed(path, &made[&holder])),
            };
            for Asked { query, body, status, shows_inventory } in *asked {
                let where_to = filled_in(&format!("{path}{query}"), own, foreign);
                let answer = ask(&server, method, &where_to, signed.as_ref(), &filled_in(body, own, foreign));
                let expected = match holder {
                    Holder::Nobody | Holder::User | Holder::Unknown | Holder::Revoked | Holder::Expired => 401,
                    Holder::NotAllowed(_) => 403,
                    // A partner's key must name a company there.
                    Holder::Partner if *path == "/phone-numbers" => 400,
                    _ => *status,
                };
                let what = format!("{holder:?} {method} {where_to} {body}");
                assert_eq!(answer.status, expected, "{what}: {}", answer.text());
                let (own, foreign) =
                    if holder == Holder::Child { ("CANARY-B", "CANARY-A") } else { ("CANARY-A", "CANARY-B") };
                assert_silent(&answer, &[foreign], &what);
                if expected == 200 && *shows_inventory {
                    // Not every product shows a text that could be one; the numbers tell.
                    let phone = if holder == Holder::Child { "+19705552" } else { "+19705551" };
                    seen_own += usize::from(answer.text().contains(own) || answer.text().contains(phone));
                } else {
                    assert_silent(&answer, &[own], &what);
                }
            }
        }
    }
    assert!(seen_own > 20, "{seen_own} answers showed their own");
    let (_, log) = server.stop();
    assert!(!log.contains("CANARY") && !log.contains("lk_") && !log.contains("+1970555"), "{log}");
    assert!(rows(&inventory) == before, "somebody changed something");
}

#[test]
fn a_foreign_id_answers_a_key_as_a_missing_one_does() {
    let inventory = two_agencies();
    let made = made(&inventory);
    let server = Server::spawn(crate::dialects::serving(&inventory, &[]));
    let mut compared = 0;
    for Expectation { method, path, asked, .. } in EXPECTATIONS {
        for Asked { query, body, .. } in *asked {
            let text = format!("{path}{query}");
            if !text.contains('{') && !body.contains("{foreign") && !body.contains("{account}") {
                continue;
            }
            let answer = |foreign: u64| {
                let signed = signed(path, &made[&Holder::Own]);
                let where_to = filled_in(&text, 1000, foreign);
                let answer = ask(&server, method, &where_to, Some(&signed), &filled_in(body, 1000, foreign));
                let headers = answer.headers.into_iter();
                let mut headers: Vec<_> = headers
                    .filter(|(name, _)| !matches!(name.as_str(), "date" | "x-request-id" | "agora-request-id"))
                    .collect();
                headers.sort();
                (answer.status, String::from_utf8(answer.body).unwrap(), headers)
            };
            assert_eq!(answer(2000), answer(7000), "{method} {text} {body}");
            compared += 1;
        }
    }
    assert!(compared > 20, "{compared}");
}

#[test]
fn a_partner_reaches_its_own_children_and_nobody_elses() {
    let inventory = two_agencies();
    inventory.write(|change| crate::support::add_agency(change, 5000, "Stranger").map(drop));
    let made = made(&inventory);
    let server = Server::spawn(crate::dialects::serving(&inventory, &[]));
    let ask = |holder: Holder, path: &str, sub_account: Option<&str>| {
        let bearer = format!("Bearer {}", made[&holder].expose());
        let mut headers = vec![("authorization", bearer.as_str())];
        headers.extend(sub_account.map(|account| ("x-sub-account-id", account)));
        let answer = server.ask_with("GET", path, &headers);
        (answer.status, answer.text())
    };
    let (own, child, stranger, missing) = (id(1000), id(2000), id(5000), id(7777));
    for holder in [Holder::Partner, Holder::Own] {
        let is_partner = holder == Holder::Partner;
        let (status, text) = ask(holder, &format!("/phone-numbers?companyId={child}"), None);
        assert_eq!(status, if is_partner { 200 } else { 403 }, "{text}");
        assert_eq!(text.contains("+19705552051") && !text.contains("+19705551"), is_partner);
        for sub_account in [child.to_string(), format!("sub_{}", child.simple())] {
            let (status, text) = ask(holder, "/v1/numbers", Some(&sub_account));
            assert_eq!(status, if is_partner { 200 } else { 404 }, "{text}");
            assert_eq!(text.contains("+19705552051") && !text.contains("+19705551"), is_partner);
        }
        let own_status = ask(holder, &format!("/phone-numbers?companyId={own}"), None).0;
        assert_eq!(own_status, if is_partner { 403 } else { 200 });
        let without = |(status, text): (u16, String)| (status, text.split("\"timestamp\"").next().unwrap().to_owned());
        let refused = |named: uuid::Uuid| without(ask(holder, &format!("/phone-numbers?companyId={named}"), None));
        assert_eq!(refused(stranger), refused(missing));
        assert_eq!(refused(stranger).0, 403);
        let refused = |named: uuid::Uuid| ask(holder, "/v1/numbers", Some(&named.to_string()));
        assert_eq!(refused(stranger), refused(missing));
        assert_eq!(refused(stranger).0, 404);
    }
    assert_eq!(ask(Holder::Partner, "/phone-numbers?companyId=x", None).0, 400);
    assert_eq!(ask(Holder::Own, "/v1/numbers", Some("sub_x")).0, 404);
    // Of butter's organizations a key names its own, or none.
    let key = made[&Holder::Own].expose();
    let organization = |named: &str| {
        let headers = [("x-api-key", key.as_str()), ("x-organization-id", named)];
        let answer = server.ask_with("GET", "/api/phone-numbers", &headers);
        (answer.status, answer.text())
    };
    for named in [own.to_string(), format!("org_{}", own.simple())] {
        assert_eq!(organization(&named).0, 200, "{named}");
    }
    let refused = organization(&missing.to_string());
    assert_eq!(refused.0, 403);
    for named in
        [child.to_string(), stranger.to_string(), format!("org_{}", child.simple()), "org_x".into(), String::new()]
    {
        assert_eq!(organization(&named), refused, "{named}");
    }
}

#[test]
fn a_key_is_good_until_it_expires() {
    let inventory = two_agencies();
    let soon = Timestamp(Clock::System.now().0 + 1_500_000);
    let new = NewKey { name: None, permissions: Permissions::ALL, partner: false, expires_at: Some(soon) };
    let key = inventory.write(|change| keys::create(change, &Clock::System, &Ids::Fresh, AgencyId(id(1000)), new));
    let server = Server::spawn(crate::dialects::serving(&inventory, &[]));
    let ask = || server.ask("GET", "/v1/numbers", Some(&key.expose())).status;
    assert_eq!(ask(), 200);
    while Clock::System.now() <= soon {
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    assert_eq!(ask(), 401);
}
