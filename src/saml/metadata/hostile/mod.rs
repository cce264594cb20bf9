//! Metadata made to harm: kept in `tests/data/metadata/hostile`, or too large for that and made when it is needed.

mod kept;
mod large;

use super::parse;
use crate::clock::Time;
use crate::saml::testing::cost::{Costs, apart};
use crate::saml::testing::{self, now};
use openssl::asn1::Asn1Time;
use openssl::bn::BigNum;
use openssl::hash::MessageDigest;
use openssl::pkey::PKey;
use openssl::rsa::Rsa;
use openssl::x509::X509Builder;
use serde::Serialize;
use std::fs;
use std::path::{Path, PathBuf};

/// One file.
struct File {
    name: &'static str,
    tries: &'static str,
    code: &'static str,
    bytes: Vec<u8>,
}

fn file(
    name: &'static str,
    code: &'static str,
    tries: &'static str,
    bytes: impl Into<Vec<u8>>,
) -> File {
    File { name, tries, code, bytes: bytes.into() }
}

const INVALID: &str = "metadata_invalid";
const NO_CERTIFICATE: &str = "metadata_no_certificate";
const SSO: &str = "<SingleSignOnService Binding=\"urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST\" Location=\"https://idp.example/sso\"/>";

fn key(base64: &str) -> String {
    format!(
        "<KeyDescriptor><KeyInfo xmlns=\"http://www.w3.org/2000/09/xmldsig#\"><X509Data>\
         <X509Certificate>{base64}</X509Certificate></X509Data></KeyInfo></KeyDescriptor>"
    )
}

/// A provider with something in its role and something around that.
fn provider(role: &str, entity: &str) -> String {
    format!(
        "<EntityDescriptor xmlns=\"urn:oasis:names:tc:SAML:2.0:metadata\" entityID=\"https://idp.example/\">{entity}\
         <IDPSSODescriptor protocolSupportEnumeration=\"urn:oasis:names:tc:SAML:2.0:protocol\">{role}</IDPSSODescriptor>\
         </EntityDescriptor>"
    )
}

fn right() -> String {
    provider(&format!("{}{SSO}", key(&testing::rsa().certificate.base64())), "")
}

fn in_list(entities: &str) -> String {
    format!(
        "<EntitiesDescriptor xmlns=\"urn:oasis:names:tc:SAML:2.0:metadata\">{entities}</EntitiesDescriptor>"
    )
}

/// A certificate of the tests' own with any key in it.
fn certificate(serial: u32, key: &PKey<openssl::pkey::Public>) -> String {
    use base64::Engine;
    let mut builder = X509Builder::new().unwrap();
    builder.set_version(2).unwrap();
    builder
        .set_serial_number(&BigNum::from_u32(serial).unwrap().to_asn1_integer().unwrap())
        .unwrap();
    builder.set_not_before(&Asn1Time::from_unix(1_735_689_600).unwrap()).unwrap();
    builder.set_not_after(&Asn1Time::from_unix(2_398_377_600).unwrap()).unwrap();
    builder.set_pubkey(key).unwrap();
    builder.sign(&testing::rsa().key, MessageDigest::sha256()).unwrap();
    base64::engine::general_purpose::STANDARD.encode(builder.build().to_der().unwrap())
}

fn rsa_of(bits: i32) -> PKey<openssl::pkey::Public> {
    let mut n = BigNum::new().unwrap();
    n.set_bit(bits - 1).unwrap();
    n.set_bit(0).unwrap();
    let e = BigNum::from_u32(65_537).unwrap();
    PKey::from_rsa(Rsa::from_public_components(n, e).unwrap()).unwrap()
}

fn code(bytes: &[u8], now: Time) -> &'static str {
    parse(bytes, None, "https://sso.orbit.example/", now)
        .map_or_else(|fault| fault.code(), |_| "accepted")
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/metadata/hostile")
}

#[derive(Serialize)]
struct Row {
    file: String,
    tries: &'static str,
    code: &'static str,
}

#[derive(Serialize)]
struct Manifest {
    hostile: Vec<Row>,
}

fn manifest() -> String {
    let rows = kept::files()
        .iter()
        .map(|it| Row { file: format!("{}.xml", it.name), tries: it.tries, code: it.code })
        .collect();
    let text = toml::to_string(&Manifest { hostile: rows }).unwrap();
    format!("# Made by src/saml/metadata/hostile, not by hand.\n\n{text}")
}

#[test]
fn metadata_made_to_harm_is_refused_with_its_code() {
    assert_eq!(code(right().as_bytes(), now()), "accepted");
    let mut wrong = Vec::new();
    for file in kept::files().iter().chain(&large::files()) {
        let got = code(&file.bytes, now());
        if got != file.code {
            wrong.push(format!("{}: {got}, not {}", file.name, file.code));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn hostile_metadata_is_what_its_generator_makes() {
    for file in kept::files() {
        let bytes = fs::read(folder().join(format!("{}.xml", file.name))).unwrap();
        assert!(bytes == file.bytes, "make it anew: {}", file.name);
    }
    assert_eq!(fs::read_to_string(folder().join("manifest.toml")).unwrap(), manifest());
}

#[test]
#[ignore = "writes hostile metadata into the source tree"]
fn hostile_metadata_is_written_anew() {
    let _ = fs::remove_dir_all(folder());
    fs::create_dir_all(folder()).unwrap();
    for file in kept::files() {
        fs::write(folder().join(format!("{}.xml", file.name)), file.bytes).unwrap();
    }
    fs::write(folder().join("manifest.toml"), manifest()).unwrap();
}

#[test]
fn no_metadata_costs_more_than_it_may_or_ends_the_process() {
    apart("saml::metadata::hostile::what_each_file_costs");
}

#[test]
#[ignore = "run by the test before it, in a process of its own"]
fn what_each_file_costs() {
    let right = right();
    let _ = code(right.as_bytes(), now());
    let mut costs = Costs::default();
    for file in kept::files().into_iter().chain(large::files()) {
        costs.of(file.name.to_owned(), || code(&file.bytes, now()));
    }
    costs.check();
}
