//! Software nobody here wrote, started for a test: identity providers, apps and a browser.
//!
//! `tests/peers` has the scripts, `make setup` installs what they need in `target/peers`. A peer
//! writes what it does to `target/peers/logs`.

mod app;
mod browser;
mod collector;
pub(crate) mod lent;
mod mail_server;
mod openid_provider;
mod process;
mod provider;
pub(crate) mod scim;
mod webhooks;

pub(crate) use app::{App, ClientOf};
pub(crate) use browser::{Journey, run};
pub(crate) use collector::Collector;
pub(crate) use mail_server::MailServer;
pub(crate) use openid_provider::OpenIdProvider;
pub(crate) use provider::Provider;
pub(crate) use webhooks::WebhooksApp;

use crate::user_agent::{Page, UserAgent};

/// Signs a person in at a provider: from the start address, through the provider's form, to
/// wherever that leads, which is the app if all goes well.
pub(crate) async fn sign_in(agent: &mut UserAgent, start: &str, person: &str) -> Page {
    let page = agent.get(start).await;
    let page = agent.settle(page).await;
    let page = agent.submit(&page.form().with("user", person)).await;
    agent.settle(page).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[actix_web::test]
    async fn a_provider_publishes_its_metadata_and_takes_options() {
        for provider in [Provider::pysaml2().await, Provider::samlp().await] {
            provider
                .set(&serde_json::json!({"entity_id": "JumpCloud", "sign_response": true}))
                .await;
            let metadata = UserAgent::new().get(&provider.metadata_url).await;
            assert!(metadata.body.contains("entityID=\"JumpCloud\""), "{}", metadata.body);
            assert!(metadata.body.contains(&format!("{}/sso/redirect", provider.url)));
        }
    }

    #[actix_web::test]
    async fn a_provider_signs_nobody_in_to_a_stranger() {
        for provider in [Provider::pysaml2().await, Provider::samlp().await] {
            let request = format!("{}/sso/redirect?SAMLRequest=nonsense", provider.url);
            let page = UserAgent::new().get(request).await;
            assert_eq!(page.status, 400, "{}", page.body);
        }
    }

    #[actix_web::test]
    async fn an_app_refuses_an_answer_that_it_did_not_ask_for() {
        for app in [App::openid_client().await, App::authlib().await] {
            let page = UserAgent::new().get(format!("{}?code=1&state=2", app.redirect_uri)).await;
            assert_eq!(page.status, 400);
            assert!(page.json()["failed"]["message"].is_string(), "{}", page.body);
        }
    }
}
