//! The set of signing keys: which one signs, which ones are published, and what a rotation does next.

use super::jwt::{self, Invalid, SigningKey};
use crate::clock::Time;
use crate::crypto::Algorithm;
use crate::error::{Error, Result};
use anyhow::anyhow;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::TimeDelta;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::str::FromStr;

/// Where a key is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Published, so that apps know it before it signs.
    Next,
    /// Signs.
    Active,
    /// Signs no more; published until the last token that it signed has ended.
    Retired,
}

/// A signing key and where it is in its life.
#[derive(Debug, Clone)]
pub struct Key {
    /// The key.
    pub key: SigningKey,
    /// Where it is in its life.
    pub state: State,
    /// Since when.
    pub since: Time,
}

/// All signing keys that are not deleted. Made when the keys change, then kept.
#[derive(Debug, Clone)]
pub struct KeySet {
    keys: Vec<Key>,
    jwks: Jwks,
}

/// When keys are rotated.
#[derive(Debug, Clone, Copy)]
pub struct Rotation {
    /// How long a key signs.
    pub sign: TimeDelta,
    /// How long a key is published before it signs: longer than an app may keep the key set in its cache.
    pub announce: TimeDelta,
    /// How long a key is published after it signed: longer than any token lives.
    pub keep: TimeDelta,
}

/// One step of a rotation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Make a key, in this state.
    Create(Algorithm, State),
    /// Let this key sign.
    Activate(String),
    /// Let this key sign no more.
    Retire(String),
    /// Forget this key.
    Delete(String),
}

/// The public keys, as published (RFC 7517 section 5).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Jwks {
    keys: Vec<Jwk>,
}

/// One public key, as published (RFC 7517 section 4, RFC 7518 section 6).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Jwk {
    kid: String,
    #[serde(rename = "use")]
    usage: &'static str,
    alg: Algorithm,
    #[serde(flatten)]
    numbers: Numbers,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kty")]
enum Numbers {
    #[serde(rename = "RSA")]
    Rsa { n: String, e: String },
    #[serde(rename = "EC")]
    Ec { crv: &'static str, x: String, y: String },
}

impl State {
    /// The word that is stored.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Next => "next",
            Self::Active => "active",
            Self::Retired => "retired",
        }
    }
}

impl FromStr for State {
    type Err = Error;

    fn from_str(word: &str) -> Result<Self> {
        [Self::Next, Self::Active, Self::Retired]
            .into_iter()
            .find(|state| state.as_str() == word)
            .ok_or_else(|| Error::Internal(anyhow!("There is no key state {word}.")))
    }
}

impl Default for Rotation {
    /// Sign for 90 days; announce two days ahead, keep two days: both are much longer than caches and tokens live.
    fn default() -> Self {
        Self { sign: TimeDelta::days(90), announce: TimeDelta::days(2), keep: TimeDelta::days(2) }
    }
}

impl KeySet {
    /// Takes the keys in any order.
    #[must_use]
    pub fn new(mut keys: Vec<Key>) -> Self {
        // The newest first: two processes may both have made the first key.
        keys.sort_by(|a, b| (b.since, b.key.id()).cmp(&(a.since, a.key.id())));
        let jwks = Jwks { keys: keys.iter().filter_map(|key| jwk(&key.key)).collect() };
        Self { keys, jwks }
    }

    /// The key that signs with this algorithm.
    #[must_use]
    pub fn signer(&self, algorithm: Algorithm) -> Option<&SigningKey> {
        self.with(algorithm, State::Active).map(|key| &key.key)
    }

    /// The public keys: those that will sign, that sign, and that signed tokens which may still be alive.
    #[must_use]
    pub fn jwks(&self) -> &Jwks {
        &self.jwks
    }

    /// Verifies a token that one of these keys signed. Times and audience are the caller's to check.
    pub fn verify<T: DeserializeOwned>(&self, token: &str) -> Result<T, Invalid> {
        let id = jwt::key_id(token)?.ok_or(Invalid::UnknownKey)?;
        let key = self.keys.iter().find(|key| key.key.id() == id).ok_or(Invalid::UnknownKey)?;
        key.key.verify(token)
    }

    /// What is to be done now. Doing it and asking again gives nothing more to do.
    #[must_use]
    pub fn plan(&self, rotation: &Rotation, now: Time) -> Vec<Step> {
        let mut steps = Vec::new();
        for algorithm in [Algorithm::Rs256, Algorithm::Es256] {
            self.plan_for(algorithm, rotation, now, &mut steps);
        }
        for key in self.keys.iter().filter(|key| key.state == State::Retired) {
            if now.since(key.since) >= rotation.keep {
                steps.push(Step::Delete(key.key.id().to_owned()));
            }
        }
        steps
    }

    fn plan_for(
        &self,
        algorithm: Algorithm,
        rotation: &Rotation,
        now: Time,
        steps: &mut Vec<Step>,
    ) {
        let active = self.with(algorithm, State::Active);
        let next = self.with(algorithm, State::Next);
        match (active, next) {
            // No app can know a key yet, so none has to be announced.
            (None, None) => steps.push(Step::Create(algorithm, State::Active)),
            // Without a key nobody can sign in: better unannounced than not at all.
            (None, Some(next)) => steps.push(Step::Activate(next.key.id().to_owned())),
            (Some(active), None)
                if now.since(active.since) >= rotation.sign - rotation.announce =>
            {
                steps.push(Step::Create(algorithm, State::Next));
            }
            (Some(active), Some(next))
                if now.since(active.since) >= rotation.sign
                    && now.since(next.since) >= rotation.announce =>
            {
                steps.push(Step::Activate(next.key.id().to_owned()));
                steps.push(Step::Retire(active.key.id().to_owned()));
            }
            _ => {}
        }
        // A second active key signs nothing; its tokens, if another process made some, are still verified.
        let spare = self.keys.iter().filter(|key| key.is(algorithm, State::Active)).skip(1);
        steps.extend(spare.map(|key| Step::Retire(key.key.id().to_owned())));
    }

    fn with(&self, algorithm: Algorithm, state: State) -> Option<&Key> {
        self.keys.iter().find(|key| key.is(algorithm, state))
    }
}

impl Key {
    fn is(&self, algorithm: Algorithm, state: State) -> bool {
        self.state == state && self.key.algorithm() == algorithm
    }
}

fn jwk(key: &SigningKey) -> Option<Jwk> {
    let text = |bytes: Vec<u8>| URL_SAFE_NO_PAD.encode(bytes);
    let numbers = match key.algorithm() {
        Algorithm::Rs256 => {
            key.public().rsa().map(|(n, e)| Numbers::Rsa { n: text(n), e: text(e) })
        }
        Algorithm::Es256 => {
            key.public().p256().map(|(x, y)| Numbers::Ec { crv: "P-256", x: text(x), y: text(y) })
        }
    }?;
    Some(Jwk { kid: key.id().to_owned(), usage: "sig", alg: key.algorithm(), numbers })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::PrivateKey;
    use serde_json::{Value, json};

    fn key(id: &str, algorithm: Algorithm, state: State, since: Time) -> Key {
        let key = PrivateKey::generate(algorithm).unwrap();
        Key { key: SigningKey::new(id, key).unwrap(), state, since }
    }

    fn es256(id: &str, state: State, days: i64) -> Key {
        key(id, Algorithm::Es256, state, day(days))
    }

    fn day(days: i64) -> Time {
        Time::from_unix(1_780_000_000).plus(TimeDelta::days(days))
    }

    /// The steps for ES256; RS256, which has no key here, is always to be created.
    fn plan(keys: Vec<Key>, days: i64) -> Vec<Step> {
        let mut steps = KeySet::new(keys).plan(&Rotation::default(), day(days));
        assert_eq!(steps.remove(0), Step::Create(Algorithm::Rs256, State::Active));
        steps
    }

    #[test]
    fn the_first_key_signs_at_once() {
        assert_eq!(plan(vec![], 0), [Step::Create(Algorithm::Es256, State::Active)]);
    }

    #[test]
    fn a_key_is_published_before_it_signs() {
        let active = || es256("key_a", State::Active, 0);
        assert_eq!(plan(vec![active()], 87), []);
        assert_eq!(plan(vec![active()], 88), [Step::Create(Algorithm::Es256, State::Next)]);
        let next = es256("key_b", State::Next, 88);
        assert_eq!(plan(vec![active(), next.clone()], 89), []);
        let set = KeySet::new(vec![active(), next]);
        assert_eq!(set.signer(Algorithm::Es256).unwrap().id(), "key_a");
        assert_eq!(set.jwks().keys.len(), 2);
    }

    #[test]
    fn a_key_that_was_announced_takes_over() {
        let keys = vec![es256("key_a", State::Active, 0), es256("key_b", State::Next, 88)];
        let steps = [Step::Activate("key_b".to_owned()), Step::Retire("key_a".to_owned())];
        assert_eq!(plan(keys, 90), steps);
    }

    #[test]
    fn a_key_announced_late_is_still_announced_long_enough() {
        let keys = vec![es256("key_a", State::Active, 0), es256("key_b", State::Next, 100)];
        assert_eq!(plan(keys.clone(), 101), []);
        assert_eq!(plan(keys, 102).len(), 2);
    }

    #[test]
    fn a_retired_key_stays_published_until_its_tokens_have_ended() {
        let keys = vec![es256("key_b", State::Active, 90), es256("key_a", State::Retired, 90)];
        let token = keys[1].key.sign(&json!({"sub": "ada"})).unwrap();
        let set = KeySet::new(keys.clone());
        assert_eq!(set.signer(Algorithm::Es256).unwrap().id(), "key_b");
        assert_eq!(set.verify::<Value>(&token).unwrap()["sub"], "ada");
        assert_eq!(set.jwks().keys.len(), 2);
        assert_eq!(plan(keys.clone(), 91), []);
        assert_eq!(plan(keys, 92), [Step::Delete("key_a".to_owned())]);
    }

    #[test]
    fn two_first_keys_become_one() {
        let keys = vec![es256("key_a", State::Active, 0), es256("key_b", State::Active, 0)];
        let set = KeySet::new(keys.clone());
        assert_eq!(set.signer(Algorithm::Es256).unwrap().id(), "key_b");
        assert_eq!(plan(keys, 1), [Step::Retire("key_a".to_owned())]);
    }

    #[test]
    fn a_token_of_a_key_that_is_not_in_the_set_is_refused() {
        let set = KeySet::new(vec![es256("key_a", State::Active, 0)]);
        let other = es256("key_b", State::Active, 0).key.sign(&json!({})).unwrap();
        assert_eq!(set.verify::<Value>(&other), Err(Invalid::UnknownKey));
        let namesake = es256("key_a", State::Active, 0).key.sign(&json!({})).unwrap();
        assert_eq!(set.verify::<Value>(&namesake), Err(Invalid::Signature));
    }

    #[test]
    fn published_keys_are_public() {
        let rsa = key("key_r", Algorithm::Rs256, State::Active, day(0));
        let set = KeySet::new(vec![rsa, es256("key_e", State::Active, 1)]);
        let jwks = serde_json::to_value(set.jwks()).unwrap();
        let members = |at: usize| {
            let mut names: Vec<_> = jwks["keys"][at].as_object().unwrap().keys().collect();
            names.sort();
            names
        };
        assert_eq!(members(0), ["alg", "crv", "kid", "kty", "use", "x", "y"]);
        assert_eq!(members(1), ["alg", "e", "kid", "kty", "n", "use"]);
        assert_eq!(jwks["keys"][1]["alg"], "RS256");
        assert_eq!(jwks["keys"][1]["e"], "AQAB");
        assert_eq!(jwks["keys"][0]["crv"], "P-256");
    }
}
