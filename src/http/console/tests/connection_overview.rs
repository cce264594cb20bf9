//! The overview of a connection at the console, and what is accepted on it.

use super::Desk;
use crate::cause::Cause;
use crate::saml::issue::Issue;
use crate::saml::sign::Signer;
use crate::saml::testing as saml_testing;
use crate::store::connections::certificates::{self, CertificateState};
use crate::store::connections::{self, Connection};
use crate::store::directories::tokens::{self, NewToken};
use crate::store::members::Role;
use crate::store::{
    Actor, ApiKeyId, ApplicationId, domains, refreshes, setup_links, sign_in, testing,
};
use chrono::TimeDelta;

fn at(connection: &Connection, page: &str) -> String {
    format!("/console/connections/{}{page}", connection.id)
}

fn now(desk: &Desk, connection: &Connection) -> Connection {
    desk.world.store().read_now(|db| connections::find(db, &connection.id)).unwrap()
}

/// A connection with the guide of `JumpCloud`.
fn jumpcloud(desk: &Desk) -> Connection {
    testing::active(desk.world.store(), "JumpCloud", None)
}

/// Metadata of a connection that waits for somebody: it names another entity ID.
pub(super) fn held(desk: &Desk, connection: &Connection) {
    let (id, url) = (&connection.id, "https://idp.example/metadata");
    desk.world.store().system(|tx| {
        let known = connection.identity_provider.clone().unwrap().into_inner();
        connections::import(tx, id, known, Some(url.to_owned()), false)?;
        refreshes::adopt(tx, TimeDelta::hours(6))?;
        connections::refresh(tx, id, url, testing::provider("Other <one>"))
    });
}

#[actix_web::test]
async fn what_the_provider_is_given_is_named_as_its_console_names_it() {
    let desk = Desk::signed_in(Role::Viewer).await;
    let connection = jumpcloud(&desk);
    let page = desk.get(&at(&connection, "")).await.body;
    let public_url = desk.world.state.config.public_url.as_str();
    for part in [
        "<dt>IdP Entity ID</dt>",
        "JumpCloud asks to have one chosen",
        &connection.idp_entity_id(public_url),
        "<dt>ACS URLs</dt>",
        "<dt>SAMLSubject NameID</dt>",
        // What its console asks for nowhere has our own name.
        "<dt>Single logout URL</dt>",
        "?download\">SP metadata",
        "Another one than the value above",
        "HTTP-Redirect",
        "In JumpCloud: Base URL",
        "Created just now",
        &format!("data-copy=\"{}\"", connection.id),
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert_eq!(page.matches(&*connection.acs(public_url)).count(), 2, "shown and copied once");
    assert!(!page.contains("/setup-links/new") && !page.contains("/accept\""), "{page}");
}

#[actix_web::test]
async fn health_says_of_each_point_how_it_stands_and_since_when() {
    let desk = Desk::signed_in(Role::Support).await;
    let store = desk.world.store();
    let connection = jumpcloud(&desk);
    let page = desk.get(&at(&connection, "")).await.body;
    for part in [
        "Not tested as it is now",
        "Metadata came as a file",
        "Certificate valid",
        "No email domain is live",
        "Nobody has signed in yet",
        "SCIM not set up",
        "2 to look at",
        "Sign-ins per day, last 7 days: 0, 0, 0, 0, 0, 0, 0. Of these were refused: 0.",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    let send = format!("organization={}&#38;connection=", connection.organization_id);
    assert!(page.contains(&send), "support sends setup links: {page}");
    store.system(|tx| {
        let name = crate::domain::DomainName::parse("globex.example").unwrap();
        domains::add(tx, &connection.organization_id, &name, true)?;
        connections::record_test(tx, &connection.id, connection.revision)?;
        let label = "JumpCloud".to_owned();
        tokens::create(tx, &connection.id, NewToken { label, ..NewToken::default() })
    });
    super::scim_requests::changed(&desk, &connection);
    let page = desk.get(&at(&connection, "")).await.body;
    for part in [
        "All clear",
        "Test sign-in passed",
        "<small>globex.example</small>",
        "No SCIM request yet",
        "scim_…",
        "0 users",
        "0 groups",
        "Milton B. &#60;b&#62;deactivated&#60;/b&#62;",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    for _ in 0..3 {
        super::traces::failed(&desk, &connection);
    }
    let page = desk.get(&at(&connection, "")).await.body;
    for part in [
        "1 to look at",
        "Sign-ins failing",
        "cause=audience_mismatch",
        "0, 0, 0, 0, 0, 0, 3. Of these were refused: 3.",
        "sign-ins by 0 people, 3 failed",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
}

#[actix_web::test]
async fn whoever_manages_has_the_acts_and_is_told_how_it_came_to_be() {
    let desk = Desk::signed_in(Role::Admin).await;
    let store = desk.world.store();
    let connection = jumpcloud(&desk);
    let page = desk.get(&at(&connection, "")).await.body;
    for part in
        ["/test\"", "/turn\"", "/delete\"", "/settings\"", "/new?like=", "/certificates/new\""]
    {
        assert!(page.contains(part), "{part}: {page}");
    }
    let of = connection.organization_id.clone();
    let link = store.system(|tx| {
        let new = setup_links::NewLink {
            covers: setup_links::Cover::USUAL.to_vec(),
            ..setup_links::NewLink::default()
        };
        setup_links::create(tx, &of, new)
    });
    for (actor, how) in [
        (Actor::ApiKey(ApiKeyId::new()), "over the API"),
        (Actor::Machine(ApplicationId::new()), "over the API"),
        (Actor::Cli("sam".to_owned()), "by sam at the command line"),
        (Actor::Portal(link.0.id), "by setup link"),
    ] {
        let new = testing::connection();
        let made = store.write_now(&(&of).into(), &actor, |tx| connections::create(tx, &of, new));
        let page = desk.get(&at(&made.unwrap(), "")).await.body;
        assert!(page.contains(how), "{actor}: {page}");
        assert!(page.contains("No test sign-in yet") && page.contains("No metadata yet"), "{page}");
    }
}

#[actix_web::test]
async fn a_changed_entity_id_is_taken_over_when_it_was_seen_and_has_to_be_tested_again() {
    let desk = Desk::signed_in(Role::Admin).await;
    let store = desk.world.store();
    let connection = testing::active(store, "JumpCloud", None);
    let uri = at(&connection, "/accept");
    assert_eq!(desk.get(&uri).await.status, 404, "nothing waits");
    store.system(|tx| connections::record_test(tx, &connection.id, connection.revision));
    held(&desk, &connection);
    assert!(now(&desk, &connection).tested(), "what waits changes nothing");
    let page = desk.get(&at(&connection, "")).await.body;
    assert!(page.contains("Look at the change") && page.contains("Other &#60;one&#62;"), "{page}");
    let asked = desk.get(&uri).await.body;
    assert!(asked.contains("The entity ID was JumpCloud, and is Other &#60;one&#62;."), "{asked}");
    let change = |page: &str| {
        let rest = page.split("name=\"change\" value=\"").nth(1).unwrap();
        rest.split('"').next().unwrap().to_owned()
    };
    let seen = change(&asked);
    store.system(|tx| {
        let (id, url) = (&connection.id, "https://idp.example/metadata");
        connections::refresh(tx, id, url, testing::provider("Third"))
    });
    let unseen = desk.post(&uri, &[("change", &seen)]).await;
    assert!(unseen.status == 422 && unseen.body.contains("changed again"), "{}", unseen.body);
    assert_eq!(now(&desk, &connection).identity_provider.unwrap().entity_id, "JumpCloud");
    let seen = change(&desk.get(&uri).await.body);
    assert_eq!(desk.post(&uri, &[("change", &seen)]).await.status, 303);
    let after = now(&desk, &connection);
    assert!(!after.tested(), "it has to be tested again");
    assert_eq!(after.identity_provider.unwrap().entity_id, "Third");
    assert_eq!(desk.get(&uri).await.status, 404);
}

#[actix_web::test]
async fn a_pasted_certificate_is_trusted_after_both_fingerprints_were_shown_and_the_old_one_stays()
{
    let desk = Desk::signed_in(Role::Admin).await;
    let connection = testing::active(desk.world.store(), "JumpCloud", None);
    let (old, new) = (saml_testing::rsa(), saml_testing::other_rsa());
    let uri = at(&connection, "/certificates/new");
    assert!(desk.get(&uri).await.body.contains("name=\"certificate\""));
    let wrong = desk.post(&uri, &[("certificate", "<rubbish>")]).await;
    assert!(wrong.status == 422 && wrong.body.contains("&#60;rubbish&#62;"), "{}", wrong.body);
    let key = desk.post(&uri, &[("certificate", saml_testing::PRIVATE_KEY)]).await;
    assert!(key.status == 422 && key.body.contains("This is a private key"), "{}", key.body);
    assert!(!key.body.contains("MIIkeepme"), "a private key is shown again: {}", key.body);
    let pem = new.pem();
    let asked = desk.post(&uri, &[("certificate", &pem)]).await.body;
    let (old_print, print) = (old.certificate.fingerprint(), new.certificate.fingerprint());
    assert!(asked.contains(old_print) && asked.contains(print), "{asked}");
    let trusted = || now(&desk, &connection).identity_provider.unwrap().certificates.len();
    assert_eq!(trusted(), 1, "looking changes nothing");
    // What was not seen is not trusted.
    let other = desk.post(&uri, &[("certificate", &pem), ("seen", old_print)]).await;
    assert_eq!((other.status, trusted()), (200, 1));
    let done = desk.post(&uri, &[("certificate", &pem), ("seen", print)]).await;
    assert_eq!((done.status, trusted()), (303, 2));
    // The new one may go, the last one may not.
    let remove = |print: &str| at(&connection, &format!("/certificates/{print}/remove"));
    assert!(desk.get(&remove(print)).await.body.contains("is refused at once"));
    assert_eq!(desk.post(&remove(print), &[]).await.status, 303);
    assert_eq!(desk.get(&remove(print)).await.status, 404);
    let last = desk.post(&remove(old_print), &[]).await;
    assert!(last.status == 422 && last.body.contains("last certificate"), "{}", last.body);
    assert_eq!(trusted(), 1);
}

#[actix_web::test]
async fn the_certificate_of_a_refused_answer_is_trusted_from_its_trace() {
    let desk = Desk::signed_in(Role::Admin).await;
    let store = desk.world.store();
    let connection = testing::active(store, "JumpCloud", None);
    let pair = saml_testing::other_rsa();
    let refused = |cause: Cause, certificate| {
        let signer = Signer::new(&pair.key, certificate);
        let (acs, audience) = ("https://sso.example/acs", "https://sso.example");
        let issued =
            Issue::new("JumpCloud", acs, audience, "a@b.example", store.clock().now(), signer);
        let message = issued.unwrap().base64().unwrap();
        store.system(|tx| {
            let mut trace = sign_in::begin_test(tx, &connection, TimeDelta::minutes(10))?;
            let master = &desk.world.state.master;
            trace.message = Some(master.seal(message.as_bytes(), &trace.place())?);
            sign_in::refuse(tx, &trace, cause, Vec::new(), None)?;
            Ok(trace.id)
        })
    };
    let trace = refused(Cause::CertificateUnknown, Some(&pair.certificate));
    let page = desk.get(&format!("/console/traces/{trace}")).await.body;
    let uri = at(&connection, "/certificates/new");
    assert!(page.contains(&format!("href=\"{uri}?trace={trace}\"")), "{page}");
    let asked = desk.get(&format!("{uri}?trace={trace}")).await.body;
    let print = pair.certificate.fingerprint();
    assert!(asked.contains(print) && asked.contains("read the new fingerprint to you"), "{asked}");
    let field = |name: &str| {
        let rest = asked.split(&format!("name=\"{name}\" value=\"")).nth(1).unwrap();
        rest.split('"').next().unwrap().replace("&#43;", "+").replace("&#61;", "=")
    };
    let fields = [("certificate", field("certificate")), ("seen", field("seen"))];
    let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    assert_eq!(desk.post(&uri, &fields).await.status, 303);
    let rows = store.read_now(|db| certificates::list(db, &now(&desk, &connection))).unwrap();
    let row = rows.iter().find(|row| row.fingerprint == print).unwrap();
    assert_eq!(row.state, CertificateState::Next);
    // Where the answer names none it is pasted.
    let bare = refused(Cause::CertificateUnknown, None);
    let page = desk.get(&format!("{uri}?trace={bare}")).await.body;
    assert!(page.contains("names no certificate") && page.contains("<textarea"), "{page}");
    // Another cause, or another connection's trace, offers nothing.
    let other = refused(Cause::AudienceMismatch, Some(&pair.certificate));
    let page = desk.get(&format!("/console/traces/{other}")).await.body;
    assert!(!page.contains("/certificates/new"), "{page}");
    let foreign = testing::active(store, "Okta", None);
    let uri = format!("{}?trace={trace}", at(&foreign, "/certificates/new"));
    assert_eq!(desk.get(&uri).await.status, 404);
}

#[actix_web::test]
async fn turning_off_tells_how_many_people_came_lately_and_what_they_will_see() {
    let desk = Desk::signed_in(Role::Admin).await;
    let connection = testing::active(desk.world.store(), "JumpCloud", None);
    let page = desk.get(&at(&connection, "/turn")).await.body;
    let seen = "They will see: Globex&#39;s sign-in to";
    assert!(page.contains("0 people signed in through it in the last 7 days."), "{page}");
    assert!(page.contains(seen) && page.contains("is unavailable at the moment."), "{page}");
}

#[actix_web::test]
async fn after_how_many_days_removed_people_are_erased_is_set_at_the_directory() {
    let desk = Desk::signed_in(Role::Admin).await;
    let connection = testing::active(desk.world.store(), "JumpCloud", None);
    let page = at(&connection, "/provisioning");
    let uri = at(&connection, "/provisioning/removal");
    assert!(desk.get(&page).await.body.contains("what counts everywhere: 30d"));
    for wrong in ["soon", "0", "3651"] {
        let refused = desk.post(&uri, &[("removal_days", wrong)]).await;
        let body = &refused.body;
        assert!(refused.status == 422 && body.contains("id=\"removal_days-error\""), "{body}");
        assert!(body.contains(&format!("value=\"{wrong}\"")), "{body}");
    }
    assert_eq!(desk.post(&uri, &[("removal_days", "90")]).await.status, 303);
    assert!(desk.get(&page).await.body.contains("value=\"90\""));
    let now = || {
        let id = &connection.id;
        desk.world.store().read_now(|db| crate::store::directories::find(db, id)).unwrap()
    };
    assert_eq!(now().removal_days, Some(90));
    assert_eq!(desk.post(&uri, &[("removal_days", "")]).await.status, 303);
    assert_eq!(now().removal_days, None);
}

#[actix_web::test]
async fn health_is_not_all_clear_while_a_domain_waits_for_longer_than_a_day() {
    let mut desk = Desk::signed_in(Role::Support).await;
    let connection = jumpcloud(&desk);
    desk.world.store().system(|tx| {
        let name = |text: &str| crate::domain::DomainName::parse(text).unwrap();
        domains::add(tx, &connection.organization_id, &name("globex.example"), true)?;
        domains::add(tx, &connection.organization_id, &name("globx.example"), false)?;
        connections::record_test(tx, &connection.id, connection.revision)
    });
    let page = desk.get(&at(&connection, "")).await.body;
    for part in ["All clear", "Email domain waits for its DNS record", "globx.example"] {
        assert!(page.contains(part), "{part}: {page}");
    }
    desk.world.store().clock().advance(TimeDelta::hours(24));
    desk.sign_in(super::PASSWORD).await;
    let page = desk.get(&at(&connection, "")).await.body;
    assert!(page.contains("1 to look at") && !page.contains("All clear"), "{page}");
    assert!(page.contains(&at(&connection, "/domains")), "{page}");
}

#[actix_web::test]
async fn health_names_the_domain_that_has_waited_longest() {
    let mut desk = Desk::signed_in(Role::Support).await;
    let connection = jumpcloud(&desk);
    let add = |name: &str| {
        let name = crate::domain::DomainName::parse(name).unwrap();
        let of = &connection.organization_id;
        desk.world.store().system(|tx| domains::add(tx, of, &name, false));
    };
    add("zulu.example");
    desk.world.store().clock().advance(TimeDelta::hours(24));
    add("alpha.example");
    desk.sign_in(super::PASSWORD).await;
    let page = desk.get(&at(&connection, "")).await.body;
    let line = page.split("Email domain waits for its DNS record").nth(1).unwrap_or_default();
    let line = line.split("</li>").next().unwrap_or_default();
    assert!(line.contains("zulu.example") && !line.contains("alpha.example"), "{page}");
}
