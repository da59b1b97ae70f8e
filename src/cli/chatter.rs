//! Messages for the demo: what customers write to its numbers, and what is written back.

use crate::clock::Ids;
use crate::inventory::numbers;
use crate::model::{
    Carrier, Direction, Message, MessageId, MessageState, Number, NumberFilter, Result, Status, Timestamp, Window,
};
use crate::store::{Change, Scope};

/// How many numbers of an agency have messages.
const NUMBERS: u32 = 12;
/// In microseconds.
const MINUTE: i64 = 60 * 1_000_000;

/// What is said, in turn.
const TALK: [(Direction, MessageState, &str); 6] = [
    (Direction::Inbound, MessageState::Delivered, "Hi, are you open on Saturday?"),
    (Direction::Outbound, MessageState::Delivered, "We are, from 9 to 1. Shall I book you in?"),
    (Direction::Inbound, MessageState::Delivered, "Yes please, 10 o'clock 👍"),
    (Direction::Outbound, MessageState::Sent, "Done: Saturday, 10:00. See you then!"),
    (Direction::Inbound, MessageState::Delivered, "Können Sie mich bitte zurückrufen?"),
    (Direction::Outbound, MessageState::Undelivered, "Your appointment is tomorrow at 8:30."),
];

/// Has some of an agency's numbers talk, until a while before `now`.
///
/// # Errors
/// What the store says.
pub fn talk(change: &Change, scope: &Scope, ids: &Ids, now: Timestamp) -> Result<()> {
    let filter = NumberFilter { status: Some(Status::Active), ..NumberFilter::default() };
    let window = Window::at(0, NUMBERS);
    let numbers = numbers::list(change, scope, &filter, window, |_| false)?.slice.items;
    let simulated = numbers.iter().filter(|number| number.carrier == Carrier::Simulator);
    let mut at = Timestamp(now.0 - 24 * 60 * MINUTE);
    for (place, number) in simulated.enumerate() {
        for (direction, state, body) in TALK.iter().cycle().skip(place).take(2 + place % 4) {
            at.0 += 7 * MINUTE;
            change.add_message(scope, &said(number, MessageId(ids.next()), *direction, *state, body, at))?;
        }
    }
    Ok(())
}

fn said(
    number: &Number,
    id: MessageId,
    direction: Direction,
    state: MessageState,
    body: &str,
    at: Timestamp,
) -> Message {
    let (ours, theirs) = (number.phone_number.to_string(), "+12025550143".to_owned());
    let (from, to) = if direction == Direction::Inbound { (theirs, ours) } else { (ours, theirs) };
    let failed = state == MessageState::Undelivered;
    Message {
        id,
        number: number.id,
        direction,
        state,
        from,
        to,
        body: body.to_owned(),
        media: Vec::new(),
        carrier: number.carrier,
        account: number.carrier_account.clone(),
        carrier_message_id: Some(format!("sim-{id}")),
        error_code: failed.then(|| "30034".to_owned()),
        error: failed.then(|| "The number is not registered for a campaign (A2P 10DLC)".to_owned()),
        at,
        updated_at: at,
    }
}
