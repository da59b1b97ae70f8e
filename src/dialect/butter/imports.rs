//! Importing a number.

use actix_web::http::StatusCode;
use actix_web::web::{Bytes, Data};
use actix_web::{HttpRequest, HttpResponse};
use schemars::JsonSchema;
use serde::Deserialize;

use super::wire::{Done, Imported};
use crate::app::{AppState, Work};
use crate::dialect::failure::Failure;
use crate::dialect::query::Malformed;
use crate::dialect::{keys, requests};
use crate::inventory::accounts::{NewTrunk, whereabouts};
use crate::inventory::brought::{self, Whence};
use crate::model::{AccountId, Permission, Secret, Trunk};

/// A number that is to be imported.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "ButterImport")]
pub struct ImportBody {
    #[schemars(regex(pattern = r"^\+[1-9][0-9]{6,14}$"))]
    phone_number: String,
    provider: Provider,
    #[serde(default)]
    #[schemars(!default)]
    supports_inbound: bool,
    #[serde(default)]
    #[schemars(!default)]
    supports_outbound: bool,
    /// Of `twilio`: the carrier account that has the number.
    integration_id: Option<String>,
    sip_trunk_name: Option<String>,
    sip_username: Option<String>,
    sip_password: Option<String>,
    /// Of `sip`: where calls are sent; it is needed for outbound calls.
    sip_server_address: Option<String>,
    inbound_room_name: Option<String>,
    #[schemars(regex(pattern = "^[0-9]{4,10}$"))]
    inbound_pin: Option<String>,
    media_encryption: Option<MediaEncryption>,
}

#[derive(Clone, Copy, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "ButterProvider")]
enum Provider {
    Twilio,
    Sip,
}

#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "ButterMediaEncryption")]
enum MediaEncryption {
    Disable,
    Allow,
    Require,
}

/// `POST /api/phone-numbers`
pub async fn import(state: Data<AppState>, request: HttpRequest, body: Bytes) -> Result<HttpResponse, Failure> {
    let caller = keys::caller(&state, &request, Permission::NumbersCreate).await?;
    let given: ImportBody = keys::read(&request, &body)?;
    let message = match given.provider {
        Provider::Twilio => "Phone number imported successfully with twilio",
        Provider::Sip => "Phone number imported successfully with sip",
    };
    let new = given.brought().map_err(Failure::Body)?;
    let by = requests::by(&state, &caller, &request);
    let imported = requests::at_the_desk(&state, Work::Carrier, move |desk| {
        let number = desk.import_number(&caller, &by, new)?;
        let at = desk.store().read(|snapshot| whereabouts(snapshot, &caller.scope, &number))?;
        Ok::<_, Failure>((number, at))
    });
    let (number, at) = imported.await?;
    Ok(requests::json(StatusCode::CREATED, &Done::new(message, Imported::new(&number, at.account)))?)
}

impl ImportBody {
    fn brought(self) -> Result<brought::Imported, Malformed> {
        let refuse = |name, what: &str| Err(Malformed::new(name, what));
        let phone_number = self
            .phone_number
            .parse()
            .map_err(|reason| Malformed::new("phone_number", format!("is not one: {reason}")))?;
        let (inbound, outbound) = (self.supports_inbound, self.supports_outbound);
        let whence = match self.provider {
            Provider::Twilio => {
                let Some(id) = self.integration_id else {
                    return refuse("integration_id", "is required with provider twilio");
                };
                // One that is no id answers as a missing one does.
                Whence::Twilio(Some(id.parse().unwrap_or(AccountId(uuid::Uuid::nil()))))
            }
            Provider::Sip if outbound && self.sip_server_address.is_none() => {
                return refuse("sip_server_address", "is required for outbound calls");
            }
            Provider::Sip => Whence::Trunk(self.trunk()?.map(Box::new)),
        };
        Ok(brought::Imported { phone_number, friendly_name: None, inbound, outbound, whence })
    }

    /// The trunk, where anything is said of one.
    fn trunk(self) -> Result<Option<NewTrunk>, Malformed> {
        if let Some(pin) = &self.inbound_pin
            && !((4..=10).contains(&pin.len()) && pin.bytes().all(|byte| byte.is_ascii_digit()))
        {
            return Err(Malformed::new("inbound_pin", "must be 4 to 10 digits"));
        }
        let media_encryption = self.media_encryption.map(|media| match media {
            MediaEncryption::Disable => "disable",
            MediaEncryption::Allow => "allow",
            MediaEncryption::Require => "require",
        });
        let says_nothing = self.sip_trunk_name.is_none()
            && self.sip_username.is_none()
            && self.sip_password.is_none()
            && self.sip_server_address.is_none()
            && self.inbound_room_name.is_none()
            && self.inbound_pin.is_none()
            && media_encryption.is_none();
        if says_nothing {
            return Ok(None);
        }
        let trunk = Trunk {
            address: self.sip_server_address,
            username: self.sip_username,
            room_name: self.inbound_room_name,
            media_encryption: Some(media_encryption.unwrap_or("allow").to_owned()),
            ..Trunk::default()
        };
        let (password, pin) = (self.sip_password.map(Secret::new), self.inbound_pin.map(Secret::new));
        Ok(Some(NewTrunk { label: self.sip_trunk_name, trunk, password, pin }))
    }
}
