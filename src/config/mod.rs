//! Settings from flags, environment, file and built-in values, read once at start.
//!
//! The table below is the only place that names a setting: the structs, the checks for unknown
//! names, `vestibule config show` and `config/vestibule.toml` are made from it.

mod accent;
mod check;
mod environment;
mod file;
mod live;
mod load;
mod mail;
mod master_key;
mod network;
mod problem;
mod public_url;
mod reference;
mod values;

pub use self::accent::{Accent, Fill, Shades};
pub use self::live::{Live, Put, Reread};
pub use self::load::{Flags, Loaded, Origin, Setting, Surroundings, load, load_from};
pub use self::mail::{MailTls, Sender, SmtpUrl};
pub use self::master_key::MasterKeys;
pub use self::network::{AllowedHost, DnsServer, Network};
pub use self::problem::{Problem, Problems};
pub use self::public_url::PublicUrl;
pub use self::reference::reference;
pub use self::values::{
    AtMost, Collector, DatabaseUrl, Demo, FrameAncestor, LinkDays, LogFormat, Mode, PerMinute,
    Period, Secret, Support, WebAddress,
};

use self::Preset::{Default, Example};
use crate::email::Email as Address;
use serde::Deserialize;
use std::net::SocketAddr;
use std::path::PathBuf;

/// What kind of text a setting takes, and whether it may be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// One value.
    Text,
    /// Several: an array in the file, separated by commas in the environment.
    List,
    /// An address that may hold a password, which is hidden where it is shown.
    Address,
    /// Never shown.
    Secret,
}

/// The value a setting has when nobody sets it, or one it could have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Preset {
    /// The built-in value.
    Default(&'static str),
    /// There is no built-in value; this is how one looks.
    Example(&'static str),
}

/// One setting as people write it.
#[derive(Debug, Clone, Copy)]
pub struct Key {
    /// Its name in the file: `sign_in.session`.
    pub path: &'static str,
    /// What kind of text it takes.
    pub kind: Kind,
    /// Its built-in value, or an example.
    pub preset: Preset,
    /// Its description, line by line, each with a leading space.
    pub doc: &'static [&'static str],
}

macro_rules! settings {
    (
        {$($(#[doc = $top_doc:literal])* $top:ident: $top_type:ty = $top_kind:ident $top_preset:expr;)*}
        $($(#[doc = $group_doc:literal])* $group:ident: $group_type:ident {
            $($(#[doc = $doc:literal])* $field:ident: $type:ty = $kind:ident $preset:expr;)*
        })*
    ) => {
        /// Every setting, checked.
        #[derive(Debug, Clone, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub struct Config {
            $($(#[doc = $top_doc])* pub $top: $top_type,)*
            $($(#[doc = $group_doc])* pub $group: $group_type,)*
        }

        $($(#[doc = $group_doc])*
        #[derive(Debug, Clone, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub struct $group_type {
            $($(#[doc = $doc])* pub $field: $type,)*
        })*

        const KEYS: &[Key] = &[
            $(Key {
                path: stringify!($top),
                kind: Kind::$top_kind,
                preset: $top_preset,
                doc: &[$($top_doc),*],
            },)*
            $($(Key {
                path: concat!(stringify!($group), ".", stringify!($field)),
                kind: Kind::$kind,
                preset: $preset,
                doc: &[$($doc),*],
            },)*)*
        ];

        /// The tables of the file with what each is about.
        const GROUPS: &[(&str, &[&str])] = &[$((stringify!($group), &[$($group_doc),*])),*];
    };
}

settings! {
    {
        /// `development` or `production`. If not set: development when `listen` is a loopback address
        /// and `public_url` is not set, otherwise production. Production refuses to start without
        /// `public_url`, `database.url` and `secrets.master_key`.
        mode: Mode = Text Example("production");
        /// The address at which browsers and identity providers reach the gateway: https, with neither
        /// path nor trailing slash; http only for a loopback host. It is part of every entity ID and
        /// URL given to customers, so it should never change afterwards.
        /// In development it is `http://localhost` with the port of `listen`, or `https` with `tls.cert`.
        public_url: PublicUrl = Text Example("https://sso.example.com");
        /// The address and port to accept connections on. The environment variable `PORT` replaces
        /// the port, and, when `public_url` is set and `listen` is not, listens on every interface.
        listen: SocketAddr = Text Default("127.0.0.1:8080");
        /// The built-in demo provider, app and people: `auto` (in development, on a loopback address),
        /// `on` (in development, on any address: for a container) or `off`. Never in production.
        demo: Demo = Text Default("auto");
        /// The language of pages: `en`.
        locale: String = Text Default("en");
        /// A folder of guides to identity providers' consoles, each a file `<id>.toml`: it takes the place of the built-in guide of that ID,
        /// or is another one to choose. Read at the start, and a file that is no guide is refused.
        guides_dir: Option<PathBuf> = Text Example("/etc/vestibule/guides");
    }

    /// Where everything is kept.
    database: Database {
        /// `sqlite://` and a file, or `postgres://`. A relative file is looked for in the folder that
        /// the command runs in. `DATABASE_URL` is understood too. More than one instance needs Postgres.
        url: DatabaseUrl = Address Default("sqlite://./data/vestibule.db");
    }

    /// Keys that protect what is kept.
    secrets: Secrets {
        /// 32 random bytes in base64: `openssl rand -base64 32`. Seals private keys and client secrets
        /// in the database, so keep a copy apart from it. Generated in development.
        master_key: Option<Secret> = Secret Example("the output of: openssl rand -base64 32");
        /// The key before the present one. What it sealed can still be read; new values are sealed
        /// with the present one.
        master_key_previous: Option<Secret> = Secret Example("the former value of master_key");
    }

    /// A reverse proxy in front of the gateway.
    proxy: Proxy {
        /// Addresses and networks whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed, and for forward authentication
        /// `X-Forwarded-Host`, `-Method` and `-Uri`.
        trusted: Vec<Network> = List Default("");
    }

    /// TLS of the gateway's own. Not needed behind a proxy that ends TLS.
    tls: Tls {
        /// File with the certificate and its chain, PEM.
        cert: Option<PathBuf> = Text Example("/etc/vestibule/tls-cert.pem");
        /// File with the private key, PEM.
        key: Option<PathBuf> = Text Example("/etc/vestibule/tls-key.pem");
    }

    /// How many requests are answered in a minute. So many may come at once, and then as many in each minute; what is beyond
    /// is answered with 429. Each process counts for itself. And how many there may be of some things. 0: no limit.
    limits: Limits {
        /// Pages of a sign-in and messages of identity providers, from one client address; of IPv6 from one /64.
        per_address: PerMinute = Text Default("1200");
        /// The same for one connection, from all addresses together; a quarter of it is for addresses from which people have signed in lately.
        per_connection: PerMinute = Text Default("6000");
        /// Requests for tokens and about them, from one client address: that of an app's server.
        token: PerMinute = Text Default("6000");
        /// What directories ask by SCIM: for one connection, and from one client address.
        directory: PerMinute = Text Default("12000");
        /// Requests to the REST API with one key; and, from one client address, those without a live key.
        per_key: PerMinute = Text Default("12000");
        /// How many webhook endpoints there may be, of all organizations together: each event is told to each that wants it.
        webhook_endpoints: AtMost = Text Default("500");
    }

    /// How people sign in.
    sign_in: SignIn {
        /// How long a browser stays signed in.
        session: Period = Text Default("8h");
        /// How long a person may take at the identity provider.
        request_ttl: Period = Text Default("10m");
        /// By how much the clock of an identity provider may differ, at most 180s. A connection may have its own.
        clock_skew: Period = Text Default("60s");
    }

    /// The console, in which your own people sign in.
    console: Console {
        /// After which time without use a browser is signed out.
        idle: Period = Text Default("2h");
        /// After which time it is signed out in any case.
        session: Period = Text Default("12h");
    }

    /// The portal, in which customers' IT admins set single sign-on up.
    portal: Portal {
        /// Origins of pages of yours in whose frames the portal may stand, as `https://app.example.com`. If empty: in none. The
        /// portal's cookie then goes to frames of other sites, kept apart for each of them.
        frame_ancestors: Vec<FrameAncestor> = List Default("");
        /// For how many days a setup link is good where nobody says: 1 to 30.
        link_days: LinkDays = Text Default("7");
    }

    /// Mail: links, codes and alerts. Without a server nothing is sent, and each mail is shown at the console, at Settings, Email.
    email: Email {
        /// The server that takes mail: `smtp://` with STARTTLS, or `smtps://`, with user and password before the host. Nothing is sent
        /// without TLS, but to this machine, or where `?tls=none` stands at the end. Ports: 587, 465, and 25 without TLS.
        smtp_url: Option<SmtpUrl> = Address Example("smtp://user:password@smtp.example.com:587");
        /// Who mail is from: an address, or a name and an address. The name is that of the brand if none is given.
        from: Option<Sender> = Text Example("Example <no-reply@example.com>");
    }

    /// You, who run this gateway.
    admin: Admin {
        /// The address that alerts are sent to: a webhook that was turned off, a certificate that ends, sign-ins that fail.
        email: Option<Address> = Text Example("operations@example.com");
    }

    /// The service provider's own key and certificate, for all connections.
    saml: Saml {
        /// File with the certificate, PEM. If not set, one is made and kept sealed in the database.
        cert: Option<PathBuf> = Text Example("/etc/vestibule/saml-cert.pem");
        /// File with the private key, PEM.
        key: Option<PathBuf> = Text Example("/etc/vestibule/saml-key.pem");
    }

    /// What the app receives.
    oidc: Oidc {
        /// How long an authorization code may be redeemed.
        code_ttl: Period = Text Default("60s");
        /// How long an ID token is valid.
        id_token_ttl: Period = Text Default("5m");
        /// How long an access token is valid.
        access_token_ttl: Period = Text Default("1h");
        /// For how long after its sign-in an app can refresh tokens. Refreshing does not prolong it.
        refresh_token_ttl: Period = Text Default("30d");
        /// Hosts of apps that are told of the end of sessions (back-channel logout) although they have a
        /// private address: a name, a name with port, an address or a network. In development apps on
        /// this machine are told in any case.
        allow_private: Vec<AllowedHost> = List Default("");
    }

    /// Metadata of identity providers.
    metadata: Metadata {
        /// How often metadata that came from an address is read again.
        refresh: Period = Text Default("6h");
        /// Hosts that may be asked although they have a private address: a name, a name with port,
        /// an address or a network. Where the demo is on, the gateway itself may be asked in any case.
        allow_private: Vec<AllowedHost> = List Default("");
    }

    /// Webhooks: apps are told of events.
    webhooks: Webhooks {
        /// Hosts that may be told although they have a private address: a name, a name with port,
        /// an address or a network. In development apps on this machine are told in any case.
        allow_private: Vec<AllowedHost> = List Default("");
    }

    /// Look-ups that verify the domains of customers.
    dns: Dns {
        /// Servers to ask, each an address or an address with port. If empty: those of the system.
        resolver: Vec<DnsServer> = List Default("");
    }

    /// How long records are kept.
    retention: Retention {
        /// Sign-in traces.
        traces: Period = Text Default("30d");
        /// Requests of directories.
        requests: Period = Text Default("30d");
        /// People and groups that a directory removed. Until then they come back as who they were, after it they are
        /// erased.
        removed: Period = Text Default("30d");
        /// Events: the audit log. At least 30 days, as long as webhooks are tried and read again. Applied sets of rules
        /// go with them, but the newest 200 of each organization stay.
        audit: Period = Text Default("400d");
    }

    /// Who the pages say they speak for.
    brand: Brand {
        /// The name of your company or app, as people who sign in know it.
        name: String = Text Default("Vestibule");
        /// Where people get help: an email address or a web page.
        support: Option<Support> = Text Example("support@example.com");
        /// Where people go who want to sign in another way.
        back: Option<WebAddress> = Text Example("https://app.example.com/login");
        /// The colour of buttons and links on the pages that people who sign in and IT admins see: one on which white
        /// or nearly black text can be read.
        accent: Option<Accent> = Text Example("#2353d3");
    }

    /// What is written to standard error.
    log: Log {
        /// `text`, `json`, or `auto`: text on a terminal, otherwise json.
        format: LogFormat = Text Default("auto");
        /// `error`, `warn`, `info`, `debug`, `trace`, also by module: `info,vestibule::store=debug`.
        level: String = Text Default("info");
    }

    /// What a collector of yours is sent. Nothing is ever sent to whoever made the gateway.
    telemetry: Telemetry {
        /// A collector that takes OTLP over HTTP: its address without `/v1/traces`. It is sent a span of each request, which is part
        /// of the caller's trace where a `traceparent` says so. If not set, nothing is sent.
        otlp_endpoint: Option<Collector> = Address Example("http://127.0.0.1:4318");
    }
}

/// Every setting, in the order of the reference file.
#[must_use]
pub fn keys() -> &'static [Key] {
    KEYS
}

/// The setting of this name.
#[must_use]
pub fn key(path: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| key.path == path)
}

impl Key {
    /// The built-in value, if there is one.
    #[must_use]
    pub fn default(&self) -> Option<&'static str> {
        match self.preset {
            Default(text) => Some(text),
            Example(_) => None,
        }
    }

    /// The environment variable that sets it: `VESTIBULE_SIGN_IN__SESSION`.
    #[must_use]
    pub fn variable(&self) -> String {
        format!("VESTIBULE_{}", self.path.replace('.', "__").to_ascii_uppercase())
    }

    /// The line of a file that sets it to its built-in value or to the example.
    #[must_use]
    pub fn sample(&self) -> String {
        let (Default(text) | Example(text)) = self.preset;
        format!("{} = {}", self.path, reference::toml_value(self.kind, text))
    }
}

impl Config {
    /// Whether this instance only serves its own developer.
    #[must_use]
    pub fn is_development(&self) -> bool {
        self.mode == Mode::Development
    }

    /// An address as it is shown: without its password.
    fn address(&self, path: &str) -> String {
        match path {
            "email.smtp_url" => {
                self.email.smtp_url.as_ref().map(ToString::to_string).unwrap_or_default()
            }
            _ => self.database.url.to_string(),
        }
    }

    /// Whether the demo provider, app and people exist.
    #[must_use]
    pub fn demo_is_on(&self) -> bool {
        match self.demo {
            Demo::Off => false,
            Demo::On => self.is_development(),
            Demo::Auto => self.is_development() && self.listen.ip().is_loopback(),
        }
    }

    /// The folder for files beside the database: that of the database file, else `./data`.
    #[must_use]
    pub fn data_dir(&self) -> PathBuf {
        match &self.database.url {
            DatabaseUrl::Sqlite(file) => match file.parent() {
                Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
                _ => PathBuf::from("."),
            },
            DatabaseUrl::Postgres(_) => PathBuf::from("./data"),
        }
    }

    /// The file of the master key that is generated in development; nothing if the settings give a key.
    #[must_use]
    pub fn own_master_key(&self) -> Option<PathBuf> {
        self.secrets.master_key.is_none().then(|| self.data_dir().join("master.key"))
    }

    /// The keys that seal secrets. In development one is generated into `master.key` of the data
    /// folder unless the settings give one.
    pub fn master_keys(&self) -> Result<MasterKeys, Problem> {
        master_key::of(self)
    }
}

#[cfg(test)]
mod tests;
