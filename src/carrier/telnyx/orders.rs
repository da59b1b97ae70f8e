//! Renting a number: number orders, which Telnyx does not tell from their repeats.

use reqwest::Method;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Telnyx;
use super::errors::{self, About};
use super::wire::One;
use crate::carrier::{Refusal, Rented, Traced, Trouble, fitting};
use crate::model::{Carrier, E164, OrderId, Paper, Papers, Route, Wanted};

/// An order for one number.
#[derive(Serialize)]
struct NewOrder<'a> {
    phone_numbers: [NewNumber<'a>; 1],
    /// What it is found by when its answer is lost.
    customer_reference: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    connection_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    messaging_profile_id: Option<&'a str>,
}

#[derive(Serialize)]
struct NewNumber<'a> {
    phone_number: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    requirement_group_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bundle_id: Option<&'a str>,
}

/// An order as it stands.
#[derive(Debug, Deserialize)]
struct NumberOrder {
    id: Option<String>,
    status: Option<String>,
    customer_reference: Option<String>,
    requirements_met: Option<bool>,
    phone_numbers: Option<Vec<Ordered>>,
}

/// A number of an order; the list of orders has little more of it than the number itself.
#[derive(Debug, Default, Deserialize)]
struct Ordered {
    phone_number: Option<String>,
    status: Option<String>,
    requirements_met: Option<bool>,
    requirements_status: Option<String>,
    /// The documents do not have them.
    errors: Option<Value>,
}

/// How far an order is.
enum Standing {
    Done,
    Pending,
    /// For a requirement group, as is said here.
    Waiting(String),
    Failed {
        reason: Refusal,
        said: String,
    },
}

impl NumberOrder {
    /// How far it is with a number. None: it is about another.
    fn standing(&self, number: &E164) -> Option<Standing> {
        let none = Ordered::default();
        let ordered = match self.phone_numbers.as_deref() {
            // It does not say which numbers it is about; there is one in each of ours.
            None | Some([]) => &none,
            Some(numbers) => numbers.iter().find(|own| own.phone_number.as_deref() == Some(number.as_str()))?,
        };
        let papers = ordered.requirements_status.as_deref().filter(|status| status.starts_with("requirement-info"));
        let lacks_papers = ordered.requirements_met.or(self.requirements_met) == Some(false);
        Some(match ordered.status.as_deref().or(self.status.as_deref()) {
            Some("success") => Standing::Done,
            Some("failure") => {
                let body = serde_json::json!({ "errors": &ordered.errors }).to_string();
                let told = errors::reason(&errors::faults(body.as_bytes()), About::Order);
                // It was well formed, or there would be no order: without papers it fails for them, with them because the
                // number could not be had.
                let likely = if lacks_papers || papers.is_some() {
                    Refusal::Missing(Paper::RequirementGroup)
                } else {
                    Refusal::NotAvailable
                };
                let papers = papers.map(|status| format!(" ({status})")).unwrap_or_default();
                Standing::Failed { reason: told.unwrap_or(likely), said: format!("its order failed{papers}") }
            }
            _ if lacks_papers => {
                let status = papers.unwrap_or("requirements not met");
                Standing::Waiting(format!("its order waits for papers: a requirement group is missing ({status})"))
            }
            _ => Standing::Pending,
        })
    }
}

impl Telnyx {
    /// Orders a number, once.
    pub(super) fn order(
        &self,
        number: &E164,
        reference: OrderId,
        route: &Route,
        papers: &Papers,
    ) -> Result<Rented, Trouble> {
        // What is ordered twice is not refused for sure.
        let listed = self.records(Some(number)).map_err(not_ordered)?;
        if let Some(there) = listed.iter().find(|record| record.is_taken()) {
            let said = format!("the account has it already: it is {} there", self.fit(&there.status));
            return Err(Trouble::Refused { reason: Refusal::AlreadyOwned, said });
        }
        let route = fitting(Carrier::Telnyx, route);
        let order = NewOrder {
            phone_numbers: [NewNumber {
                phone_number: number.as_str(),
                requirement_group_id: papers.requirement_group_id.as_deref(),
                bundle_id: papers.bundle_id.as_deref(),
            }],
            customer_reference: reference.to_string(),
            connection_id: route.connection_id.as_deref(),
            messaging_profile_id: route.messaging_profile_id.as_deref(),
        };
        let body = serde_json::to_vec(&order).map_err(|error| Trouble::Unreached(error.to_string()))?;
        let send = || self.send(Method::POST, "/v2/number_orders", Some(body.clone()));
        let mut answer = send()?;
        if errors::is_fault(&answer, errors::NOT_SEARCHED) {
            // It sells what a search has shown a short while ago, and this order has waited longer: nothing was done.
            let wanted = Wanted { exactly: Some(number.clone()), limit: 1, ..Wanted::default() };
            self.offers(&wanted).map_err(not_ordered)?;
            answer = send()?;
        }
        let One { data }: One<NumberOrder> = self.read(&answer, About::Order)?;
        match data.standing(number) {
            Some(Standing::Done) => self.just_rented(number),
            Some(Standing::Pending) => Err(Trouble::Unknown("it is still at it".to_owned())),
            Some(Standing::Waiting(said)) => {
                Err(Trouble::Waiting { paper: Paper::RequirementGroup, said: self.fit(&said) })
            }
            Some(Standing::Failed { reason, said }) => Err(Trouble::Refused { reason, said: self.fit(&said) }),
            None => Err(Trouble::Unknown("it answered about another number".to_owned())),
        }
    }

    /// A number that has been ordered: whatever goes wrong from here on, it may be ours.
    fn just_rented(&self, number: &E164) -> Result<Rented, Trouble> {
        let listed = self.numbers(Some(number));
        let listed = listed.map_err(|trouble| Trouble::Unknown(format!("ordered, and then: {trouble}")))?;
        listed.into_iter().next().ok_or_else(|| Trouble::Unknown("ordered, not listed yet".to_owned()))
    }

    /// What became of the orders with this reference.
    pub(super) fn trace_orders(&self, number: &E164, reference: OrderId) -> Result<Traced, Trouble> {
        let reference = reference.to_string();
        let filter = [("filter[customer_reference]", reference.clone())];
        let orders = self.list("/v2/number_orders", &filter, |order: &NumberOrder| order.id.as_ref())?;
        let ours = orders.iter().filter(|order| order.customer_reference.as_ref().is_none_or(|own| *own == reference));
        let (mut is_done, mut is_pending, mut waiting, mut failed) = (false, false, None, None);
        for standing in ours.filter_map(|order| order.standing(number)) {
            match standing {
                Standing::Done => is_done = true,
                Standing::Pending => is_pending = true,
                Standing::Waiting(said) => waiting = Some(self.fit(&said)),
                Standing::Failed { reason, said } => failed = Some((reason, self.fit(&said))),
            }
        }
        if is_pending && !is_done {
            return Ok(Traced::Pending);
        }
        if let Some(said) = waiting.filter(|_| !is_done) {
            return Ok(Traced::Waiting { paper: Paper::RequirementGroup, said });
        }
        if let Some((reason, said)) = failed.filter(|_| !is_done) {
            return Ok(Traced::Refused { reason, said });
        }
        match self.numbers(Some(number))?.into_iter().next() {
            Some(rented) => Ok(Traced::Rented(Box::new(rented))),
            None if is_done => Ok(Traced::Pending),
            None => Ok(Traced::Nothing),
        }
    }
}

/// What the trouble with the question means that comes before an order: it says nothing about the number.
fn not_ordered(trouble: Trouble) -> Trouble {
    match trouble {
        Trouble::Refused { reason: Refusal::Credentials, .. } | Trouble::Busy | Trouble::Unreached(_) => trouble,
        Trouble::Refused { said, .. } | Trouble::Unknown(said) | Trouble::Waiting { said, .. } => {
            Trouble::Unreached(said)
        }
    }
}
