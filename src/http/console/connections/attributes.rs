//! What the gateway needs of a person and where it reads it, beside what the last sign-in brought.

use super::settings::{below, clash};
use super::{Head, find, href};
use crate::error::{Error, FieldError, Result};
use crate::http::console::form;
use crate::http::console::frame::{self, CONNECTIONS, Frame};
use crate::http::console::listing::{self, Moment};
use crate::http::console::seat::{Manage, Needs, Posted, Read, Seat};
use crate::http::console::stale::{self, Fields, Filled};
use crate::http::done::{self, Done};
use crate::http::error::PageError;
use crate::http::pages::{Faults, Shell};
use crate::http::server::State;
use crate::saml::attributes::{self, Mapping, NAME_ID, Profile};
use crate::store::Tx;
use crate::store::connections::{self, Connection, ConnectionPatch, Settings};
use crate::store::organizations::Organization;
use crate::store::traces::{self, Received};
use crate::views::trace::masked;
use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use askama::Template;

/// How many groups are named.
const NAMED: usize = 5;
/// What is read of a person, in the order of the page.
const FIELDS: [&str; 5] = ["email", "given_name", "family_name", "name", "groups"];

/// Something that is read of a person.
struct Line {
    field: &'static str,
    label: String,
    /// The names under which it is looked for; empty: the usual ones.
    names: String,
    /// From where the last sign-in brought it.
    from: Option<String>,
    /// What it brought; none: nothing.
    seen: Option<String>,
    is_required: bool,
}

struct View {
    head: Head,
    seen: String,
    lines: Vec<Line>,
    /// The name by which the provider knows a person.
    name_id: Option<String>,
    /// The last sign-in that brought something: when, and its trace.
    last: Option<(Moment, String)>,
    /// What it brought that is not read: only the names.
    unread: Vec<String>,
    /// Whether something is set that the usual names would not do.
    is_own: bool,
    faults: Faults,
}

impl View {
    /// What is needed and did not come.
    fn missing(&self) -> Option<&str> {
        let lacks = |line: &&Line| line.is_required && line.seen.is_none();
        self.last.as_ref()?;
        self.lines.iter().find(lacks).map(|line| line.label.as_str())
    }
}

#[derive(Template)]
#[template(path = "console/connection_attributes.html")]
struct Page<'a> {
    shell: Shell<'a>,
    frame: Frame,
    view: &'a View,
}

/// `GET /console/connections/{connection}/attributes`
pub(in crate::http) async fn ask(
    state: Data<State>,
    seat: Seat<Read>,
    id: Path<String>,
) -> Result<HttpResponse, PageError> {
    let (connection, organization) = find(&state, &id).await?;
    let typed = typed(&connection.settings.attributes);
    let seen = stale::seen(&fields(&typed));
    Ok(show(&state, &seat, (&connection, &organization), (typed, seen), Vec::new()).await?)
}

/// `POST /console/connections/{connection}/attributes`: other names, or the usual ones again.
pub(in crate::http) async fn change(
    state: Data<State>,
    mut posted: Posted<Manage>,
    id: Path<String>,
) -> Result<HttpResponse, PageError> {
    let (connection, organization) = find(&state, &id).await?;
    if posted.form().has("defaults") {
        for field in FIELDS {
            posted.put(field, "");
        }
    }
    stale::settle(&mut posted, &fields(&self::typed(&connection.settings.attributes)));
    let typed = FIELDS.map(|field| posted.text(field).to_owned());
    let filled = Filled::new(&posted, fields(&typed));
    let (given, mapping) = (filled.clone(), mapping(&typed));
    let (of, actor) = (connection.id.clone(), posted.seat.actor());
    let write = move |tx: &mut Tx| {
        let now = connections::find(tx.db, &of)?.settings.into_inner();
        given.must_fit(&fields(&self::typed(&now.attributes)))?;
        let settings = Some(Settings { attributes: mapping, ..now });
        connections::change(tx, &of, ConnectionPatch { settings, ..ConnectionPatch::default() })
    };
    let done = state.store.write(&organization.id, actor, write).await;
    if matches!(done, Err(Error::Stale(_))) {
        let (now, _) = find(&state, &id).await?;
        let clash = clash(&now, "attributes", fields(&self::typed(&now.settings.attributes)));
        let say = |name: &str, value: &str| (label(&state, name), value.to_owned());
        return Ok(stale::show(&state, &posted, &filled, clash, say).await?);
    }
    match form::mendable(done, "/email")? {
        Ok(_) => {
            Ok(done::lead(&state, Done::Saved, &format!("{}/attributes", href(&connection.id))))
        }
        Err(errors) => {
            let (seat, of) = (&posted.seat, (&connection, &organization));
            let (seen, errors) =
                (stale::still_seen(&posted), errors.into_iter().map(below).collect());
            Ok(show(&state, seat, of, (typed, seen), errors).await?)
        }
    }
}

/// What is typed, as the fields of the form.
fn fields(typed: &[String; 5]) -> Fields {
    FIELDS.into_iter().zip(typed).map(|(name, value)| (name.to_owned(), value.clone())).collect()
}

/// What something that is read of a person is called.
fn label(state: &State, field: &str) -> String {
    state.locale.text(&format!("console.attributes.{field}")).to_owned()
}

/// The names as they are typed: one a line.
fn typed(mapping: &Mapping) -> [String; 5] {
    let Mapping { email, given_name, family_name, name, groups } = mapping;
    [email, given_name, family_name, name, groups].map(|names| names.join("\n"))
}

fn mapping(typed: &[String; 5]) -> Mapping {
    let [email, given_name, family_name, name, groups] =
        typed.each_ref().map(|names| form::lines(names));
    Mapping { email, given_name, family_name, name, groups }
}

async fn show<N: Needs>(
    state: &State,
    seat: &Seat<N>,
    (connection, organization): (&Connection, &Organization),
    (typed, seen): ([String; 5], String),
    errors: Vec<FieldError>,
) -> Result<HttpResponse> {
    let id = connection.id.clone();
    let last = state.store.read(move |db| traces::last_received(db, &id)).await?;
    let own = &connection.settings.attributes;
    let profile = last
        .as_ref()
        .map(|(_, _, received)| attributes::profile(&received.attributes, &received.name_id, own));
    let line = |(field, names): (&'static str, String)| {
        let found = profile.as_ref().and_then(|profile| found(profile, field));
        let (from, seen) = found.unzip();
        Line { field, label: label(state, field), names, from, seen, is_required: field == "email" }
    };
    let view = View {
        head: Head::of(state, seat, connection, organization),
        seen,
        lines: FIELDS.into_iter().zip(typed).map(line).collect(),
        name_id: last.as_ref().map(|(_, _, received)| hidden(&received.name_id.value)),
        unread: unread(last.as_ref().map(|(_, _, received)| received), profile.as_ref()),
        last: last
            .as_ref()
            .map(|(trace, at, _)| (listing::second(*at), format!("/console/traces/{trace}"))),
        is_own: *own != Mapping::default(),
        faults: Faults::from(errors),
    };
    Ok(frame::page(state, seat, CONNECTIONS, view.faults.status(), |shell, frame| Page {
        shell,
        frame,
        view: &view,
    }))
}

/// Where something was read, and what it was, with most of what is personal hidden.
fn found(profile: &Profile, field: &str) -> Option<(String, String)> {
    let name = |name: &Option<String>| name.as_deref().map(hidden);
    let seen = match field {
        "email" => profile.email.as_ref().map(|email| masked(&email.to_string())),
        "given_name" => name(&profile.given_name),
        "family_name" => name(&profile.family_name),
        "name" => name(&profile.name),
        _ => groups(&profile.groups),
    }?;
    let source = profile.sources.iter().find(|(word, _)| *word == field);
    let from = source.map(|(_, from)| from.clone()).unwrap_or_default();
    Some((from, seen))
}

/// Groups are no personal values: their names are what mappings are made of.
fn groups(all: &[String]) -> Option<String> {
    let named: Vec<&str> = all.iter().take(NAMED).map(String::as_str).collect();
    let more = if all.len() > NAMED { ", …" } else { "" };
    (!all.is_empty()).then(|| format!("{}{more} ({})", named.join(", "), all.len()))
}

/// The first letter of a value. An email address keeps its domain.
fn hidden(value: &str) -> String {
    if value.contains('@') {
        return masked(value);
    }
    let first: String = value.chars().take(1).collect();
    format!("{first}•••")
}

fn unread(received: Option<&Received>, profile: Option<&Profile>) -> Vec<String> {
    let (Some(received), Some(profile)) = (received, profile) else { return Vec::new() };
    let names = received.attributes.iter().map(|attribute| &attribute.name);
    names.filter(|name| *name != NAME_ID && profile.used_as(name).is_none()).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn most_of_a_value_is_hidden() {
        assert_eq!(hidden("Ada Lovelace"), "A•••");
        assert_eq!(hidden("ada@globex.example"), "a•••@globex.example");
        assert_eq!(hidden(""), "•••");
    }

    #[test]
    fn many_groups_are_counted_and_only_the_first_are_named() {
        let all: Vec<String> = (1..=7).map(|number| format!("g{number}")).collect();
        assert_eq!(groups(&all).as_deref(), Some("g1, g2, g3, g4, g5, … (7)"));
        assert_eq!(groups(&[]), None);
    }

    #[test]
    fn names_are_typed_one_a_line() {
        let typed_names = [
            "mail\r\n email \n\n".to_owned(),
            String::new(),
            String::new(),
            String::new(),
            "memberOf".to_owned(),
        ];
        let read = mapping(&typed_names);
        assert_eq!(read.email, ["mail", "email"]);
        assert_eq!(read.groups, ["memberOf"]);
        assert_eq!(typed(&read)[0], "mail\nemail");
    }
}
