//! Numbers: one by one, and what is written of them.

use std::sync::Arc;

use rusqlite::{OptionalExtension, Row, named_params, params};

use super::{Change, Snapshot, is_taken};
use crate::model::{
    AgencyId, Agent, AgentId, Carrier, E164, Error, Money, Noun, Number, NumberId, Place, Result, Text, Timestamp,
};
use crate::store::Scope;

impl Snapshot<'_> {
    /// The rows at these places.
    pub(super) fn rows(&self, scope: &Scope, places: &[Place]) -> Result<Vec<Number>> {
        let sql =
            format!("SELECT {COLUMNS} FROM agency_phone_numbers WHERE agency_no = ?1 AND created_at = ?2 AND id = ?3");
        let mut statement = self.connection().prepare_cached(&sql)?;
        let (mut page, mut numbers) = (Page::default(), Vec::with_capacity(places.len()));
        for (created_at, id) in places {
            let mut found = statement.query(params![scope.agency_no, created_at, id])?;
            if let Some(row) = found.next()? {
                numbers.push(page.number(self, scope, row)?);
            }
        }
        Ok(numbers)
    }

    /// The number of the agency that is live under this phone number.
    ///
    /// # Errors
    /// [`Error::Internal`] where SQLite fails.
    pub fn live_number(&self, scope: &Scope, phone_number: &E164) -> Result<Option<Number>> {
        let place = self
            .connection()
            .prepare_cached(
                "SELECT created_at, id FROM agency_phone_numbers INDEXED BY numbers_live_in_agency
                 WHERE agency_no = ?1 AND phone_number = ?2 AND status <> 3",
            )?
            .query_row(params![scope.agency_no, phone_number], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        Ok(self.rows(scope, place.as_slice())?.pop())
    }
}

/// The columns that `Page::number` reads.
pub(super) const COLUMNS: &str = "id, phone_number, phone_number_id, friendly_name, number_type, country_code,
    voice_enabled, sms_enabled, mms_enabled, inbound, outbound, monthly_cost, setup_cost, currency, status, is_active,
    carrier, carrier_account, location, routing, purchased_at, released_at, created_at, updated_at, external_id,
    expires_at, agent_mapping_id";

/// Where in `COLUMNS` the agent's id is.
const AGENT: usize = 26;

/// What rows on their way out share: a few agents.
#[derive(Default)]
pub(super) struct Page {
    agents: Vec<Arc<Agent>>,
}

impl Page {
    pub(super) fn number(&mut self, snapshot: &Snapshot, scope: &Scope, row: &Row<'_>) -> Result<Number> {
        let agent = match row.get(AGENT)? {
            Some(id) => Some(self.agent(snapshot, scope, id)?),
            None => None,
        };
        Ok(Number {
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
            external_id: row.get(24)?,
            expires_at: row.get(25)?,
            agent,
        })
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

    /// The numbers of an account at a carrier that are not released, with the scopes they are in, whosever they are: only
    /// the one who compares them with the carrier's may ask.
    ///
    /// # Errors
    /// [`Error::Internal`] where SQLite fails.
    pub fn held_at(&self, carrier: Carrier, account: &str) -> Result<Vec<(Scope, Number)>> {
        let mut statement = self.connection().prepare_cached(
            "SELECT n.agency_no, a.id, n.created_at, n.id
             FROM agency_phone_numbers AS n INDEXED BY numbers_live_at_carrier
                 JOIN agencies AS a ON a.agency_no = n.agency_no
             WHERE n.carrier = ?1 AND n.carrier_account = ?2 AND n.status <> 3",
        )?;
        let places = statement.query_map(params![carrier, account], place)?.collect::<rusqlite::Result<_>>()?;
        self.at_their_places(places)
    }

    /// The numbers of a carrier's that nobody knows the account of and that are not released, of an agency and of all
    /// under it: only the one who compares them with the carrier's may ask.
    ///
    /// # Errors
    /// [`Error::Internal`] where SQLite fails.
    pub fn without_account(&self, scope: &Scope, carrier: Carrier) -> Result<Vec<(Scope, Number)>> {
        let mut statement = self.connection().prepare_cached(
            "WITH RECURSIVE line (agency_no) AS (
                 SELECT ?1 UNION SELECT a.agency_no FROM agencies AS a JOIN line ON a.parent_no = line.agency_no
             )
             SELECT n.agency_no, a.id, n.created_at, n.id
             FROM line JOIN agency_phone_numbers AS n ON n.agency_no = line.agency_no
                 JOIN agencies AS a ON a.agency_no = n.agency_no
             WHERE n.carrier = ?2 AND n.carrier_account IS NULL AND n.status <> 3",
        )?;
        let places = statement.query_map(params![scope.agency_no, carrier], place)?;
        let places = places.collect::<rusqlite::Result<_>>()?;
        self.at_their_places(places)
    }

    fn at_their_places(&self, places: Vec<(Scope, Place)>) -> Result<Vec<(Scope, Number)>> {
        let mut numbers = Vec::with_capacity(places.len());
        for (scope, place) in places {
            numbers.extend(self.rows(&scope, &[place])?.into_iter().map(|number| (scope, number)));
        }
        Ok(numbers)
    }

    /// The numbers that are to be given back by themselves by now, whosever they are, soonest first, at most so many: only
    /// the one who keeps house may ask. One whose release is under way, or has ended in need of an operator, is not.
    ///
    /// # Errors
    /// [`Error::Internal`] where SQLite fails.
    pub fn expired_numbers(&self, now: Timestamp, limit: u32) -> Result<Vec<(Scope, NumberId)>> {
        let mut statement = self.connection().prepare_cached(
            "SELECT n.agency_no, a.id, n.id
             FROM agency_phone_numbers AS n INDEXED BY numbers_expiring
                 JOIN agencies AS a ON a.agency_no = n.agency_no
             WHERE n.expires_at <= ?1 AND n.status <> 3 AND n.status <> 0
             ORDER BY n.expires_at LIMIT ?2",
        )?;
        let numbers = statement.query_map(params![now, limit], |row| {
            Ok((Scope { agency_no: row.get(0)?, agency: row.get(1)? }, row.get(2)?))
        })?;
        Ok(numbers.collect::<rusqlite::Result<_>>()?)
    }

    /// Whether somebody here has this number with an account at a carrier, or is about to: whoever it is.
    ///
    /// # Errors
    /// [`Error::Internal`] where SQLite fails.
    pub fn is_claimed(&self, carrier: Carrier, account: &str, number: &E164) -> Result<bool> {
        let is_claimed = self
            .connection()
            .prepare_cached(
                "SELECT EXISTS (SELECT 1 FROM agency_phone_numbers INDEXED BY numbers_live_at_carrier
                 WHERE carrier = ?1 AND carrier_account = ?2 AND phone_number = ?3 AND status <> 3)",
            )?
            .query_row(params![carrier, account, number], |row| row.get(0))?;
        Ok(is_claimed)
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
                     carrier_account, location, routing, purchased_at, released_at, created_at, updated_at, external_id,
                     expires_at, assigned)
                 VALUES (:agency, :id, :phone_number, :carrier_number_id, :friendly_name,
                     :number_type, :country_code, :voice, :sms, :mms, :inbound, :outbound,
                     :agent, :monthly_cost, :setup_cost, :currency, :status, :is_active, :carrier,
                     :carrier_account, :location, :routing, :purchased_at, :released_at, :created_at, :updated_at,
                     :external_id, :expires_at,
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
                ":external_id": number.external_id,
                ":expires_at": number.expires_at,
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
                 SET phone_number_id = :carrier_number_id, carrier_account = :carrier_account,
                     friendly_name = :friendly_name, inbound = :inbound, outbound = :outbound,
                     external_id = :external_id, expires_at = :expires_at, agent_mapping_id = :agent, assigned = :agent IS NOT NULL, status = :status,
                     is_active = :is_active, routing = :routing, purchased_at = :purchased_at,
                     released_at = :released_at, updated_at = :updated_at
                 WHERE agency_no = :agency AND created_at = :created_at AND id = :id",
            )?
            .execute(named_params! {
                ":agency": scope.agency_no,
                ":created_at": number.created_at,
                ":id": number.id,
                ":carrier_number_id": number.carrier_number_id,
                ":carrier_account": number.carrier_account,
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
                ":external_id": number.external_id,
                ":expires_at": number.expires_at,
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

/// Where a number lies, and in whose scope.
fn place(row: &Row<'_>) -> rusqlite::Result<(Scope, Place)> {
    Ok((Scope { agency_no: row.get(0)?, agency: row.get(1)? }, (row.get(2)?, row.get(3)?)))
}
