//! Requests with whom something goes wrong to order.

use std::time::Duration;

use actix_web::web::{self, Data};
use actix_web::{HttpRequest, rt};

use super::connection;
use crate::carrier::Trouble;
use crate::carrier::simulator::{Fault, Office, Outcome, Request, Simulator};

/// How long a request is neither done nor answered; no client waits as long.
const SILENCE: Duration = Duration::from_mins(1);

/// Does what was asked, with the fault whose turn it is, and gives what there is to answer. Where there is nothing to
/// answer, the connection is closed, whatever is made of it. The deed is told whether nobody asked for it.
///
/// # Errors
/// What the deed says; [`Trouble::Unknown`] where the answer is that it failed.
pub async fn answer<T: Send + 'static>(
    http: &HttpRequest,
    simulator: Data<Simulator>,
    asked: Request,
    deed: impl Fn(&Office, bool) -> Result<T, Trouble> + Send + 'static,
) -> Result<T, Trouble> {
    let fault = simulator.next_fault(asked);
    // A task of its own is done even if the client has gone: so is a carrier's.
    let done = rt::spawn(async move {
        if let Some(Fault::Slow { delay }) = fault {
            rt::time::sleep(delay).await;
        }
        web::block(move || Fault::of(fault, |injected| deed(simulator.office(), injected))).await
    });
    match done.await {
        Ok(Ok(Outcome::Answer(answer))) => return answer,
        Ok(Ok(Outcome::Closed)) => connection::close(http),
        Ok(Ok(Outcome::Silence)) => {
            rt::time::sleep(SILENCE).await;
            connection::close(http);
        }
        _ => {}
    }
    Err(Trouble::Unknown("it failed".to_owned()))
}
