//! The rules of SAML, each broken alone, and the ways in which others were deceived.

mod accepted;
mod corpus;
mod elsewhere;
mod encrypted;
mod encrypted_parts;
mod hostile;
mod memory;
mod mutants;
mod rules;
mod signatures;

use super::*;
use crate::saml::issue::{Issue, Signed};
use crate::saml::sign::{Digest, Signer};
use crate::saml::testing::{self, Pair};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use openssl::sha;

pub(super) const ACS: &str = "https://sso.orbit.example/saml/con_1/acs";
pub(super) const ENTITY: &str = "https://sso.orbit.example/saml/con_1";
pub(super) const IDP: &str = "https://idp.globex.example/";
pub(super) const ANN: &str = "ann@globex.example";

/// What the connection of these tests expects, with every setting to be changed.
pub(super) struct World {
    pub(super) keys: TrustedKeys,
    pub(super) decryption_keys: Vec<DecryptionKey>,
    pub(super) in_response_to: Option<&'static str>,
    pub(super) allow_sha1: bool,
    pub(super) allow_cbc: bool,
    pub(super) is_cbc_spent: bool,
    pub(super) skew: TimeDelta,
    pub(super) now: Time,
}

impl World {
    pub(super) fn new() -> Self {
        Self {
            keys: TrustedKeys::new(&[testing::rsa().certificate.clone()]),
            decryption_keys: Vec::new(),
            in_response_to: None,
            allow_sha1: false,
            allow_cbc: false,
            is_cbc_spent: false,
            skew: TimeDelta::seconds(60),
            now: testing::now(),
        }
    }

    pub(super) fn trusting(pairs: &[&Pair]) -> Self {
        let certificates: Vec<_> = pairs.iter().map(|pair| pair.certificate.clone()).collect();
        Self { keys: TrustedKeys::new(&certificates), ..Self::new() }
    }

    pub(super) fn verify_field(&self, field: &str) -> Outcome {
        let expected = Expected {
            acs: ACS,
            entity_id: ENTITY,
            idp_entity_id: IDP,
            keys: &self.keys,
            decryption_keys: &self.decryption_keys,
            in_response_to: self.in_response_to,
            allow_sha1: self.allow_sha1,
            allow_cbc: self.allow_cbc,
            is_cbc_spent: self.is_cbc_spent,
            skew: self.skew,
        };
        let outcome = verify(field, &expected, self.now);
        // What every outcome keeps: the failing line is the last, and there is none on success.
        let failed = outcome.checks.iter().filter(|check| !check.passed).count();
        assert_eq!(failed, usize::from(outcome.result.is_err()), "{:#?}", outcome.checks);
        if outcome.result.is_err() {
            assert!(outcome.checks.last().is_some_and(|check| !check.passed));
        }
        outcome
    }

    pub(super) fn verify(&self, xml: &str) -> Outcome {
        self.verify_field(&STANDARD.encode(xml))
    }

    #[track_caller]
    pub(super) fn accepts(&self, xml: &str) -> Identity {
        let outcome = self.verify(xml);
        outcome.result.unwrap_or_else(|rejection| panic!("{rejection:?}\n{xml}"))
    }

    #[track_caller]
    pub(super) fn refuses(&self, xml: &str, cause: Cause) -> Rejection {
        match self.verify(xml).result {
            Ok(identity) => panic!("accepted {identity:?}\n{xml}"),
            Err(rejection) => {
                assert_eq!(rejection.cause, cause, "{}\n{xml}", rejection.detail);
                rejection
            }
        }
    }
}

/// A right response about Ann.
pub(super) fn issue() -> Issue<'static> {
    let pair = testing::rsa();
    let signer = Signer::new(&pair.key, Some(&pair.certificate));
    Issue::new(IDP, ACS, ENTITY, ANN, testing::now(), signer)
        .unwrap()
        .attribute("email", &[ANN])
        .attribute("groups", &["Staff", "Billing \"EU\""])
}

/// The same, not signed, to be changed and then signed by [`sign`].
pub(super) fn plain() -> String {
    let mut issue = issue();
    issue.response_id = "_response".to_owned();
    issue.assertion_id = "_assertion".to_owned();
    issue.session_index = Some("_session".to_owned());
    Issue { signed: Signed::Nothing, ..issue }.xml().unwrap()
}

/// A message that is signed after it was changed in any way, as a provider would sign it.
pub(super) struct Signing<'a> {
    pub(super) pair: &'a Pair,
    pub(super) digest: Digest,
    pub(super) canonical: &'a str,
    pub(super) transform: &'a str,
    /// What the reference says, if not the element's own ID.
    pub(super) uri: Option<&'a str>,
    /// Put into the last transform.
    pub(super) prefixes: &'a str,
    pub(super) key_info: bool,
    /// The hash of the digest, if not that of the signature.
    pub(super) digest_method: Option<Digest>,
    /// What is digested instead of the element.
    pub(super) digest_of: Option<&'a str>,
    /// What the key signs instead of `SignedInfo`.
    pub(super) value_of: Option<&'a str>,
    /// What takes the place of what in the signature before the key signs it.
    pub(super) edits: &'a [(&'a str, &'a str)],
    /// The prefix of XML Signature; empty: none.
    pub(super) prefix: &'a str,
}

impl Default for Signing<'_> {
    fn default() -> Self {
        Self {
            pair: testing::rsa(),
            digest: Digest::Sha256,
            canonical: Method::EXCLUSIVE,
            transform: Method::EXCLUSIVE,
            uri: None,
            prefixes: "",
            key_info: true,
            digest_method: None,
            digest_of: None,
            value_of: None,
            edits: &[],
            prefix: "ds",
        }
    }
}

impl Signing<'_> {
    /// Signs the element `ID="id"` of `xml`: the signature goes behind the element's issuer.
    pub(super) fn sign(&self, xml: &str, id: &str) -> String {
        let document = Document::parse(xml).unwrap();
        let element = document
            .descendants()
            .find(|node| xml::attribute(*node, "ID") == Some(id))
            .expect("an element with that ID");
        let prefixes: Vec<&str> = self.prefixes.split_ascii_whitespace().collect();
        let transform = Method::from_uri(self.transform, prefixes).unwrap();
        let octets = xml::canonical(element, None, &transform);
        let octets = self.digest_of.map_or(octets, str::to_owned);
        let place = xml::child(element, ns::ASSERTION, "Issuer").map_or_else(
            || element.first_child().unwrap().range().start,
            |issuer| issuer.range().end,
        );
        let insert = |signature: &str| format!("{}{signature}{}", &xml[..place], &xml[place..]);
        let unsigned = self.signature(&octets, id, "");
        let with = insert(&unsigned);
        let document = Document::parse(&with).unwrap();
        let node = document.descendants().find(|node| node.range().start == place).unwrap();
        let method = Method::from_uri(self.canonical, Vec::new()).unwrap();
        let signature = xml::child(node, ns::SIGNATURE, "SignedInfo").unwrap();
        let signed_info = xml::canonical(signature, None, &method);
        let signed_info = self.value_of.map_or(signed_info, str::to_owned);
        let signer = Signer { digest: self.digest, ..Signer::new(&self.pair.key, None) };
        let value = STANDARD.encode(signer.sign(signed_info.as_bytes()).unwrap());
        insert(&self.signature(&octets, id, &value))
    }

    fn signature(&self, octets: &str, id: &str, value: &str) -> String {
        let (uri, digest) = digest(self.digest_method.unwrap_or(self.digest), octets.as_bytes());
        let signer = Signer { digest: self.digest, ..Signer::new(&self.pair.key, None) };
        let prefixes = if self.prefixes.is_empty() {
            String::new()
        } else {
            format!(
                "<ec:InclusiveNamespaces xmlns:ec=\"{}\" PrefixList=\"{}\"/>",
                Method::EXCLUSIVE,
                self.prefixes
            )
        };
        let key_info = if self.key_info {
            format!(
                "<ds:KeyInfo><ds:X509Data><ds:X509Certificate>{}</ds:X509Certificate></ds:X509Data></ds:KeyInfo>",
                self.pair.certificate.base64()
            )
        } else {
            String::new()
        };
        let text = format!(
            "<ds:Signature xmlns:ds=\"{}\"><ds:SignedInfo><ds:CanonicalizationMethod Algorithm=\"{}\"/>\
             <ds:SignatureMethod Algorithm=\"{}\"/><ds:Reference URI=\"{}\"><ds:Transforms>\
             <ds:Transform Algorithm=\"http://www.w3.org/2000/09/xmldsig#enveloped-signature\"/>\
             <ds:Transform Algorithm=\"{}\">{prefixes}</ds:Transform></ds:Transforms>\
             <ds:DigestMethod Algorithm=\"{uri}\"/><ds:DigestValue>{}</ds:DigestValue></ds:Reference>\
             </ds:SignedInfo><ds:SignatureValue>{value}</ds:SignatureValue>{key_info}</ds:Signature>",
            ns::SIGNATURE,
            self.canonical,
            signer.algorithm(),
            self.uri.map_or_else(|| format!("#{id}"), str::to_owned),
            self.transform,
            STANDARD.encode(digest),
        );
        let text = self.edits.iter().fold(text, |text, (from, to)| {
            assert!(text.contains(from), "{from} is not in {text}");
            text.replacen(from, to, 1)
        });
        renamed(&text, "ds", self.prefix)
    }
}

/// `xml` with another prefix, or none, where `from` was.
pub(super) fn renamed(xml: &str, from: &str, to: &str) -> String {
    let colon = if to.is_empty() { "" } else { ":" };
    xml.replace(&format!("<{from}:"), &format!("<{to}{colon}"))
        .replace(&format!("</{from}:"), &format!("</{to}{colon}"))
        .replace(&format!("xmlns:{from}="), &format!("xmlns{colon}{to}="))
}

fn digest(method: Digest, octets: &[u8]) -> (&'static str, Vec<u8>) {
    match method {
        Digest::Sha1 => ("http://www.w3.org/2000/09/xmldsig#sha1", sha::sha1(octets).to_vec()),
        Digest::Sha256 => ("http://www.w3.org/2001/04/xmlenc#sha256", sha::sha256(octets).to_vec()),
        Digest::Sha384 => {
            ("http://www.w3.org/2001/04/xmldsig-more#sha384", sha::sha384(octets).to_vec())
        }
        Digest::Sha512 => ("http://www.w3.org/2001/04/xmlenc#sha512", sha::sha512(octets).to_vec()),
    }
}

/// Signs the assertion as most providers do.
pub(super) fn sign(xml: &str) -> String {
    Signing::default().sign(xml, "_assertion")
}

/// A right response in which `from` is `to` before it is signed. `from` must be there.
pub(super) fn changed(from: &str, to: &str) -> String {
    let plain = plain();
    assert!(plain.contains(from), "{from} is not in {plain}");
    sign(&plain.replace(from, to))
}

/// The part of `xml` from `begin` to the end of `end`.
pub(super) fn cut<'a>(xml: &'a str, begin: &str, end: &str) -> &'a str {
    let from = xml.find(begin).unwrap();
    let to = from + xml[from..].find(end).unwrap() + end.len();
    &xml[from..to]
}
