//! What strangers post leaves nothing behind in memory.

use crate::gateway::{Gateway, World, form};
use crate::user_agent::UserAgent;
use std::process::Command;

const ALONE: &str = "VESTIBULE_TEST_ALONE";
const POSTS: usize = 3000;
/// What the process may have grown by: much less than was posted.
const MOST_GROWTH: usize = 24 * 1024 * 1024;

/// Bytes of memory that this process has now.
fn resident() -> usize {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
    statm.split(' ').nth(1).unwrap().parse::<usize>().unwrap() * 4096
}

/// The test proper needs a process of its own: others would be measured with it.
#[actix_web::test]
async fn three_thousand_rubbish_posts_leave_nothing_in_memory() {
    if std::env::var_os(ALONE).is_none() {
        let name = "hostile::memory::three_thousand_rubbish_posts_leave_nothing_in_memory";
        let output = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", name, "--nocapture"])
            .env(ALONE, "1")
            .output()
            .unwrap();
        let told = String::from_utf8_lossy(&output.stdout);
        let failed = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{told}\n{failed}");
        return;
    }
    let gateway = Gateway::start().await;
    let world = World::of(&gateway);
    let acs = world.connection.acs(&gateway.url);
    let rubbish = "QUJD".repeat(8 * 1024);
    let mut agent = UserAgent::new();
    let mut before = 0;
    for n in 0..POSTS {
        // What a process keeps for its work is there after some of the posts.
        if n == POSTS / 6 {
            before = resident();
        }
        let page = agent.submit_once(&form(&acs, &[("SAMLResponse", &rubbish)])).await;
        assert_eq!(page.status, 400, "{}", page.body);
        agent.forget();
    }
    let growth = resident().saturating_sub(before);
    assert!(growth < MOST_GROWTH, "grown by {growth} bytes");
    world.works().await;
}
