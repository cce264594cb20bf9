//! What `SSOReady` answers at `/v1/organizations`, `/v1/saml-connections` and `/v1/scim-directories`, and what its database
//! alone knows of tokens.

use super::read::{At, Directory, Export, Organization, Saml, guide, is_over};
use crate::clock::Time;
use crate::crypto::{self, Maker, TokenHash, foreign_hash};
use crate::error::{Error, Result};
use crate::saml::Binding;
use crate::saml::metadata::IdentityProvider;
use serde_json::Value;
use std::collections::HashMap;
use url::Url;

/// Reads an export: an object with `organizations`, `samlConnections`, `scimDirectories` and, if there is one,
/// `scimTokens`.
pub(super) fn read(value: &Value, now: Time) -> Result<Export> {
    let root = At::root(value);
    if !value.is_object() {
        return Err(root.wrong("an object with organizations, samlConnections and scimDirectories"));
    }
    let mut export = Export::default();
    let mut known = HashMap::<&str, String>::new();
    for at in root.list("organizations")? {
        let id = at.text("id")?;
        let external_id = at.maybe("externalId")?.unwrap_or(id).to_owned();
        let mut domains = Vec::new();
        for domain in at.list("domains")? {
            let text = domain.value.as_str().ok_or_else(|| domain.wrong("a text"))?;
            domains.push(text.to_owned());
        }
        known.insert(id, external_id.clone());
        export.organizations.push(Organization {
            place: at.place.clone(),
            name: at.maybe("displayName")?.unwrap_or(&external_id).to_owned(),
            external_id,
            domains,
        });
    }
    let mut tokens = HashMap::new();
    for at in root.list("scimTokens")? {
        tokens.insert(at.text("scimBaseUrl")?, stored(&at)?);
    }
    let owner = |at: &At<'_>| {
        let id = at.text("organizationId")?;
        known.get(id).cloned().ok_or_else(|| {
            let place = format!("{}/organizationId", at.place);
            let detail =
                format!("Expected is the ID of one of the organizations; received was {id}.");
            Error::invalid(place, "not_found", detail)
        })
    };
    // The first of an organization goes with the first directory.
    let mut connections = root.list("samlConnections")?;
    let mut directories = root.list("scimDirectories")?;
    for all in [&mut connections, &mut directories] {
        all.sort_by_key(|at| at.value.get("primary").and_then(Value::as_bool) != Some(true));
    }
    for at in &connections {
        connection(&mut export, at, owner(at)?, now)?;
    }
    for at in &directories {
        directory(&mut export, at, owner(at)?, &tokens)?;
    }
    let why = "Make it yourself: vestibule application create. Its redirect addresses are in the settings of the environment.";
    export.skipped.push(("application", "the environment's".to_owned(), why.to_owned()));
    Ok(export)
}

fn connection(export: &mut Export, at: &At<'_>, of: String, now: Time) -> Result<()> {
    let (id, acs, sp) = (at.text("id")?, at.text("spAcsUrl")?, at.text("spEntityId")?);
    let mut skip =
        |why: &str| export.skipped.push(("connection", format!("{of} – {id}"), why.to_owned()));
    let (entity_id, url, certificate) =
        (at.maybe("idpEntityId")?, at.maybe("idpRedirectUrl")?, at.maybe("idpCertificate")?);
    let (Some(entity_id), Some(url), Some(certificate)) = (entity_id, url, certificate) else {
        skip("It is not set up there: nothing is known of its provider.");
        return Ok(());
    };
    // SSOReady asks by a form.
    let provider =
        IdentityProvider::from_values(entity_id, url, Binding::Post, &[certificate], now);
    let provider = match provider {
        Ok(provider) => provider,
        Err(error) if is_over(&error) => {
            skip("The certificate of its provider has ended.");
            return Ok(());
        }
        Err(error) => return Err(error.within(&at.place)),
    };
    let host = Url::parse(url).ok().and_then(|url| url.host_str().map(str::to_owned));
    export.connections.push(Saml {
        place: at.place.clone(),
        of,
        group: String::new(),
        name: host.unwrap_or_else(|| id.to_owned()),
        guide: guide(entity_id),
        provider,
        metadata_url: None,
        sp_entity_id: sp.to_owned(),
        acs: acs.to_owned(),
        name_id_format: None,
        force_authn: false,
        is_active: true,
    });
    Ok(())
}

fn directory(
    export: &mut Export,
    at: &At<'_>,
    of: String,
    tokens: &HashMap<&str, (TokenHash, String)>,
) -> Result<()> {
    let (id, address) = (at.text("id")?, at.text("scimBaseUrl")?);
    let token = match at.field("bearerTokenSha256").or_else(|| at.field("bearerToken")) {
        Some(_) => Some(stored(at)?),
        None => tokens.get(address).cloned(),
    };
    export.directories.push(Directory {
        place: at.place.clone(),
        of,
        group: String::new(),
        name: id.to_owned(),
        guide: "generic",
        address: address.to_owned(),
        token,
    });
    Ok(())
}

/// What is stored of a token: its SHA-256 in hexadecimal digits, as the database writes it, or the token itself.
fn stored(at: &At<'_>) -> Result<(TokenHash, String)> {
    let told = "taken over".to_owned();
    if let Some(token) = at.maybe("bearerToken")? {
        let hash = foreign_hash(Maker::SsoReady, token).ok_or_else(|| {
            let detail =
                "Expected is ssoready_scim_bearer_token_ and 25 digits; received was another text.";
            Error::invalid(format!("{}/bearerToken", at.place), "unexpected", detail)
        })?;
        return Ok((hash, told));
    }
    let text = at.text("bearerTokenSha256")?;
    let digits = text.strip_prefix("\\x").unwrap_or(text);
    let digest = digest(digits).ok_or_else(|| {
        let detail = "Expected are 64 hexadecimal digits; received was another text.";
        Error::invalid(format!("{}/bearerTokenSha256", at.place), "unexpected", detail)
    })?;
    Ok((crypto::hash_of(&digest), told))
}

fn digest(digits: &str) -> Option<[u8; 32]> {
    if digits.len() != 64 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let mut digest = [0; 32];
    for (n, byte) in digest.iter_mut().enumerate() {
        let at = n.checked_mul(2)?;
        *byte = u8::from_str_radix(digits.get(at..at.checked_add(2)?)?, 16).ok()?;
    }
    Some(digest)
}
