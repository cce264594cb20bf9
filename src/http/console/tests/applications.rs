//! Applications at the console.

use super::Desk;
use crate::http::testing::PRODUCTION;
use crate::store::applications::{self, Application, ApplicationKind, ApplicationSecret};
use crate::store::members::Role;
use crate::store::{Window, organizations, testing};

const LIST: &str = "/console/applications";

/// An application with its first secret.
pub(super) fn made(desk: &Desk) -> (Application, ApplicationSecret) {
    desk.world.store().system(|tx| {
        let application = applications::create(tx, testing::orbit())?.0;
        let secret = applications::secrets(tx.db, &application.id)?.remove(0);
        Ok((application, secret))
    })
}

fn all(desk: &Desk) -> Vec<Application> {
    let page = |db: &mut crate::store::Db| applications::page(db, &Window::default());
    desk.world.store().read_now(page).unwrap().data
}

fn now(desk: &Desk, of: &Application) -> Application {
    desk.world.store().read_now(|db| applications::find(db, &of.id)).unwrap()
}

/// A page of an application.
pub(super) fn at(application: &Application, page: &str) -> String {
    format!("{LIST}/{}{page}", application.id)
}

/// A secret that is shown once, as a page shows it.
pub(super) fn shown(page: &str) -> String {
    page.split("<code>").nth(1).unwrap_or_default().split('<').next().unwrap().to_owned()
}

#[actix_web::test]
async fn an_application_is_registered_and_its_secret_shown_once() {
    let desk = Desk::signed_in(Role::Developer).await;
    assert!(desk.get(LIST).await.body.contains("Register it, and it gets a client ID"));
    let form = [
        ("name", "<Orbit>"),
        ("kind", "web"),
        ("redirect_uris", "https://app.example/callback\r\n\r\n  http://localhost:3000/callback "),
    ];
    let made = desk.post(LIST, &form).await;
    let secret = shown(&made.body);
    assert!(secret.starts_with("cs_"), "{}", made.body);
    let application = all(&desk).remove(0);
    let registered = ["https://app.example/callback", "http://localhost:3000/callback"];
    assert_eq!(application.redirect_uris.as_slice(), registered);
    let page = desk.get(&at(&application, "")).await.body;
    assert!(!page.contains(&secret), "it is shown again");
    for part in ["&#60;Orbit&#62;", application.id.as_str(), "/.well-known/openid-configuration"] {
        assert!(page.contains(part), "{part}: {page}");
    }
    let page = desk.get(LIST).await.body;
    assert!(page.contains("&#60;Orbit&#62;") && page.contains(registered[1]), "{page}");
    let form =
        [("name", "App"), ("kind", "native"), ("redirect_uris", "com.example.app:/callback")];
    let made = desk.post(LIST, &form).await;
    assert!(made.status == 200 && shown(&made.body).is_empty(), "{}", made.body);
    assert!(made.body.contains("A native application has no secret"));
    assert_eq!(all(&desk).remove(0).kind, ApplicationKind::Native);
}

#[actix_web::test]
async fn an_address_that_cannot_be_registered_is_named_and_what_was_typed_stays() {
    let desk = Desk::signed_in(Role::Admin).await;
    let form =
        [("name", ""), ("redirect_uris", "https://app.example/cb\nhttps://app.example/*\nx")];
    let refused = desk.post(LIST, &form).await;
    assert_eq!(refused.status, 422);
    for part in [
        "href=\"#name\"",
        "href=\"#redirect_uris\"",
        "https://app.example/*: An address is matched letter by letter",
        "x: This is not an absolute address",
    ] {
        assert!(refused.body.contains(part), "{part}: {}", refused.body);
    }
    assert!(refused.body.contains("https://app.example/cb\nhttps://app.example/*"));
    assert!(all(&desk).is_empty());
}

#[actix_web::test]
async fn an_address_is_found_registered_or_shown_where_it_differs() {
    let desk = Desk::signed_in(Role::Viewer).await;
    let (application, _) = made(&desk);
    let ask = async |address: &str| {
        let asked: String = url::form_urlencoded::byte_serialize(address.as_bytes()).collect();
        desk.get(&at(&application, &format!("?redirect={asked}"))).await.body
    };
    assert!(ask("https://app.example/callback").await.contains("This address is registered"));
    let request = "https://sso.example/oauth/authorize?client_id=x&redirect_uri=https%3A%2F%2Fapp.example%2Fcallback";
    assert!(ask(request).await.contains("This address is registered"));
    let page = ask("https://app.example/callback/").await;
    for part in ["This address is not registered", "Most like it", "<mark>/</mark>"] {
        assert!(page.contains(part), "{part}: {page}");
    }
    let page = ask("<script>").await;
    assert!(
        page.contains("value=\"&#60;script&#62;\"") && !page.contains("Most like it"),
        "{page}"
    );
}

#[actix_web::test]
async fn what_is_mostly_a_mistake_is_told_beside_an_address() {
    let mut desk = Desk::new(PRODUCTION, Role::Viewer);
    desk.sign_in(super::PASSWORD).await;
    let new = crate::store::applications::NewApplication {
        redirect_uris: vec!["http://localhost:3000/cb".into(), "https://app.example".into()],
        ..testing::orbit()
    };
    let application = desk.world.store().system(|tx| applications::create(tx, new)).0;
    let page = desk.get(&at(&application, "")).await.body;
    for part in ["It is on one machine only", "It leads to your app&#39;s front page"] {
        assert!(page.contains(part), "{part}: {page}");
    }
}

#[actix_web::test]
async fn everything_that_rest_changes_of_an_application_is_changed() {
    let desk = Desk::signed_in(Role::Developer).await;
    let (application, _) = made(&desk);
    let mut globex = testing::globex();
    globex.external_id = Some("g-17".into());
    let globex = desk.world.store().system(|tx| organizations::create(tx, globex)).id;
    let uri = at(&application, "/settings");
    let form = [
        ("name", "Orbit 2"),
        ("redirect_uris", "https://app.example/cb"),
        ("post_logout_redirect_uris", "https://app.example/bye"),
        ("admits", "some"),
        ("organizations", "external:g-17"),
        ("initiate_login_uri", "https://app.example/begin"),
        ("no_connection", "fallback"),
        ("fallback_url", "https://app.example/login"),
        ("id_token_alg", "ES256"),
        ("backchannel_logout_uri", "https://app.example/back"),
        ("backchannel_session", "1"),
        ("frontchannel_logout_uri", "https://app.example/front"),
        ("protected_hosts", "reports.example.com"),
    ];
    assert_eq!(desk.post(&uri, &form).await.status, 303);
    let changed = now(&desk, &application);
    assert_eq!((&*changed.name, changed.id_token_alg.as_str()), ("Orbit 2", "ES256"));
    assert_eq!(changed.redirect_uris.as_slice(), ["https://app.example/cb"]);
    assert_eq!(changed.post_logout_redirect_uris.as_slice(), ["https://app.example/bye"]);
    assert_eq!(changed.organizations.as_ref().unwrap().as_slice(), [globex]);
    assert_eq!(changed.initiate_login_uri.as_deref(), Some("https://app.example/begin"));
    assert_eq!(changed.fallback_url.as_deref(), Some("https://app.example/login"));
    assert_eq!(changed.no_connection.as_str(), "fallback");
    assert_eq!(changed.backchannel_logout_uri.as_deref(), Some("https://app.example/back"));
    assert!(changed.backchannel_logout_session_required);
    assert_eq!(changed.frontchannel_logout_uri.as_deref(), Some("https://app.example/front"));
    assert!(!changed.frontchannel_logout_session_required);
    assert_eq!(changed.protected_hosts.as_slice(), ["reports.example.com"]);
    let page = desk.get(&at(&application, "")).await.body;
    assert!(page.contains(">Globex<") && page.contains("reports.example.com"), "{page}");
    let page = desk.get(&uri).await.body;
    assert!(page.contains(changed.organizations.unwrap()[0].as_str()), "{page}");
    let form = [
        ("name", "Orbit"),
        ("redirect_uris", "https://app.example/cb"),
        ("admits", "all"),
        ("no_connection", "page"),
    ];
    assert_eq!(desk.post(&uri, &form).await.status, 303);
    let changed = now(&desk, &application);
    assert!(changed.organizations.is_none() && changed.initiate_login_uri.is_none());
    assert!(changed.protected_hosts.is_empty() && !changed.backchannel_logout_session_required);
}

#[actix_web::test]
async fn a_setting_that_cannot_be_is_told_beside_its_field() {
    let desk = Desk::signed_in(Role::Developer).await;
    let (application, _) = made(&desk);
    let uri = at(&application, "/settings");
    let form = [
        ("name", "Orbit"),
        ("redirect_uris", "https://app.example/cb"),
        ("no_connection", "fallback"),
        ("protected_hosts", "a b"),
    ];
    let refused = desk.post(&uri, &form).await;
    assert_eq!(refused.status, 422);
    for part in [
        "href=\"#fallback_url\"",
        "href=\"#protected_hosts\"",
        "a b: ",
        "value=\"fallback\" selected",
    ] {
        assert!(refused.body.contains(part), "{part}: {}", refused.body);
    }
    let form = [
        ("name", "Orbit"),
        ("redirect_uris", "https://app.example/cb"),
        ("admits", "some"),
        ("organizations", "nobody"),
    ];
    let refused = desk.post(&uri, &form).await;
    assert!(refused.status == 422 && refused.body.contains("There is no organization nobody"));
    assert_eq!(now(&desk, &application).updated_at, application.updated_at);
}

#[actix_web::test]
async fn roles_are_ordered_by_rank_and_kinds_of_places_are_changed_in_rows() {
    let desk = Desk::signed_in(Role::Developer).await;
    let (application, _) = made(&desk);
    let uri = at(&application, "/access");
    let page = desk.get(&uri).await.body;
    for part in
        ["name=\"roles.0.key\"", "value=\"admin\"", "name=\"roles.5.key\"", "value=\"team\""]
    {
        assert!(page.contains(part), "{part}: {page}");
    }
    let form = [
        ("roles.0.rank", "2"),
        ("roles.0.key", "member"),
        ("roles.0.name", "Member"),
        ("roles.1.rank", ""),
        ("roles.1.key", ""),
        ("roles.4.rank", "1"),
        ("roles.4.key", "boss"),
        ("roles.4.name", "Boss"),
        ("default_role", "member"),
        ("entity_types.1.key", "room"),
        ("entity_types.1.name", "Room"),
        ("entity_types.1.place", "exclusive"),
        ("entity_types.1.made", "1"),
    ];
    assert_eq!(desk.post(&uri, &form).await.status, 303);
    let model = now(&desk, &application).model();
    let keys: Vec<&str> = model.roles.iter().map(|role| role.key.as_str()).collect();
    assert_eq!((keys, model.default_role.as_deref()), (vec!["boss", "member"], Some("member")));
    let kind = model.kind("room").unwrap();
    assert!(kind.auto_create && !kind.follow_rename && model.types.len() == 1);
    let form = [
        ("roles.3.key", "not a key"),
        ("roles.3.name", "X"),
        ("roles.3.rank", "1"),
        ("default_role", "nobody"),
    ];
    let refused = desk.post(&uri, &form).await;
    assert_eq!(refused.status, 422);
    for part in ["href=\"#roles.3.key\"", "4: A key has 1 to 64", "href=\"#default_role\""] {
        assert!(refused.body.contains(part), "{part}: {}", refused.body);
    }
    assert!(refused.body.contains("value=\"not a key\""), "{}", refused.body);
}

#[actix_web::test]
async fn a_deleted_application_is_listed_and_restored_by_a_developer() {
    let desk = Desk::signed_in(Role::Developer).await;
    let (application, _) = made(&desk);
    let deleted = "/console/applications?state=deleted";
    assert!(desk.get(deleted).await.body.contains("no deleted application"));
    let uri = at(&application, "/delete");
    assert!(desk.get(&uri).await.body.contains("For 30 days it can be taken back"));
    assert_eq!(desk.post(&uri, &[("confirm", &application.name)]).await.status, 303);
    assert!(!desk.get("/console/applications").await.body.contains(application.id.as_str()));
    assert!(desk.get(deleted).await.body.contains(application.id.as_str()));
    let page = desk.get(&at(&application, "")).await;
    assert_eq!(page.status, 410);
    for part in ["This application was deleted on", ">Restore<", "its client ID, its secrets"] {
        assert!(page.body.contains(part), "{part}: {}", page.body);
    }
    for gone in ["/settings", "/access", "/delete", "/code"] {
        assert_eq!(desk.get(&at(&application, gone)).await.status, 404, "{gone}");
    }
    assert_eq!(desk.post(&at(&application, "/restore"), &[]).await.status, 303);
    assert_eq!(desk.get(&at(&application, "")).await.status, 200);
    assert_eq!(desk.post(&at(&application, "/restore"), &[]).await.status, 404);
}

#[actix_web::test]
async fn lifetimes_of_an_application_are_typed_as_periods_and_told_beside_what_is_usual() {
    let desk = Desk::signed_in(Role::Developer).await;
    let (application, _) = made(&desk);
    let uri = at(&application, "/settings");
    assert!(desk.get(&uri).await.body.contains("as is set for all apps, 30d."));
    let form = |id_token: &'static str, access_token: &'static str| {
        [
            ("name", "Orbit"),
            ("redirect_uris", "https://app.example/cb"),
            ("id_token_ttl", id_token),
            ("access_token_ttl", access_token),
        ]
    };
    assert_eq!(desk.post(&uri, &form("", "15m")).await.status, 303);
    let changed = now(&desk, &application);
    assert_eq!((changed.id_token_ttl, changed.access_token_ttl), (None, Some(900)));
    let page = desk.get(&at(&application, "")).await.body;
    assert!(page.contains("15m, for this app alone"), "{page}");
    assert!(desk.get(&uri).await.body.contains("value=\"15m\""));
    for (wrong, told) in [("soon", "such as 15m"), ("2d", "Between 1 minute and 1 day")] {
        let refused = desk.post(&uri, &form(wrong, "15m")).await;
        assert_eq!(refused.status, 422);
        for part in ["href=\"#id_token_ttl\"", told] {
            assert!(refused.body.contains(part), "{part}: {}", refused.body);
        }
    }
    assert_eq!(desk.post(&uri, &form("", "")).await.status, 303);
    assert_eq!(now(&desk, &application).access_token_ttl, None);
}
