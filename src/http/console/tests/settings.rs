//! The settings in effect, as the console shows them.

use super::*;

#[actix_web::test]
async fn a_setting_is_shown_with_where_it_came_from_and_a_secret_never() {
    let mut desk = Desk::new(PRODUCTION, Role::Admin);
    desk.sign_in(PASSWORD).await;
    // Over https the cookie has another name, which a test's browser sends back as it is.
    let general = desk.get("/console/settings/general").await;
    assert_eq!(general.status, 200);
    for part in ["public_url", "https://sso.example.com", "Fixed", "By a flag", "[secret]"] {
        assert!(general.body.contains(part), "{part} is not in {}", general.body);
    }
    assert!(!general.body.contains("AAAAAAAA"), "the master key is on the page");
    assert!(general.body.contains("VESTIBULE_PUBLIC_URL"));
    let retention = desk.get("/console/settings/retention").await.body;
    assert!(retention.contains("400d") && retention.contains("Built in"), "{retention}");
    assert!(!retention.contains("public_url"));
    let branding = desk.get("/console/settings/branding").await.body;
    assert!(branding.contains("Orbit Labs") && branding.contains("brand.support"), "{branding}");
    assert!(desk.get("/console/settings/sign-in").await.body.contains("sign_in.session"));
}
