//! What a country wants to know before somebody may have one of its numbers
//! (<https://www.twilio.com/docs/phone-numbers/regulatory>).
//!
//! Which countries want what is made up, but for one thing that users have met: for a British mobile number the search says
//! that no address is needed, and a purchase fails for want of a bundle all the same. The order of the refusals is Twilio's,
//! as users have met it: an address, one at the right place, a bundle; each hides the next.

use super::account::Account;
use super::error::Error;
use super::parameters::Parameters;
use super::sid::is_sid;
use crate::model::NumberType;

/// What is wanted.
#[derive(Clone, Copy, Debug)]
pub struct Regulation {
    /// `none`, `any` or `local` (in the number's own country); Twilio also has `foreign`.
    pub address: &'static str,
    /// A bundle of documents.
    bundle: bool,
}

impl Regulation {
    /// What a country wants to know for a kind of its numbers.
    pub fn of(country: &str, number_type: NumberType) -> Self {
        match (country, number_type) {
            ("AU", _) => Self { address: "any", bundle: false },
            ("DE", _) => Self { address: "local", bundle: true },
            ("GB", NumberType::Mobile) => Self { address: "none", bundle: true },
            _ => Self { address: "none", bundle: false },
        }
    }

    /// Refuses a purchase that says too little.
    ///
    /// # Errors
    /// 21631 without an address, 21615 with one at the wrong place, 21649 without a bundle.
    pub fn check(self, account: &Account, country: &str, kind: NumberType, asked: &Parameters) -> Result<(), Error> {
        let address = asked.text("AddressSid").and_then(|sid| account.addresses.find(sid));
        match address {
            None if self.address != "none" => {
                let said = "Phone Number Requires an Address but the 'AddressSid' parameter was empty.";
                return Err(Error::refused(21631, said));
            }
            Some(address) if self.address == "local" && address.iso_country != country => {
                return Err(Error::refused(21615, format!("No valid address created for: {country}")));
            }
            _ => {}
        }
        if self.bundle && !asked.text("BundleSid").is_some_and(|bundle| is_sid(bundle, "BU")) {
            let kind = match kind {
                NumberType::Local => "LOCAL",
                NumberType::TollFree => "TOLL_FREE",
                NumberType::Mobile => "MOBILE",
                NumberType::National => "NATIONAL",
            };
            let said = format!("Bundle required and not provided for country: [{country}] and numberType: [{kind}]");
            return Err(Error::refused(21649, said));
        }
        Ok(())
    }
}
