//! Taking the numbers of a file into one agency: nothing overwritten, nothing twice, and each row that stays outside named.
//!
//! An agency's limits are not asked: they are for what is bought, and these numbers are there already.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::Hash;
use std::sync::Arc;

use super::import::{Remark, Report, Source};
use crate::clock::Ids;
use crate::files::{Draft, Refusal, Sheet, Terms};
use crate::model::{Agent, AgentId, E164, Error, Number, NumberId, Result, Status};
use crate::store::{Change, Scope};

/// Takes the rows of a file into an agency. `terms` are what holds for rows that do not say, `file` is what the file is
/// called in the report, and `moved` is called for each row.
///
/// # Errors
/// [`Error::Internal`] where the store fails. Rows that cannot be taken are in the report, and the others are taken: the
/// caller decides whether the change stands.
pub fn take_in(
    change: &Change,
    scope: &Scope,
    ids: &Ids,
    file: &str,
    sheet: &Sheet,
    terms: &Terms,
    moved: &mut dyn FnMut(),
) -> Result<Report> {
    let agents: Vec<_> = change.agents(scope)?.into_iter().map(Arc::new).collect();
    let mut arrivals = Arrivals {
        change,
        scope,
        ids,
        by_engine: agents.iter().map(|agent| (agent.engine_id.clone(), agent.clone())).collect(),
        by_id: agents.into_iter().map(|agent| (agent.id, agent)).collect(),
        ids_seen: HashMap::new(),
        numbers_seen: HashMap::new(),
        report: Report::default(),
    };
    sheet.rows(terms, |line, row| {
        moved();
        let remark = |column: &str, reason: String| Remark {
            source: Source { file: file.to_owned().into(), line },
            column: column.to_owned(),
            reason,
        };
        let met = match row {
            Ok(draft) => arrivals.meet(line, draft)?,
            Err(refusal) => Met::Refused(refusal),
        };
        let report = &mut arrivals.report;
        match met {
            Met::New => report.numbers.new += 1,
            Met::Here(differing) => {
                report.numbers.here += 1;
                if !differing.is_empty() {
                    let reason = "is here with other contents, which were left as they are".to_owned();
                    report.differing.push(remark(&differing.join(", "), reason));
                }
            }
            Met::Refused((column, reason)) => report.refused.push(remark(column, reason)),
        }
        Ok::<_, Error>(())
    })?;
    Ok(arrivals.report)
}

/// What became of a row.
enum Met {
    New,
    /// With the columns that say something else than is here.
    Here(Vec<&'static str>),
    Refused(Refusal),
}

fn refused(column: &'static str, reason: impl Into<String>) -> Met {
    Met::Refused((column, reason.into()))
}

struct Arrivals<'a, 'c> {
    change: &'a Change<'c>,
    scope: &'a Scope,
    ids: &'a Ids,
    by_id: HashMap<AgentId, Arc<Agent>>,
    by_engine: HashMap<String, Arc<Agent>>,
    /// The ids met so far, and in which line.
    ids_seen: HashMap<NumberId, u64>,
    /// The same of numbers that are not released; released ones may be bought again.
    numbers_seen: HashMap<E164, u64>,
    report: Report,
}

impl Arrivals<'_, '_> {
    fn meet(&mut self, line: u64, draft: Draft) -> Result<Met> {
        let (number, has_id) = (&draft.number, draft.says("id"));
        let is_live = number.status != Status::Released;
        if !is_live && !has_id {
            return Ok(refused("id", "is missing: only their ids tell one released number from another"));
        }
        if let Some(earlier) = seen(&mut self.numbers_seen, is_live.then(|| number.phone_number.clone()), line) {
            return Ok(refused("phone_number", format!("is in line {earlier} and in line {line}")));
        }
        if let Some(earlier) = seen(&mut self.ids_seen, has_id.then_some(number.id), line) {
            return Ok(refused("id", format!("is in line {earlier} and in line {line}")));
        }
        // Another agency's agent answers as a missing one does.
        let agent = match draft.agent.as_deref().map(|given| self.agent(given)) {
            Some(None) => return Ok(refused("agent_id", "the agency has no such agent")),
            found => found.flatten(),
        };
        let here = if has_id { self.change.number_anywhere(number.id)? } else { None };
        let here = match here {
            Some((owner, here)) if owner == self.scope.agency() && here.phone_number == number.phone_number => {
                Some(here)
            }
            // Whose it is, is nobody's business.
            Some(_) => return Ok(refused("id", "is another number's")),
            None if is_live => self.change.live_number(self.scope, &number.phone_number)?,
            None => None,
        };
        if let Some(here) = here {
            let agent = agent.map(|agent| agent.id.to_string());
            return Ok(Met::Here(draft.differing(agent.as_deref(), &here)));
        }
        let id = if has_id { number.id } else { NumberId(self.ids.next()) };
        match self.change.add_number(self.scope, &Number { id, agent, ..draft.number }) {
            Err(Error::Exists(_)) => Ok(refused("carrier_account", "somebody here has this number with this account")),
            Err(error) => Err(error),
            Ok(()) => Ok(Met::New),
        }
    }

    /// An agent of the agency, by its id or by its id at the voice engine.
    fn agent(&self, given: &str) -> Option<Arc<Agent>> {
        let by_id = given.trim().parse().ok().and_then(|id: AgentId| self.by_id.get(&id));
        by_id.or_else(|| self.by_engine.get(given)).cloned()
    }
}

/// Where a value was met before; where it was not, it now is.
fn seen<T: Eq + Hash>(before: &mut HashMap<T, u64>, value: Option<T>, line: u64) -> Option<u64> {
    match before.entry(value?) {
        Entry::Occupied(earlier) => Some(*earlier.get()),
        Entry::Vacant(first) => {
            first.insert(line);
            None
        }
    }
}
