//! How Twilio signs what it sends (<https://www.twilio.com/docs/usage/security#validating-requests>): HMAC-SHA1 under the auth
//! token, over the address just as it was configured and the parameters of a form behind it, sorted by their names.

use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::hmac::{HMAC_SHA1_FOR_LEGACY_USE_ONLY, Key, sign};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::Method;

use super::account::Account;
use super::sid::hex;
use crate::simulate::webhook::Webhook;

/// The parameters of a form, each once.
pub type Form = Vec<(String, String)>;

impl Account {
    /// A form to send to an address, signed. With GET it is the query's, and the signature is over the whole address.
    pub fn form(&self, method: Method, url: &str, form: &Form) -> Webhook {
        let encoded = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        let pairs = form.iter().map(|(name, text)| format!("{}={}", encoded(name), encoded(text)));
        let body = pairs.collect::<Vec<_>>().join("&");
        if method == Method::GET {
            return self.webhook(method, with_query(url, &body), &Form::new(), "text/plain", String::new());
        }
        self.webhook(method, url.to_owned(), form, "application/x-www-form-urlencoded", body)
    }

    /// The same as JSON: the body's hash stands in the address, and only the address is signed
    /// (<https://www.twilio.com/docs/usage/security#validating-json-requests>).
    pub fn json(&self, url: &str, form: &Form) -> Webhook {
        let fields = form.iter().map(|(name, text)| (name.clone(), text.clone().into()));
        let body = serde_json::Value::Object(fields.collect()).to_string();
        let url = with_query(url, &format!("bodySHA256={}", hex(digest(&SHA256, body.as_bytes()).as_ref())));
        self.webhook(Method::POST, url, &Form::new(), "application/json", body)
    }

    fn webhook(&self, method: Method, url: String, signed: &Form, kind: &str, body: String) -> Webhook {
        let signature = signature(self.auth_token.expose(), &url, signed);
        let headers = vec![("x-twilio-signature", signature), ("content-type", kind.to_owned())];
        // Fifteen seconds is how long Twilio waits for who is told of a message
        // (<https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides>).
        Webhook { method, url, headers, body, deadline: Duration::from_secs(15) }
    }
}

fn with_query(url: &str, more: &str) -> String {
    let sign = if url.contains('?') { '&' } else { '?' };
    format!("{url}{sign}{more}")
}

fn signature(token: &str, url: &str, form: &Form) -> String {
    let mut sorted = form.iter().collect::<Vec<_>>();
    sorted.sort();
    let signed = sorted.into_iter().fold(url.to_owned(), |signed, (name, text)| signed + name + text);
    let key = Key::new(HMAC_SHA1_FOR_LEGACY_USE_ONLY, token.as_bytes());
    STANDARD.encode(sign(&key, signed.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::signature;

    #[test]
    fn the_signature_is_that_of_twilios_own_example() {
        let form = [
            ("To", "+18005551212"),
            ("Digits", "1234"),
            ("CallSid", "CA1234567890ABCDE"),
            ("From", "+12349013030"),
            ("Caller", "+12349013030"),
        ];
        let form = form.map(|(name, text)| (name.to_owned(), text.to_owned())).to_vec();
        let url = "https://mycompany.com/myapp.php?foo=1&bar=2";
        assert_eq!(signature("12345", url, &form), "0/KCTR6DLpKmkAf8muzZqo1nDgQ=");
    }
}
