use super::*;
use crate::error::Error;
use crate::store::testing::{self, TestStore, globex};

fn new() -> NewApiKey {
    NewApiKey {
        name: "Backend".to_owned(),
        scopes: vec![Scope::UsersRead, Scope::UsersWrite, Scope::UsersRead],
        organization_id: None,
        expires_at: None,
        networks: Vec::new(),
    }
}

fn is_known(store: &TestStore, secret: &Secret) -> bool {
    let now = store.clock().now();
    store.read_now(|db| authenticate(db, secret.reveal(), now)).unwrap().is_some()
}

#[test]
fn a_key_is_known_by_its_secret_and_only_its_hash_is_kept() {
    let store = testing::store();
    let (key, secret) = store.system(|tx| create(tx, new()));
    assert!(secret.reveal().starts_with("vst_live_"));
    assert_eq!(key.hint, format!("vst_live_…{}", secret.last_four()));
    assert_ne!(key.hash, secret.reveal());
    assert!(is_known(&store, &secret));
    let other = crypto::token(crypto::API_KEY);
    assert!(!is_known(&store, &other));
    assert!(!is_known(&store, &Secret::from(key.hash.clone())));
    assert!(!is_known(&store, &Secret::from(String::new())));
    assert_eq!(store.kinds(None), ["api_key.created"]);
    assert!(!format!("{key:?}").contains(secret.reveal()));
}

#[test]
fn a_key_may_do_what_is_listed_and_nothing_else() {
    let store = testing::store();
    let (key, secret) = store.system(|tx| create(tx, new()));
    assert_eq!(*key.scopes, [Scope::UsersRead, Scope::UsersWrite]);
    let now = store.clock().now();
    let key = store.read_now(|db| authenticate(db, secret.reveal(), now)).unwrap().unwrap();
    assert!(key.has(Scope::UsersRead) && !key.has(Scope::TracesRead));
    let none = NewApiKey { scopes: vec![], ..new() };
    let done = store.try_system(|tx| create(tx, none));
    assert!(matches!(done, Err(Error::Invalid(faults)) if faults[0].pointer == "/scopes"));
}

#[test]
fn a_key_of_one_organization_covers_no_other_and_ends_with_it() {
    let store = testing::store();
    let (one, two) = store.system(|tx| {
        let one = organizations::create(tx, globex())?;
        let none = organizations::NewOrganization { domains: vec![], ..globex() };
        Ok((one.id, organizations::create(tx, none)?.id))
    });
    let bound = NewApiKey { organization_id: Some(one.clone()), ..new() };
    let (key, secret) = store.system(|tx| create(tx, bound.clone()));
    assert!(key.covers(&one) && !key.covers(&two));
    let (all, _) = store.system(|tx| create(tx, new()));
    assert!(all.covers(&one) && all.covers(&two));
    let listed = store.read_now(|db| page(db, &Window::default(), Some(&one))).unwrap().data;
    assert_eq!(listed.iter().map(|k| &k.id).collect::<Vec<_>>(), [&key.id]);
    assert_eq!(store.read_now(|db| page(db, &Window::default(), None)).unwrap().data.len(), 2);

    assert!(is_known(&store, &secret));
    store.system(|tx| organizations::delete(tx, &one));
    assert!(!is_known(&store, &secret));
    assert!(store.try_system(|tx| create(tx, bound)).is_err());
}

#[test]
fn an_expired_or_revoked_key_is_refused() {
    let store = testing::store();
    let ends = store.clock().now().plus(DEFAULT_LIFETIME);
    let (_, secret) = store.system(|tx| create(tx, NewApiKey { expires_at: Some(ends), ..new() }));
    store.clock().advance(TimeDelta::days(89));
    assert!(is_known(&store, &secret));
    store.clock().advance(TimeDelta::days(1));
    assert!(!is_known(&store, &secret));
    let past = NewApiKey { expires_at: Some(ends), ..new() };
    assert!(store.try_system(|tx| create(tx, past)).is_err());

    let (key, secret) = store.system(|tx| create(tx, new()));
    store.system(|tx| revoke(tx, &key.id));
    assert!(!is_known(&store, &secret));
    let again = store.try_system(|tx| revoke(tx, &key.id));
    assert!(matches!(again, Err(Error::Conflict { code: "api_key_ended", .. })));
    assert!(store.try_system(|tx| roll(tx, &key.id, TimeDelta::zero(), None)).is_err());
}

#[test]
fn a_rolled_key_goes_on_until_the_overlap_ends() {
    let store = testing::store();
    let ends = store.clock().now().plus(TimeDelta::days(10));
    let (old, old_secret) =
        store.system(|tx| create(tx, NewApiKey { expires_at: Some(ends), ..new() }));
    store.clock().advance(TimeDelta::days(5));
    let (new, secret) = store.system(|tx| roll(tx, &old.id, TimeDelta::hours(24), None));
    assert_eq!((&new.name, &*new.scopes), (&old.name, &*old.scopes));
    // It lasts as long as the old one was to last.
    let lifetime = new.expires_at.unwrap().since(new.created_at);
    assert_eq!(lifetime, old.expires_at.unwrap().since(old.created_at));
    assert!(is_known(&store, &secret) && is_known(&store, &old_secret));
    store.clock().advance(TimeDelta::hours(24));
    assert!(is_known(&store, &secret) && !is_known(&store, &old_secret));
    // An overlap does not make the old one last longer than it would have.
    let (_, third) = store.system(|tx| roll(tx, &new.id, TimeDelta::days(100), None));
    store.clock().advance(TimeDelta::days(9));
    assert!(!is_known(&store, &secret) && is_known(&store, &third));
}

#[test]
fn a_key_is_rolled_once() {
    let store = testing::store();
    let ends = store.clock().now().plus(DEFAULT_LIFETIME);
    let (old, secret) =
        store.system(|tx| create(tx, NewApiKey { expires_at: Some(ends), ..new() }));
    let (new, _) = store.system(|tx| roll(tx, &old.id, TimeDelta::hours(24), None));
    let again = store.try_system(|tx| roll(tx, &old.id, TimeDelta::hours(24), None));
    assert!(matches!(again, Err(Error::Conflict { code: "api_key_rolled", .. })));
    // Nothing else was changed: the old one still has its overlap, and the new one is rolled as any other.
    assert!(is_known(&store, &secret));
    let (third, _) = store.system(|tx| roll(tx, &new.id, TimeDelta::hours(24), None));
    let lifetime = |key: &ApiKey| key.expires_at.unwrap().since(key.created_at);
    assert_eq!(lifetime(&third), lifetime(&old));
}

#[test]
fn the_last_use_is_noted_at_most_once_a_minute() {
    let store = testing::store();
    let (key, _) = store.system(|tx| create(tx, new()));
    let used = |from: &str| {
        store.system(|tx| touch(tx, &key.id, from));
        store.read_now(|db| find(db, &key.id)).unwrap()
    };
    let first = used("192.0.2.1");
    assert!(key.is_touch_due(store.clock().now()) && !first.is_touch_due(store.clock().now()));
    store.clock().advance(TimeDelta::seconds(30));
    assert_eq!(used("192.0.2.2").last_used_from.as_deref(), Some("192.0.2.1"));
    store.clock().advance(TimeDelta::seconds(31));
    let third = used("192.0.2.2");
    assert_eq!(third.last_used_from.as_deref(), Some("192.0.2.2"));
    assert!(third.last_used_at > first.last_used_at);
}
