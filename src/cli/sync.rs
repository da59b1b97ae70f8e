//! `linekeeper sync`

use std::fmt::Display;

use super::serve::carriers;
use super::{Failure, open, output};
use crate::clock::{Clock, Ids};
use crate::config::Config;
use crate::inventory::accounts;
use crate::inventory::desk::Desk;
use crate::inventory::sync::{Comparison, Mode, Unknown, Uses};
use crate::model::{Actor, AgencyId, By, Carrier, Error, Route};

/// Compare the inventory with what the accounts at the carriers have. Nothing is ever released by it.
///
/// A line for each number that does not agree, its fields between tabs: `missing` (ours, and the account does not have
/// it), `unknown` (the account has it, and the inventory does not; what it costs a month), `overwritten` (its calls go
/// elsewhere than its agent's route says), `linked` (ours, and now known to be at this account), `adopted`, and `idle` (no
/// call and no message for thirty days). Numbers then say what is wrong with them.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: linekeeper sync --dry-run")]
pub struct Args {
    /// Only accounts at this carrier
    #[arg(long, value_name = "twilio|telnyx", value_parser = carrier)]
    carrier: Option<Carrier>,
    /// Only an agency's own accounts
    #[arg(long, value_name = "ID")]
    agency: Option<AgencyId>,
    /// Only say what does not agree
    #[arg(long, conflicts_with = "adopt")]
    dry_run: bool,
    /// Take numbers into the inventory that only the carrier knows: they become the agency's whose account it is, and their
    /// calls go on as they do
    #[arg(long)]
    adopt: bool,
}

impl Args {
    pub fn run(self, config: &Config) -> Result<(), Failure> {
        let (store, carriers) = (open(config)?, carriers(config)?);
        let mode = match (self.dry_run, self.adopt) {
            (true, _) => Mode::Look,
            (_, true) => Mode::Adopt,
            _ => Mode::Record,
        };
        let accounts = store.read(|snapshot| {
            let agencies = match self.agency {
                Some(agency) => vec![agency],
                None => snapshot.agencies()?.into_iter().map(|agency| agency.id).collect(),
            };
            let mut own = Vec::new();
            for agency in agencies {
                own.extend(accounts::list(snapshot, agency)?.into_iter().filter(|known| known.owner == agency));
            }
            Ok::<_, Error>(own)
        })?;
        let is_wanted = |of: Carrier| of != Carrier::Sip && self.carrier.is_none_or(|carrier| carrier == of);
        let accounts: Vec<_> = accounts.into_iter().filter(|known| is_wanted(known.account.carrier)).collect();
        if accounts.is_empty() {
            return Err(Failure::Failed(
                "there is no account to compare with: `linekeeper carrier add` adds one".to_owned(),
            ));
        }
        let desk = Desk::new(store, carriers, Clock::System, Ids::Fresh, config.orders);
        let mut failed = 0;
        for known in accounts {
            let account = &known.account;
            let mut fail = |why: &dyn Display| {
                failed += 1;
                output::complain(format_args!("{} {}: {why}", account.carrier.name(), account.name));
            };
            match desk.sync(known.owner, account.id, &operator(), mode) {
                Ok(Ok(found)) => show(&found, mode),
                Ok(Err(trouble)) => fail(&trouble),
                Err(error) => fail(&error),
            }
        }
        if failed > 0 {
            return Err(Failure::Failed(format!(
                "{failed} accounts could not be compared; nothing was changed for them"
            )));
        }
        Ok(())
    }
}

/// On whose behalf a command acts.
pub fn operator() -> By {
    By { actor: Actor::Operator, request_id: None, at: Some(Clock::System.now()) }
}

/// Prints what a comparison has found.
pub fn show(found: &Comparison, mode: Mode) {
    for (agency, number) in &found.missing {
        output::row([&"missing", number, agency]);
    }
    let mut adopted = 0;
    for Unknown { rented, monthly, kept_out } in &found.unknown {
        let is_adopted = mode == Mode::Adopt && kept_out.is_none();
        adopted += usize::from(is_adopted);
        let price = monthly.as_ref().map(|price| format!("{} {} a month", price.amount, price.currency));
        output::row([
            &if is_adopted { "adopted" } else { "unknown" },
            &rented.phone_number,
            &price.unwrap_or_default(),
            &kept_out.unwrap_or_default(),
        ]);
    }
    for (agency, number, there) in &found.overwritten {
        output::row([&"overwritten", number, agency, &told(there)]);
    }
    for (agency, number) in &found.linked {
        output::row([&"linked", number, agency]);
    }
    let idle = match &found.uses {
        Uses::Idle(idle) => {
            for (agency, number, last) in idle {
                output::row([&"idle", number, agency, &last.map(|at| at.to_string()).unwrap_or_default()]);
            }
            format!("{} idle", idle.len())
        }
        Uses::NoLogs => "no logs of calls and messages".to_owned(),
        Uses::Unread(said) => format!("its logs of calls and messages could not be read: {said}"),
    };
    output::remark(format_args!(
        "{} {}: {} numbers there, {} missing there, {} unknown here{}, {} overwritten, {} linked, {idle}",
        found.carrier.name(),
        found.account,
        found.listed,
        found.missing.len(),
        found.unknown.len() - adopted,
        if mode == Mode::Adopt { format!(" and {adopted} adopted") } else { String::new() },
        found.overwritten.len(),
        found.linked.len(),
    ));
}

/// Where calls and messages go, in words.
fn told(route: &Route) -> String {
    let Route { voice_url, sms_url, application_id, trunk_id, connection_id, messaging_profile_id, sip_uri } = route;
    let parts = [
        ("voice", voice_url),
        ("sms", sms_url),
        ("application", application_id),
        ("trunk", trunk_id),
        ("connection", connection_id),
        ("messaging profile", messaging_profile_id),
        ("sip", sip_uri),
    ];
    let told = parts.into_iter().filter_map(|(what, set)| Some(format!("{what} {}", set.as_ref()?)));
    let told = told.collect::<Vec<_>>().join(", ");
    if told.is_empty() { "nowhere".to_owned() } else { told }
}

fn carrier(text: &str) -> Result<Carrier, String> {
    [Carrier::Twilio, Carrier::Telnyx]
        .into_iter()
        .find(|carrier| carrier.name() == text)
        .ok_or_else(|| "it is one of twilio, telnyx".to_owned())
}
