//! A provider's public keys, as it publishes them (RFC 7517, RFC 7518 section 6).

use super::Fault;
use crate::crypto::{Algorithm, PublicKey};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

/// More keys than any provider has for its ID tokens.
const MOST: usize = 64;

/// The keys of a provider that ID tokens may be signed with.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProviderKeys {
    keys: Vec<Jwk>,
}

/// One key, as far as it is used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Jwk {
    kid: Option<String>,
    #[serde(rename = "use")]
    usage: Option<String>,
    alg: Option<String>,
    #[serde(flatten)]
    numbers: Numbers,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kty")]
enum Numbers {
    #[serde(rename = "RSA")]
    Rsa { n: String, e: String },
    #[serde(rename = "EC")]
    Ec { crv: String, x: String, y: String },
}

/// Why no key can be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missing {
    /// None has this name.
    Unknown,
    /// The token names none, and there are several.
    Unnamed,
}

impl ProviderKeys {
    /// Reads a key set. What is of another kind, for another use or too weak is passed over, as the standard wants
    /// (RFC 7517 section 5).
    pub fn read(bytes: &[u8]) -> Result<Self, Fault> {
        #[derive(Deserialize)]
        struct Raw {
            keys: Vec<serde_json::Value>,
        }
        let raw: Raw = serde_json::from_slice(bytes).map_err(|_| {
            Fault::new(
                "keys_invalid",
                "What the provider publishes at its jwks_uri is not a key set.",
            )
        })?;
        let read = raw.keys.into_iter().filter_map(|key| serde_json::from_value::<Jwk>(key).ok());
        let keys: Vec<Jwk> =
            read.filter(|key| key.is_for_signing() && key.public().is_some()).take(MOST).collect();
        if keys.is_empty() {
            let detail = "The provider publishes no key that ID tokens may be signed with: RSA of 2048 bits or more, or EC on P-256.";
            return Err(Fault::new("keys_missing", detail));
        }
        Ok(Self { keys })
    }

    /// The key with this name, for this algorithm. Without a name it is certain only where there is one
    /// (OIDC Core section 10.1).
    pub fn find(&self, kid: Option<&str>, algorithm: Algorithm) -> Result<PublicKey, Missing> {
        let mut fitting = self
            .keys
            .iter()
            .filter(|key| kid.is_none() || key.kid.as_deref() == kid)
            .filter(|key| key.alg.as_deref().is_none_or(|alg| alg == algorithm.name()))
            .filter_map(Jwk::public)
            .filter(|key| key.algorithm() == algorithm);
        match (fitting.next(), fitting.next()) {
            (Some(key), None) => Ok(key),
            (Some(_), Some(_)) => Err(Missing::Unnamed),
            (None, _) => Err(Missing::Unknown),
        }
    }

    /// The names of the keys.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.keys.iter().filter_map(|key| key.kid.as_deref())
    }
}

impl Jwk {
    fn is_for_signing(&self) -> bool {
        self.usage.as_deref().is_none_or(|usage| usage == "sig")
    }

    fn public(&self) -> Option<PublicKey> {
        let bytes = |text: &str| URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).ok();
        match &self.numbers {
            Numbers::Rsa { n, e } => PublicKey::from_rsa(&bytes(n)?, &bytes(e)?).ok(),
            Numbers::Ec { crv, x, y } if crv == "P-256" => {
                PublicKey::from_p256(&bytes(x)?, &bytes(y)?).ok()
            }
            Numbers::Ec { .. } => None,
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::clock::Time;
    use crate::crypto::PrivateKey;
    use crate::oidc::jwt::SigningKey;
    use crate::oidc::keys::{Key, KeySet, State};
    use serde_json::{Value, json};

    /// A key of a provider.
    pub(crate) fn key(id: &str, algorithm: Algorithm) -> SigningKey {
        SigningKey::new(id, PrivateKey::generate(algorithm).unwrap()).unwrap()
    }

    /// The set of these keys, as a provider publishes it.
    pub(crate) fn published(keys: &[&SigningKey]) -> Value {
        let since = Time::from_unix(1_780_000_000);
        let entry = |key: &&SigningKey| Key { key: (*key).clone(), state: State::Active, since };
        serde_json::to_value(KeySet::new(keys.iter().map(entry).collect()).jwks()).unwrap()
    }

    fn read(set: &Value) -> Result<ProviderKeys, Fault> {
        ProviderKeys::read(&serde_json::to_vec(set).unwrap())
    }

    #[test]
    fn a_key_is_found_by_name_and_algorithm() {
        let (rsa, ec) = (key("a", Algorithm::Rs256), key("b", Algorithm::Es256));
        let set = read(&published(&[&rsa, &ec])).unwrap();
        assert!(set.find(Some("a"), Algorithm::Rs256).is_ok());
        assert_eq!(set.find(Some("a"), Algorithm::Es256).unwrap_err(), Missing::Unknown);
        assert_eq!(set.find(Some("c"), Algorithm::Rs256).unwrap_err(), Missing::Unknown);
        assert!(set.find(None, Algorithm::Rs256).is_ok());
        let two = read(&published(&[&rsa, &key("c", Algorithm::Rs256)])).unwrap();
        assert_eq!(two.find(None, Algorithm::Rs256).unwrap_err(), Missing::Unnamed);
        let kept: ProviderKeys =
            serde_json::from_value(serde_json::to_value(&two).unwrap()).unwrap();
        assert_eq!(kept, two);
    }

    #[test]
    fn keys_for_another_use_and_unknown_ones_are_passed_over() {
        let good = published(&[&key("a", Algorithm::Es256)])["keys"][0].clone();
        let with = |name: &str, value: Value| {
            let mut other = good.clone();
            other[name] = value;
            other
        };
        let others = [
            with("use", json!("enc")),
            with("crv", json!("P-521")),
            with("x", json!("AAAA")),
            json!({"kty": "oct", "k": "c2VjcmV0", "kid": "a"}),
            json!({"kty": "OKP", "crv": "Ed25519", "x": "AAAA"}),
            json!("rubbish"),
        ];
        for other in &others {
            assert_eq!(
                read(&json!({"keys": [other]})).unwrap_err().code,
                "keys_missing",
                "{other}"
            );
        }
        let mut all = others.to_vec();
        all.push(good);
        assert_eq!(read(&json!({ "keys": all })).unwrap().names().collect::<Vec<_>>(), ["a"]);
        assert_eq!(ProviderKeys::read(b"<html>").unwrap_err().code, "keys_invalid");
    }
}
