//! What groups give to people, from the shell: switch, groups, entities, mappings, rules, conflicts, alerts, holds.

use super::Place;
use crate::gateway::{Gateway, MASTER_KEY, World};
use crate::scim::access::{ROLES, add, patch, remove};
use crate::scim::{Directory, GROUP};
use serde_json::{Value, json};
use std::fs::File;

/// IDs of what was never there.
const NO_GROUP: &str = "grp_01kampz3y7f4m8t2v6c9d0e1hj";
const NO_MAPPING: &str = "map_01kampz3y7f4m8t2v6c9d0e1hj";
const NO_CONFLICT: &str = "cfl_01kampz3y7f4m8t2v6c9d0e1hj";
const NO_ALERT: &str = "alr_01kampz3y7f4m8t2v6c9d0e1hj";
const NO_USER: &str = "usr_01kampz3y7f4m8t2v6c9d0e1hj";

/// A machine on which commands work with the database of a gateway.
fn beside(gateway: &Gateway) -> Place {
    Place::empty()
        .with("VESTIBULE_DATABASE__URL", gateway.database_url())
        .with("VESTIBULE_SECRETS__MASTER_KEY", MASTER_KEY)
}

impl Place {
    /// What a command about the only customer writes as JSON.
    fn ours(&self, arguments: &[&str]) -> Value {
        self.json(&[arguments, &["--org", "globex"]].concat())
    }

    /// How a command ends, and what it says beside its data.
    fn said(&self, arguments: &[&str]) -> (i32, String) {
        let output = self.run(arguments);
        (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
    }

    /// A command must be refused with this exit code, in three lines that tell the code.
    #[track_caller]
    fn refuses(&self, exit: i32, code: &str, arguments: &[&str]) -> String {
        let (status, said) = self.said(arguments);
        assert_eq!((status, said.lines().count()), (exit, 3), "{arguments:?}: {said}");
        let (_, document) = self.said(&[arguments, &["--json"]].concat());
        let problem: Value = serde_json::from_str(&document).unwrap();
        let field = &problem["errors"][0]["code"];
        assert!(problem["code"] == code || *field == code, "{arguments:?}: {problem}");
        said
    }

    /// The role of a person in the only application, and the names of their places.
    fn has(&self, user: &str) -> (Value, Vec<String>) {
        let shown = self.json(&["access", "show", user]);
        let it = &shown["applications"][0];
        let entities = it["entities"].as_array().unwrap().iter();
        let mut names: Vec<String> =
            entities.map(|it| it["name"].as_str().unwrap().to_owned()).collect();
        names.sort();
        (it["role"]["key"].clone(), names)
    }

    /// The kinds of alerts that are open.
    fn alerts(&self) -> Vec<Value> {
        let list = self.ours(&["access", "alerts"]);
        list["data"].as_array().unwrap().iter().map(|it| it["kind"].clone()).collect()
    }

    /// A file with these rules.
    fn rules(&self, rules: &Value) -> String {
        let path = self.folder.path().join("rules.json");
        std::fs::write(&path, json!({ "rules": rules }).to_string()).unwrap();
        path.to_str().unwrap().to_owned()
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("{value}"))
}

#[actix_web::test]
async fn groups_are_switched_and_limits_are_set_for_one_organization() {
    let gateway = Gateway::start().await;
    let world = World::of(&gateway);
    let (directory, place) = (Directory::of(&world), beside(&gateway));
    let shown = place.json(&["org", "groups", "globex"]);
    assert_eq!((&shown["groups"], &shown["most_people"]), (&json!(true), &json!(20)), "{shown}");
    assert_eq!(place.json(&["org", "groups", "globex", "off"])["groups"], false);
    let sales = json!({ "schemas": [GROUP], "displayName": "Sales" });
    directory.post("/Groups", sales.clone()).await.refuses(403, "", "groups_off");
    let printed = place.text(&["org", "groups", "globex", "on"]);
    assert!(printed.contains("groups\tyes\n"), "{printed}");
    directory.post("/Groups", sales).await.is(201);

    let limits = ["--breaker", "off", "--most-people", "5", "--most-percent", "50"];
    let change = [&["org", "provisioning", "globex", "--hold-hours", "2"][..], &limits].concat();
    let expected = json!({ "groups": true, "breaker": false, "most_people": 5, "most_percent": 50, "hold_hours": 2 });
    assert_eq!(place.json(&change), expected);
    let printed = place.text(&["org", "provisioning", "globex"]);
    assert!(printed.contains("breaker\tno\n") && printed.contains("hold_hours\t2\n"), "{printed}");
    let beyond = ["org", "provisioning", "globex", "--most-percent", "101"];
    let said = place.refuses(6, "invalid", &beyond);
    assert!(said.contains("most-percent"), "{said}");
    assert_eq!(place.json(&["org", "groups", "globex"])["most_percent"], 50);
    place.refuses(3, "not_found", &["org", "groups", "nobody", "on"]);
}

#[actix_web::test]
async fn groups_are_listed_shown_and_removed_as_their_directory_would() {
    let gateway = Gateway::start().await;
    let world = World::of(&gateway);
    let (directory, place) = (Directory::of(&world), beside(&gateway));
    let ann = directory.user("ann@globex.example").await;
    let eng = directory.group("eng", &[&ann]).await;
    let ops = directory.group("ops", &[]).await;
    place.ours(&["mapping", "create", &eng, "--type", "team"]);
    let rows = place.text(&["group", "list"]);
    let names: Vec<&str> = rows.lines().filter_map(|row| row.split('\t').nth(1)).collect();
    assert_eq!(names, ["ops", "eng"]);
    let list = place.ours(&["group", "list", "--unmapped"]);
    assert_eq!((&list["data"][0]["id"], &list["data"][1]), (&json!(ops), &Value::Null), "{list}");
    let of_connection = ["group", "list", "--connection", world.connection.id.as_str()];
    assert_eq!(place.text(&of_connection), rows);
    let shown = place.json(&["group", "show", &eng]);
    assert_eq!((&shown["name"], &shown["mapping"]), (&json!("eng"), &json!("mapped")), "{shown}");
    assert!(place.text(&["group", "show", &eng]).contains("members\t1\n"));

    assert_eq!(place.has(&ann).1, ["eng"]);
    let said = place.refuses(4, "confirmation_required", &["group", "remove", &eng]);
    assert!(said.contains("the group eng with 1 people") && said.contains("--yes"), "{said}");
    assert_eq!(place.has(&ann).1, ["eng"], "nothing was done");
    assert_eq!(
        place.said(&["group", "remove", &eng, "--yes"]),
        (0, "eng is removed.\n".to_owned())
    );
    assert_eq!(place.has(&ann).1, [] as [&str; 0]);
    directory.get(&format!("/Groups/{eng}")).await.refuses(404, "", "not_found");
    let said = place.refuses(3, "not_found", &["group", "show", &eng]);
    assert!(said.ends_with("List what there is: vestibule group list\n"), "{said}");
    place.refuses(3, "not_found", &["group", "remove", NO_GROUP, "--yes"]);
    let said = place.refuses(2, "usage", &["group", "show", "eng"]);
    assert!(said.starts_with("eng is not the ID of a group.\n"), "{said}");
}

#[actix_web::test]
async fn an_entity_is_put_listed_changed_and_deleted() {
    let gateway = Gateway::start().await;
    let world = World::of(&gateway);
    let (directory, place) = (Directory::of(&world), beside(&gateway));
    let ann = directory.user("ann@globex.example").await;
    let eng = directory.group("eng", &[&ann]).await;
    let put = |more: &[&str]| {
        let put = ["entity", "put", "payments", "--type", "team"];
        place.ours(&[&put[..], more].concat())
    };
    assert_eq!(put(&[])["name"], "payments", "its key, where no name is given");
    let made = put(&["--name", "Payments", "--external-id", "42"]);
    assert_eq!((&made["name"], &made["external_id"]), (&json!("Payments"), &json!("42")), "{made}");
    let shared = ["entity", "put", "shared", "--type", "concurrency_group", "--default"];
    assert_eq!(place.ours(&shared)["is_default"], true);
    assert_eq!(place.has(&ann).1, ["shared"], "everybody is in the default one");
    let rows = place.text(&["entity", "list", "--org", "globex", "--type", "team"]);
    let row: Vec<&str> = rows.trim_end().split('\t').take(5).collect();
    assert_eq!(row, ["payments", "Payments", "team", "42", "no"], "{rows}");
    assert_eq!(place.ours(&["entity", "list"])["data"].as_array().unwrap().len(), 2);

    let org = |arguments: &[&'static str]| [arguments, &["--org", "globex"]].concat();
    place.refuses(6, "unknown_type", &org(&["entity", "put", "x", "--type", "planet"]));
    let same = org(&["entity", "put", "x", "--type", "team", "--name", "PAYMENTS"]);
    assert!(place.refuses(5, "name_taken", &same).contains("payments has this name already"));
    let fixed = org(&["entity", "put", "payments", "--type", "concurrency_group"]);
    place.refuses(5, "entity_fixed", &fixed);
    place.refuses(3, "not_found", &org(&["entity", "delete", "nothing", "--yes"]));

    place.ours(&["mapping", "create", &eng, "--entity", "payments"]);
    let delete = org(&["entity", "delete", "payments"]);
    let said = place.refuses(4, "confirmation_required", &delete);
    assert!(said.starts_with("Delete the team Payments: nobody is in it any more"), "{said}");
    assert_eq!(place.has(&ann).1, ["Payments", "shared"]);
    let yes = [&delete[..], &["--yes"]].concat();
    assert_eq!(place.said(&yes), (0, "Payments is deleted.\n".to_owned()));
    assert_eq!(place.has(&ann).1, ["shared"]);
    assert_eq!(place.alerts(), ["target_deleted"]);
}

#[actix_web::test]
async fn a_mapping_is_made_rejected_approved_and_moved_by_hand() {
    let gateway = Gateway::start().await;
    let world = World::of(&gateway);
    let (directory, place) = (Directory::of(&world), beside(&gateway));
    let ann = directory.user("ann@globex.example").await;
    let (eng, ops) = (directory.group("eng", &[&ann]).await, directory.group("ops", &[]).await);
    for key in ["payments", "ledger"] {
        place.ours(&["entity", "put", key, "--type", "team"]);
    }
    let create = ["mapping", "create", &eng, "--entity", "payments", "--role", "guest"];
    let made = place.ours(&create);
    assert_eq!((&made["state"], &made["role"]), (&json!("approved"), &json!("guest")), "{made}");
    assert_eq!(place.has(&ann), (json!("guest"), vec!["payments".to_owned()]));
    let id = text(&made["id"]);
    let rows = place.text(&["mapping", "list", "--org", "globex", "--group", &eng]);
    assert!(rows.starts_with(&format!("{id}\t{eng}\tent_")), "{rows}");
    let act = |what: &[&str]| place.ours(&[&["mapping", what[0], id][..], &what[1..]].concat());
    assert_eq!(act(&["reject"])["state"], "rejected");
    assert_eq!(place.has(&ann), (json!("user"), vec![]));
    let rejected = place.ours(&["mapping", "list", "--state", "rejected"]);
    assert_eq!(rejected["data"][0]["id"], id, "{rejected}");
    assert_eq!(act(&["approve"])["state"], "approved");
    assert_eq!(place.has(&ann).1, ["payments"]);
    act(&["approve", "--entity", "ledger"]);
    assert_eq!(place.has(&ann).1, ["ledger"]);

    let refuses = |exit, code: &str, arguments: &[&str]| {
        place.refuses(exit, code, &[arguments, &["--org", "globex"]].concat())
    };
    let owned = ["mapping", "create", &ops, "--entity", "ledger"];
    let said = refuses(5, "entity_owned", &owned);
    assert!(said.starts_with("ledger belongs to the group eng (grp_"), "{said}");
    refuses(6, "required", &["mapping", "create", &ops]);
    refuses(6, "unknown_type", &["mapping", "create", &ops, "--type", "planet"]);
    refuses(6, "unknown_role", &["mapping", "create", &ops, "--type", "team", "--role", "king"]);
    refuses(3, "not_found", &["mapping", "create", &ops, "--entity", "nothing"]);
    refuses(3, "not_found", &["mapping", "create", NO_GROUP, "--entity", "payments"]);
    let both = ["mapping", "create", &ops, "--type", "team", "--entity", "payments"];
    assert_eq!(place.exit(&[&both[..], &["--org", "globex"]].concat()), 2);
    refuses(3, "not_found", &["mapping", "approve", NO_MAPPING]);
    place.text(&["entity", "delete", "ledger", "--org", "globex", "--yes"]);
    let said = refuses(5, "target_deleted", &["mapping", "approve", id]);
    assert!(said.contains("Pick another one"), "{said}");
    act(&["approve", "--entity", "payments"]);
    assert_eq!((place.has(&ann).1, place.alerts()), (vec!["payments".to_owned()], vec![]));
    let named = place.ours(&["mapping", "create", &ops, "--type", "team"]);
    assert!(named["entity_id"].is_string(), "{named}");
    assert!(place.text(&["entity", "list", "--org", "globex"]).contains("\tops\tteam\t"));
}

#[actix_web::test]
async fn rules_are_exported_previewed_applied_run_and_kept_and_take_nothing_unasked() {
    let gateway = Gateway::start().await;
    let world = World::of(&gateway);
    let (directory, place) = (Directory::of(&world), beside(&gateway));
    let ann = directory.user("ann@globex.example").await;
    directory.group("eng", &[&ann]).await;
    assert_eq!(place.ours(&["rules", "export"]), json!({ "rules": [] }));
    let rule = json!([{ "match": "prefix", "pattern": "eng", "targets": [{ "type": "team" }], "auto_approve": true }]);
    let file = place.rules(&rule);
    let seen = place.ours(&["rules", "preview", &file]);
    let counts = ["mappings", "gain", "lose"].map(|name| seen[name].clone());
    assert_eq!(counts, [json!(1), json!(1), json!(0)], "{seen}");
    let mut piped = place.command(&["rules", "preview", "-", "--org", "globex", "--json"]);
    let piped = piped.stdin(File::open(&file).unwrap()).output().unwrap();
    assert_eq!(serde_json::from_slice::<Value>(&piped.stdout).unwrap(), seen);
    let printed = place.text(&["rules", "preview", &file, "--org", "globex"]);
    assert!(printed.starts_with("1 mappings would be made. 1 people gain, 0 lose"), "{printed}");
    assert!(printed.contains(&format!("+ {ann}  user → user, team eng\n")), "{printed}");
    assert_eq!(place.has(&ann).1, [] as [&str; 0], "a preview changes nothing");
    let set = place.ours(&["rules", "apply", &file]);
    assert_eq!(
        (&set["version"], &set["effect"]),
        (&json!(1), &json!({ "mappings": 1, "people": 1 }))
    );
    assert_eq!(place.has(&ann).1, ["eng"]);
    let (exit, said) = place.said(&["rules", "run", "--org", "globex"]);
    let nothing = "0 mappings were made, and something changed for 0 people.\n";
    assert_eq!((exit, said.as_str()), (0, nothing));

    // The role of the same rule would be lower.
    let mut rules = place.ours(&["rules", "export"])["rules"].clone();
    rules[0]["role"] = json!("guest");
    let file = place.rules(&rules);
    let ask = |verb: &str, more: &[&str]| {
        let mut all = vec!["rules".to_owned(), verb.to_owned(), file.clone()];
        all.extend(["--org", "globex"].iter().chain(more).map(|it| (*it).to_owned()));
        all
    };
    for verb in ["preview", "apply"] {
        let asked = ask(verb, &[]);
        let asked: Vec<&str> = asked.iter().map(String::as_str).collect();
        let (exit, said) = place.said(&asked);
        assert_eq!(exit, 8, "{said}");
        assert!(said.starts_with("1 people would lose something.\n"), "{said}");
        assert!(said.ends_with("then add --allow-removals.\n"), "{said}");
        assert_eq!(place.has(&ann).0, "user");
        let meant = ask(verb, &["--allow-removals"]);
        let meant: Vec<&str> = meant.iter().map(String::as_str).collect();
        assert_eq!(place.exit(&meant), 0);
    }
    assert_eq!(place.has(&ann).0, "guest");
    let rows = place.text(&["rules", "history", "--org", "globex"]);
    let rows: Vec<Vec<&str>> = rows.lines().map(|row| row.split('\t').take(3).collect()).collect();
    assert_eq!(rows, [["2", "1", "cli:ada"], ["1", "1", "cli:ada"]]);
    let history = place.ours(&["rules", "history"]);
    assert_eq!(history["data"][1]["rules"][0]["role"], Value::Null, "{history}");

    let refuses = |exit, code: &str, file: &str| {
        for verb in ["preview", "apply"] {
            place.refuses(exit, code, &["rules", verb, file, "--org", "globex"]);
        }
    };
    let king = json!([{ "match": "all", "role": "king" }]);
    refuses(6, "unknown_role", &place.rules(&king));
    refuses(6, "malformed_json", &place.rules(&json!([{ "matches": "all" }])));
    refuses(3, "file", "nowhere.json");
    // Whoever has the highest role last keeps it.
    let boss = json!([{ "match": "all", "role": "admin", "auto_approve": true }]);
    place.ours(&["rules", "apply", &place.rules(&boss)]);
    directory.group("bosses", &[&ann]).await;
    assert_eq!(place.has(&ann).0, "admin");
    let mut rules = place.ours(&["rules", "export"])["rules"].clone();
    rules[0]["role"] = json!("guest");
    let file = place.rules(&rules);
    let preview = ["rules", "preview", &file, "--org", "globex", "--allow-removals"];
    let (exit, said) = place.said(&preview);
    assert_eq!(exit, 0, "{said}");
    assert!(said.contains("would be refused (last_of_highest_role)"), "{said}");
    let apply = ["rules", "apply", &file, "--org", "globex", "--allow-removals"];
    place.refuses(5, "last_of_highest_role", &apply);
    assert_eq!(place.has(&ann).0, "admin");
}

#[actix_web::test]
async fn rules_that_hold_are_run_on_groups_without_a_mapping() {
    let gateway = Gateway::start().await;
    let world = World::of(&gateway);
    let (directory, place) = (Directory::of(&world), beside(&gateway));
    let ann = directory.user("ann@globex.example").await;
    let rule = json!([{ "match": "all", "targets": [{ "type": "team" }], "auto_approve": true }]);
    place.ours(&["rules", "apply", &place.rules(&rule)]);
    // The app is another customer's for a while.
    let other = gateway.customer("initech.example").organization.id;
    let application = world.app.application.id.as_str();
    place.json(&["application", "update", application, "--org", other.as_str()]);
    directory.group("eng", &[&ann]).await;
    place.json(&["application", "update", application, "--every-org"]);
    assert_eq!(place.has(&ann).1, [] as [&str; 0]);
    let (exit, said) = place.said(&["rules", "run", "--org", "globex"]);
    assert_eq!(exit, 0, "{said}");
    assert_eq!(said, "1 mappings were made, and something changed for 1 people.\n");
    assert_eq!(place.has(&ann).1, ["eng"]);
    place.refuses(3, "not_found", &["rules", "run", "--org", "nobody"]);
}

#[actix_web::test]
async fn access_is_explained_and_conflicts_are_decided() {
    let gateway = Gateway::start().await;
    let world = World::of(&gateway);
    let (directory, place) = (Directory::of(&world), beside(&gateway));
    let ann = directory.user("ann@globex.example").await;
    let (fast, slow) = (directory.group("fast", &[&ann]).await, directory.group("slow", &[]).await);
    for group in [&fast, &slow] {
        place.ours(&["mapping", "create", group, "--type", "concurrency_group"]);
    }
    patch(&directory, &slow, add(&ann)).await;
    let printed = place.text(&["access", "show", &ann]);
    let application = &world.app.application.id;
    assert_eq!(
        printed,
        format!(
            "Orbit ({application})\n  role user: the application's default role\n  \
             concurrency_group fast: group fast, by hand\n"
        )
    );
    place.refuses(3, "not_found", &["access", "show", NO_USER]);

    let list = place.ours(&["access", "conflicts"]);
    let conflict = &list["data"][0];
    assert_eq!((&conflict["kind"], &conflict["user_id"]), (&json!("exclusive"), &json!(ann)));
    let id = text(&conflict["id"]);
    let rows = place.text(&["access", "conflicts", "--org", "globex"]);
    assert!(rows.starts_with(&format!("{id}\t{ann}\texclusive\tmap_")), "{rows}");
    let decided = place.ours(&["access", "decide", id, "incoming"]);
    assert_eq!(decided["winner_mapping_id"], conflict["incoming_mapping_id"], "{decided}");
    assert_eq!(decided["decided_by"], "cli:ada");
    assert_eq!(place.has(&ann).1, ["slow"]);
    assert_eq!(place.ours(&["access", "conflicts"])["data"], json!([]));
    let printed = place.text(&["access", "decide", id, "current", "--org", "globex"]);
    assert!(printed.starts_with(&format!("id\t{id}\nwinner\tmap_")), "{printed}");
    assert_eq!(place.has(&ann).1, ["fast"]);
    assert_eq!(place.exit(&["access", "decide", id, "both", "--org", "globex"]), 2);
    let nothing = ["access", "decide", NO_CONFLICT, "current", "--org", "globex"];
    let said = place.refuses(3, "not_found", &nothing);
    assert!(said.ends_with("List what there is: vestibule access conflicts --org ORG\n"), "{said}");
}

#[actix_web::test]
async fn what_is_held_is_applied_or_kept_and_alerts_are_closed() {
    let gateway = Gateway::start().await;
    let world = World::of(&gateway);
    let (directory, place) = (Directory::of(&world), beside(&gateway));
    let ann = directory.user("ann@globex.example").await;
    let bob = directory.user("bob@globex.example").await;
    let admins = json!({ "schemas": [GROUP], "displayName": "admins", ROLES: { "roles": ["admin"] }, "members": [{ "value": ann }] });
    let admins = directory.post("/Groups", admins).await.is(201).id();
    patch(&directory, &admins, remove(&ann)).await;
    let list = place.ours(&["access", "alerts"]);
    let alert = text(&list["data"][0]["id"]);
    assert_eq!(list["data"][0]["kind"], "last_of_highest_role", "{list}");
    let rows = place.text(&["access", "alerts", "--org", "globex"]);
    assert!(rows.starts_with(&format!("{alert}\tlast_of_highest_role\t{ann}\t")), "{rows}");
    let closed = place.ours(&["access", "close", alert]);
    assert!(closed["closed_at"].is_string(), "{closed}");
    assert_eq!(place.alerts(), [] as [Value; 0]);
    assert_eq!(place.has(&ann).0, "admin", "that it was seen changes nothing");
    let nothing = ["access", "close", NO_ALERT, "--org", "globex"];
    let said = place.refuses(3, "not_found", &nothing);
    assert!(said.ends_with("List what there is: vestibule access alerts --org ORG\n"), "{said}");

    let limits = ["--most-people", "1", "--most-percent", "10"];
    place.json(&[&["org", "provisioning", "globex"][..], &limits].concat());
    let mut crowd = String::new();
    // The second time the directory makes the same group again, and what was kept is simply given.
    for what in ["restore-held", "apply-held"] {
        crowd = directory.group("crowd", &[&ann, &bob]).await;
        if what == "restore-held" {
            place.ours(&["mapping", "create", &crowd, "--type", "team"]);
        } else {
            let mapping = place.ours(&["mapping", "list", "--group", &crowd]);
            place.ours(&["mapping", "approve", text(&mapping["data"][0]["id"])]);
        }
        directory.delete(&format!("/Groups/{crowd}")).await.is(204);
        assert_eq!(place.has(&bob).1, ["crowd"], "held");
        assert_eq!(place.alerts(), ["too_much_at_once"]);
        let printed = place.text(&["access", "show", &bob]);
        assert!(printed.contains("held: too many people would have lost something"), "{printed}");
        let (exit, said) = place.said(&["access", what, "--org", "globex"]);
        assert_eq!(exit, 0, "{said}");
        if what == "restore-held" {
            assert_eq!(said, "2 people keep what they had.\n");
            assert_eq!(place.has(&bob).1, ["crowd"]);
            let kept = place.text(&["access", "show", &bob]);
            assert!(kept.contains("kept: the directory took it"), "{kept}");
        } else {
            assert_eq!(said, "It has happened now for 2 people.\n");
            assert_eq!(place.has(&bob).1, [] as [&str; 0]);
        }
        assert_eq!(place.alerts(), [] as [Value; 0]);
    }
    // What people were let keep goes only when that is said.
    assert_eq!(directory.group("crowd", &[&ann, &bob]).await, crowd);
    let mapping = place.ours(&["mapping", "list", "--group", &crowd]);
    place.ours(&["mapping", "approve", text(&mapping["data"][0]["id"])]);
    directory.delete(&format!("/Groups/{crowd}")).await.is(204);
    place.text(&["access", "restore-held", "--org", "globex"]);
    let apply = ["access", "apply-held", "--org", "globex"];
    assert_eq!(place.said(&apply).1, "It has happened now for 0 people.\n");
    assert_eq!(place.has(&bob).1, ["crowd"]);
    let kept = [&apply[..], &["--kept"]].concat();
    assert_eq!(place.said(&kept).1, "It has happened now for 2 people.\n");
    assert_eq!(place.has(&bob).1, [] as [&str; 0]);
}
