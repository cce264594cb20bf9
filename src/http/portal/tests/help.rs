//! Who does not find the fields tells the operator so.

use super::*;
use crate::store::Window;
use crate::store::events::{self, Filter};

#[actix_web::test]
async fn the_operator_is_told_of_the_step_and_the_reason_once_a_day() {
    let portal = Portal::started().await;
    portal.post("provider", &[("provider", "okta")]).await;
    let told = portal.post("values", &[("missing", "rights")]).await;
    assert!(told.body.contains("has been told"), "{}", told.body);
    let store = portal.world.store();
    let events = || {
        let filter = Filter {
            organization: Some(portal.organization.clone()),
            kind: Some("setup_link.help_wanted".to_owned()),
            ..Filter::default()
        };
        let window = Window { limit: 10, before: None };
        store.read_now(|db| events::page(db, &window, &filter)).unwrap().data
    };
    let all = events();
    assert_eq!((all.len(), &*all[0].actor), (1, &*format!("portal:{}", portal.link.id)));
    assert_eq!(
        (&all[0].data["step"], &all[0].data["missing"]),
        (&"values".into(), &"rights".into())
    );
    // To ask is not to finish the step, and the same twice says nothing.
    assert!(portal.get("/portal/setup").await.header("location").ends_with("/create"));
    let again = portal.post("values", &[("missing", "rights")]).await;
    assert!(again.body.contains("could not be done"), "{}", again.body);
    assert_eq!(portal.post("create", &[("missing", "nonsense")]).await.status, 422);
    assert_eq!(events().len(), 1);
    portal.post("create", &[("missing", "names")]).await;
    assert_eq!(events().len(), 2);
    store.clock().advance(chrono::TimeDelta::hours(25));
    portal.post("values", &[("missing", "plan")]).await;
    assert_eq!(events().len(), 3);
}

#[actix_web::test]
async fn a_note_is_kept_with_the_link_until_the_step_is_finished_and_never_in_an_event() {
    let portal = Portal::started().await;
    portal.post("provider", &[("provider", "okta")]).await;
    let note = "There is no <Audience URI>, says Kim";
    let told = portal.post("create", &[("missing", "names"), ("note", note)]).await;
    assert!(told.body.contains("has been told"), "{}", told.body);
    let store = portal.world.store();
    let link = || store.read_now(|db| setup_links::find(db, &portal.link.id)).unwrap();
    let help = link().help.unwrap().into_inner();
    assert_eq!((help.step, &*help.note), (setup_links::Step::Create, note));
    let filter = Filter { subject: Some(portal.link.id.to_string()), ..Filter::default() };
    let window = Window { limit: 50, before: None };
    let all = store.read_now(|db| events::page(db, &window, &filter)).unwrap().data;
    assert!(all.iter().all(|event| !event.data.to_string().contains("Kim")), "{all:?}");
    portal.post("create", &[]).await;
    assert!(link().help.is_none(), "whoever goes on has found it");
}

#[actix_web::test]
async fn a_second_note_within_a_day_is_kept_beside_the_first_and_the_page_says_so() {
    let portal = Portal::started().await;
    portal.post("provider", &[("provider", "okta")]).await;
    let store = portal.world.store();
    let notes = || {
        let link = store.read_now(|db| setup_links::find(db, &portal.link.id)).unwrap();
        let help = link.help.map(crate::store::Json::into_inner);
        let line = |help: &setup_links::Help| format!("{} {}", help.step, help.note);
        help.iter().flat_map(setup_links::Help::all).map(line).collect::<Vec<_>>()
    };
    for (step, note, said) in [
        ("values", "first", "They see at which step"),
        ("values", "second", "stands beside it"),
        ("create", "third", "They see at which step"),
    ] {
        let told = portal.post(step, &[("missing", "names"), ("note", note)]).await;
        assert!(told.body.contains(said), "{note}: {}", told.body);
    }
    assert_eq!(notes(), ["create third", "values second", "values first"]);
    // What was found is said no more, whatever else was not.
    portal.post("create", &[]).await;
    assert_eq!(notes(), ["values second", "values first"]);
    for number in 3..=10 {
        let note = number.to_string();
        portal.post("values", &[("missing", "other"), ("note", &note)]).await;
    }
    let more = portal.post("values", &[("missing", "other"), ("note", "one more")]).await;
    assert!(more.body.contains("could not be done"), "{}", more.body);
    assert_eq!(notes().len(), 10);
    portal.post("values", &[]).await;
    assert!(notes().is_empty());
}

#[actix_web::test]
async fn the_likely_reasons_are_told_with_a_colleague_who_may_have_the_rights() {
    let portal = Portal::started().await;
    portal.post("provider", &[("provider", "okta")]).await;
    let page = portal.get("/portal/setup/values").await.body;
    for part in ["Names differ between versions", "may lack the rights", "Some plans do not"] {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert!(page.contains("ask an administrator of the console. <a href=\"/portal/hand-over\">"));
}

#[actix_web::test]
async fn every_step_with_fields_of_a_console_offers_help_and_a_note_that_is_too_long_is_kept() {
    let portal = Portal::started().await;
    portal.post("provider", &[("provider", "okta")]).await;
    for step in setup_links::Step::ALL {
        let page = portal.get(&format!("/portal/setup/{step}")).await.body;
        let is_offered = page.contains("name=\"missing\"") && page.contains("name=\"note\"");
        let has_fields = !["provider", "domain", "test"].contains(&step.as_str());
        assert_eq!(is_offered, has_fields, "{step}");
    }
    let long = "x".repeat(501);
    let refused = portal.post("create", &[("missing", "other"), ("note", &long)]).await;
    assert_eq!(refused.status, 422);
    assert!(refused.body.contains("id=\"note-error\"") && refused.body.contains(&long));
}
