//! A request of a directory that came before, done once more with what there is now. Whoever asks for it takes it back
//! ([`crate::store::Store::suppose`]): it shows what would happen, and nothing does.

use super::requests::{Entry, Message};
use super::{Directory, Effect, find, groups, people};
use crate::error::{Error, Result};
use crate::scim::{Kind, Resource, patch, resource};
use crate::store::Tx;
use serde_json::Value;

/// What a request was about, as far as its path says so.
fn subject(path: &str) -> Option<(Kind, Option<&str>)> {
    let path = path.split('?').next().unwrap_or_default();
    let mut parts = path.split('/').filter(|part| !part.is_empty());
    let kind = match parts.next()? {
        "Users" => Kind::User,
        "Groups" => Kind::Group,
        _ => return None,
    };
    let id = parts.next();
    parts.next().is_none().then_some((kind, id))
}

/// Whether a request can be done once more: it was to change one person or group, and what came is kept.
#[must_use]
pub fn is_possible(entry: &Entry, message: &Message) -> bool {
    let Some((_, id)) = subject(&entry.path) else { return false };
    match entry.method.as_str() {
        "POST" => id.is_none() && message.request.is_some(),
        "PUT" | "PATCH" => id.is_some() && message.request.is_some(),
        "DELETE" => id.is_some(),
        _ => false,
    }
}

/// Does a request once more. What its versions were (`If-Match`) is not asked again.
pub fn replay(tx: &mut Tx, entry: &Entry, message: Message) -> Result<Effect> {
    let none =
        || Error::conflict("not_replayable", "What came is not kept, or it changed nothing.");
    if !is_possible(entry, &message) {
        return Err(none());
    }
    let (kind, id) = subject(&entry.path).ok_or_else(none)?;
    let directory = find(tx.db, &entry.connection_id)?;
    let (id, body) = (id.unwrap_or_default(), message.request.unwrap_or(Value::Null));
    match entry.method.as_str() {
        "POST" => create(tx, &directory, kind, &body),
        "PUT" => replace(tx, &directory, (kind, id), &body),
        "PATCH" => {
            let operations = patch::parse(kind, &body)?;
            Ok(match kind {
                Kind::User => people::patch(tx, &directory, id, &operations, None)?.1,
                Kind::Group => groups::patch(tx, &directory, id, &operations, None, false)?.1,
            })
        }
        _ => match kind {
            Kind::User => people::remove(tx, &directory, id, None),
            Kind::Group => groups::remove(tx, &directory, id, None),
        },
    }
}

fn create(tx: &mut Tx, directory: &Directory, kind: Kind, body: &Value) -> Result<Effect> {
    let made = Resource::parse(kind, body)?;
    Ok(match kind {
        Kind::User => people::create(tx, directory, made)?.1,
        Kind::Group => {
            let members = resource::members(body)?.unwrap_or_default();
            groups::create(tx, directory, made, &members, false)?.1
        }
    })
}

fn replace(
    tx: &mut Tx,
    directory: &Directory,
    (kind, id): (Kind, &str),
    body: &Value,
) -> Result<Effect> {
    let said = Resource::parse(kind, body)?;
    Ok(match kind {
        Kind::User => people::replace(tx, directory, id, said, None)?.1,
        Kind::Group => {
            let members = resource::members(body)?;
            groups::replace(tx, directory, id, said, members, None, false)?.1
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::directories::open;
    use crate::store::testing;
    use crate::store::{Actor, ScimRequestId, Scope};
    use serde_json::json;

    #[test]
    fn a_path_says_what_a_request_was_about() {
        assert!(matches!(subject("/Users"), Some((Kind::User, None))));
        assert!(matches!(
            subject("/Groups/grp_1?excludedAttributes=members"),
            Some((Kind::Group, Some("grp_1")))
        ));
        for path in ["/Bulk", "/Users/.search/x", "", "/Schemas/Users"] {
            assert!(subject(path).is_none(), "{path}");
        }
    }

    #[tokio::test]
    async fn a_request_that_is_done_once_more_shows_what_would_happen_and_changes_nothing() {
        let store = testing::store();
        let connection = testing::active(&store, "JumpCloud", None);
        store.system(|tx| open(tx, &connection.id));
        let person =
            store.system(|tx| testing::provisioned(tx, &connection.id, "ann@globex.example"));
        let before = store.kinds(Some(&connection.organization_id));
        let entry = |method: &str, path: String| Entry {
            id: ScimRequestId::new(),
            organization_id: connection.organization_id.clone(),
            connection_id: connection.id.clone(),
            token_id: None,
            method: method.to_owned(),
            path,
            status: 200,
            code: None,
            effect: String::new(),
            is_change: true,
            dialect: "okta".to_owned(),
            resource_id: None,
            message: None,
            micros: 1,
            created_at: store.clock().now(),
            why: None,
        };
        let ann = format!("/Users/{}", person.row.user_id);
        let off = json!({ "Operations": [{ "op": "replace", "value": { "active": false } }] });
        let suppose = async |entry: Entry, body: Option<Value>| {
            let message = Message { request: body, changes: None };
            let (scope, actor) =
                (Scope::from(&connection.organization_id), Actor::Directory(connection.id.clone()));
            store.suppose(scope, actor, move |tx| replay(tx, &entry, message)).await
        };
        for (entry, body, changes) in [
            (entry("PATCH", ann.clone()), Some(off), true),
            (entry("DELETE", ann.clone()), None, true),
            (
                entry("POST", "/Users".to_owned()),
                Some(json!({ "userName": "bob@globex.example" })),
                true,
            ),
            (entry("PUT", ann.clone()), Some(json!({ "userName": "ann@globex.example" })), false),
        ] {
            let method = entry.method.clone();
            let effect = suppose(entry, body).await.unwrap();
            assert_eq!(effect.is_change, changes, "{method}: {effect:?}");
        }
        let taken = json!({ "userName": "ann@globex.example" });
        let refused = suppose(entry("POST", "/Users".to_owned()), Some(taken)).await;
        assert!(matches!(refused, Err(Error::Scim { code: "unique_conflict", .. })), "{refused:?}");
        let gone = suppose(entry("DELETE", "/Users/usr_none".to_owned()), None).await;
        assert!(gone.is_err());
        assert_eq!(testing::refused(suppose(entry("GET", ann), None).await), "not_replayable");
        // Nothing of all that has happened.
        assert_eq!(store.kinds(Some(&connection.organization_id)), before);
        let directory = store.read_now(|db| find(db, &connection.id)).unwrap();
        assert_eq!(directory.users, 1);
    }
}
