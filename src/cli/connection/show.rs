//! How a connection and what it gives to its provider are shown.

use crate::cli::failure::Result;
use crate::cli::output::{cell, pad, yes};
use crate::cli::shell::Shell;
use crate::clock::Time;
use crate::guides::{Kind, Value, Values};
use crate::oidc::provider::SCOPES;
use crate::saml::certificate::Certificate;
use crate::store::connections::openid::KnownClient;
use crate::store::connections::{self, Connection, ConnectionState, Known, Protocol};
use crate::store::refreshes::Alert;
use crate::views::badge;
use crate::views::connection::ConnectionView;

/// Shows a connection, and what comes next.
pub(super) fn connection(shell: &Shell, row: Connection) -> Result {
    let (public_url, now) = (shell.public_url()?, shell.now());
    let known = shell.read(|db| connections::known(db, row, now))?;
    let next = next(&known, now);
    let fields = fields(&known, public_url, now);
    shell.out.object(&ConnectionView::new(known, public_url, now), &fields)?;
    if let Some(next) = next {
        shell.out.note(format!("Next: {next}"));
    }
    Ok(())
}

fn fields(all: &Known, public_url: &str, now: Time) -> Vec<(&'static str, String)> {
    let Known { connection: row, certificates, refresh, client, .. } = all;
    if row.protocol == Protocol::Oidc {
        return openid_fields(row, client.as_ref(), public_url);
    }
    let known = row.identity_provider.as_ref();
    let mut fields = vec![
        ("id", row.id.to_string()),
        ("organization_id", row.organization_id.to_string()),
        ("name", row.name.clone()),
        ("provider", row.provider.clone()),
        ("state", row.state.to_string()),
        ("tested", yes(row.tested())),
        ("sp_entity_id", row.entity_id(public_url)),
        ("acs_url", row.acs(public_url)),
        ("slo_url", row.slo(public_url)),
        ("login_url", row.login_url(public_url)),
        ("idp_entity_id", cell(known.map(|known| known.entity_id.as_str()))),
        ("metadata_url", cell(row.metadata_url.as_ref())),
        ("metadata_at", cell(row.metadata_at)),
    ];
    for endpoint in known.iter().flat_map(|known| &known.sign_on) {
        fields.push(("sign_on", format!("{} ({:?})", endpoint.location, endpoint.binding)));
    }
    for endpoint in known.iter().flat_map(|known| &known.logout) {
        fields.push(("logout", format!("{} ({:?})", endpoint.location, endpoint.binding)));
    }
    for known in certificates {
        let (state, since) = known.standing(now);
        let line = format!(
            "{} since {}, from {}: {}",
            state,
            since,
            known.source,
            described(&known.certificate)
        );
        fields.push(("certificate", line));
    }
    let badges: Vec<&str> = badge::of(all, now).into_iter().map(badge::Badge::as_str).collect();
    fields.push(("attention", badges.join(", ")));
    fields.push(("metadata_read_at", cell(refresh.as_ref().and_then(|row| row.fetched_at))));
    fields.push(("metadata_due_at", cell(refresh.as_ref().map(|row| row.next_try_at))));
    fields.push(("metadata_fault", cell(refresh.as_ref().and_then(|row| row.fault.as_ref()))));
    for alert in refresh.iter().flat_map(|refresh| refresh.alerts(row, now)) {
        fields.push(("alert", differences(&alert).join(" ")));
    }
    fields
}

fn openid_fields(
    row: &Connection,
    client: Option<&KnownClient>,
    public_url: &str,
) -> Vec<(&'static str, String)> {
    let known = row.openid_provider.as_deref();
    let keys: Vec<&str> = client.iter().flat_map(|client| client.keys.keys.names()).collect();
    vec![
        ("id", row.id.to_string()),
        ("organization_id", row.organization_id.to_string()),
        ("name", row.name.clone()),
        ("provider", row.provider.clone()),
        ("protocol", row.protocol.to_string()),
        ("state", row.state.to_string()),
        ("tested", yes(row.tested())),
        ("redirect_url", row.redirect_uri(public_url)),
        ("login_url", row.login_url(public_url)),
        ("jwks_url", row.jwks_url(public_url)),
        ("issuer", cell(known.map(|known| known.issuer.as_str()))),
        ("discovery_url", cell(known.map(|known| known.discovery_url.as_str()))),
        ("client_id", cell(known.map(|known| known.client_id.as_str()))),
        ("auth_method", cell(known.map(|known| known.auth_method))),
        ("client_secret", yes(client.is_some_and(|client| client.has_secret))),
        ("scopes", known.map(|known| known.scopes.join(" ")).unwrap_or_default()),
        ("keys", keys.join(", ")),
        ("keys_read_at", cell(client.and_then(|client| client.keys.read_at))),
    ]
}

/// The command that tells a draft who its provider is.
pub(super) fn give_provider(row: &Connection) -> String {
    let flags = match row.protocol {
        Protocol::Saml => "--metadata-url URL",
        Protocol::Oidc => "--issuer URL --client-id ID --client-secret-file FILE",
    };
    format!("vestibule connection refresh {} {flags}", row.id)
}

/// An alert in lines: what is the matter, and what was and would be.
pub(super) fn differences(alert: &Alert) -> Vec<String> {
    let parts = alert.differences.iter().map(|part| {
        format!("{}: was {}; is {}.", part.field, part.was.join(", "), part.is.join(", "))
    });
    let head = format!("{} since {}: {}", alert.code, alert.since, alert.detail);
    std::iter::once(head).chain(parts).collect()
}

/// A certificate in one line.
pub(in crate::cli) fn described(certificate: &Certificate) -> String {
    format!(
        "{}, {}, until {}, SHA-256 {}",
        certificate.subject(),
        certificate.key_description(),
        certificate.not_after(),
        certificate.fingerprint()
    )
}

fn next(known: &Known, now: Time) -> Option<String> {
    let (row, id) = (&known.connection, &known.connection.id);
    let mut alerts = known.refresh.iter().flat_map(|refresh| refresh.alerts(row, now));
    if alerts.any(|alert| alert.change.is_some()) {
        return Some(format!("vestibule connection accept {id}"));
    }
    match row.state {
        ConnectionState::Draft => Some(give_provider(row)),
        ConnectionState::Testing if row.tested() => {
            Some(format!("vestibule connection activate {id}"))
        }
        ConnectionState::Testing => Some(format!("vestibule connection test {id}")),
        ConnectionState::Disabled => Some(format!("vestibule connection activate {id}")),
        ConnectionState::Active | ConnectionState::Deleted => None,
    }
}

/// Prints what to enter in the provider's console, in its own words and order.
pub(super) fn values(shell: &Shell, row: &Connection) -> Result {
    let (guides, locale, public_url) = (shell.guides()?, shell.locale()?, shell.public_url()?);
    let guide = guides.of(&row.provider);
    if row.protocol == Protocol::Oidc {
        return openid_values(shell, &guide.name, row, public_url);
    }
    let (entity_id, acs, login_url) =
        (row.entity_id(public_url), row.acs(public_url), row.login_url(public_url));
    let (slo, metadata_url) = (row.slo(public_url), row.sp_metadata_url(public_url));
    let known = row.identity_provider.as_ref().map(|known| known.entity_id.clone());
    let generated = row.idp_entity_id(public_url);
    let values = Values {
        idp_entity_id: Some(known.as_deref().unwrap_or(&generated)),
        sp_entity_id: &entity_id,
        sp_metadata_url: &metadata_url,
        acs: &acs,
        slo: &slo,
        login_url: &login_url,
        app: None,
    };
    let path = guide.path(&locale, &guide.place, &values);
    let place: Vec<&str> =
        std::iter::once(guide.name.as_str()).chain(path.iter().map(String::as_str)).collect();
    shell.out.note(format!("Enter these in {}:", place.join(" › ")));
    let attributes = guide.attributes.iter().map(|attribute| Value {
        kind: Kind::Add,
        label: format!("Attribute {}", attribute.name),
        value: attribute.source.clone(),
        alternatives: Vec::new(),
        may_differ: attribute.may_differ,
    });
    let all: Vec<Value> = guide.fill(&locale, &values).into_iter().chain(attributes).collect();
    entries(shell, &all)?;
    let logout = guide.fill_logout(&locale, &values);
    if !logout.is_empty() && !shell.out.is_json() {
        shell.out.note("For single logout, if you want it:");
        entries(shell, &logout)?;
    }
    let assign = guide.path(&locale, &guide.assign, &values).join(" › ");
    if !assign.is_empty() {
        shell.out.note(format!("Give it to people in: {assign}"));
    }
    let source = &guide.metadata;
    let from = guide.path(&locale, &source.path, &values).join(" › ");
    let not = match source.not_this.as_slice() {
        [] => String::new(),
        others => format!(" (not {})", others.join(", ")),
    };
    shell.out.note(format!("Then take the metadata with {}{not}, at {from}.", source.button));
    if let Some(said) = guide.compared(&locale) {
        shell.out.note(said);
    }
    Ok(())
}

/// What a console of OpenID Connect asks for, in the words of the standard.
fn openid_values(shell: &Shell, provider: &str, row: &Connection, public_url: &str) -> Result {
    shell.out.note(format!("Enter these in {provider}:"));
    let value = |label: &str, value: String| Value {
        kind: Kind::Paste,
        label: label.to_owned(),
        value,
        alternatives: Vec::new(),
        may_differ: false,
    };
    let all = [
        value("Redirect URI", row.redirect_uri(public_url)),
        value("Login URL", row.login_url(public_url)),
        value("Grant type", "authorization_code".to_owned()),
        value("Scopes", SCOPES.join(" ")),
        value("JWKS URL (for private_key_jwt)", row.jwks_url(public_url)),
    ];
    entries(shell, &all)?;
    shell.out.note("Then take the issuer, the client ID and the client secret.");
    Ok(())
}

fn entries(shell: &Shell, entries: &[Value]) -> Result {
    let width = entries.iter().map(|entry| entry.label.chars().count()).max().unwrap_or(0);
    let is_table = shell.out.format == crate::cli::output::Format::Table;
    for entry in entries {
        if is_table {
            shell.out.line(format!("  {}  {}", pad(&entry.label, width), entry.value))?;
        } else {
            shell.out.fields(&[(entry.label.as_str(), entry.value.clone())])?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::saml::testing as saml_testing;
    use crate::store::testing;

    #[test]
    fn a_certificate_that_has_ended_is_not_shown_as_active() {
        let store = testing::store();
        let row = testing::active(&store, "JumpCloud", None);
        let known = store.read_now(|db| connections::known(db, row, saml_testing::now())).unwrap();
        let certificate = known.certificates.first().unwrap();
        assert_eq!(certificate.standing(saml_testing::now()).0, "active");
        let end = certificate.not_after;
        assert_eq!(certificate.standing(end.plus(chrono::TimeDelta::days(1))), ("ended", end));
    }
}
