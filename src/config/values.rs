//! Types of settings: what is text in the file is a type from here on.

use super::public_url::PublicUrl;
use chrono::TimeDelta;
use serde::Deserialize;
use std::fmt;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;
use url::Url;

/// Whom this instance serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Its own developer, on their machine.
    Development,
    /// Customers.
    Production,
}

/// Whether the demo exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Demo {
    /// In development on a loopback address.
    Auto,
    /// In development on any address.
    #[serde(alias = "1", alias = "true")]
    On,
    /// Nowhere.
    #[serde(alias = "0", alias = "false")]
    Off,
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// Text on a terminal, otherwise JSON.
    Auto,
    /// For people.
    Text,
    /// For machines, one object a line.
    Json,
}

/// Text that is never printed. It has no `Serialize` on purpose.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// Wraps `text`.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself, for the one place that needs it.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

/// A length of time in whole seconds, written `60s`, `10m`, `8h` or `30d`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub struct Period(u32);

impl Period {
    /// A period of `seconds`.
    #[must_use]
    pub const fn from_seconds(seconds: u32) -> Self {
        Self(seconds)
    }

    /// Whole seconds.
    #[must_use]
    pub const fn seconds(self) -> u32 {
        self.0
    }

    /// The same of a row of the database, which has no number below zero there.
    #[must_use]
    pub fn from_row(seconds: i32) -> Self {
        Self(u32::try_from(seconds).unwrap_or_default())
    }

    /// Whole seconds for a row of the database. What is too long for that is too long for any bound as well.
    #[must_use]
    pub fn to_row(self) -> i32 {
        i32::try_from(self.0).unwrap_or(i32::MAX)
    }

    /// To add to a `Time`.
    #[must_use]
    pub fn delta(self) -> TimeDelta {
        TimeDelta::seconds(i64::from(self.0))
    }

    /// To wait for.
    #[must_use]
    pub fn duration(self) -> Duration {
        Duration::from_secs(u64::from(self.0))
    }
}

/// How often something may happen in a minute; none: as often as it will. Written as a number, with 0 for none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct PerMinute(Option<NonZeroU32>);

impl PerMinute {
    /// The number, if there is a limit.
    #[must_use]
    pub const fn limit(self) -> Option<NonZeroU32> {
        self.0
    }
}

impl TryFrom<String> for PerMinute {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        number(&text).map(Self)
    }
}

/// How many of something there may be; none: as many as will. Written as a number, with 0 for none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct AtMost(Option<NonZeroU32>);

impl AtMost {
    /// The number, if there is a limit.
    #[must_use]
    pub const fn limit(self) -> Option<NonZeroU32> {
        self.0
    }
}

impl TryFrom<String> for AtMost {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        number(&text).map(Self)
    }
}

/// For how many days a setup link is good: 1 to 30.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct LinkDays(u32);

impl LinkDays {
    /// The least and the most.
    pub const RANGE: std::ops::RangeInclusive<u32> = 1..=30;

    /// The number.
    #[must_use]
    pub const fn days(self) -> u32 {
        self.0
    }
}

impl TryFrom<String> for LinkDays {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let days = number(&text)?.map(NonZeroU32::get).filter(|days| Self::RANGE.contains(days));
        days.map(Self).ok_or_else(|| "it is not a number from 1 to 30".to_owned())
    }
}

/// A number in digits; 0 is none.
fn number(text: &str) -> Result<Option<NonZeroU32>, String> {
    let text = text.trim();
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let number = if digits { text.parse::<u32>().ok() } else { None };
    number.map(NonZeroU32::new).ok_or_else(|| "it is not a number".to_owned())
}

const UNITS: [(char, u32); 4] = [('d', 86_400), ('h', 3_600), ('m', 60), ('s', 1)];

impl FromStr for Period {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let seconds = UNITS.iter().find_map(|(unit, seconds)| {
            let count = text.trim().strip_suffix(*unit)?;
            let digits = !count.is_empty() && count.bytes().all(|byte| byte.is_ascii_digit());
            if digits { count.parse::<u32>().ok()?.checked_mul(*seconds) } else { None }
        });
        seconds.map(Self).ok_or_else(|| "it is not a number with s, m, h or d after it".to_owned())
    }
}

impl TryFrom<String> for Period {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fits = UNITS.iter().find(|(_, seconds)| self.0.is_multiple_of(*seconds) && self.0 > 0);
        let (unit, seconds) = fits.copied().unwrap_or(('s', 1));
        write!(f, "{}{unit}", self.0 / seconds)
    }
}

/// The origin of a page in whose frame one of ours may stand: scheme and host, perhaps a port, nothing after it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct FrameAncestor(PublicUrl);

impl FrameAncestor {
    /// Whether what stands there came by https.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.0.is_https()
    }
}

impl fmt::Display for FrameAncestor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str())
    }
}

impl TryFrom<String> for FrameAncestor {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        // The address of a host may have a sign that means more in a policy.
        if text.contains(['*', ';', ',', '\'', '"']) {
            return Err("it names more than one host".to_owned());
        }
        text.parse().map(Self)
    }
}

/// Where the database is.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum DatabaseUrl {
    /// A file.
    Sqlite(PathBuf),
    /// The address of a server, as libpq takes it.
    Postgres(Secret),
}

impl TryFrom<String> for DatabaseUrl {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let text = text.trim();
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            return Ok(Self::Postgres(Secret::new(text)));
        }
        let file = text
            .strip_prefix("sqlite://")
            .or_else(|| text.strip_prefix("sqlite:"))
            .ok_or("it begins with neither sqlite:// nor postgres://")?;
        match file {
            "" => Err("it names no file".to_owned()),
            file if file.contains('?') => Err("options after ? are not understood".to_owned()),
            ":memory:" => Err("a database in memory is a different one for each connection".into()),
            _ => Ok(Self::Sqlite(PathBuf::from(file))),
        }
    }
}

impl fmt::Display for DatabaseUrl {
    /// Without any password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(file) => write!(f, "sqlite://{}", file.display()),
            Self::Postgres(url) => {
                f.write_str(&without_password(url.reveal(), "postgres://[secret]"))
            }
        }
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The address with its password replaced and without its query, which may hold another. What does
/// not read as a URL, or might have a part of a password in the wrong place, is not shown at all.
pub(super) fn without_password(address: &str, hidden: &str) -> String {
    let hidden = || hidden.to_owned();
    let Ok(mut url) = Url::parse(address) else { return hidden() };
    url.set_query(None);
    url.set_fragment(None);
    if address.matches('@').count() > 1 || address.contains('@') == url.username().is_empty() {
        return hidden();
    }
    match url.password() {
        Some(_) => {
            let password = if url.set_password(Some("secret")).is_ok() { ":secret@" } else { "" };
            url.as_str().replacen(password, ":[secret]@", 1)
        }
        None => url.to_string(),
    }
}

fn web(text: &str) -> Result<Url, String> {
    let url = Url::parse(text.trim()).map_err(|error| format!("it is not a URL ({error})"))?;
    if !matches!(url.scheme(), "https" | "http") {
        return Err("it is not an http or https address".to_owned());
    }
    Ok(url)
}

/// A web page that people are sent to.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct WebAddress(String);

impl WebAddress {
    /// The address.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for WebAddress {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Ok(Self(web(&text)?.to_string()))
    }
}

/// A collector of OpenTelemetry.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Collector(Url);

impl Collector {
    /// Where it takes traces (OTLP/HTTP).
    #[must_use]
    pub fn traces(&self) -> String {
        format!("{}/v1/traces", self.0.as_str().trim_end_matches('/'))
    }
}

impl TryFrom<String> for Collector {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let url = web(&text)?;
        if url.query().is_some() || url.fragment().is_some() {
            return Err("it has more than host, port and path".to_owned());
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err("a password does not belong in it: headers for the collector go into the \
                environment variable OTEL_EXPORTER_OTLP_HEADERS"
                .to_owned());
        }
        if url.path().trim_end_matches('/').ends_with("/v1/traces") {
            return Err("it ends in /v1/traces, which is added".to_owned());
        }
        Ok(Self(url))
    }
}

/// Where people get help.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum Support {
    /// An email address.
    Email(String),
    /// A page.
    Page(WebAddress),
}

impl Support {
    /// What a link to it points at.
    #[must_use]
    pub fn href(&self) -> String {
        match self {
            Self::Email(address) => format!("mailto:{address}"),
            Self::Page(page) => page.as_str().to_owned(),
        }
    }
}

impl TryFrom<String> for Support {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let text = text.trim();
        let plain = |c: char| c.is_ascii_alphanumeric() || "@.-_+".contains(c);
        match text.split_once('@') {
            Some((local, domain))
                if !local.is_empty() && domain.contains('.') && text.chars().all(plain) =>
            {
                Ok(Self::Email(text.to_owned()))
            }
            _ => WebAddress::try_from(text.to_owned())
                .map(Self::Page)
                .map_err(|_| "it is neither an email address nor a web address".to_owned()),
        }
    }
}
