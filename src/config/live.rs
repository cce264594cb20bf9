//! Settings that can be put while the gateway runs: what the database holds lies above the built-in values and below
//! file, environment and flags.

use super::load::{Given, unacceptable};
use super::{Config, Key, Kind, Loaded, Origin, Problem, Problems, check, load};
use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

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

/// The settings in effect, for everybody who asks: those of flags, environment and file, with what has been put since.
#[derive(Debug)]
pub struct Live(RwLock<Held>);

#[derive(Debug)]
struct Held {
    /// What flags, environment, file and built-in values say.
    start: Arc<Loaded>,
    /// What has been put, as last read.
    put: Hidden,
    revision: i64,
    now: Arc<Loaded>,
}

/// What has been put, of which nothing is printed.
struct Hidden(Put);

impl std::fmt::Debug for Hidden {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[hidden]")
    }
}

/// What came of reading the settings again: names, never values.
#[derive(Debug, Default)]
pub struct Reread {
    /// What has another value from now on.
    pub changed: Vec<&'static str>,
    /// What has another value, too, which only another start takes.
    pub waiting: Vec<&'static str>,
    /// What was put before and is left out now, and why.
    pub left_out: Vec<Problem>,
}

impl Live {
    /// The settings of the start, before anything that was put is known.
    #[must_use]
    pub fn new(start: Loaded) -> Self {
        let start = Arc::new(start);
        let (put, now) = (Hidden(Put::new()), start.clone());
        Self(RwLock::new(Held { start, put, revision: 0, now }))
    }

    fn held(&self) -> RwLockReadGuard<'_, Held> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// What flags, environment, file and built-in values say.
    #[must_use]
    pub fn start(&self) -> Arc<Loaded> {
        self.held().start.clone()
    }

    /// The settings at this moment.
    #[must_use]
    pub fn config(&self) -> Arc<Config> {
        self.held().now.config.clone()
    }

    /// The same with where each came from.
    #[must_use]
    pub fn loaded(&self) -> Arc<Loaded> {
        self.held().now.clone()
    }

    /// Which revision of what has been put is in effect.
    #[must_use]
    pub fn revision(&self) -> i64 {
        self.held().revision
    }

    /// Puts another revision into effect, unless a later one is. Tells what of it was left out, and why.
    pub fn take(&self, revision: i64, put: &Put) -> Vec<Problem> {
        let mut held = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let (loaded, told) = held.start.with(put);
        if revision >= held.revision {
            held.revision = revision;
            held.put = Hidden(put.clone());
            held.now = Arc::new(loaded);
        }
        told
    }

    /// Takes over what can change live of settings that were read again. All stays as it is where the two together are not
    /// settings to run with.
    pub fn reread(&self, again: &Loaded) -> Result<Reread, Problems> {
        let mut held = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let mut values = held.start.values.clone();
        let mut told = Reread::default();
        for key in super::KEYS {
            let (before, after) = (values.get(key.path), again.values.get(key.path));
            let is_other = before.map(|given| &given.items) != after.map(|given| &given.items);
            match (key.is_settable(), after) {
                (true, Some(given)) => drop(values.insert(key.path, given.clone())),
                (true, None) => drop(values.remove(key.path)),
                (false, _) if is_other => told.waiting.push(key.path),
                (false, _) => {}
            }
        }
        let config = load::extract(&values)?;
        check::all(&config, &values)?;
        let file = again.file.clone();
        let start = Arc::new(Loaded { config: Arc::new(config), file, values });
        let (now, left_out) = start.with(&held.put.0);
        told.left_out = left_out;
        let items = |loaded: &Loaded, key: &Key| {
            loaded.values.get(key.path).map(|given| given.items.clone())
        };
        let is_other = |key: &&Key| items(&held.now, key) != items(&now, key);
        told.changed = super::KEYS.iter().filter(is_other).map(|key| key.path).collect();
        (held.start, held.now) = (start, Arc::new(now));
        Ok(told)
    }
}
