//! A certificate that a refused answer was signed with: shown to a person, who may trust it from then on.

use super::add;
use crate::cause::Cause;
use crate::crypto::MasterKey;
use crate::error::{Error, Result};
use crate::saml::certificate::Certificate;
use crate::saml::inspect;
use crate::store::connections::{Connection, Protocol, find};
use crate::store::{ConnectionId, Db, TraceId, Tx, traces};

/// The certificates that the refused answer of a sign-in names beside its signatures: none where it names none, or is kept no more. Nothing
/// of it is verified: whoever made the answer chose them.
pub fn offered(
    db: &mut Db,
    master: &MasterKey,
    connection: &Connection,
    trace: &TraceId,
) -> Result<Vec<Certificate>> {
    connection.must_speak(Protocol::Saml)?;
    let found = traces::by_id(db, trace)?
        .filter(|found| found.connection_id.as_ref() == Some(&connection.id))
        .ok_or_else(|| Error::not_found("trace", trace.as_str()))?;
    if found.cause.as_deref() != Some(Cause::CertificateUnknown.code()) {
        return Err(Error::conflict(
            "certificate_not_in_question",
            "This sign-in was not refused because its certificate is unknown.",
        ));
    }
    let message = found.message(master)?;
    Ok(message.map_or_else(Vec::new, |message| inspect::signers(message.as_bytes())))
}

/// Trusts a certificate that a refused answer names, beside those that are trusted: the one with the fingerprint that a person has
/// compared.
pub fn accept(
    tx: &mut Tx,
    master: &MasterKey,
    id: &ConnectionId,
    (trace, fingerprint): (&TraceId, &str),
) -> Result<Connection> {
    let connection = find(tx.db, id)?;
    let all = offered(tx.db, master, &connection, trace)?;
    if all.is_empty() {
        let detail =
            "The answer names no certificate, or is kept no more. Give the certificate itself.";
        return Err(Error::invalid("/trace", "certificate_missing", detail));
    }
    let wanted = fingerprint.trim().to_ascii_lowercase().replace(':', "");
    let Some(certificate) = all.iter().find(|one| one.fingerprint() == wanted) else {
        let detail = "The answer names no certificate with this fingerprint.";
        return Err(Error::invalid("/fingerprint_sha256", "not_found", detail));
    };
    add(tx, id, certificate)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::saml::issue::Issue;
    use crate::saml::sign::Signer;
    use crate::saml::testing as saml_testing;
    use crate::store::sign_in;
    use crate::store::testing::{self, TestStore, refused};
    use crate::store::traces::Trace;
    use chrono::TimeDelta;

    /// A sign-in that was refused for this cause, with the message that came.
    fn failed(
        store: &TestStore,
        master: &MasterKey,
        at: &Connection,
        cause: Cause,
        message: &str,
    ) -> Trace {
        store.system(|tx| {
            let mut trace = sign_in::begin_test(tx, at, TimeDelta::minutes(10))?;
            trace.message = Some(master.seal(message.as_bytes(), &trace.place())?);
            sign_in::refuse(tx, &trace, cause, Vec::new(), None)?;
            Ok(trace)
        })
    }

    #[test]
    fn a_certificate_of_a_refused_answer_is_trusted_when_its_fingerprint_is_given() {
        let store = testing::store();
        let key = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
        let master = MasterKey::from_base64(key, None).unwrap();
        let connection = testing::active(&store, "JumpCloud", None);
        let other = testing::active(&store, "Okta", None);
        let pair = saml_testing::other_rsa();
        let message = |certificate| {
            let signer = Signer::new(&pair.key, certificate);
            let (acs, audience) = ("https://sso.example/acs", "https://sso.example");
            let now = store.clock().now();
            let issue = Issue::new("JumpCloud", acs, audience, "ada@a.example", now, signer);
            issue.unwrap().base64().unwrap()
        };
        let unknown = Cause::CertificateUnknown;
        let named = message(Some(&pair.certificate));
        let trace = failed(&store, &master, &connection, unknown, &named);
        let bare = failed(&store, &master, &connection, unknown, &message(None));
        let else_ = failed(&store, &master, &connection, Cause::AudienceMismatch, &named);
        let print = pair.certificate.fingerprint();
        let accepted = |id: &ConnectionId, trace: &Trace, print: &str| {
            store.try_system(|tx| accept(tx, &master, id, (&trace.id, print)))
        };
        assert_eq!(refused(accepted(&connection.id, &bare, print)), "/trace certificate_missing");
        assert_eq!(
            refused(accepted(&connection.id, &trace, "00")),
            "/fingerprint_sha256 not_found"
        );
        let not = refused(accepted(&connection.id, &else_, print));
        assert_eq!(not, "certificate_not_in_question");
        assert!(matches!(accepted(&other.id, &trace, print), Err(Error::NotFound { .. })));
        let spelled = print.to_ascii_uppercase();
        let after = accepted(&connection.id, &trace, &spelled).unwrap();
        let trusted = &after.identity_provider.as_ref().unwrap().certificates;
        assert!(trusted.contains(&pair.certificate), "it is trusted");
        assert_eq!(trusted.len(), 2, "and the one before, too");
    }
}
