//! A customer's IT admin sets single sign-on up alone, in a browser without scripts, against a provider that others wrote.

use crate::gateway::Gateway;
use crate::peers::lent;
use crate::user_agent::{Page, UserAgent};
use vestibule::store::connections::{self, ConnectionState};
use vestibule::store::setup_links::{self, NewLink, SetupLink, State};

fn link(gateway: &Gateway, domain: &str) -> (SetupLink, String) {
    let customer = gateway.customer(domain);
    let new = NewLink::default();
    let (link, token) = gateway.write(|tx| setup_links::create(tx, &customer.organization.id, new));
    (link, format!("{}/setup/{}", gateway.url, token.reveal()))
}

/// Sends the form of a page that has these fields or is for a button of this name.
async fn send(agent: &mut UserAgent, page: &Page, fields: &[(&str, &str)]) -> Page {
    let has = |name: &str| {
        let forms = page.forms();
        forms.into_iter().find(|form| form.fields.iter().any(|(known, _)| known == name))
    };
    let named = fields.first().and_then(|(name, _)| has(name));
    let mut form = named.or_else(|| page.forms().pop()).expect("a form");
    for (name, value) in fields {
        form = form.with(name, value);
    }
    agent.submit(&form).await
}

fn is_at(page: &Page, path: &str) {
    assert_eq!(page.url.path(), path, "{}", page.body);
    assert_eq!(page.status, 200, "{}", page.body);
}

#[actix_web::test]
async fn an_it_admin_sets_single_sign_on_up_without_scripts_and_resumes_in_the_middle() {
    let provider = lent::pysaml2().await;
    let gateway = Gateway::with(&[("metadata.allow_private", "127.0.0.1")]).await;
    let (link, url) = link(&gateway, "globex.example");
    for _ in 0..5 {
        assert_eq!(UserAgent::new().get(&url).await.status, 200);
    }
    let mut agent = UserAgent::new();
    let entry = agent.get(&url).await;
    let page = agent.submit(&entry.form()).await;
    is_at(&page, "/portal/setup/provider");
    let page = send(&mut agent, &page, &[("provider", "keycloak")]).await;
    is_at(&page, "/portal/setup/create");
    let page = send(&mut agent, &page, &[]).await;
    is_at(&page, "/portal/setup/values");

    // Elsewhere the link is in use; here it goes on.
    let elsewhere = UserAgent::new().get(&url).await;
    assert_eq!(elsewhere.status, 409, "{}", elsewhere.body);
    let page = agent.get(&url).await;
    is_at(&page, "/portal/setup/values");
    let page = send(&mut agent, &page, &[]).await;
    is_at(&page, "/portal/setup/attributes");
    let page = send(&mut agent, &page, &[]).await;
    is_at(&page, "/portal/setup/metadata");

    let login_page = format!("{}/sso/redirect", provider.url);
    let wrong = send(&mut agent, &page, &[("metadata_url", &login_page)]).await;
    assert_eq!(wrong.status, 422, "{}", wrong.body);
    let page = send(&mut agent, &wrong, &[("metadata_url", &provider.metadata_url)]).await;
    is_at(&page, "/portal/setup/metadata");
    let id = gateway.read(|db| setup_links::find(db, &link.id)).connection_id.unwrap();
    let connection = gateway.read(|db| connections::find(db, &id));
    assert_eq!(connection.state, ConnectionState::Testing);
    provider.serve(&connection.entity_id(&gateway.url)).await;
    let page = send(&mut agent, &page, &[("finish", "on")]).await;
    is_at(&page, "/portal/setup/domain");
    let page = send(&mut agent, &page, &[("finish", "on")]).await;
    is_at(&page, "/portal/setup/test");

    let at_provider = send(&mut agent, &page, &[("begin", "on")]).await;
    let at_provider = agent.settle(at_provider).await;
    let back = agent.submit(&at_provider.form().with("user", "ada")).await;
    let result = agent.settle(back).await;
    assert!(result.body.contains("ada@globex.example"), "{}", result.body);
    assert!(result.body.contains("href=\"/portal/setup/test\""), "{}", result.body);
    assert!(!result.body.contains("href=\"/t/"), "{}", result.body);
    let page = agent.get(format!("{}/portal/setup/test", gateway.url)).await;
    assert!(page.body.contains("<span class=\"dot\"></span>Passed"), "{}", page.body);
    let page = send(&mut agent, &page, &[("finish", "on")]).await;
    is_at(&page, "/portal/setup/provisioning");
    let page = send(&mut agent, &page, &[("finish", "on")]).await;
    is_at(&page, "/portal/done");
    assert!(page.body.contains("The test sign-in through"), "{}", page.body);
    assert!(page.body.contains("turns the connection on."), "{}", page.body);
    let page = agent.get(format!("{}/portal", gateway.url)).await;
    assert!(page.body.contains("Ready to turn on"), "{}", page.body);

    let link = gateway.read(|db| setup_links::find(db, &link.id));
    assert_eq!(link.state(gateway.now()), State::Completed);
    let connection = gateway.write(|tx| connections::activate(tx, &id, false));
    assert_eq!(connection.state, ConnectionState::Active);
}
