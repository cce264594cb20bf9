//! Tokens last as long as is set for all apps, or for one.

use super::redeem;
use crate::gateway::{ADA, Gateway, Idp, World, form};
use crate::user_agent::UserAgent;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::TimeDelta;
use serde_json::Value;
use vestibule::store::applications::{self, ApplicationPatch, LifetimesPatch};

#[actix_web::test]
async fn tokens_last_as_long_as_is_set_for_their_application() {
    let gateway = Gateway::start().await;
    let world = World::of(&gateway);
    let id = world.app.application.id.clone();
    let lifetimes = LifetimesPatch {
        id_token: Some(Some(120)),
        access_token: Some(Some(900)),
        refresh_token: Some(Some(3600)),
    };
    let patch = ApplicationPatch { lifetimes, ..ApplicationPatch::default() };
    gateway.write(|tx| applications::change(tx, &id, patch));
    let mut agent = UserAgent::new();
    let start = world.app.authorize(&gateway, &[("login_hint", ADA)]);
    let start = start.replace("openid+email+profile", "openid+offline_access");
    let underway = Idp::begin(&mut agent, &start).await;
    let page = world.come_back(&mut agent, &underway).await;
    let tokens = redeem(&world, &page).await.json();
    assert_eq!(tokens["expires_in"], 900, "{tokens}");
    let claims = tokens["id_token"].as_str().unwrap().split('.').nth(1).unwrap();
    let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).unwrap()).unwrap();
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 120);
    let refresh = async |token: &Value| {
        let app = &world.app;
        let fields = [
            ("client_id", app.application.id.as_str()),
            ("client_secret", app.secret.as_deref().unwrap()),
            ("grant_type", "refresh_token"),
            ("refresh_token", token.as_str().unwrap()),
        ];
        let url = format!("{}/oauth/token", gateway.url);
        UserAgent::new().submit_once(&form(&url, &fields)).await
    };
    gateway.advance(TimeDelta::minutes(59));
    let again = refresh(&tokens["refresh_token"]).await;
    assert_eq!(again.status, 200, "{}", again.body);
    gateway.advance(TimeDelta::minutes(2));
    let over = refresh(&again.json()["refresh_token"]).await;
    assert_eq!((over.status.as_u16(), &over.json()["error"]), (400, &"invalid_grant".into()));
}
