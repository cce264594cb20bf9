//! `vestibule audit`, as people meet it.

use super::Place;
use diesel::prelude::*;
use vestibule::clock::Clock;
use vestibule::jobs::number;
use vestibule::store::Store;

/// The database of the place, with what `serve` does beside.
async fn numbered(place: &Place) -> String {
    let file = place.folder.path().join("data/vestibule.db");
    let store = Store::open(&format!("sqlite://{}", file.display()), Clock::default()).unwrap();
    number::round(&store).await.unwrap();
    file.to_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_audit_log_is_listed_exported_and_verified() {
    let place = Place::new();
    place.text(&["org", "create", "--name", "Globex", "--external-id", "globex"]);
    place.text(&["org", "update", "globex", "--name", "Globex Corporation"]);
    let file = numbered(&place).await;
    let list = place.json(&["audit", "list", "--org", "globex"]);
    let record = &list["data"][0];
    assert_eq!(
        (&record["type"], &record["actor"]),
        (&"organization.updated".into(), &"cli:ada".into())
    );
    assert_eq!(
        (&record["before"]["name"], &record["after"]["name"]),
        (&"Globex".into(), &"Globex Corporation".into())
    );
    let lines = place.text(&["audit", "export", "--format", "csv", "--type", "organization.*"]);
    assert_eq!(lines.lines().count(), 3, "{lines}");
    let lines = place.text(&["audit", "export", "--actor", "cli:eve"]);
    assert!(lines.is_empty(), "{lines}");

    let verdict = place.json(&["audit", "verify"]);
    let head = verdict["head"].as_str().unwrap();
    assert_eq!(verdict["events"], "2");
    assert_eq!(place.exit(&["audit", "verify", "--expect", head]), 0);
    let other = format!("{}:{}", head.split_once(':').unwrap().0, "0".repeat(64));
    assert_eq!(place.exit(&["audit", "verify", "--expect", &other]), 8);

    let mut db = SqliteConnection::establish(&file).unwrap();
    let change = "UPDATE events SET actor = 'cli:eve' WHERE position = 2";
    diesel::sql_query(change).execute(&mut db).unwrap();
    let output = place.run(&["audit", "verify"]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(8), "{said}");
    assert!(said.contains("first at number 2 (evt_"), "{said}");
}
