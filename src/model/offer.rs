//! A carrier's stock: what is wanted, and what is offered.

use super::{E164, Money};

/// The kinds of numbers that carriers sell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NumberType {
    /// Of a place.
    Local,
    /// Free to call.
    TollFree,
    /// Of a mobile network.
    Mobile,
    /// Of a country, and no place in it.
    National,
}

impl NumberType {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::Local, Self::TollFree, Self::Mobile, Self::National];

    /// Its name, as rows of numbers have it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::TollFree => "toll_free",
            Self::Mobile => "mobile",
            Self::National => "national",
        }
    }
}

/// What a number can do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Features {
    /// Carries calls.
    pub voice: bool,
    /// Carries text messages.
    pub sms: bool,
    /// Carries picture messages.
    pub mms: bool,
    /// Carries faxes.
    pub fax: bool,
    /// Reaches emergency services.
    pub emergency: bool,
}

impl Features {
    /// Each feature by its name.
    #[must_use]
    pub const fn named(self) -> [(&'static str, bool); 5] {
        [("voice", self.voice), ("sms", self.sms), ("mms", self.mms), ("fax", self.fax), ("emergency", self.emergency)]
    }

    /// Whether all of the other's are among these.
    #[must_use]
    pub fn include(self, other: Self) -> bool {
        self.named().iter().zip(other.named()).all(|((_, here), (_, there))| *here || !there)
    }
}

/// What somebody looks for in a carrier's stock.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// ISO 3166-1 alpha-2, in capitals; empty where one number is wanted, whose country the carrier knows.
    pub country: String,
    /// Only of this kind.
    pub number_type: Option<NumberType>,
    /// Only this very number.
    pub exactly: Option<E164>,
    /// Only numbers that begin so, behind the country's code; digits.
    pub area_code: Option<String>,
    /// Only in this city, whatever its case.
    pub city: Option<String>,
    /// Only in this state or province, whatever its case.
    pub state: Option<String>,
    /// Only with these digits somewhere behind the country's code.
    pub contains: Option<String>,
    /// Only with these digits first behind the country's code.
    pub starts_with: Option<String>,
    /// Only with these digits last.
    pub ends_with: Option<String>,
    /// Only with all of these.
    pub features: Features,
    /// Only numbers that work at once.
    pub quickship: bool,
    /// Others too, nearby, where there are not enough.
    pub best_effort: bool,
    /// At most so many.
    pub limit: u32,
}

/// A number that a carrier would sell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// The number itself.
    pub phone_number: E164,
    /// Of which kind it is.
    pub number_type: NumberType,
    /// ISO 3166-1 alpha-2.
    pub country: String,
    /// Its city.
    pub city: Option<String>,
    /// Its state or province.
    pub state: Option<String>,
    /// What it can do.
    pub features: Features,
    /// What it costs a month.
    pub monthly_cost: Money,
    /// What it costs once.
    pub upfront_cost: Money,
    /// ISO 4217.
    pub currency: String,
    /// Works at once.
    pub quickship: bool,
    /// It is not quite what was wanted.
    pub best_effort: bool,
}
