//! What happened at the connection, as the IT admin sees it.

use super::*;
use crate::cause::Cause;
use crate::check::{self, Check, CheckName};
use crate::store::directories::requests::{self, Entry, Refusal};
use crate::store::directories::tokens::{self, NewToken};
use crate::store::sign_in;
use crate::store::traces::Trace;
use crate::store::{Actor, ApiKeyId, ApplicationId, ScimRequestId, ScimTokenId};

/// A portal with a connection, and what its link covers.
async fn started(covers: &[Cover]) -> Portal {
    let mut portal = Portal::new(&[], covers);
    portal.start().await;
    portal.post("provider", &[("provider", "okta")]).await;
    portal
}

/// A test sign-in at a connection that failed by its audience, by somebody.
fn failed(portal: &Portal, connection: &connections::Connection) -> Trace {
    let store = portal.world.store();
    let checks = vec![
        Check::of(CheckName::Subject, true, "a name ID", "ada@globex.example"),
        Check::of(CheckName::Status, false, "Success", "Denied: ada@globex.example is unknown"),
        Check::of(CheckName::Audience, false, "https://sso/<x>", "https://sso/<x>/"),
    ];
    store.system(|tx| {
        let trace = sign_in::begin_test(tx, connection, chrono::TimeDelta::minutes(10))?;
        sign_in::refuse(tx, &trace, Cause::AudienceMismatch, checks, None)?;
        Ok(trace)
    })
}

#[actix_web::test]
async fn activity_tells_of_sign_ins_and_changes_and_of_nobody() {
    let portal = started(&Cover::USUAL).await;
    let page = portal.get("/portal/activity").await.body;
    assert!(page.contains("Nobody has signed in yet"), "{page}");
    assert!(page.contains("The connection was created"), "{page}");
    let trace = failed(&portal, &portal.connection());
    let page = portal.get("/portal/activity").await.body;
    assert!(page.contains("meant for a different address") && page.contains(">Failed<"), "{page}");
    assert!(!page.contains("ada@"), "the person is on the page");
    assert!(!page.contains(trace.id.as_str()), "a trace is offered that may not be read");
    assert!(portal.get("/portal").await.body.contains("href=\"/portal/activity\""));
}

#[actix_web::test]
async fn what_a_program_of_the_operator_changes_is_told_as_the_operator_s() {
    let portal = started(&Cover::USUAL).await;
    let (connection, of) = (portal.connection(), portal.organization.clone());
    for (actor, name) in [
        (Actor::ApiKey(ApiKeyId::new()), "By a key"),
        (Actor::Machine(ApplicationId::new()), "By an application"),
    ] {
        let patch = connections::ConnectionPatch {
            name: Some(name.to_owned()),
            ..connections::ConnectionPatch::default()
        };
        let store = portal.world.store();
        store
            .write_now(&(&of).into(), &actor, |tx| connections::change(tx, &connection.id, patch))
            .unwrap();
        let page = portal.get("/portal/activity").await.body;
        let by = format!("by {}", portal.world.state.operator());
        let newest = page.split("s settings changed").nth(1).unwrap();
        assert!(newest.split("</li>").next().unwrap().contains(&by), "{name}: {page}");
    }
}

#[actix_web::test]
async fn a_link_that_does_not_cover_sign_in_tells_of_no_sign_ins() {
    let mut portal = started(&Cover::USUAL).await;
    let connection = portal.connection();
    failed(&portal, &connection);
    let new = NewLink {
        connection_id: Some(connection.id),
        covers: vec![Cover::Certificate],
        ..NewLink::default()
    };
    let of = portal.organization.clone();
    (portal.link, portal.token) =
        portal.world.store().system(|tx| setup_links::create(tx, &of, new));
    portal.start().await;
    let page = portal.get("/portal/activity").await;
    assert_eq!(page.status, 200);
    assert!(!page.body.contains(">Failed<"), "{}", page.body);
}

#[actix_web::test]
async fn a_trace_is_read_only_by_a_link_that_covers_that_and_hides_the_person() {
    let closed = started(&Cover::USUAL).await;
    let trace = failed(&closed, &closed.connection());
    assert_eq!(closed.get(&format!("/portal/traces/{}", trace.id)).await.status, 404);

    let covers: Vec<_> = Cover::USUAL.into_iter().chain([Cover::Traces]).collect();
    let portal = started(&covers).await;
    let trace = failed(&portal, &portal.connection());
    let uri = format!("/portal/traces/{}", trace.id);
    assert!(portal.get("/portal/activity").await.body.contains(&format!("href=\"{uri}\"")));
    let page = portal.get(&uri).await;
    assert_eq!(page.status, 200, "{}", page.body);
    for part in ["audience_mismatch", "Audience URI (SP Entity ID)", "https://sso/&#60;x&#62;"] {
        assert!(page.body.contains(part), "{part}: {}", page.body);
    }
    assert!(!page.body.contains("ada@"), "the person is on the page");

    let store = portal.world.store();
    let same =
        store.system(|tx| connections::create(tx, &portal.organization, testing::connection()));
    let foreign = testing::active(store, "Other", None);
    for other in [same, foreign] {
        let trace = failed(&portal, &other);
        let page = portal.get(&format!("/portal/traces/{}", trace.id)).await;
        assert_eq!(page.status, 404, "a trace of another connection");
    }
    assert_eq!(portal.get("/portal/traces/nonsense").await.status, 404);
}

#[actix_web::test]
async fn a_link_without_a_step_says_that_there_is_nothing_to_set_up_and_leads_to_what_can_be_looked_at()
 {
    let mut portal = started(&Cover::USUAL).await;
    let connection = portal.connection();
    failed(&portal, &connection);
    let of = portal.organization.clone();
    for (covers, entry, home) in [
        (vec![Cover::Traces], "There is nothing to set up", "href=\"/portal/activity\">Sign-ins"),
        (vec![Cover::Groups], "There is nothing to set up", "href=\"/portal/groups\""),
        (vec![Cover::Certificate], "Renew the certificate at Globex", "Go on with the setup"),
    ] {
        let new = NewLink {
            connection_id: Some(connection.id.clone()),
            covers: covers.clone(),
            ..NewLink::default()
        };
        (portal.link, portal.token) =
            portal.world.store().system(|tx| setup_links::create(tx, &of, new));
        let page = portal.get(&portal.address()).await.body;
        assert!(page.contains(entry), "{covers:?}: {page}");
        assert!(!page.contains("Set up single sign-on"), "{covers:?}: {page}");
        assert!(!page.contains("about 15 minutes"), "{covers:?}");
        portal.start().await;
        let is_look = covers != [Cover::Certificate];
        let next = portal.get("/portal/setup").await.header("location").to_owned();
        assert_eq!(next == "/portal", is_look, "{covers:?}: {next}");
        let page = portal.get("/portal").await.body;
        assert!(page.contains(home), "{covers:?}: {page}");
        assert_eq!(page.contains("Single sign-on at Globex"), is_look, "{covers:?}: {page}");
    }
}

#[actix_web::test]
async fn changes_of_domains_tokens_and_groups_are_told_to_whom_they_concern() {
    let mut portal = started(&Cover::USUAL).await;
    portal.post("domain", &[("domain", "globex.test")]).await;
    portal.post("provisioning", &[("token", "on")]).await;
    portal.post("provisioning", &[("groups", "on")]).await;
    let store = portal.world.store();
    let connection = portal.connection();
    // Of another connection's token nothing is said.
    let of = portal.organization.clone();
    let other = store.system(|tx| connections::create(tx, &of, testing::connection()));
    let new = NewToken { label: "Other".to_owned(), ..NewToken::default() };
    let (others, _) = store.system(|tx| tokens::create(tx, &other.id, new));
    let page = portal.get("/portal/activity").await.body;
    for part in
        ["globex.test was added", "A token for the directory was created", "Groups were allowed"]
    {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert!(!page.contains(&others.hint), "{page}");
    let new = NewLink {
        connection_id: Some(connection.id),
        covers: vec![Cover::Certificate],
        ..NewLink::default()
    };
    (portal.link, portal.token) = store.system(|tx| setup_links::create(tx, &of, new));
    portal.start().await;
    let page = portal.get("/portal/activity").await.body;
    for part in ["was added", "A token for", "Groups were"] {
        assert!(!page.contains(part), "{part}: {page}");
    }
}

#[actix_web::test]
async fn a_test_of_somebody_whose_domain_waits_says_so_and_leads_to_the_domain() {
    let covers: Vec<_> = Cover::USUAL.into_iter().chain([Cover::Traces]).collect();
    let portal = started(&covers).await;
    let expected = check::expects_waiting("a domain", "globex.test", "27 Nov 2026");
    let checks = vec![Check::of(CheckName::Domain, false, &expected, "globex.test")];
    let connection = portal.connection();
    let trace = portal.world.store().system(|tx| {
        let trace = sign_in::begin_test(tx, &connection, chrono::TimeDelta::minutes(10))?;
        sign_in::refuse(tx, &trace, Cause::EmailDomainNotAllowed, checks, None)?;
        Ok(trace)
    });
    let list = portal.get("/portal/activity").await.body;
    assert!(list.contains("globex.test still waits for its DNS record"), "{list}");
    for page in ["/portal/setup/test".to_owned(), format!("/portal/traces/{}", trace.id)] {
        let page = portal.get(&page).await.body;
        for part in ["globex.test still waits for its DNS record", "waits since 27 Nov 2026"] {
            assert!(page.contains(part), "{part}: {page}");
        }
        assert!(!page.contains("is not on this connection"), "{page}");
    }
    let page = portal.get("/portal/setup/test").await.body;
    assert!(page.contains("href=\"/portal/setup/domain\">Back to the step"), "{page}");
}

/// A request of the directory, or one whose token was refused for this.
fn arrived(portal: &Portal, effect: &str, why: Option<Refusal>) {
    let (store, connection) = (portal.world.store(), portal.connection());
    store.clock().advance(chrono::TimeDelta::seconds(1));
    let entry = Entry {
        id: ScimRequestId::new(),
        organization_id: connection.organization_id,
        connection_id: connection.id,
        token_id: why.is_none().then(ScimTokenId::new),
        method: "GET".to_owned(),
        path: "/Users".to_owned(),
        status: if why.is_some() { 401 } else { 200 },
        code: why.map(|_| "token_invalid".to_owned()),
        effect: effect.to_owned(),
        is_change: false,
        dialect: "okta".to_owned(),
        resource_id: None,
        message: None,
        micros: 1,
        created_at: store.clock().now(),
        why,
    };
    store.system(|tx| requests::record(tx, &entry));
}

#[actix_web::test]
async fn what_the_directory_asks_for_is_not_pushed_out_by_strangers() {
    let portal = started(&Cover::USUAL).await;
    let may_be = "Anybody can send such a request";
    for n in 0..12 {
        arrived(&portal, &format!("Person {n} was created"), None);
    }
    let page = portal.get("/portal/activity").await.body;
    assert!(page.contains("Person 2 was created") && !page.contains("Person 1 was"), "{page}");
    assert!(!page.contains(may_be), "{page}");
    arrived(&portal, "Refused: it is off.", Some(Refusal::Off));
    for n in 0..6 {
        arrived(&portal, &format!("Refused: unknown {n}."), Some(Refusal::Unknown));
    }
    let page = portal.get("/portal/activity").await.body;
    for n in 2..12 {
        assert!(page.contains(&format!("Person {n} was created")), "{n}: {page}");
    }
    // The newest of each cause, and which of them may be a stranger's.
    assert_eq!(page.matches("Refused: ").count(), 2, "{page}");
    let lines: Vec<_> = ["Refused: unknown 5.", "Refused: it is off.", "Person 11 was created"]
        .map(|line| page.find(line).unwrap())
        .into();
    assert!(lines.is_sorted(), "{page}");
    assert_eq!(page.matches(may_be).count(), 1, "{page}");
    let unknown = page.split("Refused: unknown 5.").nth(1).unwrap();
    assert!(unknown.split("</li>").next().unwrap().contains(may_be), "{page}");
}
