//! What is typed about an application, and what a list of lines means.

use super::edited::Edited;
use super::settings;
use crate::config::Period;
use crate::error::{Error, FieldError, Result};
use crate::http::console::form::lines;
use crate::http::console::seat::{Develop, Needs, Posted, Seat};
use crate::http::console::stale::{self, Fields};
use crate::http::server::State;
use crate::store::applications::{
    Application, ApplicationKind, ApplicationPatch, IdTokenAlg, LifetimesPatch, LogoutPatch,
    NoConnection,
};
use crate::store::{Db, OrganizationId, organizations};
use actix_web::HttpResponse;

/// What was chosen and typed. The fields have REST's names, so that faults find them.
pub(super) struct Typed {
    pub(super) name: String,
    pub(super) redirect_uris: String,
    pub(super) post_logout_redirect_uris: String,
    pub(super) initiate_login_uri: String,
    pub(super) no_connection: NoConnection,
    pub(super) fallback_url: String,
    pub(super) id_token_alg: IdTokenAlg,
    /// Only people of some organizations may sign in.
    pub(super) is_for_some: bool,
    pub(super) organizations: String,
    pub(super) backchannel_logout_uri: String,
    pub(super) is_backchannel_session_required: bool,
    pub(super) frontchannel_logout_uri: String,
    pub(super) is_frontchannel_session_required: bool,
    pub(super) protected_hosts: String,
    /// Lifetimes as a person writes them; empty: as is set for all.
    pub(super) id_token_ttl: String,
    pub(super) access_token_ttl: String,
    pub(super) refresh_token_ttl: String,
}

impl Typed {
    /// What a form sent; a choice that is none stays as it is.
    pub(super) fn sent<N: Needs>(posted: &Posted<N>, row: &Application) -> Self {
        let text = |name: &str| posted.text(name).to_owned();
        Self {
            name: text("name"),
            redirect_uris: text("redirect_uris"),
            post_logout_redirect_uris: text("post_logout_redirect_uris"),
            initiate_login_uri: text("initiate_login_uri"),
            no_connection: posted.text("no_connection").parse().unwrap_or(row.no_connection),
            fallback_url: text("fallback_url"),
            id_token_alg: posted.text("id_token_alg").parse().unwrap_or(row.id_token_alg),
            is_for_some: posted.text("admits") == "some",
            organizations: text("organizations"),
            backchannel_logout_uri: text("backchannel_logout_uri"),
            is_backchannel_session_required: posted.text("backchannel_session") == "1",
            frontchannel_logout_uri: text("frontchannel_logout_uri"),
            is_frontchannel_session_required: posted.text("frontchannel_session") == "1",
            protected_hosts: text("protected_hosts"),
            id_token_ttl: text("id_token_ttl"),
            access_token_ttl: text("access_token_ttl"),
            refresh_token_ttl: text("refresh_token_ttl"),
        }
    }

    fn lifetimes(&self, state: &State) -> Result<LifetimesPatch> {
        let mut faults = Vec::new();
        let mut read = |name: &str, text: &str| match period(state, name, text) {
            Ok(lasts) => Some(lasts),
            Err(wrong) => {
                faults.push(wrong);
                None
            }
        };
        let patch = LifetimesPatch {
            id_token: read("id_token_ttl", &self.id_token_ttl),
            access_token: read("access_token_ttl", &self.access_token_ttl),
            refresh_token: read("refresh_token_ttl", &self.refresh_token_ttl),
        };
        if faults.is_empty() { Ok(patch) } else { Err(Error::Invalid(faults)) }
    }

    /// Faults of a line say which line it is.
    pub(super) fn at_lines(&self, errors: Vec<FieldError>) -> Vec<FieldError> {
        let lists = [
            ("redirect_uris", &self.redirect_uris),
            ("post_logout_redirect_uris", &self.post_logout_redirect_uris),
            ("protected_hosts", &self.protected_hosts),
        ];
        errors.into_iter().map(|error| named(&lists, error)).collect()
    }
}

impl Edited for Typed {
    const PAGE: &'static str = "settings";
    const POINTER: &'static str = "/name";

    fn of(row: &Application) -> Self {
        let text = |value: &Option<String>| value.clone().unwrap_or_default();
        let admitted = row.organizations.as_deref().map(Vec::as_slice).unwrap_or_default();
        let admitted: Vec<String> = admitted.iter().map(ToString::to_string).collect();
        Self {
            name: row.name.clone(),
            redirect_uris: row.redirect_uris.join("\n"),
            post_logout_redirect_uris: row.post_logout_redirect_uris.join("\n"),
            initiate_login_uri: text(&row.initiate_login_uri),
            no_connection: row.no_connection,
            fallback_url: text(&row.fallback_url),
            id_token_alg: row.id_token_alg,
            is_for_some: row.organizations.is_some(),
            organizations: admitted.join("\n"),
            backchannel_logout_uri: text(&row.backchannel_logout_uri),
            is_backchannel_session_required: row.backchannel_logout_session_required,
            frontchannel_logout_uri: text(&row.frontchannel_logout_uri),
            is_frontchannel_session_required: row.frontchannel_logout_session_required,
            protected_hosts: row.protected_hosts.join("\n"),
            id_token_ttl: lasts(row.id_token_ttl),
            access_token_ttl: lasts(row.access_token_ttl),
            refresh_token_ttl: lasts(row.refresh_token_ttl),
        }
    }

    fn fields(&self, _: &State) -> Fields {
        stale::fields([
            ("name", &self.name),
            ("redirect_uris", &self.redirect_uris),
            ("post_logout_redirect_uris", &self.post_logout_redirect_uris),
            ("admits", if self.is_for_some { "some" } else { "all" }),
            ("organizations", &self.organizations),
            ("initiate_login_uri", &self.initiate_login_uri),
            ("no_connection", self.no_connection.as_str()),
            ("fallback_url", &self.fallback_url),
            ("id_token_alg", self.id_token_alg.as_str()),
            ("backchannel_logout_uri", &self.backchannel_logout_uri),
            ("backchannel_session", stale::tick(self.is_backchannel_session_required)),
            ("frontchannel_logout_uri", &self.frontchannel_logout_uri),
            ("frontchannel_session", stale::tick(self.is_frontchannel_session_required)),
            ("protected_hosts", &self.protected_hosts),
            ("id_token_ttl", &self.id_token_ttl),
            ("access_token_ttl", &self.access_token_ttl),
            ("refresh_token_ttl", &self.refresh_token_ttl),
        ])
    }

    async fn patch(&self, state: &State) -> Result<ApplicationPatch> {
        let some = |text: &String| (!text.is_empty()).then(|| text.clone());
        let organizations = if self.is_for_some {
            Some(admitted(state, lines(&self.organizations)).await?)
        } else {
            None
        };
        Ok(ApplicationPatch {
            name: Some(self.name.clone()),
            redirect_uris: Some(lines(&self.redirect_uris)),
            post_logout_redirect_uris: Some(lines(&self.post_logout_redirect_uris)),
            initiate_login_uri: Some(some(&self.initiate_login_uri)),
            no_connection: Some(self.no_connection),
            fallback_url: Some(some(&self.fallback_url)),
            id_token_alg: Some(self.id_token_alg),
            organizations: Some(organizations),
            logout: LogoutPatch {
                backchannel_uri: Some(some(&self.backchannel_logout_uri)),
                backchannel_session_required: Some(self.is_backchannel_session_required),
                frontchannel_uri: Some(some(&self.frontchannel_logout_uri)),
                frontchannel_session_required: Some(self.is_frontchannel_session_required),
            },
            protected_hosts: Some(lines(&self.protected_hosts)),
            lifetimes: self.lifetimes(state)?,
            ..ApplicationPatch::default()
        })
    }

    fn named(state: &State, field: &str, value: &str) -> (String, String) {
        settings::named(state, field, value)
    }

    fn show(
        self,
        state: &State,
        seat: &Seat<Develop>,
        of: &Application,
        seen: String,
        errors: Vec<FieldError>,
    ) -> HttpResponse {
        settings::show(state, seat, of, (self, seen), errors)
    }
}

/// A fault of a line of one of these lists, with the line.
pub(super) fn named(lists: &[(&str, &String)], error: FieldError) -> FieldError {
    let mut parts = error.pointer.split('/').skip(1);
    let (field, at) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let text = lists.iter().find(|(name, _)| *name == field).map(|(_, text)| lines(text));
    let line = text.zip(at.parse::<usize>().ok()).and_then(|(all, at)| all.into_iter().nth(at));
    match line {
        Some(line) if !error.detail.contains(&line) => {
            FieldError { detail: format!("{line}: {}", error.detail), ..error }
        }
        _ => error,
    }
}

/// For how many seconds what a person wrote lasts; nothing: as is set for all.
pub(super) fn period(state: &State, name: &str, text: &str) -> Result<Option<i32>, FieldError> {
    let wrong = |_| {
        let detail = state.locale.text("console.applications.not_a_period");
        FieldError::new(format!("/{name}"), "invalid", detail)
    };
    let given = Some(text.trim()).filter(|text| !text.is_empty());
    given.map(|text| text.parse::<Period>().map(Period::to_row).map_err(wrong)).transpose()
}

/// A lifetime as a person writes it; of one that is set for all, nothing.
pub(super) fn lasts(seconds: Option<i32>) -> String {
    seconds.map_or_else(String::new, |seconds| Period::from_row(seconds).to_string())
}

/// The organizations that lines name by their IDs, or by `external:` and the operator's own.
async fn admitted(state: &State, named: Vec<String>) -> Result<Vec<OrganizationId>> {
    let read = move |db: &mut Db| {
        let (mut found, mut faults) = (Vec::new(), Vec::new());
        for line in named {
            match organizations::resolve(db, &line) {
                Ok(organization) => found.push(organization.id),
                Err(Error::NotFound { .. } | Error::Invalid(_)) => {
                    let detail = format!(
                        "There is no organization {line}. Copy its ID from its page, or write external: and your own ID of it."
                    );
                    faults.push(FieldError::new("/organizations", "not_found", detail));
                }
                Err(other) => return Err(other),
            }
        }
        if faults.is_empty() { Ok(found) } else { Err(Error::Invalid(faults)) }
    };
    state.store.read(read).await
}

/// The kinds that an application can be of, the usual first.
pub(super) const KINDS: [ApplicationKind; 2] = [ApplicationKind::Web, ApplicationKind::Native];
