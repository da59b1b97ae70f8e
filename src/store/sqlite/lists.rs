//! Lists of numbers: their totals, their pages, and the index that leads to each.

use std::sync::Arc;

use rusqlite::params;

use super::Snapshot;
use super::memory::Sought;
use super::numbers::{COLUMNS, Page};
use crate::model::{AgentId, Counts, Error, Number, NumberFilter, Place, Result, Search, Slice, Status, Window};
use crate::store::Scope;

impl Snapshot<'_> {
    /// The agency's eight counters.
    ///
    /// # Errors
    /// [`Error::Internal`] where SQLite fails.
    pub fn number_counts(&self, scope: &Scope) -> Result<Counts> {
        let mut counts = Counts::default();
        let mut statement = self
            .connection()
            .prepare_cached("SELECT status, assigned, numbers FROM number_counts WHERE agency_no = ?1")?;
        let mut rows = statement.query([scope.agency_no])?;
        while let Some(row) = rows.next()? {
            counts.set(row.get(0)?, row.get(1)?, row.get(2)?);
        }
        Ok(counts)
    }

    /// The agency's numbers that pass the filter, newest first (by `created_at`, then id), through a
    /// window. `counts` are those of this snapshot: without a search, no row is read to know the total.
    ///
    /// # Errors
    /// [`Error::Internal`] where SQLite fails.
    pub fn numbers(
        &self,
        scope: &Scope,
        filter: &NumberFilter,
        window: Window,
        counts: &Counts,
    ) -> Result<Slice<Arc<Number>>> {
        let admitted = match filter.agent {
            None => counts.admitted(filter),
            Some(agent) => self.numbers_of_agent(scope, agent, filter)?,
        };
        let Sought { places, total, is_new } = match self.sought(scope, filter, window, counts, admitted)? {
            Some(sought) => sought,
            None => Sought { places: self.places(scope, filter, window, admitted)?, total: admitted, is_new: false },
        };
        Ok(Slice { items: self.shown(scope, &places, !is_new, |places| self.rows(scope, places))?, total })
    }

    /// The places on a page that no index leads to, and how many there are in all: of a search, and deep in a list where
    /// a roll helps. `admitted` are the numbers that the filter lets through but for its words.
    fn sought(
        &self,
        scope: &Scope,
        filter: &NumberFilter,
        window: Window,
        counts: &Counts,
        admitted: u64,
    ) -> Result<Option<Sought>> {
        let is_deep = window.is_deep() && window.after.is_none() && window.offset < admitted;
        if admitted == 0 || filter.search.is_none() && !is_deep {
            return Ok(None);
        }
        let by_roll = filter.agent.is_none() && window.after.is_none();
        let on_roll = if by_roll { self.on_roll(scope, filter, window, counts)? } else { None };
        match (on_roll, &filter.search) {
            (None, Some(search)) => self.matching_places(scope, filter, search, window).map(Some),
            (on_roll, _) => Ok(on_roll),
        }
    }

    /// How many of an agent's numbers the filter's status and assignment let through.
    fn numbers_of_agent(&self, scope: &Scope, agent: AgentId, filter: &NumberFilter) -> Result<u64> {
        let mut statement = self.connection().prepare_cached(
            "SELECT status, numbers FROM agent_number_counts WHERE agency_no = ?1 AND agent_mapping_id = ?2",
        )?;
        let mut rows = statement.query(params![scope.agency_no, agent])?;
        let mut total = 0;
        while let Some(row) = rows.next()? {
            let status: Status = row.get(0)?;
            if filter.admits_status(status) && filter.admits_assignment(true) {
                total += row.get::<_, u64>(1)?;
            }
        }
        Ok(total)
    }

    /// The places on a page. An index that holds just the rows it may show, in list order, leads to them: neither they
    /// nor what the window passes over is looked up.
    fn places(&self, scope: &Scope, filter: &NumberFilter, window: Window, total: u64) -> Result<Vec<Place>> {
        let rows = total.saturating_sub(window.offset).min(window.limit.into());
        if rows == 0 {
            return Ok(Vec::new());
        }
        let IndexPath { index, conditions } = IndexPath::of(filter);
        let behind = if window.after.is_some() { "AND (created_at, id) < (:after_at, :after_id)" } else { "" };
        let sql = format!(
            "SELECT created_at, id FROM agency_phone_numbers {index} WHERE agency_no = :agency {conditions} {behind}
             ORDER BY created_at DESC, id DESC LIMIT :limit OFFSET :offset"
        );
        let mut statement = self.connection().prepare_cached(&sql)?;
        bind_filter(&mut statement, scope, filter)?;
        if let Some((after_at, after_id)) = window.after {
            bind(&mut statement, ":after_at", after_at)?;
            bind(&mut statement, ":after_id", after_id)?;
        }
        bind(&mut statement, ":limit", rows)?;
        bind(&mut statement, ":offset", window.offset)?;
        let places = statement.raw_query().mapped(|row| Ok((row.get(0)?, row.get(1)?)));
        Ok(places.collect::<rusqlite::Result<_>>()?)
    }

    /// The places of a page of a search, and how many rows match in all: one walk over the agency's rows.
    fn matching_places(&self, scope: &Scope, filter: &NumberFilter, search: &Search, window: Window) -> Result<Sought> {
        let path = IndexPath::of(filter);
        // Every row's text is read: in the rows' own order that is one pass, through an index a
        // lookup each. Only an agent's numbers are few enough to be worth the lookups.
        let index = if filter.agent.is_some() { path.index } else { "NOT INDEXED" };
        let sql = format!(
            "SELECT created_at, id, phone_number, friendly_name FROM agency_phone_numbers {index} \
             WHERE agency_no = :agency {} ORDER BY created_at DESC, id DESC",
            path.conditions
        );
        let mut statement = self.connection().prepare_cached(&sql)?;
        bind_filter(&mut statement, scope, filter)?;
        let mut found = statement.raw_query();
        let (mut places, mut total, mut seen) = (Vec::new(), 0_u64, 0_u64);
        let last = window.offset.saturating_add(window.limit.into());
        while let Some(row) = found.next()? {
            let phone_number = row.get_ref(2)?.as_str().map_err(rusqlite::Error::from)?;
            let friendly_name = row.get_ref(3)?.as_str_or_null().map_err(rusqlite::Error::from)?;
            if search.matches(phone_number, friendly_name) {
                let place = (row.get(0)?, row.get(1)?);
                if window.after.is_none_or(|after| place < after) {
                    if (window.offset..last).contains(&seen) {
                        places.push(place);
                    }
                    seen += 1;
                }
                total += 1;
            }
        }
        Ok(Sought { places, total, is_new: false })
    }
}

impl Snapshot<'_> {
    /// Shows the agency's numbers that pass the filter, oldest first, one by one: however many there are, few are in memory.
    ///
    /// # Errors
    /// What `show` returns; [`Error::Internal`] where SQLite fails.
    pub fn each_number<E: From<Error>>(
        &self,
        scope: &Scope,
        filter: &NumberFilter,
        mut show: impl FnMut(&Number) -> Result<(), E>,
    ) -> Result<(), E> {
        // An agent's numbers are all assigned.
        if filter.unassigned && (filter.assigned || filter.agent.is_some()) {
            return Ok(());
        }
        let path = IndexPath::of(filter);
        // As for a search: whole rows are read, and in their own order that is one pass.
        let index = if filter.agent.is_some() { path.index } else { "NOT INDEXED" };
        let sql = format!(
            "SELECT {COLUMNS} FROM agency_phone_numbers {index} \
             WHERE agency_no = :agency {} ORDER BY created_at, id",
            path.conditions
        );
        let mut statement = self.connection().prepare_cached(&sql).map_err(Error::from)?;
        bind_filter(&mut statement, scope, filter).map_err(Error::from)?;
        let (mut rows, mut page) = (statement.raw_query(), Page::default());
        while let Some(row) = rows.next().map_err(Error::from)? {
            let number = page.number(self, scope, row)?;
            let admits =
                |search: &Search| search.matches(number.phone_number.as_str(), number.friendly_name.as_deref());
            if filter.search.as_ref().is_none_or(admits) {
                show(&number)?;
            }
        }
        Ok(())
    }
}

/// The way to a filter's rows: the index that holds them in list order, and what it leaves to check.
struct IndexPath {
    index: &'static str,
    conditions: &'static str,
}

impl IndexPath {
    fn of(filter: &NumberFilter) -> Self {
        // Both at once admit nothing; the total is then known to be zero and no path is taken.
        let assigned = filter.assigned || filter.unassigned;
        let (index, conditions) = match (filter.agent, filter.status, filter.include_released, assigned) {
            // An agent's numbers are all assigned.
            (Some(_), Some(_), _, _) => {
                ("INDEXED BY numbers_by_agent", "AND agent_mapping_id = :agent AND status = :status")
            }
            (Some(_), None, true, _) => ("INDEXED BY numbers_by_agent", "AND agent_mapping_id = :agent"),
            (Some(_), None, false, _) => {
                ("INDEXED BY numbers_by_agent", "AND agent_mapping_id = :agent AND status <> 3")
            }
            (None, Some(_), _, true) => {
                ("INDEXED BY numbers_by_status", "AND status = :status AND assigned = :assigned")
            }
            (None, Some(_), _, false) => ("INDEXED BY numbers_by_status", "AND status = :status"),
            (None, None, true, true) => ("NOT INDEXED", "AND assigned = :assigned"),
            (None, None, true, false) => ("NOT INDEXED", ""),
            (None, None, false, true) => {
                ("INDEXED BY numbers_live_by_assignment", "AND status <> 3 AND assigned = :assigned")
            }
            (None, None, false, false) => ("INDEXED BY numbers_live", "AND status <> 3"),
        };
        Self { index, conditions }
    }
}

fn bind_filter(statement: &mut rusqlite::Statement<'_>, scope: &Scope, filter: &NumberFilter) -> rusqlite::Result<()> {
    bind(statement, ":agency", scope.agency_no)?;
    bind(statement, ":agent", filter.agent)?;
    bind(statement, ":status", filter.status)?;
    bind(statement, ":assigned", filter.assigned)
}

/// Binds a parameter where the statement has it.
fn bind(statement: &mut rusqlite::Statement<'_>, name: &str, value: impl rusqlite::ToSql) -> rusqlite::Result<()> {
    match statement.parameter_index(name)? {
        Some(place) => statement.raw_bind_parameter(place, value),
        None => Ok(()),
    }
}
