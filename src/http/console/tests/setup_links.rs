//! Setup links at the console.

use super::Desk;
use crate::store::members::Role;
use crate::store::setup_links::{self, Cover, NewLink, SetupLink, Step};
use crate::store::{OrganizationId, Window, connections, mails, organizations, testing};

const LIST: &str = "/console/setup-links";

fn globex(desk: &Desk) -> OrganizationId {
    desk.world.store().system(|tx| organizations::create(tx, testing::globex())).id
}

/// A link of an organization.
pub(super) fn made(desk: &Desk, of: &OrganizationId) -> SetupLink {
    let new = NewLink::default();
    desk.world.store().system(|tx| setup_links::create(tx, of, new)).0
}

fn all(desk: &Desk) -> Vec<SetupLink> {
    let page = |db: &mut crate::store::Db| setup_links::page(db, &Window::default(), None, None);
    desk.world.store().read_now(page).unwrap().data
}

#[actix_web::test]
async fn a_setup_link_is_made_shown_once_and_listed() {
    let desk = Desk::signed_in(Role::Support).await;
    assert!(desk.get(LIST).await.body.contains("None was made yet"));
    let of = globex(&desk);
    let page = desk.get(&format!("{LIST}/new?organization={of}")).await.body;
    assert!(page.contains(&format!("value=\"Globex · {of}\"")), "{page}");
    let form = [
        ("organization", of.as_str()),
        ("cover.sign_in", "1"),
        ("cover.domains", "1"),
        ("provider", "okta"),
        ("days", "30"),
        ("note", "Call us"),
    ];
    let made = desk.post(LIST, &form).await;
    let link = made.body.split("<code>").nth(1).unwrap().split('<').next().unwrap().to_owned();
    assert!(link.contains("/setup/sl_"), "{link}");
    assert!(!made.body.contains("mail server"), "nothing was to be mailed: {}", made.body);
    let kept = all(&desk).remove(0);
    assert_eq!((kept.covers.len(), kept.provider.as_deref()), (2, Some("okta")));
    assert_eq!(kept.note.as_deref(), Some("Call us"));
    assert_eq!(kept.created_by, format!("member:{}", desk.member.id));
    for uri in [LIST.to_owned(), format!("{LIST}?organization={of}")] {
        let page = desk.get(&uri).await.body;
        for part in ["Globex", "Sign-in, Email domains", ">Not opened yet<", "Okta, step 1 of 7"] {
            assert!(page.contains(part), "{part}: {page}");
        }
        assert!(!page.contains("sl_"), "a token is on the page");
    }
    let page = desk.get(&format!("{LIST}?organization=external:x")).await.body;
    assert!(page.contains("No setup links match") && page.contains("Clear filters"), "{page}");
}

#[actix_web::test]
async fn a_setup_link_that_cannot_be_is_told_beside_its_field() {
    let desk = Desk::signed_in(Role::Admin).await;
    let of = globex(&desk);
    let unknown = desk.post(LIST, &[("organization", "x"), ("note", "<Kim>")]).await;
    assert!(unknown.status == 422 && unknown.body.contains("href=\"#organization\""));
    assert!(unknown.body.contains("&#60;Kim&#62;"), "{}", unknown.body);
    let nothing = desk.post(LIST, &[("organization", of.as_str())]).await;
    assert!(nothing.status == 422 && nothing.body.contains("href=\"#covers\""));
    let foreign = testing::active(desk.world.store(), "Okta", None);
    let form = [
        ("organization", of.as_str()),
        ("connection", foreign.id.as_str()),
        ("cover.sign_in", "1"),
    ];
    let refused = desk.post(LIST, &form).await;
    assert!(refused.status == 422 && refused.body.contains("href=\"#connection_id\""));
    assert!(all(&desk).is_empty());
}

#[actix_web::test]
async fn a_setup_link_is_revoked_when_that_is_confirmed() {
    let desk = Desk::signed_in(Role::Support).await;
    let of = globex(&desk);
    desk.post(LIST, &[("organization", of.as_str()), ("cover.domains", "1")]).await;
    let uri = format!("{LIST}/{}/revoke", all(&desk)[0].id);
    assert!(desk.get(&uri).await.body.contains("What they have set up stays"));
    assert!(all(&desk)[0].revoked_at.is_none(), "reading changes nothing");
    assert_eq!(desk.post(&uri, &[]).await.status, 303);
    let page = desk.get(LIST).await.body;
    assert!(page.contains(">Revoked<") && !page.contains("/revoke\""), "{page}");
}

#[actix_web::test]
async fn a_link_to_a_connection_in_use_is_made_only_by_who_may_manage_it() {
    for (role, may) in [(Role::Support, false), (Role::Admin, true), (Role::Owner, true)] {
        let desk = Desk::signed_in(role).await;
        let active = testing::active(desk.world.store(), "Okta", None);
        let of = active.organization_id.clone();
        let form = |connection: &str| {
            [
                ("organization", of.to_string()),
                ("connection", connection.to_owned()),
                ("cover.sign_in", "1".to_owned()),
            ]
        };
        let send = async |connection: &str| {
            let fields = form(connection);
            let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, &**value)).collect();
            desk.post(LIST, &fields).await
        };
        let made = send(active.id.as_str()).await;
        assert_eq!(made.status, if may { 200 } else { 403 }, "{role}: {}", made.body);
        assert_eq!(all(&desk).len(), usize::from(may), "{role}");
        desk.world.store().system(|tx| connections::disable(tx, &active.id));
        let off = send(active.id.as_str()).await;
        assert_eq!(off.status, if may { 200 } else { 403 }, "{role}: it can be turned on again");
        let new = testing::connection();
        let draft = desk.world.store().system(|tx| connections::create(tx, &of, new));
        assert_eq!(send(draft.id.as_str()).await.status, 200, "{role}: nobody signs in by a draft");
    }
}

#[actix_web::test]
async fn a_link_by_which_places_are_given_is_made_only_by_who_may_give_them() {
    for (role, may) in [(Role::Support, false), (Role::Admin, true)] {
        let desk = Desk::signed_in(role).await;
        let of = globex(&desk);
        let made = desk.post(LIST, &[("organization", of.as_str()), ("cover.groups", "1")]).await;
        assert_eq!(made.status, if may { 200 } else { 403 }, "{role}: {}", made.body);
        assert_eq!(all(&desk).len(), usize::from(may), "{role}");
    }
}

/// The newest mail, and its link.
fn mailed(desk: &Desk) -> (mails::Mail, String) {
    let (store, master) = (desk.world.store(), &desk.world.state.master);
    let page = |db: &mut crate::store::Db| mails::page(db, &Window::default(), None);
    let mail = store.read_now(page).unwrap().data.remove(0);
    let secrets = mail.secrets(master, store.clock().now()).unwrap().unwrap();
    let url = secrets["url"].clone();
    (mail, url)
}

#[actix_web::test]
async fn a_setup_link_is_mailed_and_sent_again_with_another_address() {
    let desk = Desk::signed_in(Role::Support).await;
    let of = globex(&desk);
    let form = [
        ("organization", of.as_str()),
        ("cover.sign_in", "1"),
        ("email", "ines@globex.example"),
        ("guarded", "1"),
    ];
    let made = desk.post(LIST, &form).await;
    let (mail, first) = mailed(&desk);
    assert!(made.body.contains(&first), "{}", made.body);
    for said in
        ["The address of the setup link", "There is no mail server", "under Settings, Email"]
    {
        assert!(made.body.contains(said), "{said}: {}", made.body);
    }
    assert!(
        !made.body.contains("The new secret") && !made.body.contains("on its way"),
        "{}",
        made.body
    );
    assert_eq!(mail.recipient.as_deref(), Some("ines@globex.example"));
    let kept = all(&desk).remove(0);
    assert!(kept.is_guarded && desk.get(LIST).await.body.contains("only this address"));
    let uri = format!("{LIST}/{}/send", kept.id);
    assert!(desk.get(&uri).await.body.contains("value=\"ines@globex.example\""));
    assert_eq!(all(&desk)[0].hash, kept.hash, "reading changes nothing");
    let wrong = desk.post(&uri, &[("email", "x")]).await;
    assert!(wrong.status == 422 && wrong.body.contains("href=\"#email\""), "{}", wrong.body);
    let again = desk.post(&uri, &[("email", "kim@globex.example")]).await;
    let (mail, second) = mailed(&desk);
    assert!(second != first && again.body.contains(&second), "{}", again.body);
    assert_eq!(mail.recipient.as_deref(), Some("kim@globex.example"));
    let token = |url: &str| url.rsplit('/').next().unwrap().to_owned();
    let find = |url: &str| {
        let token = token(url);
        desk.world.store().read_now(|db| setup_links::by_token(db, &token)).unwrap()
    };
    assert!(find(&first).is_none() && find(&second).is_some());
    let nobody = [("organization", of.as_str()), ("cover.sign_in", "1"), ("guarded", "1")];
    let refused = desk.post(LIST, &nobody).await;
    assert!(refused.status == 422 && refused.body.contains("href=\"#email\""));
}

#[actix_web::test]
async fn a_link_that_is_sent_again_is_worth_what_its_sender_may_do() {
    let desk = Desk::signed_in(Role::Support).await;
    let active = testing::active(desk.world.store(), "Okta", None);
    let new = NewLink {
        connection_id: Some(active.id.clone()),
        covers: vec![Cover::Certificate],
        ..NewLink::default()
    };
    let of = active.organization_id.clone();
    let link = desk.world.store().system(|tx| setup_links::create(tx, &of, new)).0;
    let uri = format!("{LIST}/{}/send", link.id);
    let refused = desk.post(&uri, &[("email", "support@orbit.example")]).await;
    assert_eq!(refused.status, 403, "{}", refused.body);
    assert_eq!(all(&desk)[0].hash, link.hash);
}

#[actix_web::test]
async fn the_days_that_are_usual_are_a_setting_and_offered_first() {
    let mut desk = Desk::new(&[("portal.link_days", "14")], Role::Support);
    desk.sign_in(super::PASSWORD).await;
    let of = globex(&desk);
    let page = desk.get(&format!("{LIST}/new?organization={of}")).await.body;
    assert!(page.contains("<option value=\"14\" selected>"), "{page}");
    for days in ["1", "7", "30"] {
        assert!(page.contains(&format!("<option value=\"{days}\">")), "{days}: {page}");
    }
    let form = [("organization", of.as_str()), ("cover.sign_in", "1")];
    assert_eq!(desk.post(LIST, &form).await.status, 200);
    let kept = all(&desk).remove(0);
    assert_eq!(kept.expires_at.since(kept.created_at).num_days(), 14);
}

#[actix_web::test]
async fn the_list_says_whose_console_a_setup_link_leads_through_and_at_which_step_it_is() {
    let desk = Desk::signed_in(Role::Viewer).await;
    let (of, store) = (globex(&desk), desk.world.store());
    let at = async |provider: Option<&str>, done: &[Step], said: &str| {
        let new = NewLink { provider: provider.map(str::to_owned), ..NewLink::default() };
        let link = store.system(|tx| setup_links::create(tx, &of, new)).0;
        for step in done {
            store.system(|tx| setup_links::finish(tx, &link.id, *step));
        }
        let page = desk.get(LIST).await.body;
        assert!(page.contains(&format!("small\">{said}<")), "{said}: {page}");
        let overview = desk.get("/console").await.body;
        assert!(overview.contains(&format!(">{said}<")), "{said}: {overview}");
    };
    at(None, &[], "step 1 of 8").await;
    at(Some("jumpcloud"), &Step::ALL[..4], "JumpCloud, step 5 of 8").await;
    // Its console shows the metadata before it asks for our values.
    let done = [Step::Provider, Step::Create, Step::Metadata];
    at(Some("google"), &done, "Google Workspace, step 4 of 8").await;
    at(Some("openid"), &[Step::Provider], "OpenID Connect, step 2 of 7").await;
}

#[actix_web::test]
async fn a_new_address_of_a_setup_link_is_shown_to_be_copied_and_nothing_is_mailed() {
    let desk = Desk::signed_in(Role::Support).await;
    let of = globex(&desk);
    let new = NewLink { email: Some("ines@globex.example".to_owned()), ..NewLink::default() };
    let (link, before) = desk.world.store().system(|tx| setup_links::create(tx, &of, new));
    let uri = format!("{LIST}/{}/copy", link.id);
    assert!(desk.get(LIST).await.body.contains(&format!("href=\"{uri}\">Copy new link<")));
    let asked = desk.get(&uri).await.body;
    assert!(asked.contains("nothing is mailed") && !asked.contains("name=\"email\""), "{asked}");
    assert_eq!(all(&desk)[0].hash, link.hash, "reading changes nothing");
    let made = desk.post(&uri, &[]).await.body;
    let address = made.split("<code>").nth(1).unwrap().split('<').next().unwrap();
    assert!(address.contains("/setup/sl_") && !address.contains(before.reveal()), "{address}");
    let kept = all(&desk).remove(0);
    assert!(kept.hash != link.hash && kept.email.as_deref() == Some("ines@globex.example"));
    let mails = |db: &mut crate::store::Db| mails::page(db, &Window::default(), None);
    assert!(desk.world.store().read_now(mails).unwrap().data.is_empty());
    let opened = desk.get(&format!("/setup/{}", before.reveal())).await;
    assert_eq!(opened.status, 404, "the one before opens nothing any more");
}
