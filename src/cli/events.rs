//! `linekeeper events`

use std::time::Duration;

use super::{Failure, open, output};
use crate::config::Config;
use crate::inventory::access;
use crate::model::{AgencyId, Event, Result as Known};
use crate::store::{Scope, Snapshot, Store};

/// How many events are shown to whoever does not say how many.
const SHOWN: u32 = 100;
/// How many are read at once.
const PAGE: u32 = 1_000;
/// How long it may take until an event that another process writes is seen.
const PATIENCE: Duration = Duration::from_millis(250);

/// Print what was changed and by whom, one change a line: place, time, agency, actor, request, what happened, to what, what
/// was there, what is there now, between tabs.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: linekeeper events --agency 0192... --follow")]
pub struct Args {
    /// Only this agency's [default: all]
    #[arg(long, value_name = "ID")]
    agency: Option<AgencyId>,
    /// Only those behind this place [default: the last 100]
    #[arg(long, value_name = "SEQ", value_parser = clap::value_parser!(i64).range(0..))]
    after: Option<i64>,
    /// How many at most of those there are already: the last, or with --after the first
    #[arg(long, value_name = "N")]
    limit: Option<u32>,
    /// Go on printing new ones until interrupted
    #[arg(long)]
    follow: bool,
}

impl Args {
    pub fn run(self, config: &Config) -> Result<(), Failure> {
        let store = open(config)?;
        let limit = self.limit.unwrap_or(if self.after.is_some() { u32::MAX } else { SHOWN });
        let begin = match self.after {
            Some(after) => after,
            None => store.read(|snapshot| snapshot.place_before_last_events(self.scope(snapshot)?.as_ref(), limit))?,
        };
        let mut reached = self.print(&store, begin, limit)?;
        while self.follow && output::is_read_after(PATIENCE) {
            reached = self.print(&store, reached, u32::MAX)?;
        }
        Ok(())
    }

    fn scope(&self, snapshot: &Snapshot) -> Known<Option<Scope>> {
        self.agency.map(|agency| access::operator(snapshot, agency)).transpose()
    }

    /// Prints events, for as long as somebody reads them, and gives the last one's place.
    fn print(&self, store: &Store, mut after: i64, mut limit: u32) -> Result<i64, Failure> {
        while limit > 0 {
            let page = limit.min(PAGE);
            let events = store.read(|snapshot| snapshot.events(self.scope(snapshot)?.as_ref(), after, page))?;
            for event in &events {
                show(event);
                after = event.seq;
            }
            if events.len() < page as usize || !output::is_read_after(Duration::ZERO) {
                break;
            }
            limit -= page;
        }
        Ok(after)
    }
}

fn show(event: &Event) {
    let (before, after) = event.fields_to_paste();
    output::row([
        &event.seq,
        &event.at,
        &event.agency.map(|agency| agency.to_string()).unwrap_or_default(),
        &event.actor,
        &event.request_id.as_deref().unwrap_or_default(),
        &format_args!("{} {}", event.noun, event.deed),
        &event.subject,
        &before.unwrap_or_default(),
        &after.unwrap_or_default(),
    ]);
}
