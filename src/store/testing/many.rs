//! A database of very many customers, made in bulk: rows like those that are there. On `SQLite` alone.

use crate::clock::Time;
use crate::error::Result;
use crate::store::ids::first_id;
use crate::store::{
    ApiKeyId, ApplicationId, ConflictId, ConnectionId, DeliveryId, EntityId, GroupId, MappingId,
    OrganizationId, ScimRequestId, SetupLinkId, TraceId, Tx, UserId, WebhookEndpointId,
};
use chrono::TimeDelta;
use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::Text;
use std::fmt::Write;

/// Organizations, of which the first has a tenth of the people and a third of what happens.
pub(crate) const ORGANIZATIONS: usize = 10_000;
/// People.
pub(crate) const PEOPLE: usize = 200_000;
/// As many events there are, and of nothing more.
const MOST: usize = 500_000;

/// One of each, which the others are made like.
pub(crate) struct Like {
    pub(crate) organization: OrganizationId,
    pub(crate) connection: ConnectionId,
    pub(crate) person: UserId,
    pub(crate) trace: TraceId,
    pub(crate) request: ScimRequestId,
    pub(crate) link: SetupLinkId,
    pub(crate) key: ApiKeyId,
    pub(crate) application: ApplicationId,
    pub(crate) endpoint: WebhookEndpointId,
    pub(crate) delivery: DeliveryId,
    pub(crate) group: GroupId,
    pub(crate) mapping: MappingId,
    pub(crate) entity: EntityId,
    pub(crate) conflict: ConflictId,
}

/// What follows the prefix in the ID of the `n`th thing of `MOST`, spread evenly over thirty days before `now`.
pub(crate) fn tail(n: usize, now: Time) -> String {
    let back =
        i64::try_from(MOST - n).unwrap() * (TimeDelta::days(30).num_milliseconds() / 500_000);
    let first = first_id("x", now.minus(TimeDelta::milliseconds(back)));
    format!("{}{n:016}", &first[2..12])
}

#[derive(QueryableByName)]
struct Column {
    #[diesel(sql_type = Text)]
    name: String,
}

/// Rows like one of a table: for each `n.i` below `count` that `only` takes, with what `set` says of columns.
fn rows(
    tx: &mut Tx,
    table: &str,
    (key, like): (&str, &str),
    (count, only): (usize, &str),
    set: &[(&str, &str)],
) -> Result<()> {
    let names = format!("SELECT name FROM pragma_table_info('{table}')");
    let columns: Vec<Column> = sql_query(names).load(tx.db)?;
    assert!(set.iter().all(|(name, _)| columns.iter().any(|it| it.name == *name)), "{table}");
    let (mut into, mut from) = (String::new(), String::new());
    for Column { name } in columns {
        let said = set.iter().find(|(column, _)| *column == name);
        let value = said.map_or_else(|| format!("it.\"{name}\""), |(_, value)| (*value).to_owned());
        let comma = if into.is_empty() { "" } else { ", " };
        write!(into, "{comma}\"{name}\"").unwrap();
        write!(from, "{comma}{value}").unwrap();
    }
    let sql = format!(
        "INSERT INTO {table} ({into}) SELECT {from} FROM n, {table} AS it \
         WHERE it.{key} = '{like}' AND n.i < {count} AND ({only})"
    );
    sql_query(sql).execute(tx.db)?;
    Ok(())
}

/// The ID of the thing whose number an expression gives.
fn id(prefix: &str, number: &str) -> String {
    format!("'{prefix}_' || (SELECT o.tail FROM n AS o WHERE o.i = ({number}))")
}

/// Fills the database; when that was, for [`tail`].
pub(crate) fn fill(tx: &mut Tx, like: &Like) -> Result<Time> {
    sql_query("CREATE TEMP TABLE n (i INTEGER PRIMARY KEY, tail TEXT NOT NULL)").execute(tx.db)?;
    for from in (0..MOST).step_by(500) {
        let mut sql = String::from("INSERT INTO n VALUES ");
        for n in from..from + 500 {
            let comma = if n == from { "" } else { "," };
            write!(sql, "{comma}({n},'{}')", tail(n, tx.now)).unwrap();
        }
        sql_query(sql).execute(tx.db)?;
    }
    customers(tx, like)?;
    people(tx, like)?;
    access(tx, like)?;
    records(tx, like)?;
    programs(tx, like)?;
    Ok(tx.now)
}

fn customers(tx: &mut Tx, like: &Like) -> Result<()> {
    let name = "CASE n.i % 7 WHEN 0 THEN 'Globex' WHEN 1 THEN 'Initech' WHEN 2 THEN 'Umbrella' \
                WHEN 3 THEN 'Hooli' WHEN 4 THEN 'Vandelay' WHEN 5 THEN 'Stark' ELSE 'Wayne' END \
                || ' Industries ' || n.i";
    let organization = id("org", "n.i");
    let key = format!("lower({name})");
    let own = [
        ("id", &*organization),
        ("external_id", "'customer-' || n.i"),
        ("name", name),
        ("name_key", &*key),
    ];
    rows(tx, "organizations", ("id", like.organization.as_str()), (ORGANIZATIONS, "1"), &own)?;
    let own = [("organization_id", &*organization), ("groups", "n.i % 2 = 0")];
    let (by, of) = ("organization_id", like.organization.as_str());
    rows(tx, "provisioning", (by, of), (ORGANIZATIONS, "1"), &own)?;
    let (owner, domain) = (id("org", "n.i % 10000"), id("dom", "n.i"));
    let own =
        [("id", &*domain), ("organization_id", &*owner), ("name", "'d' || n.i || '.example'")];
    rows(tx, "domains", (by, of), (15_000, "1"), &own)?;

    let (count, connection) = ((12_000, "1"), id("con", "n.i"));
    let state =
        "CASE WHEN n.i % 20 = 1 THEN 'draft' WHEN n.i % 4000 = 2 THEN 'disabled' ELSE 'active' END";
    let own = [
        ("id", &*connection),
        ("organization_id", &*owner),
        ("name", "'Sign-in ' || n.i"),
        (
            "provider",
            "CASE WHEN n.i % 2 THEN 'okta' WHEN n.i % 4000 = 4 THEN 'duo' ELSE 'jumpcloud' END",
        ),
        ("state", state),
        ("provider_entity_id", "'https://idp.example/' || n.i"),
    ];
    rows(tx, "connections", ("id", like.connection.as_str()), count, &own)?;
    let (by, of) = ("connection_id", like.connection.as_str());
    let own = [("connection_id", &*connection), ("fingerprint", "printf('%064x', n.i)")];
    rows(tx, "provider_certificates", (by, of), count, &own)?;
    let own = [("connection_id", &*connection)];
    rows(tx, "metadata_refreshes", (by, of), count, &own)?;
    let own = [("connection_id", &*connection), ("organization_id", &*owner)];
    rows(tx, "directories", (by, of), count, &own)?;
    let token = id("sct", "n.i");
    let own = [("id", &*token), ("connection_id", &*connection), ("hash", "'hash ' || n.i")];
    rows(tx, "scim_tokens", (by, of), count, &own)?;

    let link = id("lnk", "n.i");
    let owner = id("org", "CASE WHEN n.i < 100 THEN 0 ELSE n.i % 10000 END");
    let own = [("id", &*link), ("organization_id", &*owner), ("hash", "'hash ' || n.i")];
    rows(tx, "setup_links", ("id", like.link.as_str()), (5_000, "1"), &own)
}

fn people(tx: &mut Tx, like: &Like) -> Result<()> {
    let of = "CASE WHEN n.i % 10 = 0 THEN 0 ELSE n.i % 10000 END";
    let (person, owner, connection) = (id("usr", "n.i"), id("org", of), id("con", of));
    let sometimes = |which: &str| format!("CASE WHEN {which} THEN it.created_at END");
    let (suspended, gone) = (sometimes("n.i % 10000 = 1"), sometimes("n.i % 20000 = 3"));
    let own = [
        ("id", &*person),
        ("organization_id", &*owner),
        (
            "source",
            "CASE WHEN n.i % 5 < 3 THEN 'scim' WHEN n.i = 77779 THEN 'api' ELSE 'sign_in' END",
        ),
        ("email", "'Person' || n.i || '@globex.example'"),
        ("email_key", "'person' || n.i || '@globex.example'"),
        ("name", "'Person ' || n.i"),
        ("suspended_at", &*suspended),
        ("deprovisioned_at", &*gone),
    ];
    let everybody = (PEOPLE, "1");
    rows(tx, "users", ("id", like.person.as_str()), everybody, &own)?;
    let own = [
        ("user_id", &*person),
        ("connection_id", &*connection),
        ("user_name_key", "'person' || n.i"),
        ("external_id", "'' || n.i"),
        ("display_name_key", "'person ' || n.i"),
    ];
    let known = ("user_id", like.person.as_str());
    rows(tx, "directory_users", known, (PEOPLE, "n.i % 5 < 3"), &own)?;

    let of = "CASE WHEN n.i < 1000 THEN 0 ELSE n.i % 10000 END";
    let (group, owner, connection) = (id("grp", "n.i"), id("org", of), id("con", of));
    let own = [
        ("id", &*group),
        ("organization_id", &*owner),
        ("connection_id", &*connection),
        ("display_name", "'Group ' || n.i"),
        ("display_name_key", "'group ' || n.i"),
        ("external_id", "'' || n.i"),
    ];
    rows(tx, "groups", ("id", like.group.as_str()), (30_000, "1"), &own)?;
    // A group of everybody in the first organization, and small ones.
    let small = "CASE WHEN n.i % 10 = 0 THEN 1 + (n.i / 10) % 999 ELSE 1000 + n.i % 29000 END";
    for (group, only) in [("0", "n.i % 10 = 0"), (small, "n.i % 5 < 3")] {
        let group = id("grp", group);
        let own = [("group_id", &*group), ("user_id", &*person)];
        rows(tx, "group_members", ("group_id", like.group.as_str()), (PEOPLE, only), &own)?;
    }
    Ok(())
}

/// What groups give in the first organization.
fn access(tx: &mut Tx, like: &Like) -> Result<()> {
    let (entity, owner) = (id("ent", "n.i"), id("org", "0"));
    let own = [
        ("id", &*entity),
        ("organization_id", &*owner),
        ("key", "'place-' || n.i"),
        ("name", "'Place ' || n.i"),
        ("name_key", "'place ' || n.i"),
    ];
    rows(tx, "entities", ("id", like.entity.as_str()), (1_000, "1"), &own)?;
    let (mapping, group) = (id("map", "n.i"), id("grp", "n.i"));
    let own = [
        ("id", &*mapping),
        ("organization_id", &*owner),
        ("group_id", &*group),
        ("entity_id", &*entity),
    ];
    rows(tx, "mappings", ("id", like.mapping.as_str()), (1_000, "1"), &own)?;
    let (conflict, person, other) = (id("cfl", "n.i"), id("usr", "n.i * 10"), id("map", "n.i + 1"));
    let own = [
        ("id", &*conflict),
        ("organization_id", &*owner),
        ("user_id", &*person),
        ("first_id", &*mapping),
        ("second_id", &*other),
        ("current_id", &*mapping),
    ];
    rows(tx, "access_conflicts", ("id", like.conflict.as_str()), (500, "1"), &own)?;
    let own = [("user_id", &*person), ("entity_id", &*entity), ("mapping_id", &*mapping)];
    let placed = ("user_id", like.person.as_str());
    rows(tx, "placements", placed, (1_000, "1"), &own)
}

/// What happened.
fn records(tx: &mut Tx, like: &Like) -> Result<()> {
    let of = "CASE WHEN n.i % 3 = 0 THEN 0 ELSE n.i % 10000 END";
    let (owner, connection, person) = (id("org", of), id("con", of), id("usr", "n.i % 200000"));
    let (trace, request, event) = (id("trc", "n.i"), id("scr", "n.i"), id("evt", "n.i"));
    let failed = "n.i % 100 = 0";
    let outcome = format!(
        "CASE WHEN {failed} THEN 'failed' WHEN n.i % 200000 = 5 THEN 'abandoned' ELSE 'succeeded' END"
    );
    let cause = format!(
        "CASE WHEN n.i % 200000 = 100 THEN 'response_replayed' WHEN {failed} THEN it.cause END"
    );
    let message = format!("CASE WHEN {failed} THEN hex(randomblob(4000)) END");
    let own = [
        ("id", &*trace),
        ("outcome", &*outcome),
        ("cause", &*cause),
        ("organization_id", &*owner),
        ("connection_id", &*connection),
        ("user_id", &*person),
        ("email", "'Person' || (n.i % 200000) || '@globex.example'"),
        ("message", &*message),
        ("saml_request_id", "NULL"),
    ];
    rows(tx, "traces", ("id", like.trace.as_str()), (MOST, "n.i % 5 < 3"), &own)?;
    let own = [
        ("id", &*request),
        ("organization_id", &*owner),
        ("connection_id", &*connection),
        ("is_change", "n.i % 20 = 1"),
        ("status", "CASE WHEN n.i % 1000 = 2 THEN 400 ELSE 200 END"),
        ("resource_id", &*person),
        ("message", "CASE WHEN n.i % 20 = 1 THEN it.message END"),
    ];
    rows(tx, "scim_requests", ("id", like.request.as_str()), (MOST, "n.i % 5 < 3"), &own)?;
    let kind = "CASE WHEN n.i % 200000 = 7 THEN 'organization.deleted' WHEN n.i % 10 < 6 THEN 'sign_in.succeeded' \
                WHEN n.i % 10 < 9 THEN 'user.updated' ELSE 'connection.updated' END";
    let actor =
        format!("CASE WHEN n.i % 100000 = 9 THEN 'cli:rare' ELSE 'sign_in:' || {connection} END");
    let own = [
        ("id", &*event),
        ("organization_id", &*owner),
        ("kind", kind),
        ("actor", &*actor),
        ("subject_id", &*person),
        ("position", "n.i + 1000000"),
        ("sequence", "NULL"),
    ];
    let any = "SELECT id AS name FROM events ORDER BY id LIMIT 1";
    let any: Column = sql_query(any).get_result(tx.db)?;
    rows(tx, "events", ("id", &any.name), (MOST, "1"), &own)
}

/// What programs use.
fn programs(tx: &mut Tx, like: &Like) -> Result<()> {
    let [application, key, endpoint, owner, delivery, event] =
        ["app", "key", "whe", "org", "whd", "evt"].map(|prefix| id(prefix, "n.i"));
    let own = [("id", &*application), ("name", "'App ' || n.i")];
    rows(tx, "applications", ("id", like.application.as_str()), (500, "1"), &own)?;
    let own = [("id", &*key), ("hash", "'hash ' || n.i")];
    rows(tx, "api_keys", ("id", like.key.as_str()), (5_000, "1"), &own)?;
    let own = [("id", &*endpoint), ("organization_id", &*owner)];
    rows(tx, "webhook_endpoints", ("id", like.endpoint.as_str()), (500, "1"), &own)?;
    let endpoint = id("whe", "CASE WHEN n.i % 2 THEN 0 ELSE n.i % 500 END");
    let own = [
        ("id", &*delivery),
        ("endpoint_id", &*endpoint),
        ("event_id", &*event),
        ("state", "CASE WHEN n.i % 100000 = 1 THEN it.state ELSE 'delivered' END"),
    ];
    rows(tx, "webhook_deliveries", ("id", like.delivery.as_str()), (PEOPLE, "1"), &own)
}
