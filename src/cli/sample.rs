//! A sample inventory, made up: agencies, users, agents and numbers that look real, the same for the same seed.

use std::collections::HashSet;
use std::sync::Arc;

use uuid::Uuid;

use crate::carrier::simulator::ACCOUNT;
use crate::model::{
    Agency, AgencyId, Agent, AgentId, AgentRecord, AgentSettings, Carrier, E164, Error, Money, Number, NumberId,
    Result, Role, Status, Timestamp, User, UserId,
};
use crate::store::{Change, Scope};

/// What a made-up agency is like.
struct Plan {
    name: &'static str,
    domain: &'static str,
    agents: &'static [&'static str],
    /// Of a hundred numbers, how many are its.
    share: usize,
    child_of_first: bool,
}

const AGENCIES: [Plan; 4] = [
    Plan {
        name: "Northwind Voice",
        domain: "northwind.example",
        agents: &["Sales Agent", "Support tier 1", "Support tier 2", "Réception", "Appointment desk", "Night shift"],
        share: 85,
        child_of_first: false,
    },
    Plan {
        name: "Lumen Telephony",
        domain: "lumen.example",
        agents: &["Front desk", "Billing", "Überlauf"],
        share: 10,
        child_of_first: false,
    },
    Plan {
        name: "Bright Dental",
        domain: "bright.example",
        agents: &["Bookings", "Reminders"],
        share: 5,
        child_of_first: true,
    },
    Plan { name: "Harbour Legal", domain: "harbour.example", agents: &["Intake"], share: 0, child_of_first: false },
];

/// A country's numbers: where they are, how they begin, how many digits follow, and what they cost a month.
struct Country {
    code: &'static str,
    prefix: &'static str,
    places: &'static [(&'static str, &'static str)],
    digits: u32,
    types: &'static [&'static str],
    monthly: i64,
    currency: &'static str,
}

const COUNTRIES: [Country; 6] = [
    Country {
        code: "US",
        prefix: "+1",
        places: &[
            ("970", "Denver"),
            ("415", "San Francisco"),
            ("646", "New York"),
            ("512", "Austin"),
            ("206", "Seattle"),
        ],
        digits: 7,
        types: &["local", "local", "local", "toll_free"],
        monthly: 11_500,
        currency: "USD",
    },
    Country {
        code: "CA",
        prefix: "+1",
        places: &[("416", "Toronto"), ("604", "Vancouver"), ("514", "Montréal")],
        digits: 7,
        types: &["local"],
        monthly: 11_500,
        currency: "USD",
    },
    Country {
        code: "GB",
        prefix: "+44",
        places: &[("20", "London"), ("161", "Manchester"), ("131", "Edinburgh")],
        digits: 7,
        types: &["local", "mobile", "national"],
        monthly: 10_000,
        currency: "GBP",
    },
    Country {
        code: "DE",
        prefix: "+49",
        places: &[("30", "Berlin"), ("89", "München"), ("40", "Hamburg")],
        digits: 7,
        types: &["local", "national"],
        monthly: 10_850,
        currency: "EUR",
    },
    Country {
        code: "FR",
        prefix: "+33",
        places: &[("1", "Paris"), ("4", "Lyon")],
        digits: 8,
        types: &["local", "national"],
        monthly: 10_075,
        currency: "EUR",
    },
    Country {
        code: "AU",
        prefix: "+61",
        places: &[("2", "Sydney"), ("3", "Melbourne")],
        digits: 8,
        types: &["local", "mobile", "toll_free"],
        monthly: 60_000,
        currency: "USD",
    },
];

const LINES: [&str; 4] = ["Main Line", "Sales Line", "Support Line", "Night Line"];
const USES: [&str; 8] = ["Sales", "After hours", "Campaign", "Réception", "Überlauf", "Reminders", "Test", "Fax"];

const CUSTOMERS: [&str; 10] = [
    "Acme",
    "Müller & Söhne",
    "Café Zoë",
    "100% Solar",
    "Straße 7 GmbH",
    "O'Neill",
    "東京支店",
    "Ærø Færgen",
    "Łódź Taxi",
    "Vega_Group",
];

/// The people of every agency.
const PEOPLE: [(&str, Role); 3] =
    [("olivia", Role::AgencyOwner), ("adam", Role::AgencyAdmin), ("mia", Role::AgencyMember)];

const SECOND: i64 = 1_000_000;
/// What the sample's UUIDv7s say of their making, from here on a millisecond each: 2025-01-01T00:00:00Z.
const EPOCH_MILLIS: u64 = 1_735_689_600_000;

/// Puts the sample into an empty store: `numbers` in all, the newest a moment before `now`.
///
/// # Errors
/// What the store says.
pub fn settle(change: &Change, numbers: usize, seed: u64, now: Timestamp) -> Result<()> {
    let mut dice = Dice { state: seed, ids: 0 };
    let mut taken = HashSet::new();
    let mut first: Option<Scope> = None;
    for plan in &AGENCIES {
        let agency = Agency {
            id: AgencyId(dice.id()),
            parent: first.filter(|_| plan.child_of_first).map(|scope| scope.agency()),
            name: plan.name.into(),
            created_at: now,
        };
        let scope = change.add_agency(&agency, first.as_ref().filter(|_| plan.child_of_first))?;
        for (person, role) in PEOPLE {
            let email = format!("{person}@{}", plan.domain);
            let user = User { id: UserId(dice.id()), agency: Some(agency.id), email: Some(email), role };
            change.add_user(Some(&scope), &user, now)?;
        }
        let agents = hire(change, &scope, plan, &mut dice, now)?;
        let others: usize = AGENCIES[1..].iter().map(|other| numbers * other.share / 100).sum();
        let its_own = if first.is_none() { numbers - others } else { numbers * plan.share / 100 };
        let mut stock = Stock { taken: &mut taken, account: Some(ACCOUNT) };
        rent(change, &scope, &agents, its_own, &mut dice, now, &mut stock, &mut || {})?;
        first.get_or_insert(scope);
    }
    let email = Some("newcomer@elsewhere.example".into());
    let newcomer = User { id: UserId(dice.id()), agency: None, email, role: Role::AgencyMember };
    change.add_user(None, &newcomer, now)
}

fn hire(change: &Change, scope: &Scope, plan: &Plan, dice: &mut Dice, now: Timestamp) -> Result<Vec<Arc<Agent>>> {
    let mut agents = Vec::new();
    for (place, name) in plan.agents.iter().enumerate() {
        let agent = Arc::new(Agent {
            id: AgentId(dice.id()),
            engine_id: format!("uv-{}-{}", plan.domain.split('.').next().unwrap_or_default(), place + 1),
            name: Some((*name).into()),
            voice: Some((*dice.pick(&["en-US-Standard", "en-GB-Warm", "de-DE-Klar", "fr-FR-Douce"])).into()),
            language: (*dice.pick(&["en", "en", "de", "fr"])).into(),
            records_calls: dice.chance(80),
        });
        change.add_agent(
            scope,
            &AgentRecord { agent: Agent::clone(&agent), settings: AgentSettings::default(), created_at: now },
        )?;
        agents.push(agent);
    }
    Ok(agents)
}

/// Fills an empty store with agencies of these sizes, each with an owner and a few agents. Gives the first one's owner.
///
/// # Errors
/// What the store says.
pub fn fill(
    change: &Change,
    sizes: &[usize],
    seed: u64,
    now: Timestamp,
    moved: &mut dyn FnMut(),
) -> Result<Option<UserId>> {
    let mut dice = Dice { state: seed, ids: 0 };
    let mut first = None;
    for (place, numbers) in sizes.iter().enumerate() {
        let name = format!("Agency {}", place + 1);
        let agency = Agency { id: AgencyId(dice.id()), parent: None, name, created_at: now };
        let scope = change.add_agency(&agency, None)?;
        let email = Some(format!("owner@agency{}.example", place + 1));
        let owner = User { id: UserId(dice.id()), agency: Some(agency.id), email, role: Role::AgencyOwner };
        change.add_user(Some(&scope), &owner, now)?;
        let agents = hire(change, &scope, &AGENCIES[0], &mut dice, now)?;
        let mut stock = Stock { taken: &mut HashSet::with_capacity(*numbers), account: None };
        rent(change, &scope, &agents, *numbers, &mut dice, now, &mut stock, moved)?;
        first.get_or_insert(owner.id);
    }
    Ok(first)
}

/// Where made-up numbers come from.
struct Stock<'t> {
    /// What is rented already.
    taken: &'t mut HashSet<E164>,
    /// The account that those of the simulator are rented with.
    account: Option<&'static str>,
}

#[allow(clippy::too_many_arguments, reason = "each is one thing")]
fn rent(
    change: &Change,
    scope: &Scope,
    agents: &[Arc<Agent>],
    numbers: usize,
    dice: &mut Dice,
    now: Timestamp,
    stock: &mut Stock<'_>,
    moved: &mut dyn FnMut(),
) -> Result<()> {
    // Counted back from now and added forwards, which is the order in which they lie.
    let mut times = Vec::with_capacity(numbers);
    let mut created_at = Timestamp(now.0 - now.0.rem_euclid(SECOND));
    for _ in 0..numbers {
        // One in eight is as old as the one before it, to the second: ties are real, and lists must not mind.
        if !dice.chance(12) {
            created_at = Timestamp(created_at.0 - SECOND * (1 + dice.below(7_200)));
        }
        times.push(created_at);
    }
    for created_at in times.into_iter().rev() {
        let mut number = invent(dice, agents, created_at)?;
        while !stock.taken.insert(number.phone_number.clone()) {
            number.phone_number = dial(dice, country_of(&number))?;
        }
        let is_in_service = matches!(number.status, Status::Active | Status::Suspended);
        if number.carrier == Carrier::Simulator && is_in_service {
            number.carrier_account = stock.account.map(Into::into);
        }
        change.add_number(scope, &number)?;
        moved();
    }
    Ok(())
}

fn country_of(number: &Number) -> &'static Country {
    COUNTRIES.iter().find(|country| Some(country.code) == number.country_code.as_deref()).unwrap_or(&COUNTRIES[0])
}

fn dial(dice: &mut Dice, country: &Country) -> Result<E164> {
    let (area, _) = dice.pick(country.places);
    let subscriber = dice.below(10_i64.pow(country.digits));
    let width = country.digits as usize;
    format!("{}{area}{subscriber:0width$}", country.prefix).parse().map_err(Error::internal)
}

fn invent(dice: &mut Dice, agents: &[Arc<Agent>], created_at: Timestamp) -> Result<Number> {
    let country = &COUNTRIES[usize::from(dice.chance(45)) * usize::try_from(dice.below(6)).unwrap_or(0)];
    let status = match dice.below(100) {
        0..82 => Status::Active,
        82..89 => Status::Pending,
        89..92 => Status::Suspended,
        _ => Status::Released,
    };
    let carrier = *dice.pick(&[Carrier::Simulator, Carrier::Twilio, Carrier::Telnyx, Carrier::Sip]);
    // Numbers can be ordered for an agent, and released ones may keep theirs.
    let assigned = dice.chance(if matches!(status, Status::Active | Status::Suspended) { 70 } else { 25 });
    let later = |seconds: i64| Timestamp(created_at.0 + SECOND * seconds);
    let id = NumberId(dice.id());
    let phone_number = dial(dice, country)?;
    let place = country.places.iter().find(|(area, _)| phone_number.as_str()[country.prefix.len()..].starts_with(area));
    Ok(Number {
        id,
        phone_number,
        carrier_number_id: (status != Status::Pending).then(|| format!("{:016x}", dice.next()).into()),
        friendly_name: dice.chance(90).then(|| name(dice).into()),
        number_type: Some((*dice.pick(country.types)).into()),
        country_code: Some(country.code.into()),
        voice_enabled: true,
        sms_enabled: dice.chance(60),
        mms_enabled: dice.chance(20),
        inbound: dice.chance(90),
        outbound: dice.chance(40),
        monthly_cost: (carrier != Carrier::Sip).then_some(Money(country.monthly)),
        setup_cost: (carrier != Carrier::Sip).then_some(Money(0)),
        currency: country.currency.into(),
        status,
        is_active: status == Status::Active,
        carrier,
        carrier_account: None,
        location: place.map(|(_, city)| format!("{city}, {}", country.code).into()),
        routing: None,
        purchased_at: (status != Status::Pending).then_some(created_at),
        released_at: (status == Status::Released).then(|| later(0)),
        external_id: None,
        expires_at: None,
        created_at,
        updated_at: created_at,
        agent: assigned.then(|| dice.pick(agents).clone()),
    })
}

/// What a number is called: nearly half of them are somebody's line, and one in five is one of many.
fn name(dice: &mut Dice) -> String {
    let customer = dice.pick(&CUSTOMERS);
    let of = if dice.chance(45) { dice.pick(&LINES) } else { dice.pick(&USES) };
    if dice.chance(20) { format!("{customer} {of} {}", dice.below(10_000)) } else { format!("{customer} {of}") }
}

/// SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", 2014): repeatable, and no secret is
/// made with it.
struct Dice {
    state: u64,
    /// How many ids were made.
    ids: u64,
}

impl Dice {
    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.state ^ (self.state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: i64) -> i64 {
        i64::try_from(self.next() % bound.unsigned_abs().max(1)).unwrap_or(0)
    }

    fn chance(&mut self, percent: i64) -> bool {
        self.below(100) < percent
    }

    fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[usize::try_from(self.below(i64::try_from(from.len()).unwrap_or(1))).unwrap_or(0)]
    }

    fn id(&mut self) -> Uuid {
        let mut random = [0; 10];
        random[..8].copy_from_slice(&self.next().to_be_bytes());
        self.ids += 1;
        uuid::Builder::from_unix_timestamp_millis(EPOCH_MILLIS + self.ids, &random).into_uuid()
    }
}
