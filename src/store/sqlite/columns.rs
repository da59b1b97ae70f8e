//! How the model's values lie in columns: ids as 16 bytes, names of states as small integers, times as microseconds.

use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};
use uuid::Uuid;

use crate::model::{
    AccountId, AgencyId, AgentId, BasketId, Carrier, Deed, DeliveryId, DeliveryState, Direction, Disabled, E164, KeyId,
    MessageId, MessageState, Money, NumberId, OrderId, OrderState, Permissions, Reason, Role, Sealed, Status, Text,
    Timestamp, Transport, UserId, WebhookId,
};

macro_rules! id_columns {
    ($($id:ident)*) => {$(
        impl ToSql for $id {
            fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
                Ok(ToSqlOutput::Borrowed(ValueRef::Blob(self.0.as_bytes())))
            }
        }

        impl FromSql for $id {
            fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
                Uuid::from_slice(value.as_blob()?).map(Self).map_err(FromSqlError::other)
            }
        }
    )*};
}

id_columns!(AccountId AgencyId UserId AgentId NumberId KeyId OrderId BasketId MessageId WebhookId DeliveryId);

macro_rules! integer_columns {
    ($($wrapper:ident)*) => {$(
        impl ToSql for $wrapper {
            fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
                Ok(ToSqlOutput::from(self.0))
            }
        }

        impl FromSql for $wrapper {
            fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
                value.as_i64().map(Self)
            }
        }
    )*};
}

integer_columns!(Money Timestamp);

/// A state is stored as its place in `ALL`; the migrations spell the places out.
macro_rules! state_columns {
    ($($state:ident)*) => {$(
        impl ToSql for $state {
            fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
                Ok(ToSqlOutput::from(*self as i64))
            }
        }

        impl FromSql for $state {
            fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
                let place = value.as_i64()?;
                usize::try_from(place)
                    .ok()
                    .and_then(|place| Self::ALL.get(place).copied())
                    .ok_or(FromSqlError::OutOfRange(place))
            }
        }
    )*};
}

state_columns!(Carrier Deed DeliveryState Direction Disabled MessageState OrderState Role Status Transport);

impl ToSql for Sealed {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::from(&*self.0))
    }
}

impl FromSql for Sealed {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        Ok(Self(value.as_blob()?.to_vec()))
    }
}

impl ToSql for Reason {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::from(self.name()))
    }
}

impl FromSql for Reason {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let name = value.as_str()?;
        Self::ALL.into_iter().find(|reason| reason.name() == name).ok_or(FromSqlError::InvalidType)
    }
}

impl ToSql for Permissions {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::from(self.0))
    }
}

impl FromSql for Permissions {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        u8::column_result(value).map(Self)
    }
}

impl ToSql for Text {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::from(&**self))
    }
}

impl FromSql for Text {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        value.as_str().map(Self::from)
    }
}

impl ToSql for E164 {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::from(self.as_str()))
    }
}

impl FromSql for E164 {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        value.as_str()?.parse().map_err(FromSqlError::other)
    }
}

#[cfg(test)]
mod tests {
    use crate::model::{Carrier, Deed, DeliveryState, Disabled, OrderState, Role, Status, Transport};

    #[test]
    fn states_lie_at_their_place_in_all() {
        assert!(Status::ALL.iter().enumerate().all(|(place, state)| *state as usize == place));
        assert!(Carrier::ALL.iter().enumerate().all(|(place, state)| *state as usize == place));
        assert!(Deed::ALL.iter().enumerate().all(|(place, deed)| *deed as usize == place));
        assert!(DeliveryState::ALL.iter().enumerate().all(|(place, state)| *state as usize == place));
        assert!(Disabled::ALL.iter().enumerate().all(|(place, why)| *why as usize == place));
        assert!(OrderState::ALL.iter().enumerate().all(|(place, state)| *state as usize == place));
        assert!(Transport::ALL.iter().enumerate().all(|(place, state)| *state as usize == place));
        assert!(Role::ALL.iter().enumerate().all(|(place, state)| *state as usize == place));
    }
}
