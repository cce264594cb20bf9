//! Certificates of identity providers, and the keys in them that we trust.
//!
//! A certificate is an envelope for a key that an administrator chose to trust: its issuer is not
//! looked at (SAML metadata interoperability profile 2.6.1). Its end is.

mod other;
#[cfg(test)]
mod tests;

use crate::clock::Time;
use base64::Engine;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use base64::engine::{DecodePaddingMode, general_purpose};
use chrono::DateTime;
use openssl::asn1::{Asn1Time, Asn1TimeRef};
use openssl::error::ErrorStack;
use openssl::nid::Nid;
use openssl::pkey::{Id, PKey, PKeyRef, Public};
use openssl::sha;
use openssl::x509::{X509, X509NameRef};
use serde::{Deserialize, Serialize, Serializer};
use std::fmt::{self, Write};
use std::sync::Arc;

/// Base64 as providers write it: with or without padding.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

const RSA_MIN_BITS: u32 = 2048;
const RSA_MAX_BITS: u32 = 16_384;

/// Why a certificate is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CertificateFault {
    /// Neither PEM nor base64.
    #[error("The certificate is not base64 text.")]
    NotBase64,
    /// Base64 of something else.
    #[error("The text is base64, but not of an X.509 certificate.")]
    NotCertificate,
    /// An address in place of what is there.
    #[error(
        "This is an address, not a certificate. A certificate begins with -----BEGIN CERTIFICATE-----. If the address is that of metadata, it is expected as the metadata address."
    )]
    Address,
    /// The whole of a provider's metadata.
    #[error(
        "This is whole metadata, not a certificate. It is expected as the metadata, in place of single values: the certificates are in it."
    )]
    Metadata,
    /// Some other document.
    #[error(
        "This is XML, not a certificate. What stands between <X509Certificate> and </X509Certificate> is expected, or the whole metadata in place of single values."
    )]
    Xml,
    /// What must stay at the provider.
    #[error(
        "This is a private key, not a certificate. A private key is for the identity provider alone: it is not kept here, and should be replaced there, since it has been sent elsewhere. The certificate that goes with it is expected."
    )]
    PrivateKey,
    /// What a certificate is asked for with.
    #[error(
        "This is a certificate signing request, not a certificate. The certificate that was issued for it is expected, which begins with -----BEGIN CERTIFICATE-----."
    )]
    Request,
    /// A key without its envelope.
    #[error(
        "This is a public key alone, not a certificate. The whole certificate is expected, which begins with -----BEGIN CERTIFICATE-----."
    )]
    PublicKey,
    /// Its key is too small or of a kind that SAML signatures here do not use.
    #[error(
        "The certificate's key is {0}; RSA of {RSA_MIN_BITS} bits or more, or the curves P-256, P-384 and P-521 are accepted."
    )]
    Key(String),
}

/// One X.509 certificate, with what people and checks ask of it read once: when it is taken over. What was read
/// is stored with it, since reading it anew would be the dearest step of finding a connection.
#[derive(Clone, Serialize, Deserialize)]
#[serde(try_from = "Stored")]
pub struct Certificate {
    #[serde(serialize_with = "base64_text")]
    der: Vec<u8>,
    subject: String,
    not_before: Time,
    not_after: Time,
    fingerprint: String,
    key: String,
    acceptable: bool,
}

impl Certificate {
    /// Reads PEM, or the base64 of metadata's `X509Certificate` with any white space.
    pub fn parse(text: &str) -> Result<Self, CertificateFault> {
        let body = match text.split_once("-----BEGIN CERTIFICATE-----") {
            Some((_, after)) => after.split("-----END CERTIFICATE-----").next().unwrap_or_default(),
            None => match other::by_text(text) {
                Some(other) => return Err(other),
                None => text,
            },
        };
        let packed: String = body.split_ascii_whitespace().collect();
        let der = LENIENT.decode(packed).map_err(|_| CertificateFault::NotBase64)?;
        Self::read(&der).ok_or_else(|| other::by_octets(&der))
    }

    /// What was pasted as a certificate, for the page that shows it again: nothing of a private key.
    #[must_use]
    pub fn shown_again(text: &str) -> &str {
        match Self::parse(text) {
            Err(CertificateFault::PrivateKey) => "",
            _ => text,
        }
    }

    /// Reads DER.
    pub fn from_der(der: &[u8]) -> Result<Self, CertificateFault> {
        Self::read(der).ok_or(CertificateFault::NotCertificate)
    }

    fn read(der: &[u8]) -> Option<Self> {
        let x509 = X509::from_der(der).ok()?;
        // What follows the certificate is not part of it, and would change the fingerprint.
        let der = x509.to_der().ok()?;
        let key = x509.public_key().ok()?;
        Some(Self {
            subject: name(x509.subject_name()),
            not_before: time(x509.not_before()).ok()?,
            not_after: time(x509.not_after()).ok()?,
            fingerprint: fingerprint(&der),
            acceptable: is_acceptable(&key),
            key: describe(&key),
            der,
        })
    }

    /// The DER octets.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// DER in base64 on one line, as in an `X509Certificate` element.
    #[must_use]
    pub fn base64(&self) -> String {
        general_purpose::STANDARD.encode(&self.der)
    }

    /// Whom it names, as `CN=…, O=…`. Says nothing about who made it.
    #[must_use]
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// When it begins.
    #[must_use]
    pub fn not_before(&self) -> Time {
        self.not_before
    }

    /// The last moment at which it is valid.
    #[must_use]
    pub fn not_after(&self) -> Time {
        self.not_after
    }

    /// Whether it has ended at `now`.
    #[must_use]
    pub fn is_expired(&self, now: Time) -> bool {
        self.not_after < now
    }

    /// SHA-256 of the DER, in lower-case hexadecimal.
    #[must_use]
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// Kind and size of its key: `RSA 2048`, `EC P-256`.
    #[must_use]
    pub fn key_description(&self) -> &str {
        &self.key
    }

    /// Whether its key is one that signatures are accepted from.
    pub fn check_key(&self) -> Result<(), CertificateFault> {
        if self.acceptable { Ok(()) } else { Err(CertificateFault::Key(self.key.clone())) }
    }

    /// Its public key. Costs as much as parsing it: keep the result.
    #[must_use]
    pub fn public_key(&self) -> Option<PKey<Public>> {
        X509::from_der(&self.der).and_then(|x509| x509.public_key()).ok()
    }
}

/// A certificate is its octets: what was read of them may have been told otherwise by an earlier release.
impl PartialEq for Certificate {
    fn eq(&self, other: &Self) -> bool {
        self.der == other.der
    }
}

impl Eq for Certificate {}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Certificate")
            .field("subject", &self.subject)
            .field("fingerprint", &self.fingerprint)
            .finish_non_exhaustive()
    }
}

/// DER as it is stored: base64.
fn base64_text<S: Serializer>(der: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&general_purpose::STANDARD.encode(der))
}

/// A certificate as it is stored; by the first releases as base64 alone.
#[derive(Deserialize)]
#[serde(untagged)]
enum Stored {
    Read {
        der: String,
        subject: String,
        not_before: Time,
        not_after: Time,
        fingerprint: String,
        key: String,
        acceptable: bool,
    },
    Text(String),
}

impl TryFrom<Stored> for Certificate {
    type Error = CertificateFault;

    fn try_from(stored: Stored) -> Result<Self, CertificateFault> {
        match stored {
            Stored::Text(text) => Self::parse(&text),
            Stored::Read { der, subject, not_before, not_after, fingerprint, key, acceptable } => {
                let der = general_purpose::STANDARD.decode(der);
                let der = der.map_err(|_| CertificateFault::NotBase64)?;
                Ok(Self { der, subject, not_before, not_after, fingerprint, key, acceptable })
            }
        }
    }
}

/// A key that signatures are believed from, and the certificate it came in.
#[derive(Debug)]
pub struct TrustedKey {
    /// Where the key came from.
    pub certificate: Certificate,
    /// The key, ready for use.
    pub key: PKey<Public>,
}

/// The keys of one connection, parsed once and shared by every verification.
#[derive(Debug, Clone, Default)]
pub struct TrustedKeys(Arc<[TrustedKey]>);

impl TrustedKeys {
    /// The keys in `certificates`. Those with a key that is not acceptable are left out, as is a
    /// certificate that occurs twice; a connection checks [`Certificate::check_key`] when saved.
    #[must_use]
    pub fn new(certificates: &[Certificate]) -> Self {
        let mut keys: Vec<TrustedKey> = Vec::new();
        for certificate in certificates {
            if keys.iter().any(|key| key.certificate == *certificate) {
                continue;
            }
            // The key itself is looked at, not what was once stored of it.
            if let Some(key) = certificate.public_key().filter(|key| is_acceptable(key)) {
                keys.push(TrustedKey { certificate: certificate.clone(), key });
            }
        }
        Self(keys.into())
    }

    /// Each key, in the order of the certificates.
    pub fn iter(&self) -> std::slice::Iter<'_, TrustedKey> {
        self.0.iter()
    }

    /// Whether nothing could ever be believed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<'a> IntoIterator for &'a TrustedKeys {
    type Item = &'a TrustedKey;
    type IntoIter = std::slice::Iter<'a, TrustedKey>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// RSA from 2048 bits, or one of the three curves of NIST that providers use.
fn is_acceptable(key: &PKeyRef<Public>) -> bool {
    match key.id() {
        // Above the upper bound a verification would cost more than a stranger may cause.
        Id::RSA => (RSA_MIN_BITS..=RSA_MAX_BITS).contains(&key.bits()),
        Id::EC => {
            matches!(curve(key), Some(Nid::X9_62_PRIME256V1 | Nid::SECP384R1 | Nid::SECP521R1))
        }
        _ => false,
    }
}

fn describe(key: &PKeyRef<Public>) -> String {
    match key.id() {
        Id::RSA => format!("RSA {}", key.bits()),
        Id::EC => match curve(key) {
            Some(Nid::X9_62_PRIME256V1) => "EC P-256".to_owned(),
            Some(Nid::SECP384R1) => "EC P-384".to_owned(),
            Some(Nid::SECP521R1) => "EC P-521".to_owned(),
            Some(other) => format!("EC {}", other.short_name().unwrap_or("of an unknown curve")),
            None => "EC of an unnamed curve".to_owned(),
        },
        other => {
            Nid::from_raw(other.as_raw()).long_name().unwrap_or("of an unknown kind").to_owned()
        }
    }
}

fn curve(key: &PKeyRef<Public>) -> Option<Nid> {
    key.ec_key().ok()?.group().curve_name()
}

fn name(name: &X509NameRef) -> String {
    let parts: Vec<String> = name
        .entries()
        .filter_map(|entry| {
            let key = entry.object().nid().short_name().ok()?;
            let value = entry.data().to_string().ok()?;
            Some(format!("{key}={value}"))
        })
        .collect();
    parts.join(", ")
}

fn time(time: &Asn1TimeRef) -> Result<Time, ErrorStack> {
    let epoch = Asn1Time::from_unix(0)?;
    let since = epoch.diff(time)?;
    let seconds = i64::from(since.days) * 86_400 + i64::from(since.secs);
    Ok(Time::from(DateTime::from_timestamp(seconds, 0).unwrap_or(DateTime::UNIX_EPOCH)))
}

/// SHA-256 of a certificate's DER, in lower-case hexadecimal.
pub(crate) fn fingerprint(der: &[u8]) -> String {
    sha::sha256(der).iter().fold(String::with_capacity(64), |mut text, byte| {
        // Writing to a string does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
