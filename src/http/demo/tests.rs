//! Whether the demo is only where it may be.

use crate::http::testing::{self, PRODUCTION};
use actix_web::test::TestRequest;

const PATHS: [&str; 6] = [
    "/demo",
    "/demo/idp",
    "/demo/idp/console",
    "/demo/idp/sso",
    "/demo/app",
    "/demo/app/sign-in?as=ada",
];

#[actix_web::test]
async fn production_has_no_demo() {
    let world = testing::world(PRODUCTION);
    for path in PATHS {
        assert_eq!(world.call(TestRequest::get().uri(path)).await.status, 404, "{path}");
    }
}

#[actix_web::test]
async fn a_demo_that_is_off_is_not_there() {
    let world = testing::world(&[("demo", "off")]);
    for path in PATHS {
        assert_eq!(world.call(TestRequest::get().uri(path)).await.status, 404, "{path}");
    }
}

#[actix_web::test]
async fn a_demo_that_is_not_set_up_says_how_it_is() {
    let world = testing::world(&[]);
    for path in ["/demo/idp", "/demo/idp/console", "/demo/app", "/demo/app/sign-in?as=ada"] {
        let answer = world.call(TestRequest::get().uri(path)).await;
        assert_eq!(answer.status, 404, "{path}");
        assert!(answer.body.contains("vestibule demo up"), "{path}");
    }
}
