//! What strangers post leaves nothing behind in memory.

use crate::gateway::{Gateway, World, form};
use crate::user_agent::UserAgent;

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
