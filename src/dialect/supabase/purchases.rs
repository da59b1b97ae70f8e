//! The function `phone-numbers-purchase`.

use actix_web::http::StatusCode;
use actix_web::web::{Bytes, Data};
use actix_web::{HttpRequest, HttpResponse};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::auth::{Subject, caller};
use super::error::Failure;
use super::wire::direction;
use crate::app::{AppState, Work};
use crate::dialect::requests::{Kept, NAME, Object, asked, at_the_desk, read, written};
use crate::dialect::{text, text_or_null};
use crate::inventory::purchases::{Item, Purchase};
use crate::model::{Number, OrderState, Paper, Papers, Permission, Reason, Status, Timestamp};

/// How many numbers can be bought at once.
const MAX_ITEMS: usize = 50;
/// The longest reference that is taken, in characters.
const MAX_REFERENCE_CHARS: usize = 200;

/// What is to be bought.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "SupabasePurchase")]
pub struct PurchaseBody {
    #[schemars(with = "Vec<ItemBody>", length(min = 1, max = 50))]
    phone_numbers: Vec<Object<ItemBody>>,
    #[schemars(length(max = 200), regex(pattern = r"^[^\u0000-\u001f\u007f-\u009f]*$"))]
    customer_reference: Option<String>,
}

#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "SupabasePurchaseItem")]
struct ItemBody {
    #[schemars(regex(pattern = r"^\+[1-9][0-9]{6,14}$"))]
    phone_number: String,
    #[schemars(length(min = 1, max = 200), regex(pattern = NAME))]
    friendly_name: Option<String>,
    agent_mapping_id: Option<Uuid>,
    /// What regulated countries want to see, by their ids at the carrier.
    #[schemars(length(min = 1, max = 64), regex(pattern = CARRIER_ID))]
    address_id: Option<String>,
    #[schemars(length(min = 1, max = 64), regex(pattern = CARRIER_ID))]
    bundle_id: Option<String>,
    #[schemars(length(min = 1, max = 64), regex(pattern = CARRIER_ID))]
    requirement_group_id: Option<String>,
}

/// What carriers' ids are made of.
const CARRIER_ID: &str = "^[0-9A-Za-z_-]+$";
/// The longest of them that is taken.
const MAX_CARRIER_ID: usize = 64;

/// What came of it.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "SupabasePurchaseResult")]
pub struct PurchasedBody<'a> {
    success: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    order: Option<OrderBody>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    phone_numbers: Vec<PurchasedNumber<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    failed: Vec<FailedPurchase<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "SupabaseOrder")]
struct OrderBody {
    id: Uuid,
    status: &'static str,
    phone_numbers_count: usize,
    requirements_met: bool,
    #[serde(serialize_with = "text")]
    #[schemars(with = "String", extend("format" = "date-time"))]
    created_at: Timestamp,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "SupabasePurchasedNumber")]
struct PurchasedNumber<'a> {
    id: Uuid,
    agency_id: Uuid,
    phone_number: &'a str,
    phone_number_id: Option<&'a str>,
    friendly_name: Option<&'a str>,
    agent_mapping_id: Option<Uuid>,
    direction: &'static str,
    status: &'static str,
    voice_enabled: bool,
    country_code: Option<&'a str>,
    #[serde(serialize_with = "text_or_null")]
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    purchased_at: Option<Timestamp>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "SupabaseFailedPurchase")]
struct FailedPurchase<'a> {
    phone_number: &'a str,
    error: String,
    /// What a program can tell it by, where it can do something about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'static str>,
    /// What has to be given.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    missing: Vec<&'static str>,
}

/// `POST /functions/v1/phone-numbers-purchase`
pub async fn purchase(
    state: Data<AppState>,
    subject: Subject,
    request: HttpRequest,
    body: Bytes,
) -> Result<HttpResponse, Failure> {
    let caller = caller(&state, subject, Permission::NumbersCreate).await?;
    let given: PurchaseBody = read(&request, &body)?;
    let (items, reference) = (given.items()?, given.customer_reference);
    let asked = asked(&state, caller, &request, &body)?;
    let kept = at_the_desk(&state, Work::Carrier, move |desk| {
        let placed = desk.purchase(&asked, &items, reference.as_deref())?;
        let agency = asked.caller.scope.agency().0;
        Kept::of(desk, &asked, placed, |purchases| written(PurchasedBody::new(agency, purchases)))
    });
    Ok(kept.await.map_err(Failure::Verb)?.response())
}

impl PurchaseBody {
    fn items(&self) -> Result<Vec<Item>, Failure> {
        if !(1..=MAX_ITEMS).contains(&self.phone_numbers.len()) {
            return Err(Failure::Parameter("phone_numbers must have 1 to 50 entries".to_owned()));
        }
        let reference = self.customer_reference.as_deref().unwrap_or_default();
        if reference.chars().count() > MAX_REFERENCE_CHARS || reference.chars().any(char::is_control) {
            return Err(Failure::Parameter(
                "customer_reference must have at most 200 characters, none of control".to_owned(),
            ));
        }
        let item = |(place, Object(item)): (usize, &Object<ItemBody>)| {
            let phone_number = item
                .phone_number
                .parse()
                .map_err(|reason| Failure::Parameter(format!("phone_numbers[{place}].phone_number: {reason}")))?;
            let agent = item.agent_mapping_id.map(crate::model::AgentId);
            let papers = item.papers().map_err(|name| {
                Failure::Parameter(format!(
                    "phone_numbers[{place}].{name} must have 1 to {MAX_CARRIER_ID} letters, digits, - and _"
                ))
            })?;
            let friendly_name = item.friendly_name.clone();
            Ok(Item { phone_number, friendly_name, agent, papers, external_id: None, expires_at: None })
        };
        self.phone_numbers.iter().enumerate().map(item).collect()
    }
}

impl ItemBody {
    /// The papers, or the name of the one whose id is none.
    fn papers(&self) -> Result<Papers, &'static str> {
        let read = |id: &Option<String>, paper: Paper| match id {
            None => Ok(None),
            Some(id) => {
                let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
                let is_one = (1..=MAX_CARRIER_ID).contains(&id.len()) && id.bytes().all(is_plain);
                if is_one { Ok(Some(id.clone())) } else { Err(paper.name()) }
            }
        };
        Ok(Papers {
            address_id: read(&self.address_id, Paper::Address)?,
            bundle_id: read(&self.bundle_id, Paper::Bundle)?,
            requirement_group_id: read(&self.requirement_group_id, Paper::RequirementGroup)?,
        })
    }
}

impl<'a> PurchasedBody<'a> {
    fn new(agency: Uuid, purchases: &'a [Purchase]) -> (StatusCode, Self) {
        let numbers: Vec<&Number> = purchases.iter().filter_map(|purchase| purchase.number.as_ref()).collect();
        let failed: Vec<_> = purchases.iter().filter_map(FailedPurchase::of).collect();
        let Some(order) = OrderBody::new(purchases, &numbers).filter(|_| !numbers.is_empty()) else {
            let reason = purchases.iter().find_map(|purchase| purchase.order.reason).unwrap_or(Reason::NotAvailable);
            let error = Some(reason.to_string());
            let body = Self { success: false, order: None, phone_numbers: Vec::new(), failed, message: None, error };
            return (status_of(reason), body);
        };
        let pending = numbers.iter().filter(|number| number.status == Status::Pending).count();
        let mut message = match (failed.len(), pending) {
            (0, 0) => "Phone numbers purchased and activated successfully".to_owned(),
            (0, pending) => {
                format!("Phone numbers ordered; {pending} pending until the carrier has confirmed the order")
            }
            (failed, 0) => format!("Purchased {} phone number(s), {failed} failed", numbers.len()),
            (failed, pending) => format!(
                "Ordered {} phone number(s), {pending} of them pending until the carrier has confirmed the order, {failed} failed",
                numbers.len()
            ),
        };
        let waiting: Vec<_> = purchases.iter().filter_map(waits_for).collect();
        if let Some(paper) = waiting.first() {
            let (count, name) = (waiting.len(), paper.name());
            let papers =
                format!("; {count} of them waiting for papers at the carrier, which can be given there: {name}");
            message.push_str(&papers);
        }
        let status = if failed.is_empty() { StatusCode::OK } else { StatusCode::MULTI_STATUS };
        let body = Self {
            success: failed.is_empty(),
            order: Some(order),
            phone_numbers: numbers.into_iter().map(|number| PurchasedNumber::new(agency, number)).collect(),
            failed,
            message: Some(message),
            error: None,
        };
        (status, body)
    }
}

impl OrderBody {
    fn new(purchases: &[Purchase], numbers: &[&Number]) -> Option<Self> {
        let first = &purchases.first()?.order;
        let is_pending = numbers.iter().any(|number| number.status == Status::Pending);
        Some(Self {
            id: first.basket.0,
            status: if is_pending { "pending" } else { "success" },
            phone_numbers_count: numbers.len(),
            requirements_met: purchases.iter().all(|purchase| waits_for(purchase).is_none()),
            created_at: first.created_at,
        })
    }
}

impl<'a> PurchasedNumber<'a> {
    fn new(agency: Uuid, number: &'a Number) -> Self {
        Self {
            id: number.id.0,
            agency_id: agency,
            phone_number: number.phone_number.as_str(),
            phone_number_id: number.carrier_number_id.as_deref(),
            friendly_name: number.friendly_name.as_deref(),
            agent_mapping_id: number.agent.as_ref().map(|agent| agent.id.0),
            direction: direction(number),
            status: number.status.name(),
            voice_enabled: number.voice_enabled,
            country_code: number.country_code.as_deref(),
            purchased_at: number.purchased_at,
        }
    }
}

impl<'a> FailedPurchase<'a> {
    fn of(purchase: &'a Purchase) -> Option<Self> {
        let reason = purchase.order.reason.filter(|_| purchase.order.state == OrderState::Failed)?;
        let phone_number = purchase.order.phone_number.as_str();
        let (code, missing) = match reason {
            Reason::RegulatoryRequired(paper) => (Some("regulatory_required"), vec![paper.name()]),
            Reason::AlreadyOwned => (Some("already_owned"), Vec::new()),
            _ => (None, Vec::new()),
        };
        Some(Self { phone_number, error: reason.to_string(), code, missing })
    }
}

/// The paper that an order which the carrier has taken waits for.
fn waits_for(purchase: &Purchase) -> Option<Paper> {
    match purchase.order.reason {
        Some(Reason::RegulatoryRequired(paper)) if !purchase.order.state.is_final() => Some(paper),
        _ => None,
    }
}

/// The status of a purchase of which nothing came.
fn status_of(reason: Reason) -> StatusCode {
    match reason {
        Reason::OverBudget | Reason::OverLimit => StatusCode::PAYMENT_REQUIRED,
        Reason::RegulatoryRequired(_) => StatusCode::BAD_REQUEST,
        Reason::NotAvailable
        | Reason::InvalidNumber
        | Reason::AlreadyOwned
        | Reason::UnderWay
        | Reason::NoSuchNumber
        | Reason::Withdrawn => StatusCode::CONFLICT,
        Reason::Refused
        | Reason::EmergencyAddress
        | Reason::DeletionLock
        | Reason::BadCredentials
        | Reason::CarrierBusy
        | Reason::Unreached
        | Reason::Unanswered
        | Reason::NoAccount
        | Reason::Unrecorded => StatusCode::BAD_GATEWAY,
    }
}
