//! What strangers post leaves nothing behind in memory.

use crate::gateway::{Gateway, World, form};
use crate::user_agent::UserAgent;
use futures_util::future::join_all;

const POSTS: usize = 3000;
/// What the process may have grown by: much less than was posted.
const MOST_GROWTH: usize = 24 * 1024 * 1024;

#[actix_web::test]
async fn three_thousand_rubbish_posts_leave_nothing_in_memory() {
    let gateway = Gateway::apart().await;
    let world = World::of(&gateway);
    let acs = world.connection.acs(&gateway.url);
    let rubbish = "QUJD".repeat(8 * 1024);
    let mut before = 0;
    let mut agent = UserAgent::new();
    for n in 0..POSTS {
        // What a process keeps for its work is there after some of the posts.
        if n == POSTS / 6 {
            before = gateway.process().resident();
        }
        let fields = [("SAMLResponse", &*rubbish)];
        let page = agent.submit_once(&form(&acs, &fields)).await;
        assert_eq!(page.status, 400, "{}", page.body);
    }
    let growth = gateway.process().resident().saturating_sub(before);
    assert!(growth < MOST_GROWTH, "grown by {growth} bytes");
    world.works().await;
}

/// Who posts at the same time.
const TOGETHER: usize = 24;
/// How often each of them does.
const ROUNDS: usize = 5;
/// What the process may have had more at its peak, while 24 times ten megabytes were on their way to it: what a
/// message may have is a tenth of that, and is held a few times over while it is read.
const MOST_AT_ONCE: usize = 112 * 1024 * 1024;

#[actix_web::test]
async fn ten_megabytes_from_many_at_once_are_not_held_in_memory() {
    let gateway = Gateway::apart().await;
    let world = World::of(&gateway);
    let acs = world.connection.acs(&gateway.url);
    let too_large = form(&acs, &[("SAMLResponse", &"QUJD".repeat(2_500_000))]);
    // As large as a message may be, so that it is decoded and looked at.
    let largest = form(&acs, &[("SAMLResponse", &"QUJD".repeat(345_000))]);
    world.works().await;
    let before = gateway.process().peak();
    for _ in 0..ROUNDS {
        join_all((0..TOGETHER).map(async |n| {
            let form = if n % 2 == 0 { &too_large } else { &largest };
            // A server may close before it has read what it does not want.
            if let Some(status) = UserAgent::new().try_submit(form).await {
                assert!(status.is_client_error(), "{status}");
            }
        }))
        .await;
    }
    let growth = gateway.process().peak().saturating_sub(before);
    assert!(growth < MOST_AT_ONCE, "grown by {growth} bytes");
    world.works().await;
}
