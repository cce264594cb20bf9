//! What Polis answers at `/api/v1/sso/product` and `/api/v1/dsync/product`.

use super::read::{At, Directory, Export, Organization, Saml, guide, is_over};
use crate::clock::Time;
use crate::crypto::{Maker, foreign_hash};
use crate::error::{Error, Result};
use crate::saml::Binding;
use crate::saml::metadata::IdentityProvider;
use crate::store::aliases::Address;
use serde_json::Value;
use std::collections::BTreeMap;
use url::Url;

/// By which entity ID Polis is known unless it is set otherwise.
pub(super) const AUDIENCE: &str = "https://saml.boxyhq.com";
const ACS: &str = "/api/oauth/saml";
/// What Polis asks for where nothing else is set.
const EMAIL: &str = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress";

/// Where Polis was, as far as its export does not say so.
pub(super) struct Place<'a> {
    pub(super) external_url: Option<&'a str>,
    pub(super) public_url: &'a str,
    pub(super) audience: &'a str,
}

/// Reads an export: an object with `connections` and `directories`, or a list of connections.
pub(super) fn read(value: &Value, place: &Place<'_>, now: Time) -> Result<Export> {
    let root = At::root(value);
    let (connections, directories) = match value {
        Value::Array(_) => (root.items("connections")?, Vec::new()),
        Value::Object(_) => (root.list("connections")?, root.list("directories")?),
        _ => return Err(root.wrong("an object with connections and directories")),
    };
    let mut export = Export::default();
    let origin = origin(place, &directories)?;
    let mut products = BTreeMap::<String, Vec<String>>::new();
    for at in &connections {
        let product = at.text("product")?;
        let redirects = products.entry(product.to_owned()).or_default();
        redirects.extend(redirect_urls(at)?);
        organization(&mut export, at)?;
        connection(&mut export, at, &origin, place.audience, now)?;
    }
    for at in &directories {
        organization(&mut export, at)?;
        directory(&mut export, at, &origin)?;
    }
    for (product, mut urls) in products {
        urls.sort();
        urls.dedup();
        let why = format!(
            "Make it yourself: vestibule application create. Redirect addresses there: {}.",
            urls.join(" ")
        );
        export.skipped.push(("application", product, why));
    }
    Ok(export)
}

fn origin(place: &Place<'_>, directories: &[At<'_>]) -> Result<String> {
    if let Some(url) = place.external_url {
        let is_one = |read: &Url| {
            matches!(read.scheme(), "https" | "http") && read.has_host() && read.path() == "/"
        };
        let read = Url::parse(url).ok().filter(is_one).ok_or_else(|| {
            let detail =
                "The address at which Polis answers is needed, as in https://polis.example.com.";
            Error::invalid("/external_url", "invalid", detail)
        })?;
        return Ok(read.origin().ascii_serialization());
    }
    for at in directories {
        if let Some(scim) = at.field("scim")
            && let Some(endpoint) = scim.maybe("endpoint")?
        {
            let address = Address::parse(endpoint)
                .map_err(|error| error.within(&format!("{}/endpoint", scim.place)))?;
            return Ok(address.origin);
        }
    }
    Ok(place.public_url.to_owned())
}

fn redirect_urls(at: &At<'_>) -> Result<Vec<String>> {
    let mut urls: Vec<String> =
        at.maybe("defaultRedirectUrl")?.map(str::to_owned).into_iter().collect();
    match at.field("redirectUrl") {
        Some(field) if field.value.is_array() => {
            for item in field.items("redirectUrl")? {
                urls.push(item.value.as_str().ok_or_else(|| item.wrong("a text"))?.to_owned());
            }
        }
        _ => urls.extend(at.maybe("redirectUrl")?.map(str::to_owned)),
    }
    Ok(urls)
}

fn organization(export: &mut Export, at: &At<'_>) -> Result<()> {
    let tenant = at.text("tenant")?;
    if !export.organizations.iter().any(|known| known.external_id == tenant) {
        export.organizations.push(Organization {
            place: format!("{}/tenant", at.place),
            external_id: tenant.to_owned(),
            name: tenant.to_owned(),
            domains: Vec::new(),
        });
    }
    Ok(())
}

fn connection(
    export: &mut Export,
    at: &At<'_>,
    origin: &str,
    audience: &str,
    now: Time,
) -> Result<()> {
    let (tenant, product) = (at.text("tenant")?, at.text("product")?);
    let named = [at.maybe("name")?, at.maybe("label")?].into_iter().flatten().next();
    let mut skip = |name: &str, why: &str| {
        export.skipped.push(("connection", format!("{tenant} – {name}"), why.to_owned()));
    };
    if at.field("oidcProvider").is_some() {
        skip(
            named.unwrap_or(product),
            "It speaks OpenID Connect, and its provider has to be told another redirect address: vestibule connection create --issuer.",
        );
        return Ok(());
    }
    let idp = at.field("idpMetadata").ok_or_else(|| at.missing("idpMetadata", "an object"))?;
    let entity_id = idp.text("entityID")?;
    let name = match named {
        Some(name) => name,
        None => idp.maybe("friendlyProviderName")?.or(idp.maybe("provider")?).unwrap_or(product),
    };
    let Some(key) = idp.maybe("publicKey")? else {
        skip(
            name,
            "The export has no certificate of its provider, only what it was recognised by.",
        );
        return Ok(());
    };
    let acs = match at.maybe("acsUrlOverride")? {
        Some(own) => own.to_owned(),
        None => format!("{origin}{ACS}"),
    };
    if Address::parse(&acs).is_err() {
        skip(
            name,
            &format!("Its provider posts to {acs}, which is no address of Polis that can be kept."),
        );
        return Ok(());
    }
    let provider = match provider(&idp, entity_id, key, now) {
        Ok(provider) => provider,
        Err(error) if is_over(&error) => {
            skip(name, "The certificate of its provider has ended.");
            return Ok(());
        }
        Err(error) => return Err(error.within(&idp.place)),
    };
    export.connections.push(Saml {
        place: at.place.clone(),
        of: tenant.to_owned(),
        group: product.to_owned(),
        name: name.to_owned(),
        guide: guide(entity_id),
        provider,
        metadata_url: at.maybe("metadataUrl")?.map(str::to_owned),
        sp_entity_id: at.maybe("samlAudienceOverride")?.unwrap_or(audience).to_owned(),
        acs,
        name_id_format: Some(at.maybe("identifierFormat")?.unwrap_or(EMAIL).to_owned()),
        force_authn: at.flag("forceAuthn")?,
        is_active: !at.flag("deactivated")?,
    });
    Ok(())
}

fn provider(idp: &At<'_>, entity_id: &str, key: &str, now: Time) -> Result<IdentityProvider> {
    let sso = idp.field("sso").ok_or_else(|| idp.missing("sso", "an object"))?;
    let certificates: Vec<&str> =
        key.split(',').map(str::trim).filter(|it| !it.is_empty()).collect();
    let mut all: Option<IdentityProvider> = None;
    for (name, binding) in [("redirectUrl", Binding::Redirect), ("postUrl", Binding::Post)] {
        let Some(url) = sso.maybe(name)? else { continue };
        let one = IdentityProvider::from_values(entity_id, url, binding, &certificates, now)?;
        match &mut all {
            None => all = Some(one),
            Some(all) => all.sign_on.extend(one.sign_on),
        }
    }
    all.ok_or_else(|| {
        Error::invalid(
            "/sso",
            "required",
            "Expected is redirectUrl or postUrl; received was neither.",
        )
    })
}

fn directory(export: &mut Export, at: &At<'_>, origin: &str) -> Result<()> {
    let (tenant, product) = (at.text("tenant")?, at.text("product")?);
    let (name, kind) = (at.text("name")?, at.maybe("type")?.unwrap_or_default());
    let mut skip = |why: &str| {
        export.skipped.push(("directory", format!("{tenant} – {name}"), why.to_owned()));
    };
    let scim = at.field("scim").ok_or_else(|| at.missing("scim", "an object"))?;
    let address = match (scim.maybe("endpoint")?, scim.maybe("path")?) {
        _ if kind == "google" => None,
        (Some(endpoint), _) => Some(endpoint.to_owned()),
        (None, path) => path.map(|path| format!("{origin}{path}")),
    };
    let Some(address) = address else {
        skip("Polis asks it by itself; it does not push by SCIM.");
        return Ok(());
    };
    if at.flag("deactivated")? {
        skip("It is off there.");
        return Ok(());
    }
    let secret = scim.text("secret")?;
    let hash = foreign_hash(Maker::Polis, secret).ok_or_else(|| {
        // What is secret is not told.
        let detail = "Expected is a secret of 20 to 200 signs; received was another text.";
        Error::invalid(format!("{}/secret", scim.place), "unexpected", detail)
    })?;
    let last: String = secret.chars().skip(secret.chars().count().saturating_sub(4)).collect();
    let guide = match kind {
        "azure-scim-v2" => "entra",
        "onelogin-scim-v2" => "onelogin",
        "okta-scim-v2" => "okta",
        "jumpcloud-scim-v2" => "jumpcloud",
        _ => "generic",
    };
    export.directories.push(Directory {
        place: at.place.clone(),
        of: tenant.to_owned(),
        group: product.to_owned(),
        name: name.to_owned(),
        guide,
        address,
        token: Some((hash, format!("…{last}"))),
    });
    Ok(())
}
