//! Ways of setting up that are not SAML: OpenID Connect, and a directory alone.

use super::*;
use crate::crypto::{Algorithm, PrivateKey};
use crate::oidc::jwt::SigningKey;
use crate::oidc::keys::{Key, KeySet, State as KeyState};
use crate::oidc::provider::{AuthMethod, Document, Provider, ProviderKeys};
use crate::store::connections::openid::{Given, connect};
use crate::store::connections::{Connection, Protocol};

/// What a provider at this issuer has said of itself.
fn given(issuer: &str) -> Given {
    let key = PrivateKey::generate(Algorithm::Es256).unwrap();
    let key = SigningKey::new("theirs", key).unwrap();
    let since = crate::clock::Time::from_unix(1_780_000_000);
    let set = KeySet::new(vec![Key { key, state: KeyState::Active, since }]);
    let provider = Provider {
        issuer: issuer.to_owned(),
        discovery_url: format!("{issuer}/.well-known/openid-configuration"),
        client_id: "client-of-ours".to_owned(),
        auth_method: AuthMethod::ClientSecretBasic,
        scopes: Vec::new(),
        document: Document {
            authorization_endpoint: format!("{issuer}/authorize"),
            token_endpoint: format!("{issuer}/token"),
            jwks_uri: format!("{issuer}/jwks"),
            userinfo_endpoint: None,
            names_itself: true,
        },
    };
    let keys = ProviderKeys::read(&serde_json::to_vec(set.jwks()).unwrap()).unwrap();
    let secret = Some(Secret::from("kept-and-sealed".to_owned()));
    Given { provider, secret, keys, accept_new_issuer: false }
}

fn know(portal: &Portal, connection: &Connection) {
    let master = portal.world.state.master.clone();
    let store = portal.world.store();
    store.system(|tx| connect(tx, &master, &connection.id, given("https://idp.example")));
}

fn next(answer: &Answer) -> String {
    answer.header("location").replace("/portal/setup/", "")
}

#[actix_web::test]
async fn whoever_speaks_openid_connect_gives_issuer_and_client_in_place_of_metadata() {
    let portal = Portal::started().await;
    assert_eq!(next(&portal.post("provider", &[("provider", "openid")]).await), "create");
    let connection = portal.connection();
    assert_eq!(connection.protocol, Protocol::Oidc);
    assert_eq!(portal.get("/portal/setup/attributes").await.status, 404);
    let create = portal.get("/portal/setup/create").await.body;
    assert!(create.contains("Step 2 of 7") && create.contains("OpenID Connect"), "{create}");
    assert_eq!(next(&portal.post("create", &[]).await), "values");
    let values = portal.get("/portal/setup/values").await.body;
    let redirect_uri = connection.redirect_uri("http://localhost:8080");
    assert!(values.contains(&format!(">{redirect_uri}</span>")), "{values}");
    assert!(!values.contains("/acs") && !values.contains("?download"), "{values}");
    assert_eq!(next(&portal.post("values", &[]).await), "metadata");

    let typed =
        [("issuer", "http://idp.example"), ("client_id", "<mine>"), ("client_secret", "s3")];
    let refused = portal.post("metadata", &typed).await;
    assert_eq!(refused.status, 422);
    assert!(refused.body.contains("id=\"issuer-error\""), "{}", refused.body);
    assert!(refused.body.contains("&#60;mine&#62;") && !refused.body.contains("\"s3\""));
    let nothing = portal.post("metadata", &[("issuer", "https://idp.example")]).await;
    assert!(nothing.body.contains("id=\"client_id-error\""), "{}", nothing.body);
    assert!(portal.post("metadata", &[]).await.body.contains("could not be done"));

    know(&portal, &connection);
    let told = portal.get("/portal/setup/metadata").await.body;
    assert!(told.contains("https://idp.example/authorize"), "{told}");
    assert!(told.contains("Leave the field empty to keep it"));
    assert!(!told.contains("kept-and-sealed"));
    assert_eq!(next(&portal.post("metadata", &[]).await), "domain");
    let home = portal.get("/portal").await.body;
    assert!(home.contains("client-of-ours") && home.contains(&redirect_uri), "{home}");
    assert_eq!(portal.get("/portal/setup/test").await.status, 200);
}

#[actix_web::test]
async fn a_directory_alone_has_the_steps_of_provisioning_only() {
    let portal = Portal::started().await;
    assert_eq!(next(&portal.post("provider", &[("provider", "scim")]).await), "provisioning");
    for step in ["create", "values", "attributes", "metadata", "domain", "test"] {
        assert_eq!(portal.get(&format!("/portal/setup/{step}")).await.status, 404, "{step}");
    }
    let page = portal.get("/portal/setup/provisioning").await.body;
    assert!(page.contains("Step 2 of 2"), "{page}");
    let made = portal.post("provisioning", &[("token", "on")]).await.body;
    assert_eq!(made.matches(">scim_").count(), 1, "{made}");
    assert_eq!(portal.post("provisioning", &[]).await.header("location"), "/portal/done");
    assert_eq!(portal.state(), State::Completed);
    // Of a sign-in that nobody set up nothing is said.
    let home = portal.get("/portal").await.body;
    assert!(!home.contains("Setup in progress") && home.contains("Base URL"), "{home}");
}

#[actix_web::test]
async fn a_directory_alone_is_not_offered_where_the_link_does_not_cover_it() {
    let mut portal = Portal::new(&[], &[Cover::SignIn]);
    portal.start().await;
    let page = portal.get("/portal/setup/provider").await.body;
    assert!(page.contains("value=\"openid\"") && !page.contains("value=\"scim\""), "{page}");
    assert_eq!(portal.post("provider", &[("provider", "scim")]).await.status, 200);
    assert!(portal.get("/portal/setup/create").await.status != 404);
}

#[actix_web::test]
async fn another_way_can_be_chosen_until_something_rests_on_the_first() {
    let portal = Portal::started().await;
    portal.post("provider", &[("provider", "openid")]).await;
    let first = portal.connection();
    portal.post("create", &[]).await;
    let sure = [("provider", "okta"), ("sure", "on")];
    assert_eq!(next(&portal.post("provider", &sure).await), "create");
    let second = portal.connection();
    assert_eq!((second.protocol, &*second.provider), (Protocol::Saml, "okta"));
    // The draft that nobody needs is gone, and the steps begin anew.
    let store = portal.world.store();
    assert!(store.read_now(|db| connections::find(db, &first.id)).is_err());
    assert_eq!(next(&portal.get("/portal/setup").await), "create");
    portal.post("provisioning", &[("token", "on")]).await;
    let refused = portal.post("provider", &[("provider", "openid")]).await;
    assert!(refused.body.contains("something rests on that"), "{}", refused.body);
    assert_eq!(portal.connection().id, second.id);
}

#[actix_web::test]
async fn who_gives_a_discovery_document_as_metadata_goes_on_with_openid_connect() {
    const DISCOVERY: &str = r#"{"issuer":"https://idp.example/tenant","authorization_endpoint":"https://idp.example/authorize","token_endpoint":"https://idp.example/token","jwks_uri":"https://idp.example/jwks"}"#;
    let portal = Portal::started().await;
    portal.post("provider", &[("provider", "okta")]).await;
    for step in ["create", "values", "attributes"] {
        portal.post(step, &[]).await;
    }
    let made = portal.post("provisioning", &[("token", "on")]).await.body;
    assert!(made.contains(">scim_"), "{made}");
    let before = portal.connection();
    let typed = [("metadata_url", ""), ("metadata_xml", DISCOVERY)];
    let told = portal.post("metadata", &typed).await;
    assert_eq!(told.status, 422);
    assert!(told.body.contains("Switch to OpenID Connect"), "{}", told.body);
    assert_eq!(portal.connection().protocol, Protocol::Saml);

    let switched = portal.post("metadata", &[typed[0], typed[1], ("openid", "on")]).await;
    assert_eq!(switched.header("location"), "/portal/setup", "{}", switched.body);
    let connection = portal.connection();
    assert_eq!((&connection.id, connection.protocol), (&before.id, Protocol::Oidc));
    // The app there is another one: the steps are taken from there, and the issuer waits for them.
    assert_eq!(next(&portal.get("/portal/setup").await), "create");
    let page = portal.get("/portal/setup/metadata").await.body;
    assert!(
        page.contains("name=\"issuer\" type=\"url\" value=\"https://idp.example/tenant\""),
        "{page}"
    );
    assert!(portal.get("/portal/setup/provisioning").await.body.contains("There is a token."));
    know(&portal, &connection);
    assert!(portal.connection().knows_its_provider());
}

#[actix_web::test]
async fn another_provider_is_chosen_once_that_is_confirmed_and_the_steps_in_its_console_begin_anew()
{
    let portal = Portal::started().await;
    portal.post("provider", &[("provider", "jumpcloud")]).await;
    portal.post("create", &[]).await;
    portal.post("domain", &[]).await;
    portal.post("provisioning", &[]).await;
    let asked = portal.post("provider", &[("provider", "okta")]).await;
    let ask = "/portal/setup/provider?change=okta";
    assert_eq!((asked.status, asked.header("location")), (303, ask));
    let page = portal.get(ask).await.body;
    for part in
        ["Change to Okta?", "with Okta: Create the app, User provisioning.", "Keep JumpCloud"]
    {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert_eq!(portal.connection().provider, "jumpcloud", "nothing is changed before");
    let other = portal.get("/portal/setup/provider?change=scim").await.body;
    assert!(other.contains("by these steps: User provisioning."), "{other}");
    let same = portal.post("provider", &[("provider", "jumpcloud")]).await;
    assert_eq!(next(&same), "create", "the same is asked for");
    let unknown = portal.get("/portal/setup/provider?change=%3Cb%3E").await.body;
    assert!(!unknown.contains("Change to"), "{unknown}");

    portal.post("provider", &[("provider", "okta"), ("sure", "on")]).await;
    assert_eq!(portal.connection().provider, "okta");
    let link = portal.world.store().read_now(|db| setup_links::find(db, &portal.link.id)).unwrap();
    assert_eq!(*link.done, [setup_links::Step::Provider, setup_links::Step::Domain]);
    for page in ["/portal", "/portal/activity"] {
        let page = portal.get(page).await.body;
        assert!(page.contains("The identity provider was changed to Okta"), "{page}");
    }
}

#[actix_web::test]
async fn where_people_are_to_be_told_of_the_app_is_of_the_kind_that_can_do_it() {
    const ALONE: &str = "<b>SAML Custom Connector (Advanced)</b>";
    const WITH: &str = "<b>SCIM Provisioner with SAML (SCIM v2 Enterprise)</b>";
    for (covers, shown, other) in
        [(&[Cover::SignIn][..], ALONE, WITH), (&[Cover::SignIn, Cover::Provisioning], WITH, ALONE)]
    {
        let mut portal = Portal::new(&[], covers);
        portal.start().await;
        portal.post("provider", &[("provider", "onelogin")]).await;
        let page = portal.get("/portal/setup/create").await.body;
        assert!(page.contains(shown) && !page.contains(other), "{page}");
    }
}
