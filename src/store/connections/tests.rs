use super::*;
use crate::saml::testing as saml_testing;
use crate::store::organizations::NewOrganization;
use crate::store::testing::{self, TestStore, globex, provider, refused};
use crate::store::users::{self, NewUser, Source};
use crate::store::{ApplicationId, Window, identities};
use ConnectionState::{Active, Deleted, Disabled, Draft, Testing};
use chrono::TimeDelta;

fn new() -> NewConnection {
    NewConnection {
        name: "Globex – JumpCloud".to_owned(),
        provider: "jumpcloud".to_owned(),
        settings: Settings::default(),
    }
}

fn organization(store: &TestStore) -> OrganizationId {
    let new = NewOrganization { domains: vec![], ..globex() };
    store.system(|tx| customers::create(tx, new)).id
}

/// A connection with a provider, of a new organization.
fn testing_one(store: &TestStore) -> Connection {
    let one = organization(store);
    let made = store.system(|tx| create(tx, &one, new()));
    store.system(|tx| import(tx, &made.id, provider("JumpCloud"), None, false))
}

fn active_one(store: &TestStore) -> Connection {
    let made = testing_one(store);
    store.system(|tx| activate(tx, &made.id, true))
}

fn state(store: &TestStore, id: &ConnectionId) -> ConnectionState {
    store.read_now(|db| find(db, id)).unwrap().state
}

#[test]
fn the_values_to_copy_are_final_from_the_draft_on() {
    let store = testing::store();
    let one = organization(&store);
    let draft = store.system(|tx| create(tx, &one, new()));
    let values = |c: &Connection| {
        let url = "https://sso.example";
        [c.entity_id(url), c.acs(url), c.login_url(url), c.idp_entity_id(url)]
    };
    let id = &draft.id;
    assert_eq!(
        values(&draft),
        [
            format!("https://sso.example/saml/{id}"),
            format!("https://sso.example/saml/{id}/acs"),
            format!("https://sso.example/login/{id}"),
            format!("https://sso.example/idp/{id}"),
        ]
    );
    store.system(|tx| import(tx, id, provider("x"), None, false).and(activate(tx, id, true)));
    assert_eq!(values(&store.read_now(|db| find(db, id)).unwrap()), values(&draft));
}

#[test]
fn a_connection_is_draft_then_testing_then_active_and_can_be_turned_off_and_on() {
    let store = testing::store();
    let one = organization(&store);
    let id = &store.system(|tx| create(tx, &one, new())).id;
    assert_eq!(state(&store, id), Draft);
    assert_eq!(refused(store.try_system(|tx| activate(tx, id, true))), "metadata_required");
    let url = Some("https://idp.example/metadata".to_owned());
    let known = store.system(|tx| import(tx, id, provider("JumpCloud"), url.clone(), false));
    assert_eq!((known.state, &known.metadata_url), (Testing, &url));
    assert_eq!(refused(store.try_system(|tx| disable(tx, id))), "connection_not_active");
    assert_eq!(refused(store.try_system(|tx| activate(tx, id, false))), "test_required");
    let told = store.try_system(|tx| activate(tx, id, false)).unwrap_err().to_string();
    assert!(told.contains(&format!("vestibule connection test {id}")), "{told}");
    store.system(|tx| record_test(tx, id, known.revision));
    store.system(|tx| activate(tx, id, false).and(activate(tx, id, false)));
    assert_eq!(state(&store, id), Active);
    let off = store.system(|tx| disable(tx, id).and(disable(tx, id)));
    assert_eq!((off.state, off.disabled_at.is_some()), (Disabled, true));
    let on = store.system(|tx| activate(tx, id, false));
    assert_eq!((on.state, on.disabled_at), (Active, None));
    assert_eq!(
        store.kinds(Some(&one)),
        [
            "organization.created",
            "connection.created",
            "connection.metadata_changed",
            "connection.tested",
            "connection.activated",
            "connection.disabled",
            "connection.activated",
        ]
    );
}

#[test]
fn changed_settings_have_to_be_tested_again() {
    let store = testing::store();
    let made = testing_one(&store);
    store.system(|tx| record_test(tx, &made.id, made.revision));
    let settings = Settings { sign_requests: true, ..Settings::default() };
    let patch = || ConnectionPatch { settings: Some(settings.clone()), ..Default::default() };
    let changed = store.system(|tx| change(tx, &made.id, patch()));
    assert_eq!(changed.revision, made.revision + 1);
    assert!(!changed.tested());
    assert_eq!(refused(store.try_system(|tx| activate(tx, &made.id, false))), "test_required");
    // A test that began before the change says nothing about what is now.
    store.system(|tx| record_test(tx, &made.id, made.revision));
    assert!(!store.read_now(|db| find(db, &made.id)).unwrap().tested());
    store.system(|tx| record_test(tx, &made.id, changed.revision));
    assert!(store.read_now(|db| find(db, &made.id)).unwrap().tested());
    // Neither the same settings again nor a new name ask for a test.
    let name = ConnectionPatch { name: Some(" Other ".to_owned()), ..patch() };
    let renamed = store.system(|tx| change(tx, &made.id, name));
    assert!(renamed.tested() && renamed.name == "Other");
}

#[test]
fn wrong_settings_are_told_by_field() {
    let store = testing::store();
    let one = organization(&store);
    let settings = |change: fn(&mut Settings)| {
        let mut settings = Settings::default();
        change(&mut settings);
        refused(store.try_system(|tx| create(tx, &one, NewConnection { settings, ..new() })))
    };
    assert_eq!(settings(|s| s.clock_skew = Some(181)), "/settings/clock_skew out_of_range");
    assert_eq!(settings(|s| s.allow_sha1 = true), "/settings/sha1_reason required");
    assert_eq!(
        settings(|s| s.name_id_format = Some(" ".to_owned())),
        "/settings/name_id_format invalid"
    );
    assert_eq!(
        settings(|s| s.attributes.email = vec!["a\nb".to_owned()]),
        "/settings/attributes/email invalid"
    );
    assert_eq!(
        settings(|s| s.default_application = Some(ApplicationId::new())),
        "/settings/default_application not_found"
    );
    for provider in ["", "Jump Cloud", "../x"] {
        let new = NewConnection { provider: provider.to_owned(), ..new() };
        assert_eq!(refused(store.try_system(|tx| create(tx, &one, new))), "/provider invalid");
    }
    let stored = serde_json::to_string(&Settings::default()).unwrap();
    assert_eq!(serde_json::from_str::<Settings>(&stored).unwrap(), Settings::default());
    assert!(serde_json::from_str::<Settings>(r#"{"clock_scew": 60}"#).is_err());
}

#[test]
fn metadata_needs_a_certificate_that_is_strong_and_has_not_ended() {
    let store = testing::store();
    let one = organization(&store);
    let id = &store.system(|tx| create(tx, &one, new())).id;
    let none = IdentityProvider { certificates: vec![], ..provider("x") };
    let done = store.try_system(|tx| import(tx, id, none, None, false));
    assert_eq!(refused(done), "/metadata metadata_no_certificate");
    store.clock().advance(TimeDelta::days(365 * 30));
    let done = store.try_system(|tx| import(tx, id, provider("x"), None, false));
    assert_eq!(refused(done), "/metadata metadata_certificate_expired");
    assert_eq!(state(&store, id), Draft);
}

#[test]
fn the_same_entity_id_is_fine_in_two_organizations_but_not_twice_in_one() {
    let store = testing::store();
    let first = testing_one(&store);
    let other = testing_one(&store);
    assert_ne!(first.organization_id, other.organization_id);
    let id = &store.system(|tx| create(tx, &first.organization_id, new())).id;
    let again = || store.try_system(|tx| import(tx, id, provider("JumpCloud"), None, false));
    assert_eq!(refused(again()), "metadata_entity_in_use");
    store.system(|tx| delete(tx, &first.id));
    again().unwrap();
    // Nor can the deleted one come back beside it.
    assert_eq!(refused(store.try_system(|tx| restore(tx, &first.id))), "metadata_entity_in_use");
}

#[test]
fn another_entity_id_is_never_taken_over_by_itself() {
    let store = testing::store();
    let made = active_one(&store);
    let id = &made.id;
    let user = store.system(|tx| users::create(tx, ann(&made.organization_id)));
    store.system(|tx| identities::link(tx, id, "ann", &user));
    let done = store.try_system(|tx| import(tx, id, provider("Other"), None, false));
    assert_eq!(refused(done), "metadata_entity_changed");
    store.system(|tx| disable(tx, id));
    let done = store.try_system(|tx| import(tx, id, provider("Other"), None, false));
    assert_eq!(refused(done), "metadata_entity_changed");
    let application = store.system(|tx| applications::create(tx, testing::orbit())).0.id;
    store.system(|tx| testing::sign_in(tx, &user, id, &application));

    let after = store.system(|tx| import(tx, id, provider("Other"), None, true));
    assert_eq!(after.identity_provider.as_ref().unwrap().entity_id, "Other");
    assert!(!after.tested());
    // Another provider's “ann” may be somebody else.
    assert!(store.read_now(|db| identities::by_subject(db, id, "ann")).unwrap().is_none());
    assert_eq!(store.read_now(testing::open_ones).unwrap(), (0, 0));
}

#[test]
fn the_same_metadata_again_changes_nothing_but_the_time() {
    let store = testing::store();
    let made = active_one(&store);
    store.system(|tx| record_test(tx, &made.id, made.revision));
    store.clock().advance(TimeDelta::hours(6));
    let after = store.system(|tx| import(tx, &made.id, provider("JumpCloud"), None, false));
    assert!(after.metadata_at > made.metadata_at);
    assert!(after.tested());
    let mut renewed = provider("JumpCloud");
    renewed.certificates.push(saml_testing::ec().certificate.clone());
    let after = store.system(|tx| import(tx, &made.id, renewed, None, false));
    assert_eq!((after.state, after.revision), (Active, made.revision + 1));
}

#[test]
fn a_domain_leads_to_the_active_connections_of_its_live_owner() {
    let store = testing::store();
    let owner = store.system(|tx| customers::create(tx, globex())).id;
    let domain = DomainName::parse("globex.example").unwrap();
    let found = || store.read_now(|db| for_domain(db, &domain)).unwrap().len();
    let ids: Vec<ConnectionId> = ["one", "two"]
        .into_iter()
        .map(|entity| {
            let made = store.system(|tx| create(tx, &owner, new()));
            store.system(|tx| import(tx, &made.id, provider(entity), None, false));
            made.id
        })
        .collect();
    assert_eq!(found(), 0);
    store.system(|tx| activate(tx, &ids[0], true).and(activate(tx, &ids[1], true)));
    assert_eq!(found(), 2);
    let off = |id| store.system(|tx| disable(tx, id));
    off(&ids[1]);
    assert_eq!(found(), 1);
    let usable = || store.read_now(|db| usable_in(db, &owner)).unwrap();
    assert_eq!(usable()[0].id, ids[0]);
    store.clock().advance(TimeDelta::minutes(1));
    off(&ids[0]);
    assert_eq!((usable().len(), &usable()[0].id, found()), (1, &ids[0], 0));
    store.system(|tx| activate(tx, &ids[0], true));
    store.system(|tx| super::super::domains::remove(tx, &owner, "globex.example"));
    assert_eq!(found(), 0);
}

#[test]
fn another_organizations_connection_is_not_found() {
    let store = testing::store();
    let (mine, other) = (testing_one(&store), organization(&store));
    let own = store.read_now(|db| find_in(db, &mine.organization_id, &mine.id)).unwrap();
    assert_eq!(own.id, mine.id);
    assert_eq!(refused(store.read_now(|db| find_in(db, &other, &mine.id))), "no connection");
    let page = |filter: Filter| {
        let page = store.read_now(|db| page(db, &Window::default(), &filter)).unwrap();
        page.data.len()
    };
    assert_eq!(page(Filter::default()), 1);
    assert_eq!(page(Filter { organization: Some(other), ..Default::default() }), 0);
    assert_eq!(page(Filter { state: Some(Testing), ..Default::default() }), 1);
    assert_eq!(page(Filter { state: Some(Active), ..Default::default() }), 0);
    assert_eq!(page(Filter { provider: Some("okta".to_owned()), ..Default::default() }), 0);
}

#[test]
fn a_deleted_connection_signs_everybody_out_and_comes_back_turned_off() {
    let store = testing::store();
    let made = active_one(&store);
    sign_ann_in(&store, &made);
    store.system(|tx| delete(tx, &made.id));
    assert_eq!(store.read_now(testing::open_ones).unwrap(), (0, 0));
    assert_eq!(refused(store.read_now(|db| find(db, &made.id))), "no connection");
    let deleted = Filter { state: Some(Deleted), ..Default::default() };
    let page = |filter| store.read_now(|db| page(db, &Window::default(), &filter)).unwrap();
    assert_eq!(page(deleted).data.len(), 1);
    assert!(page(Filter::default()).data.is_empty());
    store.clock().advance(TimeDelta::days(29));
    let back = store.system(|tx| restore(tx, &made.id));
    assert_eq!((back.state, back.deleted_at), (Disabled, None));
    store.system(|tx| delete(tx, &made.id));
    store.clock().advance(TimeDelta::days(30));
    let late = store.try_system(|tx| restore(tx, &made.id));
    assert_eq!(refused(late), "no deleted connection");
}

#[test]
fn a_deleted_organization_signs_everybody_out_and_takes_its_connections_with_it() {
    let store = testing::store();
    let made = active_one(&store);
    sign_ann_in(&store, &made);
    store.system(|tx| customers::delete(tx, &made.organization_id));
    assert_eq!(store.read_now(testing::open_ones).unwrap(), (0, 0));
    assert_eq!(refused(store.read_now(|db| find(db, &made.id))), "no connection");
    let all = store.read_now(|db| page(db, &Window::default(), &Filter::default())).unwrap();
    assert!(all.data.is_empty());
    store.system(|tx| customers::restore(tx, &made.organization_id));
    assert_eq!(state(&store, &made.id), Active);
}

fn ann(organization: &OrganizationId) -> NewUser {
    NewUser {
        organization_id: organization.clone(),
        source: Source::SignIn,
        email: crate::email::Email::parse("ann@globex.example").unwrap(),
        name: None,
        given_name: None,
        family_name: None,
    }
}

fn sign_ann_in(store: &TestStore, connection: &Connection) {
    let application = store.system(|tx| applications::create(tx, testing::orbit())).0;
    store.system(|tx| {
        let ann = users::create(tx, ann(&connection.organization_id))?;
        testing::sign_in(tx, &ann, &connection.id, &application.id)
    });
    assert_eq!(store.read_now(testing::open_ones).unwrap(), (1, 1));
}

/// By the index of states alone SQLite would look for them among those of all organizations: a sign-in's first step would cost
/// more with every customer.
#[test]
fn connections_in_use_are_looked_for_among_those_of_their_organization() {
    let store = testing::store();
    let of = organization(&store);
    let looked = |db: &mut Db| {
        let heard = testing::Heard::begin(db);
        usable_in(db, &of)?;
        Ok(heard.end_with_plans(db))
    };
    let Some(plans) = store.read_now(looked).unwrap() else { return };
    assert_eq!(plans.len(), 2, "{plans:?}");
    for plan in plans {
        let first = plan.split(';').next().unwrap();
        assert!(first.contains("organization_id=? AND state=?"), "{plan}");
    }
}
