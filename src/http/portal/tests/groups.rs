//! What groups give, in the portal.

use super::*;
use crate::scim::{Kind, Resource};
use crate::store::access::entities::{self, NewEntity};
use crate::store::access::mappings;
use crate::store::directories::{self, groups, people};
use crate::store::{GroupId, Window, access, applications};
use serde_json::json;

const LIST: &str = "/portal/groups";

/// A group with somebody in it, and a place.
fn with_group(portal: &Portal) -> GroupId {
    let store = portal.world.store();
    let of = &portal.organization;
    testing::groups_on(store, of);
    store.system(|tx| applications::create(tx, testing::orbit()));
    store.system(|tx| {
        let connection = connections::create(tx, of, testing::connection())?;
        let directory = directories::open(tx, &connection.id)?;
        let ann = json!({ "userName": "ann@globex.example" });
        let ann = people::create(tx, &directory, Resource::parse(Kind::User, &ann)?)?;
        let ann = [ann.0.row.user_id.to_string()];
        let eng = Resource::parse(Kind::Group, &json!({ "displayName": "eng" }))?;
        let group = groups::create(tx, &directory, eng, &ann, false)?.0.group.id;
        let application = access::meant(tx.db, of, None)?;
        let new = NewEntity {
            kind: "team".to_owned(),
            name: "Payments".to_owned(),
            external_id: None,
            is_default: false,
        };
        entities::put(tx, of, &application, "payments", new)?;
        Ok(group)
    })
}

#[actix_web::test]
async fn a_link_that_does_not_cover_groups_does_not_show_them() {
    let portal = Portal::started().await;
    let group = with_group(&portal);
    for uri in [LIST.to_owned(), format!("{LIST}/{group}")] {
        assert_eq!(portal.get(&uri).await.status, 404, "{uri}");
    }
    assert!(!portal.get("/portal").await.body.contains(LIST));
}

#[actix_web::test]
async fn a_link_that_covers_groups_shows_them_and_gives_a_place_after_telling_whom_it_concerns() {
    let mut portal = Portal::new(&[], &[Cover::Groups]);
    assert_eq!(portal.start().await.status, 303);
    let home = portal.get("/portal").await.body;
    assert!(home.contains(&format!("href=\"{LIST}\"")) && !home.contains("href=\"\""), "{home}");
    assert!(portal.get(LIST).await.body.contains("Groups are not allowed yet"));
    let group = with_group(&portal);
    let page = portal.get(LIST).await.body;
    assert!(page.contains(">eng<") && page.contains("Nothing"), "{page}");
    assert!(!page.contains("ann@"), "who is in a group is not told");
    let uri = format!("{LIST}/{group}");
    let none = portal.get(&format!("{uri}?entity=nowhere")).await;
    assert!(none.status == 422 && none.body.contains("no entity nowhere"), "{}", none.body);
    let page = portal.get(&format!("{uri}?entity=payments")).await.body;
    assert!(page.contains("<b>1</b><span>gain access") && !page.contains("ann@"), "{page}");
    let of = portal.organization.clone();
    let made = || {
        let (window, all) = (Window { limit: 9, before: None }, mappings::Filter::default());
        let read = |db: &mut _| mappings::page(db, &window, &of, &all);
        portal.world.store().read_now(read).unwrap().data.len()
    };
    assert_eq!(made(), 0, "looking changes nothing");
    let value = |name: &str| {
        let at = format!("name=\"{name}\" value=\"");
        page.split(&at).nth(1).unwrap().split('"').next().unwrap().to_owned()
    };
    let (token, version) = (value("form_token"), value("version"));
    let form = |version: &str| {
        [("form_token", token.clone()), ("entity", "payments".into()), ("version", version.into())]
    };
    let send = async |version: &str| {
        let form = form(version);
        let form: Vec<(&str, &str)> = form.iter().map(|(name, it)| (*name, it.as_str())).collect();
        portal.send(&uri, &form).await
    };
    let stale = send("0-old").await;
    assert!(stale.status == 422 && stale.body.contains("Something has changed"), "{}", stale.body);
    assert_eq!((made(), send(&version).await.status, made()), (0, 303, 1));
    let page = portal.get(&uri).await.body;
    assert!(page.contains("<li>Payments</li>"), "{page}");
    let kinds = portal.world.store().kinds(Some(&portal.organization));
    assert!(kinds.contains(&"mapping.created".to_owned()));
}
