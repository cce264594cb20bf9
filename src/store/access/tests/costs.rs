//! How many statements an act of a directory runs: as many for a large group as for a small one.

use super::large::{crowd, mapped};
use super::*;
use crate::store::testing::Heard;

impl World {
    /// The statements of an act of the directory, without their values.
    fn run_by(&self, act: impl FnOnce(&mut Tx, &Directory) -> Result<()>) -> Vec<String> {
        let heard = self.push(|tx, it| {
            let heard = Heard::begin(tx.db);
            act(tx, it)?;
            Ok(heard.end(tx.db))
        });
        // What comes within ten minutes is counted together.
        self.store.clock().advance(chrono::TimeDelta::hours(1));
        let text = |query: &String| query.split("-- binds").next().unwrap().to_owned();
        heard.unwrap().iter().map(text).collect()
    }

    fn added(&self, group: &GroupId, user: &UserId) -> Vec<String> {
        let body = json!({ "Operations": [{ "op": "add", "path": "members", "value": [{ "value": user }] }] });
        let operations = patch::parse(Kind::Group, &body).unwrap();
        self.run_by(|tx, it| {
            groups::patch(tx, it, group.as_str(), &operations, None, false).map(drop)
        })
    }

    fn switched_off(&self, user: &UserId) -> Vec<String> {
        let body = json!({ "Operations": [{ "op": "replace", "value": { "active": false } }] });
        let operations = patch::parse(Kind::User, &body).unwrap();
        self.run_by(|tx, it| people::patch(tx, it, user.as_str(), &operations, None).map(drop))
    }
}

#[test]
fn adding_or_switching_off_one_member_runs_as_many_statements_in_a_group_of_1000_as_of_10() {
    let world = World::new();
    let all = crowd(&world, 1_014);
    let (many, rest) = all.split_at(1_000);
    let (few, new) = rest.split_at(10);
    let (small, large) = (mapped(&world, "small", few), mapped(&world, "large", many));
    // What is the same for every organization is prepared once.
    world.added(&small, &new[0]);
    world.added(&large, &new[1]);
    let (in_small, in_large) = (world.added(&small, &new[2]), world.added(&large, &new[3]));
    assert_eq!(in_small, in_large);
    assert_eq!(world.has(&new[3]), has("user", &["large-a", "large-b", "large-c"]));
    let (of_small, of_large) = (world.switched_off(&few[0]), world.switched_off(&many[0]));
    assert_eq!(of_small, of_large);
    assert_eq!((world.has(&few[0]), world.has(&many[0])), (nothing(), nothing()));
    eprintln!("{} statements add a member, {} switch one off", in_large.len(), of_large.len());
}
