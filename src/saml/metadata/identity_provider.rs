//! A provider's metadata, read by what is needed and not by the order of a schema.

use super::times::{date_time, duration};
use super::values::{check_address, check_certificates, check_entity_id, shorten};
use super::{Fault, recognize};
use crate::clock::Time;
use crate::saml::Binding;
use crate::saml::certificate::Certificate;
use crate::saml::xml::{self, Limits, ns};
use roxmltree::Node;
use serde::{Deserialize, Serialize};

const SAML_2: &str = "urn:oasis:names:tc:SAML:2.0:protocol";
/// No provider has a quarter of them; each costs its reading.
const MAX_CERTIFICATES: usize = 32;
const MAX_FORMATS: usize = 32;
const BINDINGS_TOLD: usize = 5;
/// What we know of a customer's identity provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdentityProvider {
    /// Any text: some consoles let the admin type it, and two customers may type the same.
    pub entity_id: String,
    /// Where people sign in: one endpoint per binding, at least one.
    pub sign_on: Vec<Endpoint>,
    /// Where people sign out: at most one endpoint per binding.
    #[serde(default)]
    pub logout: Vec<LogoutEndpoint>,
    /// What responses may be signed with, each one, in the order of the file.
    pub certificates: Vec<Certificate>,
    /// The name ID formats that it offers. Unknown ones are kept.
    pub name_id_formats: Vec<String>,
    /// It takes signed requests only.
    pub wants_signed_requests: bool,
    /// The metadata is not to be used after this.
    pub valid_until: Option<Time>,
    /// The metadata is to be fetched again after so many seconds.
    pub cache_duration: Option<u64>,
}

/// A place to send a message to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Endpoint {
    /// How.
    pub binding: Binding,
    /// Where, exactly as the provider wrote it.
    pub location: String,
}

/// A place to send a logout message to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogoutEndpoint {
    /// How.
    pub binding: Binding,
    /// Where requests go.
    pub location: String,
    /// Where answers go, if not to the same place.
    pub response_location: Option<String>,
}

/// Reads an identity provider's metadata (SAML metadata 2.4.3).
///
/// `choose` is the entity ID to take where the file describes several. `ours` is what our own entity IDs begin with,
/// so that our own file is recognised.
pub fn parse(
    bytes: &[u8],
    choose: Option<&str>,
    ours: &str,
    now: Time,
) -> Result<IdentityProvider, Fault> {
    let limits = Limits::METADATA;
    let unreadable = |fault: xml::Fault| {
        recognize::other_than_xml(bytes).unwrap_or_else(|| {
            Fault::Invalid(format!("This is not metadata that can be read. {fault}"))
        })
    };
    let text = xml::scan(bytes, &limits).map_err(unreadable)?;
    let document = xml::parse(text, &limits).map_err(unreadable)?;
    let root = document.root_element();
    let known = ["EntityDescriptor", "EntitiesDescriptor"];
    if !known.iter().any(|name| xml::is(root, ns::METADATA, name)) {
        return Err(recognize::other_root(root.tag_name().name()));
    }
    let (entity, role) = choose_entity(root, choose, ours)?;
    read(entity, role, now)
}

/// The one entity that is an identity provider, and its role; or the one that was chosen.
fn choose_entity<'a, 'input>(
    root: Node<'a, 'input>,
    choose: Option<&str>,
    ours: &str,
) -> Result<(Node<'a, 'input>, Node<'a, 'input>), Fault> {
    let entities: Vec<_> = root
        .descendants()
        .filter(|node| xml::is(*node, ns::METADATA, "EntityDescriptor") && is_listed(*node))
        .collect();
    let mut providers: Vec<_> =
        entities.iter().filter_map(|entity| Some((*entity, role(*entity)?))).collect();
    if let Some(entity_id) = choose
        && let Some(chosen) = providers.iter().find(|(entity, _)| id_of(*entity) == entity_id)
    {
        return Ok(*chosen);
    }
    if providers.len() > 1 {
        let choices = providers.iter().map(|(entity, _)| id_of(*entity).to_owned()).collect();
        return Err(Fault::Multiple(choices));
    }
    providers.pop().ok_or_else(|| no_provider(&entities, ours))
}

/// Whether an entity stands where entities do: alone or in lists, not inside somebody's extensions.
fn is_listed(entity: Node<'_, '_>) -> bool {
    chain(entity).skip(1).all(|node| xml::is(node, ns::METADATA, "EntitiesDescriptor"))
}

/// The SAML 2.0 identity provider role. Roles of other protocols may stand beside it.
fn role<'a, 'input>(entity: Node<'a, 'input>) -> Option<Node<'a, 'input>> {
    xml::children(entity, ns::METADATA, "IDPSSODescriptor").find(|role| {
        xml::attribute(*role, "protocolSupportEnumeration")
            .is_none_or(|protocols| protocols.split_ascii_whitespace().any(|name| name == SAML_2))
    })
}

fn no_provider(entities: &[Node<'_, '_>], ours: &str) -> Fault {
    let has = |name| {
        entities.iter().find(|entity| xml::child(**entity, ns::METADATA, name).is_some()).copied()
    };
    if let Some(entity) = has("SPSSODescriptor") {
        let entity_id = id_of(entity).to_owned();
        let ours = !ours.is_empty() && entity_id.starts_with(ours);
        return Fault::ServiceProvider { entity_id, ours };
    }
    if has("IDPSSODescriptor").is_some() {
        return recognize::invalid(
            "This identity provider offers SAML 1.1 only. SAML 2.0 has to be turned on there.",
        );
    }
    if has("RoleDescriptor").is_some() {
        return recognize::invalid(
            "This metadata describes WS-Federation only. Use the SAML 2.0 metadata of the provider.",
        );
    }
    recognize::invalid(
        "The metadata does not describe an identity provider: it has no IDPSSODescriptor.",
    )
}

fn id_of<'a>(entity: Node<'a, '_>) -> &'a str {
    xml::trim(xml::attribute(entity, "entityID").unwrap_or_default())
}

fn read(entity: Node<'_, '_>, role: Node<'_, '_>, now: Time) -> Result<IdentityProvider, Fault> {
    let valid_until = valid_until(role)?;
    if let Some(until) = valid_until.filter(|until| *until < now) {
        return Err(Fault::Expired(until));
    }
    Ok(IdentityProvider {
        entity_id: check_entity_id(id_of(entity)).map_err(Fault::Invalid)?,
        sign_on: sign_on(role)?,
        logout: logout(role)?,
        certificates: certificates(role, now)?,
        name_id_formats: texts(role, "NameIDFormat"),
        wants_signed_requests: xml::attribute(role, "WantAuthnRequestsSigned")
            .is_some_and(|value| matches!(xml::trim(value), "true" | "1")),
        valid_until,
        cache_duration: chain(role)
            .filter_map(|node| xml::attribute(node, "cacheDuration").and_then(duration))
            .min(),
    })
}

/// The role, its entity and the lists around it: each may limit for how long all of it holds.
fn chain<'a, 'input>(role: Node<'a, 'input>) -> impl Iterator<Item = Node<'a, 'input>> {
    role.ancestors().filter(Node::is_element)
}

fn valid_until(role: Node<'_, '_>) -> Result<Option<Time>, Fault> {
    let mut earliest = None;
    for text in chain(role).filter_map(|node| xml::attribute(node, "validUntil")) {
        let until = date_time(xml::trim(text)).ok_or_else(|| {
            Fault::Invalid(format!(
                "The metadata has a validUntil that is not a date: {}.",
                shorten(text)
            ))
        })?;
        earliest = Some(earliest.map_or(until, |known: Time| known.min(until)));
    }
    Ok(earliest)
}

fn sign_on(role: Node<'_, '_>) -> Result<Vec<Endpoint>, Fault> {
    let mut endpoints: Vec<Endpoint> = Vec::new();
    let mut others = Vec::new();
    for node in xml::children(role, ns::METADATA, "SingleSignOnService") {
        match binding(node) {
            Ok(binding) if endpoints.iter().any(|known| known.binding == binding) => {}
            Ok(binding) => {
                endpoints.push(Endpoint { binding, location: location(node, "Location")? });
            }
            Err(other) if others.len() < BINDINGS_TOLD => others.push(other),
            Err(_) => {}
        }
    }
    if !endpoints.is_empty() {
        return Ok(endpoints);
    }
    let came = if others.is_empty() { "none at all".to_owned() } else { others.join(", ") };
    Err(Fault::Invalid(format!(
        "The metadata has no sign-on address that a browser can use (HTTP-Redirect or HTTP-POST); it has {came}."
    )))
}

fn logout(role: Node<'_, '_>) -> Result<Vec<LogoutEndpoint>, Fault> {
    let mut endpoints: Vec<LogoutEndpoint> = Vec::new();
    for node in xml::children(role, ns::METADATA, "SingleLogoutService") {
        let Ok(binding) = binding(node) else { continue };
        if endpoints.iter().any(|known| known.binding == binding) {
            continue;
        }
        let response_location = match xml::attribute(node, "ResponseLocation") {
            Some(text) if !xml::trim(text).is_empty() => Some(location(node, "ResponseLocation")?),
            _ => None,
        };
        let location = location(node, "Location")?;
        endpoints.push(LogoutEndpoint { binding, location, response_location });
    }
    Ok(endpoints)
}

/// The binding, or the name of one that is no browser's.
fn binding(node: Node<'_, '_>) -> Result<Binding, String> {
    let urn = xml::trim(xml::attribute(node, "Binding").unwrap_or_default());
    Binding::from_urn(urn).ok_or_else(|| shorten(urn.rsplit(':').next().unwrap_or_default()))
}

fn location(node: Node<'_, '_>, attribute: &str) -> Result<String, Fault> {
    let text = xml::trim(xml::attribute(node, attribute).unwrap_or_default());
    check_address(text).map_err(|why| {
        Fault::Invalid(format!(
            "The {attribute} of {} in the metadata is not usable: {why}",
            node.tag_name().name()
        ))
    })
}

fn certificates(role: Node<'_, '_>, now: Time) -> Result<Vec<Certificate>, Fault> {
    let mut found: Vec<Certificate> = Vec::new();
    let mut refused = Vec::new();
    let mut count = 0;
    for descriptor in xml::children(role, ns::METADATA, "KeyDescriptor") {
        if !matches!(xml::attribute(descriptor, "use").map(xml::trim), None | Some("signing")) {
            continue;
        }
        let texts: Vec<_> = descriptor
            .descendants()
            .filter(|node| xml::is(*node, ns::SIGNATURE, "X509Certificate"))
            .collect();
        if texts.is_empty() {
            refused.push(
                "a key without a certificate (KeyValue or KeyName); certificates are needed."
                    .to_owned(),
            );
        }
        count += texts.len().max(1);
        if count > MAX_CERTIFICATES {
            return Err(Fault::Invalid(format!(
                "The metadata has more than {MAX_CERTIFICATES} keys for signing; no provider needs so many."
            )));
        }
        for node in texts {
            match Certificate::parse(&xml::text(node).unwrap_or_default()) {
                Ok(certificate) if found.contains(&certificate) => {}
                Ok(certificate) => match certificate.check_key() {
                    Ok(()) => found.push(certificate),
                    Err(fault) => refused.push(fault.to_string()),
                },
                Err(fault) => refused.push(fault.to_string()),
            }
        }
    }
    check_certificates(&found, &refused, now)?;
    Ok(found)
}

fn texts(role: Node<'_, '_>, name: &'static str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for node in xml::children(role, ns::METADATA, name) {
        let text = xml::text(node).unwrap_or_default();
        let text = xml::trim(&text);
        if !text.is_empty() && !found.iter().any(|known| known == text) {
            found.push(text.to_owned());
        }
        if found.len() == MAX_FORMATS {
            break;
        }
    }
    found
}
