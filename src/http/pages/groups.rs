//! What groups of a customer's directory give, for the customer's IT admin.

use super::{Frame, Shell, respond};
use crate::http::guard::Csp;
use crate::http::server::State;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use askama::Template;

/// A group in the list.
pub struct GroupLine {
    /// Where its page is.
    pub href: String,
    /// What the directory calls it.
    pub name: String,
    /// How many people are in it.
    pub people: i64,
    /// The places that it gives.
    pub gives: Vec<String>,
    /// A mapping of it waits for the operator.
    pub waits: bool,
}

/// The groups of an organization. The directory changes them.
pub struct PortalGroups {
    /// What all pages have.
    pub frame: Frame,
    /// Directories may push groups.
    pub is_on: bool,
    /// The groups.
    pub lines: Vec<GroupLine>,
    /// The beginning of the list, on a page that is not the first.
    pub first: Option<String>,
    /// The page after this one.
    pub next: Option<String>,
}

/// What would happen if a group got a place.
pub struct Would {
    /// The key of the type, if the place is that of the group's name.
    pub kind: String,
    /// The key of the place otherwise.
    pub entity: String,
    /// What was previewed is applied only to what it was previewed on.
    pub version: String,
    /// How many people would gain something.
    pub gain: usize,
    /// How many would lose something.
    pub lose: usize,
    /// How many would have another role.
    pub role: usize,
    /// For how many of those concerned nothing would change.
    pub same: usize,
}

/// One group, and the form by which it gets a place: a GET that previews, and then a POST to its own address.
pub struct PortalGroup {
    /// What all pages have.
    pub frame: Frame,
    /// The group.
    pub group: GroupLine,
    /// Types of places: key, name, whether it is chosen. None: the operator gives places.
    pub kinds: Vec<(String, String, bool)>,
    /// The key of a place that was typed.
    pub entity: String,
    /// Why it cannot be.
    pub fault: Option<String>,
    /// What would happen.
    pub would: Option<Would>,
}

#[derive(Template)]
#[template(path = "portal_groups.html")]
struct GroupsPage<'a> {
    shell: Shell<'a>,
    view: &'a PortalGroups,
    frame: &'a Frame,
}

#[derive(Template)]
#[template(path = "portal_group.html")]
struct GroupPage<'a> {
    shell: Shell<'a>,
    view: &'a PortalGroup,
    frame: &'a Frame,
}

/// The list of groups.
#[must_use]
pub fn portal_groups(state: &State, view: &PortalGroups) -> HttpResponse {
    let page = GroupsPage { shell: Shell::of(state), view, frame: &view.frame };
    respond(state, StatusCode::OK, &Csp::Portal, &page)
}

/// One of them.
#[must_use]
pub fn portal_group(state: &State, view: &PortalGroup) -> HttpResponse {
    let status = match view.fault {
        None => StatusCode::OK,
        Some(_) => StatusCode::UNPROCESSABLE_ENTITY,
    };
    let page = GroupPage { shell: Shell::of(state), view, frame: &view.frame };
    respond(state, status, &Csp::Portal, &page)
}
