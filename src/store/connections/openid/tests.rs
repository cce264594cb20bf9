use super::*;
use crate::crypto::Algorithm;
use crate::oidc::provider::{AuthMethod, Document};
use crate::store::connections::{
    self, ConnectionPatch, Settings, activate, certificates, change, delete, restore,
};
use crate::store::testing::{self, TestStore, refused};
use crate::store::{organizations, users};

fn master() -> MasterKey {
    MasterKey::from_base64(MasterKey::generate().reveal(), None).unwrap()
}

fn draft(store: &TestStore, master: &MasterKey) -> Connection {
    let key = PrivateKey::generate(Algorithm::Es256).unwrap();
    store.system(|tx| {
        let organization = organizations::create(tx, testing::globex())?;
        create(tx, master, &organization.id, testing::connection(), &key)
    })
}

fn given(issuer: &str, auth_method: AuthMethod, secret: Option<&str>) -> Given {
    let key = PrivateKey::generate(Algorithm::Es256).unwrap();
    let key = SigningKey::new("theirs", key).unwrap();
    let since = Time::from_unix(1_780_000_000);
    let set = KeySet::new(vec![Key { key, state: State::Active, since }]);
    let provider = Provider {
        issuer: issuer.to_owned(),
        discovery_url: format!("{issuer}/.well-known/openid-configuration"),
        client_id: "client".to_owned(),
        auth_method,
        scopes: vec![],
        document: Document {
            authorization_endpoint: format!("{issuer}/authorize"),
            token_endpoint: format!("{issuer}/token"),
            jwks_uri: format!("{issuer}/jwks"),
            userinfo_endpoint: None,
            names_itself: true,
        },
    };
    Given {
        provider,
        secret: secret.map(|secret| Secret::from(secret.to_owned())),
        keys: ProviderKeys::read(&serde_json::to_vec(set.jwks()).unwrap()).unwrap(),
        accept_new_issuer: false,
    }
}

fn has_secret(store: &TestStore, connection: &Connection) -> bool {
    let known = store.read_now(|db| of(db, std::slice::from_ref(connection))).unwrap();
    known[&connection.id].has_secret
}

const ISSUER: &str = "https://idp.example";
const BASIC: AuthMethod = AuthMethod::ClientSecretBasic;

#[test]
fn a_draft_has_its_addresses_and_its_key_from_the_start() {
    let (store, master) = (testing::store(), master());
    let row = draft(&store, &master);
    assert_eq!(
        row.redirect_uri("https://a.example"),
        format!("https://a.example/oidc/{}/callback", row.id)
    );
    let set = store.read_now(|db| jwks(db, &master, &row.id)).unwrap();
    let set = serde_json::to_value(set).unwrap();
    assert_eq!(set["keys"].as_array().unwrap().len(), 1);
    assert!(set["keys"][0].get("d").is_none());
    let cannot = store.try_system(|tx| activate(tx, &row.id, true));
    assert_eq!(refused(cannot), "openid_required");
}

#[test]
fn a_secret_is_sealed_and_read_again_only_to_be_sent() {
    let (store, master) = (testing::store(), master());
    let row = draft(&store, &master);
    let without = store.try_system(|tx| connect(tx, &master, &row.id, given(ISSUER, BASIC, None)));
    assert_eq!(refused(without), "/client_secret required");
    let row = store.system(|tx| connect(tx, &master, &row.id, given(ISSUER, BASIC, Some("hush"))));
    assert_eq!(row.state, ConnectionState::Testing);
    let kept = store.read_now(|db| super::row(db, &row.id)).unwrap().secret.unwrap();
    assert!(!kept.contains("hush") && kept.starts_with("v1."));
    let provider = row.openid_provider.clone().unwrap();
    let opened = store.read_now(|db| credential(db, &master, &row, &provider)).unwrap();
    assert!(matches!(opened, Credential::Secret(secret) if secret.reveal() == "hush"));

    // Given again without a secret, the one that is there stays; with our own key, it goes.
    let again = store.system(|tx| connect(tx, &master, &row.id, given(ISSUER, BASIC, None)));
    assert_eq!(again.revision, row.revision);
    let with_key = given(ISSUER, AuthMethod::PrivateKeyJwt, None);
    let row = store.system(|tx| connect(tx, &master, &row.id, with_key));
    assert_eq!(row.revision, again.revision + 1);
    assert!(!has_secret(&store, &row));
    let provider = row.openid_provider.clone().unwrap();
    let opened = store.read_now(|db| credential(db, &master, &row, &provider)).unwrap();
    assert!(matches!(opened, Credential::Key(_)));
}

#[test]
fn another_issuer_on_a_connection_in_use_is_another_provider() {
    let (store, master) = (testing::store(), master());
    let row = draft(&store, &master);
    store.system(|tx| connect(tx, &master, &row.id, given(ISSUER, BASIC, Some("hush"))));
    store.system(|tx| activate(tx, &row.id, true));
    store.system(|tx| {
        let ada = users::create(tx, testing::person(&row.organization_id, "ada@globex.example"))?;
        identities::link(tx, &row.id, "1", &ada)
    });
    let other = || given("https://other.example", BASIC, None);
    let refusal = store.try_system(|tx| connect(tx, &master, &row.id, other()));
    assert_eq!(refused(refusal), "openid_issuer_changed");
    // What the first provider gave is not told to the second.
    let accepted =
        |secret| Given { accept_new_issuer: true, ..given("https://other.example", BASIC, secret) };
    let without = store.try_system(|tx| connect(tx, &master, &row.id, accepted(None)));
    assert_eq!(refused(without), "/client_secret required");
    let row = store.system(|tx| connect(tx, &master, &row.id, accepted(Some("new"))));
    assert_eq!(row.openid_provider.unwrap().issuer, "https://other.example");
    let left = store.system(|tx| identities::unlink_all(tx, &row.id));
    assert_eq!(left, 0);
}

#[test]
fn a_secret_is_not_told_to_another_server_that_speaks_for_the_same_issuer() {
    let (store, master) = (testing::store(), master());
    let row = draft(&store, &master);
    store.system(|tx| connect(tx, &master, &row.id, given(ISSUER, BASIC, Some("hush"))));
    let elsewhere = |secret| {
        let mut elsewhere = given(ISSUER, BASIC, secret);
        elsewhere.provider.document.token_endpoint = "https://evil.example/token".to_owned();
        elsewhere
    };
    let without = store.try_system(|tx| connect(tx, &master, &row.id, elsewhere(None)));
    assert_eq!(refused(without), "/client_secret required");
    store.system(|tx| connect(tx, &master, &row.id, elsewhere(Some("for evil"))));
}

#[test]
fn what_is_of_one_protocol_is_refused_by_the_other() {
    let (store, master) = (testing::store(), master());
    let row = draft(&store, &master);
    let certificate = &crate::saml::testing::rsa().certificate;
    let import =
        |tx: &mut Tx| connections::import(tx, &row.id, testing::provider("JumpCloud"), None, false);
    assert_eq!(refused(store.try_system(import)), "other_protocol");
    assert_eq!(
        refused(store.try_system(|tx| connections::accept(tx, &row.id, "x"))),
        "other_protocol"
    );
    assert_eq!(
        refused(store.try_system(|tx| certificates::add(tx, &row.id, certificate))),
        "other_protocol"
    );
    let settings = Settings { sign_requests: true, ..Settings::default() };
    let patch = ConnectionPatch { settings: Some(settings), ..ConnectionPatch::default() };
    assert_eq!(
        refused(store.try_system(|tx| change(tx, &row.id, patch))),
        "/settings/sign_requests other_protocol"
    );

    let saml = testing::active(&store, "JumpCloud", None);
    let connected =
        store.try_system(|tx| connect(tx, &master, &saml.id, given(ISSUER, BASIC, Some("x"))));
    assert_eq!(refused(connected), "other_protocol");
    assert_eq!(refused(store.read_now(|db| jwks(db, &master, &saml.id))), "no connection");
}

#[test]
fn a_deleted_connection_comes_back_disabled_with_all_it_knew() {
    let (store, master) = (testing::store(), master());
    let row = draft(&store, &master);
    store.system(|tx| connect(tx, &master, &row.id, given(ISSUER, BASIC, Some("hush"))));
    store.system(|tx| delete(tx, &row.id));
    assert!(store.read_now(|db| jwks(db, &master, &row.id)).is_err());
    let back = store.system(|tx| restore(tx, &row.id));
    assert_eq!(back.state, ConnectionState::Disabled);
    assert!(has_secret(&store, &row));
}

#[test]
fn keys_are_read_by_one_at_a_time_and_once_a_minute() {
    let (store, master) = (testing::store(), master());
    let row = draft(&store, &master);
    let ask = || store.system(|tx| ask_keys(tx, &row.id));
    store.system(|tx| connect(tx, &master, &row.id, given(ISSUER, BASIC, Some("hush"))));
    assert_eq!(ask(), Asked::Granted);
    assert_eq!(ask(), Asked::Underway);
    let keys = given(ISSUER, BASIC, None).keys;
    store.clock().advance(TimeDelta::seconds(1));
    let at = format!("{ISSUER}/jwks");
    store.system(|tx| keep_keys(tx, &row.id, &at, keys.clone()));
    assert_eq!(ask(), Asked::Refused);
    let known = store.read_now(|db| known_keys(db, &row.id)).unwrap();
    assert_eq!(known.keys, keys);
    assert!(!known.are_old(store.clock().now()));
    store.clock().advance(TimeDelta::minutes(1));
    assert_eq!(ask(), Asked::Granted);
    store.clock().advance(TimeDelta::hours(6));
    assert!(known.are_old(store.clock().now()));
}

#[test]
fn keys_of_a_provider_that_was_replaced_meanwhile_are_not_kept() {
    let (store, master) = (testing::store(), master());
    let row = draft(&store, &master);
    store.system(|tx| connect(tx, &master, &row.id, given(ISSUER, BASIC, Some("hush"))));
    let old = given(ISSUER, BASIC, None).keys;
    let new = given("https://other.example", BASIC, Some("hush"));
    let theirs = new.keys.clone();
    store.system(|tx| connect(tx, &master, &row.id, new));
    store.system(|tx| keep_keys(tx, &row.id, &format!("{ISSUER}/jwks"), old));
    let known = store.read_now(|db| known_keys(db, &row.id)).unwrap();
    assert_eq!(known.keys, theirs);
}

#[test]
fn a_state_is_taken_once() {
    let (store, master) = (testing::store(), master());
    let row = draft(&store, &master);
    let until = store.clock().now().plus(TimeDelta::minutes(10));
    let take = |state: &str| store.system(|tx| take_state(tx, &row.id, state, until));
    assert_eq!([take("_1"), take("_1"), take("_2")], [true, false, true]);
}

/// A draft that speaks SAML, of an organization of its own.
fn of_saml(store: &TestStore) -> Connection {
    store.system(|tx| {
        let new = organizations::NewOrganization { domains: vec![], ..testing::globex() };
        let organization = organizations::create(tx, new)?;
        connections::create(tx, &organization.id, testing::connection())
    })
}

fn switched(store: &TestStore, master: &MasterKey, row: &Connection) -> Result<Connection> {
    let key = PrivateKey::generate(Algorithm::Es256).unwrap();
    store.try_system(|tx| switch(tx, master, &row.id, (ISSUER, &key)))
}

#[test]
fn a_switch_keeps_the_connection_and_leaves_nothing_of_saml() {
    let (store, master) = (testing::store(), master());
    let row = of_saml(&store);
    let url = Some("https://idp.example/metadata".to_owned());
    store.system(|tx| {
        connections::import(tx, &row.id, testing::provider("https://idp.example/id"), url, false)
    });
    let now = switched(&store, &master, &row).unwrap();
    assert_eq!(
        (&now.id, now.protocol, now.state),
        (&row.id, Protocol::Oidc, ConnectionState::Draft)
    );
    assert!(!now.knows_its_provider() && !now.tested() && now.metadata_url.is_none());
    assert_eq!(now.provider_entity_id, None, "others may have the entity ID");
    let kept =
        store.read_now(|db| connections::known(db, now.clone(), store.clock().now())).unwrap();
    assert!(kept.certificates.is_empty() && kept.refresh.is_none() && kept.client.is_some());
    let awaited = |store: &TestStore| store.read_now(|db| awaited_issuer(db, &row.id)).unwrap();
    assert_eq!(awaited(&store).as_deref(), Some(ISSUER));
    // Twice is once.
    assert_eq!(switched(&store, &master, &row).unwrap().revision, now.revision);
    store.system(|tx| connect(tx, &master, &row.id, given(ISSUER, BASIC, Some("secret"))));
    assert_eq!(awaited(&store), None, "nothing waits any more");
}

#[test]
fn who_has_a_link_to_a_switched_connection_takes_the_steps_of_openid_connect() {
    use crate::store::setup_links::{self, NewLink, Step, Way};
    let (store, master) = (testing::store(), master());
    let row = of_saml(&store);
    let new = NewLink { connection_id: Some(row.id.clone()), ..NewLink::default() };
    let (link, _) = store.system(|tx| setup_links::create(tx, &row.organization_id, new));
    for step in [Step::Provider, Step::Create, Step::Values, Step::Provisioning] {
        store.system(|tx| setup_links::finish(tx, &link.id, step));
    }
    switched(&store, &master, &row).unwrap();
    let link = store.read_now(|db| setup_links::find(db, &link.id)).unwrap();
    assert_eq!(link.way(), Way::OpenId);
    assert!(link.has_done(Step::Provider) && link.has_done(Step::Provisioning));
    assert!(!link.has_done(Step::Create) && !link.has_done(Step::Values));
}

#[test]
fn a_connection_by_which_people_signed_in_or_that_has_other_addresses_is_not_switched() {
    let (store, master) = (testing::store(), master());
    let active = testing::active(&store, "https://one.example", None);
    assert_eq!(refused(switched(&store, &master, &active)), "connection_in_use");
    let off = store.system(|tx| connections::disable(tx, &active.id));
    assert_eq!(refused(switched(&store, &master, &off)), "connection_in_use");
    let testing_row = of_saml(&store);
    let user = store.system(|tx| {
        users::create(tx, testing::person(&testing_row.organization_id, "ada@globex.example"))
    });
    store.system(|tx| crate::store::identities::link(tx, &testing_row.id, "ada", &user));
    assert_eq!(refused(switched(&store, &master, &testing_row)), "connection_in_use");
    let imported = of_saml(&store);
    let (entity_id, acs) = ("https://old.example/entity", "https://old.example/acs");
    store.system(|tx| connections::keep_addresses(tx, &imported.id, entity_id, acs));
    assert_eq!(refused(switched(&store, &master, &imported)), "connection_in_use");
}
