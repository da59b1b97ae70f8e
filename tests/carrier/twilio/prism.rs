//! Whether each request is one that Twilio's own description allows: asked of Prism, which `tests/prism/run` starts with it.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use linekeeper::carrier::{Port, Refusal, Rented, Traits, Trouble};
use linekeeper::model::{Features, NumberType, Papers, Route, Timestamp, Wanted};
use serde_json::Value;

use super::{PN, SID, answer, request, twilio};
use crate::house::{e164, order, refusal, wanted};

/// What Prism calls its own refusals.
const OBJECTION: &str = "https://stoplight.io/prism/errors#";
/// The number in Twilio's examples of what an account has.
const OWNED: &str = "+18089255327";
/// The one in those of what is for sale.
const FOR_SALE: &str = "+18089251571";

/// One server for both of Twilio's, as the client takes it, in front of a Prism for each.
struct Front {
    url: String,
    /// Each request, and the body of its answer.
    seen: Arc<Mutex<Vec<(String, String)>>>,
}

impl Front {
    fn open() -> Self {
        let prism =
            |name: &str| std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set: run tests/prism/run"));
        let (api, pricing) = (prism("PRISM_URL"), prism("PRISM_PRICING_URL"));
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let seen = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&seen);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let asked = request(&mut stream);
                let said = answered(&asked, &api, &pricing);
                let text = String::from_utf8(said.clone()).unwrap();
                kept.lock().unwrap().push((asked, text.split_once("\r\n\r\n").unwrap().1.to_owned()));
                stream.write_all(&said).unwrap();
            }
        });
        Self { url, seen }
    }

    /// All of these were asked, and nothing that the description does not allow.
    fn approves(&self, lines: &[&str]) {
        let asked = self.seen.lock().unwrap().iter().map(|(asked, _)| asked.clone()).collect::<Vec<_>>();
        for line in lines {
            assert!(asked.iter().any(|asked| asked.lines().next().unwrap().contains(line)), "{line} was not asked");
        }
        let described = asked.iter().filter(|asked| !asked.contains("/Calls.json"));
        let unknown = described.flat_map(|asked| unknown_names(asked)).collect::<Vec<_>>();
        assert!(unknown.is_empty(), "{unknown:#?}");
        let objections = self.objections();
        assert!(objections.is_empty(), "{objections:#?}");
    }

    /// What Prism objects to since this was last asked.
    fn objections(&self) -> Vec<(String, String)> {
        let seen = std::mem::take(&mut *self.seen.lock().unwrap());
        seen.into_iter().filter(|(_, said)| said.contains(OBJECTION)).collect()
    }
}

fn answered(asked: &str, api: &str, pricing: &str) -> Vec<u8> {
    let path = asked.split(' ').nth(1).unwrap();
    // The calls are not in our copy of the description.
    if path.contains("/Calls.json?") {
        return answer("200 OK", r#"{"calls":[]}"#);
    }
    let server = if path.starts_with("/v1/") { pricing } else { api };
    // The example of a first page names a second, for which there is none but this.
    let second = "\r\nprefer: example=readEmptySentdateGreater\r\n";
    let asked = if path.contains("&PageToken=") { asked.replacen("\r\n", second, 1) } else { asked.to_owned() };
    let mut upstream = TcpStream::connect(server.strip_prefix("http://").unwrap()).unwrap();
    upstream.write_all(asked.as_bytes()).unwrap();
    let mut said = String::new();
    upstream.read_to_string(&mut said).unwrap();
    let _ = upstream.shutdown(Shutdown::Both);
    // The one example of prices has two kinds. These are as long.
    let kinds = [("/GB", "mobile   "), ("/DE", "national ")];
    let kind = kinds.into_iter().find(|(country, _)| path.ends_with(country)).map_or("toll free", |(_, kind)| kind);
    said.replace("toll free", kind).into_bytes()
}

/// The names in a request that the description does not have for it. Prism lets those pass.
fn unknown_names(asked: &str) -> Vec<String> {
    let (method, rest) = asked.split_once(' ').unwrap();
    let (path, query) = rest.split(' ').next().map(|url| url.split_once('?').unwrap_or((url, ""))).unwrap();
    let file = if path.starts_with("/v1/") { "twilio_pricing_v1.json" } else { "twilio_api_v2010.json" };
    let text = std::fs::read_to_string(format!("tests/carrier/openapi/{file}")).unwrap();
    let description = serde_json::from_str::<Value>(&text).unwrap();
    let fits = |template: &str| {
        let (mut asked, mut known) = (path.split('/'), template.split('/'));
        // The most that a template leaves open is a whole name before `.json`.
        let same = |(asked, known): (&str, &str)| asked == known || known.starts_with('{') && !asked.is_empty();
        template.split('/').count() == path.split('/').count() && asked.by_ref().zip(known.by_ref()).all(same)
    };
    let paths = description["paths"].as_object().unwrap();
    // What is written out goes before what is left open: `Local.json` is a list, and no number's id.
    let (_, found) =
        paths.iter().filter(|(template, _)| fits(template)).min_by_key(|(name, _)| name.matches('{').count()).unwrap();
    let operation = &found[method.to_lowercase()];
    let form = &operation["requestBody"]["content"]["application/x-www-form-urlencoded"]["schema"]["properties"];
    let in_query = operation["parameters"].as_array().into_iter().flatten().filter(|known| known["in"] == "query");
    let mut known = in_query.map(|known| known["name"].as_str().unwrap()).collect::<Vec<_>>();
    known.extend(form.as_object().into_iter().flat_map(|form| form.keys().map(String::as_str)));
    let body = asked.split_once("\r\n\r\n").unwrap().1;
    let names = [query, body].into_iter().flat_map(|pairs| pairs.split('&')).filter(|pair| !pair.is_empty());
    let names = names.map(|pair| pair.split('=').next().unwrap().replace("%3E", ">"));
    names.filter(|name| !known.contains(&name.as_str())).map(|name| format!("{method} {path}: {name}")).collect()
}

fn rented() -> Rented {
    Rented {
        phone_number: e164(OWNED),
        carrier_number_id: PN.into(),
        route: Route::default(),
        traits: Traits::default(),
    }
}

#[test]
#[ignore = "needs Prism: run tests/prism/run"]
fn every_question_is_one_that_twilios_description_allows() {
    let front = Front::open();
    let twilio = twilio(&front.url);
    twilio.check().unwrap();
    let exactly = Wanted { exactly: Some(e164(FOR_SALE)), limit: 1, ..Wanted::default() };
    assert_eq!(twilio.search(&exactly).unwrap()[0].phone_number, e164(FOR_SALE));
    let some = |text: &str| Some(text.to_owned());
    let everything = Wanted {
        area_code: some("808"),
        city: some("Hilo"),
        state: some("Hawaii"),
        contains: some("925"),
        starts_with: some("8089"),
        ends_with: some("71"),
        features: Features { voice: true, sms: true, mms: true, fax: true, emergency: false },
        ..wanted("US")
    };
    twilio.search(&everything).unwrap();
    let kinds = [("US", NumberType::TollFree), ("GB", NumberType::Mobile), ("DE", NumberType::National)];
    for (country, number_type) in kinds {
        twilio.search(&Wanted { number_type: Some(number_type), ends_with: some("71"), ..wanted(country) }).unwrap();
    }
    assert_eq!(twilio.owned(None).unwrap().len(), 1);
    assert_eq!(twilio.owned(Some(&e164(OWNED))).unwrap().len(), 1);
    let costs = twilio.monthly_costs(&[rented()]).unwrap();
    assert_eq!(costs[0].as_ref().unwrap().amount.to_string(), "1.00");
    let since = "2019-01-01T12:00:00Z".parse::<Timestamp>().unwrap();
    assert!(!twilio.used_since(since).unwrap().unwrap().is_empty());
    front.approves(&[
        &format!("GET /2010-04-01/Accounts/{SID}.json HTTP"),
        "/AvailablePhoneNumbers/US/Local.json?",
        "/AvailablePhoneNumbers/US/TollFree.json?",
        "/AvailablePhoneNumbers/GB/Mobile.json?",
        "/AvailablePhoneNumbers/DE/National.json?",
        "/IncomingPhoneNumbers.json?PageSize=1000 HTTP",
        "/IncomingPhoneNumbers.json?PhoneNumber=",
        "/Messages.json?DateSent",
        "/v1/PhoneNumbers/Countries/US HTTP",
    ]);
}

#[test]
#[ignore = "needs Prism: run tests/prism/run"]
fn every_deed_is_one_that_twilios_description_allows() {
    let front = Front::open();
    let twilio = twilio(&front.url);
    let id = |kind: &str| Some(format!("{kind}{}", "1".repeat(32)));
    let whole = Route {
        voice_url: Some("https://voice.example/agents/1?a=b&c=d".into()),
        sms_url: Some("https://sms.example/".into()),
        application_id: id("AP"),
        trunk_id: id("TK"),
        ..Route::default()
    };
    let papers = Papers { address_id: id("AD"), bundle_id: id("BU"), requirement_group_id: None };
    let buy = |number: &str, route, papers| twilio.acquire(&e164(number), order(1), route, papers);
    assert_eq!(refusal(buy(OWNED, &whole, &papers)), Refusal::AlreadyOwned);
    // The example of a purchase is of another number than this.
    for (route, papers) in [(&whole, &papers), (&Route::default(), &Papers::default())] {
        assert!(matches!(buy("+18089250000", route, papers), Err(Trouble::Unknown(_))));
    }
    twilio.configure(&rented(), &whole).unwrap();
    twilio.release(&rented()).unwrap();
    front.approves(&[
        "POST /2010-04-01/",
        "/IncomingPhoneNumbers.json HTTP",
        &format!("/IncomingPhoneNumbers/{PN}.json HTTP"),
        "DELETE /2010-04-01/",
    ]);
}
