//! What people give instead of metadata, told by its first bytes.

use super::Fault;
use serde_json::Value;

/// Names what `bytes` are, after they could not be read as XML; `None` if they look like XML.
pub(super) fn other_than_xml(bytes: &[u8]) -> Option<Fault> {
    let start = String::from_utf8_lossy(bytes.get(..bytes.len().min(4096)).unwrap_or_default());
    let start = start.trim_start_matches('\u{feff}').trim_start();
    if start.is_empty() {
        return Some(invalid("This is empty. Metadata is an XML document."));
    }
    if start.starts_with('{') || start.starts_with('[') {
        return Some(json(bytes));
    }
    let folded = start.to_ascii_lowercase();
    if folded.contains("<!doctype html") || folded.contains("<html") {
        return Some(Fault::LoginPage);
    }
    if start.contains("-----BEGIN ") {
        return Some(invalid(
            "This is a certificate or a key, not metadata. Enter it as a single value together with the entity ID \
             and the sign-on address, or use the metadata.",
        ));
    }
    if folded.starts_with("http://") || folded.starts_with("https://") {
        return Some(invalid(
            "This is an address, not metadata. Enter it as the metadata address, so that it is fetched.",
        ));
    }
    (!start.starts_with('<')).then(|| {
        invalid("This is not XML. Metadata is an XML document that begins with <EntityDescriptor.")
    })
}

fn json(bytes: &[u8]) -> Fault {
    let Ok(Value::Object(object)) = serde_json::from_slice(bytes) else {
        return invalid(
            "This is not XML. Metadata is an XML document that begins with <EntityDescriptor.",
        );
    };
    match object.get("issuer").and_then(Value::as_str) {
        Some(issuer)
            if object.contains_key("authorization_endpoint") || object.contains_key("jwks_uri") =>
        {
            Fault::Oidc { issuer: issuer.to_owned() }
        }
        _ => invalid(
            "This is a JSON document. SAML metadata is XML that begins with <EntityDescriptor.",
        ),
    }
}

/// Names another SAML or XML document by its root element.
pub(super) fn other_root(name: &str) -> Fault {
    if name.eq_ignore_ascii_case("html") {
        return Fault::LoginPage;
    }
    invalid(match name {
        "Response" | "Assertion" => {
            "This is a SAML response, a message about one sign-in, not metadata."
        }
        "AuthnRequest" | "LogoutRequest" | "LogoutResponse" => {
            "This is a SAML message of one sign-in or sign-out, not metadata."
        }
        "EntityDescriptor" | "EntitiesDescriptor" => {
            "This looks like metadata, but not in the namespace of SAML 2.0 (urn:oasis:names:tc:SAML:2.0:metadata)."
        }
        "KeyInfo" | "X509Certificate" | "X509Data" => {
            "This is a certificate in XML, a part of metadata. The whole metadata is needed."
        }
        _ => "This is XML, but not SAML metadata, which begins with <EntityDescriptor.",
    })
}

pub(super) fn invalid(detail: &str) -> Fault {
    Fault::Invalid(detail.to_owned())
}
