//! The list of customers, and a new one.

use super::*;

#[actix_web::test]
async fn organizations_are_listed_found_and_made() {
    let desk = Desk::signed_in(Role::Admin).await;
    assert!(desk.get("/console/organizations").await.body.contains("Add the first"));
    let form = [("name", "<Globex>"), ("external_id", "g-17"), ("domains", "globex.example")];
    let made = desk.post("/console/organizations", &form).await;
    assert_eq!(made.header("location"), "/console/organizations?q=%3CGlobex%3E");
    let page = desk.get("/console/organizations?q=globex").await.body;
    assert!(page.contains("&#60;Globex&#62;") && page.contains("g-17"), "{page}");
    let page = desk.get("/console/organizations?q=initech").await.body;
    assert!(page.contains("No organizations match") && page.contains("Clear filters"));
    let wrong = [("name", ""), ("external_id", "g 18"), ("domains", "x.example")];
    let refused = desk.post("/console/organizations", &wrong).await;
    assert_eq!(refused.status, 422);
    for part in ["href=\"#name\"", "aria-invalid=\"true\"", "value=\"g 18\"", "value=\"x.example\""]
    {
        assert!(refused.body.contains(part), "{part}: {}", refused.body);
    }
    let taken = desk.post("/console/organizations", &form).await;
    assert!(taken.status == 422 && taken.body.contains("href=\"#external_id\""), "{}", taken.body);
    let store = desk.world.store();
    let found = store.read_now(|db| organizations::by_external_id(db, "g-17")).unwrap().unwrap();
    let filter =
        crate::store::events::Filter { subject: Some(found.id.to_string()), ..Default::default() };
    let events =
        store.read_now(|db| crate::store::events::page(db, &Window::default(), &filter)).unwrap();
    assert_eq!(events.data[0].actor, format!("member:{}", desk.member.id));
}

#[actix_web::test]
async fn a_long_list_goes_on_from_page_to_page() {
    let desk = Desk::signed_in(Role::Viewer).await;
    for number in 0..51 {
        let new = organizations::NewOrganization {
            name: format!("Customer {number:02}"),
            domains: Vec::new(),
            external_id: None,
            ..testing::globex()
        };
        desk.world.store().system(|tx| organizations::create(tx, new));
    }
    let page = desk.get("/console/organizations?q=Customer").await.body;
    assert!(page.contains("Customer 50") && !page.contains("Customer 00"));
    assert!(
        !page.contains("/console/organizations/new"),
        "a viewer is offered what they may not do"
    );
    let links = page.split("href=\"/console/organizations?q=Customer").skip(1);
    let mut links = links.map(|rest| rest.split('"').next().unwrap());
    let next = links
        .find(|link| link.contains("cursor="))
        .unwrap()
        .replace("&#38;", "&")
        .replace("&amp;", "&");
    let page = desk.get(&format!("/console/organizations?q=Customer{next}")).await.body;
    assert!(page.contains("Customer 00") && !page.contains("Customer 50"));
    assert!(page.contains("Back to the newest"));
}
