//! The provider's certificate is renewed by a link for that, where there is no address to read its metadata from.

use super::{How, first, walk};
use crate::gateway::Gateway;
use crate::peers::lent;
use serde_json::json;
use vestibule::cause::Cause;
use vestibule::store::connections;
use vestibule::store::traces::{Outcome, TraceKind};

async fn a_certificate_is_renewed(how: How) {
    let (provider, app) = (lent::pysaml2().await, lent::openid_client().await);
    let gateway = Gateway::start().await;
    let connection = gateway.customer("globex.example").connect_by_file(&provider).await;
    gateway.adopt(&app).await;
    let asked = [("login_hint", "ada@globex.example"), ("prompt", "login")];
    let words = json!({
        "base": gateway.url,
        "first": first(&gateway),
        "connection": connection.id,
        "start": app.login_url(&asked),
        "provider": provider.url,
        "metadata": provider.metadata_url,
    });
    walk(how, "renewal", words).await;

    // Newest first: the old key, the new one, the new one before it was known, and the old one at first.
    let ended: Vec<_> = gateway
        .traces()
        .into_iter()
        .filter(|trace| trace.kind == TraceKind::SignIn)
        .map(|trace| (trace.outcome, trace.cause))
        .collect();
    let refused = (Outcome::Failed, Some(Cause::CertificateUnknown.code().to_owned()));
    let is_in = (Outcome::Succeeded, None);
    assert_eq!(ended, [refused.clone(), is_in.clone(), refused, is_in]);
    let connection = gateway.read(|db| connections::find(db, &connection.id));
    assert!(connection.metadata_url.is_none(), "it came by a file");
}

#[actix_web::test]
async fn a_certificate_is_renewed_by_a_link_without_scripts() {
    a_certificate_is_renewed(How::NoScripts).await;
}

#[actix_web::test]
async fn a_certificate_is_renewed_by_a_link_with_the_keyboard_alone() {
    a_certificate_is_renewed(How::Keyboard).await;
}
