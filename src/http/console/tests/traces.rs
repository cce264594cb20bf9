//! Sign-in traces at the console.

use super::Desk;
use crate::cause::Cause;
use crate::check::{Check, CheckName};
use crate::domain::DomainName;
use crate::store::connections::Connection;
use crate::store::events::{self, Filter};
use crate::store::members::Role;
use crate::store::organizations::NewOrganization;
use crate::store::sign_in::{self, Beginning};
use crate::store::traces::{Trace, TraceKind};
use crate::store::{Actor, TraceId, Window, domains, organizations, testing};
use chrono::TimeDelta;

/// A sign-in of Ada's for which nothing happened yet.
fn begun(desk: &Desk, connection: &Connection) -> Trace {
    let (application, request, browser) = (None, None, Some("browser"));
    let (kind, lifetime) = (TraceKind::SignIn, TimeDelta::minutes(10));
    let (toward, email) = (
        Some((connection, Some(TraceId::new().to_string()))),
        Some("ada@globex.example".to_owned()),
    );
    let store = desk.world.store();
    store.system(|tx| {
        sign_in::begin(
            tx,
            Beginning { kind, application, request, toward, email, browser, lifetime },
        )
    })
}

/// A sign-in of Ada's that failed by a slash at the end of the audience.
pub(super) fn failed(desk: &Desk, connection: &Connection) -> Trace {
    let trace = begun(desk, connection);
    let checks = vec![
        Check::of(CheckName::Issuer, true, "https://idp.example", "https://idp.example"),
        Check::of(CheckName::Audience, false, "https://sso/<x>", "https://sso/<x>/"),
    ];
    let store = desk.world.store();
    store.clock().advance(TimeDelta::milliseconds(8_640));
    store.system(|tx| sign_in::refuse(tx, &trace, Cause::AudienceMismatch, checks, None));
    trace
}

#[actix_web::test]
async fn a_list_of_traces_names_whose_they_are_and_hides_the_person() {
    let desk = Desk::signed_in(Role::Viewer).await;
    assert!(desk.get("/console/traces").await.body.contains("There is none yet"));
    let connection = testing::active(desk.world.store(), "JumpCloud", None);
    let trace = failed(&desk, &connection);
    let page = desk.get("/console/traces").await.body;
    let href = format!("href=\"/console/traces/{}\"", trace.id);
    for part in [&*href, "a•••@globex.example", "Globex – JumpCloud", "8.6 s", ">Failed<"] {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert!(!page.contains("ada@"), "the person is on the page");
}

#[actix_web::test]
async fn traces_are_found_by_person_result_organization_and_id() {
    let desk = Desk::signed_in(Role::Support).await;
    let connection = testing::active(desk.world.store(), "JumpCloud", None);
    let trace = failed(&desk, &connection);
    let of = connection.organization_id.as_str();
    for found in [
        "q=ada%40globex.example".to_owned(),
        "outcome=failed".to_owned(),
        format!("organization={of}&outcome=failed"),
        format!("connection={}", connection.id),
        format!("connection={}&cause=audience_mismatch", connection.id),
    ] {
        let page = desk.get(&format!("/console/traces?{found}")).await.body;
        assert!(page.contains(trace.id.as_str()), "{found}: {page}");
    }
    let none = [
        "q=eve%40globex.example",
        "q=ada",
        "outcome=succeeded",
        "outcome=x",
        "organization=org_x",
        "organization=external:x",
        "connection=x",
        "cause=x",
        "cause=clock_late",
    ];
    for query in none {
        let page = desk.get(&format!("/console/traces?{query}")).await;
        assert_eq!(page.status, 200, "{query}");
        assert!(page.body.contains("No sign-in traces match"), "{query}: {}", page.body);
        assert!(page.body.contains("Clear filters"), "{query}");
    }
    let answer = desk.get(&format!("/console/traces?q={}", trace.id)).await;
    assert_eq!(answer.header("location"), format!("/console/traces/{}", trace.id));
}

#[actix_web::test]
async fn a_trace_says_why_it_failed_what_differs_and_where_to_change_it() {
    let desk = Desk::signed_in(Role::Viewer).await;
    let connection = testing::active(desk.world.store(), "JumpCloud", None);
    let other = failed(&desk, &connection);
    let trace = failed(&desk, &connection);
    let page = desk.get(&format!("/console/traces/{}", trace.id)).await.body;
    for part in [
        other.id.as_str(),
        "<h1>The assertion is meant for a different address</h1>",
        "JumpCloud › ",
        "SP Entity ID",
        "<mark>/</mark>",
        "https://sso/&#60;x&#62;",
        "audience_mismatch",
        "a•••@globex.example",
        "+8.6 s",
        &format!("connection={}&#38;cause=audience_mismatch", connection.id),
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert!(page.contains(&connection.entity_id(desk.world.state.config.public_url.as_str())));
    assert!(!page.contains("ada@"), "the person is on the page");
    let unknown = crate::store::TraceId::new();
    assert_eq!(desk.get(&format!("/console/traces/{unknown}")).await.status, 404);
}

#[actix_web::test]
async fn a_trace_says_what_has_not_happened() {
    let desk = Desk::signed_in(Role::Viewer).await;
    let connection = testing::active(desk.world.store(), "JumpCloud", None);
    let trace = begun(&desk, &connection);
    let page = desk.get(&format!("/console/traces/{}", trace.id)).await.body;
    assert!(page.contains("<h1>This sign-in is still going on</h1>"), "{page}");
    assert!(page.contains("Did not happen") && page.contains("Nothing was checked"), "{page}");
}

#[actix_web::test]
async fn the_short_address_of_a_trace_leads_to_it_after_the_sign_in() {
    let mut desk = Desk::signed_in(Role::Viewer).await;
    let connection = testing::active(desk.world.store(), "JumpCloud", None);
    let trace = failed(&desk, &connection);
    desk.cookie = None;
    let answer = desk.get(&format!("/t/{}", trace.id)).await;
    assert_eq!(answer.header("location"), format!("/console/traces/{}", trace.id));
    let login = desk.get(answer.header("location")).await;
    let next = format!("/console/login?next=%2Fconsole%2Ftraces%2F{}", trace.id);
    assert_eq!(login.header("location"), next);
    assert_eq!(desk.get("/t/..%2F..%2Fevil").await.status, 404);
}

#[actix_web::test]
async fn personal_values_are_shown_to_whoever_asks_which_is_written_down() {
    let desk = Desk::signed_in(Role::Support).await;
    let connection = testing::active(desk.world.store(), "JumpCloud", None);
    let trace = failed(&desk, &connection);
    let at = format!("/console/traces/{}", trace.id);
    assert!(desk.get(&at).await.body.contains(&format!("action=\"{at}/reveal\"")));
    let shown = desk.post(&format!("{at}/reveal"), &[]).await;
    assert_eq!(shown.status, 200, "{}", shown.body);
    assert!(shown.body.contains("ada@globex.example") && shown.body.contains("you looked"));
    let filter = Filter { subject: Some(trace.id.to_string()), ..Filter::default() };
    let window = Window { limit: 1, before: None };
    let store = desk.world.store();
    let event = store.read_now(|db| events::page(db, &window, &filter)).unwrap().data.remove(0);
    let actor = Actor::Member(desk.member.id.clone()).to_string();
    assert_eq!((&*event.kind, event.actor), ("trace.revealed", actor));
    assert!(!desk.get(&at).await.body.contains("ada@"), "a page that is only read shows nobody");
}

#[actix_web::test]
async fn whoever_only_reads_is_not_offered_personal_values() {
    let desk = Desk::signed_in(Role::Viewer).await;
    let connection = testing::active(desk.world.store(), "JumpCloud", None);
    let at = format!("/console/traces/{}", failed(&desk, &connection).id);
    assert!(!desk.get(&at).await.body.contains("/reveal"));
    assert_eq!(desk.post(&format!("{at}/reveal"), &[]).await.status, 403);
}

#[actix_web::test]
async fn a_trace_is_taken_along_without_the_person() {
    let desk = Desk::signed_in(Role::Viewer).await;
    let store = desk.world.store();
    let connection = testing::active(store, "JumpCloud", None);
    let mut trace = begun(&desk, &connection);
    let message = concat!(
        r#"<a:Assertion xmlns:a="urn:oasis:names:tc:SAML:2.0:assertion">"#,
        "<a:NameID>ada@globex.example</a:NameID></a:Assertion>",
    );
    let sealed = desk.world.state.master.seal(message.as_bytes(), &trace.place()).unwrap();
    trace.message = Some(sealed);
    store.system(|tx| sign_in::refuse(tx, &trace, Cause::SignatureMissing, Vec::new(), None));
    let at = format!("/console/traces/{}", trace.id);
    let page = desk.get(&at).await.body;
    let folded = page.split("<pre class=\"pre\"").nth(1).unwrap_or_default();
    assert!(folded.contains("[hidden]") && folded.contains("Assertion"), "{page}");
    assert!(!page.contains("ada@"), "{page}");
    let json = desk.get(&format!("{at}/download?format=json")).await;
    assert_eq!(json.header("content-type"), "application/json");
    let name = format!("attachment; filename=\"{}.json\"", trace.id);
    assert_eq!(json.header("content-disposition"), name);
    assert!(
        json.body.contains("signature_missing") && !json.body.contains("ada@"),
        "{}",
        json.body
    );
    let xml = desk.get(&format!("{at}/download?format=xml")).await;
    assert!(xml.body.contains("[hidden]") && !xml.body.contains("ada"), "{}", xml.body);
    assert_eq!(desk.get(&format!("{at}/download?format=tar")).await.status, 404);
    let both = desk.get(&format!("{at}/download")).await;
    assert_eq!((both.status, both.header("content-type")), (200, "application/zip"));
    let name = format!("attachment; filename=\"{}.zip\"", trace.id);
    assert_eq!(both.header("content-disposition"), name);
    // With the person only for whoever may see them, and on record.
    assert_eq!(desk.post(&format!("{at}/download"), &[]).await.status, 403);
    let support = Desk::signed_in(Role::Support).await;
    let connection = testing::active(support.world.store(), "JumpCloud", None);
    let trace = failed(&support, &connection).id;
    let whole = support.post(&format!("/console/traces/{trace}/download"), &[]).await;
    assert_eq!(whole.header("content-type"), "application/zip");
    let kinds = support.world.store().kinds(Some(&connection.organization_id));
    assert_eq!(kinds.last().map(String::as_str), Some("trace.revealed"));
    let without = failed(&desk, &connection).id;
    let none = desk.get(&format!("/console/traces/{without}/download?format=xml")).await;
    assert_eq!(none.status, 404);
}

#[actix_web::test]
async fn a_trace_offers_another_test_to_whoever_may_begin_one() {
    for (role, is_offered) in [(Role::Admin, true), (Role::Support, false)] {
        let desk = Desk::signed_in(role).await;
        let connection = testing::active(desk.world.store(), "JumpCloud", None);
        let trace = failed(&desk, &connection).id;
        let page = desk.get(&format!("/console/traces/{trace}")).await.body;
        let test = format!("/console/connections/{}/test", connection.id);
        assert_eq!(page.contains(&test) && page.contains("Test again"), is_offered, "{role}");
        if is_offered {
            let begun = desk.post(&test, &[]).await.body;
            assert!(begun.contains("http-equiv=\"refresh\" content=\"0;url=https://"), "{begun}");
        }
    }
}

#[actix_web::test]
async fn the_list_reads_its_newest_lines_again() {
    let desk = Desk::signed_in(Role::Viewer).await;
    let page = desk.get("/console/traces?outcome=failed").await.body;
    assert!(page.contains("hx-get=\"/console/traces?outcome=failed\""), "{page}");
    let connection = testing::active(desk.world.store(), "JumpCloud", None);
    let trace = failed(&desk, &connection);
    let part = desk.part("/console/traces?outcome=failed").await.body;
    assert!(part.contains(trace.id.as_str()) && !part.contains("<html"), "{part}");
}

#[actix_web::test]
async fn traces_are_purged_when_the_name_has_been_typed() {
    let desk = Desk::signed_in(Role::Admin).await;
    let connection = testing::active(desk.world.store(), "JumpCloud", None);
    let (old, underway) = (failed(&desk, &connection), begun(&desk, &connection));
    desk.world.store().clock().advance(TimeDelta::minutes(1));
    let of = connection.organization_id.as_str();
    let name = desk
        .world
        .store()
        .read_now(|db| crate::store::organizations::find(db, &connection.organization_id));
    let (uri, name) = (format!("/console/organizations/{of}/purge"), name.unwrap().name);
    let settings = desk.get(&format!("/console/organizations/{of}/settings")).await.body;
    assert!(settings.contains(&format!("action=\"{uri}\"")), "{settings}");
    let page = desk.get(&format!("{uri}?older=0")).await.body;
    for part in ["(all that have ended): 1", "cannot be undone", "name=\"older\" value=\"0\""] {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert!(desk.get(&format!("{uri}?older=7")).await.body.contains("(older than 7 days): 0"));
    assert_eq!(desk.get(&format!("{uri}?older=8")).await.status, 404);
    let is_there = |id: &TraceId| {
        let id = id.clone();
        desk.world.store().read_now(|db| crate::store::traces::by_id(db, &id)).unwrap().is_some()
    };
    for (older, typed, status) in [("0", "somebody else", 422), ("7", &*name, 303)] {
        let answer = desk.post(&uri, &[("older", older), ("confirm", typed)]).await;
        assert_eq!(answer.status, status, "{}", answer.body);
        assert!(is_there(&old.id), "{older} {typed}");
    }
    assert_eq!(desk.post(&uri, &[("older", "0"), ("confirm", &name)]).await.status, 303);
    assert!(!is_there(&old.id) && is_there(&underway.id));
    let filter = Filter { kind: Some("trace.purged".into()), ..Filter::default() };
    let window = Window { limit: 9, before: None };
    let told = desk.world.store().read_now(|db| events::page(db, &window, &filter)).unwrap().data;
    assert_eq!(told.len(), 1);
    assert!(told[0].actor.starts_with("member:") && told[0].data["count"] == 1);
}

/// A sign-in of somebody whose address is of this domain, which the organization does not have.
fn of_domain(desk: &Desk, connection: &Connection, domain: &str) -> Trace {
    let trace = begun(desk, connection);
    let check = Check::of(CheckName::Domain, false, "a domain of the organization", domain);
    let cause = Cause::EmailDomainNotAllowed;
    desk.world.store().system(|tx| sign_in::refuse(tx, &trace, cause, vec![check], None));
    trace
}

#[actix_web::test]
async fn a_domain_that_an_organization_lacks_is_added_from_the_trace() {
    let desk = Desk::signed_in(Role::Admin).await;
    let connection = testing::active(desk.world.store(), "JumpCloud", None);
    let trace = of_domain(&desk, &connection, "mail.globex.test");
    let page = desk.get(&format!("/console/traces/{}", trace.id)).await.body;
    let domains = format!("/console/connections/{}/domains", connection.id);
    let add = format!("href=\"{domains}?domain=mail.globex.test#add\"");
    assert!(page.contains(&add) && page.contains("Add mail.globex.test to Globex"), "{page}");
    let form = desk.get(&format!("{domains}?domain=mail.globex.test")).await.body;
    assert!(form.contains("name=\"domain\" type=\"text\" value=\"mail.globex.test\""), "{form}");
    assert!(form.contains("name=\"vouch\""), "{form}");
    let act = format!("/console/organizations/{}/domains", connection.organization_id);
    let given = [("domain", "mail.globex.test"), ("connection", connection.id.as_str())];
    let added = desk.post(&act, &given).await;
    assert_eq!((added.status, added.header("location")), (303, &*domains), "{}", added.body);
    // What waits for its record is led to, and what is live lacks no more.
    let page = desk.get(&format!("/console/traces/{}", trace.id)).await.body;
    assert!(page.contains("Go to mail.globex.test, which waits for its DNS record"), "{page}");
    let of = &connection.organization_id;
    let all = desk.world.store().read_now(|db| domains::list(db, of)).unwrap();
    desk.world.store().system(|tx| domains::vouch(tx, &all[0]));
    let page = desk.get(&format!("/console/traces/{}", trace.id)).await.body;
    assert!(!page.contains("mail.globex.test, which waits") && !page.contains(&add), "{page}");
}

#[actix_web::test]
async fn a_domain_of_another_customer_is_not_added_and_nobody_is_named() {
    let desk = Desk::signed_in(Role::Admin).await;
    let store = desk.world.store();
    let connection = testing::active(store, "JumpCloud", None);
    let other =
        NewOrganization { name: "Initech".to_owned(), domains: vec![], ..testing::globex() };
    let name = DomainName::parse("initech.test").unwrap();
    store.system(|tx| {
        let other = organizations::create(tx, other)?;
        domains::add(tx, &other.id, &name, true)
    });
    of_domain(&desk, &connection, "initech.test");
    let act = format!("/console/organizations/{}/domains", connection.organization_id);
    for vouch in [&[][..], &[("vouch", "1")]] {
        let given = [&[("domain", "initech.test")][..], vouch].concat();
        let refused = desk.post(&act, &given).await;
        assert_eq!(refused.status, 422);
        assert!(refused.body.contains("already in use by another customer"), "{}", refused.body);
        assert!(!refused.body.contains("Initech"), "{}", refused.body);
    }
}

#[actix_web::test]
async fn a_domain_is_not_offered_to_who_may_not_add_it_nor_one_that_everybody_shares() {
    let viewer = Desk::signed_in(Role::Support).await;
    let connection = testing::active(viewer.world.store(), "JumpCloud", None);
    let trace = of_domain(&viewer, &connection, "mail.globex.test");
    let page = viewer.get(&format!("/console/traces/{}", trace.id)).await.body;
    assert!(!page.contains("Add mail.globex.test"), "{page}");
    let desk = Desk::signed_in(Role::Owner).await;
    let connection = testing::active(desk.world.store(), "JumpCloud", None);
    for (domain, cause) in [("gmail.com", "shared"), ("<b>", "no domain")] {
        let trace = of_domain(&desk, &connection, domain);
        let page = desk.get(&format!("/console/traces/{}", trace.id)).await;
        assert_eq!(page.status, 200, "{cause}");
        assert!(!page.body.contains("domains?domain="), "{cause}: {}", page.body);
    }
}

#[actix_web::test]
async fn a_message_that_cannot_be_opened_is_none_and_the_trace_is_shown() {
    let desk = Desk::signed_in(Role::Support).await;
    let connection = testing::active(desk.world.store(), "JumpCloud", None);
    let mut trace = begun(&desk, &connection);
    // Sealed for another row: as after a restore with another master key.
    let elsewhere = begun(&desk, &connection);
    let sealed = desk.world.state.master.seal(b"<a>ada</a>", &elsewhere.place()).unwrap();
    trace.message = Some(sealed);
    desk.world
        .store()
        .system(|tx| sign_in::refuse(tx, &trace, Cause::SignatureMissing, Vec::new(), None));
    let at = format!("/console/traces/{}", trace.id);
    let page = desk.get(&at).await;
    assert!(page.status == 200 && !page.body.contains("<pre"), "{}", page.body);
    assert_eq!(desk.get(&format!("{at}/download")).await.status, 200);
    assert_eq!(desk.get(&format!("{at}/download?format=xml")).await.status, 404);
    assert_eq!(desk.post(&format!("{at}/reveal"), &[]).await.status, 200);
}
