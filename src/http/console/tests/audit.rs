//! The audit log at the console.

use super::Desk;
use crate::store::members::Role;

#[actix_web::test]
async fn the_audit_log_says_who_changed_what_and_what_was_before_and_after() {
    let desk = Desk::signed_in(Role::Admin).await;
    desk.post("/console/organizations", &[("name", "<Globex>"), ("external_id", "g-17")]).await;
    let page = desk.get("/console/audit?type=organization.created").await.body;
    let id = page.split("/console/organizations/").nth(1).unwrap().split('"').next().unwrap();
    let uri = format!("/console/organizations/{id}/settings");
    let form = [("name", "Globex Inc"), ("external_id", "g-17"), ("admission", "both")];
    assert_eq!(desk.post(&uri, &form).await.status, 303);
    let page = desk.get(&format!("/console/audit?subject={id}")).await.body;
    for part in
        ["organization.updated", "organization.created", "Maya O", "&#60;Globex&#62; → Globex Inc"]
    {
        assert!(page.contains(part), "{part}: {page}");
    }
    let page = desk.get(&format!("/console/audit?organization={id}&type=organization.upd*")).await;
    assert_eq!(page.status, 200);
}

#[actix_web::test]
async fn the_audit_log_is_filtered_by_who_what_and_organization() {
    let desk = Desk::signed_in(Role::Viewer).await;
    for found in ["", "type=member.*", "actor=system"] {
        let page = desk.get(&format!("/console/audit?{found}")).await.body;
        assert!(page.contains("<tr><td"), "{found}: {page}");
    }
    for none in ["organization=x", "type=nothing", "actor=cli:eve", "subject=usr_x"] {
        let page = desk.get(&format!("/console/audit?{none}")).await;
        assert_eq!(page.status, 200, "{none}");
        assert!(page.body.contains("No records match"), "{none}: {}", page.body);
        assert!(page.body.contains("Clear filters"), "{none}");
    }
}
