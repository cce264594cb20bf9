//! The tricks with a signature over a query, kept as a corpus: `tests/data/logouts/manifest.toml` has each with what it tries and the
//! code with which it is refused. `cargo test --lib -- --ignored the_logout_corpus_is_written_anew` makes it.

use super::hostile::{RSA_SHA256, deflated, good, part, refused, signed};
use super::*;
use crate::cause::Cause;
use serde::Serialize;
use std::fs;
use std::path::{Path, PathBuf};

const HEAD: &str =
    "# Made by src/saml/logout/tests/kept.rs, not by hand, with the keys in ../keys.\n\n";

/// A query, and why it is refused.
#[derive(Serialize)]
struct Row {
    family: &'static str,
    tries: &'static str,
    code: &'static str,
    query: String,
}

#[derive(Serialize)]
struct Manifest {
    hostile: Vec<Row>,
}

/// What each tries, the cause, and the query.
fn tricks() -> Vec<(&'static str, Cause, String)> {
    let query = good();
    let [message, state, algorithm, signature] =
        ["SAMLRequest", "RelayState", "SigAlg", "Signature"].map(|name| part(&query, name));
    let with_state = format!("&RelayState={state}");
    let lower = message.replace("%2B", "%2b").replace("%2F", "%2f").replace("%3D", "%3d");
    let bare = signed(&[("SAMLRequest", message), ("SigAlg", RSA_SHA256)]);
    let evil = deflated(request().write().replace("ann@", "eve@").as_bytes());
    let weak = "http%3A%2F%2Fwww.w3.org%2F2000%2F09%2Fxmldsig%23rsa-sha1";
    let mac = "http%3A%2F%2Fwww.w3.org%2F2001%2F04%2Fxmldsig-more%23hmac-sha256";
    let dtd = deflated(b"<!DOCTYPE a [<!ENTITY b 'c'>]><a/>");
    let cut = |at: &str| query.split_once(at).unwrap().0.to_owned();
    let (invalid, twice) = (Cause::SignatureInvalid, Cause::XmlInvalid);
    vec![
        ("Neither algorithm nor signature.", Cause::SignatureMissing, cut("&SigAlg")),
        ("An algorithm without a signature.", Cause::SignatureMissing, cut("&Signature")),
        ("Another message under the signature.", invalid, query.replace(message, &evil)),
        (
            "The relay state is another.",
            invalid,
            query.replace(&with_state, "&RelayState=elsewhere"),
        ),
        ("The relay state is gone.", invalid, query.replace(&with_state, "")),
        ("The relay state is empty.", invalid, query.replace(&with_state, "&RelayState=")),
        ("A relay state where none was signed.", invalid, format!("{bare}&RelayState=added")),
        ("The relay state is encoded again.", invalid, query.replace(state, "to%20the%20app")),
        ("The message is encoded again.", invalid, query.replace(message, &lower)),
        (
            "The request is called a response.",
            invalid,
            query.replace("SAMLRequest=", "SAMLResponse="),
        ),
        ("Another digest is claimed.", invalid, query.replace("sha256", "sha512")),
        ("SHA-1 is claimed.", Cause::SignatureWeak, query.replace(algorithm, weak)),
        ("A key that both know is claimed.", Cause::SignatureWeak, query.replace(algorithm, mac)),
        ("The signature is three octets.", invalid, query.replace(signature, "AAAA")),
        ("The signature is no base64.", invalid, query.replace(signature, "%00")),
        ("The signature is empty.", invalid, query.replace(signature, "")),
        ("A second message before.", twice, format!("SAMLRequest={evil}&{query}")),
        ("A second message behind.", twice, format!("{query}&SAMLRequest={evil}")),
        ("A second relay state.", twice, format!("{query}&RelayState=elsewhere")),
        ("A second algorithm.", twice, format!("{query}&SigAlg={weak}")),
        ("A second signature.", twice, format!("{query}&Signature=AAAA")),
        ("A request and a response.", twice, format!("{query}&SAMLResponse={evil}")),
        ("A second relay state in escapes.", twice, format!("{query}&%52elayState=elsewhere")),
        ("The name of the algorithm in escapes.", twice, query.replace("SigAlg=", "Sig%41lg=")),
        ("Another encoding is claimed.", twice, format!("{query}&SAMLEncoding=urn:other")),
        (
            "A signed document type.",
            Cause::XmlForbidden,
            signed(&[("SAMLRequest", &dtd), ("SigAlg", RSA_SHA256)]),
        ),
        (
            "Signed rubbish.",
            Cause::XmlInvalid,
            signed(&[("SAMLRequest", "AAAA"), ("SigAlg", RSA_SHA256)]),
        ),
    ]
}

fn manifest() -> String {
    let row = |(tries, cause, query): (&'static str, Cause, String)| Row {
        family: "redirect signature",
        tries,
        code: cause.code(),
        query,
    };
    let rows = Manifest { hostile: tricks().into_iter().map(row).collect() };
    format!("{HEAD}{}", toml::to_string(&rows).unwrap())
}

fn file() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/logouts/manifest.toml")
}

#[test]
fn every_trick_with_a_redirect_signature_is_refused_with_its_code() {
    for (tries, cause, query) in tricks() {
        eprintln!("{tries}");
        refused(&query, cause);
    }
}

#[test]
fn the_logout_corpus_is_what_its_generator_makes() {
    assert_eq!(fs::read_to_string(file()).unwrap(), manifest());
}

#[test]
#[ignore = "writes the corpus into the source tree"]
fn the_logout_corpus_is_written_anew() {
    fs::write(file(), manifest()).unwrap();
}
