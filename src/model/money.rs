//! Amounts of money: whole ten-thousandths of a currency's unit, never floating point.

use std::fmt;
use std::str::FromStr;

/// An amount in ten-thousandths of its currency's unit (PostgreSQL's `numeric(10,4)`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Money(pub i64);

impl fmt::Display for Money {
    /// Two to four decimals, as the carriers write prices: `1.00`, `0.0085`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let (units, fraction) = (self.0.unsigned_abs() / 10_000, self.0.unsigned_abs() % 10_000);
        match (fraction % 100, fraction % 10) {
            (0, _) => write!(f, "{sign}{units}.{:02}", fraction / 100),
            (_, 0) => write!(f, "{sign}{units}.{:03}", fraction / 10),
            _ => write!(f, "{sign}{units}.{fraction:04}"),
        }
    }
}

impl FromStr for Money {
    type Err = NotMoney;

    /// Takes up to six digits, and up to four decimals behind a point.
    fn from_str(text: &str) -> Result<Self, NotMoney> {
        let unsigned = text.strip_prefix('-').unwrap_or(text);
        let (units, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
        let plain = |digits: &str, most| digits.len() <= most && digits.bytes().all(|byte| byte.is_ascii_digit());
        if units.is_empty() || !plain(units, 6) || !plain(fraction, 4) || unsigned.ends_with('.') {
            return Err(NotMoney);
        }
        let amount: i64 = format!("{units}{fraction:0<4}").parse().map_err(|_| NotMoney)?;
        Ok(Self(if unsigned.len() == text.len() { amount } else { -amount }))
    }
}

/// The text is no amount of money.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is no amount with up to six digits and four decimals, like 1.0000")]
pub struct NotMoney;

#[cfg(test)]
mod tests {
    use super::Money;

    #[test]
    fn money_is_written_with_two_to_four_decimals() {
        for (amount, text) in [
            (10_000, "1.00"),
            (11_500, "1.15"),
            (85, "0.0085"),
            (10_010, "1.001"),
            (0, "0.00"),
            (-12_345, "-1.2345"),
            (9_999_999_999, "999999.9999"),
        ] {
            assert_eq!(Money(amount).to_string(), text);
        }
    }
}
