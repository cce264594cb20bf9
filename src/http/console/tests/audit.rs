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

#[actix_web::test]
async fn the_audit_log_is_to_be_had_as_a_file_with_the_filters_of_the_list() {
    let desk = Desk::signed_in(Role::Viewer).await;
    let page = desk.get("/console/audit?type=member.*").await.body;
    let csv = "/console/audit/export?type=member.*&#38;format=csv";
    assert!(page.contains(&format!("href=\"{csv}\"")), "{page}");
    let file = desk.get("/console/audit/export?type=member.*&format=csv").await;
    assert_eq!(file.status, 200);
    assert_eq!(file.header("content-type"), "text/csv; charset=utf-8");
    assert_eq!(file.header("content-disposition"), "attachment; filename=\"audit.csv\"");
    let lines: Vec<&str> = file.body.lines().collect();
    assert!(lines[0].starts_with("id,timestamp,type,actor"), "{}", file.body);
    assert!(lines.len() > 1 && lines[1..].iter().all(|line| line.contains("member.")));
    let file = desk.get("/console/audit/export?type=member.*&format=jsonl").await;
    let all = file.body.lines().map(serde_json::from_str::<serde_json::Value>);
    assert!(all.into_iter().all(|line| line.is_ok()) && !file.body.is_empty(), "{}", file.body);
    let nothing = desk.get("/console/audit/export?type=nothing&format=csv").await.body;
    assert_eq!(nothing.lines().count(), 1, "{nothing}");
    assert_eq!(desk.get("/console/audit/export?format=x").await.status, 400);
}
