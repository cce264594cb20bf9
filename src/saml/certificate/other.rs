//! What people give in place of a certificate, recognised by its content.

use super::CertificateFault;
use openssl::pkey::PKey;
use openssl::x509::X509Req;

/// Names what a text is that has no certificate in PEM; none if it may be the base64 of one.
pub(super) fn by_text(text: &str) -> Option<CertificateFault> {
    let start = text.trim_start_matches('\u{feff}').trim_start();
    let folded = start.get(..8).unwrap_or(start).to_ascii_lowercase();
    if folded.starts_with("http://") || folded.starts_with("https://") {
        return Some(CertificateFault::Address);
    }
    if start.starts_with('<') {
        let is_whole = ["EntityDescriptor", "EntitiesDescriptor"];
        let is_whole = is_whole.iter().any(|name| start.contains(name));
        return Some(if is_whole { CertificateFault::Metadata } else { CertificateFault::Xml });
    }
    // `-----BEGIN RSA PRIVATE KEY-----`, `-----BEGIN NEW CERTIFICATE REQUEST-----` and their like.
    // Several may be there: before a key of `openssl ecparam` stand its parameters.
    let labels = start.split("-----BEGIN ").skip(1).filter_map(|part| part.split_once("-----"));
    let named: Vec<_> = labels.filter_map(|(label, _)| by_label(label)).collect();
    let key = named.iter().find(|fault| **fault == CertificateFault::PrivateKey);
    key.or(named.first()).cloned()
}

/// Names what a block of PEM is that is no certificate.
fn by_label(label: &str) -> Option<CertificateFault> {
    match label {
        _ if label.ends_with("PRIVATE KEY") => Some(CertificateFault::PrivateKey),
        _ if label.ends_with("CERTIFICATE REQUEST") => Some(CertificateFault::Request),
        _ if label.ends_with("PUBLIC KEY") => Some(CertificateFault::PublicKey),
        _ => None,
    }
}

/// Names what octets are that are no certificate.
pub(super) fn by_octets(der: &[u8]) -> CertificateFault {
    if PKey::private_key_from_der(der).is_ok() {
        CertificateFault::PrivateKey
    } else if X509Req::from_der(der).is_ok() {
        CertificateFault::Request
    } else if PKey::public_key_from_der(der).is_ok() {
        CertificateFault::PublicKey
    } else {
        CertificateFault::NotCertificate
    }
}
