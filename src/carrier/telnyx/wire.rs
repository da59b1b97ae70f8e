//! What goes over the wire: Telnyx' names for things, and ours. The names are those of the types of npm `telnyx` 7.

use serde::Deserialize;

use crate::carrier::{Rented, Traits};
use crate::model::{E164, Features, Money, NumberType, Route};

/// A page of a list.
#[derive(Debug, Deserialize)]
pub(super) struct Page<T> {
    pub data: Vec<T>,
    pub meta: Option<Meta>,
}

/// How long a list is.
#[derive(Debug, Deserialize)]
pub(super) struct Meta {
    pub total_pages: u64,
    pub total_results: Option<u64>,
}

/// An answer about one thing.
#[derive(Debug, Deserialize)]
pub(super) struct One<T> {
    pub data: T,
}

/// A number that the account has, had, or is about to have.
#[derive(Debug, Deserialize)]
pub(super) struct Record {
    pub id: String,
    pub phone_number: String,
    pub status: String,
    phone_number_type: Option<String>,
    country_iso_alpha2: Option<String>,
    connection_id: Option<String>,
    messaging_profile_id: Option<String>,
    pub deletion_lock_enabled: Option<bool>,
    pub emergency_enabled: Option<bool>,
    pub emergency_status: Option<String>,
}

/// What was never the account's, or no longer is.
const GONE: [&str; 4] = ["purchase-failed", "port-failed", "deleted", "ported-out"];
/// What may yet become the account's.
const COMING: [&str; 6] = [
    "purchase-pending",
    "port-pending",
    "provision-pending",
    "requirement-info-pending",
    "requirement-info-under-review",
    "requirement-info-exception",
];
/// The type of a number that is none of E.164's.
const SHORT_CODE: &str = "shortcode";
/// Said in place of a messaging profile that could not be looked up.
const UNAVAILABLE: &str = "UNAVAILABLE";

impl Record {
    /// Whether the account has it, or is about to.
    pub(super) fn is_taken(&self) -> bool {
        !GONE.contains(&&*self.status)
    }

    /// Whether the account has it. A status that is not known here is that of a number which the account lists.
    pub(super) fn is_ours(&self) -> bool {
        self.is_taken() && !COMING.contains(&&*self.status) && self.phone_number_type.as_deref() != Some(SHORT_CODE)
    }

    /// Whether emergency services know it.
    pub(super) fn has_emergency_address(&self) -> bool {
        self.emergency_enabled == Some(true)
            || matches!(self.emergency_status.as_deref(), Some("active" | "provisioning" | "deprovisioning"))
    }

    pub(super) fn has_messaging_profile(&self) -> bool {
        self.messaging_profile_id.as_deref().is_some_and(|id| !id.is_empty())
    }

    /// As our own. None: it cannot be read, or does not say where its messages go.
    pub(super) fn rented(self) -> Option<Rented> {
        // An id is put into paths.
        let is_readable = is_id(&self.id) && self.messaging_profile_id.as_deref() != Some(UNAVAILABLE);
        let phone_number = self.phone_number.parse().ok().filter(|_: &E164| is_readable)?;
        let some = |id: Option<String>| id.filter(|id| !id.is_empty());
        Some(Rented {
            phone_number,
            carrier_number_id: self.id,
            route: Route {
                connection_id: some(self.connection_id),
                messaging_profile_id: some(self.messaging_profile_id),
                ..Route::default()
            },
            traits: Traits {
                // It has none there; the names of its connection and its profile are those of other things.
                friendly_name: None,
                number_type: self.phone_number_type.as_deref().and_then(number_type),
                country: self.country_iso_alpha2.as_deref().and_then(country),
                // What it can do is told by another list, for messages only.
                features: None,
            },
        })
    }
}

/// Whether a text is an id as Telnyx makes them, and no path.
pub(super) fn is_id(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

/// A number that is for sale.
#[derive(Debug, Deserialize)]
pub(super) struct Available {
    pub phone_number: String,
    /// The documents do not have it, some answers do.
    pub phone_number_type: Option<String>,
    #[serde(default)]
    pub region_information: Option<Vec<Region>>,
    pub features: Option<Vec<Feature>>,
    pub cost_information: Cost,
    pub quickship: Option<bool>,
    pub best_effort: Option<bool>,
}

/// A place that a number is of.
#[derive(Debug, Deserialize)]
pub(super) struct Region {
    region_type: Option<String>,
    region_name: Option<String>,
}

/// Something that a number can do.
#[derive(Debug, Deserialize)]
pub(super) struct Feature {
    name: Option<String>,
}

/// What a number costs.
#[derive(Debug, Deserialize)]
pub(super) struct Cost {
    monthly_cost: String,
    upfront_cost: Option<String>,
    currency: String,
}

impl Available {
    /// Its place of this kind.
    pub(super) fn region(&self, kind: &str) -> Option<&str> {
        let mut of_kind = self.region_information.iter().flatten().filter(|r| r.region_type.as_deref() == Some(kind));
        of_kind.find_map(|region| region.region_name.as_deref().map(str::trim).filter(|name| !name.is_empty()))
    }

    /// What it can do. None: it does not say.
    pub(super) fn features(&self) -> Option<Features> {
        let names = self.features.as_ref()?;
        let has = |feature: &str| names.iter().any(|own| own.name.as_deref() == Some(feature));
        Some(Features {
            voice: has("voice"),
            sms: has("sms"),
            mms: has("mms"),
            fax: has("fax"),
            emergency: has("emergency"),
        })
    }
}

impl Cost {
    pub(super) fn monthly(&self) -> Option<Money> {
        money(&self.monthly_cost)
    }

    pub(super) fn upfront(&self) -> Option<Money> {
        money(self.upfront_cost.as_deref()?)
    }

    pub(super) fn currency(&self) -> Option<String> {
        let is_code = self.currency.len() == 3 && self.currency.bytes().all(|byte| byte.is_ascii_alphabetic());
        is_code.then(|| self.currency.to_ascii_uppercase())
    }
}

/// The highest amount that is kept anywhere here: 999999.9999.
const MOST: i64 = 9_999_999_999;

/// An amount of money. Telnyx writes up to seven decimals (`1.0000000`); what is finer than ours is rounded up, for a
/// price must not be said to be lower than it is.
fn money(text: &str) -> Option<Money> {
    let (units, fraction) = text.split_once('.').unwrap_or((text, ""));
    if fraction.len() > 12 || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let (kept, finer) = fraction.split_at(fraction.len().min(4));
    let point = if kept.is_empty() { "" } else { "." };
    let Money(amount) = format!("{units}{point}{kept}").parse().ok()?;
    let more = i64::from(finer.bytes().any(|byte| byte != b'0'));
    (!text.starts_with('-') && amount + more <= MOST).then_some(Money(amount + more))
}

/// The kind of number that Telnyx calls so: numbers that were bought before July 2023, or a moment ago, have other names.
pub(super) fn number_type(name: &str) -> Option<NumberType> {
    match name {
        "local" | "landline" | "longcode" => Some(NumberType::Local),
        "toll_free" | "tollfree" => Some(NumberType::TollFree),
        "mobile" => Some(NumberType::Mobile),
        "national" => Some(NumberType::National),
        _ => None,
    }
}

/// ISO 3166-1 alpha-2, in capitals.
pub(super) fn country(name: &str) -> Option<String> {
    let is_code = name.len() == 2 && name.bytes().all(|byte| byte.is_ascii_alphabetic());
    is_code.then(|| name.to_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    use super::{is_id, money};
    use crate::model::Money;

    #[test]
    fn prices_are_read_to_the_ten_thousandth_and_never_rounded_down() {
        for (text, amount) in [
            ("1.00000", 10_000),
            ("1.0000000", 10_000),
            ("500", 5_000_000),
            ("0.35", 3_500),
            ("0.00", 0),
            ("0.12341", 1_235),
            ("999999.9999000", 9_999_999_999),
        ] {
            assert_eq!(money(text), Some(Money(amount)), "{text}");
        }
        for bad in [
            "",
            ".",
            "-1.00",
            "-0",
            "1e3",
            "1.6E-4",
            "1,00",
            "1.0 ",
            "NaN",
            "1234567.0",
            "999999.99999",
            "+1",
            "1.-5",
            "1.00000é",
        ] {
            assert_eq!(money(bad), None, "{bad}");
        }
    }

    #[test]
    fn an_id_is_never_a_path() {
        for id in ["1293384261075731499", "dc8e4d67-33a0-4cbb-af74-7b58f05bd494"] {
            assert!(is_id(id));
        }
        for text in ["", ".", "..", "%2e%2e", "1/voice", "1?x", "1#x", "é", " 1", &"1".repeat(65)] {
            assert!(!is_id(text), "{text}");
        }
    }
}
