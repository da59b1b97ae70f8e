//! Importing a number.

use actix_web::http::StatusCode;
use actix_web::web::{Bytes, Data};
use actix_web::{HttpRequest, HttpResponse};
use schemars::JsonSchema;
use serde::Deserialize;

use super::error::PHONE_NUMBER;
use super::numbers::shown;
use crate::app::{AppState, Work};
use crate::dialect::failure::Failure;
use crate::dialect::query::Malformed;
use crate::dialect::requests::{NAME, Object};
use crate::dialect::{keys, requests};
use crate::inventory::accounts::NewTrunk;
use crate::inventory::brought::{Imported, Whence};
use crate::model::{Permission, Secret, Transport, Trunk};

/// A number that is to be imported.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "AgoraImport")]
pub struct ImportBody {
    provider: Provider,
    #[schemars(regex(pattern = r"^\+[1-9][0-9]{6,14}$"))]
    phone_number: String,
    #[schemars(length(min = 1, max = 200), regex(pattern = NAME))]
    label: String,
    #[serde(default)]
    #[schemars(!default, with = "Option<bool>")]
    inbound: Option<bool>,
    #[serde(default)]
    #[schemars(!default, with = "Option<bool>")]
    outbound: Option<bool>,
    #[schemars(with = "Option<Inbound>")]
    inbound_config: Option<Object<Inbound>>,
    #[schemars(with = "Option<Outbound>")]
    outbound_config: Option<Object<Outbound>>,
}

#[derive(Clone, Copy, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "AgoraProvider")]
enum Provider {
    Byo,
    Twilio,
}

#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "AgoraInboundConfig")]
struct Inbound {
    /// IP addresses and networks that may send calls, like `203.0.113.64/27`.
    #[schemars(inner(regex(pattern = r"^[0-9A-Fa-f.:]+(/[0-9]{1,3})?$")))]
    allowed_addresses: Option<Vec<String>>,
}

#[derive(Default, Deserialize, JsonSchema)]
#[schemars(rename = "AgoraOutboundConfig")]
struct Outbound {
    /// Where calls are sent: a host, or a host and a port. What stands before an `@` is the user, and the password.
    #[schemars(regex(pattern = r"^([^@]+@)?([A-Za-z0-9_.-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?$"))]
    address: Option<String>,
    transport: Option<Way>,
    #[schemars(regex(pattern = r"^[0-9+*#]{0,16}$"))]
    prefix: Option<String>,
    #[schemars(length(min = 1, max = 200), regex(pattern = NAME))]
    user: Option<String>,
    password: Option<String>,
}

#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "AgoraTransport")]
enum Way {
    Tls,
    Tcp,
    Udp,
}

/// `POST /api/conversational-ai-agent/v2/phone-numbers`
pub async fn import(state: Data<AppState>, request: HttpRequest, body: Bytes) -> Result<HttpResponse, Failure> {
    let caller = keys::caller(&state, &request, Permission::NumbersCreate).await?;
    let given: ImportBody = keys::read(&request, &body)?;
    let new = given.imported().map_err(Failure::Body)?;
    let (scope, by) = (caller.scope, requests::by(&state, &caller, &request));
    let imported = requests::at_the_desk(&state, Work::Carrier, move |desk| desk.import_number(&caller, &by, new));
    let number = imported.await.map_err(Failure::from)?;
    shown(&state, scope, number.phone_number, StatusCode::CREATED).await
}

impl ImportBody {
    fn imported(self) -> Result<Imported, Malformed> {
        let phone_number = self
            .phone_number
            .parse()
            .map_err(|reason| Malformed::new(PHONE_NUMBER, format!("is not one: {reason}")))?;
        let whence = match self.provider {
            Provider::Byo => {
                Whence::Trunk(trunk(&self.label, self.inbound_config, self.outbound_config)?.map(Box::new))
            }
            Provider::Twilio if self.inbound_config.is_some() || self.outbound_config.is_some() => {
                return Err(Malformed::new(
                    "inbound_config and outbound_config",
                    "are of numbers that you bring (byo): Twilio decides where its numbers' calls go",
                ));
            }
            Provider::Twilio => Whence::Twilio(None),
        };
        Ok(Imported {
            phone_number,
            friendly_name: Some(self.label),
            inbound: self.inbound.unwrap_or(true),
            outbound: self.outbound.unwrap_or(true),
            whence,
        })
    }
}

impl Outbound {
    /// The same with who we say we are in its own place, where the address says it (`user:password@host`).
    fn without_userinfo(mut self) -> Self {
        if let Some((userinfo, host)) = self.address.as_deref().and_then(|address| address.rsplit_once('@')) {
            let (user, password) = userinfo.split_once(':').map_or((userinfo, None), |(user, word)| (user, Some(word)));
            let (user, password, host) = (user.to_owned(), password.map(str::to_owned), host.to_owned());
            self.user = self.user.or(Some(user));
            self.password = self.password.or(password);
            self.address = Some(host);
        }
        self
    }
}

/// The trunk, where anything is said of one.
fn trunk(
    label: &str,
    inbound: Option<Object<Inbound>>,
    outbound: Option<Object<Outbound>>,
) -> Result<Option<NewTrunk>, Malformed> {
    let allowed = inbound.and_then(|Object(inbound)| inbound.allowed_addresses).filter(|allowed| !allowed.is_empty());
    if allowed.iter().flatten().any(|address| address.contains(',')) {
        return Err(Malformed::new("allowed_addresses", "must be IP addresses and networks, one each"));
    }
    let Outbound { address, transport, prefix, user, password } =
        outbound.map_or_else(Outbound::default, |Object(outbound)| outbound.without_userinfo());
    if address.is_none() && (transport.is_some() || prefix.is_some() || user.is_some() || password.is_some()) {
        return Err(Malformed::new("outbound_config", "must have an address"));
    }
    if allowed.is_none() && address.is_none() {
        return Ok(None);
    }
    let trunk = Trunk {
        allowed_addresses: allowed.map(|allowed| allowed.join(",")),
        address,
        transport: transport.map(|way| match way {
            Way::Tls => Transport::Tls,
            Way::Tcp => Transport::Tcp,
            Way::Udp => Transport::Udp,
        }),
        prefix,
        username: user,
        ..Trunk::default()
    };
    Ok(Some(NewTrunk { label: Some(label.to_owned()), trunk, password: password.map(Secret::new), pin: None }))
}
