//! Signatures of webhooks (Standard Webhooks 1.0.0): HMAC-SHA256 over ID, time and body.

use super::secret::{Secret, SecretBytes};
use crate::error::Result;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// Prefix of a webhook endpoint's secret (Standard Webhooks, “Signature scheme”).
pub const WEBHOOK_SECRET: &str = "whsec_";
/// The scheme of symmetric signatures.
const SCHEME: &str = "v1,";
/// From 24 to 64 bytes are allowed.
const BYTES: usize = 32;

/// The key of an endpoint's signatures.
#[derive(Debug, Clone)]
pub struct WebhookKey(SecretBytes);

/// Makes a secret: the prefix, and 32 random bytes in base64.
#[must_use]
pub fn webhook_secret() -> Secret {
    Secret::from(format!("{WEBHOOK_SECRET}{}", STANDARD.encode(super::random::<BYTES>())))
}

impl WebhookKey {
    /// The key in a secret; `None` if it is none.
    #[must_use]
    pub fn parse(secret: &str) -> Option<Self> {
        let bytes = STANDARD.decode(secret.strip_prefix(WEBHOOK_SECRET)?).ok()?;
        (24..=64).contains(&bytes.len()).then(|| Self(SecretBytes::from(bytes)))
    }

    /// The signature of a message as it stands in `webhook-signature`: `v1,` and base64. `timestamp` is in seconds.
    pub fn sign(&self, id: &str, timestamp: i64, body: &str) -> Result<String> {
        let signed = format!("{id}.{timestamp}.{body}");
        let mac = super::hmac_sha256(self.0.reveal(), signed.as_bytes())?;
        Ok(format!("{SCHEME}{}", STANDARD.encode(mac)))
    }

    /// Whether one of the signatures in a header, which have spaces between, is this key's of that message.
    pub fn verify(&self, id: &str, timestamp: i64, body: &str, header: &str) -> Result<bool> {
        let own = self.sign(id, timestamp, body)?;
        let is_own = |given: &str| super::constant_time_eq(own.as_bytes(), given.as_bytes());
        Ok(header.split(' ').any(is_own))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const ID: &str = "msg_p5jXN8AQM9LWM0D4loKWxJek";
    const BODY: &str = r#"{"test": 2432232314}"#;

    #[test]
    fn a_signature_is_that_of_the_published_libraries() {
        let key = WebhookKey::parse(SECRET).unwrap();
        let signature = key.sign(ID, 1_614_265_330, BODY).unwrap();
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn one_of_several_signatures_is_enough_and_any_change_too_much() {
        let key = WebhookKey::parse(SECRET).unwrap();
        let other = WebhookKey::parse(webhook_secret().reveal()).unwrap();
        let signed = |key: &WebhookKey| key.sign(ID, 5, BODY).unwrap();
        let both = format!("{} {}", signed(&other), signed(&key));
        let verify = |id, time, body, header: &str| key.verify(id, time, body, header).unwrap();
        assert!(verify(ID, 5, BODY, &both));
        assert!(!verify(ID, 5, BODY, &signed(&other)) && !verify(ID, 5, BODY, ""));
        assert!(!verify("msg_1", 5, BODY, &both) && !verify(ID, 6, BODY, &both));
        assert!(!verify(ID, 5, "{}", &both));
    }

    #[test]
    fn a_secret_has_its_prefix_and_is_long_enough() {
        let made = webhook_secret();
        assert!(WebhookKey::parse(made.reveal()).is_some());
        for wrong in ["", "whsec_", "whsec_c2hvcnQ=", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_?"]
        {
            assert!(WebhookKey::parse(wrong).is_none(), "{wrong}");
        }
    }
}
