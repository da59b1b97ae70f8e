//! Tokens signed with a project's own keys (ES256, RS256), against a key server of the test's own.

use std::io::{Read, Write};
use std::net::TcpListener;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, KeySize};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair, RSA_PKCS1_SHA256};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use linekeeper::model::{Role, UserId};
use serde_json::json;

use crate::support::{Inventory, Server, add_agency, add_user, claims, linekeeper, sign};

const ASYMMETRIC: &str = "UNAUTHORIZED_ASYMMETRIC_JWT";

struct Keys {
    ec: EcdsaKeyPair,
    rsa: RsaKeyPair,
    random: SystemRandom,
}

impl Keys {
    fn generate() -> Self {
        Self {
            ec: EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap(),
            rsa: RsaKeyPair::generate(KeySize::Rsa2048).unwrap(),
            random: SystemRandom::new(),
        }
    }

    fn point(&self) -> &[u8] {
        self.ec.public_key().as_ref()
    }

    fn set(&self) -> String {
        let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let public = self.rsa.public_key();
        let (modulus, exponent) = (public.modulus(), public.exponent());
        json!({"keys": [
            {"kty": "EC", "crv": "P-256", "kid": "ec", "alg": "ES256", "use": "sig",
             "x": encode(&self.point()[1..33]), "y": encode(&self.point()[33..])},
            {"kty": "RSA", "kid": "rsa", "alg": "RS256",
             "n": encode(modulus.big_endian_without_leading_zero()), "e": encode(exponent.big_endian_without_leading_zero())},
            {"kty": "oct", "kid": "oct", "alg": "HS256", "k": encode(b"a public secret is none, however long")},
        ]})
        .to_string()
    }

    fn token(&self, algorithm: &str, kid: Option<&str>, user: UserId) -> String {
        let mut header = json!({"alg": algorithm, "typ": "JWT"});
        if let Some(kid) = kid {
            header["kid"] = json!(kid);
        }
        let parts = [header.to_string(), claims(user).to_string()].map(|part| URL_SAFE_NO_PAD.encode(part));
        let signed = parts.join(".");
        let signature = if kid == Some("ec") || kid.is_none() {
            self.ec.sign(&self.random, signed.as_bytes()).unwrap().as_ref().to_vec()
        } else {
            let mut signature = vec![0; self.rsa.public_modulus_len()];
            self.rsa.sign(&RSA_PKCS1_SHA256, &self.random, signed.as_bytes(), &mut signature).unwrap();
            signature
        };
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

fn serve_keys(set: String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/jwks.json", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let _ = stream.read(&mut [0; 4096]);
            let _ =
                write!(stream, "HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{set}", set.len());
        }
    });
    url
}

#[test]
fn tokens_of_the_projects_own_keys_are_taken_and_no_others() {
    let inventory = Inventory::empty();
    let owner = inventory.write(|change| {
        let scope = add_agency(change, 1, "Northwind")?;
        add_user(change, Some(&scope), 11, Role::AgencyOwner)
    });
    let keys = Keys::generate();
    let mut command = linekeeper();
    command.args(["serve", "--listen", "127.0.0.1:0", "--data-dir"]).arg(inventory.path());
    // Without a secret: a JWKS alone is enough, and HS256 is then refused.
    command.env("LINEKEEPER_JWKS_URL", serve_keys(keys.set()));
    let server = Server::spawn(command);
    for (algorithm, kid) in [("ES256", "ec"), ("RS256", "rsa")] {
        assert_eq!(server.list(&keys.token(algorithm, Some(kid), owner), "").status, 200, "{algorithm}");
    }
    let refused = |name: &str, token: &str, code: &str| {
        let answer = server.list(token, "");
        assert_eq!((answer.status, answer.header("sb-error-code")), (401, Some(code)), "{name}");
    };
    refused("another algorithm than the key's", &keys.token("RS256", Some("ec"), owner), ASYMMETRIC);
    refused("and the other way round", &keys.token("ES256", Some("rsa"), owner), ASYMMETRIC);
    refused("no kid", &keys.token("ES256", None, owner), ASYMMETRIC);
    refused("an unknown kid", &keys.token("RS256", Some("nobody"), owner), ASYMMETRIC);
    refused("a kid of a symmetric key", &keys.token("RS256", Some("oct"), owner), ASYMMETRIC);
    refused("another project's key", &Keys::generate().token("ES256", Some("ec"), owner), ASYMMETRIC);
    let public = String::from_utf8_lossy(keys.point()).into_owned();
    let body = claims(owner).to_string();
    let legacy = "UNAUTHORIZED_LEGACY_JWT";
    refused("HS256 with the public key", &sign(r#"{"alg":"HS256","kid":"ec"}"#, &body, &public), legacy);
    refused(
        "HS256 with the public secret",
        &sign(r#"{"alg":"HS256","kid":"oct"}"#, &body, "a public secret is none, however long"),
        legacy,
    );
    refused("ES384", &keys.token("ES384", Some("ec"), owner), "UNAUTHORIZED_UNSUPPORTED_TOKEN_ALGORITHM");
}
