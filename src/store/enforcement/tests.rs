use super::*;
use crate::domain::DomainName;
use crate::saml::attributes::Profile;
use crate::store::connections::NewConnection;
use crate::store::testing::{self, TestStore, connection, globex, person, provider, refused};
use crate::store::{ConnectionId, domains};

const REQUIRED: Enforcement = Enforcement::Required;

fn email(text: &str) -> Email {
    Email::parse(text).unwrap()
}

fn globex_of(store: &TestStore) -> OrganizationId {
    store.system(|tx| organizations::create(tx, globex())).id
}

/// A connection that is turned on, tested or not.
fn way_in(store: &TestStore, id: &OrganizationId, entity_id: &str, tested: bool) -> ConnectionId {
    store.system(|tx| {
        let new = NewConnection { name: entity_id.to_owned(), ..connection() };
        let made = connections::create(tx, id, new)?;
        let made = connections::import(tx, &made.id, provider(entity_id), None, false)?;
        if tested {
            connections::record_test(tx, &made.id, made.revision)?;
        }
        connections::activate(tx, &made.id, true).map(|active| active.id)
    })
}

fn try_require(store: &TestStore, id: &OrganizationId) -> Result<Organization> {
    store.try_system(|tx| set(tx, id, REQUIRED, false))
}

fn ask(store: &TestStore, who: &str, organization: Option<&OrganizationId>) -> Reason {
    let who = email(who);
    let asked = store.read_now(|db| {
        let named = organization.map(|id| organizations::find(db, id)).transpose()?;
        let owner = organizations::by_domain(db, who.domain())?;
        other_way(db, &who, named, owner)
    });
    asked.unwrap().1
}

#[test]
fn nothing_is_required_that_would_lock_everybody_out() {
    let store = testing::store();
    let id = globex_of(&store);
    assert_eq!(refused(try_require(&store, &id)), "active_connection_required");
    let connection = way_in(&store, &id, "https://idp.example/1", false);
    assert_eq!(refused(try_require(&store, &id)), "test_required");
    store.system(|tx| domains::remove(tx, &id, "globex.example"));
    assert_eq!(refused(try_require(&store, &id)), "live_domain_required");
    store.system(|tx| domains::add(tx, &id, &DomainName::parse("globex.example").unwrap(), true));
    let revision = store.read_now(|db| connections::find(db, &connection)).unwrap().revision;
    store.system(|tx| connections::record_test(tx, &connection, revision));
    assert_eq!(try_require(&store, &id).unwrap().enforcement, REQUIRED);
    let kinds = store.kinds(Some(&id));
    assert_eq!(kinds.last().unwrap(), "organization.enforcement_changed");
    // Again, it changes nothing.
    try_require(&store, &id).unwrap();
    assert_eq!(store.kinds(Some(&id)).len(), kinds.len());
}

#[test]
fn what_is_not_tested_is_required_by_whoever_answers_for_it() {
    let store = testing::store();
    let id = globex_of(&store);
    way_in(&store, &id, "https://idp.example/1", false);
    store.system(|tx| set(tx, &id, REQUIRED, true));
    let filter = events::Filter { organization: Some(id), ..events::Filter::default() };
    let page = store.read_now(|db| events::page(db, &crate::store::Window::default(), &filter));
    let data = page.unwrap().data[0].data.clone();
    let expected = json!({ "from": "optional", "to": "required", "tested": false });
    assert_eq!(*data, expected);
}

#[test]
fn the_last_way_in_is_not_taken_unasked() {
    let store = testing::store();
    let id = globex_of(&store);
    let one = way_in(&store, &id, "https://idp.example/1", true);
    let two = way_in(&store, &id, "https://idp.example/2", true);
    try_require(&store, &id).unwrap();
    store.system(|tx| connections::disable(tx, &two));
    assert_eq!(
        refused(store.try_system(|tx| connections::disable(tx, &one))),
        "last_active_connection"
    );
    assert_eq!(
        refused(store.try_system(|tx| connections::delete(tx, &one))),
        "last_active_connection"
    );
    // One that is off may go.
    store.system(|tx| connections::delete(tx, &two));
    let domain = store.try_system(|tx| domains::remove(tx, &id, "globex.example"));
    assert_eq!(refused(domain), "last_live_domain");

    let off = store.system(|tx| connections::disable_with(tx, &one, LastWay::GiveUp));
    assert_eq!(off.state, ConnectionState::Disabled);
    let filter = events::Filter { subject: Some(one.to_string()), ..events::Filter::default() };
    let page = store.read_now(|db| events::page(db, &crate::store::Window::default(), &filter));
    let last = page.unwrap().data.remove(0);
    assert_eq!(
        (last.kind.as_str(), &last.data["locks_out"]),
        ("connection.disabled", &json!(true))
    );
    // It is required all the same: nobody is let in another way because the provider is off.
    assert_eq!(ask(&store, "ada@globex.example", None), Reason::Required);

    store.system(|tx| set(tx, &id, Enforcement::Optional, false));
    store.system(|tx| domains::remove(tx, &id, "globex.example"));
    store.system(|tx| connections::delete(tx, &one));
}

#[test]
fn nobody_but_an_exempt_owner_signs_in_another_way() {
    let store = testing::store();
    let id = globex_of(&store);
    way_in(&store, &id, "https://idp.example/1", true);
    let (ada, hank) = ("ada@globex.example", "Hank@Globex.example");
    store.system(|tx| exempt(tx, &id, &email("hank@globex.example")));
    for who in [ada, hank] {
        assert_eq!(ask(&store, who, None), Reason::Optional, "{who}");
    }
    assert_eq!(ask(&store, "eve@elsewhere.example", None), Reason::NoOrganization);

    try_require(&store, &id).unwrap();
    assert_eq!(ask(&store, ada, None), Reason::Required);
    assert_eq!(ask(&store, hank, None), Reason::ExemptOwner);
    // A guest of the organization has no way in but by being named.
    assert_eq!(ask(&store, "eve@elsewhere.example", None), Reason::NoOrganization);
    assert_eq!(ask(&store, "eve@elsewhere.example", Some(&id)), Reason::Required);
    store.system(|tx| exempt(tx, &id, &email("eve@elsewhere.example")));
    assert_eq!(ask(&store, "eve@elsewhere.example", Some(&id)), Reason::ExemptOwner);

    store.system(|tx| unexempt(tx, &id, "HANK@globex.example"));
    assert_eq!(ask(&store, hank, None), Reason::Required);
    assert_eq!(refused(store.try_system(|tx| unexempt(tx, &id, hank))), "no exempt owner");
}

#[test]
fn each_organization_that_has_a_say_may_refuse() {
    let store = testing::store();
    let id = globex_of(&store);
    way_in(&store, &id, "https://idp.example/1", true);
    try_require(&store, &id).unwrap();
    let new = organizations::NewOrganization { domains: vec![], ..globex() };
    let initech = store.system(|tx| organizations::create(tx, new)).id;
    // Initech lets people in as they like, but Ada is Globex's.
    assert_eq!(ask(&store, "ada@globex.example", Some(&initech)), Reason::Required);
    store.system(|tx| exempt(tx, &id, &email("ada@globex.example")));
    assert_eq!(ask(&store, "ada@globex.example", Some(&initech)), Reason::Optional);
}

#[test]
fn who_is_kept_out_does_not_get_in_another_way() {
    let store = testing::store();
    let id = globex_of(&store);
    let ada = store.system(|tx| users::create(tx, person(&id, "ada@globex.example")));
    store.system(|tx| exempt(tx, &id, &email("ada@globex.example")));
    assert_eq!(ask(&store, "ada@globex.example", None), Reason::Optional);
    store.system(|tx| users::suspend(tx, &ada.id));
    assert_eq!(ask(&store, "ada@globex.example", None), Reason::Suspended);
    way_in(&store, &id, "https://idp.example/1", true);
    try_require(&store, &id).unwrap();
    assert_eq!(ask(&store, "ada@globex.example", None), Reason::Suspended);
}

#[test]
fn who_would_be_locked_out_is_told_before() {
    let store = testing::store();
    let id = globex_of(&store);
    let connection = way_in(&store, &id, "https://idp.example/1", true);
    let (ada, eve) = store.system(|tx| {
        let ada = users::create(tx, person(&id, "ada@globex.example"))?;
        let eve = users::create(tx, person(&id, "eve@globex.example"))?;
        let hank = users::create(tx, person(&id, "hank@globex.example"))?;
        let gone = users::create(tx, person(&id, "gone@globex.example"))?;
        crate::store::identities::link(tx, &connection, "ada", &ada)?;
        exempt(tx, &id, &hank.email()?)?;
        users::suspend(tx, &gone.id)?;
        Ok((ada, eve))
    });
    let told = store.read_now(|db| preview(db, &id)).unwrap();
    assert_eq!((told.strangers, told.named), (1, vec![eve.id]));
    let asked = || store.read_now(|db| locked_out(db, &id)).unwrap();
    assert_eq!((asked().count, asked().is_more), (1, false));
    assert_eq!(asked().first, ["eve@globex.example"]);
    assert_eq!((told.active.len(), told.owners.len()), (1, 1));
    // Where nothing is on, nobody can come.
    store.system(|tx| connections::disable(tx, &connection));
    let told = store.read_now(|db| preview(db, &id)).unwrap();
    assert_eq!(told.strangers, 2);
    assert!(told.named.contains(&ada.id));
    // Beyond a hundred nobody goes on counting.
    store.system(|tx| {
        (0..99).try_for_each(|n| {
            users::create(tx, person(&id, &format!("person{n}@globex.example"))).map(drop)
        })
    });
    assert_eq!((asked().count, asked().is_more, asked().first.len()), (100, true, 5));
}

#[test]
fn an_owner_is_named_once_and_forgotten_with_the_person() {
    let store = testing::store();
    let id = globex_of(&store);
    let ada = store.system(|tx| users::create(tx, person(&id, "ada@globex.example")));
    store.system(|tx| exempt(tx, &id, &email("ada@globex.example")));
    let again = store.try_system(|tx| exempt(tx, &id, &email("ADA@globex.example")));
    assert_eq!(refused(again), "exempt_owner_exists");
    store.system(|tx| {
        let profile = Profile {
            email: Some(email("lovelace@globex.example")),
            email_source: None,
            given_name: None,
            family_name: None,
            name: None,
            groups: vec![],
            sources: vec![],
        };
        users::change(tx, ada.clone(), &profile)
    });
    // It is the address that is exempt, not whoever had it once.
    assert!(!store.read_now(|db| is_exempt(db, &id, &email("lovelace@globex.example"))).unwrap());
    store.system(|tx| exempt(tx, &id, &email("lovelace@globex.example")));
    store.system(|tx| users::erase(tx, &ada.id));
    let left = store.read_now(|db| owners(db, &id)).unwrap();
    assert_eq!(left.len(), 1);
    assert_eq!(left[0].email, "ada@globex.example");
}
