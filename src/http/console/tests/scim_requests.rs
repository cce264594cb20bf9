//! SCIM requests at the console.

use super::{Desk, PASSWORD};
use crate::store::ScimRequestId;
use crate::store::connections::Connection;
use crate::store::directories::requests::{self, Entry, Message, Refusal};
use crate::store::members::Role;
use crate::store::{UserId, testing};
use chrono::TimeDelta;
use serde_json::json;

const LIST: &str = "/console/scim-requests";

fn entry(desk: &Desk, connection: &Connection) -> Entry {
    Entry {
        id: ScimRequestId::new(),
        organization_id: connection.organization_id.clone(),
        connection_id: connection.id.clone(),
        token_id: None,
        method: "GET".to_owned(),
        path: "/Users?filter=userName%20eq%20%22a%3Cb%3E%22".to_owned(),
        status: 200,
        code: None,
        effect: "1 user found.".to_owned(),
        is_change: false,
        dialect: "okta".to_owned(),
        resource_id: None,
        message: None,
        micros: 3_400,
        created_at: desk.world.store().clock().now(),
        why: None,
    }
}

fn record(desk: &Desk, entry: &Entry) {
    desk.world.store().system(|tx| requests::record(tx, entry));
}

/// Somebody was switched off.
pub(super) fn changed(desk: &Desk, connection: &Connection) -> ScimRequestId {
    let id = ScimRequestId::new();
    let message = Message {
        request: Some(json!({ "active": false, "password": "[secret]" })),
        changes: Some(json!({ "active": { "before": true, "after": false } })),
    };
    let entry = Entry {
        id: id.clone(),
        method: "PATCH".to_owned(),
        path: "/Users/usr_1".to_owned(),
        effect: "Milton B. <b>deactivated</b>. 2 sessions ended.".to_owned(),
        is_change: true,
        resource_id: Some(UserId::new().to_string()),
        message: Some(message.sealed(&desk.world.state.master, &id).unwrap()),
        ..entry(desk, connection)
    };
    record(desk, &entry);
    id
}

/// A patch that named no member.
fn refused(desk: &Desk, connection: &Connection) -> ScimRequestId {
    let entry = Entry {
        method: "PATCH".to_owned(),
        path: "/Groups/grp_1".to_owned(),
        status: 400,
        code: Some("patch_no_members".to_owned()),
        effect: "The operation names no member, so nobody was added or removed.".to_owned(),
        ..entry(desk, connection)
    };
    record(desk, &entry);
    entry.id
}

#[actix_web::test]
async fn a_request_is_a_line_with_its_effect_in_words() {
    let desk = Desk::signed_in(Role::Viewer).await;
    assert!(desk.get(LIST).await.body.contains("There was none yet"));
    let connection = testing::active(desk.world.store(), "JumpCloud", None);
    record(&desk, &entry(&desk, &connection));
    let id = changed(&desk, &connection);
    let page = desk.get(LIST).await.body;
    let href = format!("href=\"{LIST}/{id}\"");
    for part in [
        &*href,
        "Milton B. &#60;b&#62;deactivated&#60;/b&#62;. 2 sessions ended.",
        "/Users?filter=userName eq &#34;a&#60;b&#62;&#34;",
        "Globex – JumpCloud",
        "4 ms",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
}

#[actix_web::test]
async fn requests_are_found_by_what_came_of_them_owner_connection_and_id() {
    let desk = Desk::signed_in(Role::Support).await;
    let connection = testing::active(desk.world.store(), "JumpCloud", None);
    record(&desk, &entry(&desk, &connection));
    let (change, refusal) = (changed(&desk, &connection), refused(&desk, &connection));
    let of = &connection.organization_id;
    for (query, is_change, is_refusal) in [
        (String::new(), true, true),
        ("only=changed".to_owned(), true, false),
        ("only=failed".to_owned(), false, true),
        (format!("organization={of}&only=failed"), false, true),
        (format!("connection={}", connection.id), true, true),
    ] {
        let page = desk.get(&format!("{LIST}?{query}")).await.body;
        assert_eq!(page.contains(change.as_str()), is_change, "{query}: {page}");
        assert_eq!(page.contains(refusal.as_str()), is_refusal, "{query}: {page}");
    }
    let row = desk.world.store().read_now(|db| requests::find(db, &change)).unwrap();
    let about = format!("{LIST}?q={}", row.resource_id.unwrap());
    let page = desk.get(&about).await.body;
    assert!(page.contains(change.as_str()) && !page.contains(refusal.as_str()), "{page}");
    for query in ["q=ada", "only=x", "organization=org_x", "connection=x"] {
        let page = desk.get(&format!("{LIST}?{query}")).await;
        assert_eq!(page.status, 200, "{query}");
        assert!(page.body.contains("No SCIM requests match"), "{query}: {}", page.body);
        assert!(page.body.contains("Clear filters"), "{query}");
    }
    let answer = desk.get(&format!("{LIST}?q={change}")).await;
    assert_eq!(answer.header("location"), format!("{LIST}/{change}"));
}

#[actix_web::test]
async fn a_request_says_what_came_what_was_answered_and_what_changed() {
    let desk = Desk::signed_in(Role::Support).await;
    let connection = testing::active(desk.world.store(), "JumpCloud", None);
    let id = changed(&desk, &connection);
    let page = desk.get(&format!("{LIST}/{id}")).await.body;
    for part in [
        "<h1>Milton B. &#60;b&#62;deactivated&#60;/b&#62;. 2 sessions ended.</h1>",
        "&#34;password&#34;: &#34;[secret]&#34;",
        "<td>true</td><td>false</td>",
        "href=\"/console/users/usr_",
        &format!("connection={}", connection.id),
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    let unknown = ScimRequestId::new();
    assert_eq!(desk.get(&format!("{LIST}/{unknown}")).await.status, 404);
    assert_eq!(desk.get(&format!("{LIST}/trc_1")).await.status, 404);
}

#[actix_web::test]
async fn what_a_request_says_of_people_is_shown_to_owners_admins_and_support_alone() {
    for role in Role::ALL {
        let desk = Desk::signed_in(role).await;
        let connection = testing::active(desk.world.store(), "JumpCloud", None);
        let id = changed(&desk, &connection);
        let page = desk.get(&format!("{LIST}/{id}")).await.body;
        let may = matches!(role, Role::Owner | Role::Admin | Role::Support);
        assert_eq!(page.contains("[secret]"), may, "{role}: {page}");
        assert_eq!(page.contains("Owners, admins and support see it"), !may, "{role}");
        assert!(page.contains(">active<"), "{role}: the names of attributes are nobody's");
    }
}

#[actix_web::test]
async fn a_refused_request_says_why_and_what_to_change_in_the_provider() {
    let desk = Desk::signed_in(Role::Viewer).await;
    let connection = testing::active(desk.world.store(), "jumpcloud", None);
    let id = refused(&desk, &connection);
    let page = desk.get(&format!("{LIST}/{id}")).await.body;
    let fix = "Start the provisioning of the group again in the provider";
    for part in
        ["patch_no_members", "names no member", fix, "No body is kept", "is different since"]
    {
        assert!(page.contains(part), "{part}: {page}");
    }
}

#[actix_web::test]
async fn a_request_whose_token_was_refused_says_why_and_what_ends_that_and_not_what_was_told() {
    let desk = Desk::signed_in(Role::Viewer).await;
    let connection = testing::active(desk.world.store(), "jumpcloud", None);
    let (place, new) = ("JumpCloud › ", "Make a new token at the connection");
    for (why, code, fix, is_there) in [
        (Some(Refusal::Missing), "token_missing", "Enter the connection&#39;s token", true),
        (Some(Refusal::Retired), "token_retired", "Enter the newer token", true),
        (Some(Refusal::Revoked), "token_invalid", "which still has one that was revoked", true),
        (Some(Refusal::Unknown), "token_invalid", new, true),
        (Some(Refusal::Elsewhere), "token_invalid", "scim token create --networks", false),
        (Some(Refusal::Off), "token_invalid", "Turn the connection on", false),
        // A line from before causes were kept.
        (None, "token_invalid", new, true),
    ] {
        let refused = Entry {
            status: 401,
            code: Some(code.to_owned()),
            effect: "Refused: <b>that".to_owned(),
            why,
            ..entry(&desk, &connection)
        };
        record(&desk, &refused);
        let page = desk.get(&format!("{LIST}/{}", refused.id)).await.body;
        assert!(page.contains("<dt>Why</dt><dd>Refused: &#60;b&#62;that</dd>"), "{why:?}: {page}");
        assert!(page.contains(fix) && !page.contains("What was told"), "{why:?}: {page}");
        assert_eq!(page.contains(place), is_there, "{why:?}: {page}");
        assert_eq!(page.contains(new), fix == new || why == Some(Refusal::Revoked), "{why:?}");
    }
    let id = self::refused(&desk, &connection);
    let page = desk.get(&format!("{LIST}/{id}")).await.body;
    assert!(page.contains("<dt>What was told</dt>") && !page.contains("<dt>Why</dt>"), "{page}");
}

#[actix_web::test]
async fn the_newest_page_reads_its_lines_again_until_it_is_paused() {
    let desk = Desk::signed_in(Role::Viewer).await;
    let connection = testing::active(desk.world.store(), "JumpCloud", None);
    for _ in 0..60 {
        changed(&desk, &connection);
    }
    let page = desk.get(&format!("{LIST}?only=changed")).await.body;
    let reading = format!("hx-get=\"{LIST}?only=changed\" hx-trigger=\"every 3s\"");
    assert!(page.contains(&reading) && page.contains("Live"), "{page}");
    let next = page.split("cursor=").nth(1).unwrap().split('"').next().unwrap();
    let older = desk.get(&format!("{LIST}?only=changed&cursor={next}")).await.body;
    assert!(!older.contains("every 3s") && !older.contains("Pause"), "{older}");
    let paused = desk.get(&format!("{LIST}?only=changed&live=off")).await.body;
    assert!(!paused.contains("every 3s") && paused.contains("Go on"), "{paused}");
}

#[actix_web::test]
async fn what_a_page_asks_again_is_its_lines_alone_and_no_use_of_the_session() {
    let mut desk = Desk::signed_in(Role::Viewer).await;
    let connection = testing::active(desk.world.store(), "JumpCloud", None);
    let id = changed(&desk, &connection);
    let part = desk.part(LIST).await;
    assert_eq!((part.status, part.header("vary")), (200, "HX-Request"));
    assert!(part.body.contains(id.as_str()) && part.body.contains("aria-live=\"polite\""));
    assert!(!part.body.contains("<html") && !part.body.contains("<h1"), "{}", part.body);
    // Left alone for longer than a session may rest, and read again all the time.
    for _ in 0..5 {
        desk.world.store().clock().advance(TimeDelta::minutes(30));
        desk.part(LIST).await;
    }
    let over = desk.part(&format!("{LIST}?only=failed")).await;
    let login = "/console/login?next=%2Fconsole%2Fscim-requests%3Fonly%3Dfailed";
    assert_eq!((over.status, over.header("hx-redirect")), (204, login));
    desk.sign_in(PASSWORD).await;
    assert_eq!(desk.part(LIST).await.status, 200);
}

#[actix_web::test]
async fn a_request_is_replayed_on_a_copy_and_changes_nothing() {
    let desk = Desk::signed_in(Role::Support).await;
    let store = desk.world.store();
    let connection = testing::active(store, "JumpCloud", None);
    let person = store.system(|tx| testing::provisioned(tx, &connection.id, "ann@globex.example"));
    let id = ScimRequestId::new();
    let off = json!({ "Operations": [{ "op": "replace", "value": { "active": false } }] });
    let message = Message { request: Some(off), changes: None };
    let path = format!("/Users/{}", person.row.user_id);
    record(
        &desk,
        &Entry {
            id: id.clone(),
            method: "PATCH".to_owned(),
            path,
            is_change: true,
            message: Some(message.sealed(&desk.world.state.master, &id).unwrap()),
            ..entry(&desk, &connection)
        },
    );
    let before = store.kinds(Some(&connection.organization_id));
    let at = format!("{LIST}/{id}");
    assert!(desk.get(&at).await.body.contains("Replay on a copy"));
    let shown = desk.post(&format!("{at}/replay"), &[]).await;
    assert_eq!(shown.status, 200, "{}", shown.body);
    for part in ["What would happen now", "Would be done", "true → false"] {
        assert!(shown.body.contains(part), "{part}: {}", shown.body);
    }
    assert_eq!(store.kinds(Some(&connection.organization_id)), before);
    // What only read cannot be, and what is refused says why.
    let only_read = entry(&desk, &connection);
    record(&desk, &only_read);
    assert!(!desk.get(&format!("{LIST}/{}", only_read.id)).await.body.contains("/replay"));
    let gone = changed(&desk, &connection);
    let shown = desk.post(&format!("{LIST}/{gone}/replay"), &[]).await;
    assert!(shown.body.contains("Would be refused"), "{}", shown.body);
    let viewer = Desk::signed_in(Role::Viewer).await;
    let connection = testing::active(viewer.world.store(), "JumpCloud", None);
    let id = changed(&viewer, &connection);
    assert!(!viewer.get(&format!("{LIST}/{id}")).await.body.contains("/replay"));
}
