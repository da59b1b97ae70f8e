//! Messages: what came, what was sent, and how far each is.

use rusqlite::{OptionalExtension, Row, named_params, params};

use super::{Change, Snapshot};
use crate::model::{
    AccountId, Carrier, E164, Error, Incoming, Message, MessageId, MessageState, Noun, NumberId, Result, Standing,
    Stray, Text, Timestamp,
};
use crate::store::Scope;

/// The columns that `message` reads.
const COLUMNS: &str = "m.id, m.number_id, m.direction, m.state, m.sender, m.recipient, m.body, m.media, m.carrier,
    m.carrier_account, m.carrier_message_id, m.error_code, m.error, m.at, m.updated_at";

impl Snapshot<'_> {
    /// One message of the agency.
    ///
    /// # Errors
    /// [`Error::NotFound`] where the agency has no such message, [`Error::Internal`] where SQLite fails.
    pub fn message(&self, scope: &Scope, id: MessageId) -> Result<Message> {
        self.connection()
            .prepare_cached(&format!("SELECT {COLUMNS} FROM messages AS m WHERE m.agency_no = ?1 AND m.id = ?2"))?
            .query_row(params![scope.agency_no, id], message)
            .optional()?
            .ok_or(Error::NotFound(Noun::Message))
    }

    /// The messages of a number of the agency, newest first: those between two times, at most so many.
    ///
    /// # Errors
    /// [`Error::Internal`] where SQLite fails.
    pub fn messages(
        &self,
        scope: &Scope,
        number: NumberId,
        (after, before): (Timestamp, Timestamp),
        limit: u32,
    ) -> Result<Vec<Message>> {
        let mut statement = self.connection().prepare_cached(&format!(
            "SELECT {COLUMNS} FROM messages AS m
             WHERE m.agency_no = ?1 AND m.number_id = ?2 AND m.at > ?3 AND m.at < ?4 ORDER BY m.at DESC LIMIT ?5"
        ))?;
        let messages = statement.query_map(params![scope.agency_no, number, after, before, limit], message)?;
        Ok(messages.collect::<rusqlite::Result<_>>()?)
    }

    /// The number at an account of a carrier that is not released, and in whose scope it is: only what the carrier tells
    /// may ask.
    ///
    /// # Errors
    /// [`Error::Internal`] where SQLite fails.
    pub fn holder(&self, carrier: Carrier, account: &str, number: &E164) -> Result<Option<(Scope, NumberId)>> {
        let holder = self
            .connection()
            .prepare_cached(
                "SELECT n.agency_no, a.id, n.id
                 FROM agency_phone_numbers AS n INDEXED BY numbers_live_at_carrier
                     JOIN agencies AS a ON a.agency_no = n.agency_no
                 WHERE n.carrier = ?1 AND n.carrier_account = ?2 AND n.phone_number = ?3 AND n.status <> 3",
            )?
            .query_row(params![carrier, account, number], |row| {
                Ok((Scope { agency_no: row.get(0)?, agency: row.get(1)? }, row.get(2)?))
            })
            .optional()?;
        Ok(holder)
    }

    /// A message by its id at a carrier, or by the one that it has here and its account; and in whose scope it is: only what
    /// the carrier tells may ask.
    ///
    /// # Errors
    /// [`Error::Internal`] where SQLite fails.
    pub fn message_told_of(
        &self,
        carrier: Carrier,
        account: &str,
        carrier_message_id: &str,
        own: Option<MessageId>,
    ) -> Result<Option<(Scope, Message)>> {
        let found = self
            .connection()
            .prepare_cached(&format!(
                "SELECT {COLUMNS}, m.agency_no, a.id
                 FROM messages AS m JOIN agencies AS a ON a.agency_no = m.agency_no
                 WHERE m.carrier = ?1 AND m.carrier_account = ?2 AND m.carrier_message_id = ?3"
            ))?
            .query_row(params![carrier, account, carrier_message_id], told_of)
            .optional()?;
        let (None, Some(own)) = (&found, own) else { return Ok(found) };
        let found = self
            .connection()
            .prepare_cached(&format!(
                "SELECT {COLUMNS}, m.agency_no, a.id
                 FROM messages AS m JOIN agencies AS a ON a.agency_no = m.agency_no
                 WHERE m.id = ?1 AND m.carrier = ?2 AND m.carrier_account = ?3 AND m.carrier_message_id IS NULL
                     AND m.direction = 1"
            ))?
            .query_row(params![own, carrier, account], told_of)
            .optional()?;
        Ok(found)
    }

    /// The messages that came with an account for numbers that nobody here has, newest first.
    ///
    /// # Errors
    /// [`Error::Internal`] where SQLite fails.
    pub fn strays(&self, scope: &Scope, account: AccountId, limit: u32) -> Result<Vec<Stray>> {
        let mut statement = self.connection().prepare_cached(
            "SELECT account_id, carrier_message_id, sender, recipient, body, media, at FROM stray_messages
             WHERE agency_no = ?1 AND account_id = ?2 ORDER BY at DESC LIMIT ?3",
        )?;
        let strays = statement.query_map(params![scope.agency_no, account, limit], |row| {
            Ok(Stray {
                account: row.get(0)?,
                incoming: Incoming {
                    carrier_message_id: row.get(1)?,
                    from: row.get(2)?,
                    to: row.get(3)?,
                    body: row.get(4)?,
                    media: media(row.get(5)?),
                },
                at: row.get(6)?,
            })
        })?;
        Ok(strays.collect::<rusqlite::Result<_>>()?)
    }
}

impl Change<'_> {
    /// Adds a message of the agency, at its time or at the first free moment of its number after that. Gives whether it is
    /// new: one that its carrier has told of before is left as it is.
    ///
    /// # Errors
    /// [`Error::Internal`] where SQLite fails, also where the number is not the agency's.
    pub fn add_message(&self, scope: &Scope, message: &Message) -> Result<bool> {
        let added = self
            .connection()
            .prepare_cached(
                "INSERT INTO messages (agency_no, number_id, at, id, direction, state, sender, recipient, body, media, carrier,
                     carrier_account, carrier_message_id, error_code, error, updated_at)
                 SELECT n.agency_no, n.id,
                     coalesce((SELECT max(m.at) + 1 FROM messages AS m
                               WHERE m.agency_no = n.agency_no AND m.number_id = n.id AND m.at >= :at), :at),
                     :id, :direction, :state, :sender, :recipient, :body, :media, :carrier, :account,
                     :carrier_message_id, :error_code, :error, :updated_at
                 FROM agency_phone_numbers AS n WHERE n.agency_no = :agency AND n.id = :number
                 ON CONFLICT (carrier, carrier_account, carrier_message_id) WHERE carrier_message_id IS NOT NULL DO NOTHING",
            )?
            .execute(named_params! {
                ":agency": scope.agency_no,
                ":number": message.number,
                ":at": message.at,
                ":id": message.id,
                ":direction": message.direction,
                ":state": message.state,
                ":sender": message.from,
                ":recipient": message.to,
                ":body": message.body,
                ":media": in_json(&message.media),
                ":carrier": message.carrier,
                ":account": message.account,
                ":carrier_message_id": message.carrier_message_id,
                ":error_code": message.error_code,
                ":error": message.error,
                ":updated_at": message.updated_at,
            })?;
        Ok(added > 0)
    }

    /// Writes how far a message of the agency is, and its id at the carrier.
    ///
    /// # Errors
    /// [`Error::NotFound`] where the agency has no such message, [`Error::Internal`] where SQLite fails.
    pub fn change_message(&self, scope: &Scope, message: &Message) -> Result<()> {
        let changed = self
            .connection()
            .prepare_cached(
                "UPDATE messages SET state = ?3, carrier_message_id = ?4, error_code = ?5, error = ?6, updated_at = ?7
                 WHERE agency_no = ?1 AND id = ?2",
            )?
            .execute(params![
                scope.agency_no,
                message.id,
                message.state,
                message.carrier_message_id,
                message.error_code,
                message.error,
                message.updated_at
            ])?;
        if changed == 0 { Err(Error::NotFound(Noun::Message)) } else { Ok(()) }
    }

    /// Keeps a message that came with an account of the agency for a number that nobody here has, once.
    ///
    /// # Errors
    /// [`Error::Internal`] where SQLite fails.
    pub fn add_stray(&self, scope: &Scope, stray: &Stray) -> Result<()> {
        let Incoming { carrier_message_id, from, to, body, media } = &stray.incoming;
        self.connection()
            .prepare_cached(
                "INSERT INTO stray_messages (agency_no, account_id, carrier_message_id, sender, recipient, body, media, at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT DO NOTHING",
            )?
            .execute(params![
                scope.agency_no,
                stray.account,
                carrier_message_id,
                from,
                to,
                body,
                in_json(media),
                stray.at
            ])?;
        Ok(())
    }

    /// Keeps how far a message is that is not known here, or not yet.
    ///
    /// # Errors
    /// [`Error::Internal`] where SQLite fails.
    pub fn keep_standing(&self, carrier: Carrier, account: &str, told: &Standing, at: Timestamp) -> Result<()> {
        self.connection()
            .prepare_cached(
                "INSERT INTO stray_standings (carrier, carrier_account, carrier_message_id, state, error_code, error, at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
                 ON CONFLICT DO UPDATE SET state = ?4, error_code = ?5, error = ?6, at = ?7 WHERE state < ?4",
            )?
            .execute(params![
                carrier,
                account,
                told.carrier_message_id,
                told.state,
                told.error_code,
                told.error,
                at
            ])?;
        Ok(())
    }

    /// Takes what was kept of how far a message is.
    ///
    /// # Errors
    /// [`Error::Internal`] where SQLite fails.
    pub fn take_standing(&self, carrier: Carrier, account: &str, carrier_message_id: &str) -> Result<Option<Standing>> {
        let kept = self
            .connection()
            .prepare_cached(
                "DELETE FROM stray_standings WHERE carrier = ?1 AND carrier_account = ?2 AND carrier_message_id = ?3
                 RETURNING carrier_message_id, state, error_code, error",
            )?
            .query_row(params![carrier, account, carrier_message_id], |row| {
                Ok(Standing {
                    carrier_message_id: row.get(0)?,
                    state: row.get(1)?,
                    error_code: row.get(2)?,
                    error: row.get(3)?,
                })
            })
            .optional()?;
        Ok(kept)
    }

    /// Gives up on messages whose sending began before a time and that nobody has heard of since, whosever they are, and
    /// forgets standings as old as `forget`: only the one who keeps house may.
    ///
    /// # Errors
    /// [`Error::Internal`] where SQLite fails.
    pub fn give_up_messages(&self, before: Timestamp, forget: Timestamp) -> Result<()> {
        self.connection()
            .prepare_cached(
                "UPDATE messages INDEXED BY messages_under_way SET state = 1, updated_at = ?1 WHERE state = 0 AND at < ?1",
            )?
            .execute([before])?;
        self.connection().prepare_cached("DELETE FROM stray_standings WHERE at < ?1")?.execute([forget])?;
        Ok(())
    }
}

fn told_of(row: &Row<'_>) -> rusqlite::Result<(Scope, Message)> {
    Ok((Scope { agency_no: row.get(15)?, agency: row.get(16)? }, message(row)?))
}

fn message(row: &Row<'_>) -> rusqlite::Result<Message> {
    Ok(Message {
        id: row.get(0)?,
        number: row.get(1)?,
        direction: row.get(2)?,
        state: row.get::<_, MessageState>(3)?,
        from: row.get(4)?,
        to: row.get(5)?,
        body: row.get(6)?,
        media: media(row.get(7)?),
        carrier: row.get(8)?,
        account: row.get::<_, Option<Text>>(9)?,
        carrier_message_id: row.get(10)?,
        error_code: row.get(11)?,
        error: row.get(12)?,
        at: row.get(13)?,
        updated_at: row.get(14)?,
    })
}

fn in_json(media: &[String]) -> Option<String> {
    (!media.is_empty()).then(|| serde_json::Value::from(media.to_vec()).to_string())
}

fn media(json: Option<String>) -> Vec<String> {
    json.and_then(|json| serde_json::from_str(&json).ok()).unwrap_or_default()
}
