//! The algorithms of signatures and digests, and which of them are accepted.

use super::parts::Parts;
use crate::cause::Cause;
use crate::crypto;
use crate::saml::check::Rejection;
use crate::saml::xml;
use openssl::md::{Md, MdRef};
use openssl::pkey::Id;
use openssl::sha;
use roxmltree::Node;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hash {
    Sha1,
    Sha256,
    Sha384,
    Sha512,
}

impl Hash {
    /// The digest methods of XML Signature and XML Encryption with their URIs.
    fn from_uri(uri: &str) -> Option<(Self, &'static str)> {
        Some(match uri {
            "http://www.w3.org/2000/09/xmldsig#sha1" => (Self::Sha1, "SHA-1"),
            "http://www.w3.org/2001/04/xmlenc#sha256" => (Self::Sha256, "SHA-256"),
            "http://www.w3.org/2001/04/xmldsig-more#sha384" => (Self::Sha384, "SHA-384"),
            "http://www.w3.org/2001/04/xmlenc#sha512" => (Self::Sha512, "SHA-512"),
            _ => return None,
        })
    }

    pub(super) fn of(self, octets: &[u8]) -> Vec<u8> {
        match self {
            Self::Sha1 => sha::sha1(octets).to_vec(),
            Self::Sha256 => crypto::sha256(octets).to_vec(),
            Self::Sha384 => sha::sha384(octets).to_vec(),
            Self::Sha512 => sha::sha512(octets).to_vec(),
        }
    }

    pub(super) fn md(self) -> &'static MdRef {
        match self {
            Self::Sha1 => Md::sha1(),
            Self::Sha256 => Md::sha256(),
            Self::Sha384 => Md::sha384(),
            Self::Sha512 => Md::sha512(),
        }
    }
}

/// A signature method: kind of key and hash (RFC 9231, 2.3).
#[derive(Debug, Clone, Copy)]
pub(super) struct Algorithm {
    /// As a person says it.
    pub(super) name: &'static str,
    pub(super) key: Id,
    pub(super) hash: Hash,
}

impl Algorithm {
    fn from_uri(uri: &str) -> Option<Self> {
        let (name, key, hash) = match uri {
            "http://www.w3.org/2000/09/xmldsig#rsa-sha1" => ("RSA-SHA1", Id::RSA, Hash::Sha1),
            "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256" => {
                ("RSA-SHA256", Id::RSA, Hash::Sha256)
            }
            "http://www.w3.org/2001/04/xmldsig-more#rsa-sha384" => {
                ("RSA-SHA384", Id::RSA, Hash::Sha384)
            }
            "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512" => {
                ("RSA-SHA512", Id::RSA, Hash::Sha512)
            }
            "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha1" => {
                ("ECDSA-SHA1", Id::EC, Hash::Sha1)
            }
            "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256" => {
                ("ECDSA-SHA256", Id::EC, Hash::Sha256)
            }
            "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384" => {
                ("ECDSA-SHA384", Id::EC, Hash::Sha384)
            }
            "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha512" => {
                ("ECDSA-SHA512", Id::EC, Hash::Sha512)
            }
            _ => return None,
        };
        Some(Self { name, key, hash })
    }
}

/// The `SignatureMethod`.
pub(super) fn signature_method(
    node: Node<'_, '_>,
    allow_sha1: bool,
) -> Result<Algorithm, Rejection> {
    Parts::of(node)?.end()?;
    of_uri(xml::attribute(node, "Algorithm").unwrap_or_default(), allow_sha1)
}

/// The signature method of that name, if it is accepted.
pub(super) fn of_uri(uri: &str, allow_sha1: bool) -> Result<Algorithm, Rejection> {
    match Algorithm::from_uri(uri) {
        Some(algorithm) if algorithm.hash != Hash::Sha1 || allow_sha1 => Ok(algorithm),
        Some(_) => Err(weak("The message is signed with SHA-1.", uri)),
        None => Err(weak("The message is signed with an algorithm that is not accepted.", uri)),
    }
}

/// The `DigestMethod`, with its name for people.
pub(super) fn digest_method(
    node: Node<'_, '_>,
    allow_sha1: bool,
) -> Result<(Hash, &'static str), Rejection> {
    Parts::of(node)?.end()?;
    let uri = xml::attribute(node, "Algorithm").unwrap_or_default();
    match Hash::from_uri(uri) {
        Some(hash) if hash.0 != Hash::Sha1 || allow_sha1 => Ok(hash),
        Some(_) => Err(weak("The message is digested with SHA-1.", uri)),
        None => Err(weak("The message is digested with an algorithm that is not accepted.", uri)),
    }
}

fn weak(detail: &str, uri: &str) -> Rejection {
    Rejection::new(Cause::SignatureWeak, detail)
        .expected("RSA or ECDSA with SHA-256, SHA-384 or SHA-512")
        .received(uri)
}
