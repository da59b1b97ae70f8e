//! The values of an export's fields, as PostgreSQL writes them. Each reader refuses with what it takes.

use std::str::FromStr;

use crate::model::{E164, Money, NotATime, NotMoney, Role, Status, Timestamp};

/// What a reader gives: the value, or what it should have been.
type Read<T> = Result<T, String>;

/// A UUID.
pub fn id<T: FromStr>(text: &str) -> Read<T> {
    text.parse().map_err(|_| "is no UUID".to_owned())
}

/// Any text without NUL.
pub fn text<T: for<'t> From<&'t str>>(text: &str) -> Read<T> {
    if text.contains('\0') { Err("holds a NUL byte".to_owned()) } else { Ok(text.into()) }
}

/// `true` and `false` as the table editor writes them, `t` and `f` as COPY does.
pub fn boolean(text: &str) -> Read<bool> {
    match text {
        "true" | "t" => Ok(true),
        "false" | "f" => Ok(false),
        _ => Err("is neither true nor false".to_owned()),
    }
}

/// A role's name.
pub fn role(text: &str) -> Read<Role> {
    text.parse()
}

/// A number in E.164 form.
pub fn phone_number(text: &str) -> Read<E164> {
    text.parse::<E164>().map_err(|error| error.to_string())
}

/// A status; `inactive` is the product's word for suspended.
pub fn status(text: &str) -> Read<Status> {
    match text {
        "pending" => Ok(Status::Pending),
        "active" => Ok(Status::Active),
        "inactive" | "suspended" => Ok(Status::Suspended),
        "released" => Ok(Status::Released),
        _ => Err("is one of pending, active, inactive, released".to_owned()),
    }
}

/// Whether a number takes calls, and whether it places them.
pub fn direction(text: &str) -> Read<(bool, bool)> {
    match text {
        "inbound" => Ok((true, false)),
        "outbound" => Ok((false, true)),
        "both" => Ok((true, true)),
        _ => Err("is one of inbound, outbound, both".to_owned()),
    }
}

/// A `numeric(10,4)`.
pub fn money(text: &str) -> Read<Money> {
    text.parse().map_err(|error: NotMoney| error.to_string())
}

/// A finite number.
pub fn real(text: &str) -> Read<f64> {
    text.parse().ok().filter(|number: &f64| number.is_finite()).ok_or_else(|| "is no number".to_owned())
}

/// A whole number.
pub fn whole(text: &str) -> Read<i64> {
    text.parse().map_err(|_| "is no whole number".to_owned())
}

/// A `timestamptz`: `2025-01-15 12:00:00.123456+00`, or ISO 8601 with `T` and any offset.
pub fn timestamp(text: &str) -> Read<Timestamp> {
    text.parse().map_err(|error: NotATime| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::{boolean, money, timestamp};

    #[test]
    fn times_are_read_as_postgresql_and_iso_8601_write_them() {
        let noon = 1_736_942_400_000_000;
        for (text, micros) in [
            ("2025-01-15 12:00:00+00", noon),
            ("2025-01-15 12:00:00.1+00", noon + 100_000),
            ("2025-01-15 12:00:00.123456+00", noon + 123_456),
            ("2025-01-15T12:00:00Z", noon),
            ("2025-01-15T13:30:00.5+01:30", noon + 500_000),
            ("2025-01-15 04:00:00-08", noon),
            ("2025-01-15 17:30:00+0530", noon),
        ] {
            assert_eq!(timestamp(text).map(|at| at.0), Ok(micros), "{text}");
        }
        for text in ["2025-01-15", "2025-01-15 12:00:00", "infinity", "2025-13-01 00:00:00+00", "1736942400", "now"] {
            assert!(timestamp(text).is_err(), "{text}");
        }
    }

    #[test]
    fn amounts_have_up_to_four_decimals() {
        for (text, amount) in
            [("1.0000", 10_000), ("1", 10_000), ("0.0085", 85), ("-2.5", -25_000), ("999999.9999", 9_999_999_999)]
        {
            assert_eq!(money(text).map(|money| money.0), Ok(amount), "{text}");
        }
        for text in ["", ".5", "1.", "1.00001", "1e3", "1,00", "$1", "NaN", "1000000", "--1", "+1"] {
            assert!(money(text).is_err(), "{text}");
        }
    }

    #[test]
    fn both_spellings_of_a_boolean_are_read_and_no_others() {
        assert_eq!(
            (boolean("t"), boolean("true"), boolean("f"), boolean("false")),
            (Ok(true), Ok(true), Ok(false), Ok(false))
        );
        for text in ["T", "TRUE", "1", "yes"] {
            assert!(boolean(text).is_err(), "{text}");
        }
    }
}
