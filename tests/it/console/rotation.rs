//! A directory's token and an API key are replaced, and what calls with them is answered at every step.

use super::{How, first, walk};
use crate::gateway::{Gateway, Idp};
use serde_json::json;

async fn secrets_are_rotated(how: How) {
    let gateway = Gateway::start().await;
    let idp = Idp::new("https://idp.globex.example");
    let connection = gateway.customer("globex.example").connect_to(&idp);
    let words = json!({
        "base": gateway.url,
        "first": first(&gateway),
        "connection": connection.id,
    });
    let told = walk(how, "rotation", words).await;
    assert!(told["one"] != told["two"] && told["old"] != told["new"], "{told}");
}

#[actix_web::test]
async fn a_token_and_a_key_are_rotated_without_scripts() {
    secrets_are_rotated(How::NoScripts).await;
}

#[actix_web::test]
async fn a_token_and_a_key_are_rotated_with_the_keyboard_alone() {
    secrets_are_rotated(How::Keyboard).await;
}
