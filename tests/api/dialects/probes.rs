//! What the contract needs to know of each dialect: how its callers sign, list, go on, buy, give back, and read an error.

use serde_json::{Value, json};

use super::{Headers, Office, basic, bearer, jwt};
use crate::shop::{PURCHASE, RELEASE};
use crate::support::Answer;
use linekeeper::model::PresentedKey;

/// How one dialect is used.
pub struct Probe {
    pub name: &'static str,
    /// What says who asks, of a key; the last resort is the owner's own token.
    pub sign: fn(&PresentedKey) -> Headers,
    /// Credentials in schemes that it does not use, and two at once.
    pub wrong: fn(&Office) -> Vec<Headers>,
    /// The first page, of so many rows if there are pages.
    pub list: fn(u32) -> String,
    /// The phone numbers on a page, or in one row.
    pub numbers: fn(&Value) -> Vec<String>,
    /// The path of the next page.
    pub next: fn(&str, &Value) -> Option<String>,
    /// A path below its own that leads nowhere.
    pub nowhere: &'static str,
    /// A method and a path that take a body.
    pub write: Option<(&'static str, &'static str)>,
    /// A path whose query is malformed, and the status that says so.
    pub malformed: Option<(&'static str, u16)>,
    /// The number's own path, from its id, without hyphens, and the number itself.
    pub one: Option<fn(&str, &str) -> String>,
    /// Gets a number into the inventory: buys it, or brings it along.
    pub get: Option<fn(&Office) -> String>,
    /// Takes one away.
    pub lose: Option<fn(&Office, &str, &str)>,
    /// What a failure's body says, where it wears the envelope.
    pub says: fn(&Value) -> Option<String>,
}

fn texts(rows: &Value, field: &str) -> Vec<String> {
    let rows = rows.as_array().unwrap_or_else(|| panic!("no rows: {rows}"));
    rows.iter().map(|row| row[field].as_str().unwrap().to_owned()).collect()
}

fn two_at_once(office: &Office, own: Headers) -> Headers {
    let other = if own[0].0 == "x-api-key" { office.bearer() } else { office.api_key() };
    own.into_iter().chain(other).collect()
}

fn fresh(office: &Office) -> String {
    let list = office.done(&office.bearer(), "GET", "/v1/numbers/available?areaCode=970&limit=1", None);
    list["data"][0]["phoneNumber"].as_str().unwrap().to_owned()
}

pub const ALL: &[Probe] = &[
    Probe {
        name: "supabase",
        sign: |_| jwt(),
        wrong: |office| vec![office.bearer(), office.basic(), office.api_key(), two_at_once(office, jwt())],
        list: |limit| format!("/functions/v1/phone-numbers-list?limit={limit}"),
        numbers: |page| texts(&page["phone_numbers"], "phone_number"),
        next: |path, page| {
            let pagination = &page["pagination"];
            let shown = pagination["offset"].as_u64().unwrap() + pagination["limit"].as_u64().unwrap();
            let first = path.split("&offset").next().unwrap();
            (pagination["has_more"] == true).then(|| format!("{first}&offset={shown}"))
        },
        nowhere: "/functions/v1/nothing",
        write: Some(("POST", PURCHASE)),
        malformed: Some(("/functions/v1/phone-numbers-list?limit=x", 400)),
        one: None,
        get: Some(|office| {
            let number = fresh(office);
            office.done(&jwt(), "POST", PURCHASE, Some(&json!({"phone_numbers": [{"phone_number": number}]})));
            number
        }),
        lose: Some(|office, id, _| {
            let id = id.parse::<uuid::Uuid>().unwrap();
            office.done(&jwt(), "POST", RELEASE, Some(&json!({"phone_number_ids": [id], "confirm": true})));
        }),
        says: |body| {
            let gateway = body["message"].as_str().filter(|_| body["code"].is_string());
            body["error"].as_str().or(gateway).map(str::to_owned)
        },
    },
    Probe {
        name: "butter",
        sign: |key| vec![("x-api-key", key.expose())],
        wrong: |office| vec![jwt(), office.basic(), two_at_once(office, office.api_key())],
        list: |limit| format!("/api/phone-numbers?page_size={limit}"),
        numbers: |page| texts(&page["data"], "phone_number"),
        next: |path, page| {
            let cursor = page["pagination"]["next_cursor"].as_str()?;
            Some(format!("{}&cursor={cursor}", path.split("&cursor").next().unwrap()))
        },
        nowhere: "/api/phone-numbers/a/b",
        write: Some(("POST", "/api/phone-numbers")),
        malformed: Some(("/api/phone-numbers?page_size=0", 400)),
        one: Some(|id, _| format!("/api/phone-numbers/phon_{id}")),
        get: Some(|office| {
            let number = "+4930100000001";
            let body = json!({"phone_number": number, "provider": "sip", "supports_inbound": true});
            office.done(&office.api_key(), "POST", "/api/phone-numbers", Some(&body));
            number.to_owned()
        }),
        lose: Some(|office, id, _| {
            office.done(&office.api_key(), "DELETE", &format!("/api/phone-numbers/phon_{id}"), None);
        }),
        says: |body| body["detail"].as_str().map(str::to_owned),
    },
    Probe {
        name: "agora",
        sign: basic,
        wrong: |office| {
            let secret = office.key.secret.expose();
            let theirs = vec![("authorization", format!("agora token={secret}"))];
            vec![jwt(), office.bearer(), office.api_key(), theirs, two_at_once(office, office.basic())]
        },
        list: |_| "/api/conversational-ai-agent/v2/phone-numbers".to_owned(),
        numbers: |page| texts(page, "phone_number"),
        next: |_, _| None,
        nowhere: "/api/conversational-ai-agent/v2/phone-numbers/a/b",
        write: Some(("POST", "/api/conversational-ai-agent/v2/phone-numbers")),
        malformed: None,
        one: Some(|_, number| format!("/api/conversational-ai-agent/v2/phone-numbers/{number}")),
        get: Some(|office| {
            let number = "+4930100000002";
            let body = json!({"provider": "byo", "phone_number": number, "label": "Berlin"});
            office.done(&office.basic(), "POST", "/api/conversational-ai-agent/v2/phone-numbers", Some(&body));
            number.to_owned()
        }),
        lose: Some(|office, _, number| {
            let path = format!("/api/conversational-ai-agent/v2/phone-numbers/{number}");
            office.done(&office.basic(), "DELETE", &path, None);
        }),
        says: |body| {
            let same = body["error_type"] == body["reason"] && body["description"] == body["detail"];
            body["detail"].as_str().filter(|_| same && body["reason"].is_string()).map(str::to_owned)
        },
    },
    Probe {
        name: "instaview",
        sign: bearer,
        wrong: |office| vec![jwt(), office.basic(), office.api_key(), two_at_once(office, office.bearer())],
        list: |limit| format!("/phone-numbers?limit={limit}"),
        numbers: |page| texts(&page["data"], "number"),
        next: |path, page| {
            let at = page["page"].as_u64().unwrap();
            let first = path.split("&page").next().unwrap();
            (at < page["totalPages"].as_u64().unwrap()).then(|| format!("{first}&page={}", at + 1))
        },
        nowhere: "/phone-numbers/a",
        write: None,
        malformed: Some(("/phone-numbers?limit=101", 400)),
        one: None,
        get: None,
        lose: None,
        says: |body| {
            let is_worn = body["success"] == false && body["data"].is_null() && body["timestamp"].is_string();
            let code = body["error"]["code"].is_string() && body["statusCode"].is_u64();
            body["error"]["message"].as_str().filter(|_| is_worn && code).map(str::to_owned)
        },
    },
    Probe {
        name: "agentphone",
        sign: bearer,
        wrong: |office| vec![jwt(), office.basic(), office.api_key(), two_at_once(office, office.bearer())],
        list: |limit| format!("/v1/numbers?limit={limit}"),
        numbers: |page| texts(&page["data"], "phoneNumber"),
        next: |path, page| {
            let (first, offset) = path.split_once("&offset=").unwrap_or((path, "0"));
            let shown = offset.parse::<usize>().unwrap() + page["data"].as_array().unwrap().len();
            (page["hasMore"] == true).then(|| format!("{first}&offset={shown}"))
        },
        nowhere: "/v1/nothing",
        write: Some(("POST", "/v1/numbers")),
        malformed: Some(("/v1/numbers?limit=101", 422)),
        one: Some(|id, _| format!("/v1/numbers/num_{id}")),
        get: Some(|office| {
            let bought = office.done(&office.bearer(), "POST", "/v1/numbers", Some(&json!({"areaCode": "970"})));
            bought["phoneNumber"].as_str().unwrap().to_owned()
        }),
        lose: Some(|office, id, _| {
            office.done(&office.bearer(), "DELETE", &format!("/v1/numbers/num_{id}"), None);
        }),
        says: |body| {
            let error = &body["error"];
            let is_worn = error["code"].is_string() && error["type"].is_string() && error["details"].is_array();
            let has_detail = body["detail"].is_string() || body["detail"][0]["msg"].is_string();
            error["message"].as_str().filter(|_| is_worn && has_detail).map(str::to_owned)
        },
    },
];

impl Probe {
    /// The numbers of all pages, in their order.
    pub fn walk(&self, office: &Office, limit: u32) -> Vec<String> {
        let (headers, mut path, mut seen) = ((self.sign)(&office.key), Some((self.list)(limit)), Vec::new());
        while let Some(at) = path {
            let page = office.done(&headers, "GET", &at, None);
            seen.extend((self.numbers)(&page));
            path = (self.next)(&at, &page);
        }
        seen
    }

    /// Checks that a failure wears the envelope and tells nothing of what is inside, and gives what it says.
    pub fn worn(&self, answer: &Answer, status: u16) -> String {
        let text = answer.text();
        assert_eq!(answer.status, status, "{}: {text}", self.name);
        let kind = answer.header("content-type").unwrap_or_default();
        assert!(kind.starts_with("application/json"), "{} {status}: {kind} {text}", self.name);
        let says = (self.says)(&answer.json());
        let says = says.unwrap_or_else(|| panic!("{} {status} does not wear the envelope: {text}", self.name));
        assert!(!says.is_empty(), "{} {status}: {text}", self.name);
        for inside in ["sqlite", "no such table", "agency_phone_numbers", "panicked", "src/", "Error {", "agency_no"] {
            assert!(!text.contains(inside), "{} {status} tells {inside}: {text}", self.name);
        }
        says
    }
}
