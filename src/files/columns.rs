//! The columns of a file of numbers, in the order in which they are written: what each shows of a number, and how it is read.

use std::borrow::Cow;

use super::draft::Draft;
use super::values;
use crate::model::{Money, Number, Text, Timestamp};

/// What a column shows of one number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell<'n> {
    /// There is none.
    Nothing,
    /// Words, an id, a time.
    Words(Cow<'n, str>),
    /// Yes or no.
    Flag(bool),
    /// Of the currency's unit.
    Amount(Money),
}

impl<'n> Cell<'n> {
    fn maybe(text: Option<&'n Text>) -> Self {
        text.map_or(Self::Nothing, |text| Self::Words(Cow::Borrowed(text)))
    }

    fn at(time: Option<Timestamp>) -> Self {
        time.map_or(Self::Nothing, |time| Self::Words(time.to_string().into()))
    }

    fn amount(amount: Option<Money>) -> Self {
        amount.map_or(Self::Nothing, Self::Amount)
    }
}

/// How a cell that is not empty is read.
pub type Reading = fn(&mut Draft, &str) -> Result<(), String>;

/// A column.
pub struct Column {
    /// Its name, in the header and in JSON.
    pub name: &'static str,
    /// What it shows.
    pub cell: for<'n> fn(&'n Number) -> Cell<'n>,
    /// How it is read; none of a column that only explains another.
    pub reading: Option<Reading>,
    /// Whether an empty cell says that there is none. In the other columns it says nothing.
    pub may_be_none: bool,
}

/// A column that every number has something in.
const fn always(name: &'static str, cell: for<'n> fn(&'n Number) -> Cell<'n>, reading: Reading) -> Column {
    Column { name, cell, reading: Some(reading), may_be_none: false }
}

/// A column that may be empty.
const fn maybe(name: &'static str, cell: for<'n> fn(&'n Number) -> Cell<'n>, reading: Reading) -> Column {
    Column { name, cell, reading: Some(reading), may_be_none: true }
}

/// A column for people to read.
const fn shown(name: &'static str, cell: for<'n> fn(&'n Number) -> Cell<'n>) -> Column {
    Column { name, cell, reading: None, may_be_none: true }
}

/// Puts a value that was read where it belongs.
macro_rules! set {
    ($field:ident, $read:path) => {
        |draft, text| {
            draft.number.$field = $read(text)?;
            Ok(())
        }
    };
}

/// The same for what a number may not have.
macro_rules! set_some {
    ($field:ident, $read:path) => {
        |draft, text| {
            draft.number.$field = Some($read(text)?);
            Ok(())
        }
    };
}

/// The one column that a file must have.
pub const PHONE_NUMBER: &str = "phone_number";
/// Where in [`COLUMNS`] it is.
pub const PHONE_NUMBER_PLACE: usize = 1;

/// All of them.
pub static COLUMNS: [Column; 28] = [
    always("id", |number| Cell::Words(number.id.to_string().into()), set!(id, values::id)),
    // Read first and apart: without it there is no draft.
    always(PHONE_NUMBER, |number| Cell::Words(number.phone_number.as_str().into()), |_, _| Ok(())),
    maybe("friendly_name", |number| Cell::maybe(number.friendly_name.as_ref()), set_some!(friendly_name, text)),
    maybe("number_type", |number| Cell::maybe(number.number_type.as_ref()), set_some!(number_type, text)),
    maybe("country_code", |number| Cell::maybe(number.country_code.as_ref()), set_some!(country_code, text)),
    always("voice_enabled", |number| Cell::Flag(number.voice_enabled), set!(voice_enabled, values::flag)),
    always("sms_enabled", |number| Cell::Flag(number.sms_enabled), set!(sms_enabled, values::flag)),
    always("mms_enabled", |number| Cell::Flag(number.mms_enabled), set!(mms_enabled, values::flag)),
    always("inbound", |number| Cell::Flag(number.inbound), set!(inbound, values::flag)),
    always("outbound", |number| Cell::Flag(number.outbound), set!(outbound, values::flag)),
    maybe(
        "agent_id",
        |number| number.agent.as_ref().map_or(Cell::Nothing, |agent| Cell::Words(agent.id.to_string().into())),
        |draft, text| {
            draft.agent = Some(text.to_owned());
            Ok(())
        },
    ),
    shown("agent_name", |number| {
        let name = number.agent.as_ref().and_then(|agent| agent.name.as_deref());
        name.map_or(Cell::Nothing, |name| Cell::Words(name.into()))
    }),
    maybe("monthly_cost", |number| Cell::amount(number.monthly_cost), set_some!(monthly_cost, values::money)),
    maybe("setup_cost", |number| Cell::amount(number.setup_cost), set_some!(setup_cost, values::money)),
    always("currency", |number| Cell::Words(Cow::Borrowed(&number.currency)), set!(currency, text)),
    always("status", |number| Cell::Words(number.status.name().into()), set!(status, values::status)),
    always("is_active", |number| Cell::Flag(number.is_active), set!(is_active, values::flag)),
    always("carrier", |number| Cell::Words(number.carrier.name().into()), set!(carrier, values::carrier)),
    maybe("carrier_account", |number| Cell::maybe(number.carrier_account.as_ref()), set_some!(carrier_account, text)),
    maybe(
        "carrier_number_id",
        |number| Cell::maybe(number.carrier_number_id.as_ref()),
        set_some!(carrier_number_id, text),
    ),
    maybe("location", |number| Cell::maybe(number.location.as_ref()), set_some!(location, text)),
    maybe("routing", |number| Cell::maybe(number.routing.as_ref()), set_some!(routing, text)),
    maybe("purchased_at", |number| Cell::at(number.purchased_at), set_some!(purchased_at, values::time)),
    maybe("released_at", |number| Cell::at(number.released_at), set_some!(released_at, values::time)),
    always("created_at", |number| Cell::at(Some(number.created_at)), set!(created_at, values::time)),
    always("updated_at", |number| Cell::at(Some(number.updated_at)), set!(updated_at, values::time)),
    maybe("external_id", |number| Cell::maybe(number.external_id.as_ref()), set_some!(external_id, text)),
    maybe("expires_at", |number| Cell::at(number.expires_at), set_some!(expires_at, values::time)),
];

#[allow(clippy::unnecessary_wraps, reason = "the shape of every reader")]
fn text(text: &str) -> Result<Text, String> {
    Ok(text.into())
}

#[cfg(test)]
mod tests {
    use super::{COLUMNS, PHONE_NUMBER, PHONE_NUMBER_PLACE};

    #[test]
    fn the_phone_number_lies_where_it_is_said_to() {
        assert_eq!(COLUMNS[PHONE_NUMBER_PLACE].name, PHONE_NUMBER);
    }
}
