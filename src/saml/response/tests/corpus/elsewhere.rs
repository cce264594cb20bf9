//! The second verifier: whatever is accepted here, `xmlsec1` accepts, and digested the same words.

use super::*;
use crate::saml::testing::{xmlsec1_decrypt, xmlsec1_verify_all};
use std::collections::BTreeMap;

/// What `xmlsec1` 1.2 cannot open: RSA-OAEP with another hash than SHA-1, and what lacks the declarations around it.
const NOT_OPENED: &[&str] = &["oaep sha256", "oaep 11", "oaep 11 sha256", "oaep of 11", "in place"];

#[test]
fn another_program_accepts_every_valid_message_and_digests_the_same_words() {
    let mut jobs = Jobs::default();
    for message in KEPT.iter().filter(|message| message.expected.is_ok()) {
        let bytes = kept::read(&message.file());
        let Ok(identity) = message.outcome_of(&bytes) else { continue };
        let xml = match message.content {
            Content::Xml(_) => String::from_utf8(bytes).unwrap(),
            _ => continue,
        };
        let mut elements = message.signed.to_vec();
        let is_opened = !NOT_OPENED.contains(&message.name);
        let xml = match message.setting.decryption_key {
            // The response was signed as it is; what is inside was signed as it was.
            Some(_) if elements == ["Response"] => xml,
            Some(key) if is_opened => {
                elements.push("Assertion");
                xmlsec1_decrypt(&with_the_key_inside(&xml), testing::named(key))
            }
            _ => xml,
        };
        let is_readable = message.setting.decryption_key.is_none();
        for element in elements {
            let key = signer(&xml, element, &message.setting.keys);
            let said = (is_readable || element == "Assertion").then(|| identity.clone());
            jobs.add(element, key, xml.clone(), said);
        }
    }
    assert!(jobs.run() >= 70);
}

/// With the encrypted key where `xmlsec1` looks for it: in the `KeyInfo` of what it opens.
fn with_the_key_inside(xml: &str) -> String {
    let key = cut(xml, "<xenc:EncryptedKey", "</xenc:EncryptedKey>");
    let last = &xml[xml.rfind("<xenc:EncryptedKey").unwrap()..];
    let last = cut(last, "<xenc:EncryptedKey", "</xenc:EncryptedKey>");
    let inside =
        format!("<ds:KeyInfo xmlns:ds=\"{}\">{last}</ds:KeyInfo><xenc:CipherData>", ns::SIGNATURE);
    let without = xml.replace(last, "").replace(key, "");
    without.replacen("<xenc:CipherData>", &inside, 1)
}

/// Messages by the element and the key of their signature, to be verified together.
#[derive(Default)]
pub(super) struct Jobs(BTreeMap<(&'static str, &'static str), Vec<Job>>);

/// A message, and what it must say.
type Job = (String, Option<Identity>);

impl Jobs {
    pub(super) fn add(
        &mut self,
        element: &'static str,
        key: &'static str,
        xml: String,
        identity: Option<Identity>,
    ) {
        self.0.entry((element, key)).or_default().push((xml, identity));
    }

    /// How many were verified. Panics if one of them is refused or says something else.
    pub(super) fn run(self) -> usize {
        let mut count = 0;
        for ((element, key), messages) in self.0 {
            for some in messages.chunks(100) {
                let texts: Vec<_> = some.iter().map(|(xml, _)| xml.as_str()).collect();
                let pair = testing::named(key);
                let digested = xmlsec1_verify_all(&texts, element, pair).unwrap_or_else(|_| {
                    // Which one it is.
                    let all = texts.iter().map(|xml| {
                        testing::xmlsec1_verify(xml, element, pair)
                            .unwrap_or_else(|error| panic!("{element}: {error}\n{xml}"))
                    });
                    all.collect()
                });
                for ((xml, identity), octets) in some.iter().zip(digested) {
                    if let Some(identity) = identity {
                        assert_eq!(says(&octets), Some(said(identity)), "{xml}");
                    }
                }
                count += some.len();
            }
        }
        count
    }
}

/// The key, of those that the connection knows, whose certificate the signature names; the first if it names none.
pub(super) fn signer(xml: &str, element: &str, keys: &[&'static str]) -> &'static str {
    let document = Document::parse(xml).unwrap();
    let signed = document.descendants().find(|node| node.tag_name().name() == element).unwrap();
    let signature = xml::child(signed, ns::SIGNATURE, "Signature").unwrap();
    let named =
        signature.descendants().find(|node| xml::is(*node, ns::SIGNATURE, "X509Certificate"));
    let Some(named) = named.and_then(xml::text) else { return keys[0] };
    let named: String = named.split_whitespace().collect();
    let is_named = |key: &&&str| testing::named(key).certificate.base64() == named;
    keys.iter().find(is_named).unwrap_or(&keys[0])
}

/// ID, issuer, name ID, session and attributes.
type Said = (String, String, String, Option<String>, Vec<(String, Vec<String>)>);

fn said(identity: &Identity) -> Said {
    let attributes = identity.attributes.iter().map(|it| (it.name.clone(), it.values.clone()));
    (
        identity.assertion_id.clone(),
        identity.issuer.clone(),
        identity.name_id.value.clone(),
        identity.session_index.clone(),
        attributes.collect(),
    )
}

/// The same, read in another way from what the other program digested.
fn says(octets: &str) -> Option<Said> {
    let document = Document::parse(octets).ok()?;
    let mut assertions =
        document.descendants().filter(|node| node.has_tag_name((ns::ASSERTION, "Assertion")));
    let (assertion, None) = (assertions.next()?, assertions.next()) else { return None };
    let text = |name: &str| {
        let node = assertion.descendants().find(|node| node.has_tag_name((ns::ASSERTION, name)))?;
        Some(node.text()?.trim_ascii().to_owned())
    };
    let statement = assertion
        .descendants()
        .find(|node| node.has_tag_name((ns::ASSERTION, "AuthnStatement")))?;
    let mut attributes: Vec<(String, Vec<String>)> = Vec::new();
    for node in
        assertion.descendants().filter(|node| node.has_tag_name((ns::ASSERTION, "Attribute")))
    {
        let name = node.attribute("Name")?.to_owned();
        let values = node.descendants().filter(Node::is_text);
        let values = values.map(|value| value.text().unwrap_or_default().trim_ascii().to_owned());
        let values: Vec<_> = values.filter(|value| !value.is_empty()).collect();
        match attributes.iter_mut().find(|(known, _)| *known == name) {
            Some((_, known)) => known.extend(values),
            None => attributes.push((name, values)),
        }
    }
    Some((
        assertion.attribute("ID")?.to_owned(),
        text("Issuer")?,
        text("NameID")?,
        statement.attribute("SessionIndex").map(str::to_owned),
        attributes,
    ))
}
