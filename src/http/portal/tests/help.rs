//! Who does not find the fields tells the operator so.

use super::*;
use crate::store::Window;
use crate::store::events::{self, Filter};

#[actix_web::test]
async fn the_operator_is_told_of_the_step_and_the_reason_once_a_day() {
    let portal = Portal::started().await;
    portal.post("provider", &[("provider", "okta")]).await;
    let told = portal.post("values", &[("missing", "rights")]).await;
    assert!(told.body.contains("has been told"), "{}", told.body);
    let store = portal.world.store();
    let events = || {
        let filter = Filter {
            organization: Some(portal.organization.clone()),
            kind: Some("setup_link.help_wanted".to_owned()),
            ..Filter::default()
        };
        let window = Window { limit: 10, before: None };
        store.read_now(|db| events::page(db, &window, &filter)).unwrap().data
    };
    let all = events();
    assert_eq!((all.len(), &*all[0].actor), (1, &*format!("portal:{}", portal.link.id)));
    assert_eq!(
        (&all[0].data["step"], &all[0].data["missing"]),
        (&"values".into(), &"rights".into())
    );
    // To ask is not to finish the step, and once is enough.
    assert!(portal.get("/portal/setup").await.header("location").ends_with("/create"));
    let again = portal.post("values", &[("missing", "plan")]).await;
    assert!(again.body.contains("could not be done"), "{}", again.body);
    assert_eq!(portal.post("create", &[("missing", "nonsense")]).await.status, 422);
    assert_eq!(events().len(), 1);
    portal.post("create", &[("missing", "names")]).await;
    assert_eq!(events().len(), 2);
    store.clock().advance(chrono::TimeDelta::hours(25));
    portal.post("values", &[("missing", "plan")]).await;
    assert_eq!(events().len(), 3);
}
