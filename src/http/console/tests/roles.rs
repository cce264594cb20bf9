//! Each route is walked with each role: it lets in whom it names, and nobody else, and says what was done.

use super::routes::ROUTES;
use super::*;
use crate::http::tests::strange_attributes;
use crate::store;
use crate::store::directories::tokens::{self, NewToken};

/// A path with IDs of things that are there, made for it.
fn filled(desk: &Desk, path: &str) -> String {
    let whole = path;
    let mut path = path.to_owned();
    if path.contains("{member}") {
        path = path.replace("{member}", desk.other(Role::Viewer).id.as_str());
    }
    let store = desk.world.store();
    let connection = testing::active(store, MemberId::new().as_str(), None);
    if path.contains("{organization}") {
        path = path.replace("{organization}", connection.organization_id.as_str());
    }
    // What is restored was deleted.
    match whole {
        "/console/connections/{connection}/restore" => {
            store.system(|tx| store::connections::delete(tx, &connection.id));
        }
        // What is accepted waits.
        "/console/connections/{connection}/accept" => connection_overview::held(desk, &connection),
        "/console/organizations/{organization}/restore" => {
            store.system(|tx| organizations::delete(tx, &connection.organization_id));
        }
        _ => {}
    }
    if path.contains("{domain}") {
        let of = connection.organization_id.clone();
        let id = MemberId::new();
        let name = format!("{}.example", id.as_str().trim_start_matches("mem_"));
        path = path.replace("{domain}", domains::added(desk, &of, &name).id.as_str());
    }
    if path.contains("{connection}") {
        path = path.replace("{connection}", connection.id.as_str());
    }
    let signer = crate::saml::testing::rsa().certificate.fingerprint();
    path = path.replace("{fingerprint}", signer);
    if path.contains("{session}") {
        path = path.replace("{session}", account::elsewhere(desk).id.as_str());
    }
    if path.contains("{passkey}") {
        let planted = store.system(|tx| members::passkeys::planted(tx, &desk.member.id));
        path = path.replace("{passkey}", planted.id.as_str());
    }
    if path.contains("{token}") {
        let new = NewToken { label: "Okta".into(), ..NewToken::default() };
        let (token, _) = store.system(|tx| tokens::create(tx, &connection.id, new));
        path = path.replace("{token}", token.id.as_str());
    }
    if path.contains("{key}") {
        path = path.replace("{key}", api_keys::made(desk).id.as_str());
    }
    if path.contains("{link}") {
        let of = connection.organization_id.clone();
        path = path.replace("{link}", setup_links::made(desk, &of).id.as_str());
    }
    if path.contains("{application}") {
        let (application, secret) = applications::made(desk);
        path = path.replace("{application}", application.id.as_str());
        path = path.replace("{secret}", secret.id.as_str());
        if whole.ends_with("/restore") {
            store.system(|tx| store::applications::delete(tx, &application.id));
        }
    }
    if path.contains("{endpoint}") {
        let (endpoint, delivery) = webhooks::told(desk);
        path = path.replace("{endpoint}", endpoint.id.as_str());
        path = path.replace("{delivery}", delivery.id.as_str());
    }
    path = path.replace("/preview/{page}", "/preview/login");
    if path.contains("{mail}") {
        path = path.replace("{mail}", email::unsent(desk).id.as_str());
    }
    if path.contains("{user}") {
        let of = &connection.organization_id;
        path = path.replace("{user}", users::ada(desk, of).id.as_str());
    }
    path = groups::filled(desk, &connection, path).replace("{act}", "announce");
    if path.contains("{request}") {
        path = path.replace("{request}", scim_requests::changed(desk, &connection).as_str());
    }
    if path.contains("{trace}") {
        path = path.replace("{trace}", traces::failed(desk, &connection).id.as_str());
    }
    path
}

/// Forms that lead on to what is no page that says what was done, and acts on a second step, where nobody of the walk has one.
const SAYS_NOTHING: &[&str] = &[
    "/console/account/recovery-codes",
    "/console/account/second-step/remove",
    "/console/settings/members/{member}/second-step",
    "/console/logout",
    "/console/connections/{connection}/test",
    "/console/organizations/{organization}/groups/preview",
    "/console/organizations/{organization}/groups/previews/{preview}/apply",
];

/// Walks all routes with a role: it lets in whom it names, and nobody else.
async fn walk(role: Role) {
    let mut desk = Desk::signed_in(role).await;
    for (method, path, roles) in ROUTES.iter().filter(|(_, _, roles)| !roles.is_empty()) {
        if !desk.is_in().await {
            desk.sign_in(PASSWORD).await;
        }
        let (template, path) = (*path, filled(&desk, path));
        let answer = match *method {
            "GET" => desk.get(&path).await,
            _ => desk.post(&path, &[("name", "Globex")]).await,
        };
        let is_let_in = answer.status != 403;
        assert_eq!(is_let_in, roles.contains(&role), "{role} {method} {path}");
        // A form that lacks something is told so, by whom it is for.
        let is_answered = answer.status < 404 || answer.status == 422;
        assert!(is_answered, "{role} {method} {path}: {}", answer.status);
        if *method == "POST" && answer.status == 303 {
            let is_told = done::left(&answer).is_some();
            assert_eq!(is_told, !SAYS_NOTHING.contains(&template), "{path}: what was done is said");
        }
        assert_eq!(strange_attributes(&answer.body), Vec::<&str>::new(), "{path}");
        let inside = answer.body.matches("<script").count() > 2 || answer.body.contains("<style");
        assert!(!inside && !answer.body.contains(" style="), "{path}");
    }
}

#[actix_web::test]
async fn a_route_lets_in_owners_where_it_names_them_and_nowhere_else() {
    walk(Role::Owner).await;
}

#[actix_web::test]
async fn a_route_lets_in_admins_where_it_names_them_and_nowhere_else() {
    walk(Role::Admin).await;
}

#[actix_web::test]
async fn a_route_lets_in_support_where_it_names_them_and_nowhere_else() {
    walk(Role::Support).await;
}

#[actix_web::test]
async fn a_route_lets_in_developers_where_it_names_them_and_nowhere_else() {
    walk(Role::Developer).await;
}

#[actix_web::test]
async fn a_route_lets_in_viewers_where_it_names_them_and_nowhere_else() {
    walk(Role::Viewer).await;
}

#[actix_web::test]
async fn who_may_not_reads_which_role_it_takes_and_who_can_give_it() {
    let desk = Desk::signed_in(Role::Viewer).await;
    let owner = desk.other(Role::Owner);
    let answer = desk.get("/console/settings/members").await;
    assert_eq!(answer.status, 403);
    for told in ["This needs the role owner. Yours is viewer.", owner.email.as_str()] {
        assert!(answer.body.contains(told), "{told}: {}", answer.body);
    }
}
