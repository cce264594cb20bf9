//! Events of access say why: of each thing that somebody has, and of each that they lose.

use super::super::holds;
use super::*;
use crate::store::clean_up::{Retention, Task};
use crate::store::schema::events;
use crate::store::{Json, connections};
use diesel::prelude::*;

const EXTENSION: &str = "urn:ietf:params:scim:schemas:extension:vestibule:2.0:Group";

impl World {
    /// The newest event of access about somebody: its kind and what it tells.
    fn last_told(&self, user: &UserId) -> (String, Value) {
        let last = |db: &mut _| -> Result<(String, Json<Value>)> {
            let theirs = events::table.filter(events::subject_id.eq(user.as_str())).filter(
                events::kind.eq_any(["access.granted", "access.changed", "access.revoked"]),
            );
            let theirs = theirs.order(events::id.desc()).select((events::kind, events::data));
            Ok(theirs.first(db)?)
        };
        let (kind, data) = self.store.read_now(last).unwrap();
        (kind, data.into_inner())
    }

    /// The alert of which the newest event says that it is over: its kind, and what it was about.
    pub(super) fn last_closed(&self) -> (String, Value) {
        let last = |db: &mut _| -> Result<Json<Value>> {
            let closed = events::table.filter(events::kind.eq("access.alert_closed"));
            Ok(closed.order(events::id.desc()).select(events::data).first(db)?)
        };
        let data = self.store.read_now(last).unwrap().into_inner();
        (data["alert"].as_str().unwrap().to_owned(), data["about"].clone())
    }

    /// What took what somebody has lost, line by line.
    fn lost(&self, user: &UserId) -> Vec<String> {
        let (_, data) = self.last_told(user);
        let lines = data["lost"].as_array().unwrap().iter();
        lines
            .map(|it| format!("{}: {}", it["by"].as_str().unwrap(), it["text"].as_str().unwrap()))
            .collect()
    }
}

#[test]
fn each_thing_that_somebody_has_is_told_with_its_reason() {
    let world = World::new();
    world.apply(vec![rule(Match::Prefix, "eng", "team")]);
    let ann = world.person("ann");
    let eng = world
        .group_with(json!({ "displayName": "eng", EXTENSION: { "roles": ["guest"] } }), &[&ann]);
    let (kind, data) = world.last_told(&ann);
    assert_eq!(kind, "access.changed");
    assert_eq!(data["because"], json!({ "by": "group", "id": eng }));
    assert_eq!(data["role_because"]["text"], "group eng");
    assert_eq!(data["role_because"]["group_id"], json!(eng));
    let place = &data["entities"][0];
    let mapping = world.mapping(&eng);
    assert_eq!((&place["name"], &place["mapping_id"]), (&json!("eng"), &json!(mapping.id)));
    let because = json!({ "text": "group eng, rule 1", "group_id": eng, "mapping_id": mapping.id, "rule_id": mapping.rule_id });
    assert_eq!(place["because"], because);
    let explained = world.because(&ann);
    assert_eq!(
        explained,
        ["guest: group eng", "team eng: group eng, rule 1"],
        "as it is explained"
    );
    let default = "something else takes its place";
    assert_eq!(
        world.lost(&ann),
        [format!("excluded: {default}")],
        "the default role, which is higher"
    );
}

#[test]
fn what_is_lost_is_told_with_what_took_it() {
    let world = World::new();
    world.person_with("boss", &["admin"]);
    let ann = world.person("ann");
    let (red, blue) = (world.group("red", &[&ann]), world.group("blue", &[&ann]));
    let bosses = json!({ "displayName": "bosses", EXTENSION: { "roles": ["admin"] } });
    let bosses = world.group_with(bosses, &[&ann]);
    for name in ["Red", "Blue"] {
        world.entity("team", name);
    }
    let (red_mapping, _) = (world.map(&red, "Red"), world.map(&blue, "Blue"));
    world.remove(&bosses, &ann);
    assert_eq!(world.lost(&ann), ["left_group: not in group bosses any more"]);
    let (kind, data) = world.last_told(&ann);
    assert_eq!((kind.as_str(), &data["lost"][0]["role"]), ("access.changed", &json!("admin")));
    assert_eq!(data["because"], json!({ "by": "default" }), "of the role that there is now");
    world.add(&bosses, &ann);
    world.change(
        &bosses,
        json!([{ "op": "replace", "path": format!("{EXTENSION}:roles"), "value": ["guest"] }]),
    );
    assert_eq!(world.lost(&ann), ["group_roles_changed: group bosses does not give it any more"]);
    world.remove(&red, &ann);
    assert_eq!(world.lost(&ann), ["left_group: not in group red any more"]);
    let line = world.last_told(&ann).1["lost"][0].clone();
    assert_eq!((&line["group_id"], &line["mapping_id"]), (&json!(red), &json!(red_mapping.id)));
    world.add(&red, &ann);
    world.approve(&red_mapping.id, false);
    assert_eq!(world.lost(&ann), ["mapping_rejected: the mapping of group red was rejected"]);
    world.approve(&red_mapping.id, true);
    world.delete(&blue);
    assert_eq!(world.lost(&ann), ["group_deleted: group blue was deleted"]);
    world.entity("team", "Other");
    let place = Some(Place::Key("Other".to_owned()));
    world
        .decide_mapping(&red_mapping.id, MappingPatch { place, ..MappingPatch::default() })
        .unwrap();
    assert_eq!(
        world.lost(&ann),
        ["mapping_changed: the mapping of group red gives something else"]
    );
    world.choose(|tx, id| entities::delete(tx, id, "Other")).unwrap();
    assert_eq!(world.lost(&ann), ["entity_deleted: the place was deleted"]);
}

#[test]
fn whoever_is_switched_off_is_told_to_have_lost_everything_by_that() {
    let world = World::new();
    world.person_with("boss", &["admin"]);
    let ann = world.person("ann");
    let red = world.group("red", &[&ann]);
    world.entity("team", "Red");
    world.map(&red, "Red");
    let off = |cause: &str, words: &str| {
        let (kind, data) = world.last_told(&ann);
        assert_eq!((kind.as_str(), &data["role"]), ("access.revoked", &Value::Null));
        assert_eq!(data["because"], json!({ "by": cause }));
        assert_eq!(data["before"]["role"], "user");
        assert_eq!(world.lost(&ann), [format!("{cause}: {words}"), format!("{cause}: {words}")]);
    };
    world.activate(&ann, false);
    off("deactivated", "the directory has switched the person off");
    world.activate(&ann, true);
    assert_eq!(world.last_told(&ann).0, "access.granted");
    assert_eq!(world.lost(&ann), [] as [String; 0]);
    world.choose(|tx, _| users::suspend(tx, &ann)).unwrap();
    off("suspended", "the person was switched off here");
    world.choose(|tx, _| users::restore(tx, &ann)).unwrap();
    world.dismiss(&ann);
    off("removed", "the directory has removed the person");
}

#[test]
fn who_is_moved_is_told_what_excludes_what_they_had() {
    let world = World::new();
    let ann = world.person("ann");
    let (fast, slow) = (world.group("fast", &[&ann]), world.group("slow", &[&ann]));
    let default = NewEntity {
        kind: "concurrency_group".to_owned(),
        name: "Shared".to_owned(),
        external_id: None,
        is_default: true,
    };
    world.put("shared", default);
    for name in ["Fast", "Slow"] {
        world.entity("concurrency_group", name);
    }
    world.map(&fast, "Fast");
    assert_eq!(world.lost(&ann), ["excluded: something else takes its place"]);
    world.map(&slow, "Slow");
    world.decide(&world.conflicts()[0], Choice::Incoming);
    assert_eq!(world.has(&ann), has("user", &["Slow"]));
    assert_eq!(world.lost(&ann), ["conflict_decided: somebody has chosen another place"]);
}

#[test]
fn everybody_who_loses_something_by_one_act_is_told_why() {
    let world = World::new();
    world.breaker(None);
    let people: Vec<UserId> = (0..50).map(|n| world.person(&format!("p{n}"))).collect();
    let red = world.group("red", &people.iter().collect::<Vec<_>>());
    world.entity("team", "Red");
    world.map(&red, "Red");
    world.delete(&red);
    for user in &people {
        assert_eq!(world.lost(user), ["group_deleted: group red was deleted"]);
    }
}

#[test]
fn that_an_alert_is_over_by_itself_is_told_once() {
    let world = World::new();
    let (ann, bob) = (world.person("ann"), world.person("bob"));
    let bosses = json!({ "displayName": "bosses", EXTENSION: { "roles": ["admin"] } });
    let bosses = world.group_with(bosses, &[&ann]);
    let closed = || world.told().into_iter().filter(|it| it == "access.alert_closed").count();
    world.remove(&bosses, &ann);
    world.add(&bosses, &bob);
    let about = json!({ "application_id": world.application, "role": "admin" });
    let (kind, told) = world.last_closed();
    assert_eq!((closed(), kind.as_str(), told), (1, "last_of_highest_role", about));

    // What is held comes to its end in each of the ways.
    world.entity("team", "Crowd");
    let crowd = world.group("crowd", &[&ann, &bob]);
    let mapping = world.map(&crowd, "Crowd").id;
    world.breaker(Some(0));
    let take = || {
        world.remove(&crowd, &ann);
        assert_eq!(world.alerts(), [alerts::AlertKind::TooMuchAtOnce]);
    };
    take();
    world.choose(|tx, id| holds::apply(tx, id, holds::Which::Waiting)).unwrap();
    assert_eq!((closed(), world.last_closed().0.as_str()), (2, "too_much_at_once"));
    world.add(&crowd, &ann);
    take();
    world.choose(holds::restore).unwrap();
    assert_eq!(closed(), 3);
    world.add(&crowd, &ann);
    take();
    world.add(&crowd, &ann);
    assert_eq!(closed(), 4, "the directory gives it again");
    take();
    world.store.clock().advance(chrono::TimeDelta::hours(25));
    world.store.system(|tx| holds::catch_up(tx, world.organization()));
    assert_eq!((closed(), world.alerts()), (5, vec![]), "its time is over");

    world.choose(|tx, id| entities::delete(tx, id, "Crowd")).unwrap();
    world.entity("team", "Other");
    let place = Some(Place::Key("Other".to_owned()));
    world.decide_mapping(&mapping, MappingPatch { place, ..MappingPatch::default() }).unwrap();
    assert_eq!((closed(), world.last_closed().0.as_str()), (6, "target_deleted"));

    world.apply(vec![rule(Match::All, "", "team")]);
    let other = world.group("other", &[]);
    assert_eq!(world.alerts(), [alerts::AlertKind::TargetTaken]);
    world.delete(&other);
    assert_eq!((closed(), world.last_closed().0.as_str()), (7, "target_taken"));
    world.group("other", &[]);
    assert_eq!(world.alerts(), [alerts::AlertKind::TargetTaken], "its cause raises it again");
    world.approve(&world.mapping(&other).id, false);
    assert_eq!((closed(), world.alerts()), (8, vec![]));
}

#[test]
fn an_alert_about_a_group_ends_when_nothing_is_left_of_the_group() {
    use alerts::AlertKind::{NameTaken, TargetDeleted, TargetTaken};
    let world = World::new();
    let days = chrono::TimeDelta::days;
    let retention =
        Retention { traces: days(30), events: days(90), requests: days(7), removed: days(30) };
    let run = |task: Task| world.store.system(|tx| task.run(tx, retention));
    for name in ["Gone", "Named", "Other", "Red"] {
        world.entity("team", name);
    }
    let gone = world.group("gone", &[]);
    world.map(&gone, "Gone");
    world.choose(|tx, id| entities::delete(tx, id, "Gone")).unwrap();
    let named = world.group("named", &[]);
    world.map(&named, "Named");
    world.rename(&named, "other");
    world.map(&world.group("crowd", &[]), "Red");
    world.apply(vec![rule(Match::Exact, "red", "team")]);
    world.group("red", &[]);
    assert_eq!(world.alerts(), [TargetTaken, NameTaken, TargetDeleted]);

    world.delete(&gone);
    world.store.clock().advance(days(30));
    assert_eq!(world.alerts().len(), 3, "the group may come back");
    assert_eq!(run(Task::Removed), 1);
    let open = [TargetTaken, NameTaken];
    assert_eq!((world.alerts(), world.last_closed().0.as_str()), (open.to_vec(), "target_deleted"));

    world.store.system(|tx| connections::delete(tx, &world.connection.id));
    world.store.clock().advance(days(30));
    assert_eq!(world.alerts(), open, "the connection may come back");
    assert_eq!(run(Task::Connections), 1);
    assert_eq!(world.alerts(), []);
    let told = world.told().into_iter().filter(|it| it == "access.alert_closed").count();
    assert_eq!(told, 3);
}

#[test]
fn an_alert_that_somebody_closes_is_told_once() {
    let world = World::new();
    let ann = world.person("ann");
    let bosses = json!({ "displayName": "bosses", EXTENSION: { "roles": ["admin"] } });
    let bosses = world.group_with(bosses, &[&ann]);
    world.remove(&bosses, &ann);
    let window = Window::parse(None, None).unwrap();
    let open = |db: &mut _| alerts::page(db, &window, world.organization(), true);
    let alert = world.store.read_now(open).unwrap().data.remove(0);
    for _ in 0..2 {
        let closed = world.choose(|tx, id| alerts::close(tx, id, &alert.id)).unwrap();
        assert!(closed.closed_at.is_some());
    }
    world.remove(&bosses, &ann);
    world.add(&bosses, &world.person("bob"));
    let closed = world.told().into_iter().filter(|it| it == "access.alert_closed").count();
    assert_eq!(closed, 1, "what is closed is not over once more");
}
