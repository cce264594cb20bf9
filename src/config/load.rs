//! Puts the layers together: built-in, file, environment, flags.

use super::{Config, GROUPS, KEYS, Key, Kind, Problem, Problems};
use super::{check, environment, file};
use figment::value::{Dict, Value};
use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

/// What the command line says about settings.
#[derive(Debug, Clone, Default)]
pub struct Flags {
    /// `--config FILE`.
    pub config: Option<PathBuf>,
    /// Settings given as flags, by their name in the file: `("listen", "127.0.0.1:9000")`.
    pub settings: Vec<(String, String)>,
}

/// What the process finds around itself; a test brings its own.
#[derive(Debug, Clone, Default)]
pub struct Surroundings {
    /// The environment.
    pub variables: Vec<(String, String)>,
    /// Files to read if no flag or variable names one; the first that exists.
    pub files: Vec<PathBuf>,
}

impl Surroundings {
    /// Those of this process. Variables that are not Unicode are not ours.
    #[must_use]
    pub fn of_process() -> Self {
        let variables = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        let files = ["./vestibule.toml", "/etc/vestibule/vestibule.toml"];
        Self { variables, files: files.map(PathBuf::from).into() }
    }
}

/// Where a value came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// Nobody set it.
    BuiltIn,
    /// Nobody set it; it follows from other settings.
    Derived,
    /// Somebody put it while the gateway ran; the database has it.
    Console,
    /// A line of a file.
    File(PathBuf, usize),
    /// An environment variable.
    Environment(String),
    /// A flag.
    Flag,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BuiltIn => f.write_str("built-in"),
            Self::Derived => f.write_str("derived"),
            Self::Console => f.write_str("console"),
            Self::File(path, line) => write!(f, "{}:{line}", path.display()),
            Self::Environment(name) => write!(f, "{name}"),
            Self::Flag => f.write_str("flag"),
        }
    }
}

/// The settings, and where each came from.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// The settings.
    pub config: Arc<Config>,
    /// The file that was read, if one was.
    pub file: Option<PathBuf>,
    pub(super) values: Values,
}

/// One line of `vestibule config show`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// Its name.
    pub key: &'static str,
    /// Its value as a file would have it, or `[secret]`; absent if it has none.
    pub value: Option<String>,
    /// Where it came from.
    pub origin: Origin,
}

/// Reads the settings of this process.
pub fn load(flags: &Flags) -> Result<Loaded, Problems> {
    load_from(flags, &Surroundings::of_process())
}

/// Reads settings from `flags` and `around` alone.
pub fn load_from(flags: &Flags, around: &Surroundings) -> Result<Loaded, Problems> {
    let mut problems = Vec::new();
    let mut values = built_in();
    let path = file::choose(flags, around)?;
    if let Some(path) = &path {
        values.extend(file::read(path, &mut problems));
    }
    let conventional = environment::conventional(around, &values);
    values.extend(conventional);
    values.extend(environment::read(around, &mut problems));
    values.extend(given(flags, &mut problems));
    if !problems.is_empty() {
        return Err(Problems(problems));
    }
    derive(&mut values);
    let config = extract(&values)?;
    check::all(&config, &values)?;
    Ok(Loaded { config: Arc::new(config), file: path, values })
}

impl Loaded {
    /// Where the value of `key` came from.
    #[must_use]
    pub fn origin(&self, key: &str) -> Origin {
        self.values.get(key).map_or(Origin::BuiltIn, |given| given.origin.clone())
    }

    /// The value of a setting as it is typed, secrets hidden; absent if it has none.
    #[must_use]
    pub fn shown(&self, key: &Key) -> Option<String> {
        let given = self.values.get(key.path)?;
        Some(match key.kind {
            Kind::Address => self.config.address(key.path),
            Kind::Secret => "[secret]".to_owned(),
            Kind::Text | Kind::List => given.text(),
        })
    }

    /// Every setting in the order of the reference file, secrets hidden.
    #[must_use]
    pub fn settings(&self) -> Vec<Setting> {
        let written = |key: &Key, text: &str| match key.kind {
            Kind::Secret => text.to_owned(),
            kind => super::reference::toml_value(kind, text),
        };
        let show = |key: &'static Key| Setting {
            key: key.path,
            value: self.shown(key).map(|text| written(key, &text)),
            origin: self.origin(key.path),
        };
        KEYS.iter().map(show).collect()
    }
}

/// Values by the name of their setting.
pub(super) type Values = BTreeMap<&'static str, Given>;

/// A value that somebody gave, not yet checked.
#[derive(Clone)]
pub(super) struct Given {
    pub(super) items: Vec<String>,
    pub(super) origin: Origin,
}

impl fmt::Debug for Given {
    /// Only the origin: the value may be a secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.origin.fmt(f)
    }
}

impl Given {
    /// `text` for `key`, cut at commas if the setting is a list.
    pub(super) fn new(key: &Key, text: &str, origin: Origin) -> Self {
        let items = match key.kind {
            Kind::List => items(text).map(str::to_owned).collect(),
            _ => vec![text.to_owned()],
        };
        Self { items, origin }
    }

    pub(super) fn text(&self) -> String {
        self.items.join(", ")
    }
}

/// The items of a list written on one line.
pub(super) fn items(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(str::trim).filter(|item| !item.is_empty())
}

fn built_in() -> Values {
    let known = KEYS.iter().filter_map(|key| Some((key, key.default()?)));
    known.map(|(key, text)| (key.path, Given::new(key, text, Origin::BuiltIn))).collect()
}

fn given(flags: &Flags, problems: &mut Vec<Problem>) -> Values {
    let mut values = Values::new();
    for (path, text) in &flags.settings {
        match super::key(path) {
            Some(key) => {
                values.insert(key.path, Given::new(key, text, Origin::Flag));
            }
            None => problems.push(unknown(&format!("On the command line: {path}"), path)),
        }
    }
    values
}

/// A name that is no setting, with the nearest that is.
pub(super) fn unknown(place: &str, path: &str) -> Problem {
    let distance = |key: &&Key| strsim::damerau_levenshtein(path, key.path);
    let nearest = KEYS.iter().min_by_key(distance).filter(|key| distance(key) <= 4);
    let same_name = || {
        let name = path.rsplit('.').next()?;
        KEYS.iter().find(|key| key.path.rsplit('.').next() == Some(name))
    };
    let fix = match nearest.or_else(same_name) {
        Some(key) => format!("Did you mean {}? Otherwise remove it.", key.path),
        None => "Remove it. `vestibule config show` lists all settings.".to_owned(),
    };
    Problem::new(
        format!("{place} is not a setting."),
        "A mistyped name would go unnoticed, so unknown names are refused.",
        fix,
    )
}

/// Fills in what follows from other settings: the mode and the development address.
fn derive(values: &mut Values) {
    let listen: Option<SocketAddr> =
        values.get("listen").and_then(|given| given.text().parse().ok());
    let derived = |text: String| Given { items: vec![text], origin: Origin::Derived };
    let port = listen.map_or(8080, |address| address.port());
    let local = listen.is_some_and(|address| address.ip().is_loopback());
    let mode =
        if local && !values.contains_key("public_url") { "development" } else { "production" };
    values.entry("mode").or_insert_with(|| derived(mode.to_owned()));
    let scheme = if values.contains_key("tls.cert") { "https" } else { "http" };
    let public_url = format!("{scheme}://localhost:{port}");
    values.entry("public_url").or_insert_with(|| derived(public_url));
}

pub(super) fn extract(values: &Values) -> Result<Config, Problem> {
    let mut tree: Dict = GROUPS.iter().map(|(name, _)| ((*name).to_owned(), empty())).collect();
    for key in KEYS {
        let Some(given) = values.get(key.path) else { continue };
        let value = match (key.kind, given.items.as_slice()) {
            (Kind::List, items) => Value::from(items.to_vec()),
            (_, [one]) => Value::from(one.as_str()),
            _ => return Err(unacceptable(key.path, values, "it is a list")),
        };
        match key.path.split_once('.') {
            None => {
                tree.insert(key.path.to_owned(), value);
            }
            Some((group, name)) => {
                if let Some(Value::Dict(_, table)) = tree.get_mut(group) {
                    table.insert(name.to_owned(), value);
                }
            }
        }
    }
    Value::from(tree).deserialize().map_err(|error| {
        let path: Vec<&str> = error
            .path
            .iter()
            .map(String::as_str)
            .filter(|part| part.parse::<u8>().is_err())
            .collect();
        unacceptable(&path.join("."), values, &error.kind.to_string())
    })
}

fn empty() -> Value {
    Value::from(Dict::new())
}

/// A value that its setting does not take.
pub(super) fn unacceptable(path: &str, values: &Values, why: &str) -> Problem {
    let Some(key) = super::key(path) else {
        return Problem::new("The settings cannot be read.", why, "Check them one by one.");
    };
    let (value, origin) = match values.get(path) {
        Some(given) if matches!(key.kind, Kind::Text | Kind::List) => {
            (format!(" {:?}", given.text()), &given.origin)
        }
        Some(given) => (String::new(), &given.origin),
        None => (String::new(), &Origin::BuiltIn),
    };
    let why = why.trim_end_matches('.');
    Problem::new(
        format!("{path} ({origin}) has a value that it cannot have."),
        format!("The value{value} is not accepted: {why}."),
        format!("Write it like this: {}", key.sample()),
    )
    .about(key.path)
}
