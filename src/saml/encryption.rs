//! Opens what is encrypted: an assertion, a name ID, an attribute (XML Encryption 1.1, SAML core 6).
//!
//! Whoever can post to us can ask us to decrypt, so every fault of a key, a tag or a padding has
//! the same answer, and the same work is done before it is given.

use super::check::Rejection;
use super::signature;
use super::xml::{self, ns};
use crate::cause::Cause;
use openssl::error::ErrorStack;
use openssl::md::{Md, MdRef};
use openssl::pkey::{Id, PKey, Private};
use openssl::pkey_ctx::PkeyCtx;
use openssl::rand;
use openssl::rsa::Padding;
use openssl::symm::{self, Cipher, Crypter, Mode};
use roxmltree::Node;
use std::fmt;

/// Each costs an RSA operation with a private key, which a stranger can cause.
const MAX_ATTEMPTS: usize = 8;
const GCM_IV: usize = 12;
const GCM_TAG: usize = 16;
const BLOCK: usize = 16;
const MGF1_SHA1: &str = "http://www.w3.org/2009/xmlenc11#mgf1sha1";
const MGF1_SHA256: &str = "http://www.w3.org/2009/xmlenc11#mgf1sha256";

/// A private key of ours that providers encrypt for. Cheap to clone.
#[derive(Clone)]
pub struct DecryptionKey(PKey<Private>);

impl DecryptionKey {
    /// Takes an RSA key; there is no other kind of key transport here.
    #[must_use]
    pub fn new(key: PKey<Private>) -> Option<Self> {
        (key.id() == Id::RSA).then_some(Self(key))
    }
}

impl fmt::Debug for DecryptionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

/// What was inside.
pub struct Opened {
    /// The octets, of which nothing is known yet.
    pub octets: Vec<u8>,
    /// How it was encrypted, as a person says it: `AES-256-GCM`.
    pub cipher: &'static str,
    /// Whether the cipher itself refuses changed octets. If not, no later fault may be told apart.
    pub is_authenticated: bool,
}

#[derive(Clone, Copy)]
struct Content {
    name: &'static str,
    cipher: fn() -> Cipher,
    is_authenticated: bool,
}

/// Opens `encrypted`, an element around `EncryptedData` such as `EncryptedAssertion`, with one of our `keys`.
pub fn open(
    encrypted: Node<'_, '_>,
    keys: &[DecryptionKey],
    allow_cbc: bool,
) -> Result<Opened, Rejection> {
    let data = xml::child(encrypted, ns::ENCRYPTION, "EncryptedData")
        .ok_or_else(|| unreadable("The encrypted assertion holds no data."))?;
    let content = content(data, allow_cbc)?;
    let sealed =
        cipher_value(data).ok_or_else(|| unreadable("The encrypted assertion holds no data."))?;
    let transports = encrypted
        .descendants()
        .filter(|node| xml::is(*node, ns::ENCRYPTION, "EncryptedKey"))
        .map(Transport::read)
        .collect::<Result<Vec<_>, _>>()?;

    let length = (content.cipher)().key_len();
    let mut opened = transports
        .iter()
        .flat_map(|transport| keys.iter().map(move |key| (transport, key)))
        .take(MAX_ATTEMPTS)
        .find_map(|(transport, key)| transport.unwrap(&key.0).ok())
        .unwrap_or_default();
    if opened.len() != length {
        // A key that nobody has: what follows takes as long and fails as a wrong key would.
        opened = vec![0; length];
        rand::rand_bytes(&mut opened).map_err(|_| wrong())?;
    }
    let octets = if content.is_authenticated {
        open_gcm((content.cipher)(), &opened, &sealed)
    } else {
        open_cbc((content.cipher)(), &opened, &sealed)
    };
    Ok(Opened {
        octets: octets.ok_or_else(wrong)?,
        cipher: content.name,
        is_authenticated: content.is_authenticated,
    })
}

/// Whether `encrypted` is of the ciphers that do not notice changed octets.
#[must_use]
pub fn is_cbc(encrypted: Node<'_, '_>) -> bool {
    let data = xml::child(encrypted, ns::ENCRYPTION, "EncryptedData");
    data.and_then(|data| content(data, true).ok()).is_some_and(|content| !content.is_authenticated)
}

/// The one answer to everything that goes wrong once a key is used.
#[must_use]
pub fn wrong() -> Rejection {
    unreadable(
        "The assertion cannot be opened with our keys, or what is inside is not an assertion \
         signed by the connection's identity provider.",
    )
}

fn content(data: Node<'_, '_>, allow_cbc: bool) -> Result<Content, Rejection> {
    let uri = method(data).unwrap_or_default();
    let (name, cipher, is_authenticated): (_, fn() -> Cipher, _) = match uri {
        "http://www.w3.org/2009/xmlenc11#aes128-gcm" => ("AES-128-GCM", Cipher::aes_128_gcm, true),
        "http://www.w3.org/2009/xmlenc11#aes256-gcm" => ("AES-256-GCM", Cipher::aes_256_gcm, true),
        "http://www.w3.org/2001/04/xmlenc#aes128-cbc" => {
            ("AES-128-CBC", Cipher::aes_128_cbc, false)
        }
        "http://www.w3.org/2001/04/xmlenc#aes256-cbc" => {
            ("AES-256-CBC", Cipher::aes_256_cbc, false)
        }
        other => {
            return Err(unreadable(
                "The assertion is encrypted with a cipher that is not accepted. Set AES-256-GCM \
                 at the identity provider.",
            )
            .expected("AES-128-GCM or AES-256-GCM")
            .received(other));
        }
    };
    if !is_authenticated && !allow_cbc {
        return Err(unreadable(
            "The assertion is encrypted with AES-CBC, which the connection does not accept. Set \
             AES-256-GCM at the identity provider, or accept AES-CBC for this connection.",
        )
        .expected("AES-128-GCM or AES-256-GCM")
        .received(name));
    }
    Ok(Content { name, cipher, is_authenticated })
}

/// One `EncryptedKey`: the content's key, for one of us.
struct Transport {
    digest: &'static MdRef,
    mask: &'static MdRef,
    sealed: Vec<u8>,
}

impl Transport {
    fn read(node: Node<'_, '_>) -> Result<Self, Rejection> {
        let sealed = cipher_value(node)
            .ok_or_else(|| unreadable("The encrypted assertion holds a key without a value."))?;
        let method = xml::child(node, ns::ENCRYPTION, "EncryptionMethod");
        let uri = method.and_then(|method| xml::attribute(method, "Algorithm")).unwrap_or_default();
        let refused = |what: &str| {
            unreadable(
                "The assertion's key is encrypted in a way that is not accepted. Set RSA-OAEP at \
                 the identity provider.",
            )
            .expected("RSA-OAEP")
            .received(what)
        };
        let mask_uri = match uri {
            "http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p" => MGF1_SHA1,
            "http://www.w3.org/2009/xmlenc11#rsa-oaep" => method
                .and_then(|method| xml::child(method, ns::ENCRYPTION_11, "MGF"))
                .map_or(Some(MGF1_SHA1), |mgf| xml::attribute(mgf, "Algorithm"))
                .unwrap_or_default(),
            other => return Err(refused(other)),
        };
        let mask = match mask_uri {
            MGF1_SHA1 => Md::sha1(),
            MGF1_SHA256 => Md::sha256(),
            other => return Err(refused(other)),
        };
        let digest_uri = method
            .and_then(|method| xml::child(method, ns::SIGNATURE, "DigestMethod"))
            .map(|digest| xml::attribute(digest, "Algorithm").unwrap_or_default());
        let digest = match digest_uri {
            None | Some("http://www.w3.org/2000/09/xmldsig#sha1") => Md::sha1(),
            Some("http://www.w3.org/2001/04/xmlenc#sha256") => Md::sha256(),
            Some("http://www.w3.org/2001/04/xmldsig-more#sha384") => Md::sha384(),
            Some("http://www.w3.org/2001/04/xmlenc#sha512") => Md::sha512(),
            Some(other) => return Err(refused(other)),
        };
        Ok(Self { digest, mask, sealed })
    }

    fn unwrap(&self, key: &PKey<Private>) -> Result<Vec<u8>, ErrorStack> {
        let mut context = PkeyCtx::new(key)?;
        context.decrypt_init()?;
        context.set_rsa_padding(Padding::PKCS1_OAEP)?;
        context.set_rsa_oaep_md(self.digest)?;
        context.set_rsa_mgf1_md(self.mask)?;
        let mut opened = Vec::new();
        context.decrypt_to_vec(&self.sealed, &mut opened)?;
        Ok(opened)
    }
}

/// IV, ciphertext, tag (XML Encryption 1.1, 5.2.4).
fn open_gcm(cipher: Cipher, key: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
    let (iv, rest) = sealed.split_at_checked(GCM_IV)?;
    let (text, tag) = rest.split_at_checked(rest.len().checked_sub(GCM_TAG)?)?;
    symm::decrypt_aead(cipher, key, Some(iv), &[], text, tag).ok()
}

/// IV, ciphertext whose last octet tells how many octets of padding there are (5.2.3).
///
/// With a padding that cannot be, the octets are given as they are: they are no XML either.
fn open_cbc(cipher: Cipher, key: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
    let (iv, text) = sealed.split_at_checked(BLOCK)?;
    if text.is_empty() || text.len() % BLOCK != 0 {
        return None;
    }
    let mut crypter = Crypter::new(cipher, Mode::Decrypt, key, Some(iv)).ok()?;
    crypter.pad(false);
    let mut octets = vec![0; text.len() + BLOCK];
    let length = crypter.update(text, &mut octets).ok()?;
    octets.truncate(length);
    let padding = usize::from(octets.last().copied().unwrap_or_default());
    if (1..=BLOCK).contains(&padding) {
        octets.truncate(length.saturating_sub(padding));
    }
    Some(octets)
}

fn method<'a>(node: Node<'a, '_>) -> Option<&'a str> {
    let method = xml::child(node, ns::ENCRYPTION, "EncryptionMethod")?;
    xml::attribute(method, "Algorithm")
}

fn cipher_value(node: Node<'_, '_>) -> Option<Vec<u8>> {
    let data = xml::child(node, ns::ENCRYPTION, "CipherData")?;
    let value = xml::child(data, ns::ENCRYPTION, "CipherValue")?;
    signature::decode(&xml::text(value)?)
}

fn unreadable(detail: &str) -> Rejection {
    Rejection::new(Cause::EncryptedUnreadable, detail)
}
