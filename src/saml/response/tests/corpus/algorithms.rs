//! Algorithms that are weak, or that make a public key a secret.

use super::*;
use Cause::{SignatureInvalid, SignatureWeak};
use openssl::hash::MessageDigest;
use openssl::pkey::PKey;

const FAMILY: &str = "algorithms";
const RSA_SHA256: &str = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256";
const SHA256: &str = "http://www.w3.org/2001/04/xmlenc#sha256";

fn edited(edits: &[(&str, &str)]) -> String {
    Signing { edits, ..Signing::default() }.sign(&plain(), "_assertion")
}

/// Signed with a secret that everybody has: the provider's certificate or public key.
fn hmac(secret: &[u8], uri: &str, digest: MessageDigest) -> String {
    let xml = edited(&[(RSA_SHA256, uri)]);
    let document = Document::parse(&xml).unwrap();
    let signed_info =
        document.descendants().find(|node| xml::is(*node, ns::SIGNATURE, "SignedInfo")).unwrap();
    let octets = xml::canonical(signed_info, None, &Method::Exclusive(Vec::new()));
    let key = PKey::hmac(secret).unwrap();
    let mut signer = openssl::sign::Signer::new(digest, &key).unwrap();
    let value = STANDARD.encode(signer.sign_oneshot_to_vec(octets.as_bytes()).unwrap());
    let old = cut(&xml, "<ds:SignatureValue>", "</ds:SignatureValue>");
    xml.replace(old, &format!("<ds:SignatureValue>{value}</ds:SignatureValue>"))
}

pub(super) fn messages() -> Vec<Message> {
    let mut messages = confused();
    messages.extend(weak());
    messages
}

fn confused() -> Vec<Message> {
    let it = |name, tries, xml| hostile(FAMILY, name, SignatureWeak, tries, xml);
    let pair = testing::rsa();
    let hmac_256 = "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256";
    let hmac_1 = "http://www.w3.org/2000/09/xmldsig#hmac-sha1";
    let (sha1, sha256) = (MessageDigest::sha1(), MessageDigest::sha256());
    let public_pem = pair.key.public_key_to_pem().unwrap();
    let public_der = pair.key.public_key_to_der().unwrap();
    vec![
        it("hmac with the certificate", "HMAC-SHA256 with the certificate's PEM as the secret.", {
            hmac(pair.pem().as_bytes(), hmac_256, sha256)
        }),
        it(
            "hmac with the certificate's der",
            "HMAC-SHA256 with the certificate's DER as the secret.",
            hmac(pair.certificate.der(), hmac_256, sha256),
        ),
        it("hmac with the public key", "HMAC-SHA256 with the public key's PEM as the secret.", {
            hmac(&public_pem, hmac_256, sha256)
        }),
        it(
            "hmac sha1 with the public key",
            "HMAC-SHA1 with the public key's DER as the secret.",
            hmac(&public_der, hmac_1, sha1),
        ),
        it(
            "hmac with a zero",
            "HMAC-SHA256 with a secret of one zero.",
            hmac(&[0], hmac_256, sha256),
        ),
        hostile(
            FAMILY,
            "hmac cut short",
            SignatureInvalid,
            "HMAC of which eight bits are to be compared.",
            {
                let method = format!("<ds:SignatureMethod Algorithm=\"{RSA_SHA256}\"/>");
                let short = format!(
                    "<ds:SignatureMethod Algorithm=\"{hmac_1}\"><ds:HMACOutputLength>8</ds:HMACOutputLength></ds:SignatureMethod>"
                );
                edited(&[(&method, &short)])
            },
        ),
        hostile(
            FAMILY,
            "ecdsa with rsa",
            SignatureInvalid,
            "ECDSA is named, and the key is RSA.",
            edited(&[(RSA_SHA256, "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256")]),
        ),
        hostile(
            FAMILY,
            "rsa with a curve",
            SignatureInvalid,
            "RSA is named, and the key is of a curve.",
            {
                let ecdsa = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256";
                let edits = &[(ecdsa, RSA_SHA256)];
                Signing { pair: testing::ec(), edits, ..Signing::default() }
                    .sign(&plain(), "_assertion")
            },
        )
        .with(|setting| setting.keys = vec!["p256", "rsa"])
        .random(),
        hostile(
            FAMILY,
            "another hash",
            SignatureInvalid,
            "SHA-512 is named, and the key signed with SHA-256.",
            edited(&[(RSA_SHA256, "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512")]),
        ),
        hostile(
            FAMILY,
            "another digest",
            SignatureInvalid,
            "SHA-512 is named for the digest, which is of SHA-256.",
            edited(&[(SHA256, "http://www.w3.org/2001/04/xmlenc#sha512")]),
        ),
    ]
}

fn weak() -> Vec<Message> {
    let it = |name, tries, xml| hostile(FAMILY, name, SignatureWeak, tries, xml);
    let method = |uri: &str| edited(&[(RSA_SHA256, uri)]);
    let digest = |uri: &str| edited(&[(SHA256, uri)]);
    vec![
        it("sha1", "Signed with SHA-1.", {
            Signing { digest: Digest::Sha1, ..Signing::default() }.sign(&plain(), "_assertion")
        }),
        it("sha1 of the digest", "Only the digest is SHA-1.", {
            let digest_method = Some(Digest::Sha1);
            Signing { digest_method, ..Signing::default() }.sign(&plain(), "_assertion")
        }),
        it("sha1 of the signature", "Only the signature is with SHA-1.", {
            let signing = Signing {
                digest: Digest::Sha1,
                digest_method: Some(Digest::Sha256),
                ..Signing::default()
            };
            signing.sign(&plain(), "_assertion")
        }),
        it(
            "sha1 of the response",
            "The response is signed with SHA-1, the assertion with SHA-256.",
            {
                Signing { digest: Digest::Sha1, ..Signing::default() }
                    .sign(&sign(&plain()), "_response")
            },
        ),
        it("md5", "RSA with MD5.", method("http://www.w3.org/2001/04/xmldsig-more#rsa-md5")),
        it(
            "ripemd",
            "RSA with RIPEMD-160.",
            method("http://www.w3.org/2001/04/xmldsig-more#rsa-ripemd160"),
        ),
        it("dsa", "DSA with SHA-1.", method("http://www.w3.org/2000/09/xmldsig#dsa-sha1")),
        it("pss", "RSA-PSS, which is not in the profile.", {
            method("http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1")
        }),
        it("none", "A signature method called none.", method("none")),
        it("no method", "The signature method is empty.", method("")),
        it("digest as method", "A digest method is named as signature method.", method(SHA256)),
        it(
            "other case",
            "The signature method differs in case.",
            method(&RSA_SHA256.to_uppercase()),
        ),
        it(
            "trailing space",
            "The signature method ends with a space.",
            method(&format!("{RSA_SHA256} ")),
        ),
        it(
            "digest md5",
            "The digest is MD5.",
            digest("http://www.w3.org/2001/04/xmldsig-more#md5"),
        ),
        it("digest none", "The digest method is empty.", digest("")),
        it("digest unknown", "The digest method is none that anybody knows.", digest("urn:x")),
    ]
}
