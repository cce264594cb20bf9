use super::*;
use crate::store::testing::{self, TestStore, globex};

fn refused<T: std::fmt::Debug>(done: Result<T>) -> String {
    match done.unwrap_err() {
        Error::Conflict { code, .. } => code.to_owned(),
        Error::Invalid(fields) => {
            fields.iter().map(|field| field.pointer.clone() + " " + &field.code).collect()
        }
        Error::NotFound { what, .. } => format!("no {what}"),
        other => panic!("{other:?}"),
    }
}

fn names(store: &TestStore, text: Option<&str>, domain: Option<&str>) -> Vec<String> {
    let (text, domain) = (text.map(str::to_owned), domain.map(str::to_owned));
    let filter = Filter { text, domain, ..Filter::default() };
    let page = store.read_now(|db| page(db, &Window::default(), &filter)).unwrap();
    let count = store.read_now(|db| count(db, &filter)).unwrap();
    assert_eq!(usize::try_from(count).unwrap(), page.data.len());
    page.data.into_iter().map(|organization| organization.name).collect()
}

#[test]
fn an_organization_is_found_by_its_id_and_by_the_vendors() {
    let store = testing::store();
    let new = NewOrganization { external_id: Some("cus:42".to_owned()), ..globex() };
    let made = store.system(|tx| create(tx, new));
    for reference in [made.id.as_str(), "external:cus:42"] {
        assert_eq!(store.read_now(|db| resolve(db, reference)).unwrap().id, made.id);
    }
    for reference in ["external:cus:43", "external:", "cus:42", "org_x", ""] {
        assert_eq!(refused(store.read_now(|db| resolve(db, reference))), "no organization");
    }
}

#[test]
fn two_organizations_do_not_have_the_same_external_id() {
    let store = testing::store();
    let new =
        || NewOrganization { external_id: Some("42".to_owned()), domains: vec![], ..globex() };
    let made = store.system(|tx| create(tx, new()));
    assert_eq!(refused(store.try_system(|tx| create(tx, new()))), "external_id_taken");
    let other = store.system(|tx| create(tx, NewOrganization { external_id: None, ..new() }));
    let patch = || OrganizationPatch {
        external_id: Some(Some("42".to_owned())),
        ..OrganizationPatch::default()
    };
    let done = store.try_system(|tx| change(tx, &other.id, patch()));
    assert_eq!(refused(done), "external_id_taken");
    // A deleted one gives it up, and cannot come back while another has it.
    store.system(|tx| delete(tx, &made.id));
    store.system(|tx| change(tx, &other.id, patch()));
    assert_eq!(refused(store.try_system(|tx| restore(tx, &made.id))), "external_id_taken");
}

#[test]
fn every_wrong_field_is_told_at_once() {
    let store = testing::store();
    let metadata =
        [("x".to_owned(), Value::from("x".repeat(20_000)))].into_iter().collect::<Map<_, _>>();
    let new = NewOrganization {
        name: " \t".to_owned(),
        external_id: Some("with space".to_owned()),
        metadata,
        ..globex()
    };
    assert_eq!(
        refused(store.try_system(|tx| create(tx, new))),
        "/name required/external_id invalid/metadata too_long"
    );
}

#[test]
fn organizations_are_searched_by_name_external_id_and_domain_in_any_case() {
    let store = testing::store();
    store.system(|tx| {
        create(tx, globex())?;
        create(
            tx,
            NewOrganization {
                name: "Ärzte 100%_!".to_owned(),
                external_id: Some("Clinic-9".to_owned()),
                domains: vec![],
                ..globex()
            },
        )
    });
    assert_eq!(names(&store, None, None), ["Ärzte 100%_!", "Globex"]);
    assert_eq!(names(&store, Some(" "), None).len(), 2);
    for text in ["GLOB", "obex", "globex.EXAMPLE", ".exa"] {
        assert_eq!(names(&store, Some(text), None), ["Globex"], "{text}");
    }
    for text in ["ärzte", "ÄRZTE", "100%", "%_", "!", "clinic", "NIC-9"] {
        assert_eq!(names(&store, Some(text), None), ["Ärzte 100%_!"], "{text}");
    }
    for text in ["1%", "g_obex", "nobody", "\\"] {
        assert!(names(&store, Some(text), None).is_empty(), "{text}");
    }
    assert_eq!(names(&store, None, Some("Globex.example")), ["Globex"]);
    assert!(names(&store, None, Some("lobex.example")).is_empty());
}

#[test]
fn a_change_is_an_event_only_if_something_is_different() {
    let store = testing::store();
    let made = store.system(|tx| create(tx, globex()));
    store.clock().advance(TimeDelta::hours(1));
    let same = OrganizationPatch { name: Some(" Globex ".to_owned()), ..Default::default() };
    let after = store.system(|tx| change(tx, &made.id, same));
    assert_eq!(after.updated_at, made.updated_at);
    let patch = OrganizationPatch {
        name: Some("Globex Ltd".to_owned()),
        admission: Some(Admission::Directory),
        ..Default::default()
    };
    let after = store.system(|tx| change(tx, &made.id, patch));
    assert!(after.updated_at > made.updated_at);
    let found = store.read_now(|db| find(db, &made.id)).unwrap();
    assert_eq!((found.name.as_str(), found.name_key.as_str()), ("Globex Ltd", "globex ltd"));
    assert_eq!(
        store.kinds(Some(&made.id)),
        ["organization.created", "domain.added", "domain.vouched", "organization.updated"]
    );
}

#[test]
fn a_deleted_organization_is_gone_and_can_be_restored_for_30_days() {
    let store = testing::store();
    let made = store.system(|tx| create(tx, globex()));
    let domain = DomainName::parse("globex.example").unwrap();
    store.system(|tx| delete(tx, &made.id));
    assert_eq!(refused(store.read_now(|db| find(db, &made.id))), "no organization");
    assert_eq!(refused(store.try_system(|tx| delete(tx, &made.id))), "no organization");
    assert!(names(&store, None, None).is_empty());
    assert!(store.read_now(|db| domains::owner(db, &domain)).unwrap().is_none());

    store.clock().advance(TimeDelta::days(29));
    store.system(|tx| restore(tx, &made.id));
    assert_eq!(names(&store, None, None), ["Globex"]);
    assert!(store.read_now(|db| domains::owner(db, &domain)).unwrap().is_some());
    assert_eq!(refused(store.try_system(|tx| restore(tx, &made.id))), "no deleted organization");

    store.system(|tx| delete(tx, &made.id));
    store.clock().advance(TimeDelta::days(30));
    assert_eq!(refused(store.try_system(|tx| restore(tx, &made.id))), "no deleted organization");
}

#[test]
fn a_domain_that_another_customer_took_meanwhile_is_pending_after_a_restore() {
    let store = testing::store();
    let made = store.system(|tx| create(tx, globex()));
    store.system(|tx| delete(tx, &made.id));
    let other = store.system(|tx| create(tx, globex()));
    store.system(|tx| restore(tx, &made.id));
    let domain = store.read_now(|db| domains::find_in(db, &made.id, "globex.example")).unwrap();
    assert_eq!((domain.is_live(), domain.state), (false, domains::DomainState::Pending));
    let domain = store.read_now(|db| domains::find_in(db, &other.id, "globex.example")).unwrap();
    assert!(domain.is_live());
    // The audit log tells what became of it.
    let last = |of: &OrganizationId| store.kinds(Some(of)).into_iter().rev().nth(1).unwrap();
    assert_eq!(last(&made.id), "domain.lost");
    store.system(|tx| delete(tx, &other.id));
    store.system(|tx| restore(tx, &other.id));
    assert_eq!(last(&other.id), "domain.restored");
}

#[test]
fn people_stay_signed_in_as_long_as_their_organization_has_it_or_everybody() {
    let store = testing::store();
    let id = store.system(|tx| create(tx, testing::globex())).id;
    let set = |seconds| {
        let patch =
            OrganizationPatch { session_seconds: Some(seconds), ..OrganizationPatch::default() };
        store.try_system(|tx| change(tx, &id, patch))
    };
    let usual = TimeDelta::hours(8);
    assert_eq!(set(None).unwrap().session(usual), usual);
    assert_eq!(set(Some(3600)).unwrap().session(usual), TimeDelta::hours(1));
    let events =
        || store.kinds(Some(&id)).iter().filter(|it| *it == "organization.updated").count();
    assert_eq!(events(), 1);
    set(Some(3600)).unwrap();
    assert_eq!(events(), 1, "what is the same makes no event");
    for wrong in [0, 59, 365 * 86_400 + 1, -1] {
        assert_eq!(testing::refused(set(Some(wrong))), "/session_seconds invalid", "{wrong}");
    }
    assert_eq!(set(None).unwrap().session(usual), usual);
}
