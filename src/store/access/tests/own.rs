//! The role that a directory gives to a person by themselves.

use super::*;

const EXTENSION: &str = "urn:ietf:params:scim:schemas:extension:vestibule:2.0:User";

/// What a directory says of somebody.
fn say(name: &str, more: &Value) -> Value {
    let mut body = json!({ "userName": format!("{name}@globex.example") });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    body
}

#[expect(clippy::needless_pass_by_value, reason = "a literal is written at the call")]
impl World {
    fn made(&self, name: &str, more: Value) -> UserId {
        let body = say(name, &more);
        let made = self.push(|tx, it| people::create(tx, it, Resource::parse(Kind::User, &body)?));
        made.unwrap().0.row.user_id
    }

    fn put_person(&self, user: &UserId, name: &str, more: Value) {
        let body = say(name, &more);
        let put = |tx: &mut Tx, it: &Directory| {
            people::replace(tx, it, user.as_str(), Resource::parse(Kind::User, &body)?, None)
        };
        self.push(put).unwrap();
    }

    fn patch_person(&self, user: &UserId, operation: Value) {
        let body = json!({ "Operations": [operation] });
        let operations = patch::parse(Kind::User, &body).unwrap();
        self.push(|tx, it| people::patch(tx, it, user.as_str(), &operations, None)).unwrap();
    }

    fn role(&self, user: &UserId) -> String {
        self.has(user).0.unwrap()
    }
}

#[test]
fn a_persons_own_role_is_that_of_the_core_attribute_on_create_put_patch_and_removal() {
    let world = World::new();
    world.person_with("boss", &["admin"]);
    let ann = world.made("ann", json!({ "roles": [{ "value": "admin" }] }));
    assert_eq!(world.role(&ann), "admin");
    assert_eq!(world.because(&ann), ["admin: the directory gives it to the person"]);
    world.put_person(&ann, "ann", json!({ "roles": [{ "value": "guest" }] }));
    assert_eq!(world.role(&ann), "guest");
    let of_entra =
        json!({ "op": "Add", "path": "roles[primary eq \"True\"].value", "value": "admin" });
    world.patch_person(&ann, of_entra);
    assert_eq!(world.role(&ann), "admin", "the primary one, beside guest");
    let of_okta = json!({ "op": "replace", "value": { "roles": [{ "value": "guest" }] } });
    world.patch_person(&ann, of_okta);
    assert_eq!(world.role(&ann), "guest");
    world.patch_person(&ann, json!({ "op": "remove", "path": "roles" }));
    assert_eq!(world.role(&ann), "user", "the application's default");
    world.put_person(&ann, "ann", json!({ "roles": [{ "value": "admin" }] }));
    world.put_person(&ann, "ann", json!({}));
    assert_eq!(world.role(&ann), "user");
    world.put_person(&ann, "ann", json!({ "roles": [{ "value": "admin" }] }));
    world.dismiss(&ann);
    assert_eq!(world.has(&ann), nothing());
    assert_eq!(world.made("ann", json!({ "roles": [{ "value": "guest" }] })), ann);
    assert_eq!(world.role(&ann), "guest");
}

#[test]
fn the_primary_role_counts_else_the_highest_that_the_application_knows_and_others_are_kept() {
    let world = World::new();
    world.person_with("boss", &["admin"]);
    let roles = json!([
        { "value": "Salesforce Admin", "display": "S" },
        { "value": "guest", "primary": true },
        { "value": "admin" },
    ]);
    let ann = world.made("ann", json!({ "roles": roles }));
    assert_eq!(world.role(&ann), "guest");
    let strange =
        json!([{ "value": "boss", "primary": true }, { "value": "guest" }, { "value": "admin" }]);
    world.put_person(&ann, "ann", json!({ "roles": strange }));
    assert_eq!(world.role(&ann), "admin", "the primary one is none of the application's");
    world.put_person(&ann, "ann", json!({ "roles": [{ "value": "boss" }] }));
    assert_eq!(world.role(&ann), "user");
    let kept = world.push(|tx, it| people::find(tx.db, it, ann.as_str(), false)).unwrap();
    assert_eq!(kept.row.resource["roles"], json!([{ "value": "boss" }]));
}

#[test]
fn our_extension_wins_over_the_core_and_a_groups_role_over_both() {
    let world = World::new();
    world.person_with("boss", &["admin"]);
    let both = json!({ "roles": [{ "value": "admin" }], EXTENSION: { "roles": ["guest"] } });
    let ann = world.made("ann", both);
    assert_eq!(world.role(&ann), "guest");
    world.patch_person(&ann, json!({ "op": "remove", "path": format!("{EXTENSION}:roles") }));
    assert_eq!(world.role(&ann), "admin");
    let urn = "urn:ietf:params:scim:schemas:extension:vestibule:2.0:Group";
    world.group_with(json!({ "displayName": "users", urn: { "roles": ["user"] } }), &[&ann]);
    assert_eq!(world.role(&ann), "user", "a group carries one");
}

#[test]
fn what_was_stored_before_the_core_counted_is_taken_up_when_it_is_said_again() {
    use crate::store::schema::directory_users;
    use diesel::prelude::*;
    let world = World::new();
    world.person_with("boss", &["admin"]);
    let said = json!({ "roles": [{ "value": "guest" }], "active": true });
    let ann = world.made("ann", said.clone());
    world.store.system(|tx| {
        let row = directory_users::table.find(&ann);
        diesel::update(row).set(directory_users::roles.eq("[]")).execute(tx.db)?;
        super::super::after_directory(tx, world.organization(), std::slice::from_ref(&ann))
            .map(drop)
    });
    assert_eq!(world.role(&ann), "user");
    world.put_person(&ann, "ann", said);
    assert_eq!(world.role(&ann), "guest");
}
