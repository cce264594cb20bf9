//! An assertion that only the holder of a certificate can read.

use crate::error::Result;
use crate::saml::certificate::Certificate;
use crate::saml::write::Element;
use anyhow::{Context, anyhow};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use openssl::encrypt::Encrypter;
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::rsa::Padding;
use openssl::symm::{Cipher, encrypt, encrypt_aead};

/// How an assertion is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContentCipher {
    /// Authenticated.
    Aes256Gcm,
    /// Not authenticated: what AD FS sends.
    Aes256Cbc,
}

/// `EncryptedAssertion` for the holder of `certificate` (XML Encryption 1.1; SAML core 2.3.4).
pub(super) fn assertion(
    assertion: &Element,
    certificate: &Certificate,
    cipher: ContentCipher,
) -> Result<Element> {
    element("saml:EncryptedAssertion", assertion, certificate, cipher)
}

/// An element of that name with `inside` encrypted in it.
pub(super) fn element(
    name: &'static str,
    inside: &Element,
    certificate: &Certificate,
    cipher: ContentCipher,
) -> Result<Element> {
    let mut key = [0; 32];
    openssl::rand::rand_bytes(&mut key).context("random bytes")?;
    let plaintext = inside.write();
    let (algorithm, content) = match cipher {
        ContentCipher::Aes256Gcm => {
            ("http://www.w3.org/2009/xmlenc11#aes256-gcm", gcm(&key, plaintext.as_bytes())?)
        }
        ContentCipher::Aes256Cbc => {
            ("http://www.w3.org/2001/04/xmlenc#aes256-cbc", cbc(&key, plaintext.as_bytes())?)
        }
    };
    let method =
        |algorithm: &str| Element::new("xenc:EncryptionMethod").attribute("Algorithm", algorithm);
    let data = |octets: &[u8]| {
        Element::new("xenc:CipherData")
            .child(Element::new("xenc:CipherValue").text(BASE64.encode(octets)))
    };
    let encrypted_key = Element::new("xenc:EncryptedKey")
        .child(
            method("http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p").child(
                Element::new("ds:DigestMethod")
                    .attribute("Algorithm", "http://www.w3.org/2000/09/xmldsig#sha1"),
            ),
        )
        .child(data(&transport(&key, certificate)?));
    Ok(Element::new(name).child(
        Element::new("xenc:EncryptedData")
            .attribute("Type", "http://www.w3.org/2001/04/xmlenc#Element")
            .child(method(algorithm))
            .child(Element::new("ds:KeyInfo").child(encrypted_key))
            .child(data(&content)),
    ))
}

/// Nonce, ciphertext and tag in one (XML Encryption 1.1, 5.2.4).
fn gcm(key: &[u8], plaintext: &[u8]) -> Result<Vec<u8>> {
    let mut nonce = [0; 12];
    let mut tag = [0; 16];
    openssl::rand::rand_bytes(&mut nonce).context("random bytes")?;
    let cipher = Cipher::aes_256_gcm();
    let ciphertext = encrypt_aead(cipher, key, Some(&nonce), &[], plaintext, &mut tag)
        .context("encrypting an assertion")?;
    Ok([&nonce[..], &ciphertext, &tag].concat())
}

/// Initialisation vector and ciphertext in one (XML Encryption 1.1, 5.2.2).
fn cbc(key: &[u8], plaintext: &[u8]) -> Result<Vec<u8>> {
    let mut vector = [0; 16];
    openssl::rand::rand_bytes(&mut vector).context("random bytes")?;
    let ciphertext = encrypt(Cipher::aes_256_cbc(), key, Some(&vector), plaintext)
        .context("encrypting an assertion")?;
    Ok([&vector[..], &ciphertext].concat())
}

/// RSA-OAEP with SHA-1 and MGF1-SHA-1, which every provider sends (XML Encryption 1.1, 5.5.2).
fn transport(key: &[u8], certificate: &Certificate) -> Result<Vec<u8>> {
    let public = certificate.public_key().ok_or_else(|| anyhow!("a certificate without a key"))?;
    let seal = || {
        let mut encrypter = Encrypter::new(&public)?;
        encrypter.set_rsa_padding(Padding::PKCS1_OAEP)?;
        encrypter.set_rsa_oaep_md(MessageDigest::sha1())?;
        encrypter.set_rsa_mgf1_md(MessageDigest::sha1())?;
        let mut sealed = vec![0; encrypter.encrypt_len(key)?];
        let length = encrypter.encrypt(key, &mut sealed)?;
        sealed.truncate(length);
        Ok::<_, ErrorStack>(sealed)
    };
    Ok(seal().context("encrypting a key")?)
}
