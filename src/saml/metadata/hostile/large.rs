//! Files too large to be kept.

use super::*;

#[expect(clippy::too_many_lines, reason = "a table of messages")]
pub(super) fn files() -> Vec<File> {
    let right = right();
    let around = |what: &str| {
        right.replace(
            "<IDPSSODescriptor",
            &format!("<Extensions>{what}</Extensions><IDPSSODescriptor"),
        )
    };
    let role =
        |what: &str| provider(&format!("{}{what}", key(&testing::rsa().certificate.base64())), "");
    let repeated = |count: usize, piece: &dyn Fn(usize) -> String| {
        (0..count).map(piece).collect::<Vec<_>>().concat()
    };
    let own = testing::other_rsa();
    let public = PKey::public_key_from_der(&own.key.public_key_to_der().unwrap()).unwrap();
    let one = certificate(1, &public);
    let attributes = repeated(60, &|n| format!(" a{n}=\"\""));
    vec![
        file("6 MB", INVALID, "More than is read.", "a".repeat(6 << 20)),
        file("depth", INVALID, "A hundred thousand elements in each other.", "<a>".repeat(100_000)),
        file("elements", INVALID, "A million elements.", around(&"<a/>".repeat(1_000_000))),
        file(
            "instructions",
            INVALID,
            "A million instructions.",
            around(&"<?a?>".repeat(1_000_000)),
        ),
        file("comments", INVALID, "Half a million comments.", around(&"<!---->".repeat(600_000))),
        file("texts", INVALID, "Comments and texts in turn.", around(&"<!---->a".repeat(600_000))),
        file(
            "attributes",
            INVALID,
            "A hundred thousand attributes of one element.",
            around(&format!("<a {}/>", repeated(100_000, &|n| format!(" a{n}=\"\"")))),
        ),
        file(
            "attributes of many",
            INVALID,
            "Sixty attributes of each of ten thousand elements.",
            around(&format!("<a{attributes}/>").repeat(9_500)),
        ),
        file(
            "namespaces",
            INVALID,
            "A hundred thousand declarations.",
            around(&repeated(100_000, &|n| format!("<a xmlns=\"urn:{n}\"/>"))),
        ),
        file("lists", INVALID, "Lists in lists, and nothing in them.", {
            format!(
                "{}{}",
                "<EntitiesDescriptor xmlns=\"urn:oasis:names:tc:SAML:2.0:metadata\">".repeat(60),
                "</EntitiesDescriptor>".repeat(60)
            )
        }),
        file(
            "entities",
            INVALID,
            "Forty thousand entities that are no provider.",
            in_list(&repeated(40_000, &|n| format!("<EntityDescriptor entityID=\"{n}\"/>"))),
        ),
        file(
            "providers",
            "metadata_multiple",
            "Fifteen thousand providers.",
            in_list(&repeated(15_000, &|n| {
                format!("<EntityDescriptor entityID=\"{n}\"><IDPSSODescriptor/></EntityDescriptor>")
            })),
        ),
        file(
            "certificates",
            INVALID,
            "Three thousand certificates.",
            role(&format!("{}{SSO}", key(&one).repeat(3_000))),
        ),
        file("certificates of one key", INVALID, "Three thousand certificates of one key.", {
            let certificates = format!("<X509Certificate>{one}</X509Certificate>").repeat(3_000);
            role(&format!(
                "<KeyDescriptor><KeyInfo xmlns=\"http://www.w3.org/2000/09/xmldsig#\"><X509Data>{certificates}</X509Data></KeyInfo></KeyDescriptor>{SSO}"
            ))
        }),
        file(
            "rubbish certificates",
            INVALID,
            "Twenty thousand certificates of rubbish.",
            role(&format!("{}{SSO}", key("QUJD").repeat(20_000))),
        ),
        file(
            "a certificate of 4 MB",
            NO_CERTIFICATE,
            "One certificate of four megabytes of rubbish.",
            provider(&format!("{}{SSO}", key(&"QUJD".repeat(1 << 20))), ""),
        ),
        file(
            "formats",
            "accepted",
            "Forty thousand formats of name IDs.",
            role(&format!(
                "{}{SSO}",
                repeated(40_000, &|n| format!("<NameIDFormat>urn:format:{n}</NameIDFormat>"))
            )),
        ),
        file(
            "addresses",
            INVALID,
            "Thirty thousand sign-on addresses that no browser can use.",
            role(&repeated(30_000, &|n| {
                format!(
                    "<SingleSignOnService Binding=\"urn:{n}\" Location=\"https://idp.example/\"/>"
                )
            })),
        ),
        file("ends", INVALID, "A million ends.", "</".repeat(1 << 20)),
        file(
            "ampersands",
            INVALID,
            "Five million ampersands.",
            format!("<a>{}</a>", "&".repeat(5_000_000)),
        ),
    ]
}
