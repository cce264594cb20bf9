//! Keys, certificates and other programs for the tests of this room.

pub(crate) mod cost;

use super::certificate::Certificate;
use crate::clock::Time;
use openssl::asn1::Asn1Time;
use openssl::bn::BigNum;
use openssl::hash::MessageDigest;
use openssl::pkey::{PKey, Private};
use openssl::x509::{X509Builder, X509NameBuilder};
use std::process::Command;
use std::sync::LazyLock;

/// What nobody should paste in place of a certificate.
pub(crate) const PRIVATE_KEY: &str =
    "-----BEGIN PRIVATE KEY-----\nMIIkeepme\n-----END PRIVATE KEY-----";

/// 2026-01-31T09:30:00Z.
pub(crate) fn now() -> Time {
    Time::from_unix(1_769_851_800)
}

/// A key with its self-signed certificate, valid from 2025 to 2046.
pub(crate) struct Pair {
    pub(crate) key: PKey<Private>,
    pub(crate) certificate: Certificate,
}

impl Pair {
    pub(crate) fn pem(&self) -> String {
        let lines: Vec<_> = self.certificate.base64().into_bytes();
        let lines: Vec<_> = lines.chunks(64).map(String::from_utf8_lossy).collect();
        format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", lines.join("\n"))
    }
}

macro_rules! pairs {
    ($($(#[doc = $doc:literal])* $name:ident = $file:literal;)*) => {
        $(
            $(#[doc = $doc])*
            pub(crate) fn $name() -> &'static Pair {
                static PAIR: LazyLock<Pair> = LazyLock::new(|| {
                    pair(include_bytes!(concat!("../../tests/data/keys/", $file, ".pem")))
                });
                &PAIR
            }
        )*

        /// The pair that the corpus of messages calls by that name.
        pub(crate) fn named(name: &str) -> &'static Pair {
            match name {
                $($file => $name(),)*
                other => panic!("there is no key {other}"),
            }
        }
    };
}

pairs! {
    /// RSA 2048: the identity provider's.
    rsa = "rsa";
    /// Another RSA 2048: a stranger's, or ours.
    other_rsa = "other_rsa";
    /// Too small to be trusted.
    small_rsa = "rsa_1024";
    /// P-256.
    ec = "p256";
    /// P-384.
    p384 = "p384";
    /// P-521.
    p521 = "p521";
    /// secp256k1, a curve that nobody signs SAML with.
    k256 = "k256";
}

/// A key of `tests/data/keys` in a certificate that is the same in every run: who made it is looked at by nobody, and
/// RSA signs the same octets alike.
fn pair(pem: &[u8]) -> Pair {
    let key = PKey::private_key_from_pem(pem).unwrap();
    let maker = include_bytes!("../../tests/data/keys/rsa.pem");
    let maker = PKey::private_key_from_pem(maker).unwrap();
    let mut name = X509NameBuilder::new().unwrap();
    name.append_entry_by_text("CN", "identity provider of the tests").unwrap();
    let name = name.build();
    let mut builder = X509Builder::new().unwrap();
    builder.set_version(2).unwrap();
    builder.set_serial_number(&BigNum::from_u32(1).unwrap().to_asn1_integer().unwrap()).unwrap();
    builder.set_subject_name(&name).unwrap();
    builder.set_issuer_name(&name).unwrap();
    builder.set_not_before(&Asn1Time::from_unix(1_735_689_600).unwrap()).unwrap();
    builder.set_not_after(&Asn1Time::from_unix(2_398_377_600).unwrap()).unwrap();
    builder.set_pubkey(&key).unwrap();
    builder.sign(&maker, MessageDigest::sha256()).unwrap();
    let certificate = Certificate::from_der(&builder.build().to_der().unwrap()).unwrap();
    Pair { key, certificate }
}

/// The octets that `xmlsec1`, which is not ours, digested for the signature of the element `id_of` after it found that
/// the key of `pair` made the signature; or what it says against that.
pub(crate) fn xmlsec1_verify(xml: &str, id_of: &str, pair: &Pair) -> Result<String, String> {
    Ok(xmlsec1_verify_all(&[xml], id_of, pair)?.remove(0))
}

/// As [`xmlsec1_verify`] for many messages at once, all of which must be right.
pub(crate) fn xmlsec1_verify_all(
    messages: &[&str],
    id_of: &str,
    pair: &Pair,
) -> Result<Vec<String>, String> {
    const BEGIN: &str = "== PreDigest data - start buffer:\n";
    const END: &str = "\n== PreDigest data - end buffer";
    let folder = tempfile::tempdir().unwrap();
    let certificate = folder.path().join("key.pem");
    std::fs::write(&certificate, pair.pem()).unwrap();
    let mut command = Command::new("xmlsec1");
    command
        .arg("--verify")
        .arg("--pubkey-cert-pem")
        .arg(&certificate)
        // Or a key that the message itself brings would do.
        .args(["--enabled-key-data", "key-name", "--store-references"])
        .args(["--id-attr:ID", id_of])
        .args([
            "--node-xpath",
            &format!("//*[local-name()='{id_of}']/*[local-name()='Signature']"),
        ]);
    for (number, xml) in messages.iter().enumerate() {
        let message = folder.path().join(format!("{number}.xml"));
        std::fs::write(&message, xml).unwrap();
        command.arg(message);
    }
    let output = command.output().expect("xmlsec1 is needed by this test");
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    let told = String::from_utf8(output.stdout).unwrap();
    let digested: Vec<_> = told
        .split(BEGIN)
        .skip(1)
        .map(|after| after.split_once(END).unwrap().0.to_owned())
        .collect();
    assert_eq!(digested.len(), messages.len(), "{told}");
    Ok(digested)
}

/// The document with what is encrypted for the key of `pair` opened by `xmlsec1`.
pub(crate) fn xmlsec1_decrypt(xml: &str, pair: &Pair) -> String {
    let folder = tempfile::tempdir().unwrap();
    let (message, key) = (folder.path().join("message.xml"), folder.path().join("key.pem"));
    std::fs::write(&message, xml).unwrap();
    std::fs::write(&key, pair.key.private_key_to_pem_pkcs8().unwrap()).unwrap();
    let output = Command::new("xmlsec1")
        .arg("--decrypt")
        .arg("--privkey-pem")
        .args([&key, &message])
        .output()
        .expect("xmlsec1 is needed by this test");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}
