//! Checks a response against nothing but itself.

use super::{Inspection, Problem};
use crate::cause::Cause;
use crate::clock::Time;
use crate::saml::certificate::{Certificate, TrustedKeys};
use crate::saml::check::CheckName;
use crate::saml::response::{self, Expected, MAX_SKEW, Outcome};
use crate::saml::xml::{self, ns};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use chrono::DateTime;
use roxmltree::Node;

/// Verifies the response as a sign-in would, with its own certificates, addresses and names taken for the expected
/// ones. What that cannot tell is said in `not_checked`.
pub(super) fn verify(inspection: &mut Inspection, root: Node<'_, '_>, bytes: &[u8], now: Time) {
    let certificates = certificates(root);
    let keys = TrustedKeys::new(&certificates);
    let text = |name| descendant(root, name).and_then(xml::text).unwrap_or_default();
    let (issuer, audience) = (text("Issuer"), text("Audience"));
    let confirmation = descendant(root, "SubjectConfirmationData");
    let recipient = confirmation.and_then(|node| xml::attribute(node, "Recipient"));
    let expected = Expected {
        acs: recipient.or_else(|| xml::attribute(root, "Destination")).unwrap_or_default(),
        entity_id: xml::trim(&audience),
        idp_entity_id: xml::trim(&issuer),
        keys: &keys,
        decryption_keys: &[],
        in_response_to: xml::attribute(root, "InResponseTo")
            .or_else(|| confirmation.and_then(|node| xml::attribute(node, "InResponseTo"))),
        allow_sha1: false,
        allow_cbc: false,
        is_cbc_spent: false,
        skew: MAX_SKEW,
    };
    let field = BASE64.encode(bytes);
    let outcome = in_its_time(&field, &expected, root, now);
    inspection.checks = outcome.checks;
    inspection.problem = outcome
        .result
        .err()
        .map(|rejection| Problem { code: rejection.cause.code(), detail: rejection.detail });
    inspection.not_checked.push(
        "Whether audience, recipient, destination and issuer are those of a connection: here they were compared with \
         each other.",
    );
    forgive(inspection, keys.is_empty());
    for check in inspection.checks.iter_mut().filter(|check| check.passed) {
        // It would say that the message agrees with itself.
        check.expected = None;
    }
}

/// An old message is looked at as of its own time, so that its age does not hide the other checks; the age is the
/// last line.
fn in_its_time(field: &str, expected: &Expected<'_>, root: Node<'_, '_>, now: Time) -> Outcome {
    let outcome = response::verify(field, expected, now);
    let is_about_time = outcome.result.as_ref().is_err_and(|rejection| {
        matches!(rejection.cause, Cause::ClockEarly | Cause::ClockLate | Cause::CertificateExpired)
    });
    let issued = xml::attribute(root, "IssueInstant")
        .and_then(|text| DateTime::parse_from_rfc3339(xml::trim(text)).ok());
    let (true, Some(issued)) = (is_about_time, issued) else { return outcome };
    let mut then = response::verify(field, expected, Time::from(issued.to_utc()));
    if then.result.is_ok() {
        // The same line, once as it would be now.
        if let Some(failed) = outcome.checks.last() {
            then.checks.retain(|check| check.name != failed.name);
            then.checks.push(failed.clone());
        }
        then.result = outcome.result;
    }
    then
}

/// Takes back a failure that only says that a key is missing here, and says so instead.
fn forgive(inspection: &mut Inspection, no_keys: bool) {
    let is_signature = |name: CheckName| {
        matches!(name, CheckName::ResponseSignature | CheckName::AssertionSignature)
    };
    let has_unfitting_key = inspection.problem.as_ref().is_some_and(|problem| {
        [Cause::CertificateUnknown.code(), Cause::SignatureInvalid.code()].contains(&problem.code)
    });
    let last = inspection.checks.last().map(|check| check.name);
    if last == Some(CheckName::Decryption) {
        inspection
            .not_checked
            .push("The assertion: it is encrypted, and only the gateway has the key.");
    } else if no_keys && has_unfitting_key && last.is_some_and(is_signature) {
        inspection.not_checked.push(
            "The signature and what follows it: the message does not carry the certificate it was signed with.",
        );
    } else {
        if inspection.checks.iter().any(|check| is_signature(check.name)) {
            inspection.not_checked.push(
                "Whether the certificate is the provider's: the signature was checked with the one in the message.",
            );
        }
        return;
    }
    inspection.checks.pop();
    inspection.problem = None;
}

fn certificates(root: Node<'_, '_>) -> Vec<Certificate> {
    root.descendants()
        .filter(|node| xml::is(*node, ns::SIGNATURE, "X509Certificate"))
        .filter_map(|node| Certificate::parse(&xml::text(node)?).ok())
        .take(8)
        .collect()
}

fn descendant<'a, 'input>(root: Node<'a, 'input>, name: &str) -> Option<Node<'a, 'input>> {
    root.descendants().find(|node| xml::is(*node, ns::ASSERTION, name))
}
