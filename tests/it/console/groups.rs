//! Rules are changed with a preview: the last owner is not taken away, what is applied is kept, and a former set is restored.

use super::{How, first, walk};
use crate::gateway::{Gateway, Idp};
use serde_json::json;
use vestibule::store::access;
use vestibule::store::users;

async fn rules_are_changed(how: How) {
    let gateway = Gateway::start().await;
    let app = gateway.register(|_| {}).application;
    let customer = gateway.customer("globex.example");
    let connection = customer.connect_to(&Idp::new("https://idp.globex.example"));
    let words = json!({
        "base": gateway.url,
        "first": first(&gateway),
        "organization": customer.organization.id,
        "connection": connection.id,
    });
    let told = walk(how, "groups", words).await;

    // As the set that was restored says, and nobody has lost anything by what was refused.
    for (person, role, place) in [("ada", "admin", "Owners"), ("bob", "user", "Engineering")] {
        let id = told[person].as_str().unwrap().parse().unwrap();
        let person = gateway.read(|db| users::find(db, &id));
        let has = gateway.read(|db| access::explain::told(db, &person.id, &app.id));
        assert_eq!(has.role.as_deref(), Some(role));
        let places: Vec<_> = has.entities.iter().map(|it| it.name.as_str()).collect();
        assert_eq!(places, [place]);
    }
}

#[actix_web::test]
async fn rules_are_changed_and_restored_without_scripts() {
    rules_are_changed(How::NoScripts).await;
}

#[actix_web::test]
async fn rules_are_changed_and_restored_with_the_keyboard_alone() {
    rules_are_changed(How::Keyboard).await;
}
