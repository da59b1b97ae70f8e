//! An agency that buys: a server with a simulator behind it, in its own process or in another where things go wrong.

use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use linekeeper::carrier::Rented;
use linekeeper::carrier::simulator::{Fault, Request};
use linekeeper::model::{Carrier, Number, NumberId, Role, Route, UserId};
use serde_json::{Value, json};

use crate::house::House;
use crate::support::{
    Answer, Inventory, SECRET, Server, add_agency, add_agent, add_user, agent, id, linekeeper, number, token,
};

pub const SEARCH: &str = "/functions/v1/phone-numbers-search";
pub const PURCHASE: &str = "/functions/v1/phone-numbers-purchase";
pub const ASSIGN: &str = "/functions/v1/phone-numbers-assign";
pub const RELEASE: &str = "/functions/v1/phone-numbers-release";

/// Northwind's people.
pub const OWNER: u64 = 11;
pub const ADMIN: u64 = 12;
pub const MEMBER: u64 = 13;
/// Lumen's owner.
pub const THEIR_OWNER: u64 = 21;
/// Northwind's agents: one that is called at the voice engine, one that has a route of its own, and Lumen's.
pub const PLAIN: u64 = 41;
pub const ROUTED: u64 = 42;
pub const THEIR_AGENT: u64 = 91;
/// Where the routed agent's calls go.
pub const VOICE_URL: &str = "https://agents.example/sales";

/// Two agencies, of which the first has three kinds of people.
pub fn two_agencies() -> Inventory {
    let inventory = Inventory::empty();
    inventory.write(|change| {
        let scope = add_agency(change, 1, "Northwind")?;
        add_user(change, Some(&scope), OWNER, Role::AgencyOwner)?;
        add_user(change, Some(&scope), ADMIN, Role::AgencyAdmin)?;
        add_user(change, Some(&scope), MEMBER, Role::AgencyMember)?;
        add_agent(change, &scope, &agent(PLAIN, Some("Plain")))?;
        let routed = agent(ROUTED, Some("Routed"));
        add_agent(change, &scope, &routed)?;
        let route = Route { voice_url: Some(VOICE_URL.into()), ..Route::default() };
        change.set_agent_route(&scope, routed.id, &route)?;
        let other = add_agency(change, 2, "Lumen")?;
        add_user(change, Some(&other), THEIR_OWNER, Role::AgencyOwner)?;
        add_agent(change, &other, &agent(THEIR_AGENT, Some("Theirs")))
    });
    inventory
}

/// A server that sells numbers.
pub struct Shop {
    pub inventory: Inventory,
    pub server: Server,
    house: Option<House>,
}

impl Shop {
    /// With a simulator in its own process.
    pub fn open() -> Self {
        Self::with(&[])
    }

    /// The same, with settings.
    pub fn with(settings: &[(&str, &str)]) -> Self {
        Self::of(two_agencies(), settings)
    }

    /// The same, of an inventory.
    pub fn of(inventory: Inventory, settings: &[(&str, &str)]) -> Self {
        let server = Server::spawn(serving(&inventory, settings));
        Self { inventory, server, house: None }
    }

    /// With a simulator in another process, in which things can be made to go wrong.
    pub fn with_faults(settings: &[(&str, &str)]) -> Self {
        let (inventory, house) = (two_agencies(), House::there());
        let url = house.url().unwrap().to_owned();
        let settings: Vec<_> = [("SIMULATOR__URL", &*url)].into_iter().chain(settings.iter().copied()).collect();
        let server = Server::spawn(serving(&inventory, &settings));
        Self { inventory, server, house: Some(house) }
    }

    pub fn house(&self) -> &House {
        self.house.as_ref().unwrap()
    }

    pub fn fault(&self, request: Request, fault: Fault, times: u32) {
        self.house().order_fault(request, fault, times);
    }

    /// What the simulator says of a number.
    pub fn there(&self, number: &str) -> Option<Rented> {
        self.house().port.owned(Some(&number.parse().unwrap())).unwrap().pop()
    }

    pub fn get(&self, user: u64, path: &str) -> Answer {
        self.server.ask("GET", path, Some(&token(UserId(id(user)))))
    }

    pub fn send(&self, user: u64, method: &str, path: &str, body: &Value) -> Answer {
        self.server.send(method, path, Some(&token(UserId(id(user)))), body)
    }

    pub fn post(&self, user: u64, path: &str, body: &Value) -> Answer {
        self.send(user, "POST", path, body)
    }

    /// The same with headers beside the token, and any body.
    pub fn post_with(&self, user: u64, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let bearer = format!("Bearer {}", token(UserId(id(user))));
        let mut all = vec![("authorization", &*bearer)];
        all.extend(headers);
        self.server.send_with("POST", path, &all, body)
    }

    /// Numbers that can be bought.
    pub fn stock(&self, count: usize) -> Vec<String> {
        let answer = self.get(OWNER, &format!("{SEARCH}?country_code=US&area_code=970&limit={count}")).json();
        let numbers = answer["phone_numbers"].as_array().unwrap().iter();
        let numbers: Vec<_> = numbers.map(|offer| offer["phone_number"].as_str().unwrap().to_owned()).collect();
        assert_eq!(numbers.len(), count);
        numbers
    }

    /// Buys whatever number, and gives its row.
    pub fn bought(&self) -> Value {
        let bought = self.post(OWNER, PURCHASE, &wish(&self.stock(1)[0]));
        assert_eq!(bought.status, 200, "{}", bought.text());
        self.row(bought.json()["phone_numbers"][0]["phone_number"].as_str().unwrap())
    }

    /// An agency's numbers, as its list shows them.
    pub fn rows(&self, user: u64) -> Vec<Value> {
        let list = self.server.list(&token(UserId(id(user))), "?include_released=true&limit=200").json();
        list["phone_numbers"].as_array().unwrap().clone()
    }

    /// Northwind's row of a number, which it must have.
    pub fn row(&self, number: &str) -> Value {
        let mut rows = self.rows(OWNER).into_iter().filter(|row| row["phone_number"] == number);
        rows.next().unwrap_or_else(|| panic!("{number} is not in the list"))
    }

    /// Waits for Northwind's row of a number to become so.
    pub fn awaited(&self, number: &str, is: impl Fn(&Value) -> bool) -> Value {
        let began = Instant::now();
        loop {
            let row = self.row(number);
            if is(&row) {
                return row;
            }
            assert!(began.elapsed() < Duration::from_secs(10), "it stays as it is: {row}\n{}", self.server.log());
            std::thread::sleep(Duration::from_millis(25));
        }
    }

    pub fn summary(&self) -> Value {
        self.server.list(&token(UserId(id(OWNER))), "").json()["summary"].clone()
    }

    /// What a command prints, which must succeed.
    pub fn command(&self, arguments: &[&str]) -> String {
        let output = linekeeper().args(arguments).arg("--data-dir").arg(self.inventory.path()).output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// Adds a number that was not bought here.
    pub fn brought(&self, row: &Number) {
        self.inventory.write(|change| {
            let scope = change.operator_scope(linekeeper::model::AgencyId(id(1)))?.unwrap();
            change.add_number(&scope, row)
        });
    }
}

/// What starts a server of an inventory.
pub fn serving(inventory: &Inventory, settings: &[(&str, &str)]) -> Command {
    let mut command = linekeeper();
    command.args(["serve", "--listen", "127.0.0.1:0", "--data-dir"]).arg(inventory.path());
    command.env("LINEKEEPER_JWT_SECRET", SECRET);
    let quick =
        [("ORDERS__RETRY_DELAY", "50ms"), ("ORDERS__ABSENCE_PROOF", "200ms"), ("ORDERS__CARRIER_DEADLINE", "700ms")];
    for (name, value) in quick.iter().chain(settings) {
        command.env(format!("LINEKEEPER_{name}"), value);
    }
    command
}

/// The body that buys one number.
pub fn wish(number: &str) -> Value {
    json!({"phone_numbers": [{"phone_number": number}]})
}

/// The body that gives numbers back.
pub fn goodbye(ids: &[&Value]) -> Value {
    json!({"phone_number_ids": ids, "confirm": true})
}

/// A number that came with an import, or that the agency brought along.
pub fn row_at(place: u64, carrier: Carrier) -> Number {
    Number { id: NumberId(id(place)), carrier, ..number(place, &format!("+19705550{place:03}")) }
}

/// The same, answered by an agent.
pub fn answered_by(row: Number, number: u64) -> Number {
    Number { agent: Some(Arc::new(agent(number, None))), ..row }
}

pub fn text(id: u64) -> String {
    crate::support::id(id).to_string()
}

/// What a refusal says.
pub fn error(answer: &Answer) -> String {
    answer.json()["error"].as_str().unwrap_or_else(|| panic!("no error: {}", answer.text())).to_owned()
}
