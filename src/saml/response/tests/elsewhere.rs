//! Messages that another program signed or encrypted: what we read does not hang on how we write.

use super::*;
use std::process::Command;

/// A response as no program of ours would write it: namespaces declared far outside, declared
/// again, undeclared and unused, other prefixes, white space, characters beyond ASCII.
fn odd_response() -> String {
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<Response xmlns="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:a="urn:oasis:names:tc:SAML:2.0:assertion"
   xmlns:unused="urn:unused" xmlns:xs="http://www.w3.org/2001/XMLSchema" xml:lang="en"
   Version='2.0' ID='_response' IssueInstant="2026-01-31T09:30:00.5Z" Destination="{ACS}">
  <a:Issuer>{IDP}</a:Issuer>
  <Status><StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></Status>
  <a:Assertion xmlns="urn:oasis:names:tc:SAML:2.0:assertion" ID="_assertion" Version="2.0"
      IssueInstant="2026-01-31T09:30:00Z">
    <Issuer xmlns:a="urn:oasis:names:tc:SAML:2.0:assertion" >{IDP}</Issuer>
    <Subject>
      <NameID SPNameQualifier="{ENTITY}" Format="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent">
        {ANN}
      </NameID>
      <a:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer">
        <SubjectConfirmationData Recipient="{ACS}" NotOnOrAfter="2026-01-31T09:35:00Z"/>
      </a:SubjectConfirmation>
    </Subject>
    <Conditions NotBefore="2026-01-31T09:25:00Z" NotOnOrAfter="2026-01-31T09:35:00Z">
      <AudienceRestriction><Audience>
        {ENTITY}
      </Audience></AudienceRestriction>
    </Conditions>
    <s:AuthnStatement xmlns:s="urn:oasis:names:tc:SAML:2.0:assertion" AuthnInstant="2026-01-31T09:29:00Z"
        SessionIndex="&#60;&quot;&#xE9;&#9;&gt;"><s:AuthnContext/></s:AuthnStatement>
    <AttributeStatement><Attribute Name="na&#10;me" xmlns:x="urn:x" x:b="2" x:a="1">
      <AttributeValue xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="xs:string">Ünïcode &amp; &#13; more</AttributeValue>
      <AttributeValue><inner xmlns=""><deeper xmlns="urn:d"/></inner></AttributeValue>
    </Attribute></AttributeStatement>
  </a:Assertion>
</Response>"#
    )
}

/// Runs `xmlsec1` with files of that content, whose names take the place of `@0`, `@1`…
fn xmlsec1(arguments: &[&str], files: &[&str]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new("xmlsec1");
    for argument in arguments {
        match argument.strip_prefix('@') {
            Some(number) => {
                let path = folder.path().join(number);
                std::fs::write(&path, files[number.parse::<usize>().unwrap()]).unwrap();
                command.arg(path)
            }
            None => command.arg(argument),
        };
    }
    let output = command.output().expect("xmlsec1 is needed by this test: install xmlsec1");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn private_pem(pair: &Pair) -> String {
    String::from_utf8(pair.key.private_key_to_pem_pkcs8().unwrap()).unwrap()
}

fn signed_elsewhere(xml: &str, id: &str, element: &str, signing: &Signing<'_>) -> String {
    let signed = signing.sign(xml, id);
    // A template: the same signature without its values, over nothing.
    let begin = format!("URI=\"#{id}\"");
    let at = signed.find(&begin).unwrap();
    let digest = cut(&signed[at..], "<ds:DigestValue>", "</ds:DigestValue>");
    let value = cut(&signed[at..], "<ds:SignatureValue>", "</ds:SignatureValue>");
    let template = signed
        .replace(digest, "<ds:DigestValue></ds:DigestValue>")
        .replace(value, "<ds:SignatureValue></ds:SignatureValue>");
    assert_ne!(template, signed);
    let path = format!("//*[@ID='{id}']/*[local-name()='Signature']");
    xmlsec1(
        &["--sign", "--privkey-pem", "@0", "--id-attr:ID", element, "--node-xpath", &path, "@1"],
        &[&private_pem(signing.pair), &template],
    )
}

#[test]
fn what_another_program_signs_is_accepted() {
    let odd = odd_response();
    let mut accepted = Vec::new();
    for pair in [testing::rsa(), testing::ec()] {
        for transform in [Method::EXCLUSIVE, Method::INCLUSIVE] {
            for prefixes in ["", "xs #default unused"] {
                if transform == Method::INCLUSIVE && !prefixes.is_empty() {
                    continue;
                }
                let signing = Signing {
                    pair,
                    canonical: transform,
                    transform,
                    prefixes,
                    ..Signing::default()
                };
                let world = World::trusting(&[pair]);
                let inner = signed_elsewhere(&odd, "_assertion", "Assertion", &signing);
                accepted.push(world.accepts(&inner));
                let outer = signed_elsewhere(&odd, "_response", "Response", &signing);
                accepted.push(world.accepts(&outer));
                let both = signed_elsewhere(&inner, "_response", "Response", &signing);
                accepted.push(world.accepts(&both));
            }
        }
    }
    // Whichever part is signed in whatever form, the same is read.
    assert!(accepted.iter().all(|identity| *identity == accepted[0]), "{accepted:#?}");
    let identity = &accepted[0];
    assert_eq!(identity.name_id.value, ANN);
    assert_eq!(identity.name_id.sp_name_qualifier.as_deref(), Some(ENTITY));
    assert_eq!(identity.session_index.as_deref(), Some("<\"é\t>"));
    assert_eq!(identity.attributes[0].name, "na\nme");
    assert_eq!(identity.attributes[0].values, ["Ünïcode & \r more"]);
}

#[test]
fn what_another_program_encrypts_is_opened() {
    let ours = testing::other_rsa();
    let key = DecryptionKey::new(ours.key.clone()).unwrap();
    let world = World { decryption_keys: vec![key], allow_cbc: true, ..World::new() };
    let signed = Signing::default().sign(&odd_response(), "_assertion");
    for (cipher, session) in [
        ("http://www.w3.org/2009/xmlenc11#aes256-gcm", "aes-256"),
        ("http://www.w3.org/2009/xmlenc11#aes128-gcm", "aes-128"),
        ("http://www.w3.org/2001/04/xmlenc#aes256-cbc", "aes-256"),
        ("http://www.w3.org/2001/04/xmlenc#aes128-cbc", "aes-128"),
    ] {
        let template = format!(
            r#"<xenc:EncryptedData xmlns:xenc="{enc}" Type="{enc}Element"><xenc:EncryptionMethod Algorithm="{cipher}"/>
            <ds:KeyInfo xmlns:ds="{sig}"><xenc:EncryptedKey><xenc:EncryptionMethod Algorithm="{enc}rsa-oaep-mgf1p"/>
            <xenc:CipherData><xenc:CipherValue/></xenc:CipherData></xenc:EncryptedKey></ds:KeyInfo>
            <xenc:CipherData><xenc:CipherValue/></xenc:CipherData></xenc:EncryptedData>"#,
            enc = ns::ENCRYPTION,
            sig = ns::SIGNATURE,
        );
        // In place, without the declarations of the response; and with all that it needs.
        let assertion = cut(&signed, "<a:Assertion", "</a:Assertion>");
        let alone = assertion.replacen(
            "<a:Assertion",
            "<a:Assertion xmlns:a=\"urn:oasis:names:tc:SAML:2.0:assertion\" xmlns:xs=\"http://www.w3.org/2001/XMLSchema\"",
            1,
        );
        for inside in [assertion, &alone] {
            let wrapped = format!("<a:EncryptedAssertion>{inside}</a:EncryptedAssertion>");
            let message = signed.replace(assertion, &wrapped);
            let sealed = xmlsec1(
                &[
                    "--encrypt",
                    "--pubkey-cert-pem",
                    "@0",
                    "--session-key",
                    session,
                    "--xml-data",
                    "@1",
                    "--node-xpath",
                    "//*[local-name()='Assertion']",
                    "@2",
                ],
                &[&ours.pem(), &message, &template],
            );
            assert!(!sealed.contains(ANN));
            assert_eq!(world.accepts(&sealed).name_id.value, ANN, "{cipher}");
        }
    }
}
