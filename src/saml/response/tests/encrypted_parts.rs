//! Name IDs and attributes that are encrypted by themselves: what opens, and that nothing gets in that way.

use super::encrypted::{Sealing, with, world};
use super::*;

/// `element` encrypted, in an element of that name.
fn sealed(element: &str, name: &str) -> String {
    Sealing::gcm().seal(element.as_bytes()).replace("EncryptedAssertion", name)
}

fn name_id() -> String {
    let plain = plain();
    cut(&plain, "<saml:NameID", "</saml:NameID>").to_owned()
}

fn attribute(name: &str, value: &str) -> String {
    format!(
        "<saml:Attribute Name=\"{name}\"><saml:AttributeValue>{value}</saml:AttributeValue></saml:Attribute>"
    )
}

/// `plain()` with that in place of its name ID.
fn named(inside: &str) -> String {
    plain().replace(&name_id(), inside)
}

/// `plain()` with a statement that holds that.
fn stating(inside: &str) -> String {
    let statement = format!("<saml:AttributeStatement>{inside}</saml:AttributeStatement>");
    plain().replace("</saml:Assertion>", &format!("{statement}</saml:Assertion>"))
}

fn value(identity: &Identity, name: &str) -> Option<String> {
    let found = identity.attributes.iter().find(|attribute| attribute.name == name);
    found.and_then(|attribute| attribute.values.first().cloned())
}

#[test]
fn a_name_id_and_attributes_that_are_encrypted_by_themselves_are_read_in_their_place() {
    let statement = [
        sealed(&attribute("floor", "3"), "EncryptedAttribute"),
        attribute("desk", "7"),
        sealed(&attribute("cost&#45;centre", "&lt;42&gt;"), "EncryptedAttribute"),
    ];
    let xml = stating(&statement.concat()).replace(&name_id(), &sealed(&name_id(), "EncryptedID"));
    for signed in [sign(&xml), Signing::default().sign(&xml, "_response")] {
        let outcome = world().verify(&signed);
        let identity = outcome.result.unwrap();
        assert_eq!(identity.name_id, World::new().accepts(&sign(&plain())).name_id);
        let values = ["floor", "desk", "cost-centre"].map(|name| value(&identity, name));
        assert_eq!(values, ["3", "7", "<42>"].map(|value| Some(value.to_owned())));
        assert_eq!(outcome.facts.cipher.as_deref(), Some("AES-128-GCM"));
        let check = outcome.checks.iter().find(|check| check.name == CheckName::Decryption);
        assert_eq!(check.unwrap().received.as_deref(), Some("AES-128-GCM, 3 of its parts"));
    }
    // Also in an assertion that is encrypted as a whole.
    let inside = sign(&xml);
    let inside = cut(&inside, "<saml:Assertion", "</saml:Assertion>");
    world().accepts(&with(&Sealing::gcm().seal(inside.as_bytes())));
}

#[test]
fn nothing_is_opened_that_the_provider_did_not_sign() {
    let xml = named(&sealed(&name_id(), "EncryptedID"));
    let outcome = world().verify(&xml);
    assert_eq!(outcome.result.unwrap_err().cause, Cause::SignatureMissing);
    assert!(outcome.checks.iter().all(|check| check.name != CheckName::Decryption));
    // Another name for the same key, exchanged after it was signed.
    let other = sealed(&name_id().replace(ANN, "admin@globex.example"), "EncryptedID");
    let exchanged = sign(&xml).replace(&sealed_value(&xml), &sealed_value(&other));
    world().refuses(&exchanged, Cause::SignatureInvalid);
}

fn sealed_value(xml: &str) -> String {
    cut(xml, "<xenc:EncryptedData", "</xenc:EncryptedData>").to_owned()
}

#[test]
fn what_is_inside_a_part_is_that_part_and_nothing_more() {
    let id = |inside: &str| sign(&named(&sealed(inside, "EncryptedID")));
    let of_statement = |inside: &str| sign(&stating(&sealed(inside, "EncryptedAttribute")));
    let forged = name_id().replace(ANN, "admin@globex.example");
    let plain = plain();
    let assertion = cut(&plain, "<saml:Assertion", "</saml:Assertion>");
    for (xml, cause) in [
        (id(assertion), Cause::NameIdMissing),
        (id("<saml:BaseID/>"), Cause::NameIdMissing),
        (id(&format!("{}{forged}", name_id())), Cause::EncryptedUnreadable),
        (id(&format!("{}x", name_id())), Cause::EncryptedUnreadable),
        (id(""), Cause::EncryptedUnreadable),
        (id(&format!("</context>{}<context>", name_id())), Cause::EncryptedUnreadable),
        (id(&name_id().replace(ANN, "ann<!-- -->@globex.example")), Cause::EncryptedUnreadable),
        (id("<saml:NameID>ann&#x202e;</saml:NameID>"), Cause::NameIdMissing),
        (of_statement(&name_id()), Cause::EncryptedUnreadable),
        (of_statement(&attribute("a", assertion)), Cause::SignatureWrapping),
        (of_statement(&attribute("a", "<x ID=\"_assertion\"/>")), Cause::SignatureWrapping),
        // Readable beside encrypted: nobody knows who is meant.
        (
            sign(&named(&format!("{forged}{}", sealed(&name_id(), "EncryptedID")))),
            Cause::XmlInvalid,
        ),
        (sign(&named(&sealed(&name_id(), "EncryptedID").repeat(2))), Cause::XmlInvalid),
    ] {
        world().refuses(&xml, cause);
    }
}

#[test]
fn parts_are_held_to_the_rules_of_encryption() {
    let parts = |count: usize| {
        let one = sealed(&attribute("a", "1"), "EncryptedAttribute");
        sign(&stating(&one.repeat(count)))
    };
    world().accepts(&parts(16));
    world().refuses(&parts(17), Cause::EncryptedUnreadable);
    World::new().refuses(&parts(1), Cause::EncryptedUnreadable);
    let cbc = Sealing::cbc().seal(name_id().as_bytes());
    let cbc = sign(&named(&cbc.replace("EncryptedAssertion", "EncryptedID")));
    world().refuses(&cbc, Cause::EncryptedUnreadable);
    World { allow_cbc: true, ..world() }.accepts(&cbc);
}
