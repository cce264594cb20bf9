//! Forms that were filled in while somebody else changed the same.

use super::groups::Scene;
use super::{Desk, applications, users, webhooks};
use crate::store::members::Role;
use crate::store::{organizations, testing};
use regex::Regex;

/// What a form of a page sends as it is: the first that says what it showed.
fn form(page: &str) -> Vec<(String, String)> {
    let forms = Regex::new("(?s)<form.*?</form>").unwrap();
    let mut all = forms.find_iter(page).map(|found| found.as_str());
    let form = all.find(|form| form.contains("name=\"seen\"")).unwrap();
    let fields =
        Regex::new("(?s)<input [^>]*>|<textarea [^>]*>.*?</textarea>|<select [^>]*>.*?</select>")
            .unwrap();
    let attribute = |tag: &str, name: &str| {
        let found = Regex::new(&format!(" {name}=\"([^\"]*)\"")).unwrap();
        found.captures(tag).map(|parts| parts[1].to_owned())
    };
    let value = |tag: &str| {
        if tag.starts_with("<textarea") {
            let text = tag.split_once('>').unwrap().1;
            return Some(text.trim_end_matches("</textarea>").to_owned());
        }
        if tag.starts_with("<select") {
            let chosen = Regex::new("value=\"([^\"]*)\" selected").unwrap();
            let chosen = chosen.captures(tag).map(|parts| parts[1].to_owned());
            return Some(chosen.unwrap_or_default());
        }
        let is_box = matches!(attribute(tag, "type").as_deref(), Some("checkbox" | "radio"));
        (!is_box || tag.contains(" checked")).then(|| attribute(tag, "value").unwrap_or_default())
    };
    let pair = |found: regex::Match| {
        let tag = found.as_str();
        Some((attribute(tag, "name")?, value(tag)?))
    };
    fields.find_iter(form).filter_map(pair).filter(|(name, _)| name != "form_token").collect()
}

/// The same with other values.
fn with(form: &[(String, String)], given: &[(&str, &str)]) -> Vec<(String, String)> {
    let rest = form.iter().filter(|(name, _)| given.iter().all(|(other, _)| other != name));
    let own = given.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    rest.cloned().chain(own).collect()
}

async fn send(desk: &Desk, uri: &str, form: &[(String, String)]) -> crate::http::testing::Answer {
    let pairs: Vec<_> = form.iter().map(|(name, value)| (&**name, &**value)).collect();
    desk.post(uri, &pairs).await
}

/// What a page's form shows in a field.
async fn shown(desk: &Desk, uri: &str, field: &str) -> String {
    let form = form(&desk.get(uri).await.body);
    form.into_iter().find(|(name, _)| name == field).map(|(_, value)| value).unwrap_or_default()
}

/// A page whose form writes a field, and another field of it.
struct Subject {
    uri: String,
    field: &'static str,
    /// As the page of two versions calls it.
    choice: &'static str,
    /// What one sets, the other, and somebody after both.
    values: [&'static str; 3],
    other: (&'static str, &'static str),
}

fn subjects(desk: &Desk) -> Vec<Subject> {
    let store = desk.world.store();
    let organization = store.system(|tx| organizations::create(tx, testing::globex())).id;
    let connection = testing::active(store, "JumpCloud", None).id;
    let application = applications::made(desk).0.id;
    let endpoint = webhooks::told(desk).0.id;
    let user = users::ada(desk, &organization).id;
    let scene = Scene::of(desk, testing::active(store, "Okta", None));
    let (groups, place) = (scene.at.clone(), scene.entity("team", "Payments").id);
    let values = ["theirs", "mine", "again"];
    let subject = |uri: String, field, choice, other| Subject { uri, field, choice, values, other };
    vec![
        subject(
            format!("/console/organizations/{organization}/settings"),
            "name",
            "name",
            ("external_id", "ours-1"),
        ),
        subject(
            format!("/console/connections/{connection}/settings"),
            "name",
            "name",
            ("clock_skew", "30"),
        ),
        subject(
            format!("/console/connections/{connection}/attributes"),
            "email",
            "email",
            ("groups", "memberOf"),
        ),
        subject(
            format!("/console/applications/{application}/settings"),
            "name",
            "name",
            ("fallback_url", "https://app.example/else"),
        ),
        subject(
            format!("/console/webhooks/{endpoint}/settings"),
            "description",
            "description",
            ("events", "user.created"),
        ),
        subject(format!("/console/users/{user}/edit"), "name", "name", ("given_name", "Ada")),
        subject(format!("{groups}/entities/{place}"), "name", "name", ("external_id", "ours-2")),
        Subject {
            values: ["11", "12", "13"],
            ..subject(
                format!("{groups}/limits"),
                "most_people",
                "most_people",
                ("hold_hours", "30"),
            )
        },
    ]
}

/// A page with a form of one field, and where that is sent.
struct Single {
    page: String,
    action: String,
    field: &'static str,
    theirs: &'static str,
    mine: &'static str,
    /// Both as the page of two versions shows them.
    shown: [&'static str; 2],
}

fn singles(desk: &Desk) -> Vec<Single> {
    let connection = testing::active(desk.world.store(), "JumpCloud", None).id;
    let contact = format!("/console/connections/{connection}/contact");
    let member = format!("/console/settings/members/{}", desk.other(Role::Viewer).id);
    vec![
        Single {
            page: contact.clone(),
            action: contact,
            field: "email",
            theirs: "it@globex.example",
            mine: "help@globex.example",
            shown: ["it@globex.example", "help@globex.example"],
        },
        Single {
            action: format!("{member}/role"),
            page: member,
            field: "role",
            theirs: "developer",
            mine: "support",
            shown: ["Developer", "Support"],
        },
    ]
}

#[actix_web::test]
async fn what_two_have_set_is_shown_in_both_versions_and_the_second_chooses() {
    let desk = Desk::signed_in(Role::Owner).await;
    for Single { page, action, field, theirs, mine, shown: both } in singles(&desk) {
        let opened = form(&desk.get(&page).await.body);
        assert_eq!(send(&desk, &action, &with(&opened, &[(field, theirs)])).await.status, 303);
        let late = with(&opened, &[(field, mine)]);
        let stale = send(&desk, &action, &late).await;
        assert_eq!(stale.status, 409, "{page}: {}", stale.body);
        let parts = [
            "Changed by Maya O just now".to_owned(),
            format!(">{}</pre>", both[0]),
            format!(">{}</pre>", both[1]),
            format!("action=\"{action}\""),
            format!("href=\"{page}\" autofocus"),
        ];
        for part in parts {
            assert!(stale.body.contains(&part), "{page}: {part}: {}", stale.body);
        }
        assert_eq!(shown(&desk, &page, field).await, theirs, "{page}");
        assert_eq!(send(&desk, &action, &form(&stale.body)).await.status, 303, "{page}");
        assert_eq!(shown(&desk, &page, field).await, theirs, "{page}");
        let stale = send(&desk, &action, &late).await;
        let chosen = with(&form(&stale.body), &[(&format!("choice.{field}"), "mine")]);
        assert_eq!(send(&desk, &action, &chosen).await.status, 303, "{page}");
        assert_eq!(shown(&desk, &page, field).await, mine, "{page}");
    }
}

#[actix_web::test]
async fn a_form_writes_nothing_over_that_somebody_else_has_changed_until_one_version_is_chosen() {
    let desk = Desk::signed_in(Role::Owner).await;
    for Subject { uri, field, choice, values, other } in subjects(&desk) {
        let [set, wanted, later] = values;
        let before = shown(&desk, &uri, other.0).await;
        let opened = form(&desk.get(&uri).await.body);
        let theirs = send(&desk, &uri, &with(&opened, &[(field, set)])).await;
        assert_eq!(theirs.status, 303, "{uri}: {}", theirs.body);

        let mine = with(&opened, &[(field, wanted), other]);
        let stale = send(&desk, &uri, &mine).await;
        assert_eq!(stale.status, 409, "{uri}: {}", stale.body);
        let both = [set, wanted].map(|value| format!(">{value}</pre>"));
        let said = ["Changed by Maya O just now", "Keep theirs"].map(str::to_owned);
        for part in both.iter().chain(&said) {
            assert!(stale.body.contains(part), "{uri}: {part}: {}", stale.body);
        }
        assert_eq!(stale.body.matches("<fieldset").count(), 1, "{uri}: only what differs is asked");
        assert_eq!(shown(&desk, &uri, field).await, set, "{uri}");
        assert_eq!(shown(&desk, &uri, other.0).await, before, "{uri}: nothing of it is written");

        // Theirs is the choice that is made already; what only this form has changed is written.
        let both = form(&stale.body);
        assert_eq!(send(&desk, &uri, &both).await.status, 303, "{uri}");
        assert_eq!(shown(&desk, &uri, field).await, set, "{uri}");
        assert_eq!(shown(&desk, &uri, other.0).await, other.1, "{uri}");

        let stale = send(&desk, &uri, &mine).await;
        let chosen = with(&form(&stale.body), &[(&format!("choice.{choice}"), "mine")]);
        // Changed once more, it is asked once more.
        let again = with(&form(&desk.get(&uri).await.body), &[(field, later)]);
        assert_eq!(send(&desk, &uri, &again).await.status, 303, "{uri}");
        let stale = send(&desk, &uri, &chosen).await;
        assert_eq!(stale.status, 409, "{uri}: {}", stale.body);
        let chosen = with(&form(&stale.body), &[(&format!("choice.{choice}"), "mine")]);
        assert_eq!(send(&desk, &uri, &chosen).await.status, 303, "{uri}");
        assert_eq!(shown(&desk, &uri, field).await, wanted, "{uri}");
    }
}

#[actix_web::test]
async fn two_that_change_different_fields_are_asked_only_about_what_would_be_lost() {
    let desk = Desk::signed_in(Role::Owner).await;
    for Subject { uri, field, values, other, .. } in subjects(&desk) {
        let opened = form(&desk.get(&uri).await.body);
        assert_eq!(send(&desk, &uri, &with(&opened, &[(field, values[0])])).await.status, 303);
        // The form still says what the field was: that is not written back.
        let stale = send(&desk, &uri, &with(&opened, &[other])).await;
        assert_eq!(stale.status, 409, "{uri}");
        assert_eq!(send(&desk, &uri, &form(&stale.body)).await.status, 303, "{uri}");
        assert_eq!(shown(&desk, &uri, field).await, values[0], "{uri}");
        assert_eq!(shown(&desk, &uri, other.0).await, other.1, "{uri}");
    }
}

#[actix_web::test]
async fn roles_that_two_have_changed_are_chosen_as_a_whole() {
    let desk = Desk::signed_in(Role::Owner).await;
    let uri = format!("/console/applications/{}/access", applications::made(&desk).0.id);
    let opened = form(&desk.get(&uri).await.body);
    let row =
        |key: &'static str| [("roles.0.rank", "1"), ("roles.0.key", key), ("roles.0.name", key)];
    assert_eq!(send(&desk, &uri, &with(&opened, &row("owner"))).await.status, 303);
    let stale = send(&desk, &uri, &with(&opened, &row("admin"))).await;
    assert_eq!(stale.status, 409, "{}", stale.body);
    assert!(stale.body.contains("owner (owner)") && stale.body.contains("admin (admin)"));
    assert_eq!(send(&desk, &uri, &form(&stale.body)).await.status, 303);
    assert_eq!(shown(&desk, &uri, "roles.0.key").await, "owner");
    let stale = send(&desk, &uri, &with(&opened, &row("admin"))).await;
    let mine = with(&form(&stale.body), &[("choice.roles", "mine")]);
    assert_eq!(send(&desk, &uri, &mine).await.status, 303);
    assert_eq!(shown(&desk, &uri, "roles.0.key").await, "admin");
}
