//! Papers: what some countries want to see before a number is rented there, by their ids at the carrier.

/// A kind of paper that a carrier keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Paper {
    /// An address of who uses the number.
    Address,
    /// A regulatory bundle (Twilio's `BundleSid`).
    Bundle,
    /// A requirement group (Telnyx' `requirement_group_id`).
    RequirementGroup,
}

impl Paper {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Address, Self::Bundle, Self::RequirementGroup];

    /// The name of its id.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Address => "address_id",
            Self::Bundle => "bundle_id",
            Self::RequirementGroup => "requirement_group_id",
        }
    }
}

/// The papers that a number is rented with.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Papers {
    /// Twilio's `AddressSid`.
    pub address_id: Option<String>,
    /// Twilio's `BundleSid`.
    pub bundle_id: Option<String>,
    /// Telnyx' `requirement_group_id`.
    pub requirement_group_id: Option<String>,
}
