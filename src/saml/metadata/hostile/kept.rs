//! Files that are kept.

use super::*;

#[expect(clippy::too_many_lines, reason = "a table of messages")]
pub(super) fn files() -> Vec<File> {
    let right = right();
    let typed = |declared: &str| format!("<!DOCTYPE EntityDescriptor [{declared}]>{right}");
    let used = |declared: &str| typed(declared).replace("https://idp.example/\"", "&a;\"");
    let line = |n: u32| format!("<!ENTITY e{} \"{}\">", n + 1, format!("&e{n};").repeat(10));
    let laughs = (0..9).map(line).collect::<Vec<_>>().concat();
    let at = |location: &str| right.replace("https://idp.example/sso", location);
    let with_key = |base64: &str| provider(&format!("{}{SSO}", key(base64)), "");
    let own = testing::rsa().certificate.base64();
    let wide: Vec<u8> =
        format!("\u{feff}{right}").encode_utf16().flat_map(u16::to_le_bytes).collect();
    vec![
        file("document_type", INVALID, "A document type.", typed("")),
        file(
            "entity",
            INVALID,
            "An entity is the entity ID.",
            used("<!ENTITY a \"https://evil.example/\">"),
        ),
        file(
            "file_entity",
            INVALID,
            "An entity is a file of ours.",
            used("<!ENTITY a SYSTEM \"file:///etc/passwd\">"),
        ),
        file(
            "fetched_entity",
            INVALID,
            "An entity is to be fetched.",
            used("<!ENTITY a SYSTEM \"http://169.254.169.254/\">"),
        ),
        file(
            "laughs",
            INVALID,
            "Entities of entities.",
            typed(&format!("<!ENTITY e0 \"lol\">{laughs}"))
                .replace("https://idp.example/\"", "&e9;\""),
        ),
        file(
            "parameter_entity",
            INVALID,
            "A parameter entity is to be fetched.",
            typed("<!ENTITY % a SYSTEM \"http://evil.example/\">%a;"),
        ),
        file(
            "outer_type",
            INVALID,
            "The document type is to be fetched.",
            format!("<!DOCTYPE r SYSTEM \"http://evil.example/r.dtd\">{right}"),
        ),
        file("utf_16", INVALID, "UTF-16.", wide),
        file(
            "utf_7",
            INVALID,
            "UTF-7 is declared.",
            format!("<?xml version=\"1.0\" encoding=\"UTF-7\"?>{right}"),
        ),
        file(
            "nul",
            INVALID,
            "A NUL in the entity ID.",
            right.replace("idp.example/\"", "idp.example/\0\""),
        ),
        file("two_roots", INVALID, "Two descriptors in one file.", right.repeat(2)),
        file("half", INVALID, "Half a file.", right[..right.len() / 2].to_owned()),
        file("script", INVALID, "The sign-on address is a script.", at("javascript:alert(1)")),
        file("data", INVALID, "The sign-on address is a page of its own.", at("data:text/html,x")),
        file(
            "line_feed",
            INVALID,
            "The sign-on address would break a header.",
            at("https://idp.example/&#13;&#10;Set-Cookie:a=b"),
        ),
        file(
            "quote",
            INVALID,
            "The sign-on address would end an attribute.",
            at("https://idp.example/&quot;onclick=&quot;"),
        ),
        file(
            "password",
            INVALID,
            "The sign-on address has a password.",
            at("https://a:b@idp.example/"),
        ),
        file("hidden", INVALID, "The provider stands in Extensions.", {
            format!(
                "<EntityDescriptor xmlns=\"urn:oasis:names:tc:SAML:2.0:metadata\" entityID=\"a\"><Extensions>{right}</Extensions></EntityDescriptor>"
            )
        }),
        file(
            "other_namespace",
            INVALID,
            "The role is of another namespace.",
            right.replace("<IDPSSODescriptor", "<IDPSSODescriptor xmlns=\"urn:x\""),
        ),
        file(
            "two_providers",
            "metadata_multiple",
            "A second provider with the same entity ID.",
            in_list(&right.repeat(2)),
        ),
        file(
            "ended",
            "metadata_expired",
            "The file has ended.",
            right.replace("entityID=", "validUntil=\"2026-01-31T09:29:59Z\" entityID="),
        ),
        file(
            "no_key",
            NO_CERTIFICATE,
            "There is no certificate, so nothing could be checked.",
            provider(SSO, ""),
        ),
        file(
            "bare_key",
            NO_CERTIFICATE,
            "A key without a certificate.",
            right.replace("X509Data", "KeyValue").replace("X509Certificate", "RSAKeyValue"),
        ),
        file(
            "key_elsewhere",
            NO_CERTIFICATE,
            "The certificate is to be fetched.",
            right.replace(
                &format!("<X509Data><X509Certificate>{own}</X509Certificate></X509Data>"),
                "<RetrievalMethod URI=\"http://evil.example/\"/>",
            ),
        ),
        file(
            "small_key",
            NO_CERTIFICATE,
            "RSA with 1024 bits.",
            with_key(&testing::small_rsa().certificate.base64()),
        ),
        file(
            "tiny_key",
            NO_CERTIFICATE,
            "RSA with 512 bits.",
            with_key(&certificate(1, &rsa_of(512))),
        ),
        file(
            "odd_curve",
            NO_CERTIFICATE,
            "A curve that is not accepted.",
            with_key(&testing::k256().certificate.base64()),
        ),
        file(
            "huge_key",
            NO_CERTIFICATE,
            "RSA with 20,000 bits, which costs whoever checks with it.",
            with_key(&certificate(1, &rsa_of(20_000))),
        ),
        file("rubbish_certificate", NO_CERTIFICATE, "A certificate of rubbish.", with_key("QUJD")),
    ]
}
