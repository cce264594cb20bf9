//! The pages by which the others are made look as they are kept in `tests/pictures`: `make screenshots` keeps them anew.

use crate::pages::{Scene, without_faults};
use crate::peers::{lent, run};
use serde_json::{Value, json};

/// How to get to them, one walk after the other; `pages.rs` says what the steps do.
const WALKS: &[&[&str]] = &[
    &["go {authorize}", "see login", "go /demo/app/sign-in?fail=audience", "see error"],
    &["go {taken}", "press main form button", "see setup-provider"],
    &[
        "go {setup}",
        "press main form button",
        "go /portal/setup/create",
        "press button[name=finish]",
        "see setup-values",
        "press button[name=finish]",
        "press button[name=finish]",
        "see setup-metadata",
        "fill #metadata_url {provider}/sso/redirect",
        "press form:has(#metadata_url) button",
        "see setup-metadata-wrong",
        "fill #metadata_url {metadata}",
        "press form:has(#metadata_url) button",
        "press button[name=finish]",
        "fill #domain globex.test",
        "press form:has(#domain) button",
        "press button[name=finish]",
        "see setup-test",
        "go /portal",
        "see portal",
    ],
    &[
        "go {first}",
        "fill #name Maya Orbit",
        "fill #email maya@orbit.example",
        "fill #password seven lamps behind the harbour",
        "press form:has(#password) button",
        "press main a[href='/console']",
        "see console-overview",
        "go /console/connections",
        "see console-connections",
        "go /console/connections/new?organization={organization}",
        "see console-connection-new",
        "go /console/connections/{connection}",
        "see console-connection",
        "go /console/setup-links",
        "see console-setup-links",
        "go /console/users",
        "see console-users",
        "go /console/organizations/{organization}/groups/rules/new",
        "fill #pattern eng",
        "unfold input[name='same.team']",
        "press form:has(#pattern) button",
        "see console-mappings",
        "go /console/traces/{trace}",
        "see console-trace",
        "go /console/scim-requests",
        "see console-scim-requests",
        "go /console/api-keys",
        "see console-api-keys",
    ],
];

#[actix_web::test]
async fn the_reference_pages_look_as_they_are_kept_in_both_themes() {
    let provider = lent::pysaml2().await;
    let scene = Scene::new(&provider).await;
    let root = env!("CARGO_MANIFEST_DIR");
    let work = json!({
        "base": scene.gateway.url,
        "walks": scene.walks(WALKS),
        "widths": [1440],
        "pictures": {
            "kept": format!("{root}/tests/pictures"),
            "found": format!("{root}/target/pictures"),
            "renew": std::env::var("PICTURES").is_ok_and(|word| word == "renew"),
        },
    });
    let told: Value = run("page_check.mjs", &work).await;
    without_faults(WALKS, &told);
}
