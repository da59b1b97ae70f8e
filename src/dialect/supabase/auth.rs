//! Tokens: who a Supabase JWT says is calling. No database is asked before the token has proved good.

use std::fmt;
use std::future::{Ready, ready};
use std::sync::Arc;

use actix_web::dev::Payload;
use actix_web::http::header::HeaderValue;
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Validation};
use serde::de::{IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

use super::error::{Failure, Unauthorized};
use super::jwks::{KeySet, PublicKey};
use super::passes::{Pass, Passes};
use crate::app::{AppState, Work};
use crate::config::Config;
use crate::inventory::access::{self, Caller};
use crate::model::{Error, Permission, Secret, Timestamp, UserId};

/// A longer token is refused before it is decoded.
const MAX_TOKEN_BYTES: usize = 8 * 1024;
/// How far a token's clock may be from ours, in seconds.
const LEEWAY: f64 = 30.0;
/// The role of a signed-in user; `anon` and `service_role` are nobody's.
const USER_ROLE: &str = "authenticated";
/// Headers that name a key or an extension: a token that brings its own key proves nothing (RFC 8725, 3.10).
const REFUSED_HEADERS: [&str; 4] = ["jku", "x5u", "jwk", "crit"];

/// Whose token it is. `None`: a good token of a subject that cannot be one of our users.
#[derive(Clone, Copy, Debug)]
pub struct Subject(pub Option<UserId>);

impl FromRequest for Subject {
    type Error = Failure;
    type Future = Ready<Result<Self, Failure>>;

    /// The gateway has put it there.
    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(request.extensions().get::<Self>().copied().ok_or_else(|| {
            // Only a route that was mounted outside the gateway could get here.
            Failure::Verb(Error::internal("no gateway stands before this route"))
        }))
    }
}

/// The caller behind a token, who must be allowed to do this. It is asked before the parameters are.
pub async fn caller(state: &AppState, subject: Subject, permission: Permission) -> Result<Caller, Failure> {
    let subject = subject.0.ok_or(Error::NoAgency)?;
    state
        .run(Work::Brief, move |store| {
            let caller = store.read(|snapshot| access::caller(snapshot, subject))?;
            caller.must(permission)?;
            Ok(caller)
        })
        .await
}

/// Checks tokens. There is one for all of a server's threads.
pub struct Verifier {
    secret: Option<DecodingKey>,
    public: Option<KeySet>,
    audience: String,
    issuer: Option<String>,
    passes: Passes,
}

impl Verifier {
    /// Checks tokens as the settings say.
    pub fn new(config: &Config) -> Self {
        Self {
            secret: config.jwt_secret.as_ref().map(|secret| DecodingKey::from_secret(secret.expose().as_bytes())),
            public: config.jwks_url.as_deref().map(KeySet::new),
            audience: config.supabase.audience.clone(),
            issuer: config.supabase.issuer.clone(),
            passes: Passes::default(),
        }
    }

    /// Finds the subject of an `Authorization` header's token.
    ///
    /// # Errors
    /// What the gateway says of a missing, malformed, forged or stale token.
    pub async fn verify(
        &self,
        credentials: Option<&HeaderValue>,
        more_than_one: bool,
        now: Timestamp,
    ) -> Result<Subject, Unauthorized> {
        let credentials = credentials.ok_or(Unauthorized::NoHeader)?;
        let token = credentials.as_bytes().strip_prefix(b"Bearer ");
        let token =
            token.filter(|token| token.len() <= MAX_TOKEN_BYTES && !more_than_one).ok_or(Unauthorized::Format)?;
        let now = seconds(now);
        if let Some(pass) = self.passes.of(token)
            && pass.is_good_at(now)
            && self.still_trusts(&pass).await
        {
            return Ok(pass.subject);
        }
        let pass = self.prove(std::str::from_utf8(token).map_err(|_| Unauthorized::Format)?).await?;
        let refused = if pass.key.is_some() { Unauthorized::Asymmetric } else { Unauthorized::Legacy };
        if !pass.is_good_at(now) {
            return Err(refused);
        }
        let subject = pass.subject;
        self.passes.keep(token, pass);
        Ok(subject)
    }

    /// Whether the key that a token was signed with is the project's still.
    async fn still_trusts(&self, pass: &Pass) -> bool {
        match (&pass.key, &self.public) {
            (None, _) => true,
            (Some((kid, key)), Some(keys)) => keys.key(kid).await.is_some_and(|known| Arc::ptr_eq(&known.key, key)),
            (Some(_), None) => false,
        }
    }

    /// Checks everything about a token but the time.
    async fn prove(&self, token: &str) -> Result<Pass, Unauthorized> {
        let (header, claims) = decode(token).ok_or(Unauthorized::Format)?;
        if REFUSED_HEADERS.iter().any(|name| header.contains_key(*name)) {
            return Err(Unauthorized::Format);
        }
        match header.get("alg").and_then(Value::as_str) {
            None => Err(Unauthorized::Format),
            Some("HS256") => {
                let genuine = self.secret.as_ref().is_some_and(|key| signed(token, key, Algorithm::HS256));
                self.read(&claims, None).filter(|_| genuine).ok_or(Unauthorized::Legacy)
            }
            Some(named @ ("ES256" | "RS256")) => {
                let kid = header.get("kid").and_then(Value::as_str);
                let (Some(keys), Some(kid)) = (&self.public, kid) else { return Err(Unauthorized::Asymmetric) };
                let key = keys.key(kid).await.filter(|PublicKey { algorithm, key }| {
                    format!("{algorithm:?}") == named && signed(token, key, *algorithm)
                });
                let key = key.ok_or(Unauthorized::Asymmetric)?.key;
                self.read(&claims, Some((kid.to_owned(), key))).ok_or(Unauthorized::Asymmetric)
            }
            Some(other) => Err(Unauthorized::Algorithm(other.to_owned())),
        }
    }

    /// What the claims of a token say that is for us and a user's.
    fn read(&self, claims: &Map<String, Value>, key: Option<(String, Arc<DecodingKey>)>) -> Option<Pass> {
        let text = |name| claims.get(name).and_then(Value::as_str);
        let from = match claims.get("nbf") {
            None => f64::NEG_INFINITY,
            Some(nbf) => nbf.as_f64()? - LEEWAY,
        };
        let until = claims.get("exp")?.as_f64()? + LEEWAY;
        let for_us = match claims.get("aud")? {
            Value::String(audience) => *audience == self.audience,
            Value::Array(audiences) => audiences.iter().any(|audience| audience.as_str() == Some(&self.audience)),
            _ => false,
        };
        let from_them = self.issuer.is_none() || text("iss") == self.issuer.as_deref();
        let of_a_user = text("role") == Some(USER_ROLE);
        let subject = Subject(text("sub")?.parse().ok());
        (for_us && from_them && of_a_user).then_some(Pass { subject, from, until, key })
    }
}

#[allow(clippy::cast_precision_loss, reason = "seconds since 1970 fit a double exactly")]
fn seconds(at: Timestamp) -> f64 {
    (at.0 / 1_000_000) as f64
}

/// Whether the signature is the key's. The claims are not looked at here: they are checked by our clock, each by its
/// own rule.
fn signed(token: &str, key: &DecodingKey, algorithm: Algorithm) -> bool {
    let mut signature_only = Validation::new(algorithm);
    signature_only.required_spec_claims.clear();
    signature_only.validate_exp = false;
    signature_only.validate_aud = false;
    jsonwebtoken::decode::<IgnoredAny>(token, key, &signature_only).is_ok()
}

/// Takes a compact token apart (RFC 7515, 7.1): three parts in base64url without padding, two of them objects.
fn decode(token: &str) -> Option<(Map<String, Value>, Map<String, Value>)> {
    let mut parts = token.split('.');
    let (header, claims, signature) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    URL_SAFE_NO_PAD.decode(signature).ok()?;
    let object = |part: &str| {
        let bytes = URL_SAFE_NO_PAD.decode(part).ok()?;
        match serde_json::from_slice(&bytes) {
            Ok(Unambiguous(Value::Object(object))) => Some(object),
            _ => None,
        }
    };
    Some((object(header)?, object(claims)?))
}

/// JSON in which no object has a name twice: two readers of such a token could read two different ones (RFC 8725, 2.4).
struct Unambiguous(Value);

impl<'de> Deserialize<'de> for Unambiguous {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;

        impl<'de> Visitor<'de> for Any {
            type Value = Value;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("JSON whose objects' names are unique")
            }

            fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
                Ok(value.into())
            }

            fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
                Ok(value.into())
            }

            fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
                Ok(value.into())
            }

            fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
                Ok(value.into())
            }

            fn visit_str<E>(self, value: &str) -> Result<Value, E> {
                Ok(value.into())
            }

            fn visit_unit<E>(self) -> Result<Value, E> {
                Ok(Value::Null)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
                let mut list = Vec::new();
                while let Some(Unambiguous(item)) = items.next_element()? {
                    list.push(item);
                }
                Ok(Value::Array(list))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
                let mut object = Map::new();
                while let Some((name, Unambiguous(value))) = entries.next_entry::<String, _>()? {
                    if object.insert(name, value).is_some() {
                        return Err(serde::de::Error::custom("a name occurs twice"));
                    }
                }
                Ok(Value::Object(object))
            }
        }

        deserializer.deserialize_any(Any).map(Self)
    }
}

/// The claims of a user's token, as Supabase Auth writes them.
#[derive(Serialize)]
struct Claims<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    iss: Option<&'a str>,
    aud: &'a str,
    exp: i64,
    iat: i64,
    sub: String,
    role: &'a str,
}

/// Signs a token for a user, good for `ttl` seconds from `now`.
///
/// # Errors
/// What jsonwebtoken says; with HS256 and these claims it has no reason to.
pub fn sign(
    secret: &Secret,
    config: &Config,
    user: UserId,
    now: Timestamp,
    ttl: i64,
) -> Result<String, jsonwebtoken::errors::Error> {
    let iat = now.0 / 1_000_000;
    let claims = Claims {
        iss: config.supabase.issuer.as_deref(),
        aud: &config.supabase.audience,
        exp: iat.saturating_add(ttl),
        iat,
        sub: user.to_string(),
        role: USER_ROLE,
    };
    let key = EncodingKey::from_secret(secret.expose().as_bytes());
    jsonwebtoken::encode(&jsonwebtoken::Header::new(Algorithm::HS256), &claims, &key)
}
