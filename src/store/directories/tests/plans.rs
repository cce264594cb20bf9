//! What a list by an attribute with a column costs: an index is used on both databases.

use super::*;
use crate::store::Db;
use diesel::prelude::*;
use diesel::sql_types::Text;

#[derive(diesel::QueryableByName)]
struct Sqlite {
    #[diesel(sql_type = Text)]
    detail: String,
}

#[derive(diesel::QueryableByName)]
struct Postgres {
    #[diesel(sql_type = Text, column_name = "QUERY PLAN")]
    line: String,
}

/// The statements that a query runs, with their values in them.
fn statements(db: &mut Db, act: impl FnOnce(&mut Db)) -> Vec<String> {
    let heard = testing::Heard::begin(db);
    act(db);
    heard.end(db).iter().map(|query| with_values(query)).collect()
}

/// Writes the values into the places of a statement: `… $1 … -- binds: ["a"]`.
fn with_values(query: &str) -> String {
    let Some((text, binds)) = query.split_once("-- binds: ") else { return query.to_owned() };
    let (mut text, mut n) = (text.replace('`', "\""), 0);
    let binds = binds.trim().trim_start_matches('[').trim_end_matches(']');
    for bind in binds.split(", ") {
        n += 1;
        // A value is shown with the names of its types: `ConnectionId("con_1")`.
        let inner = bind.rsplit('(').next().unwrap_or(bind);
        let literal = format!("'{}'", inner.trim_matches(['"', ')']));
        text = if text.contains(&format!("${n}")) {
            text.replacen(&format!("${n}"), &literal, 1)
        } else {
            text.replacen('?', &literal, 1)
        };
    }
    text
}

/// What the database does for a statement.
fn plan(db: &mut Db, statement: &str) -> String {
    match db {
        Db::Sqlite(conn) => {
            let query = diesel::sql_query(format!("EXPLAIN QUERY PLAN {statement}"));
            let lines: Vec<Sqlite> = query.load(conn).unwrap();
            lines.into_iter().map(|line| line.detail + "\n").collect()
        }
        Db::Postgres(conn) => {
            let query = diesel::sql_query(format!("EXPLAIN {statement}"));
            let lines: Vec<Postgres> = query.load(conn).unwrap();
            lines.into_iter().map(|line| line.line + "\n").collect()
        }
    }
}

/// Postgres chooses by what the tables hold: thousands of people and groups.
fn fill(world: &World) {
    let fill = "
        INSERT INTO users SELECT (jsonb_populate_record(one, jsonb_build_object(
            'id', 'usr_' || lpad(n::text, 26, '0'), 'email', 'e' || n, 'email_key', 'e' || n))).*
            FROM users one, generate_series(1, 3000) n;
        INSERT INTO directory_users SELECT (jsonb_populate_record(one, jsonb_build_object(
            'user_id', 'usr_' || lpad(n::text, 26, '0'), 'user_name_key', 'u' || n, 'external_id', 'x' || n,
            'display_name_key', 'd' || n, 'updated_at', timestamp '2020-01-01' + n * interval '1 hour'))).*
            FROM directory_users one, generate_series(1, 3000) n;
        INSERT INTO directory_emails SELECT connection_id, 'e' || user_id, user_id FROM directory_users
            WHERE user_id NOT IN (SELECT user_id FROM directory_emails);
        INSERT INTO groups SELECT (jsonb_populate_record(one, jsonb_build_object(
            'id', 'grp_' || lpad(n::text, 26, '0'), 'external_id', 'x' || n, 'display_name', 'd' || n, 'display_name_key', 'd' || n,
            'updated_at', timestamp '2020-01-01' + n * interval '1 hour'))).*
            FROM groups one, generate_series(1, 3000) n;
        INSERT INTO group_members SELECT replace(user_id, 'usr_', 'grp_'), user_id, created_at
            FROM directory_users WHERE user_id LIKE 'usr_00%';
        ANALYZE;";
    world.store.system(|tx| {
        if let Db::Postgres(conn) = tx.db {
            diesel::connection::SimpleConnection::batch_execute(conn, fill)?;
        }
        Ok(())
    });
}

fn uses(world: &World, kind: Kind, filter: &str, index: &str) {
    let query = World::query(kind, &[("filter", filter)]);
    world
        .store
        .read_now(|db| {
            let run = statements(db, |db| match kind {
                Kind::User => drop(people::page(db, &world.directory, &query).unwrap()),
                Kind::Group => drop(groups::page(db, &world.directory, &query).unwrap()),
            });
            let lists = run.iter().filter(|text| text.contains("deleted_at")).take(1);
            for statement in lists {
                let plan = plan(db, statement);
                assert!(plan.contains(index), "{filter}\n{statement}\n{plan}");
            }
            assert!(!run.is_empty());
            Ok(())
        })
        .unwrap();
}

#[test]
fn a_list_by_an_attribute_with_a_column_goes_by_an_index() {
    let world = World::new();
    world.ann();
    world.group("Staff", &[]);
    fill(&world);
    for (filter, index) in [
        ("userName eq \"ann\"", "directory_users_user_name"),
        ("externalId eq \"x1\"", "directory_users_external_id"),
        ("displayName eq \"ann\"", "directory_users_display_name"),
        ("emails.value eq \"ann@globex.example\"", "directory_emails"),
        ("id eq \"usr_1\"", "directory_users"),
        ("active eq false", "directory_users_active"),
        ("meta.lastModified gt \"2026-01-01T00:00:00Z\"", "directory_users_updated_at"),
    ] {
        uses(&world, Kind::User, filter, index);
    }
    for (filter, index) in [
        ("displayName eq \"staff\"", "groups_display_name"),
        ("externalId eq \"x1\"", "groups_external_id"),
        ("meta.lastModified gt \"2026-01-01T00:00:00Z\"", "groups_updated_at"),
        ("members eq \"usr_1\"", "group_members"),
    ] {
        uses(&world, Kind::Group, filter, index);
    }
}

/// Thousands of requests with a refused token, and a hundred of the directory, which has fallen silent.
fn fill_with_strangers(world: &World) {
    let (store, of) = (&world.store, &world.connection);
    let new = tokens::NewToken { label: "JumpCloud".to_owned(), ..tokens::NewToken::default() };
    let now = store.clock().now();
    store.system(|tx| {
        let (token, _) = tokens::create(tx, &of.id, new)?;
        let last = now.minus(chrono::TimeDelta::days(2));
        diesel::update(crate::store::schema::scim_tokens::table.find(&token.id))
            .set(crate::store::schema::scim_tokens::last_used_at.eq(Some(last)))
            .execute(tx.db)?;
        let entries: Vec<_> = (0..3000)
            .map(|n| requests::Entry {
                id: crate::store::ScimRequestId::new(),
                organization_id: of.organization_id.clone(),
                connection_id: of.id.clone(),
                token_id: None,
                method: "GET".to_owned(),
                path: "/Users".to_owned(),
                status: if n % 30 == 0 { 200 } else { 401 },
                code: None,
                effect: String::new(),
                is_change: false,
                dialect: "generic".to_owned(),
                resource_id: None,
                message: None,
                micros: 1,
                created_at: last.minus(chrono::TimeDelta::minutes(10 * (3000 - n))),
                why: None,
            })
            .collect();
        requests::record_all(tx, &entries)?;
        if let Db::Postgres(conn) = tx.db {
            diesel::connection::SimpleConnection::batch_execute(conn, "ANALYZE scim_requests")?;
        }
        Ok(())
    });
}

#[test]
fn what_a_directory_asked_for_is_found_past_whatever_strangers_sent() {
    let world = World::new();
    fill_with_strangers(&world);
    let (id, now) = (world.connection.id.clone(), world.store.clock().now());
    let filter = requests::Filter { connection: Some(id.clone()), own: true, ..Default::default() };
    let look = |db: &mut Db| {
        let silent = statements(db, |db| {
            let ids = std::slice::from_ref(&id);
            assert_eq!(silence::silent_among(db, ids, now).unwrap().len(), 1);
        });
        let page = statements(db, |db| {
            assert_eq!(requests::page(db, &Window::default(), &filter).unwrap().data.len(), 50);
        });
        let asked = silent.iter().chain(&page).filter(|text| text.contains("scim_requests"));
        // Postgres takes several values as an array.
        let (one, array) = (format!("ANY('{id}')"), format!("ANY('{{{id}}}')"));
        let asked: Vec<_> = asked.map(|text| text.replace(&one, &array)).collect();
        assert_eq!(asked.len(), 3, "{asked:?}");
        for statement in asked {
            let plan = plan(db, &statement);
            assert!(plan.contains("scim_requests_asked"), "{statement}\n{plan}");
        }
        Ok(())
    };
    world.store.read_now(look).unwrap();
}
