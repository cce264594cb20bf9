//! Forms that are refused.

use super::*;

const SUMMARY: &str = "role=\"alert\" tabindex=\"-1\" id=\"faults\" autofocus>";

/// A step, what is typed at it, and the fields that are refused.
type Refused<'a> = (&'a str, &'a [(&'a str, &'a str)], &'a [&'a str]);

/// The fields to which the summary of a page leads.
fn led_to(page: &str) -> Vec<&str> {
    let (_, rest) = page.split_once(SUMMARY).unwrap_or_else(|| panic!("no summary: {page}"));
    let summary = rest.split_once("</div>").unwrap().0;
    summary.split("href=\"#").skip(1).map(|rest| rest.split_once('"').unwrap().0).collect()
}

#[actix_web::test]
async fn a_refused_form_of_a_step_has_a_summary_in_focus_that_leads_to_each_field() {
    let portal = Portal::started().await;
    portal.post("provider", &[("provider", "okta")]).await;
    let long = "x".repeat(2001);
    let values = [("sign_on_url", "nonsense")];
    let with: &[Refused<'_>] = &[
        ("metadata", &[("metadata_url", ""), ("metadata_xml", "<html>")], &["metadata_xml"]),
        ("metadata", &[("metadata_url", "nonsense")], &["metadata_url"]),
        ("metadata", &values, &["entity_id", "sign_on_url", "certificate"]),
        ("domain", &[("domain", "no domain")], &["domain"]),
        ("values", &[("missing", "other"), ("note", &long)], &["note"]),
    ];
    for (step, typed, fields) in with {
        assert!(!portal.get(&format!("/portal/setup/{step}")).await.body.contains(SUMMARY));
        let page = portal.post(step, typed).await;
        assert_eq!(page.status, 422, "{step}: {}", page.body);
        assert_eq!(led_to(&page.body), *fields, "{step}");
        for field in *fields {
            let at = page.body.find(&format!(" id=\"{field}\"")).unwrap_or_default();
            assert!(at > 0, "{step} has no {field}: {}", page.body);
            assert!(page.body.contains(&format!("id=\"{field}-error\"")), "{step} {field}");
            // A field that is folded away would not be found.
            let before = &page.body[..at];
            let fold =
                before.rfind("<details").filter(|fold| !before[*fold..].contains("</details>"));
            assert!(fold.is_none_or(|fold| before[fold..].contains(" open>")), "{step} {field}");
        }
    }
    portal.post("provider", &[("provider", "openid"), ("sure", "on")]).await;
    let page = portal.post("metadata", &[("issuer", "https://idp.example")]).await;
    assert_eq!(led_to(&page.body), ["client_id"], "{}", page.body);
    assert!(page.body.contains(" id=\"client_id\"") && page.status == 422);
}
