//! Bringing an inventory along: everything or nothing, nothing overwritten, and a report of what stayed outside.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use crate::model::{
    Agency, AgencyId, Agent, AgentId, AgentRecord, AgentSettings, Error, Number, Result, Timestamp, User,
};
use crate::store::{Change, Scope};

/// Where something came from: a file's name and the line that it begins on, counted from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The file.
    pub file: Cow<'static, str>,
    /// The line.
    pub line: u64,
}

/// Something that is brought, and where it came from.
#[derive(Clone, Debug)]
pub struct Brought<T> {
    /// Where it came from.
    pub source: Source,
    /// What it is.
    pub what: T,
}

/// A number that is brought, with the id of the agent that answers it.
#[derive(Clone, Debug)]
pub struct BroughtNumber {
    /// Whose it is.
    pub agency: AgencyId,
    /// The number, as yet without its agent.
    pub number: Number,
    /// The agent that answers it.
    pub agent: Option<AgentId>,
}

/// An agent that is brought.
#[derive(Clone, Debug)]
pub struct BroughtAgent {
    /// Whose it is.
    pub agency: AgencyId,
    /// The agent.
    pub agent: Agent,
    /// What else is kept of it.
    pub settings: AgentSettings,
}

/// All that is brought.
#[derive(Clone, Debug, Default)]
pub struct Cargo {
    /// Agencies; their parents are not brought.
    pub agencies: Vec<Brought<Agency>>,
    /// Users.
    pub users: Vec<Brought<User>>,
    /// Agents.
    pub agents: Vec<Brought<BroughtAgent>>,
    /// Numbers.
    pub numbers: Vec<Brought<BroughtNumber>>,
}

/// Why something stayed outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    /// Where it came from.
    pub source: Source,
    /// The column that is to blame.
    pub column: String,
    /// What is the matter.
    pub reason: String,
}

impl fmt::Display for Remark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}: {}", self.source.file, self.source.line, self.column, self.reason)
    }
}

/// How many of a kind were new, and how many were here already.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Added.
    pub new: u64,
    /// Skipped, because their id was here.
    pub here: u64,
}

/// What an import did, or would do.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Agencies.
    pub agencies: Tally,
    /// Users.
    pub users: Tally,
    /// Agents.
    pub agents: Tally,
    /// Numbers.
    pub numbers: Tally,
    /// Rows that are here with other contents: they were left as they are here.
    pub differing: Vec<Remark>,
    /// Rows that cannot be taken. One is enough to refuse all.
    pub refused: Vec<Remark>,
}

/// Takes the cargo in. `now` is when agencies, users and agents are said to be created, which their tables do not say;
/// `moved` is called for each row.
///
/// # Errors
/// [`Error::Internal`] where the store fails. Rows that cannot be taken are in the report: the caller must then not
/// let the change stand.
pub fn take_in(change: &Change, cargo: &Cargo, now: Timestamp, moved: &mut dyn FnMut()) -> Result<Report> {
    let mut import =
        Import { change, now, moved, scopes: HashMap::new(), agents: HashMap::new(), report: Report::default() };
    cargo.agencies.iter().try_for_each(|agency| import.agency(agency))?;
    cargo.users.iter().try_for_each(|user| import.user(user))?;
    cargo.agents.iter().try_for_each(|agent| import.agent(agent))?;
    cargo.numbers.iter().try_for_each(|number| import.number(number))?;
    Ok(import.report)
}

struct Import<'a, 'c> {
    change: &'a Change<'c>,
    now: Timestamp,
    moved: &'a mut dyn FnMut(),
    /// The agencies met so far, and those that are not there.
    scopes: HashMap<AgencyId, Option<Scope>>,
    /// The agents met so far, with whose they are, and those that are not there.
    agents: HashMap<AgentId, Option<(AgencyId, Arc<Agent>)>>,
    report: Report,
}

impl Import<'_, '_> {
    fn agency(&mut self, brought: &Brought<Agency>) -> Result<()> {
        (self.moved)();
        let agency = &brought.what;
        if let Some(scope) = self.change.operator_scope(agency.id)? {
            self.report.agencies.here += 1;
            if self.change.agency_name(&scope)? != agency.name {
                self.differs(&brought.source, "name");
            }
            return Ok(());
        }
        self.change.add_agency(agency, None)?;
        self.report.agencies.new += 1;
        Ok(())
    }

    fn user(&mut self, brought: &Brought<User>) -> Result<()> {
        (self.moved)();
        let user = &brought.what;
        if let Some((here, _)) = self.change.user_and_scope(user.id)? {
            self.report.users.here += 1;
            if here != *user {
                let column = if here.agency == user.agency { "email or role" } else { "agency_id" };
                self.differs(&brought.source, column);
            }
            return Ok(());
        }
        let scope = match user.agency {
            None => None,
            Some(agency) => match self.scope(agency)? {
                Some(scope) => Some(scope),
                None => return self.refuse(&brought.source, "agency_id", "there is no such agency"),
            },
        };
        self.change.add_user(scope.as_ref(), user, self.now)?;
        self.report.users.new += 1;
        Ok(())
    }

    fn agent(&mut self, brought: &Brought<BroughtAgent>) -> Result<()> {
        (self.moved)();
        let BroughtAgent { agency, agent, settings } = &brought.what;
        let Some(scope) = self.scope(*agency)? else {
            return self.refuse(&brought.source, "agency_id", "there is no such agency");
        };
        if let Some(owner) = self.change.agency_of_agent(agent.id)? {
            self.report.agents.here += 1;
            let same = owner == *agency
                && self.change.agent(&scope, agent.id)? == *agent
                && self.change.agent_settings(&scope, agent.id)? == *settings;
            if !same {
                self.differs(&brought.source, if owner == *agency { "id" } else { "agency_id" });
            }
            return Ok(());
        }
        let new = AgentRecord { agent: agent.clone(), settings: settings.clone(), created_at: self.now };
        match self.change.add_agent(&scope, &new) {
            Err(Error::Exists(_)) => {
                self.refuse(&brought.source, "ultravox_agent_id", "the agency has an agent with this id")
            }
            done => {
                self.report.agents.new += 1;
                done
            }
        }
    }

    fn number(&mut self, brought: &Brought<BroughtNumber>) -> Result<()> {
        (self.moved)();
        let BroughtNumber { agency, number, agent } = &brought.what;
        if let Some((owner, here)) = self.change.number_anywhere(number.id)? {
            self.report.numbers.here += 1;
            let without_agent = Number { agent: None, ..here.clone() };
            if owner != *agency {
                self.differs(&brought.source, "agency_id");
            } else if here.agent.as_ref().map(|agent| agent.id) != *agent {
                self.differs(&brought.source, "agent_mapping_id");
            } else if without_agent != *number {
                self.differs(&brought.source, "id");
            }
            return Ok(());
        }
        let Some(scope) = self.scope(*agency)? else {
            return self.refuse(&brought.source, "agency_id", "there is no such agency");
        };
        let agent = match *agent {
            None => None,
            // Another agency's agent answers as a missing one does: whoever made the file may not know it.
            Some(id) => match self.agent_of(id)? {
                Some((owner, agent)) if owner == *agency => Some(agent),
                _ => return self.refuse(&brought.source, "agent_mapping_id", "the agency has no such agent"),
            },
        };
        match self.change.add_number(&scope, &Number { agent, ..number.clone() }) {
            Err(Error::Exists(_)) => self.refuse(&brought.source, "phone_number", "the agency has this number already"),
            done => {
                self.report.numbers.new += 1;
                done
            }
        }
    }

    fn scope(&mut self, agency: AgencyId) -> Result<Option<Scope>> {
        if let Some(scope) = self.scopes.get(&agency) {
            return Ok(*scope);
        }
        let scope = self.change.operator_scope(agency)?;
        self.scopes.insert(agency, scope);
        Ok(scope)
    }

    fn agent_of(&mut self, id: AgentId) -> Result<Option<(AgencyId, Arc<Agent>)>> {
        if let Some(found) = self.agents.get(&id) {
            return Ok(found.clone());
        }
        let found = match self.change.agency_of_agent(id)? {
            Some(owner) => match self.scope(owner)? {
                Some(scope) => Some((owner, Arc::new(self.change.agent(&scope, id)?))),
                None => None,
            },
            None => None,
        };
        self.agents.insert(id, found.clone());
        Ok(found)
    }

    fn differs(&mut self, source: &Source, column: &str) {
        let reason = "is here with other contents, which were left as they are".to_owned();
        self.report.differing.push(Remark { source: source.clone(), column: column.to_owned(), reason });
    }

    #[allow(clippy::unnecessary_wraps, reason = "a refusal ends a row, not the import")]
    fn refuse(&mut self, source: &Source, column: &str, reason: &str) -> Result<()> {
        let (column, reason) = (column.to_owned(), reason.to_owned());
        self.report.refused.push(Remark { source: source.clone(), column, reason });
        Ok(())
    }
}
