//! Agents: who can answer an agency's numbers.

use rusqlite::{OptionalExtension, Row, params};

use super::{Change, Snapshot, is_taken};
use crate::model::{
    AgencyId, Agent, AgentId, AgentRecord, AgentSettings, Error, Noun, NumberId, Result, Route, Slice, Timestamp,
    Window,
};
use crate::store::Scope;

impl Snapshot<'_> {
    /// All agents of the agency, in the order of their ids.
    ///
    /// # Errors
    /// [`Error::Internal`] where SQLite fails.
    pub fn agents(&self, scope: &Scope) -> Result<Vec<Agent>> {
        let mut statement = self.connection().prepare_cached(
            "SELECT id, ultravox_agent_id, ultravox_agent_name, voice, language_hint, recording_enabled
             FROM agent_mappings WHERE agency_no = ?1 ORDER BY id",
        )?;
        let agents = statement.query_map([scope.agency_no], |row| agent(row, 0))?;
        Ok(agents.collect::<rusqlite::Result<_>>()?)
    }

    /// One agent of the agency.
    ///
    /// # Errors
    /// [`Error::NotFound`] where the agency has no such agent, [`Error::Internal`] where SQLite fails.
    pub fn agent(&self, scope: &Scope, id: AgentId) -> Result<Agent> {
        self.connection()
            .prepare_cached(
                "SELECT id, ultravox_agent_id, ultravox_agent_name, voice, language_hint, recording_enabled
                 FROM agent_mappings WHERE agency_no = ?1 AND id = ?2",
            )?
            .query_row(params![scope.agency_no, id], |row| agent(row, 0))
            .optional()?
            .ok_or(Error::NotFound(Noun::Agent))
    }
}

impl Snapshot<'_> {
    /// The agency's agents through a window, newest first.
    ///
    /// # Errors
    /// [`Error::Internal`] where SQLite fails.
    pub fn newest_agents(&self, scope: &Scope, window: Window) -> Result<Slice<AgentId>> {
        let total = self
            .connection()
            .prepare_cached("SELECT count(*) FROM agent_mappings WHERE agency_no = ?1")?
            .query_row([scope.agency_no], |row| row.get(0))?;
        let mut statement = self.connection().prepare_cached(
            "SELECT id FROM agent_mappings WHERE agency_no = ?1 ORDER BY created_at DESC, id DESC LIMIT ?2 OFFSET ?3",
        )?;
        let agents = statement.query_map(params![scope.agency_no, window.limit, window.offset], |row| row.get(0))?;
        Ok(Slice { items: agents.collect::<rusqlite::Result<_>>()?, total })
    }

    /// When an agent of the agency was created.
    ///
    /// # Errors
    /// [`Error::NotFound`] where the agency has no such agent, [`Error::Internal`] where SQLite fails.
    pub fn agent_since(&self, scope: &Scope, id: AgentId) -> Result<Timestamp> {
        self.connection()
            .prepare_cached("SELECT created_at FROM agent_mappings WHERE agency_no = ?1 AND id = ?2")?
            .query_row(params![scope.agency_no, id], |row| row.get(0))
            .optional()?
            .ok_or(Error::NotFound(Noun::Agent))
    }

    /// What else is kept of an agent of the agency.
    ///
    /// # Errors
    /// [`Error::NotFound`] where the agency has no such agent, [`Error::Internal`] where SQLite fails.
    pub fn agent_settings(&self, scope: &Scope, id: AgentId) -> Result<AgentSettings> {
        self.connection()
            .prepare_cached(
                "SELECT client_id, campaign_id, default_direction, system_prompt, temperature, first_speaker_text,
                     max_duration_seconds, tools
                 FROM agent_mappings WHERE agency_no = ?1 AND id = ?2",
            )?
            .query_row(params![scope.agency_no, id], |row| {
                Ok(AgentSettings {
                    client_id: row.get(0)?,
                    campaign_id: row.get(1)?,
                    default_direction: row.get(2)?,
                    system_prompt: row.get(3)?,
                    temperature: row.get(4)?,
                    first_speaker_text: row.get(5)?,
                    max_duration_seconds: row.get(6)?,
                    tools: row.get(7)?,
                })
            })
            .optional()?
            .ok_or(Error::NotFound(Noun::Agent))
    }

    /// Which agency an agent works for, whichever it is: only an import may ask.
    ///
    /// # Errors
    /// [`Error::Internal`] where SQLite fails.
    pub fn agency_of_agent(&self, id: AgentId) -> Result<Option<AgencyId>> {
        let agency = self
            .connection()
            .prepare_cached(
                "SELECT a.id FROM agent_mappings AS m JOIN agencies AS a ON a.agency_no = m.agency_no WHERE m.id = ?1",
            )?
            .query_row([id], |row| row.get(0))
            .optional()?;
        Ok(agency)
    }
}

impl Snapshot<'_> {
    /// Where the calls and messages of an agent's numbers go.
    ///
    /// # Errors
    /// [`Error::NotFound`] where the agency has no such agent, [`Error::Internal`] where SQLite fails.
    pub fn agent_route(&self, scope: &Scope, agent: AgentId) -> Result<Route> {
        self.connection()
            .prepare_cached(
                "SELECT voice_url, sms_url, application_id, trunk_id, connection_id, messaging_profile_id, sip_uri
                 FROM agent_mappings WHERE agency_no = ?1 AND id = ?2",
            )?
            .query_row(params![scope.agency_no, agent], |row| {
                Ok(Route {
                    voice_url: row.get(0)?,
                    sms_url: row.get(1)?,
                    application_id: row.get(2)?,
                    trunk_id: row.get(3)?,
                    connection_id: row.get(4)?,
                    messaging_profile_id: row.get(5)?,
                    sip_uri: row.get(6)?,
                })
            })
            .optional()?
            .ok_or(Error::NotFound(Noun::Agent))
    }

    /// The numbers that an agent answers and that are not released.
    ///
    /// # Errors
    /// [`Error::Internal`] where SQLite fails.
    pub fn numbers_answered_by(&self, scope: &Scope, agent: AgentId) -> Result<Vec<NumberId>> {
        let mut statement = self.connection().prepare_cached(
            "SELECT id FROM agency_phone_numbers INDEXED BY numbers_by_agent
             WHERE agency_no = ?1 AND agent_mapping_id = ?2 AND status <> 3 ORDER BY created_at, id",
        )?;
        let numbers = statement.query_map(params![scope.agency_no, agent], |row| row.get(0))?;
        Ok(numbers.collect::<rusqlite::Result<_>>()?)
    }
}

impl Change<'_> {
    /// Says where the calls and messages of an agent's numbers go.
    ///
    /// # Errors
    /// [`Error::NotFound`] where the agency has no such agent, [`Error::Internal`] where SQLite fails.
    pub fn set_agent_route(&self, scope: &Scope, agent: AgentId, route: &Route) -> Result<()> {
        let changed = self
            .connection()
            .prepare_cached(
                "UPDATE agent_mappings
                 SET voice_url = ?3, sms_url = ?4, application_id = ?5, trunk_id = ?6, connection_id = ?7,
                     messaging_profile_id = ?8, sip_uri = ?9
                 WHERE agency_no = ?1 AND id = ?2",
            )?
            .execute(params![
                scope.agency_no,
                agent,
                route.voice_url,
                route.sms_url,
                route.application_id,
                route.trunk_id,
                route.connection_id,
                route.messaging_profile_id,
                route.sip_uri
            ])?;
        if changed == 0 { Err(Error::NotFound(Noun::Agent)) } else { Ok(()) }
    }

    /// Adds an agent to the agency.
    ///
    /// # Errors
    /// [`Error::Exists`] where the agency has one with this id at the voice engine, [`Error::Internal`] where SQLite fails.
    pub fn add_agent(&self, scope: &Scope, new: &AgentRecord) -> Result<()> {
        let AgentRecord { agent, settings, created_at } = new;
        self.connection()
            .prepare_cached(
                "INSERT INTO agent_mappings (agency_no, id, ultravox_agent_id, ultravox_agent_name, voice,
                     language_hint, recording_enabled, created_at, updated_at, client_id, campaign_id,
                     default_direction, system_prompt, temperature, first_speaker_text, max_duration_seconds, tools)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)",
            )?
            .execute(params![
                scope.agency_no,
                agent.id,
                agent.engine_id,
                agent.name,
                agent.voice,
                agent.language,
                agent.records_calls,
                created_at,
                settings.client_id,
                settings.campaign_id,
                settings.default_direction,
                settings.system_prompt,
                settings.temperature,
                settings.first_speaker_text,
                settings.max_duration_seconds,
                settings.tools
            ])
            .map_err(taken_or_failed)?;
        Ok(())
    }

    /// Writes an agent of the agency anew.
    ///
    /// # Errors
    /// As [`Change::add_agent`], and [`Error::NotFound`] where the agency has no such agent.
    pub fn change_agent(&self, scope: &Scope, agent: &Agent, updated_at: Timestamp) -> Result<()> {
        let changed = self
            .connection()
            .prepare_cached(
                "UPDATE agent_mappings
                 SET ultravox_agent_id = ?3, ultravox_agent_name = ?4, voice = ?5, language_hint = ?6,
                     recording_enabled = ?7, updated_at = ?8
                 WHERE agency_no = ?1 AND id = ?2",
            )?
            .execute(params![
                scope.agency_no,
                agent.id,
                agent.engine_id,
                agent.name,
                agent.voice,
                agent.language,
                agent.records_calls,
                updated_at
            ])
            .map_err(taken_or_failed)?;
        if changed == 0 { Err(Error::NotFound(Noun::Agent)) } else { Ok(()) }
    }
}

impl Change<'_> {
    /// Removes an agent of the agency, and takes its numbers from it, released ones too.
    ///
    /// # Errors
    /// [`Error::NotFound`] where the agency has no such agent, [`Error::Internal`] where SQLite fails.
    pub fn remove_agent(&self, scope: &Scope, id: AgentId, at: Timestamp) -> Result<()> {
        self.connection()
            .prepare_cached(
                "UPDATE agency_phone_numbers INDEXED BY numbers_by_agent
                 SET agent_mapping_id = NULL, assigned = 0, updated_at = ?3
                 WHERE agency_no = ?1 AND agent_mapping_id = ?2",
            )?
            .execute(params![scope.agency_no, id, at])?;
        let removed = self
            .connection()
            .prepare_cached("DELETE FROM agent_mappings WHERE agency_no = ?1 AND id = ?2")?
            .execute(params![scope.agency_no, id])?;
        if removed == 0 { Err(Error::NotFound(Noun::Agent)) } else { Ok(()) }
    }
}

/// Reads an agent from six columns that begin at `first`.
pub(super) fn agent(row: &Row<'_>, first: usize) -> rusqlite::Result<Agent> {
    Ok(Agent {
        id: row.get(first)?,
        engine_id: row.get(first + 1)?,
        name: row.get(first + 2)?,
        voice: row.get(first + 3)?,
        language: row.get(first + 4)?,
        records_calls: row.get(first + 5)?,
    })
}

fn taken_or_failed(error: rusqlite::Error) -> Error {
    if is_taken(&error) { Error::Exists("an agent with this id in the agency") } else { error.into() }
}
