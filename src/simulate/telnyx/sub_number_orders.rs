//! `/sub_number_orders/{id}/cancel`: how an order that is not done yet is given up.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use serde_json::{Value, json};

use super::answer::answer;
use super::auth::Caller;
use super::books::{Books, Open, Order};
use super::error::{Failure, Kind};
use super::notes::Standing;
use super::wire;
use crate::carrier::Rented;
use crate::carrier::simulator::{Office, Request, Simulator};
use crate::clock::Clock;

/// npm telnyx 7, resources/sub-number-orders.d.ts: "Allows you to cancel a sub number order in 'pending' status." What Telnyx
/// says of one that is not is not documented.
pub async fn cancel(
    http: HttpRequest,
    _: Caller,
    simulator: Data<Simulator>,
    books: Data<Books>,
    id: Path<String>,
) -> Result<HttpResponse, Failure> {
    answer(&http, simulator, Request::Release, move |office, injected| {
        let mut books = books.open();
        let is_it = |order: &&Order| wire::part_id(order.id, 0).to_string() == *id;
        let order = books.orders.values().find(is_it).cloned().ok_or_else(|| Failure::new(Kind::NotFound))?;
        give_up(office, &mut books, &order, injected)
    })
    .await
}

fn give_up(office: &Office, books: &mut Open, order: &Order, injected: bool) -> Result<Value, Failure> {
    let now = Clock::System.now();
    if !matches!(order.standing(now), Standing::Pending | Standing::Unmet) {
        return Err(Failure::saying(Kind::Unprocessable, "only a pending order can be cancelled"));
    }
    for held in &order.numbers {
        let is_there = |there: &Rented| there.carrier_number_id == held.rented.carrier_number_id;
        if let Some(rented) = office.owned(Some(&held.rented.phone_number)).into_iter().find(is_there) {
            office.release(&rented, injected)?;
        }
        books.end(&held.rented.carrier_number_id, now);
    }
    Ok(json!({"data": {
        "id": wire::part_id(order.id, 0),
        "record_type": "sub_number_order",
        "order_request_id": order.id,
        "status": "failure",
        "phone_numbers_count": order.numbers.len(),
        "is_block_sub_number_order": false,
    }}))
}
