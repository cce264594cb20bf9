//! Key pairs: make, read, write, sign, verify, and certify by themselves.

use super::internal;
use super::secret::Secret;
use crate::clock::Time;
use crate::error::{Error, Result};
use chrono::TimeDelta;
use openssl::asn1::Asn1Time;
use openssl::bn::{BigNum, BigNumContext};
use openssl::ec::{EcGroup, EcKey, EcPoint, PointConversionForm};
use openssl::ecdsa::EcdsaSig;
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{HasPublic, Id, PKey, PKeyRef, Private, Public};
use openssl::rsa::Rsa;
use openssl::sign::{Signer, Verifier};
use openssl::x509::extension::{BasicConstraints, KeyUsage, SubjectKeyIdentifier};
use openssl::x509::{X509, X509Name};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// How a key signs (RFC 7518 section 3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub enum Algorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    #[default]
    #[serde(rename = "RS256")]
    Rs256,
    /// ECDSA on P-256 with SHA-256; the signature is r and s, 32 bytes each.
    #[serde(rename = "ES256")]
    Es256,
}

impl Algorithm {
    /// The name in JOSE headers.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Es256 => "ES256",
        }
    }
}

impl FromStr for Algorithm {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        [Self::Rs256, Self::Es256].into_iter().find(|it| it.name() == name).ok_or_else(|| {
            Error::invalid("", "algorithm_unknown", "An algorithm is RS256 or ES256.")
        })
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A private key, parsed once and ready to sign. It prints as `[secret]`.
#[derive(Clone)]
pub struct PrivateKey {
    key: PKey<Private>,
    algorithm: Algorithm,
}

/// A public key, parsed once and ready to verify.
#[derive(Debug, Clone)]
pub struct PublicKey {
    key: PKey<Public>,
    algorithm: Algorithm,
}

impl PrivateKey {
    /// Makes a new key: RSA with 2048 bits, or EC on P-256.
    pub fn generate(algorithm: Algorithm) -> Result<Self> {
        let key = match algorithm {
            Algorithm::Rs256 => Rsa::generate(2048).and_then(PKey::from_rsa),
            Algorithm::Es256 => {
                p256().and_then(|group| EcKey::generate(&group)).and_then(PKey::from_ec_key)
            }
        };
        Ok(Self { key: key.map_err(internal)?, algorithm })
    }

    /// Reads a PEM without passphrase: PKCS#8, PKCS#1 or SEC 1.
    pub fn from_pem(pem: &str) -> Result<Self> {
        // An empty answer to the question for a passphrase: by default OpenSSL would ask on the terminal.
        let key = PKey::private_key_from_pem_callback(pem.as_bytes(), |_| Ok(0))
            .map_err(|_| unusable("This is not a private key in PEM form without a passphrase."))?;
        Ok(Self { algorithm: algorithm_of(&key)?, key })
    }

    /// Reads DER: PKCS#8, PKCS#1 or SEC 1.
    pub fn from_der(der: &[u8]) -> Result<Self> {
        let key = PKey::private_key_from_der(der)
            .map_err(|_| unusable("This is not a private key in DER form."))?;
        Ok(Self { algorithm: algorithm_of(&key)?, key })
    }

    /// The key as PKCS#8 PEM.
    pub fn to_pem(&self) -> Result<Secret> {
        let pem = self.key.private_key_to_pem_pkcs8().map_err(internal)?;
        String::from_utf8(pem).map(Secret::from).map_err(|error| Error::Internal(error.into()))
    }

    /// How this key signs.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The public half.
    pub fn public(&self) -> Result<PublicKey> {
        let key = self
            .key
            .public_key_to_der()
            .and_then(|der| PKey::public_key_from_der(&der))
            .map_err(internal)?;
        Ok(PublicKey { key, algorithm: self.algorithm })
    }

    /// Signs in the form of JOSE: for ES256 r and s in 32 bytes each (RFC 7518 section 3.4).
    pub fn sign(&self, data: &[u8]) -> Result<Vec<u8>> {
        let signature = Signer::new(MessageDigest::sha256(), &self.key)
            .and_then(|mut signer| signer.sign_oneshot_to_vec(data))
            .map_err(internal)?;
        match self.algorithm {
            Algorithm::Rs256 => Ok(signature),
            Algorithm::Es256 => fixed_length(&signature).map_err(internal),
        }
    }

    /// A certificate of this key by this key, for SAML metadata: it carries the key and vouches for nothing.
    pub fn self_signed(&self, common_name: &str, years: u16, now: Time) -> Result<String> {
        let certificate = self.certificate(common_name, years, now).map_err(internal)?;
        String::from_utf8(certificate).map_err(|error| Error::Internal(error.into()))
    }

    /// The key as OpenSSL knows it, for decryption and XML signatures.
    #[must_use]
    pub fn as_openssl(&self) -> &PKeyRef<Private> {
        &self.key
    }

    fn certificate(&self, name: &str, years: u16, now: Time) -> Result<Vec<u8>, ErrorStack> {
        // X.520 allows 64 characters.
        let name: String = name.chars().take(64).collect();
        let mut subject = X509Name::builder()?;
        subject.append_entry_by_nid(Nid::COMMONNAME, &name)?;
        let subject = subject.build();
        let mut serial = super::random::<16>();
        // RFC 5280 section 4.1.2.2: positive, so the first bit is clear, and not zero.
        if let Some(first) = serial.first_mut() {
            *first = *first & 0x7f | 0x40;
        }
        let serial = BigNum::from_slice(&serial)?.to_asn1_integer()?;
        // A day before now, for providers whose clock is behind.
        let from = Asn1Time::from_unix(now.minus(TimeDelta::days(1)).unix())?;
        let until = now.plus(TimeDelta::days(i64::from(years) * 365)).unix();
        let until = Asn1Time::from_unix(until)?;

        let mut builder = X509::builder()?;
        builder.set_version(2)?;
        builder.set_serial_number(&serial)?;
        builder.set_subject_name(&subject)?;
        builder.set_issuer_name(&subject)?;
        builder.set_pubkey(&self.key)?;
        builder.set_not_before(&from)?;
        builder.set_not_after(&until)?;
        builder.append_extension(BasicConstraints::new().critical().build()?)?;
        let mut usage = KeyUsage::new();
        usage.critical().digital_signature();
        if self.algorithm == Algorithm::Rs256 {
            usage.key_encipherment();
        }
        builder.append_extension(usage.build()?)?;
        let key_id = SubjectKeyIdentifier::new().build(&builder.x509v3_context(None, None))?;
        builder.append_extension(key_id)?;
        builder.sign(&self.key, MessageDigest::sha256())?;
        builder.build().to_pem()
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} [secret]", self.algorithm)
    }
}

impl PublicKey {
    /// Reads a `SubjectPublicKeyInfo` PEM.
    pub fn from_pem(pem: &str) -> Result<Self> {
        let key = PKey::public_key_from_pem(pem.as_bytes())
            .map_err(|_| unusable("This is not a public key in PEM form."))?;
        Ok(Self { algorithm: algorithm_of(&key)?, key })
    }

    /// An RSA key from modulus and exponent, big-endian (RFC 7518 section 6.3.1).
    pub fn from_rsa(n: &[u8], e: &[u8]) -> Result<Self> {
        let key = (|| {
            let rsa = Rsa::from_public_components(BigNum::from_slice(n)?, BigNum::from_slice(e)?)?;
            PKey::from_rsa(rsa)
        })();
        let key = key.map_err(|_: ErrorStack| unusable("This is not an RSA key."))?;
        Ok(Self { algorithm: algorithm_of(&key)?, key })
    }

    /// A P-256 key from its point's coordinates, 32 bytes each (RFC 7518 section 6.2.1).
    pub fn from_p256(x: &[u8], y: &[u8]) -> Result<Self> {
        Self::from_p256_point(&[&[4], x, y].concat())
    }

    /// A P-256 key from its point in uncompressed form (SEC 1 section 2.3.3).
    pub fn from_p256_point(point: &[u8]) -> Result<Self> {
        let key = (|| {
            let (group, mut context) = (p256()?, BigNumContext::new()?);
            let point = EcPoint::from_bytes(&group, point, &mut context)?;
            let key = EcKey::from_public_key(&group, &point)?;
            // A point off the curve is a known way to learn private keys.
            key.check_key()?;
            PKey::from_ec_key(key)
        })();
        let key = key.map_err(|_: ErrorStack| unusable("This is not a point on P-256."))?;
        Ok(Self { key, algorithm: Algorithm::Es256 })
    }

    /// How signatures of this key are verified.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// Whether `signature`, in the form of JOSE, is this key's over `data`.
    #[must_use]
    pub fn verify(&self, data: &[u8], signature: &[u8]) -> bool {
        let verified: Result<bool, ErrorStack> = (|| {
            let der;
            let signature = match self.algorithm {
                Algorithm::Rs256 => signature,
                Algorithm::Es256 => {
                    let (r, s) = match signature.split_at_checked(32) {
                        Some((r, s)) if s.len() == 32 => (r, s),
                        _ => return Ok(false),
                    };
                    let (r, s) = (BigNum::from_slice(r)?, BigNum::from_slice(s)?);
                    der = EcdsaSig::from_private_components(r, s)?.to_der()?;
                    &der
                }
            };
            Verifier::new(MessageDigest::sha256(), &self.key)?.verify_oneshot(signature, data)
        })();
        // An error of OpenSSL here means a signature that has not even the right shape.
        verified.unwrap_or(false)
    }

    /// Modulus and exponent of an RSA key, big-endian.
    #[must_use]
    pub fn rsa(&self) -> Option<(Vec<u8>, Vec<u8>)> {
        self.key.rsa().ok().map(|rsa| (rsa.n().to_vec(), rsa.e().to_vec()))
    }

    /// Coordinates of a P-256 key, 32 bytes each.
    #[must_use]
    pub fn p256(&self) -> Option<(Vec<u8>, Vec<u8>)> {
        let key = self.key.ec_key().ok()?;
        let mut context = BigNumContext::new().ok()?;
        let form = PointConversionForm::UNCOMPRESSED;
        let point = key.public_key().to_bytes(key.group(), form, &mut context).ok()?;
        let (x, y) = point.get(1..)?.split_at_checked(32)?;
        Some((x.to_vec(), y.to_vec()))
    }
}

fn p256() -> Result<EcGroup, ErrorStack> {
    EcGroup::from_curve_name(Nid::X9_62_PRIME256V1)
}

/// Refuses keys that are too weak, or of a kind that nothing here uses.
fn algorithm_of<T: HasPublic>(key: &PKeyRef<T>) -> Result<Algorithm> {
    match key.id() {
        Id::RSA if (2048..=8192).contains(&key.bits()) => Ok(Algorithm::Rs256),
        Id::EC => match key.ec_key().map(|key| key.group().curve_name()) {
            Ok(Some(Nid::X9_62_PRIME256V1)) => Ok(Algorithm::Es256),
            _ => Err(unusable("An EC key must be on the curve P-256.")),
        },
        Id::RSA => Err(unusable("An RSA key must have 2048 to 8192 bits.")),
        _ => Err(unusable("A key must be RSA, or EC on the curve P-256.")),
    }
}

/// From DER to r and s, 32 bytes each.
fn fixed_length(der: &[u8]) -> Result<Vec<u8>, ErrorStack> {
    let signature = EcdsaSig::from_der(der)?;
    let (mut r, s) = (signature.r().to_vec_padded(32)?, signature.s().to_vec_padded(32)?);
    r.extend_from_slice(&s);
    Ok(r)
}

fn unusable(why: &str) -> Error {
    Error::invalid("", "key_unusable", why)
}

#[cfg(test)]
mod tests;
