//! The certificates that a message names beside its signatures. Nothing of it is verified: whoever made the message chose them.

use super::decode;
use crate::saml::certificate::Certificate;
use crate::saml::xml::{self, Limits, ns};

/// How many different ones are looked at.
const MOST: usize = 8;

/// Every certificate beside a signature of the message, in its order, each once; none where the message cannot be read.
#[must_use]
pub fn signers(input: &[u8]) -> Vec<Certificate> {
    let limits = Limits::METADATA;
    let Ok((_, bytes)) = decode(input) else { return Vec::new() };
    let Ok(text) = xml::scan(&bytes, &limits) else { return Vec::new() };
    let Ok(document) = xml::parse(text, &limits) else { return Vec::new() };
    let signatures =
        document.descendants().filter(|node| xml::is(*node, ns::SIGNATURE, "Signature"));
    let named = signatures
        .flat_map(|signature| xml::children(signature, ns::SIGNATURE, "KeyInfo"))
        .flat_map(|info| info.descendants())
        .filter(|node| xml::is(*node, ns::SIGNATURE, "X509Certificate"));
    let mut found: Vec<Certificate> = Vec::new();
    for node in named {
        let Ok(one) = Certificate::parse(node.text().unwrap_or_default()) else { continue };
        if found.len() < MOST && !found.contains(&one) {
            found.push(one);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::saml::issue::{Issue, Signed};
    use crate::saml::sign::Signer;
    use crate::saml::testing;

    #[test]
    fn a_message_names_each_certificate_once_and_rubbish_names_none() {
        let pair = testing::rsa();
        let with = |certificate| {
            let signer = Signer::new(&pair.key, certificate);
            let (acs, audience) = ("https://sso.example/acs", "https://sso.example");
            let name = "ada@globex.example";
            let issue =
                Issue::new("JumpCloud", acs, audience, name, testing::now(), signer).unwrap();
            Issue { signed: Signed::Both, ..issue }.base64().unwrap()
        };
        let found = signers(with(Some(&pair.certificate)).as_bytes());
        assert_eq!(found, std::slice::from_ref(&pair.certificate));
        assert_eq!(signers(with(None).as_bytes()), []);
        for rubbish in ["", "x", "<a/>", "<!DOCTYPE a><a/>"] {
            assert_eq!(signers(rubbish.as_bytes()), [], "{rubbish}");
        }
    }
}
