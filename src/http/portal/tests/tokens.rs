//! Tokens of the directory, as the portal makes them.

use super::*;
use crate::store::Window;
use crate::store::directories::tokens;

#[actix_web::test]
async fn a_token_is_changed_at_home_while_the_one_before_goes_on() {
    let portal = Portal::started().await;
    portal.post("provider", &[("provider", "jumpcloud")]).await;
    portal.post("provisioning", &[("token", "on")]).await;
    let token = portal.form_token("/portal").await;
    let rotated = portal.send("/portal/token", &[("form_token", &token)]).await.body;
    assert!(rotated.contains("Token before, until ") && rotated.contains("New token"), "{rotated}");
    assert!(!portal.get("/portal").await.body.contains("New token"));
}

#[actix_web::test]
async fn a_token_that_is_changed_is_bound_to_the_networks_and_the_end_of_the_one_before() {
    let portal = Portal::started().await;
    portal.post("provider", &[("provider", "jumpcloud")]).await;
    let id = portal.connection().id;
    let store = portal.world.store();
    let end = store.clock().now().plus(chrono::TimeDelta::days(30));
    let bound = tokens::NewToken {
        label: "JumpCloud".to_owned(),
        networks: vec!["192.0.2.0/24".to_owned()],
        expires_at: Some(end),
    };
    store.system(|tx| tokens::create(tx, &id, bound));
    let newest = || {
        let window = Window { limit: 1, before: None };
        let mut page = store.read_now(|db| tokens::page(db, &window, &id)).unwrap();
        let newest = page.data.remove(0);
        (newest.networks.into_inner(), newest.expires_at, newest.retires_at)
    };
    let expected = (vec!["192.0.2.0/24".to_owned()], Some(end), None);
    let token = portal.form_token("/portal").await;
    let rotated = portal.send("/portal/token", &[("form_token", &token)]).await.body;
    assert!(rotated.contains("New token"), "{rotated}");
    assert_eq!(newest(), expected);
    // Nor does the step of the setup make one that is free of them.
    portal.post("provisioning", &[("token", "on")]).await;
    assert_eq!(newest(), expected);
    // Nor is the end put off once it has come.
    store.clock().advance(chrono::TimeDelta::days(30));
    let refused = store.try_system(|tx| tokens::another(tx, &id, "JumpCloud".to_owned()));
    assert_eq!(testing::refused(refused), "token_ended");
}

/// Sends the form of a page that makes a token, and the same once more. How many tokens there are then.
async fn twice(portal: &Portal, page: &str, action: &str, fields: &[(&str, &str)]) -> i64 {
    let body = portal.get(page).await.body;
    let form = body.split("name=\"once\" value=\"").nth(1).unwrap();
    let number = form.split('"').next().unwrap().to_owned();
    assert_eq!(number.len(), 32, "{body}");
    let token = portal.form_token(page).await;
    let own = [("form_token", &*token), ("once", &*number)];
    let fields: Vec<(&str, &str)> = fields.iter().copied().chain(own).collect();
    let id = portal.connection().id;
    let store = portal.world.store();
    let count = || store.read_now(|db| tokens::count(db, &id)).unwrap();
    let before = count();
    let first = portal.send(action, &fields).await.body;
    let secret = first.split(">scim_").nth(1).and_then(|rest| rest.split('<').next());
    let secret = secret.unwrap_or_else(|| panic!("no token: {first}"));
    assert_eq!(count(), before + 1);
    let kinds = || store.kinds(Some(&portal.organization));
    let told = kinds();
    let second = portal.send(action, &fields).await;
    assert!(second.body.contains("This token was already shown"), "{}", second.body);
    assert!(!second.body.contains(secret), "it is shown again");
    assert_eq!(kinds(), told);
    count()
}

#[actix_web::test]
async fn a_repeated_form_of_the_portal_makes_no_second_token_at_the_step_nor_at_home() {
    let portal = Portal::started().await;
    portal.post("provider", &[("provider", "jumpcloud")]).await;
    let step = "/portal/setup/provisioning";
    assert_eq!(twice(&portal, step, step, &[("token", "on")]).await, 1);
    assert_eq!(twice(&portal, "/portal", "/portal/token", &[]).await, 2);
}

#[actix_web::test]
async fn what_becomes_of_the_tokens_before_is_told_alike_at_the_step_and_at_home() {
    let portal = Portal::started().await;
    portal.post("provider", &[("provider", "jumpcloud")]).await;
    let pages = ["/portal/setup/provisioning", "/portal"];
    for (made, said, button) in [
        (0, "The token lets your directory in.", "Create token"),
        (1, "the one before goes on for a day", "Create a new token"),
        (2, "There are 2 tokens. A new one takes their place", "Create a new token"),
    ] {
        for page in pages {
            let page = portal.get(page).await.body;
            assert!(page.contains(said) && page.contains(button), "{made}: {page}");
        }
        portal.post("provisioning", &[("token", "on")]).await;
    }
    let id = portal.connection().id;
    let all = portal.world.store().read_now(|db| tokens::present(db, &id)).unwrap();
    assert_eq!(all.iter().filter(|token| token.retires_at.is_none()).count(), 1);
}

#[actix_web::test]
async fn a_token_that_is_shown_has_no_form_beside_it_that_would_take_it_away() {
    let portal = Portal::started().await;
    portal.post("provider", &[("provider", "jumpcloud")]).await;
    let page = portal.get("/portal/setup/provisioning").await.body;
    let place = |text: &str| page.find(text).unwrap_or_else(|| panic!("{text}: {page}"));
    assert!(place("name=\"groups\"") < place("name=\"token\""), "{page}");
    let made = portal.post("provisioning", &[("token", "on")]).await.body;
    assert!(made.contains(">scim_") && !made.contains("name=\"groups\""), "{made}");
}

#[actix_web::test]
async fn an_address_that_takes_forms_leads_home_when_it_is_opened() {
    let portal = Portal::started().await;
    for at in ["/portal/token", "/portal/start", "/portal/code", "/portal/another"] {
        let led = portal.get(at).await;
        assert_eq!((led.status, led.header("location")), (303, "/portal"), "{at}");
    }
}
