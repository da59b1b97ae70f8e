//! The door of the dialects whose callers have API keys: it proves the key, finds the agency that it acts for, counts the
//! request, and gives every failure behind it the dialect's envelope.

use std::sync::{Arc, OnceLock};

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use actix_web::middleware::{Next, from_fn};
use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpMessage, HttpRequest, HttpResponse};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::percent_decode;
use serde::de::DeserializeOwned;

use super::failure::{Failure, Worn};
use super::limits::{Limits, Standing};
use super::query::Malformed;
use super::{Endpoint, RequestId, Unread, requests, resources};
use crate::app::{AppState, Work};
use crate::inventory::access::{self, Caller, Proven};
use crate::model::{AgencyId, Error, Permission, PresentedKey, Timestamp};
use crate::store::Snapshot;

static API_KEY: HeaderName = HeaderName::from_static("x-api-key");
/// What an answer says of itself: an inventory is nobody's to keep.
static NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

/// What a request presents to say who sends it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presented<'h> {
    /// `Authorization: Bearer`
    Bearer(&'h str),
    /// `Authorization: Basic`, still encoded.
    Basic(&'h str),
    /// `X-API-Key`
    ApiKey(&'h str),
}

impl<'h> Presented<'h> {
    /// What the headers present; nothing where there are two.
    #[must_use]
    pub fn of(headers: &'h HeaderMap) -> Option<Self> {
        let mut given = headers.get_all(&AUTHORIZATION).map(Self::authorization);
        let mut keys = headers.get_all(&API_KEY).map(|value| value.to_str().ok().map(Self::ApiKey));
        let first = given.next().or_else(|| keys.next())?;
        if given.next().is_some() || keys.next().is_some() { None } else { first }
    }

    fn authorization(value: &'h HeaderValue) -> Option<Self> {
        let (scheme, credential) = value.to_str().ok()?.split_once(' ')?;
        // RFC 9110, 11.1: the scheme's case does not matter.
        match scheme.to_ascii_lowercase().as_str() {
            "bearer" => Some(Self::Bearer(credential)),
            "basic" => Some(Self::Basic(credential)),
            _ => None,
        }
    }
}

/// The key in HTTP Basic's two parts (RFC 7617).
#[must_use]
pub fn basic_key(encoded: &str) -> Option<PresentedKey> {
    let decoded = String::from_utf8(STANDARD.decode(encoded).ok()?).ok()?;
    let (id, secret) = decoded.split_once(':')?;
    PresentedKey::from_basic(id, secret).ok()
}

/// The agency that a request is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    /// The key's own.
    Own,
    /// The key's own, which is said to be this one.
    OwnNamed(AgencyId),
    /// This child of it.
    Child(AgencyId),
    /// A partner's key must name a child of its agency; any other may name its own agency.
    Company(Option<AgencyId>),
}

/// What the door of one dialect does its own way.
#[derive(Debug)]
pub struct Door {
    /// The key that a request presents.
    pub key: fn(Presented<'_>) -> Option<PresentedKey>,
    /// The agency that it is for.
    pub whose: fn(&HttpRequest) -> Result<Whose, Failure>,
    /// A failure in the dialect's envelope.
    pub answer: fn(&Failure, Timestamp) -> HttpResponse,
    /// Headers that every answer bears.
    pub dress: fn(&mut HeaderMap, &Dressing<'_>),
}

/// What an answer's headers can tell.
#[derive(Debug)]
pub struct Dressing<'r> {
    /// The request's id.
    pub request_id: &'r str,
    /// What the key has left, where it was proven.
    pub standing: Standing,
    /// When.
    pub now: Timestamp,
}

/// What a request brings to be let in with. It is proven in the transaction that answers, and only there does a [`Caller`]
/// come from it.
#[derive(Clone, Debug)]
pub struct Pass {
    key: PresentedKey,
    whose: Result<Whose, Failure>,
    unread: Option<Unread>,
    now: Timestamp,
    limits: Arc<Limits>,
    /// What the key has left: known once it was proven, and the request counted.
    standing: Arc<OnceLock<Standing>>,
}

impl Pass {
    /// What this request brings.
    ///
    /// # Errors
    /// [`Error::Internal`] where no door stands before the route.
    pub fn of(request: &HttpRequest) -> Result<Self, Failure> {
        let nobody = || Error::internal("no door stands before this route");
        Ok(request.extensions().get::<Self>().cloned().ok_or_else(nobody)?)
    }

    /// Who it is, if the key is good, has not asked too often, acts for whom is named, and allows this.
    ///
    /// # Errors
    /// The first of these that is not so.
    pub fn caller(&self, snapshot: &Snapshot, permission: Permission) -> Result<Caller, Failure> {
        let caller = self.admit(snapshot)?;
        caller.must(permission)?;
        Ok(caller)
    }

    fn admit(&self, snapshot: &Snapshot) -> Result<Caller, Failure> {
        let proven = access::prove(snapshot, &self.key, self.now)?;
        if self.standing.get().is_none() {
            let asked = self.limits.ask(proven.key().id);
            let _ = self.standing.set(asked.unwrap_or_else(|(_, standing)| standing));
            asked.map_err(|(limited, _)| Failure::Limited(limited))?;
        }
        let caller = acting_for(snapshot, &proven, self.whose.clone()?)?;
        self.unread.map_or(Ok(caller), |unread| Err(Failure::Unread(unread)))
    }
}

/// Who acts with a key for whom is named.
fn acting_for(snapshot: &Snapshot, proven: &Proven, whose: Whose) -> Result<Caller, Failure> {
    let elsewhere = |error| if matches!(error, Error::NotFound(_)) { Failure::Elsewhere } else { error.into() };
    let is_partner = proven.key().partner;
    match whose {
        Whose::Company(None) if is_partner => {
            Err(Malformed::new("companyId", "is required with a partner's key").into())
        }
        Whose::Company(Some(child)) if is_partner => proven.for_child(snapshot, child).map_err(elsewhere),
        Whose::Child(child) => proven.for_child(snapshot, child).map_err(elsewhere),
        Whose::Company(Some(named)) | Whose::OwnNamed(named) if proven.for_itself().scope.agency() != named => {
            Err(Failure::Elsewhere)
        }
        Whose::Own | Whose::OwnNamed(_) | Whose::Company(_) => Ok(proven.for_itself()),
    }
}

/// The caller, as [`Pass::caller`] finds it, in a transaction of its own: for what is not answered by one read.
///
/// # Errors
/// As [`Pass::caller`].
pub async fn caller(state: &AppState, request: &HttpRequest, permission: Permission) -> Result<Caller, Failure> {
    let pass = Pass::of(request)?;
    state.run(Work::Brief, move |store| store.read(|snapshot| pass.caller(snapshot, permission))).await
}

/// Counts a request that costs money, of which less is allowed.
///
/// # Errors
/// [`Failure::Limited`] where it is one too many.
pub fn spend(request: &HttpRequest) -> Result<(), Failure> {
    let Pass { key, limits, .. } = Pass::of(request)?;
    limits.order(key.id).map_err(Failure::Limited)
}

/// Reads a body, which may be said to be JSON and nothing else.
///
/// # Errors
/// [`Failure::NotJson`], [`Failure::Body`]
pub fn read<T: DeserializeOwned>(request: &HttpRequest, body: &[u8]) -> Result<T, Failure> {
    let is_json = |kind: &str| {
        let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        kind == "application/json" || kind.ends_with("+json")
    };
    let said = request.headers().get(CONTENT_TYPE);
    if said.is_some_and(|said| !said.to_str().is_ok_and(is_json)) {
        return Err(Failure::NotJson);
    }
    Ok(requests::read(request, body)?)
}

/// Reads what is to change. Without a body, nothing is.
///
/// # Errors
/// As [`read`].
pub fn read_changes<T: DeserializeOwned>(request: &HttpRequest, body: &[u8]) -> Result<T, Failure> {
    if body.is_empty() { Ok(requests::read(request, b"{}")?) } else { read(request, body) }
}

/// The segment of a path that varies, decoded.
#[must_use]
pub fn segment(request: &HttpRequest, name: &str) -> String {
    let raw = request.match_info().get(name).unwrap_or_default();
    percent_decode(raw.as_bytes()).decode_utf8_lossy().into_owned()
}

/// Adds a dialect's endpoints to a server, behind its door: those under each prefix, whose other paths and methods fail in
/// its envelope, too.
pub fn mount(
    door: &'static Door,
    prefixes: &'static [&'static str],
    endpoints: &'static [Endpoint],
    state: &AppState,
    config: &mut ServiceConfig,
) {
    for prefix in prefixes {
        let limits = state.shared(|| Limits::new(state.config().limits));
        let state = state.clone();
        let guard = move |request, next| guard(door, state.clone(), limits.clone(), request, next);
        config.service(
            web::scope(prefix)
                .wrap(from_fn(guard))
                .configure(|config| {
                    resources(config, endpoints, prefix, |allow| {
                        HttpResponse::from_error(Failure::Method(allow.to_owned()))
                    });
                })
                .default_service(web::to(|| async { Err::<HttpResponse, _>(Failure::NoRoute) })),
        );
    }
}

async fn guard(
    door: &'static Door,
    state: AppState,
    limits: Arc<Limits>,
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let now = state.clock().now();
    let standing = Arc::new(OnceLock::new());
    let (request, response) = match Presented::of(request.headers()).and_then(door.key) {
        None => (request.into_parts().0, HttpResponse::from_error(Failure::NoKey)),
        Some(key) => {
            let whose = (door.whose)(request.request());
            let unread = Unread::of(request.request());
            let pass = Pass { key, whose, unread, now, limits, standing: standing.clone() };
            request.extensions_mut().insert(pass.clone());
            let (request, response) = next.call(request).await?.map_into_boxed_body().into_parts();
            // Where nobody has asked yet who it is (there is no such path, or no such method), that comes first.
            let refused = if standing.get().is_some() { None } else { refusal(&state, pass).await };
            (request, refused.map_or(response, HttpResponse::from_error))
        }
    };
    let mut response = match response.error() {
        None => response,
        Some(error) => {
            let failure = error.as_error::<Failure>().cloned().unwrap_or_else(|| foreign(error));
            HttpResponse::from_error(Worn { failure, answer: door.answer, now })
        }
    };
    let id = request.extensions().get::<RequestId>().map(|RequestId(id)| id.clone()).unwrap_or_default();
    response.headers_mut().insert(CACHE_CONTROL, NO_STORE.clone());
    (door.dress)(
        response.headers_mut(),
        &Dressing { request_id: &id, standing: standing.get().copied().unwrap_or_default(), now },
    );
    Ok(ServiceResponse::new(request, response))
}

/// A failure that actix found itself.
fn foreign(error: &actix_web::Error) -> Failure {
    let status = error.as_response_error().status_code();
    if status.is_client_error() {
        return Malformed::new("The request", "is not as it must be").into();
    }
    Error::internal(error.to_string()).into()
}

/// Why who presents this is not let in, if it is not.
async fn refusal(state: &AppState, pass: Pass) -> Option<Failure> {
    state.run(Work::Brief, move |store| store.read(|snapshot| pass.admit(snapshot))).await.err()
}
