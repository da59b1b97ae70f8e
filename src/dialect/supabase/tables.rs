//! The product's own tables, as Supabase exports them: one CSV file each, as its table editor and
//! `COPY ... CSV HEADER` write them. Columns come in any order; NULL is an empty field.

use std::fs;
use std::path::Path;

use csv::{ByteRecord, Reader, ReaderBuilder};

use super::values;
use crate::inventory::import::{Brought, BroughtAgent, BroughtNumber, Cargo, Remark, Source};
use crate::model::{Agency, Agent, AgentSettings, Carrier, Number, Timestamp, User};

const AGENCIES: &str = "agencies.csv";
const USERS: &str = "users.csv";
const AGENTS: &str = "agent_mappings.csv";
const NUMBERS: &str = "agency_phone_numbers.csv";

/// What was read.
#[derive(Debug, Default)]
pub struct Export {
    /// What can be brought in.
    pub cargo: Cargo,
    /// Rows that cannot be read.
    pub refused: Vec<Remark>,
    /// Columns that the product does not have, a sentence each: they are not kept.
    pub unknown_columns: Vec<String>,
}

/// Why a value was refused: its column, and what it should have been.
type Refusal = (&'static str, String);

impl Export {
    /// Reads the four files of a directory. `now` stands for when agencies were created, which their table does not say.
    ///
    /// # Errors
    /// A sentence, where a file is missing or is no CSV at all. What is wrong with a row is in `refused`.
    pub fn read(directory: &Path, now: Timestamp) -> Result<Self, String> {
        let mut export = Self::default();
        let Self { cargo, refused, unknown_columns } = &mut export;
        let mut table = |file, columns| Table::open(directory, file, columns, unknown_columns);
        table(AGENCIES, &["id", "name"])?.rows(refused, &mut cargo.agencies, |row| agency(row, now))?;
        table(USERS, &["id", "agency_id", "email", "role"])?.rows(refused, &mut cargo.users, user)?;
        table(AGENTS, AGENT_COLUMNS)?.rows(refused, &mut cargo.agents, agent)?;
        table(NUMBERS, NUMBER_COLUMNS)?.rows(refused, &mut cargo.numbers, number)?;
        Ok(export)
    }
}

const AGENT_COLUMNS: &[&str] = &[
    "id",
    "agency_id",
    "ultravox_agent_id",
    "ultravox_agent_name",
    "voice",
    "language_hint",
    "recording_enabled",
    "client_id",
    "campaign_id",
    "default_direction",
    "system_prompt",
    "temperature",
    "first_speaker_text",
    "max_duration_seconds",
    "tools",
];

const NUMBER_COLUMNS: &[&str] = &[
    "id",
    "agency_id",
    "phone_number",
    "phone_number_id",
    "friendly_name",
    "number_type",
    "country_code",
    "voice_enabled",
    "sms_enabled",
    "mms_enabled",
    "agent_mapping_id",
    "direction",
    "monthly_cost",
    "setup_cost",
    "currency",
    "status",
    "is_active",
    "purchased_at",
    "released_at",
    "created_at",
    "updated_at",
];

fn agency(row: &Row<'_>, now: Timestamp) -> Result<Agency, Refusal> {
    Ok(Agency {
        id: row.required("id", values::id)?,
        parent: None,
        name: row.required("name", values::text)?,
        created_at: now,
    })
}

fn user(row: &Row<'_>) -> Result<User, Refusal> {
    Ok(User {
        id: row.required("id", values::id)?,
        agency: row.optional("agency_id", values::id)?,
        email: row.optional("email", values::text)?,
        role: row.required("role", values::role)?,
    })
}

fn agent(row: &Row<'_>) -> Result<BroughtAgent, Refusal> {
    Ok(BroughtAgent {
        agency: row.required("agency_id", values::id)?,
        agent: Agent {
            id: row.required("id", values::id)?,
            engine_id: row.required("ultravox_agent_id", values::text)?,
            name: row.optional("ultravox_agent_name", values::text)?,
            voice: row.optional("voice", values::text)?,
            language: row.optional("language_hint", values::text)?.unwrap_or_else(|| "en".into()),
            records_calls: row.optional("recording_enabled", values::boolean)?.unwrap_or(true),
        },
        settings: AgentSettings {
            client_id: row.optional("client_id", values::text)?,
            campaign_id: row.optional("campaign_id", values::text)?,
            default_direction: row.optional("default_direction", values::text)?,
            system_prompt: row.optional("system_prompt", values::text)?,
            temperature: row.optional("temperature", values::real)?,
            first_speaker_text: row.optional("first_speaker_text", values::text)?,
            max_duration_seconds: row.optional("max_duration_seconds", values::whole)?,
            tools: row.optional("tools", values::text)?,
        },
    })
}

fn number(row: &Row<'_>) -> Result<BroughtNumber, Refusal> {
    let (inbound, outbound) = row.optional("direction", values::direction)?.unwrap_or((true, false));
    let agency = row.required("agency_id", values::id)?;
    let agent = row.optional("agent_mapping_id", values::id)?;
    let number = Number {
        id: row.required("id", values::id)?,
        phone_number: row.required("phone_number", values::phone_number)?,
        carrier_number_id: row.optional("phone_number_id", values::text)?,
        friendly_name: row.optional("friendly_name", values::text)?,
        number_type: row.optional("number_type", values::text)?,
        country_code: row.optional("country_code", values::text)?,
        voice_enabled: row.optional("voice_enabled", values::boolean)?.unwrap_or(true),
        sms_enabled: row.optional("sms_enabled", values::boolean)?.unwrap_or(false),
        mms_enabled: row.optional("mms_enabled", values::boolean)?.unwrap_or(false),
        inbound,
        outbound,
        monthly_cost: row.optional("monthly_cost", values::money)?,
        setup_cost: row.optional("setup_cost", values::money)?,
        currency: row.optional("currency", values::text)?.unwrap_or_else(|| "USD".into()),
        status: row.required("status", values::status)?,
        is_active: row.optional("is_active", values::boolean)?.unwrap_or(true),
        // The product rents from Telnyx, on an account that its tables do not name.
        carrier: Carrier::Telnyx,
        carrier_account: None,
        location: None,
        routing: None,
        purchased_at: row.optional("purchased_at", values::timestamp)?,
        released_at: row.optional("released_at", values::timestamp)?,
        external_id: None,
        expires_at: None,
        created_at: row.required("created_at", values::timestamp)?,
        updated_at: row.required("updated_at", values::timestamp)?,
        agent: None,
    };
    Ok(BroughtNumber { agency, number, agent })
}

/// One file, and where its columns stand.
struct Table {
    file: &'static str,
    columns: &'static [&'static str],
    /// The place of each of `columns`, where the file has it.
    places: Vec<Option<usize>>,
    text: Vec<u8>,
}

impl Table {
    fn open(
        directory: &Path,
        file: &'static str,
        columns: &'static [&'static str],
        unknown_columns: &mut Vec<String>,
    ) -> Result<Self, String> {
        let path = directory.join(file);
        let text = fs::read(&path).map_err(|error| format!("{} cannot be read: {error}", path.display()))?;
        Self::new(text, file, columns, unknown_columns)
    }

    fn new(
        text: Vec<u8>,
        file: &'static str,
        columns: &'static [&'static str],
        unknown_columns: &mut Vec<String>,
    ) -> Result<Self, String> {
        let mut reader = reader(&text);
        let headers = reader.byte_headers().map_err(|error| format!("{file} is no CSV file: {error}"))?;
        let headers: Vec<String> = headers.iter().map(|name| String::from_utf8_lossy(name).into_owned()).collect();
        let mut places = vec![None; columns.len()];
        for (at, name) in headers.iter().enumerate() {
            // A spreadsheet may have put a byte order mark before the first name.
            let name = if at == 0 { name.trim_start_matches('\u{feff}') } else { name };
            match columns.iter().position(|column| *column == name) {
                Some(column) if places[column].is_some() => return Err(format!("{file} has two columns `{name}`")),
                Some(column) => places[column] = Some(at),
                None => unknown_columns.push(format!("{file}: column `{name}` is not kept")),
            }
        }
        Ok(Self { file, columns, places, text })
    }

    /// Reads every row, into `brought` or into `refused`.
    fn rows<T>(
        self,
        refused: &mut Vec<Remark>,
        brought: &mut Vec<Brought<T>>,
        read: impl Fn(&Row<'_>) -> Result<T, Refusal>,
    ) -> Result<(), String> {
        let mut reader = reader(&self.text);
        let width = reader.byte_headers().map_or(0, |headers| headers.len());
        let mut record = ByteRecord::new();
        let (mut line, mut counted) = (1, 0);
        while reader.read_byte_record(&mut record).map_err(|error| format!("{}: {error}", self.file))? {
            // The crate's own count lags behind where lines end in CR LF.
            let begins = self.beginning(record.position().map_or(0, |position| position.byte()));
            line += self.text[counted..begins].split(|byte| *byte == b'\n').count() as u64 - 1;
            counted = begins;
            let source = Source { file: self.file.into(), line };
            let row = Row { columns: self.columns, places: &self.places, record: &record };
            let read = if record.len() == width {
                read(&row)
            } else {
                Err(("(the row)", format!("has {} fields where the header has {width}", record.len())))
            };
            match read {
                Ok(what) => brought.push(Brought { source, what }),
                Err((column, reason)) => refused.push(Remark { source, column: column.to_owned(), reason }),
            }
        }
        Ok(())
    }
}

impl Table {
    /// Where a record's own bytes begin, past the line end that is still before it.
    fn beginning(&self, position: u64) -> usize {
        let position = usize::try_from(position).unwrap_or(usize::MAX).min(self.text.len());
        let before = self.text[position..].iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        position + before
    }
}

fn reader(text: &[u8]) -> Reader<&[u8]> {
    ReaderBuilder::new().flexible(true).from_reader(text)
}

/// One row, by column.
struct Row<'a> {
    columns: &'static [&'static str],
    places: &'a [Option<usize>],
    record: &'a ByteRecord,
}

impl Row<'_> {
    /// A value, or `None` where it is NULL or the file has no such column.
    fn optional<T>(
        &self,
        column: &'static str,
        read: impl Fn(&str) -> Result<T, String>,
    ) -> Result<Option<T>, Refusal> {
        let place = self.columns.iter().position(|name| *name == column).and_then(|at| self.places[at]);
        let bytes = place.and_then(|place| self.record.get(place)).unwrap_or_default();
        if bytes.is_empty() {
            return Ok(None);
        }
        let text = std::str::from_utf8(bytes).map_err(|_| (column, "is not UTF-8".to_owned()))?;
        read(text).map(Some).map_err(|reason| (column, reason))
    }

    fn required<T>(&self, column: &'static str, read: impl Fn(&str) -> Result<T, String>) -> Result<T, Refusal> {
        self.optional(column, read)?.ok_or_else(|| (column, "is missing".to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::{NUMBER_COLUMNS, NUMBERS, Table, number};
    use crate::inventory::import::BroughtNumber;
    use crate::model::{Status, Timestamp};

    const ID: &str = "123e4567-e89b-12d3-a456-426614174000";

    fn read(text: &str) -> (Vec<BroughtNumber>, Vec<String>, Vec<String>) {
        let (mut refused, mut brought, mut unknown) = (Vec::new(), Vec::new(), Vec::new());
        let table = Table::new(text.as_bytes().to_vec(), NUMBERS, NUMBER_COLUMNS, &mut unknown).unwrap();
        table.rows(&mut refused, &mut brought, number).unwrap();
        let refused = refused.iter().map(ToString::to_string).collect();
        (brought.into_iter().map(|brought| brought.what).collect(), refused, unknown)
    }

    #[test]
    fn columns_come_in_any_order_and_quotes_may_hold_lines() {
        let text = format!(
            "\u{feff}status,notes,created_at,updated_at,friendly_name,phone_number,agency_id,id\r\n\
             inactive,x,2025-01-15 12:00:00.123456+00,2025-01-15T13:00:00+01:00,\"two\nlines, \"\"quoted\"\"\",+19705551234,{ID},{ID}\r\n\
             asleep,,2025-01-15 12:00:00+00,2025-01-15 12:00:00+00,,+19705551235,{ID},{ID}\r\n"
        );
        let (brought, refused, unknown) = read(&text);
        let number = &brought[0].number;
        assert_eq!(number.friendly_name.as_deref(), Some("two\nlines, \"quoted\""));
        assert_eq!((number.status, number.is_active, number.voice_enabled), (Status::Suspended, true, true));
        assert_eq!(
            (number.created_at, number.updated_at),
            (Timestamp(1_736_942_400_123_456), Timestamp(1_736_942_400_000_000))
        );
        assert_eq!(unknown, ["agency_phone_numbers.csv: column `notes` is not kept"]);
        assert_eq!(refused.len(), 1);
        assert!(refused[0].starts_with("agency_phone_numbers.csv:4: status: "), "{refused:?}");
    }

    #[test]
    fn a_row_of_another_width_and_text_that_is_none_are_refused() {
        let (brought, refused, _) = read("id,agency_id\n1,2,3\n");
        assert!(brought.is_empty() && refused[0].contains(":2: (the row): has 3 fields"), "{refused:?}");
        let (_, refused, _) = read(&format!("id,agency_id,phone_number\n{ID},{ID},1970555\n{ID},,+19705551234\n"));
        assert!(refused[0].contains(":2: phone_number: "), "{refused:?}");
        assert!(refused[1].contains(":3: agency_id: is missing"), "{refused:?}");
    }
}
