//! People of customers at the console.

use super::Desk;
use crate::store::members::Role;
use crate::store::users::{self, User};
use crate::store::{GroupId, OrganizationId, organizations, testing};

const LIST: &str = "/console/users";

/// Ada, in an organization.
pub(super) fn ada(desk: &Desk, of: &OrganizationId) -> User {
    let new = testing::person(of, "ada@globex.example");
    desk.world.store().system(|tx| users::create(tx, new))
}

fn globex(desk: &Desk) -> OrganizationId {
    desk.world.store().system(|tx| organizations::create(tx, testing::globex())).id
}

fn now(desk: &Desk, user: &User) -> User {
    desk.world.store().read_now(|db| users::find(db, &user.id)).unwrap()
}

#[actix_web::test]
async fn users_are_listed_and_found_by_address_state_and_organization() {
    let desk = Desk::signed_in(Role::Viewer).await;
    assert!(desk.get(LIST).await.body.contains("Nobody has come yet"));
    let of = globex(&desk);
    let user = ada(&desk, &of);
    let by_organization = format!("organization={of}");
    for found in ["", "q=ADA%40globex.example", "state=active", &by_organization] {
        let page = desk.get(&format!("{LIST}?{found}")).await.body;
        assert!(page.contains(&format!("href=\"{LIST}/{}\"", user.id)), "{found}: {page}");
    }
    for none in ["q=eve%40globex.example", "q=ada", "state=suspended", "state=x", "organization=x"]
    {
        let page = desk.get(&format!("{LIST}?{none}")).await;
        assert_eq!(page.status, 200, "{none}");
        assert!(page.body.contains("No users match"), "{none}: {}", page.body);
        assert!(page.body.contains("Clear filters"), "{none}");
    }
}

#[actix_web::test]
async fn a_user_is_shown_beside_the_list_as_on_a_page_of_their_own() {
    let desk = Desk::signed_in(Role::Admin).await;
    let user = ada(&desk, &globex(&desk));
    let at = format!("{LIST}/{}", user.id);
    let list = desk.get(LIST).await.body;
    let opens = format!("href=\"{at}\" hx-get=\"{at}\" hx-target=\"#panel\"");
    assert!(list.contains(&opens), "{list}");
    assert!(list.contains("<aside id=\"panel\" aria-label=\"Person\"></aside>"), "{list}");
    let panel = desk.part(&at).await;
    assert_eq!((panel.status, panel.header("vary")), (200, "HX-Request"));
    assert!(!panel.body.contains("<html") && !panel.body.contains("<h1"), "{}", panel.body);
    let page = desk.get(&at).await.body;
    let whole = panel.body.split_once("<div class=\"stack\">").unwrap().1.trim_end();
    assert!(whole.contains("ada@globex.example") && page.contains(whole), "{whole}\n{page}");
    let act = format!("href=\"{at}/suspend\"");
    assert!(panel.body.contains(&act) && page.contains(&act), "{}", panel.body);
    let nobody = format!("{LIST}/{}", crate::store::UserId::new());
    assert_eq!(desk.part(&nobody).await.status, 404);
}

#[actix_web::test]
async fn a_user_is_suspended_when_that_is_confirmed_and_restored() {
    let desk = Desk::signed_in(Role::Admin).await;
    let user = ada(&desk, &globex(&desk));
    let at = |act: &str| format!("{LIST}/{}{act}", user.id);
    assert!(desk.get(&at("/suspend")).await.body.contains("whatever the directory says"));
    assert!(now(&desk, &user).suspended_at.is_none(), "reading changes nothing");
    assert_eq!(desk.post(&at("/suspend"), &[]).await.status, 303);
    assert!(now(&desk, &user).suspended_at.is_some());
    let page = desk.get(&at("")).await.body;
    for part in ["Suspended here", "user.suspended", "Take the suspension back"] {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert_eq!(desk.post(&at("/restore"), &[]).await.status, 303);
    assert!(now(&desk, &user).suspended_at.is_none());
}

#[actix_web::test]
async fn a_users_sessions_are_ended_when_that_is_confirmed() {
    let desk = Desk::signed_in(Role::Owner).await;
    let store = desk.world.store();
    let connection = testing::active(store, "JumpCloud", None);
    let user = ada(&desk, &connection.organization_id);
    store.system(|tx| {
        let application = crate::store::applications::create(tx, testing::orbit())?.0;
        testing::sign_in(tx, &user, &connection.id, &application.id)
    });
    let uri = format!("{LIST}/{}/sessions", user.id);
    assert!(desk.get(&uri).await.body.contains("signed out everywhere"));
    assert_eq!(store.read_now(testing::open_ones).unwrap().0, 1, "reading changes nothing");
    assert_eq!(desk.post(&uri, &[]).await.status, 303);
    assert_eq!(store.read_now(testing::open_ones).unwrap().0, 0);
}

#[actix_web::test]
async fn a_viewer_sees_a_user_and_is_offered_no_act() {
    let desk = Desk::signed_in(Role::Viewer).await;
    let user = ada(&desk, &globex(&desk));
    let page = desk.get(&format!("{LIST}/{}", user.id)).await.body;
    assert!(page.contains("<h1>ada@globex.example</h1>") && page.contains("First sign-in"));
    for act in ["/suspend\"", "/sessions\"", "/restore\""] {
        assert!(!page.contains(act), "a viewer is offered {act}");
    }
    let unknown = crate::store::UserId::new();
    assert_eq!(desk.get(&format!("{LIST}/{unknown}")).await.status, 404);
}

#[actix_web::test]
async fn users_are_found_by_the_way_they_came_and_by_their_group() {
    let desk = Desk::signed_in(Role::Viewer).await;
    let store = desk.world.store();
    let connection = testing::active(store, "JumpCloud", None);
    let of = &connection.organization_id;
    let ada = ada(&desk, of);
    let row = format!("href=\"{LIST}/{}\"", ada.id);
    let page = desk.get(&format!("{LIST}?source=sign_in")).await.body;
    assert!(page.contains(&row) && page.contains("First sign-in"), "{page}");
    assert!(page.contains("state=active&#38;source=sign_in"), "one filter keeps the other: {page}");
    for none in ["source=scim", "source=x", "group=x", &format!("group={}", GroupId::new())] {
        let page = desk.get(&format!("{LIST}?{none}")).await.body;
        assert!(page.contains("No users match"), "{none}: {page}");
    }
}

#[actix_web::test]
async fn a_user_is_erased_only_when_their_address_is_typed() {
    let desk = Desk::signed_in(Role::Admin).await;
    let of = globex(&desk);
    let user = ada(&desk, &of);
    let uri = format!("{LIST}/{}/erase", user.id);
    let page = desk.get(&uri).await.body;
    assert!(page.contains("It cannot be undone") && page.contains("ada@globex.example"), "{page}");
    assert_eq!(desk.post(&uri, &[("confirm", "Ada")]).await.status, 422);
    assert_eq!(now(&desk, &user).email, "ada@globex.example", "nothing is done yet");
    assert_eq!(desk.post(&uri, &[("confirm", "ada@globex.example")]).await.status, 303);
    assert_eq!(desk.get(&format!("{LIST}/{}", user.id)).await.status, 404);
    let kinds = desk.world.store().kinds(Some(&of));
    assert_eq!(kinds.last().map(String::as_str), Some("user.erased"), "{kinds:?}");
}

#[actix_web::test]
async fn users_without_access_are_found() {
    let desk = Desk::signed_in(Role::Viewer).await;
    let user = ada(&desk, &globex(&desk));
    let page = desk.get(&format!("{LIST}?access=none")).await.body;
    assert!(page.contains(user.id.as_str()) && page.contains("Access: <b>No access</b>"), "{page}");
    let page = desk.get(&format!("{LIST}?access=x")).await;
    assert!(page.status == 200 && page.body.contains("No users match"), "{}", page.body);
}

#[actix_web::test]
async fn a_user_shows_sessions_with_their_end_and_names_that_can_be_changed() {
    let desk = Desk::signed_in(Role::Admin).await;
    let store = desk.world.store();
    let connection = testing::active(store, "JumpCloud", None);
    let user = ada(&desk, &connection.organization_id);
    let at = |act: &str| format!("{LIST}/{}{act}", user.id);
    assert!(desk.get(&at("")).await.body.contains("Signed in nowhere"));
    store.system(|tx| {
        let application = crate::store::applications::create(tx, testing::orbit())?.0;
        testing::sign_in(tx, &user, &connection.id, &application.id)
    });
    let page = desk.get(&at("")).await.body;
    for part in ["in 8 hours", "Globex – JumpCloud", "ada@globex.example", "/edit\""] {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert!(desk.get(&at("/edit")).await.body.contains("name=\"given_name\""));
    let long = "x".repeat(300);
    let refused = desk.post(&at("/edit"), &[("name", &long)]).await;
    assert!(refused.status == 422 && refused.body.contains("href=\"#name\""), "{}", refused.body);
    let form = [("name", "<Ada>"), ("given_name", "Ada"), ("family_name", "")];
    assert_eq!(desk.post(&at("/edit"), &form).await.status, 303);
    let page = desk.get(&at("")).await.body;
    assert!(page.contains("&#60;Ada&#62;"), "{page}");
    let line = |value: &str| {
        let rest = page.split(&format!("<dd>{value}</dd>")).nth(1).unwrap_or_default();
        rest.split("</div>").next().unwrap_or_default().to_owned()
    };
    for value in ["&#60;Ada&#62;", "ada@globex.example"] {
        let line = line(value);
        assert!(line.contains("<time datetime=") && line.contains("badge sq"), "{value}: {line}");
    }
    assert_eq!(now(&desk, &user).given_name.as_deref(), Some("Ada"));
}

#[actix_web::test]
async fn whom_a_directory_keeps_is_changed_there_and_the_page_says_who_it_is() {
    let desk = Desk::signed_in(Role::Admin).await;
    let store = desk.world.store();
    let connection = testing::active(store, "JumpCloud", None);
    let id = store.system(|tx| {
        let directory = crate::store::directories::open(tx, &connection.id)?;
        let body = serde_json::json!({ "userName": "grace@globex.example" });
        let body = crate::scim::Resource::parse(crate::scim::Kind::User, &body)?;
        let made = crate::store::directories::people::create(tx, &directory, body)?;
        Ok(made.0.row.user_id)
    });
    let page = desk.get(&format!("{LIST}/{id}")).await.body;
    assert!(page.contains("Managed by Globex – JumpCloud"), "{page}");
    assert!(!page.contains("/edit\""), "{page}");
    let refused = desk.post(&format!("{LIST}/{id}/edit"), &[("name", "Eve")]).await;
    assert!(refused.status == 422, "{}", refused.body);
    assert!(refused.body.contains("come from the customer"), "{}", refused.body);
}

#[actix_web::test]
async fn when_an_attribute_was_changed_is_not_said_where_no_event_is_kept_that_could_tell() {
    let mut desk = Desk::signed_in(Role::Admin).await;
    let user = ada(&desk, &globex(&desk));
    let uri = format!("{LIST}/{}", user.id);
    let line = |page: &str| {
        let rest = page.split("<dd>ada@globex.example</dd>").nth(1).unwrap_or_default().to_owned();
        rest.split("</div>").next().unwrap_or_default().to_owned()
    };
    let page = desk.get(&uri).await.body;
    assert!(line(&page).contains("<time datetime="), "{page}");
    desk.world.store().clock().advance(chrono::TimeDelta::days(401));
    desk.sign_in(super::PASSWORD).await;
    let page = desk.get(&uri).await.body;
    assert!(page.contains("<dd>ada@globex.example</dd>"), "{page}");
    assert!(!line(&page).contains("<time datetime="), "{page}");
}
