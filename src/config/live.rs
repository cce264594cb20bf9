//! Settings that can be put while the gateway runs: what the database holds lies above the built-in values and below
//! file, environment and flags.

use super::load::{Given, unacceptable};
use super::{Config, Key, Kind, Loaded, Origin, Problem, check, load};
use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

/// The settings that can be put while the gateway runs. What is read once at the start is not among them.
const SETTABLE: &[&str] = &[
    "limits.webhook_endpoints",
    "sign_in.session",
    "sign_in.request_ttl",
    "sign_in.clock_skew",
    "console.idle",
    "console.session",
    "portal.link_days",
    "oidc.code_ttl",
    "oidc.id_token_ttl",
    "oidc.access_token_ttl",
    "oidc.refresh_token_ttl",
    "metadata.refresh",
    "retention.traces",
    "retention.requests",
    "retention.removed",
    "retention.audit",
    "brand.name",
    "brand.support",
    "brand.back",
    "brand.accent",
];

/// The longest text that can be put.
const LONGEST: usize = 2000;

/// What has been put: texts by the names of their settings. Some are secrets, so it is never printed.
pub type Put = BTreeMap<&'static str, String>;

impl Key {
    /// Whether it can be put while the gateway runs.
    #[must_use]
    pub fn is_settable(&self) -> bool {
        SETTABLE.contains(&self.path)
    }

    /// Whether it is kept sealed: a secret, or an address that may hold one.
    #[must_use]
    pub fn is_sealed(&self) -> bool {
        matches!(self.kind, Kind::Secret | Kind::Address)
    }

    /// Whether it can be without a value.
    #[must_use]
    pub fn is_optional(&self) -> bool {
        self.default().is_none() || self.kind == Kind::List
    }
}

impl Origin {
    /// Whether somebody has fixed the value where the database does not reach.
    #[must_use]
    pub fn is_fixed(&self) -> bool {
        matches!(self, Self::File(..) | Self::Environment(_) | Self::Flag)
    }
}

impl Loaded {
    /// The settings with what has been put, by the same rules as those of a file. What breaks one is left out and
    /// told, so that a value from another time keeps nobody from starting.
    #[must_use]
    pub fn with(&self, put: &Put) -> (Self, Vec<Problem>) {
        let is_free = |key: &&'static str| !self.origin(key).is_fixed();
        let mut left: Put = put
            .iter()
            .filter(|(key, _)| is_free(key) && super::key(key).is_some_and(Key::is_settable))
            .map(|(key, text)| (*key, text.clone()))
            .collect();
        let mut told = Vec::new();
        loop {
            match self.attempt(&left) {
                Ok(loaded) => return (loaded, told),
                Err(problems) => {
                    let before = left.len();
                    for problem in &problems {
                        left.retain(|key, _| problem.about.as_deref() != Some(*key));
                    }
                    told.extend(problems);
                    if left.len() == before {
                        left.clear();
                    }
                    if before == 0 {
                        return (self.clone(), told);
                    }
                }
            }
        }
    }

    fn attempt(&self, put: &Put) -> Result<Self, Vec<Problem>> {
        let (mut values, mut unreadable) = (self.values.clone(), Vec::new());
        for (path, text) in put {
            let Some(key) = super::key(path) else { continue };
            let given = Given::new(key, text, Origin::Console);
            unreadable.extend(self.alone(key, given.clone()));
            values.insert(key.path, given);
        }
        if !unreadable.is_empty() {
            return Err(unreadable);
        }
        let config = load::extract(&values).map_err(|problem| vec![problem])?;
        check::all(&config, &values).map_err(|problems| problems.0)?;
        Ok(Self { config: Arc::new(config), file: self.file.clone(), values })
    }

    /// Why a value cannot be read: of several each is told.
    fn alone(&self, key: &'static Key, given: Given) -> Option<Problem> {
        let text = given.text();
        let mut values = self.values.clone();
        values.insert(key.path, given);
        if text.chars().count() > LONGEST || text.chars().any(char::is_control) {
            let why = format!("it is not one line of at most {LONGEST} characters");
            return Some(unacceptable(key.path, &values, &why));
        }
        load::extract(&values).err()
    }

    /// The text of a setting as a person types it; of what is or may hold a secret, nothing.
    #[must_use]
    pub fn text(&self, key: &Key) -> Option<String> {
        let given = self.values.get(key.path).filter(|_| !key.is_sealed())?;
        Some(given.text())
    }
}

/// The settings in effect, for everybody who asks: those of the start, with what has been put since.
#[derive(Debug)]
pub struct Live {
    /// What flags, environment, file and built-in values say.
    start: Loaded,
    now: RwLock<(i64, Arc<Loaded>)>,
}

impl Live {
    /// The settings of the start, before anything that was put is known.
    #[must_use]
    pub fn new(start: Loaded) -> Self {
        let now = Arc::new(start.clone());
        Self { start, now: RwLock::new((0, now)) }
    }

    /// What flags, environment, file and built-in values say.
    #[must_use]
    pub fn start(&self) -> &Loaded {
        &self.start
    }

    /// The settings at this moment.
    #[must_use]
    pub fn config(&self) -> Arc<Config> {
        self.now.read().unwrap_or_else(PoisonError::into_inner).1.config.clone()
    }

    /// The same with where each came from.
    #[must_use]
    pub fn loaded(&self) -> Arc<Loaded> {
        self.now.read().unwrap_or_else(PoisonError::into_inner).1.clone()
    }

    /// Which revision of what has been put is in effect.
    #[must_use]
    pub fn revision(&self) -> i64 {
        self.now.read().unwrap_or_else(PoisonError::into_inner).0
    }

    /// Puts another revision into effect, unless a later one is. Tells what of it was left out, and why.
    pub fn take(&self, revision: i64, put: &Put) -> Vec<Problem> {
        let (loaded, told) = self.start.with(put);
        let mut now = self.now.write().unwrap_or_else(PoisonError::into_inner);
        if revision >= now.0 {
            *now = (revision, Arc::new(loaded));
        }
        told
    }
}
