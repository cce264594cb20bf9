//! A new connection at the console, as a draft, as a copy, and by OpenID Connect.

use super::Desk;
use crate::saml::attributes::Mapping;
use crate::saml::testing as saml_testing;
use crate::store::applications::{self, ApplicationPatch};
use crate::store::connections::{
    self, Connection, ConnectionPatch, ConnectionState, Protocol, Settings,
};
use crate::store::members::Role;
use crate::store::organizations::{self, NewOrganization};
use crate::store::{ConnectionId, OrganizationId, domains, testing};

const NEW: &str = "/console/connections/new";

pub(super) fn found(desk: &Desk, setup: &str) -> Connection {
    let id = setup.split('/').nth(3).unwrap().split('?').next().unwrap();
    let id: ConnectionId = id.parse().unwrap();
    desk.world.store().read_now(|db| connections::find(db, &id)).unwrap()
}

/// A draft of this provider, and where its setup is.
pub(super) async fn draft(desk: &Desk, more: &[(&str, &str)]) -> (String, Connection) {
    let of = initech(desk);
    let fields = [("organization", of.as_str()), ("provider", "jumpcloud")];
    let fields: Vec<_> = fields.into_iter().chain(more.iter().copied()).collect();
    let made = desk.post(NEW, &fields).await;
    assert_eq!(made.status, 303, "{}", made.body);
    let setup = made.header("location").to_owned();
    let connection = found(desk, &setup);
    (setup, connection)
}

fn initech(desk: &Desk) -> OrganizationId {
    let new = NewOrganization { name: "Initech".into(), domains: Vec::new(), ..testing::globex() };
    desk.world.store().system(|tx| organizations::create(tx, new)).id
}

#[actix_web::test]
async fn a_draft_is_made_by_a_form_and_never_by_opening_a_page() {
    let desk = Desk::signed_in(Role::Admin).await;
    let of = initech(&desk);
    let page = desk.get(&format!("{NEW}?organization={of}")).await;
    assert!(page.body.contains(&format!(" · {of}\"")), "{}", page.body);
    let count = || {
        let filter = connections::Filter { organization: Some(of.clone()), ..Default::default() };
        desk.world.store().read_now(|db| connections::count(db, &filter)).unwrap()
    };
    assert_eq!(count(), 0);
    let typed =
        [("organization", of.as_str()), ("provider", "okta"), ("domain", "initech.example")];
    let made = desk.post(NEW, &typed).await;
    let connection = found(&desk, made.header("location"));
    assert_eq!((count(), connection.state), (1, ConnectionState::Draft));
    assert_eq!((connection.name.as_str(), connection.protocol), ("Okta", Protocol::Saml));
    let known = desk.world.store().read_now(|db| domains::list(db, &of)).unwrap();
    assert!(known.len() == 1 && !known[0].is_live(), "a domain waits until it is verified");
    assert_eq!(desk.post(NEW, &typed).await.status, 303, "the domain is there already");
}

#[actix_web::test]
async fn what_is_wrong_with_a_new_connection_is_told_at_its_field_and_makes_nothing() {
    let desk = Desk::signed_in(Role::Admin).await;
    let of = initech(&desk);
    for (typed, field) in [
        ([("organization", "Umbrella"), ("provider", "okta"), ("domain", "")], "organization"),
        ([("organization", of.as_str()), ("provider", ""), ("domain", "")], "provider"),
        ([("organization", of.as_str()), ("provider", "okta"), ("domain", "no domain")], "domain"),
        ([("organization", of.as_str()), ("provider", "okta"), ("domain", "gmail.com")], "domain"),
    ] {
        let page = desk.post(NEW, &typed).await;
        assert_eq!(page.status, 422, "{field}");
        assert!(page.body.contains(&format!("href=\"#{field}\"")), "{field}: {}", page.body);
        assert!(page.body.contains(&format!("id=\"{field}-error\"")), "{field}: {}", page.body);
    }
    let filter = connections::Filter { organization: Some(of), ..Default::default() };
    let count = desk.world.store().read_now(|db| connections::count(db, &filter));
    assert_eq!(count.unwrap(), 0);
}

#[actix_web::test]
async fn the_setup_names_the_values_as_the_providers_console_does() {
    let desk = Desk::signed_in(Role::Admin).await;
    let (setup, connection) = draft(&desk, &[("name", "<Log-in>")]).await;
    let page = desk.get(&setup).await.body;
    let public_url = desk.world.state.config.public_url.as_str();
    for part in [
        "&#60;Log-in&#62;".to_owned(),
        "ACS URLs".to_owned(),
        "Copy Metadata URL".to_owned(),
        connection.acs(public_url),
        connection.idp_entity_id(public_url),
        format!("organization={}", connection.organization_id),
        "Discard draft".to_owned(),
    ] {
        assert!(page.contains(&part), "{part}: {page}");
    }
    assert!(!page.contains("value=\"create\""), "nothing is checked yet");
    let changed = desk.post(&setup, &[("act", "guide"), ("provider", "okta")]).await;
    assert_eq!(changed.header("location"), setup);
    let page = desk.get(&setup).await.body;
    assert!(page.contains("Audience URI (SP Entity ID)"), "{page}");
    assert!(page.contains(&connection.acs(public_url)), "the values are the same");
}

#[actix_web::test]
async fn a_provider_of_openid_connect_is_asked_by_its_issuer() {
    let desk = Desk::signed_in(Role::Admin).await;
    let (setup, connection) = draft(&desk, &[("protocol", "oidc")]).await;
    assert_eq!(connection.protocol, Protocol::Oidc);
    let page = desk.get(&setup).await.body;
    let redirect = connection.redirect_uri(desk.world.state.config.public_url.as_str());
    assert!(page.contains(&redirect) && page.contains("name=\"issuer\""), "{page}");
    assert!(!page.contains("name=\"metadata_url\""), "{page}");
    let typed = [
        ("act", "create"),
        ("issuer", "https://127.0.0.1:9"),
        ("client_id", "<orbit>"),
        ("client_secret", "hush-hush"),
    ];
    let refused = desk.post(&setup, &typed).await;
    assert_eq!(refused.status, 422);
    assert!(refused.body.contains("does not accept connections"), "{}", refused.body);
    assert!(refused.body.contains("&#60;orbit&#62;"), "what was typed is kept");
    assert!(!refused.body.contains("hush-hush"), "a secret is not shown");
    let without = desk.post(&setup, &[("act", "create"), ("issuer", "https://idp.example")]).await;
    assert!(without.body.contains("id=\"client_id-error\""), "{}", without.body);
}

#[actix_web::test]
async fn a_connection_is_duplicated_for_another_organization_with_its_settings_and_nothing_of_its_provider()
 {
    let desk = Desk::signed_in(Role::Admin).await;
    let store = desk.world.store();
    let model = testing::active(store, "JumpCloud", None);
    let own = store.system(|tx| {
        let new = applications::create(tx, testing::orbit())?.0;
        let only = Some(vec![model.organization_id.clone()]);
        let patch = ApplicationPatch { organizations: Some(only), ..ApplicationPatch::default() };
        applications::change(tx, &new.id, patch)
    });
    let settings = Settings {
        force_authn: true,
        clock_skew: Some(30),
        metadata_certificate: Some(saml_testing::rsa().pem()),
        default_application: Some(own.id),
        attributes: Mapping { email: vec!["mail".to_owned()], ..Mapping::default() },
        ..Settings::default()
    };
    let patch = ConnectionPatch { settings: Some(settings), ..ConnectionPatch::default() };
    store.system(|tx| connections::change(tx, &model.id, patch));
    let page = desk.get(&format!("/console/connections/{}", model.id)).await.body;
    let like = format!("{NEW}?like={}", model.id);
    assert!(page.contains(&like), "{page}");
    let page = desk.get(&like).await.body;
    assert!(page.contains("It gets the settings of Globex"), "{page}");
    let of = initech(&desk);
    let typed =
        [("organization", of.as_str()), ("provider", "jumpcloud"), ("like", model.id.as_str())];
    let made = desk.post(NEW, &typed).await;
    assert_eq!(made.status, 303, "{}", made.body);
    let made = found(&desk, made.header("location"));
    assert_eq!((&made.organization_id, made.state), (&of, ConnectionState::Draft));
    assert!(made.identity_provider.is_none() && made.id != model.id);
    let expected = Settings {
        force_authn: true,
        clock_skew: Some(30),
        attributes: Mapping { email: vec!["mail".to_owned()], ..Mapping::default() },
        ..Settings::default()
    };
    assert_eq!(*made.settings, expected);
    assert_eq!(desk.get(&format!("{NEW}?like=con_nonsense")).await.status, 404);
}
