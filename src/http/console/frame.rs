//! What the pages of the console have round their contents.

use super::seat::{Members, Needs, Read, Seat};
use crate::http::done;
use crate::http::guard::Csp;
use crate::http::once;
use crate::http::pages::{Shell, respond};
use crate::http::server::State;
use crate::store::members::Role;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use askama::Template;

/// An area of the console.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::http) struct Area {
    /// Its name below `console.area` in the locale.
    name: &'static str,
    /// Its address.
    href: &'static str,
    /// Who finds it in the navigation: whoever may open its first page.
    roles: &'static [Role],
}

impl Area {
    /// Where it begins.
    pub(in crate::http) fn href(&self) -> &'static str {
        self.href
    }
}

/// How everything goes.
pub(super) const OVERVIEW: Area = Area { name: "overview", href: "/console", roles: Read::ROLES };
/// Customers.
pub(super) const ORGANIZATIONS: Area =
    Area { name: "organizations", href: "/console/organizations", roles: Read::ROLES };
/// Identity providers of customers.
pub(super) const CONNECTIONS: Area =
    Area { name: "connections", href: "/console/connections", roles: Read::ROLES };
/// People of customers.
pub(super) const USERS: Area = Area { name: "users", href: "/console/users", roles: Read::ROLES };
/// Groups of directories, and what they give.
pub(super) const GROUPS: Area =
    Area { name: "groups", href: "/console/groups", roles: Read::ROLES };
/// What is sent to IT admins.
pub(super) const SETUP_LINKS: Area =
    Area { name: "setup_links", href: "/console/setup-links", roles: Read::ROLES };
/// Attempts to sign in.
pub(super) const TRACES: Area =
    Area { name: "traces", href: "/console/traces", roles: Read::ROLES };
/// What directories asked for.
pub(super) const SCIM_REQUESTS: Area =
    Area { name: "scim_requests", href: "/console/scim-requests", roles: Read::ROLES };
/// What programs call with.
pub(super) const API_KEYS: Area =
    Area { name: "api_keys", href: "/console/api-keys", roles: Read::ROLES };
/// The vendor's apps.
pub(super) const APPLICATIONS: Area =
    Area { name: "applications", href: "/console/applications", roles: Read::ROLES };
/// Addresses that are told of events.
pub(super) const WEBHOOKS: Area =
    Area { name: "webhooks", href: "/console/webhooks", roles: Read::ROLES };
/// What programs can ask, as pages that are not the console's.
const REFERENCE: Area =
    Area { name: "reference", href: crate::http::reference::HOME, roles: Read::ROLES };
/// Who did what.
pub(super) const AUDIT: Area = Area { name: "audit", href: "/console/audit", roles: Read::ROLES };
/// Everything that has a name or an ID. It is not in the navigation, but in the bar of every page.
pub(super) const SEARCH: Area =
    Area { name: "search", href: "/console/search", roles: Read::ROLES };
/// Who signs in here.
pub(super) const MEMBERS: Area =
    Area { name: "members", href: "/console/settings/members", roles: Members::ROLES };

/// How the gateway is set.
pub(super) const SETTINGS: Area =
    Area { name: "settings", href: "/console/settings/general", roles: Read::ROLES };
/// The member's own account, which their name leads to.
pub(super) const ACCOUNT: Area =
    Area { name: "account", href: "/console/account", roles: Read::ROLES };

/// What the navigation shows, in its order. A new area is a line here.
const AREAS: &[Area] = &[
    OVERVIEW,
    ORGANIZATIONS,
    CONNECTIONS,
    SETUP_LINKS,
    USERS,
    GROUPS,
    TRACES,
    SCIM_REQUESTS,
    APPLICATIONS,
    API_KEYS,
    WEBHOOKS,
    REFERENCE,
    AUDIT,
    MEMBERS,
    SETTINGS,
];

/// One line of the navigation.
pub(in crate::http) struct NavLine {
    /// What it says.
    pub(in crate::http) label: String,
    /// Where it leads.
    pub(in crate::http) href: &'static str,
    /// Whether the page belongs to it.
    pub(in crate::http) is_here: bool,
}

/// What all pages of the console have in common.
pub(in crate::http) struct Frame {
    /// The member's name.
    pub(in crate::http) name: String,
    /// The member's address.
    pub(in crate::http) email: String,
    /// Two letters of it.
    pub(in crate::http) initials: String,
    /// What the role is called.
    pub(in crate::http) role: String,
    /// What the way to the member's own account says.
    pub(in crate::http) account: String,
    /// Whether the page belongs to it.
    pub(in crate::http) is_account: bool,
    /// What every form carries as `form_token`.
    pub(in crate::http) form_token: String,
    /// What a form that makes a secret carries as `once`.
    pub(in crate::http) once: String,
    /// The area of the page, by its word.
    pub(in crate::http) area: &'static str,
    /// What it is called.
    pub(in crate::http) here: String,
    /// The areas.
    pub(in crate::http) nav: Vec<NavLine>,
    /// That a small act was done, which led here.
    pub(in crate::http) toast: Option<String>,
    /// The same of an act after which something is to be done next.
    pub(in crate::http) banner: Option<String>,
}

/// The frame of a page of `here`.
pub(super) fn frame<N: Needs>(state: &State, seat: &Seat<N>, here: Area) -> Frame {
    let line = |area: &Area| NavLine {
        label: label(state, *area),
        href: area.href,
        is_here: *area == here,
    };
    let said = done::tell().map(|said| (said.has_next_step(), said.sentence(state)));
    let (banner, toast) = match said {
        Some((true, banner)) => (Some(banner), None),
        Some((false, toast)) => (None, Some(toast)),
        None => (None, None),
    };
    Frame {
        name: seat.member.name.clone(),
        email: seat.member.email.clone(),
        initials: crate::http::pages::initials(&seat.member.name),
        role: role(state, seat.member.role),
        account: label(state, ACCOUNT),
        is_account: here == ACCOUNT,
        form_token: seat.form_token.clone(),
        once: once::number(),
        area: here.name,
        here: label(state, here),
        nav: AREAS.iter().filter(|area| area.roles.contains(&seat.member.role)).map(line).collect(),
        toast,
        banner,
    }
}

/// A page of the console: `page` puts its contents into shell and frame.
pub(super) fn page<'a, N: Needs, P: Template>(
    state: &'a State,
    seat: &Seat<N>,
    here: Area,
    status: StatusCode,
    page: impl FnOnce(Shell<'a>, Frame) -> P,
) -> HttpResponse {
    respond(state, status, &Csp::Page, &page(shell(state), frame(state, seat, here)))
}

/// What an area is called.
fn label(state: &State, area: Area) -> String {
    state.locale.text(&format!("console.area.{}", area.name)).to_owned()
}

/// What a role is called.
pub(super) fn role(state: &State, role: Role) -> String {
    state.locale.text(&format!("console.role.{role}")).to_owned()
}

/// A page's shell, for templates.
pub(super) fn shell(state: &State) -> Shell<'_> {
    Shell::of(state)
}
