//! All that is in the database as one file, and back.

use crate::cli::Place;
use crate::gateway::{ADA, Database, Gateway, MASTER_KEY, World};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Output;
use vestibule::crypto::MasterKey;

/// A machine on which commands work with a database.
fn machine(database: &str, master_key: &str) -> Place {
    Place::empty()
        .with("PATH", &std::env::var("PATH").unwrap())
        .with("VESTIBULE_DATABASE__URL", database)
        .with("VESTIBULE_SECRETS__MASTER_KEY", master_key)
}

fn said(output: &Output) -> (Option<i32>, String) {
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

/// A backup of a gateway, and the folder in which it is.
fn backed_up(gateway: &Gateway) -> (Place, PathBuf) {
    let place = machine(gateway.database_url(), MASTER_KEY);
    let file = place.folder.path().join("vestibule.backup");
    let told = place.text(&["backup", file.to_str().unwrap()]);
    assert!(told.contains("vestibule.backup"), "{told}");
    (place, file)
}

#[actix_web::test]
async fn a_backup_made_while_the_gateway_runs_is_put_back_elsewhere() {
    let gateway = Gateway::apart().await;
    let world = World::of(&gateway);
    world.works().await;
    let (place, file) = backed_up(&gateway);
    let mode = std::fs::metadata(&file).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "nobody else may read it");
    let again = said(&place.run(&["backup", file.to_str().unwrap()]));
    assert!(again.0 == Some(5) && again.1.contains("is there already"), "{again:?}");
    // Nothing else is left beside it.
    assert_eq!(std::fs::read_dir(place.folder.path()).unwrap().count(), 1);
    gateway.customer("later.example");
    world.works().await;

    let elsewhere = Database::empty();
    let other = machine(&elsewhere.url, MASTER_KEY);
    let restore = ["restore", file.to_str().unwrap()];
    let told = said(&other.run(&restore));
    assert_eq!(told.0, Some(0), "{}", told.1);
    for part in ["The master key opens", "live again until they end"] {
        assert!(told.1.contains(part), "{part}: {}", told.1);
    }
    let customers = other.text(&["org", "list"]);
    assert!(customers.contains("globex") && !customers.contains("later"), "{customers}");
    let people = other.text(&["user", "list", "--org", "globex", "--json"]);
    assert!(people.contains(ADA), "{people}");
    other.text(&["audit", "verify"]);
    let told = other.text(&["audit", "list", "--type", "database.restored"]);
    assert!(told.contains("cli:ada"), "{told}");

    let refused = said(&other.run(&restore));
    assert!(refused.0 == Some(5) && refused.1.contains("--replace"), "{refused:?}");
    let asked = said(&other.run(&[&restore[..], &["--replace"]].concat()));
    assert!(asked.0 == Some(4) && asked.1.contains("--yes"), "{asked:?}");
    other.text(&["org", "create", "--name", "Initech"]);
    let replaced = said(&other.run(&[&restore[..], &["--replace", "--yes"]].concat()));
    assert_eq!(replaced.0, Some(0), "{}", replaced.1);
    let customers = other.text(&["org", "list"]);
    assert!(customers.contains("globex") && !customers.contains("Initech"), "{customers}");
}

#[actix_web::test]
async fn a_database_that_a_gateway_uses_is_not_replaced() {
    let gateway = Gateway::apart().await;
    let world = World::of(&gateway);
    let (place, file) = backed_up(&gateway);
    gateway.customer("later.example");
    let told = said(&place.run(&["restore", file.to_str().unwrap(), "--replace", "--yes"]));
    assert!(told.0 == Some(5) && told.1.contains("Stop every gateway"), "{told:?}");
    world.works().await;
    assert!(place.text(&["org", "list"]).contains("later"));
}

#[actix_web::test]
async fn a_backup_is_not_called_restored_where_the_master_key_is_another() {
    let gateway = Gateway::apart().await;
    let (_place, file) = backed_up(&gateway);
    let elsewhere = Database::empty();
    let other = machine(&elsewhere.url, MasterKey::generate().reveal());
    let told = said(&other.run(&["restore", file.to_str().unwrap()]));
    assert!(told.0 == Some(8) && told.1.contains("master key does not open"), "{told:?}");
    if !elsewhere.is_shared() {
        assert!(told.1.contains("Nothing was changed"), "{}", told.1);
        let path = PathBuf::from(elsewhere.url.trim_start_matches("sqlite://"));
        let left = std::fs::read_dir(path.parent().unwrap()).unwrap().count();
        assert_eq!(left, 0, "neither a database nor half of one");
    }
}

#[actix_web::test]
async fn what_is_no_backup_of_this_gateway_changes_nothing() {
    let gateway = Gateway::apart().await;
    let world = World::of(&gateway);
    gateway.write(|tx| {
        let later = "INSERT INTO __diesel_schema_migrations (version) VALUES ('99999999999999')";
        diesel::RunQueryDsl::execute(diesel::sql_query(later), tx.db)?;
        Ok(())
    });
    let (place, later) = backed_up(&gateway);
    let text = place.folder.path().join("text");
    std::fs::write(&text, "no backup").unwrap();
    let damaged = place.folder.path().join("damaged");
    let mut bytes = std::fs::read(&later).unwrap();
    bytes.truncate(bytes.len() / 2);
    std::fs::write(&damaged, bytes).unwrap();
    let other_kind = place.folder.path().join("other");
    let other: &[u8] =
        if place_is_sqlite(&gateway) { b"PGDMP and more" } else { b"SQLite format 3\0 and more" };
    std::fs::write(&other_kind, other).unwrap();
    let elsewhere = Database::empty();
    let machine = machine(&elsewhere.url, MASTER_KEY);
    for (file, told) in [
        (later, "of a later version"),
        (text, "no backup of a gateway"),
        (damaged, ""),
        (other_kind, "is a backup of"),
    ] {
        let (code, why) = said(&machine.run(&["restore", file.to_str().unwrap()]));
        assert!(matches!(code, Some(6 | 7)) && why.contains(told), "{file:?} {code:?}: {why}");
    }
    let away = said(&machine.run(&["restore", "/nowhere"]));
    assert_eq!(away.0, Some(3), "{}", away.1);
    world.works().await;
}

fn place_is_sqlite(gateway: &Gateway) -> bool {
    gateway.database_url().starts_with("sqlite:")
}
