//! Numbers: the list, its totals, and what goes in.

use std::sync::Arc;

use rusqlite::{OptionalExtension, Row, named_params, params};

use super::memory::Sought;
use super::{Change, Snapshot, is_taken};
use crate::model::{
    AgencyId, Agent, AgentId, Carrier, Counts, E164, Error, Money, Noun, Number, NumberFilter, NumberId, Result,
    Search, Slice, Status, Text, Window,
};
use crate::store::Scope;
use crate::store::roll::Place;

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
        let is_deep = window.is_deep() && window.offset < admitted;
        if admitted == 0 || filter.search.is_none() && !is_deep {
            return Ok(None);
        }
        let on_roll = if filter.agent.is_none() { self.on_roll(scope, filter, window, counts)? } else { None };
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
        let sql = format!(
            "SELECT created_at, id FROM agency_phone_numbers {index} WHERE agency_no = :agency {conditions}
             ORDER BY created_at DESC, id DESC LIMIT :limit OFFSET :offset"
        );
        let mut statement = self.connection().prepare_cached(&sql)?;
        bind_filter(&mut statement, scope, filter)?;
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
        let (mut places, mut total) = (Vec::new(), 0_u64);
        let last = window.offset.saturating_add(window.limit.into());
        while let Some(row) = found.next()? {
            let phone_number = row.get_ref(2)?.as_str().map_err(rusqlite::Error::from)?;
            let friendly_name = row.get_ref(3)?.as_str_or_null().map_err(rusqlite::Error::from)?;
            if search.matches(phone_number, friendly_name) {
                if (window.offset..last).contains(&total) {
                    places.push((row.get(0)?, row.get(1)?));
                }
                total += 1;
            }
        }
        Ok(Sought { places, total, is_new: false })
    }

    /// The rows at these places.
    fn rows(&self, scope: &Scope, places: &[Place]) -> Result<Vec<Number>> {
        let sql =
            format!("SELECT {COLUMNS} FROM agency_phone_numbers WHERE agency_no = ?1 AND created_at = ?2 AND id = ?3");
        let mut statement = self.connection().prepare_cached(&sql)?;
        let mut page = Page::default();
        for (created_at, id) in places {
            let mut found = statement.query(params![scope.agency_no, created_at, id])?;
            if let Some(row) = found.next()? {
                page.add(self, scope, row)?;
            }
        }
        Ok(page.numbers)
    }
}

/// The columns that `Page::add` reads.
const COLUMNS: &str = "id, phone_number, phone_number_id, friendly_name, number_type, country_code,
    voice_enabled, sms_enabled, mms_enabled, inbound, outbound, monthly_cost, setup_cost, currency, status, is_active,
    carrier, carrier_account, location, routing, purchased_at, released_at, created_at, updated_at, agent_mapping_id";

/// Where in `COLUMNS` the agent's id is.
const AGENT: usize = 24;

/// Rows on their way out, and the few agents that they share.
#[derive(Default)]
struct Page {
    numbers: Vec<Number>,
    agents: Vec<Arc<Agent>>,
}

impl Page {
    fn add(&mut self, snapshot: &Snapshot, scope: &Scope, row: &Row<'_>) -> Result<()> {
        let agent = match row.get(AGENT)? {
            Some(id) => Some(self.agent(snapshot, scope, id)?),
            None => None,
        };
        self.numbers.push(Number {
            id: row.get(0)?,
            phone_number: row.get(1)?,
            carrier_number_id: row.get(2)?,
            friendly_name: row.get(3)?,
            number_type: row.get(4)?,
            country_code: row.get(5)?,
            voice_enabled: row.get(6)?,
            sms_enabled: row.get(7)?,
            mms_enabled: row.get(8)?,
            inbound: row.get(9)?,
            outbound: row.get(10)?,
            monthly_cost: row.get(11)?,
            setup_cost: row.get(12)?,
            currency: row.get(13)?,
            status: row.get(14)?,
            is_active: row.get(15)?,
            carrier: row.get(16)?,
            carrier_account: row.get(17)?,
            location: row.get(18)?,
            routing: row.get(19)?,
            purchased_at: row.get(20)?,
            released_at: row.get(21)?,
            created_at: row.get(22)?,
            updated_at: row.get(23)?,
            agent,
        });
        Ok(())
    }

    fn agent(&mut self, snapshot: &Snapshot, scope: &Scope, id: AgentId) -> Result<Arc<Agent>> {
        if let Some(known) = self.agents.iter().find(|agent| agent.id == id) {
            return Ok(known.clone());
        }
        let agent = Arc::new(snapshot.agent(scope, id)?);
        self.agents.push(agent.clone());
        Ok(agent)
    }
}

impl Snapshot<'_> {
    /// A number, whichever agency has it: only an import may ask.
    ///
    /// # Errors
    /// [`Error::Internal`] where SQLite fails.
    pub fn number_anywhere(&self, id: NumberId) -> Result<Option<(AgencyId, Number)>> {
        let place = self
            .connection()
            .prepare_cached(
                "SELECT n.agency_no, n.created_at, a.id
                 FROM agency_phone_numbers AS n JOIN agencies AS a ON a.agency_no = n.agency_no WHERE n.id = ?1",
            )?
            .query_row([id], |row| Ok((Scope { agency_no: row.get(0)?, agency: row.get(2)? }, row.get(1)?)))
            .optional()?;
        let Some((scope, created_at)) = place else { return Ok(None) };
        Ok(self.rows(&scope, &[(created_at, id)])?.pop().map(|number| (scope.agency, number)))
    }
}

impl Snapshot<'_> {
    /// One number of the agency.
    ///
    /// # Errors
    /// [`Error::NotFound`] where the agency has no such number, [`Error::Internal`] where SQLite fails.
    pub fn number(&self, scope: &Scope, id: NumberId) -> Result<Number> {
        let created_at = self
            .connection()
            .prepare_cached("SELECT created_at FROM agency_phone_numbers WHERE id = ?2 AND agency_no = ?1")?
            .query_row(params![scope.agency_no, id], |row| row.get(0))
            .optional()?;
        let place = created_at.map(|created_at| (created_at, id));
        self.rows(scope, place.as_slice())?.pop().ok_or(Error::NotFound(Noun::Number))
    }

    /// The numbers that an account at a carrier has here, and their ids there, whosever they are: only an operator may ask.
    ///
    /// # Errors
    /// [`Error::Internal`] where SQLite fails.
    pub fn numbers_at(&self, carrier: Carrier, account: &str) -> Result<Vec<(E164, Option<Text>)>> {
        let mut statement = self.connection().prepare_cached(
            "SELECT phone_number, phone_number_id FROM agency_phone_numbers INDEXED BY numbers_live_at_carrier
             WHERE carrier = ?1 AND carrier_account = ?2 AND status <> 3",
        )?;
        let numbers = statement.query_map(params![carrier, account], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(numbers.collect::<rusqlite::Result<_>>()?)
    }

    /// What the agency's numbers that are not released cost a month, by currency.
    ///
    /// # Errors
    /// [`Error::Internal`] where SQLite fails.
    pub fn spending(&self, scope: &Scope) -> Result<Vec<(Text, Money)>> {
        let mut statement = self.connection().prepare_cached(
            "SELECT currency, sum(monthly_cost) FROM agency_phone_numbers INDEXED BY numbers_live
             WHERE agency_no = ?1 AND status <> 3 AND monthly_cost IS NOT NULL GROUP BY currency",
        )?;
        let sums = statement.query_map([scope.agency_no], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(sums.collect::<rusqlite::Result<_>>()?)
    }
}

impl Change<'_> {
    /// Adds a number to the agency, as it is given.
    ///
    /// # Errors
    /// [`Error::Exists`] where the id is taken or the agency has this number live already; [`Error::Internal`] where
    /// SQLite fails, also where the agent is not the agency's.
    pub fn add_number(&self, scope: &Scope, number: &Number) -> Result<()> {
        self.connection()
            .prepare_cached(
                "INSERT INTO agency_phone_numbers (agency_no, id, phone_number, phone_number_id, friendly_name,
                     number_type, country_code, voice_enabled, sms_enabled, mms_enabled, inbound, outbound,
                     agent_mapping_id, monthly_cost, setup_cost, currency, status, is_active, carrier,
                     carrier_account, location, routing, purchased_at, released_at, created_at, updated_at, assigned)
                 VALUES (:agency, :id, :phone_number, :carrier_number_id, :friendly_name,
                     :number_type, :country_code, :voice, :sms, :mms, :inbound, :outbound,
                     :agent, :monthly_cost, :setup_cost, :currency, :status, :is_active, :carrier,
                     :carrier_account, :location, :routing, :purchased_at, :released_at, :created_at, :updated_at,
                     :agent IS NOT NULL)",
            )?
            .execute(named_params! {
                ":agency": scope.agency_no,
                ":id": number.id,
                ":phone_number": number.phone_number,
                ":carrier_number_id": number.carrier_number_id,
                ":friendly_name": number.friendly_name,
                ":number_type": number.number_type,
                ":country_code": number.country_code,
                ":voice": number.voice_enabled,
                ":sms": number.sms_enabled,
                ":mms": number.mms_enabled,
                ":inbound": number.inbound,
                ":outbound": number.outbound,
                ":agent": number.agent.as_ref().map(|agent| agent.id),
                ":monthly_cost": number.monthly_cost,
                ":setup_cost": number.setup_cost,
                ":currency": number.currency,
                ":status": number.status,
                ":is_active": number.is_active,
                ":carrier": number.carrier,
                ":carrier_account": number.carrier_account,
                ":location": number.location,
                ":routing": number.routing,
                ":purchased_at": number.purchased_at,
                ":released_at": number.released_at,
                ":created_at": number.created_at,
                ":updated_at": number.updated_at,
            })
            .map_err(
                |error| if is_taken(&error) { Error::Exists("a live row of this number") } else { error.into() },
            )?;
        Ok(())
    }

    /// Writes a number of the agency anew: all but its id, the number itself, and when it was created.
    ///
    /// # Errors
    /// [`Error::NotFound`] where the agency has no such number; [`Error::Internal`] where SQLite fails, also where the
    /// agent is not the agency's.
    pub fn change_number(&self, scope: &Scope, number: &Number) -> Result<()> {
        let changed = self
            .connection()
            .prepare_cached(
                "UPDATE agency_phone_numbers
                 SET phone_number_id = :carrier_number_id, friendly_name = :friendly_name, inbound = :inbound,
                     outbound = :outbound, agent_mapping_id = :agent, assigned = :agent IS NOT NULL, status = :status,
                     is_active = :is_active, routing = :routing, purchased_at = :purchased_at,
                     released_at = :released_at, updated_at = :updated_at
                 WHERE agency_no = :agency AND created_at = :created_at AND id = :id",
            )?
            .execute(named_params! {
                ":agency": scope.agency_no,
                ":created_at": number.created_at,
                ":id": number.id,
                ":carrier_number_id": number.carrier_number_id,
                ":friendly_name": number.friendly_name,
                ":inbound": number.inbound,
                ":outbound": number.outbound,
                ":agent": number.agent.as_ref().map(|agent| agent.id),
                ":status": number.status,
                ":is_active": number.is_active,
                ":routing": number.routing,
                ":purchased_at": number.purchased_at,
                ":released_at": number.released_at,
                ":updated_at": number.updated_at,
            })?;
        if changed == 0 { Err(Error::NotFound(Noun::Number)) } else { Ok(()) }
    }

    /// Removes a number that was never the agency's: its purchase failed.
    ///
    /// # Errors
    /// [`Error::NotFound`] where the agency has no such number that is pending, [`Error::Internal`] where SQLite fails.
    pub fn remove_pending(&self, scope: &Scope, number: &Number) -> Result<()> {
        let removed = self
            .connection()
            .prepare_cached(
                "DELETE FROM agency_phone_numbers
                 WHERE agency_no = ?1 AND created_at = ?2 AND id = ?3 AND status = 0",
            )?
            .execute(params![scope.agency_no, number.created_at, number.id])?;
        if removed == 0 { Err(Error::NotFound(Noun::Number)) } else { Ok(()) }
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
