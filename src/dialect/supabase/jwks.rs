//! The project's public keys (RFC 7517), fetched from where its settings say and kept through an outage.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey};
use reqwest::redirect::Policy;
use serde::Deserialize;
use serde_json::Value;
use tokio::sync::Mutex;

/// How long a set is good for.
const GOOD_FOR: Duration = Duration::from_mins(10);
/// How long to leave the server of the keys alone after asking it, whatever it said.
const PAUSE: Duration = Duration::from_secs(30);
/// How long the server may take.
const PATIENCE: Duration = Duration::from_secs(3);
/// The longest set that is read.
const MAX_SET_BYTES: usize = 64 * 1024;

/// A key, and the one algorithm it is for: that is the key's to say, never the token's.
#[derive(Clone)]
pub struct PublicKey {
    /// ES256 or RS256.
    pub algorithm: Algorithm,
    /// What checks a signature.
    pub key: Arc<DecodingKey>,
}

/// The keys of a project, by `kid`.
pub struct KeySet {
    url: String,
    client: reqwest::Client,
    known: RwLock<Known>,
    /// Held while the server is asked: whoever waits for it finds the answer.
    flight: Mutex<()>,
}

#[derive(Default)]
struct Known {
    keys: HashMap<String, PublicKey>,
    fetched: Option<Instant>,
    asked: Option<Instant>,
}

impl Known {
    fn is_good(&self) -> bool {
        self.fetched.is_some_and(|at| at.elapsed() < GOOD_FOR)
    }

    fn may_ask(&self) -> bool {
        self.asked.is_none_or(|at| at.elapsed() >= PAUSE)
    }
}

impl KeySet {
    /// The set at a URL. Nothing is fetched before a token needs it.
    pub fn new(url: &str) -> Self {
        let client = reqwest::Client::builder().timeout(PATIENCE).redirect(Policy::none()).build();
        Self {
            url: url.to_owned(),
            // Building fails only where TLS cannot be set up at all; then a client without settings fails likewise.
            client: client.unwrap_or_default(),
            known: RwLock::default(),
            flight: Mutex::default(),
        }
    }

    /// The key of this name, fetched anew where it is not known or the set has grown old.
    pub async fn key(&self, kid: &str) -> Option<PublicKey> {
        let (found, ask) = self.look(kid);
        if !ask {
            return found;
        }
        let _flight = match (&found, self.flight.try_lock()) {
            (_, Ok(flight)) => flight,
            // An old key is good enough while another request is asking.
            (Some(_), Err(_)) => return found,
            (None, Err(_)) => self.flight.lock().await,
        };
        // Another request may have asked while this one waited for its turn.
        let (found, ask) = self.look(kid);
        if !ask {
            return found;
        }
        let answer = self.fetch().await;
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        known.asked = Some(Instant::now());
        match answer {
            Ok(keys) => (known.keys, known.fetched) = (keys, known.asked),
            Err(reason) => log::warn!("the JWKS could not be fetched, the last good set is kept: {reason}"),
        }
        known.keys.get(kid).cloned()
    }

    /// The key, if it is known, and whether the server should be asked.
    fn look(&self, kid: &str) -> (Option<PublicKey>, bool) {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let found = known.keys.get(kid).cloned();
        let ask = (found.is_none() || !known.is_good()) && known.may_ask();
        (found, ask)
    }

    async fn fetch(&self) -> Result<HashMap<String, PublicKey>, String> {
        let mut answer = self.client.get(&self.url).send().await.map_err(|error| error.without_url().to_string())?;
        if !answer.status().is_success() {
            return Err(format!("the server answered {}", answer.status().as_u16()));
        }
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(|error| error.without_url().to_string())? {
            if body.len() + chunk.len() > MAX_SET_BYTES {
                return Err("it is longer than 64 KiB".to_owned());
            }
            body.extend_from_slice(&chunk);
        }
        read(&body).ok_or_else(|| "it is not a JWKS with a usable key".to_owned())
    }
}

/// Reads a set. Keys of kinds that tokens are not signed with are passed over; a set without a usable key is none.
fn read(body: &[u8]) -> Option<HashMap<String, PublicKey>> {
    #[derive(Deserialize)]
    struct Set {
        keys: Vec<Value>,
    }
    let set: Set = serde_json::from_slice(body).ok()?;
    let keys: HashMap<_, _> =
        set.keys.into_iter().filter_map(|key| usable(&serde_json::from_value(key).ok()?)).collect();
    (!keys.is_empty()).then_some(keys)
}

/// A public key for signatures, with its name. A symmetric key in a public place is nobody's secret: it is not usable.
fn usable(jwk: &Jwk) -> Option<(String, PublicKey)> {
    let algorithm = match &jwk.algorithm {
        AlgorithmParameters::EllipticCurve(key) if key.curve == EllipticCurve::P256 => Algorithm::ES256,
        AlgorithmParameters::RSA(_) => Algorithm::RS256,
        _ => return None,
    };
    let named = jwk.common.key_algorithm.is_none_or(|named| named.to_string() == format!("{algorithm:?}"));
    let signs = jwk.common.public_key_use.as_ref().is_none_or(|used| *used == PublicKeyUse::Signature);
    let key = Arc::new(DecodingKey::from_jwk(jwk).ok()?);
    (named && signs).then_some((jwk.common.key_id.clone()?, PublicKey { algorithm, key }))
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpListener;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::{Arc, Mutex};
    use std::time::{Duration, Instant};

    use super::{GOOD_FOR, KeySet, PAUSE};

    /// What the key server does next.
    #[derive(Clone)]
    enum Mood {
        Says(String),
        Fails,
        Hangs,
    }

    /// A key server of the test's own, with what it does and how often it was asked.
    fn key_server(mood: Mood) -> (String, Arc<Mutex<Mood>>, Arc<AtomicUsize>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/jwks.json", listener.local_addr().unwrap());
        let (mood, asked) = (Arc::new(Mutex::new(mood)), Arc::new(AtomicUsize::new(0)));
        let (its_mood, its_count) = (mood.clone(), asked.clone());
        std::thread::spawn(move || {
            let mut hung = Vec::new();
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let _ = stream.read(&mut [0; 4096]);
                its_count.fetch_add(1, Ordering::SeqCst);
                let mood = its_mood.lock().unwrap().clone();
                let (status, body) = match mood {
                    Mood::Says(body) => ("200 OK", body),
                    Mood::Fails => ("500 Oops", String::new()),
                    Mood::Hangs => {
                        hung.push(stream);
                        continue;
                    }
                };
                let head = format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
                let _ = stream.write_all(format!("{head}{body}").as_bytes());
            }
        });
        (url, mood, asked)
    }

    /// The public key of RFC 7515, appendix A.3, by these names.
    fn set(kids: &[&str]) -> String {
        let key = |kid: &&str| {
            format!(
                r#"{{"kty":"EC","crv":"P-256","kid":"{kid}","use":"sig","alg":"ES256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}}"#
            )
        };
        format!(r#"{{"keys":[{}]}}"#, kids.iter().map(key).collect::<Vec<_>>().join(","))
    }

    impl KeySet {
        /// Lets time pass.
        fn age(&self, by: Duration) {
            let mut known = self.known.write().unwrap();
            known.fetched = known.fetched.map(|at| at.checked_sub(by).unwrap());
            known.asked = known.asked.map(|at| at.checked_sub(by).unwrap());
        }
    }

    fn run<T>(test: impl Future<Output = T>) -> T {
        actix_web::rt::System::new().block_on(test)
    }

    #[test]
    fn keys_are_kept_for_ten_minutes_and_rotation_is_followed() {
        let (url, mood, asked) = key_server(Mood::Says(set(&["old"])));
        run(async {
            let keys = KeySet::new(&url);
            assert!(keys.key("old").await.is_some() && keys.key("old").await.is_some());
            assert_eq!(asked.load(Ordering::SeqCst), 1);

            *mood.lock().unwrap() = Mood::Says(set(&["old", "new"]));
            assert!(keys.key("new").await.is_none(), "the server was asked a moment ago");
            keys.age(PAUSE);
            assert!(keys.key("new").await.is_some(), "an unknown name is asked for");
            assert_eq!(asked.load(Ordering::SeqCst), 2);

            *mood.lock().unwrap() = Mood::Says(set(&["new"]));
            assert!(keys.key("old").await.is_some(), "the set is good yet");
            keys.age(GOOD_FOR);
            assert!(keys.key("old").await.is_none() && keys.key("new").await.is_some(), "a withdrawn key is withdrawn");
            assert_eq!(asked.load(Ordering::SeqCst), 3);
        });
    }

    #[test]
    fn unknown_names_ask_at_most_every_thirty_seconds_in_one_flight() {
        let (url, _, asked) = key_server(Mood::Says(set(&["known"])));
        run(async {
            let keys = Arc::new(KeySet::new(&url));
            let flights: Vec<_> = (0..20)
                .map(|at| {
                    let keys = keys.clone();
                    actix_web::rt::spawn(async move { keys.key(&format!("unknown-{at}")).await.is_some() })
                })
                .collect();
            for flight in flights {
                assert!(!flight.await.unwrap());
            }
            assert_eq!(asked.load(Ordering::SeqCst), 1);
            keys.age(PAUSE);
            assert!(keys.key("unknown").await.is_none());
            assert_eq!(asked.load(Ordering::SeqCst), 2);
        });
    }

    #[test]
    fn the_last_good_set_is_kept_through_outage_garbage_and_hanging() {
        let (url, mood, asked) = key_server(Mood::Says(set(&["kept"])));
        run(async {
            let keys = KeySet::new(&url);
            assert!(keys.key("kept").await.is_some());
            let oversized = format!("{}{}", set(&["other"]), " ".repeat(64 * 1024));
            let symmetric = r#"{"keys":[{"kty":"oct","kid":"kept","alg":"HS256","k":"c2VjcmV0"}]}"#;
            let moods = [
                Mood::Fails,
                Mood::Says("<html>".into()),
                Mood::Says("{}".into()),
                Mood::Says(oversized),
                Mood::Says(symmetric.into()),
                Mood::Hangs,
            ];
            for (at, next) in moods.into_iter().enumerate() {
                *mood.lock().unwrap() = next;
                keys.age(GOOD_FOR);
                let began = Instant::now();
                assert!(keys.key("kept").await.is_some(), "mood {at}");
                assert!(began.elapsed() < Duration::from_secs(4), "mood {at} took {:?}", began.elapsed());
                assert_eq!(asked.load(Ordering::SeqCst), at + 2);
                assert!(keys.key("kept").await.is_some() && keys.key("other").await.is_none(), "mood {at}");
                assert_eq!(asked.load(Ordering::SeqCst), at + 2, "and the server is left alone");
            }
            *mood.lock().unwrap() = Mood::Says(set(&["back"]));
            keys.age(PAUSE);
            assert!(keys.key("back").await.is_some());
        });
    }
}
