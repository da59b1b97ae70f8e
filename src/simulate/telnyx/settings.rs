//! `/phone_numbers/{id}/messaging` and `/voice`: what a number does with messages and calls.
//!
//! npm telnyx 7, resources/phone-numbers/messaging.d.ts and voice.d.ts.

use actix_web::web::{Data, Json, Path};
use actix_web::{HttpRequest, HttpResponse};
use serde_json::{Map, Value, json};

use super::answer::answer;
use super::auth::Caller;
use super::books::Books;
use super::error::Failure;
use super::notes;
use super::phone_numbers::{change, find, set_tags, text};
use super::query::Query;
use super::wire;
use crate::carrier::simulator::{Held, Request, Simulator};

/// The largest page, as of numbers.
const LARGEST_PAGE: u32 = 250;

/// The messaging settings of a number.
pub async fn messaging(
    http: HttpRequest,
    _: Caller,
    simulator: Data<Simulator>,
    id: Path<String>,
) -> Result<HttpResponse, Failure> {
    let deed = move |office: &_, _| Ok(json!({"data": messaging_settings(&find(office, &id)?)}));
    answer(&http, simulator, Request::Owned, deed).await
}

/// Those of all numbers, with the filters of MessagingListParams.
pub async fn messaging_of_all(
    http: HttpRequest,
    _: Caller,
    simulator: Data<Simulator>,
) -> Result<HttpResponse, Failure> {
    let query = Query::of(&http);
    answer(&http, simulator, Request::Owned, move |office, _| {
        let numbers = query.filters("phone_number");
        // "Filter by exact phone number (supports comma-separated list)."
        let is_one = |held: &Held| {
            let digits = &held.rented.phone_number.as_str()[1..];
            numbers.is_empty() || numbers.iter().any(|number| number.trim_start_matches(['+', ' ']) == digits)
        };
        let has_part = |held: &Held| {
            let part = query.filter("phone_number][contains").map(|part| part.trim_start_matches(['+', ' ']));
            part.is_none_or(|part| held.rented.phone_number.as_str().contains(part))
        };
        let has_profile = |held: &Held| {
            let wanted = query.filter("messaging_profile_id");
            wanted.is_none_or(|wanted| notes::messaging_profile(held) == Some(wanted))
        };
        let mut all = office.held(None);
        all.retain(|held| is_one(held) && has_part(held) && has_profile(held));
        if query.get("sort[phone_number]") == Some("desc") {
            all.reverse();
        }
        query.page(all.iter().map(messaging_settings).collect(), LARGEST_PAGE)
    })
    .await
}

/// Changes them: null keeps the profile that there is, an empty text takes it away.
pub async fn update_messaging(
    http: HttpRequest,
    _: Caller,
    simulator: Data<Simulator>,
    books: Data<Books>,
    id: Path<String>,
    Json(body): Json<Map<String, Value>>,
) -> Result<HttpResponse, Failure> {
    answer(&http, simulator, Request::Configure, move |office, injected| {
        let held = change(office, &books, &id, injected, |_, terms| {
            if !body.get("messaging_profile_id").is_none_or(Value::is_null) {
                let profile = text(&body, "messaging_profile_id")?.unwrap_or_default();
                notes::set_messaging_profile(terms, &profile);
            }
            set_tags(&body, terms)
        })?;
        Ok(json!({"data": messaging_settings(&held)}))
    })
    .await
}

/// The voice settings of a number.
pub async fn voice(
    http: HttpRequest,
    _: Caller,
    simulator: Data<Simulator>,
    id: Path<String>,
) -> Result<HttpResponse, Failure> {
    let deed = move |office: &_, _| Ok(json!({"data": voice_settings(&find(office, &id)?)}));
    answer(&http, simulator, Request::Owned, deed).await
}

/// Those of all numbers.
pub async fn voice_of_all(http: HttpRequest, _: Caller, simulator: Data<Simulator>) -> Result<HttpResponse, Failure> {
    let query = Query::of(&http);
    answer(&http, simulator, Request::Owned, move |office, _| {
        query.page(office.held(None).iter().map(voice_settings).collect(), LARGEST_PAGE)
    })
    .await
}

/// Changes them. A connection is none of them (UpdateVoiceSettings): it belongs to the number itself.
pub async fn update_voice(
    http: HttpRequest,
    _: Caller,
    simulator: Data<Simulator>,
    books: Data<Books>,
    id: Path<String>,
    Json(body): Json<Map<String, Value>>,
) -> Result<HttpResponse, Failure> {
    answer(&http, simulator, Request::Configure, move |office, injected| {
        let held = change(office, &books, &id, injected, |held, terms| {
            let mut changed = changed_voice(held);
            for (name, value) in &body {
                match (changed.get_mut(name), value) {
                    (Some(Value::Object(there)), Value::Object(value)) => there.extend(value.clone()),
                    _ => drop(changed.insert(name.clone(), value.clone())),
                }
            }
            terms.notes.insert(notes::VOICE.to_owned(), Value::Object(changed).to_string());
            Ok(())
        })?;
        Ok(json!({"data": voice_settings(&held)}))
    })
    .await
}

fn changed_voice(held: &Held) -> Map<String, Value> {
    held.notes.get(notes::VOICE).and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
}

/// resources/phone-numbers/actions.d.ts, PhoneNumberWithVoiceSettings.
fn voice_settings(held: &Held) -> Value {
    let mut settings = json!({
        "tech_prefix_enabled": false,
        "translated_number": "",
        "usage_payment_method": "pay-per-minute",
        "inbound_call_screening": "disabled",
        "call_forwarding": {"call_forwarding_enabled": true, "forwards_to": "", "forwarding_type": "always"},
        "cnam_listing": {"cnam_listing_enabled": false, "cnam_listing_details": ""},
        "emergency": {"emergency_enabled": false, "emergency_address_id": "", "emergency_status": "disabled"},
        "media_features": {
            "rtp_auto_adjust_enabled": true,
            "accept_any_rtp_packets_enabled": false,
            "t38_fax_gateway_enabled": false,
        },
        "call_recording": {
            "inbound_call_recording_enabled": false,
            "inbound_call_recording_format": "wav",
            "inbound_call_recording_channels": "single",
        },
    });
    for (name, value) in changed_voice(held) {
        // Only what voice settings have: what else was sent is passed over.
        match (settings.get_mut(&name), value) {
            (Some(Value::Object(there)), Value::Object(value)) => there.extend(value),
            (Some(there), value) => *there = value,
            (None, _) => {}
        }
    }
    settings["id"] = json!(wire::id(held));
    settings["record_type"] = json!("voice_settings");
    settings["phone_number"] = json!(held.rented.phone_number.as_str());
    settings["connection_id"] = json!(held.rented.route.connection_id);
    settings["customer_reference"] = json!(held.notes.get(notes::CUSTOMER_REFERENCE));
    settings
}

/// resources/shared.d.ts, PhoneNumberWithMessagingSettings.
fn messaging_settings(held: &Held) -> Value {
    let is_free = held.notes.get(notes::TYPE).is_some_and(|name| name == "toll_free");
    let created_at = notes::purchased_at(&held.notes).to_string();
    json!({
        "id": wire::id(held),
        "record_type": "messaging_settings",
        "phone_number": held.rented.phone_number.as_str(),
        "type": if is_free { "toll-free" } else { "long-code" },
        "country_code": held.notes.get(notes::COUNTRY),
        "messaging_profile_id": notes::messaging_profile(held),
        "messaging_product": "A2P",
        "eligible_messaging_products": ["A2P"],
        "traffic_type": "A2P",
        "tags": wire::tags(held),
        "features": {
            "sms": {"domestic_two_way": true, "international_inbound": true, "international_outbound": false},
            "mms": null,
        },
        "health": {"inbound_outbound_ratio": 0.0, "message_count": 0, "spam_ratio": 0.0, "success_ratio": 0.0},
        "created_at": created_at,
        "updated_at": held.notes.get(notes::UPDATED_AT).unwrap_or(&created_at),
    })
}
