//! Who signs in to the console.

use super::*;

#[actix_web::test]
async fn a_member_is_invited_by_a_link_that_is_shown_once() {
    let mut desk = Desk::signed_in(Role::Owner).await;
    let uri = "/console/settings/members";
    let form = [("name", "Sam"), ("email", "sam@orbit.example"), ("role", "support")];
    let page = desk.post(uri, &form).await;
    let link = page.body.split("/console/first?t=").nth(1).unwrap();
    let token: String =
        link.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
    assert!(!desk.get(uri).await.body.contains(&token), "it is shown again");
    let again = desk.post(uri, &form).await;
    assert!(again.status == 422 && again.body.contains("href=\"#email\""), "{}", again.body);
    let unknown = [("name", "Kim"), ("email", "kim@orbit.example"), ("role", "emperor")];
    assert_eq!(desk.post(uri, &unknown).await.status, 422);
    desk.cookie = None;
    let chosen = [("t", &*token), ("password", PASSWORD)];
    let answer = desk.call("POST", "/console/first", &chosen).await;
    assert_eq!((answer.status, answer.header("location")), (303, "/console/first/second-step"));
    desk.take_cookie(&answer);
    assert!(desk.is_in().await);
    let offered = desk.get("/console/first/second-step").await.body;
    for part in ["/console/account/second-step\"", "Later", "href=\"/console\""] {
        assert!(offered.contains(part), "{part}: {offered}");
    }
    assert_eq!(desk.get(uri).await.status, 403);
}

#[actix_web::test]
async fn the_last_owner_stays_and_a_removal_is_confirmed() {
    let desk = Desk::signed_in(Role::Owner).await;
    let at = |member: &Member, act: &str| format!("/console/settings/members/{}{act}", member.id);
    let email = desk.member.email.clone();
    let refused = desk.post(&at(&desk.member, "/role"), &[("role", "viewer")]).await;
    assert!(refused.status == 422 && refused.body.contains("last owner"), "{}", refused.body);
    let refused = desk.post(&at(&desk.member, "/remove"), &[("confirm", &email)]).await;
    assert!(refused.status == 422 && refused.body.contains("last owner"), "{}", refused.body);
    assert_eq!(desk.post(&at(&desk.member, "/link"), &[]).await.status, 403);
    let sam = desk.other(Role::Owner);
    let refused = desk.post(&at(&desk.member, "/role"), &[("role", "viewer")]).await;
    assert_eq!(refused.status, 422, "an owner without a password cannot sign in");
    assert_eq!(desk.post(&at(&sam, "/remove"), &[("confirm", "sam")]).await.status, 422);
    assert_eq!(desk.get(&at(&sam, "")).await.status, 200);
    assert_eq!(desk.post(&at(&sam, "/remove"), &[("confirm", &sam.email)]).await.status, 303);
    assert_eq!(desk.get(&at(&sam, "")).await.status, 404);
}
