//! Programs that get tokens for themselves, with libraries that others wrote.

use super::claims;
use crate::gateway::Gateway;
use crate::peers::{self, App, lent};
use crate::user_agent::UserAgent;
use serde_json::Value;
use vestibule::store::api_keys::Scope;
use vestibule::store::applications::{self, ApplicationKind, NewApplication};

/// Makes a new application a program that reads organizations.
fn machine(new: &mut NewApplication) {
    new.kind = ApplicationKind::Machine;
    new.redirect_uris = Vec::new();
    new.post_logout_redirect_uris = Vec::new();
    new.initiate_login_uri = None;
    new.model = applications::usual_model(ApplicationKind::Machine);
    new.scopes = vec![Scope::OrganizationsRead, Scope::UsersRead];
}

async fn a_program_lists_organizations(app: &App) {
    let gateway = Gateway::start().await;
    let customer = gateway.customer("globex.example");
    let organizations = format!("{}/api/v1/organizations", gateway.url);
    for method in ["client_secret_basic", "client_secret_post"] {
        gateway
            .adopt_with(app, machine, |client| {
                client.auth_method = method.to_owned();
                client.scope = "organizations:read".to_owned();
            })
            .await;
        let got = app.itself(&organizations).await.unwrap();
        assert_eq!(got["status"], 200, "{method}: {got}");
        assert_eq!(got["found"]["data"][0]["id"], customer.organization.id.as_str(), "{got}");
        let tokens = &got["tokens"];
        assert_eq!(tokens["scope"], "organizations:read", "{got}");
        assert!(tokens.get("refresh_token").is_none() && tokens.get("id_token").is_none(), "{got}");
        let token = tokens["access_token"].as_str().unwrap();
        // It is no person's: userinfo does not know it.
        let refused = app.userinfo(token).await.expect_err("it is refused").to_string();
        assert!(refused.contains("401"), "{refused}");
        assert_eq!(app.introspect(token).await.unwrap()["active"], true);
        app.revoke(token).await.unwrap();
        assert_eq!(app.introspect(token).await.unwrap()["active"], false);
        let beyond = app.itself(&format!("{}/api/v1/users", gateway.url)).await.unwrap();
        assert_eq!(beyond["status"], 403, "{beyond}");
    }
    gateway.adopt_with(app, machine, |client| client.scope = "traces:read".to_owned()).await;
    let refused = app.itself(&organizations).await.expect_err("it is refused").to_string();
    assert!(refused.contains("invalid_scope"), "{refused}");
    let web = |client: &mut peers::ClientOf| client.scope = "organizations:read".to_owned();
    gateway.adopt_with(app, |_| {}, web).await;
    let refused = app.itself(&organizations).await.expect_err("it is refused").to_string();
    assert!(refused.contains("unauthorized_client"), "{refused}");
}

#[actix_web::test]
async fn openid_client_gets_a_token_for_itself_and_lists_organizations() {
    a_program_lists_organizations(&*lent::openid_client().await).await;
}

#[actix_web::test]
async fn authlib_gets_a_token_for_itself_and_lists_organizations() {
    a_program_lists_organizations(&*lent::authlib().await).await;
}

#[actix_web::test]
async fn a_persons_access_token_opens_nothing_of_the_rest_api() {
    let (provider, app) = (lent::pysaml2().await, lent::openid_client().await);
    let gateway = Gateway::start().await;
    gateway.customer("globex.example").connect(&provider).await;
    gateway.adopt(&app).await;
    let mut agent = UserAgent::new();
    let start = app.login_url(&[("login_hint", "ada@globex.example")]);
    let page = peers::sign_in(&mut agent, &start, "ada").await;
    assert_eq!(claims(&page)["email"], "ada@globex.example");
    let answer: Value = page.json();
    let token = answer["tokens"]["access_token"].as_str().unwrap();
    assert_eq!(app.userinfo(token).await.unwrap()["email"], "ada@globex.example");
    let users = format!("{}/api/v1/users", gateway.url);
    let refused =
        UserAgent::new().into_client().get(users).bearer_auth(token).send().await.unwrap();
    assert_eq!(refused.status(), 401);
    let challenge = refused.headers()["www-authenticate"].to_str().unwrap();
    assert_eq!(challenge, r#"Bearer error="invalid_token""#);
}
