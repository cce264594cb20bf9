//! What is another connection's or another organization's is not there.

use super::{Directory, GROUP, USER};
use crate::gateway::{Gateway, Idp, World};
use reqwest::Method;
use serde_json::json;
use vestibule::store::connections::Settings;

#[actix_web::test]
async fn other_connections_and_other_organizations_resources_are_not_there() {
    let gateway = Gateway::start().await;
    let world = World::of(&gateway);
    let ours = Directory::of(&world);
    let sibling =
        world.customer.test(&Idp::new("https://second.globex.example"), Settings::default());
    let initech = gateway.customer("initech.example");
    let stranger = initech.test(&Idp::new("https://idp.initech.example"), Settings::default());
    let ann = ours.user("ann@globex.example").await;
    let group = ours.group("Sales", &[&ann]).await;
    for other in [Directory::at(&gateway, &sibling.id), Directory::at(&gateway, &stranger.id)] {
        for (path, operations) in [
            (
                format!("/Users/{ann}"),
                json!([{ "op": "replace", "path": "active", "value": false }]),
            ),
            (
                format!("/Groups/{group}"),
                json!([{ "op": "replace", "path": "displayName", "value": "x" }]),
            ),
        ] {
            other.get(&path).await.refuses(404, "", "not_found");
            other.patch(&path, operations).await.refuses(404, "", "not_found");
            let body = json!({ "schemas": [USER], "userName": "x", "displayName": "x" });
            other.put(&path, body).await.refuses(404, "", "not_found");
            other.send(Method::DELETE, &path, &[], None).await.refuses(404, "", "not_found");
        }
        for endpoint in ["/Users", "/Groups", ""] {
            assert_eq!(other.get(endpoint).await.total(), 0, "{endpoint}");
        }
        assert_eq!(other.filter("/Users", &format!("id eq \"{ann}\"")).await.total(), 0);
        // Nobody of theirs can be put into a group here.
        let theirs =
            json!({ "schemas": [GROUP], "displayName": "Sales", "members": [{ "value": ann }] });
        other.post("/Groups", theirs).await.refuses(400, "invalidValue", "unknown_member");
        let own = other.group("Sales", &[]).await;
        let add = json!([{ "op": "add", "path": "members", "value": [{ "value": ann }] }]);
        other.patch(&format!("/Groups/{own}"), add).await.refuses(
            400,
            "invalidValue",
            "unknown_member",
        );
    }
    assert_eq!(ours.members(&group).await, [ann]);
}

#[actix_web::test]
async fn two_organizations_may_have_a_person_with_the_same_name() {
    let gateway = Gateway::start().await;
    let world = World::of(&gateway);
    let initech = gateway.customer("initech.example");
    let stranger = initech.test(&Idp::new("https://idp.initech.example"), Settings::default());
    let one = Directory::of(&world).user("ann@consultants.example").await;
    let other = Directory::at(&gateway, &stranger.id).user("ann@consultants.example").await;
    assert_ne!(one, other);
}
