//! Keys, certificates and other programs for the tests of this room.

use super::certificate::Certificate;
use crate::clock::Time;
use openssl::asn1::Asn1Time;
use openssl::bn::BigNum;
use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;
use openssl::x509::{X509Builder, X509NameBuilder};
use std::process::Command;
use std::sync::LazyLock;

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

/// RSA 2048, the same in every test of a run.
pub(crate) fn rsa() -> &'static Pair {
    static PAIR: LazyLock<Pair> = LazyLock::new(new_rsa);
    &PAIR
}

/// Another RSA 2048.
pub(crate) fn other_rsa() -> &'static Pair {
    static PAIR: LazyLock<Pair> = LazyLock::new(new_rsa);
    &PAIR
}

/// P-256, the same in every test of a run.
pub(crate) fn ec() -> &'static Pair {
    static PAIR: LazyLock<Pair> = LazyLock::new(|| {
        let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
        pair(PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap())
    });
    &PAIR
}

fn new_rsa() -> Pair {
    pair(PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap())
}

fn pair(key: PKey<Private>) -> Pair {
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
    builder.sign(&key, MessageDigest::sha256()).unwrap();
    let certificate = Certificate::from_der(&builder.build().to_der().unwrap()).unwrap();
    Pair { key, certificate }
}

/// What `xmlsec1`, which is not ours, says of the signature over the element `id_of`.
pub(crate) fn xmlsec1_verify(xml: &str, id_of: &str, pair: &Pair) -> Result<(), String> {
    let folder = tempfile::tempdir().unwrap();
    let (message, certificate) = (folder.path().join("message.xml"), folder.path().join("key.pem"));
    std::fs::write(&message, xml).unwrap();
    std::fs::write(&certificate, pair.pem()).unwrap();
    let output = Command::new("xmlsec1")
        .arg("--verify")
        .arg("--pubkey-cert-pem")
        .arg(&certificate)
        .args(["--id-attr:ID", id_of])
        .args(["--node-xpath", &format!("//*[local-name()='{id_of}']/*[local-name()='Signature']")])
        .arg(&message)
        .output()
        .expect("xmlsec1 is needed by this test");
    if output.status.success() {
        return Ok(());
    }
    Err(String::from_utf8_lossy(&output.stderr).into_owned())
}
