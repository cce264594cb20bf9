//! The pages by which the others are made look as they are kept in `tests/pictures`: `make screenshots` keeps them anew.

use crate::pages::{Scene, walks, without_faults};
use crate::peers::{lent, run};
use serde_json::{Value, json};

/// How to get to them, one walk after the other.
const WALKS: &str = "tests/it/pictures.txt";

#[actix_web::test]
async fn the_reference_pages_look_as_they_are_kept_in_both_themes() {
    let provider = lent::pysaml2().await;
    let scene = Scene::new(&provider).await;
    let walks = walks::in_file(WALKS);
    let root = env!("CARGO_MANIFEST_DIR");
    let work = json!({
        "base": scene.gateway.url,
        "walks": scene.walks(&walks),
        "widths": [1440],
        "pictures": {
            "kept": format!("{root}/tests/pictures"),
            "found": format!("{root}/target/pictures"),
            "renew": std::env::var("PICTURES").is_ok_and(|word| word == "renew"),
        },
    });
    let told: Value = run("page_check.mjs", &work).await;
    without_faults(&walks, &told);
}
