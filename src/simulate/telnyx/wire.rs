//! Telnyx' documents, as npm telnyx 7 describes them.

use serde_json::{Value, json};
use uuid::Uuid;

use super::books::Order;
use super::notes::{self, Standing};
use crate::carrier::simulator::Held;
use crate::model::{Money, Offer, Timestamp};

/// A number that can be bought: resources/available-phone-numbers.d.ts, with `phone_number_type`, which only the answers have.
pub fn offer(offer: &Offer) -> Value {
    let is_american = ["US", "CA"].contains(&offer.country.as_str());
    // As in <https://developers.telnyx.com/docs/v2/numbers/quickstarts/number-search>: rate centers are in capitals.
    let city = offer.city.as_ref().map(|city| {
        let center = json!({"region_type": "rate_center", "region_name": city.to_uppercase()});
        if is_american { center } else { json!({"region_type": "location", "region_name": city}) }
    });
    let state = offer.state.as_ref().map(|state| json!({"region_type": "state", "region_name": state}));
    let country = json!({"region_type": "country_code", "region_name": offer.country});
    let regions: Vec<Value> = [Some(country), state, city].into_iter().flatten().collect();
    let features = offer.features.named().into_iter().filter(|(_, has)| *has);
    json!({
        "record_type": "available_phone_number",
        "phone_number": offer.phone_number.as_str(),
        "phone_number_type": offer.number_type.name(),
        "vanity_format": null,
        "best_effort": offer.best_effort,
        "quickship": offer.quickship,
        "reservable": true,
        "region_information": regions,
        "cost_information": {
            "monthly_cost": amount(offer.monthly_cost),
            "upfront_cost": amount(offer.upfront_cost),
            "currency": offer.currency,
        },
        "features": features.map(|(name, _)| json!({"name": name})).collect::<Vec<_>>(),
    })
}

/// With five decimals, as in <https://developers.telnyx.com/docs/v2/numbers/quickstarts/number-search>: `"1.00000"`.
fn amount(Money(amount): Money) -> String {
    format!("{}.{:04}0", amount / 10_000, amount % 10_000)
}

/// An id like `1293384261075731499`, always the same for a number that the account has: a hash (FNV-1a) of the simulator's.
pub fn id(held: &Held) -> String {
    let step = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    let hash = held.rented.carrier_number_id.bytes().fold(0xcbf2_9ce4_8422_2325, step);
    (1_000_000_000_000_000_000 + hash % 2_000_000_000_000_000_000).to_string()
}

/// An id that an order's parts have: resources/number-orders.d.ts and sub-number-orders.d.ts. The first is the sub-order's.
pub fn part_id(order: Uuid, part: usize) -> Uuid {
    Uuid::from_u128(order.as_u128() ^ (part as u128 + 1))
}

/// A number order, with all that is known of its numbers, or as a list has it: resources/number-orders.d.ts.
pub fn number_order(order: &Order, in_full: bool, now: Timestamp) -> Value {
    let standing = order.standing(now);
    let note = |name: &str| order.first().and_then(|held| held.notes.get(name));
    let created_at = order.first().map_or(Timestamp(0), |held| notes::purchased_at(&held.notes));
    let numbers = order.numbers.iter().enumerate().map(|(at, held)| {
        let short = json!({"id": part_id(order.id, at + 1), "phone_number": held.rented.phone_number.as_str()});
        if in_full { number_order_phone_number(order.id, at, held, now) } else { short }
    });
    let ends =
        order.numbers.iter().flat_map(|held| [notes::READY_AT, notes::FAILS_AT].map(|at| notes::time(&held.notes, at)));
    let updated_at = ends.flatten().filter(|at| *at <= now).max().unwrap_or(created_at);
    json!({
        "id": order.id,
        "record_type": "number_order",
        "status": standing.of_order(),
        "phone_numbers_count": order.numbers.len(),
        "phone_numbers": numbers.collect::<Vec<_>>(),
        "sub_number_orders_ids": [part_id(order.id, 0)],
        "requirements_met": order.meets_requirements(),
        "customer_reference": note(notes::CUSTOMER_REFERENCE),
        "billing_group_id": note(notes::BILLING_GROUP),
        "connection_id": order.first().and_then(|held| held.rented.route.connection_id.clone()),
        "messaging_profile_id": order.first().and_then(notes::messaging_profile),
        "created_at": created_at.to_string(),
        "updated_at": updated_at.to_string(),
    })
}

fn number_order_phone_number(order: Uuid, at: usize, held: &Held, now: Timestamp) -> Value {
    let standing = Standing::of(&held.notes, now);
    let requirements_status = match standing {
        Standing::Unmet => "requirement-info-pending",
        Standing::Failed if held.notes.contains_key(notes::UNMET) => "cancelled",
        _ => "approved",
    };
    let country = held.notes.get(notes::COUNTRY);
    json!({
        "id": part_id(order, at + 1),
        "record_type": "number_order_phone_number",
        "phone_number": held.rented.phone_number.as_str(),
        "bundle_id": null,
        "country_code": country,
        "country_iso_alpha2": country,
        "phone_number_type": held.notes.get(notes::TYPE),
        "status": standing.of_order(),
        "requirements_met": !held.notes.contains_key(notes::UNMET),
        "requirements_status": requirements_status,
        "regulatory_requirements": regulatory_requirements(country.map_or("", String::as_str)),
    })
}

/// What a country's regulator wants to know: resources/shared.d.ts, SubNumberOrderRegulatoryRequirementWithValue. The
/// requirement and its id are those of a German number in <https://developers.telnyx.com/api/numbers/list-regulatory-requirements>;
/// that France asks for the same is made up.
fn regulatory_requirements(country: &str) -> Value {
    if !needs_requirements(country) {
        return json!([]);
    }
    json!([{
        "record_type": "phone_number_regulatory_requirement",
        "requirement_id": "12ade33a-21c0-473b-b055-b3c836e1c292",
        "field_type": "address",
    }])
}

/// Whether somebody must say something to a regulator: "phone numbers in most countries have regulatory requirements"
/// (<https://developers.telnyx.com/docs/numbers/phone-numbers/number-orders>); here those of two have.
pub fn needs_requirements(country: &str) -> bool {
    ["DE", "FR"].contains(&country)
}

/// A number that the account has: resources/phone-numbers/phone-numbers.d.ts, NumbersPhoneNumberDetailed.
pub fn phone_number(held: &Held, now: Timestamp) -> Value {
    let standing = Standing::of(&held.notes, now);
    let note = |name: &str| held.notes.get(name);
    let purchased_at = notes::purchased_at(&held.notes);
    let activated_at = notes::time(&held.notes, notes::READY_AT).unwrap_or(purchased_at);
    let connection = held.rented.route.connection_id.as_ref();
    let profile = notes::messaging_profile(held);
    json!({
        "id": id(held),
        "record_type": "phone_number",
        "phone_number": held.rented.phone_number.as_str(),
        "status": standing.of_number(),
        "phone_number_type": note(notes::TYPE).map_or("local", String::as_str),
        "country_iso_alpha2": note(notes::COUNTRY).map_or("US", String::as_str),
        "source_type": "number_order",
        "connection_id": connection,
        "connection_name": connection.map(|_| "simulated connection"),
        "messaging_profile_id": profile,
        "messaging_profile_name": profile.map(|_| "simulated profile"),
        "messaging_campaign_id": null,
        "billing_group_id": note(notes::BILLING_GROUP),
        "customer_reference": note(notes::CUSTOMER_REFERENCE),
        "external_pin": note(notes::EXTERNAL_PIN),
        "tags": tags(held),
        "deletion_lock_enabled": held.notes.contains_key(notes::LOCK),
        "emergency_address_id": null,
        "emergency_enabled": false,
        "emergency_status": "disabled",
        "call_forwarding_enabled": true,
        "call_recording_enabled": false,
        "caller_id_name_enabled": false,
        "cnam_listing_enabled": false,
        "hd_voice_enabled": false,
        "t38_fax_gateway_enabled": false,
        "inbound_call_screening": "disabled",
        "purchased_at": purchased_at.to_string(),
        "activated_at": (standing == Standing::Active).then(|| activated_at.to_string()),
        "created_at": purchased_at.to_string(),
        "updated_at": note(notes::UPDATED_AT).cloned().unwrap_or_else(|| purchased_at.to_string()),
    })
}

/// The tags of a number.
pub fn tags(held: &Held) -> Vec<String> {
    held.notes.get(notes::TAGS).and_then(|tags| serde_json::from_str(tags).ok()).unwrap_or_default()
}
