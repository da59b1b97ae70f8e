//! Numbers that an agency brings along on a SIP trunk of its own. Nobody sells them, and nobody has to be told of them: who
//! answers calls and who places them reads here where they go.

use super::{Port, Rented, Traced, Traits, Trouble, fitting};
use crate::model::{Carrier, E164, Offer, OrderId, Papers, Route, Wanted};

/// The carrier of numbers that were brought along.
#[derive(Clone, Copy, Debug)]
pub struct Sip;

fn brought(number: &E164, route: &Route) -> Rented {
    Rented {
        phone_number: number.clone(),
        carrier_number_id: number.to_string(),
        route: fitting(Carrier::Sip, route),
        traits: Traits::default(),
    }
}

impl Port for Sip {
    fn search(&self, _: &Wanted) -> Result<Vec<Offer>, Trouble> {
        Ok(Vec::new())
    }

    /// It is the agency's as soon as it says so.
    fn acquire(&self, number: &E164, _: OrderId, route: &Route, _: &Papers) -> Result<Rented, Trouble> {
        Ok(brought(number, route))
    }

    fn trace(&self, number: &E164, _: OrderId) -> Result<Traced, Trouble> {
        Ok(Traced::Rented(Box::new(brought(number, &Route::default()))))
    }

    fn configure(&self, _: &Rented, route: &Route) -> Result<Route, Trouble> {
        Ok(fitting(Carrier::Sip, route))
    }

    fn owned(&self, _: Option<&E164>) -> Result<Vec<Rented>, Trouble> {
        Ok(Vec::new())
    }

    fn release(&self, _: &Rented) -> Result<(), Trouble> {
        Ok(())
    }
}
