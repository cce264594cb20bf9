//! Each connection in use: its certificates, its metadata, its settings.

use super::Finding;
use crate::acts;
use crate::acts::metadata::{Reading, Source};
use crate::acts::openid::Upstream;
use crate::cli::failure::Result;
use crate::cli::serve::affected;
use crate::cli::shell::Shell;
use crate::clock::Time;
use crate::fetch::Fetcher;
use crate::saml::certificate::Certificate;
use crate::saml::metadata::{IdentityProvider, difference};
use crate::store::connections::certificates::{self, ProviderCertificate};
use crate::store::connections::{Connection, ConnectionState};
use chrono::TimeDelta;

/// From when on the end of a certificate is announced.
const EXPIRING: TimeDelta = TimeDelta::days(60);

pub(super) fn look(shell: &Shell) -> Result<Vec<Finding>> {
    let in_use: Vec<Connection> = shell
        .read(affected)?
        .into_iter()
        .filter(|row| matches!(row.state, ConnectionState::Active | ConnectionState::Testing))
        .collect();
    let known = shell.read(|db| certificates::of(db, &in_use))?;
    let (config, now) = (shell.config()?, shell.now());
    let public_url = config.public_url.as_str();
    let mut findings = Vec::new();
    shell.wait(async {
        let (fetcher, upstream) = (acts::fetcher(config)?, acts::upstream(config)?);
        for row in &in_use {
            findings.extend(ends(row, now));
            findings.extend(weak(row));
            let known = known.get(&row.id).map_or(&[][..], Vec::as_slice);
            findings.extend(metadata(row, known, &fetcher, public_url, now).await);
            findings.extend(openid(row, &upstream).await);
        }
        crate::error::Result::<()>::Ok(())
    })??;
    if findings.is_empty() {
        findings.push(Finding::ok("connections", format!("{} in use", in_use.len())));
    }
    Ok(findings)
}

fn ends(row: &Connection, now: Time) -> Option<Finding> {
    const NAME: &str = "certificate";
    let known = row.identity_provider.as_ref()?;
    let end = known.certificates.iter().map(Certificate::not_after).max()?;
    let detail = format!("{} ({}): the last one ends {end}", row.id, row.name);
    let fix = match row.metadata_url {
        Some(_) => {
            format!("Renew it at the provider, then: vestibule connection refresh {}", row.id)
        }
        None => "Renew it at the provider, then give its metadata again".to_owned(),
    };
    if end <= now {
        Some(Finding::failed(NAME, detail, fix))
    } else if end <= now.plus(EXPIRING) {
        Some(Finding::warning(NAME, detail, fix))
    } else {
        Some(Finding::ok(NAME, detail))
    }
}

/// What is accepted although it is weak. The warning stays as long as the switch.
fn weak(row: &Connection) -> Vec<Finding> {
    const NAME: &str = "algorithms";
    let name = format!("{} ({})", row.id, row.name);
    let mut findings = Vec::new();
    if row.settings.allow_sha1 {
        let why = row.settings.sha1_reason.as_deref().unwrap_or("no reason was given");
        findings.push(Finding::warning(
            NAME,
            format!("{name}: signatures with SHA-1 are accepted, which can be forged: {why}"),
            "Let the provider sign with SHA-256, then set allow_sha1 to false",
        ));
    }
    if row.settings.allow_cbc {
        findings.push(Finding::warning(
            NAME,
            format!(
                "{name}: encryption with AES-CBC is accepted, which does not show that nobody changed what was encrypted"
            ),
            "Let the provider encrypt with AES-GCM, then set allow_cbc to false",
        ));
    }
    findings
}

async fn metadata(
    row: &Connection,
    certificates: &[ProviderCertificate],
    fetcher: &Fetcher,
    public_url: &str,
    now: Time,
) -> Option<Finding> {
    const NAME: &str = "metadata";
    let url = row.metadata_url.clone()?;
    let known = row.identity_provider.as_ref()?;
    let choose = Some(known.entity_id.clone());
    let signed_by = row.settings.metadata_keys();
    let reading = Reading { fetcher, public_url, choose, signed_by, now };
    let name = format!("{} ({})", row.id, row.name);
    let refresh = format!("vestibule connection refresh {}", row.id);
    Some(match Source::Url(url).read(&reading).await {
        Ok(found) if is_known(known, certificates, &found) => {
            Finding::ok(NAME, format!("{name}: as it is known here"))
        }
        Ok(found) if found.entity_id != known.entity_id => Finding::failed(
            NAME,
            format!("{name}: it is now of {}", found.entity_id),
            format!("If that is right: {refresh} --accept-new-entity"),
        ),
        Ok(_) => Finding::warning(NAME, format!("{name}: it has changed"), refresh),
        Err(error) => Finding::warning(
            NAME,
            format!("{name}: {error}"),
            "See that it is there, or give a file",
        ),
    })
}

/// A provider that speaks OpenID Connect still says what is known of it, and publishes keys.
async fn openid(row: &Connection, upstream: &Upstream) -> Option<Finding> {
    const NAME: &str = "openid provider";
    let known = row.openid_provider.as_ref()?;
    let name = format!("{} ({})", row.id, row.name);
    let refresh = format!("vestibule connection refresh {}", row.id);
    let found = match upstream.discover(&known.discovery_url, Some(&known.issuer)).await {
        Ok(found) => upstream.keys(&found.document).await.map(|_| found),
        Err(unread) => Err(unread),
    };
    Some(match found {
        Ok(found) if found.document == known.document => {
            Finding::ok(NAME, format!("{name}: as it is known here"))
        }
        Ok(_) => Finding::warning(NAME, format!("{name}: its addresses have changed"), refresh),
        Err(unread) => Finding::warning(NAME, format!("{name}: {unread}"), refresh),
    })
}

/// Whether metadata says nothing new. What is known can be more: a certificate that was added by hand, or that stays
/// until another one has signed. One that a person removed is no news either.
fn is_known(
    known: &IdentityProvider,
    certificates: &[ProviderCertificate],
    found: &IdentityProvider,
) -> bool {
    let same = difference(known, found).iter().all(|part| part.field == "certificates");
    let is_barred = |certificate: &Certificate| {
        certificates.iter().any(|row| row.is_barred && *row.certificate == *certificate)
    };
    let is_old = |one: &Certificate| known.certificates.contains(one) || is_barred(one);
    same && found.certificates.iter().all(is_old)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::saml::testing as saml_testing;
    use crate::store::connections::{self, Settings};
    use crate::store::testing;

    #[test]
    fn what_is_weak_is_warned_of_as_long_as_it_is_accepted() {
        let store = testing::store();
        let row = testing::active(&store, "JumpCloud", None);
        let said = |settings: Settings| {
            let row = Connection { settings: settings.into(), ..row.clone() };
            weak(&row).into_iter().map(|found| found.detail).collect::<Vec<_>>().join("\n")
        };
        assert_eq!(said(Settings::default()), "");
        let cbc = Settings { allow_cbc: true, ..Settings::default() };
        assert!(said(cbc).contains("AES-CBC is accepted"));
        let sha1 = Settings {
            allow_sha1: true,
            sha1_reason: Some("its console offers nothing else".to_owned()),
            ..Settings::default()
        };
        assert!(said(sha1).contains("SHA-1 are accepted, which can be forged: its console"));
    }

    #[test]
    fn a_certificate_that_a_person_removed_is_no_news_in_metadata() {
        let store = testing::store();
        let (kept, removed) = (saml_testing::rsa(), saml_testing::ec());
        let found = IdentityProvider {
            certificates: vec![kept.certificate.clone(), removed.certificate.clone()],
            ..testing::provider("JumpCloud")
        };
        let row = testing::active(&store, "JumpCloud", None);
        let is_known = || {
            let (row, all) = store
                .read_now(|db| {
                    let row = connections::find(db, &row.id)?;
                    Ok((row.clone(), certificates::list(db, &row)?))
                })
                .unwrap();
            is_known(row.identity_provider.as_ref().unwrap(), &all, &found)
        };
        assert!(!is_known());
        store.system(|tx| certificates::add(tx, &row.id, &removed.certificate));
        assert!(is_known());
        let print = removed.certificate.fingerprint();
        store.system(|tx| certificates::remove(tx, &row.id, print));
        assert!(is_known());
    }
}
