//! What the provider is given, in the words of its console, and what is known of it.

use crate::clock::Time;
use crate::guides::{EntityIdSource, Kind, Value};
use crate::http::console::listing::{self, Moment};
use crate::http::console::words::Badge;
use crate::http::portal::provider;
use crate::http::server::State;
use crate::saml::by_address;
use crate::store::connections::certificates::{ENDED, ProviderCertificate};
use crate::store::connections::{Connection, Protocol};

/// What is entered at the provider.
pub(super) struct Given {
    pub(super) values: Vec<Value>,
    pub(super) text: String,
    /// Where our metadata is, as a file.
    pub(super) file: Option<String>,
    /// What is said of the entity ID that the provider is to take from us.
    pub(super) ours: Option<(String, String)>,
}

/// Something that is known of the provider.
pub(super) struct KnownLine {
    pub(super) name: String,
    pub(super) value: String,
    /// What is said of it, and whether that is well.
    pub(super) more: Option<(String, &'static str)>,
}

/// A certificate with which the provider may sign, or might.
pub(super) struct CertificateLine {
    pub(super) subject: String,
    pub(super) key: String,
    pub(super) fingerprint: String,
    pub(super) until: Moment,
    pub(super) badge: Badge,
    /// Where it is removed, for whoever may; none: it is trusted no more.
    pub(super) remove: Option<String>,
}

/// A value with the name that `key` gives it.
fn named(state: &State, key: &str, value: impl Into<String>) -> Value {
    Value {
        kind: Kind::Paste,
        label: state.locale.text(&format!("console.connections.value.{key}")).to_owned(),
        value: value.into(),
        may_differ: false,
        alternatives: Vec::new(),
    }
}

/// What is entered at the provider, as its console names it, and after that what its console asks for nowhere.
pub(super) fn given(state: &State, connection: &Connection) -> Given {
    let guide = state.guides.of(&connection.provider);
    let filled = provider::Given::of(state, connection);
    let public_url = state.config.public_url.as_str();
    let mut values = filled.fill(state, guide);
    let rest = match connection.protocol {
        Protocol::Saml => vec![
            named(state, "sp_entity_id", connection.entity_id(public_url)),
            named(state, "acs_url", connection.acs(public_url)),
            named(state, "login_url", connection.login_url(public_url)),
            named(state, "slo_url", connection.slo(public_url)),
        ],
        Protocol::Oidc => vec![
            named(state, "redirect_uri", connection.redirect_uri(public_url)),
            named(state, "login_url", connection.login_url(public_url)),
            named(state, "jwks_url", connection.jwks_url(public_url)),
        ],
    };
    for one in rest {
        if values.iter().all(|known| known.value != one.value) {
            values.push(one);
        }
    }
    let ours = connection.idp_entity_id(public_url);
    let is_ours = guide.idp_entity_id == EntityIdSource::Generated
        && values.iter().any(|one| one.value == ours);
    let say = |key: &str| {
        state.locale.fill(&format!("console.connections.{key}"), &[("provider", &guide.name)])
    };
    Given {
        values,
        text: say("given_text"),
        file: filled.metadata_file(),
        ours: is_ours.then(|| (ours, say("generated"))),
    }
}

/// What is known of the provider.
pub(super) fn known(state: &State, connection: &Connection) -> Vec<KnownLine> {
    let line = |key: &str, value: &str| {
        let Value { label: name, value, .. } = named(state, key, value);
        KnownLine { name, value, more: None }
    };
    let mut lines = Vec::new();
    if let Some(url) = &connection.metadata_url {
        lines.push(line("metadata_url", url));
    }
    if let Some(known) = &connection.identity_provider {
        let more = matches(state, connection, &known.entity_id);
        lines.push(KnownLine { more, ..line("entity_id", &known.entity_id) });
        let sign_on = known.sign_on.iter().map(|one| (one.location.as_str(), one.binding));
        let reached = |key: &str, (location, by): (String, String)| KnownLine {
            more: Some((by, "")),
            ..line(key, &location)
        };
        lines.extend(by_address(sign_on).into_iter().map(|one| reached("sign_on", one)));
        let logout = known.logout.iter().map(|one| (one.location.as_str(), one.binding));
        lines.extend(by_address(logout).into_iter().map(|one| reached("logout", one)));
    }
    if let Some(known) = &connection.openid_provider {
        lines.push(line("issuer", &known.issuer));
        lines.push(line("client_id", &known.client_id));
    }
    lines
}

/// Whether the provider took the entity ID that it was given, where its console asks for one.
fn matches(
    state: &State,
    connection: &Connection,
    entity_id: &str,
) -> Option<(String, &'static str)> {
    let guide = state.guides.of(&connection.provider);
    if guide.idp_entity_id != EntityIdSource::Generated {
        return None;
    }
    let is_ours = entity_id == connection.idp_entity_id(state.config.public_url.as_str());
    let (key, class) = if is_ours { ("matches", "ok-t") } else { ("differs", "") };
    Some((state.locale.text(&format!("console.connections.{key}")).to_owned(), class))
}

/// A certificate, and where it is in its life.
pub(super) fn certificate(
    state: &State,
    base: Option<&str>,
    known: &ProviderCertificate,
    now: Time,
) -> CertificateLine {
    let (word, _) = known.standing(now);
    let class = match word {
        ENDED => " bad",
        "active" => " ok",
        _ => "",
    };
    let label = state.locale.text(&format!("console.certificate.{word}")).to_owned();
    CertificateLine {
        subject: known.certificate.subject().to_owned(),
        key: known.certificate.key_description().to_owned(),
        fingerprint: known.fingerprint.clone(),
        until: listing::day(known.not_after),
        badge: Badge { class, label },
        remove: base
            .filter(|_| known.is_trusted())
            .map(|base| format!("{base}/certificates/{}/remove", known.fingerprint)),
    }
}
